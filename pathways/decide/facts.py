"""Facts, parameters and prescriptions of a patient: set, checked, asked again."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from pathways.decide.calendar import local_date
from pathways.decide.case import fact_value
from pathways.decide.medicines import Prescription, prescription_from_json
from pathways.decide.records import Known
from pathways.decide.texts import plain, text
from pathways.lang.plan import Fact, MedicineFilter

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any


def stored(case: Case, spec: Fact, value: Json) -> Json:
    """A fact's value as it is kept: an age with the date it was told on."""
    if spec.type == "age" and not isinstance(value, dict):
        return {"years": str(value), "on": local_date(case.run.at, case.zone).isoformat()}
    return value


def problem(case: Case, spec: Fact, value: Json) -> bool:
    """Whether a value cannot be one of this fact."""
    if value is None:
        return False
    try:
        if spec.type == "medicines":
            for row in value:
                prescription_from_json(row)
            return False
        if spec.type in {"sex", "one_of"} and spec.options and value not in spec.options:
            return True
        if spec.type == "codes" and not isinstance(value, list | tuple):
            return True
        if spec.type == "moment":
            datetime.fromisoformat(str(value))
        got = fact_value(spec.type, stored(case, spec, value), local_date(case.run.at, case.zone))
    except (ValueError, TypeError, KeyError, AttributeError):
        return True
    return got is None


def set_fact(case: Case, fact: str, value: Json, by: str, *, quiet: bool = False, again: bool = False) -> None:
    """A fact has this value from now on; None makes it unknown. ``again``: what it tells of happened once more."""
    run, spec = case.run, case.plan.facts[fact]
    key = f"{case.id}|{fact}"
    old = run.state.facts.get(key)
    run.state.facts[key] = Known(
        key=key, value=stored(case, spec, value), at=run.at, by=by, ask_at=old.ask_at if old else None
    )
    case.touch("f:" + fact)
    run.watch_again = True
    if spec.type in {"date", "moment"}:
        case.touch("a:" + fact)
        _anchor_changed(case, fact, old.value if old is not None else None, value, again)
    if not quiet:
        words = text("fact_set", fact=plain(fact))
        run.timeline(case, "fact_set", f"facts.{fact}", words, weight=2, data={"fact": fact, "by": by})


def _anchor_changed(case: Case, name: str, old: Json, value: Json, again: bool) -> None:
    """A moment that was known is another one, or none: what ``anchors`` says of it."""
    if old is None or str(old) == str(value):
        return
    row = case.plan.anchors.get(name)
    if value is None:
        if row is not None and row.removed:
            stamp = int(case.run.at.timestamp())
            case.follow.append((row.path, row.removed, case.key("anchors", name, stamp)))
        return
    mode = ("redo" if again else "re_plan") if row is None else row.new if again else row.corrected
    (case.moved.add if mode == "re_plan" else case.moved.discard)(name)


def set_anchor(case: Case, name: str, value: datetime | date) -> None:
    """A named anchor: an instant or a local date."""
    if name in case.plan.facts:
        set_fact(case, name, value.isoformat(), "anchor", quiet=True, again=True)
        return
    case.en.anchors[name] = value.isoformat()
    case.touch("a:" + name)


def prescriptions(case: Case, wanted: MedicineFilter) -> list[Prescription]:
    """The prescriptions a filter selects, in order of id."""
    known = case.run.state.facts.get(f"{case.id}|{wanted.fact}")
    rows = known.value if known is not None and known.value else ()
    out = [prescription_from_json(row) for row in rows]
    found = [p for p in out if not wanted.classes or set(wanted.classes) & set(p.classes)]
    return sorted(found, key=lambda p: p.id)


def parse_quantity(value: Json) -> tuple[Decimal, str] | None:
    """``{"value": 130, "unit": "mm[Hg]"}``; a bare number has no unit."""
    unit = ""
    if isinstance(value, dict):
        unit, value = str(value.get("unit", "")), value.get("value")
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return (number, unit) if number.is_finite() else None

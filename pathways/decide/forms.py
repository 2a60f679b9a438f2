"""Forms: what people answer is checked against the fields asked for, and becomes facts and readings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pathways.decide import facts
from pathways.decide.conditions import Truth
from pathways.lang.plan import FormField
from pathways.lang.plan_replies import plain

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any
REFERENCE = re.compile(r"(photo|voice|signature)-[0-9a-f]{32}")
"""What an answer holds of a photo, a voice note or a drawn signature: never its bytes."""
LONGEST_NAME = 200


def checked(
    case: Case, fields: Sequence[FormField], form: dict[str, Json], by: str = "patient"
) -> tuple[dict[str, Json], tuple[str, dict[str, str]] | None]:
    """The values as they are kept, or (code of a text, its values) for the first that is wrong.

    Conditions of a field may look at the fields before it. A field that is not asked may hold no value.
    ``by``: who signs.
    """
    known = {f.id: f for f in fields}
    for name in form:
        if name not in known:
            return {}, ("form_unknown", {"field": name})
    out: dict[str, Json] = {}
    with case.filling(out):
        for field in fields:
            value = form.get(field.id)
            absent = value is None or value in ("", [], {})
            if field.ask_if is not None and case.truth(field.ask_if) is Truth.FALSE:
                if absent:
                    continue
                return {}, ("form_not_asked", {"field": field.id})
            if absent:
                if _needed(case, field):
                    return {}, ("form_missing", {"field": field.id})
                continue
            if field.type == "reading":
                kept, ok = _reading(case, field, value)
            elif field.type == "signature":
                kept, ok = _signature(case, value, by)
            else:
                kept, ok = _CHECKS.get(field.type, _text)(field, value)
            if not ok:
                return {}, ("form_wrong", {"field": field.id, "expected": _expected(case, field)})
            out[field.id] = kept
    return out, None


def _needed(case: Case, field: FormField) -> bool:
    """Whether the form is incomplete without it. A question that may not apply is needed only when it surely does."""
    if field.required_if is not None:
        return case.truth(field.required_if) is Truth.TRUE
    return field.required and case.truth(field.ask_if) is Truth.TRUE


def replied(case: Case, fields: Sequence[FormField], text: str) -> dict[str, Json] | None:
    """What somebody wrote back, as the form's answer; None where a person must read it.

    Each field with ``answers`` whose words hold the reply takes it; there must be just one such field.
    """
    wanted = plain(text)
    found = {
        field.id: word for field in fields for word, written in field.answers.items() if wanted in (word, *written)
    }
    return dict(found) if len(found) == 1 else None


def _expected(case: Case, field: FormField) -> str:
    if field.type == "reading" and field.measure is not None:
        return " / ".join(f"{c.name} {c.unit}" for c in case.plan.measures[field.measure].components)
    if field.options:
        return ", ".join(field.options)
    if field.low is not None and field.high is not None:
        return f"{field.low.value}–{field.high.value}"
    return field.type


def _yes_no(_: FormField, value: Json) -> tuple[Json, bool]:
    words = {"yes": True, "no": False, "true": True, "false": False}
    if isinstance(value, bool):
        return value, True
    return words.get(str(value).lower()), str(value).lower() in words


def _one_of(field: FormField, value: Json) -> tuple[Json, bool]:
    return value, isinstance(value, str) and value in field.options


def _many_of(field: FormField, value: Json) -> tuple[Json, bool]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v in field.options for v in value):
        return None, False
    return [word for word in field.options if word in value], True


def _number(field: FormField, value: Json) -> tuple[Json, bool]:
    found = facts.parse_quantity(value)
    if found is None:
        return None, False
    number, unit = found
    if unit and field.unit and unit != field.unit:
        return None, False
    low, high = field.low, field.high
    ok = (low is None or number >= low.value) and (high is None or number <= high.value)
    return str(number), ok


def _reading(case: Case, field: FormField, value: Json) -> tuple[Json, bool]:
    """Every number of a reading by its name, or ``132/85`` in the order of the measure; one number may stand alone."""
    parts = case.plan.measures[field.measure or ""].components
    if isinstance(value, str) and "/" in value:
        value = dict(zip((part.name for part in parts), value.split("/"), strict=False))
    if not isinstance(value, dict) or "value" in value:
        value = {parts[0].name: value} if len(parts) == 1 else {}
    out: dict[str, Json] = {}
    for part in parts:
        if part.optional and part.name not in value:
            continue
        found = facts.parse_quantity(value.get(part.name))
        if found is None or (found[1] and found[1] != part.unit):
            return None, False
        out[part.name] = str(found[0])
    return out, set(value) <= set(out)


def _date(_: FormField, value: Json) -> tuple[Json, bool]:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return None, False
    return str(value), True


def _moment(_: FormField, value: Json) -> tuple[Json, bool]:
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return None, False
    return str(value), True


def _text(_: FormField, value: Json) -> tuple[Json, bool]:
    return value, isinstance(value, str | list) and len(str(value)) <= 4000


def _attachment(field: FormField, value: Json) -> tuple[Json, bool]:
    found = REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return value, found is not None and found[1] == field.type


def _signature(case: Case, value: Json, by: str) -> tuple[Json, bool]:
    """A drawing by its reference, or a typed name; with it when it was signed and by whom."""
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NAME:
        return None, False
    drawn = REFERENCE.fullmatch(value)
    if drawn is not None and drawn[1] != "signature":
        return None, False
    return {"signed": value.strip(), "at": case.run.at.isoformat(), "by": by}, True


_CHECKS: dict[str, Callable[[FormField, Json], tuple[Json, bool]]] = {
    "yes_no": _yes_no,
    "one_of": _one_of,
    "many_of": _many_of,
    "number": _number,
    "scale": _number,
    "date": _date,
    "moment": _moment,
    "photo": _attachment,
    "voice": _attachment,
}


def take_over(
    case: Case, fields: Sequence[FormField], form: dict[str, Json], by: str, source: str
) -> list[tuple[str, str, dict[str, Decimal]]]:
    """Answers become facts at once; those that become readings are returned: (catalogue measure, id, numbers)."""
    readings = []
    for field in fields:
        value = form.get(field.id)
        if value is None:
            continue
        if field.fact is not None:
            facts.set_fact(case, field.fact, value, by)
        if field.measure is not None:
            spec = case.plan.measures[field.measure]
            numbers = value if isinstance(value, dict) else {spec.components[0].name: value}
            found = {k: Decimal(str(v)) for k, v in numbers.items() if k != "unit"}
            readings.append((spec.catalogue, f"{source}.{field.id}", found))
    return readings

"""Forms: what people answer is checked against the fields asked for, and becomes facts and readings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pathways.decide import facts
from pathways.lang.plan import FormField

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any


def checked(
    fields: Sequence[FormField], form: dict[str, Json]
) -> tuple[dict[str, Json], tuple[str, dict[str, str]] | None]:
    """The values as they are kept, or (code of a text, its values) for the first that is wrong."""
    known = {f.id: f for f in fields}
    for name in form:
        if name not in known:
            return {}, ("form_unknown", {"field": name})
    out: dict[str, Json] = {}
    for field in fields:
        value = form.get(field.id)
        if value is None or value == "":
            if field.required:
                return {}, ("form_missing", {"field": field.id})
            continue
        kept, ok = _CHECKS.get(field.type, _text)(field, value)
        if not ok:
            return {}, ("form_wrong", {"field": field.id, "expected": _expected(field)})
        out[field.id] = kept
    return out, None


def _expected(field: FormField) -> str:
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
    return value, isinstance(value, list) and all(v in field.options for v in value)


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


_CHECKS: dict[str, Callable[[FormField, Json], tuple[Json, bool]]] = {
    "yes_no": _yes_no,
    "one_of": _one_of,
    "many_of": _many_of,
    "number": _number,
    "scale": _number,
    "date": _date,
    "moment": _moment,
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

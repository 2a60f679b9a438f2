"""Values as scenarios write them: quantities, readings, facts, prescriptions."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from carepath.rehearsal.page import Page
from carepath.rehearsal.times import clock_time, duration, point
from pathways.lang.diagnostics import Said
from pathways.lang.plan import Fact, Measure
from pathways.lang.source import Path
from pathways.lang.units import convert, shown, ucum_of

Json = Any
Components = dict[str, Decimal]

_QUANTITY = re.compile(r"(?P<numbers>-?\d+(?:\.\d+)?(?:/-?\d+(?:\.\d+)?)*) (?P<unit>\S.*)\Z")
_A_QUANTITY = Said("a number with a unit", "带单位的数值")


def numbers(value: Json) -> tuple[tuple[Decimal, ...], str] | None:
    """``192/112 mmHg`` as numbers and a UCUM unit, None when it is no quantity."""
    match = _QUANTITY.match(value) if isinstance(value, str) else None
    unit = ucum_of(match["unit"]) if match else None
    if match is None or unit is None:
        return None
    try:
        return tuple(Decimal(n) for n in match["numbers"].split("/")), unit
    except InvalidOperation:
        return None


def quantity(page: Page, value: Json, path: Path, unit: str | None) -> dict[str, Json] | None:
    """One number with a unit as JSON ``{value, unit}``, in ``unit`` where one is declared; else noted."""
    found = numbers(value)
    if found is None or len(found[0]) != 1:
        page.bad(path, value, _A_QUANTITY, f"130 {shown(unit)}" if unit else "130 mmHg")
        return None
    try:
        return {"value": str(convert(found[0][0], found[1], unit or found[1])), "unit": unit or found[1]}
    except ValueError:
        page.bad(path, value, _A_QUANTITY, f"130 {shown(unit or '1')}")
        return None


def readings(page: Page, value: Json, path: Path, measure: Measure) -> list[Components]:
    """The readings under one measure: one value, or a list that is taken in turn. Wrong ones are noted."""
    if isinstance(value, list):
        return [one for n, item in enumerate(value) for one in readings(page, item, (*path, n), measure)]
    if isinstance(value, dict):
        return _by_name(page, value, path, measure)
    found = numbers(value)
    example = "/".join(["120"] * min(2, len(measure.components))) + " " + shown(measure.components[0].unit)
    if found is None or len(found[0]) > len(measure.components):
        page.bad(path, value, _A_QUANTITY, example)
        return []
    out: Components = {}
    for part, number in zip(measure.components, found[0], strict=False):
        try:
            out[part.name] = convert(number, found[1], part.unit)
        except ValueError:
            page.bad(path, value, _A_QUANTITY, example)
            return []
    return [out]


def _by_name(page: Page, value: dict[str, Json], path: Path, measure: Measure) -> list[Components]:
    out: Components = {}
    for name, one in value.items():
        part = next((c for c in measure.components if c.name == name), None)
        if part is None:
            page.name(name, (*path, name), "component", known=[c.name for c in measure.components])
            continue
        found = quantity(page, one, (*path, name), part.unit)
        if found is not None:
            out[name] = Decimal(found["value"])
    return [out] if len(out) == len(value) and out else []


def fact(page: Page, value: Json, path: Path, declared: Fact) -> Json:
    """The JSON of a fact by its declared type; None (noted) when it does not fit."""
    match declared.type:
        case "age":
            return _age(page, value, path)
        case "yes_no":
            if value in ("yes", "no", True, False):
                return value in ("yes", True)
            return page.bad(path, value, Said("yes or no", "yes 或 no"), "yes")
        case "codes":
            if isinstance(value, list) and all(isinstance(v, str) for v in value):
                return value
            return page.bad(path, value, Said("a list of codes", "代码列表"), "[hypertension]")
        case "medicines":
            return prescriptions(page, value, path)
        case "quantity" | "count" if isinstance(value, str):
            return quantity(page, value, path, declared.unit)
        case "count" if isinstance(value, (int, Decimal)):
            return value
        case "one_of" | "sex":
            return page.name(value, path, "word", known=declared.options or ("female", "male", "other", "unknown"))
        case "date" | "moment":
            return _moment(page, value, path, with_time=declared.type == "moment")
        case _:
            return page.text(value, path, Said("a text", "文本"), "home")


def _age(page: Page, value: Json, path: Path) -> Json:
    match = re.match(r"(\d{1,3}) years?\Z", value) if isinstance(value, str) else None
    if match is None:
        return page.bad(path, value, Said("an age", "年龄"), "67 years")
    return int(match[1])


def _moment(page: Page, value: Json, path: Path, *, with_time: bool) -> Json:
    found = page.moment(value, path)
    if found is None:
        return None
    if found.clock is None:
        return found.day.isoformat()
    return found.begin(page.works).isoformat() if with_time else found.day.isoformat()


# --------------------------------------------------------------------------- prescriptions

_PRESCRIPTION = ("id", "name", "class", "dose", "slots", "as_needed", "start", "stop", "supply", "signed_by")


def prescriptions(page: Page, value: Json, path: Path) -> list[Json] | None:
    """A list of prescriptions as the decider takes them; None (noted) when it is none."""
    if not isinstance(value, list):
        example = "[{name: amlodipine 5 mg, slots: [morning]}]"
        page.bad(path, value, Said("a list of prescriptions", "处方列表"), example)
        return None
    return [one for n, item in enumerate(value) if (one := prescription(page, item, (*path, n))) is not None]


def prescription(page: Page, value: Json, path: Path) -> dict[str, Json] | None:
    """One prescription as the decider takes it; None (noted) when it is none.

    ``class`` is one class or a list; ``supply: 28 days`` begins with the prescription; the id is the first
    word of the name unless given; who signed it is the clinic unless ``signed_by`` says otherwise.
    """
    if not isinstance(value, dict):
        page.bad(path, value, Said("a prescription", "处方"), "{name: amlodipine 5 mg, slots: [morning]}")
        return None
    page.keys(value, path, _PRESCRIPTION)
    if not (page.need(value, path, "name") and page.need(value, path, "slots")):
        return None
    name = page.text(value["name"], (*path, "name"), Said("a name", "名称"), "amlodipine 5 mg") or ""
    classes = value.get("class", [])
    start = _day(page, value.get("start", "day 0"), (*path, "start"))
    out: dict[str, Json] = {
        "id": str(value.get("id", name.split(" ", maxsplit=1)[0])),
        "name": name,
        "class": [classes] if isinstance(classes, str) else list(classes),
        "dose": str(value.get("dose", "1 tablet")),
        "slots": _slots(page, value["slots"], (*path, "slots")),
        "as_needed": "as_needed" in value and page.whether(value["as_needed"], (*path, "as_needed")),
        "start": start,
        "stop": _day(page, value["stop"], (*path, "stop")) if "stop" in value else None,
        "signed_by": None if value.get("signed_by") == "nobody" else str(value.get("signed_by", "clinic")),
    }
    if "supply" in value:
        out["supply"] = _supply(page, value["supply"], (*path, "supply"), start)
    return out


def _slots(page: Page, value: Json, path: Path) -> list[str]:
    good = isinstance(value, list) and all(
        isinstance(v, str) and (clock_time(v) is not None or v.isidentifier()) for v in value
    )
    if not good:
        page.bad(path, value, Said("a list of times of day", "服药时间列表"), "[morning, evening]")
        return []
    return [str(v) for v in value]


def _supply(page: Page, value: Json, path: Path, start: str | None) -> Json:
    length = duration(value) if isinstance(value, str) else None
    if length is None or length % timedelta(days=1):
        page.bad(path, value, Said("a number of days", "天数"), "28 days")
        return None
    return {"from": start, "days": length.days}


def _day(page: Page, value: Json, path: Path) -> str | None:
    found = point(value, page.works.day_0) if isinstance(value, str) else None
    if found is None:
        page.bad(path, value, Said("a date", "日期"), "day 3")
        return None
    return found.day.isoformat()


def as_of(day: date, listed: list[dict[str, Json]]) -> list[dict[str, Json]]:
    """Prescriptions that are not stopped by ``day``."""
    return [p for p in listed if p.get("stop") is None or date.fromisoformat(p["stop"]) > day]

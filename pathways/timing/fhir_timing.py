"""FHIR R4 ``Timing``: read, judged by its own rules, and held as frozen values.

``fhir_instants`` turns a ``Repeat`` into instants, ``fhir_phrases`` says it as a ``when`` and back. What every field
means here stands in docs/reference/time.md with a table of cases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, cast, get_args

Json = Any
Unit = Literal["s", "min", "h", "d", "wk", "mo", "a"]
UNITS: tuple[Unit, ...] = get_args(Unit)
CLOCK = frozenset({"s", "min", "h"})
DAYS_OF_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

EVENTS: Mapping[str, tuple[tuple[str, ...], int, bool]] = {
    "MORN": (("morning",), 0, False),
    "MORN.early": (("morning",), -60, False),
    "MORN.late": (("morning",), 60, False),
    "NOON": (("noon",), 0, False),
    "AFT": (("afternoon",), 0, False),
    "AFT.early": (("afternoon",), -60, False),
    "AFT.late": (("afternoon",), 60, False),
    "EVE": (("evening",), 0, False),
    "EVE.early": (("evening",), -60, False),
    "EVE.late": (("evening",), 60, False),
    "NIGHT": (("bedtime",), 0, False),
    "PHS": (("bedtime",), 0, False),
    "HS": (("bedtime",), 0, True),
    "WAKE": (("morning",), 0, False),
    "C": (("breakfast", "lunch", "dinner"), 0, False),
    "CM": (("breakfast",), 0, False),
    "CD": (("lunch",), 0, False),
    "CV": (("dinner",), 0, False),
    "AC": (("breakfast", "lunch", "dinner"), 0, True),
    "ACM": (("breakfast",), 0, True),
    "ACD": (("lunch",), 0, True),
    "ACV": (("dinner",), 0, True),
    "PC": (("breakfast", "lunch", "dinner"), 0, False),
    "PCM": (("breakfast",), 0, False),
    "PCD": (("lunch",), 0, False),
    "PCV": (("dinner",), 0, False),
}
"""Code of ``when`` -> customary times it stands for, minutes it lies from them of its own, and whether an ``offset``
counts backwards (before a meal, before sleep). Early and late are an hour from the customary time: a convention of
planning, no clinical number."""

_AT_MEALS = frozenset({"C", "CM", "CD", "CV"})
_CODES: Mapping[str, Mapping[str, Json]] = {
    "BID": {"frequency": 2, "period": 1, "periodUnit": "d"},
    "TID": {"frequency": 3, "period": 1, "periodUnit": "d"},
    "QID": {"frequency": 4, "period": 1, "periodUnit": "d"},
    "AM": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN"]},
    "PM": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["AFT"]},
    "BED": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]},
    "QD": {"frequency": 1, "period": 1, "periodUnit": "d"},
    "QOD": {"frequency": 1, "period": 2, "periodUnit": "d"},
    "Q1H": {"frequency": 1, "period": 1, "periodUnit": "h"},
    "Q2H": {"frequency": 1, "period": 2, "periodUnit": "h"},
    "Q3H": {"frequency": 1, "period": 3, "periodUnit": "h"},
    "Q4H": {"frequency": 1, "period": 4, "periodUnit": "h"},
    "Q6H": {"frequency": 1, "period": 6, "periodUnit": "h"},
    "Q8H": {"frequency": 1, "period": 8, "periodUnit": "h"},
    "WK": {"frequency": 1, "period": 1, "periodUnit": "wk"},
    "MO": {"frequency": 1, "period": 1, "periodUnit": "mo"},
}
"""Codes of ``Timing.code`` that say a schedule by themselves (HL7 v3 GTSAbbreviation)."""

_FIELDS = frozenset(
    {
        "boundsDuration", "boundsRange", "boundsPeriod", "count", "countMax", "duration", "durationMax", "durationUnit",
        "frequency", "frequencyMax", "period", "periodMax", "periodUnit", "dayOfWeek", "timeOfDay", "when", "offset",
    }
)  # fmt: skip
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?")
_MOST = 1_000_000


class TimingRefusedError(ValueError):
    """A timing that breaks a rule of FHIR or has no meaning; the message names the field and the rule."""


@dataclass(frozen=True, slots=True)
class Length:
    """So many of a unit."""

    amount: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a schedule goes on: surely for ``low``, at most for ``high``; or from ``start`` to ``end`` (dates
    included), each open where None."""

    low: Length | None = None
    high: Length | None = None
    start: datetime | date | None = None
    end: datetime | date | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """Everything a ``Timing`` says. A maximum that is not stated is None; ``when`` holds codes of ``EVENTS``."""

    events: tuple[datetime | date, ...] = ()
    bounds: Bounds | None = None
    count: int | None = None
    count_max: int | None = None
    lasts: Length | None = None
    lasts_max: Length | None = None
    frequency: int | None = None
    frequency_max: int | None = None
    period: Length | None = None
    period_max: Length | None = None
    days_of_week: tuple[int, ...] = ()
    times: tuple[time, ...] = ()
    when: tuple[str, ...] = ()
    offset: int = 0
    unread: tuple[str, ...] = ()

    @property
    def repeats(self) -> bool:
        """Whether it says more than listed events, bounds and lengths."""
        return bool(self.frequency or self.period or self.days_of_week or self.times or self.when)


# --------------------------------------------------------------------------- reading


def read_timing(document: Json) -> Repeat:
    """A ``Timing`` or the ``repeat`` of one.

    Fields that FHIR does not have there (extensions, comments) are named in ``unread``.

    Raises:
        TimingRefusedError: It breaks a rule of FHIR (``tim-1`` …), or a value has another type.
    """
    whole = _object(document, "Timing")
    if not {"repeat", "event", "code"} & whole.keys():
        return _repeat(whole, (), ())
    events = tuple(_moment(item, f"Timing.event[{i}]") for i, item in enumerate(_list(whole, "event", "Timing")))
    unread = tuple(sorted(key for key in whole if key not in {"repeat", "event", "code", "id", "resourceType"}))
    repeat = whole.get("repeat")
    if repeat is None:
        coded = _coded(whole.get("code"))
        if coded is None and whole.get("code") is not None:
            unread = (*unread, "code")
        return _repeat(coded or {}, events, unread)
    return _repeat(_object(repeat, "Timing.repeat"), events, unread)


def _coded(code: Json) -> Mapping[str, Json] | None:
    codings = code.get("coding") if isinstance(code, dict) else None
    for coding in codings if isinstance(codings, list) else ():
        found = _CODES.get(str(coding.get("code"))) if isinstance(coding, dict) else None
        if found is not None:
            return found
    return None


def _repeat(given: Mapping[str, Json], events: tuple[datetime | date, ...], unread: tuple[str, ...]) -> Repeat:
    _judge(given)
    times = tuple(_time(item, i) for i, item in enumerate(_list(given, "timeOfDay", "Timing.repeat")))
    when = tuple(_event(item, i) for i, item in enumerate(_list(given, "when", "Timing.repeat")))
    offset = _whole(given, "offset", least=0) or 0
    _rule("tim-9", not offset or (bool(when) and not _AT_MEALS & set(when)), "offset needs a `when` that is not C, CM")
    _rule("tim-10", not (times and when), "timeOfDay and when exclude each other")
    days = _list(given, "dayOfWeek", "Timing.repeat")
    return Repeat(
        events=events,
        bounds=_bounds(given),
        count=_whole(given, "count"),
        count_max=_most(given, "count"),
        lasts=_length(given, "duration", "durationUnit"),
        lasts_max=_length(given, "durationMax", "durationUnit"),
        frequency=_whole(given, "frequency"),
        frequency_max=_most(given, "frequency"),
        period=_length(given, "period", "periodUnit"),
        period_max=_length(given, "periodMax", "periodUnit"),
        days_of_week=tuple(sorted({_day(item, i) for i, item in enumerate(days)})),
        times=tuple(sorted(set(times))),
        when=when,
        offset=offset,
        unread=(*unread, *sorted(f"repeat.{key}" for key in given if key not in _FIELDS and key != "id")),
    )


def _judge(given: Mapping[str, Json]) -> None:
    """The rules of FHIR that say which fields need which."""
    _rule("tim-1", ("duration" in given) <= ("durationUnit" in given), "duration needs durationUnit")
    _rule("tim-2", ("period" in given) <= ("periodUnit" in given), "period needs periodUnit")
    _rule("tim-6", ("periodMax" in given) <= ("period" in given), "periodMax needs period")
    _rule("tim-7", ("durationMax" in given) <= ("duration" in given), "durationMax needs duration")
    _rule("tim-8", ("countMax" in given) <= ("count" in given), "countMax needs count")
    _rule("frequencyMax", ("frequencyMax" in given) <= ("frequency" in given), "frequencyMax needs frequency")
    stated = [name for name in ("boundsDuration", "boundsRange", "boundsPeriod") if name in given]
    _rule("bounds[x]", len(stated) <= 1, f"only one of {', '.join(stated)} may stand")


def _rule(name: str, holds: bool, what: str) -> None:
    if not holds:
        raise TimingRefusedError(f"Timing.repeat: {what} ({name})")


def _object(value: Json, where: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise TimingRefusedError(f"{where}: an object is wanted")
    return cast(Mapping[str, Json], value)


def _list(given: Mapping[str, Json], key: str, where: str) -> list[Json]:
    found = given.get(key, [])
    if not isinstance(found, list):
        raise TimingRefusedError(f"{where}.{key}: a list is wanted")
    return found


def _whole(given: Mapping[str, Json], key: str, least: int = 1) -> int | None:
    value = given.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MOST:
        raise TimingRefusedError(f"Timing.repeat.{key}: a whole number of at least {least} is wanted, not {value!r}")
    return value


def _most(given: Mapping[str, Json], key: str) -> int | None:
    """A maximum. Raises TimingRefusedError where it is below what it is the maximum of."""
    most, least = _whole(given, f"{key}Max"), _whole(given, key)
    if most is not None and least is not None and most < least:
        raise TimingRefusedError(f"Timing.repeat.{key}Max: {most} is less than {key} {least}")
    return most


def _number(value: Json, where: str) -> Decimal:
    try:
        found = (
            Decimal(str(value)) if not isinstance(value, bool) and isinstance(value, int | float | Decimal) else None
        )
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not 0 <= found <= _MOST:
        raise TimingRefusedError(f"{where}: a number that is not negative is wanted, not {value!r} (tim-4, tim-5)")
    return found


def _unit(value: Json, where: str) -> Unit:
    for unit in UNITS:
        if value == unit:
            return unit
    raise TimingRefusedError(f"{where}: {value!r} is not one of {', '.join(UNITS)}")


def _length(given: Mapping[str, Json], key: str, unit_key: str) -> Length | None:
    if key not in given:
        return None
    amount = _number(given[key], f"Timing.repeat.{key}")
    if key.startswith("period") and not amount:
        raise TimingRefusedError(f"Timing.repeat.{key}: in a period of 0 no time passes")
    return Length(amount, _unit(given.get(unit_key), f"Timing.repeat.{unit_key}"))


def _quantity(value: Json, where: str) -> Length | None:
    if value is None:
        return None
    found = _object(value, where)
    unit = found.get("code") or found.get("unit")
    return Length(_number(found.get("value"), f"{where}.value"), _unit(unit, f"{where}.code"))


def _bounds(given: Mapping[str, Json]) -> Bounds | None:
    if "boundsDuration" in given:
        length = _quantity(given["boundsDuration"], "Timing.repeat.boundsDuration")
        return Bounds(low=length, high=length)
    if "boundsRange" in given:
        where = "Timing.repeat.boundsRange"
        range_ = _object(given["boundsRange"], where)
        low, high = (_quantity(range_.get(side), f"{where}.{side}") for side in ("low", "high"))
        return Bounds(low=low, high=high)
    if "boundsPeriod" in given:
        where = "Timing.repeat.boundsPeriod"
        period = _object(given["boundsPeriod"], where)
        start, end = (
            None if period.get(side) is None else _moment(period[side], f"{where}.{side}") for side in ("start", "end")
        )
        return Bounds(start=start, end=end)
    return None


def _moment(value: Json, where: str) -> datetime | date:
    """A date, or a date and time (without an offset a local one)."""
    text = str(value)
    if _DATE_TIME.fullmatch(text) is None:
        raise TimingRefusedError(f"{where}: a date, or a date and time, is wanted, not {value!r}")
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError as error:
        raise TimingRefusedError(f"{where}: {text!r} is not in the calendar") from error


def _time(value: Json, index: int) -> time:
    where = f"Timing.repeat.timeOfDay[{index}]"
    if not re.fullmatch(r"\d{2}:\d{2}(:\d{2}(\.\d+)?)?", str(value)):
        raise TimingRefusedError(f"{where}: a time such as 08:00:00 is wanted, not {value!r}")
    try:
        return time.fromisoformat(str(value)[:8])
    except ValueError as error:
        raise TimingRefusedError(f"{where}: a day has no time {value!r}") from error


def _event(value: Json, index: int) -> str:
    if value not in EVENTS:
        raise TimingRefusedError(f"Timing.repeat.when[{index}]: {value!r} is not one of {', '.join(EVENTS)}")
    return str(value)


def _day(value: Json, index: int) -> int:
    if value not in DAYS_OF_WEEK:
        raise TimingRefusedError(f"Timing.repeat.dayOfWeek[{index}]: {value!r} is not one of {', '.join(DAYS_OF_WEEK)}")
    return DAYS_OF_WEEK.index(value)

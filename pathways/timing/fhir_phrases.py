"""FHIR ``Timing`` said as a ``when``, and a ``when`` written as a ``Timing``; what does not fit is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pathways.lang import plan_when as w
from pathways.lang.plan_base import ClockTime, Customary, Duration
from pathways.timing.fhir_timing import DAYS_OF_WEEK, EVENTS, Length, Repeat

Json = Any
_WORDS = {
    "s": "s", "min": "min", "h": "h", "d": "days", "wk": "weeks", "mo": "months", "a": "years",
}  # fmt: skip
_UCUM = {"s": "s", "min": "min", "h": "h", "day": "d", "week": "wk", "month": "mo", "year": "a"}
_SECONDS = {"s": 1, "min": 60, "h": 3600}
_LONG = frozenset({"week", "month", "year"})
_MEALS = frozenset({"AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV"})
_CODES = {
    "morning": ("MORN", None),
    "breakfast": ("CM", "M"),
    "noon": ("NOON", None),
    "lunch": ("CD", "D"),
    "afternoon": ("AFT", None),
    "dinner": ("CV", "V"),
    "evening": ("EVE", None),
    "bedtime": ("HS", None),
}
"""Customary time -> its code, and the letter of its meal."""


@dataclass(frozen=True, slots=True)
class Said:
    """A timing as a phrase; None where none can say it. ``lost`` names the fields (``repeat.periodMax``) that the
    phrase, or the absence of one, leaves out."""

    phrase: str | None
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A ``when`` as the JSON of a ``Timing``; None where FHIR cannot say it. ``lost`` names what is left out."""

    timing: dict[str, Json] | None
    lost: tuple[str, ...] = ()


class _CannotSayError(Exception):
    """No phrase says this; ``field`` is why."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


# --------------------------------------------------------------------------- to phrases


def phrase_of_timing(repeat: Repeat) -> Said:
    """The ``when`` that plans the same occurrences from the start of the step's phase (or of the enrolment)."""
    lost = list(repeat.unread)
    for name, value in (
        ("repeat.countMax", repeat.count_max),
        ("repeat.frequencyMax", repeat.frequency_max),
        ("repeat.periodMax", repeat.period_max),
        ("repeat.duration", repeat.lasts),
        ("repeat.durationMax", repeat.lasts_max),
    ):
        if value is not None:
            lost.append(name)
    if repeat.offset == 0:
        lost += [f"repeat.when={code}" for code in repeat.when if code in _MEALS]
    try:
        phrase = _base(repeat, lost) + _limit(repeat, lost)
        if repeat.count is not None and (repeat.count > 1 or repeat.repeats):
            phrase += f" at most {repeat.count} time{'' if repeat.count == 1 else 's'}"
    except _CannotSayError as error:
        return Said(None, (*lost, error.field))
    return Said(phrase, tuple(lost))


def _base(repeat: Repeat, lost: list[str]) -> str:
    if repeat.events:
        if repeat.repeats or len(repeat.events) > 1:
            raise _CannotSayError("event")
        return _date_phrase(next(iter(repeat.events)))
    if not repeat.repeats:
        return "at phase start"
    at = _at_phrase(repeat, lost)
    if repeat.days_of_week:
        return _weekday_phrase(repeat) + at
    period, times = repeat.period, repeat.frequency or 1
    if period is None:
        period = Length(Decimal(1), "d")
    if period.unit in _SECONDS or period.amount % 1:
        return _clock_phrase(period, times, at)
    if at:
        return _timed_phrase(period, times, repeat, lost) + at
    if times > 1:
        if period.amount == 1 and period.unit == "d" and times <= 24:
            return f"{times} times a day"
        if period.amount == 1 and period.unit == "wk" and times <= 7:
            return f"{times} times a week"
        raise _CannotSayError("repeat.frequency")
    late = "at phase start and " if period.unit != "d" else ""
    return late + f"every {_amount(period)}"


def _date_phrase(event: datetime | date) -> str:
    if not isinstance(event, datetime):
        return event.isoformat()
    if event.tzinfo is not None or event.second or event.microsecond:
        raise _CannotSayError("event")
    return f"{event.date().isoformat()} at {event:%H:%M}"


def _amount(length: Length) -> str:
    word = _WORDS[length.unit]
    if length.amount == 1 and length.unit not in _SECONDS:
        return word.removesuffix("s")
    return f"{int(length.amount)} {word}"


def _clock_phrase(period: Length, times: int, at: str) -> str:
    seconds = period.amount * (86_400 if period.unit == "d" else _SECONDS.get(period.unit, 0)) / times
    if at or not seconds or seconds % 1:
        raise _CannotSayError("repeat.period")
    for unit in ("h", "min", "s"):
        if not seconds % _SECONDS[unit]:
            return f"every {int(seconds / _SECONDS[unit])} {unit}"
    raise _CannotSayError("repeat.period")


def _timed_phrase(period: Length, times: int, repeat: Repeat, lost: list[str]) -> str:
    """A repeat with times of day: on the first date of each period."""
    fixed = len(repeat.times) or sum(len(EVENTS[code][0]) for code in repeat.when)
    dates = -(-times // fixed)
    days = int(period.amount) * {"d": 1, "wk": 7}.get(period.unit, 0)
    if days == 1:
        return "every day"
    if days and (dates > 1 or period.unit == "wk"):
        dates = min(days, dates)
        return _numbered([1 + days * i // dates for i in range(dates)], days)
    if dates > 1:
        raise _CannotSayError("repeat.frequency")
    if not days:
        lost.append("the first one")
    return f"every {_amount(period)}"


def _numbered(days: list[int], of: int) -> str:
    return f"day{'s' if len(days) > 1 else ''} {' and '.join(map(str, days))} of {of}"


def _weekday_phrase(repeat: Repeat) -> str:
    period, times = repeat.period, repeat.frequency or 1
    fixed = bool(repeat.times or repeat.when)
    daily = period is None or (period.unit == "d" and period.amount == 1)
    if not daily and (period is None or period.unit != "wk" or period.amount % 1):
        raise _CannotSayError("repeat.dayOfWeek")
    if not fixed and times > (1 if daily else len(repeat.days_of_week)):
        raise _CannotSayError("repeat.frequency")
    every = "week" if daily or period is None else _amount(period)
    return f"every {every} on {' and '.join(DAYS_OF_WEEK[day] for day in repeat.days_of_week)}"


def _at_phrase(repeat: Repeat, lost: list[str]) -> str:
    times = [f"{at:%H:%M}" for at in repeat.times]
    if any(at.second for at in repeat.times):
        lost.append("repeat.timeOfDay seconds")
    for code in repeat.when:
        names, own, before = EVENTS[code]
        minutes = own + (-repeat.offset if before else repeat.offset)
        times += [_shifted(name, minutes) for name in names]
    return " at " + " and ".join(dict.fromkeys(times)) if times else ""


def _shifted(name: str, minutes: int) -> str:
    if not minutes:
        return name
    size = abs(minutes)
    if size > 720:
        raise _CannotSayError("repeat.offset")
    length = f"{size // 60} h" if size % 60 == 0 else f"{size} min"
    return f"{length} {'before' if minutes < 0 else 'after'} {name}"


def _limit(repeat: Repeat, lost: list[str]) -> str:
    bounds = repeat.bounds
    if bounds is None:
        return ""
    if not repeat.repeats:
        lost.append("repeat.bounds")
        return ""
    if bounds.start is not None:
        lost.append("repeat.boundsPeriod.start")
    if bounds.end is not None:
        return f" until {_after_end(bounds.end)}"
    if bounds.low != bounds.high:
        lost.append("repeat.boundsRange.low")
    if bounds.high is None:
        return ""
    if bounds.high.amount % 1:
        raise _CannotSayError("repeat.boundsDuration")
    return f" for {int(bounds.high.amount)} {_singular(bounds.high)}"


def _singular(length: Length) -> str:
    word = _WORDS[length.unit]
    return word.removesuffix("s") if length.amount == 1 and length.unit not in _SECONDS else word


def _after_end(end: datetime | date) -> str:
    if not isinstance(end, datetime):
        return (end + timedelta(days=1)).isoformat()
    if end.tzinfo is not None:
        raise _CannotSayError("repeat.boundsPeriod.end")
    return (end.replace(second=0, microsecond=0) + timedelta(minutes=1)).strftime("%Y-%m-%d %H:%M")


# --------------------------------------------------------------------------- from a when


def timing_of(when: w.When) -> Written:
    """The ``Timing`` of a compiled ``when``."""
    lost: list[str] = [
        name
        for name, value in (
            ("during", when.during),
            ("until a condition", when.until_cond),
            ("while", when.while_cond),
        )
        if value is not None
    ]
    repeat: dict[str, Json] = {}
    events: list[str] = []
    try:
        if isinstance(when.base, w.Every):
            repeat |= _of_every(when.base, lost)
        elif isinstance(when.base, w.DaysAfter):
            repeat |= _of_days(when.base)
        elif isinstance(when.base, w.OnceAt):
            events, more = _of_once(when.base)
            repeat |= more
        else:
            raise _CannotSayError(when.base.kind)
        repeat |= _of_bounds(when)
    except _CannotSayError as error:
        return Written(None, (*lost, error.field))
    if when.at_most is not None:
        repeat["count"] = when.at_most
    timing = {**({"event": events} if events else {}), **({"repeat": repeat} if repeat else {})}
    return Written(timing, tuple(lost))


def _of_every(base: w.Every, lost: list[str]) -> dict[str, Json]:
    if base.block is not None:
        raise _CannotSayError("a stretch in a cycle")
    if base.anchor is not None:
        raise _CannotSayError("what it counts from")
    amount, unit = _plain(base.interval)
    found: dict[str, Json] = {"frequency": base.times_per_day or 1, "period": amount, "periodUnit": unit}
    if base.weekdays:
        found["periodUnit"] = "wk"
        found["frequency"] = len(base.weekdays)
        found["dayOfWeek"] = [DAYS_OF_WEEK[day] for day in base.weekdays]
    elif base.interval.unit in _LONG and not (base.starts_at_once and not base.at):
        lost.append("the first one")
    elif base.starts_at_once and base.interval.unit not in _LONG:
        lost.append("at phase start")
    at = _of_times(base.at)
    if at and not base.weekdays:
        found["frequency"] = len(base.at)
    return found | at


def _plain(length: Duration) -> tuple[int, str]:
    if length.amount is None or length.unit not in _UCUM:
        raise _CannotSayError("a parameter" if length.amount is None else "working time")
    return length.amount, _UCUM[length.unit]


def _of_days(base: w.DaysAfter) -> dict[str, Json]:
    number = len(base.days)
    spread = tuple(1 + 7 * k // number for k in range(number))
    if base.of != 7 or base.days != spread or base.anchor is not None or base.starts_at_once:
        raise _CannotSayError("numbered days")
    at = _of_times(base.at)
    return {"frequency": number * max(1, len(base.at)), "period": 1, "periodUnit": "wk", **at}


def _of_once(base: w.OnceAt) -> tuple[list[str], dict[str, Json]]:
    moment = base.moment
    if isinstance(moment, w.AbsoluteMoment) and not base.at and moment.at is None:
        return [moment.date], {}
    if moment == w.AnchorMoment(name="phase_start") and not base.at:
        return [], {"count": 1}
    raise _CannotSayError("a moment")


def _of_times(at: Sequence[w.TimeOfDay]) -> dict[str, Json]:
    if not at:
        return {}
    clocks = [item for item in at if isinstance(item, ClockTime)]
    if len(clocks) == len(at):
        return {"timeOfDay": [f"{item.hour:02}:{item.minute:02}:00" for item in clocks]}
    names = [_code(item) for item in at if isinstance(item, Customary)]
    offsets = {offset for _, offset in names}
    if len(names) < len(at) or len(offsets) > 1:
        raise _CannotSayError("times of several kinds")
    offset = offsets.pop()
    return {"when": [code for code, _ in names], **({"offset": offset} if offset else {})}


def _code(item: Customary) -> tuple[str, int]:
    """The code of a customary time, and its offset in minutes."""
    code, meal = _CODES[item.name]
    if item.offset is None:
        return code, 0
    amount, unit = _plain(item.offset)
    minutes = amount * _SECONDS.get(unit, 0) // 60
    if meal is not None:
        return f"{'A' if item.before else 'P'}C{meal}", minutes
    if code == "HS":
        return ("HS" if item.before else "PHS"), minutes
    if minutes == 60 and f"{code}.early" in EVENTS:
        return f"{code}.{'early' if item.before else 'late'}", 0
    if item.before:
        raise _CannotSayError("so long before a time of day")
    return code, minutes


def _of_bounds(when: w.When) -> dict[str, Json]:
    if when.for_duration is not None and when.until is not None:
        raise _CannotSayError("two bounds")
    if when.for_duration is not None:
        amount, unit = _plain(when.for_duration)
        return {"boundsDuration": {"value": amount, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}}
    if when.until is None:
        return {}
    if not isinstance(when.until, w.AbsoluteMoment) or when.until.at is not None:
        raise _CannotSayError("until a moment")
    last = date.fromisoformat(when.until.date) - timedelta(days=1)
    return {"boundsPeriod": {"end": last.isoformat()}}

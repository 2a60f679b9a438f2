"""FHIR timing into phrases of the language, and back: ``Timing.repeat``, offsets, durations.

The one place where a timing is translated. Both directions hold for what both sides can say; the rest is a loss
that is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pathways.lang.plan_base import ClockTime, Customary, Duration
from pathways.lang.plan_when import Every, TimeOfDay, When

Json = Any
UNITS: Final = {"s": "s", "min": "min", "h": "h", "d": "day", "wk": "week", "mo": "month", "a": "year"}
_CODES: Final = {word: code for code, word in UNITS.items()}
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WHEN: Final[dict[str, tuple[str, ...]]] = {
    "MORN": ("morning",),
    "MORN.early": ("morning",),
    "MORN.late": ("morning",),
    "NOON": ("noon",),
    "AFT": ("afternoon",),
    "AFT.early": ("afternoon",),
    "AFT.late": ("afternoon",),
    "EVE": ("evening",),
    "EVE.early": ("evening",),
    "EVE.late": ("evening",),
    "NIGHT": ("bedtime",),
    "PHS": ("bedtime",),
    "HS": ("bedtime",),
    "WAKE": ("morning",),
    "C": ("breakfast", "lunch", "dinner"),
    "CM": ("breakfast",),
    "CD": ("lunch",),
    "CV": ("dinner",),
    "AC": ("breakfast", "lunch", "dinner"),
    "ACM": ("breakfast",),
    "ACD": ("lunch",),
    "ACV": ("dinner",),
    "PC": ("breakfast", "lunch", "dinner"),
    "PCM": ("breakfast",),
    "PCD": ("lunch",),
    "PCV": ("dinner",),
}
_EXACT: Final = {
    "morning": "MORN",
    "noon": "NOON",
    "afternoon": "AFT",
    "evening": "EVE",
    "bedtime": "HS",
    "breakfast": "CM",
    "lunch": "CD",
    "dinner": "CV",
}
_BEFORE: Final = {"breakfast": "ACM", "lunch": "ACD", "dinner": "ACV", "bedtime": "HS"}
_AFTER: Final = {"breakfast": "PCM", "lunch": "PCD", "dinner": "PCV"}


def length(value: Json, unit: Json) -> str | None:
    """A FHIR length as the language writes it (``2 weeks``); None when it is no whole number of a unit."""
    word = UNITS.get(str(unit))
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if word is None or not number.is_finite() or number <= 0:
        return None
    smaller = {"h": ("min", 60), "min": ("s", 60), "day": ("h", 24), "week": ("day", 7)}
    if number != number.to_integral() and word in smaller:
        word, factor = smaller[word][0], smaller[word][1]
        number *= factor
    if number != number.to_integral() or number > 10_000:
        return None
    return f"{int(number)} {word}{'s' if number != 1 and word not in {'s', 'min', 'h'} else ''}"


def duration_phrase(found: Json) -> str | None:
    """A FHIR Duration as the language writes it."""
    return length(found.get("value"), found.get("code") or found.get("unit")) if isinstance(found, Mapping) else None


def duration_json(duration: Duration) -> dict[str, Json] | None:
    """A length of the language as a FHIR Duration; None for working time and for one that a parameter holds."""
    code = _CODES.get(duration.unit)
    if code is None or duration.amount is None:
        return None
    return {"value": duration.amount, "unit": duration.unit, "system": "http://unitsofmeasure.org", "code": code}


def phrase_of(timing: Json) -> tuple[str | None, list[str]]:
    """The phrase of a FHIR Timing, and what of it the phrase does not say. No phrase: it could not be read."""
    if not isinstance(timing, Mapping):
        return None, ["it is no Timing"]
    lost = [f"{key} is not kept" for key in timing if key not in {"repeat", "event", "code", "id"}]
    events = timing.get("event") or []
    repeat = timing.get("repeat")
    if not isinstance(repeat, Mapping):
        if not events:
            return None, [*lost, "it has neither repeat nor event"]
        lost += [f"event {text} is not kept" for text in events[1:]]
        return date_phrase(str(events[0])), lost
    phrase, more = _repeat(repeat)
    return phrase, [*lost, *more, *(f"event {text} is not kept" for text in events)]


def date_phrase(text: str) -> str | None:
    """A dateTime as a moment (``2026-03-02 08:00``); a time loses its offset: it is the patient's."""
    day, _, clock = text.partition("T")
    if len(day) != len("2026-03-02"):
        return None
    return f"{day} {clock[:5]}" if len(clock) >= len("08:00") else day


def _repeat(repeat: Mapping[str, Json]) -> tuple[str | None, list[str]]:
    lost = [
        f"{key} {repeat[key]} is not kept"
        for key in ("durationMax", "duration", "frequencyMax", "periodMax", "countMax")
        if key in repeat
    ]
    times, more = _times(repeat)
    lost += more
    base, more = _base(repeat, times)
    lost += more
    if base is None:
        return None, lost
    bounds, more = _bounds(repeat)
    return base + bounds, lost + more


def _times(repeat: Mapping[str, Json]) -> tuple[list[str], list[str]]:
    times = [str(text)[:5] for text in repeat.get("timeOfDay", ())]
    lost: list[str] = []
    offset = repeat.get("offset")
    for code in repeat.get("when", ()):
        names = _WHEN.get(str(code))
        if names is None:
            lost.append(f"when {code} is not known")
            continue
        exact = _EXACT.get(names[0]) == code or code == "C"
        side = "before" if code in {"AC", "ACM", "ACD", "ACV", "HS", "PHS"} else "after"
        minutes = length(offset, "min") if offset else None
        if minutes is not None:
            times += [f"{minutes} {side} {name}" for name in names]
            continue
        times += names
        if not exact:
            lost.append(f"when {code} is taken as {' and '.join(names)}")
    return list(dict.fromkeys(times)), lost


def _base(repeat: Mapping[str, Json], times: Sequence[str]) -> tuple[str | None, list[str]]:
    lost: list[str] = []
    at = f" at {' and '.join(times)}" if times else ""
    frequency = int(repeat.get("frequency") or 1)
    period, unit = repeat.get("period"), repeat.get("periodUnit")
    weekdays = [str(day) for day in repeat.get("dayOfWeek", ()) if str(day) in DAYS]
    if weekdays:
        every = length(period, unit) if unit == "wk" and period else "1 week"
        if unit not in {None, "wk"}:
            lost.append(f"period {period} {unit} is read as days of a week")
        weeks = "week" if every in {None, "1 week"} else every
        return f"every {weeks} on {' and '.join(weekdays)}{at}", lost
    if period is None or unit is None:
        return (f"every day{at}" if times else None), ([] if times else ["it has no period"])
    every = length(period, unit)
    if every is None:
        return None, [f"period {period} {unit} is no whole number of a unit"]
    if times:
        if frequency not in {1, len(times)}:
            lost.append(f"frequency {frequency} beside {len(times)} times is not kept")
        if unit not in {"d", "wk", "mo", "a"}:
            return None, [f"times of day beside a period of {every}"]
        return f"every {_single(every)}{at}", lost
    if frequency == 1:
        return f"every {_single(every)}", lost
    if every == "1 day":
        return f"{frequency} times a day", lost
    apart = length(Decimal(str(period)) / frequency, unit)
    if apart is None:
        return None, [f"{frequency} times in {every} cannot be laid out evenly"]
    lost.append(f"{frequency} times in {every} is read as every {apart}")
    return f"every {_single(apart)}", lost


def _single(every: str) -> str:
    return every[2:] if every.startswith("1 ") and every[2:] in {"day", "week", "month", "year", "h"} else every


def _bounds(repeat: Mapping[str, Json]) -> tuple[str, list[str]]:
    out, lost = "", []
    if "boundsDuration" in repeat:
        span = duration_phrase(repeat["boundsDuration"])
        out += f" for {span}" if span else ""
        lost += [] if span else ["boundsDuration is no whole number of a unit"]
    if "boundsRange" in repeat:
        span = duration_phrase(repeat["boundsRange"].get("high") or repeat["boundsRange"].get("low"))
        out += f" for {span}" if span else ""
        lost.append("of boundsRange only the later end is kept")
    if repeat.get("count"):
        out += f" at most {int(repeat['count'])} {'time' if int(repeat['count']) == 1 else 'times'}"
    period = repeat.get("boundsPeriod")
    if isinstance(period, Mapping):
        if period.get("start"):
            lost.append(f"boundsPeriod.start {period['start']} is not kept: a repeat begins with its phase")
        if period.get("end"):
            day = date_phrase(str(period["end"]))
            out += f" until {day}" if day else ""
    return out, lost


def timing_of(when: When) -> dict[str, Json] | None:
    """The FHIR Timing that says the same as a compiled ``when``; None where FHIR has no words for it."""
    base = when.base
    if not isinstance(base, Every) or base.block is not None or base.anchor is not None or base.starts_at_once:
        return None
    if when.during is not None or when.until is not None or when.until_cond is not None or when.while_cond is not None:
        return None
    unit = _CODES.get(base.interval.unit)
    if unit is None or base.interval.amount is None:
        return None
    repeat: dict[str, Json] = {"frequency": base.times_per_day or 1, "period": base.interval.amount, "periodUnit": unit}
    if base.weekdays:
        repeat["dayOfWeek"] = [DAYS[day] for day in base.weekdays]
    if base.at:
        at = _at(base.at)
        if at is None:
            return None
        # FHIR: so many times of day, so often within the period.
        repeat |= at
        repeat["frequency"] = max(1, len(base.at))
    if when.for_duration is not None:
        bound = duration_json(when.for_duration)
        if bound is None:
            return None
        repeat["boundsDuration"] = bound
    if when.at_most is not None:
        repeat["count"] = when.at_most
    return {"repeat": repeat}


def _at(times: Sequence[TimeOfDay]) -> dict[str, Json] | None:
    """Clock times, or customary ones with one offset; a mixture FHIR does not allow."""
    clocks = [f"{t.hour:02d}:{t.minute:02d}:00" for t in times if isinstance(t, ClockTime)]
    if len(clocks) == len(times):
        return {"timeOfDay": clocks}
    named = [t for t in times if isinstance(t, Customary)]
    if len(named) != len(times):
        return None
    sides = {(t.offset.amount, t.offset.unit, t.before) if t.offset is not None else None for t in named}
    if len(sides) > 1:
        return None
    side = sides.pop()
    if side is None:
        codes = [_EXACT.get(t.name) for t in named]
        return {"when": codes} if None not in codes else None
    table = _BEFORE if side[2] else _AFTER
    codes = [table.get(t.name) for t in named]
    if None in codes or side[1] != "min":
        return None
    return {"when": codes, "offset": side[0]}

"""Times at the edge: a Timing as a phrase and back (done by ``pathways.timing``), dates, and lengths of time."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pathways.lang.plan_base import Duration
from pathways.lang.plan_when import When
from pathways.timing.fhir_phrases import phrase_of_timing
from pathways.timing.fhir_phrases import timing_of as written_timing
from pathways.timing.fhir_timing import TimingRefusedError, read_timing

Json = Any
UNITS: Final = {"s": "s", "min": "min", "h": "h", "d": "day", "wk": "week", "mo": "month", "a": "year"}
_CODES: Final = {word: code for code, word in UNITS.items()}


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
    """The phrase of a FHIR Timing, and what of it the phrase does not say. No phrase: it could not be read or said."""
    if isinstance(timing, Mapping) and timing.get("event") and "repeat" not in timing:
        first, *others = timing["event"]
        return date_phrase(str(first)), [f"event {text} is not kept" for text in others]
    try:
        said = phrase_of_timing(read_timing(timing))
    except TimingRefusedError as error:
        return None, [str(error)]
    lost = [f"{field} is not kept" for field in said.lost]
    return said.phrase, lost if said.phrase is not None else lost or ["no phrase says it"]


def timing_of(when: When) -> dict[str, Json] | None:
    """The FHIR Timing that says the same as a compiled ``when``; None where FHIR has no words for all of it."""
    written = written_timing(when)
    return written.timing if written.timing and not written.lost else None


def date_phrase(text: str) -> str | None:
    """A dateTime as a moment (``2026-03-02 08:00``); a time loses its offset: it is the patient's."""
    day, _, clock = text.partition("T")
    if len(day) != len("2026-03-02"):
        return None
    return f"{day} {clock[:5]}" if len(clock) >= len("08:00") else day

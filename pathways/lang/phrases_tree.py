"""Syntax trees of phrases: names are still as written. Offsets count code points in the phrase."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pathways.lang.plan_base import ClockTime, DurationUnit


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch ``[start, end)`` of the phrase."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Number of code points, at least one, so that a mark can be drawn."""
        return max(1, self.end - self.start)


@dataclass(frozen=True, slots=True)
class Name:
    """A written name, perhaps dotted."""

    text: str
    span: Span


# --------------------------------------------------------------------------- quantities


@dataclass(frozen=True, slots=True)
class SynQuantity:
    """A number with a unit; ``unit`` is UCUM, ``written`` as the author wrote it ("1" and "" for none)."""

    value: Decimal
    unit: str
    written: str
    span: Span


@dataclass(frozen=True, slots=True)
class SynRange:
    """``110 to 150 mmHg``."""

    low: SynQuantity
    high: SynQuantity


@dataclass(frozen=True, slots=True)
class SynDuration:
    """A length of time; ``amount`` is a number or the name of a parameter (then ``unit`` is "day"
    until the parameter is resolved)."""

    amount: int | Name
    unit: DurationUnit
    span: Span


@dataclass(frozen=True, slots=True)
class SynDurationRange:
    """``5 to 30 min``."""

    low: SynDuration
    high: SynDuration


@dataclass(frozen=True, slots=True)
class SynTake:
    """``2 readings 1 min apart``."""

    readings: int
    apart: SynDuration | None


@dataclass(frozen=True, slots=True)
class SynEnough:
    """``12 readings on 3 days``; without ``on`` ``days`` is 1."""

    readings: int
    days: int


@dataclass(frozen=True, slots=True)
class SynUpTo:
    """``1 time since maintain``."""

    times: int
    since: Name | None


@dataclass(frozen=True, slots=True)
class SynSelection:
    """``medicines where class is antihypertensive``: ``where`` is a condition over attributes."""

    name: Name
    where: SynCond | None


@dataclass(frozen=True, slots=True)
class SynCounted:
    """``routine or recheck done face to face``: steps that a quota counts."""

    steps: tuple[Name, ...]
    face_to_face: bool


@dataclass(frozen=True, slots=True)
class SynWord:
    """One of a closed list of phrases (``block end``, ``phase start``, ``first day``), in snake_case."""

    word: str


# --------------------------------------------------------------------------- time


@dataclass(frozen=True, slots=True)
class SynTimeOfDay:
    """``20:00``, ``morning``, ``30 min before breakfast``."""

    clock: ClockTime | None
    customary: str | None
    offset: SynDuration | None = None
    before: bool = False


@dataclass(frozen=True, slots=True)
class SynRandom:
    """``random between 09:00 and 21:00``."""

    earliest: SynTimeOfDay
    latest: SynTimeOfDay


SynAt = tuple[SynTimeOfDay, ...] | SynRandom


@dataclass(frozen=True, slots=True)
class SynAnchor:
    """A name that stands for a moment: enrolment, a fact, a step (``last`` and ``each`` before it). ``edge`` is of
    ``start of review`` and ``end of review``; without it the words around it say which end of a step is meant."""

    name: Name
    which: Literal["this", "last", "each"] = "this"
    edge: Literal["start", "end"] | None = None


@dataclass(frozen=True, slots=True)
class SynFixed:
    """``phase start``, ``supply of the medicine ends``, ``the date booked``, ``day n of the phase``."""

    word: Literal["phase_start", "supply_end", "booked", "day_of_phase"]
    day: int = 0


@dataclass(frozen=True, slots=True)
class SynOffset:
    """So much before or after a moment."""

    base: SynMoment
    offset: SynDuration
    before: bool


@dataclass(frozen=True, slots=True)
class SynDate:
    """``2026-03-02`` or ``2026-03-02 08:00``."""

    date: str
    at: ClockTime | None


SynMoment = SynAnchor | SynFixed | SynOffset | SynDate


@dataclass(frozen=True, slots=True)
class SynUntil:
    """Where a phase ends; ``active_days``: days of pause do not count."""

    moment: SynMoment
    active_days: bool


@dataclass(frozen=True, slots=True)
class SynOnce:
    """One occurrence at a moment; ``with_`` is ``with review``, when that step is due."""

    moment: SynMoment
    at: SynAt = ()
    starts_at_once: bool = False
    with_: bool = False


@dataclass(frozen=True, slots=True)
class SynDays:
    """``days 1 and 8 of 21``, ``day 14 after discharge``."""

    days: tuple[int, ...]
    of: int | None
    anchor: SynMoment | None
    at: SynAt = ()
    starts_at_once: bool = False


@dataclass(frozen=True, slots=True)
class SynBetween:
    """``between A and B``."""

    start: SynMoment
    end: SynMoment


@dataclass(frozen=True, slots=True)
class SynEvery:
    """``every …``, ``3 times a day``, with a block if there is one."""

    interval: SynDuration
    weekdays: tuple[int, ...] = ()
    at: SynAt = ()
    times_per_day: int | None = None
    block: SynDuration | None = None
    cycle: SynDuration | None = None
    starts_at_once: bool = False
    anchor: SynMoment | None = None


@dataclass(frozen=True, slots=True)
class SynMonthDays:
    """``on 1 and 15 of the month``; ``on first mon of the month`` (``nth`` 1 to 4, -1 for the last)."""

    days: tuple[int, ...]
    at: SynAt = ()
    nth: int = 0
    weekdays: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SynSimple:
    """``at each slot of the medicine``, ``once per calendar year``, ``once per season flu``."""

    word: Literal["each_slot", "calendar_year", "season"]
    season: str | None = None


@dataclass(frozen=True, slots=True)
class SynWorkingDay:
    """``next working day``, perhaps after a moment and at a time."""

    anchor: SynMoment | None
    at: SynAt = ()


@dataclass(frozen=True, slots=True)
class SynAsSoonAs:
    """``as soon as <condition>``."""

    cond: SynCond


@dataclass(frozen=True, slots=True)
class SynDuring:
    """``during the 7 days before recheck``."""

    days: SynDuration
    before: SynMoment


SynSchedule = SynOnce | SynDays | SynBetween | SynEvery | SynMonthDays | SynSimple | SynWorkingDay | SynAsSoonAs


@dataclass(frozen=True, slots=True)
class SynWhen:
    """A whole ``when``. ``until`` is a moment or a condition, as its words show."""

    text: str
    base: SynSchedule
    during: SynDuring | None = None
    until: SynMoment | None = None
    until_cond: SynCond | None = None
    while_cond: SynCond | None = None
    for_duration: SynDuration | None = None
    at_most: int | Name | None = None
    counting: tuple[Name, ...] = ()


# --------------------------------------------------------------------------- conditions


@dataclass(frozen=True, slots=True)
class SynArith:
    """``a + b``."""

    op: Literal["+", "-", "*", "/"]
    left: SynValue
    right: SynValue
    span: Span


SynValue = Name | SynQuantity | SynArith


@dataclass(frozen=True, slots=True)
class SynCompare:
    """``a >= b``."""

    op: Literal["<", "<=", "=", "!=", ">=", ">"]
    left: SynValue
    right: SynValue
    span: Span


@dataclass(frozen=True, slots=True)
class SynRangeTest:
    """``x between a and b``."""

    of: SynValue
    low: SynValue
    high: SynValue
    span: Span


@dataclass(frozen=True, slots=True)
class SynIs:
    """``x is yes``, ``x is any of a and b``, ``x is known``, ``x is done face to face``."""

    of: Name
    words: tuple[Name, ...]
    negated: bool
    any_phase: bool
    face_to_face: bool
    span: Span
    previous: bool = False


@dataclass(frozen=True, slots=True)
class SynHas:
    """``conditions has hypertension``."""

    of: Name
    word: Name
    span: Span
    any_phase: bool = False
    previous: bool = False


@dataclass(frozen=True, slots=True)
class SynMissed:
    """``measure_bp missed 3 times in a row``."""

    of: Name
    times: int
    span: Span


@dataclass(frozen=True, slots=True)
class SynStreak:
    """A condition with ``n times in a row`` (``m`` 0) or ``n of m``, perhaps ``since`` something, or ``for <time>``."""

    of: SynCond
    n: int
    m: int
    duration: SynDuration | None
    span: Span
    since: Name | None = None


@dataclass(frozen=True, slots=True)
class SynChain:
    """Parts joined by ``and`` or by ``or``."""

    op: Literal["and", "or"]
    parts: tuple[SynCond, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SynNot:
    """``not …``."""

    of: SynCond
    span: Span


@dataclass(frozen=True, slots=True)
class SynTrue:
    """``true``."""

    span: Span


SynCond = SynCompare | SynRangeTest | SynIs | SynHas | SynMissed | SynStreak | SynChain | SynNot | SynTrue

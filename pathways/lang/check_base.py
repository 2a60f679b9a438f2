"""What the whole-document checks share: places of things, lengths of time, what conditions depend on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from pathways.lang.plan import Phase, Plan, Step
from pathways.lang.plan_base import WORKING_UNITS, ClockTime, Customary, Duration
from pathways.lang.plan_cond import DecisionIs, DerivedRef, FactRef, FieldRef, Has, MeasureRef
from pathways.lang.plan_when import (
    AnchorMoment,
    DayOfPhase,
    DaysAfter,
    EachSlot,
    Every,
    OffsetMoment,
    OnceAt,
    OnDaysOfMonth,
    RandomTime,
    TimeOfDay,
)
from pathways.lang.resolve import THROUGHOUT
from pathways.lang.source import Path

MINUTE, HOUR, DAY = 1, 60, 24 * 60
SHORTEST = {
    "s": 1 / 60, "min": MINUTE, "h": HOUR, "day": DAY, "week": 7 * DAY, "month": 28 * DAY, "year": 365 * DAY,
    "working_h": HOUR, "working_day": DAY,
}  # fmt: skip
"""Minutes that a unit lasts at least."""
CUSTOMARY = {
    "morning": 7 * HOUR, "breakfast": 7 * HOUR + 30, "noon": 12 * HOUR, "lunch": 12 * HOUR, "afternoon": 15 * HOUR,
    "dinner": 18 * HOUR, "evening": 20 * HOUR, "bedtime": 21 * HOUR + 30,
}  # fmt: skip
"""Customary times where nothing is known of the patient, in minutes of the day."""


def step_path(phase: str, step: str) -> Path:
    """Where a step stands in the document."""
    return (THROUGHOUT, step) if phase == THROUGHOUT else ("phases", phase, "steps", step)


def all_steps(plan: Plan) -> Iterator[tuple[str, Step]]:
    """(phase or ``throughout``, step) in the order of the document."""
    for step in plan.throughout:
        yield THROUGHOUT, step
    for phase in plan.phases.values():
        for step in phase.steps:
            yield phase.id, step


def minutes(duration: Duration | None) -> float | None:
    """How long a duration lasts at least; None for none, or one that a parameter holds."""
    if duration is None or duration.amount is None:
        return None
    return duration.amount * SHORTEST[duration.unit]


def time_of_day(time: TimeOfDay) -> float:
    """Minutes of the day, with the customary times of an unknown patient."""
    if isinstance(time, ClockTime):
        return time.hour * HOUR + time.minute
    if isinstance(time, RandomTime):
        first, last = time_of_day(time.earliest), time_of_day(time.latest)
        return first + ((last - first) % (24 * HOUR)) * (time.part - 1) / time.of
    base = CUSTOMARY.get(time.name, 12 * HOUR)
    return base + _shift(time)


def _shift(time: Customary) -> float:
    offset = minutes(time.offset) or 0
    return -offset if time.before else offset


def per_day(step: Step) -> int:
    """How many occurrences a step has on a day that has any."""
    base = step.when.base
    if isinstance(base, Every):
        gap = minutes(base.interval)
        if gap is not None and 0 < gap < DAY:
            return int(DAY // gap)
        return base.times_per_day or max(1, len(base.at))
    if isinstance(base, DaysAfter | OnDaysOfMonth):
        return max(1, len(base.at))
    return 1


def shortest_gap(step: Step) -> float | None:
    """Minutes between two occurrences of a repeating step that follow closest; None where that is not known."""
    base = step.when.base
    if isinstance(base, EachSlot):
        return None
    if isinstance(base, DaysAfter):
        return _gap(base.at, _day_gap(base.days))
    if not isinstance(base, Every):
        return None
    interval = minutes(base.interval)
    if interval is None:
        return None
    if base.times_per_day is not None:
        return DAY / base.times_per_day
    if base.weekdays:
        interval = _week_gap(base.weekdays) * DAY
    return _gap(base.at, interval)


def _gap(at: tuple[TimeOfDay, ...], days: float | None) -> float | None:
    times = sorted(time_of_day(time) for time in at)
    within = [b - a for a, b in pairwise(times)]
    if days is not None and times:
        within.append(days - times[-1] + times[0])
    elif days is not None:
        within.append(days)
    return min(within, default=None)


def _day_gap(days: tuple[int, ...]) -> float | None:
    ordered = sorted(days)
    return min(((b - a) * DAY for a, b in pairwise(ordered)), default=None)


def _week_gap(weekdays: tuple[int, ...]) -> int:
    ordered = sorted(weekdays)
    gaps = [b - a for a, b in pairwise(ordered)]
    return min([*gaps, ordered[0] + 7 - ordered[-1]])


def longest(phase: Phase) -> float | None:
    """Minutes a phase lasts at most; None where that depends on when it is entered, or on days of pause."""
    lengths: list[float] = []
    until = phase.until
    if isinstance(until, DayOfPhase) and not phase.active_days_only:
        lengths.append(until.day * DAY)
    elif isinstance(until, OffsetMoment) and not phase.active_days_only and _from_start(until):
        lengths.append(_at_most(until.offset) or 0)
    if phase.no_later_than is not None and (after := _at_most(phase.no_later_than.after)) is not None:
        lengths.append(after)
    return min(lengths, default=None)


def _at_most(duration: Duration) -> float | None:
    """Minutes a duration lasts at most (working time may take any while)."""
    if duration.amount is None or duration.unit in WORKING_UNITS:
        return None
    longest = {"month": 31 * DAY, "year": 366 * DAY}.get(duration.unit) or SHORTEST[duration.unit]
    return duration.amount * longest


def earliest(step: Step) -> float | None:
    """Minutes after entry at which a step first comes at the earliest; None where that depends on other things."""
    base = step.when.base
    if isinstance(base, OnceAt):
        if isinstance(base.moment, DayOfPhase):
            return (base.moment.day - 1) * DAY  # whoever enters in the evening reaches day 1 soon
        if isinstance(base.moment, OffsetMoment) and _from_start(base.moment):
            return minutes(base.moment.offset)
    if isinstance(base, DaysAfter) and base.of is None and base.anchor in (None, AnchorMoment(name="phase_start")):
        return (min(base.days) - 1) * DAY
    if isinstance(base, Every) and base.anchor is None and not base.starts_at_once and not base.weekdays:
        length = minutes(base.cycle if base.block is not None else base.interval)
        return length if length is not None and length >= 7 * DAY else None
    return None


def _from_start(moment: OffsetMoment) -> bool:
    return moment.base == AnchorMoment(name="phase_start") and not moment.before


def may_be_unknown(cond: Any) -> bool:
    """Whether a condition can come out unknown: it looks at something that may be missing.

    How a step ended, and how often it was missed, is false until so and never unknown; whether something is
    known is always known.
    """
    fields = getattr(type(cond), "model_fields", None)
    if fields is None:
        return any(may_be_unknown(c) for c in cond) if isinstance(cond, tuple) else False
    if getattr(cond, "kind", None) == "known":
        return False
    if isinstance(cond, DecisionIs):
        return not cond.sure and cond.known is None
    if isinstance(cond, MeasureRef | DerivedRef | FactRef | FieldRef | Has):
        return True
    return any(may_be_unknown(getattr(cond, name)) for name in fields)

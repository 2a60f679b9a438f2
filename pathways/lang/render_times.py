"""Where the steps of a phase stand on a line of days: what a picture needs, not what a patient gets.

The calendar of a patient is ``pathways.decide.calendar``; here a month has 30 days, a working day is 7/5 of a day and
customary times are those of a usual day. A time that hangs on something with no place of its own (another step,
a discharge) gets an axis counted from there; one that waits for a condition has no place, only words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, assert_never

from pathways.lang import plan_when as w
from pathways.lang.plan import HandoffBody, Phase, Plan, Step, TaskBody
from pathways.lang.plan_base import ClockTime, Duration

PHASE: Final = "phase_start"
ENROLMENT: Final = "enrolment"
MAX_BARS = 4000
_USUAL: Final[dict[str, float]] = {
    "morning": 7.0, "breakfast": 7.5, "noon": 12.0, "lunch": 12.0, "afternoon": 15.0, "dinner": 18.0, "evening": 20.0,
    "bedtime": 21.5,
}  # fmt: skip
_DAYS: Final[dict[str, float]] = {
    "s": 1 / 86400, "min": 1 / 1440, "h": 1 / 24, "day": 1, "week": 7, "month": 30, "year": 365, "working_day": 7 / 5,
    "working_h": 7 / 40,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """One occurrence, in days from zero of its axis. ``late`` and ``missed`` are None where nothing says so;
    ``marks`` are further instants (the deadlines of a handoff)."""

    due: float
    opens: float
    late: float | None = None
    missed: float | None = None
    marks: tuple[float, ...] = ()

    @property
    def last(self) -> float:
        """The end of what is drawn."""
        return max(self.due, self.late or self.due, self.missed or self.due, *self.marks)


@dataclass(frozen=True, slots=True)
class Placed:
    """A step on the axis counted from ``axis`` (``phase_start``, an anchor, ``step:<id>``); None: it waits for
    something that no axis shows. ``everywhere``: all along its phase."""

    step: Step
    axis: str | None
    bars: tuple[Bar, ...] = ()
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class _At:
    axis: str
    day: float


def days_of(plan: Plan, length: Duration) -> float:
    """A length of time in days, as drawn."""
    if length.amount is not None:
        return length.amount * _DAYS[length.unit]
    parameter = plan.parameters.get(length.param or "")
    value = None if parameter is None else parameter.value or next(iter(parameter.by_profile.values()), None)
    return (float(value.value.value) if value is not None else 1.0) * _DAYS[length.unit]


def horizon(plan: Plan, phase: Phase) -> float | None:
    """How many days a phase lasts at most, where it says so; a moment counted from elsewhere counts as a length."""
    return _Placer(plan, phase).limit


def place(plan: Plan, phase: Phase | None, steps: tuple[Step, ...]) -> tuple[Placed, ...]:
    """Every step with its axis and bars, in the order of the plan.

    Args:
        plan: the compiled plan.
        phase: the phase they belong to; None for the steps over all phases.
        steps: the steps.
    """
    placer = _Placer(plan, phase)
    return tuple(placer.step(step) for step in steps)


class _Placer:
    def __init__(self, plan: Plan, phase: Phase | None) -> None:
        self.plan = plan
        self.phase = phase
        self.under_way: set[str] = set()
        self.limit = None if phase is None else self._limit(phase)

    def _limit(self, phase: Phase) -> float | None:
        """How many days the phase lasts at most."""
        if phase.no_later_than is not None:
            return days_of(self.plan, phase.no_later_than.after)
        at = None if phase.until is None else self.moment(phase.until)
        return None if at is None or at.day <= 0 else at.day

    # ------------------------------------------------------------------ moments

    def moment(self, moment: w.Moment) -> _At | None:
        """Where a moment stands; None where no axis shows it."""
        match moment:
            case w.AnchorMoment(name=name):
                first = self.phase is not None and self.phase.id == self.plan.first_phase
                return _At(PHASE if name == PHASE or (first and name == ENROLMENT) else name, 0)
            case w.DayOfPhase(day=day):
                return _At(PHASE, day)
            case w.OffsetMoment(base=base, offset=offset, before=before):
                at = self.moment(base)
                length = days_of(self.plan, offset)
                return None if at is None else replace(at, day=at.day + (-length if before else length))
            case w.StepMoment(step=step):
                return self._of_step(moment, step)
            case w.SupplyEndMoment():
                return _At("supply_end", 0)
            case w.BookedMoment() | w.AbsoluteMoment() | w.FieldMoment():
                return None
            case _ as never:
                assert_never(never)

    def _of_step(self, moment: w.StepMoment, name: str) -> _At:
        own = _At(f"step:{name}", 0)
        found = next((s for s in self.phase.steps if s.id == name), None) if self.phase is not None else None
        if found is None or moment.which != "this" or name in self.under_way:
            return own
        placed = self.step(found)
        return own if placed.axis is None or len(placed.bars) != 1 else _At(placed.axis, placed.bars[0].due)

    # ------------------------------------------------------------------ steps

    def step(self, step: Step) -> Placed:
        """A step with its bars."""
        self.under_way.add(step.id)
        try:
            return self._step(step)
        finally:
            self.under_way.discard(step.id)

    def _step(self, step: Step) -> Placed:
        base = step.when.base
        if isinstance(base, w.EachSlot):
            return Placed(step, PHASE, everywhere=True)
        spans = self._spans(base)
        if spans is None:
            return Placed(step, None)
        axis, made = spans
        inside = self._bounds(step.when, axis)
        if inside is None:
            return Placed(step, None)
        bars: list[Bar] = []
        for opens, due in made:
            if not inside(due) or len(bars) == (step.when.at_most or MAX_BARS):
                continue
            bars.append(self._bar(step, opens, due))
        return Placed(step, axis, tuple(bars))

    def _bar(self, step: Step, opens: float, due: float) -> Bar:
        window = step.window

        def after(length: Duration | None) -> float | None:
            return None if length is None else due + days_of(self.plan, length)

        late = after(window.late_after)
        marks: tuple[float, ...] = ()
        if isinstance(step.body, TaskBody):
            late = late or after(step.body.task.due)
        if isinstance(step.body, HandoffBody):
            marks = tuple(sorted(due + days_of(self.plan, length) for length in step.body.deadlines.values()))
        before = 0.0 if window.opens_before is None else days_of(self.plan, window.opens_before)
        return Bar(due, min(opens, due - before), late, after(window.missed_after), marks)

    def _bounds(self, when: w.When, axis: str) -> Callable[[float], bool] | None:
        """Which instants count; None where what bounds them has no place on this axis."""
        low, high = float("-inf"), float("inf")
        if when.during is not None:
            end = self.moment(when.during.before)
            if end is None or end.axis != axis:
                return None
            low, high = end.day - when.during.days, end.day
        if when.until is not None:
            until = self.moment(when.until)
            if until is not None and until.axis == axis:
                high = min(high, until.day)
        if when.for_duration is not None:
            high = min(high, days_of(self.plan, when.for_duration))
        return lambda day: low <= day < high

    # ------------------------------------------------------------------ schedules

    def _spans(self, base: w.ScheduleBase) -> tuple[str, list[tuple[float, float]]] | None:
        """Axis, and (opens, due) of every occurrence up to the end of the phase."""
        match base:
            case w.OnceAt(moment=moment, at=at):
                return self._listed(moment, (0,), at)
            case w.DaysAfter(days=days, of=cycle, anchor=anchor, at=at):
                return self._listed(anchor, self._cycled(days, cycle), at or (ClockTime(hour=0, minute=0),))
            case w.BetweenMoments(start=start, end=end):
                opens, due = self.moment(start), self.moment(end)
                same = opens is not None and due is not None and opens.axis == due.axis
                return (due.axis, [(opens.day, due.day)]) if opens and due and same else None
            case w.Every():
                return self._every(base)
            case w.OnDaysOfMonth(days=days, at=at):
                return self._listed(None, self._cycled(days, 30), at or (ClockTime(hour=0, minute=0),))
            case w.NextWorkingDay():
                return PHASE, [(0, 1)]
            case w.OncePer() | w.EachSlot() | w.AsSoonAs() | w.Turn() | w.OnRequest():
                return None
            case _ as never:
                assert_never(never)

    def _cycled(self, days: tuple[int, ...], cycle: int | None) -> tuple[int, ...]:
        if cycle is None:
            return days
        end = int(self.limit or 4 * cycle)
        return tuple(start + day - 1 for start in range(0, end, cycle) for day in days if start + day - 1 < end)

    def _listed(
        self, anchor: w.Moment | None, days: tuple[int, ...], at: tuple[w.TimeOfDay, ...]
    ) -> tuple[str, list[tuple[float, float]]] | None:
        start = _At(PHASE, 0) if anchor is None else self.moment(anchor)
        if start is None:
            return None
        dues = [start.day + day + time for day in days for time in ([self._time(t) for t in at] or [0.0])]
        return start.axis, [(due, due) for due in sorted(dues)]

    def _every(self, base: w.Every) -> tuple[str, list[tuple[float, float]]] | None:
        start = _At(PHASE, 0) if base.anchor is None else self.moment(base.anchor)
        if start is None:
            return None
        times = [self._time(time) for time in base.at]
        if base.times_per_day:
            times = [(7 + 14 * n / max(1, base.times_per_day - 1)) / 24 for n in range(base.times_per_day)]
        dues = [start.day + day + time for day in self._days(base) for time in (times or [0.0])]
        return start.axis, [(due, due) for due in dues[:MAX_BARS]]

    def _days(self, base: w.Every) -> Iterator[float]:
        """The days of a repeat, from 0."""
        interval = days_of(self.plan, base.interval)
        cycle = 0.0 if base.cycle is None else days_of(self.plan, base.cycle)
        block = 0.0 if base.block is None else days_of(self.plan, base.block)
        end = self.limit or 4 * max(interval, cycle)
        long = base.interval.unit in {"week", "month", "year"} and not base.weekdays
        first = cycle or (interval if long else 0.0)
        if base.starts_at_once and first:
            yield from self._stretch(0.0, block or interval, interval)
        start = first
        while start < end:
            yield from self._week(base, start) if base.weekdays else self._stretch(start, block or interval, interval)
            start += cycle or interval

    @staticmethod
    def _stretch(start: float, length: float, interval: float) -> Iterator[float]:
        day = start
        while day < start + length - 1e-9:
            yield day
            day += interval

    @staticmethod
    def _week(base: w.Every, start: float) -> Iterator[float]:
        yield from (start + day for day in base.weekdays)

    def _time(self, time: w.TimeOfDay) -> float:
        """A time of day as a part of a day."""
        if isinstance(time, ClockTime):
            return (time.hour + time.minute / 60) / 24
        if isinstance(time, w.RandomTime):
            first, last = self._time(time.earliest), self._time(time.latest)
            return first + ((last - first) % 1) * (time.part - 0.5) / time.of
        offset = 0.0 if time.offset is None else days_of(self.plan, time.offset)
        return _USUAL.get(time.name, 12.0) / 24 + (-offset if time.before else offset)

"""Time phrases resolved: names to anchors, steps and parameters."""

from __future__ import annotations

from typing import Literal

from pathways.lang.phrases_cond import CondReader, to_length
from pathways.lang.phrases_names import NameResolver, Problem, Resolved
from pathways.lang.phrases_tree import (
    Name,
    SynAnchor,
    SynAsSoonAs,
    SynAt,
    SynBetween,
    SynCond,
    SynDate,
    SynDays,
    SynDuration,
    SynEvery,
    SynFixed,
    SynMoment,
    SynMonthDays,
    SynOffset,
    SynOnce,
    SynRandom,
    SynSchedule,
    SynSimple,
    SynTimeOfDay,
    SynWhen,
    SynWorkingDay,
)
from pathways.lang.plan_base import ClockTime, Customary, Duration
from pathways.lang.plan_cond import Cond, FieldRef
from pathways.lang.plan_when import (
    AbsoluteMoment,
    AnchorMoment,
    AsSoonAs,
    BetweenMoments,
    BookedMoment,
    DayOfPhase,
    DaysAfter,
    During,
    EachSlot,
    Every,
    FieldMoment,
    Moment,
    NextWorkingDay,
    OffsetMoment,
    OnceAt,
    OncePer,
    OnDaysOfMonth,
    RandomTime,
    ScheduleBase,
    StepMoment,
    SupplyEndMoment,
    TimeOfDay,
    When,
)

_DATE_TYPES = frozenset({"date", "moment"})
_DAYS_IN = {"day": 1, "week": 7}
_NOWHERE = BookedMoment()
"""Stands for a moment that could not be resolved, beside its problem."""

Edge = Literal["ended", "due"]


def to_when(tree: SynWhen, names: NameResolver) -> Resolved[When]:
    """The schedule of a tree, or every problem in it."""
    reader = _TimeReader(names, tree.text)
    when = reader.when(tree)
    return Resolved(None, tuple(reader.problems)) if reader.problems else Resolved(when)


def to_moment(tree: SynMoment, names: NameResolver, *, until: bool = False) -> Resolved[Moment]:
    """The moment of a tree, or every problem in it. ``until``: something lasts until then."""
    reader = _TimeReader(names, "")
    moment = reader.until(tree) if until else reader.moment(tree, "ended")
    return Resolved(None, tuple(reader.problems)) if reader.problems else Resolved(moment)


def to_duration(tree: SynDuration, names: NameResolver) -> Resolved[Duration]:
    """The duration of a tree (a parameter may stand for it), or what is wrong with it."""
    problems: list[Problem] = []
    length = to_length(tree, names, problems)
    return Resolved(None, tuple(problems)) if problems or length is None else Resolved(length)


class _TimeReader:
    def __init__(self, names: NameResolver, text: str) -> None:
        self.names = names
        self.text = text
        self.problems: list[Problem] = []

    # ----------------------------------------------------------------- moments

    def moment(self, tree: SynMoment, edge: Edge) -> Moment:
        """A moment. ``edge`` says what a bare step means there: when it ended, or when it is due."""
        if isinstance(tree, SynAnchor):
            return self._named(tree, edge)
        if isinstance(tree, SynOffset):
            base = self.moment(tree.base, "due" if tree.before else "ended")
            return OffsetMoment(base=base, offset=self.length(tree.offset), before=tree.before)
        if isinstance(tree, SynDate):
            return AbsoluteMoment(date=tree.date, at=tree.at)
        return _fixed(tree)

    def _named(self, tree: SynAnchor, near: Edge) -> Moment:
        named = self.names.lookup(tree.name.text)
        span = tree.name.span
        if named is None:
            self.problems.append(Problem("unknown_name", span.start, span.length, {"name": tree.name.text}))
            return _NOWHERE
        if named.kind == "step":
            edge: Edge = "due" if tree.edge == "start" else "ended" if tree.edge == "end" else near
            return StepMoment(step=named.id, phase=named.phase, edge=edge, which=tree.which)
        if named.kind == "field" and named.type in _DATE_TYPES and tree.which == "this" and tree.edge is None:
            return FieldMoment(step=named.id, field=named.field or "")
        is_anchor = named.kind == "anchor" or (named.kind == "fact" and named.type in _DATE_TYPES)
        if not is_anchor or tree.which != "this" or tree.edge is not None:
            params = {"name": tree.name.text, "found": named.type or named.kind}
            kind: Literal["not_a_moment", "not_a_step"] = "not_a_step" if is_anchor else "not_a_moment"
            self.problems.append(Problem(kind, span.start, span.length, params))
            return _NOWHERE
        return AnchorMoment(name=named.id)

    def until(self, tree: SynMoment) -> Moment:
        """Until when: a date that is itself still included lasts to the next midnight."""
        moment = self.moment(tree, "ended")
        if isinstance(tree, SynAnchor) and isinstance(moment, FieldMoment):
            named = self.names.lookup(tree.name.text)
            if named is not None and named.last_day:
                return OffsetMoment(base=moment, offset=Duration(amount=1, unit="day"))
        return moment

    def length(self, tree: SynDuration) -> Duration:
        """A duration; zero days beside a problem."""
        found = to_length(tree, self.names, self.problems)
        return found if found is not None else Duration(amount=0, unit="day")

    def _maybe_length(self, tree: SynDuration | None) -> Duration | None:
        return None if tree is None else self.length(tree)

    def _number(self, tree: SynWhen) -> tuple[str | None, FieldRef | None]:
        """The parameter, or the answered field, that holds a number of times."""
        name = tree.at_most
        if not isinstance(name, Name):
            return None, None
        named = self.names.lookup(name.text)
        if named is None:
            self.problems.append(Problem("unknown_name", name.span.start, name.span.length, {"name": name.text}))
            return None, None
        if named.kind == "param" and named.unit == "1":
            return named.id, None
        if named.kind == "field" and named.type == "number" and named.unit == "1":
            return None, FieldRef(step=named.id, field=named.field or "", type="number")
        params = {"name": name.text, "found": named.kind, "wanted": "number"}
        self.problems.append(Problem("type_mismatch", name.span.start, name.span.length, params))
        return None, None

    def _times(self, tree: SynAt, parts: int = 1) -> tuple[TimeOfDay, ...]:
        if isinstance(tree, SynRandom):
            earliest, latest = self._time(tree.earliest), self._time(tree.latest)
            each = range(1, parts + 1)
            return tuple(RandomTime(earliest=earliest, latest=latest, part=part, of=parts) for part in each)
        return tuple(self._time(item) for item in tree)

    def _time(self, tree: SynTimeOfDay) -> ClockTime | Customary:
        if tree.clock is not None:
            return ClockTime(hour=tree.clock.hour, minute=tree.clock.minute)
        return Customary(name=tree.customary or "", offset=self._maybe_length(tree.offset), before=tree.before)

    # ----------------------------------------------------------------- schedules

    def when(self, tree: SynWhen) -> When:
        """The whole schedule."""
        during = None
        if tree.during is not None:
            length = self.length(tree.during.days)
            days = (length.amount or 0) * _DAYS_IN.get(length.unit, 1)
            named = length if length.param is not None else None
            during = During(days=days, before=self.moment(tree.during.before, "due"), length=named)
        most, most_field = self._number(tree)
        return When(
            text=" ".join(tree.text.split()),
            base=self._base(tree.base),
            during=during,
            until=None if tree.until is None else self.until(tree.until),
            until_cond=self._cond(tree.until_cond),
            while_cond=self._cond(tree.while_cond),
            for_duration=self._maybe_length(tree.for_duration),
            at_most=tree.at_most if isinstance(tree.at_most, int) else None,
            most=most,
            most_field=most_field,
            counting=tuple(sorted({word.text for word in tree.counting})),
        )

    def _cond(self, tree: SynCond | None) -> Cond | None:
        if tree is None:
            return None
        reader = CondReader(self.names, self.text)
        cond = reader.read(tree)
        self.problems += reader.problems
        return cond

    def _base(self, tree: SynSchedule) -> ScheduleBase:
        if isinstance(tree, SynEvery):
            return self._every(tree)
        if isinstance(tree, SynOnce):
            moment = self.moment(tree.moment, "due" if tree.with_ else "ended")
            return OnceAt(moment=moment, at=self._times(tree.at), starts_at_once=tree.starts_at_once)
        if isinstance(tree, SynDays):
            anchor = None if tree.anchor is None else self.moment(tree.anchor, "ended")
            at, at_once = self._times(tree.at), tree.starts_at_once
            return DaysAfter(days=tree.days, of=tree.of, anchor=anchor, at=at, starts_at_once=at_once)
        if isinstance(tree, SynBetween):
            return BetweenMoments(start=self.moment(tree.start, "ended"), end=self.moment(tree.end, "ended"))
        if isinstance(tree, SynMonthDays):
            return OnDaysOfMonth(
                days=tree.days, at=self._times(tree.at), nth=tree.nth, weekdays=tuple(sorted(set(tree.weekdays)))
            )
        if isinstance(tree, SynWorkingDay):
            after = None if tree.anchor is None else self.moment(tree.anchor, "ended")
            return NextWorkingDay(anchor=after, at=self._times(tree.at))
        if isinstance(tree, SynAsSoonAs):
            cond = self._cond(tree.cond)
            assert cond is not None
            return AsSoonAs(cond=cond)
        return _simple(tree)

    def _every(self, tree: SynEvery) -> Every:
        return Every(
            interval=self.length(tree.interval),
            weekdays=tuple(sorted(set(tree.weekdays))),
            at=self._times(tree.at, tree.times_per_day or 1),
            times_per_day=tree.times_per_day,
            block=self._maybe_length(tree.block),
            cycle=self._maybe_length(tree.cycle),
            starts_at_once=tree.starts_at_once,
            anchor=None if tree.anchor is None else self.moment(tree.anchor, "ended"),
        )


def _fixed(tree: SynFixed) -> Moment:
    if tree.word == "phase_start":
        return AnchorMoment(name="phase_start")
    if tree.word == "supply_end":
        return SupplyEndMoment()
    if tree.word == "booked":
        return BookedMoment()
    return DayOfPhase(day=tree.day)


def _simple(tree: SynSimple) -> ScheduleBase:
    if tree.word == "each_slot":
        return EachSlot()
    return OncePer(period=tree.word, season=tree.season)

"""What a pathway plans if all goes to plan: every occurrence done at its due instant, nothing measured.

A phase ends by its ``until`` or ``no_later_than``, or by the first ``leave`` row that done steps alone make true. What
only a measured value could decide is left to the row that always holds (``else``).

Nothing is worked out before it is asked for, save what others wait for: the steps that a schedule counts from, and
those that could make a row of ``leave`` true.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from carepath.expansion.facts import AsPlanned, Given
from carepath.expansion.schedules import Bases, Schedules, moment_of
from pathways.decide.calendar import Point, Slot, add, local_date, moment, most_of, point_start
from pathways.decide.conditions import StepEnd, Truth, truth
from pathways.decide.index import tokens
from pathways.lang.plan import HandoffBody, Phase, Plan, Row, Step, TaskBody, VisitBody
from pathways.lang.plan_advice import AdviseBody
from pathways.lang.plan_base import Duration
from pathways.lang.plan_steps import Target
from pathways.lang.plan_when import AsSoonAs, StepMoment
from pathways.lang.site_plan import Site

DAY = timedelta(hours=24)
_MOST_VISITS = 1000
_GOOD = {"advise": "approved", "dose": "taken", "teach": "read", "say": "sent"}


@dataclass(frozen=True, slots=True)
class Planned:
    """One occurrence. Instants are UTC; None where there is no such instant."""

    step: str
    number: int
    opens: datetime
    due: datetime
    late: datetime | None
    missed: datetime | None


@dataclass(slots=True)
class _Visit:
    """One visit of a phase. ``known`` holds the slots of the steps that others wait for, by due; ``held`` the steps
    whose ``as soon as`` was true when it was last looked at."""

    phase: Phase
    entered: datetime
    until: datetime
    known: dict[str, dict[datetime, Slot]] = field(default_factory=dict[str, dict[datetime, Slot]])
    held: set[str] = field(default_factory=set[str])


class Expansion:
    """Walks a plan from ``start``; nothing due at or after ``until`` is given."""

    def __init__(
        self, plan: Plan, site: Site, given: Given, zone: str, start: datetime, until: datetime, profile: str | None
    ) -> None:
        self.plan, self.zone = plan, zone
        self.start, self.until = start, until + 2 * DAY  # the next due time bounds the window of the last one
        self.asked = until
        self.env = AsPlanned(plan, given, zone, start, profile or site.profile)
        self.schedules = Schedules(plan, site, given, zone, start, self.env)
        self.all_dues: dict[str, list[datetime]] = {}
        self.ways: dict[tuple[str, str], int] = {}
        self.numbers: dict[str, int] = {}
        self.visits: dict[str, int] = {}
        phases = plan.phases.values()
        every = [*plan.throughout, *(step for phase in phases for step in phase.steps)]
        self.by_path = {step.path: step for step in every}
        self.named = tokens(*(step.when for step in every), *(phase.until for phase in phases))
        self.leave = {
            phase.id: tokens(*(row.test for row in phase.leave if not isinstance(row.test, str))) for phase in phases
        }

    def run(self) -> Iterator[Planned]:
        """Every occurrence, in order of due, then of step, made one by one."""
        throughout = _Visit(self.plan.phases[self.plan.first_phase], self.start, self.until)
        self._settle(self.plan.throughout, throughout)
        self._keep(throughout)
        streams = [self._rows(self.plan.throughout, throughout), self._phases()]
        merged = heapq.merge(*streams, key=lambda one: (one.due, one.step, one.number))
        return takewhile(lambda one: one.due < self.asked, merged)

    def paths(self) -> Iterable[str]:
        """The paths of all steps."""
        return self.by_path

    # ----------------------------------------------------------------- phases

    def _phases(self) -> Iterator[Planned]:
        phase, at = self.plan.first_phase, self.start
        for _ in range(_MOST_VISITS):
            visit, target, left = self._visit(phase, at)
            self._keep(visit)
            yield from self._rows(visit.phase.steps, visit)
            if target is None or target.go is None or left >= self.until:
                return
            phase, at = target.go, left

    def _keep(self, visit: _Visit) -> None:
        """What later visits of phases may count from."""
        for path, slots in visit.known.items():
            self.all_dues.setdefault(path, []).extend(due for due in sorted(slots) if due < visit.until)

    def _visit(self, name: str, at: datetime) -> tuple[_Visit, Target | None, datetime]:
        """A visit of a phase: what leads out of it, and when."""
        phase = self.plan.phases[name]
        self.env.enter(name, at)
        self.visits[name] = self.visits.get(name, 0) + 1
        visit = _Visit(phase, at, self.until)
        last = None
        if phase.no_later_than is not None:
            ctx = self.schedules.context(at)
            point = add(Point(local_date(at, self.zone), at), phase.no_later_than.after, ctx)
            last = None if point is None else point_start(point, self.zone)
        ends_at = self._until(visit)  # an end that counts from a step is known only with its steps
        visit.until = min([self.until, *(end for end in (ends_at, last) if end is not None)])
        self._settle(phase.steps, visit)
        ends_at = self._until(visit)
        limit = visit.until = min([visit.until, *([ends_at] if ends_at is not None else [])])
        target, left = self._leave(visit)
        if target is None and limit == last and phase.no_later_than is not None:
            target = phase.no_later_than.target
        elif target is None and limit == ends_at:
            target = self._at_end(phase, limit)
        if left < limit:
            visit.until = left + timedelta(microseconds=1)
        return visit, target, min(left, limit)

    def _until(self, visit: _Visit) -> datetime | None:
        """When the phase ends by its ``until``."""
        until = visit.phase.until
        if until is None:
            return None
        wanted = moment_of(until)
        base = None if wanted is None else next(iter(self._dues_of(wanted, visit)), None)
        point = moment(until, self.schedules.context(visit.entered, base=base))
        return None if point is None else max(visit.entered, point_start(point, self.zone))

    def _leave(self, visit: _Visit) -> tuple[Target | None, datetime]:
        """The first ``leave`` row that what was done makes true, and when."""
        rows = [row for row in visit.phase.leave if not isinstance(row.test, str)]
        if not rows:
            return None, visit.until
        ended = sorted((due, path) for path, slots in visit.known.items() for due in slots if due < visit.until)
        self.env.now = visit.entered
        target = self._first(visit.phase, rows)
        if target is not None:
            return target, visit.entered
        for index, (due, path) in enumerate(ended):
            self.env.now = due
            self._end(path, due)
            if index + 1 < len(ended) and ended[index + 1][0] == due:
                continue
            target = self._first(visit.phase, rows)
            if target is not None:
                return target, due
        return None, visit.until

    def _end(self, path: str, due: datetime) -> None:
        self.env.done[path] = StepEnd(self._good(path), due, self._mode(path))

    def _first(self, phase: Phase, rows: list[Row]) -> Target | None:
        for row in rows:
            assert not isinstance(row.test, str)
            value = truth(row.test, self.env)
            if value is Truth.UNKNOWN:
                return None
            if value is Truth.TRUE and row.target is not None:
                return self._counted(phase, row)
        return None

    def _at_end(self, phase: Phase, at: datetime) -> Target | None:
        """The first row that holds; what only a reading could tell is passed over."""
        self.env.now = at
        for row in phase.at_end:
            if row.test == "unknown" or row.target is None:
                continue
            if row.test == "else" or (not isinstance(row.test, str) and truth(row.test, self.env) is Truth.TRUE):
                return self._counted(phase, row)
        return None

    def _counted(self, phase: Phase, row: Row) -> Target | None:
        target = row.target
        assert target is not None
        way = (phase.id, target.go or target.end or "")
        self.ways[way] = self.ways.get(way, 0) + 1
        return row.afterwards if row.up_to is not None and self.ways[way] > row.up_to else target

    # ----------------------------------------------------------------- steps

    def _settle(self, steps: tuple[Step, ...], visit: _Visit) -> None:
        """Work out the steps that others wait for: each occurrence of one brings those that count from it, so that a
        circle of steps goes on as long as it is asked for."""
        done = dict(self.env.done)
        waiting: list[tuple[datetime, str]] = []
        counting: dict[str, list[Step]] = {}
        soon = [step for step in steps if isinstance(step.when.base, AsSoonAs) and self._meant(step, visit)]
        for step in steps:
            if not self._meant(step, visit):
                continue
            wanted = moment_of(step.when)
            if wanted is not None:
                counting.setdefault(wanted.step, []).append(step)
            if self._waited_for(step, visit):
                self._found(step, self._first_bases(step, steps, visit), visit, waiting)
        for step in soon:
            self._soon(step, visit.entered, visit, waiting)
        while waiting:
            due, path = heapq.heappop(waiting)
            self._end(path, due)
            for step in counting.get(path.split(".")[-1], ()):
                if self._waited_for(step, visit):
                    self._found(step, [due], visit, waiting)
            for step in soon:
                self._soon(step, due, visit, waiting)
        self.env.done = done

    def _waited_for(self, step: Step, visit: _Visit) -> bool:
        """Whether its dues are needed before they come: a schedule counts from it, a row of ``leave`` looks at a step
        (at every end then), or it counts from another step itself."""
        if isinstance(step.when.base, AsSoonAs) or moment_of(step.when) is not None or f"s:{step.id}" in self.named:
            return True
        in_phase = step.path.startswith(f"{visit.phase.id}.")
        return in_phase and any(token.startswith("s:") for token in self.leave[visit.phase.id])

    def _meant(self, step: Step, visit: _Visit) -> bool:
        return not (step.first_time_only and step in visit.phase.steps and self.visits.get(visit.phase.id, 0) > 1)

    def _found(self, step: Step, bases: Bases, visit: _Visit, waiting: list[tuple[datetime, str]]) -> None:
        known = visit.known.setdefault(step.path, {})
        if isinstance(step.when.base, AsSoonAs):
            return
        most = most_of(step.when, self.env.param)
        for slot in self.schedules.slots(step, bases, visit.entered, visit.until):
            if slot.due not in known and (most is None or len(known) < most):
                known[slot.due] = slot
                heapq.heappush(waiting, (slot.due, step.path))

    def _first_bases(self, step: Step, steps: tuple[Step, ...], visit: _Visit) -> Bases:
        """What a schedule counts from at the entry: what earlier visits did, else nothing yet."""
        wanted = moment_of(step.when)
        here = wanted is not None and wanted.which != "last" and wanted.step in {one.id for one in steps}
        earlier = [] if wanted is None or here else self._dues_of(wanted, visit)
        return [*earlier] or [None]

    def _soon(self, step: Step, at: datetime, visit: _Visit, waiting: list[tuple[datetime, str]]) -> None:
        """``as soon as``: on the change of its condition from not true to true."""
        assert isinstance(step.when.base, AsSoonAs)
        known = visit.known.setdefault(step.path, {})
        self.env.now = at
        holds = truth(step.when.base.cond, self.env) is Truth.TRUE
        armed = step.path not in visit.held
        (visit.held.add if holds else visit.held.discard)(step.path)
        most = most_of(step.when, self.env.param)
        free = at not in known and (most is None or len(known) < most)
        if holds and armed and free and at < visit.until and self.schedules.happens(step, at):
            known[at] = Slot(len(known) + 1, at, None, f"soon{len(known)}")
            heapq.heappush(waiting, (at, step.path))

    def _dues_of(self, wanted: StepMoment, visit: _Visit) -> list[datetime]:
        if wanted.which == "last":
            paths = [path for path in self.all_dues if path.split(".")[-1] == wanted.step]
            earlier = {due for path in paths for due in self.all_dues[path]}
            return sorted({*earlier, *visit.known.get(f"{visit.phase.id}.{wanted.step}", {})})
        for place in (wanted.phase or visit.phase.id, "throughout"):
            path = f"{place}.{wanted.step}"
            dues = sorted(visit.known.get(path, {})) or self.all_dues.get(path)
            if dues:
                return dues
        return []

    def _rows(self, steps: tuple[Step, ...], visit: _Visit) -> Iterator[Planned]:
        """The occurrences of a visit, made one by one in order."""
        streams = [self._row_of(step, visit) for step in steps if self._meant(step, visit)]
        return heapq.merge(*streams, key=lambda one: (one.due, one.step, one.number))

    def _row_of(self, step: Step, visit: _Visit) -> Iterator[Planned]:
        known = visit.known.get(step.path)
        if known is None:
            slots: Iterator[Slot] = self.schedules.slots(step, [None], visit.entered, visit.until)
        else:
            slots = (known[due] for due in sorted(known) if due < visit.until)
        before: Slot | None = None
        for slot in slots:
            if before is not None:
                yield self._occurrence(step, before, slot.due)
            before = slot
        if before is not None:
            yield self._occurrence(step, before, None)

    # ----------------------------------------------------------------- occurrences

    def _occurrence(self, step: Step, slot: Slot, following: datetime | None) -> Planned:
        self.numbers[step.path] = self.numbers.get(step.path, 0) + 1
        window, due = step.window, slot.due
        opens = slot.opens or due
        if window.opens_before is not None:
            opens = self._shift(due, window.opens_before, before=True) or due
        late = None if window.late_after is None else self._shift(due, window.late_after)
        missed = None if window.missed_after is None else self._shift(due, window.missed_after)
        body = step.body
        if isinstance(body, TaskBody):
            if late is None and body.task.due is not None:
                late = self._shift(due, body.task.due, role=body.task.role)
        elif isinstance(body, AdviseBody):
            missed = self._shift(due, body.expires)
        elif not isinstance(body, HandoffBody) and body.kind != "say" and missed is None:
            missed = due + DAY if following is None else min(following, due + DAY)
        return Planned(step.path, self.numbers[step.path], opens, due, late, missed)

    def _shift(
        self, at: datetime, length: Duration, *, role: str | None = None, before: bool = False
    ) -> datetime | None:
        ctx = self.schedules.context(at)
        point = add(Point(local_date(at, self.zone), at), length, ctx, role=role, before=before)
        return None if point is None else point_start(point, self.zone)

    def _good(self, path: str) -> str:
        """The word for done of the step's kind; a handoff ends with the last thing that was waited for."""
        body = self.by_path[path].body
        if isinstance(body, HandoffBody):
            return list(body.deadlines)[-1] if body.deadlines else "done"
        return _GOOD.get(body.kind, "done")

    def _mode(self, path: str) -> str | None:
        body = self.by_path[path].body
        return body.modes[0] if isinstance(body, VisitBody) and body.modes else None

"""What a pathway plans if all goes to plan: every occurrence done at its due instant, nothing measured.

A phase ends by its ``until`` or ``no_later_than``, or by the first ``leave`` row that done steps alone make true. What
only a measured value could decide is left to the row that always holds (``else``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from carepath.expansion.facts import AsPlanned, Given
from pathways.decide.calendar import (
    CalendarContext,
    MedicineSlots,
    Point,
    Slot,
    add,
    local_date,
    moment,
    occurrences,
    point_start,
)
from pathways.decide.conditions import StepEnd, Truth, truth
from pathways.decide.medicines import Prescription
from pathways.lang.plan import HandoffBody, MedicineFilter, Phase, Plan, Row, Step, TaskBody, VisitBody
from pathways.lang.plan_base import ClockTime, Customary, Duration
from pathways.lang.plan_steps import DoseBody, Target
from pathways.lang.plan_when import AsSoonAs, StepMoment, TimeOfDay
from pathways.lang.site_plan import Site

DAY = timedelta(hours=24)
_MOST_VISITS = 1000
_GOOD = {"dose": "taken", "teach": "read", "say": "sent"}


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
    """One visit of a phase, and what its steps were planned at."""

    phase: Phase
    entered: datetime
    until: datetime
    dues: dict[str, list[datetime]] = field(default_factory=dict[str, list[datetime]])


class Expansion:
    """Walks a plan from ``start``; nothing due at or after ``until`` is given."""

    def __init__(
        self, plan: Plan, site: Site, given: Given, zone: str, start: datetime, until: datetime, profile: str | None
    ) -> None:
        self.plan, self.site, self.given, self.zone = plan, site, given, zone
        self.start, self.until = start, until + 2 * DAY  # the next due time bounds the window of the last one
        self.asked = until
        self.env = AsPlanned(plan, given, zone, start, profile or site.profile)
        self.all_dues: dict[str, list[datetime]] = {}
        self.ways: dict[tuple[str, str], int] = {}
        self.numbers: dict[str, int] = {}
        self.visits: dict[str, int] = {}

    def run(self) -> list[Planned]:
        """Every occurrence, in order of due, then of step."""
        found = list(self._steps(self.plan.throughout, _Visit(self._phase(), self.start, self.until)))
        phase, at = self.plan.first_phase, self.start
        for _ in range(_MOST_VISITS):
            visit, target, left = self._visit(phase, at)
            found += self._planned(visit)
            if target is None or target.go is None or left >= self.until:
                break
            phase, at = target.go, left
        found = [one for one in found if one.due < self.asked]
        return sorted(found, key=lambda one: (one.due, one.step, one.number))

    def paths(self) -> list[str]:
        """The paths of all steps."""
        steps = [*self.plan.throughout, *(step for phase in self.plan.phases.values() for step in phase.steps)]
        return [step.path for step in steps]

    def _phase(self) -> Phase:
        return self.plan.phases[self.plan.first_phase]

    # ----------------------------------------------------------------- phases

    def _visit(self, name: str, at: datetime) -> tuple[_Visit, Target | None, datetime]:
        """A visit of a phase: what leads out of it, and when."""
        phase = self.plan.phases[name]
        self.env.enter(name, at)
        self.visits[name] = self.visits.get(name, 0) + 1
        ctx = self._context(at)
        until = None if phase.until is None else moment(phase.until, ctx)
        ends_at = None if until is None else max(at, point_start(until, self.zone))
        last = None
        if phase.no_later_than is not None:
            point = add(Point(local_date(at, self.zone), at), phase.no_later_than.after, ctx)
            last = None if point is None else point_start(point, self.zone)
        limit = min([self.until, *(end for end in (ends_at, last) if end is not None)])
        visit = _Visit(phase, at, limit)
        list(self._steps(phase.steps, visit, dry=True))
        target, left = self._leave(visit)
        if target is None and limit == last and phase.no_later_than is not None:
            target = phase.no_later_than.target
        elif target is None and limit == ends_at:
            target = self._at_end(phase, limit)
        if left < limit:
            visit.until = left + timedelta(microseconds=1)
        return visit, target, min(left, limit)

    def _leave(self, visit: _Visit) -> tuple[Target | None, datetime]:
        """The first ``leave`` row that what was done makes true, and when."""
        rows = [row for row in visit.phase.leave if not isinstance(row.test, str)]
        if not rows:
            return None, visit.until
        ended = sorted((due, path) for path, dues in visit.dues.items() for due in dues)
        for at in [visit.entered, *(due for due, _ in ended)]:
            self.env.now = at
            for due, path in ended:
                if due <= at:
                    self.env.done[path] = StepEnd(self._good(path), due, self._mode(path))
            target = self._first(visit.phase, rows)
            if target is not None:
                return target, at
        return None, visit.until

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

    def _planned(self, visit: _Visit) -> Iterator[Planned]:
        return self._steps(visit.phase.steps, visit)

    def _steps(self, steps: tuple[Step, ...], visit: _Visit, *, dry: bool = False) -> Iterator[Planned]:
        """Occurrences of steps, those first that others count from. ``dry`` only notes when they are due."""
        for step in _in_order(steps):
            if step.first_time_only and step in visit.phase.steps and self.visits.get(visit.phase.id, 0) > 1:
                continue
            slots = [slot for slot in self._slots(step, visit) if self._happens(step, slot)]
            visit.dues[step.path] = [slot.due for slot in slots]
            if dry:
                continue
            self.all_dues.setdefault(step.path, []).extend(visit.dues[step.path])
            for index, slot in enumerate(slots):
                following = slots[index + 1].due if index + 1 < len(slots) else None
                yield self._occurrence(step, slot, following)

    def _happens(self, step: Step, slot: Slot) -> bool:
        self.env.now = slot.due
        wanted = truth(step.only_if, self.env) is not Truth.FALSE if step.only_if is not None else True
        when = step.when
        if when.while_cond is not None and truth(when.while_cond, self.env) is Truth.FALSE:
            return False
        return wanted and not (when.until_cond is not None and truth(when.until_cond, self.env) is Truth.TRUE)

    def _slots(self, step: Step, visit: _Visit) -> list[Slot]:
        """The slots of a step in a visit, one for each instant."""
        if isinstance(step.when.base, AsSoonAs):
            self.env.now = visit.entered
            holds = truth(step.when.base.cond, self.env) is Truth.TRUE
            return [Slot(1, visit.entered, None, "at_once")] if holds and visit.entered < visit.until else []
        found: dict[datetime, Slot] = {}
        for ctx in self._contexts(step, visit):
            for slot in occurrences(step.when, ctx, visit.entered, visit.until):
                found.setdefault(slot.due, slot)
        return [found[due] for due in sorted(found)]

    def _contexts(self, step: Step, visit: _Visit) -> Iterator[CalendarContext]:
        """One context for each thing the schedule stands for: each prescription, each occurrence counted from."""
        body = step.body
        role = body.task.role if isinstance(body, TaskBody) else body.with_role if isinstance(body, VisitBody) else None
        wanted = _moment_of(step)
        bases: list[datetime | None] = list(self._dues_of(wanted, visit)) if wanted is not None else [None]
        medicines: MedicineFilter | None = None
        if isinstance(body, DoseBody | HandoffBody):
            medicines = body.medicines
        for base in bases:
            if medicines is None:
                yield self._context(visit.entered, base=base, role=role, seed=step.path)
                continue
            for item in self._prescriptions(medicines):
                yield self._context(visit.entered, base=base, role=role, item=item, seed=step.path)

    def _dues_of(self, wanted: StepMoment, visit: _Visit) -> list[datetime]:
        if wanted.which == "last":
            paths = [path for path in self.all_dues if path.split(".")[-1] == wanted.step]
            earlier = [due for path in paths for due in self.all_dues[path]]
            return sorted({*earlier, *visit.dues.get(f"{visit.phase.id}.{wanted.step}", [])})
        for place in (wanted.phase or visit.phase.id, "throughout"):
            dues = visit.dues.get(f"{place}.{wanted.step}") or self.all_dues.get(f"{place}.{wanted.step}")
            if dues:
                return dues
        return []

    def _prescriptions(self, wanted: MedicineFilter) -> list[Prescription]:
        items = self.given.medicines.get(wanted.fact, ())
        return [item for item in items if not wanted.classes or set(wanted.classes) & set(item.classes)]

    def _context(
        self,
        entered: datetime,
        *,
        base: datetime | None = None,
        role: str | None = None,
        item: Prescription | None = None,
        seed: str = "",
    ) -> CalendarContext:
        anchors: dict[str, datetime | date] = {"enrolment": self.start, **self.given.anchors}
        anchors.setdefault(self.plan.counts_from, self.start)
        anchors["phase_start"] = entered
        supply: date | None = None
        slots: MedicineSlots | None = None
        if item is not None:
            if item.supply_from is not None and item.supply_days is not None:
                supply = item.supply_from + timedelta(days=item.supply_days)
            last = None if item.stop is None else item.stop - timedelta(days=1)
            slots = MedicineSlots(tuple(_time(slot) for slot in item.slots if not item.as_needed), item.start, last)
        return CalendarContext(
            zone=self.zone,
            start=entered,
            anchors=anchors,
            step_moment=lambda _: base,
            supply_end=supply,
            medicine=slots,
            customary=self.given.customary,
            param=self.env.param,
            site=self.site,
            role=role,
            seed=seed,
        )

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
        elif not isinstance(body, HandoffBody) and body.kind != "say" and missed is None:
            missed = due + DAY if following is None else min(following, due + DAY)
        return Planned(step.path, self.numbers[step.path], opens, due, late, missed)

    def _shift(
        self, at: datetime, length: Duration, *, role: str | None = None, before: bool = False
    ) -> datetime | None:
        point = add(Point(local_date(at, self.zone), at), length, self._context(at), role=role, before=before)
        return None if point is None else point_start(point, self.zone)

    def _step(self, path: str) -> Step:
        place, _, name = path.partition(".")
        steps = self.plan.throughout if place == "throughout" else self.plan.phases[place].steps
        return next(step for step in steps if step.id == name)

    def _good(self, path: str) -> str:
        """The word for done of the step's kind; a handoff ends with the last thing that was waited for."""
        body = self._step(path).body
        if isinstance(body, HandoffBody):
            return list(body.deadlines)[-1] if body.deadlines else "done"
        return _GOOD.get(body.kind, "done")

    def _mode(self, path: str) -> str | None:
        body = self._step(path).body
        return body.modes[0] if isinstance(body, VisitBody) and body.modes else None


def _time(slot: str) -> TimeOfDay:
    if ":" in slot:
        hour, minute = slot.split(":")[:2]
        return ClockTime(hour=int(hour), minute=int(minute))
    return Customary(name=slot)


def _moment_of(step: Step) -> StepMoment | None:
    """The step another step's schedule counts from, if any."""
    return next((part for part in _parts(step.when) if isinstance(part, StepMoment)), None)


def _parts(part: object) -> Iterator[object]:
    """A compiled part and all parts of time inside it."""
    yield part
    fields: dict[str, object] = getattr(type(part), "model_fields", {})
    for name in fields:
        if name in {"cond", "until_cond", "while_cond"}:
            continue
        value = getattr(part, name)
        if hasattr(type(value), "model_fields"):
            yield from _parts(value)


def _in_order(steps: tuple[Step, ...]) -> list[Step]:
    """Steps that others count from first; else the order of the pathway."""
    names = {step.id: step for step in steps}
    placed: dict[str, Step] = {}

    def place(step: Step, above: frozenset[str]) -> None:
        wanted = _moment_of(step)
        if wanted is not None and wanted.step in names and wanted.step not in above:
            place(names[wanted.step], above | {step.id})
        placed.setdefault(step.id, step)

    for step in steps:
        place(step, frozenset({step.id}))
    return list(placed.values())

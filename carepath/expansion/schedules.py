"""The schedules of steps made into slots, lazily, for everything a schedule stands for."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from carepath.expansion.facts import AsPlanned, Given
from pathways.decide.calendar import CalendarContext, MedicineSlots, Slot, occurrences
from pathways.decide.conditions import Truth, truth
from pathways.decide.medicines import Prescription
from pathways.lang.plan import HandoffBody, MedicineFilter, Plan, Step, TaskBody, VisitBody
from pathways.lang.plan_base import ClockTime, Customary, parts_of
from pathways.lang.plan_steps import DoseBody
from pathways.lang.plan_when import StepMoment, TimeOfDay
from pathways.lang.site_plan import Site

Bases = list[datetime | None]
"""What a step's schedule counts from: an instant of another step, None for what counts from none."""


class Schedules:
    """Turns the ``when`` of steps into slots for one patient."""

    def __init__(self, plan: Plan, site: Site, given: Given, zone: str, start: datetime, env: AsPlanned) -> None:
        self.plan, self.site, self.given, self.zone, self.start, self.env = plan, site, given, zone, start, env

    def slots(self, step: Step, bases: Bases, entered: datetime, until: datetime) -> Iterator[Slot]:
        """The slots of a step with ``entered <= due < until`` that its guards let happen, one for each instant."""
        last: datetime | None = None
        streams = [occurrences(step.when, ctx, entered, until) for ctx in self._contexts(step, bases, entered)]
        merged = streams[0] if len(streams) == 1 else heapq.merge(*streams, key=lambda slot: slot.due)
        for slot in merged:
            if slot.due != last and self.happens(step, slot.due):
                last = slot.due
                yield slot

    def happens(self, step: Step, due: datetime) -> bool:
        """Whether the guards of a step let it happen at an instant; what nobody knows does not hinder it."""
        when = step.when
        if step.only_if is None and when.while_cond is None and when.until_cond is None:
            return True
        self.env.now = due
        if step.only_if is not None and truth(step.only_if, self.env) is Truth.FALSE:
            return False
        if when.while_cond is not None and truth(when.while_cond, self.env) is Truth.FALSE:
            return False
        return when.until_cond is None or truth(when.until_cond, self.env) is not Truth.TRUE

    def _contexts(self, step: Step, bases: Bases, entered: datetime) -> Iterator[CalendarContext]:
        """One context for each prescription and each instant of another step that is counted from."""
        body = step.body
        role = body.task.role if isinstance(body, TaskBody) else body.with_role if isinstance(body, VisitBody) else None
        medicines: MedicineFilter | None = None
        if isinstance(body, DoseBody | HandoffBody):
            medicines = body.medicines
        for base in bases:
            if medicines is None:
                yield self.context(entered, base=base, role=role, seed=step.path)
                continue
            for item in self._prescriptions(medicines):
                yield self.context(entered, base=base, role=role, item=item, seed=step.path)

    def _prescriptions(self, wanted: MedicineFilter) -> list[Prescription]:
        items = self.given.medicines.get(wanted.fact, ())
        return [item for item in items if not wanted.classes or set(wanted.classes) & set(item.classes)]

    def context(
        self,
        entered: datetime,
        *,
        base: datetime | None = None,
        role: str | None = None,
        item: Prescription | None = None,
        seed: str = "",
    ) -> CalendarContext:
        """What the calendar is told in a visit of a phase that was entered then."""
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


def _time(slot: str) -> TimeOfDay:
    if ":" in slot:
        hour, minute = slot.split(":")[:2]
        return ClockTime(hour=int(hour), minute=int(minute))
    return Customary(name=slot)


def moment_of(part: object) -> StepMoment | None:
    """The step that a schedule (or a moment) counts from, if any."""
    return next((node for node in parts_of(part) if isinstance(node, StepMoment)), None)

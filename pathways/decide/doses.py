"""Doses: per slot the medicines to be taken then, answered one by one or together.

One message per slot at most, of no use after its slot is missed, so that no burst follows an outage.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pathways.decide.calendar import MedicineSlots, Slot, occurrences
from pathways.decide.facts import prescriptions
from pathways.decide.occurrences import drop_reminders, end, make, plan_reminders, step_run
from pathways.decide.records import Occurrence
from pathways.lang.plan import DoseBody, Step
from pathways.lang.plan_base import ClockTime, Customary
from pathways.lang.plan_when import TimeOfDay

if TYPE_CHECKING:
    from pathways.decide.case import Case

TAKEN = frozenset({"taken", "taken_late"})


def plan(case: Case, step: Step, until: datetime) -> None:
    """Make the slots that are due before ``until``."""
    memory = step_run(case, step.path)
    start = memory.planned_to or case.run.at
    for due, (slot, items) in sorted(_slots(case, step, start, until).items()):
        made = make(case, step, slot, items=dict.fromkeys(items, ""))
        if made is not None:
            memory.planned_to = due + timedelta(microseconds=1)
    memory.planned_to = max(start, until)


def replan(case: Case, step: Step, until: datetime) -> None:
    """A prescription, zone or customary time changed: the future is planned again, never the past."""
    run, memory = case.run, step_run(case, step.path)
    wanted = _slots(case, step, run.at, until)
    by_key = {slot.key: (slot, items) for slot, items in wanted.values()}
    changed = False
    for o in run.occurrences_of(case, step.path):
        if o.state != "planned":
            by_key.pop(o.slot, None)
            continue
        found = by_key.get(o.slot)
        if found is None or found[0].due != o.due:
            end(case, o, "cancelled", "not needed")
            changed = True
            continue
        del by_key[o.slot]
        if list(o.items) != found[1]:
            o.items = dict.fromkeys(found[1], "")
            drop_reminders(case, o)
            plan_reminders(case, step, o)
    if changed:
        memory.generation += 1
    for slot, items in sorted(by_key.values(), key=lambda pair: pair[0].due):
        if slot.key > memory.latest:
            make(case, step, slot, items=dict.fromkeys(items, ""))
    memory.planned_to = until


def _slots(case: Case, step: Step, after: datetime, until: datetime) -> dict[datetime, tuple[Slot, list[str]]]:
    """Per due instant the slot and the ids of its medicines."""
    assert isinstance(step.body, DoseBody)
    found: dict[datetime, tuple[Slot, list[str]]] = {}
    for item in prescriptions(case, step.body.medicines):
        if item.as_needed or not item.slots:
            continue
        times = MedicineSlots(
            times=tuple(_time(slot) for slot in item.slots),
            first=item.start,
            last=item.stop - timedelta(days=1) if item.stop is not None else None,
        )
        for slot in occurrences(step.when, case.context(step.path, medicine=times), after, until):
            found.setdefault(slot.due, (slot, []))[1].append(item.id)
    return found


def _time(slot: str) -> TimeOfDay:
    if ":" in slot:
        hour, minute = slot.split(":")[:2]
        return ClockTime(hour=int(hour), minute=int(minute))
    return Customary(name=slot)


def answer(case: Case, o: Occurrence, outcome: str, medicine: str | None, why: str | None) -> bool:
    """One medicine, or all that are open, were taken or not. False when there is no such medicine here."""
    open_items = [item for item, told in o.items.items() if not told]
    chosen = open_items if medicine is None else [medicine] if medicine in open_items else []
    if not chosen:
        return False
    late = o.late is not None and case.run.at > o.late
    told = "taken_late" if outcome == "taken" and late else outcome
    for item in chosen:
        o.items[item] = told
        _count(case, o, item, told)
    if all(o.items.values()):
        _finish(case, o, why or "")
    return True


def miss(case: Case, o: Occurrence) -> None:
    """What was not answered is missed."""
    for item, told in o.items.items():
        if not told:
            o.items[item] = "missed"
            _count(case, o, item, "missed")
    _finish(case, o, "")


def _finish(case: Case, o: Occurrence, why: str) -> None:
    kinds = set(o.items.values())
    if kinds <= TAKEN:
        outcome = "taken_late" if "taken_late" in kinds else "taken"
    elif len(kinds) == 1:
        outcome = kinds.pop()
    else:
        outcome = "partly"
    end(case, o, outcome, why if outcome == "not_taken" else "")


def _count(case: Case, o: Occurrence, item: str, outcome: str) -> None:
    """Answered doses per medicine: what adherence is computed from."""
    totals = step_run(case, o.step).totals
    word = "taken" if outcome in TAKEN else outcome
    totals[f"{item}:{word}"] = totals.get(f"{item}:{word}", 0) + 1

"""Doses: per slot the medicines to be taken then, answered one by one or together.

One message per slot at most, of no use after its slot is missed, so that no burst follows an outage.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pathways.decide import counting
from pathways.decide.calendar import MedicineSlots, Slot, local_date, occurrences
from pathways.decide.facts import prescriptions
from pathways.decide.occurrences import drop_reminders, end, make, plan_reminders, step_run
from pathways.decide.records import Occurrence
from pathways.decide.tasks import Work, close_task, open_task
from pathways.decide.texts import text
from pathways.lang.plan import DoseBody, Step
from pathways.lang.plan_base import ClockTime, Customary
from pathways.lang.plan_when import TimeOfDay

if TYPE_CHECKING:
    from pathways.decide.case import Case

TAKEN = frozenset({"taken", "taken_late"})


def plan(case: Case, step: Step, until: datetime) -> None:
    """Make the slots that are due before ``until``."""
    memory = step_run(case, step.path)
    _ask(case, step)
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
    _ask(case, step)
    if _lost(case, step):
        return  # what is planned stays: not to know is no reason to stop a medicine
    for o in run.occurrences_of(case, step.path):
        if o.state != "planned":
            by_key.pop(o.slot, None)
            _without_stopped(case, step, o)
            continue
        found = by_key.get(o.slot)
        if found is None or found[0].due != o.due:
            end(case, o, "cancelled", "not needed")
            changed = True
            continue
        del by_key[o.slot]
        if list(o.items) != found[1]:
            o.items = {item: o.items.get(item, "") for item in found[1]}  # what was told early stays told
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


def _without_stopped(case: Case, step: Step, o: Occurrence) -> None:
    """A medicine that was stopped is not asked for any more, though its slot is open; what was told of it stays."""
    assert isinstance(step.body, DoseBody)
    today = local_date(case.run.at, case.zone)
    goes_on = {
        item.id
        for item in prescriptions(case, step.body.medicines)
        if not item.as_needed and (item.stop is None or item.stop > today)
    }
    left = {item: told for item, told in o.items.items() if told or item in goes_on}
    if left == o.items:
        return
    o.items = left
    if not left:
        end(case, o, "cancelled", "not needed")
    elif all(left.values()):
        _finish(case, o, "")
    else:
        drop_reminders(case, o)
        plan_reminders(case, step, o)


def _lost(case: Case, step: Step) -> bool:
    """Whether the list of medicines became unknown; an empty one is known."""
    assert isinstance(step.body, DoseBody)
    fact = case.run.state.facts.get(f"{case.id}|{step.body.medicines.fact}")
    return fact is not None and fact.value is None


UNKNOWN = "?"
"""Stands for the whole list among the medicines that a person was asked about."""


def _ask(case: Case, step: Step) -> None:
    """A list that is not known any more, and a regular medicine whose times nobody has said, are a person's task, never
    silence. Each is asked once, and no more when it is known or stopped."""
    assert isinstance(step.body, DoseBody)
    memory, run = step_run(case, step.path), case.run
    lacking = [p for p in prescriptions(case, step.body.medicines) if not p.as_needed and not p.slots]
    titles = {p.id: text("task_dose_times", step=step.title, medicine=p.name or p.id) for p in lacking}
    if _lost(case, step):
        titles[UNKNOWN] = text("task_dose_unknown", step=step.title)
    for item, title in titles.items():
        if item not in memory.untimed:
            key = case.key(step.path, "times", item, int(run.at.timestamp()))
            work = Work(key, f"{step.id}.times", f"{step.path}.times", title, case.first_role, "amber", keep=True)
            open_task(case, work)
    for task in [t for t in run.state.tasks.values() if t.source == f"{step.path}.times" and t.enrolment == case.id]:
        if task.key.rsplit(":", 2)[-2] not in titles:
            close_task(case, task, "cancelled", by="pathway", why="not needed")
    memory.untimed = [*titles]


def taken_as_needed(case: Case, step: Step, outcome: str, medicine: str | None, event: str) -> bool:
    """A medicine to be taken as needed was taken: noted, never asked for and never missed. False for another one."""
    assert isinstance(step.body, DoseBody)
    known = {item.id: item for item in prescriptions(case, step.body.medicines) if item.as_needed}
    if medicine is None or medicine not in known or outcome != "taken":
        return False
    totals = step_run(case, step.path).totals
    totals[f"{medicine}:as_needed"] = totals.get(f"{medicine}:as_needed", 0) + 1
    words = text("taken_as_needed", medicine=known[medicine].name or medicine)
    key = case.key(step.path, "as_needed", event)
    case.run.timeline(case, "dose_as_needed", step.path, words, key=key, weight=2, data={"items": {medicine: "taken"}})
    return True


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
    counting.ended(case, o, outcome, item)

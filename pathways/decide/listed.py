"""Schedules of listed moments: the moments that are known, and what becomes of one that has passed already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from pathways.decide.calendar import Slot, occurrences
from pathways.decide.occurrences import end, make
from pathways.decide.tasks import Work, open_task
from pathways.decide.texts import text
from pathways.lang.plan import Step, TaskBody
from pathways.lang.plan_when import StepMoment

if TYPE_CHECKING:
    from pathways.decide.case import Case

FAR = timedelta(days=400)


def single_slots(case: Case, step: Step) -> list[Slot]:
    """The listed moments as far as they are known; of ``each visit`` those of every occurrence that is planned."""
    at, ctx = case.run.at, case.context(step.path)
    wanted = case.index.each.get(step.path)
    path = case.path_of(wanted.step, wanted.phase) if wanted is not None else None
    if path is None:
        return list(islice(occurrences(step.when, ctx, at - FAR, at + 4 * FAR), 400))
    found: dict[str, Slot] = {}
    for due in sorted(o.due for o in case.run.occurrences_of(case, path) if o.due is not None):
        own = replace(ctx, step_moment=_always(due))
        for slot in islice(occurrences(step.when, own, at - FAR, at + 4 * FAR), 400):
            found.setdefault(slot.key, slot)
    return list(found.values())


def _always(due: datetime) -> Callable[[StepMoment], datetime]:
    return lambda _: due


def stays_done(case: Case, step: Step) -> bool:
    """Whether a moment it counts from was corrected: what is done from there is not asked again."""
    return any(f"a:{name}" in case.index.moments[step.path] for name in case.moved)


def past(case: Case, step: Step, slot: Slot) -> None:
    """Its moment has passed already: what ``if_past`` says."""
    run = case.run
    if step.if_past == "now":
        now = Slot(number=slot.number, due=run.at, opens=None, key=slot.key)
        make(case, step, now)
        return
    o = make(case, step, slot)
    if o is None:
        return
    if step.if_past == "task":
        role = step.body.task.role if isinstance(step.body, TaskBody) else case.first_role
        title = text("task_past", step=step.title)
        open_task(case, Work(key=f"{o.key}:past", id=f"{step.id}.past", source=step.path, title=title, role=role))
    end(case, o, "skipped", "past")

"""What ends by itself: what need not be done any more, or was done elsewhere (``drop_when``, ``satisfied_by``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pathways.decide.conditions import Truth
from pathways.decide.occurrences import end
from pathways.decide.records import Occurrence
from pathways.decide.tasks import close_task
from pathways.lang.plan import Step

if TYPE_CHECKING:
    from pathways.decide.case import Case

SATISFIED = {
    "measure": "done",
    "ask": "done",
    "dose": "taken",
    "teach": "read",
    "exercise": "done",
    "visit": "done",
    "group": "done",
}
"""How a step of a kind ends that was done already, elsewhere."""


def look_ends(case: Case, touched: set[str]) -> None:
    """``drop_when`` and ``satisfied_by``: what is planned or open is not needed any more, or is done already."""
    phase = case.phase
    for step, inputs in phase.ending if phase is not None else ():
        if not case.touches(inputs, touched):
            continue
        outcome, why = settled(case, step)
        if not outcome:
            continue
        for o in case.run.occurrences_of(case, step.path):
            # What is planned for later is looked at again when its time comes: the condition may have changed.
            if o.state != "planned":
                settle(case, o, outcome, why)


def settled(case: Case, step: Step) -> tuple[str, str]:
    """The outcome and reason with which a step ends that need not be done; ("", "") while it has to be."""
    if step.satisfied_by is not None and case.truth(step.satisfied_by) is Truth.TRUE:
        return SATISFIED[step.body.kind], "elsewhere"
    if step.drop_when is not None and case.truth(step.drop_when) is Truth.TRUE:
        return "cancelled", "not needed"
    return "", ""


def settle(case: Case, o: Occurrence, outcome: str, why: str) -> None:
    """End an occurrence, its task and its handoff, which nobody need do any more."""
    task = case.run.state.tasks.get(o.task) if o.task else None
    if task is not None:
        close_task(case, task, "cancelled", by="system", why=why)
    if o.key in case.run.state.occurrences:
        end(case, o, outcome, why)

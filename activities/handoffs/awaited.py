"""What a journey waits for from one conversation with a partner, read from its state and its plan.

A report that the journey does something about wakes it at once. One that only notes progress (``accepted`` where the
pathway names nothing to do) waits in the inbox: every tick reads the inbox before it looks at a deadline, so no
deadline passes over a word that was heard in time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from activities.records.ledger import Sealer
from activities.records.registry import Plans
from activities.records.schema import journey
from pathways.decide.records import HandoffRun
from pathways.lang.plan import Plan, Step
from pathways.lang.plan_handoff_words import HANDOFF_WORDS
from pathways.lang.plan_steps import HandoffBody


@dataclass(frozen=True, slots=True)
class Awaited:
    """``deadlines``: patient instants at which the journey will act on silence. ``quiet``: words that only note
    progress; every other word wakes the journey."""

    deadlines: tuple[datetime, ...] = ()
    quiet: frozenset[str] = frozenset()


NOTHING_KNOWN: Final = Awaited()
"""The journey's state does not tell: every word wakes."""


def awaited(connection: Connection, sealer: Sealer, plans: Plans, patient: str, key: str) -> Awaited:
    """What the journey of ``patient`` waits for from its handoff ``key``, as of its last tick."""
    sealed = connection.scalar(select(journey.c.state_sealed).where(journey.c.key == patient))
    if sealed is None:
        return NOTHING_KNOWN
    state: dict[str, Any] = sealer.open("journey.state", sealed)
    stored = state.get("handoffs", {}).get(key)
    if stored is None:
        return NOTHING_KNOWN
    run = HandoffRun.from_json(key, stored)
    enrolment = state["enrolments"].get(run.enrolment)
    if enrolment is None or not enrolment.get("plan"):
        return NOTHING_KNOWN
    step = _step(plans.plan(enrolment["plan"]), run.step)
    if step is None or not isinstance(step.body, HandoffBody):
        return NOTHING_KNOWN
    deadlines = () if run.stopped is not None else tuple(sorted(run.deadlines.values()))
    return Awaited(deadlines, quiet_words(step.body))


def quiet_words(body: HandoffBody) -> frozenset[str]:
    """Words of a handoff that end nothing, say nothing bad, and for which the pathway does and keeps nothing."""
    acting = {word for word, outcome in body.outcomes.items() if outcome.do or outcome.keep}
    return frozenset(
        word.name for word in HANDOFF_WORDS[body.machine] if word.good and not word.final and word.name not in acting
    )


def _step(plan: Plan, path: str) -> Step | None:
    return next((step for step in _steps(plan) if step.path == path), None)


def _steps(plan: Plan) -> Iterable[Step]:
    yield from plan.throughout
    for phase in plan.phases.values():
        yield from phase.steps

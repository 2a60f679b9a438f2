"""One model per signal, update, query and result of the workflows. Names are the durable contract."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from activities.contracts import CourierInput, Json, PlanRef, VerdictMessage

JOURNEY = "PatientJourney"
HANDOFF = "Handoff"
COURIER = "Courier"
SWEEPER = "Sweeper"

WAKE = "wake"
ACT = "act"
STATE = "state"
POKE = "poke"
CANCEL = "cancel_handoff"

HALTED = "halted"
"""Verdict code and search-attribute flag of a run that waits for a repair."""
NOT_STORED = "not_stored"
"""Verdict code: a complete tick found no such command in the inbox."""
RUN_CANCELLED = "run_cancelled"
"""Verdict code: the run was cancelled from outside before it came to this command."""


class Model(BaseModel):
    """Base of everything that comes to or goes from a workflow. Fields may be added with defaults, never renamed."""

    model_config = ConfigDict(extra="ignore")


class JourneyInput(Model):
    """Input of PatientJourney: fresh (state None: the first tick reads the enrolment from the inbox) or carried over
    by continue-as-new. ``epoch`` counts restarts; ``next_due`` is seconds since 1970, UTC. Open updates need no
    place here: a run never continues as new while one is open."""

    journey: str
    epoch: int = 1
    sequence: int = 0
    chain: str = ""
    cursor: int = 0
    state: dict[str, Json] | None = None
    plans: list[PlanRef] = []
    next_due: float | None = None
    wake: bool = True
    verdicts: dict[str, VerdictMessage] = {}
    decided: str = ""
    next: str = ""
    attributes: dict[str, Json] = {}
    sheet: str = ""
    fallbacks: int = 0


class ActRequest(Model):
    """Update ``act``: a command already stored in the inbox; answers with its verdict."""

    command: str


class HandoffInput(Model):
    """Input of Handoff, fresh or carried over. ``tries``: steps taken; ``cancelled``: the journey asked for it;
    ``asked``: and the partner was asked; ``woken``: a callback was stored and not yet applied; ``poll_after``:
    seconds to the next query; ``state``: the partner's last known one."""

    journey: str
    number: int
    key: str
    machine: str
    title: str = ""
    tries: int = 0
    cancelled: bool = False
    asked: bool = False
    woken: bool = False
    poll_after: float = 0.0
    state: str = ""


class JourneyView(Model):
    """Answer of the query ``state``."""

    journey: str
    epoch: int
    sequence: int
    cursor: int
    chain: str
    state: dict[str, Json]
    decided: str
    next: str
    next_due: float | None
    ticks_in_run: int
    fallbacks: int
    halted: str = ""


class CourierState(Model):
    """Input of Courier: what it pumps, and how many rounds and messages its earlier runs had."""

    input: CourierInput
    rounds: int = 0
    sent: int = 0

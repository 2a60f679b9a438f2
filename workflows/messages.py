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


class Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class JourneyInput(Model):
    """Input of PatientJourney: fresh (state None: the first tick reads the enrolment from the inbox) or carried over
    by continue-as-new. ``epoch`` counts restarts."""

    journey: str
    epoch: int = 1
    sequence: int = 0
    chain: str = ""
    cursor: int = 0
    state: dict[str, Json] | None = None
    plans: list[PlanRef] = []
    next_due: float | None = None
    wake: bool = True
    wanted: list[str] = []
    verdicts: dict[str, VerdictMessage] = {}
    decided: str = ""
    next: str = ""
    attributes: dict[str, Json] = {}
    sheet: str = ""
    started: list[str] = []


class ActRequest(Model):
    """Update ``act``: a command already stored in the inbox; answers with its verdict."""

    command: str


class HandoffInput(Model):
    journey: str
    number: int
    key: str
    machine: str
    title: str = ""
    tries: int = 0
    cancelled: bool = False


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


class CourierState(Model):
    input: CourierInput
    rounds: int = 0

"""Name, input, output, timeouts and retry class of every activity. Pydantic and the standard library only.

The names here are the durable contract with histories; import paths are not. Workflow code imports
this module and nothing else of ours but ``workflows.*``. Every model may gain fields with defaults;
a field is never renamed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

Json = Any


class Message(BaseModel):
    """Base of everything that crosses the border between workflows and activities."""

    model_config = ConfigDict(extra="ignore")


@dataclass(frozen=True)
class Contract:
    """How an activity is called. ``local_tries``/``local_within``: first as a local activity; then (or only)
    as a normal one with ``start_to_close`` and retries up to ``max_interval`` apart."""

    name: str
    start_to_close: timedelta
    max_interval: timedelta = timedelta(seconds=10)
    maximum_attempts: int = 0
    heartbeat: timedelta | None = None
    local_tries: int = 0
    local_within: timedelta = timedelta(0)


TICK = Contract("tick", timedelta(seconds=30), local_tries=3, local_within=timedelta(seconds=5))
# Once locally, for most partners answer at once; one that is slow or away is waited for visibly.
HANDOFF_STEP = Contract(
    "handoff_step", timedelta(seconds=30), timedelta(minutes=10), local_tries=1, local_within=timedelta(seconds=5)
)
COURIER_PUMP = Contract("courier_pump", timedelta(minutes=10), heartbeat=timedelta(seconds=5))
SWEEP = Contract("sweep", timedelta(seconds=60), maximum_attempts=3)
ROUSE = Contract("rouse", timedelta(seconds=60), maximum_attempts=3)

LEDGER_MISMATCH = "LedgerMismatch"
"""Failure type of a tick that finds other content under its key: never retried, the run halts and says so."""


class PlanRef(Message):
    """A plan that travels with the run: ``text`` is the canonical JSON of the Plan, carried in the input so
    that editing YAML can never change a running patient."""

    sha256: str
    pathway: str
    version: str
    text: str


class TickInput(Message):
    """What a tick needs. As a local activity everything is passed (it is not recorded); as a normal activity
    ``state`` and ``plans`` are None and the store's copy under (journey, epoch, sequence) is used.

    ``sequence`` 0 of ``epoch`` 1 is a fresh journey. ``sequence`` 0 of a later epoch is a run that was closed from
    outside and begins anew: the tick takes state, plans and cursor from the store and gives the whole state as
    delta, all plans as ``new_plans``.

    ``chain``: hash over all earlier results. ``wanted``: command ids whose verdict a handler waits for.
    ``cause``: why this tick runs; ``published``: search attributes by name (neither is part of the hash)."""

    journey: str
    epoch: int
    sequence: int
    chain: str
    cursor: int
    state: dict[str, Json] | None
    plans: list[PlanRef] | None
    wanted: list[str] = []
    cause: str = ""
    published: dict[str, Json] = {}


class VerdictMessage(Message):
    """The answer to a command, in both languages."""

    done: bool
    code: str
    en: str
    zh: str


class ChildStart(Message):
    """A Handoff to start: id ``<journey>.h.<number>``. ``request_id``: row in the store with the request."""

    number: int
    key: str
    machine: str
    partner: str
    title: str


class ChildCancel(Message):
    """A Handoff whose partner is to be asked to cancel."""

    number: int
    key: str
    why: str


PLACE: Final = {"CarePathways": "pathways", "CarePhases": "phases", "CareSite": "site"}
"""Search attributes that few ticks change, and what holds them in a `ShowMessage`."""


class ShowMessage(Message):
    """What people see: search attributes (coded), timer summary, current details (Markdown).

    ``same``: what `PLACE` names is as it was published before, and left out.
    """

    pathways: list[str] = []
    phases: list[str] = []
    tier: str = ""
    status: str = "active"
    site: str = ""
    flags: list[str] = []
    open_tasks: int = 0
    decided: str = ""
    next: str = ""
    sheet: str = ""
    same: bool = False


class TickResult(Message):
    """The recorded decision. ``delta`` is applied to the state by dumb assignment. ``next_due`` is wall time:
    the rehearsal map is already applied. ``new_plans``: plans an enrolment or migration brought in;
    ``drop_plans``: sha256 of plans nobody follows any more. ``more``: unseen rows are left, tick again."""

    delta: dict[str, Json]
    chain: str
    cursor: int
    next_due: datetime | None = None
    more: bool = False
    verdicts: dict[str, VerdictMessage] = {}
    show: ShowMessage = ShowMessage()
    start: list[ChildStart] = []
    cancel: list[ChildCancel] = []
    new_plans: list[PlanRef] = []
    drop_plans: list[str] = []
    replayed: bool = False


class HandoffStepInput(Message):
    """One step of the conversation with a partner: the store holds the handoff's row (request, machine,
    state, business id); the activity sends, queries or compensates and records what came back."""

    journey: str
    number: int
    key: str
    action: Literal["send", "query", "cancel", "apply"]


class HandoffStepResult(Message):
    """``state``: of the published machine; ``final``: it has stopped; ``poll_after``: seconds to the next query
    (wall time, rehearsal map applied); ``words``: reports written to the journey's inbox."""

    state: str
    final: bool = False
    poll_after: float = 3600.0
    summary: str = ""
    words: list[str] = []


class CourierInput(Message):
    """``shard`` of ``shards`` (by hash of the journey); ``red`` sends only red rows and those to staff."""

    shard: int
    shards: int
    red: bool = False
    seconds: float = 300.0


class CourierResult(Message):
    """How many messages one round sent."""

    sent: int = 0


class SweepInput(Message):
    """``overdue_after``: seconds past its due time at which a journey is overdue."""

    overdue_after: float = 60.0


class SweepResult(Message):
    """Journeys to wake, enrolments to start again, what is stale (coded, for the alarm), journeys whose keys were
    shredded and whose runs are to be closed."""

    wake: list[str] = []
    start: list[str] = []
    stale: list[str] = []
    close: list[str] = []


class RouseInput(Message):
    """What a sweep found: journeys to wake, enrolments to start, coded names of what is stale, runs to close."""

    wake: list[str] = []
    start: list[str] = []
    stale: list[str] = []
    close: list[str] = []


class RouseResult(Message):
    """How many runs were woken, started and closed."""

    woken: int = 0
    started: int = 0
    closed: int = 0

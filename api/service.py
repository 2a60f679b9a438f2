"""What the routes call: records, intake and the patients' runs together, with threads and waiting in one place.

Everything is stored before it is acknowledged. Waking a run is best effort: what is stored and not woken is found by
the sweep within seconds.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog
from temporalio.service import RPCError

from activities.attachments.cleaned import LARGEST
from activities.contracts import VerdictMessage
from activities.intake import idempotency
from activities.intake.commands import store_command
from activities.intake.enrolments import EnrolmentStored, NewEnrolment, enrol
from activities.intake.inbox import NewEvent
from activities.intake.normal import NormalReading
from activities.intake.patients import NewPatient, Registered, register_patient
from activities.intake.readings import Ingested, ingest_readings
from activities.intake.refusals import Refusal as Refused
from activities.keys.sealing import KeyUnknownError
from activities.records.ledger import Ledger
from activities.records.registry import Plans
from activities.records.store import StoreUnavailableError
from api.problems import STATUS, Refusal
from pathways.decide.events import Body
from worker.client import Journeys
from worker.waker import Waker

T = TypeVar("T")
Json = Any
log = structlog.get_logger("carepath.api")

# Temporal takes ten updates of one run at a time; more wait here, and beyond that the caller is told to come again.
_AT_ONCE: Final = 8
_QUEUE: Final = 100
_ANSWER_WITHIN: Final = 10.0
PENDING: Final = 202


def refusal_of(found: Refused) -> Refusal:
    """A refusal of the intake as an HTTP problem."""
    errors = ({"field": found.field, "problem": found.en, "code": found.code},) if found.field else ()
    return Refusal(found.code, status=STATUS[found.kind], en=found.en, zh=found.zh, errors=errors)


@dataclass(frozen=True)
class Acted:
    """A command that is stored, and its verdict when the run gave one in time."""

    id: str
    verdict: VerdictMessage | None


@dataclass
class _Queue:
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    waiting: int = 0


@dataclass
class Service:
    """The parts an API process holds. ``journeys`` and ``waker`` are None until Temporal has answered for the first
    time: what is stored meanwhile is found by the sweep. ``largest_file``: bytes of one attachment."""

    ledger: Ledger
    plans: Plans
    journeys: Journeys | None
    waker: Waker | None
    site_sha: str | None = None
    site: str = ""
    largest_file: int = LARGEST
    _queues: dict[str, _Queue] = field(default_factory=lambda: defaultdict(_Queue))

    async def call(self, work: Callable[[], T | Refused]) -> T:
        """Run blocking work in a thread; a refusal becomes a problem, a store that is away a 503."""
        try:
            found = await asyncio.to_thread(work)
        except StoreUnavailableError as error:
            raise Refusal("store_away", headers={"Retry-After": "5"}) from error
        except KeyUnknownError as error:
            raise Refusal("patient_unknown") from error
        if isinstance(found, Refused):
            raise refusal_of(found)
        return found

    # ------------------------------------------------------------------ writes

    async def register(self, new: NewPatient, by: str) -> Registered:
        """A new patient (or the same again)."""
        return await self.call(lambda: register_patient(self.ledger, new, by=by, site_sha=self.site_sha))

    async def enrol(self, new: NewEnrolment, by: str) -> tuple[EnrolmentStored, VerdictMessage | None]:
        """Store the enrolment, start the run, and give its first verdict when it comes in time."""
        stored = await self.call(lambda: enrol(self.ledger, self.plans, new, by=by))
        if self.waker is None or self.journeys is None:
            return stored, None
        try:
            await self.waker.start(stored.patient)
        except RPCError:
            log.warning("run not started, left to the sweep", journey=stored.patient)
            return stored, None
        return stored, await self._verdict(stored.patient, stored.event)

    async def ingest(self, patient: str, readings: Sequence[NormalReading]) -> Ingested:
        """Judge and store readings; wake the run when one of them matters now."""
        result = await self.call(lambda: ingest_readings(self.ledger, self.plans, patient, readings))
        if result.wake:
            await self._wake(patient)
        return result

    async def act(
        self, patient: str, body: Body, *, id: str | None, by: str, at: datetime | None = None, quiet: bool = False
    ) -> Acted:
        """Store a command and wait for its verdict. ``quiet``: nothing waits for it; the next due tick takes it."""
        event = NewEvent(id or uuid.uuid4().hex, body, at)
        if quiet:
            await self.call(lambda: store_command(self.ledger, patient, event, by=by, quiet=True))
            return Acted(event.id, None)
        queue = self._queues[patient]
        if queue.waiting >= _QUEUE:
            raise Refusal("busy", {"seconds": 5}, headers={"Retry-After": "5"})
        queue.waiting += 1
        try:
            async with queue.slots:
                await self.call(lambda: store_command(self.ledger, patient, event, by=by))
                return Acted(event.id, await self._verdict(patient, event.id))
        finally:
            queue.waiting -= 1
            if not queue.waiting:
                self._queues.pop(patient, None)

    async def _verdict(self, patient: str, command: str) -> VerdictMessage | None:
        """The verdict on a stored command; None: not in time, it is acted on later."""
        if self.journeys is None:
            return None
        try:
            return await self.journeys.act(patient, command, timeout=_ANSWER_WITHIN)
        except RPCError as error:
            log.warning("run not asked, left to the sweep", journey=patient, code=error.status.name)
            return None

    async def _wake(self, patient: str) -> None:
        if self.waker is None:
            return
        try:
            await self.waker.wake(patient)
        except RPCError:
            log.warning("run not woken, left to the sweep", journey=patient)

    # ------------------------------------------------------------------ idempotency

    async def once(
        self, route: str, key: str | None, body: Json, work: Callable[[], Any], *, owner: str | None = None
    ) -> tuple[int, Json]:
        """Do ``work`` (async, gives status and JSON) once per Idempotency-Key: again, the first answer comes back.

        An answer that was "stored, not yet acted on" is no last word: the same work is asked for again, which stores
        nothing anew. ``owner``: the patient whose keys seal the answer, where it is about one.
        """
        if not key:
            answer: tuple[int, Json] = await work()
            return answer
        name = hashlib.sha256(key.encode()).hexdigest()
        own = {"owner": owner} if owner is not None else {}
        begun = await self.call(lambda: idempotency.begin(self.ledger, route, name, body, **own))
        if isinstance(begun, idempotency.Answer) and begun.status != PENDING:
            return begun.status, begun.body
        try:
            status, given = await work()
        except BaseException:
            await self.call(lambda: idempotency.abandon(self.ledger, route, name))
            raise
        kept = idempotency.Answer(status, given)
        await self.call(lambda: idempotency.finish(self.ledger, route, name, kept, **own))
        return status, given

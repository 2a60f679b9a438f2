"""One step of the conversation with a partner: send, query, ask for cancellation, or take in callbacks.

Every step may run twice: the request goes under its business id, a request that may have arrived is looked for
before it is sent again, and what the partner says is taken in by version.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.contracts import HANDOFF_STEP, HandoffStepInput, HandoffStepResult
from activities.handoffs.awaited import awaited
from activities.handoffs.book import (
    Talk,
    absorb,
    claim_wake,
    load,
    note_attempt,
    raise_incident,
    said,
    unseen_words,
)
from activities.handoffs.client import PartnerClient, PartnerClients, PartnerRefused, PartnerUnavailable
from activities.handoffs.machines import FAILED, Status, Walk
from activities.handoffs.wire import Order
from activities.intake.inbox import Waker
from activities.keys.sealing import KeyUnknownError
from activities.records.ledger import Ledger, Sealer
from activities.records.registry import Plans
from activities.rehearsal import patient_now

log = structlog.get_logger("carepath.handoffs")

T = TypeVar("T")

POLL: Final = 4 * 86_400.0
"""Patient seconds until a partner that says nothing is first asked, where no deadline comes sooner: partners call
back, so a question is for the callback that was lost."""
_POLL_SHARE: Final = 0.25
"""Later each pause is this share of the time since the request, up to a week."""
_POLL_LONGEST: Final = 7 * 86_400.0
LAST_LOOK: Final = timedelta(hours=2)
"""Before a deadline of the journey the partner is asked once more, so that a lost callback is not taken for silence:
so long before it, or an eighth of the time the partner was given where that is less."""
POLL_GAP: Final = 60.0
SHORTEST_POLL: Final = 2.0
"""Wall seconds between two questions at least, however fast a rehearsal runs."""
_OURS: Final = frozenset({"http-301", "http-302", "http-307", "http-308", "http-401", "http-403", "http-404"})
CONFLICT: Final = 409

LOCAL_PATIENCE: Final = 4.0
"""Seconds a step may take within a workflow task, the partner's answer included; then it is taken visibly."""
LOCAL_AT_ONCE: Final = 6
"""Steps a process takes within workflow tasks at once: partners who hang must leave room for the ticks of patients,
which are taken in the same slots."""


class HandoffSteps:
    """The activity and what it needs."""

    def __init__(self, ledger: Ledger, clients: PartnerClients, plans: Plans, waker: Waker) -> None:
        self._ledger = ledger
        self._clients = clients
        self._plans = plans
        self._waker = waker
        self._local = 0

    @activity.defn(name=HANDOFF_STEP.name)
    async def step(self, given: HandoffStepInput) -> HandoffStepResult:
        """Take one step.

        Raises:
            ApplicationError: of type PartnerUnavailable or LocalBusy (again later), HandoffUnknown or KeysShredded
                (never again).
        """
        if not activity.info().is_local:
            return await self._take(given)
        if self._local >= LOCAL_AT_ONCE:
            raise ApplicationError("other partners are being waited for", type="LocalBusy")
        self._local += 1
        try:
            async with asyncio.timeout(LOCAL_PATIENCE):
                return await self._take(given)
        except TimeoutError as error:
            raise ApplicationError("slow", type="PartnerUnavailable") from error
        finally:
            self._local -= 1

    async def _take(self, given: HandoffStepInput) -> HandoffStepResult:
        try:
            sealer = await asyncio.to_thread(self._ledger.keys, given.journey)
        except KeyUnknownError:
            raise ApplicationError("the keys are gone", type="KeysShredded", non_retryable=True) from None
        talk = await self._read(lambda c: load(c, sealer, given.journey, given.number))
        if talk is None or talk.key != given.key:
            raise ApplicationError("no such handoff is stored", type="HandoffUnknown", non_retryable=True)
        step = _Step(self._ledger, self._plans, sealer, talk, self._clients.of(talk.partner))
        try:
            result = await step.take(given.action)
        except PartnerUnavailable as error:
            if error.code in _OURS:
                await step.alarm("partner_misconfigured")
            raise ApplicationError(error.code, type="PartnerUnavailable") from error
        if await step.claims_wake():
            await self._waker.wake(given.journey)
        return result

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self._ledger.store.read, work)


class _Step:
    """One step with one handoff."""

    def __init__(self, ledger: Ledger, plans: Plans, sealer: Sealer, talk: Talk, client: PartnerClient | None) -> None:
        self._ledger = ledger
        self._plans = plans
        self._sealer = sealer
        self._talk = talk
        self._client = client

    async def take(self, action: str) -> HandoffStepResult:
        """Do as the action says."""
        if not self._talk.final:
            if action == "apply":
                await self._apply()
            elif action == "cancel":
                await self._cancel()
            else:
                await self._send_or_query()
        return await self._result()

    async def claims_wake(self) -> bool:
        """Whether the journey is to be woken for what stands in its inbox."""
        now = self._ledger.store.now()
        return await self._transact(lambda c: claim_wake(c, self._talk, now))

    async def alarm(self, kind: str) -> None:
        """Raise an incident."""
        now = self._ledger.store.now()
        await self._transact(lambda c: raise_incident(c, self._sealer, self._talk, kind, now))

    async def _partner(self) -> PartnerClient:
        if self._client is None:
            await self.alarm("partner_unknown")
            raise PartnerUnavailable(self._talk.partner, "not-configured")
        return self._client

    async def _send_or_query(self) -> None:
        client = await self._partner()
        talk = self._talk
        try:
            order = await client.find(talk.request.identifier) if talk.attempts else None
            if order is None:
                await self._transact(lambda c: note_attempt(c, talk))
                order = await client.submit(talk.request)
            elif order.digest and order.digest != talk.request.digest():
                raise PartnerRefused(talk.partner, CONFLICT)
        except PartnerRefused as error:
            await self._refused(error.status)
            return
        await self._hear(order)

    async def _refused(self, status: int) -> None:
        """The partner will not have this request. One it holds already is not touched by that."""
        log.warning("refused by the partner", partner=self._talk.partner, status=status)
        if status == CONFLICT:
            await self.alarm("partner_conflict")
        if self._talk.version == 0:
            await self._absorb([Status(1, FAILED, "initiator", {"status": status})])

    async def _cancel(self) -> None:
        talk = self._talk
        client = await self._partner() if talk.attempts else None
        order = await client.find(talk.request.identifier) if client is not None else None
        if order is None or client is None:
            if talk.version == 0:
                await self._absorb([Status(1, "cancelled", "initiator")])
            return
        try:
            order = await client.cancel(talk.request.identifier)
        except PartnerRefused as error:
            log.warning("cancellation refused by the partner", partner=talk.partner, status=error.status)
        await self._hear(order)

    async def _apply(self) -> None:
        heard = await self._absorb([])
        if not heard.gap or self._client is None:
            return
        try:
            order = await self._client.find(self._talk.request.identifier)
        except (PartnerUnavailable, PartnerRefused):
            return  # what could be taken in is; the next question, soon, fills the hole
        if order is not None:
            await self._hear(order)

    async def _hear(self, order: Order) -> None:
        await self._absorb([entry.status() for entry in order.history], order.partner_id)

    async def _absorb(self, statuses: Sequence[Status], partner_ref: str = "") -> Walk:
        given = (self._ledger, self._plans, self._sealer, self._talk, statuses, partner_ref)
        return await self._transact(lambda c: absorb(c, *given))

    async def _result(self) -> HandoffStepResult:
        def work(connection: Connection) -> HandoffStepResult:
            talk = load(connection, self._sealer, self._talk.journey, self._talk.number)
            assert talk is not None
            waits_for = awaited(connection, self._sealer, self._plans, talk.journey, talk.key)
            return HandoffStepResult(
                state=talk.state,
                final=talk.final,
                poll_after=_poll_after(talk, waits_for.deadlines, self._ledger.store.now()),
                summary=said(talk.machine, talk.state),
                words=unseen_words(connection, self._sealer, talk),
            )

        return await asyncio.to_thread(self._ledger.store.read, work)

    async def _transact(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self._ledger.store.transact, work)


def _poll_after(talk: Talk, deadlines: Sequence[datetime], wall: datetime) -> float:
    """Wall seconds to the next question. ``deadlines``: patient instants at which the journey acts on silence."""
    rate = 1.0 if talk.clock is None else talk.clock.current.rate
    now = patient_now(talk.clock, wall)
    pause = POLL_GAP if talk.heard else _silence(talk.opened, deadlines, now)
    return max(SHORTEST_POLL, pause / rate)


def _silence(opened: datetime, deadlines: Sequence[datetime], now: datetime) -> float:
    """Patient seconds that a partner may be silent before it is asked."""
    pause = min(max(POLL, (now - opened).total_seconds() * _POLL_SHARE), _POLL_LONGEST)
    looks = [at - min(LAST_LOOK, (at - opened) / 8) for at in deadlines]
    return min([pause, *((at - now).total_seconds() for at in looks if at > now)])

"""Wakes a patient's run after something was stored for it; starts it where there is none.

At most one wake is outstanding per patient: whoever stores a row notes in the same transaction that a wake is sent
(``activities.intake.inbox``), and the tick that answers it clears that. Whatever is lost here, the sweeper finds
again, so a failure to wake is no failure to store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Connection, select, update
from temporalio import activity
from temporalio.service import RPCError

from activities.contracts import ROUSE, RouseInput, RouseResult
from activities.records import closing, schema
from activities.records.store import Store
from worker.client import Journeys, JourneyStart

log = structlog.get_logger("carepath.waker")

_AT_ONCE: Final = 20


class Waker:
    """The store's side and Temporal's side of waking, together."""

    def __init__(self, store: Store, journeys: Journeys) -> None:
        self._store = store
        self._journeys = journeys

    async def wake(self, journey: str) -> None:
        """Wake the run of this patient key, starting it where there is none. Temporal away: the sweeper will do it."""
        try:
            if not await self._journeys.wake(journey):
                await self.start(journey)
        except RPCError as error:
            log.warning("not woken, left to the sweeper", journey=journey, code=error.status.name)
            await asyncio.to_thread(self._store.transact, lambda c: _note(c, journey, None))

    async def start(self, journey: str) -> None:
        """Start the run (or wake it): after an enrolment was stored.

        Raises:
            RPCError: Temporal is away; the sweeper will do it.
            LookupError: nobody of that key is stored.
        """
        start = await asyncio.to_thread(self._store.read, lambda c: _start_of(c, journey))
        await self._journeys.start(start)
        await asyncio.to_thread(self._store.transact, lambda c: _mark_started(c, journey))

    async def wake_handoff(self, journey: str, number: int) -> bool:
        """Tell a conversation that a callback was stored. False: it is over."""
        return await self._journeys.wake(f"{journey}.h.{number}")

    async def rouse(self, journey: str) -> None:
        """Wake a journey that a sweep found, and note that a wake is outstanding.

        Raises:
            RPCError: Temporal is away.
        """
        # Noted first: a tick that answers at once must find it, and clear it.
        await asyncio.to_thread(self._store.transact, lambda c: _note(c, journey, self._store.now()))
        if not await self._journeys.wake(journey):
            await self.start(journey)

    async def close(self, journey: str) -> None:
        """Close the runs of a journey whose keys were shredded: its own and those of its conversations.

        Raises:
            RPCError: Temporal is away; the next sweep does it again.
        """
        numbers = await asyncio.to_thread(self._store.read, lambda c: closing.conversations(c, journey))
        for run in (journey, *(f"{journey}.h.{number}" for number in numbers)):
            await self._journeys.terminate(run, closing.SHREDDED)
        await asyncio.to_thread(self._store.transact, lambda c: closing.close(c, journey, self._store.now()))
        log.info("closed, its keys were shredded", journey=journey)


class Rouse:
    """The activity behind a sweep: wakes, starts and closes many, one broken one does not hold up the rest."""

    def __init__(self, waker: Waker) -> None:
        self._waker = waker

    @activity.defn(name=ROUSE.name)
    async def rouse(self, given: RouseInput) -> RouseResult:
        """Wake, start and close; what fails is found again by the next sweep."""
        for what in given.stale:
            log.error("stale", code=what)
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def one(journey: str, do: Callable[[str], Awaitable[None]]) -> bool:
            async with at_once:
                try:
                    await do(journey)
                except (RPCError, LookupError) as error:
                    log.warning("not roused", journey=journey, code=type(error).__name__)
                    return False
                return True

        started = await asyncio.gather(*(one(key, self._waker.start) for key in given.start))
        woken = await asyncio.gather(*(one(key, self._waker.rouse) for key in given.wake if key not in given.start))
        closed = await asyncio.gather(*(one(key, self._waker.close) for key in given.close))
        return RouseResult(woken=sum(woken), started=sum(started), closed=sum(closed))


def _start_of(connection: Connection, journey: str) -> JourneyStart:
    found = connection.execute(
        select(schema.journey, schema.patient.c.site)
        .join(schema.patient, schema.patient.c.key == schema.journey.c.key)
        .where(schema.journey.c.key == journey)
    ).one_or_none()
    if found is None:
        raise LookupError("no journey of this key is stored")
    pathways = connection.scalars(
        select(schema.enrolment.c.pathway)
        .where(schema.enrolment.c.journey == journey, schema.enrolment.c.closed.is_(None))
        .distinct()
        .order_by(schema.enrolment.c.pathway)
    ).all()
    # A chain says that this epoch has ticked: were its run closed, the next one is a restart.
    epoch = found.epoch + 1 if found.chain else found.epoch
    return JourneyStart(journey=journey, epoch=epoch, pathways=tuple(pathways), site=found.site, status=found.status)


def _mark_started(connection: Connection, journey: str) -> None:
    connection.execute(update(schema.journey).where(schema.journey.c.key == journey).values(started=True))


def _note(connection: Connection, journey: str, woke_at: datetime | None) -> None:
    connection.execute(update(schema.journey).where(schema.journey.c.key == journey).values(woke_at=woke_at))

"""The courier: sends what is due from the outbox, one pump at a time per share of the journeys.

Guarantees, whatever dies when: a dose message goes out at most once (after a crash: unknown, never again), a red one at
least once under the same key, any other exactly once where the receiver knows keys. Every row ends with a status.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from time import monotonic
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection, update
from temporalio import activity

from activities.contracts import COURIER_PUMP, CourierInput, CourierResult
from activities.intake.inbox import Waker
from activities.messaging.channels import Channels
from activities.messaging.claims import (
    LEASE,
    Claimed,
    Parcel,
    Share,
    abandoned,
    candidates,
    claim,
    next_due,
    oldest_due,
    sealers,
    take_back,
)
from activities.messaging.ports import Letter, Never, NotNow, Outcome, Sent, Unsure, opaque
from activities.messaging.settling import Settler, Told, in_store, wording
from activities.messaging.wording import outside, subject
from activities.records.heartbeats import beat, forget_others
from activities.records.ledger import Ledger
from activities.records.schema import outbox
from activities.records.store import StoreUnavailableError
from pathways.lang.plan_base import Text

log = structlog.get_logger("carepath.courier")

T = TypeVar("T")

IDLE: Final = 0.5
"""Longest pause between two looks, seconds: a row that comes due at once waits no longer."""
SHORTEST: Final = 0.01
BEAT_EVERY: Final = 2.0
STORE_AWAY: Final = 1.0


class Courier:
    """The pump and what it needs. ``waker`` None: the sweeper wakes journeys that wait for a receipt."""

    def __init__(self, ledger: Ledger, channels: Channels, waker: Waker | None = None) -> None:
        self._ledger = ledger
        self._channels = channels
        self._waker = waker

    @activity.defn(name=COURIER_PUMP.name)
    async def pump(self, given: CourierInput) -> CourierResult:
        """Send what comes due within ``given.seconds``; cancelled, it finishes the letter in hand."""
        sent = await Pump(self._ledger, self._channels, self._waker, given, activity.heartbeat).run()
        return CourierResult(sent=sent)


class Pump:
    """One run of a courier. ``heartbeat`` is called about once a second while it lives."""

    def __init__(
        self,
        ledger: Ledger,
        channels: Channels,
        waker: Waker | None,
        given: CourierInput,
        heartbeat: Callable[[], None],
    ) -> None:
        self._ledger = ledger
        self._store = ledger.store
        self._channels = channels
        self._waker = waker
        self._heartbeat = heartbeat
        self._share = Share(given.shard, given.shards, given.red)
        self._seconds = given.seconds
        self._mark = f"{self._share.name}#{secrets.token_hex(6)}"
        self._stopping = asyncio.Event()
        self._sent = 0
        self._beaten = -BEAT_EVERY

    async def run(self) -> int:
        """Pump until the time is over; how many rows were sent.

        Raises:
            asyncio.CancelledError: asked to stop; what was claimed is settled or given back before.
        """
        beating = asyncio.create_task(self._beat())
        work = asyncio.create_task(self._work())
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            self._stopping.set()
            await work
            raise
        finally:
            beating.cancel()
        return self._sent

    async def _beat(self) -> None:
        while True:
            self._heartbeat()
            await asyncio.sleep(1.0)

    async def _work(self) -> None:
        end = monotonic() + self._seconds
        taken_back = False
        while not self._stopping.is_set() and monotonic() < end:
            try:
                if not taken_back:
                    await self._take_back()
                    taken_back = True
                looked = await self.round()
                pause = 0.0 if looked else await self._pause()
            except StoreUnavailableError:
                log.warning("records are away, trying again", seconds=STORE_AWAY)
                pause = STORE_AWAY
            await self._sleep(min(pause, max(0.0, end - monotonic())))

    async def _sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        stopped = asyncio.create_task(self._stopping.wait())
        await asyncio.wait([stopped], timeout=seconds)
        stopped.cancel()

    async def _pause(self) -> float:
        """How long there is nothing to do; says on the way that this courier lives."""
        now = self._store.now()
        due = await self._read(lambda c: next_due(c, self._share, now))
        if monotonic() - self._beaten >= BEAT_EVERY:
            await self._note_alive(now)
        return IDLE if due is None else min(IDLE, max(SHORTEST, (due - now).total_seconds()))

    async def _note_alive(self, now: datetime) -> None:
        oldest = await self._read(lambda c: oldest_due(c, self._share, now))
        age = 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
        await self._transact(lambda c: beat(c, self._share.name, now, age))
        self._beaten = monotonic()

    # ----------------------------------------------------------------------- one round

    async def round(self) -> int:
        """Claim what is due, send it, settle it; how many rows were looked at."""
        claimed = await self._claim()
        if not claimed.looked:
            return 0
        await self._settle_at_once(claimed)
        outward = [parcel for parcel in claimed.parcels if not in_store(parcel)]
        began = monotonic()
        for number, parcel in enumerate(outward):
            if self._stopping.is_set() or monotonic() - began > LEASE.total_seconds() / 2:
                await self._release(outward[number:])
                break
            await self._deliver(parcel)
        if monotonic() - self._beaten >= BEAT_EVERY:
            await self._note_alive(self._store.now())
        return claimed.looked

    async def _claim(self) -> Claimed:
        now = self._store.now()
        journeys = await self._read(lambda c: candidates(c, self._share, now))
        if not journeys:
            return Claimed((), (), (), 0)
        keys = await asyncio.to_thread(sealers, self._ledger, journeys)
        return await self._transact(lambda c: claim(c, self._share, self._mark, now, keys, self._channels))

    async def _settle_at_once(self, claimed: Claimed) -> None:
        """Rows that end unsent, and deliveries into the store: all in one transaction."""
        inside = [parcel for parcel in claimed.parcels if in_store(parcel)]
        if not inside and not claimed.ended:
            return

        def work(settler: Settler) -> None:
            for ended in claimed.ended:
                settler.ended(ended)
            for parcel in inside:
                if _words(parcel) is None:
                    settler.unworded(parcel)
                else:
                    settler.deposit(parcel)

        await self._settle(work)

    async def _deliver(self, parcel: Parcel) -> None:
        """One delivery on a channel outside the store."""
        words = _words(parcel)
        if words is None:
            await self._settle(lambda settler: settler.unworded(parcel))
            return
        delivery = parcel.delivery
        if delivery.dose and not await self._transact(lambda c: self._stamp(c, parcel)):
            return
        language = parcel.recipient.language
        text = outside(words, language, private=delivery.first.private)
        channel = self._channels.outside[delivery.channel]
        outcomes: list[Outcome] = []
        for number, address in enumerate(parcel.recipient.at(delivery.channel)):
            letter = Letter(
                key=delivery.key if number == 0 else f"{delivery.key}|{opaque(address)}",
                address=address,
                message_class=delivery.first.message_class,
                language=language,
                subject=subject(delivery.first.message_class, language),
                text=text,
            )
            outcomes.append(await channel.send(letter))
        await self._settle(lambda settler: settler.settle(parcel, together(outcomes)))

    def _stamp(self, connection: Connection, parcel: Parcel) -> bool:
        """Note on the rows of a dose that they are about to go out: after this they are never sent again unseen."""
        changed = connection.execute(
            update(outbox)
            .where(
                outbox.c.key.in_([row.key for row in parcel.delivery.rows]),
                outbox.c.status == "sending",
                outbox.c.claimed_by == self._mark,
            )
            .values(provider_id=parcel.delivery.key)
        )
        return bool(changed.rowcount == len(parcel.delivery.rows))

    async def _release(self, parcels: Sequence[Parcel]) -> None:
        def work(settler: Settler) -> None:
            for parcel in parcels:
                settler.release(parcel.delivery)

        await self._settle(work)

    async def _take_back(self) -> None:
        """Judge what an earlier run left behind, and tell of doses whose fate is unknown, in one transaction."""
        journeys = await self._read(lambda c: abandoned(c, self._share, self._store.now()))
        keys = await asyncio.to_thread(sealers, self._ledger, journeys)

        def tidy(connection: Connection) -> None:
            # Of another number of shards: `courier:red:…` also begins with `courier:`, so red tidies for itself only.
            for prefix in ("courier:red:",) if self._share.red else tuple(f"courier:{n}" for n in range(10)):
                forget_others(connection, prefix, self._share.names(), self._store.now())

        def work(connection: Connection) -> int:
            settler = Settler(self._ledger, connection, self._mark, self._store.now())
            lost = take_back(connection, self._share, self._store.now(), list(keys))
            for journey, key in lost:
                sealer = keys[journey]
                if sealer is not None:
                    settler.unknown(journey, key, sealer)
            return len(lost)

        await self._transact(tidy)
        if journeys:
            lost = await self._transact(work)
            log.warning("took over from a courier that died", doses_unknown=lost)

    # ----------------------------------------------------------------------- the store

    async def _settle(self, work: Callable[[Settler], None]) -> None:
        """Settle in one transaction, then wake whom it concerns.

        While the store is away it is tried again and again, since an unsettled letter would be sent again.
        """
        told = await self._surely(lambda c: self._settled(c, work))
        self._sent += told.sent
        if told.incidents:
            log.error("messages without a way", count=told.incidents)
        if self._waker is not None:
            for journey in dict.fromkeys(told.wake):
                await self._waker.wake(journey)

    def _settled(self, connection: Connection, work: Callable[[Settler], None]) -> Told:
        settler = Settler(self._ledger, connection, self._mark, self._store.now())
        work(settler)
        return settler.told

    async def _surely(self, work: Callable[[Connection], T]) -> T:
        while True:
            try:
                return await self._transact(work)
            except StoreUnavailableError:
                log.warning("records are away, settling later", seconds=STORE_AWAY)
                await asyncio.sleep(STORE_AWAY)

    async def _read(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self._store.read, work)

    async def _transact(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(self._store.transact, work)


def together(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of one delivery to several addresses: open while one may still be told, sent when one was."""
    if not outcomes:
        return Never("no-address")
    ranks: tuple[type[Outcome], ...] = (Unsure, NotNow, Sent, Never)
    return min(outcomes, key=lambda outcome: ranks.index(type(outcome)))


def _words(parcel: Parcel) -> Text | None:
    """The words of a delivery; None when they cannot be filled."""
    try:
        return wording(parcel)
    except KeyError:
        return None

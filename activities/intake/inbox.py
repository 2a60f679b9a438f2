"""Putting events into a journey's inbox: stored first, then acknowledged, then the journey is woken by the caller."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

from sqlalchemy import Connection, insert, select, update

from activities.intake.refusals import Refusal, refuse
from activities.records.ledger import Ledger, Sealer
from activities.records.schema import inbox, journey
from activities.records.store import lock_journey
from pathways.decide.events import Body, body_to_json

QUIET: Final = 0
WAKE: Final = 1
RED: Final = 2

AFTER_TICK: Final = timedelta(seconds=5)
"""A row that is not urgent, so soon after a tick, is left to the sweep."""
OUTSTANDING: Final = timedelta(seconds=10)
"""A wake not answered by a tick for so long is sent again."""


class Waker(Protocol):
    """Wakes a patient's run (signal-with-start). The caller does it after the transaction; a wake that is lost is
    made good by the sweep."""

    async def wake(self, journey: str) -> None:
        """Wake the run of this patient key, starting it where it was never started."""
        ...


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to store. ``id``: unique for the patient (a command's id); ``at``: patient time, None: now."""

    id: str
    body: Body
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """``fresh`` is False when the same event was stored before. ``wake``: the caller is to wake the journey now."""

    id: str
    seq: int
    fresh: bool
    wake: bool
    seen: datetime


def put(
    connection: Connection,
    ledger: Ledger,
    sealer: Sealer,
    row: Any,
    event: NewEvent,
    *,
    seen: datetime,
    urgency: Literal[0, 1, 2],
    about: str = "",
) -> StoredEvent | Refusal:
    """Add one event to the inbox of a journey whose row (``row``) the caller has locked.

    The same id with the same content is no change; with other content it is refused.
    """
    body = body_to_json(event.body)
    digest = content_hash(sealer, event.body)
    known = connection.execute(
        select(inbox.c.seq, inbox.c.body_hash, inbox.c.seen).where(inbox.c.journey == row.key, inbox.c.id == event.id)
    ).one_or_none()
    if known is not None:
        if known.body_hash != digest:
            return refuse("command_conflict", field="id")
        return StoredEvent(event.id, known.seq, fresh=False, wake=known.seq > row.cursor, seen=known.seen)
    wall = ledger.store.now()
    result = connection.execute(
        insert(inbox).values(
            journey=row.key,
            id=event.id,
            at=event.at or seen,
            seen=seen,
            stored_at=wall,
            kind=event.body.kind,
            about=about,
            urgency=urgency,
            body_hash=digest,
            body_sealed=sealer.seal("inbox.body", body),
        )
    )
    key = result.inserted_primary_key
    assert key is not None
    return StoredEvent(event.id, int(key[0]), fresh=True, wake=wants_wake(row, urgency, wall), seen=seen)


def content_hash(sealer: Sealer, body: Body) -> str:
    """The fingerprint by which an event stored before is known again."""
    return sealer.fingerprint([body.kind, body_to_json(body)])


def wants_wake(row: Any, urgency: int, wall: datetime) -> bool:
    """Whether a row of this urgency wakes now: red always; else at most one outstanding, and not just after a tick."""
    if urgency == RED:
        return True
    if urgency == QUIET:
        return False
    if row.woke_at is not None and wall - row.woke_at < OUTSTANDING:
        return False
    return row.last_tick_at is None or wall - row.last_tick_at >= AFTER_TICK


def note_wake(connection: Connection, key: str, wall: datetime) -> None:
    """Remember that a wake is outstanding (the next tick clears it)."""
    connection.execute(update(journey).where(journey.c.key == key).values(woke_at=wall))


def locked(connection: Connection, key: str) -> Any | Refusal:
    """The journey's row, locked, or the refusal that there is no such patient."""
    row = lock_journey(connection, key)
    return refuse("patient_unknown") if row is None else row

"""Idempotency keys of HTTP writes: the same key and body get the first answer again, another body is a conflict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from activities.intake.refusals import Refusal, refuse
from activities.keys.keyring import SYSTEM
from activities.records.ledger import Ledger
from activities.records.schema import idempotency

ABANDONED: Final = timedelta(seconds=60)
"""A first request that has not answered for so long has died; the next one with its key takes its place."""
KEEP: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Begun:
    """The request is the first with its key: do the work, then `finish`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer as it was given: status and JSON body."""

    status: int
    body: Any


def begin(ledger: Ledger, route: str, key: str, body: Any, *, owner: str = SYSTEM) -> Begun | Answer | Refusal:
    """Take a key for a route. ``body``: the request as plain JSON; ``owner``: whose key seals the answer.

    Refused: the key was used with another body, or its first request is still being worked on.
    """
    sealer = ledger.keys(owner)
    digest = ledger.keys(SYSTEM).fingerprint([owner, body])
    mine = (idempotency.c.route == route) & (idempotency.c.key == key)

    def work(connection: Connection) -> Begun | Answer | Refusal:
        now = ledger.store.now()
        row = connection.execute(select(idempotency).where(mine).with_for_update()).one_or_none()
        if row is None:
            connection.execute(
                insert(idempotency).values(route=route, key=key, owner=owner, body_hash=digest, created=now)
            )
            return Begun()
        if row.body_hash != digest:
            return refuse("idempotency_conflict", field="Idempotency-Key")
        if row.status is not None:
            return Answer(row.status, sealer.open("idempotency.response", row.response_sealed))
        if now - row.created < ABANDONED:
            return refuse("idempotency_running", field="Idempotency-Key")
        connection.execute(update(idempotency).where(mine).values(created=now))
        return Begun()

    return ledger.store.transact(work)


def finish(ledger: Ledger, route: str, key: str, answer: Answer, *, owner: str = SYSTEM) -> None:
    """Keep the answer of the first request."""
    sealed = ledger.keys(owner).seal("idempotency.response", answer.body)
    query = update(idempotency).where(idempotency.c.route == route, idempotency.c.key == key)
    ledger.store.transact(lambda c: c.execute(query.values(status=answer.status, response_sealed=sealed)))


def abandon(ledger: Ledger, route: str, key: str) -> None:
    """Give a key back after a failure that changed nothing, so that the same request may be tried again."""
    query = delete(idempotency).where(
        idempotency.c.route == route, idempotency.c.key == key, idempotency.c.status.is_(None)
    )
    ledger.store.transact(lambda c: c.execute(query))


def forget_old(ledger: Ledger) -> int:
    """Drop keys older than a week; returns how many."""
    query = delete(idempotency).where(idempotency.c.created < ledger.store.now() - KEEP)
    return ledger.store.transact(lambda c: c.execute(query).rowcount)

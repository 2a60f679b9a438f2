"""Journeys whose keys were shredded: nothing of them can be read; their runs are closed and nothing rouses them again.

A run cannot end by itself: whatever it says to Temporal is sealed, and there is no key to seal with. So the sweeper
finds it, Temporal is asked to terminate it, and then the ledger is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, or_, select, update

from activities.records.schema import enrolment, handoff, journey, key_tombstone, outbox, task

SHREDDED: Final = "keys_shredded"
"""Coded reason in the ledger, and that of the terminated run: it says nothing of the person."""


def is_shredded(connection: Connection, key: str) -> bool:
    """Whether the keys of this patient were shredded (and not merely cannot be read by this process)."""
    return connection.scalar(select(key_tombstone.c.owner).where(key_tombstone.c.owner == key)) is not None


def readable() -> ColumnElement[bool]:
    """Of a query over journeys: those whose keys were not shredded."""
    return journey.c.key.not_in(select(key_tombstone.c.owner))


def to_close(connection: Connection, limit: int) -> list[str]:
    """Journeys whose keys were shredded and that are not closed yet, the first shredded first."""
    query = (
        select(journey.c.key)
        .join(key_tombstone, key_tombstone.c.owner == journey.c.key)
        .where(or_(journey.c.reason.is_(None), journey.c.reason != SHREDDED))
        .order_by(key_tombstone.c.at, journey.c.key)
        .limit(limit)
    )
    return list(connection.scalars(query))


def conversations(connection: Connection, key: str) -> Sequence[int]:
    """Numbers of the handoffs whose runs may still be open."""
    query = select(handoff.c.number).where(handoff.c.journey == key, ~handoff.c.final).order_by(handoff.c.number)
    return connection.scalars(query).all()


def close(connection: Connection, key: str, now: datetime) -> None:
    """Note that the runs of a journey were closed: it is never due, woken or started again, and nobody is asked for
    what can no longer be read. Again it changes nothing. ``now``: wall time."""
    mine = journey.c.key == key
    values = {"status": "ended", "reason": SHREDDED, "stop_messages": True, "except_prefixes": []}
    connection.execute(update(journey).where(mine).values(**values, started=False, next_due=None, woke_at=None))
    left = (enrolment.c.journey == key) & enrolment.c.closed.is_(None)
    connection.execute(update(enrolment).where(left).values(status="ended", ended=SHREDDED, closed=now))
    open_ = (task.c.journey == key) & task.c.status.in_(("open", "claimed"))
    gone = {"status": "cancelled", "closed": now, "closed_by": SHREDDED, "changed": now}
    connection.execute(update(task).where(open_).values(**gone))
    talks = (handoff.c.journey == key) & ~handoff.c.final
    connection.execute(update(handoff).where(talks).values(final=True, cancel_wanted=SHREDDED, changed=now))
    waiting = (outbox.c.journey == key) & (outbox.c.status == "planned")
    connection.execute(update(outbox).where(waiting).values(status="stopped", note=SHREDDED))

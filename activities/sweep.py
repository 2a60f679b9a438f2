"""The sweep: finds what a crash, a lost wake or a dead process left lying. Every few seconds, by a Temporal Schedule.

It only reads (and writes its own sign of life, which the watchdog outside Temporal looks at); waking and starting is
the next activity's work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select
from temporalio import activity

from activities.contracts import SWEEP, SweepInput, SweepResult
from activities.records.closing import readable, to_close
from activities.records.heartbeats import beat
from activities.records.ledger import Ledger
from activities.records.schema import callback, enrolment, handoff, heartbeat, inbox, journey, outbox

SWEEPER: Final = "sweeper"
UNSEEN_AFTER: Final = timedelta(seconds=10)
"""An event that should wake and was not seen for so long is somebody's lost wake."""
COURIER_SILENT: Final = timedelta(seconds=15)
OUTBOX_LATE: Final = timedelta(seconds=30)
CALLBACK_LATE: Final = timedelta(minutes=5)
UNSENT_LATE: Final = timedelta(minutes=5)
AT_ONCE: Final = 500
"""Journeys in one sweep, the longest waiting first; the next sweep takes the others."""


class Sweep:
    """The activity and what it needs."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @activity.defn(name=SWEEP.name)
    async def sweep(self, given: SweepInput) -> SweepResult:
        """Look once over everything that should have happened."""
        return await asyncio.to_thread(sweep_once, self._ledger, given)


def sweep_once(ledger: Ledger, given: SweepInput) -> SweepResult:
    """Look once, and leave a sign of life that says how late the oldest overdue thing is."""
    now = ledger.store.now()

    def look(connection: Connection) -> SweepResult:
        return SweepResult(
            wake=_to_wake(connection, now, timedelta(seconds=given.overdue_after)),
            start=_to_start(connection, now),
            stale=_stale(connection, now),
            close=to_close(connection, AT_ONCE),
        )

    found = ledger.store.read(look)
    age = ledger.store.read(lambda c: overdue(c, now)).worst
    data = {"wake": len(found.wake), "start": len(found.start), "stale": found.stale, "close": len(found.close)}
    ledger.store.transact(lambda c: beat(c, SWEEPER, now, age, data))
    return found


def _unseen() -> ColumnElement[bool]:
    return and_(inbox.c.seq > journey.c.cursor, inbox.c.urgency >= 1)


def _to_wake(connection: Connection, now: datetime, overdue_after: timedelta) -> list[str]:
    lost = (
        select(journey.c.key, func.min(inbox.c.stored_at).label("since"))
        .join(inbox, inbox.c.journey == journey.c.key)
        .where(_unseen(), journey.c.started.is_(True), readable(), inbox.c.stored_at <= now - UNSEEN_AFTER)
        .group_by(journey.c.key)
        .order_by("since")
        .limit(AT_ONCE)
    )
    late = (
        select(journey.c.key)
        .where(journey.c.next_due <= now - overdue_after, journey.c.started.is_(True), readable())
        .order_by(journey.c.next_due)
        .limit(AT_ONCE)
    )
    found = [*connection.scalars(lost), *connection.scalars(late)]
    return list(dict.fromkeys(found))[:AT_ONCE]


def _to_start(connection: Connection, now: datetime) -> list[str]:
    """Journeys with an enrolment that was stored and whose run was never started."""
    query = (
        select(journey.c.key, func.min(enrolment.c.created).label("since"))
        .join(enrolment, enrolment.c.journey == journey.c.key)
        .where(
            journey.c.started.is_(False),
            readable(),
            enrolment.c.status.not_in(("ended", "refused")),
            enrolment.c.created <= now - UNSEEN_AFTER,
        )
        .group_by(journey.c.key)
        .order_by("since")
        .limit(AT_ONCE)
    )
    return list(connection.scalars(query))


def _stale(connection: Connection, now: datetime) -> list[str]:
    """Coded: couriers that fell silent, rows nobody sends, callbacks nobody applies, requests nobody sends."""
    silent = select(heartbeat.c.name).where(heartbeat.c.name.like("courier:%"), heartbeat.c.at < now - COURIER_SILENT)
    found = list(connection.scalars(silent.order_by(heartbeat.c.name)))
    checks: Sequence[tuple[str, Any]] = (
        ("outbox-late", select(outbox.c.key).where(_waiting(now - OUTBOX_LATE))),
        (
            "callback-late",
            # Of a conversation that is over nothing waits: the last state was asked for before the callback came.
            select(callback.c.webhook_id)
            .join(handoff, handoff.c.business_id == callback.c.business_id)
            .where(callback.c.applied.is_(False), callback.c.received < now - CALLBACK_LATE, ~handoff.c.final),
        ),
        (
            "handoff-unsent",
            select(handoff.c.key).where(
                handoff.c.final.is_(False), handoff.c.attempts == 0, handoff.c.opened < now - UNSENT_LATE
            ),
        ),
    )
    found += [code for code, query in checks if connection.scalar(query.limit(1)) is not None]
    return found


def _waiting(before: datetime) -> ColumnElement[bool]:
    """Rows of the outbox that should have gone out before an instant."""
    return and_(
        outbox.c.status == "planned",
        outbox.c.wall_due < before,
        or_(outbox.c.next_try.is_(None), outbox.c.next_try < before),
    )


@dataclass(frozen=True, slots=True)
class Overdue:
    """Seconds by which the oldest thing of each kind is late; 0: nothing is."""

    unseen_event: float
    journey: float
    message: float
    start: float

    @property
    def worst(self) -> float:
        """The longest of them."""
        return max(self.unseen_event, self.journey, self.message, self.start)


def overdue(connection: Connection, now: datetime) -> Overdue:
    """How late the oldest overdue things are at wall time ``now``."""
    unseen = select(func.min(inbox.c.stored_at)).join(journey, journey.c.key == inbox.c.journey)
    started = journey.c.started
    unstarted = (
        select(func.min(enrolment.c.created))
        .join(journey, journey.c.key == enrolment.c.journey)
        .where(started.is_(False), enrolment.c.status.not_in(("ended", "refused")))
    )

    def late(query: Any) -> float:
        since: datetime | None = connection.scalar(query)
        return 0.0 if since is None else max(0.0, (now - since).total_seconds())

    return Overdue(
        unseen_event=late(unseen.where(_unseen(), started.is_(True))),
        journey=late(select(func.min(journey.c.next_due)).where(journey.c.next_due < now, started.is_(True))),
        message=late(select(func.min(outbox.c.wall_due)).where(_waiting(now))),
        start=late(unstarted),
    )

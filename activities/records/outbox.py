"""Rows of the outbox as ticks and the red screen write them: one shape, one rule about what is already there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, insert, select, update

from activities import rehearsal
from activities.records.ledger import Sealer
from activities.records.schema import outbox
from pathways.decide.effects import PlanMessage, Unless

SHARDS: Final = 256
PLANNED: Final = "planned"
REVIVABLE: Final = frozenset({"planned", "cancelled"})
"""A tick may write over a row in these states; over any other it may not."""

Written = Literal["new", "replaced", "same", "left"]


@dataclass(frozen=True, slots=True)
class Placing:
    """Where and when rows are written: the journey, its clock, wall time."""

    journey: str
    clock: rehearsal.ClockMap | None
    wall: datetime


def shard_of(journey: str) -> int:
    """0 to 255, the same in every process: a courier of ``n`` takes the rows where this modulo n is its number."""
    return hashlib.blake2b(journey.encode(), digest_size=1).digest()[0]


def body_of(message: PlanMessage) -> dict[str, Any]:
    """What is sealed of a message."""
    return {
        "to": message.to,
        "channels": list(message.channels),
        "template": message.template,
        "text": {"en": message.text.en, "zh": message.text.zh},
        "topic": message.topic,
        "private": message.private,
        "bundle": message.bundle,
        "reason": message.reason,
    }


def write(connection: Connection, sealer: Sealer, placing: Placing, messages: Sequence[PlanMessage]) -> list[Written]:
    """Put messages into the outbox, or replace them while unclaimed.

    A row already claimed is left as it is; where the tick wanted other content that is noted on it.
    """
    keys = [message.key for message in messages]
    known = {
        row.key: row
        for row in connection.execute(
            select(outbox.c.key, outbox.c.status, outbox.c.body_hash).where(outbox.c.key.in_(keys))
        )
    }
    out: list[Written] = []
    fresh: dict[str, dict[str, Any]] = {}
    for message in messages:
        values = _values(sealer, placing, message)
        row = known.get(message.key)
        if row is None:
            out.append("replaced" if message.key in fresh else "new")
            fresh[message.key] = values
        else:
            out.append(_over(connection, row, values))
    if fresh:
        connection.execute(insert(outbox), list(fresh.values()))
    return out


def unless_to_json(unless: Unless | None) -> dict[str, Any] | None:
    """The condition of a message as coded JSON (instants in ISO 8601)."""
    if unless is None:
        return None
    values = {f.name: getattr(unless, f.name) for f in fields(unless)}
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in values.items() if v is not None}


def unless_from_json(data: Mapping[str, Any] | None) -> Unless | None:
    """The condition from its JSON."""
    if data is None:
        return None
    values = dict(data)
    for name in ("since", "before"):
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    return Unless(**values)


def cancel(connection: Connection, journey: str, keys: Sequence[str], prefix: str | None, reason: str) -> int:
    """Withdraw unclaimed rows: those named, and all under a prefix. Returns how many."""
    count = 0
    for condition in (
        [outbox.c.key.in_(list(keys))] if keys else None,
        [outbox.c.key.startswith(prefix, autoescape=True)] if prefix else None,
    ):
        if condition is None:
            continue
        result = connection.execute(
            update(outbox)
            .where(outbox.c.journey == journey, outbox.c.status == PLANNED, *condition)
            .values(status="cancelled", note=reason[:64])
        )
        count += result.rowcount
    return count


def stop(connection: Connection, journey: str, except_prefixes: Sequence[str]) -> int:
    """Stop what is queued for the patient (withdrawal, death) but rows under the given prefixes.

    What staff are told is not stopped: an open red ends with a person. The decider withdraws those it does not want.
    """
    to_staff = outbox.c.recipient.startswith("role:")
    query = update(outbox).where(outbox.c.journey == journey, outbox.c.status == PLANNED, ~to_staff)
    for prefix in except_prefixes:
        query = query.where(~outbox.c.key.startswith(prefix, autoescape=True))
    return connection.execute(query.values(status="stopped", note="journey_stopped")).rowcount


def move(connection: Connection, placing: Placing) -> None:
    """Give the planned rows of a journey their places in wall time again, after its clock has changed pace."""
    rows = connection.execute(
        select(outbox.c.key, outbox.c.due, outbox.c.expires).where(
            outbox.c.journey == placing.journey, outbox.c.status == PLANNED
        )
    ).all()
    for row in rows:
        connection.execute(
            update(outbox)
            .where(outbox.c.key == row.key)
            .values(
                wall_due=rehearsal.to_wall(placing.clock, row.due),
                wall_expires=rehearsal.wall_expiry(placing.clock, row.due, row.expires),
            )
        )


def _values(sealer: Sealer, placing: Placing, message: PlanMessage) -> dict[str, Any]:
    body = body_of(message)
    return {
        "key": message.key,
        "journey": placing.journey,
        "enrolment": message.enrolment,
        "shard": shard_of(placing.journey),
        "message_class": message.message_class,
        "recipient": message.to,
        "status": PLANNED,
        "due": message.due,
        "expires": message.expires,
        "wall_due": rehearsal.to_wall(placing.clock, message.due),
        "wall_expires": rehearsal.wall_expiry(placing.clock, message.due, message.expires),
        "unless": unless_to_json(message.unless),
        "wants_receipt": message.wants_receipt,
        # When it goes is no content: a red row that ingest wrote and the tick plans again is the same message.
        "body_hash": sealer.fingerprint([body["to"], body["template"], body["text"]]),
        "body_sealed": sealer.seal("outbox.body", body),
        "planned_at": placing.wall,
        "attempts": 0,
        "note": None,
    }


def _over(connection: Connection, row: Any, values: Mapping[str, Any]) -> Written:
    same = row.body_hash == values["body_hash"]
    if row.status in REVIVABLE:
        result = connection.execute(
            update(outbox).where(outbox.c.key == row.key, outbox.c.status == row.status).values(**values)
        )
        if result.rowcount:
            return "replaced"
    if not same:
        connection.execute(update(outbox).where(outbox.c.key == row.key).values(note="other_content"))
    return "same" if same else "left"

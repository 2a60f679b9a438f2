"""Receipts that come later: a gateway calls back that a message was delivered, read, or did not arrive after all.

Judged by the gateway's signature over the raw body, as partners' callbacks are. What did not arrive goes out on the
next channel while there is one and it is still of use; a dose is never sent again. The journey is told what a decision
waits for: that an urgent message arrived, and that a message has no way left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, select, update

from activities.addresses import Addresses
from activities.handoffs.callbacks import Fault, Refused, judge, refuse
from activities.messaging.judge import DOSE
from activities.messaging.settling import Settler, is_urgent
from activities.records.ledger import Ledger, Sealer
from activities.records.schema import outbox, receipt

Status = Literal["delivered", "read", "undelivered"]
_RECEIPTS: Final = "receipts"


class Receipt(BaseModel):
    """The body of a receipt: ``id`` is the one the gateway answered with, else the key it was given."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(min_length=1, max_length=250)
    status: Status


@dataclass(frozen=True, slots=True)
class Taken:
    """Stored, or stored before. ``wake``: journeys to wake now."""

    wake: tuple[str, ...] = ()


def accept_receipt(
    ledger: Ledger, addresses: Addresses, channel: str, headers: Mapping[str, str], raw_body: bytes
) -> Taken | Refused:
    """Judge and store one receipt of a gateway. ``raw_body`` is as received, before any parsing.

    Raises:
        StoreUnavailableError: the records are away; answer 503, the gateway will come again.
    """
    gateway = addresses.channels.get(channel)
    if gateway is None or not gateway.secrets:
        return refuse("partner-unknown")
    judged = judge(gateway.secrets, headers, raw_body, ledger.store.now(), Receipt)
    return judged if isinstance(judged, Refused) else store_receipt(ledger, channel, judged[1])


def store_receipt(ledger: Ledger, channel: str, said: Receipt) -> Taken | Refused:
    """Write a receipt down, once, and do what follows from it."""
    unmatched: Fault = "callback-unmatched"
    journey = ledger.store.read(lambda c: _journey(c, channel, said.id))
    if journey is None:
        return refuse(unmatched)
    sealer = ledger.keys_if_any(journey)
    if sealer is None:
        return refuse(unmatched)

    def work(connection: Connection) -> Taken:
        settler = Settler(ledger, connection, _RECEIPTS, ledger.store.now())
        for row in _rows(connection, channel, said.id):
            _take(connection, settler, sealer, row, said.status, ledger.store.now())
        return Taken(tuple(dict.fromkeys(settler.told.wake)))

    return ledger.store.transact(work)


def _journey(connection: Connection, channel: str, id_: str) -> str | None:
    """Whose message it was; also of one that has gone on to another channel since."""
    for table in (outbox, receipt):
        query = select(table.c.journey).where(table.c.provider_id == id_, table.c.channel == channel).limit(1)
        found = connection.scalar(query)
        if found is not None:
            return str(found)
    return None


def _rows(connection: Connection, channel: str, id_: str) -> Sequence[Any]:
    """The messages that went out under this id and are where it says: one, or a bundle."""
    query = select(outbox).where(outbox.c.provider_id == id_, outbox.c.channel == channel, outbox.c.status == "sent")
    return connection.execute(query.order_by(outbox.c.key)).all()


def _take(connection: Connection, settler: Settler, sealer: Sealer, row: Any, status: Status, now: datetime) -> None:
    if status != "undelivered":
        settler.heard(row.journey, row.key, status, row.channel, row.provider_id)
        if row.wants_receipt:
            settler.tell(row.journey, row.key, status, sealer, wake=False)
        return
    channels = sealer.open("outbox.body", row.body_sealed)["channels"]
    later = channels[channels.index(row.channel) + 1 :] if row.channel in channels else []
    if later and row.message_class != DOSE and row.wall_expires > now:
        values: dict[str, Any] = {"status": "planned", "channel": later[0], "attempts": 0, "next_try": now}
        values |= {"provider_id": None, "claimed_by": None, "note": "undelivered"}
        connection.execute(update(outbox).where(outbox.c.key == row.key).values(**values))
        return
    connection.execute(update(outbox).where(outbox.c.key == row.key).values(status="failed", note="undelivered"))
    settler.heard(row.journey, row.key, "undelivered", row.channel, row.provider_id)
    settler.tell(row.journey, row.key, "undelivered", sealer, wake=is_urgent(row))
    settler.alarm(row.journey, row.key, row.message_class, sealer)

"""Writing down what became of a delivery: the rows, receipts, the in-app inbox, events for the journey, incidents.

Everything here runs inside the caller's transaction and touches a row only while it still bears the courier's mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, insert, select, update

from activities.intake.inbox import QUIET, WAKE, NewEvent, note_wake, put
from activities.intake.refusals import Refusal
from activities.messaging.channels import APP
from activities.messaging.claims import Ended, Parcel
from activities.messaging.judge import DOSE, RED, Again, Delivery, End, Row, after_failure
from activities.messaging.ports import Never, NotNow, Outcome, Sent, Unsure, opaque
from activities.messaging.wording import fill, join
from activities.records.ledger import Ledger, Sealer
from activities.records.schema import app_inbox, incident, outbox, receipt
from activities.records.store import lock_journey
from activities.rehearsal import from_json, patient_now
from pathways.decide.events import Delivery as DeliveryEvent
from pathways.lang.plan_base import Text

Json = Any
ReceiptStatus = Literal["sent", "delivered", "read", "undelivered", "unknown"]
_LONGEST_ID: Final = 150

_TEXTS: Final = {
    "no_channel": Text(
        en="A message has no way to its recipient: no channel is configured or no address is known.",
        zh="一条消息无法送达：未配置任何渠道或没有地址。",
    ),
    "undeliverable": Text(
        en="A message could not be delivered on any of its channels.",
        zh="一条消息在所有渠道上均未能送达。",
    ),
    "expired": Text(
        en="An urgent message was not delivered before it lost its use.",
        zh="一条紧急消息未能在有效期内送达。",
    ),
    "retrying": Text(
        en="An urgent message was refused on every channel; it is being tried again.",
        zh="一条紧急消息在所有渠道上均被拒绝，正在重试。",
    ),
    "wording": Text(
        en="A message holds a placeholder that nobody fills; it was not sent.",
        zh="一条消息含有无人填写的占位符，未发送。",
    ),
}


@dataclass(slots=True)
class Told:
    """What a transaction of the courier did. ``wake``: journeys to wake once it is committed."""

    sent: int = 0
    wake: list[str] = field(default_factory=list)
    incidents: int = 0


class Settler:
    """Settles within one transaction; made anew for each try of it."""

    def __init__(self, ledger: Ledger, connection: Connection, mark: str, now: datetime) -> None:
        self._ledger = ledger
        self._db = connection
        self._mark = mark
        self._now = now
        self.told = Told()

    def settle(self, parcel: Parcel, outcome: Outcome) -> None:
        """Write down the outcome of a try."""
        if isinstance(outcome, Sent):
            self._sent(parcel, outcome.provider_id)
        elif isinstance(outcome, Unsure) and parcel.delivery.dose:
            for row in parcel.delivery.rows:
                self._end(row, End("unknown", outcome.code), parcel.sealer)
        else:
            self._failed(parcel, outcome)

    def deposit(self, parcel: Parcel) -> None:
        """Put a delivery into the in-app inbox: sent by the same commit that marks it."""
        words = wording(parcel)
        first = parcel.delivery.first
        known = self._db.scalar(select(app_inbox.c.key).where(app_inbox.c.key == parcel.delivery.key))
        if known is None:
            self._db.execute(
                insert(app_inbox).values(
                    key=parcel.delivery.key,
                    journey=first.journey,
                    recipient=first.recipient,
                    message_class=first.message_class,
                    at=patient_now(from_json(parcel.clock), self._now),
                    text_sealed=parcel.sealer.seal("app_inbox.text", {"en": words.en, "zh": words.zh}),
                )
            )
        self._sent(parcel, parcel.delivery.key)

    def ended(self, ended: Ended) -> None:
        """Write down the end of a row that was not claimed (it bears no mark)."""
        self._end(ended.row, ended.end, ended.sealer, marked=False)

    def unworded(self, parcel: Parcel) -> None:
        """A delivery whose text cannot be filled: a fault of the pathway, told loudly."""
        for row in parcel.delivery.rows:
            self._end(row, End("failed", "wording"), parcel.sealer)

    def release(self, delivery: Delivery) -> None:
        """Give back rows that were claimed and not tried; an earlier try of theirs keeps its key."""
        for row in delivery.rows:
            self._mark_row(row, status="planned", claimed_by=None, provider_id=row.maybe, channel=row.channel)

    def unknown(self, journey: str, key: str, sealer: Sealer) -> None:
        """Tell the journey that a row's fate is unknown (the row says so already)."""
        self.heard(journey, key, "unknown", "", None)
        self.tell(journey, key, "unknown", sealer, wake=True)

    # ----------------------------------------------------------------------- parts

    def _sent(self, parcel: Parcel, provider_id: str) -> None:
        delivery = parcel.delivery
        at = patient_now(from_json(parcel.clock), self._now)
        for row in delivery.rows:
            self._mark_row(
                row,
                status="sent",
                provider_id=provider_id[:250],
                sent_at=self._now,
                sent_patient_at=at,
                attempts=row.attempts + 1,
            )
            self.heard(row.journey, row.key, "sent", delivery.channel, provider_id[:250])
            if row.wants_receipt:
                self.tell(row.journey, row.key, "sent", parcel.sealer, wake=False)
            self.told.sent += 1

    def _failed(self, parcel: Parcel, outcome: NotNow | Never | Unsure) -> None:
        delivery = parcel.delivery
        maybe = delivery.key if isinstance(outcome, Unsure) else delivery.first.maybe
        for row in delivery.rows:
            then = after_failure(row, delivery.channel, self._now, never=isinstance(outcome, Never))
            if isinstance(then, End):
                self._end(row, then if maybe is None else End("unknown", outcome.code), parcel.sealer)
                continue
            self._again(row, then, maybe, outcome.code)
            if then.wrapped:
                self._incident(row.journey, row.key, "retrying", parcel.sealer)

    def _again(self, row: Row, then: Again, maybe: str | None, code: str) -> None:
        self._mark_row(
            row,
            status="planned",
            claimed_by=None,
            channel=then.channel,
            attempts=then.attempts,
            next_try=then.at,
            provider_id=maybe,
            note=code[:64],
        )

    def _end(self, row: Row, end: End, sealer: Sealer, *, marked: bool = True) -> None:
        self._mark_row(row, marked=marked, status=end.status, note=end.note[:64], claimed_by=None)
        red = row.message_class == RED
        urgent = is_urgent(row)
        if end.status == "unknown":
            self.heard(row.journey, row.key, "unknown", row.channel or "", None)
            self.tell(row.journey, row.key, "unknown", sealer, wake=True)
        elif end.status == "failed" or (end.status == "expired" and urgent):
            self.heard(row.journey, row.key, "undelivered", row.channel or "", None)
            self.tell(row.journey, row.key, "undelivered", sealer, wake=urgent)
        if end.note in {"no_channel", "wording"} or (red and end.status in {"failed", "expired"}):
            self._incident(row.journey, row.key, end.note, sealer)

    def _mark_row(self, row: Row, *, marked: bool = True, **values: Json) -> None:
        where = [outbox.c.key == row.key]
        where += (
            [outbox.c.status == "sending", outbox.c.claimed_by == self._mark]
            if marked
            else [outbox.c.status == "planned"]
        )
        self._db.execute(update(outbox).where(*where).values(**values))

    def heard(self, journey: str, key: str, status: ReceiptStatus, channel: str, provider_id: str | None) -> None:
        """Write a receipt down, once for a message and status."""
        known = self._db.scalar(select(receipt.c.message).where(receipt.c.message == key, receipt.c.status == status))
        if known is None:
            self._db.execute(
                insert(receipt).values(
                    message=key,
                    status=status,
                    journey=journey,
                    at=self._now,
                    channel=channel,
                    provider_id=provider_id,
                )
            )

    def tell(self, journey: str, key: str, status: ReceiptStatus, sealer: Sealer, *, wake: bool) -> None:
        """Tell the journey what became of a message, once for a message and status."""
        row = lock_journey(self._db, journey)
        if row is None:
            return
        seen = patient_now(from_json(row.rehearsal), self._now)
        stored = put(
            self._db,
            self._ledger,
            sealer,
            row,
            NewEvent(event_id(key, status), DeliveryEvent(message=key, status=status)),
            seen=seen,
            urgency=WAKE if wake else QUIET,
            about=key[:200],
        )
        if not isinstance(stored, Refusal) and stored.wake and wake:
            note_wake(self._db, journey, self._now)
            self.told.wake.append(journey)

    def alarm(self, journey: str, key: str, message_class: str, sealer: Sealer) -> None:
        """A red message that has no way left is told loudly, outside the journey too."""
        if message_class == RED:
            self._incident(journey, key, "undeliverable", sealer)

    def _incident(self, journey: str, key: str, note: str, sealer: Sealer) -> None:
        name = f"message:{note}:{opaque(key)}"
        if self._db.scalar(select(incident.c.key).where(incident.c.key == name)) is not None:
            return
        words = _TEXTS.get(note, _TEXTS["undeliverable"])
        self._db.execute(
            insert(incident).values(
                key=name,
                journey=journey,
                kind=f"message_{note}"[:64],
                at=self._now,
                text_sealed=sealer.seal("incident.text", {"en": words.en, "zh": words.zh}),
            )
        )
        self.told.incidents += 1


def is_urgent(row: Any) -> bool:
    """Whether somebody must hear at once that this message did not arrive. ``row``: of the outbox, or a `Row`."""
    return row.message_class in {RED, DOSE} or bool(row.wants_receipt)


def event_id(key: str, status: str) -> str:
    """The id of a Delivery event: the same message and status act once."""
    return f"delivery:{status}:{key if len(key) <= _LONGEST_ID else opaque(key)}"


def wording(parcel: Parcel) -> Text:
    """The words of a delivery in both languages, placeholders filled.

    Raises:
        KeyError: a placeholder that nobody fills.
    """
    texts: Sequence[Text] = [row.text for row in parcel.delivery.rows]
    return fill(join(texts), emergency_number=parcel.emergency_number, name=parcel.recipient.name)


def in_store(parcel: Parcel) -> bool:
    """Whether a delivery goes to the in-app inbox."""
    return parcel.delivery.channel == APP

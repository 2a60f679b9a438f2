"""Taking due rows from the outbox in one transaction that judges, ends and claims; and what a dead courier left.

A claimed row is ``sending``, with the courier's mark and the channel it will be tried on. ``provider_id`` of a row
that is not sent yet holds the key of a delivery that may have gone out: set when rows are claimed for a channel
outside the store, for doses only just before the try, so that a dose claimed and never tried is not lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select, update

from activities.messaging.channels import APP, Channels
from activities.messaging.judge import DOSE, RED, STAFF, Around, Delivery, End, Go, Row, deliveries, judge
from activities.messaging.recipients import Recipient, recipient
from activities.records.ledger import Ledger, Sealer
from activities.records.schema import inbox, journey, outbox, patient, reading, site, task
from pathways.lang.plan_base import Text

Json = Any
BATCH: Final = 100
LEASE: Final = timedelta(seconds=60)
_CLOSED: Final = ("done", "cancelled")
_ACCEPTED: Final = ("final", "amended")


@dataclass(frozen=True, slots=True)
class Share:
    """The rows one courier looks after: every journey whose shard leaves ``shard`` when divided by ``shards``.

    ``red``: only what cannot wait behind the reminders of everybody: red rows, and those to staff, among them the
    calls of a red ladder. Two couriers may see the same row; the claim decides.
    """

    shard: int
    shards: int
    red: bool = False

    @property
    def name(self) -> str:
        """The courier's name, for its mark and its heartbeat."""
        return f"courier:{'red:' if self.red else ''}{self.shard}/{self.shards}"

    def names(self) -> list[str]:
        """The names of all couriers of this kind."""
        return [Share(shard, self.shards, self.red).name for shard in range(self.shards)]

    def condition(self) -> ColumnElement[bool]:
        """The rows of this share."""
        mine = outbox.c.shard % self.shards == self.shard
        return and_(mine, outbox.c.message_class.in_((RED, STAFF))) if self.red else mine


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed delivery with all it takes to send and settle it. ``clock``: the journey's rehearsal map as JSON."""

    delivery: Delivery
    recipient: Recipient
    emergency_number: str
    clock: Json
    sealer: Sealer


@dataclass(frozen=True, slots=True)
class Ended:
    """A row that ended without being sent."""

    row: Row
    end: End
    sealer: Sealer


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought. ``looked``: rows that were due; 0 means there is nothing to do."""

    parcels: tuple[Parcel, ...]
    ended: tuple[Ended, ...]
    unreadable: tuple[str, ...]
    looked: int


def due(share: Share, now: datetime) -> ColumnElement[bool]:
    """Rows to be looked at now."""
    return and_(
        outbox.c.status == "planned",
        outbox.c.wall_due <= now,
        or_(outbox.c.next_try.is_(None), outbox.c.next_try <= now),
        share.condition(),
    )


def next_due(connection: Connection, share: Share, now: datetime) -> datetime | None:
    """When the next row of the share is to be looked at, wall time."""
    planned = and_(outbox.c.status == "planned", share.condition())
    later = select(outbox.c.wall_due).where(planned, outbox.c.wall_due > now).order_by(outbox.c.wall_due).limit(1)
    again = select(func.min(func.coalesce(outbox.c.next_try, outbox.c.wall_due)))
    found = [connection.scalar(later), connection.scalar(again.where(planned, outbox.c.wall_due <= now))]
    return min((instant for instant in found if instant is not None), default=None)


def oldest_due(connection: Connection, share: Share, now: datetime) -> datetime | None:
    """Since when the longest waiting row of the share has been due; None: nothing waits."""
    found: datetime | None = connection.scalar(select(func.min(outbox.c.wall_due)).where(due(share, now)))
    return found


def abandoned(connection: Connection, share: Share, now: datetime) -> list[str]:
    """The journeys that have rows left ``sending`` by an earlier run of this courier, or by anybody for too long."""
    return list(connection.scalars(select(outbox.c.journey).where(_left(share, now)).distinct()))


def _left(share: Share, now: datetime) -> ColumnElement[bool]:
    return and_(
        outbox.c.status == "sending",
        share.condition(),
        or_(outbox.c.claimed_by.like(f"{share.name}#%"), outbox.c.claimed_at < now - LEASE),
    )


def take_back(connection: Connection, share: Share, now: datetime, journeys: Sequence[str]) -> list[tuple[str, str]]:
    """Judge the abandoned rows of ``journeys``.

    What was never tried is planned again. A dose that may have gone out becomes ``unknown`` and is not sent again;
    anything else is planned again under the same key. Gives (journey, key) of the unknown ones.
    """
    left = and_(_left(share, now), outbox.c.journey.in_(journeys))
    tried_dose = and_(left, outbox.c.message_class == DOSE, outbox.c.channel != APP, outbox.c.provider_id.is_not(None))
    lost = connection.execute(select(outbox.c.journey, outbox.c.key).where(tried_dose)).all()
    connection.execute(update(outbox).where(tried_dose).values(status="unknown", note="courier_died"))
    in_store = and_(left, outbox.c.channel == APP)
    connection.execute(update(outbox).where(in_store).values(status="planned", claimed_by=None, provider_id=None))
    connection.execute(update(outbox).where(left).values(status="planned", claimed_by=None))
    return [(row.journey, row.key) for row in lost]


def candidates(connection: Connection, share: Share, now: datetime) -> list[str]:
    """The journeys whose rows a claim would look at now."""
    rows = connection.scalars(select(outbox.c.journey).where(due(share, now)).order_by(*_order()).limit(BATCH))
    return list(dict.fromkeys(rows))


def _order() -> tuple[Any, ...]:
    urgency = case((outbox.c.message_class == RED, 0), (outbox.c.message_class == STAFF, 1), else_=2)
    return (urgency, outbox.c.wall_due, outbox.c.key)


def sealers(ledger: Ledger, journeys: Iterable[str]) -> dict[str, Sealer | None]:
    """The keys of each journey; None where they were shredded. Taken before the transaction that claims."""
    return {key: ledger.keys_if_any(key) for key in journeys}


def claim(
    connection: Connection,
    share: Share,
    mark: str,
    now: datetime,
    keys: Mapping[str, Sealer | None],
    channels: Channels,
) -> Claimed:
    """End the due rows that are not to be sent; claim the others under ``mark``: red ones, those to staff, the rest."""
    query = select(outbox).where(due(share, now), outbox.c.journey.in_(list(keys))).order_by(*_order()).limit(BATCH)
    found = list(connection.execute(query.with_for_update(skip_locked=True)))
    found += _rest_of_groups(connection, found)
    ended: list[Ended] = []
    unreadable: list[str] = []
    going: list[tuple[Row, str]] = []
    desks: dict[str, _Desk] = {}
    for record in found:
        sealer = keys[record.journey]
        if sealer is None:
            unreadable.append(record.key)
            continue
        if record.journey not in desks:
            desks[record.journey] = _Desk(connection, record.journey, sealer, channels)
        row = _row(record, sealer)
        around = desks[record.journey].around(connection, row, record.unless, now)
        verdict = judge(row, around)
        if isinstance(verdict, Go):
            going.append((row, verdict.channel))
        else:
            ended.append(Ended(row, verdict, sealer))
    going, ended = _whole_groups(going, ended)
    parcels = [desks[d.first.journey].parcel(d) for d in deliveries(going)]
    _write(connection, mark, now, parcels, unreadable)
    return Claimed(tuple(parcels), tuple(ended), tuple(unreadable), len(found))


def _rest_of_groups(connection: Connection, found: Sequence[Any]) -> list[Any]:
    """Rows of a broken off bundle that the limit of a claim cut away."""
    groups = {row.provider_id for row in found if (row.provider_id or "").startswith("b:")}
    if not groups:
        return []
    have = [row.key for row in found]
    query = select(outbox).where(
        outbox.c.provider_id.in_(groups), outbox.c.status == "planned", outbox.c.key.not_in(have)
    )
    return list(connection.execute(query))


def _whole_groups(going: list[tuple[Row, str]], ended: list[Ended]) -> tuple[list[tuple[Row, str]], list[Ended]]:
    """A broken off bundle goes out once more as it was, while at least one of its rows is still wanted."""
    wanted = {row.maybe: channel for row, channel in going if row.maybe is not None}
    back = [(e.row, wanted[e.row.maybe]) for e in ended if e.row.maybe in wanted and e.end.note != "journey_stopped"]
    names = {row.key for row, _ in back}
    return going + back, [e for e in ended if e.row.key not in names]


def _row(record: Any, sealer: Sealer) -> Row:
    body = sealer.open("outbox.body", record.body_sealed)
    return Row(
        key=record.key,
        journey=record.journey,
        message_class=record.message_class,
        recipient=record.recipient,
        wall_expires=record.wall_expires,
        wants_receipt=record.wants_receipt,
        attempts=record.attempts,
        channel=record.channel,
        maybe=record.provider_id,
        channels=tuple(body["channels"]),
        text=Text(en=body["text"]["en"], zh=body["text"]["zh"]),
        topic=body.get("topic"),
        private=bool(body.get("private")),
        bundle=body.get("bundle"),
    )


def _write(
    connection: Connection, mark: str, now: datetime, parcels: Sequence[Parcel], unreadable: Sequence[str]
) -> None:
    for parcel in parcels:
        delivery = parcel.delivery
        in_advance = None if delivery.dose or delivery.channel == APP else delivery.key
        connection.execute(
            update(outbox)
            .where(outbox.c.key.in_([row.key for row in delivery.rows]))
            .values(
                status="sending",
                claimed_by=mark,
                claimed_at=now,
                channel=delivery.channel,
                provider_id=in_advance,
                next_try=None,
            )
        )
    if unreadable:
        gone = update(outbox).where(outbox.c.key.in_(unreadable))
        connection.execute(gone.values(status="stopped", note="keys_shredded"))


class _Desk:
    """What is known of one journey while its rows are judged, read once."""

    def __init__(self, connection: Connection, key: str, sealer: Sealer, channels: Channels) -> None:
        query = (
            select(journey, patient.c.contact_sealed)
            .join(patient, patient.c.key == journey.c.key)
            .where(journey.c.key == key)
        )
        self._row = connection.execute(query).one()
        self._contact = sealer.open("patient.contact", self._row.contact_sealed)
        self._sealer = sealer
        self._channels = channels
        self._opt_out = _wishes(connection, key, sealer)
        self._emergency_number = _emergency_number(connection, self._row.site_sha)

    def around(self, connection: Connection, row: Row, unless: Json, now: datetime) -> Around:
        """What the rules need to know."""
        to = recipient(row.key, row.recipient, self._contact, self._channels.addresses)

        def reachable(channel: str) -> bool:
            return channel == APP or (self._channels.has(channel) and bool(to.at(channel)))

        return Around(
            now=now,
            stopped=self._row.stop_messages,
            excepted=tuple(self._row.except_prefixes or ()),
            opt_out=self._opt_out,
            reachable=reachable,
            settled=unless is not None and comes_true(connection, row.journey, unless),
        )

    def parcel(self, delivery: Delivery) -> Parcel:
        """A delivery with its recipient."""
        first = delivery.first
        to = recipient(first.key, first.recipient, self._contact, self._channels.addresses)
        return Parcel(delivery, to, self._emergency_number, self._row.rehearsal, self._sealer)


def _wishes(connection: Connection, key: str, sealer: Sealer) -> dict[str, bool]:
    """What the patient has opted out of, as far as it is stored, whether a tick has seen it or not."""
    query = select(inbox.c.body_sealed).where(inbox.c.journey == key, inbox.c.kind == "preference")
    out: dict[str, bool] = {}
    for sealed in connection.scalars(query.order_by(inbox.c.seq)):
        out.update(sealer.open("inbox.body", sealed).get("opt_out") or {})
    return out


def _emergency_number(connection: Connection, sha: str | None) -> str:
    if sha is None:
        return ""
    from pathways.lang.site_plan import Site

    text = connection.scalar(select(site.c.text).where(site.c.sha256 == sha))
    return "" if text is None else Site.model_validate_json(text).emergency_number


def comes_true(connection: Connection, key: str, unless: Mapping[str, Json]) -> bool:
    """Whether a stored ``Unless`` holds now: enough accepted readings, an answer, or a closed task.

    Several conditions in one are alternatives.
    """
    since, before = _instant(unless.get("since")), _instant(unless.get("before"))
    if unless.get("measure"):
        query = select(func.count()).where(
            reading.c.journey == key,
            reading.c.measure == unless["measure"],
            reading.c.quality != "implausible",
            reading.c.status.in_(_ACCEPTED),
        )
        if since is not None:
            query = query.where(reading.c.at >= since)
        if before is not None:
            query = query.where(reading.c.at < before)
        if (connection.scalar(query) or 0) >= int(unless.get("readings", 1)):
            return True
    if unless.get("step"):
        query = select(func.count()).where(
            inbox.c.journey == key, inbox.c.kind == "answered", inbox.c.about == unless["step"]
        )
        if since is not None:
            query = query.where(inbox.c.at >= since)
        if before is not None:
            query = query.where(inbox.c.at < before)
        if connection.scalar(query):
            return True
    if unless.get("task"):
        status = connection.scalar(select(task.c.status).where(task.c.journey == key, task.c.key == unless["task"]))
        return status in _CLOSED
    return False


def _instant(text: Json) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

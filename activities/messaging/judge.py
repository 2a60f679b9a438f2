"""What may become of a due row of the outbox: the rules of the courier, without I/O or clock. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from pathways.lang.plan_base import Text

DOSE: Final = "dose"
RED: Final = "red"
STAFF: Final = "staff"

Status = Literal["stopped", "expired", "unneeded", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Row:
    """A due row with its body opened. Instants are wall time.

    ``attempts``: tries on ``channel`` (None: none chosen yet). ``maybe``: the key under which an earlier, broken
    off delivery may have gone out, or None.
    """

    key: str
    journey: str
    message_class: str
    recipient: str
    wall_expires: datetime
    wants_receipt: bool
    attempts: int
    channel: str | None
    maybe: str | None
    channels: tuple[str, ...]
    text: Text
    topic: str | None = None
    private: bool = False
    bundle: str | None = None


@dataclass(frozen=True, slots=True)
class End:
    """The row ends here. ``note`` is coded."""

    status: Status
    note: str


@dataclass(frozen=True, slots=True)
class Go:
    """The row is to be sent on ``channel``."""

    channel: str


@dataclass(frozen=True, slots=True)
class Around:
    """What the courier knows about a row's journey and recipient when it claims.

    ``stopped``: withdrawal or death; ``excepted``: key prefixes sent all the same. ``opt_out``: channel, topic or
    "all" -> True. ``reachable``: whether a channel is configured and has an address for this recipient.
    ``settled``: whether the row's ``unless`` has come true.
    """

    now: datetime
    stopped: bool
    excepted: tuple[str, ...]
    opt_out: Mapping[str, bool]
    reachable: Callable[[str], bool]
    settled: bool


def judge(row: Row, around: Around) -> Go | End:
    """Whether to send a due row, and on which channel."""
    if around.stopped and _personal(row) and not row.key.startswith(around.excepted or ("\0",)):
        return _no_more(row, "stopped", "journey_stopped")
    if row.wall_expires <= around.now:
        return _no_more(row, "expired", "expired")
    if around.settled:
        return _no_more(row, "unneeded", "unless")
    if row.message_class != RED and _opted_out(row, around.opt_out):
        return _no_more(row, "stopped", "opted_out")
    return _channel(row, around)


def _no_more(row: Row, status: Status, note: str) -> End:
    """A row that may already have gone out must not be called unsent."""
    return End(status, note) if row.maybe is None else End("unknown", note)


def _personal(row: Row) -> bool:
    return not row.recipient.startswith("role:")


def _opted_out(row: Row, opt_out: Mapping[str, bool]) -> bool:
    if not _personal(row):
        return False
    return bool(opt_out.get("all") or (row.topic is not None and opt_out.get(row.topic)))


def _channel(row: Row, around: Around) -> Go | End:
    """The channel in hand, else the next that is there. Red goes over a channel opted out of when no other is left."""
    ahead = row.channels
    if row.channel is not None and row.channel in ahead:
        ahead = ahead[ahead.index(row.channel) :]
    there = [name for name in ahead if around.reachable(name)]
    allowed = [name for name in there if not (_personal(row) and around.opt_out.get(name))]
    if allowed:
        return Go(allowed[0])
    if there and row.message_class == RED:
        return Go(there[0])
    if there:
        return _no_more(row, "stopped", "opted_out")
    return _no_more(row, "failed", "no_channel")


# --------------------------------------------------------------------------- after a failure

RED_PAUSES: Final = (0.5, 1.0, 2.0, 5.0)
PAUSES: Final = (5.0, 30.0, 120.0, 600.0)
"""Seconds of wall time between tries on one channel, the last repeated."""
TRIES: Final = 4
RED_TRIES: Final = 2
"""Tries on a channel before the next one is taken. A red message goes round again until it expires."""


@dataclass(frozen=True, slots=True)
class Again:
    """Try again at ``at`` on ``channel``, ``attempts`` tries having been made there."""

    channel: str
    at: datetime
    attempts: int
    wrapped: bool = False


def after_failure(row: Row, channel: str, now: datetime, *, never: bool) -> Again | End:
    """What follows when ``channel`` did not take the row. ``never``: it will not take it later either."""
    tries = row.attempts + 1 if channel == row.channel else 1
    limit, pauses = (RED_TRIES, RED_PAUSES) if row.message_class == RED else (TRIES, PAUSES)
    if not never and tries < limit:
        return Again(channel, now + timedelta(seconds=pauses[min(tries - 1, len(pauses) - 1)]), tries)
    later = row.channels[row.channels.index(channel) + 1 :] if channel in row.channels else ()
    if later:
        return Again(later[0], now, 0)
    if row.message_class == RED:
        return Again(row.channels[0], now + timedelta(seconds=pauses[-1]), 0, wrapped=True)
    return End("failed", "undeliverable")


# --------------------------------------------------------------------------- bundles


@dataclass(frozen=True, slots=True)
class Delivery:
    """What goes out at once: one row, or the rows of a bundle. ``key`` is the same on every try."""

    key: str
    channel: str
    rows: tuple[Row, ...]

    @property
    def first(self) -> Row:
        """The row that speaks for all."""
        return self.rows[0]

    @property
    def dose(self) -> bool:
        """Whether this must never go out twice."""
        return self.first.message_class == DOSE


def delivery_key(keys: Sequence[str]) -> str:
    """The key of rows that go out together: their own when there is one, else a digest of all."""
    if len(keys) == 1:
        return keys[0]
    return "b:" + hashlib.sha256("\n".join(sorted(keys)).encode()).hexdigest()


def deliveries(going: Iterable[tuple[Row, str]]) -> list[Delivery]:
    """Put rows and their channels together into deliveries, in the order given.

    Rows of an earlier, broken off delivery stay together and keep its key; of the others, those of one journey,
    recipient and bundle go together when channel, privacy and the guarantee (dose or not) agree.
    """
    groups: dict[tuple[object, ...], list[Row]] = {}
    channels: dict[tuple[object, ...], str] = {}
    for row, channel in going:
        name = _group(row, channel)
        groups.setdefault(name, []).append(row)
        channels.setdefault(name, channel)
    out = []
    for name, rows in groups.items():
        key = rows[0].maybe or delivery_key([row.key for row in rows])
        # Sorted, so that a second try of a bundle has the same text.
        out.append(Delivery(key, channels[name], tuple(sorted(rows, key=lambda row: row.key))))
    return out


def _group(row: Row, channel: str) -> tuple[object, ...]:
    if row.maybe is not None:
        return ("maybe", row.maybe)
    if row.bundle is None or row.message_class == RED:
        return ("alone", row.key)
    return (row.journey, row.recipient, row.bundle, channel, row.private, row.message_class == DOSE)

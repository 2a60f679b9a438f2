"""The courier of one rehearsed patient: an outbox in memory, judged by the rules of the real courier.

What becomes of a due row is decided by ``activities.messaging.judge``, the same function as on a real server;
only the storing differs. Nothing is sent anywhere.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from datetime import datetime

from activities.messaging.judge import Around, Go, Row, judge
from pathways.decide.effects import CancelMessages, PlanMessage, Unless
from pathways.decide.events import Answered, Event, Preference, Reading


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that was taken: on which channel it was sent, or "" with the reason why not."""

    row: PlanMessage
    channel: str
    why: str


@dataclass(slots=True)
class Courier:
    """``stopped``: the journey's status forbids sending, but for keys under ``spared``. ``stored``: times of what was
    stored, sorted, by ``reading|<measure>`` and ``answer|<step>``."""

    rows: dict[str, PlanMessage] = field(default_factory=dict)
    due: list[tuple[datetime, str]] = field(default_factory=list)
    claimed: set[str] = field(default_factory=set)
    stopped: bool = False
    spared: tuple[str, ...] = ()
    opt_out: dict[str, bool] = field(default_factory=dict)
    stored: dict[str, list[datetime]] = field(default_factory=dict)
    closed_tasks: set[str] = field(default_factory=set)

    # ------------------------------------------------------------------ what happens around it

    def store(self, event: Event) -> None:
        """Note an event as the store does: ``unless`` of messages looks at it."""
        body = event.body
        if isinstance(body, Reading) and body.quality == "ok" and body.status == "final":
            insort(self.stored.setdefault(f"reading|{body.measure}", []), event.at)
        elif isinstance(body, Answered):
            insort(self.stored.setdefault(f"answer|{body.step}", []), event.at)
        elif isinstance(body, Preference):
            self.opt_out.update(body.opt_out)

    def put(self, row: PlanMessage) -> None:
        """Put or replace a row; one that was claimed stays as it was sent."""
        if row.key in self.claimed:
            return
        self.rows[row.key] = row
        heapq.heappush(self.due, (row.due, row.key))

    def withdraw(self, effect: CancelMessages) -> list[PlanMessage]:
        """Take back unclaimed rows and give them."""
        prefix = effect.prefix
        keys = [k for k in effect.keys if k in self.rows]
        if prefix is not None:
            keys += [k for k in self.rows if k.startswith(prefix)]
        return [self.rows.pop(k) for k in dict.fromkeys(keys)]

    # ------------------------------------------------------------------ its work

    def next_claim(self) -> datetime | None:
        """When the next row is due, None with an empty outbox."""
        while self.due:
            at, key = self.due[0]
            row = self.rows.get(key)
            if row is not None and row.due == at:
                return at
            heapq.heappop(self.due)
        return None

    def claim(self, now: datetime) -> Claimed | None:
        """Take the next row that is due by ``now``; None when there is none."""
        at = self.next_claim()
        if at is None or at > now:
            return None
        _, key = heapq.heappop(self.due)
        row = self.rows.pop(key)
        self.claimed.add(key)
        around = Around(now, self.stopped, self.spared, self.opt_out, lambda _: True,
                        row.unless is not None and self._settled(row.unless))  # fmt: skip
        found = judge(_as_stored(row), around)
        return Claimed(row, found.channel, "") if isinstance(found, Go) else Claimed(row, "", found.status)

    def _settled(self, unless: Unless) -> bool:
        if unless.task is not None and unless.task in self.closed_tasks:
            return True
        if unless.measure is not None and self._count(f"reading|{unless.measure}", unless) >= unless.readings:
            return True
        return unless.step is not None and self._count(f"answer|{unless.step}", unless) > 0

    def _count(self, name: str, unless: Unless) -> int:
        stored = self.stored.get(name, [])
        first = 0 if unless.since is None else bisect_left(stored, unless.since)
        last = len(stored) if unless.before is None else bisect_left(stored, unless.before)
        return max(0, last - first)


def _as_stored(row: PlanMessage) -> Row:
    return Row(
        row.key, "", row.message_class, row.to, row.expires, row.wants_receipt, 0, None, None, row.channels, row.text,
        row.topic, row.private, row.bundle,
    )  # fmt: skip

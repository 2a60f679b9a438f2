"""What is kept beside the state while it is in memory and made again from it: the agenda and indexes.

The agenda is a heap of (instant, priority, kind, key). An entry holds while its record still says the same next
instant; entries that do not are dropped when they come up, so changing a record costs one push.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right, insort
from datetime import datetime
from typing import Any, TypeVar

from pathways.decide.records import Alarm, Enrolment, Episode, HandoffRun, Kept, Occurrence, RuleRun, Task
from pathways.decide.state import JourneyState

OPENING, EVENT, SAFETY, TIMEOUT, PROGRESS = range(5)
"""Order at one instant: what opens, answers, safety, time-outs, progress."""

T = TypeVar("T")
Entry = tuple[datetime, int, str, str]
CACHE = 2000
"""So many worked-out values are kept in memory before all are forgotten."""
LAST = "\uffff"
"""Sorts behind every key."""


def occurrence_next(o: Occurrence) -> tuple[datetime, int] | None:
    """The next change of an occurrence."""
    if o.state == "planned":
        at = o.opens or o.due
        return None if at is None else (at, OPENING)
    if o.state == "open":
        return None if o.due is None else (o.due, OPENING)
    if o.state == "due" and o.late is not None and (o.missed is None or o.late < o.missed):
        return o.late, TIMEOUT
    return None if o.missed is None else (o.missed, TIMEOUT)


def task_next(t: Task) -> tuple[datetime, int] | None:
    """The next rung, lateness or waking of a task; none of one that another stands for."""
    if t.with_:
        return None
    found = [at for at in (t.rung_at, t.snoozed, None if t.is_late else t.late) if at is not None]
    return (min(found), SAFETY if t.level == "red" else TIMEOUT) if found else None


def episode_next(e: Episode) -> tuple[datetime, int] | None:
    """The end of the wait for a repeat measurement, or for the reading after a treatment."""
    return (e.until, SAFETY) if e.state in {"awaiting", "guiding"} and e.until is not None else None


def rule_next(r: RuleRun) -> tuple[datetime, int] | None:
    """A follow-up of ``settled_when``, an unknown that has lasted, a condition that has held, the edge of its days."""
    found = [at for at in (r.follow, r.unknown_at, r.held_at, r.edge_at) if at is not None]
    return (min(found), SAFETY) if found else None


def handoff_next(h: HandoffRun) -> tuple[datetime, int] | None:
    """The next deadline of a handoff that has not ended; none while the partner waits for us."""
    if h.state == "ended" or not h.deadlines or h.stopped is not None:
        return None
    return min(h.deadlines.values()), TIMEOUT


def enrolment_next(e: Enrolment) -> tuple[datetime, int] | None:
    """The deadline or end of the phase."""
    if e.status not in {"active", "paused"}:
        return None
    found = [at for at in (e.no_later, e.wait_until if e.ending is not None else e.until, e.look_at) if at is not None]
    return (min(found), PROGRESS) if found else None


def alarm_next(a: Alarm) -> tuple[datetime, int] | None:
    """A due instant of its own."""
    return None if a.at is None else (a.at, PROGRESS if a.what in {"plan", "block", "baseline"} else TIMEOUT)


NEXT: dict[str, Any] = {
    "occurrences": occurrence_next,
    "tasks": task_next,
    "episodes": episode_next,
    "rules": rule_next,
    "handoffs": handoff_next,
    "enrolments": enrolment_next,
    "alarms": alarm_next,
}


class Live:
    """The agenda and the indexes of one state in memory."""

    __slots__ = ("by_step", "cache", "dues", "heap", "readings", "run")

    def __init__(self, state: JourneyState) -> None:
        self.heap: list[Entry] = []
        self.readings: dict[str, list[tuple[datetime, str, Kept]]] = {}
        self.by_step: dict[tuple[str, str], set[str]] = {}
        self.dues: list[tuple[datetime, str]] = []
        self.cache: dict[Any, Any] = {}
        self.run: Any = None
        for section, next_of in NEXT.items():
            for key, record in getattr(state, section).items():
                due = next_of(record)
                if due is not None:
                    self.heap.append((*due, section, key))
        heapq.heapify(self.heap)
        for key, occurrence in state.occurrences.items():
            self.by_step.setdefault((occurrence.enrolment, occurrence.step), set()).add(key)
            if occurrence.due is not None:
                self.dues.append((occurrence.due, key))
        self.dues.sort()
        for kept in state.readings.values():
            if kept.at is not None:
                self.readings.setdefault(kept.measure, []).append((kept.at, kept.key, kept))
        for rows in self.readings.values():
            rows.sort(key=lambda row: row[:2])

    def schedule(self, section: str, record: Any) -> None:
        """Put a record's next instant on the agenda (after every change of it)."""
        due = NEXT[section](record)
        if due is not None:
            heapq.heappush(self.heap, (*due, section, record.key))

    def peek(self, state: JourneyState) -> Entry | None:
        """The next entry that still holds."""
        while self.heap:
            entry = self.heap[0]
            at, priority, section, key = entry
            record = getattr(state, section).get(key)
            if record is not None and NEXT[section](record) == (at, priority):
                return entry
            heapq.heappop(self.heap)
        return None

    def pop(self) -> None:
        """Take the entry just looked at (all equal ones)."""
        entry = heapq.heappop(self.heap)
        while self.heap and self.heap[0] == entry:
            heapq.heappop(self.heap)

    def note(self, occurrence: Occurrence) -> None:
        """Index an occurrence: one that was made, or has another due instant."""
        self.by_step.setdefault((occurrence.enrolment, occurrence.step), set()).add(occurrence.key)
        if occurrence.due is not None:
            insort(self.dues, (occurrence.due, occurrence.key))
        self.schedule("occurrences", occurrence)

    def first_due(self, state: JourneyState, after: datetime) -> Occurrence | None:
        """The first occurrence that is due later than an instant (which never goes back from call to call)."""
        place = bisect_right(self.dues, (after, LAST))
        del self.dues[:place]
        while self.dues:
            due, key = self.dues[0]
            found = state.occurrences.get(key)
            if found is not None and found.due == due:
                return found
            del self.dues[0]
        return None

    def remember(self, key: Any, value: T) -> T:
        """Keep something that was worked out and holds for ever under its key; all is forgotten when it is much."""
        if len(self.cache) > CACHE:
            self.cache.clear()
        self.cache[key] = value
        return value

    def keep(self, kept: Kept) -> None:
        """Index a reading."""
        assert kept.at is not None
        insort(self.readings.setdefault(kept.measure, []), (kept.at, kept.key, kept), key=lambda row: row[:2])

    def forget(self, kept: Kept) -> None:
        """Take a reading out of the index."""
        rows = self.readings.get(kept.measure, [])
        self.readings[kept.measure] = [row for row in rows if row[1] != kept.key]


def live_of(state: JourneyState) -> Live:
    """The agenda of a state, made when it is not there."""
    if state.agenda is None:
        state.agenda = Live(state)
    live: Live = state.agenda
    return live

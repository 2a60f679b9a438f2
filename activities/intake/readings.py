"""Readings: judged, stored, screened. A red one is paged from here, in the same transaction.

A reading that matches no screen waits in the inbox until something is due: 288 glucose values a day do not wake a
patient 288 times. A red screen writes the red outbox row under the key the tick would use, so that it goes out at
once even in the middle of a storm; the tick owns everything after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, insert, select, update

from activities import rehearsal
from activities.intake.inbox import QUIET, RED, WAKE, NewEvent, StoredEvent, locked, note_wake, put
from activities.intake.normal import FUTURE, NormalReading, judge_bounds, judge_form, judge_time, quality_of
from activities.intake.red import page
from activities.intake.refusals import Refusal, refuse
from activities.intake.screens import Screen, matching
from activities.records.ledger import Ledger, Sealer
from activities.records.outbox import Placing
from activities.records.registry import Plans
from activities.records.schema import enrolment, reading, watch
from pathways.decide.events import Reading
from pathways.lang.plan import Measure, Plan

MOST: Final = 500
_OPTIONAL: Final = frozenset({"pulse"})

Outcome = Literal["stored", "flagged", "same"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """``same``: stored before, nothing changed. ``flagged``: stored, but not taken for true. ``event``: its id."""

    id: str
    outcome: Outcome
    event: str


@dataclass(frozen=True, slots=True)
class RefusedReading:
    """``index``: place in what was sent, from 0."""

    index: int
    id: str
    why: Refusal


@dataclass(frozen=True, slots=True)
class Ingested:
    """``wake``: the caller is to wake the journey; ``red``: a red screen matched, its row is in the outbox."""

    accepted: tuple[Accepted, ...]
    refused: tuple[RefusedReading, ...]
    wake: bool = False
    red: bool = False


def ingest_readings(ledger: Ledger, plans: Plans, key: str, readings: Sequence[NormalReading]) -> Ingested | Refusal:
    """Judge and store readings of one patient in one transaction; each is taken or refused by itself.

    A refusal of the whole comes back for an unknown patient, one on no pathway, or too many at a time.
    """
    if len(readings) > MOST:
        return refuse("too_many_readings", limit=MOST)
    sealer = ledger.keys_if_any(key)
    if sealer is None:
        return refuse("patient_unknown", field="patient")

    def work(connection: Connection) -> Ingested | Refusal:
        row = locked(connection, key)
        if isinstance(row, Refusal):
            return row
        followed = connection.scalars(
            select(enrolment.c.plan_sha).where(enrolment.c.journey == key).order_by(enrolment.c.id)
        ).all()
        if not followed:
            return refuse("not_enrolled", field="patient")
        known = [plans.plan(sha) for sha in dict.fromkeys(followed)]
        return _Batch(connection, ledger, sealer, row, known).take(readings)

    return ledger.store.transact(work)


class _Batch:
    """Readings of one patient inside their transaction."""

    def __init__(
        self, connection: Connection, ledger: Ledger, sealer: Sealer, row: Any, followed: Sequence[Plan]
    ) -> None:
        self.connection = connection
        self.ledger = ledger
        self.sealer = sealer
        self.row = row
        self.plans = followed
        self.wall = ledger.store.now()
        self.clock = rehearsal.from_json(row.rehearsal)
        self.now = rehearsal.patient_now(self.clock, self.wall)
        self.ahead = rehearsal.skew(self.clock, FUTURE)
        self.screens = self._screens()
        self.wake = False
        self.red = False

    def take(self, readings: Sequence[NormalReading]) -> Ingested:
        """Each reading taken or refused."""
        accepted: list[Accepted] = []
        refused: list[RefusedReading] = []
        for index, one in enumerate(readings):
            result = self._one(one)
            if isinstance(result, Refusal):
                refused.append(RefusedReading(index, one.id, result))
            else:
                accepted.append(result)
        if self.wake:
            note_wake(self.connection, self.row.key, self.wall)
        return Ingested(tuple(accepted), tuple(refused), self.wake, self.red)

    def _one(self, one: NormalReading) -> Accepted | Refusal:
        found = judge_form(one)
        if found is not None:
            return found
        # What is known already is known whatever its age: a device that sends again after years is not refused.
        known = self._known(one)
        if known is not None:
            return known
        found = judge_time(one, self.now, self.ahead) or self._judge_measure(one)
        if found is not None:
            return found
        quality = quality_of(one)
        matched = self._match(one, quality)
        urgency = self._urgency(one, quality, matched)
        stored = self._store(one, quality, urgency)
        if isinstance(stored, Refusal):
            return stored
        if not stored.fresh:
            return Accepted(one.id, "same", stored.id)
        self.wake = self.wake or stored.wake
        said: list[Any] = []  # two pathways with the same words say them once, as the tick will
        for screen in matched:
            if screen.level == "red" and (screen.message is None or screen.message["text"] not in said):
                self._page(screen, stored.id)
                said += [] if screen.message is None else [screen.message["text"]]
        return Accepted(one.id, "stored" if quality == "ok" else "flagged", stored.id)

    def _judge_measure(self, one: NormalReading) -> Refusal | None:
        measures = self._measures(one.measure)
        if not measures:
            return refuse("measure_unknown", field="measure", value=one.measure[:64])
        if one.status == "entered_in_error":
            return None  # it takes back; its numbers are not looked at
        for measure in measures:
            found = judge_bounds(one, measure, _OPTIONAL)
            if found is not None:
                return found
        return None

    def _measures(self, catalogue: str) -> list[Measure]:
        return [m for plan in self.plans for m in plan.measures.values() if m.catalogue == catalogue]

    def _known(self, one: NormalReading) -> Accepted | Refusal | None:
        """The answer for a reading stored before, under its id or as the same measurement under another."""
        row = self._row(self._event_id(one))
        if row is not None:
            kept = self.sealer.open("reading.values", row.values_sealed)
            return Accepted(one.id, "same", row.id) if kept == one.content() else refuse("reading_conflict", field="id")
        if one.status != "final":
            return None
        twin = self.connection.scalar(
            select(reading.c.id).where(
                reading.c.journey == self.row.key, reading.c.fingerprint == self._fingerprint(one)
            )
        )
        return None if twin is None else Accepted(one.id, "same", twin)

    def _row(self, id_: str) -> Any:
        query = select(reading).where(reading.c.journey == self.row.key, reading.c.id == id_)
        return self.connection.execute(query).one_or_none()

    def _event_id(self, one: NormalReading) -> str:
        """A correction is an event of its own; no id from outside holds the sign between."""
        return one.id if one.status == "final" else f"{one.id}~{self._fingerprint(one)[:12]}"

    def _fingerprint(self, one: NormalReading) -> str:
        return self.sealer.fingerprint(one.sameness() if one.status == "final" else [one.id, one.content()])

    def _match(self, one: NormalReading, quality: str) -> list[Screen]:
        if quality != "ok" or one.status == "entered_in_error":
            return []
        return matching(self.screens, one.measure, one.at, one.components)

    def _urgency(self, one: NormalReading, quality: str, matched: Sequence[Screen]) -> Literal[0, 1, 2]:
        if any(screen.level == "red" for screen in matched):
            return RED
        # A correction can undo what was decided, and what is not believed must be measured again.
        return WAKE if matched or quality != "ok" or one.status != "final" else QUIET

    def _store(self, one: NormalReading, quality: str, urgency: Literal[0, 1, 2]) -> StoredEvent | Refusal:
        event_id, replaces = self._event_id(one), None
        if one.status != "final":
            # Where a correction names no other reading it corrects the one with its own id.
            base = one.replaces or one.id
            replaces = self._current(base)
            if replaces is None:
                return refuse("reading_unknown", field="replaces", value=base[:64])
        body = Reading(
            measure=one.measure,
            components=dict(one.components),
            context=dict(one.context),
            status=one.status,
            replaces=replaces,
            quality=quality,
        )
        stored = put(
            self.connection,
            self.ledger,
            self.sealer,
            self.row,
            # A device whose clock is a little ahead measured now; its own word stays in the reading's row.
            NewEvent(event_id, body, min(one.at, self.now)),
            seen=self.now,
            urgency=urgency,
            about=one.measure,
        )
        if isinstance(stored, Refusal) or not stored.fresh:
            return stored
        if replaces is not None:
            self._mark(replaces, "replaced" if one.status == "amended" else "entered_in_error")
        self.connection.execute(
            insert(reading).values(
                journey=self.row.key,
                id=event_id,
                measure=one.measure,
                at=one.at,
                seen=self.now,
                quality=quality,
                status=one.status,
                replaces=replaces,
                fingerprint=self._fingerprint(one),
                values_sealed=self.sealer.seal("reading.values", one.content()),
            )
        )
        return stored

    def _current(self, base: str) -> str | None:
        """The event that holds what is now said of a reading: itself, or its last correction."""
        theirs = (reading.c.id == base) | reading.c.id.startswith(f"{base}~", autoescape=True)
        stands = reading.c.status.in_(("final", "amended"))
        query = select(reading.c.id).where(reading.c.journey == self.row.key, theirs, stands)
        return self.connection.scalar(query.order_by(reading.c.seen.desc()).limit(1))

    def _mark(self, target: str, status: str) -> None:
        self.connection.execute(
            update(reading).where(reading.c.journey == self.row.key, reading.c.id == target).values(status=status)
        )

    def _page(self, screen: Screen, reading_id: str) -> None:
        self.red = True
        placing = Placing(self.row.key, self.clock, self.wall)
        last_tick = self.row.last_tick_at
        page(self.connection, self.sealer, placing, screen, reading_id, now=self.now, last_tick=last_tick)

    def _screens(self) -> list[Screen]:
        sealed = self.connection.scalar(select(watch.c.rows_sealed).where(watch.c.journey == self.row.key))
        if sealed is None:
            return []
        rows: list[Mapping[str, Any]] = self.sealer.open("watch.rows", sealed)
        names: dict[str, str] = {m.id: m.catalogue for plan in self.plans for m in plan.measures.values()}
        return [
            Screen(
                measure=names.get(str(r["measure"]), str(r["measure"])),
                level=r["level"],
                cond=r["cond"],
                rule=r["rule"],
                enrolment=r.get("enrolment", ""),
                message=r.get("message"),
            )
            for r in rows
        ]

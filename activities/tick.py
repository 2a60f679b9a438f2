"""The tick: reads what is unseen, decides, and writes decision and effects in one transaction.

A tick is written once under (journey, epoch, sequence) with a hash over the chain of earlier results, the plans and
the cursor: never over the clock, the reason for waking or who waits for an answer. A try after a crash finds its own
tick and gives that result again. Other content under the same key is a loud failure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import rehearsal
from activities.contracts import (
    LEDGER_MISMATCH,
    PLACE,
    TICK,
    ChildStart,
    PlanRef,
    ShowMessage,
    TickInput,
    TickResult,
)
from activities.keys.sealing import KeyUnknownError
from activities.records import audit, outbox
from activities.records.closing import is_shredded
from activities.records.effects import BY_TICK, Writing, write_effects
from activities.records.ledger import Ledger, Sealer
from activities.records.outbox import Placing
from activities.records.registry import Plans
from activities.records.schema import enrolment, handoff, inbox, journey, patient, tick, verdict
from activities.records.store import lock_journey
from activities.records.ticks import KEPT, LedgerMismatchError, alarm, answers, found, tick_hash, trim
from activities.records.types import canonical
from pathways.decide.effects import Decision, Show
from pathways.decide.events import Enrolled, Event, body_from_json
from pathways.decide.journey import decide, new_state
from pathways.decide.state import JourneyState, diff
from pathways.lang.plan import Plan

Json = Any

MOST_EVENTS: Final = 500
"""Events of one tick; what is left makes another (``more``)."""
RED: Final = 2
CHAIN: Final = 32
"""Hex digits of the hash that chains ticks: 128 bits, each of them paid for in every tick of a history."""
JOURNEY_UNKNOWN: Final = "JourneyUnknown"
KEYS_SHREDDED: Final = "KeysShredded"


class JourneyUnknownError(Exception):
    """There is no such journey in the store."""


class JourneyShreddedError(Exception):
    """The keys of this patient were shredded: nothing can be decided any more, and the sweeper closes the run."""


class TickActivity:
    """The activity ``tick``. Threads may share one. ``most``: events of one tick; ``keep``: results kept."""

    def __init__(
        self, ledger: Ledger, plans: Plans | None = None, *, most: int = MOST_EVENTS, keep: int = KEPT
    ) -> None:
        self._ledger = ledger
        self._plans = plans or Plans(ledger.store)
        self._most = most
        self._keep = keep

    @activity.defn(name=TICK.name)
    def tick(self, given: TickInput) -> TickResult:
        """Decide what is due and what came in; see `run`. Failures of type LedgerMismatch are never tried again."""
        try:
            return self.run(given)
        except LedgerMismatchError as error:
            raise ApplicationError(str(error), type=LEDGER_MISMATCH, non_retryable=True) from error
        except JourneyUnknownError as error:
            raise ApplicationError(str(error), type=JOURNEY_UNKNOWN) from error
        except JourneyShreddedError as error:
            raise ApplicationError(str(error), type=KEYS_SHREDDED, non_retryable=True) from None

    def run(self, given: TickInput) -> TickResult:
        """One tick, written whole or not at all; again with the same input it gives the same result.

        Raises:
            LedgerMismatchError: as it says; an incident has been raised.
            JourneyUnknownError: no such journey.
            JourneyShreddedError: its keys were shredded.
            KeyUnknownError: this process cannot read its keys; another may.
            StoreUnavailableError: the store is locked or away.
        """
        try:
            sealer = self._ledger.keys(given.journey)
        except KeyUnknownError:
            if self._ledger.store.read(lambda c: is_shredded(c, given.journey)):
                raise JourneyShreddedError("the keys are gone") from None
            raise
        try:
            return self._ledger.store.transact(lambda c: self._once(c, sealer, given))
        except LedgerMismatchError:
            self._ledger.store.transact(lambda c: alarm(c, sealer, given, self._ledger.store.now()))
            raise

    def _once(self, connection: Connection, sealer: Sealer, given: TickInput) -> TickResult:
        row = lock_journey(connection, given.journey)
        if row is None:
            raise JourneyUnknownError("no journey of this key is stored")
        kept = found(connection, sealer, given, row)
        if kept is not None:
            return kept
        work = _Tick(connection, self._ledger, sealer, self._plans, given, row, self._most, self._keep)
        return work.result()


@dataclass(frozen=True, slots=True)
class _Unseen:
    """The events of one tick, in order of (at, seen, id); the cursor behind them; whether others are left."""

    events: list[Event]
    cursor: int
    more: bool


class _Tick:
    """One tick that was not written yet, inside its transaction."""

    def __init__(
        self,
        connection: Connection,
        ledger: Ledger,
        sealer: Sealer,
        plans: Plans,
        given: TickInput,
        row: Any,
        most: int,
        keep: int,
    ) -> None:
        self.connection = connection
        self.sealer = sealer
        self.registry = plans
        self.given = given
        self.row = row
        self.most = most
        self.keep = keep
        self.wall = ledger.store.now()
        self.clock = rehearsal.from_json(row.rehearsal)
        # A run with empty hands gets everything; one that fell back to a normal activity gets what changed.
        self.fresh = given.state is None and not self._ticked()
        self.before: Mapping[str, Json] | None = given.state if given.state is not None else self._stored_state()
        self.site = plans.site(row.site_sha)
        self.given_plans = self._given_plans()

    def result(self) -> TickResult:
        """Decide and write everything."""
        unseen, now = self._unseen()
        state = self._state(unseen.events, now)
        now = max(now, state.clock)
        plans = self._plans(state, unseen.events)
        decision = decide(plans, self.site, state, unseen.events, now)
        after = state.to_json()
        clock = None if self.clock is None else rehearsal.after_tick(self.clock, self.wall, now, decision.urgent_until)
        writing = Writing(
            self.connection,
            self.sealer,
            Placing(self.given.journey, clock, self.wall),
            self.site,
            self.site.languages[0] if self.site.languages else "en",
            self.given.epoch,
            self.given.sequence,
        )
        if clock is not self.clock:
            outbox.move(self.connection, writing.placing)
        write_effects(writing, decision.effects)
        self._verdicts(writing, decision, unseen.events, now)
        audit.append(self.connection, self.sealer, self.given.journey, self.wall, writing.entries)
        result = self._result(writing, decision, after, unseen, clock)
        self._write(result, decision.show, after, clock)
        told = answers(self.connection, self.sealer, self.given, unseen.cursor)
        result = result.model_copy(update={"verdicts": told})
        self._write_tick(result, now)
        trim(self.connection, self.given, self.keep)
        return result

    # ------------------------------------------------------------------ before

    def _ticked(self) -> bool:
        query = select(tick.c.sequence).where(tick.c.journey == self.given.journey, tick.c.epoch == self.given.epoch)
        return self.connection.scalar(query.limit(1)) is not None

    def _stored_state(self) -> Mapping[str, Json] | None:
        if self.row.state_sealed is None:
            return None
        stored: Mapping[str, Json] = self.sealer.open("journey.state", self.row.state_sealed)
        return stored

    def _given_plans(self) -> list[str]:
        """Hashes of the plans the run holds: those it brought, or those the ledger knows it holds."""
        if self.given.plans is not None:
            for ref in self.given.plans:
                self.registry.take(ref)
            return sorted(ref.sha256 for ref in self.given.plans)
        return [] if self.fresh else sorted(self.row.plans)

    def _unseen(self) -> tuple[_Unseen, datetime]:
        """What came in since the cursor, and the patient time to decide at."""
        cursor = self.row.cursor
        query = select(inbox).where(inbox.c.journey == self.given.journey, inbox.c.seq > cursor).order_by(inbox.c.seq)
        rows = list(self.connection.execute(query.limit(self.most + 1)))
        more = len(rows) > self.most
        rows = rows[: self.most]
        now = rehearsal.patient_now(self.clock, self.wall)
        if self.clock is not None:
            rows, now, cut = self._rehearsed(rows, now)
            more = more or cut
        else:
            # The clock of whoever stored a row may be a little ahead of ours.
            now = max([now, *(row.seen for row in rows)])
        events = [self._event(row, now) for row in rows]
        events.sort(key=lambda event: (event.at, event.seen, event.id))
        return _Unseen(events, rows[-1].seq if rows else cursor, more), now

    def _rehearsed(self, rows: list[Any], now: datetime) -> tuple[list[Any], datetime, bool]:
        """In a fast rehearsal a tenth of a second is hours: a red reading is decided at the time it came in, and
        what came after it waits for the next tick; patient time goes on from there, slowly."""
        assert self.clock is not None
        if self.clock.current.rate <= rehearsal.SLOW:
            return rows, now, False
        for index, row in enumerate(rows):
            if row.urgency == RED:
                return rows[: index + 1], min(row.seen, now), index + 1 < len(rows)
        return rows, now, False

    def _event(self, row: Any, now: datetime) -> Event:
        body = body_from_json(row.kind, self.sealer.open("inbox.body", row.body_sealed))
        at, seen = row.at, row.seen
        if seen > now:
            # Stored at a patient time that the slowed rehearsal clock has taken back: it happened now. Recorded.
            at, seen = min(at, now), now
            self.connection.execute(update(inbox).where(inbox.c.seq == row.seq).values(at=at, seen=seen))
        return Event(id=row.id, at=at, seen=seen, body=body, seq=row.seq)

    def _state(self, events: Sequence[Event], now: datetime) -> JourneyState:
        if self.before is not None:
            return JourneyState.from_json(self.before)
        query = select(patient.c.contact_sealed).where(patient.c.key == self.given.journey)
        contact = self.sealer.open("patient.contact", self.connection.scalars(query).one())
        known = {name: contact[name] for name in ("zone", "language", "channels", "customary") if contact.get(name)}
        known["caregivers"] = [
            {name: person[name] for name in ("id", "channels", "topics") if name in person}
            for person in contact.get("caregivers", ())
        ]
        return new_state(self.given.journey, min([now, *(event.seen for event in events)]), known)

    def _plans(self, state: JourneyState, events: Sequence[Event]) -> dict[str, Plan]:
        wanted = {record.plan for record in state.enrolments.values()}
        wanted.update(event.body.plan_sha256 for event in events if isinstance(event.body, Enrolled))
        return {sha: self.registry.plan(sha) for sha in sorted(wanted)}

    # ------------------------------------------------------------------ after

    def _result(
        self,
        writing: Writing,
        decision: Decision,
        after: Mapping[str, Json],
        unseen: _Unseen,
        clock: rehearsal.ClockMap | None,
    ) -> TickResult:
        followed = _followed(after)
        delta = diff({} if self.fresh or self.before is None else self.before, after)
        return TickResult(
            delta=delta,
            chain=hashlib.sha256(canonical([self._hash(), delta, unseen.cursor]).encode()).hexdigest()[:CHAIN],
            cursor=unseen.cursor,
            next_due=_next_due(decision, clock),
            more=unseen.more,
            show=self._show(decision.show, writing.language),
            start=[*self._open_handoffs(writing), *writing.start],
            cancel=writing.cancel,
            new_plans=[self._ref(sha) for sha in followed if sha not in self.given_plans],
            drop_plans=[sha for sha in self.given_plans if sha not in followed],
        )

    def _open_handoffs(self, writing: Writing) -> list[ChildStart]:
        """After a restart the conversations with partners are begun again (those that run are left alone)."""
        if not self.fresh or self.before is None:
            return []
        new = {start.number for start in writing.start}
        query = select(handoff).where(handoff.c.journey == self.given.journey, ~handoff.c.final)
        out = []
        for row in self.connection.execute(query.order_by(handoff.c.number)):
            if row.number in new:
                continue
            title = self.sealer.open("handoff.request", row.request_sealed)["title"]
            words = title["zh"] if writing.language.startswith("zh") else title["en"]
            out.append(
                ChildStart(number=row.number, key=row.key, machine=row.machine, partner=row.partner, title=words)
            )
        return out

    def _ref(self, sha: str) -> PlanRef:
        return self.registry.ref(sha)

    def _show(self, show: Show, language: str) -> ShowMessage:
        whole = self._whole_show(show, language)
        if any(self.given.published.get(name) != getattr(whole, field) for name, field in PLACE.items()):
            return whole
        return whole.model_copy(update={"pathways": [], "phases": [], "site": "", "same": True})

    def _whole_show(self, show: Show, language: str) -> ShowMessage:
        return ShowMessage(
            pathways=list(show.pathways),
            phases=list(show.phases),
            tier=show.tier,
            status=show.status,
            site=self.site.id,
            flags=list(show.flags),
            open_tasks=show.open_tasks,
            decided=show.decided.in_language(language),
            next=show.next.in_language(language),
            sheet=show.sheet.in_language(language),
        )

    def _verdicts(self, writing: Writing, decision: Decision, events: Sequence[Event], now: datetime) -> None:
        """Answers stay in the ledger, and each is in the audit: also what was refused."""
        bodies: dict[str, Any] = {event.id: event.body for event in events}
        known = set(
            self.connection.scalars(
                select(verdict.c.command).where(
                    verdict.c.journey == self.given.journey, verdict.c.command.in_(list(decision.verdicts))
                )
            )
        )
        rows = []
        for command, answer in decision.verdicts.items():
            if command in known:
                continue
            words = {"en": answer.text.en, "zh": answer.text.zh}
            rows.append(
                {
                    "journey": self.given.journey,
                    "command": command,
                    "done": answer.done,
                    "code": answer.code,
                    "at": now,
                    "text_sealed": self.sealer.seal("verdict.text", words),
                }
            )
            action = "done" if answer.done else "refused"
            if not answer.done and isinstance(bodies.get(command), Enrolled):
                self._enrolment_refused(bodies[command].enrolment, answer.code)
            who = getattr(bodies.get(command), "by", BY_TICK)
            writing.entries.append(audit.Entry(who, action, command, {"code": answer.code}))
        if rows:
            self.connection.execute(insert(verdict), rows)

    def _enrolment_refused(self, enrolment_id: str, code: str) -> None:
        """Not eligible, say: the row stays as a record and stands in nobody's way."""
        self.connection.execute(
            update(enrolment)
            .where(enrolment.c.journey == self.given.journey, enrolment.c.id == enrolment_id)
            .values(status="refused", ended=code[:64], closed=self.wall)
        )

    def _write(
        self,
        result: TickResult,
        show: Show,
        after: Mapping[str, Json],
        clock: rehearsal.ClockMap | None,
    ) -> None:
        """The journey's row and its enrolments as they stand now."""
        coded = {
            "pathways": list(show.pathways),
            "phases": list(show.phases),
            "tier": show.tier,
            "status": show.status,
            "flags": list(show.flags),
            "open_tasks": show.open_tasks,
        }
        values: dict[str, Any] = {
            "epoch": self.given.epoch,
            "sequence": self.given.sequence + 1,
            "cursor": result.cursor,
            "chain": result.chain,
            "next_due": result.next_due,
            "woke_at": None,
            "last_tick_at": self.wall,
            "started": True,
            "state_sealed": self.sealer.seal("journey.state", after),
            "plans": _followed(after),
            "show": coded,
        }
        if clock is not self.clock:
            values["rehearsal"] = rehearsal.to_json(clock)
        self.connection.execute(update(journey).where(journey.c.key == self.given.journey).values(**values))
        self._enrolments(after)

    def _enrolments(self, after: Mapping[str, Json]) -> None:
        known = (self.before or {}).get("enrolments", {})
        for key, record in after["enrolments"].items():
            status = record.get("status", "invited")
            if key in known and known[key].get("status", "invited") == status:
                continue
            self.connection.execute(
                update(enrolment)
                .where(enrolment.c.journey == self.given.journey, enrolment.c.id == key)
                .values(status=status)
            )

    def _hash(self) -> str:
        return tick_hash(self.given.chain, self.given_plans, self.given.cursor)

    def _write_tick(self, result: TickResult, now: datetime) -> None:
        self.connection.execute(
            insert(tick).values(
                journey=self.given.journey,
                epoch=self.given.epoch,
                sequence=self.given.sequence,
                hash=self._hash(),
                plans=self.given_plans,
                cause=self.given.cause[:200],
                at=self.wall,
                now=now,
                result_sealed=self.sealer.seal("tick.result", result.model_dump(mode="json")),
            )
        )


def _followed(after: Mapping[str, Json]) -> list[str]:
    """Hashes of the plans that enrolments of this state name."""
    return sorted({record["plan"] for record in after["enrolments"].values() if record.get("plan")})


def _next_due(decision: Decision, clock: rehearsal.ClockMap | None) -> datetime | None:
    """The next instant to decide at, in wall time. A slowed rehearsal looks again when nothing urgent is awaited
    any more, since only a tick may make it fast again."""
    candidates = [decision.next_due]
    if clock is not None and clock.current.rate < clock.fast:
        candidates.append(decision.urgent_until)
    instants = [instant for instant in candidates if instant is not None]
    return rehearsal.to_wall(clock, min(instants)) if instants else None

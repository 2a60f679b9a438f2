"""What people and partners do: stored first under the command's id, then acted on by the next tick."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, insert, select

from activities import rehearsal
from activities.attachments.kept import claim
from activities.handoffs.book import hear_after_end
from activities.intake.inbox import QUIET, WAKE, NewEvent, StoredEvent, locked, note_wake, put
from activities.intake.refusals import Refusal, refuse
from activities.records import audit
from activities.records.ledger import Ledger
from activities.records.schema import callback, enrolment, handoff, journey, task
from pathways.decide.events import (
    Answered,
    Body,
    Delivery,
    HandoffReport,
    Preference,
    StaffVerb,
    TaskVerb,
    Visit,
    body_to_json,
)

_ID: Final = re.compile(r"[A-Za-z0-9._:~/-]{1,160}")


@dataclass(frozen=True, slots=True)
class CallbackStored:
    """A partner's callback about one handoff. ``fresh`` is False when this webhook id was stored before."""

    journey: str
    number: int
    key: str
    fresh: bool


def store_command(
    ledger: Ledger, patient: str, event: NewEvent, *, by: str, quiet: bool = False
) -> StoredEvent | Refusal:
    """Store any event by a person, a partner or a courier in the patient's inbox, and the attempt in the audit.

    The same id with the same content is no change; with other content it is refused. ``event.at`` is patient
    time and never later than now. ``by``: opaque id of who acts.
    """
    if not _ID.fullmatch(event.id):
        return refuse("id_invalid", field="id")
    sealer = ledger.keys_if_any(patient)
    if sealer is None:
        return refuse("patient_unknown", field="patient")

    def work(connection: Connection) -> StoredEvent | Refusal:
        row = locked(connection, patient)
        if isinstance(row, Refusal):
            return row
        known = select(enrolment.c.id).where(enrolment.c.journey == patient).limit(1)
        if connection.scalar(known) is None:
            return refuse("not_enrolled", field="patient")
        found = _judge(connection, patient, event.body) or _attached(connection, patient, event.body)
        if found is not None:
            return found
        wall = ledger.store.now()
        seen = rehearsal.patient_now(rehearsal.from_json(row.rehearsal), wall)
        dated = NewEvent(event.id, event.body, min(event.at or seen, seen))
        urgency: Literal[0, 1] = QUIET if quiet else WAKE
        stored = put(connection, ledger, sealer, row, dated, seen=seen, urgency=urgency, about=about(event.body))
        if isinstance(stored, Refusal) or not stored.fresh:
            return stored
        if stored.wake:
            note_wake(connection, patient, wall)
        entry = audit.Entry(by, f"asked_{event.body.kind}", event.id, body_to_json(event.body))
        audit.append(connection, sealer, patient, wall, [entry])
        return stored

    return ledger.store.transact(work)


def about(body: Body) -> str:
    """What an event is about, coded: for ``unless`` of messages and for searching."""
    return _ABOUT.get(type(body), lambda _: "")(body)[:200]


_ABOUT: Final[dict[type[Body], Callable[[Any], str]]] = {
    Answered: lambda body: body.step,
    Visit: lambda body: body.step,
    TaskVerb: lambda body: body.task,
    HandoffReport: lambda body: body.handoff,
    Delivery: lambda body: body.message,
    StaffVerb: lambda body: body.verb,
    Preference: lambda body: "",
}


def store_callback(
    ledger: Ledger, partner: str, webhook_id: str, business_id: str, body: dict[str, Any]
) -> CallbackStored | Refusal:
    """Store a partner's verified callback once per webhook id. The caller then pokes the handoff's run.

    ``business_id``: the key under which we asked. ``body`` is sealed with the patient's key.
    """
    found = ledger.store.read(lambda c: c.execute(_handoff(partner, business_id)).one_or_none())
    if found is None:
        return refuse("handoff_unknown", field="business_id")
    sealer = ledger.keys(found.journey)
    digest = sealer.fingerprint(body)

    def work(connection: Connection) -> CallbackStored | Refusal:
        query = select(callback.c.body_hash).where(callback.c.partner == partner, callback.c.webhook_id == webhook_id)
        if connection.scalar(query) is not None:
            return CallbackStored(found.journey, found.number, found.key, fresh=False)
        now = ledger.store.now()
        # Once a conversation is over nobody takes callbacks up any more: what was asked for came before they did.
        # Locked, so that an end that is being written down now either is seen here or sees this callback.
        row = connection.execute(select(handoff).where(handoff.c.key == found.key).with_for_update()).one()
        if row.final:
            hear_after_end(connection, sealer, row, body, now)
        connection.execute(
            insert(callback).values(
                partner=partner,
                webhook_id=webhook_id,
                business_id=business_id,
                journey=found.journey,
                received=now,
                applied=row.final,
                body_hash=digest,
                body_sealed=sealer.seal("callback.body", body),
            )
        )
        return CallbackStored(found.journey, found.number, found.key, fresh=True)

    return ledger.store.transact(work)


def patient_clock(ledger: Ledger, patient: str) -> tuple[rehearsal.ClockMap | None, datetime] | None:
    """The patient's clock and patient time now; None when there is no such patient."""

    def work(connection: Connection) -> tuple[rehearsal.ClockMap | None, datetime] | None:
        row = connection.execute(select(journey.c.rehearsal).where(journey.c.key == patient)).one_or_none()
        if row is None:
            return None
        clock = rehearsal.from_json(row.rehearsal)
        return clock, rehearsal.patient_now(clock, ledger.store.now())

    return ledger.store.read(work)


def _handoff(partner: str, business_id: str) -> Any:
    return select(handoff.c.journey, handoff.c.number, handoff.c.key).where(
        handoff.c.business_id == business_id, handoff.c.partner == partner
    )


def _attached(connection: Connection, patient: str, body: Body) -> Refusal | None:
    """What an answer shows has to be there, and this patient's own."""
    return claim(connection, patient, body.form) if isinstance(body, Answered | TaskVerb | Visit) else None


def _judge(connection: Connection, patient: str, body: Body) -> Refusal | None:
    """What the store can tell at once: a task or a handoff that does not exist."""
    if isinstance(body, TaskVerb):
        found = connection.scalar(select(task.c.key).where(task.c.key == body.task, task.c.journey == patient))
        return refuse("task_unknown", field="task") if found is None else None
    if isinstance(body, HandoffReport):
        query = select(handoff.c.key).where(handoff.c.key == body.handoff, handoff.c.journey == patient)
        return refuse("handoff_unknown", field="handoff") if connection.scalar(query) is None else None
    return None

"""Enrolment: the row and the event first; starting the run is the caller's next step, and the sweeper's if it fails."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from activities import rehearsal
from activities.intake.inbox import WAKE, NewEvent, content_hash, locked, put
from activities.intake.refusals import Refusal, refuse
from activities.records import audit
from activities.records.ledger import Ledger, Sealer
from activities.records.registry import Plans
from activities.records.schema import enrolment, inbox, journey, plan
from pathways.decide.events import Enrolled
from pathways.decide.facts import parse_quantity
from pathways.lang.plan import Parameter, Plan

_ID: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_COMMON_FACTS: Final = frozenset({"birth_date", "zone", "language"})


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Run on the stretched clock: patient time begins at ``start`` (None: now) and runs ``days_per_second``."""

    start: datetime | None = None
    days_per_second: float = rehearsal.DAYS_PER_SECOND


@dataclass(frozen=True, slots=True)
class NewEnrolment:
    """A patient to enrol. ``version`` None: the newest published (in rehearsal the newest); ``plan_sha`` wins.

    ``id`` None: ``e<n>``. ``facts``, ``parameters``, ``anchors`` and ``consent`` are those of the event ``Enrolled``.
    """

    patient: str
    pathway: str
    version: str | None = None
    plan_sha: str | None = None
    id: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    consent: tuple[str, ...] = ()
    anchors: Mapping[str, str] = field(default_factory=dict)
    rehearsal: Rehearsal | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentStored:
    """``id`` of the enrolment, the hash of its plan, ``event`` the id of its event in the inbox (for ``act``)."""

    patient: str
    id: str
    pathway: str
    version: str
    plan_sha: str
    event: str
    fresh: bool


def enrol(ledger: Ledger, plans: Plans, new: NewEnrolment, *, by: str) -> EnrolmentStored | Refusal:
    """Store an enrolment and its event in one transaction. The same id with the same content is no change.

    ``by``: opaque id of who enrols. The caller then starts or wakes the patient's run.
    """
    if new.id is not None and not _ID.fullmatch(new.id):
        return refuse("id_invalid", field="id")
    sealer = ledger.keys_if_any(new.patient)
    if sealer is None:
        return refuse("patient_unknown", field="patient")
    chosen = ledger.store.read(lambda connection: _choose(connection, new))
    if isinstance(chosen, Refusal):
        return chosen
    found = _judge(plans.plan(chosen), new)
    if found is not None:
        return found

    def work(connection: Connection) -> EnrolmentStored | Refusal:
        row = locked(connection, new.patient)
        if isinstance(row, Refusal):
            return row
        stored = _Storing(connection, ledger, sealer, new, row, plans.plan(chosen), chosen)
        known = stored.known()
        if known is not None:
            return known
        found = stored.judge()
        if found is not None:
            return found
        result = stored.write()
        if isinstance(result, EnrolmentStored) and result.fresh:
            detail = {"pathway": result.pathway, "version": result.version, "plan": result.plan_sha}
            entry = audit.Entry(by, "enrolled", f"{new.patient}/{result.id}", detail)
            audit.append(connection, sealer, new.patient, ledger.store.now(), [entry])
        return result

    return ledger.store.transact(work)


def event_id(enrolment_id: str) -> str:
    """The id of the event of an enrolment."""
    return f"enrolled:{enrolment_id}"


def _choose(connection: Connection, new: NewEnrolment) -> str | Refusal:
    """The hash of the plan to follow."""
    query = select(plan.c.sha256, plan.c.published)
    if new.plan_sha is not None:
        query = query.where(plan.c.sha256 == new.plan_sha, plan.c.id == new.pathway)
    else:
        query = query.where(plan.c.id == new.pathway)
        if new.version is not None:
            query = query.where(plan.c.version == new.version)
    newest = func.coalesce(plan.c.published, plan.c.stored)
    rows = connection.execute(query.order_by(newest.desc(), plan.c.sha256)).all()
    if not rows:
        return refuse("pathway_unknown", field="pathway", value=new.pathway[:64])
    if new.rehearsal is not None:
        return str(rows[0].sha256)
    published = [row.sha256 for row in rows if row.published is not None]
    return str(published[0]) if published else refuse("pathway_not_approved", field="pathway")


def _judge(chosen: Plan, new: NewEnrolment) -> Refusal | None:
    missing = [purpose for purpose in chosen.consent if purpose not in new.consent]
    if missing:
        return refuse("consent_missing", field="consent", value=", ".join(missing))
    for fact in new.facts:
        if fact not in chosen.facts and fact not in _COMMON_FACTS:
            return refuse("fact_unknown", field=f"facts.{fact}"[:64], value=fact[:64])
    for parameter in new.parameters:
        if parameter not in chosen.parameters:
            return refuse("parameter_unknown", field=f"parameters.{parameter}"[:64], value=parameter[:64])
        if not _fits(chosen.parameters[parameter], new.parameters[parameter]):
            return refuse("parameter_wrong", field=f"parameters.{parameter}"[:64], value=parameter[:64])
    return None


def _fits(spec: Parameter, value: Any) -> bool:
    """Whether a value told at enrolment is a quantity of the parameter, inside the bounds of its adjustment."""
    found = parse_quantity(value)
    if found is None or found[1] not in {"", spec.unit}:
        return False
    bounds = spec.adjustable
    return bounds is None or bounds.low.value <= found[0] <= bounds.high.value


@dataclass(slots=True)
class _Storing:
    """One enrolment inside its transaction."""

    connection: Connection
    ledger: Ledger
    sealer: Sealer
    new: NewEnrolment
    row: Any
    plan: Plan
    sha: str

    def body(self, enrolment_id: str) -> Enrolled:
        return Enrolled(
            enrolment=enrolment_id,
            plan_sha256=self.sha,
            facts=dict(self.new.facts),
            parameters=dict(self.new.parameters),
            consent=self.new.consent,
            anchors=dict(self.new.anchors),
        )

    def answer(self, enrolment_id: str, *, fresh: bool) -> EnrolmentStored:
        return EnrolmentStored(
            self.new.patient,
            enrolment_id,
            self.plan.id,
            self.plan.version,
            self.sha,
            event_id(enrolment_id),
            fresh,
        )

    def known(self) -> EnrolmentStored | Refusal | None:
        """The answer for an id that was stored before."""
        if self.new.id is None:
            return None
        query = select(enrolment.c.plan_sha, inbox.c.body_hash).where(
            enrolment.c.journey == self.new.patient,
            enrolment.c.id == self.new.id,
            inbox.c.journey == enrolment.c.journey,
            inbox.c.id == event_id(self.new.id),
        )
        found = self.connection.execute(query).one_or_none()
        if found is None:
            return None
        digest = content_hash(self.sealer, self.body(self.new.id))
        same = found.body_hash == digest and found.plan_sha == self.sha
        return self.answer(self.new.id, fresh=False) if same else refuse("enrolment_conflict", field="id")

    def judge(self) -> Refusal | None:
        """What the other enrolments of the patient forbid."""
        rows = self.connection.execute(select(enrolment).where(enrolment.c.journey == self.new.patient)).all()
        if any(r.rehearsal != (self.new.rehearsal is not None) for r in rows):
            return refuse("rehearsal_mixed", field="rehearsal")
        if self.plan.one_active != "per_patient":
            return None
        if any(r.pathway == self.plan.id and r.status in {"invited", "active", "paused"} for r in rows):
            return refuse("already_enrolled", field="pathway")
        return None

    def write(self) -> EnrolmentStored | Refusal:
        """The enrolment's row, the clock map of a rehearsal, and the event."""
        taken = self.connection.scalar(
            select(func.count()).select_from(enrolment).where(enrolment.c.journey == self.new.patient)
        )
        enrolment_id = self.new.id or f"e{(taken or 0) + 1}"
        wall = self.ledger.store.now()
        clock = self._clock(wall)
        seen = rehearsal.patient_now(clock, wall)
        self.connection.execute(
            insert(enrolment).values(
                journey=self.new.patient,
                id=enrolment_id,
                pathway=self.plan.id,
                version=self.plan.version,
                plan_sha=self.sha,
                rehearsal=self.new.rehearsal is not None,
                created=wall,
            )
        )
        event = NewEvent(event_id(enrolment_id), self.body(enrolment_id))
        stored = put(self.connection, self.ledger, self.sealer, self.row, event, seen=seen, urgency=WAKE)
        if isinstance(stored, Refusal):
            return refuse("enrolment_conflict", field="id")
        return self.answer(enrolment_id, fresh=True)

    def _clock(self, wall: datetime) -> rehearsal.ClockMap | None:
        clock = rehearsal.from_json(self.row.rehearsal)
        if self.new.rehearsal is None or clock is not None:
            return clock
        clock = rehearsal.begin(wall, self.new.rehearsal.start or wall, self.new.rehearsal.days_per_second)
        self.connection.execute(
            update(journey).where(journey.c.key == self.new.patient).values(rehearsal=rehearsal.to_json(clock))
        )
        return clock

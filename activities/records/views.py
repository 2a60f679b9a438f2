"""What people see of the records: worklist, record, timeline, why, messages, readings. Plain JSON, one language.

Only views open sealed columns for reading; every function takes the caller's language ("en" or "zh") and gives texts
in it. Instants are ISO 8601 in UTC, patient time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, case, func, select

from activities import rehearsal
from activities.records.ledger import Ledger, Sealer
from activities.records.registry import Plans
from activities.records.schema import (
    enrolment,
    explanation,
    handoff,
    inbox,
    journey,
    outbox,
    reading,
    task,
    timeline,
)
from activities.records.views_state import ahead_rows, phases, why_text
from pathways.decide.events import Answered

Json = Any
_OPEN: Final = ("open", "claimed")
LONGEST_AGENDA: Final = 5000
"""So many cases of one agenda are put in order at most."""
_FIRST: Final = {"red": 0, "amber": 1, "no_data": 2, "routine": 3, "info": 4}


def _in(words: Mapping[str, str] | None, language: str) -> str:
    return "" if not words else str(words.get(language) or words.get("en") or "")


def _iso(at: Any) -> str | None:
    return None if at is None else at.isoformat()


# --------------------------------------------------------------------------- worklist


def worklist(
    ledger: Ledger,
    *,
    role: str | None,
    patient: str | None,
    status: str,
    limit: int,
    language: str,
    agenda: str | None = None,
) -> list[Json]:
    """Tasks, the most urgent first. ``status``: open, closed or all. ``role``: also what it has not signed yet.
    ``agenda``: the conferences on that list, in its order."""
    query = select(task)
    if role is not None:
        signs = task.c.signers.contains(f" {role} ", autoescape=True)
        query = query.where(signs | (task.c.signers.is_(None) & (task.c.role == role)))
    if agenda is not None:
        query = query.where(task.c.agenda == agenda)
    if patient is not None:
        query = query.where(task.c.journey == patient)
    if status != "all":
        is_open = task.c.status.in_(_OPEN)
        query = query.where(is_open if status == "open" else ~is_open)
    urgency = case(_FIRST, value=task.c.level, else_=5)
    query = query.order_by(urgency, task.c.due.is_(None), task.c.due, task.c.opened, task.c.key)
    query = query.limit(limit if agenda is None else LONGEST_AGENDA)
    rows = ledger.store.read(lambda c: c.execute(query).all())
    found = [row for row in (_task(ledger, row, language) for row in rows) if row is not None]
    return found if agenda is None else sorted(found, key=_place)[:limit]


def _place(row: Json) -> list[tuple[bool, float]]:
    """What is not known comes first, then what is worst. The values are sealed, so that no database can sort them."""
    return [(one is not None, one or 0.0) for one in row["conference"]["rank"]]


def task_of(ledger: Ledger, key: str, *, language: str) -> Json | None:
    """One task with its form and answers, or None."""
    row = ledger.store.read(lambda c: c.execute(select(task).where(task.c.key == key)).one_or_none())
    return None if row is None else _task(ledger, row, language)


def patient_of_task(ledger: Ledger, key: str) -> str | None:
    """The patient a task is about, or None."""
    return ledger.store.read(lambda c: c.scalar(select(task.c.journey).where(task.c.key == key)))


def _task(ledger: Ledger, row: Row[Any], language: str) -> Json | None:
    sealer = ledger.keys_if_any(row.journey)
    if sealer is None:
        return None
    body = sealer.open("task.body", row.body_sealed)
    return {
        "id": row.key,
        "patient": row.journey,
        "enrolment": row.enrolment,
        "source": row.source,
        "title": _in(body["title"], language),
        "role": row.role,
        "level": row.level,
        "status": row.status,
        "opened": _iso(row.opened),
        "due": _iso(row.due),
        "claimed_by": row.claimed_by,
        "closed": _iso(row.closed),
        "closed_by": row.closed_by,
        "form": [_field(one, language) for one in body.get("form") or ()],
        "answers": body.get("answers") or {},
        "why": body.get("why"),
        **({"conference": _conference(body["conference"], language)} if body.get("conference") else {}),
    }


def _conference(held: Mapping[str, Json], language: str) -> Json:
    shown = [{**one, "title": _in(one["title"], language)} if "title" in one else one for one in held["shown"]]
    return {**held, "shown": shown}


def _field(given: Mapping[str, Json], language: str) -> Json:
    out = {key: value for key, value in given.items() if value not in (None, {}, [], ())}
    if "label" in out:
        out["label"] = _in(out["label"], language)
    if "because" in out:
        out["because"] = _in(out["because"], language)
    if "grounds" in out:
        out["grounds"] = [_in(line, language) for line in out["grounds"]]
    if "options" in out:
        out["options"] = {word: _in(words, language) for word, words in out["options"].items()}
    return out


# --------------------------------------------------------------------------- one patient


def timeline_of(ledger: Ledger, patient: str, *, limit: int, language: str) -> list[Json] | None:
    """The last ``limit`` entries, oldest first; None for nobody."""
    sealer = ledger.keys_if_any(patient)
    if sealer is None:
        return None
    query = (
        select(timeline)
        .where(timeline.c.journey == patient)
        .order_by(timeline.c.at.desc(), timeline.c.seq.desc())
        .limit(limit)
    )
    rows = ledger.store.read(lambda c: c.execute(query).all())
    out = []
    for row in reversed(rows):
        content = sealer.open("timeline.text", row.text_sealed)
        out.append(
            {
                "at": _iso(row.at),
                "enrolment": row.enrolment,
                "word": row.word,
                "path": row.path,
                "text": _in(content["text"], language),
                "occurrence": row.occurrence,
                "outcome": row.outcome,
                "why": content.get("why"),
                "data": content.get("data") or {},
            }
        )
    return out


def ahead_of(ledger: Ledger, plans: Plans, patient: str, days: int, *, language: str) -> list[Json]:
    """What is planned for the next ``days``: decisions to come, occurrences with kind, window and take."""
    found = _state(ledger, patient)
    return [] if found is None or days == 0 else ahead_rows(plans, found[0], found[1], days, language)


def why_of(ledger: Ledger, patient: str, *, path: str, limit: int, language: str) -> list[Json] | None:
    """Recorded verdicts, newest first, of a place in the pathway (empty: of all); None for nobody."""
    sealer = ledger.keys_if_any(patient)
    if sealer is None:
        return None
    query = select(explanation).where(explanation.c.journey == patient)
    if path:
        query = query.where(explanation.c.path == path)
    query = query.order_by(explanation.c.at.desc(), explanation.c.seq.desc()).limit(limit)
    out = []
    for row in ledger.store.read(lambda c: c.execute(query).all()):
        content = sealer.open("explanation.text", row.text_sealed)
        out.append(
            {
                "at": _iso(row.at),
                "path": row.path,
                "value": row.value,
                "text": _in(content["text"], language),
                "data": content.get("data") or {},
            }
        )
    return out


def why_now(ledger: Ledger, plans: Plans, patient: str, path: str, *, language: str) -> Json | None:
    """How the condition at a place stands now, with its parts; None where there is no condition."""
    found = _state(ledger, patient)
    return None if found is None or not path else why_text(plans, found[0], found[1], path, language)


def messages_of(ledger: Ledger, patient: str, *, limit: int, language: str) -> list[Json] | None:
    """Messages about a patient, newest first: to whom, what, and what became of them; None for nobody."""
    sealer = ledger.keys_if_any(patient)
    if sealer is None:
        return None
    query = select(outbox).where(outbox.c.journey == patient).order_by(outbox.c.due.desc(), outbox.c.key).limit(limit)
    out = []
    for row in ledger.store.read(lambda c: c.execute(query).all()):
        body = sealer.open("outbox.body", row.body_sealed)
        out.append(
            {
                "id": row.key,
                "to": row.recipient,
                "class": row.message_class,
                "template": body.get("template"),
                "text": _in(body.get("text"), language),
                "status": row.status,
                "due": _iso(row.due),
                "expires": _iso(row.expires),
                "sent": _iso(row.sent_patient_at),
                "channel": row.channel,
                "note": row.note,
            }
        )
    return out


def answers_of(ledger: Ledger, patient: str, *, limit: int) -> list[Json] | None:
    """What was answered to asks, doses and lessons, newest first, as it came in; None for nobody."""
    sealer = ledger.keys_if_any(patient)
    if sealer is None:
        return None
    query = select(inbox).where(inbox.c.journey == patient, inbox.c.kind == Answered.kind)
    query = query.order_by(inbox.c.seq.desc()).limit(limit)
    return [
        {"id": row.id, "at": _iso(row.at), "seen": _iso(row.seen), **sealer.open("inbox.body", row.body_sealed)}
        for row in ledger.store.read(lambda c: c.execute(query).all())
    ]


def readings_of(ledger: Ledger, patient: str, *, measure: str | None, limit: int) -> list[Json] | None:
    """Stored readings, newest first; None for nobody."""
    sealer = ledger.keys_if_any(patient)
    if sealer is None:
        return None
    query = select(reading).where(reading.c.journey == patient)
    if measure is not None:
        query = query.where(reading.c.measure == measure)
    query = query.order_by(reading.c.at.desc(), reading.c.id).limit(limit)
    return [_reading(sealer, row) for row in ledger.store.read(lambda c: c.execute(query).all())]


def _reading(sealer: Sealer, row: Row[Any]) -> Json:
    values = sealer.open("reading.values", row.values_sealed)
    return {
        "id": row.id,
        "measure": row.measure,
        "at": _iso(row.at),
        "seen": _iso(row.seen),
        "quality": row.quality,
        "status": row.status,
        "components": values["components"],
        "context": values.get("context") or {},
    }


def record_of(ledger: Ledger, plans: Plans, patient: str, *, language: str) -> Json | None:
    """Where the patient stands: enrolments, flags, clock, case sheet, tasks, handoffs, counts; None for nobody."""
    sealer = ledger.keys_if_any(patient)
    if sealer is None:
        return None
    return ledger.store.read(lambda c: _record(c, ledger, sealer, plans, patient, language))


def _record(c: Connection, ledger: Ledger, sealer: Sealer, plans: Plans, patient: str, language: str) -> Json | None:
    row = c.execute(select(journey).where(journey.c.key == patient)).one_or_none()
    if row is None:
        return None
    clock = rehearsal.from_json(row.rehearsal)
    now = rehearsal.patient_now(clock, ledger.store.now())
    state = None if row.state_sealed is None else sealer.open("journey.state", row.state_sealed)
    tasks = c.execute(select(task).where(task.c.journey == patient, task.c.status.in_(_OPEN))).all()
    handoffs = c.execute(select(handoff).where(handoff.c.journey == patient).order_by(handoff.c.number)).all()
    seen = phases(plans, plans.site(row.site_sha), state, now, language)
    return {
        "patient": patient,
        "status": row.status,
        "reason": row.reason,
        "clock": {"now": now.isoformat(), "rate": 1.0 if clock is None else clock.current.rate},
        "enrolments": _enrolments(c, patient, seen["phases"]),
        "tier": seen["tier"],
        "flags": seen["flags"],
        "decided": _last_decided(c, sealer, patient, language),
        "next": seen["next"],
        "sheet": seen["sheet"],
        "tasks": [one for one in (_task(ledger, one, language) for one in tasks) if one is not None],
        "handoffs": [_handoff(sealer, one, language) for one in handoffs],
        "latest": _latest(c, sealer, patient),
        "counts": _counts(c, patient, len(handoffs)),
    }


def _enrolments(c: Connection, patient: str, seen: Mapping[str, Json]) -> list[Json]:
    rows = c.execute(select(enrolment).where(enrolment.c.journey == patient).order_by(enrolment.c.created)).all()
    return [
        {
            "id": row.id,
            "pathway": row.pathway,
            "version": row.version,
            "status": row.status,
            "ended": row.ended,
            "rehearsal": row.rehearsal,
            **seen.get(row.id, {}),
        }
        for row in rows
    ]


def _last_decided(c: Connection, sealer: Sealer, patient: str, language: str) -> str:
    query = select(timeline.c.text_sealed).where(timeline.c.journey == patient).order_by(timeline.c.seq.desc()).limit(1)
    sealed = c.scalar(query)
    return "" if sealed is None else _in(sealer.open("timeline.text", sealed)["text"], language)


def _handoff(sealer: Sealer, row: Row[Any], language: str) -> Json:
    request = sealer.open("handoff.request", row.request_sealed)
    return {
        "number": row.number,
        "machine": row.machine,
        "partner": row.partner,
        "title": _in(request.get("title"), language),
        "state": row.state,
        "final": row.final,
        "opened": _iso(row.opened),
    }


def _latest(c: Connection, sealer: Sealer, patient: str) -> dict[str, Json]:
    mine = reading.c.journey == patient
    newest = (
        select(reading.c.measure, func.max(reading.c.at).label("at"))
        .where(mine, reading.c.quality == "ok")
        .group_by(reading.c.measure)
        .subquery()
    )
    query = select(reading).join(newest, (reading.c.measure == newest.c.measure) & (reading.c.at == newest.c.at))
    return {row.measure: _reading(sealer, row) for row in c.execute(query.where(mine)).all()}


def _counts(c: Connection, patient: str, handoffs: int) -> dict[str, int]:
    def count(table: Any, *where: Any) -> int:
        return int(c.scalar(select(func.count()).select_from(table).where(table.c.journey == patient, *where)) or 0)

    return {
        "readings": count(reading),
        "messages_sent": count(outbox, outbox.c.status == "sent", outbox.c.recipient == "patient"),
        "tasks_open": count(task, task.c.status.in_(_OPEN)),
        "tasks_closed": count(task, task.c.status == "done"),
        "handoffs": handoffs,
    }


def _state(ledger: Ledger, patient: str) -> tuple[Json, str | None] | None:
    sealer = ledger.keys_if_any(patient)
    if sealer is None:
        return None
    query = select(journey.c.state_sealed, journey.c.site_sha).where(journey.c.key == patient)
    row = ledger.store.read(lambda c: c.execute(query).one_or_none())
    if row is None or row.state_sealed is None:
        return None
    return sealer.open("journey.state", row.state_sealed), row.site_sha

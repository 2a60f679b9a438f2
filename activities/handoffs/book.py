"""The SQL side of a handoff: its row, the callbacks, and what the journey is told. Inside the caller's transaction.

``handoff.version`` is the version of the last status of the partner that was heard; 0: the partner holds nothing yet
as far as we know, and the machine stands in ``draft``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import ValidationError
from sqlalchemy import Connection, Select, insert, select, update

from activities.handoffs.awaited import awaited
from activities.handoffs.machines import DRAFT, MACHINES, Ignored, Machine, Status, Step, Walk, walk
from activities.handoffs.wire import Callback, Request
from activities.intake.inbox import OUTSTANDING, QUIET, WAKE, NewEvent, note_wake, put
from activities.intake.refusals import Refusal
from activities.messaging.ports import opaque
from activities.records import audit
from activities.records.ledger import Ledger, Sealer
from activities.records.registry import Plans
from activities.records.schema import callback, handoff, inbox, incident, journey, timeline
from activities.records.store import lock_journey
from activities.rehearsal import ClockMap, from_json, patient_now
from pathways.decide.events import HandoffReport
from pathways.decide.texts import word
from pathways.lang.plan_base import Text
from pathways.lang.plan_handoff_words import HANDOFF_WORDS

Json = Any
MAX_KEPT: Final = 16 * 1024
"""Bytes of JSON a partner may have us keep with one status; more is not kept."""
_LONGEST_ID: Final = 180

_IGNORED: Final = Text(
    en="The partner reported {state}, which its published states do not allow here; nothing was changed.",
    zh="合作方报告了 {state}，按其公布的状态此处不允许；未作更改。",
)
_INCIDENTS: Final = {
    "partner_unknown": Text(
        en="No partner of this id is configured; a request waits.",
        zh="未配置该合作方，有请求正在等待。",
    ),
    "partner_misconfigured": Text(
        en="The partner refuses our access or does not answer at its configured address; a request waits.",
        zh="合作方拒绝访问或其配置地址无法使用，有请求正在等待。",
    ),
    "partner_conflict": Text(
        en="The partner holds another request under this name.",
        zh="合作方以该编号持有另一份请求。",
    ),
    "partner_after_end": Text(
        en="A partner reports something else about a request that was over; ask it what became of it.",
        zh="合作方对一项已结束的请求报告了不同结果，请向其核实。",
    ),
}


@dataclass(frozen=True, slots=True)
class Talk:
    """A handoff as stored. ``heard``: callbacks not yet applied. ``clock``: the journey's rehearsal map."""

    journey: str
    number: int
    key: str
    partner: str
    machine: Machine
    state: str
    version: int
    final: bool
    attempts: int
    request: Request
    heard: tuple[Status, ...]
    clock: ClockMap | None
    opened: datetime


def load(connection: Connection, sealer: Sealer, patient: str, number: int) -> Talk | None:
    """The handoff, or None when there is none of this number."""
    row = connection.execute(
        select(handoff, journey.c.rehearsal)
        .join(journey, journey.c.key == handoff.c.journey)
        .where(handoff.c.journey == patient, handoff.c.number == number)
    ).one_or_none()
    if row is None:
        return None
    body = sealer.open("handoff.request", row.request_sealed)
    return Talk(
        journey=patient,
        number=number,
        key=row.key,
        partner=row.partner,
        machine=MACHINES[row.machine],
        state=row.state if row.version or row.final else DRAFT,
        version=row.version,
        final=row.final,
        attempts=row.attempts,
        request=Request(
            identifier=row.business_id, machine=row.machine, patient=patient, request=body.get("request") or {}
        ),
        heard=tuple(status for _, status in _heard(connection, sealer, row.partner, row.business_id)),
        clock=from_json(row.rehearsal),
        opened=row.opened,
    )


def _heard(connection: Connection, sealer: Sealer, partner: str, business_id: str) -> list[tuple[str, Status]]:
    rows = connection.execute(
        select(callback.c.webhook_id, callback.c.body_sealed)
        .where(callback.c.partner == partner, callback.c.business_id == business_id, callback.c.applied.is_(False))
        .order_by(callback.c.received)
    ).all()
    out = []
    for row in rows:
        try:
            said = Callback.model_validate(sealer.open("callback.body", row.body_sealed))
        except ValidationError:
            continue  # it was judged when it came; a body of another release is left for a person to see
        out.append((row.webhook_id, said.status()))
    return out


def note_attempt(connection: Connection, talk: Talk) -> None:
    """Note that the request is about to be handed over, so that a later try asks first."""
    where = (handoff.c.journey == talk.journey, handoff.c.number == talk.number)
    connection.execute(update(handoff).where(*where).values(attempts=handoff.c.attempts + 1))


def absorb(
    connection: Connection,
    ledger: Ledger,
    plans: Plans,
    sealer: Sealer,
    talk: Talk,
    statuses: Sequence[Status],
    partner_ref: str = "",
) -> Walk:
    """Take in what the partner said, by answer or by callback: the row, the reports, the audit, all at once.

    The walk begins at what the row holds now, so two voices at once, or the same voice twice, change nothing more.
    """
    owner = lock_journey(connection, talk.journey)
    where = (handoff.c.journey == talk.journey, handoff.c.number == talk.number)
    row = connection.execute(select(handoff).where(*where).with_for_update()).one()
    heard = _heard(connection, sealer, row.partner, row.business_id)
    state = row.state if row.version or row.final else DRAFT
    result = walk(talk.machine, state, row.version, _merged(statuses, [status for _, status in heard]))
    wall = ledger.store.now()
    seen = patient_now(talk.clock, wall)
    kept = dict(sealer.open("handoff.kept", row.kept_sealed)) if row.kept_sealed else {}
    told = [step for step in result.steps if step.word is not None]
    quiet = awaited(connection, sealer, plans, talk.journey, talk.key).quiet if told else frozenset()
    for step in result.steps:
        kept.update(_bounded(step.status.kept))
    for step in told:
        _report(connection, ledger, sealer, owner, talk, step, seen, QUIET if step.word in quiet else WAKE)
    for ignored in result.ignored:
        if ignored.why != "repeated":
            _note_ignored(connection, sealer, talk, ignored, seen)
    final = row.final or talk.machine.states[result.state].final
    connection.execute(
        update(handoff)
        .where(*where)
        .values(
            state=result.state,
            version=result.version,
            final=final,
            changed=wall,
            partner_ref=partner_ref[:250] or row.partner_ref,
            kept_sealed=sealer.seal("handoff.kept", kept) if kept else row.kept_sealed,
        )
    )
    for webhook_id, status in heard:
        if final or status.version <= result.version:
            connection.execute(
                update(callback)
                .where(callback.c.partner == row.partner, callback.c.webhook_id == webhook_id)
                .values(applied=True)
            )
    if result.steps or result.ignored:
        detail = {"state": result.state, "version": result.version, "steps": [s.status.state for s in result.steps]}
        entry = audit.Entry(f"partner:{row.partner}", "handoff_heard", talk.key, detail)
        if result.steps or any(ignored.why != "repeated" for ignored in result.ignored):
            audit.append(connection, sealer, talk.journey, wall, [entry])
    return result


def _merged(first: Sequence[Status], second: Sequence[Status]) -> list[Status]:
    """One status per version: what the partner's own history says wins over a callback."""
    out: dict[int, Status] = {}
    for status in (*first, *second):
        out.setdefault(status.version, status)
    return list(out.values())


def _bounded(kept: Mapping[str, Json]) -> dict[str, Json]:
    small = len(json.dumps(kept, ensure_ascii=False).encode()) <= MAX_KEPT
    return dict(kept) if small else {}


def _report(
    connection: Connection,
    ledger: Ledger,
    sealer: Sealer,
    owner: Any,
    talk: Talk,
    step: Step,
    seen: datetime,
    urgency: Literal[0, 1],
) -> None:
    assert step.word is not None
    body = HandoffReport(handoff=talk.key, word=step.word, final=step.final, kept=_bounded(step.status.kept))
    name = f"handoff:{talk.key}:{step.word}:{step.status.version}"
    event = NewEvent(name if len(name) <= _LONGEST_ID else f"handoff:{opaque(name)}", body)
    stored = put(connection, ledger, sealer, owner, event, seen=seen, urgency=urgency, about=talk.key[:200])
    if isinstance(stored, Refusal):
        raise ValueError(f"a report of handoff {talk.key} was stored before with other content")


def _note_ignored(connection: Connection, sealer: Sealer, talk: Talk, ignored: Ignored, seen: datetime) -> None:
    key = f"{talk.key}:ignored:{ignored.status.version}"
    known = select(timeline.c.seq).where(timeline.c.journey == talk.journey, timeline.c.key == key[:250])
    if connection.scalar(known) is not None:
        return
    said = ignored.status.state if ignored.status.state in talk.machine.states else "?"
    text = {"en": _IGNORED.en.format(state=said), "zh": _IGNORED.zh.format(state=said)}
    data = {"handoff": talk.key, "state": said, "version": ignored.status.version, "at": ignored.source}
    connection.execute(
        insert(timeline).values(
            journey=talk.journey,
            key=key[:250],
            at=seen,
            word="handoff_ignored",
            path="",
            text_sealed=sealer.seal("timeline.text", {"text": text, "why": ignored.why, "data": data}),
        )
    )


def unseen_words(connection: Connection, sealer: Sealer, talk: Talk) -> list[str]:
    """The words reported to the journey that no tick has seen and that wait for one."""
    rows = connection.scalars(_unseen(talk, inbox.c.body_sealed).order_by(inbox.c.seq))
    return [str(sealer.open("inbox.body", sealed)["word"]) for sealed in rows]


def claim_wake(connection: Connection, talk: Talk, wall: datetime) -> bool:
    """Whether the caller is to wake the journey now; it is noted as woken. Also after a retry: a report that no tick
    has seen wakes again once an earlier wake was not answered for a while."""
    owner = lock_journey(connection, talk.journey)
    if owner is None or connection.scalar(_unseen(talk, inbox.c.seq).limit(1)) is None:
        return False
    if owner.woke_at is not None and wall - owner.woke_at < OUTSTANDING:
        return False
    note_wake(connection, talk.journey, wall)
    return True


def _unseen(talk: Talk, column: Any) -> Select[Any]:
    return (
        select(column)
        .join(journey, journey.c.key == inbox.c.journey)
        .where(
            inbox.c.journey == talk.journey,
            inbox.c.kind == HandoffReport.kind,
            inbox.c.about == talk.key[:200],
            inbox.c.urgency >= WAKE,
            inbox.c.seq > journey.c.cursor,
        )
    )


def hear_after_end(connection: Connection, sealer: Sealer, row: Any, body: Mapping[str, Json], at: datetime) -> None:
    """A callback about a conversation that is over. ``row``: of the handoff; ``at``: wall time.

    What tells how it came to its end, or the end itself, is no news. Another end, or anything after it, is: the
    journey has gone on from the end it knows, so a person has to ask. Called off before anything was heard, the partner
    was thought to hold nothing: then every word is news.
    """
    version, state = int(body.get("version") or 0), body.get("state")
    if version > row.version or (version == row.version and state != row.state):
        _incident(connection, sealer, row.journey, row.key, "partner_after_end", at)


def raise_incident(connection: Connection, sealer: Sealer, talk: Talk, kind: str, at: datetime) -> None:
    """A loud failure outside the pathway, once per handoff and kind."""
    _incident(connection, sealer, talk.journey, talk.key, kind, at)


def _incident(connection: Connection, sealer: Sealer, owner: str, handoff_key: str, kind: str, at: datetime) -> None:
    key = f"handoff:{kind}:{opaque(handoff_key)}"
    if connection.scalar(select(incident.c.key).where(incident.c.key == key)) is not None:
        return
    words = _INCIDENTS[kind]
    sealed = sealer.seal("incident.text", {"en": words.en, "zh": words.zh})
    connection.execute(insert(incident).values(key=key, journey=owner, kind=kind, at=at, text_sealed=sealed))


def said(machine: Machine, state: str) -> str:
    """A state in words, for the Temporal UI: in both languages, since a conversation does not know its site's."""
    name = machine.states[state].word if state in machine.states else None
    texts = {w.name: w.text for w in HANDOFF_WORDS[machine.id]}
    found = texts.get(name or "") or word("hand", state)
    return f"Partner: {found.en} / 合作方：{found.zh}"

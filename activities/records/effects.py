"""Writes the effects of one decision into the tables, inside the tick's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, Table, insert, select, update

from activities.contracts import ChildCancel, ChildStart
from activities.records import outbox
from activities.records.audit import Entry
from activities.records.ledger import Sealer
from activities.records.outbox import Placing
from activities.records.schema import (
    enrolment,
    explanation,
    handoff,
    incident,
    journey,
    occurrence_end,
    task,
    timeline,
    watch,
)
from activities.records.types import canonical
from pathways.decide.effects import (
    BeginEnrolment,
    CancelHandoff,
    CancelMessages,
    Effect,
    EndEnrolment,
    Explanation,
    Incident,
    PlanMessage,
    PutTask,
    SetStatus,
    SetWatches,
    StartHandoff,
    Timeline,
)
from pathways.lang.plan_base import Text
from pathways.lang.site_plan import Site

E = TypeVar("E", bound=Effect)

BY_TICK: Final = "carepath"
"""Who stands in the audit where the decider acted by itself."""


@dataclass(slots=True)
class Writing:
    """One tick's transaction: where it writes, and what the run must be told of it."""

    connection: Connection
    sealer: Sealer
    placing: Placing
    site: Site
    language: str
    epoch: int
    sequence: int
    start: list[ChildStart] = field(default_factory=list)
    cancel: list[ChildCancel] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def journey(self) -> str:
        """The journey's key."""
        return self.placing.journey


def write_effects(writing: Writing, effects: Sequence[Effect]) -> None:
    """Write every effect: each kind together, messages in their order.

    Raises:
        KeyError: a kind of effect this release does not know (a programmer's error).
    """
    by_kind: dict[str, list[Effect]] = {}
    for effect in effects:
        if effect.kind not in _WRITERS:
            raise KeyError(f"unknown effect {effect.kind!r}")
        by_kind.setdefault("messages" if effect.kind in _MESSAGES else effect.kind, []).append(effect)
    # The order is fixed: a status that stops messages comes before those planned under it (an open red goes on).
    for kind, write in _WRITERS.items():
        found = by_kind.get(kind)
        if found:
            write(writing, found)
    if "messages" in by_kind:
        _messages(writing, by_kind["messages"])


def _messages(writing: Writing, effects: Sequence[Effect]) -> None:
    """Plan and withdraw in the order decided: a key may be withdrawn and planned again in one tick."""
    waiting: list[PlanMessage] = []

    def flush() -> None:
        if waiting:
            outbox.write(writing.connection, writing.sealer, writing.placing, list(waiting))
            waiting.clear()

    for effect in effects:
        if isinstance(effect, PlanMessage):
            waiting.append(effect)
        elif isinstance(effect, CancelMessages):
            flush()
            outbox.cancel(writing.connection, writing.journey, effect.keys, effect.prefix, effect.reason)
    flush()


def _status(writing: Writing, effects: Sequence[Effect]) -> None:
    for effect in _of(SetStatus, effects):
        writing.connection.execute(
            update(journey)
            .where(journey.c.key == writing.journey)
            .values(
                status=effect.status,
                reason=None if effect.reason is None else effect.reason[:64],
                stop_messages=effect.stop_messages,
                except_prefixes=list(effect.except_prefixes),
            )
        )
        if effect.stop_messages:
            outbox.stop(writing.connection, writing.journey, effect.except_prefixes)


def _tasks(writing: Writing, effects: Sequence[Effect]) -> None:
    puts = {effect.key: effect for effect in _of(PutTask, effects)}
    known = set(writing.connection.scalars(select(task.c.key).where(task.c.key.in_(list(puts)))))
    fresh = []
    for key, put in puts.items():
        values = _task(writing, put)
        if key in known:
            writing.connection.execute(update(task).where(task.c.key == key).values(**values))
        else:
            fresh.append(values)
    if fresh:
        writing.connection.execute(insert(task), fresh)


def _task(writing: Writing, put: PutTask) -> dict[str, Any]:
    body = {"title": _text(put.title), "form": [dict(f) for f in put.form], "answers": put.answers, "why": put.why}
    held = put.conference or {}
    if held:
        body["conference"] = held
    return {
        "key": put.key,
        "journey": writing.journey,
        "enrolment": put.enrolment,
        "source": put.source,
        "episode": put.episode,
        "role": put.role,
        "signers": " ".join(["", *held["missing"], ""]) if held else None,
        "agenda": held.get("agenda"),
        "level": put.level,
        "status": put.status,
        "opened": put.opened,
        "due": put.due,
        "claimed_by": put.claimed_by,
        "closed": put.closed,
        "closed_by": put.closed_by,
        "changed": writing.placing.wall,
        "body_sealed": writing.sealer.seal("task.body", body),
    }


def _timeline(writing: Writing, effects: Sequence[Effect]) -> None:
    entries = _of(Timeline, effects)
    keys = _free_keys(writing, timeline, [e.key for e in entries])
    rows = []
    for key, entry in zip(keys, entries, strict=True):
        content = {"text": _text(entry.text), "why": entry.why, "data": entry.data}
        rows.append(
            {
                "journey": writing.journey,
                "key": key,
                "at": entry.at,
                "enrolment": entry.enrolment,
                "word": entry.word,
                "path": entry.path,
                "occurrence": entry.occurrence,
                "outcome": entry.outcome,
                "text_sealed": writing.sealer.seal("timeline.text", content),
            }
        )
    writing.connection.execute(insert(timeline), rows)
    _occurrence_ends(writing, [e for e in entries if e.occurrence is not None and e.outcome is not None])


def _occurrence_ends(writing: Writing, entries: Sequence[Timeline]) -> None:
    """Each occurrence ends once; a second end is kept out and told as an incident: a fault of ours, not the patient's
    to suffer from."""
    if not entries:
        return
    keys = [entry.occurrence for entry in entries]
    query = select(occurrence_end.c.occurrence).where(
        occurrence_end.c.journey == writing.journey, occurrence_end.c.occurrence.in_(keys)
    )
    ended = set(writing.connection.scalars(query))
    rows = []
    for entry in entries:
        if entry.occurrence in ended:
            raise_incident(writing, f"{entry.key}:double_end", "double_end", entry.at, _DOUBLE_END)
            continue
        ended.add(cast("str", entry.occurrence))
        rows.append(
            {
                "journey": writing.journey,
                "occurrence": entry.occurrence,
                "outcome": entry.outcome,
                "at": entry.at,
                "epoch": writing.epoch,
                "sequence": writing.sequence,
            }
        )
    if rows:
        writing.connection.execute(insert(occurrence_end), rows)


def _explanations(writing: Writing, effects: Sequence[Effect]) -> None:
    entries = _of(Explanation, effects)
    keys = _free_keys(writing, explanation, [e.key for e in entries])
    rows = [
        {
            "journey": writing.journey,
            "key": key,
            "at": entry.at,
            "enrolment": entry.enrolment,
            "path": entry.path,
            "value": entry.value,
            "text_sealed": writing.sealer.seal("explanation.text", {"text": _text(entry.text), "data": entry.data}),
        }
        for key, entry in zip(keys, entries, strict=True)
    ]
    writing.connection.execute(insert(explanation), rows)


def _watches(writing: Writing, effects: Sequence[Effect]) -> None:
    rows = []
    for row in _of(SetWatches, effects)[-1].rows:
        cond = row["cond"]
        rows.append({**row, "cond": cond if isinstance(cond, str) else canonical(cond)})
    sealed = writing.sealer.seal("watch.rows", rows)
    changed = writing.connection.execute(
        update(watch).where(watch.c.journey == writing.journey).values(rows_sealed=sealed)
    )
    if not changed.rowcount:
        writing.connection.execute(insert(watch).values(journey=writing.journey, rows_sealed=sealed))


def _start_handoffs(writing: Writing, effects: Sequence[Effect]) -> None:
    for effect in _of(StartHandoff, effects):
        known = select(handoff.c.key).where(handoff.c.journey == writing.journey, handoff.c.number == effect.number)
        if writing.connection.scalar(known) is not None:
            continue
        partner = writing.site.partners.get(effect.partner, effect.partner)
        request = {"title": _text(effect.title), "request": effect.request}
        writing.connection.execute(
            insert(handoff).values(
                journey=writing.journey,
                number=effect.number,
                key=effect.key,
                enrolment=effect.enrolment,
                machine=effect.machine,
                partner=partner,
                business_id=effect.key,
                opened=writing.placing.wall,
                changed=writing.placing.wall,
                request_sealed=writing.sealer.seal("handoff.request", request),
            )
        )
        writing.start.append(
            ChildStart(
                number=effect.number,
                key=effect.key,
                machine=effect.machine,
                partner=partner,
                title=effect.title.in_language(writing.language),
            )
        )
        writing.entries.append(Entry(BY_TICK, "handoff_started", effect.key, {"partner": partner}))


def _cancel_handoffs(writing: Writing, effects: Sequence[Effect]) -> None:
    for effect in _of(CancelHandoff, effects):
        writing.connection.execute(
            update(handoff)
            .where(handoff.c.journey == writing.journey, handoff.c.number == effect.number)
            .values(cancel_wanted=effect.why[:64], changed=writing.placing.wall)
        )
        writing.cancel.append(ChildCancel(number=effect.number, key=effect.key, why=effect.why))


def _incidents(writing: Writing, effects: Sequence[Effect]) -> None:
    for effect in _of(Incident, effects):
        raise_incident(writing, effect.key, "incident", effect.at, effect.text)


def _begins(writing: Writing, effects: Sequence[Effect]) -> None:
    for effect in _of(BeginEnrolment, effects):
        rehearsed = select(enrolment.c.rehearsal).where(
            enrolment.c.journey == writing.journey, enrolment.c.id == effect.caller
        )
        writing.connection.execute(
            insert(enrolment).values(
                journey=writing.journey,
                id=effect.enrolment,
                pathway=effect.pathway,
                version=effect.version,
                plan_sha=effect.plan_sha256,
                rehearsal=bool(writing.connection.scalar(rehearsed)),
                created=effect.at,
            )
        )
        detail = {"pathway": effect.pathway, "version": effect.version, "called_by": effect.caller}
        writing.entries.append(Entry(BY_TICK, "enrolled", f"{writing.journey}/{effect.enrolment}", detail))


def _ends(writing: Writing, effects: Sequence[Effect]) -> None:
    for effect in _of(EndEnrolment, effects):
        writing.connection.execute(
            update(enrolment)
            .where(enrolment.c.journey == writing.journey, enrolment.c.id == effect.enrolment)
            .values(status="ended", ended=effect.end[:64], closed=effect.at)
        )
        writing.entries.append(Entry(BY_TICK, "ended", f"{writing.journey}/{effect.enrolment}", {"end": effect.end}))


def raise_incident(writing: Writing, key: str, kind: str, at: datetime, words: Text) -> None:
    """A loud failure outside the pathway; the same key is raised once."""
    if writing.connection.scalar(select(incident.c.key).where(incident.c.key == key[:250])) is not None:
        return
    writing.connection.execute(
        insert(incident).values(
            key=key[:250],
            journey=writing.journey,
            kind=kind,
            at=at,
            text_sealed=writing.sealer.seal("incident.text", _text(words)),
        )
    )
    writing.entries.append(Entry(BY_TICK, f"incident_{kind}", key[:250]))


def _free_keys(writing: Writing, table: Table, keys: Sequence[str]) -> list[str]:
    """The keys themselves; one that is taken (a fault of the decider, and no reason to lose an entry) is numbered."""
    query = select(table.c.key).where(table.c.journey == writing.journey, table.c.key.in_(list(keys)))
    taken = set(writing.connection.scalars(query))
    out = []
    for index, key in enumerate(keys):
        free = key if key not in taken else f"{key}~{writing.epoch}.{writing.sequence}.{index}"
        taken.add(free)
        out.append(free)
    return out


def _of(kind: type[E], effects: Sequence[Effect]) -> list[E]:
    return [effect for effect in effects if isinstance(effect, kind)]


def _text(words: Text) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}


_DOUBLE_END: Final = Text(
    en="An occurrence was about to end a second time; the first ending stands.",
    zh="某次任务将被第二次结束，以首次结束为准。",
)

_MESSAGES: Final = frozenset({PlanMessage.kind, CancelMessages.kind})
_WRITERS: Final[Mapping[str, Callable[[Writing, Sequence[Effect]], None]]] = {
    SetStatus.kind: _status,
    PutTask.kind: _tasks,
    Timeline.kind: _timeline,
    Explanation.kind: _explanations,
    SetWatches.kind: _watches,
    StartHandoff.kind: _start_handoffs,
    CancelHandoff.kind: _cancel_handoffs,
    Incident.kind: _incidents,
    BeginEnrolment.kind: _begins,
    EndEnrolment.kind: _ends,
    PlanMessage.kind: _messages,
    CancelMessages.kind: _messages,
}

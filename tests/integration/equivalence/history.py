"""What the ledger holds of one life, and what effects come to when they are written down: both as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, select

from activities.records import schema
from activities.records.outbox import REVIVABLE, body_of, unless_to_json
from activities.records.types import canonical
from pathways.decide.effects import (
    CancelMessages,
    Effect,
    EndEnrolment,
    Explanation,
    PlanMessage,
    PutTask,
    SetStatus,
    SetWatches,
    Timeline,
)
from pathways.decide.events import Event, body_from_json
from pathways.lang.plan_base import Part
from tests.integration.records.house import House

Json = Any


@dataclass(frozen=True)
class Ticked:
    """One recorded tick: the patient time it decided at, and the inbox rows it took."""

    now: datetime
    events: tuple[Event, ...]


@dataclass(frozen=True)
class History:
    """Everything the pure decider needs to live this life again."""

    key: str
    profile: Mapping[str, Json]
    ticks: tuple[Ticked, ...]

    @property
    def start(self) -> datetime:
        """Where the journey's clock begins: no later than the first tick and what it saw."""
        first = self.ticks[0]
        return min([first.now, *(event.seen for event in first.events)])


def history(house: House, key: str, profile: Mapping[str, Json]) -> History:
    """The recorded rows, bodies opened, by the tick that took them."""
    sealer = house.ledger.keys(key)
    rows = [
        Event(r.id, r.at, r.seen, body_from_json(r.kind, sealer.open("inbox.body", r.body_sealed)), r.seq)
        for r in _rows(house, schema.inbox, key, "seq")
    ]
    ticks: list[Ticked] = []
    cursor = 0
    for row in _rows(house, schema.tick, key, "epoch", "sequence"):
        reached = int(sealer.open("tick.result", row.result_sealed)["cursor"])
        ticks.append(Ticked(row.now, tuple(e for e in rows if cursor < e.seq <= reached)))
        cursor = reached
    assert ticks and cursor == (rows[-1].seq if rows else 0), "rows were left that no tick took"
    return History(key, profile, tuple(ticks))


def deltas(house: House, key: str) -> list[tuple[int, dict[str, Json]]]:
    """(epoch, state delta) of every tick, in order."""
    sealer = house.ledger.keys(key)
    found = _rows(house, schema.tick, key, "epoch", "sequence")
    return [(row.epoch, sealer.open("tick.result", row.result_sealed)["delta"]) for row in found]


def _rows(house: House, table: Table, key: str, *order: str) -> Sequence[Any]:
    query = select(table).where(table.c.journey == key)
    return house.rows(query.order_by(*(table.c[name] for name in order)))


# --------------------------------------------------------------------------- as the ledger has it


def written(house: House, key: str) -> dict[str, Json]:
    """What stands in the ledger of one life, by table."""
    sealer = house.ledger.keys(key)
    state = house.rows(select(schema.journey).where(schema.journey.c.key == key))[0]
    watch = _rows(house, schema.watch, key)
    out: dict[str, Json] = plain(
        {
            "state": sealer.open("journey.state", state.state_sealed),
            "status": [state.status, state.reason, state.stop_messages, state.except_prefixes],
            "timeline": [
                [
                    r.key,
                    r.at,
                    r.enrolment,
                    r.word,
                    r.path,
                    r.occurrence,
                    r.outcome,
                    *_opened(sealer.open("timeline.text", r.text_sealed), "text", "why", "data"),
                ]
                for r in _rows(house, schema.timeline, key, "seq")
            ],
            "ends of occurrences": {r.occurrence: [r.outcome, r.at] for r in _rows(house, schema.occurrence_end, key)},
            "explanations": [
                [
                    r.key,
                    r.at,
                    r.enrolment,
                    r.path,
                    r.value,
                    *_opened(sealer.open("explanation.text", r.text_sealed), "text", "data"),
                ]
                for r in _rows(house, schema.explanation, key, "seq")
            ],
            "tasks": {
                r.key: [
                    r.enrolment,
                    r.source,
                    r.episode,
                    r.role,
                    r.level,
                    r.status,
                    r.opened,
                    r.due,
                    r.claimed_by,
                    r.closed,
                    r.closed_by,
                    *_opened(sealer.open("task.body", r.body_sealed), "title", "form", "answers", "why"),
                ]
                for r in _rows(house, schema.task, key)
            },
            "outbox": {
                r.key: [
                    r.status,
                    r.enrolment,
                    r.message_class,
                    r.recipient,
                    r.due,
                    r.expires,
                    r.unless,
                    r.wants_receipt,
                    sealer.open("outbox.body", r.body_sealed),
                ]
                for r in _rows(house, schema.outbox, key)
            },
            "ended": {r.id: [r.ended, r.closed] for r in _rows(house, schema.enrolment, key) if r.status == "ended"},
            "watches": sealer.open("watch.rows", watch[0].rows_sealed) if watch else None,
        }
    )
    return out


def _opened(content: Mapping[str, Json], *names: str) -> list[Json]:
    return [content[name] for name in names]


# --------------------------------------------------------------------------- as the effects say


def told(decided: Sequence[Sequence[Effect]], state: Json) -> dict[str, Json]:
    """What the same tables must hold after these effects of one tick after another, written in their order."""
    effects = [effect for tick in decided for effect in tick]
    lines = [e for e in effects if isinstance(e, Timeline)]
    status = [e for e in effects if isinstance(e, SetStatus)][-1]
    watches = [e for e in effects if isinstance(e, SetWatches)]
    out: dict[str, Json] = plain(
        {
            "state": state,
            "status": [status.status, status.reason, status.stop_messages, status.except_prefixes],
            "timeline": [
                [e.key, e.at, e.enrolment, e.word, e.path, e.occurrence, e.outcome, e.text, e.why, e.data]
                for e in lines
            ],
            "ends of occurrences": {e.occurrence: [e.outcome, e.at] for e in lines if e.occurrence and e.outcome},
            "explanations": [
                [e.key, e.at, e.enrolment, e.path, e.value, e.text, e.data]
                for e in effects
                if isinstance(e, Explanation)
            ],
            "tasks": {e.key: _task(e) for e in effects if isinstance(e, PutTask)},
            "outbox": _outbox(decided),
            "ended": {e.enrolment: [e.end, e.at] for e in effects if isinstance(e, EndEnrolment)},
            "watches": [
                {**row, "cond": row["cond"] if isinstance(row["cond"], str) else canonical(row["cond"])}
                for row in watches[-1].rows
            ]
            if watches
            else None,
        }
    )
    return out


def _task(e: PutTask) -> list[Json]:
    return [e.enrolment, e.source, e.episode, e.role, e.level, e.status, e.opened, e.due, e.claimed_by, e.closed,
            e.closed_by, e.title, e.form, e.answers, e.why]  # fmt: skip


def _outbox(decided: Sequence[Sequence[Effect]]) -> dict[str, list[Json]]:
    """Nobody sends in these lives, so that a row is planned, taken back, or stopped with its patient. In one tick a
    stop comes before what is planned under it."""
    rows: dict[str, list[Json]] = {}
    for effects in decided:
        for effect in effects:
            if isinstance(effect, SetStatus) and effect.stop_messages:
                _stop(rows, effect.except_prefixes)
        for effect in effects:
            if isinstance(effect, PlanMessage):
                _plan(rows, effect)
            elif isinstance(effect, CancelMessages):
                _cancel(rows, effect)
    return rows


def _plan(rows: dict[str, list[Json]], e: PlanMessage) -> None:
    if e.key not in rows or rows[e.key][0] in REVIVABLE:
        rows[e.key] = ["planned", e.enrolment, e.message_class, e.to, e.due, e.expires, unless_to_json(e.unless),
                       e.wants_receipt, body_of(e)]  # fmt: skip


def _cancel(rows: dict[str, list[Json]], e: CancelMessages) -> None:
    for key, row in rows.items():
        if row[0] == "planned" and (key in e.keys or (e.prefix and key.startswith(e.prefix))):
            row[0] = "cancelled"


def _stop(rows: dict[str, list[Json]], spared: Sequence[str]) -> None:
    for key, row in rows.items():
        if row[0] == "planned" and not row[3].startswith("role:") and not key.startswith(tuple(spared)):
            row[0] = "stopped"


# --------------------------------------------------------------------------- bytes


def plain(value: Any) -> Any:
    """Plain JSON of any value of ours; instants in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Part):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    return value


def bytes_of(value: Any) -> bytes:
    """The one byte string of a value."""
    return canonical(plain(value)).encode()


def same(one: Json, other: Json, where: str = "") -> None:
    """Both are equal byte for byte; else says where they part first."""
    if bytes_of(one) == bytes_of(other):
        return
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            same(one.get(key), other.get(key), f"{where}/{key}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (left, right) in enumerate(zip(one, other, strict=True)):
            same(left, right, f"{where}/{index}")
    raise AssertionError(f"{where}: the ledger holds {one!r:.2000}; the decider says {other!r:.2000}")

"""A small real world for the workflows: a SQLite file with inbox, ledger, verdicts and effects, and a tick over it.

The decider is a toy and can be swapped; the ledger keeps the promises that the workflows build on (one result per
journey, epoch and sequence; a retry finds its own; other content under the same key is refused). Switches in the
file let a test make it fail, stall or die at a certain place, also in another process.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.contracts import (
    COURIER_PUMP,
    HANDOFF_STEP,
    LEDGER_MISMATCH,
    ROUSE,
    SWEEP,
    TICK,
    ChildCancel,
    ChildStart,
    CourierInput,
    CourierResult,
    HandoffStepInput,
    HandoffStepResult,
    PlanRef,
    RouseInput,
    RouseResult,
    ShowMessage,
    SweepInput,
    SweepResult,
    TickInput,
    TickResult,
    VerdictMessage,
)
from worker.client import Journeys

Json = Any
Event = tuple[int, str, str, Json]
Decide = Callable[[dict[str, Json], list[Event], TickResult], None]

PLAN = PlanRef(sha256="a" * 64, pathway="small", version="1", text='{"id": "small"}')

_TABLES = """
CREATE TABLE IF NOT EXISTS inbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, journey TEXT, id TEXT, kind TEXT, body TEXT,
    UNIQUE (journey, id));
CREATE TABLE IF NOT EXISTS tick (journey TEXT, epoch INT, sequence INT, hash TEXT, result TEXT, local INT, cause TEXT,
    PRIMARY KEY (journey, epoch, sequence));
CREATE TABLE IF NOT EXISTS verdict (journey TEXT, command TEXT, body TEXT, PRIMARY KEY (journey, command));
CREATE TABLE IF NOT EXISTS state (journey TEXT PRIMARY KEY, body TEXT);
CREATE TABLE IF NOT EXISTS effect (key TEXT PRIMARY KEY, times INT);
CREATE TABLE IF NOT EXISTS switch (name TEXT PRIMARY KEY, left INT);
CREATE TABLE IF NOT EXISTS tried (name TEXT PRIMARY KEY, times INT);
CREATE TABLE IF NOT EXISTS partner (handoff TEXT PRIMARY KEY, state TEXT, callback TEXT);
"""


class World:
    """The SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self.transaction() as c:
            c.execute("SELECT 1")
        with sqlite3.connect(self.path) as c:
            c.execute("PRAGMA journal_mode=WAL")
            c.executescript(_TABLES)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        c = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        try:
            c.execute("BEGIN IMMEDIATE")
            yield c
            c.execute("COMMIT")
        except BaseException:
            if c.in_transaction:
                c.execute("ROLLBACK")
            raise
        finally:
            c.close()

    def put(self, journey: str, event: str, kind: str = "reading", body: Json = None) -> None:
        with self.transaction() as c:
            c.execute(
                "INSERT OR IGNORE INTO inbox (journey, id, kind, body) VALUES (?, ?, ?, ?)",
                (journey, event, kind, json.dumps(body)),
            )

    def switch(self, name: str, times: int = 1) -> None:
        with self.transaction() as c:
            c.execute("INSERT OR REPLACE INTO switch VALUES (?, ?)", (name, times))

    def on(self, c: sqlite3.Connection, name: str) -> bool:
        """Whether a switch is on, using one turn of it up."""
        done = c.execute("UPDATE switch SET left = left - 1 WHERE name = ? AND left > 0", (name,))
        return done.rowcount == 1

    def rows(self, query: str, *values: Json) -> list[tuple[Any, ...]]:
        with self.transaction() as c:
            return c.execute(query, values).fetchall()

    def tried(self, name: str) -> int:
        found = self.rows("SELECT times FROM tried WHERE name = ?", name)
        return int(found[0][0]) if found else 0

    def note_try(self, name: str) -> None:
        with self.transaction() as c:
            c.execute("INSERT INTO tried VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET times = times + 1", (name,))


def decide(state: dict[str, Json], events: list[Event], result: TickResult) -> None:
    """The toy decider: counts readings, answers commands, starts and cancels handoffs."""
    count = dict(state.get("count", {}))
    log = dict(state.get("log", {}))
    count["ticks"] = count.get("ticks", 0) + 1
    for seq, event, kind, body in events:
        count[kind] = count.get(kind, 0) + 1
        log[event] = {"seq": seq, "kind": kind}
        match kind:
            case "command":
                result.verdicts[event] = VerdictMessage(done=True, code="done", en=f"done {event}", zh="完成")
            case "order":
                result.start.append(
                    ChildStart(
                        number=body, key=f"order-{body}", machine="pharmacy", partner="p", title=f"Refill {body}"
                    )
                )
            case "withdraw":
                result.cancel.append(ChildCancel(number=body, key=f"order-{body}", why="not needed"))
            case "due":
                count["overdue"] = body
            case "later":
                result.next_due = datetime.now(UTC) + timedelta(seconds=body)
            case _:
                pass
    if count.get("overdue", 0) > 0:
        count["overdue"] -= 1
        result.next_due = datetime.now(UTC) - timedelta(microseconds=count["overdue"] + 1)
    for old in list(log)[:-20]:
        del log[old]
    result.delta = {"schema": 1, "count": count, "log": _changed(state.get("log", {}), log)}
    reads = count.get("reading", 0)
    result.show = ShowMessage(
        pathways=["small"],
        phases=["first"],
        tier="green",
        site="test",
        open_tasks=min(reads // 5, 3),
        decided=f"{reads} readings seen",
        next="the next reading",
        sheet=f"**first** · {reads} readings",
    )


def _changed(before: dict[str, Json], after: dict[str, Json]) -> dict[str, Json]:
    gone: dict[str, Json] = {key: None for key in before if key not in after}
    return {**gone, **{key: value for key, value in after.items() if before.get(key) != value}}


class SmallTick:
    """The activity ``tick`` over a `World`."""

    def __init__(self, world: World, decide: Decide = decide) -> None:
        self.world = world
        self.decide = decide

    @activity.defn(name=TICK.name)
    def tick(self, given: TickInput) -> TickResult:
        local = activity.info().is_local
        self.world.note_try("local" if local else "normal")
        with self.world.transaction() as c:
            failing = self.world.on(c, "fail") or (local and self.world.on(c, "fail_local"))
            dying = self.world.on(c, "die_before")
            mismatch = self.world.on(c, "mismatch")
        if failing:
            raise RuntimeError("the database is away")
        if dying:
            os.kill(os.getpid(), signal.SIGKILL)
        if mismatch:
            raise ApplicationError("other content under this key", type=LEDGER_MISMATCH, non_retryable=True)
        with self.world.transaction() as c:
            result = self._tick(c, given, local)
            lost = self.world.on(c, "lose_answer")
            dying = self.world.on(c, "die_after")
        if dying:
            os.kill(os.getpid(), signal.SIGKILL)
        if lost:
            raise RuntimeError("committed, but the answer was lost")
        return result

    def _tick(self, c: sqlite3.Connection, given: TickInput, local: bool) -> TickResult:
        digest = hashlib.sha256(f"{given.chain}|{given.cursor}".encode()).hexdigest()[:32]
        key = (given.journey, given.epoch, given.sequence)
        found = c.execute(
            "SELECT hash, result FROM tick WHERE journey = ? AND epoch = ? AND sequence = ?", key
        ).fetchone()
        if found is not None:
            if found[0] != digest:
                raise ApplicationError("other content under this key", type=LEDGER_MISMATCH, non_retryable=True)
            return TickResult.model_validate_json(found[1]).model_copy(update={"replayed": True})
        state = given.state
        if state is None:
            row = c.execute("SELECT body FROM state WHERE journey = ?", (given.journey,)).fetchone()
            state = json.loads(row[0]) if row else {}
        limit = 1 if self.world.on(c, "one_row") else 100
        rows = c.execute(
            "SELECT seq, id, kind, body FROM inbox WHERE journey = ? AND seq > ? ORDER BY seq LIMIT ?",
            (given.journey, given.cursor, limit + 1),
        ).fetchall()
        events: list[Event] = [(seq, event, kind, json.loads(body)) for seq, event, kind, body in rows[:limit]]
        stall = self.world.on(c, "stall")
        result = TickResult(
            delta={},
            chain=hashlib.sha256(f"{digest}|{[e[1] for e in events]}".encode()).hexdigest()[:32],
            cursor=events[-1][0] if events and not stall else given.cursor,
            more=len(rows) > limit or stall,
            new_plans=[PLAN] if given.sequence == 0 else [],
        )
        self.decide(state, [] if stall else events, result)
        for command, verdict in result.verdicts.items():
            c.execute(
                "INSERT OR IGNORE INTO verdict VALUES (?, ?, ?)", (given.journey, command, verdict.model_dump_json())
            )
        for command in given.wanted:
            row = c.execute(
                "SELECT body FROM verdict WHERE journey = ? AND command = ?", (given.journey, command)
            ).fetchone()
            if row is not None:
                result.verdicts[command] = VerdictMessage.model_validate_json(row[0])
        for event in events if not stall else []:
            c.execute(
                "INSERT INTO effect VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET times = times + 1",
                (f"{given.journey}/{event[1]}",),
            )
        from workflows.apply import apply

        c.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (given.journey, json.dumps(apply(state, result.delta))))
        c.execute(
            "INSERT INTO tick VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*key, digest, result.model_dump_json(), int(local), given.cause),
        )
        return result


class SmallPartner:
    """The activities of handoffs, courier and sweep over a `World`."""

    def __init__(self, world: World, journeys: Journeys | None = None) -> None:
        self.world = world
        self.journeys = journeys

    @activity.defn(name=HANDOFF_STEP.name)
    async def step(self, given: HandoffStepInput) -> HandoffStepResult:
        result = await asyncio.to_thread(self._step, given)
        if result.words and self.journeys is not None:
            await self.journeys.wake(given.journey)
        return result

    def _step(self, given: HandoffStepInput) -> HandoffStepResult:
        name = f"{given.journey}.h.{given.number}"
        self.world.note_try(f"handoff:{given.action}")
        with self.world.transaction() as c:
            if self.world.on(c, "partner_away"):
                c.execute("COMMIT")
                c.execute("BEGIN")
                raise RuntimeError("the partner is away")
            if self.world.on(c, "partner_refuses"):
                c.execute("COMMIT")
                c.execute("BEGIN")
                raise ApplicationError("not such an order", type="PartnerRefused", non_retryable=True)
            row = c.execute("SELECT state, callback FROM partner WHERE handoff = ?", (name,)).fetchone()
            state, callback = row if row is not None else ("", None)
            words: list[str] = []
            match given.action:
                case "send":
                    state = "sent"
                case "apply":
                    state = callback or state
                case "query":
                    state = "accepted" if state == "sent" else state
                case "cancel":
                    state = "cancelled"
            if row is None or row[0] != state:
                words.append(state)
                c.execute(
                    "INSERT OR IGNORE INTO inbox (journey, id, kind, body) VALUES (?, ?, 'report', ?)",
                    (given.journey, f"{name}:{state}", json.dumps(state)),
                )
            c.execute("INSERT OR REPLACE INTO partner VALUES (?, ?, NULL)", (name, state))
        slow = self.world.rows("SELECT 1 FROM switch WHERE name = 'slow_partner' AND left > 0")
        return HandoffStepResult(
            state=state,
            final=state in {"dispensed", "cancelled"},
            poll_after=3600.0 if slow else 0.2,
            summary=f"now {state}",
            words=words,
        )

    def callback(self, name: str, state: str) -> None:
        with self.world.transaction() as c:
            c.execute("UPDATE partner SET callback = ? WHERE handoff = ?", (state, name))

    @activity.defn(name=COURIER_PUMP.name)
    async def pump(self, given: CourierInput) -> CourierResult:
        self.world.note_try("red" if given.red else f"shard-{given.shard}")
        activity.heartbeat()
        with self.world.transaction() as c:
            if self.world.on(c, "pump_fails"):
                c.execute("COMMIT")
                c.execute("BEGIN")
                raise ApplicationError("no outbox", type="OutboxGone", non_retryable=True)
        return CourierResult(sent=1)

    @activity.defn(name=ROUSE.name)
    async def rouse(self, given: RouseInput) -> RouseResult:
        for journey in given.wake:
            if self.journeys is not None:
                await self.journeys.wake(journey)
        return RouseResult(woken=len(given.wake))

    @activity.defn(name=SWEEP.name)
    def sweep(self, given: SweepInput) -> SweepResult:
        del given
        self.world.note_try("sweep")
        found = self.world.rows(
            "SELECT DISTINCT journey FROM inbox i WHERE NOT EXISTS"
            " (SELECT 1 FROM effect e WHERE e.key = i.journey || '/' || i.id)"
        )
        return SweepResult(wake=[row[0] for row in found])

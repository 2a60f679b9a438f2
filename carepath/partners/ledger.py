"""What a stand-in partner knows: orders, their history, what is to be told to whom. One SQLite file.

It survives a kill at any moment, and counts how often each effect was asked for and how often it was made, so a
test can say "exactly once".
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activities.handoffs.machines import MACHINES
from activities.handoffs.wire import Entry, Order, Request
from carepath.partners.behaviour import Behaviour, Move, after_cancel, course

Json = Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    identifier TEXT PRIMARY KEY, machine TEXT NOT NULL, digest TEXT NOT NULL, request TEXT NOT NULL,
    state TEXT NOT NULL, version INTEGER NOT NULL, moves TEXT NOT NULL, due REAL, asked INTEGER NOT NULL,
    cancel_asked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS history (
    identifier TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, side TEXT NOT NULL, kept TEXT NOT NULL,
    PRIMARY KEY (identifier, version));
CREATE TABLE IF NOT EXISTS callbacks (
    identifier TEXT NOT NULL, version INTEGER NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    told INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (identifier, version));
CREATE TABLE IF NOT EXISTS behaviour (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL);
"""


class OtherContent(Exception):
    """The identifier is taken by an order with another content."""


@dataclass(frozen=True, slots=True)
class Telling:
    """A callback that is due: the status it tells, and how often it was tried."""

    identifier: str
    entry: Entry
    tries: int


class Ledger:
    """One partner's book. Not shared between threads; several processes may open the same file."""

    def __init__(self, path: Path, kind: str, seed: int, day: float) -> None:
        """``day``: seconds of wall time one patient-day takes here."""
        self.kind = kind
        self._seed = seed
        self._day = day
        self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def behaviour(self) -> Behaviour:
        """How it behaves at present."""
        row = self._db.execute("SELECT body FROM behaviour").fetchone()
        return Behaviour() if row is None else Behaviour.model_validate_json(row["body"])

    def behave(self, behaviour: Behaviour) -> None:
        """Behave so from now on; orders already taken keep their course."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO behaviour VALUES (1, ?)", (behaviour.model_dump_json(),))

    def strike(self, fault: str) -> bool:
        """Whether the fault of this name strikes now; each strike counts it down."""
        with self._writing() as db:
            row = db.execute("SELECT body FROM behaviour").fetchone()
            body = json.loads(row["body"]) if row else {}
            left = int(body.get(fault, 0))
            if left > 0:
                body[fault] = left - 1
                db.execute("INSERT OR REPLACE INTO behaviour VALUES (1, ?)", (json.dumps(body),))
            return left > 0

    def take(self, request: Request, now: float) -> tuple[Order, bool]:
        """Take an order, or find it taken already; the flag says whether it is new.

        Raises:
            OtherContent: this identifier stands for something else.
        """
        behaviour = self.behaviour()
        digest = request.digest()
        with self._writing() as db:
            row = db.execute("SELECT digest FROM orders WHERE identifier = ?", (request.identifier,)).fetchone()
            if row is not None:
                if row["digest"] != digest:
                    raise OtherContent
                db.execute("UPDATE orders SET asked = asked + 1 WHERE identifier = ?", (request.identifier,))
                return self._order(request.identifier), False
            moves = course(self.kind, request.identifier, request.request, behaviour, self._seed)
            sent = MACHINES[self.kind].sent
            db.execute(
                "INSERT INTO orders (identifier, machine, digest, request, state, version, moves, due, asked)"
                " VALUES (?, ?, ?, ?, ?, 0, ?, NULL, 1)",
                (request.identifier, self.kind, digest, request.model_dump_json(), "draft", _dump(moves)),
            )
            self._enter(db, request.identifier, sent, "initiator", {}, None)
            self._schedule(db, request.identifier, moves, now, manual=behaviour.manual)
            return self._order(request.identifier), True

    def find(self, identifier: str) -> Order | None:
        """The order, or None."""
        row = self._db.execute("SELECT 1 FROM orders WHERE identifier = ?", (identifier,)).fetchone()
        return None if row is None else self._order(identifier)

    def cancel(self, identifier: str, now: float) -> tuple[Order, bool] | None:
        """Note the wish to cancel; the flag says whether it is in time. None: no such order."""
        behaviour = self.behaviour()
        with self._writing() as db:
            row = db.execute("SELECT state FROM orders WHERE identifier = ?", (identifier,)).fetchone()
            if row is None:
                return None
            db.execute("UPDATE orders SET cancel_asked = cancel_asked + 1 WHERE identifier = ?", (identifier,))
            if row["state"] == "cancellation_requested":
                return self._order(identifier), True
            if not MACHINES[self.kind].can_cancel(row["state"]):
                return self._order(identifier), False
            self._enter(db, identifier, "cancellation_requested", "initiator", {}, None)
            moves = after_cancel(self.kind, identifier, behaviour, self._seed)
            self._schedule(db, identifier, moves, now, manual=behaviour.manual)
            return self._order(identifier), True

    def advance(self, now: float, identifier: str | None = None) -> int:
        """Make every move that is due (or the next one of ``identifier``, due or not); how many were made."""
        made = 0
        with self._writing() as db:
            if identifier is None:
                found = db.execute("SELECT * FROM orders WHERE due <= ?", (now,)).fetchall()
            else:
                found = db.execute("SELECT * FROM orders WHERE identifier = ?", (identifier,)).fetchall()
            manual = self.behaviour().manual
            for row in found:
                moves = [Move(**move) for move in json.loads(row["moves"])]
                if not moves:
                    continue
                self._enter(db, row["identifier"], moves[0].state, "recipient", moves[0].kept, now)
                self._schedule(db, row["identifier"], moves[1:], now, manual=manual)
                made += 1
        return made

    def script(self, identifier: str, moves: list[Move], now: float) -> None:
        """Replace what will happen to an order."""
        with self._writing() as db:
            self._schedule(db, identifier, moves, now, manual=self.behaviour().manual)

    def _enter(
        self, db: sqlite3.Connection, identifier: str, state: str, side: str, kept: dict[str, Json], tell: float | None
    ) -> None:
        db.execute("UPDATE orders SET version = version + 1, state = ? WHERE identifier = ?", (state, identifier))
        version = db.execute("SELECT version FROM orders WHERE identifier = ?", (identifier,)).fetchone()["version"]
        body = json.dumps(kept, ensure_ascii=False)
        db.execute("INSERT INTO history VALUES (?, ?, ?, ?, ?)", (identifier, version, state, side, body))
        if tell is not None:
            db.execute("INSERT INTO callbacks (identifier, version, due) VALUES (?, ?, ?)", (identifier, version, tell))

    def _schedule(
        self, db: sqlite3.Connection, identifier: str, moves: list[Move], now: float, *, manual: bool
    ) -> None:
        due = None if manual or not moves else now + moves[0].days * self._day
        db.execute("UPDATE orders SET moves = ?, due = ? WHERE identifier = ?", (_dump(moves), due, identifier))

    def _order(self, identifier: str) -> Order:
        row = self._db.execute("SELECT * FROM orders WHERE identifier = ?", (identifier,)).fetchone()
        return Order(
            identifier=identifier,
            partner_id=f"{self.kind}-{row['digest'][:12]}",
            digest=row["digest"],
            history=self._history(identifier),
        )

    def _history(self, identifier: str) -> tuple[Entry, ...]:
        rows = self._db.execute("SELECT * FROM history WHERE identifier = ? ORDER BY version", (identifier,)).fetchall()
        return tuple(_entry(row) for row in rows)

    def due_callbacks(self, now: float, *, reversed_: bool) -> list[Telling]:
        """Callbacks to send now, oldest first; ``reversed_``: a status is told only once its follower was."""
        rows = self._db.execute(
            "SELECT c.tries, h.* FROM callbacks c JOIN history h USING (identifier, version)"
            " WHERE c.told = 0 AND c.due <= ? ORDER BY c.due, c.version",
            (now,),
        ).fetchall()
        if reversed_:
            rows = [row for row in rows if self._follower_told(row["identifier"], row["version"])]
        return [Telling(row["identifier"], _entry(row), row["tries"]) for row in rows]

    def _follower_told(self, identifier: str, version: int) -> bool:
        last = self._db.execute("SELECT moves FROM orders WHERE identifier = ?", (identifier,)).fetchone()
        later = self._db.execute(
            "SELECT told FROM callbacks WHERE identifier = ? AND version > ? ORDER BY version LIMIT 1",
            (identifier, version),
        ).fetchone()
        return bool(later["told"]) if later is not None else json.loads(last["moves"]) == []

    def told(self, telling: Telling, *, success: bool, again: float) -> None:
        """Note that a callback was tried; without success it is due once more at ``again``."""
        with self._writing() as db:
            db.execute(
                "UPDATE callbacks SET tries = tries + 1, told = ?, due = ? WHERE identifier = ? AND version = ?",
                (int(success), again, telling.identifier, telling.entry.version),
            )

    def next_due(self) -> float | None:
        """When something is to be done next, in seconds since 1970."""
        row = self._db.execute(
            "SELECT min(due) AS due FROM (SELECT due FROM orders UNION ALL SELECT due FROM callbacks WHERE told = 0)"
        ).fetchone()
        return None if row["due"] is None else float(row["due"])

    def summary(self) -> list[dict[str, Json]]:
        """For tests and the demo: every order, how often it was asked for, and its history."""
        rows = self._db.execute("SELECT * FROM orders ORDER BY rowid").fetchall()
        return [
            {
                "identifier": row["identifier"],
                "asked": row["asked"],
                "cancel_asked": row["cancel_asked"],
                "state": row["state"],
                "request": json.loads(row["request"]),
                "history": [entry.model_dump() for entry in self._history(row["identifier"])],
            }
            for row in rows
        ]


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(version=row["version"], state=row["state"], by=row["side"], kept=json.loads(row["kept"]))


def _dump(moves: list[Move]) -> str:
    return json.dumps(
        [{"days": move.days, "state": move.state, "kept": move.kept} for move in moves], ensure_ascii=False
    )

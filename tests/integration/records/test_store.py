"""The store: one schema on both, transactions whole or not at all, locked and away told apart from wrong."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from activities.contracts import TickResult
from activities.keys.keyring import open_keyring
from activities.records import audit, schema
from activities.records.ensure import HEAD, MIGRATIONS, ensure_schema, revision
from activities.records.store import StoreUnavailableError, open_store
from activities.records.types import from_microseconds, to_microseconds
from tests.integration.records.house import PATIENT, House, pressure

BEAT = {"at": datetime(2026, 3, 2, tzinfo=UTC), "age": 0.0}


def test_migrations_make_the_schema(house: House) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, schema.metadata))

    assert house.ledger.store.read(differences) == []
    assert house.ledger.store.read(revision) == HEAD == ScriptDirectory(str(MIGRATIONS)).get_current_head()


def test_many_processes_may_bring_up_an_empty_store_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    stores = [open_store(url) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ensure_schema, stores))
        rings = list(pool.map(lambda store: open_keyring(store, str(tmp_path / "keys.json")), stores))
    sealed = rings[0].seal("_system", "verdict.text", b"one key file for all")
    assert {ring.open("_system", "verdict.text", sealed) for ring in rings} == {b"one key file for all"}
    for store in stores:
        store.close()


def test_a_failure_leaves_nothing(house: House) -> None:
    def work(connection: Connection) -> None:
        connection.execute(insert(schema.heartbeat).values(name="one", **BEAT))
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        house.ledger.store.transact(work)
    assert house.count(schema.heartbeat) == 0


def test_faults_of_ours_are_not_called_an_outage(house: House) -> None:
    with pytest.raises((ProgrammingError, sqlite3.OperationalError, Exception)) as found:
        house.ledger.store.transact(lambda c: c.execute(text("SELECT * FROM no_such_table")))
    assert not isinstance(found.value, StoreUnavailableError)

    def twice(connection: Connection) -> None:
        for _ in range(2):
            connection.execute(insert(schema.heartbeat).values(name="one", **BEAT))

    with pytest.raises(IntegrityError):
        house.ledger.store.transact(twice)


def test_many_writers_lose_nothing(house: House) -> None:
    """Eight threads count one row up: every read and write stands in one transaction."""
    house.register()
    store = house.ledger.store

    def up(_: int) -> None:
        def work(connection: Connection) -> None:
            query = select(schema.journey).where(schema.journey.c.key == PATIENT).with_for_update()
            row = connection.execute(query).one()
            change = schema.journey.update().where(schema.journey.c.key == PATIENT)
            connection.execute(change.values(sequence=row.sequence + 1))

        store.transact(work)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(up, range(80)))
    assert house.journey().sequence == 80


def test_one_tick_taken_by_many_at_once_is_written_once(house: House) -> None:
    run = house.enrolled()
    house.now += timedelta(hours=13)
    house.read(pressure("r1", house.now, 150))
    given = run.given()
    start = threading.Barrier(6)

    def tick(_: int) -> TickResult:
        start.wait(30)
        return house.activity.run(given)

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(tick, range(6)))
    assert sum(not result.replayed for result in results) == 1
    assert len({result.chain for result in results}) == 1
    assert house.rows(select(func.count()).select_from(schema.tick))[0][0] == 2
    assert audit.verify(house.ledger, PATIENT) is None


def test_a_store_locked_too_long_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.records.store._PAUSES", (0.0,) * 6)
    path = tmp_path / "records.db"
    store = open_store(f"sqlite:///{path}?busy_timeout=10")
    ensure_schema(store)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError):
        store.transact(lambda c: c.execute(insert(schema.heartbeat).values(name="one", **BEAT)))
    assert store.read(lambda c: c.scalar(select(func.count()).select_from(schema.heartbeat))) == 0
    other.execute("ROLLBACK")
    store.transact(lambda c: c.execute(insert(schema.heartbeat).values(name="one", **BEAT)))
    other.close()
    store.close()


def test_a_store_that_is_away_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.records.store._PAUSES", (0.0,) * 6)
    away = open_store("postgresql://carepath@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailableError):
        away.read(revision)
    missing = open_store(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    with pytest.raises(StoreUnavailableError):
        missing.read(revision)
    for store in (away, missing):
        store.close()


@pytest.mark.postgres
def test_a_connection_that_died_is_made_again(postgres_house: House) -> None:
    house = postgres_house
    store = house.ledger.store
    killed: list[bool] = []

    def work(connection: Connection) -> int:
        if not killed:
            killed.append(True)
            me = connection.scalar(text("SELECT pg_backend_pid()"))
            house.ledger.store.read(lambda c: c.scalar(text(f"SELECT pg_terminate_backend({me})")))
        connection.execute(insert(schema.heartbeat).values(name="one", **BEAT))
        return 1

    assert store.transact(work) == 1
    assert house.count(schema.heartbeat) == 1


@pytest.mark.parametrize("url", ["mysql://x/y", "oracle://x/y", "sqlite:///x.db?synchronous=off"])
def test_other_stores_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"SQLite|synchronous"):
        open_store(url)


def test_sqlite_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'records.db'}")
    pragmas = store.read(
        lambda c: [c.scalar(text(f"PRAGMA {p}")) for p in ("journal_mode", "synchronous", "foreign_keys")]
    )
    assert pragmas == ["wal", 2, 1]
    store.close()


def test_instants_are_exact(house: House) -> None:
    at = datetime(2026, 3, 29, 0, 59, 59, 999999, tzinfo=UTC)
    house.ledger.store.transact(lambda c: c.execute(insert(schema.heartbeat).values(name="x", at=at, age=0.0)))
    assert house.rows(select(schema.heartbeat.c.at))[0].at == at == from_microseconds(to_microseconds(at))
    with pytest.raises(ValueError, match="time zone"):
        to_microseconds(datetime(2026, 3, 29))  # noqa: DTZ001 - the point of the test


def test_the_audit_shows_every_change(house: House) -> None:
    run = house.enrolled()
    house.read(pressure("r1", house.now, 150))
    run.hours(30)
    assert audit.verify(house.ledger, PATIENT) is None
    count = house.rows(select(func.count()).select_from(schema.audit).where(schema.audit.c.chain == PATIENT))[0][0]
    assert count >= 2
    mine = schema.audit.c.chain == PATIENT
    for change, first in (
        (schema.audit.update().where(mine, schema.audit.c.number == 2).values(who="somebody"), 2),
        (schema.audit.delete().where(mine, schema.audit.c.number == count), count),
    ):
        before = house.rows(select(schema.audit).where(mine))
        house.ledger.store.transact(lambda c, change=change: c.execute(change))  # type: ignore[misc]
        assert audit.verify(house.ledger, PATIENT) == first
        _restore(house, before)
        assert audit.verify(house.ledger, PATIENT) is None


def _restore(house: House, rows: object) -> None:
    def work(connection: Connection) -> None:
        connection.execute(schema.audit.delete().where(schema.audit.c.chain == PATIENT))
        assert isinstance(rows, list)
        connection.execute(insert(schema.audit), [dict(row._mapping) for row in rows])

    house.ledger.store.transact(work)

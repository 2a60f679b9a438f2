"""Rows committed out of the order of their numbers, on PostgreSQL: the journey's row is locked, so none is lost."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from activities.intake import inbox as intake_inbox
from activities.intake.inbox import NewEvent, put
from activities.records import schema
from activities.records.store import lock_journey
from pathways.decide.events import Answered
from tests.integration.records.house import PATIENT, House, Run

pytestmark = pytest.mark.postgres


class Slow:
    """A writer that has its number and does not commit until told to."""

    def __init__(self, house: House, *, lock: bool) -> None:
        self.house = house
        self.lock = lock
        self.has_number = threading.Event()
        self.may_commit = threading.Event()

    def write(self) -> None:
        sealer = self.house.ledger.keys(PATIENT)

        def work(connection: Connection) -> None:
            query = select(schema.journey).where(schema.journey.c.key == PATIENT)
            row = lock_journey(connection, PATIENT) if self.lock else connection.execute(query).one()
            body = Answered(step="baseline.welcome", outcome="read")
            put(
                connection,
                self.house.ledger,
                sealer,
                row,
                NewEvent("slow", body),
                seen=self.house.now,
                urgency=1,
            )
            self.has_number.set()
            assert self.may_commit.wait(30)

        self.house.ledger.store.transact(work)


def _blocked(house: House) -> bool:
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    return bool(house.ledger.store.read(lambda c: c.scalar(query)))


def _seen(run: Run) -> set[str]:
    assert run.state is not None
    return set(run.state["seen"])


def test_a_slow_writer_holds_up_faster_ones_and_nothing_is_lost(postgres_house: House) -> None:
    house = postgres_house
    run = house.enrolled()
    house.now += timedelta(hours=1)
    slow = Slow(house, lock=True)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(slow.write)
        assert slow.has_number.wait(30)
        second = pool.submit(house.command, "fast", Answered(step="baseline.welcome", outcome="read"))
        deadline = time.monotonic() + 30
        while not _blocked(house):
            assert time.monotonic() < deadline, "the faster writer did not wait"
        assert not second.done()
        slow.may_commit.set()
        first.result(30)
        second.result(30)
    run.tick()
    assert {"slow", "fast"} <= _seen(run)


def test_without_the_lock_a_row_is_lost(postgres_house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault the lock is there for: it must be real, or the test above shows nothing."""
    house = postgres_house
    run = house.enrolled()
    house.now += timedelta(hours=1)

    def unlocked(connection: Connection, key: str) -> Any:
        return connection.execute(select(schema.journey).where(schema.journey.c.key == key)).one_or_none()

    monkeypatch.setattr(intake_inbox, "lock_journey", unlocked)
    slow = Slow(house, lock=False)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(slow.write)
        assert slow.has_number.wait(30)
        # The row has the higher number and is committed first; the tick moves its cursor past both.
        house.command("fast", Answered(step="baseline.welcome", outcome="read"))
        monkeypatch.setattr("activities.tick.lock_journey", unlocked)
        run.tick()
        slow.may_commit.set()
        first.result(30)
    run.tick()
    assert "fast" in _seen(run)
    assert "slow" not in _seen(run)

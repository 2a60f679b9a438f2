"""What the sweep finds and the watchdog shouts about, on a real store with a clock in hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from activities.addresses import Addresses, StaffMember
from activities.contracts import SweepInput
from activities.records import schema
from activities.records.closing import SHREDDED, close
from activities.records.heartbeats import beat
from activities.sweep import overdue, sweep_once
from activities.watchdog import Limits, alarm, examine
from tests.unit.courier.outbox_case import NOON, PATIENT, World

DUTY = Addresses(staff={"duty": StaffMember(language="zh", email=("duty@clinic.example",))})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, DUTY)
    yield made
    made.ledger.close()


def _event(world: World, name: str, urgency: int) -> None:
    row: dict[str, Any] = {"journey": PATIENT, "id": name, "at": world.now, "seen": world.now, "kind": "answered"}
    row |= {"stored_at": world.now, "urgency": urgency, "body_hash": "h", "body_sealed": b""}
    world.ledger.store.transact(lambda c: c.execute(insert(schema.inbox).values(**row)))


def _enrolment(world: World, status: str = "invited") -> None:
    row: dict[str, Any] = {"journey": PATIENT, "id": "e1", "pathway": "p", "version": "1", "plan_sha": "s"}
    row |= {"status": status, "created": world.now}
    world.ledger.store.transact(lambda c: c.execute(insert(schema.enrolment).values(**row)))


@pytest.mark.parametrize(("urgency", "seconds", "woken"), [(1, 10, True), (2, 10, True), (1, 9, False), (0, 99, False)])
def test_a_lost_wake_is_found(world: World, urgency: int, seconds: int, woken: bool) -> None:
    world.journey(started=True)
    _event(world, "e", urgency)
    world.later(seconds=seconds)
    assert sweep_once(world.ledger, SweepInput()).wake == ([PATIENT] if woken else [])


def test_what_a_tick_has_seen_is_left_alone(world: World) -> None:
    world.journey(started=True)
    _event(world, "e", 1)
    world.journey(cursor=world.rows(schema.inbox)[0].seq)
    world.later(minutes=5)
    assert sweep_once(world.ledger, SweepInput()).wake == []


def test_an_overdue_journey_is_found_once_although_two_things_are_late(world: World) -> None:
    world.journey(started=True, next_due=NOON)
    _event(world, "e", 1)
    world.later(seconds=59)
    assert sweep_once(world.ledger, SweepInput(overdue_after=60)).wake == [PATIENT]
    world.journey(cursor=10)
    assert sweep_once(world.ledger, SweepInput(overdue_after=60)).wake == []
    world.later(seconds=1)
    assert sweep_once(world.ledger, SweepInput(overdue_after=60)).wake == [PATIENT]


@pytest.mark.parametrize(
    ("status", "started", "found"), [("invited", False, True), ("invited", True, False), ("refused", False, False)]
)
def test_an_enrolment_that_was_stored_and_not_started(world: World, status: str, started: bool, found: bool) -> None:
    world.journey(started=started)
    _enrolment(world, status)
    assert sweep_once(world.ledger, SweepInput()).start == []
    world.later(seconds=10)
    assert sweep_once(world.ledger, SweepInput()).start == ([PATIENT] if found else [])


def test_silent_couriers_and_messages_nobody_sends_are_stale(world: World) -> None:
    world.ledger.store.transact(lambda c: beat(c, "courier:0/2", NOON, 0.0))
    world.plan(world.message())
    world.later(seconds=15)
    assert sweep_once(world.ledger, SweepInput()).stale == []
    world.later(seconds=16)
    assert sweep_once(world.ledger, SweepInput()).stale == ["courier:0/2", "outbox-late"]
    asyncio.run(world.pump(shards=2)._note_alive(world.now))
    asyncio.run(world.pump(shards=2).round())
    asyncio.run(world.pump(shards=2, shard=1).round())
    assert sweep_once(world.ledger, SweepInput()).stale == []


@pytest.mark.parametrize("over", [False, True])
def test_a_callback_nobody_applies_is_stale_while_its_conversation_goes_on(world: World, over: bool) -> None:
    asked: dict[str, Any] = {"journey": PATIENT, "number": 1, "key": "h", "machine": "pharmacy", "partner": "pharmacy"}
    asked |= {"business_id": "h", "opened": NOON, "changed": NOON, "request_sealed": b"", "attempts": 1, "final": over}
    heard: dict[str, Any] = {"partner": "pharmacy", "webhook_id": "w", "business_id": "h", "received": NOON}
    heard |= {"applied": False, "body_hash": "h"}
    world.ledger.store.transact(lambda c: c.execute(insert(schema.handoff).values(**asked)))
    world.ledger.store.transact(lambda c: c.execute(insert(schema.callback).values(**heard)))
    world.later(minutes=6)
    assert sweep_once(world.ledger, SweepInput()).stale == ([] if over else ["callback-late"])


def test_signs_of_life_of_couriers_that_are_no_more_are_forgotten(world: World) -> None:
    for name in ("courier:0/1", "courier:3/4", "courier:red:0/1", "sweeper"):
        world.ledger.store.transact(partial(beat, name=name, at=NOON, age=0.0))
    world.later(minutes=6)
    asyncio.run(world.pump()._take_back())
    assert {row.name for row in world.rows(schema.heartbeat)} == {"courier:0/1", "courier:red:0/1", "sweeper"}


def test_the_watchdog_is_content_while_the_sweeper_lives_and_nothing_is_late(world: World) -> None:
    sweep_once(world.ledger, SweepInput())
    world.later(seconds=60)
    report = examine(world.ledger, Limits())
    assert report.healthy
    assert report.to_json()["sweeper_seconds"] == 60
    assert b"carepath_watchdog_healthy 1.0" in report.prometheus()


def test_a_sweeper_that_never_lived_is_a_finding(world: World) -> None:
    report = examine(world.ledger, Limits())
    assert [finding.code for finding in report.findings] == ["sweeper-silent"]
    assert b"carepath_sweeper_silent_seconds +Inf" in report.prometheus()


def test_what_is_late_is_told_once_an_hour_and_to_staff(world: World) -> None:
    world.journey(started=True, next_due=NOON)
    _event(world, "e", 2)
    world.plan(world.message())
    world.later(seconds=121)
    world.ledger.store.transact(lambda c: beat(c, "sweeper", world.now, 0.0))
    report = examine(world.ledger, Limits())
    codes = ["event-unseen", "journey-overdue", "message-late"]
    assert [finding.code for finding in report.findings] == codes
    assert [f.code for f in asyncio.run(alarm(world.ledger, world.channels, report))] == codes
    assert len(world.email.letters) == 3
    assert all("请检查" in letter.text and letter.address == "duty@clinic.example" for letter in world.email.letters)
    world.later(minutes=30)
    again = examine(world.ledger, Limits(sweeper=1e9))
    assert asyncio.run(alarm(world.ledger, world.channels, again)) == []
    world.later(minutes=31)
    later = examine(world.ledger, Limits(sweeper=1e9))
    assert [f.code for f in asyncio.run(alarm(world.ledger, world.channels, later))] == codes
    kinds = [row.kind for row in world.rows(schema.incident)]
    assert sorted(kinds) == sorted([f"watchdog_{code}" for code in codes] * 2)


def test_an_enrolment_never_started_is_a_finding(world: World) -> None:
    _enrolment(world)
    world.later(seconds=121)
    world.ledger.store.transact(lambda c: beat(c, "sweeper", world.now, 0.0))
    assert [finding.code for finding in examine(world.ledger, Limits()).findings] == ["start-late"]
    world.ledger.store.transact(lambda c: c.execute(update(schema.journey).values(started=True)))
    assert examine(world.ledger, Limits()).healthy


def test_the_oldest_thing_gives_the_age_of_the_sweepers_beat(world: World) -> None:
    world.journey(started=True, next_due=NOON - timedelta(seconds=30))
    sweep_once(world.ledger, SweepInput())
    (row,) = world.rows(schema.heartbeat)
    assert (row.name, row.age) == ("sweeper", 30.0)


def test_a_shredded_patient_is_closed_and_then_left_alone_for_ever(world: World) -> None:
    world.journey(started=True, next_due=NOON)
    _event(world, "e", 2)
    _enrolment(world, "active")
    world.plan(world.message())
    world.ledger.keyring.shred(PATIENT, "officer")
    world.later(minutes=5)
    found = sweep_once(world.ledger, SweepInput())
    assert (found.wake, found.start, found.close) == ([], [], [PATIENT])
    for _ in range(2):
        world.ledger.store.transact(lambda c: close(c, PATIENT, world.now))
    found = sweep_once(world.ledger, SweepInput())
    assert (found.wake, found.start, found.close, found.stale) == ([], [], [], [])
    row = world.rows(schema.journey)[0]
    assert (row.status, row.reason, row.next_due, row.started) == ("ended", SHREDDED, None, False)
    assert [(e.status, e.ended) for e in world.rows(schema.enrolment)] == [("ended", SHREDDED)]
    assert [(m.status, m.note) for m in world.rows(schema.outbox)] == [("stopped", SHREDDED)]
    assert world.ledger.store.read(lambda c: overdue(c, world.now)).worst == 0

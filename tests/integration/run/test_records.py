"""The run over the product's own tick and records: begun anew, halted, and through an outage of the database."""

from __future__ import annotations

import asyncio
import sqlite3
import time
import uuid
from typing import Any

import pytest
from sqlalchemy import select, update
from temporalio.client import WorkflowExecutionStatus

from activities.contracts import RouseInput
from activities.intake.commands import store_command
from activities.intake.inbox import NewEvent, StoredEvent
from activities.records import schema
from pathways.decide.events import StaffVerb
from tests.integration.run.conftest import Running, on_both, until
from tests.integration.run.real import enrolled, reading
from worker.waker import Rouse, Waker
from workflows.messages import SWEEPER

pytestmark = pytest.mark.server


async def started(run: Running) -> str:
    stored = enrolled(run.ledger, days_per_second=0.05)
    await Waker(run.ledger.store, run.journeys).start(stored.patient)
    verdict = await run.journeys.act(stored.patient, stored.event)
    assert verdict is not None
    assert verdict.done
    return stored.patient


def row(run: Running, patient: str) -> Any:
    return run.ledger.store.read(
        lambda c: c.execute(select(schema.journey).where(schema.journey.c.key == patient)).one()
    )


@on_both
async def test_a_terminated_run_begins_anew_from_the_store(run: Running) -> None:
    async with run.real_worker():
        patient = await started(run)
        before = await run.journeys.view(patient)
        await run.handle(patient).terminate()
        rouse = Rouse(Waker(run.ledger.store, run.journeys))
        result = await rouse.rouse(RouseInput(wake=[patient]))
        assert (result.woken, result.started) == (1, 0)

        async def again() -> Any:
            view = await run.journeys.view(patient)
            return view if view.sequence >= 1 else None

        after = await until(again)
    assert after.epoch == before.epoch + 1
    assert after.cursor >= before.cursor
    assert after.state["enrolments"].keys() == before.state["enrolments"].keys()
    assert (await run.handle(patient).describe()).status == WorkflowExecutionStatus.RUNNING
    assert row(run, patient).epoch == after.epoch


@on_both
async def test_a_changed_ledger_halts_and_a_repaired_one_goes_on(run: Running) -> None:
    async with run.real_worker():
        patient = await started(run)
        chain = row(run, patient).chain
        run.ledger.store.transact(
            lambda c: c.execute(update(schema.journey).where(schema.journey.c.key == patient).values(chain="x"))
        )
        await run.journeys.wake(patient)

        async def halted() -> bool:
            return (await run.journeys.view(patient)).halted == "LedgerMismatch"

        await until(halted)
        kinds = run.ledger.store.read(lambda c: list(c.scalars(select(schema.incident.c.kind))))
        assert kinds == ["ledger_mismatch"]
        view = await run.journeys.view(patient)
        run.ledger.store.transact(
            lambda c: c.execute(update(schema.journey).where(schema.journey.c.key == patient).values(chain=chain))
        )
        await run.journeys.poke(patient)

        async def goes_on() -> bool:
            now = await run.journeys.view(patient)
            return not now.halted and now.sequence > view.sequence

        await until(goes_on)


@pytest.mark.timeout(240)
async def test_an_outage_of_the_database_loses_nothing(run: Running) -> None:
    async with run.real_worker():
        patient = await started(run)
        pause = NewEvent("pause-1", StaffVerb(verb="pause", by="nurse-1"))
        assert isinstance(store_command(run.ledger, patient, pause, by="nurse-1"), StoredEvent)
        before = await run.journeys.view(patient)
        lock = sqlite3.connect(run.settings.home / "records.db", isolation_level=None)
        try:
            lock.execute("BEGIN IMMEDIATE")
            asking = asyncio.create_task(run.journeys.act(patient, "pause-1", timeout=60))
            begin = time.monotonic()

            async def visible() -> bool:
                description = await run.handle(patient).describe()
                return bool(description.raw_description.pending_activities)

            await until(visible)
            assert time.monotonic() - begin < 15
            assert (await run.journeys.view(patient)).sequence == before.sequence
            lock.execute("ROLLBACK")
        finally:
            lock.close()
        verdict = await asking
        assert verdict is not None
        assert verdict.done
        view = await run.journeys.view(patient)
    assert view.fallbacks >= 1
    ticks = run.ledger.store.read(
        lambda c: list(c.scalars(select(schema.tick.c.sequence).where(schema.tick.c.journey == patient)))
    )
    assert sorted(ticks) == list(range(view.sequence))


@on_both
async def test_a_stored_reading_is_found_by_the_sweep_after_a_lost_wake(run: Running) -> None:
    async with run.real_worker(role="all"):
        patient = await started(run)
        before = await run.journeys.view(patient)
        taken = reading(run.ledger, patient, "r1", time.time(), 150)
        assert taken.accepted
        await Rouse(Waker(run.ledger.store, run.journeys)).rouse(RouseInput(wake=[patient]))

        async def seen() -> bool:
            return (await run.journeys.view(patient)).cursor > before.cursor

        await until(seen)
        assert row(run, patient).woke_at is None


async def test_the_run_of_a_shredded_patient_is_closed_by_the_sweep_and_not_roused_again(run: Running) -> None:
    async with run.real_worker(role="all"):
        patient = await started(run)
        reading(run.ledger, patient, "r1", time.time(), 150)
        run.ledger.keyring.shred(patient, "officer")

        async def swept() -> Any:
            return await run.client.execute_workflow(
                SWEEPER,
                {"overdue_after": 0},
                id=f"sweeper-{uuid.uuid4().hex[:8]}",
                task_queue=f"{run.settings.task_queue}-courier",
            )

        first = await swept()
        assert first == {"closed": 1}
        closed = await run.handle(patient).describe()
        assert closed.status == WorkflowExecutionStatus.TERMINATED
        again = await swept()
        assert again == {}
        assert (await run.handle(patient).describe()).run_id == closed.run_id
    kept = row(run, patient)
    assert (kept.status, kept.reason, kept.started, kept.next_due) == ("ended", "keys_shredded", False, None)
    found = await run.handle(patient).fetch_history()
    reason = found.events[-1].workflow_execution_terminated_event_attributes
    assert reason.reason == "keys_shredded" and not reason.details.payloads

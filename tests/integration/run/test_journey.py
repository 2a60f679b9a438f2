"""PatientJourney on the real server: ticking, answering, falling back, continuing as new, halting."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowExecutionStatus, WorkflowHistory
from temporalio.converter import WorkflowSerializationContext

from activities.contracts import TickInput, TickResult
from tests.integration.run.conftest import Running, until
from tests.integration.run.small import Event, Json, decide
from worker.client import JourneyStart
from workflows import show
from workflows.messages import HALTED, NOT_STORED
from workflows.patient import BREATH, BYTES_PER_RUN, TICKS_PER_RUN, UNBROKEN_TICKS

pytestmark = pytest.mark.server

SCHEDULED = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
TIMER = EventType.EVENT_TYPE_TIMER_STARTED
UPSERT = EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES
CONTINUED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW


def of_type(history: WorkflowHistory, kind: EventType.ValueType) -> list[HistoryEvent]:
    return [event for event in history.events if event.event_type == kind]


async def opened(run: Running, key: str, payload: Payload) -> Payload:
    codec = run.client.data_converter.with_context(WorkflowSerializationContext("default", key)).payload_codec
    assert codec is not None
    return (await codec.decode([payload]))[0]


async def ticks(run: Running, key: str, at_least: int) -> int:
    async def enough() -> int:
        (count,) = run.world.rows("SELECT count(*) FROM tick WHERE journey = ?", key)[0]
        return int(count) if count >= at_least else 0

    return int(await until(enough))


async def test_a_wake_is_one_tick_and_an_act_is_answered(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        await ticks(run, key, 1)
        run.world.put(key, "c1", "command")
        verdict = await run.journeys.act(key, "c1")
        assert verdict is not None
        assert (verdict.done, verdict.en) == (True, "done c1")
        view = await run.journeys.view(key)
        assert view.sequence == 2
        assert view.state["count"] == {"ticks": 2, "enrolled": 1, "command": 1}


async def test_an_enrolment_while_no_worker_runs_is_not_lost(run: Running) -> None:
    key = await run.start()
    run.world.put(key, "c1", "command")
    assert await run.journeys.act(key, "c1", timeout=0.5) is None
    await run.journeys.wake(key)
    async with run.worker():
        verdict = await run.journeys.act(key, "c1")
        assert verdict is not None
        assert verdict.done
    assert run.world.rows("SELECT times FROM effect ORDER BY key") == [(1,), (1,)]


async def test_used_up_local_tries_lead_to_a_visible_activity_with_references(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        await ticks(run, key, 1)
        run.world.switch("fail_local", 3)
        run.world.switch("fail", 0)
        run.world.put(key, "r1")
        await run.journeys.wake(key)
        await ticks(run, key, 2)
        view = await until(lambda: _with_sequence(run, key, 2))
    assert view.fallbacks == 1
    assert view.state["count"]["reading"] == 1
    assert run.world.rows("SELECT local FROM tick ORDER BY sequence") == [(1,), (0,)]
    assert run.world.tried("local") == 1 + 3
    history = await run.handle(key).fetch_history()
    (scheduled,) = of_type(history, SCHEDULED)
    payload = scheduled.activity_task_scheduled_event_attributes.input.payloads[0]
    given = TickInput.model_validate_json((await opened(run, key, payload)).data)
    assert (given.state, given.plans, given.sequence) == (None, None, 1)


async def _with_sequence(run: Running, key: str, sequence: int) -> Any:
    view = await run.journeys.view(key)
    return view if view.sequence == sequence else None


async def test_a_lost_answer_is_found_in_the_ledger(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        await ticks(run, key, 1)
        run.world.put(key, "c1", "command")
        run.world.switch("lose_answer")
        verdict = await run.journeys.act(key, "c1")
        assert verdict is not None
        assert verdict.done
        view = await run.journeys.view(key)
    assert view.state["count"]["command"] == 1
    assert run.world.rows("SELECT times FROM effect WHERE key LIKE '%/c1'") == [(1,)]


async def test_a_command_that_was_never_stored_is_refused_at_once(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        await ticks(run, key, 1)
        verdict = await run.journeys.act(key, "nobody-stored-me")
        assert verdict is not None
        assert (verdict.done, verdict.code) == (False, NOT_STORED)
        assert verdict.en
        assert verdict.zh
        assert await ticks(run, key, 2) <= 3
        # The refusal is about that moment: stored afterwards, the same command is done.
        run.world.put(key, "nobody-stored-me", "command")
        again = await run.journeys.act(key, "nobody-stored-me")
        assert again is not None
        assert again.done


async def test_continue_as_new_carries_everything(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        first = (await run.handle(key).describe()).run_id
        for number in range(TICKS_PER_RUN + 10):
            run.world.put(key, f"c{number}", "command")
            verdict = await run.journeys.act(key, f"c{number}")
            assert verdict is not None
            assert verdict.done
        view = await run.journeys.view(key)
        description = await run.handle(key).describe()
    assert description.run_id != first
    assert view.ticks_in_run < TICKS_PER_RUN
    assert view.sequence == run.world.rows("SELECT count(*) FROM tick")[0][0]
    assert view.state["count"]["command"] == TICKS_PER_RUN + 10
    assert description.search_attributes["CarePathways"] == ["small"]
    assert description.search_attributes["CareStatus"] == ["active"]
    history = await run.client.get_workflow_handle(key, run_id=first).fetch_history()
    assert len(of_type(history, CONTINUED)) == 1
    assert {times for (times,) in run.world.rows("SELECT times FROM effect")} == {1}


async def test_a_run_that_grows_large_continues_before_its_ticks_are_used_up(run: Running) -> None:
    def heavy(state: dict[str, Json], events: list[Event], result: TickResult) -> None:
        decide(state, events, result)
        result.show.sheet = os.urandom(12_000).hex()  # does not shrink below its half when it is compressed

    async with run.worker(heavy):
        key = await run.start()
        first = (await run.handle(key).describe()).run_id
        for number in range(BYTES_PER_RUN // 12_000 + 3):
            run.world.put(key, f"c{number}", "command")
            assert await run.journeys.act(key, f"c{number}") is not None
        view = await run.journeys.view(key)
        assert (await run.handle(key).describe()).run_id != first
    assert view.sequence < TICKS_PER_RUN
    assert view.ticks_in_run < view.sequence


async def test_fifty_commands_at_once_are_all_answered(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        for number in range(50):
            run.world.put(key, f"c{number}", "command")
        verdicts = await asyncio.gather(*(run.journeys.act(key, f"c{n}") for n in range(50)))
    assert [verdict is not None and verdict.done for verdict in verdicts] == [True] * 50


async def test_updates_open_at_continue_as_new_are_all_answered(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        await ticks(run, key, 1)
        commands = [f"c{number}" for number in range(4 * TICKS_PER_RUN)]
        for command in commands:
            run.world.put(key, command, "command")
        waiting = asyncio.Semaphore(9)

        async def act(command: str) -> bool:
            async with waiting:
                run.world.put(key, f"r-{command}")
                verdict = await run.journeys.act(key, command)
                return verdict is not None and verdict.done

        done = await asyncio.gather(*(act(command) for command in commands))
        assert all(done)
        view = await run.journeys.view(key)
    assert view.state["count"]["command"] == len(commands)
    assert {times for (times,) in run.world.rows("SELECT times FROM effect")} == {1}


async def test_a_command_again_across_continue_as_new_and_after_500_others(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        run.world.put(key, "first", "command")
        before = await run.journeys.act(key, "first")
        for number in range(500):
            run.world.put(key, f"other{number}", "command")
        await run.journeys.wake(key)
        await until(lambda: run.world.rows("SELECT 1 FROM effect WHERE key LIKE '%/other499'"))
        for number in range(TICKS_PER_RUN):
            run.world.put(key, f"c{number}", "command")
            assert await run.journeys.act(key, f"c{number}") is not None
        again = await run.journeys.act(key, "first")
        view = await run.journeys.view(key)
    assert before == again
    assert before is not None
    assert run.world.rows("SELECT times FROM effect WHERE key LIKE '%/first'") == [(1,)]
    assert view.state["count"]["command"] == 1 + 500 + TICKS_PER_RUN


async def test_a_tick_that_takes_nothing_does_not_spin(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        await ticks(run, key, 1)
        run.world.switch("stall", 3)
        run.world.put(key, "c1", "command")
        verdict = await run.journeys.act(key, "c1")
        assert verdict is not None
        assert verdict.done
        # Pauses of 1, 2 and 4 seconds stood between the three stalled ticks and the good one.
        history = await run.handle(key).fetch_history()
    pauses = [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta() for event in of_type(history, TIMER)
    ]
    assert pauses[-3:] == [timedelta(seconds=seconds) for seconds in (1, 2, 4)]
    assert await ticks(run, key, 5) == 5


async def test_many_ticks_in_a_row_do_not_live_in_one_workflow_task(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        await ticks(run, key, 1)
        run.world.switch("one_row", 45)
        for number in range(45):
            run.world.put(key, f"r{number}")
        await run.journeys.wake(key)
        view = await until(lambda: _with_sequence(run, key, 46))
        history = await run.handle(key).fetch_history()
    assert view.state["count"]["reading"] == 45
    breaths = [
        event
        for event in of_type(history, TIMER)
        if event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta() == BREATH
    ]
    assert len(breaths) == 46 // UNBROKEN_TICKS


async def test_a_ledger_that_disagrees_halts_the_run_and_never_fails_it(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        await ticks(run, key, 1)
        run.world.switch("mismatch", 1)
        run.world.put(key, "c1", "command")
        verdict = await run.journeys.act(key, "c1")
        assert verdict is not None
        assert (verdict.done, verdict.code) == (False, HALTED)
        view = await run.journeys.view(key)
        assert view.halted == "LedgerMismatch"
        assert "halted" in await until(lambda: _flags(run, key))
        assert run.world.tried("normal") == 0
        description = await run.handle(key).describe()
        assert description.status == WorkflowExecutionStatus.RUNNING
        assert await run.journeys.poke(key)
        after = await run.journeys.act(key, "c1")
        assert after is not None
        assert after.done
        assert (await run.journeys.view(key)).halted == ""
        await until(lambda: _no_flags(run, key))


async def _flags(run: Running, key: str) -> list[str]:
    description = await run.handle(key).describe()
    return [str(one) for one in description.search_attributes.get("CareFlags", [])]


async def _no_flags(run: Running, key: str) -> bool:
    return not await _flags(run, key)


async def test_what_people_see(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        for number in range(4):
            run.world.put(key, f"r{number}")
            await run.journeys.wake(key)
            await until(lambda n=number: run.world.rows("SELECT 1 FROM effect WHERE key LIKE ?", f"%/r{n}"))
        run.world.put(key, "soon", "later", 3600)
        run.world.put(key, "c1", "command")
        await run.journeys.act(key, "c1")
        description = await run.handle(key).describe()
        history = await run.handle(key).fetch_history()
        metadata = await run.handle(key).query("__temporal_workflow_metadata")
    assert await description.static_summary() == "small"
    assert description.search_attributes["CareStatus"] == ["active"]
    assert description.search_attributes["CareTier"] == ["green"]
    assert description.search_attributes["CarePathways"] == ["small"]
    assert len(of_type(history, UPSERT)) == 1
    (timer,) = of_type(history, TIMER)
    summary = await opened(run, key, timer.user_metadata.summary)
    assert summary.data.decode() == '"4 readings seen Next: the next reading"'
    details = metadata["currentDetails"] if isinstance(metadata, dict) else metadata.current_details
    assert details == show.details("**first** · 4 readings")


async def test_a_cancelled_run_ends_and_a_new_one_goes_on_from_the_store(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        run.world.put(key, "r1")
        run.world.put(key, "c1", "command")
        await run.journeys.act(key, "c1")
        await run.handle(key).cancel()

        async def closed() -> bool:
            return (await run.handle(key).describe()).status == WorkflowExecutionStatus.CANCELED

        await until(closed)
        assert not await run.journeys.wake(key)
        run.world.put(key, "r2")
        await run.journeys.start(JourneyStart(journey=key, epoch=2))
        view = await until(lambda: _with_sequence(run, key, 1))
    assert view.epoch == 2
    assert view.state["count"]["reading"] >= 2

"""The virtual driver: what it derives replays under the real Replayer, and a real server writes the same events."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.converter import DataConverter
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from bench.virtual.activities import Activities
from bench.virtual.core import Core
from bench.virtual.count import count
from bench.virtual.replay import replay_cost
from bench.virtual.world import World
from carepath.server.process import TemporalServer
from tests.unit.bench.contract_flow import Contract, ContractChild, echo, refuse

QUEUE = "contract"
FLOWS = (Contract, ContractChild)
START = datetime(2026, 3, 2, tzinfo=UTC)


async def drive(sandboxed: bool = False) -> World:
    converter = DataConverter.default
    core = Core(FLOWS, converter=converter, task_queue=QUEUE, runner=SandboxedWorkflowRunner() if sandboxed else None)
    world = World(core, Activities([echo, refuse], converter), converter, start=START, task_queue=QUEUE)
    await world.start("Contract", "one", 1, summary="A contract")
    await world.run_until(START + timedelta(minutes=1))
    assert await world.signal("one", "hello", "one")
    await world.run_until(START + timedelta(minutes=2))
    assert (await world.update("one", "ask", "bad", update_id="no")).refused is not None
    asked = await world.update("one", "ask", "why", update_id="u1")
    assert asked.answer is not None
    await world.run_until(START + timedelta(minutes=3))
    core.close()
    return world


def kinds(events: Sequence[HistoryEvent]) -> list[str]:
    return [EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in events]


@pytest.mark.parametrize("sandboxed", [False, True])
async def test_what_is_derived_replays(sandboxed: bool) -> None:
    world = await drive(sandboxed)
    assert [(run.type, run.closed) for run in world.runs] == [
        ("Contract", "continued_as_new"),
        ("ContractChild", "completed"),
        ("Contract", "completed"),
    ]
    for run in world.runs:
        cost = await replay_cost(run, FLOWS, DataConverter.default, SandboxedWorkflowRunner(), times=1)
        assert cost.events == len(run.history.events)


async def test_a_history_that_lies_does_not_replay() -> None:
    world = await drive()
    run = world.runs[0]
    event = next(e for e in run.history.events if e.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
    event.activity_task_scheduled_event_attributes.activity_type.name = "another"
    with pytest.raises(Exception, match=r"(?i)nondeterminism"):
        await replay_cost(run, FLOWS, DataConverter.default, SandboxedWorkflowRunner(), times=1)


async def test_actions_are_counted_by_cause() -> None:
    world = await drive()
    counts = count(world.runs)
    assert dict(counts.actions_of) == {
        "starts": 2,  # the parent and the child's own
        "children": 1,
        "timers": 2,
        "local activities": 3,
        "activities": 2,
        "search attributes": 1,
        "signals": 3,  # one from outside, one each way between parent and child
        "updates": 2,  # one of them refused
        "continued as new": 1,
    }
    assert counts.actions == 17
    assert (counts.runs, counts.executions) == (3, 2)
    assert counts.events == sum(len(run.history.events) for run in world.runs)


@pytest.mark.server
async def test_a_real_server_writes_the_same_events(temporal_server: TemporalServer) -> None:
    world = await drive()
    client = await Client.connect(temporal_server.address, namespace=temporal_server.namespace)
    key = f"c{uuid.uuid4().hex[:12]}"
    with ThreadPoolExecutor(4) as threads:
        async with Worker(
            client, task_queue=key, workflows=FLOWS, activities=[echo, refuse], activity_executor=threads
        ):
            handle = await client.start_workflow("Contract", 1, id=key, task_queue=key, static_summary="A contract")
            first = client.get_workflow_handle(key, run_id=handle.first_execution_run_id)
            await _until(first, EventType.EVENT_TYPE_TIMER_STARTED, 2)
            await handle.signal("hello", "one")
            await _until(first, EventType.EVENT_TYPE_TIMER_CANCELED, 1)
            with pytest.raises(WorkflowUpdateFailedError):
                await handle.execute_update("ask", "bad")
            assert await handle.execute_update("ask", "why", id="u1") == "echo why"
            assert await handle.result() == "over"
            real = [
                (await client.get_workflow_handle(name, run_id=run).fetch_history()).events
                for name, run in ((key, handle.first_execution_run_id), (f"{key}.h.1", None), (key, None))
            ]
    for run, events in zip(world.runs, real, strict=True):
        assert kinds(run.history.events) == kinds(events)
        for ours, theirs in zip(run.history.events, events, strict=True):
            # Ids and clocks have other lengths, stack traces other lines; nothing else may differ.
            assert abs(_size(ours) - _size(theirs)) <= 60, (ours, theirs)


def _size(event: HistoryEvent) -> int:
    copy = HistoryEvent()
    copy.CopyFrom(event)
    for name in ("activity_task_failed_event_attributes", "marker_recorded_event_attributes"):
        if copy.WhichOneof("attributes") == name:
            getattr(copy, name).failure.stack_trace = ""
    copy.task_id = 0
    return copy.ByteSize()


async def _until(handle: WorkflowHandle[object, object], kind: EventType.ValueType, number: int) -> None:
    """Wait until the server has written ``number`` events of a kind, and no task is open."""
    while True:
        events = [event async for event in handle.fetch_history_events()]
        closed = not kinds(events)[-1].startswith("WORKFLOW_TASK")
        if closed and sum(event.event_type == kind for event in events) >= number:
            return
        await asyncio.sleep(0.02)

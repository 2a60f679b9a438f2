"""What always runs beside the journeys: the sweeper's schedule and the couriers. Every start of a worker sees to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import WorkflowIDConflictPolicy

from activities.contracts import CourierInput, SweepInput
from workflows.messages import COURIER, SWEEPER, CourierState

SWEEPER_ID: Final = "sweeper"
SWEEP_EVERY: Final = timedelta(seconds=10)
# A sweep that hangs would hold up every later one, since they do not overlap.
SWEEP_AT_MOST: Final = timedelta(minutes=2)


def courier_queue(task_queue: str) -> str:
    """Task queue of couriers and sweeper: a storm of journeys must not hold them up."""
    return f"{task_queue}-courier"


def red_queue(task_queue: str) -> str:
    """Task queue of the red courier: nothing else may hold it up."""
    return f"{task_queue}-red"


async def ensure_standing(client: Client, task_queue: str, *, shards: int = 1) -> None:
    """Start what is missing; nothing happens to what runs already, except couriers of another number of shards.

    Args:
        client: connected, with the sealing codec.
        task_queue: of the journeys.
        shards: how many couriers share the outbox; red has one more of its own.
    """
    await _ensure_schedule(client, task_queue)
    wanted = {f"courier-{shard}-of-{shards}": CourierInput(shard=shard, shards=shards) for shard in range(shards)}
    for courier, given in wanted.items():
        await _ensure_courier(client, courier, given, courier_queue(task_queue), f"Courier {given.shard + 1}/{shards}")
    red = CourierInput(shard=0, shards=1, red=True)
    await _ensure_courier(client, "courier-red", red, red_queue(task_queue), "Courier for red messages")
    async for other in client.list_workflows(f"WorkflowType = '{COURIER}' AND ExecutionStatus = 'Running'"):
        if other.id not in wanted and other.id != "courier-red":
            await client.get_workflow_handle(other.id).cancel()


async def _ensure_courier(client: Client, courier: str, given: CourierInput, queue: str, summary: str) -> None:
    await client.start_workflow(
        COURIER,
        CourierState(input=given),
        id=courier,
        task_queue=queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=summary,
    )


async def _ensure_schedule(client: Client, task_queue: str) -> None:
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            SWEEPER,
            SweepInput(),
            id=SWEEPER_ID,
            task_queue=courier_queue(task_queue),
            execution_timeout=SWEEP_AT_MOST,
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=SWEEP_EVERY)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(minutes=1)),
        state=ScheduleState(note="Finds unseen rows, overdue journeys and enrolments not started"),
    )

    def update(found: ScheduleUpdateInput) -> ScheduleUpdate:
        # An operator's pause stays; what it does and how often is this release's.
        schedule.state.paused = found.description.schedule.state.paused
        return ScheduleUpdate(schedule)

    try:
        await client.create_schedule(SWEEPER_ID, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(SWEEPER_ID).update(update)

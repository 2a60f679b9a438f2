"""Normal activities in a virtual world: tries, retries after their backoff, ends and cancellations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from temporalio.api.common.v1 import WorkerVersionStamp
from temporalio.api.enums.v1 import EventType, RetryState
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import (
    ActivityTaskCanceledEventAttributes,
    ActivityTaskCancelRequestedEventAttributes,
    ActivityTaskCompletedEventAttributes,
    ActivityTaskFailedEventAttributes,
    ActivityTaskStartedEventAttributes,
)
from temporalio.bridge.proto.activity_result import ActivityResolution, Cancellation
from temporalio.bridge.proto.activity_result import Failure as ActivityFailure
from temporalio.bridge.proto.workflow_activation import ResolveActivity

from bench.virtual.activities import Outcome, resolved
from bench.virtual.history import IDENTITY, job

if TYPE_CHECKING:
    from bench.virtual.run import Run
    from bench.virtual.world import World


def try_later(world: World, run: Run, seq: int, after: int) -> None:
    """Try an activity in ``after`` nanoseconds."""

    async def attempt() -> None:
        pending = run.activities.get(seq)
        if pending is None or run.closed:
            return
        given = pending.command.schedule_activity
        outcome = await world.activities.attempt(
            given.activity_type,
            given.arguments,
            workflow_id=run.workflow_id,
            workflow_type=run.type,
            task_queue=given.task_queue or world.task_queue,
            local=False,
            retry=given.retry_policy,
            attempt=pending.attempt,
        )
        if outcome.final:
            await _over(world, run, seq, outcome)
            return
        backoff = given.retry_policy.initial_interval.ToNanoseconds()
        coefficient = given.retry_policy.backoff_coefficient or 2.0
        backoff = int(backoff * coefficient ** (pending.attempt - 1))
        longest = given.retry_policy.maximum_interval.ToNanoseconds()
        pending.attempt += 1
        try_later(world, run, seq, min(backoff, longest) if longest else backoff)

    world.push(world.now + after, attempt)


async def _over(world: World, run: Run, seq: int, outcome: Outcome) -> None:
    pending = run.activities.pop(seq)
    started = run.history.add(
        world.now,
        EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
        ActivityTaskStartedEventAttributes(
            scheduled_event_id=pending.event,
            identity=IDENTITY,
            request_id=world.ids.new(),
            attempt=pending.attempt,
            worker_version=WorkerVersionStamp(build_id=world.ids.build),
        ),
    )
    if outcome.failure is None:
        completed = ActivityTaskCompletedEventAttributes(
            scheduled_event_id=pending.event, started_event_id=started.event_id, identity=IDENTITY
        )
        if outcome.result is not None:
            completed.result.payloads.append(outcome.result)
        run.history.add(world.now, EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, completed)
        resolution = resolved(outcome)
    else:
        failed = ActivityTaskFailedEventAttributes(
            failure=outcome.failure,
            scheduled_event_id=pending.event,
            started_event_id=started.event_id,
            identity=IDENTITY,
            retry_state=RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE,
        )
        run.history.add(world.now, EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED, failed)
        given = pending.command.schedule_activity
        wrapped = Failure(message="Activity task failed", cause=outcome.failure)
        wrapped.activity_failure_info.activity_id = given.activity_id
        wrapped.activity_failure_info.activity_type.name = given.activity_type
        resolution = ActivityResolution(failed=ActivityFailure(failure=wrapped))
    await run.task([job(resolve_activity=ResolveActivity(seq=seq, result=resolution))])


def cancel(world: World, run: Run, seq: int, done: int) -> None:
    """Cancel an activity that waits for its next try."""
    pending = run.activities.pop(seq)
    asked = run.history.add(
        world.now,
        EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
        ActivityTaskCancelRequestedEventAttributes(
            scheduled_event_id=pending.event, workflow_task_completed_event_id=done
        ),
    )

    async def cancelled() -> None:
        if run.closed:
            return
        run.history.add(
            world.now,
            EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
            ActivityTaskCanceledEventAttributes(
                latest_cancel_requested_event_id=asked.event_id,
                scheduled_event_id=pending.event,
                identity=IDENTITY,
            ),
        )
        failure = Failure(message="Activity cancelled")
        failure.cause.canceled_failure_info.SetInParent()
        failure.activity_failure_info.activity_id = pending.command.schedule_activity.activity_id
        resolution = ActivityResolution(cancelled=Cancellation(failure=failure))
        await run.task([job(resolve_activity=ResolveActivity(seq=seq, result=resolution))])

    world.push(world.now + world.latency, cancelled)

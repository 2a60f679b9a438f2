"""What workflows ask of the world: activities, children, other runs. Expected failures end here."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, FailureError, WorkflowAlreadyStartedError, is_cancelled_exception

from activities.contracts import (
    HANDOFF_STEP,
    LEDGER_MISMATCH,
    TICK,
    ChildCancel,
    ChildStart,
    Contract,
    HandoffStepInput,
    HandoffStepResult,
    TickInput,
    TickResult,
)
from workflows.messages import CANCEL, HANDOFF, HandoffInput
from workflows.show import clip

LOCAL_PAUSE: Final = timedelta(milliseconds=200)


def retry(contract: Contract) -> RetryPolicy:
    """The retry policy of an activity's contract."""
    return RetryPolicy(
        initial_interval=timedelta(seconds=1),
        maximum_interval=contract.max_interval,
        maximum_attempts=contract.maximum_attempts,
    )


def failure_type(error: BaseException) -> str:
    """The type that the failing activity gave, however deep the cause lies; the class where it gave none."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ApplicationError) and found.type:
            return found.type
        found = found.__cause__
    return type(error).__name__


def local_retry(contract: Contract) -> RetryPolicy:
    """The retry policy of an activity's few local tries."""
    return RetryPolicy(initial_interval=LOCAL_PAUSE, maximum_attempts=contract.local_tries)


def is_lasting(error: BaseException) -> bool:
    """Whether an activity said that no retry mends it."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ApplicationError):
            return found.non_retryable
        found = found.__cause__
    return False


async def tick_locally(given: TickInput) -> TickResult | None:
    """Tick within this workflow task; None when the few local tries are used up.

    Raises:
        FailureError: cancelled, or the ledger does not agree with this run.
    """
    try:
        result: TickResult = await workflow.execute_local_activity(
            TICK.name,
            given,
            result_type=TickResult,
            schedule_to_close_timeout=TICK.local_within,
            retry_policy=local_retry(TICK),
        )
    except FailureError as error:
        if is_cancelled_exception(error) or failure_type(error) == LEDGER_MISMATCH:
            raise
        return None
    return result


async def tick_visibly(given: TickInput) -> TickResult:
    """Tick as a normal activity: seen in the UI, retried for as long as it takes, small in the history.

    Raises:
        FailureError: cancelled, or an error that no retry mends.
    """
    result: TickResult = await workflow.execute_activity(
        TICK.name,
        given.model_copy(update={"state": None, "plans": None}),
        result_type=TickResult,
        start_to_close_timeout=TICK.start_to_close,
        retry_policy=retry(TICK),
        summary=given.cause,
    )
    return result


async def step_locally(given: HandoffStepInput) -> HandoffStepResult | None:
    """Take a step with a partner within this workflow task; None when it did not succeed at once.

    Raises:
        FailureError: cancelled, or an error that no retry mends.
    """
    try:
        result: HandoffStepResult = await workflow.execute_local_activity(
            HANDOFF_STEP.name,
            given,
            result_type=HandoffStepResult,
            schedule_to_close_timeout=HANDOFF_STEP.local_within,
            retry_policy=local_retry(HANDOFF_STEP),
        )
    except FailureError as error:
        if is_cancelled_exception(error) or is_lasting(error):
            raise
        return None
    return result


def handoff_id(journey: str, number: int) -> str:
    """The workflow id of a journey's handoff; the part before the dot names the key its payloads are sealed with."""
    return f"{journey}.h.{number}"


async def start_handoff(journey: str, child: ChildStart) -> None:
    """Start the conversation with a partner; it outlives the journey's runs."""
    # Started before (a run that began anew): the conversation goes on, and must not be held twice.
    with suppress(WorkflowAlreadyStartedError):
        _ = await workflow.start_child_workflow(
            HANDOFF,
            HandoffInput(journey=journey, number=child.number, key=child.key, machine=child.machine, title=child.title),
            id=handoff_id(journey, child.number),
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            cancellation_type=workflow.ChildWorkflowCancellationType.ABANDON,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            static_summary=clip(child.title),
        )


async def cancel_handoff(journey: str, child: ChildCancel) -> None:
    """Ask for a handoff's end. One that is over already has nothing left to cancel."""
    handle = workflow.get_external_workflow_handle(handoff_id(journey, child.number))
    try:
        await handle.signal(CANCEL, child)
    except FailureError as error:
        if is_cancelled_exception(error):
            raise
        workflow.logger.info("handoff is over", extra={"number": child.number})

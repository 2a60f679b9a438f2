"""Courier: one per shard, and one of its own for red. It keeps one pump of the outbox running, for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from activities.contracts import COURIER_PUMP, CourierResult
    from workflows import calls
    from workflows.messages import COURIER, CourierState

ROUNDS_PER_RUN: Final = 50
FAILED_PAUSE: Final = timedelta(seconds=10)


@workflow.defn(name=COURIER)
class Courier:
    """Ends only by continue-as-new, or when cancelled from outside. What is claimed and sent stands in the store."""

    @workflow.run
    async def run(self, given: CourierState) -> None:
        """Pump; a pump that dies with its worker is missed within its heartbeat and started again elsewhere."""
        for _ in range(ROUNDS_PER_RUN):
            try:
                result = await workflow.execute_activity(
                    COURIER_PUMP.name,
                    given.input,
                    result_type=CourierResult,
                    start_to_close_timeout=COURIER_PUMP.start_to_close,
                    heartbeat_timeout=COURIER_PUMP.heartbeat,
                    retry_policy=calls.retry(COURIER_PUMP),
                    summary="Sending what is due",
                )
            except FailureError as error:
                if is_cancelled_exception(error):
                    raise
                workflow.logger.error("courier stopped", extra={"code": calls.failure_type(error)})
                await workflow.sleep(FAILED_PAUSE, summary="The courier failed. Next: start it again")
                continue
            given = given.model_copy(update={"rounds": given.rounds + 1, "sent": given.sent + result.sent})
            workflow.set_current_details(f"Rounds: {given.rounds}. Sent: {given.sent}.")
        workflow.continue_as_new(given)

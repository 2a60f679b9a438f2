"""Sweeper: a short run every few seconds that finds what a crash left lying, and wakes who has to look at it."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.contracts import ROUSE, SWEEP, RouseInput, RouseResult, SweepInput, SweepResult
    from workflows import calls
    from workflows.messages import SWEEPER


@workflow.defn(name=SWEEPER)
class Sweeper:
    """Started by a Temporal Schedule; a run that fails is followed by the next one."""

    @workflow.run
    async def run(self, given: SweepInput) -> RouseResult:
        """Sweep once: read what is overdue, then wake and start."""
        found: SweepResult = await workflow.execute_activity(
            SWEEP.name,
            given,
            result_type=SweepResult,
            start_to_close_timeout=SWEEP.start_to_close,
            retry_policy=calls.retry(SWEEP),
        )
        if not (found.wake or found.start or found.stale or found.close):
            return RouseResult()
        roused: RouseResult = await workflow.execute_activity(
            ROUSE.name,
            RouseInput(wake=found.wake, start=found.start, stale=found.stale, close=found.close),
            result_type=RouseResult,
            start_to_close_timeout=ROUSE.start_to_close,
            retry_policy=calls.retry(ROUSE),
        )
        return roused

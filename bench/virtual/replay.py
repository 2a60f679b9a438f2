"""CPU that a replay of a history takes, sandboxed, through the SDK's own `Replayer`."""

from __future__ import annotations

import statistics
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import Replayer, WorkflowRunner

from bench.virtual.run import Run


@dataclass(frozen=True, slots=True)
class ReplayCost:
    """Seconds of CPU a replay, all threads of this process."""

    events: int
    median: float
    p95: float
    times: int


async def replay_cost(
    run: Run, workflows: Sequence[type], converter: DataConverter, runner: WorkflowRunner, *, times: int = 20
) -> ReplayCost:
    """Replay one run's history again and again, and take the CPU time of each.

    Raises:
        Exception: the history does not replay.
    """
    replayer = Replayer(workflows=workflows, data_converter=converter, workflow_runner=runner)
    history = WorkflowHistory(run.workflow_id, run.history.events)

    async def again() -> AsyncIterator[WorkflowHistory]:
        for _ in range(times + 1):
            yield history

    taken: list[float] = []
    async with replayer.workflow_replay_iterator(again()) as results:
        before = time.process_time()
        async for result in results:
            if result.replay_failure is not None:
                raise result.replay_failure
            after = time.process_time()
            taken.append(after - before)
            before = after
    # The first one also warms up the sandbox's imports.
    taken = sorted(taken[1:])
    return ReplayCost(
        len(run.history.events), statistics.median(taken), taken[min(len(taken) - 1, int(len(taken) * 0.95))], times
    )

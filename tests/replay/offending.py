"""A workflow whose file brings in more than workflow code may; it must not load."""

from temporalio import workflow

import worker.problems
from activities.contracts import SweepInput
from workflows.messages import SWEEPER


@workflow.defn(name=SWEEPER)
class OffendingSweeper:
    @workflow.run
    async def run(self, given: SweepInput) -> str:
        return worker.problems.language_of({})

"""What always runs: couriers and the sweeper, started again and again without harm; texts at the server's limits."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus

from activities.contracts import TickResult
from tests.integration.run.conftest import Running, until
from tests.integration.run.small import Event, Json, decide
from worker.standing import SWEEPER_ID, ensure_standing
from workflows import show
from workflows.messages import SWEEPER

pytestmark = pytest.mark.server


async def couriers(run: Running) -> set[str]:
    query = "WorkflowType = 'Courier' AND ExecutionStatus = 'Running'"
    return {found.id async for found in run.client.list_workflows(query)}


async def test_standing_workflows_are_started_once_and_follow_the_number_of_shards(run: Running) -> None:
    for courier in await couriers(run):
        await run.handle(courier).terminate()
    async with run.worker(role="all"):
        await ensure_standing(run.client, run.settings.task_queue, shards=1)
        await until(lambda: run.world.tried("shard-0"))
        await until(lambda: run.world.tried("red"))
        run_ids = {(await run.handle("courier-red").describe()).raw_description.workflow_execution_info.first_run_id}
        await ensure_standing(run.client, run.settings.task_queue, shards=1)
        run_ids.add((await run.handle("courier-red").describe()).raw_description.workflow_execution_info.first_run_id)
        assert len(run_ids) == 1
        await ensure_standing(run.client, run.settings.task_queue, shards=2)

        async def resharded() -> bool:
            return await couriers(run) == {"courier-0-of-2", "courier-1-of-2", "courier-red"}

        await until(resharded)
        schedule = await run.client.get_schedule_handle(SWEEPER_ID).describe()
        assert schedule.schedule.spec.intervals[0].every == timedelta(seconds=10)
        for courier in await couriers(run):
            await run.handle(courier).terminate()
    await run.client.get_schedule_handle(SWEEPER_ID).delete()


async def test_a_sweep_wakes_who_has_unseen_rows(run: Running) -> None:
    async with run.worker(role="all"):
        key = await run.start()
        await until(lambda: run.world.rows("SELECT 1 FROM tick"))
        run.world.put(key, "lost-wake")
        result = await run.client.execute_workflow(
            SWEEPER, {"overdue_after": 60}, id=f"sweeper-{key}", task_queue=f"{run.settings.task_queue}-courier"
        )
        assert result["woken"] == 1
        await until(lambda: run.world.rows("SELECT 1 FROM effect WHERE key LIKE '%/lost-wake'"))


async def test_the_longest_summaries_fit_the_servers_limit_sealed(run: Running) -> None:
    """Random text does not shrink when it is compressed: the worst case."""

    def longest(state: dict[str, Json], events: list[Event], result: TickResult) -> None:
        decide(state, events, result)
        text = "".join(chr(0x4E00 + secrets.randbelow(0x5000)) for _ in range(400))
        result.show.decided = text
        result.show.next = text[::-1]
        for start in result.start:
            start.title = text

    async with run.worker(longest):
        key = await run.start()
        run.world.put(key, "soon", "later", 3600)
        run.world.put(key, "order", "order", 1)
        run.world.put(key, "c1", "command")
        verdict = await run.journeys.act(key, "c1")
        assert verdict is not None
        assert verdict.done
        await until(lambda: run.world.rows("SELECT 1 FROM partner"))
        description = await run.handle(key).describe()
        assert description.status == WorkflowExecutionStatus.RUNNING
        child = await run.handle(f"{key}.h.1").describe()
        assert len((await child.static_summary() or "").encode()) > show.SUMMARY_BYTES - 6

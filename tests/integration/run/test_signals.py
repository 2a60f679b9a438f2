"""Why a wake is empty: payload in signals is lost at continue-as-new, stored events are not.

The naive run keeps what its signals bring in memory and continues as new without it; it is here to show that this
test would notice a loss.
"""

from __future__ import annotations

import asyncio

import pytest
from temporalio import workflow
from temporalio.worker import Worker

from tests.integration.run.conftest import Running, until

pytestmark = pytest.mark.server

SIGNALS = 200


@workflow.defn(name="TestNaiveJourney", sandboxed=False)
class NaiveJourney:
    """Counts what its signals bring; continues as new every ten, with what it has counted."""

    @workflow.init
    def __init__(self, counted: int) -> None:
        self.counted = counted
        self.brought: list[str] = []

    @workflow.signal(name="reading")
    def reading(self, value: str) -> None:
        self.brought.append(value)

    @workflow.query(name="counted")
    def count(self) -> int:
        return self.counted

    @workflow.query(name="waiting")
    def waiting(self) -> int:
        return len(self.brought)

    @workflow.run
    async def run(self, counted: int) -> None:
        taken = 0
        while taken < 10:
            await workflow.wait_condition(lambda: bool(self.brought))
            self.brought.pop(0)
            self.counted += 1
            taken += 1
            await workflow.sleep(0.001)
        workflow.continue_as_new(self.counted)


async def test_payload_in_signals_is_lost(run: Running) -> None:
    key = run.patient()
    async with Worker(run.client, task_queue=run.settings.task_queue, workflows=[NaiveJourney]):
        await run.client.start_workflow("TestNaiveJourney", 0, id=key, task_queue=run.settings.task_queue)
        handle = run.handle(key)
        for begin in range(0, SIGNALS, 50):
            await asyncio.gather(*(handle.signal("reading", str(n)) for n in range(begin, begin + 50)))

        async def settled() -> bool:
            # Every signal has been acknowledged: a query is answered after all of them.
            return int(await handle.query("waiting")) == 0

        await until(settled)
        counted = int(await handle.query("counted"))
    assert 0 < counted < SIGNALS


async def test_stored_events_with_empty_wakes_are_not(run: Running) -> None:
    run.world.switch("one_row", 10**6)
    async with run.worker():
        key = await run.start()
        first = (await run.handle(key).describe()).run_id
        for begin in range(0, SIGNALS, 50):
            for number in range(begin, begin + 50):
                run.world.put(key, f"r{number}")
            await asyncio.gather(*(run.journeys.wake(key) for _ in range(50)))
            run.world.put(key, f"c{begin}", "command")
            verdict = await run.journeys.act(key, f"c{begin}")
            assert verdict is not None
            assert verdict.done

        async def all_counted() -> bool:
            return bool((await run.journeys.view(key)).state["count"].get("reading") == SIGNALS)

        await until(all_counted)
        assert (await run.handle(key).describe()).run_id != first
    assert {times for (times,) in run.world.rows("SELECT times FROM effect")} == {1}

"""A worker that is killed with SIGKILL in the middle of a tick: one result, one effect, every command answered."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.run.conftest import Running, until

pytestmark = pytest.mark.server


class Worker:
    def __init__(self, run: Running, repository: Path) -> None:
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.integration.run.process",
                run.settings.temporal_address,
                run.settings.task_queue,
                str(run.settings.home),
            ],
            cwd=repository,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._ready = run.settings.home / "ready"

    async def ready(self) -> None:
        await until(self._ready.exists)

    async def died(self) -> int:
        return await asyncio.wait_for(asyncio.to_thread(self.process.wait), 60)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def workers(run: Running, repository: Path) -> Iterator[list[Worker]]:
    made: list[Worker] = []
    yield made
    for worker in made:
        worker.close()


@pytest.mark.parametrize("moment", ["die_before", "die_after"])
async def test_killed_in_the_middle_of_a_tick(
    run: Running, workers: list[Worker], repository: Path, moment: str
) -> None:
    workers.append(Worker(run, repository))
    await workers[0].ready()
    key = await run.start()
    run.world.put(key, "c0", "command")
    assert await run.journeys.act(key, "c0") is not None
    run.world.put(key, "r1")
    run.world.switch(moment)
    await run.journeys.wake(key)
    assert await workers[0].died() == -signal.SIGKILL
    # The step that is tried again now finds more in its surroundings than the first try did.
    run.world.put(key, "c1", "command")
    asking = asyncio.create_task(run.journeys.act(key, "c1"))
    workers.append(Worker(run, repository))
    verdict = await asking
    assert verdict is not None
    assert verdict.done
    view = await until(lambda: run.journeys.view(key))
    assert view.state["count"]["reading"] == 1
    assert view.state["count"]["command"] == 2
    assert {times for (times,) in run.world.rows("SELECT times FROM effect")} == {1}
    assert view.sequence == run.world.rows("SELECT count(*) FROM tick")[0][0]

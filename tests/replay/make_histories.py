"""Records the stored histories anew: `python -m tests.replay.make_histories PATH_OF_TEMPORAL`.

Needed only when a new kind is added. Never record an old kind again to make a replay test pass: the old histories are
those of patients who are running.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from temporalio import activity

from activities.contracts import ROUSE, RouseInput, RouseResult
from activities.keys.keyring import SYSTEM
from carepath.server.binary import probe
from carepath.server.process import TemporalServer
from tests.integration.run.conftest import until
from tests.integration.run.small import SmallPartner, SmallTick, World
from tests.replay.stored import HISTORIES, Stored, TestKeys
from worker.client import Journeys, JourneyStart, connect
from worker.fleet import THREADS, Registry, WorkerOptions, make_workers
from worker.settings import Settings
from worker.standing import SWEEPER_ID, ensure_standing
from workflows.calls import handoff_id
from workflows.patient import TICKS_PER_RUN


class NobodyToRouse:
    """Rouse without records."""

    @activity.defn(name=ROUSE.name)
    async def rouse(self, given: RouseInput) -> RouseResult:
        return RouseResult(woken=len(given.wake))


class Recorder:
    """One server, one world, and what is needed to make a run live through something."""

    def __init__(self, settings: Settings, journeys: Journeys, world: World, keys: TestKeys) -> None:
        self.settings = settings
        self.journeys = journeys
        self.client = journeys.client
        self.world = world
        self.keys = keys

    async def start(self, name: str) -> str:
        key = f"p{name}"
        self.keys.keys.setdefault(key, os.urandom(32))
        self.world.put(key, f"{key}:enrolled", "enrolled")
        await self.journeys.start(JourneyStart(journey=key, pathways=("small",), site="test"))
        await self.sequence(key, 1)
        return key

    async def event(self, key: str, event: str, kind: str = "reading", body: Any = None) -> None:
        before = (await self.journeys.view(key)).sequence
        self.world.put(key, event, kind, body)
        await self.journeys.wake(key)
        await self.sequence(key, before + 1)

    async def command(self, key: str, command: str) -> None:
        self.world.put(key, command, "command")
        if await self.journeys.act(key, command) is None:
            raise RuntimeError("not answered")

    async def sequence(self, key: str, at_least: int) -> None:
        async def reached() -> bool:
            return (await self.journeys.view(key)).sequence >= at_least

        await until(reached)

    async def store(self, name: str, workflow_id: str, *, run_id: str | None = None, view: bool = True) -> None:
        """Keep a history and the state at its end, taken when nothing moves."""
        handle = self.client.get_workflow_handle(workflow_id, run_id=run_id)
        while True:
            history = await handle.fetch_history()
            state = None
            if view:
                found = await self.journeys.view(workflow_id)
                state = found.model_dump(mode="json")
            if len((await handle.fetch_history()).events) == len(history.events):
                break
        Stored(name, workflow_id, state, history.to_json_dict()).write()


async def quiet(r: Recorder) -> None:
    key = await r.start("quiet")
    for number in range(3):
        await r.event(key, f"r{number}")
    await r.event(key, "soon", "later", 1)
    await r.sequence(key, 6)
    await r.event(key, "month", "later", 30 * 86400)
    await r.store("journey-quiet", key)


async def acting(r: Recorder) -> None:
    key = await r.start("acting")
    await asyncio.gather(*(r.command(key, f"c{number}") for number in range(5)))
    await r.journeys.act(key, "never-stored")
    await r.command(key, "last")
    await r.store("journey-act", key)


async def falling_back(r: Recorder) -> None:
    key = await r.start("fallback")
    r.world.switch("fail_local", 3)
    await r.event(key, "r1")
    r.world.switch("lose_answer", 1)
    await r.event(key, "r2")
    await r.store("journey-fallback", key)


async def continuing(r: Recorder) -> None:
    key = await r.start("continued")
    first = (await r.client.get_workflow_handle(key).describe()).run_id
    for number in range(TICKS_PER_RUN + 5):
        await (r.command if number % 10 == 0 else r.event)(key, f"e{number}")
    await r.store("journey-continued-1", key, run_id=first, view=False)
    await r.store("journey-continued-2", key)


async def working_through(r: Recorder) -> None:
    key = await r.start("rows")
    for number in range(25):
        r.world.put(key, f"r{number}")
    r.world.switch("one_row", 25)
    await r.journeys.wake(key)
    await r.sequence(key, 26)
    r.world.switch("one_row", 0)
    r.world.switch("stall", 1)
    await r.event(key, "stalled")
    await r.sequence(key, 28)
    await r.store("journey-more", key)


async def halting(r: Recorder) -> None:
    key = await r.start("halted")
    r.world.switch("mismatch", 1)
    r.world.put(key, "c1", "command")
    await r.journeys.act(key, "c1")
    await r.journeys.poke(key)
    await r.command(key, "c1")
    await r.store("journey-halted", key)


async def handing_off(r: Recorder) -> None:
    key = await r.start("handoff")
    r.world.switch("slow_partner", 10**6)
    await r.event(key, "order1", "order", 1)
    await until(lambda: r.world.rows("SELECT 1 FROM effect WHERE key = ?", f"{key}/{key}.h.1:sent"))
    SmallPartner(r.world).callback(handoff_id(key, 1), "dispensed")
    await r.journeys.wake(handoff_id(key, 1))
    await r.client.get_workflow_handle(handoff_id(key, 1)).result()
    await r.event(key, "order2", "order", 2)
    await until(lambda: r.world.rows("SELECT 1 FROM partner WHERE handoff = ?", handoff_id(key, 2)))
    await r.event(key, "withdraw2", "withdraw", 2)
    await r.client.get_workflow_handle(handoff_id(key, 2)).result()
    await r.event(key, "withdraw-again", "withdraw", 2)
    await r.command(key, "last")
    await r.store("journey-handoffs", key)
    await r.store("handoff-callback", handoff_id(key, 1), view=False)
    await r.store("handoff-cancelled", handoff_id(key, 2), view=False)
    r.world.switch("partner_away", 2)
    await r.event(key, "order3", "order", 3)
    await until(lambda: r.world.tried("handoff:send") >= 3)
    await r.event(key, "withdraw3", "withdraw", 3)
    await r.client.get_workflow_handle(handoff_id(key, 3)).result()
    await r.store("handoff-interrupted", handoff_id(key, 3), view=False)
    r.world.switch("slow_partner", 0)


async def cancelling(r: Recorder) -> None:
    key = await r.start("cancelled")
    await r.event(key, "r1")
    handle = r.client.get_workflow_handle(key)
    await handle.cancel()
    await until(lambda: _closed(r, key))
    await r.store("journey-cancelled", key, view=False)


async def _closed(r: Recorder, workflow_id: str) -> bool:
    return (await r.client.get_workflow_handle(workflow_id).describe()).close_time is not None


async def standing(r: Recorder) -> None:
    r.world.switch("pump_fails", 1)
    await ensure_standing(r.client, r.settings.task_queue)
    first = (await r.client.get_workflow_handle("courier-0-of-1").describe()).run_id

    async def continued() -> bool:
        return (await r.client.get_workflow_handle("courier-0-of-1").describe()).run_id != first

    await until(continued, 60)
    await r.store("courier", "courier-0-of-1", run_id=first, view=False)
    r.world.put("pquiet", "unseen")
    await r.client.get_schedule_handle(SWEEPER_ID).trigger()

    async def swept() -> bool:
        async for found in r.client.list_workflows("WorkflowType = 'Sweeper' AND ExecutionStatus = 'Completed'"):
            if (await r.client.get_workflow_handle(found.id).result())["woken"]:
                await r.store("sweeper", found.id, run_id=found.run_id, view=False)
                return True
        return False

    await until(swept)


KINDS: Final[dict[str, Callable[[Recorder], Awaitable[None]]]] = {
    "quiet": quiet,
    "act": acting,
    "fallback": falling_back,
    "continued": continuing,
    "more": working_through,
    "halted": halting,
    "handoffs": handing_off,
    "cancelled": cancelling,
    "standing": standing,
}


@asynccontextmanager
async def recorder(binary: Path, folder: Path) -> AsyncIterator[Recorder]:
    keys = TestKeys({SYSTEM: os.urandom(32)})
    with (
        TemporalServer(probe(binary, "given"), folder, ui_port=None, rehearsal=True) as server,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        settings = Settings(home=folder, temporal_address=server.address, task_queue="stored")
        world = World(folder / "world.db")
        client = await connect(settings, keys, patience=10)
        journeys = Journeys(client, settings.task_queue)
        partner = SmallPartner(world, journeys)
        registry = Registry(
            journey=[SmallTick(world).tick, partner.step],
            courier=[partner.pump, partner.sweep, NobodyToRouse().rouse],
        )
        workers = make_workers(client, settings.task_queue, WorkerOptions(rehearsal=True), registry, threads)
        running = [asyncio.create_task(worker.run()) for worker in workers]
        yield Recorder(settings, journeys, world, keys)
        for worker in workers:
            await worker.shutdown()
        await asyncio.gather(*running)


async def main(binary: Path) -> None:
    HISTORIES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with recorder(binary, Path(folder)) as r:
            for name, record in KINDS.items():
                await record(r)
                sys.stderr.write(f"{name}\n")
            r.keys.write()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

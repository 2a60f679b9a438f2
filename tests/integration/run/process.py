"""A journey worker over the small world in a process of its own, so that a test can kill it."""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from activities.records.ledger import open_ledger
from tests.integration.run.small import SmallPartner, SmallTick, World
from worker.client import connect
from worker.fleet import THREADS, Registry, WorkerOptions, make_workers, serve
from worker.settings import Settings


async def main(address: str, queue: str, home: Path) -> None:
    settings = Settings(home=home, temporal_address=address, task_queue=queue)
    ledger = open_ledger(settings.records_url, settings.key_source)
    world = World(home / "world.db")
    client = await connect(settings, ledger.keyring, patience=10)
    partner = SmallPartner(world)
    registry = Registry(journey=[SmallTick(world).tick, partner.step], courier=[partner.pump, partner.sweep])
    with ThreadPoolExecutor(THREADS) as threads:
        workers = make_workers(client, queue, WorkerOptions(role="journey", rehearsal=True), registry, threads)
        await serve(workers, asyncio.Event(), (home / "ready").touch)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))

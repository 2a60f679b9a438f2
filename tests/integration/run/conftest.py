"""Journeys over the small world, on a real Temporal server, sealed with real keys."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from activities.contracts import VerdictMessage
from activities.records.ledger import Ledger, open_ledger
from carepath.server.process import TemporalServer
from tests.integration.run.small import Decide, SmallPartner, SmallTick, World, decide
from worker.client import Journeys, JourneyStart, connect
from worker.fleet import THREADS, Registry, WorkerOptions, make_workers
from worker.registry import make_registry
from worker.settings import Settings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(240))


class PatientJourneys(Journeys):
    """With time for a busy machine."""

    async def act(self, journey: str, command: str, *, timeout: float = 60.0) -> VerdictMessage | None:
        return await super().act(journey, command, timeout=timeout)


@dataclass
class Running:
    """One test's part of the server: its own task queue, records, keys and world."""

    settings: Settings
    ledger: Ledger
    world: World
    client: Client
    journeys: Journeys
    threads: ThreadPoolExecutor

    def patient(self) -> str:
        """A new opaque key that has a data key."""
        key = "p" + uuid.uuid4().hex[:20]
        self.ledger.keyring.ensure(key)
        return key

    async def start(self, **more: Any) -> str:
        key = self.patient()
        self.world.put(key, f"{key}:enrolled", "enrolled")
        await self.journeys.start(JourneyStart(journey=key, pathways=("small",), site="test", **more))
        return key

    def handle(self, key: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(key)

    @asynccontextmanager
    async def worker(self, decide: Decide = decide, *, role: Any = "journey") -> AsyncIterator[list[Worker]]:
        partner = SmallPartner(self.world, self.journeys)
        registry = Registry(
            journey=[SmallTick(self.world, decide).tick, partner.step],
            courier=[partner.pump, partner.sweep, partner.rouse],
        )
        options = WorkerOptions(role=role, rehearsal=True)
        workers = make_workers(self.client, self.settings.task_queue, options, registry, self.threads)
        running = [asyncio.create_task(worker.run()) for worker in workers]
        try:
            yield workers
        finally:
            for worker in workers:
                await worker.shutdown()
            await asyncio.gather(*running)

    @asynccontextmanager
    async def real_worker(self, *, role: Any = "journey") -> AsyncIterator[None]:
        """A worker with the product's own activities over the records."""
        registry = make_registry(self.ledger, self.settings, self.journeys)
        options = WorkerOptions(role=role, rehearsal=True)
        workers = make_workers(self.client, self.settings.task_queue, options, registry, self.threads)
        running = [asyncio.create_task(worker.run()) for worker in workers]
        try:
            yield
        finally:
            for worker in workers:
                await worker.shutdown()
            await asyncio.gather(*running)
            await registry.close()


async def until(condition: Callable[[], Awaitable[Any]] | Callable[[], Any], timeout: float = 60.0) -> Any:
    """Wait until a condition holds and give what it said."""
    async with asyncio.timeout(timeout):
        while True:
            found = condition()
            if asyncio.iscoroutine(found) or asyncio.isfuture(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)


@pytest.fixture
def records(request: pytest.FixtureRequest) -> str:
    """The records' address; nothing: the embedded ones. A test asks for the other kind with `on_both`."""
    kind = getattr(request, "param", "sqlite")
    return "" if kind == "sqlite" else str(request.getfixturevalue("postgres_url"))


on_both = pytest.mark.parametrize(
    "records", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
async def run(temporal_server: TemporalServer, tmp_path: Path, records: str) -> AsyncIterator[Running]:
    """A client, records and a world; no worker yet."""
    settings = Settings(
        home=tmp_path,
        temporal_address=temporal_server.address,
        task_queue=f"test-{uuid.uuid4().hex[:12]}",
        database_url=records,
    )
    ledger = open_ledger(settings.records_url, settings.key_source)
    client = await connect(settings, ledger.keyring, patience=60)
    with ThreadPoolExecutor(THREADS) as threads:
        yield Running(
            settings,
            ledger,
            World(tmp_path / "world.db"),
            client,
            PatientJourneys(client, settings.task_queue),
            threads,
        )
    ledger.close()

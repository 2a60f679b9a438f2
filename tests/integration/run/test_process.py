"""`carepath worker` as a process: it waits for a server that is away, looks after a patient, ends when told."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest

from activities.records.ledger import open_ledger
from carepath.server.binary import TemporalBinary
from carepath.server.process import TemporalServer, free_port
from tests.integration.processes import ROOT
from tests.integration.run.conftest import Running, until
from tests.integration.run.real import NAME, enrolled
from worker.client import Journeys, connect
from worker.settings import Settings
from worker.waker import Waker

pytestmark = pytest.mark.server


class Worker:
    """A `carepath worker` and its log."""

    def __init__(self, home: Path, *arguments: str, **environment: str) -> None:
        home.mkdir(exist_ok=True)
        self.log = home / "worker.log"
        self.ready = home / "ready"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "carepath", "worker", "--ready-file", str(self.ready), *arguments],
                cwd=ROOT,
                env={"PATH": "", "CAREPATH_HOME": str(home), "LANG": "C", **environment},
                stderr=log,
                stdout=log,
            )

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    async def until(self, condition: Callable[[], Any]) -> Any:
        try:
            return await until(condition)
        except TimeoutError:
            pytest.fail(f"exit {self.process.poll()}; the worker said:\n{self.said()[-6000:]}", pytrace=False)


@pytest.fixture
def workers() -> Iterator[list[Worker]]:
    made: list[Worker] = []
    yield made
    for one in made:
        one.process.kill()
        one.process.wait()


def metrics(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        return str(answer.read().decode())


async def test_it_waits_for_the_server_looks_after_a_patient_and_ends_when_told(
    temporal_binary: TemporalBinary, tmp_path: Path, workers: list[Worker]
) -> None:
    server = TemporalServer(temporal_binary, tmp_path / "temporal", ui_port=None, rehearsal=True)
    port = free_port()
    worker = Worker(
        tmp_path,
        "--rehearsal",
        CAREPATH_TEMPORAL_ADDRESS=server.address,
        CAREPATH_METRICS_PORT=str(port),
    )
    workers.append(worker)
    await worker.until(lambda: "temporal is away" in worker.said())
    await asyncio.to_thread(server.start)
    try:
        await worker.until(worker.ready.exists)
        settings = Settings(home=tmp_path, temporal_address=server.address)
        ledger = open_ledger(settings.records_url, settings.key_source)
        journeys = Journeys(await connect(settings, ledger.keyring), settings.task_queue)
        stored = enrolled(ledger)
        await Waker(ledger.store, journeys).start(stored.patient)
        verdict = await journeys.act(stored.patient, stored.event, timeout=60)
        assert verdict is not None
        assert verdict.done
        view = await worker.until(lambda: _further(journeys, stored.patient))
        assert view.fallbacks == 0
        assert view.decided
        assert re.search(r'carepath_activity_outcomes_total\{activity="tick",outcome="ok"', metrics(port))
        worker.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(worker.process.wait, 30) == 0
        assert NAME not in worker.said()
        assert "worker finishes what is under way" in worker.said()
        ledger.close()
    finally:
        await asyncio.to_thread(server.stop)


async def _further(journeys: Journeys, patient: str) -> Any:
    view = await journeys.view(patient)
    return view if view.sequence >= 4 else None


async def test_told_to_stop_while_the_server_is_away_it_ends(tmp_path: Path, workers: list[Worker]) -> None:
    worker = Worker(tmp_path, CAREPATH_TEMPORAL_ADDRESS=f"127.0.0.1:{free_port()}")
    workers.append(worker)
    await worker.until(lambda: "temporal is away" in worker.said())
    worker.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(worker.process.wait, 30) == 0


async def test_missing_search_attributes_are_named(run: Running, tmp_path: Path, workers: list[Worker]) -> None:
    bare = f"bare-{tmp_path.name[-8:]}".replace("_", "-")
    await run.client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=bare, workflow_execution_retention_period=Duration(seconds=86400))
    )
    worker = Worker(tmp_path, CAREPATH_TEMPORAL_ADDRESS=run.settings.temporal_address, CAREPATH_TEMPORAL_NAMESPACE=bare)
    workers.append(worker)
    assert await asyncio.to_thread(worker.process.wait, 90) == 3
    assert "E-SEARCH-ATTRIBUTES" in worker.said()
    assert "CareTier" in worker.said()


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"CAREPATH_PARTNERS": "/nowhere/partners.toml"}, "CAREPATH_PARTNERS"),
        ({"CAREPATH_KEYS": "kms://somewhere"}, "CAREPATH_KEYS"),
    ],
)
async def test_what_a_person_must_put_right_ends_it(
    run: Running, tmp_path: Path, workers: list[Worker], environment: dict[str, str], word: str
) -> None:
    worker = Worker(tmp_path / "own", CAREPATH_TEMPORAL_ADDRESS=run.settings.temporal_address, **environment)
    workers.append(worker)
    assert await asyncio.to_thread(worker.process.wait, 90) == 2
    assert word in worker.said()


async def test_a_metrics_port_in_use_is_named(run: Running, tmp_path: Path, workers: list[Worker]) -> None:
    taken = run.settings.temporal_address.rpartition(":")[2]
    worker = Worker(tmp_path, CAREPATH_TEMPORAL_ADDRESS=run.settings.temporal_address, CAREPATH_METRICS_PORT=taken)
    workers.append(worker)
    assert await asyncio.to_thread(worker.process.wait, 90) == 2
    assert f"port {taken}" in worker.said()

"""The real Temporal development server: started, stopped, killed and started again on the same file."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
import uuid
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, RemoveSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.worker import Worker

from carepath.server.binary import TemporalBinary
from carepath.server.process import TemporalServer
from worker.problems import Problem
from worker.search_attributes import (
    CARE_FLAGS,
    CARE_OPEN_TASKS,
    CARE_PATHWAYS,
    CARE_TIER,
    REQUIRED,
    check_search_attributes,
    ensure_search_attributes,
)

pytestmark = pytest.mark.server


@workflow.defn(name="TestWaitsToBeTold", sandboxed=False)
class _WaitsToBeTold:
    def __init__(self) -> None:
        self._told: str | None = None

    @workflow.run
    async def run(self) -> str:
        workflow.upsert_search_attributes([CARE_TIER.value_set("red"), CARE_OPEN_TASKS.value_set(2)])
        await workflow.wait_condition(lambda: self._told is not None)
        assert self._told is not None
        return self._told

    @workflow.signal(name="tell")
    def tell(self, word: str) -> None:
        self._told = word


@workflow.defn(name="TestSleepsBriefly", sandboxed=False)
class _SleepsBriefly:
    @workflow.run
    async def run(self, milliseconds: int) -> None:
        await workflow.sleep(timedelta(milliseconds=milliseconds))


def _server(binary: TemporalBinary, folder: Path, *, ui: bool = False) -> TemporalServer:
    return TemporalServer(
        binary, folder, ui_port=0 if ui else None, codec_endpoint="http://127.0.0.1:1/codec" if ui else ""
    )


async def _start_waiting(server: TemporalServer, queue: str) -> str:
    client = await Client.connect(server.address)
    key = uuid.uuid4().hex
    await client.start_workflow(
        _WaitsToBeTold.run,
        id=key,
        task_queue=queue,
        search_attributes=TypedSearchAttributes(
            [SearchAttributePair(CARE_PATHWAYS, ["hypertension_home"]), SearchAttributePair(CARE_FLAGS, ["silent"])]
        ),
    )
    return key


async def _finish(server: TemporalServer, queue: str, key: str) -> str:
    client = await Client.connect(server.address)
    async with Worker(client, task_queue=queue, workflows=[_WaitsToBeTold]):
        handle = client.get_workflow_handle(key, result_type=str)
        await handle.signal("tell", "done")
        result: str = await handle.result()
        return result


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_work_goes_on_after_the_server_was_gone(
    temporal_binary: TemporalBinary, tmp_path: Path, end: str
) -> None:
    server = _server(temporal_binary, tmp_path)
    await asyncio.to_thread(server.start)
    try:
        key = await _start_waiting(server, "gone")
        await asyncio.to_thread(server.kill if end == "kill" else server.stop)
        assert server.pid is None
        await asyncio.to_thread(server.start)
        assert await _finish(server, "gone", key) == "done"
    finally:
        await asyncio.to_thread(server.stop)


async def test_restarts_at_once_on_the_same_file(temporal_binary: TemporalBinary, tmp_path: Path) -> None:
    server = _server(temporal_binary, tmp_path)
    await asyncio.to_thread(server.start)
    try:
        for _ in range(3):
            before = server.pid
            await asyncio.to_thread(server.restart)
            assert server.pid not in {None, before}
        assert server.database.name == f"temporal-{temporal_binary.server[0]}.{temporal_binary.server[1]}.db"
        assert server.database.stat().st_size > 0
    finally:
        await asyncio.to_thread(server.stop)


def test_a_second_server_on_the_same_file_is_refused(
    temporal_binary: TemporalBinary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("carepath.server.process.BUSY_SECONDS", 0.2)
    with _server(temporal_binary, tmp_path) as first:
        with pytest.raises(Problem) as caught:
            _server(temporal_binary, tmp_path).start()
        assert caught.value.code == "E-TEMPORAL-BUSY"
        assert caught.value.facts["pid"] == str(first.pid)


def test_a_port_in_use_is_named(
    temporal_binary: TemporalBinary, tmp_path: Path, temporal_server: TemporalServer
) -> None:
    second = TemporalServer(temporal_binary, tmp_path, port=temporal_server.port, ui_port=None)
    with pytest.raises(Problem) as caught:
        second.start()
    assert caught.value.code == "E-TEMPORAL-PORT"
    assert str(temporal_server.port) in caught.value.message()
    assert second.pid is None


async def test_search_attributes_are_usable_and_found(temporal_server: TemporalServer) -> None:
    client = await Client.connect(temporal_server.address)
    await check_search_attributes(client)
    assert await ensure_search_attributes(client) == ()
    key = await _start_waiting(temporal_server, "attributes")
    async with Worker(client, task_queue="attributes", workflows=[_WaitsToBeTold]):
        wanted = f"CareTier = 'red' AND CareOpenTasks = 2 AND CarePathways = 'hypertension_home' AND WorkflowId='{key}'"
        async with asyncio.timeout(20):
            while (await client.count_workflows(wanted)).count != 1:
                await asyncio.sleep(0.05)
        handle = client.get_workflow_handle(key, result_type=str)
        await handle.signal("tell", "done")
        assert await handle.result() == "done"


async def test_a_missing_attribute_and_a_wrong_type_are_named(temporal_binary: TemporalBinary, tmp_path: Path) -> None:
    server = _server(temporal_binary, tmp_path)
    await asyncio.to_thread(server.start)
    try:
        client = await Client.connect(server.address)
        await client.operator_service.remove_search_attributes(
            RemoveSearchAttributesRequest(namespace="default", search_attributes=["CareTier"])
        )
        with pytest.raises(Problem) as missing:
            await check_search_attributes(client)
        assert missing.value.code == "E-SEARCH-ATTRIBUTES"
        assert missing.value.facts["missing"] == "CareTier"

        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace="default", search_attributes={"CareTier": REQUIRED["CareOpenTasks"]})
        )
        with pytest.raises(Problem) as wrong:
            await ensure_search_attributes(client)
        assert wrong.value.code == "E-SEARCH-ATTRIBUTE-TYPE"
        assert "CareTier" in str(wrong.value.facts["wrong"])
    finally:
        await asyncio.to_thread(server.stop)


async def test_attributes_missing_on_an_old_file_come_back_at_the_next_start(
    temporal_binary: TemporalBinary, tmp_path: Path
) -> None:
    server = _server(temporal_binary, tmp_path)
    await asyncio.to_thread(server.start)
    try:
        client = await Client.connect(server.address)
        await client.operator_service.remove_search_attributes(
            RemoveSearchAttributesRequest(namespace="default", search_attributes=sorted(REQUIRED))
        )
        await asyncio.to_thread(server.restart)
        await check_search_attributes(await Client.connect(server.address))
    finally:
        await asyncio.to_thread(server.stop)


async def test_rehearsal_timers_fire_sooner_than_the_second_of_slack(temporal_server: TemporalServer) -> None:
    assert temporal_server.rehearsal
    client = await Client.connect(temporal_server.address)
    late = []
    async with Worker(client, task_queue="timers", workflows=[_SleepsBriefly]):
        for _ in range(8):
            handle = await client.start_workflow(_SleepsBriefly.run, 50, id=uuid.uuid4().hex, task_queue="timers")
            await handle.result()
            # The server's own stamps: what this machine's load does to the worker is not in them.
            events = (await handle.fetch_history()).events
            stamps = {event.event_type: event.event_time.ToDatetime(UTC) for event in events}
            elapsed = stamps[EventType.EVENT_TYPE_TIMER_FIRED] - stamps[EventType.EVENT_TYPE_TIMER_STARTED]
            late.append(elapsed - timedelta(milliseconds=50))
    # Half a second on the average without the setting (measured), some hundredths with it.
    assert sum(late, timedelta()) / len(late) < timedelta(milliseconds=250)


def test_the_web_ui_knows_the_codec(temporal_binary: TemporalBinary, tmp_path: Path) -> None:
    with _server(temporal_binary, tmp_path, ui=True) as server:
        assert server.ui_url is not None
        with urllib.request.urlopen(server.ui_url, timeout=20) as page:
            assert page.status == 200
        settings = f"http://{server.host}:{server.ui_port}/api/v1/settings"
        with urllib.request.urlopen(settings, timeout=20) as answer:
            told = json.load(answer)
        assert told["Codec"]["Endpoint"] == "http://127.0.0.1:1/codec"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_stops_cleanly(temporal_binary: TemporalBinary, tmp_path: Path, number: signal.Signals) -> None:
    environment = os.environ | {
        "CAREPATH_HOME": str(tmp_path),
        "CAREPATH_TEMPORAL_BINARY": str(temporal_binary.path),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "carepath", "server", "--port", "0", "--ui-port", "0", "--json"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as running:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())
        assert told["started"]
        running.send_signal(number)
        _, errors = running.communicate(timeout=40)
    assert running.returncode == 0, errors
    assert "stopped" in errors
    with pytest.raises(ProcessLookupError):
        os.kill(told["pid"], 0)


def test_an_address_that_is_given_starts_nothing(temporal_server: TemporalServer, tmp_path: Path) -> None:
    environment = os.environ | {"CAREPATH_HOME": str(tmp_path), "CAREPATH_TEMPORAL_ADDRESS": temporal_server.address}
    command = [sys.executable, "-m", "carepath", "server", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"address": temporal_server.address, "namespace": "default", "started": False}
    assert list(tmp_path.iterdir()) == []


def test_an_address_where_nothing_answers_is_a_clear_problem(tmp_path: Path) -> None:
    environment = os.environ | {"CAREPATH_HOME": str(tmp_path), "CAREPATH_TEMPORAL_ADDRESS": "127.0.0.1:1"}
    command = [sys.executable, "-m", "carepath", "server"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=50, check=False)
    assert done.returncode == 3
    assert "E-TEMPORAL-UNREACHABLE" in done.stderr
    assert "127.0.0.1:1" in done.stderr

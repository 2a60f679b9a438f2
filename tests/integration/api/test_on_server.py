"""The API as a process beside a real Temporal server and real workers: what only that shows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from carepath.demo.run import _answers
from carepath.server.binary import TemporalBinary
from tests.integration.processes import until
from tests.integration.stack import START, Stack, running
from tests.openmhealth import pressure

pytestmark = [pytest.mark.server, pytest.mark.timeout(300)]
FACTS: dict[str, Any] = {"age": 60, "sex": "male", "conditions": ["hypertension"], "medicines": []}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, temporal_binary: TemporalBinary) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("stack"), temporal_binary, pace=0.01) as made:
        yield made


def enrolled(stack: Stack, key: str) -> str:
    assert stack.post("patients", {"key": key, "zone": "Asia/Shanghai"}).status_code == 201
    body = {
        "patient": key,
        "pathway": "hypertension_home",
        "facts": FACTS,
        "consent": ["care", "device_data"],
        "rehearsal": {"start": START.isoformat(), "days_per_second": 0.01},
    }
    assert stack.post("enrolments", body).status_code in {201, 202}
    until(lambda: stack.get(f"patients/{key}/record")["status"] == "active", within=60)
    return key


def test_killed_between_storing_and_waking_the_sweep_wakes_the_run(stack: Stack) -> None:
    key = enrolled(stack, "killed000001")
    parts = stack.demo.parts
    parts.kill("api")
    dying = parts.start(
        "dying",
        "-m",
        "tests.integration.api.dying_api",
        "api",
        ready=lambda: _answers(f"{stack.demo.url}/health/ready"),
    )
    at = stack.now(key) - timedelta(seconds=30)
    with pytest.raises(httpx.TransportError):
        stack.post(f"patients/{key}/readings", pressure("c1", at, 192, 112), idempotency_key="once")
    assert dying.process is not None
    assert dying.process.wait(20) == -9
    del parts.parts["dying"]
    parts.restart("api")
    until(lambda: _answers(f"{stack.demo.url}/health/ready"), within=60)
    assert [row["id"] for row in stack.get(f"patients/{key}/readings")["readings"]] == ["c1"]
    # Nothing woke the run, and the slow clock has nothing due: only the sweep can have.
    until(lambda: stack.get(f"patients/{key}/why", path="rules.crisis")["recorded"], within=60)
    again = stack.post(f"patients/{key}/readings", pressure("c1", at, 192, 112))
    assert again.json()["accepted"] == [{"id": "c1", "outcome": "same"}]


def test_while_temporal_is_away_commands_are_kept_and_answered_later(stack: Stack) -> None:
    key = enrolled(stack, "away00000001")
    temporal = stack.demo.temporal
    assert temporal is not None
    temporal.kill()
    try:
        ready = httpx.get(f"{stack.demo.url}/health/ready", timeout=30)
        assert (ready.status_code, ready.json()["parts"]) == (503, {"records": "up", "temporal": "away"})
        asked = stack.post(f"patients/{key}/commands", {"id": "p1", "verb": "pause"}, idempotency_key="k1")
        assert (asked.status_code, asked.json()["status"]) == (202, "pending")
    finally:
        temporal.start()
    until(lambda: _answers(f"{stack.demo.url}/health/ready"), within=60)

    def done() -> bool:
        again = stack.post(f"patients/{key}/commands", {"id": "p1", "verb": "pause"}, idempotency_key="k1")
        return again.status_code == 200 and again.json()["status"] == "done"

    until(done, within=90)
    assert stack.get(f"patients/{key}/record")["status"] == "paused"


def test_more_at_once_than_temporal_takes_are_all_answered(stack: Stack) -> None:
    key = enrolled(stack, "many00000001")
    script = (
        "import asyncio, httpx, sys\n"
        "async def go():\n"
        "    async with httpx.AsyncClient(base_url=sys.argv[1], timeout=60) as http:\n"
        "        async def one(n):\n"
        "            body = {'id': f'm{n}', 'verb': 'set_fact', 'args': {'fact': 'age', 'value': 50 + n}}\n"
        "            return (await http.post(sys.argv[2], json=body)).status_code\n"
        "        print(sorted(set(await asyncio.gather(*(one(n) for n in range(40))))))\n"
        "asyncio.run(go())\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, str(stack.http.base_url), f"patients/{key}/commands"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert told.stdout.strip() == "[200]"

"""`carepath api` as a process: what it says, and what stops it before it serves."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from api.main import KEEP_ALIVE
from carepath.server.process import TemporalServer, free_port
from tests.integration.processes import Process, until
from tests.integration.records.house import CONSENT, FACTS, PATIENT, House
from tests.openmhealth import pressure


def refused(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "carepath", "api"],
        env={"PATH": "", "LANG": "C", "CAREPATH_HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({"CAREPATH_API_HOST": "0.0.0.0"}, 2, "E-API-OPEN"),
        ({"CAREPATH_API_TOKENS": "{"}, 2, "E-API-TOKENS"),
        ({"CAREPATH_PARTNERS": "nowhere.toml"}, 2, "CAREPATH_PARTNERS"),
        ({"CAREPATH_DATABASE_URL": "sqlite:////nowhere/at/all.db"}, 3, "E-RECORDS-AWAY"),
        ({"CAREPATH_SITE": "nowhere.yaml"}, 2, "E-FILE"),
    ],
)
def test_what_keeps_it_from_serving_is_said(tmp_path: Path, environment: dict[str, str], code: int, said: str) -> None:
    told = refused(tmp_path, **environment)
    assert (told.returncode, told.stdout) == (code, "")
    assert said in told.stderr
    assert "Traceback" not in told.stderr


def test_while_temporal_is_away_from_the_start_what_comes_in_is_kept(tmp_path: Path) -> None:
    house = House(f"sqlite:///{tmp_path / 'records.db'}", str(tmp_path / "keys.json"))
    house.publish()
    house.ledger.close()
    port = free_port()
    environment = {
        "CAREPATH_HOME": str(tmp_path),
        "CAREPATH_TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}",
        "CAREPATH_API_PORT": str(port),
    }
    api = Process(["-m", "carepath", "api"], tmp_path, environment)
    try:
        until(lambda: "api takes requests" in api.log.read_text(), within=60)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=30) as http:
            ready = http.get("/health/ready")
            assert (ready.status_code, ready.json()["parts"]) == (503, {"records": "up", "temporal": "away"})
            assert http.post("/patients", json={"key": PATIENT, "zone": "Asia/Shanghai"}).status_code == 201
            body = {"patient": PATIENT, "pathway": "hypertension_home", "facts": FACTS, "consent": list(CONSENT)}
            joined = http.post("/enrolments", json=body)
            assert (joined.status_code, joined.json()["status"]) == (202, "pending")
            now = datetime.now(UTC) - timedelta(seconds=1)
            taken = http.post(f"/patients/{PATIENT}/readings", json=pressure("r1", now, 192, 112))
            assert taken.json()["accepted"] == [{"id": "r1", "outcome": "stored"}]
            paused = http.post(f"/patients/{PATIENT}/commands", json={"id": "p1", "verb": "pause"})
            assert (paused.status_code, paused.json()) == (202, {"id": "p1", "status": "pending"})
    finally:
        api.stop()


@pytest.mark.server
def test_it_says_where_it_is_and_a_second_one_that_the_port_is_taken(
    tmp_path: Path, temporal_server: TemporalServer
) -> None:
    port = free_port()
    environment = {
        "CAREPATH_HOME": str(tmp_path),
        "CAREPATH_TEMPORAL_ADDRESS": temporal_server.address,
        "CAREPATH_API_PORT": str(port),
    }
    api = Process(["-m", "carepath", "api"], tmp_path, environment)
    try:
        until(lambda: f"http://127.0.0.1:{port}/api/v1" in api.log.read_text(), within=60)
        until(lambda: httpx.get(f"http://127.0.0.1:{port}/api/v1/health/ready").status_code == 200, within=60)
        second = refused(tmp_path, **environment)
        assert (second.returncode, "E-API-PORT" in second.stderr) == (3, True)
    finally:
        api.stop()
    assert "%s" not in api.log.read_text()
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_who_comes_again_as_told_finds_the_connection_open() -> None:
    api = Path(__file__).resolve().parents[3] / "api"
    told = [int(n) for file in api.glob("*.py") for n in re.findall(r'"Retry-After": "(\d+)"', file.read_text("utf-8"))]
    assert told and max(told) < KEEP_ALIVE

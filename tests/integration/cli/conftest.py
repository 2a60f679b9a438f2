"""The real API on a socket of this machine, over real records; commands call it as an operator's would."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from activities.addresses import load_addresses
from api.security import Caller
from carepath.main import run
from carepath.server.process import free_port
from tests.integration.api.conftest import World
from tests.integration.processes import until
from tests.integration.records.house import House


@dataclass(frozen=True)
class Told:
    """What one command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output, which is one JSON document and nothing else."""
        return json.loads(self.out)


class Tell:
    """Commands, whatever they are told to call."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Told:
        """One command line."""
        self._capsys.readouterr()
        code = run(list(arguments))
        out, err = self._capsys.readouterr()
        return Told(code, out, err)


class Terminal(Tell):
    """Commands against one API."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(capsys)
        self.world = world

    def enrolled(self, **facts: Any) -> str:
        """A patient enrolled at the terminal."""
        self.world.house.publish()
        given = {"age": 60, "sex": "male", "conditions": ["hypertension"], "medicines": [], **facts}
        told = self(
            "enrol", "hypertension_home", "--zone", "Asia/Shanghai", "--facts", json.dumps(given),
            "--consent", "care,device_data", "--json",
        )  # fmt: skip
        assert told.code == 0, told
        key: str = told.json["patient"]
        return key


@pytest.fixture
def tokens() -> dict[str, Caller]:
    """Callers by token; none: this machine may call."""
    return {}


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Tell:
    """A terminal in English."""
    monkeypatch.setenv("LANG", "C")
    monkeypatch.delenv("LC_ALL", raising=False)
    return Tell(capsys)


@pytest.fixture
def terminal(
    tmp_path: Path,
    tokens: dict[str, Caller],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Terminal]:
    """An API that runs, and a terminal that knows where."""
    house = House(f"sqlite:///{tmp_path / 'records.db'}?synchronous=normal", str(tmp_path / "keys.json"))
    partners = tmp_path / "partners.json"
    partners.write_text('{"partners": []}')
    world = World(house, load_addresses(partners), tokens)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(world.app, port=port, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started)
    url = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("CAREPATH_API_URL", url)
    monkeypatch.setenv("LANG", "C")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.chdir(tmp_path)
    yield Terminal(world, capsys)
    server.should_exit = True
    thread.join(20)
    house.ledger.close()

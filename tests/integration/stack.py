"""The whole system as its processes, for tests from outside: Temporal, API, workers, couriers and partners."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from carepath.demo.run import Demo, Options
from carepath.server.binary import TemporalBinary
from carepath.server.process import free_port
from tests.integration.processes import until

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


@dataclass
class Stack:
    """A running system. ``http`` speaks to its API; ``environment`` is what a command of the same house needs."""

    demo: Demo
    http: httpx.Client

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.demo.parts.environment}

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return self.http.post(path, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def get(self, address: str, /, **params: Any) -> Any:
        answer = self.http.get(address, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def now(self, patient: str) -> datetime:
        """Patient time."""
        return datetime.fromisoformat(self.get(f"patients/{patient}/clock")["now"])

    def wait(self, patient: str, moment: datetime, within: float = 120.0) -> None:
        """Wait until the patient's clock shows a moment."""
        until(lambda: self.now(patient) >= moment, within=within)


@contextmanager
def running(home: Path, binary: TemporalBinary, pace: float = 1.0) -> Iterator[Stack]:
    """Start everything, stop everything. ``pace``: days a second of rehearsals."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAREPATH_TEMPORAL_BINARY", str(binary.path))
        demo = Demo(Options(home=home, pace=pace, patients=0, ui_port=free_port()), Console(quiet=True))
        try:
            demo.set_up()
            with httpx.Client(base_url=f"{demo.url}/api/v1/", timeout=30.0) as http:
                yield Stack(demo, http)
        finally:
            demo.tear_down()

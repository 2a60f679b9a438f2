"""The demo as a stranger starts it: a process of its own, to its end, and interrupted in the middle."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from carepath.server.binary import TemporalBinary

pytestmark = [pytest.mark.server, pytest.mark.timeout(420)]


class Running:
    """``carepath demo`` with a home of its own."""

    def __init__(self, home: Path, binary: TemporalBinary, *options: str) -> None:
        self.home = home
        self.output = home.with_suffix(".txt")
        environment = {**os.environ, "CAREPATH_TEMPORAL_BINARY": str(binary.path)}
        command = [sys.executable, "-W", "ignore", "-m", "carepath", "demo", "--home", str(home), *options]
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)

    def text(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def until(self, condition: Callable[[], bool], seconds: float) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < end, self.text()
            time.sleep(0.1)

    def left(self) -> list[str]:
        """Command lines of processes that know this home, in their environment or arguments."""
        mark = str(self.home).encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                command = (folder / "cmdline").read_bytes()
                known = mark in command or mark in (folder / "environ").read_bytes()
            except OSError:
                continue  # it has ended, or is not ours to look at
            if known and command and folder.name != str(os.getpid()):
                found.append(command.replace(b"\0", b" ").decode(errors="replace"))
        return found


@pytest.fixture
def started(tmp_path: Path, temporal_binary: TemporalBinary) -> Iterator[Callable[..., Running]]:
    runs: list[Running] = []

    def start(*options: str) -> Running:
        runs.append(Running(tmp_path / "demo", temporal_binary, *options))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.poll() is None:
            run.process.send_signal(signal.SIGINT)
            run.process.wait(60)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes through /proc")
def test_it_stops_cleanly_in_the_middle_and_runs_again_to_its_end(started: Callable[..., Running]) -> None:
    first = started("--days", "120", "--patients", "3", "--pace", "0.5")
    first.until(lambda: "% of the time" in first.text(), 150)
    ports = [int(port) for port in re.findall(rb"127\.0\.0\.1:(\d+)", b"\n".join(_environments(first.home)))]
    assert ports, "no part of the demo knows an address"
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(60) == 130
    assert "stopping" in first.text() and "Traceback" not in first.text()
    assert first.left() == []
    for port in set(ports):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0, port
    with sqlite3.connect(first.home / "records.db", timeout=1) as records:
        records.execute("begin exclusive")  # nobody holds it

    second = started("--days", "12", "--patients", "3", "--pace", "1.0")
    assert second.process.wait(240) == 0, second.text()
    _told_everything(second)
    assert second.left() == []


def _environments(home: Path) -> list[bytes]:
    found = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        try:
            text = file.read_bytes()
        except OSError:
            continue  # it has ended, or is not ours to look at
        if f"CAREPATH_HOME={home}".encode() in text:
            found.append(text)
    return found


def _told_everything(run: Running) -> None:
    text = run.text()
    assert "\x1b" not in text and "Traceback" not in text
    for line in ("starting the Temporal server", "starting the pharmacy", "starting the HTTP API", "starting worker-2",
                 "enrolling 3 patients"):  # fmt: skip
        assert line in text
    assert re.search(r"worker-1 \(process \d+\) was killed with SIGKILL", text)
    assert re.search(r"worker-1 is back \(process \d+\)", text)
    told = text.partition("what happened, and why")[2]
    flat = " ".join(told.split())
    for number in (1, 2, 3):
        assert f"plays persons {number}, {number + 12}" in flat
    assert flat.count("Why: ") == flat.count("It took ") == 3
    assert "Temporal, per patient" in told and "events" in told and "actions" in told
    assert re.search(r"Temporal UI +http://127\.0\.0\.1:\d+", told)
    assert re.search(r"HTTP API +http://127\.0\.0\.1:\d+/api/v1/docs", told)

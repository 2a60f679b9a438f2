"""The processes of the demo: each part its own, as in a cluster; started, watched, killed and stopped together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from worker.problems import Problem

_READY_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 15.0
_AGAIN_SECONDS: Final = 4.0
"""A part that ends by itself is not started more often than this."""


@dataclass
class Part:
    """One process. ``arguments`` follow the interpreter; its output goes to a log of its own."""

    name: str
    arguments: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0

    def start(self, environment: Mapping[str, str]) -> None:
        """Start it."""
        self.started = time.monotonic()
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", *self.arguments],
                env=dict(environment),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.process is not None
        return self.process.pid

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Parts:
    """All parts of one run."""

    logs: Path
    environment: dict[str, str] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)

    def start(self, name: str, *arguments: str, ready: Callable[[], bool] | None = None) -> Part:
        """Start a part and wait until it is ready. Raises Problem when it ends or takes too long."""
        self.logs.mkdir(parents=True, exist_ok=True)
        part = Part(name, arguments, self.logs / f"{name}.log")
        # Known before it runs: whatever interrupts us now, it will be stopped.
        self.parts[name] = part
        part.start({**os.environ, **self.environment})
        until = time.monotonic() + _READY_SECONDS
        while ready is not None and not ready():
            if not part.alive() or time.monotonic() > until:
                raise Problem("E-DEMO-PART", part=name, log=part.log)
            time.sleep(0.1)
        return part

    def command(self, name: str, *arguments: str, ready: Callable[[], bool] | None = None) -> Part:
        """Start a ``carepath`` command as a part."""
        return self.start(name, "-m", "carepath", *arguments, ready=ready)

    def kill(self, name: str) -> int:
        """SIGKILL a part, as a machine dies; returns the process id that is gone."""
        part = self.parts[name]
        pid = part.pid
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if part.process is not None:
            part.process.wait()
        return pid

    def restart(self, name: str) -> Part:
        """Start a part again after it died."""
        part = self.parts[name]
        part.start({**os.environ, **self.environment})
        return part

    def change(self, name: str, *arguments: str) -> None:
        """Stop a part and start it again with other arguments."""
        part = self.parts[name]
        self._stop([part])
        part.arguments = arguments
        part.start({**os.environ, **self.environment})

    def fallen(self) -> list[Part]:
        """Dead parts that may be started again by now."""
        return [part for part in self.dead() if time.monotonic() - part.started > _AGAIN_SECONDS]

    def dead(self) -> list[Part]:
        """Parts that ended by themselves."""
        return [part for part in self.parts.values() if not part.alive()]

    def stop(self) -> None:
        """Stop all, the last started first: politely, then not."""
        self._stop([part for part in reversed(self.parts.values()) if part.alive()])

    def _stop(self, running: Sequence[Part]) -> None:
        for part in running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(part.pid, signal.SIGTERM)
        until = time.monotonic() + _STOP_SECONDS
        for part in running:
            assert part.process is not None
            try:
                part.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(part.pid, signal.SIGKILL)
                part.process.wait()

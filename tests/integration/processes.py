"""Processes of our own that a test starts: they say on standard output where they are, and are ended by their id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[2]


class Process:
    """One process; what it prints on standard error goes to a file that a failing test can show."""

    def __init__(self, arguments: Sequence[str], folder: Path, environment: dict[str, str] | None = None) -> None:
        self.log = folder / f"{Path(arguments[0]).name}-{time.monotonic_ns()}.log"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CAREPATH_")}
        with self.log.open("wb") as log:
            self._popen = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**clean, "PYTHONTZPATH": "", **(environment or {})},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def line(self) -> dict[str, Any]:
        """The next line on standard output, which is JSON."""
        out: IO[str] | None = self._popen.stdout
        assert out is not None
        text = out.readline()
        assert text, f"it ended: {self.log.read_text()}"
        found: dict[str, Any] = json.loads(text)
        return found

    def kill(self) -> None:
        """As the machine's owner would: at once."""
        self._popen.kill()
        self._close()

    def finish(self) -> int:
        """Wait for its end; its exit code."""
        return self._close()

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        if self._popen.poll() is None:
            self._popen.send_signal(signal.SIGTERM)
        return self._close()

    def _close(self) -> int:
        code = self._popen.wait(timeout=20)
        if self._popen.stdout is not None:
            self._popen.stdout.close()
        return code


def until(condition: Callable[[], Any], *, within: float = 20.0) -> Any:
    """Wait for a condition to hold and give its value; an AssertionError when it does not in time."""
    end = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)

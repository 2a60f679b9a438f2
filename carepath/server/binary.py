"""Finds Temporal's own command line, which holds the real development server and its UI."""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from worker.problems import Problem
from worker.settings import Settings, user_cache_dir

Say = Callable[[str], None]
Source = Literal["given", "kept", "path", "download", "build"]

CLI_VERSION: Final = "1.5.1"
"""The version we get: server 1.29.1, UI 2.42.1. Later ones cannot be installed by `go install`."""

OLDEST_SERVER: Final = (1, 29)
"""A `temporal` that happens to be on the PATH is taken from this server version on."""

_VERSION_LINE: Final = re.compile(r"\(Server (\d+)\.(\d+)\.(\d+)\S*, UI (\S+?)\)")


@dataclass(frozen=True, slots=True)
class TemporalBinary:
    """A command line that answered `--version`."""

    path: Path
    server: tuple[int, int, int]
    ui: str
    source: Source

    @property
    def server_version(self) -> str:
        """Like `1.29.1`."""
        return ".".join(str(part) for part in self.server)

    @property
    def database_name(self) -> str:
        """File name of this server's database: a server of another minor version migrates it and cannot go back."""
        return f"temporal-{self.server[0]}.{self.server[1]}.db"


def kept_path() -> Path:
    """Where the binary we got is kept."""
    return user_cache_dir() / "temporal" / f"cli-{CLI_VERSION}" / "temporal"


def probe(path: Path, source: Source) -> TemporalBinary:
    """Ask a binary for its versions.

    Raises:
        Problem: `E-TEMPORAL-BINARY` when it is not there, does not run, or is something else.
    """
    try:
        answer = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Problem("E-TEMPORAL-BINARY", path=path, reason=_reason(error)) from error
    found = _VERSION_LINE.search(answer.stdout)
    if found is None:
        raise Problem("E-TEMPORAL-BINARY", path=path, reason="its --version names no server and UI version")
    major, minor, patch, ui = found.groups()
    return TemporalBinary(path, (int(major), int(minor), int(patch)), ui, source)


def find_temporal(settings: Settings, say: Say) -> TemporalBinary:
    """The server to run: the one given, the one got before, the one on the PATH; else get it, which takes minutes.

    Args:
        settings: `temporal_binary` is the one given.
        say: is told, a line at a time, what is being done and how far it is.

    Raises:
        Problem: the one given does not work, or none could be got.
    """
    if settings.temporal_binary is not None:
        return probe(settings.temporal_binary, "given")
    ready = _kept() or _on_path(say)
    return ready or _get(say)


def _kept() -> TemporalBinary | None:
    path = kept_path()
    return probe(path, "kept") if path.is_file() else None


def _on_path(say: Say) -> TemporalBinary | None:
    where = shutil.which("temporal")
    if where is None:
        return None
    try:
        found = probe(Path(where), "path")
    except Problem as problem:
        say(f"not using {where}: {problem.facts['reason']}")
        return None
    if found.server[:2] < OLDEST_SERVER:
        say(f"not using {where}: server {found.server_version} is older than {'.'.join(map(str, OLDEST_SERVER))}")
        return None
    return found


def _get(say: Say) -> TemporalBinary:
    from carepath.server import build

    target = kept_path()
    target.parent.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(target.parent / "get.lock", say):
        already = _kept()
        if already is not None:
            return already
        for leftover in (*target.parent.glob("build-*"), *target.parent.glob("download-*")):
            shutil.rmtree(leftover, ignore_errors=True)  # of an attempt that was killed
        source: Source = "download"
        if not build.download(target, CLI_VERSION, say):
            source = "build"
            build.build_with_go(target, CLI_VERSION, say)
        return probe(target, source)


@contextlib.contextmanager
def one_at_a_time(lock: Path, say: Say) -> Iterator[None]:
    """Let one process at a time into the block; a second one waits, and finds the work done."""
    with lock.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is getting the Temporal server; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def keep(made: Path, target: Path) -> None:
    """Move a finished binary to its place in one step, so that a half-written one is never found there."""
    made.chmod(0o755)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.move(made, beside)
    beside.replace(target)


def _reason(error: OSError | subprocess.SubprocessError) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    if isinstance(error, subprocess.TimeoutExpired):
        return "it did not answer `--version` within a minute"
    return "it does not answer `--version`"

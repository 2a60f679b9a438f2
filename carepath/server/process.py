"""Runs the real Temporal development server as a child process: start, stop, kill and restart on the same file."""

import asyncio
import concurrent.futures
import fcntl
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self, TypeVar

from carepath.server.binary import TemporalBinary
from worker.problems import Problem

START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
BUSY_SECONDS: Final = 15.0
_LOG_LIMIT: Final = 20 * 1024**2
_Result = TypeVar("_Result")


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def _refuse_port_in_use(host: str, port: int) -> None:
    # Asked before the start: afterwards the other program would answer for ours, and look ready.
    with socket.socket() as probe:
        # As the server itself does: a port that is only cooling down after a stop is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Problem("E-TEMPORAL-PORT", host=host, port=port) from error


class TemporalServer:
    """One development server on one database file.

    The database is durable: SQLite's own `synchronous` stays as the server sets it, no pragma of ours weakens it.
    All methods block; from a coroutine call them with `asyncio.to_thread`. Ports stay the same over restarts.
    """

    def __init__(
        self,
        binary: TemporalBinary,
        folder: Path,
        *,
        namespace: str = "default",
        host: str = "127.0.0.1",
        port: int = 0,
        ui_port: int | None = 0,
        codec_endpoint: str = "",
        rehearsal: bool = False,
    ) -> None:
        """Describe a server; nothing is started.

        Args:
            binary: the command line to run.
            folder: where the database (`temporal-<minor>.db`) and the log are; made when missing.
            namespace: made at the start, with carepath's search attributes.
            host: address to listen on.
            port: of the frontend; 0 picks a free one.
            ui_port: of the web UI; 0 picks a free one, None runs without a UI.
            codec_endpoint: URL the UI decodes payloads with, or nothing.
            rehearsal: fire timers without the second of slack that production has, for the stretched clock.
        """
        self.binary = binary
        self.folder = folder
        self.namespace = namespace
        self.host = host
        self.port = port or free_port(host)
        self.ui_port = ui_port if ui_port is None else ui_port or free_port(host)
        self.codec_endpoint = codec_endpoint
        self.rehearsal = rehearsal
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """`host:port` of the frontend."""
        return f"{self.host}:{self.port}"

    @property
    def ui_url(self) -> str | None:
        """Address of the web UI, opened at our namespace."""
        if self.ui_port is None:
            return None
        return f"http://{self.host}:{self.ui_port}/namespaces/{self.namespace}/workflows"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / self.binary.database_name

    @property
    def log(self) -> Path:
        """What the server writes about itself."""
        return self.folder / "temporal.log"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self, timeout: float = START_SECONDS) -> None:
        """Start the server and wait until it takes work with our search attributes.

        Raises:
            Problem: `E-TEMPORAL-BUSY` when another server holds the file, `E-TEMPORAL-PORT` when a port is taken,
                `E-TEMPORAL-START` with the reason logged.
        """
        if self.pid is not None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self._keep_log_small()
        with self.log.open("ab") as log, self._hold_file() as held:
            begin = log.tell()
            for port in filter(None, (self.port, self.ui_port)):
                _refuse_port_in_use(self.host, port)
            # The lock goes to the child with the open file: it is held exactly as long as that process lives, also
            # when this one is killed. A session of its own keeps a terminal's Ctrl-C from it, so that we stop it.
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(held.fileno(),),
                start_new_session=True,
            )
            held.truncate(0)
            held.write(str(self._process.pid))
            held.flush()
        try:
            _blocking(lambda: self._become_ready(timeout))
        except TimeoutError as error:
            self.kill()
            raise self._not_started(begin, f"it was not ready within {timeout:.0f} s") from error
        except _EndedError as error:
            raise self._not_started(begin, f"it ended with code {error}") from error
        except BaseException:
            self.kill()
            raise

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Ask the server to end and wait until it has: a start on a file still open fails."""
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End the server at once, as a crash or a power cut would (SIGKILL)."""
        process = self._process
        if process is None:
            return
        process.send_signal(signal.SIGKILL)
        process.wait()
        self._process = None

    def restart(self) -> None:
        """Stop, then start on the same file and ports."""
        self.stop()
        self.start()

    def wait(self) -> int:
        """Wait until the server ends by itself and give its exit code."""
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process.wait()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _command(self) -> list[str]:
        command = [
            str(self.binary.path), "server", "start-dev",
            "--ip", self.host, "--port", str(self.port),
            "--db-filename", str(self.database),
            "--namespace", self.namespace,
            "--log-level", "warn",
        ]  # fmt: skip
        if self.ui_port is None:
            command.append("--headless")
        else:
            command += ["--ui-ip", self.host, "--ui-port", str(self.ui_port)]
            if self.codec_endpoint:
                command += ["--ui-codec-endpoint", self.codec_endpoint]
        if self.rehearsal:
            command += ["--dynamic-config-value", 'history.timerProcessorMaxTimeShift="1ms"']
        return command

    def _hold_file(self) -> IO[str]:
        held = self.database.with_suffix(".lock").open("a+")
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(0.05)
                    continue
                held.seek(0)
                pid = held.read().strip() or "unknown"
                held.close()
                raise Problem("E-TEMPORAL-BUSY", database=self.database, pid=pid) from None
            return held

    def _keep_log_small(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))

    async def _become_ready(self, timeout: float) -> None:
        from temporalio.client import Client

        from worker.search_attributes import ensure_search_attributes

        async with asyncio.timeout(timeout):
            while True:
                self._see_it_lives()
                try:
                    client = await Client.connect(self.address, namespace=self.namespace)
                except RuntimeError:
                    await asyncio.sleep(0.05)
                    continue
                if await _namespace_exists(client):
                    break
                await asyncio.sleep(0.05)
            await ensure_search_attributes(client, timeout=timeout)
            self._see_it_lives()

    def _see_it_lives(self) -> None:
        code = self._process.poll() if self._process is not None else None
        if code is not None:
            self._process = None
            raise _EndedError(code)

    def _not_started(self, begin: int, otherwise: str) -> Problem:
        with self.log.open("rb") as log:
            log.seek(begin)
            lines = log.read().decode("utf-8", "replace").splitlines()
        told = [line.strip() for line in lines if line.strip().lower().startswith("error")]
        return Problem("E-TEMPORAL-START", reason=told[-1] if told else otherwise, log=self.log)


class _EndedError(Exception):
    """The process ended while it was being started."""


async def _namespace_exists(client: Any) -> bool:
    from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
    from temporalio.service import RPCError, RPCStatusCode

    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    except RPCError as error:
        if error.status in {RPCStatusCode.NOT_FOUND, RPCStatusCode.UNAVAILABLE}:
            return False
        raise
    return True


def _blocking(make: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """Run a coroutine to its end, also when the calling thread has a running loop of its own."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(make())).result()


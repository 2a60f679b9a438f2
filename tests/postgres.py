"""A real PostgreSQL for tests: Debian's binaries, a throw-away folder, a port of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, inspect, text

USER = "carepath"
NOBODY = "nobody"


class MissingError(Exception):
    """PostgreSQL cannot be run here; the text says why."""


def binaries() -> Path:
    """The folder of the newest PostgreSQL installed by the distribution."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4].split(".")[0]))
    if not found:
        raise MissingError("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        raise MissingError("PostgreSQL refuses to run as root, and there is no setpriv to become nobody")
    return found[-1].parent


class Server:
    """A running server. `database` makes an empty one and gives its URL; `cleared` is quicker."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._shared: str | None = None

    def url(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def cleared(self) -> str:
        """The URL of the database that tests share, its rows gone. A new database each is a thousand files each."""
        if self._shared is None:
            self._shared = self.database()
            return self._shared
        engine = create_engine(self._shared.replace("postgresql:", "postgresql+pg8000:"))
        try:
            with engine.begin() as connection:
                names = [n for n in inspect(connection).get_table_names() if n != "alembic_version"]
                if names:
                    connection.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))
        finally:
            engine.dispose()
        return self._shared

    def database(self) -> str:
        """The URL of a new, empty database."""
        name = f"t{uuid.uuid4().hex}"
        engine = create_engine(
            self.url("postgres").replace("postgresql:", "postgresql+pg8000:"), isolation_level="AUTOCOMMIT"
        )
        try:
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
        finally:
            engine.dispose()
        return self.url(name)


@contextmanager
def running() -> Iterator[Server]:
    """A server for as long as the block lasts.

    Raises:
        MissingError: it cannot be run here.
    """
    folder = binaries()
    # Not pytest's own folder: that one is closed to the user the server runs as.
    home = Path(tempfile.mkdtemp(prefix="carepath-pg-"))
    try:
        as_nobody: list[str] = []
        if os.geteuid() == 0:
            nobody = pwd.getpwnam(NOBODY)
            os.chown(home, nobody.pw_uid, nobody.pw_gid)
            as_nobody = [
                "setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--",
            ]  # fmt: skip
        data = home / "data"
        _run(
            [*as_nobody, str(folder / "initdb"), "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync", "-D", str(data)]
        )
        port = _free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
        control = [*as_nobody, str(folder / "pg_ctl"), "-D", str(data), "-w"]
        _run([*control, "-l", str(home / "log"), "-o", options, "start"])
        try:
            yield Server(home, port)
        finally:
            _run([*control, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(command: list[str]) -> None:
    # Standard output goes nowhere: the server keeps it open after pg_ctl has returned.
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, timeout=60, check=False, cwd="/"
    )
    if done.returncode:
        raise MissingError(f"{Path(command[-1]).name}: {' '.join(command)} ended with {done.returncode}")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port

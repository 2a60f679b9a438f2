"""Real services that tests start for themselves."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

import pg8000.native

from carepath.server.process import free_port


def find_temporal_binary(given: str | None, kept: Path) -> Path | None:
    """The binary given, the one got before, the one on the PATH."""
    if given:
        return Path(given)
    if kept.is_file():
        return kept
    on_path = shutil.which("temporal")
    return Path(on_path) if on_path else None


def find_postgres() -> Path | None:
    """Folder of PostgreSQL's server programs: Debian keeps them off the PATH."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


class Postgres:
    """A PostgreSQL server in a temporary folder. It refuses to run as root, so root runs it as `nobody`."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        # pytest's folders are closed to other users; the server's own user needs one it may enter.
        self._folder = Path(tempfile.mkdtemp(prefix="carepath-pg-")) if os.geteuid() == 0 else folder
        self._data = self._folder / "data"
        self.port = free_port()

    def __enter__(self) -> Self:
        if os.geteuid() == 0:
            shutil.chown(self._folder, "nobody")
        self._run("initdb", "-D", str(self._data), "-A", "trust", "-U", "carepath", "-N", "-E", "UTF8", "--locale=C")
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (self._data / "postmaster.pid").exists():
            self.stop()
        if os.geteuid() == 0:
            shutil.rmtree(self._folder, ignore_errors=True)

    def stop(self) -> None:
        """Stop at once, as an outage would."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    def start(self) -> None:
        """Start, also again on the same data and port."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder} -c fsync=off"
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self._folder / "log"), "-w", "-o", options, "start")

    def new_database(self) -> str:
        """Make an empty database and give its SQLAlchemy URL."""
        name = f"t{uuid.uuid4().hex[:12]}"
        connection = pg8000.native.Connection("carepath", host="127.0.0.1", port=self.port, database="postgres")
        try:
            connection.run(f"CREATE DATABASE {name}")
        finally:
            connection.close()
        return f"postgresql+pg8000://carepath@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        def become_nobody() -> None:
            nobody = pwd.getpwnam("nobody")
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)

        # The server inherits what pg_ctl has: a pipe held open by it would never end, so its words go to a file.
        with (self._folder / "said").open("ab") as said:
            subprocess.run(
                [str(self._binaries / program), *arguments],
                check=True,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=self._folder,
                preexec_fn=become_nobody if os.geteuid() == 0 else None,
            )

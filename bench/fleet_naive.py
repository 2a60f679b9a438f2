"""The naive side of the fleet: one run per patient that sleeps until each instant and writes a row. And its worker.

Run as ``python -m bench.fleet_naive <address> <queue> <folder> <ready file>`` until SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel
from temporalio import activity, workflow

ACTIVITY: Final = timedelta(seconds=30)
NOTES: Final = "notes.db"


class Waking(BaseModel):
    """Who, and when to wake (seconds since 1970)."""

    key: str
    instants: list[float]


class Note(BaseModel):
    """One row: the n-th thing that a patient's run did."""

    key: str
    number: int


@workflow.defn(name="NaiveWaking")
class NaiveWaking:
    """Notes its start, sleeps until each instant, notes that."""

    @workflow.run
    async def run(self, given: Waking) -> None:
        """Until the last instant."""
        for number, instant in enumerate([0.0, *given.instants]):
            delay = instant - workflow.now().timestamp()
            if delay > 0:
                await asyncio.sleep(delay)
            await workflow.execute_activity(
                "naive.note", Note(key=given.key, number=number), start_to_close_timeout=ACTIVITY
            )


class Notes:
    """The naive engineer's own table."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NOTES
        with closing(self._open()) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("CREATE TABLE IF NOT EXISTS note (key TEXT, number INTEGER, at REAL, PRIMARY KEY (key, number))")

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=30, isolation_level=None)

    @activity.defn(name="naive.note")
    def note(self, given: Note) -> None:
        """Write one row."""
        with closing(self._open()) as db:
            db.execute("INSERT OR IGNORE INTO note VALUES (?, ?, ?)", (given.key, given.number, time.time()))

    def times(self, number: int) -> dict[str, float]:
        """When each patient's run did its n-th thing."""
        with closing(self._open()) as db:
            return dict(db.execute("SELECT key, at FROM note WHERE number = ?", (number,)).fetchall())


async def work(address: str, queue: str, folder: Path, ready: Path) -> None:
    """Take work until told to stop."""
    from concurrent.futures import ThreadPoolExecutor

    from temporalio.client import Client
    from temporalio.worker import Worker

    from activities.records.ledger import open_ledger
    from worker.codec import data_converter

    ledger = open_ledger(f"sqlite:///{folder / 'keys.db'}", str(folder / "keys.json"))
    client = await Client.connect(address, data_converter=data_converter(ledger.keyring))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with ThreadPoolExecutor(32) as threads:
        async with Worker(
            client,
            task_queue=queue,
            workflows=[NaiveWaking],
            activities=[Notes(folder).note],
            activity_executor=threads,
        ):
            ready.touch()
            await stop.wait()
    ledger.close()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])))

"""A fleet on the real development server: starts, wake-ups spread and all at once, and one red flag in the middle.

The product runs as its own processes (`carepath worker`), the naive workflow on workers of its own; one server after
another, each new. Nothing is asserted; the figures are of this machine.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select
from temporalio.client import Client

from activities.intake.enrolments import NewEnrolment, enrol
from activities.intake.normal import NormalReading
from activities.intake.patients import NewPatient, register_patient
from activities.intake.readings import Ingested, ingest_readings
from activities.intake.refusals import Refusal
from activities.records.ledger import Ledger, open_ledger
from activities.records.registry import Plans, publish, put_plan, put_site, sign
from activities.records.schema import outbox, tick
from bench.decide import ROOT, environment, tree_memory
from bench.fleet_naive import Notes, Waking
from bench.pure import compiled, plan_of
from bench.show import Row, Table
from carepath.server.binary import TemporalBinary, kept_path, probe
from carepath.server.process import TemporalServer
from worker.client import Journeys, JourneyStart
from worker.codec import data_converter
from workflows.messages import WAKE

QUEUE: Final = "bench"
STORM: Final = Path(__file__).parent / "workload" / "storm.yaml"
AT_ONCE: Final = 30
REDS: Final = 5
BREATH: Final = 10.0
PATIENCE: Final = 600.0


@dataclass(slots=True)
class Measured:
    """One system on so many worker processes. Lateness in seconds."""

    name: str
    workers: int
    starts: float = 0.0
    spread: list[float] = field(default_factory=list)
    storm: list[float] = field(default_factory=list)
    wakes: float = 0.0
    memory: float = 0.0
    database: float = 0.0
    red_sent: list[float] = field(default_factory=list)
    red_tick: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Guns:
    """When the two wake-ups of each patient fall due, seconds since 1970."""

    first: dict[str, float]
    second: float


async def figures(patients: int, seed: int) -> list[Table]:
    """Both systems on one and two worker processes."""
    binary = find_binary()
    found: list[Measured] = []
    for workers in (1, 2):
        for measure in (product, naive):
            found.append(await measure(binary, workers, patients, seed))
            print(f"fleet: {found[-1].name} on {workers} done", file=sys.stderr, flush=True)
    return [_speeds(found, patients), _reds(found)]


def find_binary() -> TemporalBinary:
    """Temporal's own command line, got before by `make temporal`.

    Raises:
        FileNotFoundError: it was not got.
    """
    given = os.environ.get("CAREPATH_TEMPORAL_BINARY")
    path = Path(given) if given else kept_path()
    if not path.is_file():
        raise FileNotFoundError("no Temporal server on this machine: run `make temporal`")
    return probe(path, "given")


class Processes:
    """Worker processes, ended with us."""

    def __init__(self, folder: Path, more: dict[str, str]) -> None:
        self._folder = folder
        self._environment = {
            **{k: v for k, v in environment().items() if not k.startswith("CAREPATH_")}, **more
        }  # fmt: skip
        self._running: list[subprocess.Popen[bytes]] = []
        self._ready: list[Path] = []

    def start(self, arguments: Callable[[Path], Sequence[str]]) -> subprocess.Popen[bytes]:
        """Start one that makes a file when it takes work."""
        ready = self._folder / f"ready-{len(self._ready)}"
        self._ready.append(ready)
        with (self._folder / f"worker-{len(self._ready)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments(ready)], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        self._running.append(process)
        return process

    async def wait(self) -> None:
        """Until all take work."""
        async with asyncio.timeout(60):
            while not all(ready.exists() for ready in self._ready):
                if any(process.poll() is not None for process in self._running):
                    raise RuntimeError(f"a worker ended: see {self._folder}")
                await asyncio.sleep(0.05)

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.send_signal(signal.SIGTERM)
        for process in self._running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def new_keys(number: int) -> list[str]:
    """Opaque keys of fresh patients."""
    return ["p" + secrets.token_hex(10) for _ in range(number)]


def guns(keys: Sequence[str], begin: float, wanted: float, seed: int) -> Guns:
    """The first wake-ups spread evenly by chance at ``wanted`` a second, the second all at once after that."""
    spread = len(keys) / wanted
    chance = random.Random(seed)
    first = {key: begin + chance.random() * spread for key in keys}
    return Guns(first, begin + spread + BREATH + len(keys) / wanted / 2)


async def until(done: Callable[[], bool]) -> None:
    """Look again and again until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not await asyncio.to_thread(done):
            await asyncio.sleep(0.25)


async def all_of(keys: Sequence[str], one: Callable[[str], Any]) -> None:
    """Do one thing for every key, some at once."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def limited(key: str) -> None:
        async with limit:
            await one(key)

    await asyncio.gather(*(limited(key) for key in keys))


# ------------------------------------------------------------------------------- the product


async def product(binary: TemporalBinary, workers: int, patients: int, seed: int) -> Measured:
    """carepath: ``workers`` journey processes, one courier, one red."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        server = stack.enter_context(TemporalServer(binary, folder / "temporal", ui_port=None))
        home = {"CAREPATH_HOME": str(folder), "CAREPATH_TEMPORAL_ADDRESS": server.address,
                "CAREPATH_TASK_QUEUE": QUEUE}  # fmt: skip
        ledger = open_ledger(f"sqlite:///{folder / 'records.db'}", str(folder / "keys.json"))
        stack.callback(ledger.close)
        processes = stack.enter_context(Processes(folder, home))
        journeys = [processes.start(_worker("journey")) for _ in range(workers)]
        for role in ("courier", "red"):
            processes.start(_worker(role))
        await processes.wait()
        client = await Client.connect(
            server.address, namespace=server.namespace, data_converter=data_converter(ledger.keyring)
        )
        fleet = _Product(ledger, client, Measured("carepath", workers))
        await fleet.measure(patients, seed)
        fleet.out.memory = statistics.mean(tree_memory(process.pid) for process in journeys) / 2**20
        fleet.out.database = server.database.stat().st_size / 1024 / patients
        return fleet.out


def _worker(role: str) -> Callable[[Path], list[str]]:
    return lambda ready: ["-m", "carepath", "worker", "--role", role, "--ready-file", str(ready)]


class _Product:
    def __init__(self, ledger: Ledger, client: Client, out: Measured) -> None:
        self.ledger = ledger
        self.client = client
        self.out = out
        self.journeys = Journeys(client, QUEUE)
        _, self.site = compiled()
        self.plan = plan_of(STORM.read_text(encoding="utf-8"), self.site)
        self.site_sha = put_site(ledger.store, self.site)
        sha = put_plan(ledger.store, self.plan)
        for who in ("s1", "s2"):
            sign(ledger.store, sha, who)
        publish(ledger.store, sha)
        self.plans = Plans(ledger.store)

    async def measure(self, patients: int, seed: int) -> None:
        """Warm up, start all, wake them spread, wake them at once with red flags in between."""
        warm, keys = new_keys(max(REDS, patients // 10)), new_keys(patients)
        await asyncio.to_thread(self._register, [*warm, *keys])
        far = time.time() + 10 * 86_400
        began = time.time()
        await asyncio.to_thread(self._enrol, warm, dict.fromkeys(warm, far), far)
        enrolling = (time.time() - began) / len(warm)
        rate = await self._start(warm)
        first = time.time() + patients * enrolling * 1.3 + patients / rate * 1.5 + BREATH
        shots = guns(keys, first, 25.0 * self.out.workers, seed)
        await asyncio.to_thread(self._enrol, keys, shots.first, shots.second)
        self.out.starts = await self._start(keys)
        await until(lambda: self._ticked(keys, shots.first) == len(keys))
        self.out.spread = self._lateness(shots.first)
        await asyncio.sleep(max(0.0, shots.second - time.time() + 1.0))
        await self._red(warm[:REDS])
        storm = dict.fromkeys(keys, shots.second)
        await until(lambda: self._ticked(keys, storm) == len(keys))
        self.out.storm = self._lateness(storm)
        self.out.wakes = len(keys) / max(self.out.storm)
        await until(self._reds_sent)
        self._note_reds()

    def _register(self, keys: Sequence[str]) -> None:
        for key in keys:
            new = NewPatient(key=key, site=self.site.id, channels=("app",), language="zh")
            _taken(register_patient(self.ledger, new, by="s1", site_sha=self.site_sha))

    def _enrol(self, keys: Sequence[str], first: dict[str, float], second: float) -> None:
        for key in keys:
            facts = {"age": 60, "first_gun": _gun(first[key]), "second_gun": _gun(second)}
            new = NewEnrolment(key, self.plan.id, facts=facts, consent=("care", "device_data"))
            _taken(enrol(self.ledger, self.plans, new, by="s1"))

    async def _start(self, keys: Sequence[str]) -> float:
        """Starts a second, until each has had its first tick."""
        began = time.time()
        await all_of(keys, self._start_one)
        known = set(keys)
        query = select(tick.c.journey, tick.c.at).where(tick.c.sequence == 0)
        await until(lambda: known <= {row.journey for row in self._read(query)})
        last: float = max(row.at.timestamp() for row in self._read(query) if row.journey in known)
        return len(keys) / (last - began)

    async def _start_one(self, key: str) -> None:
        await self.journeys.start(JourneyStart(journey=key, pathways=(self.plan.id,), site=self.site.id))

    def _read(self, query: Any) -> Sequence[Any]:
        return self.ledger.store.read(lambda c: c.execute(query).all())

    def _first_after(self, due: dict[str, float]) -> dict[str, float]:
        """The first tick of each at or after its instant."""
        found: dict[str, float] = {}
        earliest = datetime.fromtimestamp(min(due.values()), UTC)
        for row in self._read(select(tick.c.journey, tick.c.at).where(tick.c.at >= earliest).order_by(tick.c.at)):
            at = row.at.timestamp()
            if row.journey in due and at >= due[row.journey]:
                found.setdefault(row.journey, at)
        return found

    def _ticked(self, keys: Sequence[str], due: dict[str, float]) -> int:
        found = self._first_after(due)
        return sum(key in found for key in keys)

    def _lateness(self, due: dict[str, float]) -> list[float]:
        return sorted(at - due[key] for key, at in self._first_after(due).items())

    async def _red(self, keys: Sequence[str]) -> None:
        """Very high readings of other patients, one every half second, as the API takes them in."""
        self._red_in: dict[str, float] = {}
        for key in keys:
            one = NormalReading(
                id="red1", measure="blood_pressure", at=datetime.now(UTC),
                components={"systolic": Decimal(195), "diastolic": Decimal(115)}, context={"setting": "home"},
            )  # fmt: skip
            self._red_in[key] = time.time()
            stored = await asyncio.to_thread(ingest_readings, self.ledger, self.plans, key, [one])
            if not isinstance(stored, Ingested) or not stored.red:
                raise RuntimeError(f"the reading is not red: {stored}")
            await self.client.get_workflow_handle(key).signal(WAKE)
            await asyncio.sleep(0.5)

    def _red_rows(self) -> dict[str, float]:
        query = (
            select(outbox.c.journey, func.min(outbox.c.sent_at).label("sent"))
            .where(outbox.c.message_class == "red", outbox.c.sent_at.is_not(None), outbox.c.recipient == "patient")
            .group_by(outbox.c.journey)
        )
        return {row.journey: row.sent.timestamp() for row in self._read(query)}

    def _reds_sent(self) -> bool:
        ticks = self._first_after(self._red_in)
        return self._red_in.keys() <= self._red_rows().keys() and self._red_in.keys() <= ticks.keys()

    def _note_reds(self) -> None:
        sent, ticks = self._red_rows(), self._first_after(self._red_in)
        self.out.red_sent = sorted(sent[key] - at for key, at in self._red_in.items())
        self.out.red_tick = sorted(ticks[key] - at for key, at in self._red_in.items())


def _gun(at: float) -> str:
    return (datetime.fromtimestamp(at, UTC) - timedelta(minutes=1)).isoformat()


def _taken(answer: object) -> None:
    if isinstance(answer, Refusal):
        raise TypeError(f"not stored: {answer}")


# ------------------------------------------------------------------------------- the naive one


async def naive(binary: TemporalBinary, workers: int, patients: int, seed: int) -> Measured:
    """The naive workflow on ``workers`` processes."""
    out = Measured("naive", workers)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        server = stack.enter_context(TemporalServer(binary, folder / "temporal", ui_port=None))
        ledger = open_ledger(f"sqlite:///{folder / 'keys.db'}", str(folder / "keys.json"))
        stack.callback(ledger.close)
        notes = Notes(folder)
        processes = stack.enter_context(Processes(folder, {}))
        running = [
            processes.start(lambda r: ["-m", "bench.fleet_naive", server.address, QUEUE, str(folder), str(r)])
            for _ in range(workers)
        ]
        await processes.wait()
        client = await Client.connect(server.address, data_converter=data_converter(ledger.keyring))

        async def start(keys: Sequence[str], first: dict[str, float], second: float) -> float:
            await asyncio.to_thread(_ensure_all, ledger, keys)
            began = time.time()
            await all_of(
                keys,
                lambda key: client.start_workflow(
                    "NaiveWaking", Waking(key=key, instants=[first[key], second]), id=key, task_queue=QUEUE
                ),
            )
            known = set(keys)
            await until(lambda: known <= notes.times(0).keys())
            return len(keys) / (max(at for key, at in notes.times(0).items() if key in known) - began)

        far = time.time() + 10 * 86_400
        warm, keys = new_keys(max(REDS, patients // 10)), new_keys(patients)
        rate = await start(warm, dict.fromkeys(warm, far), far)
        shots = guns(keys, time.time() + patients * 0.02 + patients / rate * 1.5 + BREATH, 25.0 * workers, seed)
        out.starts = await start(keys, shots.first, shots.second)
        await until(lambda: len(notes.times(1)) >= len(keys))
        out.spread = sorted(at - shots.first[key] for key, at in notes.times(1).items())
        await until(lambda: len(notes.times(2)) >= len(keys))
        out.storm = sorted(at - shots.second for at in notes.times(2).values())
        out.wakes = len(keys) / max(out.storm)
        out.memory = statistics.mean(tree_memory(process.pid) for process in running) / 2**20
        out.database = server.database.stat().st_size / 1024 / patients
    return out


def _ensure_all(ledger: Ledger, keys: Sequence[str]) -> None:
    for key in keys:
        ledger.keyring.ensure(key)


# ------------------------------------------------------------------------------- tables


def _at(values: Sequence[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(len(values) * share))], 2) if values else 0.0


def _speeds(found: Sequence[Measured], patients: int) -> Table:
    rows: list[Row] = [
        (f"{m.name}, {m.workers} worker{'s' if m.workers > 1 else ''}", round(m.starts, 1), round(m.wakes, 1),
         _at(m.spread, 0.5), _at(m.spread, 0.99), _at(m.storm, 0.5), _at(m.storm, 0.99),
         round(m.memory), round(m.database, 1))
        for m in found
    ]  # fmt: skip
    heads = ("", "starts/s", "wake-ups/s in the storm", "spread p50 s", "p99 s", "storm p50 s", "p99 s",
             "MB a worker", "KB of Temporal's database a patient")  # fmt: skip
    return Table(
        f"{patients} patients on the development server: spread at 25 wake-ups/s a worker, then all at one instant",
        heads,
        rows,
    )


def _reds(found: Sequence[Measured]) -> Table:
    rows: list[Row] = []
    for m in found:
        if m.red_sent:
            rows.append(
                (f"{m.name}, {m.workers} workers", _at(m.red_sent, 0.5), round(max(m.red_sent), 2),
                 _at(m.red_tick, 0.5), round(max(m.red_tick), 2), 1.0)
            )  # fmt: skip
    heads = ("", "own queue: ingest to sent p50 s", "worst s", "through the tick p50 s", "worst s", "aim s")
    return Table("A red flag in the middle of the storm", heads, rows)

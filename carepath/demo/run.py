"""The demo: the whole system on this machine, real pressures in, half a year in minutes, then what happened and why."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from carepath.demo.board import Board, Screen
from carepath.demo.life import read_posted
from carepath.demo.link import Link
from carepath.demo.pace import Pace, latency_of, pace_for
from carepath.demo.parts import Parts
from carepath.demo.people import Person, cast_of, read_cast
from carepath.demo.story import story
from carepath.server.process import TemporalServer, free_port

Json = Any
PATHWAY: Final = "hypertension_home"
WORKERS: Final = ("worker-1", "worker-2")
PARTNERS: Final = ("pharmacy", "clinic")
INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it; 0 where all was told and the demo only stayed up."""


@dataclass(frozen=True)
class Options:
    """``days`` of patient time per patient, ``pace`` days a second, ``home`` a folder of the demo's own."""

    home: Path
    days: int = 180
    pace: float = 0.8
    patients: int = 12
    stay: bool = False
    ui_port: int = 8233


@dataclass
class Demo:
    """One run of the demo."""

    options: Options
    console: Console
    parts: Parts = field(init=False)
    temporal: TemporalServer | None = None
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    url: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        """The parts' logs stand in the demo's folder."""
        self.parts = Parts(self.options.home / "logs")
        self.pace = Pace(self.options.pace, slowed=False, enough=True)

    # ------------------------------------------------------------------ setting up

    def set_up(self) -> None:
        """Start everything, saying what is being done. Raises Problem."""
        from carepath.server.binary import find_temporal
        from worker.settings import load_settings

        home = self.options.home
        for old in ("records.db", "records.db-wal", "records.db-shm", "keys.json", "partners.json", "posted.json"):
            (home / old).unlink(missing_ok=True)
        for folder in ("temporal", "logs", "partners"):
            shutil.rmtree(home / folder, ignore_errors=True)
        home.mkdir(parents=True, exist_ok=True)
        api_port = free_port()
        self.url = f"http://127.0.0.1:{api_port}"
        self._say("getting Temporal")
        binary = find_temporal(load_settings(), lambda line: self._say(f"  {line}"))
        self._say(f"starting the Temporal server {binary.server_version} with its web UI")
        ui_port = self.options.ui_port if _is_free(self.options.ui_port) else free_port()
        self.temporal = TemporalServer(
            binary, home / "temporal", ui_port=ui_port, codec_endpoint=f"{self.url}/codec", rehearsal=True
        )
        self.temporal.start()
        sites = Path(__import__("pathways").__path__[0]) / "sites"
        self.parts.environment = {
            "CAREPATH_HOME": str(home),
            "CAREPATH_DATABASE_URL": records_url(home),
            "CAREPATH_TEMPORAL_ADDRESS": self.temporal.address,
            "CAREPATH_TEMPORAL_UI": f"http://127.0.0.1:{ui_port}",
            "CAREPATH_SITE": str(sites / "example_cn.yaml"),
            "CAREPATH_PARTNERS": str(home / "partners.json"),
            "CAREPATH_API_PORT": str(api_port),
            "CAREPATH_API_URL": self.url,
            "PYTHONTZPATH": "",
        }
        self._partners()
        self._say("putting the pathway into the registry (nobody approved it: it runs in rehearsal only)")
        self._register()
        self._say("starting the HTTP API")
        self.parts.command("api", "api", ready=lambda: _answers(f"{self.url}/health/ready"))
        for name, role in [(WORKERS[0], "journey"), (WORKERS[1], "journey"), ("courier", "courier"), ("red", "red")]:
            self._say(f"starting {name} ({role})")
            self._worker(name, role)

    def _partners(self) -> None:
        """Pharmacy, clinic and mailbox: one process each; their addresses and secrets in one file."""
        from carepath.partners.serve import Options as PartnerOptions
        from carepath.partners.serve import prepare

        file = self.options.home / "partners.json"
        bound = prepare(list(PARTNERS), PartnerOptions(file=file, data=self.options.home, any_port=True))
        for sock in bound.values():
            sock.close()
        for name in PARTNERS:
            self._say(f"starting the {name}, a partner that answers late and sometimes says no")
            self.parts.command(name, *self._partner(name))

    def _partner(self, name: str) -> tuple[str, ...]:
        file = self.options.home / "partners.json"
        return ("partners", name, "--file", str(file), "--day-seconds", str(1 / self.pace.days))

    def _register(self) -> None:
        from activities.records.ledger import open_ledger
        from activities.records.registry import put_plan
        from carepath.rehearsal.names import steps_of
        from worker.site import plan_from, site_from

        library = Path(__import__("pathways").__path__[0]) / "library"
        site = site_from(Path(self.parts.environment["CAREPATH_SITE"]))
        home = self.options.home
        ledger = open_ledger(records_url(home), str(home / "keys.json"))
        try:
            plan = plan_from(library / PATHWAY, site)
            put_plan(ledger.store, plan)
            self.kinds = {step.path: step.body.kind for step in steps_of(plan)}
        finally:
            ledger.close()

    def _worker(self, name: str, role: str) -> None:
        mark = self.options.home / f"{name}.ready"
        mark.unlink(missing_ok=True)
        self.parts.command(name, "worker", "--role", role, "--rehearsal", "--ready-file", str(mark), ready=mark.exists)

    def _say(self, line: str) -> None:
        self.console.print(
            f"[dim]{time.strftime('%H:%M:%S')}[/dim] {line}", highlight=False, soft_wrap=not self.console.is_terminal
        )

    # ------------------------------------------------------------------ the run

    async def play(self) -> list[Person]:
        """Enrol everybody, let life go on, watch; one worker is killed midway."""
        cast = read_cast()
        people = cast_of(cast, self.run, self.options.patients)
        link = Link(self.url)
        board = Board(people, self.options.days)
        try:
            await self._settle_pace(link, people)
            begun = time.monotonic()
            self._say(f"enrolling {len(people)} patients; a day lasts {1 / self.pace.days:.1f} s")
            await asyncio.gather(*(self._enrol(link, person) for person in people))
            life = ("-m", "carepath.demo.life", self.url, self.run, str(len(people)), str(self._posted))
            self.parts.start("patients", *life)
            self.parts.start("care team", "-m", "carepath.demo.staff", self.url)
            with Screen(self.console, board) as screen:
                await self._watch(link, board, screen, begun)
            await self._tell(link, people, begun)
        finally:
            await link.close()
        return people

    @property
    def _posted(self) -> Path:
        return self.options.home / "posted.json"

    async def _settle_pace(self, link: Link, people: list[Person]) -> None:
        """Register everybody at once, as they will measure at once, and run no faster than the answers come."""
        joined = [partial(self._join, link, person) for person in people]
        latency = await latency_of(joined)
        self.pace = pace_for(latency, self.options.pace, self.options.days)
        if not self.pace.slowed:
            return
        self._say(
            f"this machine is busy (the API answers in {latency * 1000:.0f} ms): {self.pace.days:.2f} days a second "
            f"instead of {self.options.pace:.2f}, so that readings arrive within their windows"
        )
        if not self.pace.enough:
            self._say("even so some may come too late and count as missed; the summary says how many")
        for name in PARTNERS:
            self.parts.change(name, "-m", "carepath", *self._partner(name))

    async def _join(self, link: Link, person: Person) -> None:
        # A key of its own each time: asked again it is looked at again, and the same person is no change.
        await link.post("patients", person.registration(), f"new-{person.key}-{uuid.uuid4().hex[:8]}")

    async def _enrol(self, link: Link, person: Person) -> None:
        await self._join(link, person)
        body = person.enrolment(PATHWAY, self.pace.days)
        status, answer = await link.post("enrolments", body, f"enrol-{person.key}")
        if status >= 400:
            raise RuntimeError(f"enrolment refused: {answer.get('detail')}")

    async def _watch(self, link: Link, board: Board, screen: Screen, begun: float) -> None:
        killed_at: float | None = None
        back = False
        # Time runs slower while something urgent is awaited: so much more is allowed, and no more.
        until = begun + max(540.0, 1.6 * self.options.days / self.pace.days)
        away = max(2.0, min(15.0, 0.15 * self.options.days / self.pace.days))
        while (board.share_done() < 1.0 or (killed_at is not None and not back)) and time.monotonic() < until:
            board.seconds = time.monotonic() - begun
            for person in board.people:
                record = await link.get(f"patients/{person.key}/record")
                if record is not None:
                    record["day"] = _days(record["clock"]["now"], person)
                    board.records[person.key] = record
            if killed_at is None and board.share_done() > 0.45:
                pid = self.parts.kill(WORKERS[0])
                killed_at = time.monotonic()
                board.note(f"{WORKERS[0]} (process {pid}) was killed with SIGKILL; the other takes over its patients")
            if killed_at is not None and not back and time.monotonic() - killed_at > away:
                self.parts.restart(WORKERS[0])
                back = True
                board.note(f"{WORKERS[0]} is back (process {self.parts.parts[WORKERS[0]].pid}); nothing was lost")
            for part in self.parts.fallen():
                if part.name != WORKERS[0] or back:
                    board.note(f"{part.name} ended by itself; its log: {part.log}; starting it again")
                    self.parts.restart(part.name)
            screen.update()
            await asyncio.sleep(0.6)

    # ------------------------------------------------------------------ what happened

    async def _tell(self, link: Link, people: list[Person], begun: float) -> None:
        from carepath.demo.costs import costs_of

        self.console.rule("what happened, and why")
        record = {person.key: await link.get(f"patients/{person.key}/record") for person in people}
        timelines = await asyncio.to_thread(self._timelines, people)
        told = Table.grid(padding=(0, 1))
        told.add_column(justify="right", style="bold")
        told.add_column()
        for person in people:
            sentences = story(person, record[person.key], timelines[person.key], self.kinds)
            told.add_row(str(person.number), Text("\n".join(sentences)))
        self.console.print(told)
        posted = read_posted(self._posted)
        if posted.behind:
            self.console.print(
                f"{posted.behind} of {posted.posted} measurements were taken in time and arrived after their window: "
                "this machine was too busy for the pace, and they may count as missed.",
                highlight=False,
            )
        assert self.temporal is not None
        costs = await costs_of(self.temporal.address, self.options.home, [p.key for p in people])
        table = Table(title="Temporal, per patient", header_style="bold")
        for name in ("#", "runs", "events", "actions", "KB of history"):
            table.add_column(name, justify="right")
        for person in people:
            cost = costs[person.key]
            table.add_row(
                str(person.number), str(cost.runs), str(cost.events), str(cost.actions), f"{cost.size / 1024:.0f}"
            )
        self.console.print(table)
        self._say(f"{len(people)} patients × {self.options.days} days in {time.monotonic() - begun:.0f} s")
        self.console.print(f"Temporal UI   {self.temporal.ui_url}")
        self.console.print(f"HTTP API      {self.url}/api/v1/docs")
        self.console.print(f"Logs          {self.options.home / 'logs'}")
        if not self.options.stay:
            self.console.print("They are gone when this ends. `make dev` stays up.")

    def _timelines(self, people: list[Person]) -> Mapping[str, list[Json]]:
        """The whole timeline of each: half a year is longer than one answer of the API may be."""
        from activities.records.ledger import open_ledger
        from activities.records.views import timeline_of

        ledger = open_ledger(records_url(self.options.home), str(self.options.home / "keys.json"))
        try:
            return {p.key: timeline_of(ledger, p.key, limit=1_000_000, language="en") or [] for p in people}
        finally:
            ledger.close()

    def tear_down(self) -> None:
        """Stop everything, in order."""
        self.parts.stop()
        if self.temporal is not None:
            self.temporal.stop()


def records_url(home: Path) -> str:
    """The demo's records. A week passes in nine seconds, so they do not wait for the disk at every commit: what a power
    cut could take is the demo's last moments. The default for real patients waits."""
    return f"sqlite:///{home / 'records.db'}?synchronous=normal"


def _days(now: str, person: Person) -> float:
    from datetime import datetime

    return (datetime.fromisoformat(now) - person.joins).total_seconds() / 86_400


def _is_free(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _answers(url: str) -> bool:
    import httpx

    try:
        return httpx.get(url, timeout=2.0).status_code == 200
    except httpx.HTTPError:
        return False


def run_demo(options: Options) -> int:
    """Run the demo; the exit code of the command: 130 after Ctrl-C, 0 when all had been told by then."""
    # A polite request to end is as good as Ctrl-C: every part is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120)
    demo = Demo(options, console)
    told = False
    try:
        demo.set_up()
        asyncio.run(demo.play())
        told = True
        if options.stay:
            console.print("Everything stays up until Ctrl-C.")
            while True:
                time.sleep(1)
    except KeyboardInterrupt:
        console.print("stopping")
        return 0 if told else INTERRUPTED
    finally:
        # A second Ctrl-C, or a worried one, must not leave half of it running.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        demo.tear_down()
    return 0

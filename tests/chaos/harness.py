"""Everything at once on the real server, while parts of it are killed: the demo's processes, people, planted crises.

Reproducible from its seed as far as a machine under load allows: who is killed and after how long follows from the
seed, what they were doing at that moment does not.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from sqlalchemy import Connection, func, select

from activities.records.ledger import open_ledger
from activities.records.schema import callback, handoff, inbox, journey, outbox
from activities.rehearsal import SLOW
from carepath.demo.link import Link
from carepath.demo.people import Person, cast_of, read_cast
from carepath.demo.run import PATHWAY, Demo, Options, records_url
from carepath.server.process import free_port
from tests.chaos.people import RED_MINUTES, RED_MINUTES_LONG, Life, Staff
from tests.openmhealth import pressure

KILLED = ("worker-1", "worker-2", "courier", "red", "api")
FEW = 20
"""So many patients or fewer make a short run."""
KILL_APART = (4.0, 9.0)
"""Wall seconds between two kills of a short run."""
KILL_APART_LONG = (15.0, 40.0)
"""The same of a long one: a worker that comes back reads the histories of all its patients, and more than half of the
time has to be left for looking after them."""
JOIN_APART = 0.5
"""Wall seconds between two who join: the first week, with most to measure, is not everybody's at once."""
AWAY = 150.0
"""Wall seconds for which people try again."""
SLOWED_LOOKS = 2.0
"""Wall seconds after which a slowed clock is read again: it may have become fast."""
SAYS_EVERY = 20.0
"""Wall seconds between two lines of progress."""
FIRST_DAY = datetime.fromisoformat("2026-03-02T00:00:00+00:00")


@dataclass(frozen=True)
class Crisis:
    """A planted crisis: whose, the id of its first reading, when it was taken."""

    patient: str
    reading: str
    at: datetime


@dataclass
class Told:
    """What a run did to the system, for the oracle and for people."""

    seed: int
    people: list[Person] = field(default_factory=list)
    crises: list[Crisis] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    seconds: float = 0.0
    patient_days: float = 0.0


class Stage(Demo):
    """The demo's processes, with a message gateway that keeps a ledger, and a site that uses it."""

    @property
    def letters(self) -> Path:
        """The gateway's ledger."""
        return self.options.home / "letters.db"

    def _partners(self) -> None:
        super()._partners()
        port, home = free_port(), self.options.home
        self.parts.start("gateway", str(Path(__file__).with_name("gateway.py")), str(self.letters), str(port))
        file = home / "partners.json"
        url = f"http://127.0.0.1:{port}/messages"
        roles = {role: {"sms": ["+8613800000001"], "call": ["+8613800000002"]} for role in ("nurse", "gp", "duty")}
        addresses = {**json.loads(file.read_text()), "staff": roles}
        addresses["channels"] = {"sms": {"url": url}, "call": {"url": url}}
        # Partners read the file while they start: it is never half written.
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps(addresses))
        draft.replace(file)
        text = Path(self.parts.environment["CAREPATH_SITE"]).read_text()
        for old, new in (
            ("  sms: app\n", "  sms: sms\n"),
            ("  call: [app, email]\n", "  call: call\n"),
            ("  email: email\n", "  email: app\n"),
            ("patient_channels: [app, email]", "patient_channels: [app]"),
        ):
            assert old in text
            text = text.replace(old, new)
        site = home / "site.yaml"
        site.write_text(text)
        self.parts.environment["CAREPATH_SITE"] = str(site)

    async def _enrol(self, link: Link, person: Person) -> None:
        """Every second patient is reached by text message, the others in the app."""
        new = {
            **person.registration(),
            "contact": {"phone": f"+861380000{person.number:04d}"},
            "channels": ["sms", "app"] if person.number % 2 else ["app"],
        }
        body = person.enrolment(PATHWAY, self.options.pace)
        for path, content, key in (("patients", new, f"new-{person.key}"), ("enrolments", body, f"e-{person.key}")):
            status, answer = await link.post(path, content, key)
            assert status < 300, answer


class PatientLink(Link):
    """A link that outlasts the API's absence, also on a busy machine, and seldom asks for the time."""

    async def wait(self, patient: str, moment: datetime) -> None:
        """Wait until the patient's clock shows ``moment``: a clock may become slower unasked, faster only so much."""
        while (clock := await self.clock(patient)) is not None and (left := clock.seconds_until(moment)) > 0:
            await asyncio.sleep(max(0.01, min(left, SLOWED_LOOKS) if clock.rate <= SLOW else left))

    async def _send(self, method: str, path: str, **given: Any) -> httpx.Response:
        until = time.monotonic() + AWAY
        while time.monotonic() < until:
            with suppress(httpx.TransportError):
                answer = await super()._send(method, path, **given)
                # The API died with this request in hand: a minute later its key is free again.
                if answer.status_code != 409 or answer.json().get("code") != "idempotency_running":
                    return answer
                await asyncio.sleep(1.0)
        raise AssertionError(f"{method} {path}: no answer within {AWAY:.0f} s")


class Chaos:
    """One run. ``days`` of patient time for each of ``patients``, ``pace`` days a second."""

    def __init__(self, home: Path, *, seed: int, patients: int, days: int, pace: float, server_kills: int = 2) -> None:
        self.demo = Stage(Options(home=home, days=days, pace=pace, patients=patients), Console(quiet=True))
        self.demo.run = f"chaos{seed}"
        self.random = random.Random(seed)
        self.server_kills = server_kills
        self.told = Told(seed)
        self.days: dict[str, float] = {}
        self.stopped: datetime | None = None
        self._over = asyncio.Event()
        self._enrolled = False
        self._joined = 0
        self._begun = self._said = time.monotonic()

    def run(self) -> Told:
        """Set up, live, kill, settle; the processes stay up for the oracle until `close`."""
        self.demo.set_up()
        asyncio.run(self._live())
        return self.told

    def still(self) -> None:
        """Stop all processes but Temporal's, at an instant that is noted."""
        self.stopped = datetime.now(UTC)
        self.demo.parts.stop()

    def close(self) -> None:
        """Stop everything."""
        self.demo.tear_down()

    @property
    def where(self) -> tuple[str, str]:
        """Records and key file of this run."""
        return records_url(self.demo.options.home), str(self.demo.options.home / "keys.json")

    async def _live(self) -> None:
        self._begun = time.monotonic()
        options = self.demo.options
        cast = read_cast()
        self.told.people = [
            person.model_copy(update={"joins": FIRST_DAY}) for person in cast_of(cast, self.demo.run, options.patients)
        ]
        crises = {person.key: self.random.uniform(2.0, 0.7 * options.days) for person in self._who_has_a_crisis()}
        link = PatientLink(self.demo.url)
        lives = [Life(person, link, options.days) for person in self.told.people]
        living: list[asyncio.Task[None]] = []
        try:
            killing = asyncio.create_task(self._kill())
            minutes = RED_MINUTES if options.patients <= FEW else RED_MINUTES_LONG
            staff = asyncio.create_task(Staff(link, dict(cast.staff), 0.5 / options.pace, minutes).work())
            planted = []
            for life in lives:
                await self.demo._enrol(link, life.person)
                self._joined += 1
                self._say()
                living.append(asyncio.create_task(life.live()))
                if life.person.key in crises:
                    planted.append(asyncio.create_task(self._crisis(link, life.person, crises[life.person.key])))
                await asyncio.sleep(JOIN_APART if options.patients <= FEW else JOIN_APART * 4)
            self._enrolled = True
            await self._until_lived(link, [killing, staff, *planted, *living])
            await asyncio.gather(*planted)
            self._over.set()
            await killing
            for task in (staff, *living):
                task.cancel()
            for ended in await asyncio.gather(staff, *living, return_exceptions=True):
                if isinstance(ended, Exception):
                    raise ended
            self.told.refused = [text for life in lives for text in life.refused]
            await self._settle(link)
        finally:
            await link.close()
        self.told.seconds = time.monotonic() - self._begun

    def _who_has_a_crisis(self) -> list[Person]:
        steady = [p for p in self.told.people if p.habits.stops is None and p.habits.forgets < 0.3]
        return self.random.sample(steady, max(4, len(steady) * 2 // 3))

    async def _crisis(self, link: Link, person: Person, day: float) -> None:
        """Two very high readings ten minutes apart; none for a patient who is no longer on the pathway."""
        key = person.key
        await link.wait(key, person.joins + timedelta(days=day))
        record = await link.get(f"patients/{key}/record")
        if not any(one["status"] == "active" for one in record["enrolments"]):
            return
        clock = await link.clock(key)
        assert clock is not None
        at = clock.read() - timedelta(minutes=1)
        for number, when in enumerate((at, at + timedelta(minutes=10))):
            await link.wait(key, when)
            id = f"crisis-{key}-{number}"
            status, answer = await link.post(f"patients/{key}/readings", pressure(id, when, 192 - number, 112))
            assert status == 200, answer
            link._clocks.pop(key, None)  # the first reading has slowed the patient's clock
        self.told.crises.append(Crisis(key, f"crisis-{key}-0", at))

    # ------------------------------------------------------------------ killing

    async def _kill(self) -> None:
        """Kill parts at random, sometimes two at once; the server at even shares of the time."""
        days = self.demo.options.days
        server_at = [days * (n + 1) / (self.server_kills + 1) for n in range(self.server_kills)]
        while not self._over.is_set():
            apart = KILL_APART if self.demo.options.patients <= FEW else KILL_APART_LONG
            await self._pause(self.random.uniform(*apart))
            if server_at and min(self.days.values(), default=0.0) >= server_at[0]:
                server_at.pop(0)
                await self._kill_server()
                continue
            # Nobody can live before they are enrolled, and an enrolment broken off waits a minute for its key.
            killed = KILLED if self._enrolled else KILLED[:-1]
            names = self.random.sample(killed, self.random.choice((1, 1, 2)))
            away = self.random.uniform(0.1, 2.0)
            for name in names:
                await asyncio.to_thread(self.demo.parts.kill, name)
                self.told.kills[name] += 1
            await asyncio.sleep(away)
            for name in names:
                await asyncio.to_thread(self.demo.parts.restart, name)

    async def _kill_server(self) -> None:
        assert self.demo.temporal is not None
        await asyncio.to_thread(self.demo.temporal.kill)
        self.told.kills["server"] += 1
        await asyncio.sleep(self.random.uniform(0.2, 2.0))
        await asyncio.to_thread(self.demo.temporal.start)

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)

    # ------------------------------------------------------------------ until it is over

    async def _until_lived(self, link: Link, doing: list[asyncio.Task[None]]) -> None:
        options = self.demo.options
        until = time.monotonic() + 3 * options.days / options.pace + 300
        while len(self.days) < len(self.told.people) or min(self.days.values()) < options.days:
            assert time.monotonic() < until, f"only {min(self.days.values(), default=0):.0f} days were lived in time"
            for task in doing:
                if task.done() and (error := task.exception()) is not None:
                    raise error
            for person in self.told.people:
                found = await link.get(f"patients/{person.key}/clock")
                if found is not None:
                    lived = datetime.fromisoformat(found["now"]) - person.joins
                    self.days[person.key] = lived.total_seconds() / 86_400
            for part in self.demo.parts.dead():
                if part.name not in KILLED:
                    raise AssertionError(f"{part.name} ended by itself: {part.log.read_text()[-2000:]}")
            self._say()
            await asyncio.sleep(0.5 / options.pace)
        self.told.patient_days = sum(self.days.values())

    def _say(self) -> None:
        """Where the run is, now and then; seen with pytest's ``-s``."""
        now = time.monotonic()
        if now - self._said < SAYS_EVERY:
            return
        self._said = now
        days = self.days.values()
        print(  # noqa: T201 - a run of an hour is not silent
            f"seed {self.told.seed}: {now - self._begun:.0f} s, {self._joined} joined, day {min(days, default=0):.0f} "
            f"to {max(days, default=0):.0f} of {self.demo.options.days}, {sum(self.told.kills.values())} kills, "
            f"{len(self.told.crises)} crises",
            flush=True,
        )

    async def _settle(self, link: Link) -> None:
        """No more life and no more kills: what was stored is acted on."""
        for part in self.demo.parts.dead():
            self.demo.parts.restart(part.name)
        until = time.monotonic() + 120
        left: dict[str, int] = {}
        while time.monotonic() < until:
            left = await asyncio.to_thread(unsettled, self.where)
            if not any(left.values()) and await link.get("tasks", limit=1) is not None:
                return
            await asyncio.sleep(0.5)
        raise AssertionError(f"two minutes after the last kill there was still something left: {left}")


def unsettled(where: tuple[str, str]) -> dict[str, int]:
    """What waits longer than it may: rows no tick has taken, journeys overdue, callbacks, messages in between."""
    ledger = open_ledger(*where)
    wall = ledger.store.now()

    def look(c: Connection) -> dict[str, int]:
        def count(query: Any) -> int:
            return int(c.scalar(query) or 0)

        seen = select(func.count()).select_from(inbox.join(journey, journey.c.key == inbox.c.journey))
        unseen = seen.where(inbox.c.seq > journey.c.cursor, inbox.c.urgency > 0)
        late = wall - timedelta(seconds=5)
        return {
            "unseen": count(unseen),
            "overdue": count(select(func.count()).select_from(journey).where(journey.c.next_due < late)),
            "callbacks": count(
                select(func.count())
                .select_from(callback.join(handoff, handoff.c.business_id == callback.c.business_id))
                .where(~callback.c.applied, ~handoff.c.final, callback.c.received < late)
            ),
            "sending": count(
                select(func.count()).select_from(outbox).where(outbox.c.status == "sending", outbox.c.claimed_at < late)
            ),
        }

    try:
        return ledger.store.read(look)
    finally:
        ledger.close()

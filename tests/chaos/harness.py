"""Everything at once on the real server, while parts of it are killed: the demo's processes and people, planted crises.

Reproducible from its seed as far as a machine under load allows: who is killed and when follows from the seed, what
they were doing at that moment does not.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from carepath.demo.link import Link
from carepath.demo.people import Person, cast_of, read_cast
from carepath.demo.run import Demo, Options

KILLED = ("worker-1", "worker-2", "courier", "red", "api")


@dataclass
class Told:
    """What a run did to the system, for the oracle and for people."""

    seed: int
    people: list[Person] = field(default_factory=list)
    crises: list[tuple[str, str, datetime]] = field(default_factory=list)  # patient, id of the first reading, when
    kills: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    patient_days: float = 0.0


class Chaos:
    """One run. ``days`` of patient time for each of ``patients``, ``pace`` days a second."""

    def __init__(self, home: Path, *, seed: int, patients: int, days: int, pace: float, server_kills: int = 2) -> None:
        self.demo = Demo(Options(home=home, days=days, pace=pace, patients=patients), Console(quiet=True))
        self.random = random.Random(seed)
        self.days = days
        self.server_kills = server_kills
        self.told = Told(seed)
        self.records: dict[str, Any] = {}

    def run(self) -> Told:
        """Set up, live, kill, settle; the records and the server stay up for the oracle until `close`."""
        self.demo.set_up()
        asyncio.run(self._live())
        return self.told

    def close(self) -> None:
        """Stop everything."""
        self.demo.tear_down()

    async def _live(self) -> None:
        begun = time.monotonic()
        self.told.people = cast_of(read_cast(), self.demo.run, self.demo.options.patients)
        link = Link(self.demo.url)
        try:
            await asyncio.gather(*(self.demo._enrol(link, person) for person in self.told.people))
            count = str(len(self.told.people))
            self.demo.parts.start("patients", "-m", "carepath.demo.life", self.demo.url, self.demo.run, count)
            self.demo.parts.start("care team", "-m", "carepath.demo.staff", self.demo.url)
            planted = [asyncio.create_task(self._crisis(link, one)) for one in self._who_has_a_crisis()]
            killing = asyncio.create_task(self._kill())
            await self._until(link, self.days)
            killing.cancel()
            await asyncio.gather(*planted)
            await self._settle(link)
        finally:
            await link.close()
        self.told.seconds = time.monotonic() - begun

    def _who_has_a_crisis(self) -> list[Person]:
        steady = [p for p in self.told.people if p.habits.stops is None and p.habits.forgets < 0.3]
        return self.random.sample(steady, max(3, len(steady) // 4))

    async def _crisis(self, link: Link, person: Person) -> None:
        """Two very high readings ten minutes apart on a day of the first week, or in it anew where time has passed."""
        day = self.random.uniform(1.0, 5.0)
        await link.wait(person.key, person.joins + timedelta(days=day))
        clock = await link.clock(person.key)
        assert clock is not None
        at = clock.read() - timedelta(minutes=1)
        first = f"crisis-{person.key}"
        for number, when in enumerate((at, at + timedelta(minutes=10))):
            await link.wait(person.key, when + timedelta(seconds=30))
            name = first if not number else f"{first}-{number}"
            status, answer = await link.post(
                f"patients/{person.key}/readings", _pressure(name, when, 192 - number, 112)
            )
            assert status == 200, answer
        self.told.crises.append((person.key, first, at))

    async def _kill(self) -> None:
        """Kill parts at random; the server at even shares of the time."""
        server_at = [self.days * (n + 1) / (self.server_kills + 1) for n in range(self.server_kills)]
        while True:
            await asyncio.sleep(self.random.uniform(3.0, 7.0))
            if server_at and self._day() >= server_at[0]:
                server_at.pop(0)
                assert self.demo.temporal is not None
                await asyncio.to_thread(self.demo.temporal.kill)
                self.told.kills["server"] += 1
                await asyncio.sleep(self.random.uniform(0.2, 2.0))
                await asyncio.to_thread(self.demo.temporal.start)
                continue
            name = self.random.choice(KILLED)
            await asyncio.to_thread(self.demo.parts.kill, name)
            self.told.kills[name] += 1
            await asyncio.sleep(self.random.uniform(0.1, 2.0))
            await asyncio.to_thread(self.demo.parts.restart, name)

    def _day(self) -> float:
        days = [float(record["day"]) for record in self.records.values()]
        return sum(days) / len(days) if days else 0.0

    async def _until(self, link: Link, days: int) -> None:
        while True:
            for person in self.told.people:
                found = await link.get(f"patients/{person.key}/clock")
                if found is not None:
                    lived = datetime.fromisoformat(found["now"]) - person.joins
                    self.records[person.key] = {"day": lived.total_seconds() / 86_400}
            if len(self.records) == len(self.told.people) and min(r["day"] for r in self.records.values()) >= days:
                self.told.patient_days = sum(r["day"] for r in self.records.values())
                return
            for part in self.demo.parts.dead():
                # The people of the demo give up when the API is away for long; the killer restarts its own.
                if part.name not in KILLED:
                    self.demo.parts.restart(part.name)
            await asyncio.sleep(0.5)

    async def _settle(self, link: Link) -> None:
        """No more life; what was stored is acted on."""
        for name in ("patients", "care team"):
            self.demo.parts.kill(name)
        for part in self.demo.parts.dead():
            if part.name in KILLED:
                self.demo.parts.restart(part.name)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if await link.get("tasks", limit=1) is not None and not await asyncio.to_thread(unseen, self.ledger_url()):
                return
            await asyncio.sleep(0.5)
        raise AssertionError("urgent rows were left unseen for a minute after the last kill")

    def ledger_url(self) -> tuple[str, str]:
        """Records and key file of this run."""
        home = self.demo.options.home
        return f"sqlite:///{home / 'records.db'}?synchronous=normal", str(home / "keys.json")


def unseen(where: tuple[str, str]) -> int:
    """How many rows that should wake somebody no tick has taken."""
    from sqlalchemy import func, select

    from activities.records.ledger import open_ledger
    from activities.records.schema import inbox, journey

    ledger = open_ledger(*where)
    try:
        query = (
            select(func.count())
            .select_from(inbox.join(journey, journey.c.key == inbox.c.journey))
            .where(inbox.c.seq > journey.c.cursor, inbox.c.urgency > 0)
        )
        return int(ledger.store.read(lambda c: c.scalar(query)) or 0)
    finally:
        ledger.close()


def _pressure(id: str, at: datetime, systolic: int, diastolic: int) -> dict[str, Any]:
    return {
        "header": {
            "id": id,
            "creation_date_time": at.isoformat(),
            "schema_id": {"namespace": "omh", "name": "blood-pressure", "version": "4.0"},
        },
        "body": {
            "systolic_blood_pressure": {"value": systolic, "unit": "mmHg"},
            "diastolic_blood_pressure": {"value": diastolic, "unit": "mmHg"},
            "effective_time_frame": {"date_time": at.isoformat()},
        },
    }

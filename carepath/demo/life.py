"""The patients of the demo, one process: they measure, take tablets, read, come to visits, forget, fall silent, stop.

They know only what a patient's phone knows: what is due, asked over HTTP. Readings are posted as Open mHealth
documents, with the time at which they were taken. ``python -m carepath.demo.life URL RUN COUNT FILE`` runs until it
is told to stop; FILE says how many measurements were posted, and how many of them after their window had passed though
they were taken in time: then this machine is too slow for the pace.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from carepath.demo.link import Link
from carepath.demo.people import Cast, Person, cast_of, read_cast

Json = Any
AHEAD_DAYS: Final = 7
_LOOK_AGAIN: Final = timedelta(days=2)
_LOOK_EVERY: Final = timedelta(hours=12)
"""A phone is looked at twice a day: a new phase may ask for something on its first morning."""


@dataclass
class Posted:
    """Measurements ``posted``, and how many were ``behind``: taken in their window, stored after it."""

    file: Path | None = None
    posted: int = 0
    behind: int = 0

    def note(self, *, behind: bool) -> None:
        """One more; the file always holds whole numbers that belong together."""
        self.posted += 1
        self.behind += behind
        if self.file is not None:
            draft = self.file.with_suffix(".draft")
            draft.write_text(json.dumps({"posted": self.posted, "behind": self.behind}))
            draft.replace(self.file)


def read_posted(file: Path) -> Posted:
    """What the patients' process has said last; nothing yet is nothing posted."""
    try:
        found = json.loads(file.read_text())
    except FileNotFoundError:
        return Posted()
    return Posted(None, int(found["posted"]), int(found["behind"]))


def document(person: Person, place: int, at: datetime, id: str) -> Json:
    """One real pressure as an Open mHealth blood-pressure 4.0 data point."""
    systolic, diastolic = person.pressures[place % len(person.pressures)]
    unit = "mmHg"
    return {
        "header": {
            "id": id,
            "creation_date_time": at.isoformat(),
            "schema_id": {"namespace": "omh", "name": "blood-pressure", "version": "4.0"},
            "acquisition_provenance": {"source_name": "home cuff", "modality": "sensed"},
        },
        "body": {
            "systolic_blood_pressure": {"value": systolic, "unit": unit},
            "diastolic_blood_pressure": {"value": diastolic, "unit": unit},
            "effective_time_frame": {"date_time": at.isoformat()},
        },
    }


class Life:
    """One patient, from joining on."""

    def __init__(self, person: Person, cast: Cast, link: Link, posted: Posted) -> None:
        self.person = person
        self.cast = cast
        self.link = link
        self.posted = posted
        self.place = 0
        self.done: set[str] = set()

    async def live(self) -> None:
        """Look at what is due, do each thing at its time, look again."""
        while await self.link.clock(self.person.key) is None:
            await asyncio.sleep(0.3)
        async with asyncio.TaskGroup() as doing:
            while True:
                now = await self._now()
                found = await self.link.get(f"patients/{self.person.key}/timeline", limit=1, ahead=AHEAD_DAYS)
                for row in found["ahead"] if found else []:
                    if row["key"] not in self.done and datetime.fromisoformat(row["due"]) <= now + _LOOK_AGAIN:
                        self.done.add(row["key"])
                        doing.create_task(self._meet(row))
                stop = self.person.habits.stops
                if stop is not None and now >= self.person.joins + timedelta(days=stop):
                    await self._stop()
                    return
                await self.link.wait(self.person.key, now + _LOOK_EVERY)

    async def _now(self) -> datetime:
        clock = await self.link.clock(self.person.key)
        assert clock is not None
        return clock.read()

    async def _meet(self, row: Json) -> None:
        due = datetime.fromisoformat(row["due"])
        silent = self.person.habits.silent
        day = (due - self.person.joins).days
        if silent is not None and silent[0] <= day < silent[0] + silent[1]:
            return
        kind = row["kind"]
        if kind == "measure":
            await self._measure(row, due)
        elif kind == "dose":
            await self._dose(row, due)
        elif kind == "visit":
            await self._visit(row, due)
        elif kind == "teach":
            await self.link.wait(self.person.key, due)
            await self._answer(row, "read", due)

    async def _measure(self, row: Json, due: datetime) -> None:
        habits = self.person.habits
        if self.person.chance(f"forget {row['key']}") < habits.forgets:
            return
        late = self.person.chance(f"late {row['key']}") < habits.late
        closes = datetime.fromisoformat(row["missed"]) if row.get("missed") else None
        at = due + (timedelta(hours=habits.late_hours) if late else timedelta(minutes=10))
        # Nobody measures in the past: who hears of it late measures now, or not at all.
        at = max(at, await self._now())
        if closes is not None and at >= closes:
            return
        await self.link.wait(self.person.key, at + timedelta(minutes=1))
        takes = []
        for number in range(int(row.get("readings", 1))):
            when = at + timedelta(minutes=number)
            takes.append(document(self.person, self.place, when, f"{self.person.key}-{self.place}"))
            self.place += 1
        clock = await self.link.clock(self.person.key)
        assert clock is not None
        await self.link.post(f"patients/{self.person.key}/readings", takes)
        self.posted.note(behind=closes is not None and closes < clock.read())

    async def _dose(self, row: Json, due: datetime) -> None:
        if self.person.chance(f"dose {row['key']}") < self.person.habits.doses_forgotten:
            return
        at = due + timedelta(minutes=20)
        await self.link.wait(self.person.key, at)
        await self._answer(row, "taken", at)

    async def _visit(self, row: Json, due: datetime) -> None:
        stays_away = self.person.chance(f"visit {row['key']}") < self.person.habits.no_show
        await self.link.wait(self.person.key, due)
        body = {
            "step": row["path"],
            "occurrence": row["key"],
            "verb": "no_show" if stays_away else "done",
            "mode": None if stays_away else "clinic",
            "at": due.isoformat(),
        }
        await self.link.post(f"patients/{self.person.key}/visits", body, f"v-{row['key']}")

    async def _answer(self, row: Json, outcome: str, at: datetime) -> None:
        body = {"id": f"a:{row['key']}", "step": row["path"], "occurrence": row["key"], "outcome": outcome}
        await self.link.post(f"patients/{self.person.key}/answers", {**body, "at": at.isoformat()})

    async def _stop(self) -> None:
        body = {"verb": "withdraw", "args": {"reason": "asked to stop"}}
        await self.link.post(f"patients/{self.person.key}/commands", body, f"stop-{self.person.key}")


async def run(url: str, name: str, count: int, file: Path) -> None:
    """All patients of a run, until cancelled."""
    cast = read_cast()
    link = Link(url)
    posted = Posted(file)
    try:
        async with asyncio.TaskGroup() as group:
            for person in cast_of(cast, name, count):
                group.create_task(Life(person, cast, link, posted).live())
    finally:
        await link.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])))

"""Patients and staff of a chaos run: those of the demo with fewer questions, so that twenty lives fit two cores."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from carepath.demo.life import document
from carepath.demo.link import Link
from carepath.demo.people import Person
from carepath.demo.staff import Team, share

AHEAD_DAYS = 7
LOOK_AGAIN = timedelta(days=2)
ACTS_WITHIN = timedelta(days=3)
RED_MINUTES = (3.0, 20.0, 35.0)
"""When somebody acts on a red task, minutes of patient time: the first or the second rung answers."""
RED_MINUTES_LONG = (*RED_MINUTES, 60.0, 1_800.0)
"""The same where there is time: the third rung too, or nobody before the ladder has run out."""


@dataclass
class Life:
    """One patient, for ``days``. ``refused``: answers of the API that a patient should never get."""

    person: Person
    link: Link
    days: int
    done: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    place: int = 0

    async def live(self) -> None:
        """Look at what is due, do each thing in its time, look again."""
        key = self.person.key
        async with asyncio.TaskGroup() as doing:
            while (now := await self.now()) < self.person.joins + timedelta(days=self.days):
                found = await self.link.get(f"patients/{key}/timeline", limit=1, ahead=AHEAD_DAYS)
                for row in found["ahead"] if found else []:
                    due = datetime.fromisoformat(row["due"])
                    if row["key"] not in self.done and now <= due <= now + ACTS_WITHIN and self._acts(row, due):
                        self.done.add(row["key"])
                        doing.create_task(self._meet(row, due))
                stop = self.person.habits.stops
                if stop is not None and now >= self.person.joins + timedelta(days=stop):
                    body = {"verb": "withdraw", "args": {"reason": "asked to stop"}}
                    await self.post("commands", body, f"stop-{key}")
                    return
                await self.link.wait(key, now + LOOK_AGAIN)

    async def now(self) -> datetime:
        clock = await self.link.clock(self.person.key)
        assert clock is not None
        return clock.read()

    async def post(self, what: str, body: Any, key: str | None = None) -> None:
        status, answer = await self.link.post(f"patients/{self.person.key}/{what}", body, key)
        if status >= 500 or status in {400, 401, 403, 413, 422}:
            self.refused.append(f"{self.person.key}: {what}: {status} {answer}")

    def _acts(self, row: Any, due: datetime) -> bool:
        habits, key = self.person.habits, row["key"]
        if habits.silent is not None and 0 <= (due - self.person.joins).days - habits.silent[0] < habits.silent[1]:
            return False
        forgets = {"measure": habits.forgets, "dose": habits.doses_forgotten}.get(row["kind"], 0.0)
        return row["kind"] in {"measure", "dose", "visit", "teach"} and share(self.person.key, key) >= forgets

    async def _meet(self, row: Any, due: datetime) -> None:
        kind, habits = row["kind"], self.person.habits
        if kind == "measure":
            late = habits.late_hours if share("late", row["key"]) < habits.late else 0.0
            at = due + timedelta(hours=late)
            await self.link.wait(self.person.key, at + timedelta(minutes=1))
            takes = []
            for number in range(int(row.get("readings", 1))):
                id = f"{row['key'].rpartition(':')[2]}-{self.person.key}-{self.place}"
                takes.append(document(self.person, self.place, at + timedelta(minutes=number), id))
                self.place += 1
            await self.post("readings", takes)
            return
        await self.link.wait(self.person.key, due)
        if kind == "visit":
            verb = "no_show" if share("visit", row["key"]) < habits.no_show else "done"
            body: dict[str, Any] = {"step": row["path"], "occurrence": row["key"], "verb": verb, "at": due.isoformat()}
            await self.post("visits", {**body, "mode": "clinic" if verb == "done" else None}, f"v-{row['key']}")
            return
        outcome = "taken" if kind == "dose" else "read"
        body = {"id": f"a:{row['key']}", "step": row["path"], "occurrence": row["key"], "outcome": outcome}
        await self.post("answers", {**body, "at": due.isoformat()})


class Staff(Team):
    """The demo's team, which is in time for some red tasks and not for others. ``pause``: seconds between looks."""

    def __init__(self, link: Link, delays: dict[str, float], pause: float, red_minutes: tuple[float, ...]) -> None:
        super().__init__(link, delays)
        self.pause = pause
        self.in_hand: dict[str, asyncio.Task[None]] = {}
        self.red_minutes = red_minutes

    async def work(self) -> None:
        """Look at the worklist again and again, until cancelled; what is in hand then is put down."""
        try:
            await self._work()
        finally:
            for doing in self.in_hand.values():
                doing.cancel()

    async def _work(self) -> None:
        while True:
            found = await self.link.get("tasks", status="open", limit=200)
            for task in found["tasks"]:
                # Each in its own time: one whose request died with the API waits a minute and holds up nobody.
                if task["id"] not in self.in_hand or self.in_hand[task["id"]].done():
                    self.in_hand[task["id"]] = asyncio.create_task(self._look_at(task))
            await asyncio.sleep(self.pause)

    def _delay(self, task: Any) -> timedelta:
        if task["level"] != "red":
            return super()._delay(task)
        return timedelta(minutes=self.red_minutes[int(share(task["id"], "delay") * len(self.red_minutes))])

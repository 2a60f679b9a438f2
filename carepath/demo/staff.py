"""The care team of the demo, one process: looks at the worklist over HTTP and does what is on it, in its own time.

Answers of forms follow from the task's id, so that a second run is the same. ``python -m carepath.demo.staff URL``.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from datetime import datetime, timedelta
from typing import Any, Final

from carepath.demo.link import Link
from carepath.demo.people import read_cast

Json = Any
_LOOK: Final = 0.4


def share(*what: str) -> float:
    """A number in [0, 1) that follows from these words."""
    return int.from_bytes(hashlib.sha256("|".join(what).encode()).digest()[:4], "big") / 2**32


def fill(form: list[Json], task: str) -> dict[str, Json]:
    """Answers to a form, made of the task's id."""
    out: dict[str, Json] = {}
    for field in form:
        name, kind = field["id"], field["type"]
        if kind == "one_of":
            options = sorted(field["options"])
            out[name] = options[int(share(task, name) * len(options))]
        elif kind == "yes_no":
            out[name] = "yes" if share(task, name) < 0.6 else "no"
    return out


class Team:
    """Everybody on the rota."""

    def __init__(self, link: Link, delays: dict[str, float]) -> None:
        self.link = link
        self.delays = delays
        self.claimed: set[str] = set()

    async def work(self) -> None:
        """Look at the worklist again and again."""
        while True:
            found = await self.link.get("tasks", status="open", limit=200)
            await asyncio.gather(*(self._look_at(task) for task in found["tasks"]))
            await asyncio.sleep(_LOOK)

    async def _look_at(self, task: Json) -> None:
        clock = await self.link.clock(task["patient"])
        if clock is None:
            return
        if clock.read() < datetime.fromisoformat(task["opened"]) + self._delay(task):
            return
        role = {"role": task["role"]}
        if task["id"] not in self.claimed:
            await self.link.post(f"tasks/{task['id']}/claim", role, f"claim-{task['id']}")
            self.claimed.add(task["id"])
        body = {**role, "form": fill(task.get("form", []), task["id"])}
        await self.link.post(f"tasks/{task['id']}/complete", body, f"complete-{task['id']}")

    def _delay(self, task: Json) -> timedelta:
        """How long after it was opened somebody does it."""
        return timedelta(hours=self.delays.get(task["role"], 4.0) * (0.5 + share(task["id"], "delay")))


async def run(url: str) -> None:
    """The team, until cancelled."""
    link = Link(url)
    try:
        await Team(link, dict(read_cast().staff)).work()
    finally:
        await link.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1]))

"""What is common to both systems under measurement: a virtual world, made in a folder, in which lives are lived."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from bench.life import (
    QUESTIONS,
    VISITS,
    WEEKS,
    Life,
    questionnaire,
    visit,
    weekly,
)
from bench.virtual.count import Counts, count
from bench.virtual.run import Run
from bench.virtual.world import World

QUEUE: Final = "bench"


class Lived(Protocol):
    """A system that looks after one patient. Each method is something a person does, at the virtual instant."""

    world: World

    async def begin(self, key: str, life: Life) -> None: ...
    async def reading(self, key: str, number: int, systolic: int, diastolic: int) -> None: ...
    async def nurse(self, key: str) -> None: ...
    async def answer(self, key: str, number: int) -> None: ...
    async def visited(self, key: str, number: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Result:
    """One patient's half year: counts, and the run with the most events."""

    life: Life
    counts: Counts
    longest: Run


def key_of(life: Life) -> str:
    """The opaque key of a patient: as long as real ones."""
    return f"p{life.number:020d}"


async def live_through(system: Lived, lives: Sequence[Life]) -> list[Result]:
    """Let all lives pass, one after another in the same world.

    Lives do not touch each other; the world's clock goes back to the start for each.
    """
    out: list[Result] = []
    world = system.world
    for life in lives:
        world.rewind(life.start)
        before = len(world.runs)
        key = key_of(life)
        await system.begin(key, life)
        _plan(system, key, life)
        await world.run_until(life.end)
        runs = world.runs[before:]
        out.append(Result(life, count(runs), max(runs, key=lambda run: len(run.history.events))))
        world.forget()
    return out


def _plan(system: Lived, key: str, life: Life) -> None:
    world = system.world
    for number, one in enumerate(life.readings):
        if one is not None:
            values = (one.systolic, one.diastolic)
            world.at(one.at, _call(system.reading, key, number, *values))
    for number in range(WEEKS):
        world.at(weekly(number) + life.nurse[number], _call(system.nurse, key))
    for number in range(QUESTIONS):
        delay = life.answers[number]
        if delay is not None:
            world.at(questionnaire(number) + delay, _call(system.answer, key, number))
    for number in range(VISITS):
        world.at(visit(number) + life.visits[number] + timedelta(seconds=1), _call(system.visited, key, number))


def _call(method: Callable[..., Awaitable[None]], *arguments: object) -> Callable[[], Awaitable[None]]:
    return lambda: method(*arguments)

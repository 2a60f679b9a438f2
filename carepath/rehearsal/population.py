"""Simulates a population: many lives on as many processes as there are cores, the same figures on any number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from carepath.rehearsal.behaviour import Behaviour
from carepath.rehearsal.figures import Counts, added
from carepath.rehearsal.life import World, live
from carepath.rehearsal.names import steps_of
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site

CHUNK = 20
"""Patients that one process takes at a time."""

_WORLD: list[World] = []


def world_of(plans: Sequence[Plan], site: Site, behaviour: Behaviour, days: int, seed: int) -> World:
    """What all patients of a population share."""
    repeats = {
        rule.repeat.message: plan.measures[measure].catalogue
        for plan in plans
        for rule in plan.rules
        if rule.repeat is not None
        for measure in plan.measures
        if measure in rule.inputs
    }
    guides = [(plan, rule.guide) for plan in plans for rule in plan.rules if rule.guide is not None]
    for plan, guide in guides:
        last = guide.message or guide.say[-1].message
        repeats[last] = plan.measures[guide.measure].catalogue
    steps = {step.path: step for plan in plans for step in steps_of(plan)}
    return World({plan.sha256: plan for plan in plans}, steps, repeats, site, behaviour, days, seed)


def simulate(world: World, patients: int, processes: int, progress: Callable[[int], None]) -> Counts:
    """The counts of patients 0 to ``patients`` - 1. ``progress`` is told how many more are done."""
    chunks = [range(first, min(first + CHUNK, patients)) for first in range(0, patients, CHUNK)]
    if processes <= 1 or len(chunks) == 1:
        parts = []
        for chunk in chunks:
            parts.append(added(live(world, number) for number in chunk))
            progress(len(chunk))
        return added(parts)
    parts = []
    with ProcessPoolExecutor(processes, get_context("spawn"), _take, (world,)) as pool:
        for chunk, part in zip(chunks, pool.map(_lives, chunks), strict=True):
            parts.append(part)
            progress(len(chunk))
    return added(parts)


def _take(world: World) -> None:
    """Keep what is shared once in each process."""
    _WORLD[:] = [world]


def _lives(numbers: range) -> Counts:
    return added(live(_WORLD[0], number) for number in numbers)

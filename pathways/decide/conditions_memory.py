"""What conditions need remembered between evaluations, and when they change by time alone."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from datetime import datetime

from pathways.decide.conditions_env import Environment, Truth
from pathways.decide.conditions_run import held_until, memory_key, truth
from pathways.lang.plan_cond import And, AtLeast, Cond, HeldFor, InARow, InSeries, NOfM, Not, Or


def timed_nodes(cond: Cond) -> Iterator[HeldFor | AtLeast]:
    """The parts of a condition that need memory: ``for <duration>`` and ``at_least … within``."""
    if isinstance(cond, HeldFor):
        yield cond
        yield from timed_nodes(cond.of)
    elif isinstance(cond, And | Or):
        for part in cond.parts:
            yield from timed_nodes(part)
    elif isinstance(cond, AtLeast):
        if cond.within is not None:
            yield cond
        for part in cond.of:
            yield from timed_nodes(part)
    elif isinstance(cond, Not | InARow | NOfM | InSeries):
        yield from timed_nodes(cond.of)


def remember(cond: Cond, env: Environment, memory: MutableMapping[str, datetime]) -> None:
    """Notes at ``env.now`` since when each ``for <duration>`` has held and when members were last true.

    To be called at every evaluation of a condition that has ``timed_nodes``, with the mapping that
    ``env.memory`` shows. An unknown evaluation breaks ``for <duration>``: it was not true.
    """
    for node in timed_nodes(cond):
        key = memory_key(node)
        if isinstance(node, HeldFor):
            if truth(node.of, env) is Truth.TRUE:
                memory.setdefault(key, env.now)
            else:
                memory.pop(key, None)
            continue
        for index, part in enumerate(node.of):
            if truth(part, env) is Truth.TRUE:
                memory[f"{key}.{index}"] = env.now


def next_change(cond: Cond, env: Environment) -> datetime | None:
    """The next instant after ``env.now`` at which the condition may become true by time alone, else None."""
    found: datetime | None = None
    for node in timed_nodes(cond):
        if isinstance(node, HeldFor):
            due = held_until(node, env.memory.get(memory_key(node)), env)
            if due is not None and due > env.now and (found is None or due < found):
                found = due
    return found

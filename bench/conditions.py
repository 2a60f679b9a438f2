"""Conditions: compared with a CEL engine (Rust), and how fast both judge."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Final

import cel

from bench.expressions import Given, Pair, examples
from bench.show import Row, Table
from pathways.decide.conditions import Truth, explain, truth, verdict

UNKNOWN_TO_CEL: Final = (RuntimeError, ZeroDivisionError)
"""A name that has no value, and a division by nothing. What is no CEL is refused before, as ValueError."""
SPEED: Final = 1000
"""So many different conditions are timed: a hospital's pathways together."""


def in_cel(text: str, world: Given) -> Truth:
    """What CEL says; its errors are our unknown."""
    return _judged(cel.compile(text), world)


def _judged(program: cel.Program, world: Given) -> Truth:
    try:
        found = program.execute(world.variables())
    except UNKNOWN_TO_CEL:
        return Truth.UNKNOWN
    if not isinstance(found, bool):
        raise TypeError(f"{found!r} is no answer")
    return Truth.TRUE if found else Truth.FALSE


def compared(pairs: Iterable[tuple[Pair, Given]]) -> Iterator[tuple[Pair, Truth, Truth, Given]]:
    """Each condition with both answers: ours, CEL's."""
    for pair, world in pairs:
        yield pair, truth(pair.cond, world), in_cel(pair.cel, world), world


def figures(number: int, seed: int) -> list[Table]:
    """The tables. Raises RuntimeError when an answer differs."""
    answers: Counter[str] = Counter()
    begin = time.process_time()
    for pair, ours, theirs, world in compared(examples(number, seed)):
        if ours is not theirs:
            raise RuntimeError(f"{pair.phrase or pair.cel}: {ours.name}, CEL {theirs.name}, where {world.known}")
        answers[ours.name.lower()] += 1
    taken = time.process_time() - begin
    heads = ("random conditions and worlds", "true", "false", "unknown", "different", "CPU s")
    row: Row = (number, answers["true"], answers["false"], answers["unknown"], 0, round(taken, 1))
    return [Table("Conditions against a CEL engine", heads, [row]), _speed(seed)]


def _speed(seed: int) -> Table:
    pairs = list(examples(SPEED, seed))
    programs = [(cel.compile(pair.cel), world.variables()) for pair, world in pairs]

    def with_cel() -> None:
        for program, variables in programs:
            with suppress(*UNKNOWN_TO_CEL):
                program.execute(variables)

    def with_ours() -> None:
        for pair, world in pairs:
            truth(pair.cond, world)

    def with_reasons() -> None:
        for pair, world in pairs:
            verdict(pair.cond, world)

    def in_words() -> None:
        for pair, world in pairs:
            explain(verdict(pair.cond, world), "zh")

    rows = [
        _timed("carepath: true, false, unknown", with_ours),
        _timed("carepath: verdict with every part's value", with_reasons),
        _timed("carepath: verdict said in words", in_words),
        _timed("CEL engine (Rust): true, false, error", with_cel),
    ]
    return Table(f"{SPEED} conditions, compiled", ("", "conditions a second", "µs a verdict"), rows)


def _timed(name: str, work: Callable[[], None], times: int = 5) -> Row:
    work()
    taken = []
    for _ in range(times):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return name, round(SPEED / min(taken)), round(min(taken) / SPEED * 1e6, 2)

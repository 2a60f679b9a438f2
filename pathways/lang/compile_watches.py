"""Screens over single readings: which reading must wake a journey at once.

A screen lets through at least every reading that could make its condition true: parts that speak of more than the
reading (counts, facts, steps) are taken as true. A reading that no screen lets through waits for the next thing due.
Red is another matter, since a red screen speaks to the patient: see ``compile_red``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from pathways.lang.compile_red import RedScreen
from pathways.lang.plan import Decision, Derived, Phase, Rule, Step, Watch
from pathways.lang.plan_base import Part
from pathways.lang.plan_cond import (
    Always,
    And,
    Arith,
    AtLeast,
    Between,
    Compare,
    Cond,
    DecisionIs,
    DerivedRef,
    HeldFor,
    InARow,
    Known,
    Literal_,
    MeasureRef,
    NOfM,
    Not,
    Or,
    ParamRef,
)
from pathways.lang.plan_when import AsSoonAs


def compile_watches(
    rules: tuple[Rule, ...],
    phases: tuple[Phase, ...],
    throughout: tuple[Step, ...],
    derived: Mapping[str, Derived],
    decisions: Mapping[str, Decision],
) -> tuple[Watch, ...]:
    """The screens of all rules, ``leave`` rows and ``as soon as`` steps, in the order of the document."""
    # A value judged at the end of its block changes then and not with a reading.
    at_once = {name: d.measure for name, d in derived.items() if d.judge == "reading"}
    # A decision over the data as they stand changes with every reading its rows look at.
    known = _Known(at_once, decisions)
    made: list[Watch] = []
    for name, cond, level in _conditions(rules, phases, throughout):
        for measure in sorted(_measures(cond, known)):
            screen = _Screen(measure, known)
            red = screen.red(cond) if level == "red" else None
            waking = screen.of(cond) if red is None else None
            if red is not None:
                made.append(Watch(measure=measure, level="red", cond=red, rule=name))
            elif waking is not None:  # what no reading makes red by itself is left to the tick
                made.append(Watch(measure=measure, level="wake", cond=waking, rule=name))
    return tuple(made)


def _conditions(
    rules: tuple[Rule, ...], phases: tuple[Phase, ...], throughout: tuple[Step, ...]
) -> Iterator[tuple[str, Cond, Literal["red", "wake"]]]:
    for rule in rules:
        yield rule.id, rule.cond, "red" if rule.level == "red" else "wake"
    for phase in phases:
        for row in phase.leave:
            if not isinstance(row.test, str):
                yield row.path, row.test, "wake"
    for step in (*throughout, *(s for phase in phases for s in phase.steps)):
        if isinstance(step.when.base, AsSoonAs):
            yield step.path, step.when.base.cond, "wake"
        for ending in (step.drop_when, step.satisfied_by):
            if ending is not None:
                yield step.path, ending, "wake"


def _children(part: Any) -> Iterator[Any]:
    for _, value in part if isinstance(part, Part) else ():
        yield from value if isinstance(value, tuple) else (value,)


class _Known(NamedTuple):
    """What stands behind names: the measure of a value that changes with each reading, and decision tables."""

    at_once: Mapping[str, str]
    decisions: Mapping[str, Decision]


def _measures(part: Any, known: _Known) -> set[str]:
    """The measures whose single readings a condition depends on."""
    if isinstance(part, MeasureRef):
        return {part.measure}
    if isinstance(part, DerivedRef):
        return {known.at_once[part.derived]} if part.derived in known.at_once else set()
    if isinstance(part, DecisionIs):
        tokens = known.decisions[part.decision].inputs if not part.form and part.decision in known.decisions else ()
        return {token[2:] for token in tokens if token.startswith("m:")}
    return {m for child in _children(part) for m in _measures(child, known)}


class _Screen:
    """Reduces conditions to what one reading of ``measure`` decides."""

    def __init__(self, measure: str, known: _Known) -> None:
        self.measure = measure
        self.known = known

    def of(self, cond: Cond) -> Cond | None:
        """``cond`` over one reading; None when such a reading cannot make it true."""
        match cond:
            case And():
                return self._all(cond.parts)
            case Or():
                return self._any(cond.parts)
            case AtLeast():
                return self._any(cond.of)
            case InARow() | NOfM() | HeldFor():
                return self._held(cond.of)
            case Compare():
                return self._compared(cond, (cond.left, cond.right))
            case Between():
                return self._compared(cond, (cond.of, cond.low, cond.high))
            case Not() | Known() | DecisionIs():
                return Always() if self.measure in _measures(cond, self.known) else None
            case _:
                return None

    def red(self, cond: Cond) -> Cond | None:
        """Where one reading makes ``cond`` true by itself; None where none does."""
        return RedScreen(lambda part: self.measure in _measures(part, self.known), self._exact).of(cond)

    def _held(self, cond: Cond) -> Cond | None:
        """As ``of``, where it is not enough that a reading makes one part of an ``or`` true: another may be already."""
        screen = self.of(cond)
        return Always() if screen is not None and self._elsewhere(cond) else screen

    def _elsewhere(self, cond: Cond) -> bool:
        """Whether ``cond`` can be true whatever the reading."""
        if isinstance(cond, Or | AtLeast):
            parts = cond.parts if isinstance(cond, Or) else cond.of
            return any(self.of(part) is None or self._elsewhere(part) for part in parts)
        return False

    def _all(self, parts: tuple[Cond, ...]) -> Cond | None:
        screens = [self._held(part) for part in parts]
        if all(screen is None for screen in screens):
            return None
        kept = tuple(s for s in screens if s is not None and not isinstance(s, Always))
        if not kept:
            return Always()
        return kept[0] if len(kept) == 1 else And(parts=kept)

    def _any(self, parts: tuple[Cond, ...]) -> Cond | None:
        kept = tuple(s for s in (self.of(part) for part in parts) if s is not None)
        if any(isinstance(s, Always) for s in kept):
            return Always()
        if not kept:
            return None
        return kept[0] if len(kept) == 1 else Or(parts=kept)

    def _compared(self, cond: Compare | Between, sides: tuple[Any, ...]) -> Cond | None:
        if self.measure not in _measures(cond, self.known):
            return None
        return cond if all(self._single(side) for side in sides) else Always()

    def _exact(self, cond: Compare | Between) -> bool:
        sides = (cond.left, cond.right) if isinstance(cond, Compare) else (cond.of, cond.low, cond.high)
        return all(self._single(side) for side in sides)

    def _single(self, value: Any) -> bool:
        """Whether a value is known from one reading and the patient's parameters."""
        if isinstance(value, Arith):
            return self._single(value.left) and self._single(value.right)
        return isinstance(value, Literal_ | ParamRef) or (
            isinstance(value, MeasureRef) and value.measure == self.measure
        )

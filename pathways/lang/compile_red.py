"""Red screens: which reading is red by itself, before the run has looked at it.

A red screen sends the first words to the patient, so it is true only where the rule is: what one reading and the facts
of the patient cannot tell (counts, means, steps, verdicts of tables, other measures) stays unknown in it, and unknown
wakes the run, which decides. A part that does not look at the reading cannot become true by it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pathways.lang.plan_cond import (
    And,
    AtLeast,
    Between,
    Compare,
    Cond,
    HeldFor,
    InARow,
    NOfM,
    Not,
    Or,
)
from pathways.lang.plan_red import UNKNOWN, of_facts


class RedScreen:
    """Reduces the condition of a red rule to what one reading decides. ``looks``: whether a part looks at the reading;
    ``exact``: whether a comparison is told by the reading and parameters alone."""

    def __init__(self, looks: Callable[[Any], bool], exact: Callable[[Compare | Between], bool]) -> None:
        self._looks, self._exact = looks, exact

    def of(self, cond: Cond) -> Cond | None:
        """True only where the reading makes ``cond`` true; None where no reading can make it red by itself."""
        made = self._may(cond)
        return None if made is None or _never(made) else made

    def _may(self, cond: Cond) -> Cond | None:
        """``cond`` where the reading bears on it; None where it does not."""
        if not self._looks(cond):
            return None
        match cond:
            case Or():  # what does not look at the reading does not become true by it
                parts = tuple(made for part in cond.parts if (made := self._may(part)) is not None)
                return parts[0] if len(parts) == 1 else Or(parts=parts)
            case InARow() | NOfM() | HeldFor():
                return And(parts=(self._told(cond.of), UNKNOWN))
            case AtLeast():
                return And(parts=(self._may(Or(parts=cond.of)) or UNKNOWN, UNKNOWN))
            case _:
                return self._told(cond)

    def _told(self, cond: Cond) -> Cond:
        """``cond`` with everything unknown that the reading and the facts do not tell: its opposite is as sure."""
        match cond:
            case Not():
                return Not(of=self._told(cond.of))
            case And():
                return And(parts=tuple(self._told(part) for part in cond.parts))
            case Or():
                return Or(parts=tuple(self._told(part) for part in cond.parts))
            case Compare() | Between() if self._looks(cond) and self._exact(cond):
                return cond
            case _:
                return cond if of_facts(cond) else UNKNOWN


def _never(cond: Cond) -> bool:
    """Whether a screen is never true, whatever the reading."""
    match cond:
        case And():
            return any(_never(part) for part in cond.parts)
        case Or():
            return all(_never(part) for part in cond.parts)
        case Not():
            return cond.of == UNKNOWN
        case _:
            return cond == UNKNOWN

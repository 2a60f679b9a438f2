"""The part of a compiled rule that guides treat-and-repeat: treat, measure again, settle, repeat or call a person."""

from __future__ import annotations

from typing import Literal

from pathways.lang.plan_base import Duration, Part
from pathways.lang.plan_cond import Cond
from pathways.lang.plan_steps import Action, Say


class GuideRow(Part):
    """What a second reading says. ``settled``: the trouble is over, and ``do`` closes with it; else ``do`` hands over
    to people and the guidance ends."""

    path: str
    cond: Cond
    settled: bool = False
    do: tuple[Action, ...] = ()


class Guide(Part):
    """``episode`` of a rule. Each round says ``say`` and waits for a reading of ``measure`` inside [after, within];
    ``message`` (else a reminder) goes out when the wait opens. Rows are looked at from the top; the first unknown one,
    or no reading in time, is ``unknown``. With no true row another round begins, ``times`` more at most, then
    ``afterwards``."""

    path: str
    say: tuple[Say, ...]
    measure: str
    message: str | None = None
    after: Duration
    within: Duration
    rows: tuple[GuideRow, ...] = ()
    unknown: tuple[Action, ...]
    times: int
    afterwards: tuple[Action, ...]

    def actions(self) -> tuple[Action, ...]:
        """All that may be done, in the order of the document."""
        return (*self.say, *(action for row in self.rows for action in row.do), *self.unknown, *self.afterwards)


GuideLine = Literal["say", "measure", "if", "unknown", "else"]
"""The kinds of line of an ``episode``, in the order in which they stand."""

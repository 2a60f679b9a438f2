"""The compiled screens of a patient over one incoming reading: does it wake the run, is it red?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from pydantic import TypeAdapter

from pathways.decide.conditions import NothingDecided, Sample, TakeValues, Truth, Unknown, truth
from pathways.lang.plan_cond import Cond

_COND: Final[TypeAdapter[Any]] = TypeAdapter(Cond)


@dataclass(frozen=True, slots=True)
class Screen:
    """One row of ``SetWatches``: a condition on a single reading of a catalogue measure.

    ``message``: what a red one may send at once, ``{template, text: {en, zh}, channels, topic, private}``, or None.
    """

    measure: str
    level: str
    cond: str
    rule: str
    enrolment: str
    message: Mapping[str, Any] | None = None


class OneReading(NothingDecided):
    """The environment of a condition that speaks of one reading only: everything else is unknown."""

    def __init__(self, at: datetime, components: Mapping[str, Decimal]) -> None:
        self._at = at
        self._components = components

    @property
    def now(self) -> datetime:
        """The time of the reading."""
        return self._at

    @property
    def zone(self) -> str:
        """No condition on a single reading counts days."""
        return "UTC"

    @property
    def memory(self) -> Mapping[str, datetime]:
        """Nothing is remembered."""
        return {}

    def measure(self, measure: str, component: str) -> Sample | Unknown:
        """A component of the reading, under whatever name the pathway gives the measure."""
        del measure
        value = self._components.get(component)
        return Unknown("no_value") if value is None else Sample(value, self._at)

    def takes(self, measure: str, count: int) -> Sequence[TakeValues]:
        """No history."""
        del measure, count
        return ()

    def derived(self, derived: str, component: str) -> Sample | Unknown:
        """No history."""
        del derived, component
        return Unknown("no_reading")

    def fact(self, fact: str) -> None:
        """Unknown here; parameters that depend on facts are already numbers."""
        del fact

    def param(self, param: str) -> None:
        """The compiled screens hold numbers, so this is never needed."""
        del param

    def form_field(self, step: str, field: str) -> None:
        """No forms."""
        del step, field

    def last_end(self, step: str, phase: str | None, any_phase: bool) -> None:
        """No steps."""
        del step, phase, any_phase

    def ends(self, step: str, phase: str | None, count: int) -> Sequence[str]:
        """No steps."""
        del step, phase, count
        return ()


def matching(screens: Sequence[Screen], measure: str, at: datetime, components: Mapping[str, Decimal]) -> list[Screen]:
    """The screens a reading matches. Unknown is never normal: what cannot be judged here wakes the run instead."""
    env = OneReading(at, components)
    out = []
    for screen in screens:
        if screen.measure != measure:
            continue
        value = truth(condition(screen.cond), env)
        if value is Truth.TRUE:
            out.append(screen)
        elif value is Truth.UNKNOWN:
            out.append(replace(screen, level="wake"))
    return out


@lru_cache(maxsize=4096)
def condition(text: str) -> Cond:
    """A condition from its JSON text."""
    parsed: Cond = _COND.validate_json(text)
    return parsed

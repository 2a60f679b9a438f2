"""An environment of conditions that stands on another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pathways.decide.conditions_env import (
    DecidedValue,
    Environment,
    FactValue,
    FieldValue,
    Number,
    Sample,
    StepEnd,
    TakeValues,
    Unknown,
)
from pathways.lang.plan_cond import DecisionIs, InSeries


class Within:
    """Another environment, of which what inherits from this answers some things by itself."""

    __slots__ = ("_base",)

    def __init__(self, base: Environment) -> None:
        self._base = base

    @property
    def now(self) -> datetime:
        """As the other environment has it."""
        return self._base.now

    @property
    def zone(self) -> str:
        """As the other environment has it."""
        return self._base.zone

    @property
    def memory(self) -> Mapping[str, datetime]:
        """As the other environment has it."""
        return self._base.memory

    def measure(self, measure: str, component: str) -> Sample | Unknown:
        """As the other environment has it."""
        return self._base.measure(measure, component)

    def takes(self, measure: str, count: int) -> Sequence[TakeValues]:
        """As the other environment has it."""
        return self._base.takes(measure, count)

    def derived(self, derived: str, component: str) -> Sample | Unknown:
        """As the other environment has it."""
        return self._base.derived(derived, component)

    def fact(self, fact: str) -> FactValue | None:
        """As the other environment has it."""
        return self._base.fact(fact)

    def param(self, param: str) -> Number | None:
        """As the other environment has it."""
        return self._base.param(param)

    def form_field(self, step: str, field: str) -> FieldValue | None:
        """As the other environment has it."""
        return self._base.form_field(step, field)

    def last_end(self, step: str, phase: str | None, any_phase: bool) -> StepEnd | None:
        """As the other environment has it."""
        return self._base.last_end(step, phase, any_phase)

    def ends(self, step: str, phase: str | None, count: int) -> Sequence[str]:
        """As the other environment has it."""
        return self._base.ends(step, phase, count)

    def decision(self, test: DecisionIs) -> DecidedValue | None:
        """As the other environment has it."""
        return self._base.decision(test)

    def verdicts(self, series: InSeries) -> Sequence[Environment]:
        """As the other environment has it."""
        return self._base.verdicts(series)

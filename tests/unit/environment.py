"""A small environment for conditions, set by the tables and by generated examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from pathways.decide.conditions import (
    FactValue,
    FieldValue,
    NothingDecided,
    Sample,
    StepEnd,
    TakeValues,
    Unknown,
)

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
PARAMS = {
    "high": Decimal(135),
    "low": Decimal(90),
    "bp_high": Decimal(180),
    "high_kpa": Decimal(24),
    "gain": Decimal(1500),
}


class Known(NothingDecided):
    """Implements ``conditions.Environment``; what is not set is unknown."""

    def __init__(self) -> None:
        self.now = NOW
        self.zone = "UTC"
        self.memory: Mapping[str, datetime] = {}
        self.measures: dict[str, Decimal] = {}
        self.facts: dict[str, FactValue] = {}
        self.fields: dict[str, FieldValue] = {}
        self.steps: dict[str, StepEnd] = {}
        self.ended: list[str] = []
        self.means: list[Decimal] = []
        self.params: dict[str, Decimal] = dict(PARAMS)

    def measure(self, measure: str, component: str) -> Sample | Unknown:
        value = self.measures.get(f"{measure}.{component}")
        return Unknown("no_reading") if value is None else Sample(value, NOW, "home")

    def takes(self, measure: str, count: int) -> Sequence[TakeValues]:
        return [TakeValues({"systolic": value, "diastolic": value}, NOW) for value in self.means[-count:]]

    def derived(self, derived: str, component: str) -> Sample | Unknown:
        value = self.measures.get(f"{derived}.{component}")
        return Unknown("too_few", 8, 12) if value is None else Sample(value, NOW, "bp", 12, NOW)

    def fact(self, fact: str) -> FactValue | None:
        return self.facts.get(fact)

    def param(self, param: str) -> Decimal | None:
        return self.params.get(param)

    def form_field(self, step: str, field: str) -> FieldValue | None:
        return self.fields.get(f"{step}.{field}")

    def last_end(self, step: str, phase: str | None, any_phase: bool) -> StepEnd | None:
        return self.steps.get(step)

    def ends(self, step: str, phase: str | None, count: int) -> Sequence[str]:
        return self.ended[-count:]

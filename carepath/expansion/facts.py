"""The facts given to ``carepath expand``, read and judged; and what conditions may ask while all goes to plan."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pathways.decide.calendar import CUSTOMARY, local_date
from pathways.decide.case import fact_value
from pathways.decide.conditions import (
    NOT_APPLICABLE,
    FactValue,
    FieldValue,
    NothingMeasured,
    StepEnd,
    Truth,
    truth,
)
from pathways.decide.medicines import Prescription, prescription_from_json
from pathways.lang.plan import Fact, Plan
from pathways.lang.units import comparable, convert, unit_of

Json = Any
_NUMBERS = frozenset({"age", "quantity", "count", "number"})
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


class FactsRefusedError(ValueError):
    """A given fact is unknown or has the wrong shape; the message says which and what is wanted."""


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of the patient. ``anchors`` are the dates and moments among the facts."""

    facts: Mapping[str, Json] = field(default_factory=dict[str, Json])
    anchors: Mapping[str, datetime | date] = field(default_factory=dict[str, "datetime | date"])
    customary: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, "tuple[int, int]"])
    medicines: Mapping[str, tuple[Prescription, ...]] = field(default_factory=dict[str, tuple[Prescription, ...]])


def read_facts(plan: Plan, given: Mapping[str, Json]) -> Given:
    """The facts of ``--facts``, each in the type its pathway declares.

    Raises:
        FactsRefusedError: A fact the pathway does not have, or a value of another type or without its unit.
    """
    facts: dict[str, Json] = {}
    anchors: dict[str, datetime | date] = {}
    medicines: dict[str, tuple[Prescription, ...]] = {}
    for name, value in given.items():
        if name == "customary_times":
            continue
        spec = plan.facts.get(name)
        if spec is None and name != plan.counts_from:
            known = ", ".join(sorted({*plan.facts, "customary_times"}))
            raise FactsRefusedError(f"{name}: this pathway has no such fact; it has {known}")
        kind = spec.type if spec is not None else "moment"
        if kind in {"date", "moment"}:
            anchors[name] = _moment(name, value)
            facts[name] = str(value)
        elif kind == "medicines":
            medicines[name] = _medicines(name, value)
            facts[name] = value
        else:
            assert spec is not None
            facts[name] = _fact(spec, value)
    return Given(facts, anchors, _customary(given.get("customary_times") or {}), medicines)


def _moment(name: str, value: Json) -> datetime | date:
    text = str(value)
    try:
        found = date.fromisoformat(text) if len(text) == len("2026-03-02") else datetime.fromisoformat(text)
    except ValueError as error:
        raise FactsRefusedError(f"{name}: {text!r} is not an ISO date or date and time") from error
    if isinstance(found, datetime) and found.tzinfo is None:
        raise FactsRefusedError(f"{name}: {text!r} has a time but no offset; add one, for example +08:00")
    return found


def _medicines(name: str, value: Json) -> tuple[Prescription, ...]:
    if not isinstance(value, list):
        raise FactsRefusedError(f"{name}: a list of prescriptions is wanted")
    try:
        return tuple(prescription_from_json(item) for item in value)
    except (ValueError, TypeError, AttributeError) as error:
        raise FactsRefusedError(f"{name}: {error}") from error


def _fact(spec: Fact, value: Json) -> Json:
    if spec.type in _NUMBERS:
        return _number(spec, value)
    if spec.type == "codes":
        if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
            raise FactsRefusedError(f"{spec.id}: a list of codes is wanted")
        return value
    if spec.type == "yes_no" and value not in (True, False, "yes", "no"):
        raise FactsRefusedError(f"{spec.id}: yes or no is wanted")
    if spec.options and value not in spec.options:
        raise FactsRefusedError(f"{spec.id}: one of {', '.join(spec.options)} is wanted")
    return value


def _number(spec: Fact, value: Json) -> str:
    unit = "a" if spec.type == "age" else spec.unit or "1"
    number, given_unit = (value.get("value"), value.get("unit")) if isinstance(value, dict) else (value, unit)
    if isinstance(number, bool) or not isinstance(number, int | float | str):
        raise FactsRefusedError(f"{spec.id}: a number, or {{value, unit}}, is wanted")
    try:
        found = Decimal(str(number))
    except InvalidOperation as error:
        raise FactsRefusedError(f"{spec.id}: {number!r} is not a number") from error
    if not found.is_finite():
        raise FactsRefusedError(f"{spec.id}: {number!r} is not a number")
    if not isinstance(given_unit, str) or unit_of(given_unit) is None or not comparable(given_unit, unit):
        raise FactsRefusedError(f"{spec.id}: the unit {given_unit!r} is not one of {unit!r}")
    return str(convert(found, given_unit, unit))


def _customary(value: Json) -> dict[str, tuple[int, int]]:
    if not isinstance(value, dict):
        raise FactsRefusedError("customary_times: an object of name and time is wanted")
    found: dict[str, tuple[int, int]] = {}
    for name, text in value.items():
        if name not in CUSTOMARY:
            raise FactsRefusedError(f"customary_times: {name} is not one of {', '.join(CUSTOMARY)}")
        clock = _CLOCK.fullmatch(str(text))
        if clock is None:
            raise FactsRefusedError(f"customary_times: {name} wants a time as 07:30, not {text!r}")
        found[name] = (int(clock[1]), int(clock[2]))
    return found


class AsPlanned(NothingMeasured):
    """The environment of conditions while every step is done at its due instant and nothing is measured.

    ``done`` holds what has ended so far: step path -> how it ended last. ``phase`` is the present phase.
    """

    def __init__(self, plan: Plan, given: Given, zone: str, now: datetime, profile: str | None) -> None:
        self.plan = plan
        self.given = given
        self.zone = zone
        self.now = now
        self.profile = profile
        self.phase = plan.first_phase
        self.memory: Mapping[str, datetime] = {}
        self.done: dict[str, StepEnd] = {}
        self.forgotten: dict[str, StepEnd] = {}

    def fact(self, fact: str) -> FactValue | None:
        """A given fact."""
        spec = self.plan.facts.get(fact)
        if spec is not None and spec.applies_if is not None and truth(spec.applies_if, self) is Truth.FALSE:
            return NOT_APPLICABLE
        value = self.given.facts.get(fact)
        if value is None or spec is None:
            return None
        return fact_value(spec.type, value, local_date(self.now, self.zone))

    def param(self, param: str) -> Decimal | None:
        """The value for the profile; rows for patients by the given facts."""
        spec = self.plan.parameters[param]
        for row in spec.by_patient:
            if truth(row.cond, self) is Truth.TRUE:
                return row.value.value
        if self.profile is not None and self.profile in spec.by_profile:
            return spec.by_profile[self.profile].value.value
        return None if spec.value is None else spec.value.value.value

    def form_field(self, step: str, field: str) -> FieldValue | None:
        """Nobody says what is filled in."""
        return None

    def last_end(self, step: str, phase: str | None, any_phase: bool) -> StepEnd | None:
        """How a step ended last, by what was planned so far."""
        if any_phase:
            ends = [end for path, end in {**self.forgotten, **self.done}.items() if path.split(".")[-1] == step]
            return max(ends, key=lambda end: end.at, default=None)
        for place in (phase or self.phase, "throughout"):
            if f"{place}.{step}" in self.done:
                return self.done[f"{place}.{step}"]
        return None

    def ends(self, step: str, phase: str | None, count: int) -> Sequence[str]:
        """Nothing is missed."""
        return ()

    def enter(self, phase: str, now: datetime) -> None:
        """A new visit of a phase: what its steps came to before is forgotten."""
        self.phase, self.now = phase, now
        for path in [path for path in self.done if path.startswith(f"{phase}.")]:
            self.forgotten[path] = self.done.pop(path)

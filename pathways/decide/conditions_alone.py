"""Conditions of a form asked of nothing but the form: everything else is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pathways.decide.case import field_value
from pathways.decide.conditions_env import FactValue, FieldValue, NothingMeasured, Number, StepEnd
from pathways.lang.plan import Plan


@dataclass(slots=True)
class FormAlone(NothingMeasured):
    """Implements ``conditions.Environment`` for a form that somebody fills in before anything is sent."""

    plan: Plan
    form: Mapping[str, Any]
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    zone: str = "UTC"

    @property
    def memory(self) -> Mapping[str, datetime]:
        """Nothing has held for any time."""
        return {}

    def fact(self, fact: str) -> FactValue | None:
        """Unknown."""
        return None

    def param(self, param: str) -> Number | None:
        """The value as written; unknown where it depends on the patient or the profile."""
        written = self.plan.parameters[param]
        fixed = written.value is not None and not written.by_profile and not written.by_patient
        return written.value.value.value if written.value is not None and fixed else None

    def form_field(self, step: str, field: str) -> FieldValue | None:
        """An answer of this form; those of other forms are unknown."""
        return None if step else field_value(self.form.get(field))

    def last_end(self, step: str, phase: str | None, any_phase: bool) -> StepEnd | None:
        """Nothing has ended."""
        return None

    def ends(self, step: str, phase: str | None, count: int) -> Sequence[str]:
        """Nothing has ended."""
        return ()

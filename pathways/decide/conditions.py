"""Three-valued evaluation of compiled conditions.

``truth(cond, env)`` is the fast path: each condition is compiled once to a closure. ``verdict(cond, env)``
gives the same value with an explanation. Missing is unknown, never false; ``<step> is`` and ``missed n
times`` are false until so, never unknown; every test on a fact that does not apply is false.
"""

from __future__ import annotations

from pathways.decide.conditions_env import (
    NOT_APPLICABLE,
    DecidedValue,
    Environment,
    FactValue,
    FieldValue,
    Finding,
    NotApplicable,
    NothingDecided,
    NothingMeasured,
    Sample,
    StepEnd,
    TakeValues,
    Truth,
    Unknown,
    Verdict,
)
from pathways.decide.conditions_memory import next_change, remember
from pathways.decide.conditions_run import truth
from pathways.decide.conditions_values import age_years
from pathways.decide.explain import explain, finding_to_json, verdict

__all__ = [
    "NOT_APPLICABLE",
    "DecidedValue",
    "Environment",
    "FactValue",
    "FieldValue",
    "Finding",
    "NotApplicable",
    "NothingDecided",
    "NothingMeasured",
    "Sample",
    "StepEnd",
    "TakeValues",
    "Truth",
    "Unknown",
    "Verdict",
    "age_years",
    "explain",
    "finding_to_json",
    "next_change",
    "remember",
    "truth",
    "verdict",
]

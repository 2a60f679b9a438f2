"""What the screens of the plan say of facts: filled in for each patient, since the ingest does not know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pathways.lang.plan_cond import (
    Always,
    And,
    Between,
    Compare,
    Cond,
    FactRef,
    Has,
    Is,
    Literal_,
    Not,
    OneOf,
    Or,
    ParamRef,
)

UNKNOWN: Final[Cond] = Compare(op="=", left=Literal_(), right=Literal_())
"""A condition that nobody can tell."""
_TRUE: Final[Cond] = Always()
_FACTS: Final = (FactRef, Literal_, ParamRef)


def of_facts(cond: Cond) -> bool:
    """Whether a condition speaks of facts of the patient only: it is told when the screens are set."""
    match cond:
        case Is() | OneOf():
            return isinstance(cond.of, _FACTS)
        case Has():
            return True
        case Compare():
            return cond != UNKNOWN and isinstance(cond.left, _FACTS) and isinstance(cond.right, _FACTS)
        case Between():
            return all(isinstance(one, _FACTS) for one in (cond.of, cond.low, cond.high))
        case _:
            return False


def facts_told(cond: Cond, holds: Callable[[Cond], bool]) -> Cond:
    """``cond`` with its facts filled in. Facts that are not, or not yet, so are unknown: with them the run decides,
    since ages pass their bounds and facts run out while nobody sets the screens anew."""
    if of_facts(cond):
        return _TRUE if holds(cond) else UNKNOWN
    match cond:
        case Not():
            inner = cond.of
            return _TRUE if of_facts(inner) and holds(cond) else Not(of=facts_told(inner, holds))
        case And() | Or():
            return cond.model_copy(update={"parts": tuple(facts_told(part, holds) for part in cond.parts)})
        case _:
            return cond

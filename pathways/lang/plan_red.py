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
    """``cond`` with its facts filled in where they speak for red. What speaks against it is unknown:
    ages pass their bounds and facts run out while nobody sets the screens anew, so the run decides."""
    return _told(cond, holds, opposite=False)


def _told(cond: Cond, holds: Callable[[Cond], bool], *, opposite: bool) -> Cond:
    if of_facts(cond):
        if opposite:
            return Not(of=_TRUE) if holds(Not(of=cond)) else UNKNOWN
        return _TRUE if holds(cond) else UNKNOWN
    match cond:
        case Not():
            return Not(of=_told(cond.of, holds, opposite=not opposite))
        case And() | Or():
            parts = tuple(_told(part, holds, opposite=opposite) for part in cond.parts)
            return cond.model_copy(update={"parts": parts})
        case _:
            return cond

"""Numbers of one name in several pathways of a patient: the answer that a pathway states for their conflict (`merge`).

Only what both may set for a patient (`adjustable`) is merged, and only inside the bounds of each: a number that a
pathway fixes, an emergency threshold above all, stands. What a person set for this patient stands above what nobody
set.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.lang.plan import Parameter

RUNNING = ("active", "paused")


class Answer(NamedTuple):
    """The value that holds for all, in which pathway it stands, and what was stated; ``case`` None: no answer."""

    value: Decimal | None
    case: Case | None
    how: str


def stated(case: Case, name: str) -> bool:
    """Whether a running pathway of the patient states an answer for this number of this case and of another."""
    if len(case.run.cases) < 2 or case.en.status not in RUNNING:
        return False
    sharing = _sharing(case, name)
    return len(sharing) > 1 and any(other.plan.parameters[name].merge is not None for other in sharing)


def answer(case: Case, name: str) -> Answer:
    """What the running pathways that share a number come to; without an answer each keeps its own."""
    none = Answer(None, None, "")
    sharing = _sharing(case, name)
    ways = {
        (how, other.id if how == "mine" else "")
        for other in sharing
        if (how := other.plan.parameters[name].merge) is not None
    }
    if len(sharing) < 2 or len(ways) != 1:
        return none
    ((how, owner),) = ways
    known = [(value, other) for other in sharing if (value := other.own_param(name)) is not None]
    set_by_people = [(value, other) for value, other in known if _set_by_person(other, name)]
    chosen = set_by_people or known
    if how == "mine":
        chosen = [row for row in chosen if row[1].id == owner] or (chosen if len({v for v, _ in chosen}) == 1 else [])
    if not chosen:
        return none
    value, whose = (max if how == "highest" else min)(chosen, key=lambda row: row[0])
    if not all(_inside(other.plan.parameters[name], value) for other in sharing):
        return none
    return Answer(value, whose, how)


def _sharing(case: Case, name: str) -> list[Case]:
    """The running pathways with this number, in one unit, that may be set for a patient; in order of enrolment.

    A number that a caller told a called pathway follows the caller and is not compared with it.
    """
    mine = case.plan.parameters.get(name)
    if mine is None:
        return []
    found = []
    for other in case.run.cases.values():
        theirs = other.plan.parameters.get(name)
        if theirs is None or theirs.unit != mine.unit or theirs.adjustable is None or other.en.status not in RUNNING:
            continue
        setting = case.run.state.settings.get(f"{other.id}|{name}")
        if setting is None or setting.role:
            found.append(other)
    return found if case in found else []


def _set_by_person(case: Case, name: str) -> bool:
    return f"{case.id}|{name}" in case.run.state.settings


def _inside(spec: Parameter, value: Decimal) -> bool:
    bounds = spec.adjustable
    return bounds is not None and bounds.low.value <= value <= bounds.high.value

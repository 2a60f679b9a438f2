"""The names a scenario may use, collected from compiled plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pathways.decide.intake import REPLY
from pathways.lang.plan import (
    AskBody,
    Decision,
    Escalate,
    FormField,
    HandoffBody,
    Measure,
    OpenTask,
    Plan,
    Step,
    TaskBody,
    TeachBody,
    VisitBody,
)
from pathways.lang.plan_advice import AdviseBody
from pathways.lang.plan_base import parts_of
from pathways.lang.plan_called import with_called
from pathways.lang.plan_handoff_words import HANDOFF_WORDS

ANY = "any"
BUILT_IN_MESSAGES = frozenset({"remind", "remind_measure", "remind_dose", "teach", "ask", "exercise", "told"})
"""Messages that the decider words itself: reminders, lessons, questions, and what a ladder tells staff."""


def plain_id(identity: str) -> str:
    """An action's id without the number that tells it from its neighbours (``crisis.2`` is ``crisis``)."""
    head, dot, tail = identity.rpartition(".")
    return head if dot and tail.isdigit() else identity


@dataclass(slots=True)
class Names:
    """Names by what they are. ``plans`` by pathway id."""

    plans: Mapping[str, Plan]
    steps: dict[str, list[tuple[str, Step]]] = field(default_factory=dict)
    tasks: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    phases: set[str] = field(default_factory=set)
    rules: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    facts: set[str] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)
    ladders: set[str] = field(default_factory=set)
    derived: set[str] = field(default_factory=set)
    decisions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)

    def of_kind(self, what: str) -> list[str]:
        """All names that ``what`` may have, sorted."""
        match what:
            case "message":
                found = self.messages | BUILT_IN_MESSAGES
            case "handoff":
                found = {name for name, steps in self.steps.items() if any(_is_handoff(s) for _, s in steps)}
            case "visit":
                found = {name for name, steps in self.steps.items() if any(_is_visit(s) for _, s in steps)}
            case "step":
                found = set(self.steps)
            case "flag":
                found = self.rules | {"red", "amber", "info", "no_data"}
            case "verdict":
                found = self.rules | self.derived | set(self.decisions)
            case "measure":
                found = set(self.measures)
            case _:
                found = set(getattr(self, what + "s"))
        return sorted(found)

    def step(self, name: str) -> tuple[str, Step] | None:
        """The pathway and step of ``name`` (``phase.step``, or a bare name: the first phase that has it)."""
        found = self.steps.get(name)
        return found[0] if found else None

    def words(self, handoff: str) -> list[str]:
        """The words that a partner may say about the handoff ``handoff``."""
        found = self.step(handoff)
        if found is None or not isinstance(found[1].body, HandoffBody):
            return []
        return [word.name for word in HANDOFF_WORDS.get(found[1].body.machine, ())]


def _is_handoff(step: Step) -> bool:
    return isinstance(step.body, HandoffBody)


def _is_visit(step: Step) -> bool:
    return isinstance(step.body, VisitBody)


def steps_of(plan: Plan) -> Iterator[Step]:
    """Every step of a plan: throughout, then phase by phase."""
    yield from plan.throughout
    for phase in plan.phases.values():
        yield from phase.steps


def _decided(decision: Decision) -> tuple[str, ...]:
    """The words a decision may come to."""
    told = (decision.unknown_word,) if decision.unknown_word is not None else ()
    return tuple(dict.fromkeys([*(row.word for row in decision.rows), *told]))


_KNOWN: dict[tuple[tuple[str, str], ...], Names] = {}
_MOST_KNOWN = 16


def names_of(plans: Mapping[str, Plan]) -> Names:
    """The names of all ``plans``. They are collected once for the same plans; nobody may change them."""
    key = tuple((name, plan.sha256) for name, plan in plans.items())
    known = _KNOWN.get(key) if all(plan.sha256 for plan in plans.values()) else None
    if known is None:
        known = _collected(plans)
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = known
    return known


def _collected(plans: Mapping[str, Plan]) -> Names:
    by_hash = with_called({plan.sha256: plan for plan in plans.values()})
    every = {plan.id: plan for plan in by_hash.values()} | dict(plans)
    names = Names(every)  # a pathway that one of them calls can be spoken of too
    for plan in every.values():
        _add(names, plan)
    return names


def _add(names: Names, plan: Plan) -> None:
    for step in steps_of(plan):
        names.steps.setdefault(step.id, []).append((plan.id, step))
        names.steps.setdefault(step.path, []).append((plan.id, step))
        if isinstance(step.body, TaskBody) and step.body.proposal is not None:
            names.decisions |= dict.fromkeys((step.id, step.path), tuple(step.body.proposal.words))
        marked = isinstance(step.body, TeachBody) and step.body.show_back is not None
        if isinstance(step.body, TaskBody | AdviseBody) or marked:
            names.tasks |= {step.id, step.path}
    for part in parts_of(plan):
        if isinstance(part, (OpenTask, Escalate)):
            names.tasks |= {part.id, plain_id(part.id)}
        elif isinstance(part, FormField) and part.type in {"photo", "voice", "signature"}:
            names.files[part.id] = part.type
    names.messages |= set(plan.messages)
    names.phases |= set(plan.phases)
    names.rules |= {rule.id for rule in plan.rules}
    names.tasks |= {quota.id for quota in plan.quotas}
    if any(isinstance(step.body, AskBody) for step in steps_of(plan)):
        names.tasks.add(REPLY)
    names.ends |= {*plan.ends, *plan.ended_by_staff}
    names.roles |= set(plan.roles)
    names.facts |= set(plan.facts)
    names.parameters |= set(plan.parameters)
    names.ladders |= set(plan.ladders)
    names.derived |= set(plan.derived) | set(plan.counted)
    names.decisions |= {name: _decided(decision) for name, decision in plan.decisions.items()}
    names.measures |= plan.measures

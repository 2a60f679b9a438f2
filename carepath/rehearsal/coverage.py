"""What of a pathway its scenarios reach: phases, steps, their windows and outcomes, branches of rules, rungs, ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from carepath.rehearsal.names import steps_of
from carepath.rehearsal.seen import Used
from pathways.lang.check_base import may_be_unknown
from pathways.lang.plan import AskBody, HandoffBody, PathwayBody, Plan, Rule, Step, TeachBody
from pathways.lang.plan_handoff_words import SILENT

_OUTCOMES: dict[str, tuple[str, ...]] = {
    "measure": ("done", "done_late", "partly", "missed"),
    "ask": ("done", "partly", "missed"),
    "group": ("done", "missed"),
    "dose": ("taken", "taken_late", "not_taken", "missed"),
    "teach": ("read", "missed"),
    "exercise": ("done", "stopped", "missed"),
    "advise": ("approved", "edited", "refused", "expired"),
    "say": ("sent",),
    "task": ("done", "cancelled"),
    "visit": ("done", "missed", "no_show"),
}
"""Endings that a step of each kind can have and that a scenario can bring about."""

KINDS = ("phases", "steps", "windows", "outcomes", "rules", "decisions", "ladders", "ends", "messages")
"""Kinds of thing whose coverage is counted, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing: what there is, what was reached."""

    name: str
    all: frozenset[str]
    reached: frozenset[str]

    @property
    def missing(self) -> list[str]:
        """What was not reached, sorted."""
        return sorted(self.all - self.reached)

    @property
    def share(self) -> float:
        """The share reached, 1.0 when there is nothing to reach."""
        return len(self.all & self.reached) / len(self.all) if self.all else 1.0


@dataclass(slots=True)
class Coverage:
    """Coverage of one pathway over all its scenarios."""

    plan: Plan
    used: Used = field(default_factory=Used)

    def parts(self) -> list[Part]:
        """Every kind of thing with what was reached of it."""
        plan, used = self.plan, self.used
        ladders = {f"{ladder.id}.{rung.tell}" for ladder in plan.ladders.values() for rung in ladder.rungs}
        return [
            _part("phases", plan.phases, used.phases),
            _part("steps", {s.path for s in steps_of(plan)}, used.planned | {path for path, _ in used.outcomes}),
            _part("windows", _windows(plan), {f"{path} {word}" for path, word in used.windows}),
            _part("outcomes", _outcomes(plan), {f"{path} {word}" for path, word in used.outcomes}),
            _part("rules", _branches(plan), {f"{_rule(path)} {value}" for path, value in used.verdicts}),
            *_tables(plan, used),
            _part("ladders", ladders, {f"{ladder}.{role}" for ladder, role in used.rungs}),
            _part("ends", {*plan.ends, *plan.ended_by_staff}, used.ends),
            _part("messages", plan.messages, used.messages),
        ]

    def to_json(self) -> dict[str, object]:
        """``{kind: {reached, of, missing}}``, counts and names."""
        return {
            part.name: {"reached": len(part.all & part.reached), "of": len(part.all), "missing": part.missing}
            for part in self.parts()
        }


def _part(name: str, everything: Mapping[str, object] | set[str], reached: set[str]) -> Part:
    return Part(name, frozenset(everything), frozenset(reached))


def _rule(path: str) -> str:
    return path.removeprefix("rules.")


def _outcomes(plan: Plan) -> set[str]:
    return {f"{step.path} {word}" for step in steps_of(plan) for word in _words(step)}


def _windows(plan: Plan) -> set[str]:
    """The stretches of the windows that are stated: open before due, late, missed."""
    stated = (
        (step.path, word, length)
        for step in steps_of(plan)
        for word, length in (
            ("early", step.window.opens_before),
            ("late", step.window.late_after),
            ("missed", step.window.missed_after),
        )
    )
    return {f"{path} {word}" for path, word, length in stated if length is not None}


def _words(step: Step) -> Iterator[str]:
    if isinstance(step.body, PathwayBody):
        return  # how the called pathway ends is covered by its own scenarios
    if isinstance(step.body, HandoffBody):
        yield from {*step.body.outcomes, *step.body.deadlines, SILENT}
        return
    never: set[str] = set()
    if step.window.missed_after is None and step.body.kind == "teach":
        never.add("missed")
    if isinstance(step.body, AskBody) and step.body.instrument is None:
        never.add("partly")  # a form of one's own is taken whole
    if isinstance(step.body, TeachBody) and (step.body.quiz is not None or step.body.show_back is not None):
        yield "passed"
    yield from (word for word in _OUTCOMES[step.body.kind] if word not in never)


def _tables(plan: Plan, used: Used) -> Iterator[Part]:
    """The words that the rows of decisions come to, where there are any."""
    words = {f"{decision.id} {row.word}" for decision in plan.decisions.values() for row in decision.rows}
    if words:
        yield _part("decisions", words, {f"{path.removeprefix('decisions.')} {word}" for path, word in used.verdicts})


def _branches(plan: Plan) -> set[str]:
    found = {f"{rule.id} {value}" for rule in plan.rules for value in _values(rule)}
    return found | {f"{_rule(path)} {value}" for rule in plan.rules for path, value in _ways(rule)}


def _ways(rule: Rule) -> Iterator[tuple[str, str]]:
    """The ways through guided treat-and-repeat: each row, none of them, and no reading in time."""
    if rule.guide is not None:
        yield from ((row.path, "true") for row in rule.guide.rows)
        yield rule.guide.rows[-1].path, "false"
        yield rule.guide.path, "unknown"


def _values(rule: Rule) -> tuple[str, ...]:
    """The verdicts that the condition of a rule can have."""
    return ("true", "false", "unknown") if may_be_unknown(rule.cond) else ("true", "false")

"""What is worked out once per plan: paths to steps, and from inputs to the conditions they can change.

Tokens name inputs: ``m:bp`` a measure, ``d:week_mean`` a derived value, ``f:age`` a fact, ``p:goal`` a parameter,
``s:review`` a step or a task opened by an action, ``a:discharge`` an anchor, ``x:result`` a decision. ``*`` touches
everything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pathways.lang.plan import (
    AskBody,
    Attempts,
    Counted,
    Decision,
    Derived,
    Escalate,
    FormField,
    GroupBody,
    HandoffBody,
    MeasureBody,
    OpenTask,
    Phase,
    Plan,
    Rule,
    Say,
    Step,
    TaskBody,
    TaskSpec,
    VisitBody,
)
from pathways.lang.plan_base import Duration, Part, parts_of
from pathways.lang.plan_cond import (
    AtLeast,
    DecisionIs,
    DerivedRef,
    FactRef,
    FieldRef,
    Has,
    HeldFor,
    InARow,
    InSeries,
    MeasureRef,
    MissedInRow,
    NOfM,
    ParamRef,
    StepIs,
)
from pathways.lang.plan_when import AnchorMoment, AsSoonAs, FieldMoment, OffsetMoment, StepMoment, Turn

ALL = "*"
QUIET = frozenset({"measure", "dose", "ask", "teach", "exercise"})
"""What the patient does by themselves: its ending is settled with the next tick unless something waits for it."""


def _token(node: Part) -> str | None:
    if isinstance(node, MeasureRef):
        return "m:" + node.measure
    if isinstance(node, InARow | NOfM):
        return "m:" + node.measure
    if isinstance(node, DerivedRef):
        return "d:" + node.derived
    if isinstance(node, FactRef | Has):
        return "f:" + node.fact
    if isinstance(node, ParamRef):
        return "p:" + node.param
    if isinstance(node, FieldRef | StepIs | MissedInRow | StepMoment | FieldMoment):
        return "s:" + node.step
    if isinstance(node, DecisionIs):
        return "x:" + node.decision
    if isinstance(node, AnchorMoment):
        return "a:" + node.name
    if isinstance(node, Duration) and node.param is not None:
        return "p:" + node.param
    return None


def tokens(*parts: object) -> frozenset[str]:
    """The inputs that can change what these conditions or moments come to."""
    return frozenset(t for part in parts for node in parts_of(part) if (t := _token(node)) is not None)


@dataclass(slots=True)
class RuleIndex:
    """A rule with its inputs: of the condition, and of everything looked at through an episode."""

    rule: Rule
    cond: frozenset[str]
    inner: frozenset[str]
    measures: frozenset[str]
    catalogue: frozenset[str]
    timed: bool


@dataclass(slots=True)
class PhaseIndex:
    """A phase with its steps (those throughout come last) and what its rows look at."""

    phase: Phase
    steps: tuple[Step, ...]
    leave: frozenset[str]
    until: frozenset[str]
    timed: tuple[Any, ...]
    soon: tuple[tuple[Step, frozenset[str]], ...] = ()
    ending: tuple[tuple[Step, frozenset[str]], ...] = ()


@dataclass(slots=True)
class PlanIndex:
    """Everything worked out of one plan."""

    plan: Plan
    steps: dict[str, Step] = field(default_factory=dict)
    phase_of: dict[str, str] = field(default_factory=dict)
    paths: dict[str, tuple[str, ...]] = field(default_factory=dict)
    phases: dict[str, PhaseIndex] = field(default_factory=dict)
    rules: dict[str, RuleIndex] = field(default_factory=dict)
    rules_of: dict[str, tuple[RuleIndex, ...]] = field(default_factory=dict)
    dated: tuple[Rule, ...] = ()
    moments: dict[str, frozenset[str]] = field(default_factory=dict)
    each: dict[str, StepMoment] = field(default_factory=dict)
    after_each: set[str] = field(default_factory=set)
    leads: dict[str, tuple[Duration, ...]] = field(default_factory=dict)
    guards: dict[str, frozenset[str]] = field(default_factory=dict)
    attempts: dict[str, Attempts] = field(default_factory=dict)
    measures_of: dict[str, tuple[str, ...]] = field(default_factory=dict)
    components: dict[str, tuple[str, ...]] = field(default_factory=dict)
    measure_steps: dict[str, tuple[str, ...]] = field(default_factory=dict)
    derived_of: dict[str, tuple[Derived, ...]] = field(default_factory=dict)
    counted_of: dict[str, tuple[Counted, ...]] = field(default_factory=dict)
    silence: dict[str, tuple[int, ...]] = field(default_factory=dict)
    endings: frozenset[str] = frozenset()
    groups: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    quiet: frozenset[str] = frozenset()
    judged: dict[frozenset[str], tuple[RuleIndex, ...]] = field(default_factory=dict)
    keep_days: dict[str, int] = field(default_factory=dict)
    keep_takes: dict[str, int] = field(default_factory=dict)
    tasks: dict[str, TaskSpec] = field(default_factory=dict)
    decided: dict[str, str] = field(default_factory=dict)
    tables: dict[str, tuple[Decision, ...]] = field(default_factory=dict)
    standing: tuple[tuple[Decision, frozenset[str]], ...] = ()
    longest: dict[str, int] = field(default_factory=dict)
    params_by_patient: bool = False
    brings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    brought: frozenset[str] = frozenset()


def measure_of(step: Step) -> str:
    """The measure whose readings a step asks for, "" for none."""
    if isinstance(step.body, MeasureBody):
        return step.body.measure
    return step.body.instrument.measure if isinstance(step.body, AskBody) and step.body.instrument is not None else ""


def _brings(index: PlanIndex, step: Step) -> tuple[str, ...]:
    """The measures that a reading which comes with a step can be of: what it asks for, what its form is filled with."""
    form: tuple[FormField, ...] = ()
    if isinstance(step.body, AskBody | VisitBody):
        form = step.body.form
    elif isinstance(step.body, TaskBody):
        form = step.body.task.form
    found = [name for name in (measure_of(step), *(one.measure for one in form)) if name]
    return tuple(
        dict.fromkeys(same for name in found for same in index.measures_of[index.plan.measures[name].catalogue])
    )


_indexes: dict[str, PlanIndex] = {}
_LIMIT = 64


def index_of(plan: Plan) -> PlanIndex:
    """The index of a plan, made once for its sha-256 (a plan without one, once per object)."""
    key = plan.sha256 or f"id:{id(plan)}"
    found = _indexes.get(key)
    if found is not None and (plan.sha256 or found.plan is plan):
        return found
    if len(_indexes) >= _LIMIT:
        _indexes.clear()
    made = _build(plan)
    _indexes[key] = made
    return made


def _build(plan: Plan) -> PlanIndex:
    index = PlanIndex(plan)
    _decisions(index)
    for step in plan.throughout:
        _add_step(index, step, "")
    for phase in plan.phases.values():
        for step in phase.steps:
            _add_step(index, step, phase.id)
    for phase in plan.phases.values():
        index.phases[phase.id] = _phase(plan, phase)
    for rule in plan.rules:
        _add_rule(index, rule)
    index.dated = tuple(rule for rule in plan.rules if rule.during is not None)
    for measure in plan.measures.values():
        index.measures_of[measure.catalogue] = (*index.measures_of.get(measure.catalogue, ()), measure.id)
        index.components.setdefault(measure.catalogue, tuple(c.name for c in measure.components[:2]))
        index.derived_of[measure.id] = tuple(d for d in plan.derived.values() if d.measure == measure.id)
        index.keep_days[measure.id] = max([3, *(_days(d.over) + 2 for d in index.derived_of[measure.id])])
        index.keep_takes[measure.id] = 4
    index.brings = {path: _brings(index, step) for path, step in index.steps.items()}
    index.brought = frozenset(measure for found in index.brings.values() for measure in found)
    for path, step in index.steps.items():
        place = index.phase_of[path] or "throughout"
        found = [one for one in plan.counted.values() if one.step == step.id and one.phase in (None, place)]
        if found:
            index.counted_of[path] = tuple(found)
    _conditions(index)
    index.params_by_patient = any(p.by_patient for p in plan.parameters.values())
    return index


def _add_step(index: PlanIndex, step: Step, phase: str) -> None:
    index.steps[step.path] = step
    index.phase_of[step.path] = phase
    index.paths[step.id] = (*index.paths.get(step.id, ()), step.path)
    index.moments[step.path] = _when_tokens(step)
    for node in parts_of(step.when.base):
        if isinstance(node, StepMoment) and node.which == "each" and node.edge == "due":
            index.each[step.path] = node
        if isinstance(node, StepMoment) and node.which == "each" and node.edge == "ended":
            index.after_each.add(step.path)
        if isinstance(node, OffsetMoment) and node.before and isinstance(node.base, StepMoment):
            index.leads[node.base.step] = (*index.leads.get(node.base.step, ()), node.offset)
    measure = measure_of(step)
    guard = index.plan.measures[measure].only_if if measure else None
    index.guards[step.path] = tokens(step.only_if, step.when.while_cond, step.when.until_cond, guard)
    if isinstance(step.body, MeasureBody):
        measure = step.body.measure
        index.measure_steps[measure] = (*index.measure_steps.get(measure, ()), step.path)
    if step.body.kind == "teach" and step.body.show_back is not None:
        index.tasks[step.path] = step.body.show_back.task
    if isinstance(step.body, TaskBody):
        index.tasks[step.path] = step.body.task
        if step.body.attempts is not None:
            index.attempts[step.path] = step.body.attempts


def _when_tokens(step: Step) -> frozenset[str]:
    """Inputs that move the occurrences of a step (``as soon as`` waits for a condition instead)."""
    found = tokens(step.when.during, step.when.until, step.when.most_field)
    if step.when.most_field is not None or step.when.counting:
        found |= {"s:" + step.id}  # each ending leaves more, or less, to be made
    if not isinstance(step.when.base, AsSoonAs):
        found |= tokens(step.when.base)
    if isinstance(step.body, HandoffBody) and step.body.medicines is not None:
        found |= {"f:" + step.body.medicines.fact}
    if isinstance(step.body, GroupBody):
        found |= tokens(step.body.until) | ({"f:" + step.body.medicines.fact} if step.body.medicines else set())
    if step.body.kind == "dose":
        found |= {"f:" + step.body.medicines.fact}
    return found - {"a:phase_start"}


def _phase(plan: Plan, phase: Phase) -> PhaseIndex:
    steps = (*phase.steps, *plan.throughout)
    tests = [row.test for row in phase.leave if not isinstance(row.test, str)]
    timed = tuple(t for t in tests if any(isinstance(n, HeldFor | AtLeast) for n in parts_of(t)))
    soon = tuple((s, tokens(s.when.base)) for s in steps if isinstance(s.when.base, AsSoonAs))
    ending = tuple((s, tokens(s.drop_when, s.satisfied_by)) for s in steps if s.drop_when or s.satisfied_by)
    return PhaseIndex(phase, steps, tokens(*tests), tokens(phase.until), timed, soon, ending)


def _add_rule(index: PlanIndex, rule: Rule) -> None:
    cond = _behind(index, tokens(rule.cond))
    inner = _behind(index, tokens(*(a.only_if for a in rule.do), rule.settled_when, rule.during))
    timed = any(isinstance(n, HeldFor | AtLeast) for n in parts_of(rule.cond))
    measures = frozenset(t[2:] for t in cond if t.startswith("m:"))
    known = frozenset(index.plan.measures[m].catalogue for m in measures)
    made = RuleIndex(rule, cond, inner, measures, known, timed)
    index.rules[rule.id] = made
    for token in cond | inner:
        index.rules_of[token] = (*index.rules_of.get(token, ()), made)


def _behind(index: PlanIndex, found: frozenset[str]) -> frozenset[str]:
    """Inputs with those of the decisions over the data as they stand among them."""
    return found.union(*(inputs for decision, inputs in index.standing if f"x:{decision.id}" in found))


def _decisions(index: PlanIndex) -> None:
    """Which forms are judged where, by which tables in which order, and what changes the others."""
    decisions = index.plan.decisions
    done: list[str] = []
    for name in decisions:
        _after_others(decisions, name, done)
    for decision in (decisions[name] for name in done):
        if decision.form:
            index.tables[decision.form] = (*index.tables.get(decision.form, ()), decision)
            index.decided.update(dict.fromkeys(decision.places, decision.form))
            continue
        inputs = _behind(index, tokens(*(row.test for row in decision.rows)))
        index.standing = (*index.standing, (decision, inputs))
    for node in parts_of(index.plan):
        if isinstance(node, InSeries):
            index.longest[node.form] = max(index.longest.get(node.form, 0), node.m)


def _after_others(decisions: dict[str, Decision], name: str, done: list[str]) -> None:
    """Put a decision behind those that its rows look at."""
    if name in done:
        return
    for node in parts_of(decisions[name].rows):
        if isinstance(node, DecisionIs) and not node.previous and node.decision != name:
            _after_others(decisions, node.decision, done)
    done.append(name)


def _days(duration: Duration) -> int:
    size = {"day": 1, "week": 7, "month": 31, "year": 366, "working_day": 3, "working_h": 1}
    amount = duration.amount if duration.amount is not None else 31
    if duration.unit in size:
        return amount * size[duration.unit]
    return amount * {"s": 1, "min": 60, "h": 3600}[duration.unit] // 86400 + 1


def _conditions(index: PlanIndex) -> None:
    silence: dict[str, set[int]] = {}
    endings = {counted.step for counted in index.plan.counted.values()}
    for node in parts_of(index.plan):
        if isinstance(node, MissedInRow):
            silence.setdefault(node.step, set()).add(node.times)
        elif isinstance(node, StepIs) and not {"done", "done_late", "taken"}.issuperset(node.outcomes):
            endings.add(node.step)
        elif isinstance(node, InARow):
            index.keep_takes[node.measure] = max(index.keep_takes.get(node.measure, 4), node.times)
        elif isinstance(node, NOfM):
            index.keep_takes[node.measure] = max(index.keep_takes.get(node.measure, 4), node.m)
        elif isinstance(node, OpenTask | Escalate) and node.task is not None:
            index.tasks[node.id] = node.task
            if isinstance(node, OpenTask) and node.attempts is not None:
                index.attempts[node.id] = node.attempts
    index.silence = {step: tuple(sorted(times)) for step, times in silence.items()}
    index.groups = tuple(path for path, step in index.steps.items() if step.body.kind == "group")
    index.members = tuple(path for path, step in index.steps.items() if isinstance(step.when.base, Turn))
    endings |= {step.id for step in index.steps.values() if step.missed}  # something is done then: it must not wait
    index.endings = frozenset(endings | {index.steps[path].id for path in index.members})
    index.quiet = frozenset(p for p, s in index.steps.items() if s.body.kind in QUIET and s.id not in endings)


def rules_for(index: PlanIndex, touched: set[str]) -> tuple[RuleIndex, ...]:
    """The rules that these inputs can change: red ones first, then those that act instead of others, then in order of
    the pathway: what holds another back must have been looked at before it."""
    key = frozenset(touched)
    found = index.judged.get(key)
    if found is None:
        if len(index.judged) > 500:
            index.judged.clear()
        rules = index.rules.values()
        mine = [ri for ri in rules if ALL in key or not key.isdisjoint(ri.cond) or not key.isdisjoint(ri.inner)]
        mine.sort(key=lambda ri: (ri.rule.level != "red", -_instead(index, ri.rule)))
        found = index.judged[key] = tuple(mine)
    return found


def _instead(index: PlanIndex, rule: Rule, above: tuple[str, ...] = ()) -> int:
    """How long the chain of rules is that this one acts instead of."""
    below = [index.rules[o].rule for o in rule.instead_of if o in index.rules and o not in above]
    return max((1 + _instead(index, o, (*above, rule.id)) for o in below), default=0)


def first_say(rule: Rule) -> str | None:
    """The message a rule sends first: that of its repeat measurement, else its first ``say``, else its guide's."""
    if rule.repeat is not None:
        return rule.repeat.message
    return next((a.message for a in rule.acts() if isinstance(a, Say) and a.only_if is None), None)

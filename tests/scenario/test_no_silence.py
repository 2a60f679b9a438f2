"""No input of a safety rule can be missing in silence: somebody is told, or somebody is asked.

For every red and amber rule of every pathway of the library, each input is taken away: the patient joins and it never
comes. Then there must be a task for a person, or a question that reaches the patient, that is about that very input: of
the step that asks for it, of what watches that step, or of the rule's own ``unknown``. New pathways and rules are
covered as they appear.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from carepath.rehearsal.find import look, plan_at, prepare
from pathways.decide.effects import PlanMessage, PutTask, Timeline
from pathways.decide.events import Enrolled
from pathways.lang.load import load_pathway, pathways_near
from pathways.lang.plan import OpenTask, Plan, Rule
from pathways.lang.plan_base import parts_of
from pathways.lang.plan_cond import MissedInRow, StepIs
from pathways.lang.plan_steps import Instrument, MeasureBody, PathwayBody, Step, VisitBody
from pathways.lang.plan_things import FormField
from pathways.lang.site_plan import NO_SITE
from tests.unit.decide.world import World

PROJECT = Path(__file__).resolve().parents[2]
PATHWAYS = sorted(file.parent.name for file in (PROJECT / "pathways" / "library").glob("*/pathway.yaml"))
DAYS = 60
PEOPLE = 2
RESULTS: dict[str, dict[str, tuple[str, ...]]] = {
    "heart_failure_180": dict.fromkeys(("creatinine", "potassium"), ("labs_first",)),
    "three_highs": {"alt": ("bloods", "recheck", "yearly_lipids")},
}
"""Measures that a laboratory sends for an order in words: the steps that order them, and tell when none comes."""
NEVER_ASKED = {
    ("heart_failure_180", "m:spo2"),  # not every patient has the device: it is read when somebody measures
    ("heart_failure_180", "f:creatinine_before_discharge"),  # known from the hospital, or the rule cannot be judged
    ("three_highs", "m:glucose_now"),  # of readings that come anyway; who measures when is said elsewhere
    ("three_highs", "m:pressure_now"),
}
"""Inputs that no step of the pathway asks for; the rule must say so in its `unknown`."""


@cache
def plan_of(name: str) -> Plan:
    file = PROJECT / "pathways" / "library" / name / "pathway.yaml"
    plan = load_pathway(file.read_bytes(), file.name, None, pathways_near(file)).plan
    assert plan is not None
    return plan


@cache
def lives(name: str) -> list[World]:
    """The people of the pathway's scenarios as they join; then nothing comes from them or of them for two months."""
    plan = plan_of(name)
    found: list[World] = []
    seen: set[str] = set()
    material = look([PROJECT / "pathways" / "library" / name])
    for file in material.pathway_files:
        plan_at(file, NO_SITE, material)
    for file, source in material.scenario_files:
        ready = prepare(file, source, material, NO_SITE)
        if ready is None or list(ready.plans) != [plan.id]:
            continue
        person, start = ready.scenario.person, ready.scenario.start
        if (who := repr((person.facts, person.anchors, start))) in seen:
            continue
        seen.add(who)
        world = World(plan, zone=person.zone, start=f"{start.astimezone(ZoneInfo(person.zone)):%Y-%m-%d %H:%M}")
        known = {key: value for key, value in person.facts.items() if key in plan.facts and value is not None}
        world.send(Enrolled("en1", plan.sha256, known, consent=plan.consent, anchors=dict(person.anchors)), world.start)
        if world.state.enrolments["en1"].phase and len(found) < PEOPLE:
            world.run(world.day(DAYS))
            found.append(world)
    assert found, "no person of a scenario begins the pathway"
    return found


def steps(plan: Plan) -> list[Step]:
    """All of them."""
    return [*plan.throughout, *(step for phase in plan.phases.values() for step in phase.steps)]


def bringing(name: str, token: str) -> list[Step]:
    """The steps that ask for an input, or order it."""
    plan = plan_of(name)
    kind, what = token.split(":", 1)
    if kind == "d" and what in plan.counted:
        return bringing(name, f"s:{plan.counted[what].step}")
    if kind == "d":
        return bringing(name, f"m:{plan.derived[what].measure}")
    if kind == "m":
        ordered = RESULTS.get(name, {}).get(what, ())
        return [s for s in steps(plan) if s.id in ordered or any(_measures(part) == what for part in parts_of(s.body))]
    return [s for s in steps(plan) if s.id == what]


def _measures(part: object) -> str | None:
    return part.measure if isinstance(part, MeasureBody | Instrument | FormField) else None


def watching(plan: Plan, asked: list[Step]) -> set[str]:
    """Places that act on the silence of these steps: the steps themselves, steps and rules that look at them."""
    ids = {step.id for step in asked}
    found = {step.path for step in asked}
    looks = [(step.path, step.when) for step in steps(plan)] + [(rule.path, rule.cond) for rule in plan.rules]
    for path, looked in looks:
        if any(isinstance(part, MissedInRow | StepIs) and part.step in ids for part in parts_of(looked)):
            found.add(path)
    # What an action opens is named by its place, or after its rule or step alone.
    return found | {path.rpartition(".")[2] for path in found}


def answered(world: World, name: str, rule: Rule, token: str) -> bool:
    """Whether a person has a task, or the patient a question, because of this input."""
    asked = bringing(name, token)
    places = watching(plan_of(name), asked) | {rule.path, f"facts.{token[2:]}"}
    places |= {act.id for act in rule.unknown.do if isinstance(act, OpenTask)}  # a task has the id of its action
    if any(task.source == p or task.source.startswith(f"{p}.") for task in world.of(PutTask) for p in places):
        return True
    return any(m.to == "patient" and step.path in m.key for m in world.of(PlanMessage) for step in asked)


def heard(name: str, token: str) -> bool:
    """Of an input that is first asked for later than these lives come: each step that asks reminds, does something when
    it was missed, or is watched by a rule or step."""
    plan, asked = plan_of(name), bringing(name, token)
    if token[0] == "f":
        return plan.facts[token[2:]].ask_again is not None  # later, and only of those to whom it applies
    planned = {e.path for world in lives(name) for e in world.of(Timeline) if e.word == "planned"}
    if not asked or planned & {step.path for step in asked}:
        return False
    return all(step.remind or _if_missed(step) or watching(plan, [step]) - {step.path, step.id} for step in asked)


def _if_missed(step: Step) -> bool:
    """Whether something is done when nobody answered or came; of a visit its body says so."""
    return bool(step.body.missed if isinstance(step.body, VisitBody) else step.missed)


def is_a_task(plan: Plan, token: str) -> bool:
    """An answer to a task that a row opens: while it is missing, the task is open and has a deadline."""
    return any(isinstance(p, OpenTask) and token == f"s:{p.id}" and p.task.due is not None for p in parts_of(plan))


def is_a_call(plan: Plan, token: str) -> bool:
    """The end of a called pathway: a call that cannot begin says so at once, and silence inside it is its own."""
    return any(token == f"s:{step.id}" and isinstance(step.body, PathwayBody) for step in steps(plan))


INPUTS = [
    (name, rule.id, token)
    for name in PATHWAYS
    for rule in plan_of(name).rules
    if rule.level in {"red", "amber"}
    for token in rule.inputs
    if token[0] in "mdfs" and not is_a_call(plan_of(name), token)
]


@pytest.mark.parametrize(("name", "rule", "token"), INPUTS)
def test_a_missing_input_is_asked_for_or_told(name: str, rule: str, token: str) -> None:
    plan = plan_of(name)
    (one,) = [r for r in plan.rules if r.id == rule]
    told = any(answered(world, name, one, token) for world in lives(name))
    told = told or is_a_task(plan, token) or heard(name, token)
    if (name, token) in NEVER_ASKED:
        assert not told, "it is asked for by now: take it off the list"
        assert one.unknown.not_met, "what nobody asks for needs the author's word why"
    else:
        assert told


def test_without_what_asks_it_would_be_seen() -> None:
    """The check can fail: taken from the steps that bring it, nothing speaks of another input."""
    world, plan = lives("hypertension_home")[0], plan_of("hypertension_home")
    crisis = next(rule for rule in plan.rules if rule.id == "crisis")
    assert answered(world, "hypertension_home", crisis, "m:bp")
    assert not answered(world, "hypertension_home", crisis, "m:nothing")

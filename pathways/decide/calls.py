"""The step ``pathway``: another enrolment of the same patient, begun or adopted, told things, and let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pathways.decide.effects import BeginEnrolment
from pathways.decide.occurrences import end
from pathways.decide.records import Enrolment, Known, Occurrence
from pathways.decide.records import Setting as Stored
from pathways.decide.tasks import Work, open_task
from pathways.decide.texts import plain, text
from pathways.lang.plan import PathwayBody, Plan, Step
from pathways.lang.plan_called import calls_of

if TYPE_CHECKING:
    from pathways.decide.case import Case

RUNNING = frozenset({"invited", "active", "paused"})


def start(case: Case, step: Step, o: Occurrence) -> None:
    """The called pathway begins, or the running enrolment of it is adopted with all its history."""
    body = step.body
    assert isinstance(body, PathwayBody)
    running = [c for c in case.run.cases.values() if c.plan.id == body.pathway and c.en.status in RUNNING]
    if not running:
        _begin(case, step, body, o)
        return
    if body.if_enrolled == "leave":
        end(case, o, "already_running", weight=4)
        return
    child = running[0]
    if not _offers(child.plan, case.plan.called[body.sha256], body):
        # It runs in a version that does not give what is read here: people decide, nothing is guessed.
        title = text("task_call_version", pathway=body.title, version=child.plan.version, wanted=body.version)
        role = case.first_role
        work = Work(key=f"{o.key}:version", id=f"{step.id}.version", source=step.path, title=title, role=role)
        open_task(case, work)
        end(case, o, "failed", "version", weight=4)
        return
    _hold(case, step, o, child)
    words = text("adopted", pathway=child.plan.title)
    data = {"enrolment": child.id, "version": child.plan.version}
    case.run.timeline(case, "adopted", step.path, words, key=f"{o.key}:adopted", weight=5, data=data)
    tell(case)


def _begin(case: Case, step: Step, body: PathwayBody, o: Occurrence) -> None:
    from pathways.decide.enrol import consider  # it enters phases, whose steps may call pathways

    run, plan = case.run, case.plan.called[body.sha256]
    number = 1 + max((e.number for e in run.state.enrolments.values()), default=0)
    key = f"{case.id}.{step.id}"[:56]
    if key in run.state.enrolments:
        key = f"{key}.{number}"
    en = Enrolment(key=key, plan=plan.sha256, number=number, enrolled=run.at, consent=sorted(case.en.consent))
    run.state.enrolments[key] = en
    child = run.add_case(en)
    run.emit(BeginEnrolment(key, plan.id, plan.version, plan.sha256, case.id, run.at))
    _hold(case, step, o, child)
    words = text("enrolled", pathway=plan.title)
    data = {"plan": plan.sha256, "version": plan.version, "called_by": case.id}
    run.timeline(child, "enrolled", plan.id, words, key=child.key("enrolled"), weight=5, data=data)
    tell(case)
    consider(child)


def _hold(case: Case, step: Step, o: Occurrence, child: Case) -> None:
    o.child = child.id
    case.en.calls[step.id] = child.id
    child.en.callers = [*child.en.callers, o.key]
    case.touch(*results(case, child))


def _offers(running: Plan, wanted: Plan, body: PathwayBody) -> bool:
    """Whether a running enrolment can take the place of the one that was pinned: what is told and read is there."""
    if running.sha256 == wanted.sha256:
        return True
    told = all(name in running.facts and running.facts[name].type == wanted.facts[name].type for name in body.facts)
    set_ = all(
        name in running.parameters
        and running.parameters[name].unit == wanted.parameters[name].unit
        and running.parameters[name].adjustable == wanted.parameters[name].adjustable
        for name in body.parameters
    )
    read = all(
        name in running.derived
        and running.derived[name].measure in running.measures
        and running.measures[running.derived[name].measure].components
        == wanted.measures[wanted.derived[name].measure].components
        and running.derived[name].function == wanted.derived[name].function
        for name in body.results
    )
    return told and set_ and read and {*wanted.ends} <= {*running.ends}


# --------------------------------------------------------------------------- while it runs


def tell(case: Case) -> None:
    """What the caller knows is told to the pathways it calls: facts, and numbers that no person has set there."""
    for step, body in calls_of(case.plan):
        child = case.run.cases.get(case.en.calls.get(step.id, ""))
        if child is None or child.en.status not in RUNNING or not _holds(case, step, child):
            continue
        for name in body.facts:
            _tell_fact(case, child, name)
        for name, own in body.parameters.items():
            _tell_number(case, child, step, name, own)


def _holds(case: Case, step: Step, child: Case) -> bool:
    return any(o.child == child.id for o in case.run.alive(case, step.path))


def _tell_fact(case: Case, child: Case, name: str) -> None:
    facts = case.run.state.facts
    mine = facts.get(f"{case.id}|{name}")
    theirs = facts.get(f"{child.id}|{name}")
    if mine is None or mine.value is None or (theirs is not None and theirs.value == mine.value):
        return
    if theirs is not None and theirs.at is not None and mine.at is not None and theirs.at > mine.at:
        return  # the called pathway has heard of it later
    key = f"{child.id}|{name}"
    facts[key] = Known(key=key, value=mine.value, at=mine.at, by=mine.by, ask_at=theirs.ask_at if theirs else None)
    child.touch(f"f:{name}")
    if child.plan.facts[name].type in {"date", "moment"}:
        child.touch(f"a:{name}")
    case.run.watch_again = True


def _tell_number(case: Case, child: Case, step: Step, name: str, own: str) -> None:
    run, value = case.run, case.param(own)
    if value is None:
        return
    key, by = f"{child.id}|{name}", _by(case)
    known = run.state.settings.get(key)
    if known is not None and known.value == str(value):
        return
    unit = child.plan.parameters[name].unit
    if known is not None and known.by != by:
        # A person (or another caller) has set it for this patient: it stands, and people are told once.
        words = text("task_conflict", what=plain(f"{name} {known.value} / {value} {unit}"))
        role = bounds.by[0] if (bounds := child.plan.parameters[name].adjustable) is not None else case.first_role
        where = f"{run.state.journey}:conflict:{child.id}:{name}"
        open_task(
            case,
            Work(key=where, id=f"conflict.{name}", source=step.path, title=words, role=role, level="amber"),
        )
        return
    run.state.settings[key] = Stored(key=key, value=str(value), unit=unit, by=by, at=run.at)
    child.touch(f"p:{name}")
    run.watch_again = True
    words = text("parameter_set", parameter=plain(name), value=f"{value} {unit}")
    data = {"parameter": name, "by": by, "cite": _cite(case, own)}
    run.timeline(child, "parameter_set", f"parameters.{name}", words, weight=3, data=data)


def _by(case: Case) -> str:
    return f"call:{case.id}"


def _cite(case: Case, own: str) -> str:
    """The citation of the caller's number as it is valid now."""
    spec = case.plan.parameters[own]
    profile = case.run.site.profile
    if profile is not None and profile in spec.by_profile:
        return spec.by_profile[profile].cite
    return spec.value.cite if spec.value is not None else ""


def results(case: Case, child: Case) -> list[str]:
    """The inputs of the caller that are results of a pathway it called."""
    called = [(step.id, body) for step, body in calls_of(case.plan) if case.en.calls.get(step.id) == child.id]
    return [f"d:{name}.{result}" for name, body in called for result in body.results]


def pass_on(child: Case) -> None:
    """Something changed in a called pathway: those who read its results look again."""
    for case in child.run.cases.values():
        if child.id in case.en.calls.values() and case.en.status in RUNNING:
            case.touch(*results(case, child))


# --------------------------------------------------------------------------- ends


def finished(child: Case) -> None:
    """A called pathway has ended: the steps that called it end with its word."""
    run = child.run
    callers, child.en.callers = child.en.callers, []
    for key in callers:
        o = run.state.occurrences.get(key)
        if o is not None:
            o.child = ""
            end(run.cases[o.enrolment], o, child.en.end, weight=4)


def let_go(case: Case, step: Step, o: Occurrence) -> None:
    """The call is not wanted any more: what the step says. Another caller keeps it alive in any case."""
    from pathways.decide.phases import close  # closing ends occurrences, which comes back here

    run = case.run
    child = run.cases.get(o.child)
    if child is None or child.en.status not in RUNNING or not isinstance(step.body, PathwayBody):
        return
    child.en.callers = [key for key in child.en.callers if key != o.key]
    for key in [k for k, s in run.state.settings.items() if k.startswith(f"{child.id}|") and s.by == _by(case)]:
        if not any(run.state.occurrences[k].enrolment == case.id for k in child.en.callers):
            del run.state.settings[key]
            child.touch("p:" + key.partition("|")[2])
            run.watch_again = True
    if step.body.at_end == "ends" and not child.en.callers:
        close(child, "ended_by_caller", text("end_ended_by_caller"))

"""What rows, rules, outcomes, ends and verbs do: a closed list of actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pathways.decide.conditions import Truth
from pathways.decide.contact import Wish, place, say
from pathways.decide.facts import set_anchor, set_fact
from pathways.decide.steps import begin_again, cancel_open, plan_extra, plan_step
from pathways.decide.tasks import Work, open_task
from pathways.decide.texts import plain, text
from pathways.lang.plan import (
    Action,
    Advise,
    AskMeasure,
    End,
    Escalate,
    Go,
    OpenTask,
    PlanStep,
    Say,
    SetFact,
    StepControl,
    Target,
)
from pathways.lang.plan_base import Text
from pathways.lang.plan_when import BookedMoment

if TYPE_CHECKING:
    from pathways.decide.case import Case


@dataclass(frozen=True, slots=True)
class Setting:
    """Where actions are done. ``key`` makes theirs; ``level`` and ``episode`` are of the rule; ``title`` names a task
    that has none; ``first_key`` is the key of the first message (the ingest may have written it already);
    ``bound``: tasks are closed when the phase is left; ``reading``: on which a rule fired."""

    key: str
    place: str
    title: Text
    level: str = "routine"
    episode: str = ""
    first_key: str = ""
    bound: bool = False
    reading: str = ""


def perform(case: Case, actions: Sequence[Action], setting: Setting, acted: list[str] | None = None) -> list[str]:
    """Do those whose ``if`` is true and that are not in ``acted`` yet. Returns keys of the tasks opened."""
    opened: list[str] = []
    first = setting.first_key
    for action in actions:
        if acted is not None and action.id in acted:
            continue
        if action.only_if is not None and case.truth(action.only_if) is not Truth.TRUE:
            continue
        if acted is not None:
            acted.append(action.id)
        if isinstance(action, Say):
            say(case, action.message, first or f"{setting.key}:{action.id}")
            first = ""
        elif isinstance(action, OpenTask | Escalate):
            opened.append(_task(case, action, setting))
        else:
            _other(case, action, setting)
    return opened


def _task(case: Case, action: OpenTask | Escalate, setting: Setting) -> str:
    at_once = isinstance(action, Escalate)
    spec = action.task
    ladder = action.ladder if isinstance(action, Escalate) else spec.ladder if spec is not None else None
    if spec is not None:
        title, role, due, keep = spec.title, spec.role, spec.due, spec.on_leave == "keep"
    else:
        assert isinstance(action, Escalate)
        title, role, due, keep = setting.title, case.plan.ladders[action.ladder].rungs[0].tell, None, False
    work = Work(
        key=f"{setting.key}:{action.id}",
        id=action.id,
        source=action.id,
        title=title,
        role=role,
        level=setting.level,
        due=due,
        ladder=ladder,
        at_once=at_once,
        keep=keep,
        bound=setting.bound,
        episode=setting.episode,
        reading=setting.reading if at_once and setting.level == "red" else "",
    )
    return open_task(case, work).key


def _other(case: Case, action: Any, setting: Setting) -> None:
    if isinstance(action, PlanStep):
        path = case.path_of(action.step, None)
        if path is not None:
            due = None if isinstance(action.at, BookedMoment) else case.instant(action.at)
            if due is not None or isinstance(action.at, BookedMoment):
                stamp = int(case.run.at.timestamp())
                plan_extra(case, case.index.steps[path], due, f"{action.id}@{stamp}")
    elif isinstance(action, Advise):
        path = case.path_of(action.step, None)
        if path is not None:
            plan_extra(case, case.index.steps[path], case.run.at, f"{action.id}@{int(case.run.at.timestamp())}")
    elif isinstance(action, StepControl):
        control(case, action.kind, action.step)
    elif isinstance(action, SetFact):
        if action.word is not None:
            set_fact(case, action.fact, action.word, "pathway")
        else:
            set_anchor(case, action.fact, case.run.at)
    elif isinstance(action, AskMeasure):
        _ask(case, action, setting)
    elif isinstance(action, Go) and case.pending is None:
        case.pending = (Target(go=action.phase), action.path)
    elif isinstance(action, End) and case.pending is None:
        case.pending = (Target(end=action.end), action.path)


def control(case: Case, kind: str, step: str) -> None:
    """``start`` a step again, ``stop`` it (open ones end too) or ``hold`` it (open ones go on)."""
    # A step may be named with its phase: `home.exercises`.
    named = case.index.paths.get(step, (step,) if step in case.index.steps else ())
    paths = {p for p in named if case.index.phase_of[p] in {"", case.en.phase}}
    if kind == "start":
        rested = step in case.en.hold
        case.en.hold = [held for held in case.en.hold if held != step]
        for path in sorted(paths):
            (begin_again if rested else plan_step)(case, case.index.steps[path])
        return
    if step not in case.en.hold:
        case.en.hold.append(step)
    cancel_open(case, paths, planned_only=kind == "hold")


def _ask(case: Case, action: AskMeasure, setting: Setting) -> None:
    """Ask for a reading now, outside the plan."""
    key = f"{setting.key}:{action.id}"
    if action.message is not None:
        say(case, action.message, key)
        return
    spec = case.plan.measures[action.measure]
    at = case.run.floor
    words = text("remind", step=spec.title)
    level = "red" if setting.level == "red" else "care"
    wish = Wish(key, level, "remind_measure", words, at, at + timedelta(hours=24), enrolment=case.id, same_as=key)
    place(case.run, case, wish)


def named(case: Case, path: str) -> Text:
    """The title of a place in the pathway, for tasks that have none of their own."""
    step = case.index.steps.get(path)
    return step.title if step is not None else plain(path)

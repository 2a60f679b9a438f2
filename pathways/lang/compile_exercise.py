"""Exercises: from the document to the plan."""

from __future__ import annotations

from dataclasses import replace

from pathways.lang.catalogue import text_of
from pathways.lang.compile_actions import STEP_ALLOW, compile_actions, compile_form
from pathways.lang.compile_reader import Reader
from pathways.lang.exercise_fields import session_fields
from pathways.lang.plan import Escalate, ExerciseBody, ExerciseLevel, OpenTask
from pathways.lang.plan_steps import Progress
from pathways.lang.resolve import Scope
from pathways.lang.source import Path
from pathways.lang.spec_steps import ExerciseStep, ProgressSpec


def compile_exercise(r: Reader, path: Path, spec: ExerciseStep, scope: Scope) -> ExerciseBody:
    """A session of a level; its rules may look at what is asked after it."""
    form = session_fields(spec.counts)
    inside = replace(scope, form=form)
    _level_fact(r, path, spec)
    stopped = compile_actions(r, (*path, "stopped"), spec.stopped, scope, STEP_ALLOW)
    if not any(isinstance(action, OpenTask | Escalate) and action.only_if is None for action in stopped):
        r.say("stopped_tells_nobody", (*path, "stopped"), key=True)
    return ExerciseBody(
        level=spec.exercise,
        levels=tuple(
            ExerciseLevel(id=name, title=text_of(one.title), instructions=text_of(one.instructions))
            for name, one in spec.levels.items()
        ),
        form=compile_form(r, (*path, "form"), form, scope),
        up=_progress(r, (*path, "up"), spec.up, inside),
        down=_progress(r, (*path, "down"), spec.down, inside),
        stop_if=r.condition(spec.stop_if, (*path, "stop_if"), inside),
        stopped=stopped,
    )


def _progress(r: Reader, path: Path, spec: ProgressSpec | None, scope: Scope) -> Progress | None:
    if spec is None:
        return None
    return Progress(after=r.count(spec.after, (*path, "after")), cond=r.condition(spec.test, (*path, "if"), scope))


def _level_fact(r: Reader, path: Path, spec: ExerciseStep) -> None:
    """The fact that holds the level has the levels for its options: staff change it as they change any fact."""
    if not r.fact(spec.exercise, (*path, "exercise")):
        return
    fact = r.spec.facts[spec.exercise]
    if fact.type != "one_of" or list(fact.options or ()) != list(spec.levels):
        options = ", ".join(spec.levels)
        r.say("levels_of_no_fact", (*path, "exercise"), name=spec.exercise, options=options)

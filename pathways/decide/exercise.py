"""Exercises: which level a session is of, what is made of its answers, when the level changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pathways.decide import facts, forms
from pathways.decide.conditions import Truth
from pathways.decide.occurrences import end, step_run
from pathways.decide.records import Occurrence, StepRun
from pathways.decide.texts import text
from pathways.lang.plan import ExerciseBody, ExerciseLevel, FormField, Step
from pathways.lang.plan_steps import WHY_STOPPED, Progress

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any
STOPPED = "stopped"


def level_of(case: Case, body: ExerciseBody) -> ExerciseLevel:
    """The level the patient is on: the first while nobody has said another."""
    known = case.run.state.facts.get(f"{case.id}|{body.level}")
    value = None if known is None else known.value
    return next((level for level in body.levels if level.id == value), body.levels[0])


def begin(case: Case, body: ExerciseBody) -> None:
    """A session opens: from the first one on the level is known."""
    known = case.run.state.facts.get(f"{case.id}|{body.level}")
    if known is None or known.value is None:
        facts.set_fact(case, body.level, body.levels[0].id, "pathway", quiet=True)


def answer(
    case: Case, step: Step, o: Occurrence, outcome: str, given: dict[str, Json], why: str | None, by: str
) -> tuple[str, dict[str, str]] | None:
    """End a session with its answers, or say (code of a text, its values) what is wrong with them."""
    body = step.body
    assert isinstance(body, ExerciseBody)
    if outcome == STOPPED and why is not None:
        given = {WHY_STOPPED: why, **given}
    asked = tuple(_asked(field, outcome) for field in body.form if outcome == STOPPED or field.id != WHY_STOPPED)
    form, wrong = forms.checked(case, asked, given)
    if wrong is not None:
        return wrong
    with case.filling(form):
        halt = outcome == STOPPED or case.truth(body.stop_if) is Truth.TRUE
        good = not halt and case.truth(body.stop_if) is Truth.FALSE and _so(case, body.up)
        bad = halt or _so(case, body.down)
    memory = step_run(case, step.path)
    if memory.level != (level := level_of(case, body).id):
        memory.level, memory.good, memory.bad = level, 0, 0
    memory.good, memory.bad = (memory.good + 1 if good else 0), (memory.bad + 1 if bad else 0)
    if halt:
        end(case, o, STOPPED, form.get(WHY_STOPPED, "stop_rule"), form=form, weight=6)
        case.follow.append((step.path, body.stopped, o.key))
    else:
        end(case, o, "done", form=form)
    _change(case, step, body, memory, by, o.key)
    return None


def _asked(field: FormField, outcome: str) -> FormField:
    """Of a session that was broken off only the reason has to be known."""
    return field if outcome == "done" else field.model_copy(update={"required": field.id == WHY_STOPPED})


def _so(case: Case, rule: Progress | None) -> bool:
    return rule is not None and case.truth(rule.cond) is Truth.TRUE


def _change(case: Case, step: Step, body: ExerciseBody, memory: StepRun, by: str, key: str) -> None:
    """The level goes down before it goes up, one at a time, and the sessions are counted anew."""
    names = [level.id for level in body.levels]
    at = names.index(level_of(case, body).id)
    if body.down is not None and memory.bad >= body.down.after:
        new = max(0, at - 1)
    elif body.up is not None and memory.good >= body.up.after:
        new = min(len(names) - 1, at + 1)
    else:
        return
    memory.good = memory.bad = 0
    if new == at:
        return
    memory.level = names[new]
    facts.set_fact(case, body.level, names[new], by, quiet=True)
    words = text("level_up" if new > at else "level_down", step=step.title, level=body.levels[new].title)
    data = {"level": names[new], "before": names[at]}
    case.run.timeline(case, "level", step.path, words, key=f"{key}:level", weight=4, data=data)

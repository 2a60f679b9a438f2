"""Lessons: read, asked about, shown back to a person who marks."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pathways.decide import forms
from pathways.decide.occurrences import end, step_run
from pathways.decide.records import Occurrence
from pathways.decide.steps import plan_extra
from pathways.decide.tasks import open_for
from pathways.decide.texts import made, text
from pathways.lang.plan import FormField, Step, TeachBody
from pathways.lang.plan_base import Text
from pathways.lang.plan_teach import MARK, RIGHT, Quiz, ShowBack

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any
READ = "read"
"""What is remembered of a lesson that was looked at, and is still to be passed."""
SHOWN = "shown"
"""A person has been asked to watch and mark."""


def answer(case: Case, step: Step, o: Occurrence, outcome: str, given: dict[str, Json], event: str) -> bool:
    """Take over that a lesson was read, or a try at its quiz, and answer the command; False when it is refused."""
    run, body = case.run, step.body
    assert isinstance(body, TeachBody)
    if body.quiz is None and body.show_back is None:
        end(case, o, READ if outcome == "done" else outcome)
        run.accept(event)
        return True
    if outcome == "passed":  # only a quiz or a person says that
        run.refuse(event, "answer_wrong", outcome=outcome)
        return False
    if o.lesson == SHOWN:
        run.refuse(event, "no_occurrence", step=step.path)
        return False
    o.lesson = READ
    if body.quiz is None:
        run.accept(event)
        _passed(case, step, o, body, {})
        return True
    if not given:
        run.accept(event)
        return True
    return _tried(case, step, o, body.quiz, given, event)


def quiz_fields(quiz: Quiz) -> tuple[FormField, ...]:
    """The questions of a quiz as a form: which option is right is not in it."""
    return tuple(FormField(id=one.id, type="one_of", label=one.ask, options=one.options) for one in quiz.questions)


def _tried(case: Case, step: Step, o: Occurrence, quiz: Quiz, given: dict[str, Json], event: str) -> bool:
    """A try at the quiz: counted, and what was wrong explained."""
    run, body = case.run, step.body
    assert isinstance(body, TeachBody)
    form, wrong = forms.checked(case, quiz_fields(quiz), given)
    if wrong is not None:
        run.refuse(event, wrong[0], **wrong[1])
        return False
    missed = [one for one in quiz.questions if form[one.id] != one.right]
    right, of = len(quiz.questions) - len(missed), len(quiz.questions)
    o.tries += 1
    words = text("quiz", step=step.title, right=right, of=of)
    data = {"right": right, "of": of, "wrong": [one.id for one in missed], "try": o.tries}
    run.timeline(case, "quiz", step.path, words, key=f"{o.key}:quiz:{o.tries}", weight=2, data=data)
    told = _told(missed)
    if right >= quiz.enough:
        run.accept(event, "quiz_passed", right=right, of=of, told=told)
        _passed(case, step, o, body, {RIGHT: str(right)})
    elif quiz.tries is not None and o.tries >= quiz.tries:
        run.accept(event, "quiz_failed", right=right, of=of, told=told)
        _failed(case, step, o, body, {RIGHT: str(right)}, "quiz")
    else:
        run.accept(event, "quiz_again", right=right, of=of, told=told)
    return True


def _told(missed: list[Any]) -> Text:
    """Why the right answers are right, of each question that was answered otherwise."""
    en = "".join(f" {one.ask.en} {one.options[one.right].en}. {one.because.en}" for one in missed)
    zh = "".join(f"{one.ask.zh}{one.options[one.right].zh}。{one.because.zh}" for one in missed)
    return made(en, zh)


def _passed(case: Case, step: Step, o: Occurrence, body: TeachBody, form: dict[str, Json]) -> None:
    """The lesson is understood: now somebody watches, or it has passed."""
    shown = body.show_back
    if shown is None:
        end(case, o, "passed", form=form)
        return
    open_for(case, step, o, shown.task, shown.task.title)
    o.lesson, o.missed = SHOWN, None
    o.right = form.get(RIGHT, "")
    case.run.live.schedule("occurrences", o)


def marked(case: Case, o: Occurrence, form: dict[str, Json]) -> None:
    """A person has watched and marked: passed, or another time, or it was in vain."""
    step = case.index.steps[o.step]
    body = step.body
    assert isinstance(body, TeachBody)
    assert body.show_back is not None
    shown, both = body.show_back, {**({RIGHT: o.right} if o.right else {}), **form}
    memory = step_run(case, step.path)
    if Decimal(form[MARK]) >= shown.enough:
        memory.shown = 0
        end(case, o, "passed", form=both, weight=3)
        return
    if not _again(case, step, shown):
        _failed(case, step, o, body, both, "show_back")
        return
    end(case, o, READ, "show_back", form=both, weight=3)


def _again(case: Case, step: Step, shown: ShowBack) -> bool:
    """Plan the lesson once more; False when it was often enough, or is not to be repeated."""
    memory = step_run(case, step.path)
    if shown.repeat is None or (shown.at_most is not None and memory.shown >= shown.at_most):
        memory.shown = 0
        return False
    due = case.after(case.run.at, shown.repeat)
    if due is None:
        return False
    memory.shown += 1
    return plan_extra(case, step, due, f"again-{due.isoformat(timespec='minutes')}") is not None


def _failed(case: Case, step: Step, o: Occurrence, body: TeachBody, form: dict[str, Json], why: str) -> None:
    """The last try was in vain."""
    key = o.key
    end(case, o, READ, why, form=form, weight=4)
    if body.not_passed:
        case.follow.append((step.path, body.not_passed, key))

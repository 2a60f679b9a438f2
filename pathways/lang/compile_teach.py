"""Lessons: from the document to the plan."""

from __future__ import annotations

import re
from decimal import Decimal

from pathways.lang.catalogue import text_of
from pathways.lang.compile_actions import STEP_ALLOW, compile_actions, compile_task, text
from pathways.lang.compile_reader import Reader
from pathways.lang.plan import FormField, TeachBody
from pathways.lang.plan_base import Duration, Quantity, Text
from pathways.lang.plan_teach import MARK, Question, Quiz, ShowBack
from pathways.lang.resolve import Scope
from pathways.lang.source import Path
from pathways.lang.spec_base import TextSpec
from pathways.lang.spec_steps import TeachStep
from pathways.lang.spec_teach import QuestionSpec, QuizSpec, ShowBackSpec

_OF = re.compile(r"([1-9]\d{0,3}) of ([1-9]\d{0,3})")
_REPEAT = re.compile(r"(daily|weekly|every (?P<length>.+?)) (until passed|at most (?P<times>.+))")
_NAMED = {"daily": Duration(amount=1, unit="day"), "weekly": Duration(amount=1, unit="week")}


def compile_teach(r: Reader, path: Path, spec: TeachStep, scope: Scope) -> TeachBody:
    """An education item with its quiz and its show-back."""
    title = r.education(spec.teach, (*path, "teach"))
    quiz = None if spec.quiz is None else _quiz(r, (*path, "quiz"), spec.teach, spec.quiz)
    shown = None if spec.show_back is None else _show_back(r, (*path, "show_back"), title, spec.show_back, scope)
    may_fail = (quiz is not None and quiz.tries is not None) or (
        shown is not None and (shown.repeat is None or shown.at_most is not None)
    )
    if spec.not_passed is not None and not may_fail:
        r.say("nothing_to_pass", (*path, "not_passed"), key=True)
    return TeachBody(
        item=spec.teach,
        title=title,
        quiz=quiz,
        show_back=shown,
        not_passed=compile_actions(r, (*path, "not_passed"), spec.not_passed, scope, STEP_ALLOW),
    )


def _quiz(r: Reader, path: Path, item: str, spec: QuizSpec) -> Quiz:
    known = r.catalogue.education.get(item)
    written = spec.questions or (known.quiz if known is not None else {})
    if not written and known is not None:
        r.say("quiz_without_questions", path, key=True, name=item)
    questions = tuple(_question(r, (*path, "questions", name), name, one) for name, one in written.items())
    enough, _ = _pass_mark(r, (*path, "pass"), spec.enough, len(questions))
    tries = None if spec.tries is None else r.count(spec.tries, (*path, "tries"))
    return Quiz(questions=questions, enough=enough, tries=tries)


def _question(r: Reader, path: Path, name: str, spec: QuestionSpec) -> Question:
    if spec.right not in spec.options:
        options = ", ".join(f"`{word}`" for word in spec.options)
        r.say("not_one_of", (*path, "right"), key_="right", value=spec.right, known=options)
    return Question(
        id=name,
        ask=text_of(spec.ask),
        options={word: text_of(one) for word, one in spec.options.items()},
        right=spec.right,
        because=text_of(spec.because),
    )


def _pass_mark(r: Reader, path: Path, written: str, of: int | None) -> tuple[int, int]:
    """``4 of 5``: so many of so many; of a quiz the second is the number of its questions."""
    found = _OF.fullmatch(written)
    enough, most = (int(found[1]), int(found[2])) if found else (0, 0)
    if not found or enough > most or (of and most != of):
        r.say("bad_pass_mark", path, text=written, example=f"4 of {of}" if of and of > 4 else f"1 of {of or 1}")
    return enough, most


def _show_back(r: Reader, path: Path, lesson: Text, spec: ShowBackSpec, scope: Scope) -> ShowBack:
    enough, of = _pass_mark(r, (*path, "pass"), spec.enough, None)
    own = text(f"Watch and mark: {lesson.en}", f"观看并评分：{lesson.zh}")
    task = compile_task(
        r,
        path,
        title=spec.title or TextSpec(en=own.en, zh=own.zh),
        role=spec.role,
        due=spec.due,
        scope=scope,
        ladder=spec.escalate,
    )
    repeat, at_most = _repeat(r, (*path, "repeat"), spec.repeat)
    return ShowBack(
        task=task.model_copy(update={"form": (_mark(of),)}), enough=enough, of=of, repeat=repeat, at_most=at_most
    )


def _mark(of: int) -> FormField:
    low, high = (Quantity(value=Decimal(number), unit="1") for number in (0, of))
    return FormField(id=MARK, type="scale", label=text("Mark", "得分"), unit="1", low=low, high=high)


def _repeat(r: Reader, path: Path, written: str | None) -> tuple[Duration | None, int | None]:
    """``weekly until passed``, ``every 3 days at most 2 times``."""
    if written is None:
        return None, None
    found = _REPEAT.fullmatch(written)
    if found is None:
        r.say("bad_repeat", path, text=written)
        return None, None
    length, times = found["length"], found["times"]
    duration = _NAMED[found[1]] if length is None else r.duration(length, path, offset=found.start("length"))
    return duration, None if times is None else r.count(times, path)

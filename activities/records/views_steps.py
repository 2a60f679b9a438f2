"""What a patient is shown of a step: the level of an exercise and how it is done, the questions that are asked."""

from __future__ import annotations

from typing import Any

from activities.attachments.cleaned import KINDS
from pathways.decide.records import Occurrence
from pathways.decide.state import JourneyState
from pathways.decide.teach import SHOWN, quiz_fields
from pathways.lang.catalogue import catalogue, text_of
from pathways.lang.plan import AskBody, ExerciseBody, FormField, Step, TeachBody

Json = Any


def shown_row(step: Step, state: JourneyState, occurrence: Occurrence, language: str) -> dict[str, Json]:
    """What belongs to the kind of step, nothing for kinds that need no more than their text."""
    if isinstance(step.body, ExerciseBody):
        return _session(step.body, state, occurrence.enrolment, language)
    if isinstance(step.body, AskBody):
        return {"form": [field_row(field, language) for field in step.body.form]}
    return _lesson(step.body, occurrence, language) if isinstance(step.body, TeachBody) else {}


def _session(body: ExerciseBody, state: JourneyState, enrolment: str, language: str) -> dict[str, Json]:
    known = state.facts.get(f"{enrolment}|{body.level}")
    value = None if known is None else known.value
    level = next((one for one in body.levels if one.id == value), body.levels[0])
    return {
        "level": level.id,
        "level_title": level.title.in_language(language),
        "instructions": level.instructions.in_language(language),
        "form": [field_row(field, language) for field in body.form],
    }


def _lesson(body: TeachBody, occurrence: Occurrence, language: str) -> dict[str, Json]:
    """The lesson with its questions; which answers are right is told after a try, not before."""
    row: dict[str, Json] = {"item": body.item, "item_title": body.title.in_language(language)}
    known = catalogue().education.get(body.item)
    if known is not None:
        row["item_text"] = text_of(known.text).in_language(language)
    if body.quiz is not None:
        row["form"] = [field_row(field, language) for field in quiz_fields(body.quiz)]
        row["quiz"] = {"pass": body.quiz.enough, "tries": body.quiz.tries, "tried": occurrence.tries}
    if body.show_back is not None:
        row["show_back"] = {"role": body.show_back.task.role, "asked": occurrence.lesson == SHOWN}
    return row


def field_row(field: FormField, language: str) -> dict[str, Json]:
    """One question as a page needs it."""
    row: dict[str, Json] = {"id": field.id, "type": field.type, "required": field.required}
    if field.label is not None:
        row["label"] = field.label.in_language(language)
    if field.options:
        row["options"] = {word: text.in_language(language) for word, text in field.options.items()}
    if field.low is not None and field.high is not None:
        row |= {"low": str(field.low.value), "high": str(field.high.value)}
    if field.unit is not None:
        row["unit"] = field.unit
    if field.ask_if is not None or field.required_if is not None:
        row["depends"] = True  # on other answers: the run says whether it is asked
    if field.type in KINDS:
        row["accept"] = list(KINDS[field.type])
    return row

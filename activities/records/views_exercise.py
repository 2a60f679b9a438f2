"""What a patient is shown of an exercise: the level they are on, how it is done, and what is asked after it."""

from __future__ import annotations

from typing import Any

from pathways.decide.state import JourneyState
from pathways.lang.diagnostics import Language
from pathways.lang.plan import ExerciseBody, FormField, Step

Json = Any


def exercise_row(step: Step, state: JourneyState, enrolment: str, language: str) -> dict[str, Json]:
    """The level of the next session and its questions, nothing for other steps."""
    body, words = step.body, _language(language)
    if not isinstance(body, ExerciseBody):
        return {}
    known = state.facts.get(f"{enrolment}|{body.level}")
    value = None if known is None else known.value
    level = next((one for one in body.levels if one.id == value), body.levels[0])
    return {
        "level": level.id,
        "level_title": level.title.in_language(words),
        "instructions": level.instructions.in_language(words),
        "form": [field_row(field, words) for field in body.form],
    }


def _language(language: str) -> Language:
    return "zh" if language == "zh" else "en"


def field_row(field: FormField, language: Language) -> dict[str, Json]:
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
    return row

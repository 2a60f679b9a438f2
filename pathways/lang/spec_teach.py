"""Quizzes and show-backs as authors write them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pathways.lang.diagnostics import Said
from pathways.lang.spec_base import Filled, Id, Name, Node, Phrase, TextSpec


class QuestionSpec(Node):
    """A question with its answers, the right one, and why it is right."""

    PLACE = Said("a question", "题目")
    ask: TextSpec
    options: Annotated[dict[Id, TextSpec], Filled]
    right: Name
    because: TextSpec


class QuizSpec(Node):
    """Questions after a lesson; without its own those of the catalogue are asked."""

    PLACE = Said("a quiz", "测验")
    questions: Annotated[dict[Id, QuestionSpec], Filled] | None = None
    enough: Phrase = Field(alias="pass")
    tries: Phrase | None = None


class ShowBackSpec(Node):
    """The patient shows it, and a person watches and marks."""

    PLACE = Said("a show-back", "回示")
    title: TextSpec | None = None
    role: Name
    due: Phrase
    enough: Phrase = Field(alias="pass")
    repeat: Phrase | None = None
    escalate: Name | None = None

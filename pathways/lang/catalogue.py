"""The shared catalogue that pathways draw on: measures, education, code lists, medicine classes, questions.

It ships with the project and is read once. A fault in it is a fault of this release, not of an author.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import Field

from pathways.lang.plan_base import Text
from pathways.lang.source import read_source
from pathways.lang.spec_base import Node, TextSpec, YesNo
from pathways.lang.spec_teach import QuestionSpec

SCORE = "{score}"
TOTAL = "total"
"""The component of an instrument that its bare name means."""


class CatalogueComponent(Node):
    """One number of a measure: UCUM unit, LOINC code, and what the instrument can physically show.

    ``optional``: many instruments do not give it.
    """

    unit: str
    code: str
    low: int | None = None
    high: int | None = None
    optional: YesNo = False


class CatalogueMeasure(Node):
    """A thing that can be measured, with its LOINC code."""

    title: TextSpec
    code: str
    components: dict[str, CatalogueComponent]


class CatalogueItem(TextSpec):
    """One question of an instrument, with its LOINC code."""

    code: str


class CatalogueInstrument(Node):
    """A questionnaire with a published score. ``total`` is the LOINC code of the score; ``may_be_missing`` items may be
    unanswered; ``self_harm`` items are judged on each answer, before the form is sent."""

    title: TextSpec
    code: str
    cite: str
    licence: str
    intro: TextSpec
    options: dict[str, TextSpec]
    total: str
    may_be_missing: int = 0
    self_harm: list[str] = []
    items: dict[str, CatalogueItem]

    def as_measure(self) -> CatalogueMeasure:
        """The readings that answers come to: the total, and each item."""
        top = max(map(int, self.options))
        parts = {
            name: CatalogueComponent(unit=SCORE, code=item.code, low=0, high=top, optional=True)
            for name, item in self.items.items()
        }
        total = CatalogueComponent(unit=SCORE, code=self.total, low=0, high=top * len(self.items), optional=True)
        return CatalogueMeasure(title=self.title, code=self.code, components={TOTAL: total, **parts})


class CatalogueEducation(Node):
    """What a step `teach` shows, and the questions that its `quiz` asks where the pathway writes none."""

    title: TextSpec
    text: TextSpec
    quiz: dict[str, QuestionSpec] = {}


class CatalogueCodes(Node):
    """A named list of codes (`system:code`, `*` for all below)."""

    title: TextSpec
    codes: list[str]


class Catalogue(Node):
    """Everything in the catalogue, by id."""

    measures: dict[str, CatalogueMeasure]
    education: dict[str, CatalogueEducation]
    code_lists: dict[str, CatalogueCodes] = Field(alias="codes")
    medicines: dict[str, CatalogueCodes]
    questions: dict[str, TextSpec] = Field(alias="facts")
    instruments: dict[str, CatalogueInstrument] = {}


@cache
def catalogue() -> Catalogue:
    """The catalogue of this release.

    Raises:
        RuntimeError: a file of the catalogue is not well formed.
    """
    folder = files("pathways.catalogue")
    parts: dict[str, Any] = {}
    for name in ("measures", "education", "codes", "medicines", "facts", "instruments"):
        source, problems = read_source((folder / f"{name}.yaml").read_bytes(), f"catalogue/{name}.yaml")
        if problems:
            msg = f"catalogue/{name}.yaml, line {problems[0].span.line}: {problems[0].message()}"
            raise RuntimeError(msg)
        parts[name] = source.value
    found = Catalogue.model_validate(parts)
    asked = {name: instrument.as_measure() for name, instrument in found.instruments.items()}
    return found.model_copy(update={"measures": {**found.measures, **asked}})


def text_of(spec: TextSpec) -> Text:
    """A text of the plan."""
    return Text(en=spec.en, zh=spec.zh)

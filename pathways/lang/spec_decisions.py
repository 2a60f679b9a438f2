"""Decision tables as authors write them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pathways.lang.diagnostics import Said
from pathways.lang.spec_actions import Inline
from pathways.lang.spec_base import Condition, Filled, Id, Name, Node, TextSpec


class DecisionRowSpec(Node):
    """A row of a decision table: a condition, the word it comes to, and the reason that people read."""

    PLACE = Said("a row of a decision", "决策表的一行")
    test: Condition | None = Field(None, alias="if")
    otherwise: Literal[True] | None = Field(None, alias="else")
    word: Id = Field(alias="is")
    because: TextSpec | None = None


class DecisionUnknownSpec(Inline):
    """What a decision comes to, and what is done, when it cannot tell."""

    PLACE = Said("`unknown` of a decision", "决策的 `unknown`")
    word: Id | None = Field(None, alias="is")


class DecisionSpec(Node):
    """A decision table: over each completed form, or over the data as they stand."""

    PLACE = Said("a decision", "决策")
    title: TextSpec | None = None
    of: Name | None = None
    hits: Literal["first", "all", "one"] = "first"
    rows: Annotated[list[DecisionRowSpec], Filled]
    words: dict[Id, TextSpec] = {}
    unknown: DecisionUnknownSpec | None = None

    def row_words(self) -> tuple[str, ...]:
        """The words it can come to, in order."""
        told = self.unknown.word if self.unknown is not None else None
        return tuple(dict.fromkeys([*(row.word for row in self.rows), *((told,) if told is not None else ())]))

    def unknown_word(self) -> str | None:
        """What it comes to when it cannot tell: an `if: unknown` row, else the word under `unknown`."""
        for row in self.rows:
            if row.test == "unknown":
                return row.word
        return self.unknown.word if self.unknown is not None else None

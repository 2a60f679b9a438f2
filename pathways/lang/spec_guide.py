"""A line of a rule's `episode` as authors write it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pathways.lang.diagnostics import Said
from pathways.lang.spec_actions import Actions
from pathways.lang.spec_base import Condition, Name, Node, Phrase, YesNo


class GuideSpec(Node):
    """One of: `say`, `measure` with `within`, a row with `if`, the row `if: unknown`, the last row `else`."""

    PLACE = Said("a line of `episode`", "`episode` 的一行")
    say: Name | None = None
    measure: Name | None = None
    within: Phrase | None = None
    message: Name | None = None
    test: Condition | None = Field(None, alias="if")
    otherwise: Literal[True] | None = Field(None, alias="else")
    settled: YesNo | None = None
    do: Actions | None = None
    repeat: Phrase | None = None
    afterwards: Actions | None = None

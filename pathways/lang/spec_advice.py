"""Proposals of advice as authors write them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pathways.lang.diagnostics import Said
from pathways.lang.spec_base import Condition, Name, Node, TextSpec


class AdviceRowSpec(Node):
    """A row: the message that is proposed, and why."""

    PLACE = Said("a row of advice", "建议的一行")
    test: Condition | None = Field(None, alias="if")
    otherwise: Literal[True] | None = Field(None, alias="else")
    message: Name = Field(alias="is")
    because: TextSpec
    effect: Condition | None = None

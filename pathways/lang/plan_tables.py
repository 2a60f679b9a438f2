"""Rows of decision tables, and the table that a step shows to a person."""

from __future__ import annotations

from typing import Literal

from pathways.lang.plan_base import Part, Text
from pathways.lang.plan_cond import Cond

Hits = Literal["first", "all", "one"]


class DecisionRow(Part):
    """A row: ``test`` is a condition or "else"; ``word`` is what it comes to, ``because`` the reason people read."""

    path: str
    test: Cond | Literal["else"]
    word: str
    because: Text | None = None


class Proposal(Part):
    """The table of a step ``decide``: what it comes to is proposed to a person, who chooses one of ``words``.

    ``unknown_word``: proposed at the first row that is unknown. ``fact`` and ``classes``: one proposal for each of
    these prescriptions, each called ``each`` in the rows; without ``fact`` one in all. ``against``: who chooses
    otherwise than one of these proposals gives a reason.
    """

    rows: tuple[DecisionRow, ...]
    words: dict[str, Text]
    hits: Hits = "first"
    unknown_word: str | None = None
    unknown_because: Text | None = None
    fact: str = ""
    classes: tuple[str, ...] = ()
    each: str = ""
    against: tuple[str, ...] = ()

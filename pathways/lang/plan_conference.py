"""A conference in a compiled plan: a task that several roles sign, and its place on an agenda."""

from __future__ import annotations

from typing import Literal

from pathways.lang.plan_base import Part
from pathways.lang.plan_handoffs import Sent


class Rank(Part):
    """What puts a patient further up on an agenda: the ``highest`` or ``lowest`` value of ``name`` (of ``component``
    where it has several), or that it is the ``longest_since`` anything was heard of it."""

    way: Literal["highest", "lowest", "longest_since"]
    name: str
    component: str | None = None


class Conference(Part):
    """Who signs the task: ``quorum`` of ``roles``, each once. ``show``: data kept with it as they stood
    when it was opened. ``agenda``: the list over all patients it stands on, in the order of ``rank``."""

    roles: tuple[str, ...]
    quorum: int
    show: tuple[Sent, ...] = ()
    agenda: str | None = None
    rank: tuple[Rank, ...] = ()

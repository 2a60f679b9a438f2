"""What a handoff asks for and what it sends along, in a compiled plan."""

from __future__ import annotations

from typing import Literal

from pathways.lang.plan_base import Duration, Part, Text


class Sent(Part):
    """A datum that goes along with the request: its value, unit and time when the request is made. ``form``: the
    answers of a step as last completed (``phase`` where it is named). ``step``: how it last ended and when.
    ``decision``: what it comes to."""

    kind: Literal["measure", "derived", "fact", "form", "step", "decision"]
    name: str
    phase: str | None = None


class Order(Part):
    """What is ordered. ``signed_by``: the role of which a person signs it before it goes out, within ``due`` (else
    ``ladder``)."""

    text: Text
    code: str | None = None
    signed_by: str | None = None
    due: Duration | None = None
    ladder: str | None = None

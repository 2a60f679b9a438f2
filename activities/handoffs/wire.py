"""What goes over the wire to and from a partner: one small JSON protocol for every kind of handoff.

- ``POST {base}/orders`` with an ``Idempotency-Key`` equal to ``identifier``: 201 made, 200 already there with the
  same content, 409 with another content. Answers an :class:`Order`.
- ``GET {base}/orders/{identifier}``: 200 an :class:`Order`, 404 unknown.
- ``POST {base}/orders/{identifier}/cancel``: 202 the wish is noted (its status stands in the history), 409 too late;
  both answer an :class:`Order`.
- Callbacks: ``POST`` of a :class:`Callback`, signed as Standard Webhooks.

Every status of an order has a ``version``, counted from 1 without holes, our own request being the first.
Unknown members are let pass: a partner may say more than we read.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from activities.handoffs.machines import Status

Json = Any


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Entry(_Wire):
    """One status in the history of an order. ``kept``: typed values the pathway may keep."""

    version: int = Field(ge=1, le=100_000)
    state: str = Field(max_length=64)
    by: Literal["initiator", "recipient"] = "recipient"
    kept: dict[str, Json] = {}

    def status(self) -> Status:
        """As the machines read it."""
        return Status(self.version, self.state, self.by, self.kept)


class Request(_Wire):
    """What is asked of a partner. ``patient`` is the opaque key; ``request`` says what."""

    identifier: str
    machine: str
    patient: str
    request: dict[str, Json] = {}

    def digest(self) -> str:
        """Hash of the content, so that "already there" can be told from "another one under this name"."""
        text = json.dumps(self.model_dump(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class Order(_Wire):
    """An order as the partner holds it. ``digest``: of the request it was made from, where it says so."""

    identifier: str
    partner_id: str = Field(default="", max_length=200)
    digest: str = ""
    history: tuple[Entry, ...] = Field(max_length=1000)


class Callback(_Wire):
    """The body of a callback: one status of one order."""

    identifier: str = Field(min_length=1, max_length=500)
    version: int = Field(ge=1, le=100_000)
    state: str = Field(max_length=64)
    kept: dict[str, Json] = {}

    def status(self) -> Status:
        """As the machines read it; a callback always speaks of what the partner did."""
        return Status(self.version, self.state, "recipient", self.kept)

"""What a stand-in partner does with an order, and the faults it can be told to show. Pure and seeded."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

Json = Any


class Behaviour(BaseModel):
    """How a partner behaves. Rates are shares of orders; ``next_*`` count down, one per call or callback.

    ``hang``: seconds an answer is held back when ``next_timeout`` or ``next_timeout_after_done`` strikes.
    ``callbacks_twice`` sends every callback two times, ``callbacks_reversed`` holds each back until the next status
    of the same order has been told. ``manual``: statuses advance only when the admin route says so.
    """

    model_config = ConfigDict(extra="forbid")

    decline_rate: float = Field(default=0.10, ge=0, le=1)
    partly_rate: float = Field(default=0.08, ge=0, le=1)
    silent_rate: float = Field(default=0.05, ge=0, le=1)
    unattended_rate: float = Field(default=0.15, ge=0, le=1)
    cancel_lost_rate: float = Field(default=0.10, ge=0, le=1)
    next_500: int = Field(default=0, ge=0)
    next_timeout: int = Field(default=0, ge=0)
    next_timeout_after_done: int = Field(default=0, ge=0)
    next_malformed: int = Field(default=0, ge=0)
    next_callback_lost: int = Field(default=0, ge=0)
    next_callback_unsigned: int = Field(default=0, ge=0)
    next_callback_stale: int = Field(default=0, ge=0)
    callbacks_twice: bool = False
    callbacks_reversed: bool = False
    hang: float = Field(default=30.0, ge=0)
    manual: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """The next status of an order, ``days`` of patient time after the one before."""

    days: float
    state: str
    kept: dict[str, Json] = field(default_factory=dict)


ADVICE: Final = {
    "en": "Continue the present plan, check cuff and technique, see again if readings stay over goal.",
    "zh": "继续现行方案，核对袖带与测量方法；如读数仍高于目标，请再次转诊。",
}


def _chance(seed: int, identifier: str, what: str) -> random.Random:
    digest = hashlib.sha256(f"{seed}|{identifier}|{what}".encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))


def course(kind: str, identifier: str, request: dict[str, Json], behaviour: Behaviour, seed: int) -> list[Move]:
    """Everything that will happen to an order if nobody cancels it. The same seed and identifier give the same."""
    chance = _chance(seed, identifier, "course")
    if chance.random() < behaviour.silent_rate:
        return []
    if chance.random() < behaviour.decline_rate:
        return [Move(chance.uniform(0.2, 0.9), "declined")]
    return _pharmacy(chance, request, behaviour) if kind == "pharmacy" else _clinic(chance, request, behaviour)


def _pharmacy(chance: random.Random, request: dict[str, Json], behaviour: Behaviour) -> list[Move]:
    asked = [item for item in request.get("medicines", []) if isinstance(item, dict)]
    moves = [Move(chance.uniform(0.05, 0.6), "accepted"), Move(chance.uniform(0.05, 0.5), "preparing")]
    partly = len(asked) > 1 and chance.random() < behaviour.partly_rate
    given = asked[:-1] if partly else asked
    kept = {"medicines": [{key: item[key] for key in ("id", "supply") if key in item} for item in given]}
    return [*moves, Move(chance.uniform(0.2, 2.5), "partly" if partly else "handed_over", kept)]


def _clinic(chance: random.Random, request: dict[str, Json], behaviour: Behaviour) -> list[Move]:
    moves = [Move(chance.uniform(0.2, 1.5), "accepted"), Move(chance.uniform(0.2, 2.0), "scheduled")]
    if chance.random() < behaviour.unattended_rate:
        moves += [Move(chance.uniform(1.0, 4.0), "unattended"), Move(chance.uniform(0.2, 1.0), "scheduled")]
    language = "zh" if request.get("language") == "zh" else "en"
    kept = {"advice": ADVICE[language], "medicines": []}
    return [
        *moves,
        Move(chance.uniform(2.0, 6.0), "visit_completed"),
        Move(chance.uniform(1.0, 8.0), "completed", kept),
    ]


def after_cancel(kind: str, identifier: str, behaviour: Behaviour, seed: int) -> list[Move]:
    """What follows a noted wish to cancel: usually cancelled, sometimes it comes too late."""
    chance = _chance(seed, identifier, "cancel")
    lost = chance.random() < behaviour.cancel_lost_rate
    done = "handed_over" if kind == "pharmacy" else "completed"
    return [Move(chance.uniform(0.05, 0.5), done if lost else "cancelled")]

"""What a stand-in partner does with an order, and the faults it can be told to show. Pure and seeded."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
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
    information_rate: float = Field(default=0.20, ge=0, le=1)
    modified_rate: float = Field(default=0.20, ge=0, le=1)
    no_slot_rate: float = Field(default=0.10, ge=0, le=1)
    session_missed_rate: float = Field(default=0.10, ge=0, le=1)
    stopped_rate: float = Field(default=0.05, ge=0, le=1)
    unusable_rate: float = Field(default=0.03, ge=0, le=1)
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


REFUSES: Final = {"insurance": "denied"}
"""Kind -> how it says no, where that is not ``declined``."""
DONE: Final = {"pharmacy": "handed_over", "insurance": "approved", "laboratory": "resulted"}
"""Kind -> how it ends when a wish to cancel comes too late, where that is not ``completed``."""
SESSIONS: Final = 12
"""How many sessions a course has that does not say how many it wants."""


def _chance(seed: int, identifier: str, what: str) -> random.Random:
    digest = hashlib.sha256(f"{seed}|{identifier}|{what}".encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))


def course(kind: str, identifier: str, request: dict[str, Json], behaviour: Behaviour, seed: int) -> list[Move]:
    """Everything that will happen to an order if nobody cancels it. The same seed and identifier give the same."""
    chance = _chance(seed, identifier, "course")
    if chance.random() < behaviour.silent_rate:
        return []
    if chance.random() < behaviour.decline_rate:
        return [Move(chance.uniform(0.2, 0.9), REFUSES.get(kind, "declined"))]
    return _COURSES[kind](chance, request, behaviour)


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


def _insurer(chance: random.Random, request: dict[str, Json], behaviour: Behaviour) -> list[Move]:
    """A pended request may be asked for papers once; what is granted is a number of sessions and how long it holds."""
    moves = [Move(chance.uniform(0.01, 0.5), "received")]
    case = request.get("case")
    if case != "eligibility" and chance.random() < behaviour.information_rate:
        moves += [Move(chance.uniform(0.5, 2.0), "information_wanted"), Move(chance.uniform(1.0, 4.0), "received")]
    modified = case != "eligibility" and chance.random() < behaviour.modified_rate
    kept: dict[str, Json] = {}
    if case == "preauthorisation":
        kept = {"granted": SESSIONS if modified else 2 * SESSIONS}
    return [*moves, Move(chance.uniform(0.5, 6.0), "modified" if modified else "approved", kept)]


def _care(one: str) -> Callable[[random.Random, dict[str, Json], Behaviour], list[Move]]:
    """A course of care told of session by session."""

    def course_of(chance: random.Random, request: dict[str, Json], behaviour: Behaviour) -> list[Move]:
        if chance.random() < behaviour.no_slot_rate:
            return [Move(chance.uniform(0.2, 2.0), "no_slot")]
        moves = [Move(chance.uniform(0.2, 1.5), "accepted"), Move(chance.uniform(1.0, 6.0), "started")]
        stops = chance.random() < behaviour.stopped_rate
        for _ in range(SESSIONS // 2 if stops else SESSIONS):
            missed = chance.random() < behaviour.session_missed_rate
            moves.append(Move(chance.uniform(2.0, 4.0), f"{one}_missed" if missed else f"{one}_done"))
        return [*moves, Move(chance.uniform(0.1, 1.0), "stopped" if stops else "completed")]

    return course_of


def _laboratory(chance: random.Random, request: dict[str, Json], behaviour: Behaviour) -> list[Move]:
    moves = [Move(chance.uniform(0.01, 0.3), "ordered"), Move(chance.uniform(0.2, 2.0), "collected")]
    if chance.random() < behaviour.unusable_rate:
        moves += [Move(chance.uniform(0.1, 0.5), "unusable"), Move(chance.uniform(0.5, 2.0), "collected")]
    return [*moves, Move(chance.uniform(0.2, 1.5), "resulted")]


_COURSES: Final[dict[str, Callable[[random.Random, dict[str, Json], Behaviour], list[Move]]]] = {
    "pharmacy": _pharmacy,
    "referral": _clinic,
    "insurance": _insurer,
    "rehab": _care("session"),
    "elder_care": _care("visit"),
    "home_nursing": _care("visit"),
    "laboratory": _laboratory,
}


def after_cancel(kind: str, identifier: str, behaviour: Behaviour, seed: int) -> list[Move]:
    """What follows a noted wish to cancel: usually cancelled, sometimes it comes too late."""
    chance = _chance(seed, identifier, "cancel")
    lost = chance.random() < behaviour.cancel_lost_rate
    return [Move(chance.uniform(0.05, 0.5), DONE.get(kind, "completed") if lost else "cancelled")]

"""The published state machines of handoffs, as data, and the one function that walks them.

``pharmacy`` is a fulfilment Task with its MedicationDispense (FHIR R4 codes). ``referral`` is the harmonised
BSeR and 360X machine: its 34 numbered transitions and business status codes are taken over unchanged; the two
transitions numbered 0 are ours, for a request that never reached the partner.

Cancelling is a request, not a fact: the initiator may only reach ``cancellation_requested``; the partner then
says ``cancelled``, or ``completed`` when the request lost the race.

Pure: no clock, no I/O. A partner numbers its statuses (``version``, from 1 without holes), so what arrives
twice, late or out of order is put in order by number, and a hole is a reason to ask the partner.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from activities.handoffs.machine_types import (
    CANCELLATION_REQUESTED,
    DRAFT,
    FAILED,
    Machine,
    Side,
    State,
    Transition,
    make_machine,
)
from activities.handoffs.machines_care import CARE

__all__ = ["CANCELLATION_REQUESTED", "DRAFT", "FAILED", "MACHINES", "Machine", "Side", "State", "Transition", "walk"]

Json = Any

PHARMACY: Final = make_machine(
    "pharmacy",
    "requested",
    (
        State(DRAFT, "draft"),
        State("requested", "requested"),
        State("accepted", "accepted", "accepted"),
        State("preparing", "in-progress", "preparing", dispense="preparation"),
        State(CANCELLATION_REQUESTED, "in-progress"),
        State("handed_over", "completed", "handed_over", final=True, dispense="completed"),
        State("partly", "completed", "partly", final=True, dispense="completed"),
        State("declined", "rejected", "declined", final=True, dispense="declined"),
        State("cancelled", "cancelled", "cancelled", final=True, dispense="cancelled"),
        State(FAILED, "failed", "failed", final=True, dispense="stopped"),
    ),
    """
    0  I draft                  failed
    0  I draft                  cancelled
    1  I draft                  requested
    2  R requested              accepted
    3  R requested              declined
    4  R requested              failed
    5  R accepted               preparing
    6  R accepted               declined
    7  R accepted               handed_over
    8  R accepted               partly
    9  R accepted               failed
    10 R preparing              handed_over
    11 R preparing              partly
    12 R preparing              declined
    13 R preparing              failed
    14 I requested              cancellation_requested
    15 I accepted               cancellation_requested
    16 I preparing              cancellation_requested
    17 R cancellation_requested cancelled
    18 R cancellation_requested handed_over
    19 R cancellation_requested partly
    20 R cancellation_requested failed
    """,
)

REFERRAL: Final = make_machine(
    "referral",
    "created",
    (
        State(DRAFT, "draft"),
        State("created", "received", business="2.0"),
        State("accepted", "accepted", "accepted", business="3.0"),
        State("declined", "rejected", "declined", final=True, business="4.0"),
        State("in_hand", "in-progress", business="5.1"),
        State("scheduled", "in-progress", "scheduled", business="5.1.1"),
        State("unattended", "in-progress", "unattended", business="5.1.2"),
        State("appointment_cancelled", "in-progress", business="5.1.3"),
        State("visit_completed", "in-progress", "seen", business="5.1.4"),
        State(CANCELLATION_REQUESTED, "in-progress", business="5.2"),
        State("cancelled", "cancelled", "cancelled", final=True, business="6.0"),
        State("completed", "completed", "returned", final=True, business="7.0"),
        State(FAILED, "failed", "failed", final=True),
    ),
    """
    0  I draft                  failed
    0  I draft                  cancelled
    1  I draft                  created
    2  R created                accepted
    3  R created                declined
    4  I created                cancellation_requested
    5  R accepted               declined
    6  R accepted               scheduled
    7  I accepted               cancellation_requested
    8  R accepted               visit_completed
    9  R accepted               completed
    10 R scheduled              declined
    11 R scheduled              scheduled
    12 R scheduled              unattended
    13 R scheduled              appointment_cancelled
    14 I scheduled              cancellation_requested
    15 R scheduled              visit_completed
    16 R scheduled              completed
    17 R unattended             declined
    18 R unattended             scheduled
    19 R unattended             appointment_cancelled
    20 I unattended             cancellation_requested
    21 R appointment_cancelled  scheduled
    22 I appointment_cancelled  cancellation_requested
    23 R cancellation_requested cancelled
    24 R cancellation_requested completed
    25 R visit_completed        declined
    26 R visit_completed        scheduled
    27 R visit_completed        appointment_cancelled
    28 I visit_completed        cancellation_requested
    29 R visit_completed        visit_completed
    30 R visit_completed        completed
    31 R accepted               in_hand
    32 R accepted               in_hand
    33 R in_hand                declined
    34 I in_hand                cancellation_requested
    """,
)

MACHINES: Final[Mapping[str, Machine]] = {machine.id: machine for machine in (PHARMACY, REFERRAL, *CARE)}
"""Every machine. A handoff of a kind that is not here is a programmer error."""


@dataclass(frozen=True, slots=True)
class Status:
    """What a partner says: the ``version``-th status of this request is ``state``, set by ``by``."""

    version: int
    state: str
    by: Side = "recipient"
    kept: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A published transition that was taken. ``word``: what the journey is to be told, or None."""

    status: Status
    source: str
    word: str | None
    final: bool


@dataclass(frozen=True, slots=True)
class Ignored:
    """A status that changes nothing. ``why``: repeated, illegal, unknown_state or after_final."""

    status: Status
    source: str
    why: Literal["repeated", "illegal", "unknown_state", "after_final"]


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a machine stands after a batch of statuses.

    ``waiting``: statuses kept for later, because an earlier one has not arrived; ``gap`` is then True and the
    partner should be asked for all of them.
    """

    state: str
    version: int
    steps: tuple[Step, ...]
    ignored: tuple[Ignored, ...]
    waiting: tuple[Status, ...]

    @property
    def gap(self) -> bool:
        """Whether an earlier status is missing."""
        return bool(self.waiting)


def walk(machine: Machine, state: str, version: int, statuses: Iterable[Status]) -> Walk:
    """Take the published transitions that ``statuses`` ask for, in order of their version.

    ``state`` and ``version`` say where the machine stands (``draft`` and 0 before anything was heard). The order
    in which the statuses are given does not matter. An illegal status is counted as heard and changes nothing.
    """
    steps: list[Step] = []
    ignored: list[Ignored] = []
    waiting: list[Status] = []
    for status in sorted(statuses, key=lambda s: (s.version, s.state)):
        if status.version <= version:
            ignored.append(Ignored(status, state, "repeated"))
        elif status.version > version + 1:
            waiting.append(status)
        else:
            version = status.version
            taken = _take(machine, state, status)
            if isinstance(taken, Step):
                steps.append(taken)
                state = status.state
            else:
                ignored.append(taken)
    return Walk(state, version, tuple(steps), tuple(ignored), tuple(waiting))


def _take(machine: Machine, state: str, status: Status) -> Step | Ignored:
    target = machine.states.get(status.state)
    if target is None:
        return Ignored(status, state, "unknown_state")
    if machine.states[state].final:
        return Ignored(status, state, "after_final")
    if not machine.allows(state, status.state, status.by):
        return Ignored(status, state, "illegal")
    return Step(status, state, target.word, target.final)

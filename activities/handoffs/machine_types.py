"""What a state machine of a handoff is made of. Pure; the machines themselves stand in ``machines`` and beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Side = Literal["initiator", "recipient"]
CANCELLATION_REQUESTED: Final = "cancellation_requested"
DRAFT: Final = "draft"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class State:
    """One state.

    ``task``: FHIR R4 Task.status. ``dispense``: FHIR R4 MedicationDispense.status where there is one.
    ``business``: published business status code. ``word``: what the journey is told on entering it, or None.
    ``final``: no transition leaves it.
    """

    name: str
    task: str
    word: str | None = None
    final: bool = False
    business: str | None = None
    dispense: str | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """One published transition: its number, who makes it, from where, to where."""

    number: int
    by: Side
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine. ``sent``: the state a request is in once the partner holds it."""

    id: str
    sent: str
    states: Mapping[str, State]
    transitions: tuple[Transition, ...]

    def allows(self, source: str, target: str, by: Side) -> bool:
        """Whether a published transition leads from ``source`` to ``target`` when made by ``by``."""
        return any(t.source == source and t.target == target and t.by == by for t in self.transitions)

    def can_cancel(self, state: str) -> bool:
        """Whether cancellation may be asked for in ``state``."""
        return self.allows(state, CANCELLATION_REQUESTED, "initiator")


def make_machine(id_: str, sent: str, states: Iterable[State], rows: str) -> Machine:
    """A machine of its states and its table: number, who (I initiator, R recipient), from, to.

    Raises:
        ValueError: a row names a state that is not there.
    """
    by_name = {state.name: state for state in states}
    transitions: list[Transition] = []
    for line in rows.strip().splitlines():
        number, side, source, target = line.split()
        if source not in by_name or target not in by_name:
            raise ValueError(f"{id_}: transition {number} names an unknown state")
        transitions.append(Transition(int(number), "initiator" if side == "I" else "recipient", source, target))
    return Machine(id_, sent, by_name, tuple(transitions))

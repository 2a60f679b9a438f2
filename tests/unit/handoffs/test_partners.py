"""The stand-in partners keep to the published states, whatever seed and behaviour they are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.handoffs.machines import CANCELLATION_REQUESTED, DRAFT, MACHINES, Status, walk
from activities.handoffs.wire import Request
from carepath.partners.behaviour import Behaviour, after_cancel, course
from carepath.partners.ledger import Ledger, OtherContent

KINDS = st.sampled_from(sorted(MACHINES))
RATE = st.sampled_from([0.0, 0.3, 1.0])
BEHAVIOURS = st.builds(
    Behaviour, decline_rate=RATE, partly_rate=RATE, silent_rate=RATE, unattended_rate=RATE, cancel_lost_rate=RATE
)
MEDICINES: dict[str, Any] = {"medicines": [{"id": "a", "supply": {"days": 28}}, {"id": "b"}]}


@given(KINDS, BEHAVIOURS, st.integers(0, 10_000))
def test_a_course_takes_published_transitions_only_and_ends(kind: str, behaviour: Behaviour, seed: int) -> None:
    machine = MACHINES[kind]
    moves = course(kind, f"k{seed}", MEDICINES, behaviour, seed)
    assert moves == course(kind, f"k{seed}", MEDICINES, behaviour, seed)
    statuses = [Status(1, machine.sent, "initiator")]
    statuses += [Status(number, move.state) for number, move in enumerate(moves, 2)]
    result = walk(machine, DRAFT, 0, statuses)
    assert result.ignored == ()
    assert machine.states[result.state].final == bool(moves)


@given(KINDS, BEHAVIOURS, st.integers(0, 1000))
def test_what_follows_a_wish_to_cancel_is_published(kind: str, behaviour: Behaviour, seed: int) -> None:
    (move,) = after_cancel(kind, "k", behaviour, seed)
    assert MACHINES[kind].allows(CANCELLATION_REQUESTED, move.state, "recipient")
    assert MACHINES[kind].states[move.state].final


@pytest.fixture
def ledger(tmp_path: Path) -> Any:
    made = Ledger(tmp_path / "book.db", "pharmacy", seed=1, day=10.0)
    made.behave(Behaviour(silent_rate=0, decline_rate=0, partly_rate=0, cancel_lost_rate=0))
    yield made
    made.close()


ORDER = Request(identifier="k1", machine="pharmacy", patient="p", request=MEDICINES)


def test_time_runs_in_patient_days(ledger: Ledger) -> None:
    ledger.take(ORDER, now=1000.0)
    assert ledger.advance(1000.0) == 0
    days = course("pharmacy", "k1", MEDICINES, ledger.behaviour(), 1)[0].days
    due = ledger.next_due()
    assert due is not None
    assert abs(due - (1000.0 + days * 10.0)) < 1e-6
    assert ledger.advance(due) == 1


def test_an_order_is_taken_once_whatever_is_asked(ledger: Ledger) -> None:
    _, new = ledger.take(ORDER, 0.0)
    again, known = ledger.take(ORDER, 5.0)
    assert (new, known, len(again.history)) == (True, False, 1)
    with pytest.raises(OtherContent):
        ledger.take(ORDER.model_copy(update={"patient": "q"}), 6.0)
    assert [order["asked"] for order in ledger.summary()] == [2]


def test_callbacks_are_due_until_they_are_told(ledger: Ledger) -> None:
    ledger.take(ORDER, 0.0)
    ledger.advance(0.0, "k1")
    (telling,) = ledger.due_callbacks(1.0, reversed_=False)
    ledger.told(telling, success=False, again=5.0)
    assert ledger.due_callbacks(4.0, reversed_=False) == []
    (again,) = ledger.due_callbacks(5.0, reversed_=False)
    assert (again.entry, again.tries) == (telling.entry, 1)
    ledger.told(again, success=True, again=9.0)
    assert ledger.due_callbacks(99.0, reversed_=False) == []


def test_nothing_is_supplied_that_was_not_asked_for(ledger: Ledger) -> None:
    moves = course("pharmacy", "k9", {}, ledger.behaviour(), 1)
    assert moves[-1].kept == {"medicines": []}

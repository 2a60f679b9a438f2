"""The published machines, and the rule that nothing but a published transition is ever taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.handoffs.machines import (
    CANCELLATION_REQUESTED,
    DRAFT,
    MACHINES,
    PHARMACY,
    REFERRAL,
    Machine,
    Side,
    Status,
    walk,
)
from pathways.lang.plan_handoff_words import HANDOFF_WORDS, SILENT, final_words

MACHINE = st.sampled_from(list(MACHINES.values()))


def test_the_referral_machine_has_the_34_published_transitions() -> None:
    assert sorted(t.number for t in REFERRAL.transitions if t.number) == list(range(1, 35))


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda m: m.id)
def test_words_and_states_agree(machine: Machine) -> None:
    told = {state.word for state in machine.states.values() if state.word}
    assert told == {word.name for word in HANDOFF_WORDS[machine.id]} - {SILENT}
    for state in machine.states.values():
        leaves = any(t.source == state.name for t in machine.transitions)
        assert leaves != state.final, state.name
        if state.word:
            assert (state.word in final_words(machine.id)) == state.final


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda m: m.id)
def test_every_state_can_be_reached_and_can_end(machine: Machine) -> None:
    reached = {DRAFT}
    while more := {t.target for t in machine.transitions if t.source in reached} - reached:
        reached |= more
    assert reached == set(machine.states)
    ends = {s.name for s in machine.states.values() if s.final}
    while more := {t.source for t in machine.transitions if t.target in ends} - ends:
        ends |= more
    assert ends == set(machine.states)


@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda m: m.id)
def test_only_the_partner_can_make_a_cancellation_a_fact(machine: Machine) -> None:
    after_sent = [t for t in machine.transitions if t.target == "cancelled" and t.source != DRAFT]
    assert after_sent
    assert all(t.by == "recipient" and t.source == CANCELLATION_REQUESTED for t in after_sent)


def _statuses(machine: Machine) -> st.SearchStrategy[list[Status]]:
    sides: list[Side] = ["initiator", "recipient"]
    states = [*machine.states, "nonsense"]
    one = st.builds(Status, st.integers(1, 8), st.sampled_from(states), st.sampled_from(sides))
    return st.lists(one, max_size=12)


@given(MACHINE.flatmap(lambda m: st.tuples(st.just(m), _statuses(m))))
def test_only_published_transitions_are_taken(case: tuple[Machine, list[Status]]) -> None:
    machine, statuses = case
    result = walk(machine, DRAFT, 0, statuses)
    at = DRAFT
    for step in result.steps:
        assert step.source == at
        assert machine.allows(at, step.status.state, step.status.by)
        at = step.status.state
    assert at == result.state
    heard = len(result.steps) + len(result.ignored) + len(result.waiting)
    assert heard == len(statuses)
    assert sum(step.final for step in result.steps) <= 1


@st.composite
def _honest(draw: st.DrawFn) -> tuple[Machine, list[Status]]:
    """A history a partner that follows the machine could have."""
    machine = draw(MACHINE)
    state, history = DRAFT, list[Status]()
    for version in range(1, 12):
        ways = [t for t in machine.transitions if t.source == state]
        if not ways:
            break
        way = draw(st.sampled_from(ways))
        history.append(Status(version, way.target, way.by))
        state = way.target
    return machine, history


@given(_honest(), st.data())
def test_order_repetition_and_splitting_change_nothing(
    case: tuple[Machine, list[Status]], data: st.DataObject
) -> None:
    machine, history = case
    whole = walk(machine, DRAFT, 0, history)
    assert [step.status for step in whole.steps] == history
    mixed = data.draw(st.permutations(history + data.draw(st.lists(st.sampled_from(history), max_size=4))))
    cut = data.draw(st.integers(0, len(mixed)))
    first = walk(machine, DRAFT, 0, mixed[:cut])
    second = walk(machine, first.state, first.version, [*first.waiting, *mixed[cut:]])
    assert (second.state, second.version) == (whole.state, whole.version)
    assert [*first.steps, *second.steps] == list(whole.steps)
    assert not second.gap


def test_a_hole_waits_and_is_filled() -> None:
    first = walk(PHARMACY, "requested", 1, [Status(3, "preparing")])
    assert first.gap
    assert first.state == "requested"
    second = walk(PHARMACY, first.state, first.version, [*first.waiting, Status(2, "accepted")])
    assert second.state == "preparing"


@pytest.mark.parametrize(
    ("statuses", "state", "why"),
    [
        ([Status(2, "handed_over")], "requested", "illegal"),
        ([Status(2, "cancelled")], "requested", "illegal"),
        ([Status(1, "declined")], "requested", "repeated"),
        ([Status(2, "lost in space")], "requested", "unknown_state"),
        ([Status(2, "declined"), Status(3, "accepted")], "declined", "after_final"),
        ([Status(2, CANCELLATION_REQUESTED, "recipient")], "requested", "illegal"),
    ],
)
def test_what_is_ignored_says_why(statuses: list[Status], state: str, why: str) -> None:
    result = walk(PHARMACY, "requested", 1, statuses)
    assert result.state == state
    assert [ignored.why for ignored in result.ignored] == [why]


def test_a_cancellation_may_lose_the_race() -> None:
    history = [Status(2, "accepted"), Status(3, CANCELLATION_REQUESTED, "initiator"), Status(4, "completed")]
    result = walk(REFERRAL, "created", 1, history)
    assert [step.word for step in result.steps] == ["accepted", None, "returned"]

"""Histories of every kind replay under the present code, to the state they had; a changed shell is noticed."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio import workflow

from activities.contracts import TickInput, TickResult
from pathways.decide import journey as decider
from tests.integration.run import small
from tests.replay.offending import OffendingSweeper
from tests.replay.stored import all_stored, replay, replayed
from workflows import calls
from workflows.apply import apply
from workflows.courier import Courier
from workflows.handoff import Handoff
from workflows.messages import JOURNEY, JourneyInput
from workflows.patient import PatientJourney
from workflows.sweeper import Sweeper

STORED = {stored.name: stored for stored in all_stored()}
JOURNEYS = sorted(name for name, stored in STORED.items() if stored.view is not None)
KINDS = {
    "courier",
    "handoff-callback",
    "handoff-cancelled",
    "handoff-interrupted",
    "journey-act",
    "journey-cancelled",
    "journey-continued-1",
    "journey-continued-2",
    "journey-fallback",
    "journey-halted",
    "journey-handoffs",
    "journey-more",
    "journey-quiet",
    "sweeper",
}


def test_every_kind_is_stored() -> None:
    assert STORED.keys() >= KINDS


@pytest.mark.parametrize("name", sorted(STORED))
async def test_replays_in_the_sandbox(name: str) -> None:
    await replay(STORED[name])


@pytest.mark.parametrize("name", JOURNEYS)
async def test_replays_to_the_state_it_had(name: str) -> None:
    assert state_of(await replayed(STORED[name])) == STORED[name].view


@pytest.mark.parametrize("name", JOURNEYS)
async def test_a_changed_decider_changes_nothing_that_was_decided(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def another(*given: Any, **more: Any) -> Any:
        raise AssertionError("a decision already taken was taken again")

    monkeypatch.setattr(decider, "decide", another)
    monkeypatch.setattr(small, "decide", another)
    assert state_of(await replayed(STORED[name])) == STORED[name].view


async def test_the_comparison_of_states_notices_a_rule_in_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decided anew while replaying, histories stay valid for the replayer and patients change without a word."""

    def with_a_rule(state: dict[str, Any], delta: dict[str, Any]) -> dict[str, Any]:
        state = apply(state, delta)
        state["count"] = {**state["count"], "reading": state["count"].get("reading", 0) * 2}
        return state

    monkeypatch.setattr("workflows.patient.apply", with_a_rule)
    stored = STORED["journey-quiet"]
    assert state_of(await replayed(stored)) != stored.view


async def test_the_next_run_begins_where_the_last_one_stood() -> None:
    last = state_of(await replayed(STORED["journey-continued-1"]))
    begun = await replayed(STORED["journey-continued-2"])
    first_event = STORED["journey-continued-2"].events().events[0].workflow_execution_started_event_attributes
    assert first_event.continued_execution_run_id
    present = state_of(begun)
    assert present["sequence"] > last["sequence"]
    assert present["state"]["count"]["ticks"] - last["state"]["count"]["ticks"] == (
        present["sequence"] - last["sequence"]
    )


# --- a changed shell -------------------------------------------------------------------------------------------------


@workflow.defn(name=JOURNEY)
class PausesFirst(PatientJourney):
    @workflow.run
    async def run(self, given: JourneyInput) -> None:
        await workflow.sleep(1)
        await super().run(given)


@workflow.defn(name=JOURNEY)
class WritesAttributesAlways(PatientJourney):
    @workflow.run
    async def run(self, given: JourneyInput) -> None:
        await super().run(given)

    def _publish(self, attributes: dict[str, Any]) -> None:
        self._attributes = {}
        super()._publish(attributes)


@workflow.defn(name=JOURNEY)
class TicksOnlyVisibly(PatientJourney):
    @workflow.run
    async def run(self, given: JourneyInput) -> None:
        await super().run(given)

    async def _decide(self, asked: Any, cause: str) -> TickResult:
        given = TickInput(
            journey=self._journey, epoch=1, sequence=self._sequence, chain="", cursor=0, state=None, plans=None
        )
        return await calls.tick_visibly(given)


@workflow.defn(name=JOURNEY)
class WaitsWithoutATimer(PatientJourney):
    @workflow.run
    async def run(self, given: JourneyInput) -> None:
        await super().run(given)

    async def _rest(self) -> None:
        self._next_due = None
        await super()._rest()


@workflow.defn(name=JOURNEY)
class ContinuesSooner(PatientJourney):
    @workflow.run
    async def run(self, given: JourneyInput) -> None:
        await super().run(given)

    def _budget_spent(self) -> bool:
        return self._ticks >= 10


@workflow.defn(name=JOURNEY)
class ForgetsChildren(PatientJourney):
    @workflow.run
    async def run(self, given: JourneyInput) -> None:
        await super().run(given)

    def _take(self, result: TickResult) -> None:
        super()._take(result)
        result.start = []


MUTANTS = [
    (PausesFirst, "journey-quiet"),
    (WritesAttributesAlways, "journey-quiet"),
    (TicksOnlyVisibly, "journey-act"),
    (WaitsWithoutATimer, "journey-quiet"),
    (ContinuesSooner, "journey-continued-1"),
    (ForgetsChildren, "journey-handoffs"),
]


@pytest.mark.parametrize(("mutant", "name"), MUTANTS, ids=[mutant.__name__ for mutant, _ in MUTANTS])
async def test_a_changed_shell_without_patched_is_noticed(mutant: type, name: str) -> None:
    with pytest.raises(workflow.NondeterminismError):
        await replayed(STORED[name], (mutant, Handoff, Courier, Sweeper))


async def test_workflow_code_that_brings_in_more_does_not_load() -> None:
    with pytest.raises(RuntimeError, match="Failed validating workflow") as raised:
        await replay(STORED["sweeper"], (OffendingSweeper,))
    cause = raised.value.__cause__
    assert type(cause).__name__ == "UnintentionalPassthroughError"
    assert "worker" in str(cause)


def state_of(journey: Any) -> dict[str, Any]:
    view = journey.view().model_dump(mode="json")
    assert isinstance(view, dict)
    return view

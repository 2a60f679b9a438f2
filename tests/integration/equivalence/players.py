"""The four places that call ``decide``, each given the same recorded rows at the same instants."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from carepath.rehearsal import runner
from carepath.rehearsal.habits import born
from carepath.rehearsal.life import Life
from carepath.rehearsal.model import Person, Scenario
from carepath.rehearsal.population import world_of
from pathways.decide.effects import Effect
from pathways.decide.journey import decide, new_state
from pathways.decide.state import JourneyState
from tests.integration.equivalence.history import History
from tests.integration.equivalence.lives import Recorder, behaviour
from tests.integration.records.house import documents
from tests.unit.decide.world import World

Json = Any
Played = tuple[list[Sequence[Effect]], dict[str, Json]]
Player = Callable[[History, pytest.MonkeyPatch], Played]

CALLERS = ("activities.tick", "carepath.rehearsal.runner", "carepath.rehearsal.life", "tests.unit.decide.world")


def by_itself(history: History, _: pytest.MonkeyPatch) -> Played:
    """The pure function and nothing around it; the state is never turned into JSON on the way."""
    site, plan = documents()
    state = _fresh(history)
    decided: list[Sequence[Effect]] = []
    for tick in history.ticks:
        decided.append(decide({plan.sha256: plan}, site, state, tick.events, tick.now).effects)
    return decided, state.to_json()


def in_test(history: History, patch: pytest.MonkeyPatch) -> Played:
    """As ``carepath test`` runs a scenario."""
    recorder = _recorder(patch, runner)
    site, plan = documents()
    person = Person(str(history.profile["zone"]), {}, dict(history.profile))
    end = history.ticks[-1].now + timedelta(days=1)
    scenario = Scenario("rows.yaml", "rows", (plan.id,), None, person, history.start, end, (), (), (), ())
    run = runner._begin(scenario, {plan.id: plan}, site)
    run.state = run.doer.state = _fresh(history)
    for tick in history.ticks:
        runner._tick(run, list(tick.events), tick.now)
    return _effects(recorder), run.state.to_json()


def in_simulation(history: History, patch: pytest.MonkeyPatch) -> Played:
    """As ``carepath simulate`` lives a patient's life."""
    recorder = _recorder(patch, importlib.import_module("carepath.rehearsal.life"))
    site, plan = documents()
    world = world_of([plan], site, behaviour(), 1, 0)
    rng = Random(0)
    kind, person, joins, zone = born(rng, world.behaviour, world.plans, site, 1)
    life = Life(world, rng, joins, kind, person, zone, _fresh(history))
    for tick in history.ticks:
        life.inbox = list(tick.events)
        life._tick(tick.now, "due")
    return _effects(recorder), life.state.to_json()


def in_property_tests(history: History, patch: pytest.MonkeyPatch) -> Played:
    """As the world of the property tests does, with the state through JSON after every tick."""
    recorder = _recorder(patch, importlib.import_module("tests.unit.decide.world"))
    site, plan = documents()
    world = World(plan, site=site, round_trip=True)
    world.state = _fresh(history)
    for tick in history.ticks:
        world.tick(tick.now, *tick.events)
    return _effects(recorder), world.state.to_json()


PLAYERS: Sequence[Player] = (by_itself, in_test, in_simulation, in_property_tests)


def _fresh(history: History) -> JourneyState:
    return new_state(history.key, history.start, history.profile)


def _recorder(patch: pytest.MonkeyPatch, module: Any) -> Recorder:
    recorder = Recorder()
    patch.setattr(module, "decide", recorder)
    return recorder


def _effects(recorder: Recorder) -> list[Sequence[Effect]]:
    return [decision.effects for decision in recorder.decisions]

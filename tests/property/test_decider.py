"""What holds for every history of events: found by trying many.

One world is driven by a tick at every event and every due instant. The others see the same rows and must tell the same:
with ticks at any other instants too, and with the state through JSON after every tick (a continue-as-new anywhere).
"""

import json
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pathways.decide.effects import PutTask
from pathways.decide.events import (
    Answered,
    Body,
    Event,
    HandoffReport,
    Preference,
    StaffVerb,
    TaskVerb,
    Visit,
)
from pathways.decide.state import apply, diff
from pathways.lang.site_plan import NO_SITE
from tests.unit.decide.rich import PLAN
from tests.unit.decide.world import World, check, library, prescription, reading, told

DAYS = 30
EXAMPLES = int(os.environ.get("CAREPATH_TEST_EXAMPLES", "8"))
"""More of them for a long search: set the variable."""

pressures = st.tuples(st.sampled_from([85, 120, 128, 150, 165, 192]), st.sampled_from([70, 80, 95, 114]))
moments = st.integers(min_value=1, max_value=DAYS * 24 * 60 * 60 - 1)


@st.composite
def rows(draw: st.DrawFn) -> list[tuple[int, str, Any]]:
    """(second after the start, kind, argument) of what happens to a patient."""
    out: list[tuple[int, str, Any]] = []
    habit = draw(st.sampled_from(["measures", "sometimes", "never"]))
    level = draw(st.sampled_from([(128, 78), (150, 95)]))
    if habit != "never":
        for number in range(2 * DAYS):
            if habit == "sometimes" and not draw(st.booleans()):
                continue
            at = (number // 2) * 86400 + (number % 2) * 46800 - 3000 + draw(st.integers(0, 4000))
            if at > 0:
                out += [(at, "bp", level), (at + 60, "bp", level)]
    kinds = ["bp", "bp", "dose", "task", "task", "visit", "handoff", "wish", "staff", "ask"]
    for _ in range(draw(st.integers(0, 14))):
        kind = draw(st.sampled_from(kinds))
        out.append((draw(moments), kind, draw(_arguments(kind))))
    return sorted(out, key=lambda row: row[0])


def _arguments(kind: str) -> st.SearchStrategy[Any]:
    if kind == "bp":
        return pressures
    if kind == "dose":
        return st.sampled_from(["taken", "not_taken"])
    if kind == "ask":
        return st.booleans()
    if kind == "task":
        return st.sampled_from(["claim", "release", "complete", "cancel", "snooze", "reassign"])
    if kind == "visit":
        return st.sampled_from(["booked", "done", "no_show", "moved"])
    if kind == "handoff":
        return st.sampled_from(["accepted", "seen", "returned", "declined", "handed_over", "cancelled"])
    if kind == "wish":
        return st.sampled_from(["out", "in", "zone", "customary"])
    if kind == "staff":
        return st.sampled_from(
            [
                "pause",
                "resume",
                "withdraw",
                "died",
                "readmitted",
                "discharged_again",
                "contact_refused",
                "goal",
                "medicines",
                "skip",
            ]
        )
    return st.just(None)


def body_of(world: World, kind: str, argument: Any, at: datetime) -> Body | None:
    """The event's body; what it acts on is chosen from the state by order of keys, so equal worlds choose alike."""
    state = world.state
    if kind == "bp":
        return reading(*argument)
    if kind == "dose":
        return Answered("throughout.tablets", outcome=argument)
    if kind == "ask":
        return Answered("how", form={"fine": argument})
    if kind == "task":
        key = min(state.tasks, default="none")
        return TaskVerb(key, argument, "n1", "nurse", form_of(world, key), "because", at + timedelta(hours=3), "gp")
    if kind == "visit":
        step = next(
            (o.step for o in sorted(state.occurrences.values(), key=lambda o: o.key) if o.step in VISITS), "recheck"
        )
        return Visit(step, argument, "s1", start=at + timedelta(days=3), mode="clinic")
    if kind == "handoff":
        key = min(state.handoffs, default="none")
        return HandoffReport(key, argument, argument in {"returned", "declined", "handed_over", "cancelled"})
    if kind == "wish":
        return {
            "out": Preference(opt_out={"all": True}),
            "in": Preference(opt_out={"all": False}),
            "zone": Preference(zone="Europe/Berlin"),
            "customary": Preference(customary={"morning": "06:30", "evening": "19:00"}),
        }[argument]
    return _staff(argument)


VISITS = {"titrate.recheck", "maintain.routine", "two.recheck"}


def form_of(world: World, key: str) -> dict[str, Any]:
    """A form filled in as the open task asks for it."""
    last = [e for e in world.of(PutTask) if e.key == key]
    out: dict[str, Any] = {}
    for field in last[-1].form if last else ():
        if field["type"] == "one_of":
            out[field["id"]] = min(field["options"])
        elif field["type"] == "yes_no":
            out[field["id"]] = len(key) % 2 == 0
    return out


def _staff(argument: Any) -> Body | None:
    if argument == "goal":
        args = {"parameter": "goal_systolic", "value": {"value": 140, "unit": "mm[Hg]"}}
        return StaffVerb("set_parameter", "s1", "gp", None, args)
    if argument == "medicines":
        rows = [prescription(), prescription("rx2", slots=["evening"])]
        return StaffVerb("set_fact", "s1", "gp", None, {"fact": "medicines", "value": rows})
    if argument == "skip":
        return StaffVerb("skip_step", "s1", "gp", None, {"step": "measure_bp", "reason": "travel"})
    return None if argument is None else StaffVerb(argument, "s1", "gp")


Row = tuple[int, str, Any]


def begun(which: str, **how: Any) -> World:
    """A patient who has just joined: the pathway of the library at its site, the rich one at none, or both."""
    plan, site = library()
    facts = {"medicines": [prescription()]}
    if which == "rich":
        world = World(PLAN, site=NO_SITE, **how)
        world.enrol(facts=facts)
        return world
    world = World(plan, PLAN, site=site, **how)
    world.enrol(plan, facts=facts)
    if which == "both":
        world.enrol(PLAN, name="en2", facts=facts)
    return world


def live(which: str, history: Sequence[Row], ticks: Sequence[int] = (), *, twice: bool = False, **how: Any) -> World:
    """A patient's history: each event is seen when it happens."""
    world = begun(which, **how)
    extra = [world.start + timedelta(seconds=s) for s in ticks]
    for number, (second, kind, argument) in enumerate(history):
        at = world.start + timedelta(seconds=second)
        world.run(at - timedelta(microseconds=1), ticks=[t for t in extra if world.state.clock < t < at])
        body = body_of(world, kind, argument, at)
        if body is None:
            continue
        event = Event(f"h{number}", at, at, body)
        world.tick(at, event)
        if twice:
            world.tick(at, event)
    end = world.day(DAYS)
    world.run(end, ticks=[t for t in extra if world.state.clock < t < end])
    return world


def live_late(which: str, history: Sequence[Row], lags: Sequence[int], **how: Any) -> World:
    """The same, but events arrive late and out of order."""
    world = begun(which, **how)
    events = []
    for number, (second, kind, argument) in enumerate(history):
        at = world.start + timedelta(seconds=second)
        seen = at + timedelta(seconds=lags[number % len(lags)])
        body = body_of(world, kind, argument, at)
        if body is not None:
            events.append(Event(f"h{number}", at, seen, body))
    world.run(world.day(DAYS), events)
    return world


common = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
pathways = pytest.mark.parametrize("which", ["library", "rich", "both"])


@pathways
@common
@given(history=rows())
def test_every_occurrence_ends_once_and_no_red_is_silent(which: str, history: list[Row]) -> None:
    check(live(which, history))


@pathways
@common
@given(history=rows(), ticks=st.lists(moments, max_size=30))
def test_ticks_at_any_instant_and_a_state_through_json_change_nothing(
    which: str, history: list[Row], ticks: list[int]
) -> None:
    plain = live(which, history)
    split = live(which, history, ticks, round_trip=True)
    assert told(split) == told(plain)
    assert split.state.to_json() == plain.state.to_json()


@pathways
@common
@given(history=rows())
def test_the_same_event_acts_once(which: str, history: list[Row]) -> None:
    assert told(live(which, history, twice=True)) == told(live(which, history))


@pathways
@common
@given(history=rows(), lags=st.lists(st.sampled_from([0, 0, 0, 40, 4000, 90000, 400000]), min_size=1, max_size=5))
def test_events_that_arrive_late_and_out_of_order_break_nothing(
    which: str, history: list[Row], lags: list[int]
) -> None:
    world = live_late(which, history, lags)
    check(world)
    again = live_late(which, history, lags, round_trip=True)
    assert told(again) == told(world)


@pathways
@common
@given(history=rows())
def test_a_delta_carries_everything(which: str, history: list[Row]) -> None:
    world = live(which, history[: len(history) // 2])
    before = json.loads(json.dumps(world.state.to_json()))
    world.run(world.day(DAYS + 3))
    after = world.state.to_json()
    assert apply(before, diff(before, after)) == after

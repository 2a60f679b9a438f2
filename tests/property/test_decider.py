"""What holds for every history of events: found by trying many.

One world is driven by a tick at every event and every due instant. The others see the same rows and must tell the same:
with ticks at any other instants too, and with the state through JSON after every tick (a continue-as-new anywhere).
"""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from tests.unit.decide.world import World, check, library, prescription, reading, told

DAYS = 40

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
    kinds = ["bp", "bp", "dose", "task", "visit", "handoff", "wish", "staff", "again"]
    for _ in range(draw(st.integers(0, 14))):
        kind = draw(st.sampled_from(kinds))
        out.append((draw(moments), kind, draw(_arguments(kind))))
    return sorted(out, key=lambda row: row[0])


def _arguments(kind: str) -> st.SearchStrategy[Any]:
    if kind == "bp":
        return pressures
    if kind == "dose":
        return st.sampled_from(["taken", "not_taken"])
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
            ["pause", "resume", "withdraw", "died", "readmitted", "discharged_again", "contact_refused", "goal", "medicines", "skip"]
        )
    return st.just(None)


def body_of(world: World, kind: str, argument: Any, at: datetime) -> Body | None:
    """The event's body; what it acts on is chosen from the state by order of keys, so equal worlds choose alike."""
    state = world.state
    if kind == "bp":
        return reading(*argument)
    if kind == "dose":
        return Answered("throughout.tablets", outcome=argument)
    if kind == "task":
        key = min(state.tasks, default="none")
        form = {"decision": "keep", "controlled": True}
        task = state.tasks.get(key)
        fields = {"baseline.review": {}, "titrate.review": {"decision": "keep"}}.get(task.source, {}) if task else {}
        if task is not None and task.id == "gp_view":
            fields = {"controlled": form["controlled"]}
        return TaskVerb(key, argument, "n1", "nurse", fields, "because", at + timedelta(hours=3), "gp")
    if kind == "visit":
        step = "titrate.recheck" if world.phase == "titrate" else "maintain.routine"
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


def live(history: list[tuple[int, str, Any]], ticks: list[int] = [], *, twice: bool = False, **how: Any) -> World:  # noqa: B006
    plan, site = library()
    world = World(plan, site=site, **how)
    world.enrol(facts={"medicines": [prescription()]})
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


common = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@common
@given(rows())
def test_every_occurrence_ends_once_and_no_red_is_silent(history: list[tuple[int, str, Any]]) -> None:
    check(live(history))


@common
@given(rows(), st.lists(moments, max_size=30))
def test_ticks_at_any_instant_and_a_state_through_json_change_nothing(
    history: list[tuple[int, str, Any]], ticks: list[int]
) -> None:
    plain = live(history)
    split = live(history, ticks, round_trip=True)
    assert told(split) == told(plain)
    assert split.state.to_json() == plain.state.to_json()


@common
@given(rows())
def test_the_same_event_acts_once(history: list[tuple[int, str, Any]]) -> None:
    assert told(live(history, twice=True)) == told(live(history))


@common
@given(rows())
def test_a_delta_carries_everything(history: list[tuple[int, str, Any]]) -> None:
    world = live(history[: len(history) // 2])
    before = world.state.to_json()
    later = world.day(DAYS + 3)
    world.run(later)
    after = world.state.to_json()
    assert apply(before, diff(before, after)) == after

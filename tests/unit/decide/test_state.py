"""The state of a journey: JSON, deltas, bounds; what people are shown; why and why not."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from pathways.decide.conditions import Truth
from pathways.decide.effects import SetWatches
from pathways.decide.events import StaffVerb
from pathways.decide.journey import new_state, timeline_ahead, why
from pathways.decide.records import Enrolment, Kept
from pathways.decide.state import MAX_READINGS, MAX_SEEN_IDS, JourneyState, apply, diff, short_id
from pathways.lang.site_plan import NO_SITE
from tests.unit.decide.world import World, check, library, pathway, prescription, reading

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_json_leaves_out_what_is_not_there() -> None:
    state = new_state("j", NOON, {"zone": "Asia/Shanghai"})
    state.enrolments["en"] = Enrolment(key="en", plan="abc", entered=NOON, entries={"one": NOON})
    state.readings["r"] = Kept(
        key="r", measure="bp", at=NOON + timedelta(microseconds=5), values={"systolic": Decimal("120.5")}
    )
    data = json.loads(json.dumps(state.to_json()))
    assert data["enrolments"]["en"] == {"plan": "abc", "entered": 1772452800, "entries": {"one": 1772452800}}
    assert data["readings"]["r"]["values"] == {"systolic": "120.5"}
    again = JourneyState.from_json(data)
    assert again.readings["r"].at == NOON + timedelta(microseconds=5)
    assert again.to_json() == state.to_json()


def test_a_state_of_another_schema_or_with_unknown_fields_is_refused() -> None:
    data = new_state("j", NOON, {}).to_json()
    with pytest.raises(ValueError, match="schema"):
        JourneyState.from_json({**data, "schema": 99})
    with pytest.raises(KeyError, match="unknown fields"):
        JourneyState.from_json({**data, "enrolments": {"en": {"later": 1}}})


def test_a_delta_is_small_and_says_what_went() -> None:
    before = {"schema": 1, "a": {"x": {"n": 1}, "y": {"n": 2}}, "b": {}}
    after = {"schema": 1, "a": {"x": {"n": 1}, "z": {"n": 3}}, "b": {"k": {}}}
    delta = diff(before, after)
    assert delta == {"a": {"y": None, "z": {"n": 3}}, "b": {"k": {}}}
    assert apply(before, delta) == after
    assert before["a"] == {"x": {"n": 1}, "y": {"n": 2}}  # nothing is changed in place


def test_ids_of_acted_events_are_bounded_and_short() -> None:
    state = new_state("j", NOON, {})
    for number in range(MAX_SEEN_IDS + 50):
        assert not state.acted(f"an event id that is rather long {number}")
    assert len(state.seen) == MAX_SEEN_IDS
    assert state.acted(f"an event id that is rather long {MAX_SEEN_IDS}")
    assert not state.acted("an event id that is rather long 0")  # forgotten
    assert len(short_id("x" * 200)) == 18


def test_readings_are_bounded_per_measure() -> None:
    plan, site = library()
    world = World(plan, site=site)
    world.enrol()
    at = world.day(1)
    events = [world.event(reading(120, 70), at + timedelta(minutes=m)) for m in range(0, 3 * MAX_READINGS, 2)]
    world.run(world.day(2, "12:00"), events)
    assert len(world.state.readings) == MAX_READINGS
    check(world)


def test_a_year_of_maintenance_is_small_and_quiet() -> None:
    plan, site = library()
    world = World(plan, site=site)
    world.enrol(facts={"medicines": [prescription()]})
    events = []
    for number in range(180):
        for clock in ("07:05", "07:06", "20:05", "20:06"):
            events.append(world.event(reading(126, 76), world.day(number, clock)))
    # readings below every watch wake nobody: they are seen with the next tick
    waiting, now = list(events), world.state.clock
    ticks = 0
    while now < world.day(180) and world.next_due is not None:
        now = min(world.next_due, world.day(180))
        batch = [e for e in waiting if e.seen <= now]
        waiting = waiting[len(batch) :]
        world.tick(now, *batch)
        ticks += 1
    assert ticks < 100
    assert len(json.dumps(world.state.to_json(), separators=(",", ":"))) < 64 * 1024
    check(world)


def test_the_case_sheet_says_phase_and_day_trouble_next_and_tasks() -> None:
    plan, site = library()
    world = World(plan, site=site)
    world.enrol()
    world.bp(192, 112, world.day(3, "10:00"))
    second = world.event(reading(192, 112), world.day(3, "10:10"))
    show = world.tick(world.day(3, "10:10"), second).show
    lines = show.sheet.en.split("  \n")
    assert lines[0] == "**Home blood-pressure follow-up: First week, day 3**"
    assert lines[1] == "Wrong: red flag (Very high blood pressure); overdue task"
    assert lines[2].startswith("Next: ")
    assert lines[3] == "Open tasks: Very high blood pressure (nurse), Call about missing measurements (nurse)"
    assert "第一周，第3天" in show.sheet.zh
    assert show.flags == ("red", "overdue")
    assert (show.tier, show.status, show.open_tasks) == ("mild", "active", 2)
    assert show.phases == ("hypertension_home.baseline",)
    assert "confirmed" in show.decided.en


def test_flags_for_silence_lateness_and_pause() -> None:
    plan, site = library()
    world = World(plan, site=site)
    world.enrol()
    world.run(world.day(4, "12:00"))
    assert world.last is not None
    assert "overdue" in world.last.show.flags
    world.verb("pause", world.day(4, "13:00"))
    assert "paused" in world.last.show.flags or "paused" in world.tick(world.day(4, "13:00")).show.flags


def test_why_and_why_not() -> None:
    plan, site = library()
    world = World(plan, site=site)
    world.enrol()
    world.bp(150, 90, world.day(1, "07:00"))
    found = why(world.plans, site, world.state, "crisis")
    assert found is not None
    assert found.value is Truth.FALSE
    assert "150" in str(found)
    row = why(world.plans, site, world.state, "baseline.at_end.0")
    assert row is not None
    assert row.value is Truth.UNKNOWN
    assert why(world.plans, site, world.state, "nothing.here") is None


def test_what_lies_ahead_is_told_in_order() -> None:
    plan, site = library()
    world = World(plan, site=site)
    world.enrol()
    coming = timeline_ahead(world.plans, site, world.state, 9)
    assert [a.at for a in coming] == sorted(a.at for a in coming)
    assert {a.what for a in coming} == {"occurrence", "phase_end"}
    assert [world.local(a.at) for a in coming if a.what == "phase_end"] == ["8 00:00"]


def test_watches_carry_the_patients_own_numbers_and_what_may_be_sent_at_once() -> None:
    plan, site = library()
    world = World(plan, site=site)
    world.enrol()
    rows = {row["rule"]: row for row in world.of(SetWatches)[-1].rows}
    assert "180" in json.dumps(rows["crisis"]["cond"])
    assert '"kind": "param"' not in json.dumps(rows["crisis"]["cond"])
    assert rows["crisis"]["message"]["template"] == "measure_again"
    assert rows["low"]["level"] == "wake"
    world.bp(192, 112, world.day(1, "10:00"))
    rows = {row["rule"]: row for row in world.of(SetWatches)[-1].rows}
    assert rows["crisis"]["message"] is None  # an episode is open: only the tick decides what is said now


def test_counts_from_an_anchor() -> None:
    body = """
throughout:
  call: {task: {en: Call, zh: 致电}, role: nurse, when: day 10 at 10:00, due: 1 day}
phases:
  one:
    title: {en: One, zh: 一}
    until: day 30 of the phase
    steps:
      hello: {task: {en: Hello, zh: 你好}, role: nurse, when: at phase start, due: 1 day}
    at_end: [{else: true, end: over}]
ends:
  over: {}
"""
    from tests.unit.decide.world import compiled

    text = "carepath: 1\nid: after\nversion: 1.0.0\ntitle: {en: After, zh: 后}\nowner: t\ncounts_from: discharge\n"
    plan = compiled(text + "roles: [nurse]\nfacts: {discharge: {type: moment}}\n" + body, "after")
    world = World(plan)
    world.enrol()
    assert world.status == "invited"  # what it counts from must be known
    world = World(plan)
    world.enrol(facts={"discharge": "2026-02-27T15:00:00+08:00"})
    world.run(world.day(12))
    assert world.opened("call") == ["7 10:00"]


def test_two_pathways_with_other_targets_make_one_task() -> None:
    body = """
phases:
  one:
    title: {{en: One, zh: 一}}
    until: day 30 of the phase
    steps:
      hello: {{task: {{en: Hello, zh: 你好}}, role: nurse, when: at phase start, due: 1 day}}
    leave: [{{if: bp.systolic >= goal, end: over}}]
    at_end: [{{else: true, end: over}}]
ends:
  over: {{}}
parameters:
  goal: {{value: {goal} mmHg, cite: local, adjustable: {{range: 110 to 150 mmHg, by: [gp]}}}}
"""
    first, second = pathway(body.format(goal=135), "first"), pathway(body.format(goal=130), "second")
    world = World(first, second)
    world.enrol(first)
    world.enrol(second, name="en2", at=world.day(1))
    assert world.open_ids().count("conflict.goal") == 1
    check(world)


def test_a_command_for_another_enrolment_leaves_the_first_alone() -> None:
    plan, site = library()
    other = pathway(
        """
phases:
  one:
    title: {en: One, zh: 一}
    until: day 30 of the phase
    steps:
      hello: {task: {en: Hello, zh: 你好}, role: nurse, when: at phase start, due: 1 day}
    at_end: [{else: true, end: over}]
ends:
  over: {}
""",
        "other",
    )
    world = World(plan, other, site=site)
    world.enrol(plan)
    world.enrol(other, name="en2", at=world.day(1))
    world.send(StaffVerb("pause", "s1", "gp", "en2"), world.day(2))
    assert [e.status for e in world.state.enrolments.values()] == ["active", "paused"]
    world.send(StaffVerb("withdraw", "s1", "gp", "en2"), world.day(3))
    assert world.state.patient.silenced == ""
    assert world.site is not NO_SITE
    world.send(StaffVerb("withdraw", "s1", "gp"), world.day(4))
    assert world.state.patient.silenced == "withdrawn"
    check(world)

"""What every step may carry: profiles, drop_when, satisfied_by, missed, attempts."""

from __future__ import annotations

import pytest

from pathways.lang.plan import Plan
from pathways.lang.site_plan import NO_SITE
from tests.unit.decide.world import World, pathway, reading

HEAD = """
profiles: {north: {}, south: {}}
parameters:
  goal: {value: 135 mmHg, cite: local}
measures: {bp: {use: blood_pressure}}
messages: {hello: {to: patient, class: care, en: Hello., zh: 您好。}}
phases:
  one:
    title: {en: One, zh: 一}
    until: day 30 of the phase
    steps:
"""
TAIL = """
    at_end: [{else: true, end: over}]
rules:
  seen: {if: bp.systolic >= goal, level: info, do: {say: hello}, unknown: {not_met: each reading is judged by itself}}
ends: {over: {}}
"""


def with_steps(*steps: str) -> Plan:
    return pathway(HEAD + "".join(f"      {step}\n" for step in steps) + TAIL)


@pytest.mark.parametrize(("profile", "count"), [("north", 1), ("south", 0), (None, 0)])
def test_a_step_of_a_profile_is_planned_at_its_sites_only(profile: str | None, count: int) -> None:
    call = "call: {task: {en: Call, zh: 电话}, role: nurse, due: 1 day, when: at phase start, profiles: north}"
    world = World(with_steps(call), site=NO_SITE.model_copy(update={"profile": profile}))
    world.enrol()
    assert len(world.opened("call")) == count


CALL = "call: {task: {en: Call, zh: 电话}, role: nurse, due: 2 days, when: day 2 at 09:00, drop_when: frail is no}"


def test_what_need_not_be_done_any_more_ends_with_its_task() -> None:
    world = World(with_steps(CALL))
    world.enrol()
    world.run(world.day(2, "09:05"))
    assert world.open_ids() == ["call"]
    world.verb("set_fact", world.day(2, "10:00"), fact="frail", value=False)
    assert [said for _, said in world.ended("one.call")] == ["cancelled: not needed"]
    assert world.open_ids() == []


def test_what_is_not_needed_when_its_time_comes_never_opens() -> None:
    world = World(with_steps(CALL))
    world.enrol()
    world.verb("set_fact", world.day(1, "10:00"), fact="frail", value=False)
    world.run(world.day(3))
    assert [said for _, said in world.ended("one.call")] == ["cancelled: not needed"]
    assert world.opened("call") == []


def test_a_condition_that_changed_back_in_time_drops_nothing() -> None:
    world = World(with_steps(CALL))
    world.enrol()
    world.verb("set_fact", world.day(0, "10:00"), fact="frail", value=False)
    world.verb("set_fact", world.day(1, "10:00"), fact="frail", value=True)
    world.run(world.day(2, "09:05"))
    assert world.open_ids() == ["call"]


@pytest.mark.parametrize(
    ("step", "outcome"),
    [
        ("measure: bp", "done"),
        ("ask: {well: {yes_no: {en: Well?, zh: 好吗？}}}", "done"),
        ("teach: how_to_measure", "read"),
        ("visit: {with: gp, mode: [clinic]}", "done"),
    ],
)
def test_what_was_done_elsewhere_is_done(step: str, outcome: str) -> None:
    window = "window: {missed_after: 12 h}, missed: {task: {en: Call, zh: 电话}, role: nurse, due: 1 day}"
    world = World(with_steps(f"it: {{{step}, when: day 2 at 09:00, {window}, satisfied_by: frail is yes}}"))
    world.enrol()
    world.run(world.day(2, "09:05"))
    assert world.ended("one.it") == []
    world.verb("set_fact", world.day(2, "10:00"), fact="frail", value=True)
    assert [said for _, said in world.ended("one.it")] == [f"{outcome}: elsewhere"]


def test_a_reading_that_drops_a_step_is_watched_for() -> None:
    plan = with_steps("it: {say: hello, when: day 2 at 09:00, drop_when: bp.systolic < goal}")
    world = World(plan)
    world.enrol()
    world.send(reading(120, 80), world.day(2, "08:00"))
    world.run(world.day(3))
    assert [said for _, said in world.ended("one.it")] == ["cancelled: not needed"]


@pytest.mark.parametrize(
    "step", ["measure: bp", "ask: {well: {yes_no: {en: Well?, zh: 好吗？}}}", "teach: how_to_measure"]
)
def test_what_is_missed_has_consequences(step: str) -> None:
    missed = "missed: {task: {en: Call, zh: 电话}, role: nurse, due: 1 day}"
    world = World(with_steps(f"it: {{{step}, when: day 2 at 09:00, window: {{missed_after: 12 h}}, {missed}}}"))
    world.enrol()
    world.run(world.day(2, "20:59"))
    assert world.open_ids() == []
    world.run(world.day(2, "21:01"))
    assert world.open_ids() == ["it.2"]


ATTEMPTS = "{at_most: 3 times, apart: 4 h, then: [{id: letter, task: {en: Write, zh: 写信}, role: nurse, due: 1 day}]}"
TRY = f"call: {{task: {{en: Call, zh: 电话}}, role: nurse, due: 5 days, when: at phase start, attempts: {ATTEMPTS}}}"


def test_attempts_in_vain_come_to_an_end() -> None:
    world = World(with_steps(TRY))
    world.enrol()
    key = world.key("call")
    for number, hour in enumerate(("09:00", "13:00", "17:00"), start=1):
        assert world.open_ids() == ["call"]
        assert world.answered(world.task(key, "attempt", world.day(0, hour))).done
        task = world.state.tasks.get(key)
        assert (task is None) == (number == 3)
        if task is not None and task.snoozed is not None:
            assert world.local(task.snoozed) == f"0 {int(hour[:2]) + 4:02}:00"
    assert [said for _, said in world.ended("one.call")] == ["cancelled: not reached"]
    assert world.open_ids() == ["letter"]


def test_reached_at_the_second_try() -> None:
    world = World(with_steps(TRY))
    world.enrol()
    key = world.key("call")
    world.task(key, "attempt", world.day(0, "09:00"))
    world.task(key, "complete", world.day(0, "13:00"))
    assert world.outcomes("one.call") == ["done"]
    assert world.open_ids() == []


@pytest.mark.parametrize("verb", ["attempt", "cancel", "drop"])
def test_a_row_goes_on_where_a_person_gave_the_work_up(verb: str) -> None:
    call = "call: {task: {en: Call, zh: 电话}, role: nurse, due: 9 days, when: at phase start,"
    world = World(pathway(f"""
phases:
  one:
    title: {{en: One, zh: 一}}
    until: day 10 of the phase
    steps:
      {call} drop_when: age >= 70 years, attempts: {{at_most: 1 time, apart: 4 h}}}}
    leave: [{{if: call is cancelled, end: lost}}]
    at_end: [{{else: true, end: over}}]
ends: {{over: {{}}, lost: {{}}}}
facts: {{age: {{type: age}}}}
"""))
    world.enrol()
    if verb == "drop":
        world.verb("set_fact", world.day(1, "09:00"), fact="age", value=71)
    else:
        world.task(world.key("call"), verb, world.day(1, "09:00"), reason="moved")
    assert world.open_ids() == []
    assert next(iter(world.state.enrolments.values())).end == ("" if verb == "drop" else "lost")


def test_only_a_task_with_attempts_counts_them() -> None:
    world = World(with_steps("call: {task: {en: Call, zh: 电话}, role: nurse, due: 1 day, when: at phase start}"))
    world.enrol()
    assert world.answered(world.task(world.key("call"), "attempt", world.day(0, "09:00"))).code == "no_attempts"


@pytest.mark.parametrize(
    ("when", "window", "at"),
    [
        ("every day", "", "0 08:00"),  # a moment: when due
        ("every week on tue", "", "1 00:00"),  # a whole day: at its beginning, or when quiet hours end
        ("between 24 h and 48 h after enrolment", "", "1 08:00"),  # a stretch: when it begins
        ("day 3 at 10:00", "window: {opens_before: 2 days}, ", "3 10:00"),  # a window of the author: when due
        ("every week on tue", "remind: [at due], ", "1 23:59"),  # an author who says when
    ],
)
def test_what_is_asked_is_shown_when_its_stretch_begins(when: str, window: str, at: str) -> None:
    step = f"asked: {{ask: {{well: {{yes_no: {{en: Well?, zh: 好吗？}}}}}}, when: {when}, {window}}}"
    world = World(with_steps(step))
    world.enrol()
    world.run(world.day(4))
    assert world.messages("ask")[0] == at

"""docs/reference/order.md, part "Events and time": a test for each row, of its name."""

from datetime import timedelta

from pathways.decide.effects import PlanMessage
from pathways.decide.events import StaffVerb
from tests.unit.decide.world import World, check, pathway, reading

DAILY = """
phases:
  one:
    title: {en: One, zh: 一}
    until: day 6 of the phase
    steps:
      measure_bp:
        measure: bp
        when: every day at morning and evening
        window: {opens_before: 1 h, late_after: 2 h, missed_after: 5 h}
      call:
        task: {en: Call, zh: 致电}
        role: nurse
        when: as soon as measure_bp missed 3 times in a row
        due: 1 day
    at_end:
      - {else: true, end: over}
ends:
  over: {}
rules:
  crisis:
    if: bp.systolic >= high
    level: red
    do: [{escalate: urgent, task: {en: Very high, zh: 极高}}]
    unknown: {not_met: each reading is judged by itself}
"""


def daily(**more: object) -> World:
    world = World(pathway(DAILY), **more)  # type: ignore[arg-type]
    world.enrol()
    return world


def test_events_act_by_their_time_not_by_arrival() -> None:
    world = daily()
    pause = world.event(StaffVerb("pause", "s1", "gp"), world.day(1, "10:00"))
    resume = world.event(StaffVerb("resume", "s1", "gp"), world.day(1, "09:00"))
    world.tick(world.day(1, "11:00"), pause, resume)
    assert not world.verdicts[resume.id].done  # at 09:00 nothing was paused
    assert world.verdicts[pause.id].done
    assert world.status == "paused"


def test_what_is_due_runs_before_a_later_event() -> None:
    world = daily()
    world.tick(world.day(1, "13:00"), world.event(reading(128, 78), world.day(1, "12:05")))
    assert world.ended("one.measure_bp") == [("1 01:00", "missed"), ("1 12:00", "missed")]


def test_at_one_instant_an_answer_comes_before_a_time_out() -> None:
    world = daily()
    world.tick(world.day(1, "13:00"), world.event(reading(128, 78), world.day(1, "12:00")))
    assert world.ended("one.measure_bp")[-1] == ("1 12:00", "done_late")


def test_at_one_instant_what_opens_comes_before_an_answer() -> None:
    world = daily()
    world.tick(world.day(1, "13:00"), world.event(reading(128, 78), world.day(1, "06:00")))
    assert world.ended("one.measure_bp")[-1] == ("1 06:00", "done")


def test_at_one_instant_safety_comes_before_progress() -> None:
    body = DAILY.replace(
        "level: red",
        "level: red\n    repeat_measurement: {within: 5 to 30 min, say: again, no_repeat: counts as confirmed}",
    )
    world = World(pathway(body + "messages:\n  again: {to: patient, class: red, en: Again., zh: 再测。}\n"))
    world.enrol()
    world.bp(190, 90, world.day(5, "23:30"))
    world.run(world.day(6, "00:00"))
    assert world.state.enrolments["en1"].status == "active"  # the evening's measurement may still come
    fired = [e for e in world.words("task_opened") if e[1] == "crisis"]
    assert fired == [("6 00:00", "crisis")]
    order = [word for word in _words(world) if word in {"rule_confirmed", "until"}]
    assert order == ["rule_confirmed", "until"]


def _words(world: World) -> list[str]:
    from pathways.decide.effects import Timeline

    return [e.word for e in world.of(Timeline)]


def test_the_same_event_acts_once() -> None:
    world = daily()
    event = world.event(reading(190, 90), world.day(1, "07:00"))
    world.tick(world.day(1, "07:00"), event)
    before = len(world.effects)
    world.tick(world.day(1, "07:00"), event)
    assert len(world.effects) == before
    verb = world.event(StaffVerb("pause", "s1", "gp"), world.day(1, "08:00"))
    world.tick(world.day(1, "08:00"), verb)
    world.tick(world.day(1, "08:01"), verb)
    assert world.verdicts[verb.id].code == "duplicate"
    assert world.status == "paused"


def test_a_late_reading_does_not_undo_an_ending() -> None:
    world = daily()
    world.tick(world.day(1, "13:00"))
    world.bp(128, 78, world.day(1, "07:05"), seen=world.day(1, "14:00"))
    assert world.ended("one.measure_bp")[-1] == ("1 12:00", "missed")
    assert len(world.state.readings) == 1
    check(world)


def test_a_late_reading_counts_where_nothing_was_settled_yet() -> None:
    world = daily()
    world.tick(world.day(1, "06:30"))
    world.tick(world.day(1, "14:00"), world.event(reading(128, 78), world.day(1, "07:05"), world.day(1, "14:00")))
    assert world.ended("one.measure_bp")[-1] == ("1 07:05", "done")


def test_a_late_red_reading_is_judged_all_the_same() -> None:
    world = daily()
    world.bp(128, 78, world.day(1, "09:00"))
    world.bp(192, 90, world.day(1, "07:05"), seen=world.day(1, "14:00"))
    task = world.state.tasks[world.key("crisis")]
    assert task.opened == world.day(1, "14:00")
    assert task.rung_at == world.day(1, "14:15")  # nobody was told before


def test_a_reading_goes_to_the_open_occurrence_with_the_nearest_due_time() -> None:
    noon = """    steps:
      noon_bp: {measure: bp, when: every day at noon, window: {opens_before: 4 h, missed_after: 1 h}}
      ask:
        task: {en: Ask, zh: 询问}
        role: nurse
        when: as soon as noon_bp missed 9 times in a row
        due: 1 day
"""
    world = World(pathway(DAILY.replace("    steps:\n", noon)))
    world.enrol()
    world.bp(128, 78, world.day(1, "10:00"))  # three hours after the morning's, two before noon's
    assert world.ended("one.noon_bp")[-1] == ("1 10:00", "done")
    world.run(world.day(1, "13:00"))
    assert world.ended("one.measure_bp")[-1] == ("1 12:00", "missed")


def test_a_take_is_complete_with_its_last_reading_and_partly_without() -> None:
    measures = "measures: {bp: {use: blood_pressure, take: 2 readings 1 min apart}}"
    world = World(pathway(f"\n{measures}\n{DAILY}", "takes"))
    world.enrol()
    world.bp(128, 78, world.day(1, "07:00"))
    world.bp(128, 78, world.day(1, "07:00").replace(second=30))  # less than a minute after: kept, not counted
    assert world.outcomes("one.measure_bp") == ["missed"]
    world.bp(128, 78, world.day(1, "07:01"))
    assert world.outcomes("one.measure_bp") == ["missed", "done"]
    world.bp(128, 78, world.day(1, "20:00"))
    world.run(world.day(2, "02:00"))
    assert world.outcomes("one.measure_bp") == ["missed", "done", "partly"]
    assert len(world.state.readings) == 4


def test_a_spontaneous_reading_is_judged_by_every_rule() -> None:
    world = daily()
    world.bp(192, 90, world.day(1, "15:00"))
    assert world.opened("crisis") == ["1 15:00"]
    assert world.outcomes("one.measure_bp") == ["missed", "missed"]


def test_an_implausible_reading_is_not_judged() -> None:
    world = daily()
    world.bp(310, 90, world.day(1, "07:00"), quality="implausible")
    assert world.opened("crisis") == []
    assert not world.state.readings


def test_a_correction_takes_the_place_of_the_reading() -> None:
    world = daily()
    world.bp(192, 90, world.day(1, "07:00"), name="r1")
    assert world.open_ids() == ["crisis"]
    world.bp(129, 80, world.day(1, "07:10"), replaces="r1", status="amended")
    assert world.open_ids() == []
    assert world.words("reading_removed") == [("1 07:10", "blood_pressure")]


def test_silence_has_its_own_due_instant() -> None:
    world = daily()
    assert world.next_due == world.day(2, "01:00")  # when a third one would be missed in a row
    world.bp(128, 78, world.day(1, "07:00"))
    assert world.next_due == world.day(3, "01:00")
    world.run(world.day(3, "02:00"))
    assert world.opened("call") == ["3 01:00"] or world.opened("one.call") == ["3 01:00"]


MISSED = """
phases:
  one:
    title: {en: One, zh: 一}
    no_later_than: {after: 60 days, end: over}
    steps:
      signs:
        ask: {faint: {yes_no: {en: Faint?, zh: 头晕吗？}}}
        when: day 1 at 09:10
        window: {missed_after: 20 min}
        missed: {id: silent, task: {en: Call, zh: 电话}, role: nurse, due: 1 day}
ends:
  over: {}
"""


def test_what_is_done_when_an_answer_is_missed_is_done_then() -> None:
    world = World(pathway(MISSED))
    world.enrol()
    world.run(world.day(1, "09:20"))
    assert world.next_due == world.day(1, "09:30")
    world.run(world.day(1, "09:31"))
    assert world.opened("silent") == ["1 09:30"]


def test_reminders_need_no_wake() -> None:
    body = DAILY.replace("missed_after: 5 h}", "missed_after: 5 h}\n        remind: [at due, 2 h later]", 1)
    world = World(pathway(body))
    world.enrol()
    planned = [e for e in world.of(PlanMessage) if e.template == "remind_measure"]
    assert len(planned) >= 10
    assert all(e.unless is not None and e.unless.measure == "blood_pressure" for e in planned)
    world.bp(128, 78, world.day(1, "07:00"))
    world.run(world.day(2, "00:30"))
    assert world.ticks[-1] - world.start < timedelta(days=2)
    assert len(world.ticks) <= 6

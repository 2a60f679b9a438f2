"""Kinds of step: what they ask, how they end, and what planning does with moments that pass, move or are not known."""

import pytest

from pathways.decide.effects import PlanMessage
from pathways.lang.plan_base import Duration
from pathways.lang.site_plan import Site
from tests.unit.decide.world import World, check, pathway

PHASE = """
phases:
  one:
    title: {{en: One, zh: 一}}
    until: day 60 of the phase
    steps:
{steps}
    at_end: [{{else: true, end: over}}]
ends:
  over: {{}}
"""


def world(steps: str, rest: str = "", **facts: object) -> World:
    w = World(pathway(PHASE.format(steps=steps) + rest))
    w.enrol(facts=facts)
    return w


def test_a_lesson_is_shown_when_due_and_read_or_missed() -> None:
    w = world("      lesson: {teach: how_to_measure, when: every 2 days at 10:00}")
    assert w.messages("teach")[:2] == ["0 10:00", "2 10:00"] or w.messages("teach")[0] == "2 10:00"
    first = w.messages("teach")[0]
    w.run(w.day(int(first.split()[0]), "10:00"))
    w.answer("lesson", w.day(int(first.split()[0]), "11:00"), outcome="read")
    w.run(w.day(9))
    assert w.outcomes("one.lesson")[:2] == ["read", "missed"]
    check(w)


def test_an_ask_is_answered_with_its_form_or_refused_with_a_sentence() -> None:
    w = world("""      how:
        ask: {fine: {yes_no: {en: Fine, zh: 好吗}}}
        when: every day at 10:00
        window: {late_after: 2 h, missed_after: 9 h}""")
    assert w.messages("ask")[0] == "0 10:00"
    assert w.answered(w.answer("how", w.day(1, "10:30"), form={"fine": "perhaps"})).code == "form_wrong"
    assert w.answered(w.answer("how", w.day(1, "10:31"), form={"good": True})).code == "form_unknown"
    assert w.answered(w.answer("how", w.day(1, "10:32"))).code == "form_missing"
    assert w.answered(w.answer("how", w.day(1, "13:00"), form={"fine": "no"})).done
    assert w.outcomes("one.how")[-1] == "done_late"
    assert w.state.steps["en1|one.how"].form == {"fine": False}


def test_a_say_is_sent_when_due_and_ends_so() -> None:
    w = world(
        "      note: {say: hello, when: day 3 at 09:00}",
        "messages:\n  hello: {to: patient, class: care, en: Hi., zh: 嗨。}\n",
    )
    w.run(w.day(4))
    assert w.messages("hello") == ["3 09:00"]
    assert w.ended("one.note") == [("3 09:00", "sent")]


def test_a_step_due_on_a_date_opens_when_the_day_begins() -> None:
    w = world("      call: {task: {en: Call, zh: 致电}, role: nurse, when: day 3, due: 1 day}")
    w.run(w.day(3, "00:00"))
    assert w.opened("call") == ["3 00:00"]


def test_a_moment_that_has_passed_does_what_the_step_says() -> None:
    steps = """      skipped: {task: {en: A, zh: 甲}, role: nurse, when: day 5 after discharge, due: 1 day}
      made_now: {task: {en: B, zh: 乙}, role: nurse, when: day 5 after discharge, due: 1 day, if_past: now}
      asked: {task: {en: C, zh: 丙}, role: nurse, when: day 5 after discharge, due: 1 day, if_past: task}"""
    w = world(steps, discharge="2026-02-01T10:00:00+08:00")
    assert w.outcomes("one.skipped") == ["skipped: past"]
    assert w.opened("made_now") == ["0 08:00"]
    assert w.outcomes("one.asked") == ["skipped: past"]
    assert w.opened("asked.past") == ["0 08:00"]
    check(w)


def test_a_corrected_anchor_plans_the_future_again() -> None:
    w = world("      call: {task: {en: Call, zh: 致电}, role: nurse, when: day 14 after discharge, due: 1 day}",
              discharge="2026-03-01T10:00:00+08:00")  # fmt: skip
    w.verb("set_fact", w.day(2), fact="discharge", value="2026-02-25T10:00:00+08:00")
    w.run(w.day(14))
    assert w.opened("call") == ["9 00:00"]
    assert w.outcomes("one.call") == ["cancelled: not needed"]
    check(w)


def test_after_a_step_waits_until_it_is_done() -> None:
    steps = """      review: {task: {en: Review, zh: 审核}, role: gp, when: at phase start, due: 2 days}
      call: {task: {en: Call, zh: 致电}, role: nurse, when: 3 days after review, due: 1 day}"""
    w = world(steps)
    w.run(w.day(5))
    assert w.opened("call") == []
    w.task(w.key("review"), "complete", w.day(5, "15:00"))
    w.run(w.day(9))
    assert w.opened("call") == ["8 15:00"]


def test_a_guard_that_is_false_skips_and_takes_back_the_messages() -> None:
    steps = """      how:
        ask: {fine: {yes_no: {en: Fine, zh: 好吗}}}
        when: every day at 10:00
        only_if: frail is no"""
    w = world(steps)  # unknown lets it happen
    assert w.messages("ask")[0] == "0 10:00"
    w.verb("set_fact", w.day(1, "12:00"), fact="frail", value="yes")
    assert [due for due in w.messages("ask") if due > "1 12:00"] == []
    w.run(w.day(3))
    assert "skipped: guard" in w.outcomes("one.how")
    w.verb("set_fact", w.day(3), fact="frail", value="no")
    assert "3 10:00" in w.messages("ask")


def test_visits_of_two_pathways_inside_the_tolerance_fall_on_one_date() -> None:
    steps = """      check:
        visit: {{with: gp, mode: [clinic]}}
        when: day {day} at 10:00
        window: {{opens_before: 2 days}}"""
    first = pathway(PHASE.format(steps=steps.format(day=20)), "first")
    second = pathway(PHASE.format(steps=steps.format(day=21)), "second")
    w = World(first, second, site=Site(id="s", zone="Asia/Shanghai", bundle_within=Duration(amount=2, unit="day")))
    w.enrol(first)
    w.enrol(second, name="en2")
    assert {w.local(o.due) for o in w.state.occurrences.values() if o.due is not None} == {"20 10:00"}


def test_a_held_step_is_not_planned_and_a_started_one_is() -> None:
    steps = """      how:
        ask: {fine: {yes_no: {en: Fine, zh: 好吗}}}
        when: every day at 10:00
      control: {task: {en: Control, zh: 控制}, role: nurse, when: day 2 at 09:00, due: 1 day}"""
    rules = """rules:
  off: {if: bp.systolic >= high, level: info, do: [{stop: how}], unknown: {not_met: single}}
  again: {if: bp.systolic < low, level: info, do: [{start: how}], unknown: {not_met: single}}
"""
    w = world(steps, rules)
    w.bp(190, 80, w.day(1, "12:00"))
    assert [o for o in w.state.occurrences.values() if o.step == "one.how"] == []
    assert [due for due in w.messages("ask") if due > "1 12:00"] == []
    w.run(w.day(9))
    w.bp(80, 50, w.day(9, "08:00"))
    assert [w.local(e.due) for e in w.of(PlanMessage) if e.template == "ask" and e.due > w.day(9)][:1] == ["9 10:00"]
    check(w)


@pytest.mark.parametrize(
    ("when", "asked"), [("7 days after each dose", ["11 09:00", "15 09:00"]), ("7 days after dose", ["15 09:00"])]
)
def test_what_comes_after_each_ending_is_not_dropped_by_the_next(when: str, asked: list[str]) -> None:
    w = world(
        "      dose: {task: {en: Dose, zh: 药}, role: nurse, due: 1 day, when: every 4 days at 08:00}\n"
        f"      bloods: {{teach: how_to_measure, when: {when}}}"
    )
    for day in (4, 8):
        w.run(w.day(day, "08:30"))
        w.task(w.key("dose"), "complete", w.day(day, "09:00"))
    w.run(w.day(20))
    assert w.messages("teach") == asked

"""Answers for which nothing is open; one test for each row of docs/reference/order.md."""

from __future__ import annotations

import pytest

from tests.unit.decide.test_instruments import BODY, QUIET, answers
from tests.unit.decide.world import World, pathway

WORDS = """
phases:
  one:
    title: {en: One, zh: 一}
    until: day 30 of the phase
    steps:
      how:
        ask: {ill: {yes_no: {en: Ill?, zh: 不适？}, answers: {yes: ["1"], no: ["0"]}}}
        when: every 3 days at 09:00
        window: {missed_after: 9 h}
      call: {task: {en: Call, zh: 电话}, role: nurse, due: 1 day, when: as soon as how missed 2 times in a row}
    at_end: [{else: true, go: two}]
  two:
    title: {en: Two, zh: 二}
    until: day 30 of the phase
    steps:
      rest: {task: {en: Rest, zh: 休息}, role: nurse, due: 1 day, when: at phase start}
    at_end: [{else: true, end: over}]
rules:
  ill:
    if: how.ill is yes
    level: amber
    fires: each answer
    do: {task: {en: Call, zh: 电话}, role: nurse, due: 4 h}
    unknown: {not_met: each answer is judged by itself}
ends: {over: {}}
"""


def begun(body: str) -> World:
    world = World(pathway(body))
    world.enrol()
    world.run(world.day(0, "09:00"))
    return world


@pytest.mark.parametrize("verb", ["pause", "readmitted", "end", "withdraw"])
def test_a_questionnaire_filled_in_unasked_is_judged_in_every_state(verb: str) -> None:
    world = begun(BODY)
    world.answer("one.mood", world.day(0, "10:00"), form=QUIET)
    world.verb(verb, world.day(1, "10:00"), **({"end": "over"} if verb == "end" else {}))
    told = world.answer("one.mood", world.day(2, "02:10"), form=answers(0, 0, 0, 0, 0, 0, 0, 0, 2))
    assert world.answered(told).done
    assert world.opened("harm") == ["2 02:10"]
    wrong = world.answer("one.mood", world.day(2, "02:20"), form={"item9": "7"})
    assert not world.answered(wrong).done


def test_a_form_answered_unasked_counts_while_its_step_is_planned() -> None:
    world = begun(WORDS)
    event = world.answer("one.how", world.day(1, "22:00"), form={"ill": True})
    assert world.answered(event).done
    assert world.opened("ill") == ["1 22:00"]
    assert world.ended("one.how")[-1] == ("1 22:00", "done")
    world.run(world.day(30, "09:00"))  # in another phase the question is none any more
    assert not world.answered(world.answer("one.how", world.day(31, "10:00"), form={"ill": True})).done


def test_a_second_reply_in_words_is_another_answer_for_a_day() -> None:
    world = begun(WORDS)
    world.run(world.day(3, "09:00"))
    world.answer("", world.day(3, "09:10"), text="0")
    assert world.opened("ill") == []
    world.answer("", world.day(3, "21:00"), text="1")
    world.answer("", world.day(3, "22:00"), text="1")
    assert world.opened("ill") == ["3 21:00", "3 22:00"]
    world.answer("", world.day(3, "22:05"), text="it bleeds")
    world.answer("", world.day(5, "22:00"), text="1")  # more than a day after the last answer: a person reads it
    assert world.opened("reply") == ["3 22:05", "5 22:00"]
    assert world.opened("ill") == ["3 21:00", "3 22:00"]

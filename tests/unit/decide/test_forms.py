"""Forms: what is asked, what is needed, what is kept, and what a reply in free text comes to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathways.decide.effects import PutTask
from pathways.lang.plan import FormField, TaskBody
from pathways.lang.plan_replies import plain
from tests.unit.decide.world import World, pathway

BODY = """
forms:
  diary:
    pain: {scale: 0 to 10}
    where: {many_of: {back: {en: Back, zh: 背}, knee: {en: Knee, zh: 膝}}, ask_if: pain >= some}
    fallen: {yes_no: {en: Did you fall?, zh: 跌倒？}}
    how: {text: optional, required_if: fallen is yes}
    weight: {number: with kg, required: no}
    office: {measure: bp, required: no}
    frail_now: {fact: frail, required: no}
parameters:
  some: {value: 1, cite: local}
  bad: {value: 7, cite: local}
  heavy: {value: 100 kg, cite: local}
  high: {value: 180 mmHg, cite: local}
measures:
  bp: {use: blood_pressure}
phases:
  one:
    title: {en: One, zh: 一}
    until: day 30 of the phase
    steps:
      diary: {ask: diary, when: every day at 09:00, window: {missed_after: 12 h}}
    leave:
      - {if: diary.pain >= bad, go: two}
      - {if: diary.where has knee and diary.weight > heavy, end: over}
    at_end: [{else: true, end: over}]
  two:
    title: {en: Two, zh: 二}
    until: day 30 of the phase
    steps:
      well:
        ask: {well: {yes_no: {en: Are you well?, zh: 您好吗？}, answers: {yes: [1, 有, ok], no: [0, 没有]}}}
        when: every day at 10:00
        window: {missed_after: 12 h}
      look: {task: {en: Look, zh: 查看}, role: nurse, due: 1 day, when: as soon as well.well is no}
    at_end: [{else: true, end: over}]
rules:
  frail_one:
    if: frail is yes
    level: info
    do: {task: {en: Frail, zh: 虚弱}, role: nurse, due: 1 day}
    unknown: {not_met: asked later}
  silent: {if: diary missed 9 times in a row, level: no_data, do: {task: {en: Call, zh: 电话}, role: nurse, due: 1 day}}
  high_one:
    if: bp.systolic >= high
    level: amber
    do: {task: {en: High, zh: 高}, role: nurse, due: 1 day}
    unknown: {not_met: each reading is judged by itself}
ends: {over: {}}
"""

GOOD: dict[str, Any] = {"pain": 0, "fallen": False}


def asked() -> World:
    world = World(pathway(BODY))
    world.enrol()
    world.run(world.day(0, "09:05"))
    return world


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (GOOD, "done"),
        ({**GOOD, "pain": 3}, "form_missing"),
        ({**GOOD, "pain": 3, "where": []}, "form_missing"),
        ({**GOOD, "pain": 3, "where": ["back", "nose"]}, "form_wrong"),
        ({**GOOD, "pain": 3, "where": "back"}, "form_wrong"),
        ({**GOOD, "pain": 3, "where": ["knee", "back"]}, "done"),
        ({**GOOD, "where": ["back"]}, "form_not_asked"),
        ({"pain": 0, "fallen": True}, "form_missing"),
        ({"pain": 0, "fallen": True, "how": "on the stairs"}, "done"),
        ({**GOOD, "how": "no need, but told"}, "done"),
        ({**GOOD, "weight": {"value": "80.5", "unit": "kg"}}, "done"),
        ({**GOOD, "weight": {"value": 80, "unit": "g"}}, "form_wrong"),
        ({**GOOD, "office": "132/85"}, "done"),
        ({**GOOD, "office": {"systolic": 132, "diastolic": 85, "colour": 1}}, "form_wrong"),
        ({**GOOD, "office": "132"}, "form_wrong"),
        ({**GOOD, "frail_now": "yes"}, "done"),
        ({**GOOD, "frail_now": "perhaps"}, "form_wrong"),
    ],
)
def test_a_form_is_taken_whole_or_refused_whole(form: dict[str, Any], code: str) -> None:
    world = asked()
    verdict = world.answered(world.answer("one.diary", world.day(0, "09:10"), form=form))
    assert verdict.code == code
    assert world.outcomes("one.diary") == (["done"] if code == "done" else [])


def test_numbers_of_a_form_are_compared_as_numbers() -> None:
    world = asked()
    world.answer("one.diary", world.day(0, "09:10"), form={**GOOD, "pain": 10, "where": ["back"]})
    assert world.phase == "two", "10 is more than 7, though not in the order of letters"


def test_one_of_several_choices_can_be_asked_for() -> None:
    world = asked()
    world.answer("one.diary", world.day(0, "09:10"), form={**GOOD, "pain": 1, "where": ["back"], "weight": 120})
    assert world.phase == "one"
    world.run(world.day(1, "09:05"))
    world.answer("one.diary", world.day(1, "09:10"), form={**GOOD, "pain": 1, "where": ["back", "knee"], "weight": 120})
    assert world.status == "ended"


def test_answers_become_facts_and_readings() -> None:
    world = asked()
    world.answer("one.diary", world.day(0, "09:10"), form={**GOOD, "office": "190/85", "frail_now": True})
    assert set(world.open_ids()) == {"frail_one", "high_one"}


def replying(text: str) -> World:
    world = asked()
    world.answer("one.diary", world.day(0, "09:10"), form={**GOOD, "pain": 9, "where": ["back"]})
    world.run(world.day(1, "10:05"))
    world.answer("", world.day(1, "10:10"), text=text)
    return world


@pytest.mark.parametrize(
    ("text", "opened"),
    [("1", []), (" １。", []), ("OK!", []), ("yes", []), ("0", ["look"]), ("没有", ["look"])],
)
def test_a_reply_that_is_known_answers_the_question(text: str, opened: list[str]) -> None:
    world = replying(text)
    assert world.outcomes("two.well")[-1] == "done"
    assert world.open_ids() == opened


@pytest.mark.parametrize("text", ["10", "maybe", "我头晕得很厉害", ""])
def test_any_other_reply_is_read_by_a_person_and_the_question_stays(text: str) -> None:
    world = replying(text)
    assert "done" not in world.outcomes("two.well")
    assert world.open_ids() == ["reply"]
    (task,) = world.state.tasks.values()
    assert text in task.title[0]


def test_a_reply_to_nothing_is_read_by_a_person() -> None:
    world = asked()
    verdict = world.answered(world.answer("", world.day(0, "09:10"), text="1"))
    assert (verdict.code, world.open_ids()) == ("done", ["reply"])


@given(st.text(max_size=40))
def test_what_is_made_comparable_stays_so(text: str) -> None:
    assert plain(plain(text)) == plain(text)


def test_a_question_of_a_task_is_told_with_its_condition_whole() -> None:
    world = World(
        pathway(
            """
phases:
  one:
    title: {en: One, zh: 一}
    until: day 3 of the phase
    steps:
      look:
        task: {en: Look, zh: 查看}
        role: nurse
        due: 1 day
        when: at phase start
        form:
          fell: {yes_no: {en: Fell?, zh: 跌倒？}}
          how: {text: optional, ask_if: fell is yes and bp.systolic is known}
    at_end: [{else: true, end: over}]
ends: {over: {}}
"""
        )
    )
    world.enrol()
    (told, *_) = [e for e in world.of(PutTask) if e.source.endswith("look")]
    step = next(s for s in next(iter(world.plans.values())).phases["one"].steps if s.id == "look")
    assert isinstance(step.body, TaskBody)
    assert tuple(FormField.model_validate(one) for one in told.form) == step.body.task.form

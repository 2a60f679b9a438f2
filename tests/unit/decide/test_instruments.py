"""Instruments: scored as published, judged item by item before they are sent, each answer by itself."""

from __future__ import annotations

from typing import Any

import pytest

from pathways.lang.catalogue import catalogue
from tests.unit.decide.world import World, pathway

BODY = """
measures: {phq9: {use: phq9}}
parameters:
  moderate: {value: 10 points, cite: local}
  any_harm: {value: 1 points, cite: local}
phases:
  one:
    title: {en: One, zh: 一}
    until: day 60 of the phase
    steps:
      mood: {ask: phq9, when: at phase start and every 2 weeks, window: {missed_after: 3 days}}
      call: {task: {en: Call, zh: 电话}, role: nurse, due: 1 day, when: as soon as mood missed 2 times in a row}
    at_end: [{else: true, end: over}]
rules:
  harm:
    if: phq9.item9 >= any_harm
    level: red
    fires: each answer
    watch: [invited, active, paused, ended for 30 days]
    do: [{escalate: urgent, task: {en: Ask about self-harm, zh: 评估自伤风险}}]
    unknown: {not_met: each answer is judged by itself}
  low_mood:
    if: phq9 >= moderate
    level: amber
    do: {task: {en: Talk, zh: 谈话}, role: nurse, due: 2 days}
    unknown: {not_met: each answer is judged by itself}
ends: {over: {}}
"""


def asked() -> World:
    world = World(pathway(BODY))
    world.enrol()
    world.run(world.day(0, "09:00"))
    return world


def answers(*values: int | None) -> dict[str, Any]:
    return {f"item{number}": str(value) for number, value in enumerate(values, start=1) if value is not None}


QUIET = answers(0, 0, 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("form", "total"),
    [
        (QUIET, "0"),
        (answers(3, 3, 3, 3, 3, 3, 3, 3, 3), "27"),
        (answers(1, 2, 1, 1, 1, 1, 1, 1, 0), "9"),
        (answers(1, 1, 1, 1, 1, 1, 1, None, 0), "8"),  # 7 of 8 answered: 7 * 9 / 8 = 7.875
        (answers(1, 1, 1, 1, 1, None, None, 0, 0), "6"),  # 5 of 7: 5 * 9 / 7 = 6.43
    ],
)
def test_the_total_is_the_published_one(form: dict[str, Any], total: str) -> None:
    world = asked()
    assert world.answered(world.answer("one.mood", world.day(0, "10:00"), form=form)).done
    (kept,) = world.state.readings.values()
    assert str(kept.values["total"]) == total
    assert world.outcomes("one.mood") == ["done"]


@pytest.mark.parametrize("form", [answers(1, 1, 1, 1, 1, 1), {**QUIET, "item1": "4"}, {**QUIET, "item10": "1"}, {}])
def test_too_few_or_wrong_answers_are_refused_whole(form: dict[str, Any]) -> None:
    world = asked()
    assert not world.answered(world.answer("one.mood", world.day(0, "10:00"), form=form)).done
    assert world.state.readings == {}
    assert world.outcomes("one.mood") == []


def test_self_harm_reaches_a_person_before_the_form_is_sent() -> None:
    world = asked()
    world.answer("one.mood", world.day(0, "10:00"), outcome="partly", form={"item9": "1"})
    assert world.open_ids() == ["harm"]
    assert world.outcomes("one.mood") == []
    # The rest follows, the item as before: it is not told twice.
    world.answer("one.mood", world.day(0, "10:05"), form={**QUIET, "item9": "1"})
    assert world.open_ids() == ["harm"]
    assert world.outcomes("one.mood") == ["done"]


def test_an_item_that_gets_worse_on_the_way_is_told_again() -> None:
    world = asked()
    world.answer("one.mood", world.day(0, "10:00"), outcome="partly", form={"item9": "1"})
    world.answer("one.mood", world.day(0, "10:05"), form={**QUIET, "item9": "3"})
    assert world.open_ids() == ["harm", "harm"]


def test_each_answer_is_told_again_though_nothing_changed() -> None:
    world = asked()
    for week in (0, 2, 4):
        world.run(world.day(7 * week, "09:00"))
        world.answer("one.mood", world.day(7 * week, "10:00"), form={**QUIET, "item9": "1"})
    assert world.open_ids() == ["harm", "harm", "harm"]


def test_the_total_makes_one_episode() -> None:
    world = asked()
    for week in (0, 2):
        world.run(world.day(7 * week, "09:00"))
        world.answer("one.mood", world.day(7 * week, "10:00"), form={**QUIET, **answers(3, 3, 3, 3)})
    assert world.open_ids() == ["low_mood"]


def test_what_was_begun_and_not_sent_ends_partly() -> None:
    world = asked()
    world.answer("one.mood", world.day(0, "10:00"), outcome="partly", form={"item1": "1"})
    world.run(world.day(4))
    assert world.outcomes("one.mood") == ["partly"]


def asking(question: str, rest: str = "") -> World:
    """A pathway that asks one question of its own, every day at nine."""
    plan = pathway(
        f"""
phases:
  one:
    title: {{en: One, zh: 一}}
    until: day 30 of the phase
    steps:
      how:
        ask: {{{question}: {{yes_no: {{en: So?, zh: 是吗？}}}}}}
        when: every day at 09:00
        window: {{missed_after: 9 h}}
    at_end: [{{else: true, end: over}}]
{rest}ends: {{over: {{}}}}
"""
    )
    world = World(plan)
    world.enrol()
    return world


def test_a_form_of_ones_own_is_not_answered_item_by_item() -> None:
    world = asking("well")
    world.run(world.day(0, "09:05"))
    event = world.answer("one.how", world.day(0, "10:00"), outcome="partly", form={"well": True})
    assert world.answered(event).code == "answer_wrong"


def test_each_answer_of_a_yes_or_no_is_told_again() -> None:
    world = asking(
        "harm",
        """rules:
  harm:
    if: how.harm is yes
    level: red
    fires: each answer
    do: [{escalate: urgent, task: {en: Call, zh: 电话}}]
    unknown: {not_met: each answer is judged by itself}
""",
    )
    for day in (0, 1, 2):
        world.run(world.day(day, "09:05"))
        world.answer("one.how", world.day(day, "10:00"), form={"harm": True})
    assert world.open_ids() == ["harm", "harm", "harm"]


@pytest.mark.parametrize(("name", "items", "most"), [("phq9", 9, 27), ("gad7", 7, 21)])
def test_the_instruments_of_the_catalogue_are_whole(name: str, items: int, most: int) -> None:
    found = catalogue().instruments[name]
    assert len(found.items) == items
    assert catalogue().measures[name].components["total"].high == most
    assert all(item.en and item.zh for item in (*found.items.values(), *found.options.values()))
    assert set(found.self_harm) <= set(found.items)

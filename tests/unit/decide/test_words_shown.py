"""What a coordinator reads of a tick: once each, in people's words, in the language of the site."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pathways.decide.effects import Show
from pathways.decide.events import HandoffReport
from pathways.decide.journey import decide
from pathways.decide.show import NOTHING
from pathways.decide.texts import gist
from pathways.lang.plan_base import Text
from tests.unit.decide.test_partners_and_doses import referral
from tests.unit.decide.world import World, library, reading


def followed(**facts: object) -> World:
    plan, site = library()
    world = World(plan, site=site)
    world.enrol(facts=facts)
    return world


def measured(world: World, at: datetime) -> Show:
    """What the tick shows that takes a reading in."""
    return world.tick(at, world.event(reading(128, 82), at)).show


def test_a_tick_that_decided_nothing_says_what_it_took_in() -> None:
    world = followed()
    measured(world, world.day(1, "07:35"))
    show = measured(world, world.day(1, "07:37"))
    assert show.decided.zh == "收到读数：128/82。血压：已完成。"
    assert show.decided.en == "Reading taken over: 128/82. Blood pressure: done."
    assert show.next.zh == "下一步：血压 20:00"


def test_a_tick_in_which_nothing_happened_says_nothing() -> None:
    world = followed()
    measured(world, world.day(1, "07:35"))
    show = world.tick(world.day(1, "07:36")).show
    assert show.decided.zh == show.decided.en == ""


def test_a_partners_last_word_is_told_once() -> None:
    world, key = referral()
    at = world.day(1)
    decision = world.tick(at, world.event(HandoffReport(key, "returned", True), at))
    said = decision.show.decided.en.split(". ")
    assert len(said) == len(set(said)) > 1, said
    assert said.count("Referral: answer came back") == 1, said


def test_the_newest_reading_has_its_name_and_unit() -> None:
    world = followed()
    sheet = measured(world, world.day(1, "07:35")).sheet
    assert sheet.en.splitlines()[-1] == "Blood pressure: 128 / 82 mmHg (07:35)"
    assert sheet.zh.splitlines()[-1] == "血压：128 / 82 mmHg（07:35）"


def test_what_is_due_on_a_day_has_no_hour() -> None:
    world = followed()
    said = [measured(world, world.day(day, clock)).next for day in range(1, 12) for clock in ("07:35", "20:05")]
    assert {one.zh for one in said if "就诊" in one.zh} == {"下一步：全科医生就诊 06-02"}
    assert {one.en for one in said if "Visit" in one.en} == {"Next: Visit with GP 06-02"}


def test_a_message_is_told_by_its_first_sentence() -> None:
    world = followed()
    at = world.day(1, "10:00")
    show = world.tick(at, world.event(reading(192, 112), at)).show
    assert "已安排消息：“请坐下休息五分钟后再次测量。”" in show.decided.zh
    assert "Message planned: “Sit down, rest five minutes, measure again.”" in show.decided.en
    told = gist(Text(en="Call {number}, please. Soon.", zh="请拨打{number}。尽快。"))
    assert (told.en, told.zh) == ("Call …, please.", "请拨打…。")


def test_a_fact_to_be_asked_again_is_the_question_and_not_its_name() -> None:
    world = followed(age=34, sex="female", pregnant="no")
    shown = [measured(world, world.day(day, clock)) for day in range(1, 90) for clock in ("07:35", "20:05")]
    assert "下一步：询问患者：您目前怀孕了吗？ 05-25 08:00" in {one.next.zh for one in shown}
    assert "护士任务：请再次核实：您目前怀孕了吗？" in {one.decided.zh for one in shown}


def test_without_words_the_same_is_decided_and_only_the_codes_are_shown() -> None:
    def lived(*, words: bool) -> tuple[object, ...]:
        world = followed()
        at = world.day(1, "07:35")
        decision = decide(
            world.plans, world.site, world.state, [world.event(reading(192, 112), at)], at, words=words
        )
        assert bool(decision.show.sheet.en) == words
        codes = replace(decision.show, decided=NOTHING, next=NOTHING, sheet=NOTHING)
        return (decision.effects, decision.next_due, codes, world.state.to_json())

    assert lived(words=True) == lived(words=False)

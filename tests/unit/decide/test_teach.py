"""Lessons: read, asked about with wrong answers explained, shown back until a person says that it is right."""

from __future__ import annotations

import pytest

from pathways.decide.effects import Timeline, Verdict
from tests.unit.decide.world import World, pathway

BODY = """
phases:
  one:
    title: {en: One, zh: 一}
    until: day 60 of the phase
    steps:
      inhaler:
        teach: how_to_measure
        title: {en: Inhaler, zh: 吸入装置}
        when: day 1 at 10:00
        window: {missed_after: 3 days}
        %s
      help: {task: {en: Help in person, zh: 当面指导}, role: nurse, due: 1 day, when: as soon as inhaler is read}
      fine: {say: well, when: as soon as inhaler is passed}
    at_end: [{else: true, end: over}]
messages:
  well: {to: patient, class: care, en: Well done., zh: 做得好。}
ends: {over: {}}
"""
QUIZ = """quiz:
          questions:
            shake:
              ask: {en: Shake it?, zh: 要摇匀吗？}
              options: {shake: {en: Shake, zh: 摇匀}, still: {en: Do not, zh: 不摇}}
              right: shake
              because: {en: The medicine settles., zh: 药会沉淀。}
            hold:
              ask: {en: Hold your breath?, zh: 要屏气吗？}
              options: {hold: {en: Hold it, zh: 屏气}, go: {en: Breathe on, zh: 继续呼吸}}
              right: hold
              because: {en: It needs time., zh: 需要时间。}
          pass: 2 of 2
"""
TRIES = QUIZ + "          tries: 2 times\n"
LAST = TRIES + "        not_passed: {task: {en: Teach again, zh: 重新宣教}, role: nurse, due: 1 day, id: again}\n"
BACK = "show_back: {role: nurse, due: 2 days, pass: 7 of 8%s}\n"
RIGHT = {"shake": "shake", "hold": "hold"}
WRONG = {"shake": "shake", "hold": "go"}
LESSON = "one.inhaler"


def started(more: str) -> World:
    world = World(pathway(BODY % more))
    world.enrol()
    world.run(world.day(1, "10:01"))
    return world


def tries(world: World, day: int, form: dict[str, str]) -> Verdict:
    return world.answered(world.answer(LESSON, world.day(day, "11:00"), outcome="read", form=form))


def marks(world: World, day: int, mark: int, clock: str = "12:00") -> Verdict:
    event = world.task(world.key("inhaler"), "complete", world.day(day, clock), form={"mark": str(mark)})
    return world.answered(event)


def test_a_lesson_alone_is_read() -> None:
    world = started("")
    assert tries(world, 1, {}).done
    assert world.outcomes(LESSON) == ["read"]


def test_right_answers_pass_at_once() -> None:
    world = started(QUIZ)
    found = tries(world, 1, RIGHT)
    assert (found.code, found.text.en) == ("quiz_passed", "Passed: 2 of 2 right.")
    assert world.outcomes(LESSON) == ["passed"]
    assert world.messages("well")


def test_wrong_answers_are_explained_and_may_be_tried_again() -> None:
    world = started(QUIZ)
    found = tries(world, 1, WRONG)
    assert found.code == "quiz_again"
    assert found.text.en == "1 of 2 right. Please try again. Hold your breath? Hold it. It needs time."
    assert found.text.zh == "2题答对1题，请再试一次。要屏气吗？屏气。需要时间。"
    assert world.outcomes(LESSON) == []
    assert tries(world, 2, RIGHT).code == "quiz_passed"
    quizzes = [e.data for e in world.of(Timeline) if e.word == "quiz"]
    assert [(one["right"], one["wrong"], one["try"]) for one in quizzes] == [(1, ["hold"], 1), (2, [], 2)]


def test_the_last_try_in_vain_ends_it_read_and_does_what_is_stated() -> None:
    world = started(LAST)
    tries(world, 1, WRONG)
    found = tries(world, 2, WRONG)
    assert found.code == "quiz_failed"
    assert world.ended(LESSON) == [("2 11:00", "read: quiz")]
    assert world.opened("again") == ["2 11:00"]
    assert world.opened("help") == ["2 11:00"]


def test_read_without_the_quiz_is_not_passed_when_its_time_is_over() -> None:
    world = started(QUIZ)
    tries(world, 1, {})
    world.run(world.day(5))
    assert world.ended(LESSON) == [("4 10:00", "read: quiz")]


def test_never_opened_is_missed() -> None:
    world = started(QUIZ)
    world.run(world.day(5))
    assert world.outcomes(LESSON) == ["missed"]


@pytest.mark.parametrize("form", [{"shake": "shake"}, {**RIGHT, "hold": "maybe"}, {**RIGHT, "third": "x"}])
def test_answers_are_taken_whole_or_not_at_all(form: dict[str, str]) -> None:
    world = started(TRIES)
    assert not tries(world, 1, form).done
    assert tries(world, 1, WRONG).code == "quiz_again"  # the refused one was no try


@pytest.mark.parametrize("more", [QUIZ, BACK % ""])
def test_the_patient_cannot_say_that_it_is_passed(more: str) -> None:
    world = started(more)
    found = world.answered(world.answer(LESSON, world.day(1, "11:00"), outcome="passed"))
    assert (found.done, found.code) == (False, "answer_wrong")


def test_a_person_watches_and_marks() -> None:
    world = started(BACK % "")
    tries(world, 1, {})
    assert world.opened("inhaler") == ["1 11:00"]
    world.run(world.day(6, "11:00"))
    assert world.outcomes(LESSON) == []  # it waits for the person, not for the patient
    assert not marks(world, 6, 9).done  # no more than 8 can be given
    assert marks(world, 6, 7).done
    assert world.outcomes(LESSON) == ["passed"]


def test_it_is_repeated_until_passed() -> None:
    world = started(BACK % ", repeat: weekly until passed")
    for week, mark in enumerate((3, 5, 8)):
        day = 1 + 7 * week
        world.answer(LESSON, world.day(day, f"{14 + week}:30"), outcome="read")
        assert marks(world, day, mark, f"{15 + week}:00").done
    again = "read: show_back"
    assert world.ended(LESSON) == [("1 15:00", again), ("8 16:00", again), ("15 17:00", "passed")]
    world.run(world.day(40))
    assert len(world.outcomes(LESSON)) == 3


def test_after_the_last_repeat_what_is_stated_is_done() -> None:
    end = "        not_passed: {task: {en: Another device, zh: 更换装置}, role: nurse, due: 1 day, id: device}\n"
    world = started(BACK % ", repeat: every 2 days at most 1 time" + end)
    tries(world, 1, {})
    marks(world, 1, 2)
    assert world.opened("device") == []
    world.answer(LESSON, world.day(3, "13:00"), outcome="read")
    marks(world, 3, 2, "14:00")
    assert world.opened("device") == ["3 14:00"]
    world.run(world.day(30))
    assert world.outcomes(LESSON) == ["read: show_back"] * 2


def test_a_quiz_comes_before_the_person() -> None:
    world = started(QUIZ + "        " + BACK % "")
    tries(world, 1, WRONG)
    assert world.opened("inhaler") == []
    tries(world, 2, RIGHT)
    assert world.opened("inhaler") == ["2 11:00"]
    assert not tries(world, 2, RIGHT).done  # the person is asked once
    marks(world, 2, 8)
    last = next(e for e in world.of(Timeline) if e.path == LESSON and e.outcome == "passed")
    assert last.data["form"] == {"right": "2", "mark": "8"}


def test_leaving_closes_the_task_with_the_lesson() -> None:
    world = started(BACK % "")
    tries(world, 1, {})
    world.run(world.day(62))
    assert world.open_ids() == []
    assert world.outcomes(LESSON) == ["cancelled: not needed"]

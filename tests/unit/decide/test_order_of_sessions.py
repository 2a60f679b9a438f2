"""The order of things: exercises and lessons."""

from __future__ import annotations

import pytest

from tests.unit.decide import test_exercise, test_teach
from tests.unit.decide.test_exercise import EASY, Knee
from tests.unit.decide.world import pathway


def started(*edits: tuple[str, str]) -> Knee:
    body = test_exercise.BODY
    for before, after in edits:
        assert before in body
        body = body.replace(before, after)
    world = Knee(pathway(body))
    world.enrol()
    world.run(world.day(1, "10:01"))
    return world


def test_a_stopped_session_counts_for_less_and_tells_a_person() -> None:
    world = started()
    world.session(1, EASY)
    world.session(2, EASY)
    world.session(3, EASY)
    world.session(4, {**EASY, "dizzy": "yes"})
    assert world.level == "chair"
    assert world.opened("knee.2") == ["4 10:30"]
    world.session(5, EASY)
    assert world.level == "chair"


def test_the_level_goes_down_before_it_goes_up() -> None:
    both = ("down: {after: 1 time, if: pain > pain_ok}", "down: {after: 2 times, if: pain <= pain_ok}")
    world = started(both)
    world.verb("set_fact", world.day(1, "10:02"), fact="knee_level", value="standing")
    world.session(1, EASY)
    world.session(2, EASY)
    assert world.level == "chair"
    world.session(3, EASY)
    assert world.level == "chair"


def test_a_missed_session_neither_counts_nor_breaks() -> None:
    world = started()
    world.session(1, EASY)
    world.session(3, EASY)
    assert world.level == "standing"


@pytest.mark.parametrize("knee", ["knee", "one.knee"])
def test_a_held_exercise_asks_for_nothing_until_it_is_started_again(knee: str) -> None:
    again = "ache:\n        task: {en: Begin again, zh: 重新开始}\n        role: nurse\n        due: 4 h\n"
    world = started(
        ("stopped: [{say: stop_now}, ", f"stopped: [{{hold: {knee}}}, {{say: stop_now}}, "),
        ("      ache:\n", f"      {again}        when: at phase start\n      other:\n"),
        ("    at_end:", f"    leave: [{{if: ache is done, do: {{start: {knee}}}}}]\n    at_end:"),
    )
    world.session(1, {**EASY, "dizzy": "yes"})
    world.run(world.day(4))
    assert world.messages("exercise") == ["0 10:00", "1 10:00"]
    world.task(world.key("ache"), "complete", world.day(4, "08:00"))
    world.run(world.day(5))
    assert "4 10:00" in world.messages("exercise")


def test_a_lesson_shown_to_a_person_waits_for_them() -> None:
    world = test_teach.started(test_teach.BACK % "")
    test_teach.tries(world, 1, {})
    world.run(world.day(20))
    assert world.outcomes(test_teach.LESSON) == []
    assert test_teach.marks(world, 20, 8).done
    assert world.outcomes(test_teach.LESSON) == ["passed"]


def test_a_refused_try_is_no_try() -> None:
    world = test_teach.started(test_teach.TRIES)
    for _ in range(3):
        assert not test_teach.tries(world, 1, {"shake": "shake"}).done
    assert test_teach.tries(world, 2, test_teach.WRONG).code == "quiz_again"

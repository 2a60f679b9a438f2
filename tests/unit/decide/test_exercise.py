"""Exercises: the session is of the patient's level, its answers move the level, pain and dizziness end it and tell."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pathways.decide.events import Event
from tests.unit.decide.world import World, pathway

BODY = """
facts:
  knee_level: {type: one_of, options: [chair, standing, stairs]}
parameters:
  pain_ok: {value: 3, cite: local}
  effort_ok: {value: 5, cite: local}
  pain_stop: {value: 7, cite: local}
phases:
  one:
    title: {en: One, zh: 一}
    until: day 30 of the phase
    steps:
      knee:
        exercise: knee_level
        title: {en: Knee exercises, zh: 膝部锻炼}
        levels:
          chair: {title: {en: On a chair, zh: 坐位}, instructions: {en: Stretch the knee., zh: 伸直膝盖。}}
          standing: {title: {en: Standing, zh: 站立}, instructions: {en: Bend a little., zh: 微屈膝。}}
          stairs: {title: {en: On the stairs, zh: 台阶}, instructions: {en: Up and down., zh: 上下台阶。}}
        counts: minutes
        up: {after: 2 times, if: pain <= pain_ok and effort <= effort_ok}
        down: {after: 1 time, if: pain > pain_ok}
        stop_if: pain >= pain_stop or dizzy is yes
        stopped: [{say: stop_now}, {task: {en: Look at the exercises, zh: 查看锻炼}, role: nurse, due: 1 day}]
        when: every day at 10:00
        window: {missed_after: 8 h}
      praise: {say: well, when: as soon as knee_level is standing}
      ache:
        task: {en: Ask about the chest, zh: 询问胸痛}
        role: nurse
        due: 4 h
        when: as soon as knee.why is chest_pain
    at_end: [{else: true, end: over}]
messages:
  stop_now: {to: patient, class: care, en: Stop for today., zh: 今天请停止锻炼。}
  well: {to: patient, class: care, en: Well done., zh: 做得好。}
ends: {over: {}}
"""
LEVELS = ("chair", "standing", "stairs")
EASY = {"pain": "2", "effort": "4", "dizzy": "no", "minutes": "20"}
HARD = {"pain": "5", "effort": "8", "dizzy": "no"}


class Knee(World):
    def session(self, day: int, form: Mapping[str, str], outcome: str = "done", why: str | None = None) -> Event:
        return self.answer("one.knee", self.day(day, "10:30"), outcome=outcome, form=dict(form), why=why)

    @property
    def level(self) -> str | None:
        return next((known.value for key, known in self.state.facts.items() if key.endswith("|knee_level")), None)


def started() -> Knee:
    world = Knee(pathway(BODY))
    world.enrol()
    world.run(world.day(1, "10:01"))
    return world


def test_a_session_begins_on_the_easiest_level_and_reminds_when_due() -> None:
    world = started()
    assert world.level == "chair"
    assert "1 10:00" in world.messages("exercise")


def test_good_sessions_in_a_row_lead_up_and_rows_read_the_level() -> None:
    world = started()
    world.session(1, EASY)
    assert world.level == "chair"
    world.session(2, EASY)
    assert world.level == "standing"
    assert world.messages("well")
    world.session(3, EASY)
    assert world.level == "standing"  # counted anew
    world.session(4, EASY)
    assert world.level == "stairs"
    world.session(5, EASY)
    world.session(6, EASY)
    assert world.level == "stairs"
    assert world.words("level") == [("2 10:30", "one.knee"), ("4 10:30", "one.knee")]


def test_a_hard_session_leads_down_and_breaks_the_row() -> None:
    world = started()
    world.session(1, EASY)
    world.session(2, {**EASY, "effort": "8"})  # too hard to go up, not painful enough to go down
    world.session(3, EASY)
    assert world.level == "chair"
    world.session(4, EASY)
    assert world.level == "standing"
    world.session(5, HARD)
    assert world.level == "chair"


@pytest.mark.parametrize("form", [{**EASY, "pain": "7"}, {**EASY, "dizzy": "yes"}])
def test_pain_and_dizziness_end_the_session_and_tell_a_person(form: dict[str, str]) -> None:
    world = started()
    world.session(1, form)
    assert world.ended("one.knee")[-1] == ("1 10:30", "stopped: stop_rule")
    assert world.messages("stop_now") == ["1 10:30"]
    assert world.opened("knee.2") == ["1 10:30"]


def test_the_patient_breaks_it_off_and_says_why() -> None:
    world = started()
    refused = world.session(1, {}, "stopped")
    assert (world.answered(refused).done, world.answered(refused).code) == (False, "form_missing")
    world.session(1, {}, "stopped", "chest_pain")
    assert world.ended("one.knee")[-1] == ("1 10:30", "stopped: chest_pain")
    assert world.opened("ache") == ["1 10:30"]
    assert world.opened("knee.2") == ["1 10:30"]


def test_a_stopped_session_counts_for_less() -> None:
    world = started()
    for day in (1, 2):
        world.session(day, EASY)
    world.session(3, {}, "stopped", "tired")
    assert world.level == "chair"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"pain": "2"}, "form_missing"),
        ({**EASY, "pain": "11"}, "form_wrong"),
        ({**EASY, "why": "pain"}, "form_unknown"),
        ({**EASY, "mood": "1"}, "form_unknown"),
    ],
)
def test_answers_are_taken_whole_or_not_at_all(form: dict[str, str], code: str) -> None:
    world = started()
    refused = world.session(1, form)
    assert (world.answered(refused).done, world.answered(refused).code) == (False, code)
    assert world.outcomes("one.knee") == ["missed"]


def test_staff_change_the_level_and_the_row_is_counted_anew() -> None:
    world = started()
    world.session(1, EASY)
    world.verb("set_fact", world.day(1, "12:00"), fact="knee_level", value="standing")
    world.session(2, EASY)
    assert world.level == "standing"
    world.session(3, EASY)
    assert world.level == "stairs"
    wrong = world.verb("set_fact", world.day(3, "12:00"), fact="knee_level", value="marathon")
    assert not world.answered(wrong).done


@given(st.lists(st.sampled_from(("easy", "hard", "dizzy", "stopped", "missed")), max_size=20))
@settings(deadline=None, max_examples=30)
def test_whatever_comes_the_level_moves_by_one_and_every_stop_tells(days: list[str]) -> None:
    world = started()
    before, stops = LEVELS.index(world.level or ""), 0
    for day, what in enumerate(days, start=1):
        if what == "stopped":
            world.session(day, {}, "stopped", "pain")
        elif what != "missed":
            form = {"easy": EASY, "hard": HARD, "dizzy": {**EASY, "dizzy": "yes"}}[what]
            world.session(day, form)
        stops += what in {"stopped", "dizzy"}
        after = LEVELS.index(world.level or "")
        assert abs(after - before) <= 1
        assert what == "easy" or after <= before
        before = after
    assert len(world.opened("knee.2")) == stops

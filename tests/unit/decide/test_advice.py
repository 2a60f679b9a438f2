"""Advice: proposed by rows, decided by a clinician, sent by the governor, judged later."""

from __future__ import annotations

from typing import Any

from pathways.decide.effects import PutTask
from tests.unit.decide.world import World, check, pathway

SWINGS = """
derived:
  recent: {of: bp, as: mean, over: 3 days, needs_at_least: 2 readings on 1 days}
phases:
  one:
    title: {en: One, zh: 一}
    no_later_than: {after: 200 days, end: over}
    steps:
      take: {measure: bp, when: every day at 08:00, missed: {task: {en: Call, zh: 电话}, role: nurse, due: 1 day}}
      swings:
        advise:
          - if: recent.systolic >= high
            is: rest_more
            because: {en: Your mean is high., zh: 您的均值偏高。}
            effect: recent.systolic < high
          - {if: recent.systolic >= goal, is: less_salt, because: {en: Over the goal., zh: 高于目标。}}
          - {if: unknown, is: measure_more, because: {en: Too few readings., zh: 读数太少。}}
          - {else: true, is: keep_going, because: {en: All is well., zh: 一切良好。}}
        when: every 2 weeks at 09:00
        role: nurse
        due: 2 days
        escalate: overdue
        expires: 5 days
        show: [bp, recent]
        judged: 1 week later
        not_again: for 4 weeks if it did nothing
    leave:
      - {if: swings.effect is worked, end: over}
ends:
  over: {}
messages:
  rest_more: {to: patient, class: care, en: Rest more., zh: 多休息。}
  less_salt: {to: patient, class: care, en: Less salt., zh: 少吃盐。}
  measure_more: {to: patient, class: care, en: Measure more., zh: 多测量。}
  keep_going: {to: patient, class: care, en: Go on., zh: 继续。}
"""


def readings(w: World, first: int, last: int, systolic: int) -> None:
    for day in range(first, last):
        w.bp(systolic, 90, w.day(day, "08:00"))


def proposed(systolic: int = 190, text: str = SWINGS) -> World:
    w = World(pathway(text))
    w.enrol()
    readings(w, 11, 15, systolic)
    w.run(w.day(14, "09:30"))
    return w


def decide(w: World, decision: str, at: Any, **more: Any) -> Any:
    return w.task(w.key("swings"), "complete", at, form={"decision": decision, **more})


def sent(w: World) -> list[tuple[str, str]]:
    names = {"rest_more", "less_salt", "measure_more", "keep_going"}
    return [(r.template, r.text.zh) for r in w.rows() if r.template in names]


def test_nothing_goes_out_before_a_clinician_has_approved() -> None:
    w = proposed()
    assert w.opened("swings") == ["14 09:00"]
    (put,) = [e for e in w.of(PutTask) if e.key == w.key("swings")]
    label = put.form[0]["label"]
    assert label["zh"].startswith("多休息。您的均值偏高。")
    assert "systolic 190" in label["en"]
    w.run(w.day(15))
    assert sent(w) == []
    decide(w, "approve", w.day(15, "10:00"))
    assert sent(w) == [("rest_more", "多休息。您的均值偏高。")]
    assert w.outcomes("one.swings") == ["approved"]
    check(w)


def test_the_clinician_has_the_last_word() -> None:
    w = proposed()
    refused = decide(w, "edit", w.day(15, "10:00"))
    assert not w.answered(refused).done  # an edit needs its wording
    decide(w, "edit", w.day(15, "10:01"), text="小米粥减半")
    assert sent(w) == [("rest_more", "小米粥减半")]
    assert w.outcomes("one.swings") == ["edited"]


def test_what_is_refused_is_not_sent() -> None:
    w = proposed()
    decide(w, "refuse", w.day(15, "10:00"))
    w.run(w.day(25))
    assert sent(w) == []
    assert w.outcomes("one.swings") == ["refused"]
    assert w.words("advice_judged") == []


def test_undecided_it_expires_and_its_task_is_closed() -> None:
    w = proposed()
    w.run(w.day(20))
    assert w.outcomes("one.swings") == ["expired"]
    assert w.opened("swings") == ["14 09:00"]
    assert "swings" not in w.open_ids()
    assert sent(w) == []


def test_rows_are_looked_at_from_the_top_and_unknown_goes_to_its_own_row() -> None:
    w = World(pathway(SWINGS))
    w.enrol()
    w.run(w.day(14, "09:30"))
    decide(w, "approve", w.day(14, "10:00"))
    assert [template for template, _ in sent(w)] == ["measure_more"]
    for systolic, advice in ((140, "less_salt"), (120, "keep_going")):
        w = proposed(systolic)
        decide(w, "approve", w.day(14, "10:00"))
        assert [template for template, _ in sent(w)] == [advice]


def test_advice_that_did_nothing_rests() -> None:
    w = proposed()
    decide(w, "approve", w.day(14, "10:00"))
    readings(w, 18, 29, 190)
    w.run(w.day(28, "09:30"))
    assert w.words("advice_judged") == [("21 10:00", "one.swings")]
    decide(w, "approve", w.day(28, "10:00"))
    assert [template for template, _ in sent(w)] == ["rest_more", "less_salt"]  # the first row is passed over
    readings(w, 53, 57, 190)
    w.run(w.day(56, "09:30"))
    decide(w, "approve", w.day(56, "10:00"))
    assert [template for template, _ in sent(w)][-1] == "rest_more"


def test_a_row_reads_what_it_brought_about() -> None:
    w = proposed()
    decide(w, "approve", w.day(14, "10:00"))
    readings(w, 18, 22, 120)
    w.run(w.day(22))
    assert w.status == "ended"


def test_without_data_an_effect_is_unclear_and_nothing_rests() -> None:
    w = proposed(text=SWINGS.replace("effect: recent.systolic < high", "effect: frail is yes"))
    decide(w, "approve", w.day(14, "10:00"))
    readings(w, 18, 29, 190)
    w.run(w.day(28, "09:30"))
    assert w.state.steps["en1|one.swings"].advised["rest_more"]["effect"] == "unclear"
    decide(w, "approve", w.day(28, "10:00"))
    assert [template for template, _ in sent(w)] == ["rest_more", "rest_more"]


def test_a_rule_proposes_at_once() -> None:
    rule = """
rules:
  steep:
    if: bp.systolic >= high
    level: info
    do: [{advise: swings}]
    unknown: {not_met: rarely}
"""
    w = World(pathway(SWINGS.replace("messages:", rule.lstrip("\n") + "messages:")))
    w.enrol()
    w.bp(190, 90, w.day(1, "12:00"))
    w.bp(190, 90, w.day(1, "12:30"))
    assert w.opened("swings") == ["1 12:00"]
    decide(w, "approve", w.day(1, "13:00"))
    assert len(sent(w)) == 1

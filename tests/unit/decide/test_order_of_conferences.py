"""docs/reference/order.md, part "Conferences": a test for each row, of its name."""

from __future__ import annotations

from typing import Any

import pytest

from pathways.decide.effects import PutTask
from tests.unit.decide.world import World, check, pathway

STEPS = """
phases:
  one:
    title: {en: One, zh: 一}
    no_later_than: {after: 60 days, end: over}
    steps:
      take: {measure: bp, when: every day at 08:00, missed: {task: {en: Call, zh: 电话}, role: nurse, due: 1 day}}
      board:
        conference: [nurse, gp, duty]
        quorum: 2 of 3
        show: [bp, share]
        when: 2 days after enrolment
        due: 1 day
        escalate: overdue
        form: {decision: {one_of: {keep: {en: Keep, zh: 维持}, change: {en: Change, zh: 调整}}}, note: {text: optional}}
      weekly:
        conference: [nurse]
        agenda: tuesday
        show: [bp, take, frail, tired, board, recent]
        rank: [highest bp.systolic, lowest recent.diastolic, longest since take]
        when: every week on tue at 13:00
        due: 2 days
    leave:
      - {if: board is done and board.decision is change, end: over}
derived:
  share: {of: take, as: adherence, over: 7 days}
  recent: {of: bp, as: mean, over: 7 days, needs_at_least: 1 reading on 1 days}
decisions:
  tired: {rows: [{if: bp.systolic < low, is: low_pressure}, {else: true, is: no}], unknown: {is: unclear}}
ends:
  over: {}
"""


def world() -> World:
    w = World(pathway(STEPS), round_trip=True)
    w.enrol()
    return w


def put(w: World, ident: str) -> PutTask:
    return [e for e in w.of(PutTask) if f".{ident}" in e.source][-1]


def held(w: World, ident: str) -> dict[str, Any]:
    found = put(w, ident).conference
    assert found is not None
    return found


def board() -> World:
    w = world()
    w.run(w.day(2, "09:00"))
    return w


def sign(w: World, role: str, clock: str, by: str | None = None, **more: Any) -> str:
    event = w.task(w.key("board"), "sign", w.day(2, clock), by=by or role, role=role, **more)
    verdict = w.answered(event)
    check(w)
    return verdict.code


def test_so_many_as_are_needed_sign_and_the_last_fills_in_the_form() -> None:
    w = board()
    assert put(w, "board").title.en == "Case conference"
    assert sign(w, "gp", "10:00", reason="stable") == "done"
    assert w.ended("one.board") == []
    assert held(w, "board")["missing"] == ["nurse", "duty"]
    assert sign(w, "duty", "11:00", form={"decision": "keep"}) == "done"
    assert w.ended("one.board") == [("2 11:00", "done")]
    done = put(w, "board")
    assert (done.status, done.answers, done.closed_by) == ("done", {"decision": "keep"}, "duty")
    signed = [(one["role"], one["by"], one["note"]) for one in held(w, "board")["signed"]]
    assert signed == [("gp", "gp", "stable"), ("duty", "duty", "")]
    assert w.words("task_signed") == [("2 10:00", "one.board"), ("2 11:00", "one.board")]


def test_a_form_that_is_not_whole_keeps_the_last_signature_out() -> None:
    w = board()
    sign(w, "gp", "10:00")
    assert sign(w, "nurse", "10:30", form={"decision": "perhaps"}) not in {"done"}
    assert [one["role"] for one in held(w, "board")["signed"]] == ["gp"]
    assert sign(w, "nurse", "10:40", form={"decision": "change"}) == "done"
    assert w.status == "ended"


@pytest.mark.parametrize(
    ("role", "by", "more", "code"),
    [
        ("gp", "p2", {}, "signed_already"),
        ("dietitian", "p3", {}, "not_to_sign"),
        (None, "p3", {}, "not_to_sign"),
    ],
)
def test_each_role_signs_once(role: Any, by: str, more: Any, code: str) -> None:
    w = board()
    assert sign(w, "gp", "10:00", by="p1") == "done"
    assert sign(w, role, "10:05", by=by, **more) == code
    assert len(held(w, "board")["signed"]) == 1


@pytest.mark.parametrize(
    ("verb", "more", "code"),
    [
        ("claim", {}, "for_several"),
        ("reassign", {"to_role": "duty"}, "for_several"),
        ("complete", {"form": {"decision": "keep"}}, "signatures_missing"),
        ("sign", {"form": {"decision": "keep"}}, "form_by_the_last"),
        ("cancel", {}, "needs_reason"),
    ],
)
def test_nobody_has_a_conference_alone(verb: str, more: Any, code: str) -> None:
    w = board()
    event = w.task(w.key("board"), verb, w.day(2, "10:00"), by="p1", role="gp", **more)
    assert w.answered(event).code == code
    assert w.ended("one.board") == []
    assert held(w, "board")["signed"] == []


def test_who_completes_it_signs_with_it() -> None:
    w = board()
    sign(w, "gp", "10:00")
    w.task(w.key("board"), "complete", w.day(2, "12:00"), by="n1", role="nurse", form={"decision": "keep"})
    assert [one["role"] for one in held(w, "board")["signed"]] == ["gp", "nurse"]
    assert w.outcomes("one.board") == ["done"]


def test_any_other_task_is_not_signed() -> None:
    w = world()
    w.run(w.day(3, "09:00"))
    event = w.task(next(k for k in w.state.tasks if "take" in k), "sign", w.day(3, "09:30"), role="nurse")
    assert w.answered(event).code == "nothing_to_sign"


def test_the_ladder_runs_until_the_last_signature_that_is_needed() -> None:
    w = board()
    sign(w, "nurse", "10:00")
    w.run(w.day(4, "10:00"))
    assert [e.role for e in w.of(PutTask) if e.source == "one.board"][-1] == "nurse"
    assert w.messages("told", "role:nurse") == ["3 08:00"]
    assert w.messages("told", "role:gp") == ["4 08:00"]
    w.task(w.key("board"), "cancel", w.day(4, "11:00"), reason="moved")
    assert w.ended("one.board") == [("4 11:00", "cancelled: could not")]


def test_data_are_kept_as_they_stood_when_it_was_opened() -> None:
    w = world()
    w.bp(150, 90, w.day(1, "08:05"))
    w.run(w.day(8, "14:00"))
    w.bp(190, 95, w.day(8, "15:00"))
    shown = {one["name"]: one for one in held(w, "weekly")["shown"]}
    assert shown["bp"]["values"]["systolic"] == {"value": "150", "unit": "mm[Hg]"}
    assert shown["bp"]["at"] == w.day(1, "08:05").isoformat()
    assert (shown["take"]["value"], shown["tired"]["value"]) == ("missed", "no")
    assert (shown["frail"]["unknown"], shown["board"]["unknown"]) == ("no_value", "not_answered")
    assert held(w, "board")["shown"][1]["values"]["value"]["unit"] == "%"


def test_what_is_worst_stands_first_and_what_is_not_known_before_all() -> None:
    w = world()
    w.run(w.day(1, "14:00"))
    assert held(w, "weekly")["rank"][:2] == [None, None]
    w.bp(150, 90, w.day(2, "08:05"))
    w.task(w.key("weekly"), "sign", w.day(2, "09:00"), role="nurse")
    w.run(w.day(8, "14:00"))
    assert held(w, "weekly")["rank"][:2] == [-150.0, 90.0]


def test_a_case_that_is_still_on_the_list_is_not_put_there_twice() -> None:
    w = world()
    w.run(w.day(1, "14:00"))
    w.bp(150, 90, w.day(3, "08:05"))
    first = w.key("weekly")
    w.run(w.day(8, "14:00"))
    assert w.key("weekly") == first
    assert w.ended("one.weekly") == [("8 13:00", "skipped: conference_open")]
    assert held(w, "weekly")["rank"][0] == -150.0
    check(w)

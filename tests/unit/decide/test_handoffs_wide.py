"""Insurers, courses of care, laboratories: their words, clocks and grants; orders, data sent along, parcels."""

from __future__ import annotations

from typing import Any

from pathways.decide.effects import CancelHandoff, StartHandoff
from tests.unit.decide.world import World, check, pathway, prescription

GRANT = """
phases:
  one:
    title: {en: One, zh: 一}
    no_later_than: {after: 200 days, end: over}
    steps:
      preauth:
        handoff: insurance
        case: preauthorisation
        urgency: routine
        sends: [bp, frail]
        when: at phase start
        deadlines: {received: 2 days, approved: 10 days}
        outcomes:
          approved: {keep: {sessions: granted, valid_to: valid_to}}
          modified: {keep: {sessions: granted, valid_to: valid_to}}
          information_wanted: {task: {en: Send papers, zh: 补材料}, role: nurse, due: 2 working days}
          denied: {task: {en: Appeal, zh: 申诉}, role: nurse, due: 3 working days}
          silent: {task: {en: Chase, zh: 催办}, role: nurse, due: 1 working day}
        if_stopped: cancel
      session:
        visit: {with: nurse, mode: [clinic]}
        when: every day at 10:00 until preauth.valid_to at most preauth.sessions times counting done and no_show
        window: {missed_after: 4 h}
        missed: {task: {en: Book, zh: 预约}, role: nurse, due: 1 working day}
    leave:
      - {if: preauth.sessions >= 20, end: over}
ends:
  over: {}
rules:
  high:
    if: bp.systolic >= high
    level: info
    do: [{task: {en: Look, zh: 查看}, role: nurse, due: 4 h}]
    unknown: {not_met: rarely}
"""


def end_of(w: World) -> str:
    return next(iter(w.state.enrolments.values())).end


def granted(**kept: Any) -> tuple[World, str]:
    w = World(pathway(GRANT))
    w.enrol(facts={"frail": True})
    key = w.of(StartHandoff)[0].key
    w.report(key, "received", w.day(1))
    w.report(key, "modified", w.day(2, "09:00"), final=True, kept=kept)
    return w, key


def sessions(w: World) -> list[str]:
    return w.outcomes("one.session")


def test_a_grant_bounds_a_series_by_number_and_last_day() -> None:
    w, _ = granted(granted=3, valid_to="2099-01-01")
    for day in range(2, 9):
        w.run(w.day(day, "11:00"))
    w.run(w.day(30))
    # all three were missed, which is not counted: only done and no_show use the grant up
    assert set(sessions(w)) == {"missed"}
    assert len(sessions(w)) > 3
    check(w)


def test_done_and_no_show_use_a_grant_up() -> None:
    w, _ = granted(granted=3, valid_to="2099-01-01")
    w.run(w.day(2, "10:00"))
    w.visit("one.session", "done", w.day(2, "10:30"))
    w.visit("one.session", "no_show", w.day(3, "10:30"))
    w.visit("one.session", "done", w.day(4, "10:30"))
    w.run(w.day(40))
    assert sessions(w) == ["done", "no_show", "done"]


def test_a_row_reads_what_was_granted() -> None:
    w = World(pathway(GRANT))
    w.enrol()
    last = w.day(5, "12:00").date().isoformat()
    kept = {"granted": 30, "valid_to": last}
    w.report(w.of(StartHandoff)[0].key, "approved", w.day(2, "09:00"), final=True, kept=kept)
    assert end_of(w) == "over"


def test_the_last_day_is_included() -> None:
    w = World(pathway(GRANT))
    w.enrol()
    last = w.day(5, "12:00").date().isoformat()
    kept = {"granted": 15, "valid_to": last}
    w.report(w.of(StartHandoff)[0].key, "approved", w.day(2, "09:00"), final=True, kept=kept)
    w.run(w.day(20))
    assert len(sessions(w)) == 4  # days 2, 3, 4 and 5


def test_before_the_grant_nothing_is_planned_and_unreadable_values_are_not_kept() -> None:
    w, key = granted(granted="many", valid_to="soon")
    w.run(w.day(20))
    assert sessions(w) == []
    assert w.state.handoffs[key].kept == {}
    assert w.words("handoff_unread")


def test_the_clock_stands_still_while_the_partner_waits_for_us() -> None:
    w = World(pathway(GRANT))
    w.enrol()
    key = w.of(StartHandoff)[0].key
    w.report(key, "received", w.day(1))
    w.report(key, "information_wanted", w.day(2, "09:00"))
    w.run(w.day(25))
    assert w.state.handoffs[key].state == "open"
    w.report(key, "received", w.day(25, "09:00"))
    w.run(w.day(30))
    assert w.state.handoffs[key].state == "open"  # 8 of the 10 days are left
    w.run(w.day(34))
    assert w.state.handoffs[key].outcome == "silent"
    check(w)


def test_the_request_carries_its_case_urgency_and_data_with_units_and_times() -> None:
    w = World(pathway(GRANT))
    w.enrol(facts={"frail": True})
    request = w.of(StartHandoff)[0].request
    assert request["case"] == "preauthorisation"
    assert request["urgency"] == "routine"
    assert [one["name"] for one in request["data"]] == ["bp", "frail"]
    assert request["data"][0]["unknown"] == "no_reading"
    assert request["data"][1]["value"] is True
    assert request["data"][1]["at"]


ORDER = """
phases:
  one:
    title: {en: One, zh: 一}
    no_later_than: {after: 60 days, end: over}
    steps:
      blood:
        handoff: laboratory
        order: {text: {en: Potassium, zh: 血钾}, code: "loinc:2823-3", signed_by: gp, due: 1 day, escalate: overdue}
        sends: bp
        when: day 2 at 09:00
        deadlines: {collected: 2 days, resulted: 4 days}
        outcomes:
          unusable: {task: {en: Draw again, zh: 重新采血}, role: nurse, due: 1 working day}
          declined: {task: {en: Ask why, zh: 询问}, role: nurse, due: 1 working day}
          silent: {as: declined}
        if_stopped: cancel
    leave:
      - {if: blood is resulted, end: over}
ends:
  over: {}
rules:
  high:
    if: bp.systolic >= high
    level: info
    do: [{task: {en: Look, zh: 查看}, role: nurse, due: 4 h}]
    unknown: {not_met: rarely}
"""


def ordered() -> World:
    w = World(pathway(ORDER))
    w.enrol()
    w.bp(150, 90, w.day(1))
    w.run(w.day(2, "10:00"))
    return w


def test_an_order_goes_out_when_a_person_has_signed_it() -> None:
    w = ordered()
    assert w.of(StartHandoff) == []
    assert w.open_ids() == ["blood.order"]
    w.task(w.key("blood.order"), "complete", w.day(2, "11:00"), by="dr.li")
    (started,) = w.of(StartHandoff)
    order = started.request["order"]
    assert (order["code"], order["signed_by"]) == ("loinc:2823-3", "dr.li")
    assert order["signed_at"]
    (sent,) = started.request["data"]
    assert sent["values"]["systolic"] == {"value": "150", "unit": "mm[Hg]"}
    assert sent["at"]
    w.report(started.key, "collected", w.day(3))
    w.report(started.key, "unusable", w.day(3, "12:00"))
    assert w.open_ids()
    w.report(started.key, "collected", w.day(4))
    w.report(started.key, "resulted", w.day(5), final=True)
    assert end_of(w) == "over"


def test_an_order_that_nobody_signs_does_as_a_refusal() -> None:
    w = ordered()
    w.task(w.key("blood.order"), "cancel", w.day(2, "11:00"), reason="not needed any more")
    assert w.of(StartHandoff) == []
    assert w.outcomes("one.blood") == ["failed: unsigned"]
    assert len(w.open_ids()) == 1  # what `declined` does


COURSE = """
phases:
  one:
    title: {en: One, zh: 一}
    no_later_than: {after: 120 days, end: over}
    steps:
      rehab:
        handoff: rehab
        when: at phase start
        deadlines: {started: 28 days, completed: 90 days}
        outcomes:
          session_done: {keep: {attended: times}}
          declined: {task: {en: Home programme, zh: 居家方案}, role: nurse, due: 1 working day}
          stopped: {task: {en: Ask why, zh: 询问}, role: nurse, due: 1 working day}
          silent: {as: declined}
        if_stopped: cancel
    leave:
      - {if: rehab.attended >= 3, end: over}
ends:
  over: {}
"""


def test_sessions_are_counted_while_the_course_runs() -> None:
    w = World(pathway(COURSE))
    w.enrol()
    key = w.of(StartHandoff)[0].key
    for day, word in enumerate(("accepted", "started", "session_done", "session_missed", "session_done"), 1):
        w.report(key, word, w.day(day))
    assert end_of(w) == ""
    w.report(key, "session_done", w.day(8))
    assert end_of(w) == "over"
    assert [c.key for c in w.of(CancelHandoff)] == [key]


def test_no_place_does_what_a_refusal_does_at_once() -> None:
    w = World(pathway(COURSE))
    w.enrol()
    w.report(w.of(StartHandoff)[0].key, "no_slot", w.day(6), final=True)
    assert w.outcomes("one.rehab") == ["no_slot"]
    assert len(w.open_ids()) == 1


PARCEL = """
throughout:
  refill:
    handoff: pharmacy
    for: medicines where class is antihypertensive
    when: 7 days before supply of the medicine ends
    bundle: supplies ending within 7 days
    deadlines: {handed_over: 5 days}
    outcomes:
      handed_over: {}
      declined: {task: {en: Sort out, zh: 处理}, role: nurse, due: 1 working day}
      silent: {as: declined}
    if_stopped: cancel
phases:
  one:
    title: {en: One, zh: 一}
    until: day 90 of the phase
    steps:
      hello: {task: {en: Hello, zh: 你好}, role: nurse, when: at phase start, due: 1 day}
    at_end: [{else: true, end: over}]
ends:
  over: {}
"""


def parcel() -> tuple[World, str]:
    w = World(pathway(PARCEL))
    ends = {"rx1": 20, "rx2": 24, "rx3": 27, "rx4": 60}
    rows = [prescription(name, supply={"from": "2026-03-02", "days": days}) for name, days in ends.items()]
    w.enrol(facts={"medicines": rows})
    w.run(w.day(14))
    (started,) = w.of(StartHandoff)
    assert [m["id"] for m in started.request["medicines"]] == ["rx1", "rx2", "rx3"]
    return w, started.key


def test_supplies_that_end_within_a_week_go_into_one_parcel() -> None:
    w, key = parcel()
    w.report(key, "handed_over", w.day(15), final=True)
    assert w.outcomes("throughout.refill") == ["handed_over"] * 3
    w.run(w.day(25))
    assert len(w.of(StartHandoff)) == 1  # none of the three is asked for again
    check(w)


def test_each_item_of_a_parcel_has_its_own_outcome() -> None:
    w, key = parcel()
    kept = {"items": {"rx2": "declined"}}
    w.report(key, "partly", w.day(15), final=True, kept=kept)
    assert sorted(w.outcomes("throughout.refill")) == ["declined", "partly", "partly"]
    assert [one for one in w.open_ids() if one.startswith("refill")] == ["refill.2"]
    rows = {row["id"]: row["supply"] for row in w.state.facts["en1|medicines"].value}
    assert rows["rx1"] != rows["rx2"]
    assert rows["rx2"]["days"] == 24


KEPT_UP = """
derived:
  kept_up: {of: take, as: adherence, over: 7 days}
  left_out: {of: take, as: missed, over: 7 days}
phases:
  one:
    title: {en: One, zh: 一}
    no_later_than: {after: 60 days, end: over}
    steps:
      take:
        measure: bp
        when: every day at 08:00
        window: {missed_after: 2 h}
        missed: {task: {en: Ask, zh: 询问}, role: nurse, due: 1 day}
      specialist:
        handoff: referral
        to: clinic
        sends: [kept_up, left_out]
        when: at phase start and day 3 at 12:00
        deadlines: {seen: 14 days}
        outcomes:
          declined: {task: {en: Find another, zh: 另找}, role: nurse, due: 1 working day}
          silent: {as: declined}
        if_stopped: cancel
    leave:
      - {if: specialist is seen, end: over}
ends:
  over: {}
"""


def test_what_was_done_of_what_was_asked_for_goes_along_too() -> None:
    w = World(pathway(KEPT_UP))
    w.enrol()
    w.bp(150, 90, w.day(1, "08:10"))
    w.run(w.day(3, "12:00"))
    first, second = w.of(StartHandoff)
    assert [row["unknown"] for row in first.request["data"]] == ["nothing_ended", "nothing_ended"]
    assert [row["values"]["value"] for row in second.request["data"]] == [
        {"value": "25.00", "unit": "%"},
        {"value": "3", "unit": "1"},
    ]

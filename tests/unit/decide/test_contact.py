"""The contact governor: quiet hours, caps, duplicates, bundles, wishes, and what red passes."""

from pathways.decide.effects import CancelMessages, PlanMessage, SetStatus
from pathways.lang.plan_base import ClockTime, Duration
from pathways.lang.site_plan import Caps, QuietHours, Site, SiteCalendar
from tests.unit.decide.world import World, check, pathway

BODY = """
consent: [care]
phases:
  one:
    title: {en: One, zh: 一}
    until: day 30 of the phase
    steps:
      measure_bp:
        measure: bp
        when: every day at morning and evening
        window: {opens_before: 1 h, late_after: 2 h, missed_after: 5 h}
        remind: [at due, 2 h later]
      hint: {say: hint, when: every day at 23:00}
      call: {task: {en: Call, zh: 致电}, role: nurse, when: as soon as measure_bp missed 99 times in a row, due: 1 day}
    at_end: [{else: true, end: over}]
ends:
  over: {}
rules:
  crisis:
    if: bp.systolic >= high
    level: red
    do: [{say: advice}, {escalate: urgent, task: {en: Very high, zh: 极高}}]
    unknown: {not_met: single}
messages:
  hint: {to: patient, class: care, topic: hints, en: Hint., zh: 提示。}
  advice: {to: [patient, caregiver], class: red, en: "Call {emergency_number}.", zh: "请拨打{emergency_number}。"}
"""
QUIET = QuietHours(start=ClockTime(hour=21, minute=30), end=ClockTime(hour=7, minute=0))


def world(body: str = BODY, site: Site | None = None, **more: object) -> World:
    w = World(pathway(body), site=site or Site(id="s", zone="Asia/Shanghai", quiet_hours=QUIET), **more)  # type: ignore[arg-type]
    w.enrol()
    return w


def test_quiet_hours_move_care_to_the_morning_and_drop_what_is_too_late_then() -> None:
    w = world()
    w.run(w.day(1))
    assert w.messages("hint") == ["1 07:00"]
    assert "0 20:00" in w.messages("remind_measure")
    assert "0 22:00" not in w.messages("remind_measure")  # at 07:00 its measurement is missed long since
    refused = [(e[0], e[1]) for e in w.words("message_not_sent")]
    assert ("0 08:00", "remind_measure") in refused


def test_red_passes_quiet_hours_and_caps_and_says_so() -> None:
    w = world(site=Site(id="s", zone="Asia/Shanghai", quiet_hours=QUIET, caps={"red": Caps(per_day=0)}))
    w.bp(190, 80, w.day(1, "02:00"))
    rows = [e for e in w.of(PlanMessage) if e.template == "advice" and e.to == "patient"]
    assert [w.local(r.due) for r in rows] == ["1 02:00"]
    assert rows[0].reason == "red"
    assert rows[0].text.en == "Call {emergency_number}."  # the courier fills what belongs to the place


def test_caps_hold_per_day_and_a_message_that_may_wait_waits() -> None:
    w = world(site=Site(id="s", zone="Asia/Shanghai", caps={"care": Caps(per_day=4)}))
    w.run(w.day(5))
    per_day: dict[str, int] = {}
    for due in w.messages():
        per_day[due.split()[0]] = per_day.get(due.split()[0], 0) + 1
    assert max(per_day.values()) == 4
    assert w.messages("hint")[0] == "0 23:00"  # the first day has room: 20:00, 22:00, 23:00
    assert [e for e in w.words("message_not_sent") if e[1] in {"hint", "remind_measure"}]


def test_caps_hold_per_week() -> None:
    w = world(site=Site(id="s", zone="Asia/Shanghai", caps={"care": Caps(per_week=10)}))
    w.run(w.day(13, "23:59"))
    weeks = [int(due.split()[0]) // 7 for due in set(w.messages())]  # the start is a Monday; one bundle counts once
    assert weeks.count(0) == 10
    assert weeks.count(1) == 10


def test_holidays_are_quiet_as_a_whole_where_the_site_says_so() -> None:
    quiet = QuietHours(start=ClockTime(hour=22, minute=0), end=ClockTime(hour=7, minute=0), holidays=True)
    site = Site(id="s", zone="Asia/Shanghai", quiet_hours=quiet, calendar=SiteCalendar(holidays=("2026-03-03",)))
    w = world(site=site)
    assert not [due for due in w.messages() if due.startswith("1 ")]


def test_messages_for_one_instant_share_a_bundle_and_near_ones_join() -> None:
    body = BODY.replace("every day at 23:00", "every day at 19:50")
    w = world(body, Site(id="s", zone="Asia/Shanghai", bundle_within=Duration(amount=30, unit="min")))
    rows = [
        e for e in w.of(PlanMessage) if w.local(e.due).startswith("2 ") and e.template in {"hint", "remind_measure"}
    ]
    by_due: dict[str, set[str | None]] = {}
    for row in rows:
        by_due.setdefault(w.local(row.due), set()).add(row.bundle)
    assert all(len(bundles) == 1 for bundles in by_due.values())


def test_two_pathways_ask_once_for_the_same_measure_in_the_same_slot() -> None:
    first, second = pathway(BODY), pathway(BODY, "other")
    w = World(first, second)
    w.enrol(first)
    w.enrol(second, name="en2", at=w.day(0, "08:05"))
    w.run(w.day(2))
    dues = w.messages("remind_measure")
    assert len(dues) == len(set(dues))
    w.bp(120, 80, w.day(2, "07:00"))
    assert [o for o in w.outcomes("one.measure_bp") if o == "done"] == ["done", "done"]  # one reading serves both
    check(w)


def test_an_opt_out_takes_back_what_is_planned_and_red_still_comes() -> None:
    w = world()
    w.wish(w.day(1, "12:00"), opt_out={"all": True})
    assert [due for due in w.messages() if due > "1 12:00"] == []
    w.bp(190, 80, w.day(2, "09:00"))
    assert "2 09:00" in w.messages("advice")
    w.wish(w.day(3, "12:00"), opt_out={"all": False})
    assert "3 20:00" in w.messages("remind_measure")


def test_an_opt_out_of_a_channel_or_a_topic() -> None:
    w = world(channels=["app", "email"])
    w.wish(w.day(1, "12:00"), opt_out={"hints": True, "app": True})
    w.run(w.day(9))
    late = [e for e in w.rows() if e.due > w.day(2) and e.to == "patient"]
    assert {e.template for e in late} == {"remind_measure"}
    assert {e.channels for e in late} == {("email",)}


def test_without_consent_nothing_but_red_is_sent() -> None:
    w = world()
    w.wish(w.day(1, "12:00"), consent={"care": False})
    w.bp(190, 80, w.day(2, "09:00"))
    assert [due for due in w.messages() if due > "1 12:00"] == ["2 09:00"]


def test_caregivers_get_copies_of_their_topics() -> None:
    w = world(
        caregivers=[
            {"id": "c1", "channels": ["sms"], "topics": ["red"]},
            {"id": "c2", "channels": ["sms"], "topics": ["hints"]},
        ]
    )
    w.bp(190, 80, w.day(1, "09:00"))
    rows = [e for e in w.of(PlanMessage) if e.to == "caregiver"]
    assert [(e.template, e.channels, e.key.rsplit(":", 1)[-1]) for e in rows] == [("advice", ("sms",), "c1")]


def test_an_answer_frees_the_places_of_its_reminders() -> None:
    w = world()
    w.bp(120, 80, w.day(1, "06:50"))
    gone = [key for e in w.of(CancelMessages) for key in e.keys]
    assert [key for key in gone if "2026-03-03T07:00" in key]
    assert not [due for due in w.messages("remind_measure") if due in {"1 07:00", "1 09:00"}]


def test_a_new_zone_plans_the_future_again_and_never_the_past() -> None:
    w = world()
    w.run(w.day(1, "12:30"))
    before = w.ended("one.measure_bp")
    w.wish(w.day(1, "12:30"), zone="Europe/Berlin")
    w.run(w.day(4))
    assert w.ended("one.measure_bp")[: len(before)] == before
    dues = [o.due for o in w.state.occurrences.values() if o.step == "one.measure_bp" and o.due is not None]
    assert {due.hour for due in dues} == {6, 19}  # 07:00 and 20:00 in Berlin, in winter
    check(w)


def test_contact_refused_stops_care_and_keeps_red() -> None:
    body = (
        BODY
        + "lifecycle:\n  contact_refused: {task: {en: Call instead, zh: 改为电话}, role: nurse, due: 1 working day}\n"
    )
    w = world(body)
    w.verb("contact_refused", w.day(1, "12:00"))
    w.run(w.day(4))
    assert [due for due in w.messages() if due > "1 12:00"] == []
    assert "contact_refused" in " ".join(w.open_ids())
    w.bp(190, 80, w.day(4, "09:00"))
    assert "4 09:00" in w.messages("advice")


def test_after_withdrawal_the_courier_is_told_what_may_still_go() -> None:
    w = world()
    w.bp(190, 80, w.day(1, "09:00"))
    w.verb("withdraw", w.day(1, "09:05"))
    status = w.of(SetStatus)[-1]
    assert (status.status, status.reason, status.stop_messages) == ("ended", "withdrawn", True)
    assert any(w.key("crisis").startswith(prefix) for prefix in status.except_prefixes)
    w.run(w.day(1, "12:00"))
    assert [due for due in w.messages() if due > "1 09:05"] == []
    check(w)

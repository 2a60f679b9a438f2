"""Handoffs with their deadlines and outcomes, doses per slot, visits and quotas."""

from pathways.decide.effects import CancelHandoff, PlanMessage, StartHandoff
from tests.unit.decide.world import World, check, pathway, prescription

REFERRAL = """
phases:
  one:
    title: {en: One, zh: 一}
    no_later_than: {after: 60 days, end: over}
    steps:
      specialist:
        handoff: referral
        to: clinic
        when: at phase start
        deadlines: {accepted: 2 days, seen: 14 days, returned: 30 days}
        outcomes:
          returned: {keep: {advice: text}}
          declined: {task: {en: Find another, zh: 另找}, role: nurse, due: 1 working day, on_leave: keep}
          silent: {do: [{escalate: overdue}]}
        if_stopped: cancel
    leave:
      - {if: specialist is returned, go: two}
      - {if: specialist is declined, end: over}
  two:
    title: {en: Two, zh: 二}
    until: day 90 of the phase
    steps:
      hello: {task: {en: Hello, zh: 你好}, role: nurse, when: at phase start, due: 1 day}
    at_end: [{else: true, end: over}]
ends:
  over: {}
"""
MEDICINES = """
throughout:
  tablets:
    dose: medicines where class is antihypertensive
    when: at each slot of the medicine
    window: {late_after: 1 h, missed_after: 3 h}
    catch_up: skip
    bundle: same slot
  refill:
    handoff: pharmacy
    for: medicines where class is antihypertensive
    when: 7 days before supply of the medicine ends
    deadlines: {accepted: 1 day, handed_over: 5 days}
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
VISITS = """
phases:
  one:
    title: {en: One, zh: 一}
    no_later_than: {after: 400 days, end: over}
    steps:
      recheck:
        visit: {with: gp, mode: [clinic, video]}
        form: {fine: {yes_no: {en: Fine, zh: 好}}}
        when: day 14 at 10:00
        window: {opens_before: 3 days, missed_after: 7 days}
        missed: [{task: {en: Book, zh: 预约}, role: nurse, due: 1 working day}, {plan: recheck, at: the date booked}]
        no_show: [{task: {en: Ask why, zh: 询问}, role: nurse, due: 1 working day}]
    leave:
      - {if: recheck is done and recheck.fine is yes, end: over}
ends:
  over: {}
quotas:
  visits:
    count: recheck done face to face
    at_least: 2
    per: calendar year
    behind: {task: {en: Book a visit, zh: 预约随访}, role: nurse, lead: 6 weeks}
"""


def referral() -> tuple[World, str]:
    w = World(pathway(REFERRAL))
    w.enrol()
    return w, w.of(StartHandoff)[0].key


def with_medicines(*rows: dict[str, object]) -> World:
    w = World(pathway(MEDICINES))
    w.enrol(facts={"medicines": list(rows) or [prescription()]})
    return w


# --------------------------------------------------------------------------- handoffs


def test_a_missed_deadline_tells_and_the_last_one_ends_it_silent() -> None:
    w, key = referral()
    w.run(w.day(2, "08:00"))
    assert len(w.open_ids()) == 1
    first = w.open_ids()
    w.run(w.day(14, "08:00"))
    assert w.open_ids() == first  # told once while nobody has answered
    w.run(w.day(30, "08:00"))
    assert w.outcomes("one.specialist") == ["silent"]
    assert w.state.handoffs[key].state == "ended"
    check(w)


def test_a_word_reached_satisfies_earlier_deadlines() -> None:
    w, key = referral()
    w.report(key, "seen", w.day(1))
    w.run(w.day(15))
    assert w.open_ids() == []
    w.run(w.day(31))
    assert w.outcomes("one.specialist") == ["silent"]


def test_the_final_word_is_the_outcome_and_what_is_kept_can_be_read() -> None:
    w, key = referral()
    w.report(key, "returned", w.day(5), final=True, kept={"advice": "increase"})
    assert w.outcomes("one.specialist") == ["returned"]
    assert w.state.steps["en1|one.specialist"].form == {"advice": "increase"}
    assert w.phase == "two"


def test_a_declined_outcome_acts_and_its_task_may_outlive_the_phase() -> None:
    w, key = referral()
    w.report(key, "declined", w.day(1), final=True)
    assert w.status == "ended"
    assert w.outcomes("one.specialist") == ["declined"]


def test_leaving_asks_to_cancel_and_the_outcome_waits_for_the_report() -> None:
    w, key = referral()
    w.verb("withdraw", w.day(1))
    assert [e.key for e in w.of(CancelHandoff)] == [key]
    assert w.outcomes("one.specialist") == []
    w.report(key, "cancelled", w.day(2), final=True)
    assert w.outcomes("one.specialist") == ["cancelled"]
    check(w)


def test_a_report_after_the_end_is_kept_and_makes_work_only_where_it_matters() -> None:
    w, key = referral()
    w.report(key, "accepted", w.day(1))
    w.report(key, "seen", w.day(10))
    w.run(w.day(30, "08:00"))
    assert w.outcomes("one.specialist") == ["silent"]
    before = set(w.open_ids())
    w.report(key, "seen", w.day(31))
    assert set(w.open_ids()) == before
    w.report(key, "returned", w.day(32), final=True)
    assert set(w.open_ids()) - before == {"specialist.after"}
    assert w.outcomes("one.specialist") == ["silent"]


def test_a_refill_is_asked_for_before_the_supply_ends_and_again_after_it_was_handed_over() -> None:
    w = with_medicines()
    w.run(w.day(20, "23:59"))
    assert w.of(StartHandoff) == []
    w.run(w.day(21, "12:00"))
    first = w.of(StartHandoff)[0]
    assert first.machine == "pharmacy"
    assert first.request["medicines"][0]["id"] == "rx1"
    w.report(first.key, "handed_over", w.day(22), final=True)
    w.run(w.day(48, "23:00"))
    assert len(w.of(StartHandoff)) == 1
    w.run(w.day(49, "01:00"))
    assert len(w.of(StartHandoff)) == 2
    check(w)


def test_a_supply_that_ends_sooner_is_asked_for_at_once() -> None:
    w = with_medicines(prescription(supply={"from": "2026-02-10", "days": 23}))
    assert len(w.of(StartHandoff)) == 1


def test_a_pharmacy_needs_a_signed_prescription() -> None:
    w = with_medicines(prescription(signed_by=None))
    w.run(w.day(22))
    assert w.of(StartHandoff) == []
    assert "refill.prescription" in w.open_ids()
    assert w.outcomes("throughout.refill") == ["failed: unsigned"]


# --------------------------------------------------------------------------- doses


def test_medicines_of_one_slot_are_one_message() -> None:
    w = with_medicines(prescription("rx1"), prescription("rx2"), prescription("rx3", slots=["evening"]))
    w.run(w.day(3))
    assert (
        w.messages("remind_dose")
        == [f"{d} {c}" for d, c in [(0, "20:00")] + [(d, c) for d in range(1, 9) for c in ("07:00", "20:00")]][
            : len(w.messages("remind_dose"))
        ]
    )
    texts = [e.text.en for e in w.of(PlanMessage) if e.template == "remind_dose" and w.local(e.due) == "1 07:00"]
    assert texts == ["Time for your medicine: rx1, rx2."]


def test_doses_are_answered_one_by_one_or_together() -> None:
    w = with_medicines(prescription("rx1"), prescription("rx2"))
    w.answer("tablets", w.day(1, "07:10"), outcome="taken")
    w.answer("tablets", w.day(2, "08:30"), outcome="taken", medicine="rx1")
    w.answer("tablets", w.day(2, "08:31"), outcome="not_taken", medicine="rx2", why="dizzy")
    w.answer("tablets", w.day(3, "08:31"), outcome="taken")
    w.run(w.day(4, "12:00"))
    assert w.outcomes("throughout.tablets") == ["taken", "partly", "taken_late", "missed"]
    totals = w.state.steps["en1|throughout.tablets"].totals
    assert {k: v for k, v in totals.items() if ":" in k} == {
        "rx1:taken": 3, "rx1:missed": 1, "rx2:taken": 2, "rx2:not_taken": 1, "rx2:missed": 1
    }  # fmt: skip


def test_a_dose_message_is_of_no_use_once_it_is_late() -> None:
    w = with_medicines()
    row = next(e for e in w.of(PlanMessage) if e.template == "remind_dose")
    assert row.message_class == "dose"
    assert (w.local(row.due), w.local(row.expires)) == ("1 07:00", "1 08:00")
    assert row.unless is not None and row.unless.step == "throughout.tablets"


def test_a_changed_prescription_plans_the_future_again() -> None:
    w = with_medicines()
    w.run(w.day(2, "12:00"))
    w.verb("set_fact", w.day(2, "12:00"), fact="medicines", value=[prescription("rx2", slots=["evening"])])
    w.run(w.day(4))
    assert w.outcomes("throughout.tablets")[:2] == ["missed", "missed"]
    assert [due for due in w.messages("remind_dose") if due > "2 12:00"][:2] == ["2 20:00", "3 20:00"]
    check(w)


def test_an_answer_with_nothing_open_is_refused_with_a_sentence() -> None:
    w = with_medicines()
    said = w.answered(w.answer("tablets", w.day(1, "15:00"), outcome="taken"))
    assert (said.done, said.code) == (False, "no_occurrence")
    assert w.answered(w.answer("tablets", w.day(2, "07:00"), outcome="read")).code == "answer_wrong"


# --------------------------------------------------------------------------- visits


def visits(start: str = "2026-03-02 08:00") -> World:
    w = World(pathway(VISITS), start=start)
    w.enrol()
    return w


def test_a_booking_moves_the_visit_and_its_window() -> None:
    w = visits()
    assert w.answered(w.visit("recheck", "booked", w.day(3), start=w.day(16, "09:00"))).done
    w.run(w.day(13, "10:00"))
    assert w.words("opened") == [("13 09:00", "one.recheck")]
    w.run(w.day(23, "10:00"))
    assert w.ended("one.recheck") == [("23 09:00", "missed")]


def test_a_missed_visit_acts_and_waits_for_the_date_booked() -> None:
    w = visits()
    w.run(w.day(21, "10:00"))
    assert w.ended("one.recheck") == [("21 10:00", "missed")]
    assert w.open_ids() == ["recheck"] or w.open_ids() == ["recheck.2"]
    w.visit("recheck", "booked", w.day(22), start=w.day(25, "09:00"))
    said = w.answered(w.visit("recheck", "done", w.day(25, "09:30"), mode="clinic", form={"fine": True}))
    assert said.done
    assert w.outcomes("one.recheck") == ["missed", "done"]
    assert w.status == "ended"
    check(w)


def test_a_visit_is_done_in_one_of_its_modes_with_its_form() -> None:
    w = visits()
    w.run(w.day(14, "10:00"))
    assert w.answered(w.visit("recheck", "done", w.day(14, "11:00"))).code == "visit_mode"
    assert w.answered(w.visit("recheck", "done", w.day(14, "11:01"), mode="home")).code == "visit_mode"
    assert w.answered(w.visit("recheck", "done", w.day(14, "11:02"), mode="video")).code == "form_missing"
    assert (
        w.answered(w.visit("recheck", "done", w.day(14, "11:03"), mode="video", form={"fine": "perhaps"})).code
        == "form_wrong"
    )
    assert w.answered(w.visit("recheck", "done", w.day(14, "11:04"), mode="video", form={"fine": False})).done


def test_no_show_and_moved() -> None:
    w = visits()
    w.run(w.day(14, "10:00"))
    w.visit("recheck", "no_show", w.day(14, "12:00"))
    assert w.outcomes("one.recheck") == ["no_show"]
    assert len(w.open_ids()) == 1
    other = visits()
    other.run(other.day(14, "10:00"))
    assert other.answered(other.visit("recheck", "moved", other.day(14, "12:00"), start=other.day(20, "09:00"))).done
    other.run(other.day(27, "09:00"))
    assert other.outcomes("one.recheck") == ["moved", "missed"]


def test_a_quota_is_judged_its_lead_before_the_end_of_the_year() -> None:
    w = visits()
    w.run(w.day(250))
    assert "visits" not in " ".join(w.opened("visits"))
    w.run(w.day(270))
    opened = w.words("quota_behind")
    assert opened == [("264 00:00", "visits")] or [p for _, p in opened] == ["quotas.visits"]


def test_the_first_year_owes_in_proportion_rounded_up() -> None:
    late = visits("2026-11-25 08:00")  # 37 of 365 days are left, and the lead has begun: one visit is owed
    assert len(late.words("quota_behind")) == 1
    booked = visits("2026-11-01 08:00")
    booked.visit("recheck", "booked", booked.day(1), start=booked.day(14, "09:00"))
    booked.run(booked.day(30))
    assert booked.words("quota_behind") == []  # two times 61/365 is one, and one is booked


def test_a_handoff_for_medicines_with_a_schedule_of_its_own_asks_for_all_of_them() -> None:
    text = MEDICINES.replace("when: 7 days before supply of the medicine ends", "when: every 4 weeks")
    w = World(pathway(text))
    w.enrol(facts={"medicines": [prescription("rx1"), prescription("rx2"), prescription("rx3", **{"class": ["x"]})]})
    w.run(w.day(60))
    started = w.of(StartHandoff)
    assert [[m["id"] for m in s.request["medicines"]] for s in started] == [["rx1", "rx2"]] * 2
    check(w)


def test_a_handoff_for_medicines_without_any_is_skipped() -> None:
    text = MEDICINES.replace("when: 7 days before supply of the medicine ends", "when: every 4 weeks")
    w = World(pathway(text))
    w.enrol(facts={"medicines": []})
    w.run(w.day(30))
    assert not w.of(StartHandoff)
    assert [outcome for _, outcome in w.ended("throughout.refill")] == ["skipped: no_medicine"]
    check(w)

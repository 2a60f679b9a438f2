"""Joining, pausing, ending, and what staff may change: each verb answered, done or refused with a sentence."""

from typing import Any

from pathways.decide.effects import EndEnrolment, PutTask, SetStatus, SetWatches
from pathways.decide.events import StaffVerb
from tests.unit.decide.world import World, check, library, pathway, prescription

BODY = """
eligibility:
  include: age >= 18 years and conditions has hypertension
  exclude: {too_frail: frail is yes}
  becomes_true: {task: {en: Decide, zh: 决定}, role: gp, due: 2 days}
consent: [care]
one_active: per patient
phases:
  one:
    title: {en: One, zh: 一}
    until: day 40 of the phase
    steps:
      measure_bp:
        measure: bp
        when: every day at morning and evening
        window: {opens_before: 1 h, late_after: 2 h, missed_after: 5 h}
        remind: at due
      safe: {task: {en: Safe, zh: 安全}, role: nurse, when: day 3 at 10:00, due: 1 day, safety: yes}
      call: {task: {en: Call, zh: 致电}, role: nurse, when: as soon as measure_bp missed 3 times in a row, due: 1 day}
    at_end: [{else: true, end: over}]
ends:
  over: {}
ended_by_staff: [moved_away]
rules:
  crisis:
    if: bp.systolic >= high
    level: red
    do: [{escalate: urgent, task: {en: Very high, zh: 极高}}]
    unknown: {not_met: single}
lifecycle:
  readmitted: {stop: all but safety, handoffs: cancel, task: {en: Tell the ward, zh: 通知病房}, role: nurse, due: 4 h}
  discharged_again: {go: one}
  withdrawn: {open_red: finish with a person}
"""


def joined(**more: Any) -> World:
    w = World(pathway(BODY))
    facts = {"frail": False, **more.pop("facts", {})}
    w.enrol(facts=facts, **more)
    return w


# --------------------------------------------------------------------------- joining


def test_an_eligible_patient_begins() -> None:
    w = joined()
    assert w.status == "active"
    assert w.verdicts["e1"].done


def test_who_is_not_included_is_refused_with_the_reason() -> None:
    w = joined(facts={"age": 17})
    assert w.status == "ended"
    assert not w.verdicts["e1"].done
    assert [e.end for e in w.of(EndEnrolment)] == ["not_eligible"]
    assert w.state.occurrences == {}


def test_an_exclusion_refuses() -> None:
    w = joined(facts={"frail": True})
    assert w.status == "ended"
    assert "too_frail" in w.verdicts["e1"].text.en


def test_unknown_waits_and_asks() -> None:
    w = joined(facts={"frail": None})
    assert w.status == "invited"
    task = next(iter(w.state.tasks.values()))
    assert task.fact == "frail"
    form = next(e.form for e in w.of(PutTask))
    assert form[0]["id"] == "frail"
    w.task(task.key, "complete", w.day(1, "09:00"), form={"frail": "no"})
    assert w.status == "active"
    assert w.phases() == [("1 09:00", "one")]
    assert w.open_ids() == []


def test_consent_is_waited_for() -> None:
    w = joined(consent=())
    assert w.status == "invited"
    w.wish(w.day(2, "09:00"), consent={"care": True})
    assert w.status == "active"


def test_one_active_run_per_patient() -> None:
    w = joined()
    again = w.enrol(name="en2", at=w.day(1), facts={"frail": False})
    assert w.answered(again).code == "already_active"
    assert list(w.state.enrolments) == ["en1"]


def test_a_fact_that_cannot_be_one_is_refused() -> None:
    w = joined(facts={"conditions": "hypertension"})
    assert w.verdicts["e1"].code == "fact_wrong"
    assert w.status == "ended"


def test_an_exclusion_that_becomes_true_later_is_decided_by_a_person() -> None:
    w = joined()
    w.verb("set_fact", w.day(2), fact="frail", value="yes")
    assert len(w.open_ids()) == 1
    assert w.status == "active"
    w.verb("set_fact", w.day(3), fact="frail", value="yes")
    assert len(w.words("exclusion_true")) == 1


def test_who_withdrew_may_join_again_and_what_ended_long_ago_is_forgotten() -> None:
    w = joined()
    w.bp(120, 80, w.day(1, "07:00"))
    w.verb("withdraw", w.day(2))
    again = w.enrol(name="en2", at=w.day(80), facts={"frail": False})
    assert w.answered(again).done
    w.run(w.day(81))
    assert [due for due in w.messages("remind_measure") if due.startswith("80 ")] == ["80 07:00", "80 20:00"]
    assert not [key for key in w.state.steps if key.startswith("en1|")]
    check(w)


def test_nobody_joins_after_death() -> None:
    w = joined()
    w.verb("died", w.day(2))
    assert w.answered(w.enrol(name="en2", at=w.day(3), facts={"frail": False})).code == "is_dead"


# --------------------------------------------------------------------------- pausing


def test_a_pause_skips_what_is_not_safety_and_freezes_streaks() -> None:
    w = joined()
    w.run(w.day(1, "13:00"))  # two missed
    w.verb("pause", w.day(1, "13:00"))
    w.run(w.day(4))
    assert set(w.outcomes("one.measure_bp")[2:]) == {"skipped: paused"}
    assert [d for d in w.messages() if d > "1 13:00" and d < "4"] == []
    assert w.opened("safe") == ["3 10:00"]
    assert w.opened("call") == []
    w.verb("resume", w.day(4))
    w.run(w.day(4, "12:00"))
    assert w.opened("call") == ["4 12:00"]  # the third missed in a row, over the pause
    check(w)


def test_safety_rules_go_on_while_paused() -> None:
    w = joined()
    w.verb("pause", w.day(1))
    w.bp(190, 80, w.day(2, "09:00"))
    assert "crisis" in w.open_ids()


def test_a_pause_twice_and_a_resume_of_nothing_are_refused() -> None:
    w = joined()
    assert w.answered(w.verb("resume", w.day(1))).code == "not_paused"
    w.verb("pause", w.day(1, "01:00"))
    assert w.answered(w.verb("pause", w.day(1, "02:00"))).code == "already_paused"


def test_a_readmission_stops_all_but_safety_and_discharge_begins_again() -> None:
    w = joined()
    w.verb("readmitted", w.day(1, "12:30"))
    assert "readmitted" in " ".join(w.open_ids())
    w.run(w.day(4))
    assert set(w.outcomes("one.measure_bp")[2:]) == {"skipped: stopped"}
    assert w.opened("safe") == ["3 10:00"]
    w.verb("discharged_again", w.day(5))
    assert w.phases()[-1] == ("5 00:00", "one")
    w.run(w.day(6))
    assert "missed" in w.outcomes("one.measure_bp")[-2:]
    check(w)


# --------------------------------------------------------------------------- ending


def test_death_stops_everything() -> None:
    w = joined()
    w.bp(190, 80, w.day(1, "09:00"))
    w.verb("died", w.day(1, "10:00"))
    assert w.state.tasks == {}
    assert w.state.occurrences == {}
    assert w.next_due is None
    assert w.of(SetStatus)[-1].stop_messages
    effects = len(w.effects)
    w.run(w.day(30))
    assert len(w.effects) == effects
    check(w)


def test_withdrawal_ends_an_open_red_with_a_person() -> None:
    w = joined()
    w.bp(190, 80, w.day(1, "09:00"))
    w.verb("withdraw", w.day(1, "09:05"))
    assert w.open_ids() == ["crisis"]
    assert w.next_due == w.day(1, "09:15")  # the ladder goes on
    w.task(w.key("crisis"), "complete", w.day(1, "09:10"))
    assert w.next_due is None
    check(w)


def test_staff_end_with_a_stated_word_only() -> None:
    w = joined()
    own = w.answered(w.verb("end", w.day(1), end="over"))
    assert not own.done  # an end of the pathway is reached by the pathway
    refused = w.answered(w.verb("end", w.day(1), end="bored"))
    assert (refused.done, refused.code) == (False, "no_end")
    assert "moved_away" in refused.text.en
    assert w.answered(w.verb("end", w.day(2), end="moved_away")).done
    assert [e.end for e in w.of(EndEnrolment)] == ["moved_away"]
    assert w.answered(w.verb("pause", w.day(3))).code == "not_running"


def test_a_transfer_says_where_to() -> None:
    w = joined()
    assert w.answered(w.verb("transfer", w.day(1))).code == "needs_transfer"
    assert w.answered(w.verb("transfer", w.day(1, "01:00"), to="site_b")).done
    assert w.status == "ended"


# --------------------------------------------------------------------------- changing


def test_a_parameter_is_adjusted_inside_its_bounds_by_its_roles() -> None:
    w = joined()

    def ask(hour: int, value: object, role: str = "gp", name: str = "high") -> str:
        return w.answered(w.verb("set_parameter", w.day(1, f"{hour:02d}:00"), role, parameter=name, value=value)).code

    assert ask(1, {"value": 160, "unit": "mm[Hg]"}, role="nurse") == "parameter_role"
    assert ask(2, {"value": 140, "unit": "mm[Hg]"}) == "parameter_range"
    assert ask(3, 160) == "parameter_unit"
    assert ask(4, {"value": 160, "unit": "kPa"}) == "parameter_unit"
    assert ask(5, {"value": "much", "unit": "mm[Hg]"}) == "parameter_unit"
    assert ask(6, {"value": 160, "unit": "mm[Hg]"}, name="higher") == "no_parameter"
    assert ask(7, {"value": 160, "unit": "mm[Hg]"}) == "done"
    w.bp(165, 80, w.day(1, "09:00"))
    assert w.open_ids() == ["crisis"]
    watch = w.of(SetWatches)[-1].rows
    assert "160" in str(watch)


def test_a_step_is_skipped_with_a_reason_or_done_now() -> None:
    w = joined()
    assert w.answered(w.verb("skip_step", w.day(1, "06:30"), step="measure_bp")).code == "needs_reason"
    assert w.answered(w.verb("skip_step", w.day(1, "06:31"), step="nothing", reason="x")).code == "no_step"
    assert w.answered(w.verb("skip_step", w.day(1, "06:32"), step="measure_bp", reason="travel")).done
    assert w.ended("one.measure_bp")[-1] == ("1 06:32", "skipped: travel")
    assert w.answered(w.verb("do_step", w.day(1, "06:33"), step="safe")).done
    assert w.opened("safe") == ["1 06:33"]
    check(w)


def test_an_entry_made_in_error_is_judged_again_and_not_erased() -> None:
    w = joined()
    w.bp(190, 80, w.day(1, "07:00"), name="wrong")
    assert w.open_ids() == ["crisis"]
    assert w.answered(w.verb("entered_in_error", w.day(1, "07:10"), event="wrong", reason="other patient")).done
    assert w.open_ids() == []
    assert not w.state.episodes
    assert w.words("rule_fired") == [("1 07:00", "rules.crisis")]
    assert w.ended("one.measure_bp")[-1] == ("1 07:00", "done")  # what has ended has ended
    assert w.answered(w.verb("entered_in_error", w.day(1, "07:11"), event="wrong")).code == "no_reading"


def test_an_unknown_verb_is_refused() -> None:
    w = joined()
    assert w.answered(w.verb("dance", w.day(1))).code == "unknown_verb"
    body = StaffVerb("pause", "s1", "gp", "en9")
    assert w.answered(w.send(body, w.day(1, "01:00"))).code == "no_enrolment"


def test_a_fact_is_asked_again() -> None:
    plan, site = library()
    w = World(plan, site=site)
    w.enrol(facts={"age": 40, "sex": "female", "pregnant": False, "medicines": [prescription()]})
    assert w.status == "active"
    w.run(w.day(83, "23:59"))
    assert "pregnant.ask" not in w.open_ids()
    w.run(w.day(84, "12:00"))
    assert "pregnant.ask" in w.open_ids() or w.status == "ended"

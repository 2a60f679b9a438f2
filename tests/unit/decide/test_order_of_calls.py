"""The step `pathway`: what the called pathway is told and gives back, who ends whom, and what is adopted."""

from datetime import datetime
from typing import Any

import pytest

from pathways.decide.effects import BeginEnrolment, EndEnrolment
from pathways.decide.events import StaffVerb
from pathways.lang.load import library_of, load_pathway
from pathways.lang.plan import Plan
from tests.unit.decide.world import World, check

CHILD = """
carepath: 1
id: child
version: {version}
title: {{en: Child, zh: 子路径}}
owner: tests
evidence: {{local: {{cite: tests}}}}
facts: {{frail: {{type: yes_no}}, surgery: {{type: date}}}}
parameters:
  aim: {{value: 140 mmHg, cite: local, adjustable: {{range: 110 to 150 mmHg, by: [gp]}}}}
eligibility: {{exclude: {{frailty: frail is yes}}}}
consent: [care]
counts_from: enrolment
one_active: per patient
measures: {{bp: {{use: blood_pressure}}}}
derived: {{mean_week: {{of: bp, as: mean, over: 7 days}}}}
roles: [gp]
phases:
  only:
    title: {{en: Only, zh: 唯一}}
    until: day 40 of the phase
    steps:
      pressure: {{measure: bp, when: every day at 08:00}}
      healing: {{task: {{en: After surgery, zh: 术后}}, role: gp, when: 2 days after surgery, due: 2 days}}
    leave: [{{if: mean_week.systolic < aim, end: fine}}]
    at_end: [{{else: true, end: late}}]
rules:
  quiet:
    if: pressure missed 30 times in a row
    level: no_data
    do: [{{task: {{en: Call, zh: 致电}}, role: gp, due: 2 days}}]
ends: {{fine: {{}}, late: {{}}}}
ended_by_staff: [moved_away]
"""
PARENT = """
carepath: 1
id: parent
version: 1.0.0
title: {{en: Parent, zh: 母路径}}
owner: tests
evidence: {{local: {{cite: tests}}}}
facts: {{frail: {{type: yes_no}}, surgery: {{type: date}}}}
parameters:
  target: {{value: 130 mmHg, cite: local, adjustable: {{range: 120 to 140 mmHg, by: [gp]}}}}
  high: {{value: 170 mmHg, cite: local}}
consent: [care]
counts_from: enrolment
roles: [gp]
phases:
  one:
    title: {{en: One, zh: 一}}
    until: day {days} of the phase
    steps:
      htn:
        pathway: child
        version: 1.0.0
        when: {when}
        facts: [frail, surgery]
        parameters: {{aim: target}}
        results: [mean_week]
        if_enrolled: {enrolled}
        at_end: {at_end}
    leave:
      - {{if: htn is fine, end: good}}
      - {{if: htn is not_eligible, end: without}}
      - {{if: htn.mean_week.systolic >= high, do: [{{task: {{en: High, zh: 偏高}}, role: gp, due: 2 days, id: look}}]}}
    at_end: [{{else: true, end: over}}]
ends: {{good: {{}}, over: {{}}, without: {{}}}}
"""
GIVEN = {"days": "20", "when": "day 1 of the phase at 09:00", "enrolled": "adopt", "at_end": "ends"}


def child(version: str = "1.0.0", text: str = CHILD) -> Plan:
    found = load_pathway(text.format(version=version), "child.yaml")
    assert found.plan is not None, found.diagnostics
    return found.plan


def parent(**given: str) -> Plan:
    beside = library_of(lambda: [("child.yaml", CHILD.format(version="1.0.0").encode())])
    found = load_pathway(PARENT.format(**{**GIVEN, **given}), "parent.yaml", library=beside)
    assert found.plan is not None, [(d.code, d.params) for d in found.diagnostics]
    return found.plan


def begun(**given: str) -> World:
    w = World(parent(**given))
    w.enrol(consent=("care",), facts={"frail": False})
    w.run(w.day(2))
    return w


def act(w: World, verb: str, at: datetime, enrolment: str, **args: Any) -> None:
    event = w.send(StaffVerb(verb, "s1", "gp", enrolment, args), at)
    assert w.answered(event).done, w.answered(event)


def ends(w: World) -> list[tuple[str, str]]:
    return [(e.enrolment, e.end) for e in w.of(EndEnrolment)]


def test_a_called_pathway_begins_with_the_consent_facts_and_numbers_of_its_caller() -> None:
    w = begun()
    assert [(e.enrolment, e.pathway, e.caller) for e in w.of(BeginEnrolment)] == [("en1.htn", "child", "en1")]
    assert w.state.enrolments["en1.htn"].status == "active"
    assert w.state.enrolments["en1.htn"].consent == ["care"]
    assert w.state.settings["en1.htn|aim"].value == "130"
    check(w)


def test_its_end_is_the_outcome_of_the_step_and_leads_on() -> None:
    w = begun()
    w.bp(135, 80, w.day(2, "08:00"))  # under its own 140, not under the 130 of its caller
    assert ends(w) == []
    w.bp(110, 80, w.day(3, "08:00"))
    assert ends(w) == [("en1.htn", "fine"), ("en1", "good")]
    assert w.outcomes("one.htn") == ["fine"]
    check(w)


def test_its_results_are_read_by_the_caller_as_they_change() -> None:
    w = begun()
    assert w.opened("look") == []
    w.bp(180, 80, w.day(2, "08:00"))
    assert len(w.opened("look")) == 1
    check(w)


def test_what_the_caller_learns_later_is_told() -> None:
    w = begun()
    act(w, "set_fact", w.day(3), "en1", fact="surgery", value="2026-03-06")
    assert w.state.facts["en1.htn|surgery"].value == "2026-03-06"
    w.verb(
        "set_parameter", w.day(3, "01:00"), enrolment="en1", parameter="target", value={"value": 125, "unit": "mm[Hg]"}
    )
    assert w.state.settings["en1.htn|aim"].value == "125"
    check(w)


def test_a_number_that_a_person_set_there_stands_and_one_task_tells_of_it() -> None:
    w = begun()
    act(w, "set_parameter", w.day(3), "en1.htn", parameter="aim", value={"value": 145, "unit": "mm[Hg]"})
    for clock in ("01:00", "02:00"):
        value = {"value": 125 if clock == "01:00" else 126, "unit": "mm[Hg]"}
        act(w, "set_parameter", w.day(3, clock), "en1", parameter="target", value=value)
    assert w.state.settings["en1.htn|aim"].value == "145"
    assert len(w.opened("conflict.aim")) == 1
    check(w)


@pytest.mark.parametrize(("at_end", "after"), [("ends", "ended"), ("keeps_running", "active")])
def test_who_ends_whom_is_as_stated(at_end: str, after: str) -> None:
    w = begun(at_end=at_end)
    w.run(w.day(21))
    assert w.state.enrolments["en1"].status == "ended"
    called = w.state.enrolments["en1.htn"]
    assert called.status == after
    assert called.end == ("ended_by_caller" if after == "ended" else "")
    assert "en1.htn|aim" not in w.state.settings  # its numbers go with the call
    check(w)


@pytest.mark.parametrize(("at_end", "after"), [("ends", "ended"), ("keeps_running", "active")])
def test_a_withdrawal_from_the_caller_does_the_same(at_end: str, after: str) -> None:
    w = begun(at_end=at_end)
    act(w, "withdraw", w.day(3), "en1")
    assert w.state.enrolments["en1.htn"].status == after
    check(w)


def test_a_withdrawal_from_everything_ends_both_with_its_own_word() -> None:
    w = begun()
    w.verb("withdraw", w.day(3))
    assert ends(w) == [("en1.htn", "withdrawn"), ("en1", "withdrawn")]
    check(w)


def adopted(running: Plan, **given: str) -> World:
    plan = parent(**given)
    w = World(running, plan)
    w.enrol(running, name="old", consent=("care",), facts={"frail": False})
    w.run(w.day(5))
    w.bp(150, 90, w.day(5, "08:00"))
    w.enrol(plan, name="en1", at=w.day(6), consent=("care",), facts={"frail": False})
    w.run(w.day(8))
    return w


def test_a_running_enrolment_is_adopted_with_its_history() -> None:
    w = adopted(child())
    assert w.of(BeginEnrolment) == []
    old = w.state.enrolments["old"]
    assert (old.status, old.visit, old.enrolled) == ("active", 1, w.day(0, "08:00"))
    assert w.state.enrolments["en1"].calls == {"htn": "old"}
    assert w.state.settings["old|aim"].value == "130"
    assert w.words("adopted") != []
    act(w, "end", w.day(9), "old", end="moved_away")
    assert w.outcomes("one.htn") == ["moved_away"]
    check(w)


def test_a_running_enrolment_is_left_alone_where_the_step_says_so() -> None:
    w = adopted(child(), enrolled="leave")
    assert w.outcomes("one.htn") == ["already_running"]
    assert "old|aim" not in w.state.settings
    w.run(w.day(30))
    assert w.state.enrolments["old"].status == "active"
    check(w)


def test_another_version_that_gives_what_is_read_is_adopted_and_any_other_is_a_persons_task() -> None:
    same = adopted(child("1.1.0"))
    assert same.state.enrolments["en1"].calls == {"htn": "old"}
    less = CHILD.replace("as: mean", "as: max")
    w = adopted(child("2.0.0", less))
    assert w.outcomes("one.htn") == ["failed: version"]
    assert len(w.opened("htn.version")) == 1
    assert w.state.enrolments["old"].status == "active"
    check(w)


def test_a_patient_who_may_not_take_part_ends_the_step_not_eligible() -> None:
    w = World(parent())
    w.enrol(consent=("care",), facts={"frail": True})
    w.run(w.day(2))
    assert ends(w) == [("en1.htn", "not_eligible"), ("en1", "without")]
    check(w)


def test_pausing_does_not_let_go_of_a_call() -> None:
    w = begun()
    act(w, "pause", w.day(3), "en1")
    act(w, "resume", w.day(4), "en1")
    w.bp(110, 80, w.day(5, "08:00"))
    assert ends(w) == [("en1.htn", "fine"), ("en1", "good")]
    check(w)

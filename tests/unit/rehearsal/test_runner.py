"""The driver of scenarios: an unmet expectation fails with what happened instead; time, outages and receipts."""

from pathlib import Path

import pytest

from carepath.rehearsal.coverage import Coverage
from carepath.rehearsal.report import as_json
from carepath.rehearsal.runner import Result
from carepath.rehearsal.session import rehearse
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site
from tests.stories import run_story

HEAD = """\
pathway: hypertension_home
scenario: a story
patient: {age: 67 years, sex: male, zone: Asia/Shanghai, conditions: [hypertension]}
start: 2026-03-02 08:00
"""
CRISIS = """\
given:
  - {at: day 3 10:00, reading: {bp: 192/112 mmHg}}
  - {after: 10 min, reading: {bp: 188/114 mmHg}}
"""


def run(text: str, plan: Plan, site: Site) -> Result:
    return run_story(HEAD + text, plan, site=site)


# Each expectation as it is true, and as it must fail.
PAIRS = [
    ("{by: day 3 10:11, message: crisis_advice}", "{by: day 3 10:09, message: crisis_advice}"),
    ("{at: day 3 10:10, message: crisis_advice}", "{at: day 3 10:09, message: crisis_advice}"),
    ("{by: day 4, message: crisis_advice, count: 1}", "{by: day 4, message: crisis_advice, count: 2}"),
    ("{by: day 4, message: crisis_advice, exactly: 1}", "{by: day 4, message: crisis_advice, exactly: 0}"),
    ("{by: day 4, message: crisis_advice, count: at most 1}", "{by: day 4, message: any, count: at most 1}"),
    ("{by: day 4, message: any, count: at least 3}", "{by: day 4, message: crisis_advice, count: at least 2}"),
    ("{by: day 4, message: crisis_advice, to: patient}", "{by: day 4, message: crisis_advice, to: nurse}"),
    ("{by: day 4, message: crisis_advice, class: red}", "{by: day 4, message: crisis_advice, class: care}"),
    ("{by: day 4, message: crisis_advice, says: chest}", "{by: day 4, message: crisis_advice, says: balloon}"),
    ("{by: day 4, message: remind_measure, of: measure_bp}", "{by: day 4, message: remind_measure, of: recheck}"),
    ("{never: {message: crisis_advice}, before: day 3 10:10}", "{never: {message: crisis_advice}, before: day 4}"),
    ("{never: {message: crisis_advice}, after: day 3 10:10}", "{never: {message: crisis_advice}, after: day 3 10:09}"),
    ("{never: {message: are_you_well}}", "{never: {message: crisis_advice}}"),
    ("{between: day 3 10:10 and day 3 10:10, task: crisis}", "{between: day 3 10:11 and day 3 11:00, task: review}"),
    ("{by: day 4, task: crisis, role: nurse, level: red}", "{by: day 4, task: crisis, role: nurse, level: amber}"),
    ("{by: day 4, task: crisis, title: 血压极高}", "{by: day 4, task: crisis, title: 一次}"),
    ("{at: day 3 12:00, task: crisis, is: open}", "{at: day 3 10:05, task: crisis, is: open}"),
    ("{never: {task: crisis, is: done}}", "{never: {task: crisis, is: open}}"),
    ("{at: day 3 12:00, flag: crisis}", "{at: day 3 09:00, flag: crisis}"),
    ("{at: day 3 12:00, flag: red}", "{at: day 3 12:00, flag: amber}"),
    ("{at: day 3 12:00, phase: baseline}", "{at: day 3 12:00, phase: maintain}"),
    ("{never: {phase: titrate}}", "{never: {phase: baseline}, after: day 2}"),
    ("{by: day 2 01:00, step: measure_bp, is: missed, count: 3}", "{by: day 2 00:59, step: measure_bp, count: 30}"),
    ("{by: day 4, step: baseline.welcome, is: missed}", "{by: day 4, step: baseline.welcome, is: read}"),
    ("{by: day 4, verdict: crisis, is: 'true'}", "{by: day 3 09:00, verdict: crisis, is: 'true'}"),
    ("{at: day 3 12:00, status: active}", "{at: day 3 12:00, status: paused}"),
    ("{never: {end: finished}}", "{by: day 4, end: finished}"),
    ("{at: day 3 12:00, open_tasks: 2}", "{at: day 3 12:00, open_tasks: 0}"),
    ("{between: day 3 11:30 and day 3 11:40, incident: any}", "{by: day 3 11:30, incident: any}"),
]  # fmt: skip


@pytest.mark.parametrize(("true", "wrong"), PAIRS)
def test_an_expectation_is_met_or_not(true: str, wrong: str, plan: Plan, site: Site) -> None:
    result = run(f"{CRISIS}until: day 5\nexpect:\n  - {true}\n  - {wrong}\n", plan, site)
    assert [f.line for f in result.failures] == [f"- {wrong}"]
    failure = result.failures[0]
    assert failure.text
    assert failure.near
    assert failure.span.line == 11


@pytest.mark.parametrize(("told", "fails"), [("", True), ("  - {at: day 1 08:00, verb: resume, is: refused}\n", False)])
def test_what_is_refused_fails_unless_it_is_expected(told: str, fails: bool, plan: Plan, site: Site) -> None:
    given = "given:\n  - {at: day 1 08:00, verb: resume, by: nurse}\n"
    result = run(f"{given}expect:\n  - {{by: day 2, phase: baseline}}\n{told}", plan, site)
    assert [f.text.startswith("day 1 08:00: refused: ") for f in result.failures] == [True] * fails


def test_what_cannot_be_done_fails_and_says_what_is_open(plan: Plan, site: Site) -> None:
    result = run("given:\n  - {at: day 1 08:00, done: review}\nexpect:\n  - {by: day 2, phase: baseline}\n", plan, site)
    assert [f.text for f in result.failures] == ["day 1 08:00: there is no open task `review`; open are: none"]


def test_nothing_runs_in_an_outage(plan: Plan, site: Site) -> None:
    text = f"{CRISIS}  - outage: {{from: day 3 09:00, until: day 3 12:00}}\nexpect:\n  - {{by: day 4, message: any}}\n"
    result = run(text, plan, site)
    inside = [h for h in result.ledger.happenings if h.kind == "message" and h.words["is"] == "sent"
              and "day 3 09:00" <= _spoken(result, h.at) < "day 3 12:00"]  # fmt: skip
    assert not inside
    assert any(h.name == "crisis_advice" for h in result.ledger.happenings if h.words.get("is") == "sent")


def _spoken(result: Result, at: object) -> str:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from carepath.rehearsal.times import Clockwork

    assert isinstance(at, datetime)
    return Clockwork(date(2026, 3, 2), ZoneInfo("Asia/Shanghai")).spoken(at)


def test_whenever_answers_each_time_and_at_most_so_often(plan: Plan, site: Site) -> None:
    text = """\
given:
  - {whenever: {message: remind_measure}, after: 10 min, reading: {bp: 120/76 mmHg}, times: 2, at_most: 3}
expect:
  - {by: day 1 20:11, step: measure_bp, is: done, count: 3}
  - {never: {step: measure_bp, is: done}, after: day 1 20:11}
until: day 4
"""
    assert run(text, plan, site).passed


def test_receipts_are_delivered_unless_written(plan: Plan, site: Site) -> None:
    receipt = "  - {after: 1 min, deliver: undelivered, message: crisis_advice}\n"
    result = run(f"{CRISIS}{receipt}expect:\n  - {{by: day 4, phase: baseline}}\n", plan, site)
    assert result.passed
    assert result.seen.delivered_by_hand(result.scenario) == {"crisis_advice"}


def test_the_same_scenario_gives_the_same_run(plan: Plan, site: Site) -> None:
    text = CRISIS + "expect:\n  - {by: day 20, phase: baseline}\n"
    one, two = run(text, plan, site), run(text, plan, site)
    assert one.ledger.happenings == two.ledger.happenings
    assert one.state.to_json() == two.state.to_json()


def test_coverage_names_what_is_missing(plan: Plan, site: Site) -> None:
    result = run(CRISIS + "expect:\n  - {by: day 4, phase: baseline}\n", plan, site)
    coverage = Coverage(plan, result.seen.used[plan.id])
    parts = {part.name: part for part in coverage.parts()}
    assert parts["phases"].missing == ["maintain", "refer", "titrate"]
    assert "crisis true" not in parts["rules"].missing
    assert {"crisis false", "low true"} <= set(parts["rules"].missing)
    assert "urgent.nurse" not in parts["ladders"].missing
    assert parts["ends"].share == 0.0


def test_json_of_a_session(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(HEAD + "expect:\n  - {by: day 1, phase: titrate}\n", "utf-8")
    session = rehearse([file])
    told = as_json(session)
    assert not session.passed
    (one,) = told["scenarios"]
    assert (one["name"], one["passed"]) == ("a story", False)
    assert one["failures"][0]["line"] == 6
    phases = told["coverage"]["hypertension_home"]["phases"]
    assert phases == {"reached": 1, "of": 4, "missing": ["maintain", "refer", "titrate"]}


def test_names_of_another_pathway_or_site_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    for line, code in (("pathway: hypertension_hom", "scenario_no_pathway"), ("site: exampel_cn", "scenario_no_site")):
        head = HEAD.replace("pathway: hypertension_home", line) if line.startswith("pathway") else HEAD + line + "\n"
        file.write_text(head + "expect:\n  - {by: day 1, phase: baseline}\n", "utf-8")
        session = rehearse([file])
        assert [d.code for d in session.found] == [code]
        assert session.found[0].params["suggestion"] in {"hypertension_home", "example_cn"}
        assert not session.passed

"""Wrong scenarios are refused with a code, a place and a sentence; right ones become instants and acts."""

from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path

import pytest

from carepath.rehearsal.expected import FILTERS
from carepath.rehearsal.findings import SCENARIO_CODES
from carepath.rehearsal.given import EXTRA, VERBS
from carepath.rehearsal.model import Scenario
from carepath.rehearsal.scenario import read_scenario
from pathways.lang.diagnostics import Diagnostic
from pathways.lang.plan import Plan
from pathways.lang.source import read_source

DOCS = Path(__file__).parents[3] / "docs" / "reference" / "scenarios.md"
HEAD = """\
pathway: hypertension_home
scenario: a story
patient: {age: 67 years, sex: male, zone: Asia/Shanghai, conditions: [hypertension]}
start: 2026-03-02 08:00
"""
OK = "expect:\n  - {by: day 3, phase: baseline}\n"


def read(text: str, plan: Plan) -> tuple[Scenario | None, list[Diagnostic]]:
    source, found = read_source(text, "s.yaml")
    assert not found, [d.message() for d in found]
    return read_scenario(source, {plan.id: plan}, "UTC")


def given(line: str) -> str:
    return HEAD + f"given:\n  - {line}\n" + OK


def expect(line: str) -> str:
    return HEAD + f"expect:\n  - {line}\n"


WRONG = {
    "unknown key at the top": (HEAD + "expekt: []\n" + OK, "scenario_unknown_key", 5, "expect"),
    "no start": (HEAD.replace("start: 2026-03-02 08:00\n", "") + OK, "scenario_missing_key", 1, ""),
    "start without a time": (HEAD.replace(" 08:00", "") + OK, "scenario_wrong_value", 4, ""),
    "start relative to itself": (HEAD.replace("2026-03-02 08:00", "day 0 08:00") + OK, "scenario_wrong_value", 4, ""),
    "no such zone": (HEAD.replace("Asia/Shanghai", "Asia/Nowhere") + OK, "scenario_wrong_value", 3, ""),
    "unknown fact": (HEAD.replace("sex: male", "sexx: male") + OK, "scenario_unknown_key", 3, "sex"),
    "age without a unit": (HEAD.replace("67 years", "67") + OK, "scenario_wrong_value", 3, ""),
    "nothing expected": (HEAD + "expect: []\n", "scenario_no_expectation", 5, ""),
    "given is no list": (HEAD + "given: {at: day 1 08:00, dose: all}\n" + OK, "scenario_wrong_value", 5, ""),
    "line without a time": (given("{dose: all}"), "scenario_no_time", 6, ""),
    "line with two times": (given("{at: day 1 08:00, after: 5 min, dose: all}"), "scenario_two_times", 6, ""),
    "line with two things": (
        given("{at: day 1 08:00, dose: all, fact: {pregnant: no}}"), "scenario_two_subjects", 6, ""),
    "line without a thing": (given("{at: day 1 08:00}"), "scenario_no_subject", 6, ""),
    "misspelt thing": (given("{at: day 1 08:00, readin: {bp: 120/80 mmHg}}"), "scenario_unknown_key", 6, "reading"),
    "key of another thing": (given("{at: day 1 08:00, dose: all, mode: clinic}"), "scenario_unknown_key", 6, ""),
    "day without a time": (given("{at: day 1, dose: all}"), "scenario_wrong_value", 6, ""),
    "no such hour": (given("{at: day 1 25:00, dose: all}"), "scenario_wrong_value", 6, ""),
    "no such date": (given("{at: 2026-02-30 08:00, dose: all}"), "scenario_wrong_value", 6, ""),
    "before the start": (given("{at: day 0 07:00, dose: all}"), "scenario_time_backwards", 6, ""),
    "no unit": (given("{at: day 1 08:00, reading: {bp: 120/80}}"), "scenario_wrong_value", 6, ""),
    "another unit": (given("{at: day 1 08:00, reading: {bp: 120/80 kg}}"), "scenario_wrong_value", 6, ""),
    "too many numbers": (given("{at: day 1 08:00, reading: {bp: 120/80/60/5 mmHg}}"), "scenario_wrong_value", 6, ""),
    "unknown measure": (given("{at: day 1 08:00, reading: {bq: 120/80 mmHg}}"), "scenario_unknown_name", 6, "bp"),
    "unknown component": (
        given("{at: day 1 08:00, reading: {bp: {systolik: 120 mmHg}}}"), "scenario_unknown_name", 6, "systolic"),
    "unknown task": (given("{at: day 1 08:00, done: revew}"), "scenario_unknown_name", 6, "review"),
    "measuring is not done": (given("{at: day 1 08:00, done: measure_bp}"), "scenario_wrong_value", 6, ""),
    "unknown role": (given("{at: day 1 08:00, done: review, by: gpp}"), "scenario_unknown_name", 6, "gp"),
    "unknown mode": (given("{at: day 1 08:00, done: recheck, mode: clinik}"), "scenario_unknown_name", 6, "clinic"),
    "unknown verb": (given("{at: day 1 08:00, verb: paus}"), "scenario_unknown_name", 6, "pause"),
    "verb without its step": (given("{at: day 1 08:00, verb: do_step}"), "scenario_missing_key", 6, ""),
    "verb with a stranger": (given("{at: day 1 08:00, verb: pause, task: review}"), "scenario_unknown_key", 6, ""),
    "unknown end": (given("{at: day 1 08:00, verb: end, end: finishd}"), "scenario_unknown_name", 6, "finished"),
    "unknown fact given": (given("{at: day 1 08:00, fact: {pregnent: yes}}"), "scenario_unknown_name", 6, "pregnant"),
    "fact is no yes or no": (given("{at: day 1 08:00, fact: {pregnant: 3}}"), "scenario_wrong_value", 6, ""),
    "parameter without a unit": (
        given("{at: day 1 08:00, parameter: {goal_systolic: 125}}"), "scenario_wrong_value", 6, ""),
    "unknown handoff": (
        given("{at: day 1 08:00, handoff: refil, is: accepted}"), "scenario_unknown_name", 6, "refill"),
    "a word its partner cannot say": (
        given("{at: day 1 08:00, handoff: refill, is: seen}"), "scenario_unknown_name", 6, ""),
    "unknown partner": (given("{partner: farmacy, answers: {accepted: 2 h}}"), "scenario_unknown_name", 6, "pharmacy"),
    "answer not in hours": (given("{partner: pharmacy, answers: {accepted: soon}}"), "scenario_wrong_value", 6, ""),
    "receipt of nothing": (given("{at: day 1 08:00, deliver: read}"), "scenario_missing_key", 6, ""),
    "unknown wish": (
        given("{at: day 1 08:00, preference: {optout: {all: yes}}}"), "scenario_unknown_key", 6, "opt_out"),
    "stream without times": (given("stream: {dose: all}"), "scenario_wrong_value", 6, ""),
    "stream skips a number": (given("stream: {dose: all, at: [07:00], skip: 20}"), "scenario_wrong_value", 6, ""),
    "stretch the wrong way": (given("outage: {from: day 5, until: day 4}"), "scenario_time_backwards", 6, ""),
    "stretch without an end": (given("nothing: {from: day 5}"), "scenario_missing_key", 6, ""),
    "whenever without a delay": (given("{whenever: {task: review}, done: review}"), "scenario_missing_key", 6, ""),
    "whenever of nothing": (given("{whenever: {}, after: 2 h, done: review}"), "scenario_no_subject", 6, ""),
    "late is no length": (given("{at: day 1 08:00, dose: all, late: day 2}"), "scenario_wrong_value", 6, ""),
    "twice is yes": (given("{at: day 1 08:00, dose: all, twice: 2}"), "scenario_wrong_value", 6, ""),
    "medicine without slots": (
        given("{at: day 1 08:00, prescription: {start: {name: x}}}"), "scenario_missing_key", 6, ""),
    "expectation without a time": (expect("{phase: baseline}"), "scenario_no_time", 6, ""),
    "expectation of nothing": (expect("{by: day 3}"), "scenario_no_subject", 6, ""),
    "expectation of two": (expect("{by: day 3, phase: baseline, end: finished}"), "scenario_two_subjects", 6, ""),
    "two ends of a stretch": (expect("{by: day 3, before: day 4, phase: baseline}"), "scenario_two_times", 6, ""),
    "at and by": (expect("{by: day 3, at: day 4, phase: baseline}"), "scenario_two_times", 6, ""),
    "unknown phase": (expect("{by: day 3, phase: baselin}"), "scenario_unknown_name", 6, "baseline"),
    "unknown message": (expect("{by: day 3, message: measure_agian}"), "scenario_unknown_name", 6, "measure_again"),
    "unknown step": (expect("{by: day 3, step: measure_pb}"), "scenario_unknown_name", 6, "measure_bp"),
    "filter of another subject": (expect("{by: day 3, phase: baseline, role: gp}"), "scenario_unknown_key", 6, ""),
    "unknown level": (expect("{by: day 3, flag: crisis, level: reed}"), "scenario_unknown_name", 6, "red"),
    "misspelt time": (expect("{bye: day 3, phase: baseline}"), "scenario_unknown_key", 6, "by"),
    "state at a whole day": (expect("{at: day 3, phase: baseline}"), "scenario_wrong_value", 6, ""),
    "count by a word": (expect("{by: day 3, task: any, count: often}"), "scenario_wrong_value", 6, ""),
    "two counts": (expect("{by: day 3, task: any, count: 1, exactly: 1}"), "scenario_two_subjects", 6, ""),
    "between one": (expect("{between: day 3, task: any}"), "scenario_wrong_value", 6, ""),
    "between backwards": (expect("{between: day 4 and day 3, task: any}"), "scenario_time_backwards", 6, ""),
    "before the scenario": (expect("{by: 2026-03-01, task: any}"), "scenario_before_start", 6, ""),
    "open tasks by": (expect("{by: day 3, open_tasks: 0}"), "scenario_no_time", 6, ""),
    "count of never": (expect("{never: {task: any}, count: 2}"), "scenario_unknown_key", 6, ""),
}  # fmt: skip


@pytest.mark.parametrize(("text", "code", "line", "suggestion"), WRONG.values(), ids=WRONG.keys())
def test_refused(text: str, code: str, line: int, suggestion: str, plan: Plan) -> None:
    scenario, found = read(text, plan)
    assert scenario is None
    assert [(d.code, d.span.line) for d in found] == [(code, line)], [d.message() for d in found]
    assert found[0].params.get("suggestion", "") == suggestion
    for language in ("en", "zh"):
        assert "{" not in found[0].message(language).replace("{…}", "")
        assert found[0].hint(language)


def test_time_does_not_go_backwards(plan: Plan) -> None:
    text = HEAD + "given:\n  - {at: day 2 08:00, dose: all}\n  - {at: day 1 08:00, dose: all}\n" + OK
    scenario, found = read(text, plan)
    assert scenario is None
    assert [(d.code, d.span.line) for d in found] == [("scenario_time_backwards", 7)]


def test_who_is_silent_measures_nothing(plan: Plan) -> None:
    text = HEAD + "given:\n  - nothing: {from: day 1, until: day 3}\n  - {at: day 2 08:00, dose: all}\n" + OK
    _, found = read(text, plan)
    assert [(d.code, d.span.line) for d in found] == [("scenario_two_times", 7)]


def test_all_that_is_wrong_is_told_at_once(plan: Plan) -> None:
    text = HEAD + "given:\n  - {at: day 2, dose: all}\n  - {verb: paus}\nexpect:\n  - {by: day 3, phase: nowhere}\n"
    _, found = read(text, plan)
    assert [d.span.line for d in found] == sorted(d.span.line for d in found)
    assert {d.span.line for d in found} == {6, 7, 9}


def at(day: int, hour: int, minute: int) -> datetime:
    """Shanghai wall time of March 2026."""
    return datetime(2026, 3, 2 + day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def test_times(plan: Plan) -> None:
    lines = (
        "given:\n  - {at: day 1 08:00, dose: all, late: 2 h, twice: yes, id: r1}\n  - {after: 10 min, dose: all}\n"
        "  - {at: 2026-03-05 23:59, dose: all}\nexpect:\n  - {before: day 9 07:00, phase: baseline}\n"
    )
    scenario, found = read(HEAD + lines, plan)
    assert scenario is not None, [d.message() for d in found]
    first, second, third = sorted(scenario.given, key=lambda g: g.at)
    assert (first.at, first.seen, first.again, first.id) == (at(1, 8, 0), at(1, 10, 0), at(1, 10, 1), "r1")
    assert second.at == at(1, 8, 10)
    assert third.at == at(3, 23, 59)
    assert scenario.end >= at(9, 7, 0)


@pytest.mark.parametrize(("skip", "number"), [("0 %", 10), ("20 %", 8), ("50 %", 5), ("100 %", 0)])
def test_a_stream_skips_its_share(skip: str, number: int, plan: Plan) -> None:
    line = f"stream: {{dose: all, at: [07:00, 20:00], from: day 1, until: day 5, skip: {skip}}}"
    scenario, _ = read(given(line), plan)
    assert scenario is not None
    assert len(scenario.given) == number
    assert len({one.id for one in scenario.given}) == number


def test_silence_stops_a_stream(plan: Plan) -> None:
    text = HEAD + ("given:\n  - stream: {dose: all, at: [07:00], from: day 1, until: day 6}\n"
                   "  - nothing: {from: day 2, until: day 4}\n") + OK  # fmt: skip
    scenario, _ = read(text, plan)
    assert scenario is not None
    assert [g.at for g in scenario.given] == [at(1, 7, 0), at(5, 7, 0), at(6, 7, 0)]


def test_everything_is_in_the_docs() -> None:
    text = DOCS.read_text("utf-8")
    missing = [code for code in SCENARIO_CODES if f"### {code}\n" not in text]
    words = {*FILTERS, *EXTRA, *VERBS, *chain(*FILTERS.values(), *EXTRA.values())}
    assert not missing
    assert not [word for word in sorted(words) if word not in text]

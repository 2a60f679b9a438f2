"""A low blood sugar at night, guided: who does not answer is called by whoever is awake."""

import pytest

from carepath.rehearsal.coverage import Coverage
from carepath.rehearsal.runner import Result
from pathways.lang.load import load_pathway
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site
from tests.stories import run_story

PATHWAY = """\
carepath: 1
id: sugar
version: 1.0.0
title: {en: Sugar, zh: 血糖}
owner: diabetes
counts_from: enrolment
evidence: {ada_2024: {cite: ADA Standards of Care 2024 section 6, year: 2024, checked: no}}
parameters:
  low: {value: 3.9 mmol/L, cite: ada_2024}
  safe: {value: 3.9 mmol/L, cite: ada_2024}
measures:
  glucose: {use: blood_glucose}
roles: [nurse, duty]
escalations:
  urgent:
    - {tell: nurse, by: [app], answer_within: 15 min}
    - {tell: duty, by: [call], answer_within: 10 min, repeat: 3 times, then: incident}
phases:
  one:
    title: {en: One, zh: 一}
    until: day 10 of the phase
    steps:
      look: {measure: glucose, when: every day at 07:00}
    at_end: [{else: true, end: over}]
ends: {over: {}}
rules:
  low_sugar:
    if: glucose < low
    level: amber
    episode:
      - {say: fifteen_grams}
      - {measure: glucose, within: 15 to 25 min, message: again}
      - {if: glucose >= safe, settled: yes, do: {say: eat_a_meal}}
      - {if: unknown, do: {id: no_answer, escalate: urgent}}
      - {else: true, repeat: 2 times, afterwards: {id: still_low, escalate: urgent}}
    unknown: {not_met: each reading is judged by itself}
  silent:
    if: look missed 3 times in a row
    level: no_data
    do: {task: {en: Silent, zh: 无数据}, role: nurse, due: 1 day}
messages:
  fifteen_grams: {to: patient, class: red, en: Take 15 g of sugar now., zh: 请立即进食15克糖。}
  again: {to: patient, class: red, en: Measure again now., zh: 请现在复测。}
  eat_a_meal: {to: patient, class: red, en: Eat a meal., zh: 请进食。}
"""
SILENT = """\
given:
  - {at: day 2 02:10, reading: {glucose: 3.1 mmol/L}}
expect:
  - {at: day 2 02:10, message: fifteen_grams, to: patient}
  - {at: day 2 02:25, message: again, to: patient}
  - {never: {task: no_answer}, before: day 2 02:35}
  - {at: day 2 02:35, task: no_answer, role: duty}
  - {at: day 2 03:30, incident: any}
  - {by: day 3, message: fifteen_grams, exactly: 1}
"""
WELL = """\
given:
  - {at: day 2 02:10, reading: {glucose: 3.1 mmol/L}}
  - {after: 16 min, reading: {glucose: 3.4 mmol/L}}
  - {after: 16 min, reading: {glucose: 5.2 mmol/L}}
expect:
  - {at: day 2 02:26, message: fifteen_grams, to: patient}
  - {at: day 2 02:42, message: eat_a_meal, to: patient}
  - {never: {task: any}, before: day 3}
  - {at: day 2 02:50, flag: low_sugar, count: 0}
"""
STILL = """\
given:
  - stream: {reading: {glucose: 3.2 mmol/L}, at: ["02:10", "02:26", "02:42", "02:58"], from: day 2, until: day 2 23:00}
expect:
  - {by: day 3, message: fifteen_grams, exactly: 3}
  - {at: day 2 02:58, task: still_low, role: duty}
"""


@pytest.fixture(scope="module")
def sugar() -> Plan:
    found = load_pathway(PATHWAY, "sugar.yaml")
    assert found.plan is not None, [d.message() for d in found.diagnostics]
    return found.plan


def run(text: str, plan: Plan, site: Site) -> Result:
    head = "pathway: sugar\nscenario: s\npatient: {zone: Asia/Shanghai}\nstart: 2026-03-02 08:00\n"
    return run_story(head + text, plan, site=site)


@pytest.mark.parametrize("text", [SILENT, WELL, STILL])
def test_treat_and_repeat(text: str, sugar: Plan, site: Site) -> None:
    result = run(text, sugar, site)
    assert result.passed, [(f.line, f.text, f.near) for f in result.failures]


def test_the_ways_through_are_counted(sugar: Plan, site: Site) -> None:
    ways = {"low_sugar.episode.2 true", "low_sugar.episode.2 false", "low_sugar.episode unknown"}
    for text, reached in ((SILENT, {"low_sugar.episode unknown"}), (WELL, ways - {"low_sugar.episode unknown"})):
        coverage = Coverage(sugar, run(text, sugar, site).seen.used[sugar.id])
        part = next(p for p in coverage.parts() if p.name == "rules")
        assert ways <= part.all
        assert ways & part.reached == reached

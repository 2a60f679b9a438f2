"""The page on decisions: its example is a whole pathway whose scenarios hold, its table of proofs is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pathways.lang.diagnostics import has_errors
from pathways.lang.load import load_pathway
from pathways.lang.plan import Plan
from tests.stories import run_story

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGE = (DOCS / "decisions.md").read_text("utf-8")
SCENARIOS = sorted((DOCS / "examples").glob("decisions*.scenario.yaml"))
HEAD = """\
carepath: 1
id: proofs
version: 1.0.0
title: {en: Proofs, zh: 证明}
owner: tests
counts_from: enrolment
evidence: {guide: {cite: A guideline}}
facts:
  age: {type: age}
  sex: {type: sex}
  pregnant: {type: yes_no, applies_if: sex is female and age < 55 years}
measures: {bp: {use: blood_pressure}}
roles: [nurse]
phases:
  one:
    title: {en: One, zh: 一}
    until: day 10 of the phase
    at_end:
      - {if: looked is known and bp is known and age > 1 years and sex is male and pregnant is known, end: over}
      - {else: true, end: over}
ends: {over: {}}
"""


@pytest.fixture(scope="module")
def plan() -> Plan:
    found = load_pathway((DOCS / "examples" / "decisions.yaml").read_bytes(), "decisions.yaml")
    assert found.plan is not None, [d.message() for d in found.diagnostics]
    return found.plan


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_the_scenarios_of_the_example_hold(file: Path, plan: Plan) -> None:
    result = run_story(file.read_bytes(), plan)
    assert result.passed, [(f.line, f.text, f.near) for f in result.failures]


def test_what_the_page_shows_stands_in_the_example() -> None:
    files = [DOCS / "examples" / "decisions.yaml", *SCENARIOS]
    held = "\n".join(file.read_text("utf-8") for file in files)
    shown = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert shown
    assert [block for block in shown if block not in held] == []


def proofs() -> list[tuple[str, str, str]]:
    table = PAGE.split("<!-- table: proofs -->")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:4]] for line in table.strip().splitlines()[2:]]
    return [(cells[0], cells[1], cells[2]) for cells in rows]


@pytest.mark.parametrize(("rows", "code", "example"), proofs())
def test_a_row_of_the_table_of_proofs(rows: str, code: str, example: str) -> None:
    hits = next((word for word in ("one", "all") if rows.startswith(f"{word}:")), "first")
    table = ", ".join(re.findall(r"`(.*?)`", rows))
    numbers = sorted(set(re.findall(r"(\d+) mmHg", table)))
    for number in numbers:
        table = table.replace(f"{number} mmHg", f"mmhg_{number}")
    parameters = ", ".join(f"mmhg_{n}: {{value: {n} mmHg, cite: guide}}" for n in numbers)
    head = HEAD + (f"parameters: {{{parameters}}}\n" if numbers else "")
    decisions = f"decisions:\n  looked:\n    hits: {hits}\n    rows: [{table}]\n"
    found = load_pathway(head + decisions, "proofs.yaml").diagnostics
    told = [d for d in found if d.code not in {"site_needed", "unused_name"}]
    assert [d.code for d in told] == ([code] if code else []), [d.message() for d in told]
    assert has_errors(told) == bool(code)
    if example:
        assert told[0].message().endswith(f"for: {example}")

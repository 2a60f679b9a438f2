# ruff: noqa: E501 - stories are lines of YAML
"""Decisions: series over visits and phases, unknown, and proposals that are overridden with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from carepath.rehearsal.runner import Result
from pathways.decide.effects import PutTask
from pathways.lang.load import load_pathway
from pathways.lang.plan import Plan
from tests.stories import run_story
from tests.unit.decide.world import ROOT

EXAMPLES = ROOT / "docs" / "reference"


def plan_of(path: Path, *edits: tuple[str, str]) -> Plan:
    text = path.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    found = load_pathway(text, path.name)
    assert found.plan is not None, [d.message() for d in found.diagnostics]
    return found.plan


def run(plan: Plan, story: str, patient: str = "{zone: Asia/Shanghai}") -> Result:
    head = f"pathway: {plan.id}\nscenario: s\nsite: none\npatient: {patient}\nstart: 2026-03-02 09:00\n"
    return run_story(head + story, plan)


def visits(*values: tuple[int, str]) -> str:
    rows = "\n".join(
        f"  - {{at: day {day} 09:30, done: visit, mode: clinic, form: {{{form}}}}}" for day, form in values
    )
    return f"given:\n{rows}\nexpect:\n"


TABLES = EXAMPLES / "examples" / "decisions.yaml"
HIGH, FINE = "bp: 152/94, adverse: none", "bp: 128/80, adverse: none"
CONTROLLED_ONE = "bp: 128/80, adverse: manageable"


@pytest.mark.parametrize(
    ("series", "referred"),
    [
        ([(0, HIGH), (13, HIGH)], True),
        ([(0, HIGH), (13, CONTROLLED_ONE), (26, HIGH)], False),
        ([(0, CONTROLLED_ONE), (13, HIGH)], False),
        ([(0, CONTROLLED_ONE), (13, HIGH), (26, HIGH)], True),
        ([(0, "adverse: none, bp: 190/100")], True),
    ],
)
def test_two_in_a_row_is_two_completed_visits_whatever_the_phase(series: list[tuple[int, str]], referred: bool) -> None:
    last = series[-1][0]
    what = "{by: day %d 09:31, phase: referral}" if referred else "{never: {phase: referral}, before: day %d 09:31}"
    result = run(plan_of(TABLES), visits(*series) + f"  - {what % last}\n")
    assert result.passed, [(f.text, f.near) for f in result.failures]


def test_since_begins_the_row_anew() -> None:
    story = visits((0, HIGH), (13, HIGH))
    story = story.replace(
        "expect:",
        "  - {at: day 20 10:00, done: ask_about_it, by: gp}\n"
        "  - {at: day 33 09:30, done: visit, mode: clinic, form: {bp: 150/92, adverse: none}}\nexpect:",
    )
    expected = "  - {at: day 33 09:30, verdict: result, is: recheck}\n  - {at: day 33 09:31, phase: recheck}\n"
    result = run(plan_of(TABLES), story + expected)
    assert result.passed, [(f.text, f.near) for f in result.failures]
    without = plan_of(TABLES, (" since last referral", ""))
    assert not run(without, story + expected).passed


def test_a_form_without_its_reading_is_never_taken_for_controlled() -> None:
    result = run(
        plan_of(TABLES),
        visits((0, "adverse: none")) + "  - {by: day 0 09:31, verdict: result, is: not_told}\n"
        "  - {by: day 0 09:31, task: measure_again, role: nurse}\n",
    )
    assert result.passed, [(f.text, f.near) for f in result.failures]


def test_an_older_reading_does_not_stand_in_for_that_of_the_form() -> None:
    story = "given:\n  - {at: day 0 09:10, reading: {bp: 120/70 mmHg}}\n" + visits((0, "adverse: none"))[7:]
    result = run(plan_of(TABLES), story + "  - {by: day 0 09:31, verdict: bp_result, is: not_measured}\n")
    assert result.passed, [(f.text, f.near) for f in result.failures]


def test_a_decision_without_a_word_for_unknown_opens_its_task_and_is_unknown() -> None:
    plan = plan_of(
        TABLES,
        ("    unknown: {is: not_measured}", "    unknown: {task: {en: Complete it, zh: 补全}, role: gp, due: 1 day}"),
        ("      - {if: bp_result is not_measured, is: not_told}\n", ""),
        (
            "      - {else: true, is: controlled}\nroles",
            "      - {else: true, is: controlled}\n    unknown: {is: not_told}\nroles",
        ),
    )
    result = run(
        plan,
        visits((0, "adverse: none")) + "  - {by: day 0 09:31, task: bp_result.unknown, role: gp}\n"
        "  - {by: day 0 09:31, verdict: bp_result, is: unknown}\n  - {by: day 0 09:31, verdict: result, is: not_told}\n",
    )
    assert result.passed, [(f.text, f.near) for f in result.failures]


# --------------------------------------------------------------------------- shown to a person

DECIDE = EXAMPLES / "steps" / "examples" / "decide.yaml"
MEDICINES = (
    "{zone: Asia/Shanghai, medicines: [{name: spironolactone 20 mg, class: mra, slots: [morning], supply: 28 days}, "
    "{name: metoprolol 25 mg, class: beta_blocker, slots: [morning], supply: 28 days}]}"
)
GIVEN = "given:\n  - {at: day 13 09:00, reading: {potassium: 5.4 mmol/L}}\n  - {at: day 13 09:10, reading: {bp: 118/76 mmHg}}\n"


def decided(given: str, expect: str) -> Result:
    return run(plan_of(DECIDE), GIVEN + given + "expect:\n" + expect, MEDICINES)


def test_each_medicine_has_its_proposal_with_reasons_in_both_languages() -> None:
    result = decided("", "  - {at: day 14 10:00, task: dose_step, role: hf_doctor}\n")
    assert result.passed, [(f.text, f.near) for f in result.failures]
    (task,) = [e for e in result.ledger.tasks.values() if isinstance(e, PutTask) and e.source.endswith("dose_step")]
    fields = {one["id"]: one for one in task.form}
    held = fields["spironolactone.choice"]
    assert held["proposed"] == "hold"
    assert held["because"] == {"en": "potassium is high", "zh": "血钾偏高"}
    assert any("5.4 mmol/L" in line["en"] and "5.4 mmol/L" in line["zh"] for line in held["grounds"])
    assert fields["metoprolol.choice"]["proposed"] == "increase"
    assert "required_if" not in fields["metoprolol.reason"]


def test_missing_results_hold_and_say_so() -> None:
    result = run(
        plan_of(DECIDE), "expect:\n  - {at: day 14 10:00, verdict: dose_step, is: hold, exactly: 2}\n", MEDICINES
    )
    assert result.passed, [(f.text, f.near) for f in result.failures]


@pytest.mark.parametrize(
    ("form", "done"),
    [
        ("{spironolactone.choice: hold, metoprolol.choice: increase}", True),
        ("{spironolactone.choice: stop, metoprolol.choice: increase}", False),
        ("{spironolactone.choice: stop, spironolactone.reason: gynaecomastia, metoprolol.choice: increase}", True),
        ("{spironolactone.choice: hold, metoprolol.choice: hold}", True),  # only what is held is guarded
        ("{spironolactone.choice: hold}", False),  # every medicine is decided on
    ],
)
def test_a_choice_against_the_proposal_needs_a_reason(form: str, done: bool) -> None:
    given = f"  - {{at: day 14 10:20, done: dose_step, form: {form}}}\n"
    result = decided(given, f"  - {{at: day 14 10:20, verb: complete, is: {'done' if done else 'refused'}}}\n")
    assert result.passed, [(f.text, f.near) for f in result.failures]


def test_what_was_chosen_leads_on_and_stays_with_its_reason() -> None:
    form = "{spironolactone.choice: stop, spironolactone.reason: gynaecomastia, metoprolol.choice: increase}"
    given = f"  - {{at: day 14 10:20, done: dose_step, form: {form}}}\n"
    result = decided(given, "  - {by: day 22, end: stopped}\n")
    assert result.passed, [(f.text, f.near) for f in result.failures]

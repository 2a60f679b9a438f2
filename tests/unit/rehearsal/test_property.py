"""Scenarios for any patient: the same lives from the same seed, failures made short, mistakes told at their place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from carepath.rehearsal import report
from carepath.rehearsal.find import Ready, look, prepare
from carepath.rehearsal.runner import Result
from carepath.rehearsal.session import rehearse
from pathways.lang.site_plan import NO_SITE

PATHWAY = Path(__file__).parents[3] / "docs" / "reference" / "steps" / "examples" / "measure.yaml"
HEAD = """\
pathway: example_measure
scenario: whatever
site: none
for_any: {lives: 60, days: 7, seed: 3}
patient: {zone: Europe/Berlin}
start: 2026-03-02 06:00
"""
NEVER_PARTLY = HEAD + "expect:\n  - {never: {step: course.measure_bp, is: partly}}\n"


def ready(folder: Path, text: str) -> tuple[Ready | None, list[Any]]:
    (folder / "measure.yaml").write_bytes(PATHWAY.read_bytes())
    file = folder / "any.yaml"
    file.write_text(text, "utf-8")
    material = look([file])
    ((path, source),) = material.scenario_files
    return prepare(path, source, material, NO_SITE), material.found


def run(folder: Path, text: str) -> Result:
    found, wrong = ready(folder, text)
    assert found is not None, [one.message() for one in wrong]
    return found.run()


def test_the_same_seed_makes_the_same_lives_and_another_seed_others(tmp_path: Path) -> None:
    one, two = run(tmp_path, NEVER_PARTLY), run(tmp_path, NEVER_PARTLY)
    assert one.story == two.story
    assert run(tmp_path, NEVER_PARTLY.replace("seed: 3", "seed: 4")).story != one.story


def test_a_failing_life_is_made_as_short_as_it_goes_and_fails_when_kept(tmp_path: Path) -> None:
    """A measurement is partly done by one reading in the morning, and nothing else is needed for that."""
    result = run(tmp_path, NEVER_PARTLY)
    assert not result.passed
    assert result.story.count("made.") == result.story.count("reading:") == 1
    assert [failure.span.line for failure in result.failures] == [8]
    kept = run_kept(tmp_path, result.story)
    assert [failure.line for failure in kept.failures] == [failure.line for failure in result.failures]


def run_kept(folder: Path, story: str) -> Result:
    assert "for_any" not in story
    return run(folder, story)


def test_what_holds_for_all_passes_and_says_for_how_many(tmp_path: Path) -> None:
    result = run(tmp_path, HEAD + "expect:\n  - {never: {message: any, class: red}}\n")
    assert result.passed
    assert result.lives == 60


def test_lines_at_any_time_move_and_what_is_within_goes_with_them(tmp_path: Path) -> None:
    text = HEAD.replace("seed: 3", "seed: 3, does: []") + (
        "given:\n"
        "  - {at: any time until day 5, id: ill, verb: pause, by: nurse}\n"
        "  - {after: 2 days, id: well, verb: resume, by: nurse}\n"
        "expect:\n"
        "  - {never: {message: any, class: care}, within: 47 h of ill}\n"
        "  - {within: 2 days of well, message: remind_measure}\n"
    )
    result = run(tmp_path, text)
    assert result.passed, (result.failures, result.story)


def test_random_lines_do_not_count_as_covered(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "measure.yaml").write_bytes(PATHWAY.read_bytes())
    (tmp_path / "scenarios" / "any.yaml").write_text(NEVER_PARTLY, "utf-8")
    session = rehearse([tmp_path])
    assert session.coverage == {}
    (told,) = report.as_json(session)["scenarios"]
    assert not told["passed"]
    assert told["story"] == session.results[0].story
    assert told["lives"] == session.results[0].lives


EXPECT = "expect:\n  - {never: {message: any, class: red}}\n"
SOON = "given:\n  - {at: soon, id: ill, verb: pause, by: nurse}\n"
WITHIN = "expect:\n  - {within: 3 h of ill, message: remind_measure}\n"
WRONG = [
    (EXPECT, SOON + WITHIN, "scenario_wrong_value", 8),
    ("lives: 60", "lifes: 20", "scenario_unknown_key", 4),
    ("lives: 60", "lives: 0", "scenario_wrong_value", 4),
    ("days: 7", "days: many", "scenario_wrong_value", 4),
    ("seed: 3", "does: [reading]", "scenario_unknown_name", 4),
    ("seed: 3", "does: reading", "scenario_wrong_value", 4),
    ("seed: 3", "patient: {sex: male}", "scenario_wrong_value", 4),
    ("{lives: 60, days: 7, seed: 3}", "yes", "scenario_wrong_value", 4),
    (EXPECT, "given:\n  - {at: any time until soon, reading: {bp: 128/78 mmHg}}\n" + EXPECT, "scenario_wrong_value", 8),
    (EXPECT, "given:\n  - {at: any time, reading: {bq: 128/78 mmHg}}\n" + EXPECT, "scenario_unknown_name", 8),
    (EXPECT, "expect:\n  - {within: 3 h of ill, message: remind_measure}\n", "scenario_unknown_name", 8),
    (EXPECT, "expect:\n  - {within: soon, message: remind_measure}\n", "scenario_wrong_value", 8),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "line"), WRONG)
def test_a_mistake_is_told_where_it_stands(tmp_path: Path, old: str, new: str, code: str, line: int) -> None:
    text = (HEAD + EXPECT).replace(old, new)
    assert text != HEAD + EXPECT
    found, wrong = ready(tmp_path, text)
    assert found is None
    assert [(one.code, one.span.line) for one in wrong] == [(code, line)]

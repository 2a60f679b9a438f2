"""The 43 workflow patterns: each that is said to pass has a tiny pathway, and a scenario that passes on the decider."""

from pathlib import Path

import pytest

from carepath.rehearsal.runner import run_scenario
from carepath.rehearsal.session import rehearse
from scripts.patterns_page import PATTERNS, Pattern, patterns
from tests.stories import ready_story

ALL = patterns()
PASS = [pattern for pattern in ALL if pattern.how]


@pytest.mark.parametrize("pattern", PASS, ids=lambda p: f"{p.number:02d}-{p.name.lower().replace(' ', '-')}")
def test_pattern(pattern: Pattern) -> None:
    ready = ready_story(pattern.folder)
    result = run_scenario(ready.scenario, ready.plans, ready.site)
    assert result.passed, [(f.line, f.text, f.near) for f in result.failures]


def test_coverage_counts_groups() -> None:
    session = rehearse([PATTERNS / "wcp17"])
    assert [result.passed for result in session.results] == [True] and session.coverage


def test_every_pattern_passes_or_says_why_not() -> None:
    assert [pattern.number for pattern in ALL] == list(range(1, 44))
    assert all(bool(pattern.how) != bool(pattern.why_not) for pattern in ALL)
    assert len(PASS) >= 40
    folders = set(Path(PATTERNS).glob("wcp*"))
    assert folders == {pattern.folder for pattern in PASS}

"""The 43 workflow patterns: each that is said to pass has a tiny pathway, and a scenario that passes on the decider."""

from pathlib import Path

import pytest

from carepath.rehearsal.find import look, prepare
from carepath.rehearsal.runner import run_scenario
from carepath.rehearsal.session import rehearse
from pathways.lang.site_plan import NO_SITE
from scripts.patterns_page import PATTERNS, Pattern, patterns

ALL = patterns()
PASS = [pattern for pattern in ALL if pattern.how]


@pytest.mark.parametrize("pattern", PASS, ids=lambda p: f"{p.number:02d}-{p.name.lower().replace(' ', '-')}")
def test_pattern(pattern: Pattern) -> None:
    material = look([pattern.folder])
    ((path, source),) = material.scenario_files
    ready = prepare(path, source, material, NO_SITE)
    assert ready is not None, [d.message() for d in material.found]
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

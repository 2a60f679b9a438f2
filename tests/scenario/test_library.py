"""Every scenario of the library on the decider, and how much of each pathway they reach."""

from pathlib import Path

import pytest

from carepath.rehearsal.floor import short_of
from carepath.rehearsal.session import rehearse

LIBRARY = Path(__file__).parents[2] / "pathways" / "library"
FEWEST = 8
FEWEST_OF = {"hypertension_home": 24}


@pytest.mark.parametrize("folder", sorted(p.parent for p in LIBRARY.glob("*/pathway.yaml")), ids=lambda p: p.name)
def test_scenarios_pass_and_reach_the_pathway(folder: Path) -> None:
    session = rehearse([folder])
    assert [one.message() for one in session.found] == []
    failed = [(result.scenario.name, result.failures, result.story) for result in session.results if not result.passed]
    assert failed == []
    assert len(session.results) >= FEWEST_OF.get(folder.name, FEWEST)
    assert folder.name in session.floors, "state a floor in scenarios/coverage.yaml"
    assert session.floors[folder.name].of("rules") == 1.0
    assert short_of(session.floors, session.coverage) == []

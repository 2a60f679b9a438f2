"""Every scenario of the library on the decider, and how much of each pathway they reach."""

from pathlib import Path

import pytest

from carepath.rehearsal.find import look, prepare
from carepath.rehearsal.floor import short_of
from carepath.rehearsal.session import rehearse
from pathways.lang.site_plan import NO_SITE

LIBRARY = Path(__file__).parents[2] / "pathways" / "library"
FEWEST = 8


def _scenarios() -> list[Path]:
    return sorted(file for file in LIBRARY.glob("*/scenarios/*.yaml") if file.name != "coverage.yaml")


@pytest.mark.parametrize("file", _scenarios(), ids=lambda file: f"{file.parents[1].name}-{file.stem}")
def test_scenario(file: Path) -> None:
    material = look([file])
    ((path, source),) = material.scenario_files
    ready = prepare(path, source, material, NO_SITE)
    assert ready is not None, [d.message() for d in material.found]
    result = ready.run()
    assert result.passed, [(f.line, f.text, f.near, result.story) for f in result.failures]


@pytest.mark.parametrize("folder", sorted(p.parent for p in LIBRARY.glob("*/pathway.yaml")), ids=lambda p: p.name)
def test_scenarios_reach_the_pathway(folder: Path) -> None:
    session = rehearse([folder])
    assert len(session.results) >= FEWEST
    assert session.found == [] and folder.name in session.floors, "state a floor in scenarios/coverage.yaml"
    assert session.floors[folder.name].of("rules") == 1.0
    assert short_of(session.floors, session.coverage) == []

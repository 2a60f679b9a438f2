"""The recorded answers of a hypertension guide, met by pathways that state its rules.

Cases, recorded answers and plan definitions are those of OHSUCMP/htnu18ig (see `tests/data/htnu18ig/SOURCE.md`).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from carepath.commands.evaluate import app

DATA = Path(__file__).resolve().parents[1] / "data" / "htnu18ig"
PATHWAYS = {path.stem: path for path in sorted((DATA / "pathways").glob("*.yaml"))}
CASES = sorted(path.parent for path in DATA.glob("cases/*/*/bundle.json") if path.parents[1].name in PATHWAYS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_gives_its_recorded_cards(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    pathway = PATHWAYS[case.parent.name]
    arguments = [str(pathway), "--bundle", str(case / "bundle.json"), "--now", expected["now"], "--json"]
    result = CliRunner().invoke(app, [*arguments, "--lang", "en"])
    assert result.exit_code == 0, result.stderr
    cards = json.loads(result.stdout)["cards"]
    assert [(c["summary"], c["indicator"]) for c in cards] == [
        (c["summary"], c["indicator"]) for c in expected["cards"]
    ]


def test_the_cases_are_there() -> None:
    assert len(CASES) == 12

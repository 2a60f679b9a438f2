"""The reference pages of steps: every kind has one, and the example on it does what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from carepath.rehearsal.names import steps_of
from carepath.rehearsal.runner import run_scenario
from pathways.lang.load import load_pathway, pathways_near
from pathways.lang.render_decisions import kind_of
from pathways.lang.spec_steps import STEP_KINDS
from scripts.steps_pages import EXAMPLES, step_models, steps_pages
from tests.stories import ready_story


def test_every_kind_of_step_has_a_page_that_names_every_key() -> None:
    pages = steps_pages()
    for kind, model in step_models().items():
        page = pages[f"steps/{kind}.md"] + pages["steps.md"]
        assert not [key for key in model.known_keys() if f"`{key}`" not in page]


@pytest.mark.parametrize("kind", STEP_KINDS)
def test_the_example_is_of_its_kind_and_has_no_finding(kind: str) -> None:
    file = EXAMPLES / f"{kind}.yaml"
    loaded = load_pathway(file.read_bytes(), file.name, library=pathways_near(file))
    assert [one.message() for one in loaded.diagnostics if one.code != "site_needed"] == []
    assert loaded.plan is not None
    assert kind in {kind_of(step) for step in steps_of(loaded.plan)}


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.scenario.yaml")), ids=lambda file: file.name.partition(".")[0])
def test_what_comes_of_the_example(file: Path) -> None:
    ready = ready_story(file)
    assert len(ready.scenario.expect) >= 2
    result = run_scenario(ready.scenario, ready.plans, ready.site)
    assert result.passed, [(f.line, f.text, f.near) for f in result.failures]

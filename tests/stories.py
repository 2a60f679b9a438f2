"""Stories run by tests: a scenario as text over given plans, or the one at a path as `carepath test` finds it."""

from __future__ import annotations

from pathlib import Path

from carepath.rehearsal.find import Ready, look, prepare
from carepath.rehearsal.runner import Result, run_scenario
from carepath.rehearsal.scenario import read_scenario
from pathways.lang.plan import Plan
from pathways.lang.site_plan import NO_SITE, Site
from pathways.lang.source import read_source


def run_story(text: str | bytes, *plans: Plan, site: Site = NO_SITE) -> Result:
    """What came of a scenario, whole with its head; one that cannot be read fails the test."""
    by_id = {plan.id: plan for plan in plans}
    source, problems = read_source(text, "s.yaml")
    scenario, found = read_scenario(source, by_id, site.zone)
    assert scenario is not None and not problems, [d.message() for d in (*problems, *found)]
    return run_scenario(scenario, by_id, site)


def ready_story(path: Path) -> Ready:
    """The only scenario at a path, with all it needs, at no site; one that cannot be read fails the test."""
    material = look([path])
    ((file, source),) = material.scenario_files
    ready = prepare(file, source, material, NO_SITE)
    assert ready is not None, [d.message() for d in material.found]
    return ready

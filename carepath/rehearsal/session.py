"""A whole run of `carepath test`: find, read, run, add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from carepath.rehearsal.coverage import Coverage
from carepath.rehearsal.find import Material, Ready, look, plan_at, prepare, site_at
from carepath.rehearsal.floor import Floor, read_floor
from carepath.rehearsal.runner import Result
from pathways.lang.diagnostics import Diagnostic, in_order
from pathways.lang.site_plan import NO_SITE
from pathways.lang.source import Source


@dataclass(slots=True)
class Session:
    """What came of it. ``found``: what is wrong with the files; nothing wrong file is run."""

    results: list[Result] = field(default_factory=list)
    coverage: dict[str, Coverage] = field(default_factory=dict)
    floors: dict[str, Floor] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)
    sources: dict[str, Source] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every file is right and every scenario passed."""
        return not self.found and all(result.passed for result in self.results)


def rehearse(paths: Iterable[Path], site: Path | None = None) -> Session:
    """Run the scenarios under ``paths``.

    Args:
        paths: pathway files, scenario files, or folders of them.
        site: the site of scenarios that state none; None: no site.
    """
    material = look(paths)
    session = Session(sources=material.sources)
    default = NO_SITE if site is None else site_at(site, material)
    if default is not None:
        for file in material.pathway_files:
            plan_at(file, default, material)
        ready = [prepare(file, source, material, default) for file, source in material.scenario_files]
        for one in ready:
            if one is not None:
                _run(session, one)
        _floors(session, material)
    by_file: dict[str, list[Diagnostic]] = {}
    for diagnostic in material.found:
        by_file.setdefault(diagnostic.file, []).append(diagnostic)
    session.found = [d for found in by_file.values() for d in in_order(found)]
    return session


def _floors(session: Session, material: Material) -> None:
    """The floors stated beside the scenarios, of the pathways that were run."""
    plans = {plan.id: plan for plan in material.plans.values()}
    for source in material.floor_files:
        floor, found = read_floor(source, plans)
        material.found += found
        if floor is not None:
            session.floors[floor.pathway] = floor


def _run(session: Session, ready: Ready) -> None:
    result = ready.run()
    session.results.append(result)
    if ready.asked is not None:
        return  # what random lines happen to reach, nobody expects anything of
    for name, plan in ready.plans.items():
        coverage = session.coverage.setdefault(name, Coverage(plan))
        coverage.used.add(result.seen.used[name])
        coverage.used.messages |= {h.name for h in result.ledger.happenings
                                   if h.kind == "message" and h.words["is"] == "sent"}  # fmt: skip

"""Finds and loads pathways, sites and scenarios: what a PATH of the command line means.

A PATH is a pathway file, a scenario file, or a folder of them. A scenario's pathway is looked for among the
given ones, then in the scenario's folder and the one above it, then in the library.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carepath.rehearsal.findings import Finding
from carepath.rehearsal.floor import is_floor
from carepath.rehearsal.model import Scenario
from carepath.rehearsal.page import listed
from carepath.rehearsal.property import Property, is_property, read_property, run_property
from carepath.rehearsal.runner import Result, run_scenario
from carepath.rehearsal.scenario import pathways_named, read_scenario
from pathways.lang.diagnostics import Diagnostic, did_you_mean, has_errors
from pathways.lang.load import load_pathway, load_site, pathways_near
from pathways.lang.plan import Plan
from pathways.lang.site_plan import NO_SITE, Site
from pathways.lang.source import Source, read_source

Json = Any
NO_SITE_NAME = "none"


def app_folder() -> Path:
    """The folder that holds ``pathways`` (the checkout, or the inside of the wheel)."""
    import pathways

    return Path(next(iter(pathways.__path__))).parent


@dataclass(slots=True)
class Material:
    """What was found. ``plans`` by id with their files; ``scenarios`` are files that say ``scenario``."""

    pathway_files: list[Path] = field(default_factory=list)
    scenario_files: list[tuple[Path, Source]] = field(default_factory=list)
    floor_files: list[Source] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)
    plans: dict[tuple[str, str], Plan] = field(default_factory=dict)
    sites: dict[str, Site | None] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    bad: set[Path] = field(default_factory=set)


def look(paths: Iterable[Path], *, scenarios: bool = True) -> Material:
    """Sort the files under ``paths`` into pathways and scenarios; a file that is neither is passed over.

    Without ``scenarios`` the folders of that name are not looked into.
    """
    material = Material()
    for path in paths:
        if path.is_dir():
            for file in sorted(path.rglob("*.yaml")):
                if scenarios or file.parent.name != "scenarios":
                    _sort(material, file)
        elif path.is_file():
            before = len(material.scenario_files)
            _sort(material, path)
            beside = path.parent / "scenarios"
            if scenarios and len(material.scenario_files) == before and beside.is_dir():
                for file in sorted(beside.rglob("*.yaml")):
                    _sort(material, file)
        else:
            material.missing.append(path)
    return material


def _sort(material: Material, file: Path) -> None:
    source, problems = read_source(file.read_bytes(), str(file))
    value = source.value
    material.sources[str(file)] = source
    if isinstance(value, dict) and "scenario" in value:
        material.scenario_files.append((file, source))
    elif is_floor(value) and not problems:
        material.floor_files.append(source)
    elif isinstance(value, dict) and "carepath" in value:
        material.pathway_files.append(file)
    elif problems and file.parent.name == "scenarios":
        material.found += problems
        material.bad.add(file)
    elif problems:
        material.pathway_files.append(file)


# --------------------------------------------------------------------------- sites


def site_files() -> dict[str, Path]:
    """The sites that ship with the project, by id."""
    return {file.stem: file for file in sorted((app_folder() / "pathways" / "sites").glob("*.yaml"))}


def site_at(file: Path, material: Material) -> Site | None:
    """The compiled site of a file; None when it is wrong (its diagnostics are noted)."""
    key = str(file)
    if key not in material.sites:
        loaded = load_site(file.read_bytes(), key)
        material.sources[key] = loaded.source
        material.found += [d for d in loaded.diagnostics if d.severity == "error"]
        material.sites[key] = None if has_errors(loaded.diagnostics) else loaded.site
    return material.sites[key]


def _site_of(source: Source, material: Material, default: Site) -> Site | None:
    """The site that a scenario states, else ``default``."""
    name = source.value.get("site")
    if name is None:
        return default
    if name == NO_SITE_NAME:
        return NO_SITE
    known = site_files()
    near = Path(source.file).parent / str(name)
    file = known.get(str(name)) or (near if near.is_file() else None)
    if file is None:
        params = {"name": str(name), "known": listed(known), "suggestion": did_you_mean(str(name), known)}
        material.found.append(Finding("scenario_no_site", source.span(("site",)), params, source.file))
        return None
    return site_at(file, material)


# --------------------------------------------------------------------------- pathways


def plan_at(file: Path, site: Site, material: Material) -> Plan | None:
    """The compiled plan of a file for a site; None when it is wrong (its diagnostics are noted once)."""
    key = (str(file), site.sha256 or site.id)
    if key in material.plans:
        return material.plans[key]
    if file in material.bad:
        return None
    loaded = load_pathway(file.read_bytes(), str(file), None if site is NO_SITE else site, pathways_near(file))
    material.sources[str(file)] = loaded.source
    if loaded.plan is None or has_errors(loaded.diagnostics):
        material.found += [d for d in loaded.diagnostics if d.severity == "error"]
        material.bad.add(file)
        return None
    material.plans[key] = loaded.plan
    return loaded.plan


def _id_of(file: Path, material: Material) -> str:
    """The id a pathway file states; each file is read once in a run."""
    key = str(file)
    if key not in material.ids:
        known = material.sources.get(key)
        source = known if known is not None else read_source(file.read_bytes(), key)[0]
        material.ids[key] = str(source.value.get("id", "")) if isinstance(source.value, dict) else ""
    return material.ids[key]


def _pathway_files(source: Source, material: Material) -> dict[str, Path]:
    """Pathway files a scenario may mean, by id: the given ones, those near it, the library."""
    here = Path(source.file).resolve().parent
    library = app_folder() / "pathways" / "library"
    near = [f for folder in (here, here.parent) for f in sorted(folder.glob("*.yaml"))]
    files = [*material.pathway_files, *near, *sorted(library.glob("*/pathway.yaml"))]
    wanted = set(pathways_named(source.value))
    out: dict[str, Path] = {}
    for file in files:
        id = _id_of(file, material)
        if id and id not in out:
            out[id] = file
        if wanted <= set(out):
            break
    return out


@dataclass(frozen=True, slots=True)
class Ready:
    """A scenario that can be run; ``asked``: it is one for any patient, and ``scenario`` its first life."""

    scenario: Scenario
    plans: dict[str, Plan]
    site: Site
    asked: Property | None = None

    def run(self) -> Result:
        """Run it."""
        if self.asked is not None:
            return run_property(self.asked, self.plans, self.site)
        return run_scenario(self.scenario, self.plans, self.site)


def prepare(file: Path, source: Source, material: Material, default: Site) -> Ready | None:
    """Load what a scenario needs and read it; None when anything is wrong (noted)."""
    site = _site_of(source, material, default)
    if site is None:
        return None
    files = _pathway_files(source, material)
    plans: dict[str, Plan] = {}
    for id in pathways_named(source.value):
        if id not in files:
            where = ("pathways",) if "pathways" in source.value else ("pathway",)
            params = {"name": id, "known": listed(files), "suggestion": did_you_mean(id, files)}
            material.found.append(Finding("scenario_no_pathway", source.span(where), params, str(file)))
            continue
        plan = plan_at(files[id], site, material)
        if plan is not None:
            plans[id] = plan
    if len(plans) < len(pathways_named(source.value)):
        return None
    if is_property(source.value):
        asked, found = read_property(source, plans, site.zone)
        material.found += found
        return None if asked is None else Ready(asked.first, plans, site, asked)
    scenario, found = read_scenario(source, plans, site.zone)
    material.found += found
    return None if scenario is None else Ready(scenario, plans, site)

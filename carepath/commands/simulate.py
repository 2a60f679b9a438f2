"""`carepath simulate`: looks after a made-up population in virtual time."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from carepath.commands.check import JsonOption, LanguageOption, PathsArgument, SiteOption, chosen_language
from carepath.places import site_of
from worker.problems import WRONG_INPUT, Problem

if TYPE_CHECKING:
    from carepath.rehearsal.behaviour import Behaviour
    from pathways.lang.plan import Plan
    from pathways.lang.site_plan import Site

app = typer.Typer(add_completion=False)


@app.command()
def simulate(
    paths: PathsArgument,
    patients: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many patients.")] = 100,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days each is looked after.")] = 180,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    site: SiteOption = None,
    behaviour: Annotated[Path | None, typer.Option(help="How patients, staff and partners behave.")] = None,
    processes: Annotated[int, typer.Option(min=0, help="Processes; 0: as many as cores.")] = 0,
    json_: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Simulate a population and print contacts, alarms, tasks, missed deadlines and what it costs on Temporal.

    Every patient joins every pathway of PATHS.
    """
    from rich.console import Console

    from carepath.rehearsal import forecast
    from carepath.rehearsal.figures import Population
    from carepath.rehearsal.figures import as_json as figures_of

    plans, place = _read(paths, site_of(site), lang, as_json=json_)
    habits = _habits(behaviour)
    counts = _run(plans, place, habits, patients, days, seed, processes or os.cpu_count() or 1)
    names = tuple(f"{plan.id} {plan.version}" for plan in plans)
    figures = figures_of(Population(names, place.id, habits.id, patients, days, seed), counts)
    if json_:
        sys.stdout.write(json.dumps(figures, ensure_ascii=False, sort_keys=True) + "\n")
    else:
        forecast.show(Console(highlight=False), figures)


def _read(paths: list[Path], site: Path | None, lang: str | None, *, as_json: bool) -> tuple[list[Plan], Site]:
    from carepath.rehearsal.find import look, plan_at, site_at
    from pathways.lang.render import as_json as findings_as_json
    from pathways.lang.render import as_text
    from pathways.lang.site_plan import NO_SITE

    language = chosen_language(lang)
    material = look(paths, scenarios=False)
    place = NO_SITE if site is None else site_at(site, material)
    plans = [plan_at(one, place, material) for one in material.pathway_files] if place is not None else []
    if material.found or place is None:
        sys.stderr.write(as_text(material.found, material.sources, language) + "\n")
        if as_json:
            sys.stdout.write(json.dumps(findings_as_json(material.found, language), ensure_ascii=False) + "\n")
        raise typer.Exit(WRONG_INPUT)
    known = [plan for plan in plans if plan is not None]
    if not known:
        raise Problem("E-NO-PATHWAY")
    return known, place


def _habits(file: Path | None) -> Behaviour:
    from carepath.rehearsal.behaviour import BehaviourError, load_behaviour

    try:
        return load_behaviour(file)
    except BehaviourError as error:
        raise Problem("E-BEHAVIOUR", reason=str(error)) from error


def _run(
    plans: list[Plan], site: Site, habits: Behaviour, patients: int, days: int, seed: int, processes: int
) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from carepath.rehearsal.population import simulate as run
    from carepath.rehearsal.population import world_of

    people = Console(stderr=True)
    columns = (TextColumn("patients"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=people, transient=True, disable=not people.is_terminal) as progress:
        bar = progress.add_task("patients", total=patients)
        world = world_of(plans, site, habits, days, seed)
        return run(world, patients, processes, lambda done: progress.advance(bar, done))

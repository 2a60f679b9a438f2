"""`carepath simulate`: looks after a made-up population in virtual time."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def simulate(
    paths: Annotated[list[Path], typer.Argument(help="Pathway files, or folders of them; all enrol every patient.")],
    patients: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many patients.")] = 100,
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days each is looked after.")] = 180,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    site: Annotated[Path | None, typer.Option(help="Site (else CAREPATH_SITE, else no site).")] = None,
    behaviour: Annotated[Path | None, typer.Option(help="How patients, staff and partners behave.")] = None,
    processes: Annotated[int, typer.Option(min=0, help="Processes; 0: as many as cores.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Simulate a population and print contacts, alarms, tasks, missed deadlines and cost."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from carepath.rehearsal import forecast
    from carepath.rehearsal.behaviour import BehaviourError, load_behaviour
    from carepath.rehearsal.figures import Population
    from carepath.rehearsal.figures import as_json as figures_of
    from carepath.rehearsal.find import look, plan_at, site_at
    from carepath.rehearsal.population import simulate as run
    from carepath.rehearsal.population import world_of
    from pathways.lang.render import as_text
    from pathways.lang.site_plan import NO_SITE
    from worker.settings import load_settings

    material = look(paths, scenarios=False)
    for path in material.missing:
        sys.stderr.write(f"error E-FILE: {path} is not there; give a pathway or a folder of them\n")
    if material.missing:
        raise typer.Exit(2)
    file = site or load_settings().site
    place = NO_SITE if file is None else site_at(file, material)
    plans = [plan_at(one, place, material) for one in material.pathway_files] if place is not None else []
    if material.found or place is None:
        sys.stderr.write(as_text(material.found, {}) + "\n")
        raise typer.Exit(1)
    known = [plan for plan in plans if plan is not None]
    if not known:
        sys.stderr.write("error E-NO-PATHWAY: no pathway was found there\n")
        raise typer.Exit(1)
    try:
        habits = load_behaviour(behaviour)
    except BehaviourError as error:
        sys.stderr.write(f"error E-BEHAVIOUR: {error}\n")
        raise typer.Exit(1) from error
    people = Console(stderr=True, highlight=False)
    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=people, transient=True, disable=not people.is_terminal) as progress:
        bar = progress.add_task("patients", total=patients)
        world = world_of(known, place, habits, days, seed)
        counts = run(world, patients, processes or os.cpu_count() or 1, lambda done: progress.advance(bar, done))
    population = Population(
        tuple(f"{plan.id} {plan.version}" for plan in known), place.id, habits.id, patients, days, seed
    )
    figures = figures_of(population, counts)
    if as_json:
        sys.stdout.write(json.dumps(figures, ensure_ascii=False, sort_keys=True) + "\n")
    else:
        forecast.show(Console(highlight=False), figures)

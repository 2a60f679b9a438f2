"""`carepath expand`: the occurrences of a pathway if all goes to plan."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from carepath.commands.check import JsonOption, PathArgument, SiteOption
from carepath.expansion.asked import instant_of, is_zone
from carepath.places import site_of
from worker.problems import WRONG_INPUT, Problem, language_of

if TYPE_CHECKING:
    from pathways.lang.load import Loaded
    from pathways.lang.site_plan import Site

app = typer.Typer(add_completion=False)
Json = Any
_MOST_DAYS = 36_525


def zone_argument(name: str) -> str:
    """An IANA zone name. Raises typer.BadParameter."""
    if not is_zone(name):
        raise typer.BadParameter(f"{name} is not an IANA zone such as Asia/Shanghai", param_hint="--zone")
    return name


def instant_argument(text: str, zone: str, *, option: str, example: str) -> datetime:
    """A local time of the zone (ISO 8601; an offset wins; a date is its first moment) as an instant.

    Raises typer.BadParameter, which names the option and gives the example.
    """
    found = instant_of(text, zone)
    if found is None:
        raise typer.BadParameter(f"{text} is not an ISO 8601 date or time such as {example}", param_hint=option)
    return found


@app.command()
def expand(
    path: PathArgument,
    start: Annotated[str, typer.Option(help="Enrolment, a local time of the zone (ISO 8601).", show_default=False)],
    zone: Annotated[str, typer.Option(help="The patient's IANA zone.", show_default=False)],
    days: Annotated[int, typer.Option(min=1, max=_MOST_DAYS, help="How many local days.", show_default=False)],
    facts: Annotated[str | None, typer.Option(help="Facts of the patient: JSON or @file.")] = None,
    profile: Annotated[str | None, typer.Option(help="The profile of the parameters (default: the site's).")] = None,
    site: SiteOption = None,
    json_: JsonOption = False,
) -> None:
    """List what a pathway plans in [start, start + days), every occurrence taken as done at its due instant.

    PATH may be a questionnaire protocol (.json) too: its tasks are listed by its own rules.
    """
    from carepath.calling import json_argument
    from carepath.expansion.output import write_json, write_lines
    from pathways.decide.calendar_zone import add_to_instant

    zone = zone_argument(zone)
    begin = instant_argument(start, zone, option="--start", example="2026-03-02T08:00")
    given = json_argument("--facts", facts)
    end = add_to_instant(begin, days, "day", zone)
    if path.suffix == ".json":
        if site is not None:
            raise typer.BadParameter("a questionnaire protocol knows no site", param_hint="--site")
        found = _protocol(path, _Asked(begin, end, zone, given, profile))
    else:
        place = site_at(site_of(site))
        found = _of_pathways(pathways_of(path, place, json_), place, _Asked(begin, end, zone, given, profile))
    if json_:
        write_json(found.rows, sys.stdout)
    else:
        write_lines(found.rows, found.wide, language_of(os.environ), sys.stdout)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The options: from when to when (UTC), the zone, the facts and the profile as given."""

    begin: datetime
    end: datetime
    zone: str
    facts: dict[str, Json]
    profile: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    """Rows that are made while they are written, and the length of the longest name in them."""

    rows: Iterator[dict[str, Json]]
    wide: int


def _of_pathways(loaded: list[Loaded], place: Site | None, asked: _Asked) -> _Found:
    """The rows of every pathway, one after another. Raises typer.BadParameter before the first row."""
    from carepath.expansion.facts import FactsRefusedError, read_facts
    from carepath.expansion.output import row_of
    from carepath.expansion.walk import Expansion
    from pathways.lang.site_plan import NO_SITE

    walks: list[Expansion] = []
    for one in loaded:
        plan = one.plan
        assert plan is not None
        if asked.profile is not None and asked.profile not in plan.profiles:
            known = ", ".join(plan.profiles) or "none"
            message = f"{asked.profile} is not a profile of {plan.id}: {known}"
            raise typer.BadParameter(message, param_hint="--profile")
        try:
            facts = read_facts(plan, asked.facts)
        except FactsRefusedError as error:
            raise typer.BadParameter(str(error), param_hint="--facts") from error
        walks.append(Expansion(plan, place or NO_SITE, facts, asked.zone, asked.begin, asked.end, asked.profile))

    def rows() -> Iterator[dict[str, Json]]:
        for walk in walks:
            more = {"pathway": walk.plan.id} if len(walks) > 1 else {}
            for planned in walk.run():
                yield {**more, **row_of(planned, asked.zone)}

    return _Found(rows(), max((len(path) for walk in walks for path in walk.paths()), default=0))


def _protocol(path: Path, asked: _Asked) -> _Found:
    """The rows of a questionnaire protocol. Raises typer.BadParameter or typer.Exit before the first row."""
    from carepath.expansion import protocol
    from carepath.expansion.facts import FactsRefusedError
    from pathways.timing.protocols import ProtocolRefusedError

    if asked.profile is not None:
        raise typer.BadParameter("a questionnaire protocol has no profiles", param_hint="--profile")
    try:
        visit = protocol.visit_of(asked.facts, asked.zone)
    except FactsRefusedError as error:
        raise typer.BadParameter(str(error), param_hint="--facts") from error
    try:
        found = protocol.protocol_file(path)
    except ProtocolRefusedError as error:
        raise Problem("E-PROTOCOL", file=str(path), reason=str(error)) from error
    rows = protocol.rows(found, protocol.Asked(asked.begin, asked.end, asked.zone, visit))
    return _Found(rows, max((len(one.name) for one in found.questionnaires), default=0))


def site_at(path: Path | None) -> Site | None:
    """The site of a file; no file is no site."""
    if path is None:
        return None
    from worker.site import site_from

    return site_from(path)


def pathways_of(path: Path, site: Site | None, as_json: bool) -> list[Loaded]:
    """The pathways of a path, all free of errors; what is wrong is printed and ends the command."""
    from pathways.lang.load import load_folder
    from pathways.lang.render import as_json as findings_as_json
    from pathways.lang.render import as_text

    loaded = load_folder(path, site)
    if not loaded:
        raise typer.BadParameter("there is no pathway in it", param_hint="PATH")
    found = [finding for one in loaded for finding in one.diagnostics]
    if any(one.plan is None for one in loaded):
        language = language_of(os.environ)
        sources = {one.source.file: one.source for one in loaded}
        sys.stderr.write(as_text(found, sources, language) + "\n")
        if as_json:
            sys.stdout.write(json.dumps(findings_as_json(found, language), ensure_ascii=False) + "\n")
        raise typer.Exit(WRONG_INPUT)
    return loaded

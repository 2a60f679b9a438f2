"""`carepath expand`: the occurrences of a pathway if all goes to plan."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

import typer

from carepath.commands.check import JsonOption, PathArgument, SiteOption
from carepath.places import site_of
from worker.problems import WRONG_INPUT, language_of

if TYPE_CHECKING:
    from carepath.expansion.walk import Planned
    from pathways.lang.load import Loaded
    from pathways.lang.site_plan import Site

app = typer.Typer(add_completion=False)
Json = Any
_MOST_DAYS = 36_525


def zone_argument(name: str) -> str:
    """An IANA zone name. Raises typer.BadParameter."""
    if name not in available_timezones():
        raise typer.BadParameter(f"{name} is not an IANA zone such as Asia/Shanghai", param_hint="--zone")
    return name


def start_argument(text: str, zone: str) -> datetime:
    """A local time of the zone (ISO 8601; an offset wins) as an instant. Raises typer.BadParameter."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        message = f"{text} is not an ISO 8601 date or time such as 2026-03-02T08:00"
        raise typer.BadParameter(message, param_hint="--start") from error
    return (found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


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
    """List what a pathway plans in [start, start + days), every occurrence taken as done at its due instant."""
    from carepath.calling import json_argument
    from carepath.expansion.facts import FactsRefusedError, read_facts
    from carepath.expansion.walk import Expansion
    from pathways.decide.calendar_zone import add_to_instant
    from pathways.lang.site_plan import NO_SITE

    zone = zone_argument(zone)
    begin = start_argument(start, zone)
    given = json_argument("--facts", facts)
    place = _site(site_of(site))
    loaded = _pathways(path, place, json_)
    rows: list[dict[str, Json]] = []
    for one in loaded:
        plan = one.plan
        assert plan is not None
        if profile is not None and profile not in plan.profiles:
            known = ", ".join(plan.profiles) or "none"
            raise typer.BadParameter(f"{profile} is not a profile of {plan.id}: {known}", param_hint="--profile")
        try:
            known_facts = read_facts(plan, given)
        except FactsRefusedError as error:
            raise typer.BadParameter(str(error), param_hint="--facts") from error
        end = add_to_instant(begin, days, "day", zone)
        walk = Expansion(plan, place or NO_SITE, known_facts, zone, begin, end, profile)
        more = {"pathway": plan.id} if len(loaded) > 1 else {}
        rows += [{**more, **_row(planned, zone)} for planned in walk.run()]
    if json_:
        sys.stdout.write(json.dumps({"occurrences": rows}, ensure_ascii=False) + "\n")
    else:
        _show(rows)


def _site(path: Path | None) -> Site | None:
    if path is None:
        return None
    from worker.site import site_from

    return site_from(path)


def _pathways(path: Path, site: Site | None, as_json: bool) -> list[Loaded]:
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


def _row(planned: Planned, zone: str) -> dict[str, Json]:
    """One occurrence as JSON: instants in UTC and in local time."""
    return {
        "step": planned.step,
        "number": planned.number,
        "opens": _instant(planned.opens, zone),
        "due": _instant(planned.due, zone),
        "late": _instant(planned.late, zone),
        "missed": _instant(planned.missed, zone),
    }


def _instant(at: datetime | None, zone: str) -> dict[str, str] | None:
    if at is None:
        return None
    utc = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"utc": utc, "local": at.astimezone(ZoneInfo(zone)).isoformat()}


def _show(rows: list[dict[str, Json]]) -> None:
    """Lines for people, local times."""
    chinese = language_of(os.environ) == "zh"
    heads = (
        ("步骤", "序号", "开放", "到期", "迟", "漏") if chinese else ("step", "no.", "opens", "due", "late", "missed")
    )
    wide = max([len(str(row["step"])) for row in rows] + [4])
    lines = [f"{heads[0]:<{wide}} {heads[1]:>4}  " + "  ".join(f"{head:<16}" for head in heads[2:])]
    for row in rows:
        times = "  ".join(f"{_short(row[key]):<16}" for key in ("opens", "due", "late", "missed"))
        lines.append(f"{row['step']:<{wide}} {row['number']:>4}  {times}")
    sys.stdout.write("".join(line.rstrip() + "\n" for line in lines))


def _short(at: dict[str, str] | None) -> str:
    return "" if at is None else at["local"][:16].replace("T", " ")

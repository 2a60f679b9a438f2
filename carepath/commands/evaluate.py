"""`carepath evaluate`: the rules of a pathway over one patient's FHIR bundle, at a stated time."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from carepath.calling import json_argument
from carepath.commands.check import LanguageOption, PathArgument, SiteOption, bytes_of, chosen_language
from carepath.commands.expand import instant_argument, pathways_of, site_at, zone_argument
from carepath.places import site_of
from worker.problems import Language, Problem

if TYPE_CHECKING:
    from carepath.evaluation.cards import Evaluated
    from pathways.fhir.record import PatientRecord
    from pathways.lang.plan import Plan
    from pathways.lang.site_plan import Site

app = typer.Typer(add_completion=False)
Json = Any


@app.command()
def evaluate(
    path: PathArgument,
    bundle: Annotated[
        Path, typer.Option(exists=True, dir_okay=False, help="A FHIR R4 Bundle of one patient.", show_default=False)
    ],
    now: Annotated[str, typer.Option(help="The time it is taken to be (ISO 8601).", show_default=False)],
    zone: Annotated[str, typer.Option(help="The patient's IANA zone.")] = "UTC",
    facts: Annotated[str | None, typer.Option(help="Facts that win over the bundle's: JSON or @file.")] = None,
    profile: Annotated[str | None, typer.Option(help="The profile of the parameters (default: the site's).")] = None,
    site: SiteOption = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
    lang: LanguageOption = None,
) -> None:
    """Judge the rules of a pathway over one patient's FHIR bundle; nothing is stored. One card for each that speaks."""
    from carepath.evaluation.cards import evaluate as judge
    from carepath.expansion.facts import FactsRefusedError
    from pathways.fhir.sources import SourceError
    from pathways.lang.site_plan import NO_SITE

    language = chosen_language(lang)
    zone = zone_argument(zone)
    at = instant_argument(now, zone, option="--now", example="2023-11-21")
    given = json_argument("--facts", facts)
    place = site_at(site_of(site))
    loaded = pathways_of(path, place, json_)
    record = record_of(bundle, at, zone)
    found: list[Evaluated] = []
    for one in loaded:
        assert one.plan is not None
        where = _with_profile(place or NO_SITE, one.plan, profile)
        try:
            found.append(judge(one.plan, where, record, zone, at, given))
        except FactsRefusedError as error:
            raise typer.BadParameter(str(error), param_hint="--facts") from error
        except SourceError as error:
            raise Problem("E-FACT-SOURCE", pathway=one.plan.id, reason=str(error)) from error
    if json_:
        sys.stdout.write(json.dumps(_as_json(found, record, language), ensure_ascii=False) + "\n")
        _show(found, record, language, sys.stderr)
    else:
        _show(found, record, language, sys.stdout)


def record_of(file: Path, now: datetime, zone: str) -> PatientRecord:
    """The record of a Bundle as it was known at ``now``. Raises Problem for what is no Bundle of one patient."""
    from activities.devices.documents import read_json
    from activities.intake.refusals import Refusal
    from pathways.fhir.record import NotARecordError, read_record
    from pathways.lang.catalogue import catalogue

    document = read_json(bytes_of(file))
    if isinstance(document, Refusal):
        raise Problem("E-BUNDLE", file=str(file), reason=document.en)
    try:
        return read_record(document, catalogue().measures, now, ZoneInfo(zone))
    except NotARecordError as error:
        raise Problem("E-BUNDLE", file=str(file), reason=str(error)) from error


def _with_profile(site: Site, plan: Plan, profile: str | None) -> Site:
    if profile is None:
        return site
    if profile not in plan.profiles:
        known = ", ".join(plan.profiles) or "none"
        raise typer.BadParameter(f"{profile} is not a profile of {plan.id}: {known}", param_hint="--profile")
    return site.model_copy(update={"profile": profile})


def _as_json(found: list[Evaluated], record: PatientRecord, language: Language) -> dict[str, Json]:
    several = len(found) > 1
    cards = [
        {
            **({"pathway": one.plan.id} if several else {}),
            **card.to_json(language, one.plan.title.in_language(language)),
        }
        for one in found
        for card in one.cards
    ]
    return {
        "cards": cards,
        "pathways": [
            {"id": one.plan.id, "eligible": one.eligible, "held_back": list(one.held_back), "facts": list(one.facts)}
            for one in found
        ],
        "readings": len(record.readings),
        "left_out": [{"path": left.path, "why": left.why} for left in record.left_out],
    }


def _show(found: list[Evaluated], record: PatientRecord, language: Language, to: Any) -> None:
    zh = language == "zh"
    for one in found:
        for card in one.cards:
            to.write(f"{card.indicator}: {card.summary.in_language(language)} ({card.rule})\n")
            to.writelines(f"    {line}\n" for line in card.why.in_language(language).splitlines())
        if not one.cards:
            nothing = "没有需要提示的内容" if zh else "nothing to say"
            to.write(f"{one.plan.title.in_language(language)}: {nothing}\n")
    for left in record.left_out:
        to.write(f"{'未采用' if zh else 'left out'}: {left.path}: {left.why}\n")

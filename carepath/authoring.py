"""What a model (or any other program) that helps an author may ask: read-only, by text or by name, answers as data.

Nothing here writes, opens a connection or touches a patient: a pathway comes in as its text, or as the name of one that
is in the folder of pathways, and what is wrong with it comes back as findings, never as an exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, Literal

from carepath.expansion.asked import instant_of, is_zone
from pathways.lang.diagnostics import Diagnostic, Language
from pathways.lang.library import Library
from pathways.lang.load import load_any, load_pathway, load_site, pathways_near
from pathways.lang.plan import Plan
from pathways.lang.render import as_json
from pathways.lang.schema import schema_of
from pathways.lang.site_plan import NO_SITE, Site
from pathways.lang.source import read_source
from worker.settings import load_settings

Json = Any
Answer = dict[str, Any]
TEXT_NAME: Final = "pathway.yaml"
MOST_ROWS: Final = 500
"""Occurrences in one answer; a longer list says that it was cut."""
MOST_PATIENTS: Final = 200
MOST_DAYS: Final = 366


class AskedWronglyError(ValueError):
    """A question that cannot be answered as it was asked; the message says what to give instead."""


def list_pathways() -> Answer:
    """Every pathway that is known by name: its id, version, titles, phases and the file of its text."""
    found = []
    for name, file in _named().items():
        value = read_source(file.read_bytes(), file.name)[0].value
        found.append(
            {
                "name": name,
                "id": value.get("id"),
                "version": value.get("version"),
                "title": value.get("title"),
                "phases": list(value.get("phases") or {}),
            }
        )
    return {"pathways": found, "sites": sorted(_sites())}


def read_pathway(name: str) -> Answer:
    """The text of a pathway that is known by name. Raises AskedWronglyError."""
    known = _named()
    if name not in known:
        raise AskedWronglyError(f"there is no pathway {name!r}; known are {', '.join(known) or 'none'}")
    return {"name": name, "text": known[name].read_text(encoding="utf-8")}


def schema(kind: Literal["pathway", "site"] = "pathway") -> Answer:
    """The JSON Schema of a kind of document, with a description for each key."""
    return dict(schema_of(kind))


def check(text: str, site: str | None = None, language: Language = "en") -> Answer:
    """What ``carepath check`` says of the text of a pathway or of a site: findings in order, and whether it compiles.

    Args:
        text: the whole document.
        site: the name of a site that ships with carepath, against which the pathway is checked too.
        language: of messages and hints.
    """
    return _told(load_any(text, TEXT_NAME, _site(site), _library()).diagnostics, language)


def explain(text: str, site: str | None = None, language: Language = "en") -> Answer:
    """The page of a pathway in people's words, as ``carepath plan`` prints it: every phrase spelled out."""
    from pathways.lang.render_plan import plan_page

    plan, told = _compiled(text, _site(site), language)
    return told if plan is None else {**told, "page": plan_page(plan, language, None)}


def expand(
    text: str, start: str, zone: str, days: int = 28, site: str | None = None, facts: Mapping[str, Json] | None = None
) -> Answer:
    """What the pathway plans if all goes to plan, as ``carepath expand``: at most ``MOST_ROWS`` occurrences.

    Args:
        text: the pathway.
        start: the enrolment, a local time of ``zone`` (ISO 8601).
        zone: the patient's IANA zone.
        days: how many local days.
        site: the name of a site that ships with carepath.
        facts: what is known of the patient, as ``carepath expand --facts`` takes it.

    Raises AskedWronglyError.
    """
    from carepath.expansion.facts import FactsRefusedError, read_facts
    from carepath.expansion.output import row_of
    from carepath.expansion.walk import Expansion
    from pathways.decide.calendar_zone import add_to_instant

    if not is_zone(zone):
        raise AskedWronglyError(f"{zone!r} is not an IANA zone such as Asia/Shanghai")
    begin = instant_of(start, zone)
    if begin is None:
        raise AskedWronglyError(f"{start!r} is not an ISO 8601 date or time such as 2026-03-02T08:00")
    place = _site(site)
    plan, told = _compiled(text, place, "en")
    if plan is None:
        return told
    try:
        known = read_facts(plan, dict(facts or {}))
    except FactsRefusedError as error:
        raise AskedWronglyError(str(error)) from error
    end = add_to_instant(begin, _within(days, MOST_DAYS, "days"), "day", zone)
    walk = Expansion(plan, place or NO_SITE, known, zone, begin, end, None)
    rows = [row_of(one, zone) for one in islice(walk.run(), MOST_ROWS + 1)]
    return {**told, "occurrences": rows[:MOST_ROWS], "cut": len(rows) > MOST_ROWS}


def simulate(text: str, site: str, patients: int = 20, days: int = 90, seed: int = 1) -> Answer:
    """What a made-up population would mean for people and machines, as ``carepath simulate``: contacts, alarms, tasks.

    The same seed gives the same figures. Raises AskedWronglyError.
    """
    from carepath.rehearsal.behaviour import load_behaviour
    from carepath.rehearsal.figures import Population
    from carepath.rehearsal.figures import as_json as figures_of
    from carepath.rehearsal.population import simulate as run
    from carepath.rehearsal.population import world_of

    place = _site(site)
    plan, told = _compiled(text, place, "en")
    if plan is None or place is None:
        return told
    many, long = _within(patients, MOST_PATIENTS, "patients"), _within(days, MOST_DAYS, "days")
    habits = load_behaviour(None)
    counts = run(world_of([plan], place, habits, long, seed), many, 1, lambda done: None)
    names = (f"{plan.id} {plan.version}",)
    return {**told, "figures": figures_of(Population(names, place.id, habits.id, many, long, seed), counts)}


def _compiled(text: str, site: Site | None, language: Language) -> tuple[Plan | None, Answer]:
    loaded = load_pathway(text, TEXT_NAME, site, _library())
    return loaded.plan, _told(loaded.diagnostics, language)


def _library() -> Library:
    """The pathways known by name, which a text may call."""
    return pathways_near(load_settings().pathways_folder / TEXT_NAME)


def _told(found: tuple[Diagnostic, ...], language: Language) -> Answer:
    errors = sum(one.severity == "error" for one in found)
    return {"compiles": not errors, **as_json(found, language)}


def _named() -> dict[str, Path]:
    """The pathways of the folder that the settings name, by the names that commands take."""
    folder = load_settings().pathways_folder
    files = {file.parent.name: file for file in sorted(folder.glob(f"*/{TEXT_NAME}"))}
    files.update({file.stem: file for file in sorted(folder.glob("*.yaml"))})
    return files


def _sites() -> dict[str, Path]:
    from carepath.rehearsal.find import site_files

    return site_files()


def _site(name: str | None) -> Site | None:
    """The site of that name; only those that ship: a name never becomes a path. Raises AskedWronglyError."""
    if name is None:
        return None
    if name not in _sites():
        raise AskedWronglyError(f"there is no site {name!r}; known are {', '.join(sorted(_sites()))}")
    file = _sites()[name]
    return load_site(file.read_bytes(), file.name).site


def _within(number: int, most: int, name: str) -> int:
    if not 1 <= number <= most:
        raise AskedWronglyError(f"{name} is between 1 and {most}")
    return number

"""Reads a scenario file: strict YAML, every key known, every name there, time going forward.

The language is explained in docs/reference/scenarios.md. What is wrong is returned as findings with
positions, all of one run at once; only a scenario without any can be run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carepath.rehearsal.expected import expectation
from carepath.rehearsal.lines import expand, read_given, written
from carepath.rehearsal.model import Expectation, Person, Scenario
from carepath.rehearsal.names import names_of
from carepath.rehearsal.page import Page
from carepath.rehearsal.times import Clockwork, point
from carepath.rehearsal.values import fact
from pathways.lang.diagnostics import Diagnostic, Said, in_order
from pathways.lang.plan import Plan
from pathways.lang.source import Source

Json = Any

TOP = ("pathway", "pathways", "scenario", "site", "patient", "start", "until", "given", "expect")
PATIENT = ("zone", "language", "channels", "customary", "caregivers", "consent", "anchors")
AFTER_LAST = timedelta(minutes=1)
"""A scenario without ``until`` ends so long after the last moment it names."""

_SHAPES: dict[str, tuple[str, Said, str]] = {
    "scenario": ("text", Said("a name", "名称"), "a crisis at night reaches a person who is awake"),
    "patient": ("dict", Said("a patient", "患者"), "{age: 67 years, sex: male, zone: Asia/Shanghai}"),
    "given": ("list", Said("a list of lines", "行的列表"), "- {at: day 3 02:10, reading: {bp: 192/112 mmHg}}"),
    "expect": ("list", Said("a list of lines", "行的列表"), "- {by: day 3 02:11, message: measure_again}"),
}
_TYPES = {"text": str, "dict": dict, "list": list}


def pathways_named(value: Json) -> tuple[str, ...]:
    """The ids of the pathways that a scenario document names, in order."""
    if not isinstance(value, dict):
        return ()
    named = value.get("pathways", [value["pathway"]] if "pathway" in value else [])
    return tuple(str(name) for name in named) if isinstance(named, list) else ()


def read_scenario(
    source: Source, plans: Mapping[str, Plan], site_zone: str
) -> tuple[Scenario | None, list[Diagnostic]]:
    """Read a scenario.

    Args:
        source: the document as read by ``pathways.lang.source``.
        plans: the compiled plans it may speak of, by pathway id.
        site_zone: IANA zone used when the patient states none.

    Returns:
        The scenario, None when anything is wrong with it, and what is wrong, in order.
    """
    value = source.value
    if not isinstance(value, dict):
        return None, []
    page = Page(source, Clockwork(datetime(2000, 1, 1, tzinfo=UTC).date(), ZoneInfo("UTC")), names_of(plans))
    page.keys(value, (), TOP)
    if not _shaped(page, value):
        return None, in_order(page.found)
    zone = _zone(page, value["patient"], site_zone)
    start = _start(page, value, zone)
    if start is None:
        return None, in_order(page.found)
    person = _person(page, value["patient"], zone)
    made = read_given(page, value.get("given", []), start)
    if "until" in value and (until := page.moment(value["until"], ("until",))) is not None:
        made.last = until.end(page.works)
    else:
        made.last = max([made.last, *_moments(value["expect"], page.works)]) + AFTER_LAST
    expand(page, made)
    expect = _expect(page, value["expect"], start, made.last)
    if page.found:
        return None, in_order(page.found)
    given = tuple(sorted(made.given, key=lambda g: (g.seen, g.at)))
    return Scenario(
        source.file, value["scenario"], pathways_named(value), value.get("site"), person, start, made.last,
        given, tuple(made.standing), tuple(made.outages), expect, tuple(source.lines),
    ), []  # fmt: skip


def _shaped(page: Page, value: dict[str, Json]) -> bool:
    good = True
    if not pathways_named(value):
        page.wrong("scenario_missing_key", (), key_name="pathway")
        good = False
    for key in ("scenario", "patient", "start", "expect"):
        good = page.need(value, (), key) and good
    for key, (kind, wanted, example) in _SHAPES.items():
        if key in value and not isinstance(value[key], _TYPES[kind]):
            page.bad((key,), value[key], wanted, example)
            good = False
    if value.get("expect") == []:
        page.wrong("scenario_no_expectation", ("expect",))
        good = False
    return good


def _zone(page: Page, patient: dict[str, Json], default: str) -> ZoneInfo:
    name = patient.get("zone", default)
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        page.bad(("patient", "zone"), name, Said("a time zone", "时区"), "Asia/Shanghai")
        return ZoneInfo("UTC")


def _start(page: Page, value: dict[str, Json], zone: ZoneInfo) -> datetime | None:
    wanted, example = Said("a date and time", "日期和时间"), "2026-03-02 08:00"
    found = point(str(value["start"]), datetime(2000, 1, 1, tzinfo=UTC).date())
    if found is None or found.clock is None or str(value["start"]).startswith("day"):
        page.bad(("start",), value["start"], wanted, example)
        return None
    page.works = Clockwork(found.day, zone)
    return found.begin(page.works)


def _person(page: Page, patient: dict[str, Json], zone: ZoneInfo) -> Person:
    declared = {name: f for plan in page.names.plans.values() for name, f in plan.facts.items()}
    page.keys(patient, ("patient",), (*PATIENT, *declared))
    facts = {
        name: fact(page, patient[name], ("patient", name), declared[name]) for name in patient if name in declared
    }
    profile: dict[str, Json] = {"zone": zone.key}
    shapes: tuple[tuple[str, type, Said, str], ...] = (
        ("language", str, Said("a language", "语言"), "zh"),
        ("channels", list, Said("a list of channels", "渠道列表"), "[app, sms]"),
        ("customary", dict, Said("times by name", "按名称的时间"), "{morning: 06:30}"),
        ("caregivers", list, Said("a list of caregivers", "照护者列表"), "[{id: daughter, topics: [red]}]"),
    )
    for key, kind, wanted, example in shapes:
        if key in patient:
            if isinstance(patient[key], kind):
                profile[key] = patient[key]
            else:
                page.bad(("patient", key), patient[key], wanted, example)
    consent = patient.get("consent")
    if consent is not None and not isinstance(consent, list):
        page.bad(("patient", "consent"), consent, Said("a list of purposes", "用途列表"), "[care]")
        consent = None
    return Person(zone.key, facts, profile, None if consent is None else tuple(map(str, consent)),
                  _anchors(page, patient.get("anchors", {})))


def _anchors(page: Page, value: Json) -> dict[str, str]:
    out: dict[str, str] = {}
    if not isinstance(value, dict):
        page.bad(("patient", "anchors"), value, Said("moments by name", "按名称的时刻"), "{discharge: day 0 15:00}")
        return out
    for name, moment in value.items():
        found = page.moment(moment, ("patient", "anchors", name))
        if found is not None:
            out[name] = found.begin(page.works).isoformat() if found.clock else found.day.isoformat()
    return out


def _moments(rows: Iterable[Json], works: Clockwork) -> Iterable[datetime]:
    """Every moment that the expectations name, so that the scenario runs long enough."""
    for row in rows:
        for key in ("by", "at", "between", "before", "after"):
            written = row.get(key) if isinstance(row, dict) else None
            for part in written.split(" and ") if isinstance(written, str) else ():
                found = point(part, works.day_0)
                if found is not None:
                    yield found.end(works)


def _expect(page: Page, rows: list[Json], start: datetime, end: datetime) -> tuple[Expectation, ...]:
    found = (
        expectation(page, row, ("expect", n), written(page, ("expect", n)), start, end) for n, row in enumerate(rows)
    )
    return tuple(one for one in found if one is not None)

"""Scenarios that hold for any patient: run over made-up lives from a seed, and shrunk to a short one when they fail.

A life is an ordinary scenario: the author's lines, those ``at: any time`` at a moment of their own, with random lines
between them. The one that is shown when something is wrong can be kept as a scenario as it stands.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from carepath.rehearsal.made_up import HABITS, USUAL, Moment, life, outages
from carepath.rehearsal.model import Scenario
from carepath.rehearsal.names import Names, names_of
from carepath.rehearsal.page import Page
from carepath.rehearsal.runner import Result, run_scenario
from carepath.rehearsal.scenario import read_scenario
from carepath.rehearsal.times import Clockwork, duration, point
from pathways.lang.diagnostics import Diagnostic, Said, Span, in_order
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site
from pathways.lang.source import Source, read_source

Json = Any
Row = dict[str, Json]

KEY: Final = "for_any"
ANY_TIME: Final = re.compile(r"any time(?: from (?P<from>.+?))?(?: until (?P<until>.+))?")
KEYS: Final = ("lives", "days", "seed", "does", "patient")
_NO_DAY: Final = date(2000, 1, 1)
"""Day 0 while it is not known yet; a start may not be counted from it."""
MOST_LIVES: Final = 10_000
MOST_DAYS: Final = 3650
MOST_SHRINKING: Final = 300
"""Times that a failing life is gone through to make it shorter."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What ``for_any`` says. ``patient``: by what is told of a patient, the values to choose from."""

    lives: int
    days: int
    seed: int
    does: tuple[str, ...]
    patient: Mapping[str, list[Json]]


@dataclass(frozen=True, slots=True)
class Property:
    """A scenario for any patient. ``first``: its first life without random lines, read where the author wrote it;
    ``expects``: where its expectations stand."""

    source: Source
    first: Scenario
    asked: Asked
    zone: str
    expects: tuple[Span, ...]


def is_property(value: Json) -> bool:
    """Whether a document is a scenario for any patient."""
    return isinstance(value, dict) and KEY in value


def read_property(
    source: Source, plans: Mapping[str, Plan], site_zone: str
) -> tuple[Property | None, list[Diagnostic]]:
    """Read a scenario for any patient, as ``read_scenario`` reads one for a single patient."""
    page = Page(source, Clockwork(_NO_DAY, ZoneInfo("UTC")), names_of(plans))
    found = _for_any(page, source.value[KEY])
    for n, row in enumerate(source.value.get("given") or []):
        _judge_any_time(page, row, n)
    for n, row in enumerate(source.value.get("expect") or []):
        _judge_within(page, row, n, _ids(source.value))
    if found is None or page.found:
        return None, in_order(page.found)
    zone = str((source.value.get("patient") or {}).get("zone", site_zone))
    # The same page with other values: what is wrong with them is told where the author wrote.
    draft = replace(source, value=_Life(source.value, found, zone, None).value())
    first, wrong = read_scenario(draft, plans, site_zone)
    if first is None:
        return None, wrong
    rows = source.value["expect"]
    spans = tuple(source.span(("expect", n)) for n in range(len(rows)))
    return Property(source, first, found, zone, spans), []


def _for_any(page: Page, value: Json) -> Asked | None:
    if not isinstance(value, dict):
        page.bad((KEY,), value, Said("how many lives, and how long", "多少次、多长"), "{lives: 50, days: 28}")
        return None
    page.keys(value, (KEY,), KEYS)
    lives = _number(page, value, "lives", 50, MOST_LIVES)
    days = _number(page, value, "days", 28, MOST_DAYS)
    seed = _number(page, value, "seed", 1, 2**31)
    does = value.get("does", list(USUAL))
    if not isinstance(does, list):
        page.bad((KEY, "does"), does, Said("a list of habits", "习惯列表"), f"[{', '.join(USUAL)}]")
        return None
    for n, habit in enumerate(does):
        page.name(habit, (KEY, "does", n), "word", known=HABITS)
    patient = value.get("patient", {})
    if not isinstance(patient, dict) or not all(isinstance(v, list) and v for v in patient.values()):
        page.bad((KEY, "patient"), patient, Said("lists to choose from", "供选择的列表"), "{sex: [female, male]}")
        return None
    return None if page.found else Asked(lives, days, seed, tuple(does), patient)


def _number(page: Page, value: Row, key: str, default: int, most: int) -> int:
    found = value.get(key, default)
    if not isinstance(found, int) or isinstance(found, bool) or not 1 <= found <= most:
        page.bad((KEY, key), found, Said(f"a number from 1 to {most}", f"1 到 {most} 的数"), str(default))
        return default
    return found


def _ids(value: Row) -> set[str]:
    return {str(row["id"]) for row in value.get("given") or [] if isinstance(row, dict) and "id" in row}


def _any_time(row: Json) -> re.Match[str] | None:
    """What a line says of its moment, when it says ``any time``."""
    return ANY_TIME.fullmatch(str(row.get("at"))) if isinstance(row, dict) else None


def _judge_any_time(page: Page, row: Json, n: int) -> None:
    """``any time from day 2 until day 9`` names two moments."""
    said = _any_time(row)
    for written in said.groups() if said is not None else ():
        if written is not None and point(written, _NO_DAY) is None:
            page.bad(("given", n, "at"), row["at"], Said("a moment", "时刻"), "any time from day 2 until day 9")


def _judge_within(page: Page, row: Json, n: int, ids: set[str]) -> None:
    """``within: 10 min of crisis`` names a line of ``given`` and a length of time."""
    if not isinstance(row, dict) or "within" not in row:
        return
    length, of, name = str(row["within"]).partition(" of ")
    if duration(length) is None or not of:
        wanted = Said("a length of time of a line", "某一行之后的时长")
        page.bad(("expect", n, "within"), row["within"], wanted, "10 min of crisis")
    elif name not in ids:
        page.name(name, ("expect", n, "within"), "row", known=ids)


# --------------------------------------------------------------------------- one life


@dataclass(slots=True)
class _Life:
    """One life of a document: what it becomes with these dice (None: every moment the earliest, nothing random)."""

    document: Row
    asked: Asked
    zone: str
    dice: random.Random | None
    made: list[Moment] = field(default_factory=list)
    besides: list[Row] = field(default_factory=list)
    times: dict[int, datetime] = field(default_factory=dict)
    chosen: Row = field(default_factory=dict)

    def begin(self, names: Names) -> None:
        """Throw the dice for everything in this life."""
        assert self.dice is not None
        days, does = self.asked.days, self.asked.does
        works, start = self._clock()
        last = start + timedelta(days=days)
        for n, (begin, end) in self._free(works, start, last).items():
            minutes = max(0, int((min(end, last) - begin).total_seconds()) // 60)
            self.times[n] = begin + timedelta(minutes=self.dice.randint(0, minutes))
        self.chosen = {key: self.dice.choice(values) for key, values in self.asked.patient.items()}
        self.made = life(self.dice, names, works, start, days, does)
        self.besides = outages(self.dice, works, start, days) if "outages" in does else []

    def _clock(self) -> tuple[Clockwork, datetime]:
        zone = ZoneInfo(self.zone)
        start = point(str(self.document["start"]), _NO_DAY)
        assert start is not None
        works = Clockwork(start.day, zone)
        return works, start.begin(works)

    def _free(self, works: Clockwork, start: datetime, last: datetime) -> dict[int, tuple[datetime, datetime]]:
        """Lines at any time: between which instants."""
        free: dict[int, tuple[datetime, datetime]] = {}
        for n, row in enumerate(self.document.get("given") or []):
            if (said := _any_time(row)) is not None:
                begin, end = (point(said[key] or "", works.day_0) for key in ("from", "until"))
                earliest = start + timedelta(minutes=1) if begin is None else max(start, begin.begin(works))
                free[n] = earliest, last if end is None else end.begin(works)
        return free

    def value(self) -> Row:
        """The document as an ordinary scenario."""
        document = {key: value for key, value in self.document.items() if key != KEY}
        begin = point(str(document.get("start")), _NO_DAY)
        if begin is None or begin.clock is None:
            return document  # what is wrong with the start is said where everything else is
        works, start = self._clock()
        at = self._moments(works, start)
        document["given"] = self._given(document.get("given") or [], works, at)
        if isinstance(document.get("patient"), dict):
            document["patient"] = {**document["patient"], **self.chosen}
        document.setdefault("until", works.spoken(start + timedelta(days=self.asked.days + 2)))
        if isinstance(document.get("expect"), list):
            document["expect"] = [self._expected(row, at, works, start) for row in document["expect"]]
        return document

    def _moments(self, works: Clockwork, start: datetime) -> dict[int, datetime]:
        """When each line of ``given`` happens that happens at a moment; without dice, one at any time as early as can
        be without going back behind the line above."""
        free, now, found = self._free(works, start, start), start, dict[int, datetime]()
        for n, row in enumerate(self.document.get("given") or []):
            written = point(str(row.get("at")), works.day_0) if isinstance(row, dict) else None
            if n in free:
                now = self.times.get(n, max(now, free[n][0]))
            elif written is not None:
                now = written.begin(works)
            elif isinstance(row, dict) and "after" in row and "whenever" not in row:
                now += duration(str(row["after"])) or timedelta()
            else:
                continue
            found[n] = now
        return found

    def _given(self, rows: list[Json], works: Clockwork, at: dict[int, datetime]) -> list[Json]:
        """Lines in the order in which they happen: what counts ``after`` a line stays with it."""
        def told(n: int) -> Json:
            return {**rows[n], "at": works.spoken(at[n])} if _any_time(rows[n]) is not None else rows[n]

        if self.dice is None:
            return [told(n) for n in range(len(rows))]
        habits: list[Json] = [*self.besides, *(row for n, row in enumerate(rows) if n not in at)]
        groups: list[tuple[datetime, datetime, list[Json]]] = []
        for n, moment in at.items():
            if "at" in rows[n] or not groups:
                groups.append((moment, moment, [told(n)]))
            else:
                begin, _, lines = groups[-1]
                groups[-1] = (begin, moment, [*lines, told(n)])
        for one in self.made:
            inside = next((end for begin, end, _ in groups if begin <= one.at <= end), None)
            moment = one.at if inside is None else inside + timedelta(minutes=1)
            groups.append((moment, moment, [{**one.row, "at": works.spoken(moment)}]))
        groups.sort(key=lambda group: group[0])
        return habits + [row for _, _, lines in groups for row in lines]

    def _expected(self, row: Json, at: dict[int, datetime], works: Clockwork, start: datetime) -> Json:
        if not isinstance(row, dict) or "within" not in row:
            return row
        length, _, name = str(row["within"]).partition(" of ")
        rows = self.document.get("given") or []
        # A line whose moment cannot be read is told where it stands; until then the beginning will do.
        named = (moment for n, moment in at.items() if str(rows[n].get("id")) == name)
        begin = next(named, start)
        end = begin + (duration(length) or timedelta())
        rest = {key: value for key, value in row.items() if key != "within"}
        return {**rest, "between": f"{works.spoken(begin)} and {works.spoken(end)}"}


# --------------------------------------------------------------------------- running


def run_property(asked: Property, plans: Mapping[str, Plan], site: Site) -> Result:
    """Run all lives. The result is that of the last one, or of the first that fails, made as short as it goes."""
    names = names_of(plans)
    result: Result | None = None
    for number in range(asked.asked.lives):
        one = _Life(asked.source.value, asked.asked, asked.zone, random.Random(f"{asked.asked.seed}.{number}"))
        one.begin(names)
        result = _run(one, asked, plans, site)
        if not result.passed:
            result = _shortest(one, result, asked, plans, site)
            result.lives = number + 1
            return _placed(result, asked)
    assert result is not None
    result.scenario = replace(result.scenario, name=asked.first.name, file=asked.source.file)
    result.lives = asked.asked.lives
    return result


def _run(one: _Life, asked: Property, plans: Mapping[str, Plan], site: Site) -> Result:
    text = story(one.value())
    source, found = read_source(text, asked.source.file)
    scenario, wrong = read_scenario(source, plans, asked.zone) if not found else (None, found)
    assert scenario is not None, [*(d.message() for d in wrong), text]
    made = frozenset(str(moment.row["id"]) for moment in one.made)
    result = run_scenario(replace(scenario, may_fail=made, drawn=True), plans, site)
    result.story = text
    return result


def _shortest(one: _Life, failed: Result, asked: Property, plans: Mapping[str, Plan], site: Site) -> Result:
    """Leave out random lines, halves first, as long as the same expectation stays unmet."""
    wanted = {failure.line for failure in failed.failures}
    size = max(1, len(one.made) // 2)
    for _ in range(MOST_SHRINKING):
        for begin in range(0, len(one.made), size):
            shorter = replace(one, made=one.made[:begin] + one.made[begin + size :])
            result = _run(shorter, asked, plans, site)
            if wanted & {failure.line for failure in result.failures}:
                one, failed = shorter, result
                break
        else:
            if size == 1:
                break
            size //= 2
    return failed


def _placed(result: Result, asked: Property) -> Result:
    """Failures at the author's lines, not at those of the life."""
    lines = result.story.splitlines()
    first = next(n for n, line in enumerate(lines, 1) if line == "expect:") + 1
    failures = result.failures
    for k, failure in enumerate(failures):
        n = failure.span.line - first
        if 0 <= n < len(asked.expects):
            failures[k] = replace(failure, span=asked.expects[n])
    result.scenario = replace(
        result.scenario, name=asked.first.name, file=asked.source.file, lines=tuple(asked.source.lines)
    )
    return result


def story(value: Row) -> str:
    """A scenario as text: a line for each line of ``given`` and ``expect``."""
    out: list[str] = []
    for key, one in value.items():
        if key in {"given", "expect"}:
            out += [f"{key}: []"] if not one else [f"{key}:", *(f"  - {_flow(row)}" for row in one)]
        else:
            out.append(f"{key}: {_flow(one)}")
    return "\n".join(out) + "\n"


def _flow(value: Json) -> str:
    """A value in one line of YAML; text in quotation marks unless it is plain beyond doubt."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(one) for one in value) + "]"
    text = str(value)
    if isinstance(value, str) and not (text.replace("_", "a").isalnum() and text[0].isalpha()):
        return json.dumps(text, ensure_ascii=False)
    return {"True": "true", "False": "false", "None": "null"}.get(text, text)

"""One patient walked through by hand: what is done is written down as lines of a scenario, and run anew each time.

A life is a list of lines and an instant. Every command gives a new life, so undoing is going back to the one before;
nothing is remembered but the lines, and what comes of them is what `carepath test` would say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from carepath.rehearsal.model import Scenario
from carepath.rehearsal.runner import Result, run_scenario
from carepath.rehearsal.scenario import read_scenario
from carepath.rehearsal.times import Clockwork, duration, point
from pathways.decide.effects import Timeline
from pathways.lang.diagnostics import Diagnostic, Language
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site
from pathways.lang.source import Source, read_source

Json = Any
_LINE: Final = re.compile(r"[a-z_]+:")
_LONGEST: Final = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Life:
    """The lines so far, and the instant it is. ``head``: pathway, patient, start (and site) as a scenario has them."""

    head: str
    start: datetime
    now: datetime
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a command. ``result`` is None where ``wrong`` says why it could not be done."""

    life: Life
    result: Result | None
    wrong: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """What a rehearsal plays on."""

    plan: Plan
    site: Site
    works: Clockwork
    language: Language = "en"

    def text(self, life: Life, name: str = "rehearsed") -> str:
        """The life as a scenario. Its one expectation is a place for the author to say what must come of it."""
        given = "".join(f"  - {line}\n" for line in life.lines)
        until = self.written(life.now)
        return (
            f"{life.head}scenario: {name}\nuntil: {until}\n"
            f"{'given:' if given else 'given: []'}\n{given}"
            f"expect:\n  - {{by: {until}, phase: {self.plan.first_phase}}}\n"
        )

    def written(self, at: datetime) -> str:
        """An instant as a scenario writes it."""
        return self.works.spoken(at)

    def moment_of_start(self, start: str) -> datetime:
        """The instant of a start that ``stage_of`` took."""
        found = point(start, self.works.day_0)
        if found is None:
            raise ValueError(start)
        return found.begin(self.works)

    def play(self, life: Life) -> Told:
        """Run a life from its start up to now."""
        source, problems = read_source(self.text(life), "rehearsal")
        if problems:
            return Told(life, None, self._told(problems))
        scenario, found = read_scenario(source, {self.plan.id: self.plan}, self.site.zone)
        if scenario is None:
            return Told(life, None, self._told(found))
        result = run_scenario(replace(scenario, end=life.now), {self.plan.id: self.plan}, self.site)
        last = _expectation_line(scenario)
        wrong = tuple(failure.text for failure in result.failures if failure.span.line != last)
        return Told(life, result, wrong)

    def _told(self, found: list[Diagnostic]) -> tuple[str, ...]:
        return tuple(f"{one.message(self.language)} {one.hint(self.language)}" for one in found)

    def do(self, life: Life, line: str) -> Told:
        """Do something now: a line of a scenario without its time, such as ``reading: {bp: 128/78 mmHg}``."""
        written = f"{{at: {self.written(life.now)}, {line.strip()}}}"
        return self.play(replace(life, lines=(*life.lines, written)))

    def wait(self, life: Life, until: datetime) -> Told:
        """Let time pass; the patient is silent."""
        return self.play(replace(life, now=until))

    def moment(self, life: Life, text: str) -> datetime | None:
        """``day 3 08:00``, ``08:00`` (the next one), ``2 days``, ``+10 min`` as an instant after now; None if it is
        none. Scenarios count in minutes."""
        length = duration(text.removeprefix("+").strip())
        if length is not None:
            found = life.now + length
        else:
            local = self.works.local(life.now)
            at = point(text, self.works.day_0)
            if at is None and re.fullmatch(r"\d{1,2}:\d{2}", text):
                day = (local.date() - self.works.day_0).days
                at = point(f"day {day} {text}", self.works.day_0)
                if at is not None and at.begin(self.works) <= life.now:
                    at = point(f"day {day + 1} {text}", self.works.day_0)
            if at is None:
                return None
            found = at.begin(self.works)
        found = found.replace(second=0, microsecond=0)
        return found if life.now < found <= life.start + _LONGEST else None


def _expectation_line(scenario: Scenario) -> int:
    return scenario.expect[0].span.line


def next_minute(at: datetime) -> datetime:
    """The minute in which something happens has passed only at the next one."""
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + timedelta(minutes=1)


def is_line(text: str) -> bool:
    """Whether a text looks like a line of a scenario."""
    return _LINE.match(text) is not None


def stage_of(plan: Plan, site: Site, start: str, patient: Mapping[str, Json], language: Language = "en") -> Stage:
    """The stage for a patient; the zone is the patient's, else the site's. ValueError for a start that is none."""
    found = point(start, datetime(2000, 1, 1, tzinfo=UTC).date())
    if found is None or found.clock is None:
        raise ValueError(start)
    works = Clockwork(found.day, ZoneInfo(str(patient.get("zone", site.zone))))
    return Stage(plan, site, works, language)


def head_of(source: Source, plan: Plan) -> str:
    """The patient's file as the head of a scenario."""
    kept = [line for line in source.lines if line.strip() and not line.lstrip().startswith("#")]
    text = "\n".join(kept) + "\n"
    return text if "pathway" in source.value else f"pathway: {plan.id}\n{text}"


def since(result: Result, before: Result | None) -> list[Timeline]:
    """What is new on the timeline."""
    old = {line.key for line in before.ledger.timeline} if before is not None else set()
    return [line for line in result.ledger.timeline if line.key not in old]

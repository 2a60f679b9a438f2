"""The lines under ``given``: when they happen. Single lines, habits, silences, outages, partners.

What a line does is read by ``given.py``. Lines stand in the order in which they happen; habits and lines that wait
for something (``stream``, ``whenever``, ``partner``, ``nothing``, ``outage``) may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from carepath.rehearsal.expected import subject_of
from carepath.rehearsal.given import EXTRA, act, partner_steps
from carepath.rehearsal.model import Act, Given, Outage, Standing, Stream, Subject
from carepath.rehearsal.names import Names
from carepath.rehearsal.page import Page
from carepath.rehearsal.times import Clockwork, clock_time, share
from pathways.lang.diagnostics import Said
from pathways.lang.source import Path

Json = Any

WHEN = ("at", "after", "whenever")
DELIVERY = ("late", "twice", "id")
STRETCH = ("from", "until")
STREAM = ("at", "from", "until", "skip", "every")
OTHERS = ("stream", "nothing", "outage", "partner")
SECOND_TIME = timedelta(minutes=1)
"""So long after the first an event that comes ``twice`` comes again."""

_FAR = datetime(9000, 1, 1, tzinfo=UTC)
"""Stands for the end of the scenario until that is known."""


@dataclass(slots=True)
class Made:
    """What the lines have become so far. ``at``: the instant of the line above; ``last``: the latest one named."""

    at: datetime
    last: datetime
    given: list[Given] = field(default_factory=list)
    standing: list[Standing] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    silences: list[tuple[datetime, datetime]] = field(default_factory=list)
    streams: list[tuple[int, Stream]] = field(default_factory=list)


def written(page: Page, path: Path) -> str:
    """The line as written: the excerpt that a failure shows."""
    return page.source.lines[page.source.span(path).line - 1].strip()

def read_given(page: Page, rows: list[Json], start: datetime) -> Made:
    """Read all lines under ``given``; what is wrong is noted on the page."""
    made = Made(start, start)
    for number, row in enumerate(rows):
        path: Path = ("given", number)
        if not isinstance(row, dict):
            page.bad(path, row, Said("a line with keys", "带键的一行"), "{at: day 3 02:10, dose: all}")
        elif "stream" in row:
            _stream(page, row, path, made)
        elif "nothing" in row or "outage" in row:
            _stretch(page, row, path, made)
        elif "partner" in row:
            _partner(page, row, path, made)
        elif "whenever" in row:
            _whenever(page, row, path, made)
        else:
            _line(page, row, path, made)
    _no_contradiction(page, made)
    return made


def _row_keys(page: Page, row: dict[str, Json], path: Path, when: tuple[str, ...]) -> bool:
    kind = next((key for key in row if key in EXTRA), None)
    return kind is None or kind == "verb" or page.keys(row, path, (kind, *EXTRA[kind], *when))


def _line(page: Page, row: dict[str, Json], path: Path, made: Made) -> None:
    """A line that happens once, at a moment or so long after the line above."""
    if not any(key in EXTRA for key in row) and not page.keys(row, path, (*WHEN, *DELIVERY, *EXTRA, *OTHERS)):
        return
    done = act(page, row, path, written(page, path))
    good = done is not None and _row_keys(page, row, path, ("at", "after", *DELIVERY))
    at = _when(page, row, path, made)
    if at is None or done is None or not good:
        return
    made.at = at
    seen = at
    if "late" in row and (late := page.length(row["late"], (*path, "late"))) is not None:
        seen = at + late
    again = seen + SECOND_TIME if "twice" in row and page.whether(row["twice"], (*path, "twice")) else None
    made.last = max(made.last, seen)
    made.given.append(Given(at, seen, done, str(row.get("id", f"given.{path[-1]}")), again))


def _when(page: Page, row: dict[str, Json], path: Path, made: Made) -> datetime | None:
    said = [key for key in ("at", "after") if key in row]
    if len(said) != 1:
        if said:
            page.wrong("scenario_two_times", (*path, "after"), key=True, first="at", second="after")
        else:
            page.wrong("scenario_no_time", path, known="at, after")
        return None
    if "after" in row:
        length = page.length(row["after"], (*path, "after"))
        return None if length is None else made.at + length
    at = page.instant(row["at"], (*path, "at"))
    if at is None:
        return None
    if at < made.at:
        page.wrong("scenario_time_backwards", (*path, "at"), this=str(row["at"]), above=page.works.spoken(made.at))
        return None
    return at


def _bounds(page: Page, row: dict[str, Json], path: Path, made: Made) -> tuple[datetime, datetime | None]:
    """``from`` and ``until`` of a habit; without ``until`` it goes on to the end of the scenario."""
    start: datetime | None = None
    end: datetime | None = None
    if "from" in row and (first := page.moment(row["from"], (*path, "from"))) is not None:
        start = first.begin(page.works)
    if "until" in row and (last := page.moment(row["until"], (*path, "until"))) is not None:
        end = last.end(page.works)
        made.last = max(made.last, end)
    start = start or page.works.instant(page.works.day_0, time())
    if end is not None and end < start:
        page.wrong("scenario_time_backwards", (*path, "until"), this=str(row["until"]), above=str(row.get("from")))
    return start, end


_FAR = datetime(9000, 1, 1, tzinfo=UTC)
"""Stands for the end of the scenario until that is known."""


def _whenever(page: Page, row: dict[str, Json], path: Path, made: Made) -> None:
    value = row["whenever"]
    if not isinstance(value, dict):
        page.bad((*path, "whenever"), value, Said("what it waits for", "所等待的事"), "{task: review}")
        return
    subject = subject_of(page, value, (*path, "whenever"))
    done = act(page, row, path, written(page, path))
    good = _row_keys(page, row, path, ("whenever", "after", "at_most", *STRETCH))
    after = page.length(row["after"], (*path, "after")) if page.need(row, path, "after") else None
    start, end = _bounds(page, row, path, made)
    most = row.get("at_most")
    if most is not None and (not isinstance(most, int) or most < 1):
        page.bad((*path, "at_most"), most, Said("a number of times", "次数"), "2")
    if subject is not None and done is not None and after is not None and good:
        made.standing.append(Standing(subject, after, done, start, end or _FAR, most))


def _partner(page: Page, row: dict[str, Json], path: Path, made: Made) -> None:
    """A partner's way of answering: each word so long after the request."""
    page.keys(row, path, ("partner", "answers", "kept", *STRETCH))
    name = page.text(row["partner"], (*path, "partner"), Said("a partner", "合作方"), "pharmacy") or ""
    steps = partner_steps(page, name)
    if name and not steps:
        known = {w for p in page.names.of_kind("handoff") for w in _partners(page.names, p)}
        page.name(name, (*path, "partner"), "handoff", known=known)
    answers = row.get("answers")
    if not isinstance(answers, dict):
        page.bad((*path, "answers"), answers, Said("words with delays", "用词与延迟"), "{accepted: 2 h}")
        return
    start, end = _bounds(page, row, path, made)
    for step in steps:
        for word, delay in answers.items():
            after = page.length(delay, (*path, "answers", word))
            good = page.name(word, (*path, "answers", word), "word", known=page.names.words(step))
            if good and after is not None:
                what = Act("handoff", step, {"is": word, "kept": row.get("kept", {})}, written(page, path),
                           page.source.span(path))
                subject = Subject("handoff", step, (("is", "requested"),))
                made.standing.append(Standing(subject, after, what, start, end or _FAR))


def _partners(names: Names, handoff: str) -> tuple[str, ...]:
    found = names.step(handoff)
    body = found[1].body if found else None
    return (body.partner, body.machine) if body is not None and body.kind == "handoff" else ()


def _stretch(page: Page, row: dict[str, Json], path: Path, made: Made) -> None:
    kind = "nothing" if "nothing" in row else "outage"
    page.keys(row, path, (kind,))
    value = row[kind]
    if not isinstance(value, dict):
        page.bad((*path, kind), value, Said("from and until", "from 与 until"), "{from: day 3, until: day 9}")
        return
    page.keys(value, (*path, kind), STRETCH)
    if page.need(value, (*path, kind), "from") and page.need(value, (*path, kind), "until"):
        start, end = _bounds(page, value, (*path, kind), made)
        if end is not None and kind == "outage":
            made.outages.append(Outage(start, end))
        elif end is not None:
            made.silences.append((start, end))


def _stream(page: Page, row: dict[str, Json], path: Path, made: Made) -> None:
    page.keys(row, path, ("stream",))
    value, where = row["stream"], (*path, "stream")
    if not isinstance(value, dict):
        page.bad(where, value, Said("a habit", "习惯"), "{reading: {bp: 128/78 mmHg}, at: [07:00, 20:00]}")
        return
    done = act(page, {k: v for k, v in value.items() if k not in STREAM}, where, written(page, path))
    good = _row_keys(page, value, where, STREAM)
    times = value.get("at")
    clocks = [clock_time(t) for t in times] if isinstance(times, list) else []
    if not clocks or None in clocks:
        page.bad((*where, "at"), times, Said("a list of times of day", "时间列表"), "[07:00, 20:00]")
        return
    skip = share(value["skip"]) if isinstance(value.get("skip"), str) else Decimal(0)
    if skip is None or ("skip" in value and not isinstance(value["skip"], str)):
        page.bad((*where, "skip"), value["skip"], Said("a share", "比例"), "20 %")
        return
    every = page.length(value["every"], (*where, "every")) if "every" in value else timedelta(days=1)
    start, end = _bounds(page, value, where, made)
    if done is not None and good and every is not None:
        stream = Stream(done, tuple(t for t in clocks if t), start, end or _FAR, skip, max(1, every.days))
        made.streams.append((int(path[-1]), stream))


def _no_contradiction(page: Page, made: Made) -> None:
    """A line of the patient that happens in a stretch of silence contradicts it."""
    for one in made.given:
        for start, end in made.silences:
            if start <= one.at <= end and one.act.kind in {"reading", "answer", "dose"}:
                page.wrong_at("scenario_two_times", one.act.span, first="nothing", second=one.act.kind)


def expand(page: Page, made: Made) -> None:
    """Turn habits into single acts, now that the end of the scenario is known."""
    for number, stream in made.streams:
        made.given += list(_days(page.works, number, stream, made))


def _days(works: Clockwork, number: int, stream: Stream, made: Made) -> Iterable[Given]:
    first, last = works.local(stream.start).date(), works.local(min(stream.end, made.last)).date()
    day, count = first, 0
    while day <= last:
        for clock in stream.times:
            at = works.instant(day, clock)
            if not stream.start <= at <= min(stream.end, made.last):
                continue
            count += 1
            if int(count * stream.skip) > int((count - 1) * stream.skip) or _in(made.silences, at):
                continue
            yield Given(at, at, stream.act, f"given.{number}.{count}")
        day += timedelta(days=stream.on_days)


def _in(stretches: list[tuple[datetime, datetime]], at: datetime) -> bool:
    return any(start <= at <= end for start, end in stretches)

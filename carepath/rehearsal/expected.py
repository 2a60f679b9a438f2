"""The lines under ``expect``, and the ``whenever`` of a line under ``given``: what must (not) happen, and when.

An expectation speaks of happenings (a message is sent, a task is opened, a step ends) or of states (the phase the
patient is in, an open flag, an open task). ``at`` asks whether a happening falls into that minute or day, and
whether a state holds at that moment; every other time asks for a stretch in which it happens or holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from carepath.rehearsal.given import VERBS
from carepath.rehearsal.model import Expectation, Subject
from carepath.rehearsal.names import ANY
from carepath.rehearsal.page import Page, listed
from carepath.rehearsal.times import POINT_EXAMPLE, count
from pathways.lang.diagnostics import Said
from pathways.lang.source import Path

Json = Any

FILTERS: Final[dict[str, tuple[str, ...]]] = {
    "message": ("to", "class", "channel", "says", "is", "of", "why"),
    "task": ("role", "level", "is", "why", "title"),
    "step": ("is", "why"),
    "phase": (),
    "handoff": ("is", "to"),
    "flag": ("level",),
    "verdict": ("is",),
    "verb": ("is", "says"),
    "end": (),
    "status": (),
    "incident": (),
    "open_tasks": (),
}
"""What may be expected, and what each may be narrowed by."""

TIMES: Final = ("by", "at", "between", "before", "after")
COUNTS: Final = ("count", "exactly")
STATES: Final = frozenset({"phase", "flag", "end", "status", "open_tasks"})
TASK_STATES: Final = frozenset({"open", "claimed"})
GIVEN_VERBS: Final = (*VERBS, "set_fact", "set_parameter", "complete", "done")

_WORDS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("message", "is"): ("sent", "held_back", "planned"),
    ("message", "class"): ("red", "care", "dose", "info", "staff"),
    ("task", "is"): ("open", "claimed", "done", "cancelled"),
    ("task", "level"): ("red", "amber", "info", "no_data", "routine"),
    ("flag", "level"): ("red", "amber", "info", "no_data"),
    ("verdict", "is"): ("true", "false", "unknown", "known"),
    ("verb", "is"): ("done", "refused"),
}
_STATUS: Final = ("invited", "active", "paused", "ended")


def is_state(subject: Subject) -> bool:
    """Whether the subject is something that holds for a while."""
    return subject.kind in STATES or (subject.kind == "task" and subject.filter("is") in TASK_STATES)


def subject_of(page: Page, row: dict[str, Json], path: Path, *, besides: tuple[str, ...] = ()) -> Subject | None:
    """The subject of a line, None (noted) when there is none or the line says more than it may."""
    kinds = [key for key in row if key in FILTERS]
    if not kinds:
        if page.keys(row, path, (*FILTERS, *besides)):
            page.wrong("scenario_no_subject", path, known=listed(FILTERS))
        return None
    if len(kinds) > 1:
        page.wrong("scenario_two_subjects", (*path, kinds[1]), key=True, first=kinds[0], second=kinds[1])
        return None
    kind = kinds[0]
    if not page.keys(row, path, (kind, *FILTERS[kind], *besides)):
        return None
    name = _name(page, kind, row[kind], (*path, kind))
    said = [key for key in FILTERS[kind] if key in row]
    filters = tuple((key, _filter(page, kind, key, row[key], (*path, key), name)) for key in said)
    return Subject(kind, name, filters) if name and all(value for _, value in filters) else None


def _name(page: Page, kind: str, value: Json, path: Path) -> str:
    match kind:
        case "open_tasks":
            if isinstance(value, int) and value >= 0:
                return str(value)
            page.bad(path, value, Said("a number of tasks", "任务数"), "0")
            return ""
        case "status":
            return page.name(value, path, "word", known=_STATUS)
        case "verb":
            return page.name(value, path, "word", known=GIVEN_VERBS)
        case "incident":
            return page.name(value, path, "ladder", known=(*page.names.ladders, ANY))
        case "phase" | "end":
            return page.name(value, path, kind)
        case _:
            return page.name(value, path, kind, any_ok=True)


def _filter(page: Page, kind: str, key: str, value: Json, path: Path, name: str) -> str:
    if value is True or value is False:
        value = "true" if value else "false"
    if kind == "verdict" and name in page.names.decisions:
        return page.name(value, path, "word", known=(*page.names.decisions[name], "unknown"))
    if (kind, key) in _WORDS:
        return page.name(value, path, "word", known=_WORDS[kind, key])
    if kind == "handoff" and key == "is":
        words = page.names.words(name) if name != ANY else []
        return page.name(value, path, "word", known=(*words, "requested", "cancel_asked", "silent"))
    if (kind, key) == ("message", "to"):
        return page.name(value, path, "role", known=("patient", "caregiver", *page.names.roles))
    if (kind, key) == ("task", "role"):
        return page.name(value, path, "role")
    if (kind, key) == ("message", "of"):
        return page.name(value, path, "step")
    return page.text(value, path, Said("a text", "文本"), "done") or ""


# --------------------------------------------------------------------------- when, and how often


@dataclass(slots=True)
class _Stretch:
    start: datetime
    end: datetime
    open_start: bool = False
    open_end: bool = False


def expectation(
    page: Page, row: Json, path: Path, text: str, start: datetime, end: datetime
) -> Expectation | None:
    """One line of ``expect``, None (noted) when it cannot be read. ``start`` and ``end`` are those of the scenario."""
    if not isinstance(row, dict):
        page.bad(path, row, Said("a line with keys", "带键的一行"), "{by: day 3 02:11, message: measure_again}")
        return None
    never = "never" in row
    if never:
        if not isinstance(row["never"], dict):
            page.bad((*path, "never"), row["never"], Said("what must not happen", "不应发生的事"), "{task: crisis}")
            return None
        if not page.keys(row, path, ("never", *TIMES)):
            return None
        subject = subject_of(page, row["never"], (*path, "never"))
    else:
        subject = subject_of(page, row, path, besides=(*TIMES, *COUNTS))
    if subject is None:
        return None
    stretch = _stretch(page, row, path, start, end, needed=not never)
    if stretch is None:
        return None
    low, high = (0, 0) if never else _counts(page, row, path)
    holds = "at" in row and is_state(subject)
    if holds and _whole_day(page, row["at"]):
        page.bad((*path, "at"), row["at"], Said("a moment with a time of day", "带时间的时刻"), POINT_EXAMPLE)
        return None
    if subject.kind == "open_tasks" and not holds:
        page.wrong("scenario_no_time", path, known="at")
        return None
    return Expectation(
        subject, "never" if never else "holds" if holds else "in", stretch.start, stretch.end, low, high,
        stretch.open_start, stretch.open_end, text, page.source.span(path),
    )  # fmt: skip


def _counts(page: Page, row: dict[str, Json], path: Path) -> tuple[int, int | None]:
    said = [key for key in COUNTS if key in row]
    if len(said) == 2:
        page.wrong("scenario_two_subjects", (*path, said[1]), key=True, first=said[0], second=said[1])
    if not said:
        return 1, None
    found = count(row[said[0]])
    if found is None or (said[0] == "exactly" and not isinstance(row["exactly"], int)):
        page.bad((*path, said[0]), row[said[0]], Said("a number of times", "次数"), "at least 2")
        return 1, None
    return found


def _whole_day(page: Page, value: Json) -> bool:
    found = page.moment(value, ())
    return found is not None and found.clock is None


def _stretch(
    page: Page, row: dict[str, Json], path: Path, start: datetime, end: datetime, *, needed: bool
) -> _Stretch | None:
    said = [key for key in TIMES if key in row]
    if not said and needed:
        page.wrong("scenario_no_time", path, known=listed(TIMES))
        return None
    for alone in ("at", "between"):
        if alone in said and len(said) > 1:
            other = next(key for key in said if key != alone)
            page.wrong("scenario_two_times", (*path, other), key=True, first=alone, second=other)
            return None
    if "by" in said and "before" in said:
        page.wrong("scenario_two_times", (*path, "before"), key=True, first="by", second="before")
        return None
    if "between" in said:
        return _between(page, row["between"], (*path, "between"), start)
    points = {key: page.moment(row[key], (*path, key)) for key in said}
    out = _Stretch(start, end)
    for key, found in points.items():
        if found is None:
            return None
        if found.end(page.works) < start:
            page.wrong("scenario_before_start", (*path, key), this=str(row[key]), start=page.works.spoken(start))
            return None
        match key:
            case "by":
                out.end = found.end(page.works)
            case "before":
                out.end, out.open_end = found.begin(page.works), True
            case "after":
                out.start, out.open_start = found.end(page.works), True
            case _:
                out.start = found.begin(page.works)
                out.end = found.end(page.works) + (timedelta(minutes=1) if found.clock else timedelta(seconds=1))
                out.open_end = True
    return _forward(page, out, path)


def _between(page: Page, value: Json, path: Path, start: datetime) -> _Stretch | None:
    first, word, last = str(value).partition(" and ")
    if not word:
        page.bad(path, value, Said("two moments", "两个时刻"), "day 3 08:00 and day 4")
        return None
    one, two = page.moment(first, path), page.moment(last, path)
    if one is None or two is None:
        return None
    return _forward(page, _Stretch(max(start, one.begin(page.works)), two.end(page.works)), path)


def _forward(page: Page, stretch: _Stretch, path: Path) -> _Stretch | None:
    if stretch.end < stretch.start:
        page.wrong("scenario_time_backwards", path, this=page.works.spoken(stretch.end),
                   above=page.works.spoken(stretch.start))
        return None
    return stretch

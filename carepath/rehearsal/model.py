"""A scenario as read: who the patient is, what is given, what is expected. Plain frozen data.

Times are resolved: every ``datetime`` here is an aware UTC instant. Names are checked against the plans.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from pathways.lang.diagnostics import Span

Json = Any


@dataclass(frozen=True, slots=True)
class Subject:
    """What an expectation, or a ``whenever``, speaks of. ``kind`` is its key (``message``, ``task`` …), ``name`` the
    author's name or "any"; the filters are texts as written ("" = whatever)."""

    kind: str
    name: str
    filters: tuple[tuple[str, str], ...] = ()

    def filter(self, key: str) -> str:
        """The filter ``key``, or "" when nothing is asked of it."""
        return dict(self.filters).get(key, "")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One line of ``expect``. ``mode``: ``in`` (at least ``low``, at most ``high`` times inside the stretch),
    ``holds`` (is so at ``start``), ``never``. The stretch is [start, end], with ``open_start`` (start, end]
    and with ``open_end`` [start, end)."""

    subject: Subject
    mode: str
    start: datetime
    end: datetime
    low: int = 1
    high: int | None = None
    open_start: bool = False
    open_end: bool = False
    text: str = ""
    span: Span = Span(1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Act:
    """Something done by somebody: the part of a line that becomes events. ``kind`` is its key (``reading``, ``done``,
    ``verb`` …); ``what`` and ``args`` as checked by ``given.py``."""

    kind: str
    what: Json
    args: dict[str, Json] = field(default_factory=dict)
    text: str = ""
    span: Span = Span(1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Given:
    """An act at an instant. ``seen`` is when it arrives (later with ``late``); ``again`` when it arrives a second
    time with the same id (``twice``)."""

    at: datetime
    seen: datetime
    act: Act
    id: str
    again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Behaviour that waits for something: each time ``subject`` happens inside [start, end], ``act`` follows
    ``after`` later, at most ``at_most`` times."""

    subject: Subject
    after: timedelta
    act: Act
    start: datetime
    end: datetime
    at_most: int | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """Nothing of the system runs in [start, end): no decision, no sending."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """The patient. ``facts`` as an enrolment takes them; ``profile`` as a new journey takes it (zone, language,
    channels, customary times)."""

    zone: str
    facts: dict[str, Json]
    profile: dict[str, Json]
    consent: tuple[str, ...] | None = None
    anchors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole scenario, ready to run. ``site`` is an id or file name, None when it states none. ``may_fail``: ids of
    lines that are passed over when they cannot be done. ``drawn``: its life was made up, so what is refused is too."""

    file: str
    name: str
    pathways: tuple[str, ...]
    site: str | None
    person: Person
    start: datetime
    end: datetime
    given: tuple[Given, ...]
    standing: tuple[Standing, ...]
    outages: tuple[Outage, ...]
    expect: tuple[Expectation, ...]
    lines: tuple[str, ...] = ()
    may_fail: frozenset[str] = frozenset()
    drawn: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """A habit: the act at each of ``times`` of the local days in [first, last], but for the share ``skip`` of them."""

    act: Act
    times: tuple[time, ...]
    start: datetime
    end: datetime
    skip: Decimal = Decimal(0)
    on_days: int = 1

"""How much of a pathway its scenarios must reach: the file `coverage.yaml` beside them.

    pathway: hypertension_home
    coverage: {at_least: 90 %, rules: 100 %}

``at_least`` holds for every kind of thing that has no share of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from carepath.rehearsal.coverage import KINDS, Coverage
from carepath.rehearsal.names import names_of
from carepath.rehearsal.page import Page, listed
from carepath.rehearsal.times import Clockwork
from pathways.lang.diagnostics import Diagnostic, Said, Span, did_you_mean
from pathways.lang.plan import Plan
from pathways.lang.source import Source

Json = Any
EVERY: Final = "at_least"
_SHARE: Final = re.compile(r"(\d{1,3})(?:\.(\d))? ?%")


@dataclass(frozen=True, slots=True)
class Floor:
    """Shares (0 to 1) of one pathway by kind of thing, with where they stand in the file."""

    pathway: str
    file: str
    shares: Mapping[str, float]
    spans: Mapping[str, Span]

    def of(self, kind: str) -> float:
        """The share asked for; 0 where none is."""
        return self.shares.get(kind, self.shares.get(EVERY, 0.0))


@dataclass(frozen=True, slots=True)
class Short:
    """A kind of thing of which too little is reached; shares from 0 to 1."""

    pathway: str
    kind: str
    share: float
    at_least: float
    missing: tuple[str, ...]
    file: str
    span: Span


def is_floor(value: Json) -> bool:
    """Whether a document states a floor."""
    return isinstance(value, dict) and "coverage" in value and "scenario" not in value


def read_floor(source: Source, plans: Mapping[str, Plan]) -> tuple[Floor | None, list[Diagnostic]]:
    """Read a floor. Every key, name and share must be known; what is wrong is returned with its place."""
    value = source.value
    works = Clockwork(datetime(2000, 1, 1, tzinfo=UTC).date(), ZoneInfo("UTC"))
    page = Page(source, works, names_of(plans))
    page.keys(value, (), ("pathway", "coverage"))
    shares: dict[str, float] = {}
    stated = value["coverage"]
    if page.need(value, (), "pathway") and value["pathway"] not in plans:
        name = str(value["pathway"])
        page.wrong("scenario_no_pathway", ("pathway",), name=name, known=listed(plans),
                   suggestion=did_you_mean(name, plans))  # fmt: skip
    if not isinstance(stated, dict) or not stated:
        page.bad(("coverage",), stated, Said("shares by kind", "按类别的比例"), "{at_least: 90 %}")
        return None, page.found
    page.keys(stated, ("coverage",), (EVERY, *KINDS))
    for kind, written in stated.items():
        match = _SHARE.fullmatch(str(written))
        share = -1.0 if match is None else float(f"{match[1]}.{match[2] or 0}") / 100
        if not 0 <= share <= 1:
            page.bad(("coverage", kind), written, Said("a share from 0 % to 100 %", "0 % 到 100 % 的比例"), "90 %")
        shares[kind] = share
    if page.found:
        return None, page.found
    spans = {kind: source.span(("coverage", kind), key=True) for kind in shares}
    return Floor(value["pathway"], source.file, shares, spans), []


def short_of(floors: Mapping[str, Floor], coverage: Mapping[str, Coverage]) -> list[Short]:
    """Everything of which less is reached than its floor."""
    found: list[Short] = []
    for name, floor in sorted(floors.items()):
        for part in coverage[name].parts() if name in coverage else ():
            if part.share < floor.of(part.name) - 1e-9:
                span = floor.spans.get(part.name) or floor.spans[EVERY]
                found.append(
                    Short(name, part.name, part.share, floor.of(part.name), tuple(part.missing), floor.file, span)
                )
    return found

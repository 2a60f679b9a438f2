"""Markdown tables of the reference pages as test cases, and the small world their phrases speak of."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pathways.lang.phrases_names import Named

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def rows_of(page: str, kind: str) -> list[dict[str, str]]:
    """The rows of every table of a page that follows ``<!-- table: kind -->``, by heading."""
    rows: list[dict[str, str]] = []
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.strip() != f"<!-- table: {kind} -->":
            continue
        heads = _cells(lines[number + 1])
        for row in lines[number + 3 :]:
            if not row.startswith("|"):
                break
            cells = _cells(row)
            assert len(cells) == len(heads), row
            rows.append(dict(zip(heads, cells, strict=True)))
    assert rows, f"{page} has no table {kind}"
    return rows


def _cells(line: str) -> list[str]:
    return [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]


def instant(text: str, zone: str) -> datetime:
    """A local time of a table, with or without an offset."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))


def moment_of(text: str, zone: str) -> datetime | date:
    """A date, or a local time, of a table."""
    return date.fromisoformat(text) if len(text) == len("2026-03-02") else instant(text, zone)


def _measure(component: str, unit: str) -> Named:
    return Named("measure", "bp", component=component, unit=unit, components=("systolic", "diastolic", "pulse"))


NAMES: dict[str, Named] = {
    "bp": Named("measure", "bp", unit="mm[Hg]", components=("systolic", "diastolic", "pulse")),
    "bp.systolic": _measure("systolic", "mm[Hg]"),
    "bp.diastolic": _measure("diastolic", "mm[Hg]"),
    "bp.pulse": _measure("pulse", "/min"),
    "weight": Named("measure", "weight", component="value", unit="kg", components=("value",)),
    "week_mean.systolic": Named("derived", "week_mean", component="systolic", unit="mm[Hg]"),
    "high": Named("param", "high", unit="mm[Hg]"),
    "low": Named("param", "low", unit="mm[Hg]"),
    "bp_high": Named("param", "bp_high", unit="mm[Hg]"),
    "high_kpa": Named("param", "high_kpa", unit="kPa"),
    "gain": Named("param", "gain", unit="g"),
    "vte_days": Named("param", "vte_days", unit="d"),
    "few": Named("param", "few", unit="1"),
    "age": Named("fact", "age", type="age"),
    "sex": Named("fact", "sex", type="sex", words=("female", "male")),
    "pregnant": Named("fact", "pregnant", type="yes_no"),
    "conditions": Named("fact", "conditions", type="codes"),
    "pills": Named("fact", "pills", type="count", unit="1"),
    "surgery": Named("fact", "surgery", type="date"),
    "discharge": Named("fact", "discharge", type="moment"),
    "enrolment": Named("anchor", "enrolment"),
    "recheck": Named("step", "recheck", type="visit", words=("done", "no_show", "moved", "missed")),
    "visit": Named("step", "visit", type="visit", words=("done", "no_show", "moved", "missed")),
    "routine": Named("step", "routine", type="visit", words=("done", "no_show", "moved", "missed")),
    "review": Named("step", "review", type="task", words=("done", "cancelled")),
    "review.result": Named("field", "review", field="result", type="one_of", words=("keep", "change")),
    "review.score": Named("field", "review", field="score", type="number", unit="1"),
    "measure_bp": Named("step", "measure_bp", type="measure", words=("done", "done_late", "partly", "missed")),
    "baseline.measure_bp": Named("step", "measure_bp", phase="baseline", type="measure", words=("done", "missed")),
}


class World:
    """A ``NameResolver`` over ``NAMES``."""

    def lookup(self, name: str) -> Named | None:
        return NAMES.get(name)

    def is_phase(self, name: str) -> bool:
        return False

    def codes(self, fact: str, word: str) -> tuple[str, ...] | None:
        return {"hypertension": ("I10", "38341003"), "esrd": ("N18.6",)}.get(word)

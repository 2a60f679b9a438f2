"""Occurrences written out one by one, so that a schedule without end shows its beginning at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from carepath.expansion.walk import Planned

Json = Any
_HEADS = {
    "en": ("step", "no.", "opens", "due", "late", "missed"),
    "zh": ("步骤", "序号", "开放", "到期", "迟", "漏"),
}


def row_of(planned: Planned, zone: str) -> dict[str, Json]:
    """One occurrence as JSON: instants in UTC and in local time."""
    return {
        "step": planned.step,
        "number": planned.number,
        "opens": instant_row(planned.opens, zone),
        "due": instant_row(planned.due, zone),
        "late": instant_row(planned.late, zone),
        "missed": instant_row(planned.missed, zone),
    }


def instant_row(at: datetime | None, zone: str) -> dict[str, str] | None:
    """An instant in UTC and in local time."""
    if at is None:
        return None
    utc = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"utc": utc, "local": at.astimezone(ZoneInfo(zone)).isoformat()}


def write_json(rows: Iterable[dict[str, Json]], out: TextIO) -> None:
    """``{"occurrences": […]}``, each row written as soon as it is known."""
    out.write('{"occurrences": [')
    between = ""
    for row in rows:
        out.write(between + json.dumps(row, ensure_ascii=False))
        between = ", "
    out.write("]}\n")


def write_lines(rows: Iterable[dict[str, Json]], wide: int, language: str, out: TextIO) -> None:
    """Lines for people in local times; ``wide`` is the length of the longest name of a step."""
    for line in _lines(rows, max(wide, 4), _HEADS["zh" if language == "zh" else "en"]):
        out.write(line.rstrip() + "\n")


def _lines(rows: Iterable[dict[str, Json]], wide: int, heads: tuple[str, ...]) -> Iterator[str]:
    yield f"{heads[0]:<{wide}} {heads[1]:>4}  " + "  ".join(f"{head:<16}" for head in heads[2:])
    for row in rows:
        times = "  ".join(f"{_short(row[key]):<16}" for key in ("opens", "due", "late", "missed"))
        yield f"{row['step']:<{wide}} {row['number']:>4}  {times}"


def _short(at: dict[str, str] | None) -> str:
    return "" if at is None else at["local"][:16].replace("T", " ")

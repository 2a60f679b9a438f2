"""The types of values that a pathway keeps from a partner: how they are read, as what conditions know them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

Json = Any
KeptWord = Literal[
    "text", "proposal", "date", "moment", "yes_no", "number", "count", "times", "granted", "valid_to"
]  # fmt: skip
LONGEST: Final = 4000
MOST_ROWS: Final = 40


@dataclass(frozen=True, slots=True)
class KeptType:
    """One type. ``field``: its type as conditions and time phrases know it, None for what they cannot read.
    ``source``: what the partner calls the value, where it is not the name under which it is kept. ``last_day``: a date
    that is itself still included."""

    field: str | None
    source: str | None = None
    last_day: bool = False
    unit: str | None = None


KEPT: Final[Mapping[str, KeptType]] = {
    "text": KeptType("text"),
    "proposal": KeptType(None),
    "date": KeptType("date"),
    "moment": KeptType("moment"),
    "yes_no": KeptType("yes_no"),
    "number": KeptType("number", unit="1"),
    "count": KeptType("number", unit="1"),
    "times": KeptType("number", unit="1"),
    "granted": KeptType("number", source="granted", unit="1"),
    "valid_to": KeptType("date", source="valid_to", last_day=True),
}
"""``times`` is not told by the partner: it counts how often the word was heard."""


def _text(value: Json) -> Json:
    return value if isinstance(value, str) and len(value) <= LONGEST else None


def _proposal(value: Json) -> Json:
    return value if isinstance(value, list) and len(value) <= MOST_ROWS and len(str(value)) <= LONGEST else None


def _date(value: Json) -> Json:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        return None


def _moment(value: Json) -> Json:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.isoformat() if found.tzinfo is not None else None


def _yes_no(value: Json) -> Json:
    return value if isinstance(value, bool) else {"yes": True, "no": False}.get(str(value).lower())


def _number(value: Json) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return str(found) if found.is_finite() else None


def _count(value: Json) -> Json:
    found = _number(value)
    if found is None or Decimal(found) != int(Decimal(found)) or not 0 <= Decimal(found) <= 10_000:
        return None
    return str(int(Decimal(found)))


_READ: Final[Mapping[str, Callable[[Json], Json]]] = {
    "text": _text,
    "proposal": _proposal,
    "date": _date,
    "moment": _moment,
    "yes_no": _yes_no,
    "number": _number,
    "count": _count,
    "granted": _count,
    "valid_to": _date,
}


def read_kept(keep: Mapping[str, str], told: Mapping[str, Json], heard: int) -> tuple[dict[str, Json], list[str]]:
    """The values that are kept of what a partner told, and the names of those that could not be read.

    ``keep``: name -> type word. ``heard``: how often this word has been heard. What was not told is not kept.
    """
    good: dict[str, Json] = {}
    bad: list[str] = []
    for name, kind in keep.items():
        if kind == "times":
            good[name] = str(heard)
            continue
        value = told.get(KEPT[kind].source or name)
        if value is None:
            continue
        found = _READ[kind](value)
        if found is None:
            bad.append(name)
        else:
            good[name] = found
    return good, bad

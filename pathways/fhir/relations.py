"""``relatedAction`` into phrases: which action waits for which, how long, and actions that go round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pathways.fhir.timing import duration_phrase
from pathways.lang.relations import AFTER, BEFORE, TOGETHER, circles

Json = Any
_SECONDS: Final = {
    "s": 1, "min": 60, "h": 3600, "day": 86400, "week": 604800, "month": 2592000, "year": 31536000,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edge:
    """``later`` comes ``offset`` (a phrase of the language, "" at once) after ``earlier``."""

    earlier: str
    later: str
    offset: str
    relation: str
    path: str


def has_time(action: Mapping[str, Json]) -> bool:
    """Whether an action says itself when it is: it has a timing, or comes after or together with another."""
    related = [r for r in action.get("relatedAction") or () if isinstance(r, Mapping)]
    return (
        "timingTiming" in action
        or "timingDateTime" in action
        or any(r.get("relationship") in AFTER | TOGETHER for r in related)
    )


def edges(actions: Mapping[str, Mapping[str, Json]], paths: Mapping[str, str]) -> list[Edge]:
    """Every relation as "later after earlier". ``actions``: action id -> action, in order.

    An action before one that says no time of its own makes that one wait for it: writers of definitions use
    ``before-start`` for "then go to". One so long before an action that has a time is no edge: it is counted back
    from that one. An offset that is a range counts with its low end.
    """
    out: list[Edge] = []
    for name, action in actions.items():
        for number, related in enumerate(action.get("relatedAction") or ()):
            if not isinstance(related, Mapping) or related.get("actionId") not in actions:
                continue
            other, relation = str(related["actionId"]), str(related.get("relationship"))
            path = f"{paths[name]}.relatedAction[{number}]"
            offset = offset_of(related) or ""
            if relation in BEFORE and offset and has_time(actions[other]):
                continue
            if relation in BEFORE:
                out.append(Edge(name, other, offset, relation, path))
            elif relation in AFTER | TOGETHER:
                out.append(Edge(other, name, offset, relation, path))
    return out


def offset_of(related: Mapping[str, Json]) -> str | None:
    """The offset as a phrase; of a range the low end, else the high one."""
    if "offsetDuration" in related:
        return duration_phrase(related["offsetDuration"])
    found = related.get("offsetRange")
    if isinstance(found, Mapping):
        return duration_phrase(found.get("low")) or duration_phrase(found.get("high"))
    return None


def window_of(related: Mapping[str, Json]) -> tuple[str, str] | None:
    """Both ends of an offset that is a range."""
    found = related.get("offsetRange")
    if not isinstance(found, Mapping):
        return None
    low, high = duration_phrase(found.get("low")), duration_phrase(found.get("high"))
    return (low, high) if low and high else None


def rounds(names: Sequence[str], found: Sequence[Edge]) -> list[list[str]]:
    """The groups of actions that go round, each in the order of the definition."""
    ahead: dict[str, set[str]] = {name: set() for name in names}
    for edge in found:
        ahead[edge.earlier].add(edge.later)
    return circles(names, ahead)


def along(group: Sequence[str], found: Sequence[Edge]) -> tuple[dict[str, int], int]:
    """How many seconds each action of a round comes after its first one, and how long the round takes (0: no time
    passes). The first way round in the order of the definition counts."""
    first, inside = group[0], set(group)
    mine = [e for e in found if e.earlier in inside and e.later in inside]
    at = {first: 0}
    open_ = [first]
    while open_:
        here = open_.pop(0)
        for edge in mine:
            if edge.earlier == here and edge.later not in at:
                at[edge.later] = at[here] + seconds(edge.offset)
                open_.append(edge.later)
    whole = [at[e.earlier] + seconds(e.offset) for e in mine if e.later == first and e.earlier in at]
    return at, min(whole, default=0)


def seconds(phrase: str) -> int:
    """A phrase of a length in seconds; a month counts 30 days (only to compare and to add)."""
    if not phrase:
        return 0
    number, _, unit = phrase.partition(" ")
    return int(number) * _SECONDS[unit if unit in _SECONDS else unit.rstrip("s")]


def spoken(length: int) -> str:
    """Seconds as the largest whole unit up to weeks."""
    for unit in ("week", "day", "h", "min", "s"):
        size = _SECONDS[unit]
        if length % size == 0:
            number = length // size
            return f"{number} {unit}{'s' if number != 1 and unit in {'week', 'day'} else ''}"
    raise AssertionError(length)

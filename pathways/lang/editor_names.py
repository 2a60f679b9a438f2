"""Names in the text of a pathway: where each is defined and where it is used, for editors.

A name is looked for where its kind can stand: ``go`` names a phase, ``cite`` a source; phrases may name facts,
parameters, measures, derived values, steps, phases and lists. Texts that people read name nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pathways.lang.diagnostics import Span
from pathways.lang.source import Path, Place, Source

_WORD: Final = re.compile(r"[a-z][a-z0-9_]*")
SECTIONS: Final[dict[str, str]] = {
    "facts": "fact", "parameters": "parameter", "measures": "measure", "derived": "derived", "evidence": "evidence",
    "profiles": "profile", "lists": "list", "forms": "form", "escalations": "ladder", "phases": "phase", "ends": "end",
    "rules": "rule", "decisions": "decision", "quotas": "quota", "messages": "message", "throughout": "step",
}  # fmt: skip
"""Section of the document -> kind of the names that are its keys."""
KEYS: Final[dict[str, str]] = {
    "go": "phase", "end": "end", "since": "phase", "in": "phase", "cite": "evidence", "same_as": "profile",
    "say": "message", "message": "message", "escalate": "ladder", "role": "role", "tell": "role", "with": "role",
    "by": "role", "measure": "measure", "of": "measure", "ask": "form", "form": "form", "plan": "step",
    "start": "step", "stop": "step", "hold": "step", "roles": "role", "set": "fact", "fact": "fact",
}  # fmt: skip
"""Key -> kind of the name that is its value. Every other value is a phrase, or text."""
TEXTS: Final = frozenset({"en", "zh", "owner", "not_met", "version", "carepath", "id", "teach", "use", "handoff", "to"})
IN_PHRASES: Final = frozenset(
    {"fact", "parameter", "measure", "derived", "step", "phase", "list", "role", "task", "decision"}
)


@dataclass(frozen=True, slots=True)
class Found:
    """A name somewhere: its kind ("" inside a phrase, where several could stand) and whether it is defined there."""

    name: str
    kind: str
    span: Span
    path: Path
    defines: bool


def found_in(source: Source) -> list[Found]:
    """Every name of a document that could be read, in the order of the text."""
    names = list(_walk(source.place, source.value, ()))
    return sorted(names, key=lambda one: (one.span.line, one.span.column))


def _walk(place: Place, value: object, path: Path) -> Iterator[Found]:
    if isinstance(value, dict):
        for key, inner in value.items():
            child = place.children.get(key)
            if child is None:
                continue
            kind = _defined(path)
            if kind and child.key is not None:
                yield Found(str(key), kind, child.key, (*path, key), True)
            yield from _walk(child, inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            child = place.children.get(number)
            if child is not None:
                yield from _walk(child, inner, (*path, number))
    elif isinstance(value, str):
        yield from _scalar(place, value, path)


def _defined(path: Path) -> str:
    """The kind of the names that are the keys of the mapping at a path; "" where they are none."""
    if len(path) == 1:
        return SECTIONS.get(str(path[0]), "")
    if len(path) == 3 and path[0] == "phases" and path[2] == "steps":
        return "step"
    return ""


def _scalar(place: Place, value: str, path: Path) -> Iterator[Found]:
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    if key == "id" and len(path) > 1 and place.exact:
        yield Found(value, "task", place.value, path, True)
        return
    if key in TEXTS or not place.exact:
        return
    kind = KEYS.get(key, "")
    if path[:1] == ("evidence",) and key == "cite":
        return  # there it is the text of the citation
    if path[:1] == ("decisions",) and key in {"of", "is"}:
        kind = "form" if key == "of" else ""
    defines = kind == "role" and path[:1] == ("roles",)
    for match in _WORD.finditer(value):
        start = place.value.column + place.quoted + match.start()
        line = place.value.line
        span = Span(line, start, line, start + len(match.group()))
        yield Found(match.group(), kind if match.group() == value else "", span, path, defines)


def at(names: list[Found], line: int, column: int) -> Found | None:
    """The name at a position (from 1, in code points)."""
    for one in names:
        if one.span.line == line and one.span.column <= column <= one.span.end_column:
            return one
    return None


def kinds_of(names: list[Found], one: Found) -> set[str]:
    """The kinds a name at a place may have: its own, else those of the definitions a phrase may mean."""
    if one.kind:
        return {one.kind} if one.kind != "measure" else {"measure"}
    return {other.kind for other in names if other.defines and other.name == one.name and other.kind in IN_PHRASES}


def definitions(names: list[Found], one: Found) -> list[Found]:
    """Where a name is defined; of a step in several phases the one of its own phase."""
    kinds = kinds_of(names, one)
    if kinds & {"step"}:
        kinds |= {"task"}
    found = [other for other in names if other.defines and other.name == one.name and other.kind in kinds]
    near = [other for other in found if other.path[:2] == one.path[:2]]
    return near if near and len(found) > 1 else found


def uses(names: list[Found], one: Found) -> list[Found]:
    """Every place that means the same: its definitions, the keys that name its kind, and phrases."""
    kinds = kinds_of(names, one)
    in_phrases = bool(kinds & IN_PHRASES)
    return [
        other
        for other in names
        if other.name == one.name and (other.kind in kinds or (not other.kind and in_phrases))
    ]

"""A slip of one letter anywhere in a good pathway: the hint names the word that was meant.

Keys, names, units and codes are damaged by a letter lost, doubled in, replaced or swapped with its neighbour, at random
places from a seed; at least 95 of 100 hints of each class must be right. A slip that leaves a good pathway is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from pathways.lang.diagnostics import Diagnostic
from pathways.lang.load import load_pathway
from pathways.lang.source import Place, Source, read_source
from pathways.lang.spec import PathwaySpec
from tests.unit.lang.test_every_key import judged, keys

PROJECT = Path(__file__).resolve().parents[2]
FILES = [
    *sorted((PROJECT / "pathways" / "library").glob("*/pathway.yaml")),
    PROJECT / "tests" / "golden" / "base" / "small.yaml",
    PROJECT / "tests" / "golden" / "base" / "wide.yaml",
]
TRIED = 100
RIGHT = 0.95
SLIPS = ("lost", "more", "other", "swapped")
UNITS = frozenset(("mmHg", "kg", "min", "day", "days", "week", "weeks", "month", "months", "working", "readings"))
DECLARE: tuple[str, ...] = ("evidence", "profiles", "facts", "parameters", "measures", "derived", "escalations")
DECLARE += ("throughout", "phases", "ends", "rules", "messages", "forms", "lists", "decisions", "quotas")
FREE_TEXT = frozenset(("en", "zh", "cite", "id", "owner", "version", "not_met"))


class Spot(NamedTuple):
    """A word of a file that a finger may slip in."""

    file: Path
    line: int
    column: int
    word: str


@cache
def spots() -> dict[str, list[Spot]]:
    """Class -> all its words in all files."""
    found: dict[str, list[Spot]] = {"key": [], "name": [], "unit": [], "code": []}
    for file in FILES:
        source, _ = read_source(file.read_bytes(), file.name)
        for kind, spot in _spots(file, source):
            found[kind].append(spot)
    return found


def _declared(value: dict[str, Any]) -> set[str]:
    names = {name for part in DECLARE if isinstance(value.get(part), dict) for name in value[part]}
    return names | {step for phase in value["phases"].values() for step in phase.get("steps", {})} | set(value["roles"])


def _spots(file: Path, source: Source) -> Iterator[tuple[str, Spot]]:
    assert isinstance(source.value, dict)
    owned = {place for _, place in keys(source.value, judged(source, PathwaySpec))}
    declared, lines = _declared(source.value), source.text.split("\n")
    for path, place, value in _places(source.place, source.value):
        if path in owned and place.key is not None and len(str(path[-1])) >= 4:
            yield "key", Spot(file, place.key.line, place.key.column, str(path[-1]))
        at = place.value
        if not isinstance(value, str) or at.line != at.end_line or path[-1] in FREE_TEXT or path[0] == "roles":
            continue
        if path[-1] == "agenda" or (path[0] == "decisions" and path[-1] == "is"):
            # Here a word is made, not meant: what uses it is judged. (Where several rows make the same word, a slip in
            # one makes another word: that is a good pathway to the compiler, and no hint is given.)
            continue
        written = lines[at.line - 1][at.column - 1 : at.end_column - 1]
        for match in re.finditer(r"[A-Za-z_]\w*", written):
            kind = _kind(match.group(), written, declared)
            if kind:
                yield kind, Spot(file, at.line, at.column + match.start(), match.group())


def _kind(word: str, written: str, declared: set[str]) -> str:
    if word in UNITS:
        return "unit"
    if len(word) < 4:
        return ""
    if word in declared:
        return "name"
    alone = re.fullmatch(r"[a-z_]+", written) or re.search(rf"\b(has|is|any of)\s+{word}", written)
    return "code" if alone else ""


def _places(place: Place, value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Place, Any]]:
    yield path, place, value
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _places(place.children[key], one, (*path, key))


def slipped(rng: Random, word: str) -> str:
    """The word with one slip."""
    kind, at, letter = rng.choice(SLIPS), rng.randrange(len(word)), rng.choice("abdeginorst")
    match kind:
        case "lost":
            return word[:at] + word[at + 1 :]
        case "more":
            return word[:at] + letter + word[at:]
        case "other":
            return word[:at] + letter + word[at + 1 :]
        case _:
            at = rng.randrange(len(word) - 1)
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def names_it(found: Diagnostic, word: str, kind: str) -> bool:
    """Whether the hint says the word that was meant; `day` for `days` is the same unit."""
    said = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", found.hint("en")))))
    return word in said or (kind == "unit" and word.rstrip("s") in {one.rstrip("s") for one in said})


@pytest.mark.parametrize("kind", ["key", "name", "unit", "code"])
def test_the_hint_names_the_word_that_was_meant(
    kind: str, record_property: Callable[[str, object], None]
) -> None:
    rng = Random(f"slips of {kind}")
    right = 0
    wrong: list[object] = []
    while right + len(wrong) < TRIED:
        spot = rng.choice(spots()[kind])
        bad = slipped(rng, spot.word)
        lines = spot.file.read_text("utf-8").split("\n")
        line, start = lines[spot.line - 1], spot.column - 1
        assert line.startswith(spot.word, start)
        lines[spot.line - 1] = line[:start] + bad + line[start + len(spot.word) :]
        loaded = load_pathway("\n".join(lines), spot.file.name)
        if bad == spot.word or loaded.plan is not None:
            continue
        here = [d for d in loaded.diagnostics if d.severity == "error" and d.span.line == spot.line]
        if any(names_it(d, spot.word, kind) for d in here):
            right += 1
        else:
            wrong.append((spot.file.parent.name, spot.line, spot.word, bad, [(d.code, d.hint("en")) for d in here]))
    share = right / TRIED
    record_property(f"right hints of slips in a {kind}", share)
    assert share >= RIGHT, wrong

"""The namespace of a document: one name means one thing, and no name is a word of the phrases."""

from __future__ import annotations

from collections.abc import Iterator

from pathways.lang.compile_reader import Reader
from pathways.lang.phrases_engine import reserved_words
from pathways.lang.resolve import THROUGHOUT
from pathways.lang.resolve_actions import name_actions
from pathways.lang.source import Path
from pathways.lang.spec import COUNTING


def check_names(r: Reader) -> None:
    """Give every action its id, and find names that are taken or reserved."""
    _broken(r)
    first: dict[str, Path] = {}
    steps: set[str] = set()
    for name, path, is_step in _names(r):
        if name in reserved_words():
            r.say("reserved_word", path, key=True, name=name)
        elif name in first and not (is_step and name in steps):
            _taken(r, name, path, first[name])
        first.setdefault(name, path)
        if is_step:
            steps.add(name)
    for path, name, other in name_actions(r.symbols):
        _taken(r, name, (*path, "id"), other)
    for name, task in r.symbols.tasks.items():
        written = (*task.path, "id")
        if r.written(written) and name in first:
            _taken(r, name, written, first[name])
        elif r.written(written) and name in reserved_words():
            r.say("reserved_word", written, name=name)


def _broken(r: Reader) -> None:
    """Note what cannot be used because its own definition is wrong."""
    for name, measure in r.spec.measures.items():
        if measure.use not in r.catalogue.measures:
            r.symbols.broken.add(name)
    steps = {way for phase, step, _ in r.symbols.all_steps() for way in (step, f"{phase}.{step}")}
    for name, derived in r.spec.derived.items():
        counts = derived.function in COUNTING
        known = steps if counts else r.spec.measures
        if derived.of not in known or (derived.of in r.symbols.broken and not counts):
            r.symbols.broken.add(name)


def _taken(r: Reader, name: str, path: Path, other: Path) -> None:
    r.say("name_taken", path, key=not r.source.find(path)[1], name=name, first_line=r.source.span(other, key=True).line)


def _names(r: Reader) -> Iterator[tuple[str, Path, bool]]:
    """(name, place, whether it is a step) of everything in the one namespace, and of phases."""
    spec = r.spec
    for section in ("facts", "parameters", "measures", "derived", "decisions"):
        for name in getattr(spec, section):
            yield name, (section, name), False
    for name in spec.phases:
        yield name, ("phases", name), False
    for phase, name, _ in r.symbols.all_steps():
        yield name, (THROUGHOUT, name) if phase == THROUGHOUT else ("phases", phase, "steps", name), True

"""The pathways that a pathway may call: documents given as data, compiled when they are asked for.

Nothing here reads a file: whoever loads a pathway says which documents stand beside it (``load.pathways_near``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from pathways.lang.plan import Plan

_ID = re.compile(rb"""^id:[ \t]*["']?([a-z][a-z0-9_]*)""", re.MULTILINE)
_VERSION = re.compile(rb"""^version:[ \t]*["']?([0-9]+\.[0-9]+\.[0-9]+)""", re.MULTILINE)

Trouble = Literal["", "unknown", "version", "circle", "errors"]
Document = tuple[str, bytes]
"""A file's name and its bytes."""


class Found(NamedTuple):
    """A called pathway: its plan, or why there is none. ``known``: ids, or versions, that there are."""

    plan: Plan | None
    trouble: Trouble = ""
    known: tuple[str, ...] = ()


class Compiled(NamedTuple):
    """What became of a called document. ``circle``: it leads back to a pathway that is being compiled."""

    plan: Plan | None
    circle: bool = False


def no_documents() -> Iterable[Document]:
    """Nothing stands beside the pathway."""
    return ()


def _nothing(_file: str, _text: bytes, _library: Library) -> Compiled:
    return Compiled(None)


@dataclass(slots=True)
class Library:
    """Finds a pathway by id and version. ``documents`` is asked once, when the first call is compiled; ``compile``
    makes the plan of one of them; ``within`` are the pathways whose compilation led here."""

    documents: Callable[[], Iterable[Document]] = no_documents
    compile: Callable[[str, bytes, Library], Compiled] = _nothing
    within: tuple[str, ...] = ()
    _index: dict[str, dict[str, Document]] = field(default_factory=dict)
    _made: dict[tuple[str, str], Compiled] = field(default_factory=dict)
    _read: list[bool] = field(default_factory=list)

    def inside(self, pathway: str) -> Library:
        """The same library while ``pathway`` is compiled."""
        return Library(self.documents, self.compile, (*self.within, pathway), self._index, self._made, self._read)

    def ids(self) -> tuple[str, ...]:
        """The ids of all pathways."""
        self._look()
        return tuple(sorted(self._index))

    def find(self, pathway: str, version: str) -> Found:
        """The plan of a pathway in exactly this version."""
        if pathway in self.within:
            return Found(None, "circle")
        self._look()
        versions = self._index.get(pathway)
        if versions is None:
            return Found(None, "unknown", self.ids())
        if version not in versions:
            return Found(None, "version", tuple(sorted(versions)))
        key = (pathway, version)
        if key not in self._made:
            self._made[key] = self.compile(*versions[version], self)
        made = self._made[key]
        return Found(made.plan, "" if made.plan is not None else "circle" if made.circle else "errors")

    def _look(self) -> None:
        if self._read:
            return
        self._read.append(True)
        for file, text in self.documents():
            id, version = _ID.search(text), _VERSION.search(text)
            if id is not None and version is not None:
                found = self._index.setdefault(id[1].decode(), {})
                found.setdefault(version[1].decode(), (file, text))

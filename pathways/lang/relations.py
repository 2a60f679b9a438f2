"""How an action may stand to another: the nine relations of FHIR (``ActionRelationshipType``), and who goes round."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, Literal, get_args

RelationCode = Literal[
    "before-start",
    "before",
    "before-end",
    "concurrent-with-start",
    "concurrent",
    "concurrent-with-end",
    "after-start",
    "after",
    "after-end",
]
RELATIONS: Final[tuple[RelationCode, ...]] = get_args(RelationCode)
BEFORE: Final = frozenset({"before-start", "before", "before-end"})
TOGETHER: Final = frozenset({"concurrent-with-start", "concurrent", "concurrent-with-end"})
AFTER: Final = frozenset({"after-start", "after", "after-end"})
AT_START: Final = frozenset({"before-start", "before", "concurrent-with-start", "concurrent", "after-start"})
"""Relations that count from the start of the other action; the others count from its end."""


def circles(names: Sequence[str], ahead: Mapping[str, Collection[str]]) -> list[list[str]]:
    """The groups of actions that go round, each in the order of ``names``. ``ahead``: action -> those it leads to."""
    reach = {name: _reach(name, ahead) for name in names}
    groups: list[list[str]] = []
    seen: set[str] = set()
    for name in names:
        if name in seen or name not in reach[name]:
            continue
        group = [other for other in names if other in reach[name] and name in reach[other]]
        seen |= set(group)
        groups.append(group)
    return groups


def _reach(name: str, ahead: Mapping[str, Collection[str]]) -> set[str]:
    found: set[str] = set()
    open_ = list(ahead.get(name, ()))
    while open_:
        here = open_.pop()
        if here not in found:
            found.add(here)
            open_ += ahead.get(here, ())
    return found

"""How far ``2 times in a row``, ``2 of 3`` and ``for 2 weeks`` reach back over ``and`` and ``or``.

Phrases have no brackets. ``bp.systolic < a and bp.diastolic < b 2 times in a row`` speaks of both numbers of one
reading, so the words reach back over every part directly before them that speaks of the same one thing,
and no further. Where that leaves a part about the same thing behind, the phrase is ambiguous and refused.
"""

from __future__ import annotations

from dataclasses import replace

from pathways.lang.phrases_names import NameResolver, Problem
from pathways.lang.phrases_tree import (
    Name,
    Span,
    SynArith,
    SynChain,
    SynCompare,
    SynCond,
    SynHas,
    SynIs,
    SynMissed,
    SynNot,
    SynRangeTest,
    SynStreak,
    SynValue,
)

Root = tuple[str, str]
"""Kind and id of a thing that a condition speaks of; parameters do not count."""


def subjects(tree: SynCond, names: NameResolver) -> frozenset[Root]:
    """The things a condition speaks of."""
    if isinstance(tree, SynChain):
        return frozenset().union(*(subjects(part, names) for part in tree.parts))
    if isinstance(tree, SynNot | SynStreak):
        return subjects(tree.of, names)
    if isinstance(tree, SynCompare):
        return _roots((tree.left, tree.right), names)
    if isinstance(tree, SynRangeTest):
        return _roots((tree.of, tree.low, tree.high), names)
    if isinstance(tree, SynIs | SynHas | SynMissed):
        return _roots((tree.of,), names)
    return frozenset()


def _roots(values: tuple[SynValue, ...], names: NameResolver) -> frozenset[Root]:
    found: set[Root] = set()
    for value in values:
        if isinstance(value, SynArith):
            found |= _roots((value.left, value.right), names)
        elif isinstance(value, Name):
            named = names.lookup(value.text)
            if named is None:
                found.add(("unknown", value.text))
            elif named.kind != "param":
                found.add((named.kind, named.id))
    return frozenset(found)


def spread_streaks(tree: SynCond, names: NameResolver, problems: list[Problem]) -> SynCond:
    """The tree with every streak over the parts it reaches back to."""
    if isinstance(tree, SynNot):
        return replace(tree, of=spread_streaks(tree.of, names, problems))
    if not isinstance(tree, SynChain):
        return tree
    parts = [spread_streaks(part, names, problems) for part in tree.parts]
    index = 0
    while index < len(parts):
        part = parts[index]
        if isinstance(part, SynStreak):
            index = _reach_back(tree, parts, index, names, problems)
        elif _ends_in_streak(part) and _shares(parts[:index], part, names):
            problems.append(Problem("ambiguous_streak", tree.span.start, tree.span.length))
        index += 1
    return parts[0] if len(parts) == 1 else replace(tree, parts=tuple(parts))


def _reach_back(chain: SynChain, parts: list[SynCond], index: int, names: NameResolver, problems: list[Problem]) -> int:
    """Moves the parts before ``index`` that the streak there reaches into it; its new index."""
    streak = parts[index]
    assert isinstance(streak, SynStreak)
    about = subjects(streak.of, names)
    first = index
    while (
        first and len(about) == 1 and not _has_streak(parts[first - 1]) and subjects(parts[first - 1], names) == about
    ):
        first -= 1
    rest = [part for part in parts[:first] if not _has_streak(part)]
    if any(subjects(part, names) & about for part in rest):
        problems.append(Problem("ambiguous_streak", chain.span.start, chain.span.length))
    if first < index:
        inside = (*parts[first:index], streak.of)
        start = _start(inside[0])
        of = SynChain(chain.op, inside, Span(start, _end(streak.of)))
        parts[first : index + 1] = [replace(streak, of=of, span=Span(start, streak.span.end))]
    return first


def _has_streak(part: SynCond) -> bool:
    if isinstance(part, SynChain):
        return any(_has_streak(inner) for inner in part.parts)
    return isinstance(part, SynStreak) or (isinstance(part, SynNot) and _has_streak(part.of))


def _ends_in_streak(part: SynCond) -> bool:
    return isinstance(part, SynChain) and _ends(part)


def _ends(part: SynChain) -> bool:
    last = part.parts[-1]
    return isinstance(last, SynStreak)


def _shares(before: list[SynCond], part: SynCond, names: NameResolver) -> bool:
    assert isinstance(part, SynChain)
    about = subjects(part.parts[-1], names)
    return any(subjects(other, names) & about for other in before if not _has_streak(other))


def _start(tree: SynCond) -> int:
    return tree.span.start


def _end(tree: SynCond) -> int:
    return tree.span.end

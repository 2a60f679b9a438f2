"""Reads lark's raw trees into syntax trees, and refuses values that no grammar can (25:00, 0 times)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal, cast

from lark import Token, Tree

from pathways.lang.phrases_engine import refuse
from pathways.lang.phrases_tree import (
    Name,
    Span,
    SynAnchor,
    SynArith,
    SynChain,
    SynCompare,
    SynCond,
    SynDate,
    SynDuration,
    SynFixed,
    SynHas,
    SynIs,
    SynMissed,
    SynMoment,
    SynNot,
    SynOffset,
    SynQuantity,
    SynRangeTest,
    SynStreak,
    SynTrue,
    SynValue,
)
from pathways.lang.plan_base import ClockTime, DurationUnit
from pathways.lang.units import DURATION_UCUM, DURATION_WORDS, WORDS

Node = Tree[Token]

_COUNT_MAX = 10_000
_LONGEST: dict[DurationUnit, int] = {
    "s": 3_155_760_000, "min": 52_596_000, "h": 876_600, "day": 36_525, "week": 5_218, "month": 1_200, "year": 100,
    "working_day": 26_100, "working_h": 208_800,
}  # fmt: skip
"""A hundred years in each unit."""


def span_of(node: Node | Token, offset: int) -> Span:
    """Where a node stands in the whole phrase."""
    if isinstance(node, Token):
        start = node.start_pos or 0
        return Span(offset + start, offset + (node.end_pos or start + len(node)))
    return Span(offset + node.meta.start_pos, offset + node.meta.end_pos)


def name_of(node: Any, offset: int) -> Name:
    """A written name."""
    token = node.children[0] if isinstance(node, Tree) else node
    return Name(str(token), span_of(token, offset))


def count_of(token: str, start: int | None, *, least: int = 1, most: int = _COUNT_MAX) -> int:
    """A whole number of times, 1 to 10,000 unless said otherwise. Refuses decimals and what is outside."""
    text, begin = str(token), start or 0
    if not text.isdigit() or not least <= int(text) <= most:
        raise refuse("bad_value", begin, begin + len(text), found=text, why="count", least=str(least), most=str(most))
    return int(text)


def clock_of(token: Token, offset: int, *, last: int = 23) -> ClockTime:
    """``20:00``; refuses 25:00 and 20:75."""
    hour, minute = (int(part) for part in str(token).split(":"))
    if hour > last or minute > 59 or (hour == 24 and minute):
        span = span_of(token, offset)
        raise refuse("bad_value", span.start, span.end, found=str(token), why="no_such_time")
    return ClockTime(hour=hour, minute=minute)


def _number_and_unit(token: Token) -> tuple[str, str]:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)[ \t]*(.*)", str(token))
    assert match is not None, token
    return match[1], " ".join(match[2].split())


def duration_of(token: Token, offset: int) -> SynDuration:
    """``2 working days``. Whole numbers only, at most 100 years."""
    number, word = _number_and_unit(token)
    unit, span = DURATION_WORDS[word], span_of(token, offset)
    if not number.isdigit():
        raise refuse("bad_value", span.start, span.end, found=str(token), why="whole_number")
    if int(number) > _LONGEST[unit]:
        raise refuse("bad_value", span.start, span.end, found=str(token), why="over_100_years")
    return SynDuration(int(number), unit, span)


def length_of(node: Any, offset: int) -> SynDuration:
    """A duration, or the name of a parameter that holds one."""
    token = cast(Token, node.children[0] if isinstance(node, Tree) else node)
    if token.type == "NAME":
        name = name_of(token, offset)
        return SynDuration(name, "day", name.span)
    return duration_of(token, offset)


def quantity_of(token: Token, offset: int) -> SynQuantity:
    """A number with its unit in UCUM ("1" without one)."""
    number, word = _number_and_unit(token)
    span = span_of(token, offset)
    if not word:
        return SynQuantity(Decimal(number), "1", "", span)
    code = WORDS.get(word)
    if code is None:
        code = DURATION_UCUM.get(DURATION_WORDS[word])
        if code is None:
            raise refuse("bad_value", span.start, span.end, found=str(token), why="working_time_is_no_quantity")
    return SynQuantity(Decimal(number), code, word, span)


def signed_of(node: Any) -> SynQuantity:
    """A quantity with an optional minus."""
    minus, token = node.children
    found = quantity_of(token, 0)
    if minus is None:
        return found
    return SynQuantity(-found.value, found.unit, found.written, Span(minus.start_pos or 0, found.span.end))


# --------------------------------------------------------------------------- conditions


def read_condition(tree: Node, offset: int) -> SynCond:
    """The syntax tree of a condition phrase."""
    return _cond(cast(Node, tree.children[0]), offset)


def _cond(node: Node, offset: int) -> SynCond:
    return _COND[node.data](node, offset)


def _chain(node: Node, offset: int) -> SynCond:
    op: Literal["and", "or"] = "and" if node.data == "and_" else "or"
    return SynChain(op, tuple(_cond(cast(Node, part), offset) for part in node.children), span_of(node, offset))


def _not(node: Node, offset: int) -> SynCond:
    return SynNot(_cond(cast(Node, node.children[0]), offset), span_of(node, offset))


def _streak(node: Node, offset: int) -> SynCond:
    of, *rest = cast(list[Any], node.children)
    inner, span = _cond(of, offset), span_of(node, offset)
    if node.data == "held_for":
        return SynStreak(inner, 0, 0, duration_of(rest[0], offset), span)
    n = count_of(rest[0], span_of(rest[0], offset).start)
    since = next((name_of(part, offset) for part in rest if isinstance(part, Tree)), None)
    if node.data == "in_a_row":
        return SynStreak(inner, n, 0, None, span, since)
    m = count_of(rest[1], span_of(rest[1], offset).start)
    if n > m:
        found = span_of(rest[0], offset)
        raise refuse("bad_value", found.start, span.end, found=f"{n} of {m}", why="more_than_all")
    return SynStreak(inner, n, m, None, span, since)


def _value(node: Node, offset: int) -> SynValue:
    if node.data == "name":
        return name_of(node, offset)
    if node.data == "quantity":
        return quantity_of(cast(Token, node.children[0]), offset)
    span = span_of(node, offset)
    if node.data == "negative":
        inner = _value(cast(Node, node.children[1]), offset)
        if isinstance(inner, SynQuantity):
            return SynQuantity(-inner.value, inner.unit, inner.written, span)
        return SynArith("*", SynQuantity(Decimal(-1), "1", "", span), inner, span)
    left, op, right = cast(list[Any], node.children)
    return SynArith(str(op), _value(left, offset), _value(right, offset), span)  # type: ignore[arg-type]


def _compare(node: Node, offset: int) -> SynCond:
    left, op, right = cast(list[Any], node.children)
    return SynCompare(str(op), _value(left, offset), _value(right, offset), span_of(node, offset))  # type: ignore[arg-type]


def _between_test(node: Node, offset: int) -> SynCond:
    of, low, high = (_value(cast(Node, part), offset) for part in node.children)
    return SynRangeTest(of, low, high, span_of(node, offset))


def _is(node: Node, offset: int) -> SynCond:
    name, *words = (name_of(part, offset) for part in node.children if isinstance(part, Tree))
    any_phase, previous = _reach(node)
    span = span_of(node, offset)
    return SynIs(name, tuple(words), node.data == "is_not", any_phase, False, span, previous)


def _reach(node: Node) -> tuple[bool, bool]:
    """Whether a test is ``of any phase``, and whether it is of the ``previous`` one."""
    kinds = {part.type for part in cast(list[Any], node.children) if isinstance(part, Token)}
    return "OF_ANY_PHASE" in kinds, "PREVIOUS" in kinds


def _has(node: Node, offset: int) -> SynCond:
    name, word = (name_of(part, offset) for part in node.children if isinstance(part, Tree))
    return SynHas(name, word, span_of(node, offset), *_reach(node))


def _missed(node: Node, offset: int) -> SynCond:
    name, _, number, _ = cast(list[Any], node.children)
    return SynMissed(name_of(name, offset), count_of(number, span_of(number, offset).start), span_of(node, offset))


def _done(node: Node, offset: int) -> SynCond:
    name, *rest = cast(list[Any], node.children)
    tokens = {part.type: part for part in rest if isinstance(part, Token)}
    done = name_of(tokens["DONE"], offset)
    return SynIs(name_of(name, offset), (done,), False, "OF_ANY_PHASE" in tokens, True, span_of(node, offset))


def _known(node: Node, offset: int) -> SynCond:
    name, word = cast(list[Any], node.children)
    return SynIs(name_of(name, offset), (name_of(word, offset),), False, False, False, span_of(node, offset))


_COND: dict[str, Callable[[Node, int], SynCond]] = {
    "or_": _chain,
    "and_": _chain,
    "not_": _not,
    "in_a_row": _streak,
    "n_of_m": _streak,
    "held_for": _streak,
    "compare": _compare,
    "between": _between_test,
    "is_": _is,
    "is_not": _is,
    "in_": _is,
    "has": _has,
    "missed": _missed,
    "done": _done,
    "known": _known,
    "always": lambda node, offset: SynTrue(span_of(node, offset)),
}


# --------------------------------------------------------------------------- moments


def read_moment(tree: Node, offset: int) -> tuple[SynMoment, bool]:
    """The moment of a moment phrase, and whether it counts active days only."""
    node, active = cast(list[Any], tree.children)
    return moment_of(node, offset), active is not None


def moment_of(node: Node, offset: int) -> SynMoment:
    """The moment of a node of a phrase."""
    own = cast(Node, node.children[0]) if node.data == "moment" else node
    kind = str(own.data)
    parts = cast(list[Any], own.children)
    if kind in {"anchor", "last", "each"}:
        return SynAnchor(name_of(parts[0], offset), "this" if kind == "anchor" else cast(Any, kind))
    if kind in {"start_of", "end_of"}:
        named = moment_of(parts[1], offset)
        assert isinstance(named, SynAnchor)
        return replace(named, edge="start" if kind == "start_of" else "end")
    if kind == "offset":
        length, side, base = parts
        return SynOffset(moment_of(base, offset), length_of(length, offset), is_before(side))
    if kind == "date":
        return _date(parts, offset)
    if kind == "day_of_phase":
        day = count_of(parts[1], span_of(parts[1], offset).start)
        return SynFixed("day_of_phase", day)
    return SynFixed(cast(Any, kind))


def is_before(side: Node) -> bool:
    """Whether a side is ``before``."""
    return cast(Token, side.children[0]).type == "BEFORE"


def _date(parts: list[Any], offset: int) -> SynDate:
    day, clock = parts
    try:
        text = date.fromisoformat(str(day)).isoformat()
    except ValueError:
        span = span_of(day, offset)
        raise refuse("bad_value", span.start, span.end, found=str(day), why="no_such_date") from None
    return SynDate(text, None if clock is None else clock_of(clock, offset))

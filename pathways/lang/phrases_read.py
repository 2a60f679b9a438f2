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
    SynBetween,
    SynChain,
    SynCompare,
    SynCond,
    SynDate,
    SynDays,
    SynDuration,
    SynDuring,
    SynEvery,
    SynFixed,
    SynHas,
    SynIs,
    SynMissed,
    SynMoment,
    SynMonthDays,
    SynNot,
    SynOffset,
    SynOnce,
    SynQuantity,
    SynRangeTest,
    SynSchedule,
    SynSimple,
    SynStreak,
    SynTimeOfDay,
    SynTrue,
    SynValue,
    SynWhen,
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
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIMES_A_DAY_MAX = 24


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
    if node.data == "in_a_row":
        return SynStreak(inner, n, 0, None, span)
    m = count_of(rest[1], span_of(rest[1], offset).start)
    if n > m:
        found = span_of(rest[0], offset)
        raise refuse("bad_value", found.start, span.end, found=f"{n} of {m}", why="more_than_all")
    return SynStreak(inner, n, m, None, span)


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


def _word(node: Node, offset: int) -> Name:
    return name_of(node, offset)


def _is(node: Node, offset: int) -> SynCond:
    name, *rest = cast(list[Any], node.children)
    any_phase = any(isinstance(part, Token) and part.type == "OF_ANY_PHASE" for part in rest)
    words = tuple(_word(part, offset) for part in rest if isinstance(part, Tree))
    return SynIs(name_of(name, offset), words, node.data == "is_not", any_phase, False, span_of(node, offset))


def _has(node: Node, offset: int) -> SynCond:
    name, word = cast(list[Any], node.children)
    return SynHas(name_of(name, offset), _word(word, offset), span_of(node, offset))


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
    return _moment(node, offset), active is not None


def _moment(node: Node, offset: int) -> SynMoment:
    own = cast(Node, node.children[0]) if node.data == "moment" else node
    kind = str(own.data)
    parts = cast(list[Any], own.children)
    if kind in {"anchor", "last", "each"}:
        return SynAnchor(name_of(parts[0], offset), "this" if kind == "anchor" else cast(Any, kind))
    if kind == "offset":
        length, side, base = parts
        return SynOffset(_moment(base, offset), length_of(length, offset), _is_before(side))
    if kind == "date":
        return _date(parts, offset)
    if kind == "day_of_phase":
        day = count_of(parts[1], span_of(parts[1], offset).start)
        return SynFixed("day_of_phase", day)
    return SynFixed(cast(Any, kind))


def _is_before(side: Node) -> bool:
    return cast(Token, side.children[0]).type == "BEFORE"


def _date(parts: list[Any], offset: int) -> SynDate:
    day, clock = parts
    try:
        text = date.fromisoformat(str(day)).isoformat()
    except ValueError:
        span = span_of(day, offset)
        raise refuse("bad_value", span.start, span.end, found=str(day), why="no_such_date") from None
    return SynDate(text, None if clock is None else clock_of(clock, offset))


# --------------------------------------------------------------------------- schedules


def read_schedule(text: str, tree: Node, offset: int) -> SynWhen:
    """The syntax tree of a schedule with its bounds (``while`` and ``until`` are added by the caller)."""
    base, *bounds = cast(list[Node], tree.children)
    when = SynWhen(text, _base(base, offset))
    for bound in bounds:
        when = _bound(when, bound, offset)
    _check_block(when.base)
    return when


def _bound(when: SynWhen, node: Node, offset: int) -> SynWhen:
    parts = cast(list[Any], node.children)
    span = span_of(node, offset)
    if node.data == "for_block":
        base = when.base
        if not isinstance(base, SynEvery) or base.block is not None:
            raise refuse("not_in_release", span.start, span.end, what="block")
        block, cycle = (length_of(part, offset) for part in parts)
        return replace(when, base=replace(base, block=block, cycle=cycle))
    if node.data == "for_":
        if not isinstance(when.base, SynEvery | SynMonthDays | SynDays | SynSimple):
            raise refuse("not_in_release", span.start, span.end, what="for_once")
        return _fresh(when, "for_duration", length_of(parts[0], offset), span)
    if node.data == "at_most":
        return _fresh(when, "at_most", count_of(parts[1], span_of(parts[1], offset).start), span)
    _, length, before = parts
    during = duration_of(length, offset)
    if during.unit not in {"day", "week"}:
        raise refuse("bad_value", during.span.start, during.span.end, found=str(length), why="days_wanted")
    return _fresh(when, "during", SynDuring(during, _moment(before, offset)), span)


def _fresh(when: SynWhen, key: str, value: object, span: Span) -> SynWhen:
    if getattr(when, key) is not None:
        raise refuse("bad_value", span.start, span.end, found=key, why="twice")
    return replace(when, **{key: value})  # type: ignore[arg-type]


def _check_block(base: SynSchedule) -> None:
    """A block is whole dates inside a longer cycle, with a repeat by days or weeks in it."""
    if not isinstance(base, SynEvery) or base.block is None or base.cycle is None:
        return
    block, cycle = base.block, base.cycle
    span = Span(block.span.start, cycle.span.end)
    if block.unit not in {"day", "week"} or cycle.unit not in {"day", "week", "month", "year"}:
        raise refuse("not_in_release", span.start, span.end, what="block_units")
    if base.interval.unit not in {"day", "week"}:
        raise refuse("not_in_release", base.interval.span.start, base.interval.span.end, what="block_repeat")
    days = {"day": 1, "week": 7, "month": 28, "year": 365}
    if isinstance(block.amount, int) and isinstance(cycle.amount, int):
        if not 0 < block.amount * days[block.unit] <= cycle.amount * days[cycle.unit]:
            raise refuse("bad_value", span.start, span.end, found="block", why="block_longer_than_cycle")
        if base.weekdays and (cycle.unit in {"month", "year"} or cycle.amount * days[cycle.unit] % 7):
            raise refuse("not_in_release", span.start, span.end, what="weekdays_in_block")


def _base(node: Node, offset: int) -> SynSchedule:
    return _BASES[node.data](node, offset)


def _times(node: Node | None, offset: int) -> tuple[SynTimeOfDay, ...]:
    if node is None:
        return ()
    return tuple(_time(cast(Node, part), offset) for part in node.children)


def _time(node: Node, offset: int) -> SynTimeOfDay:
    parts = cast(list[Any], node.children)
    if parts[0].type == "CLOCK":
        return SynTimeOfDay(clock_of(parts[0], offset), None)
    if parts[0].type == "CUSTOMARY":
        return SynTimeOfDay(None, str(parts[0]))
    return _offset_time(parts, offset)


def _offset_time(parts: list[Any], offset: int) -> SynTimeOfDay:
    length, side, name = parts
    before = length_of(length, offset)
    if before.unit not in {"min", "h"} or not isinstance(before.amount, int) or before.amount > 12 * 60:
        raise refuse("bad_value", before.span.start, before.span.end, found="offset", why="minutes_or_hours_wanted")
    return SynTimeOfDay(None, str(name), before, _is_before(side))


_ONE_DAY = SynDuration(1, "day", Span(0, 0))


def _every(node: Node, offset: int) -> SynSchedule:
    interval, weekdays, at, after = cast(list[Any], node.children)
    length = _interval(interval, offset)
    days = () if weekdays is None else tuple(_WEEKDAYS.index(str(day)) for day in weekdays.children)
    if weekdays is not None and not (length.unit == "week" or (length.unit == "day" and length.amount == 1)):
        span = span_of(weekdays, offset)
        raise refuse("not_in_release", span.start, span.end, what="weekdays_of_months")
    times = _times(at, offset)
    if length.unit in {"s", "min", "h"} and at is not None:
        span = span_of(at, offset)
        raise refuse("bad_value", span.start, span.end, found="at", why="times_of_hours")
    anchor = None if after is None else _moment(after.children[0], offset)
    return SynEvery(length, days, times, anchor=anchor)


def _interval(node: Node, offset: int) -> SynDuration:
    token = cast(Token, node.children[0])
    if node.data == "length":
        length = length_of(node, offset)
    else:
        length = SynDuration(1, DURATION_WORDS[" ".join(str(token).split())], span_of(token, offset))
    if length.amount == 0:
        raise refuse(
            "bad_value", length.span.start, length.span.end, found=str(token), why="count", least="1", most="10000"
        )
    if length.unit == "working_h":
        raise refuse("not_in_release", length.span.start, length.span.end, what="every_working_h")
    return length


def _at_start_and(node: Node, offset: int) -> SynSchedule:
    inner = _base(cast(Node, node.children[1]), offset)
    if not isinstance(inner, SynEvery):
        span = span_of(cast(Node, node.children[1]), offset)
        raise refuse("not_in_release", span.start, span.end, what="at_start_and")
    return replace(inner, starts_at_once=True)


def _days(node: Node, offset: int) -> SynSchedule:
    _, *parts = cast(list[Any], node.children)
    at, after, cycle = parts[-1], parts[-2], parts[-3]
    of = None if cycle is None else count_of(cycle.children[0], span_of(cycle.children[0], offset).start)
    least, most = (0, 36_525) if of is None else (1, of)
    days = tuple(count_of(token, span_of(token, offset).start, least=least, most=most) for token in parts[:-3])
    anchor = None if after is None else _moment(after.children[0], offset)
    return SynDays(days, of, anchor, _times(at, offset))


def _month_days(node: Node, offset: int) -> SynSchedule:
    *numbers, _, at = cast(list[Any], node.children)
    days = tuple(count_of(token, span_of(token, offset).start, most=31) for token in numbers)
    return SynMonthDays(days, _times(at, offset))


def _once_at(node: Node, offset: int) -> SynSchedule:
    moment, at = cast(list[Any], node.children)
    return SynOnce(_moment(moment, offset), _times(at, offset))


def _date_at(node: Node, offset: int) -> SynSchedule:
    found = _once_at(node, offset)
    assert isinstance(found, SynOnce)
    if found.at and isinstance(found.moment, SynDate) and found.moment.at is not None:
        span = span_of(node, offset)
        raise refuse("bad_value", span.start, span.end, found="at", why="twice")
    return found


def _between_short(node: Node, offset: int) -> SynSchedule:
    low, high, side, base = cast(list[Any], node.children)
    moment, before = _moment(base, offset), _is_before(side)
    first = SynOffset(moment, duration_of(low, offset), before)
    return SynBetween(first, SynOffset(moment, length_of(high, offset), before))


def _times_a_day(node: Node, offset: int) -> SynSchedule:
    number = cast(Token, node.children[0])
    times = count_of(number, span_of(number, offset).start, most=_TIMES_A_DAY_MAX)
    return SynEvery(_ONE_DAY, times_per_day=times)


def _block_only(node: Node, offset: int) -> SynSchedule:
    block, cycle = (duration_of(cast(Token, part), offset) for part in node.children)
    return SynEvery(_ONE_DAY, block=block, cycle=cycle)


_BASES: dict[str, Callable[[Node, int], SynSchedule]] = {
    "at_start": lambda _node, _offset: SynOnce(SynFixed("phase_start")),
    "at_start_and": _at_start_and,
    "each_slot": lambda _node, _offset: SynSimple("each_slot"),
    "at_name": lambda node, offset: SynOnce(SynAnchor(name_of(node.children[0], offset))),
    "days": _days,
    "day_of_phase_at": _once_at,
    "between_short": _between_short,
    "between": lambda node, offset: SynBetween(*(_moment(cast(Node, part), offset) for part in node.children)),
    "offset_at": _once_at,
    "booked_at": _once_at,
    "daily_offset": lambda node, offset: SynEvery(_ONE_DAY, at=(_offset_time(node.children, offset),)),
    "date_at": _date_at,
    "next_working_day": lambda _node, _offset: SynSimple("next_working_day"),
    "per_year": lambda _node, _offset: SynSimple("calendar_year"),
    "per_season": lambda node, _offset: SynSimple("season", str(node.children[1])),
    "every": _every,
    "times_a_day": _times_a_day,
    "block_only": _block_only,
    "month_days": _month_days,
}

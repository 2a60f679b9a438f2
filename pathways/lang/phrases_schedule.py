"""Reads the raw trees of time phrases into schedules, and refuses values that no grammar can (0 times)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from lark import Token, Tree

from pathways.lang.phrases_engine import refuse
from pathways.lang.phrases_read import (
    Node,
    clock_of,
    count_of,
    duration_of,
    is_before,
    length_of,
    moment_of,
    name_of,
    span_of,
)
from pathways.lang.phrases_tree import (
    Span,
    SynAnchor,
    SynAt,
    SynBetween,
    SynDate,
    SynDays,
    SynDuration,
    SynDuring,
    SynEvery,
    SynFixed,
    SynMoment,
    SynMonthDays,
    SynOffset,
    SynOnce,
    SynRandom,
    SynSchedule,
    SynSimple,
    SynTimeOfDay,
    SynWhen,
    SynWorkingDay,
)
from pathways.lang.units import DURATION_WORDS

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIMES_A_DAY_MAX = 24


def read_schedule(text: str, tree: Node, offset: int) -> SynWhen:
    """The syntax tree of a schedule with its bounds (``while`` and ``until`` are added by the caller)."""
    base, *bounds = cast(list[Node], tree.children)
    if base.data == "during_only":
        when = SynWhen(text, SynEvery(_ONE_DAY), during=_during(cast(Node, base.children[0]), offset))
    else:
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
            raise refuse("cannot_be_said", span.start, span.end, what="block")
        block, cycle = (length_of(part, offset) for part in parts)
        return replace(when, base=replace(base, block=block, cycle=cycle))
    if node.data == "for_":
        if isinstance(when.base, SynBetween):
            raise refuse("bad_value", span.start, span.end, found="for", why="twice")
        return _fresh(when, "for_duration", length_of(parts[0], offset), span)
    if node.data == "at_most":
        return _fresh(when, "at_most", count_of(parts[1], span_of(parts[1], offset).start), span)
    return _fresh(when, "during", _during(node, offset), span)


def _during(node: Node, offset: int) -> SynDuring:
    _, length, before = cast(list[Any], node.children)
    during = length_of(length, offset)
    if during.unit not in {"day", "week"}:
        raise refuse("bad_value", during.span.start, during.span.end, found="during", why="days_wanted")
    return SynDuring(during, moment_of(before, offset))


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
        raise refuse("cannot_be_said", span.start, span.end, what="block_units")
    if base.interval.unit not in {"day", "week", "min", "h"}:
        raise refuse("cannot_be_said", base.interval.span.start, base.interval.span.end, what="block_repeat")
    days = {"day": 1, "week": 7, "month": 28, "year": 365}
    if isinstance(block.amount, int) and isinstance(cycle.amount, int):
        if not 0 < block.amount * days[block.unit] <= cycle.amount * days[cycle.unit]:
            raise refuse("bad_value", span.start, span.end, found="block", why="block_longer_than_cycle")
        if base.weekdays and (cycle.unit in {"month", "year"} or cycle.amount * days[cycle.unit] % 7):
            raise refuse("cannot_be_said", span.start, span.end, what="weekdays_in_block")


def _base(node: Node, offset: int) -> SynSchedule:
    return _BASES[node.data](node, offset)


def _times(node: Node | None, offset: int) -> SynAt:
    if node is None:
        return ()
    first = cast(Node, node.children[0])
    if first.data == "random":
        earliest, latest = (_time(cast(Node, part), offset) for part in first.children[1:])
        return SynRandom(earliest, latest)
    return tuple(_time(cast(Node, part), offset) for part in node.children)


def _after_at(parts: list[Any], offset: int) -> tuple[SynMoment | None, SynAt, Node | None]:
    """The anchor and the times of ``after X at 10:00`` in either order, and the node of the times."""
    rest = [part for part in parts if isinstance(part, Tree)]
    after = next((part for part in rest if part.data == "after"), None)
    at = next((part for part in rest if part.data == "at_times"), None)
    return None if after is None else moment_of(cast(Node, after.children[0]), offset), _times(at, offset), at


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
    return SynTimeOfDay(None, str(name), before, is_before(side))


_ONE_DAY = SynDuration(1, "day", Span(0, 0))


def _every(node: Node, offset: int) -> SynSchedule:
    interval, weekdays, *rest = cast(list[Any], node.children)
    length = _interval(interval, offset)
    days = () if weekdays is None else _weekdays(weekdays.children)
    if weekdays is not None and not (length.unit == "week" or (length.unit == "day" and length.amount == 1)):
        span = span_of(weekdays, offset)
        raise refuse("cannot_be_said", span.start, span.end, what="weekdays_of_months")
    anchor, times, at = _after_at(rest, offset)
    if length.unit in {"s", "min", "h"} and at is not None:
        span = span_of(at, offset)
        raise refuse("bad_value", span.start, span.end, found="at", why="times_of_hours")
    return SynEvery(length, days, times, anchor=anchor)


def _weekdays(tokens: list[Any]) -> tuple[int, ...]:
    return tuple(_WEEKDAYS.index(str(day)) for day in tokens)


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
        raise refuse("cannot_be_said", length.span.start, length.span.end, what="every_working_h")
    return length


def _at_start_and(node: Node, offset: int) -> SynSchedule:
    inner = _base(cast(Node, node.children[1]), offset)
    if not isinstance(inner, SynEvery | SynOnce | SynDays):
        span = span_of(cast(Node, node.children[1]), offset)
        raise refuse("cannot_be_said", span.start, span.end, what="at_start_and")
    return replace(inner, starts_at_once=True)


def _days(node: Node, offset: int) -> SynSchedule:
    _, *parts = cast(list[Any], node.children)
    numbers = [part for part in parts if isinstance(part, Token)]
    cycle = next((part for part in parts if isinstance(part, Tree) and part.data == "of_cycle"), None)
    of: int | None = None
    if cycle is not None:
        token = cast(Token, cycle.children[0])
        of = count_of(token, span_of(token, offset).start)
    least, most = (0, 36_525) if of is None else (1, of)
    days = tuple(count_of(token, span_of(token, offset).start, least=least, most=most) for token in numbers)
    anchor, times, _ = _after_at(parts, offset)
    return SynDays(days, of, anchor, times)


def _times_a_week(node: Node, offset: int) -> SynSchedule:
    number, _, *rest = cast(list[Any], node.children)
    times = count_of(number, span_of(number, offset).start, most=7)
    anchor, at, _ = _after_at(rest, offset)
    return SynDays(tuple(1 + 7 * k // times for k in range(times)), 7, anchor, at)


def _next_working_day(node: Node, offset: int) -> SynSchedule:
    anchor, at, _ = _after_at(cast(list[Any], node.children[1:]), offset)
    return SynWorkingDay(anchor, at)


def _month_days(node: Node, offset: int) -> SynSchedule:
    *numbers, _, at = cast(list[Any], node.children)
    days = tuple(count_of(token, span_of(token, offset).start, most=31) for token in numbers)
    return SynMonthDays(days, _times(at, offset))


_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}


def _month_weekday(node: Node, offset: int) -> SynSchedule:
    ordinal, *days, _, at = cast(list[Any], node.children)
    return SynMonthDays((), _times(at, offset), _NTH[str(ordinal)], _weekdays(days))


def _with_step(node: Node, offset: int) -> SynSchedule:
    return SynOnce(moment_of(cast(Node, node.children[0]), offset), with_=True)


def _once_at(node: Node, offset: int) -> SynSchedule:
    moment, at = cast(list[Any], node.children)
    return SynOnce(moment_of(moment, offset), _times(at, offset))


def _date_at(node: Node, offset: int) -> SynSchedule:
    found = _once_at(node, offset)
    assert isinstance(found, SynOnce)
    if found.at and isinstance(found.moment, SynDate) and found.moment.at is not None:
        span = span_of(node, offset)
        raise refuse("bad_value", span.start, span.end, found="at", why="twice")
    return found


def _between_short(node: Node, offset: int) -> SynSchedule:
    low, high, side, base = cast(list[Any], node.children)
    moment, before = moment_of(base, offset), is_before(side)
    first = SynOffset(moment, duration_of(low, offset), before)
    last = SynOffset(moment, length_of(high, offset), before)
    return SynBetween(last, first) if before and _shorter(first.offset, last.offset) else SynBetween(first, last)


_ROUGH_MINUTES: dict[str, int] = {
    "min": 1, "h": 60, "working_h": 60, "day": 1440, "working_day": 1440, "week": 10_080, "month": 43_200,
    "year": 525_600,
}  # fmt: skip


def _shorter(first: SynDuration, last: SynDuration) -> bool:
    """Whether the first length written is the shorter one, as far as can be seen."""
    if not isinstance(first.amount, int) or not isinstance(last.amount, int):
        return True
    return first.amount * _ROUGH_MINUTES.get(first.unit, 0) <= last.amount * _ROUGH_MINUTES.get(last.unit, 0)


def _times_a_day(node: Node, offset: int) -> SynSchedule:
    number = cast(Token, node.children[0])
    times = count_of(number, span_of(number, offset).start, most=_TIMES_A_DAY_MAX)
    random = cast(Node | None, node.children[2])
    return SynEvery(_ONE_DAY, at=_times(random, offset), times_per_day=times)


def _block_only(node: Node, offset: int) -> SynSchedule:
    block, cycle = (length_of(part, offset) for part in node.children)
    return SynEvery(_ONE_DAY, block=block, cycle=cycle)


_BASES: dict[str, Callable[[Node, int], SynSchedule]] = {
    "at_start": lambda _node, _offset: SynOnce(SynFixed("phase_start")),
    "at_start_and": _at_start_and,
    "each_slot": lambda _node, _offset: SynSimple("each_slot"),
    "at_edge": lambda node, offset: SynOnce(moment_of(cast(Node, node.children[0]), offset)),
    "with_step": _with_step,
    "times_a_week": _times_a_week,
    "month_weekday": _month_weekday,
    "at_name": lambda node, offset: SynOnce(SynAnchor(name_of(node.children[0], offset))),
    "days": _days,
    "day_of_phase_at": _once_at,
    "between_short": _between_short,
    "between": lambda node, offset: SynBetween(*(moment_of(cast(Node, part), offset) for part in node.children)),
    "offset_at": _once_at,
    "booked_at": _once_at,
    "random_daily": lambda node, offset: SynEvery(_ONE_DAY, at=_times(node, offset)),
    "daily_offset": lambda node, offset: SynEvery(_ONE_DAY, at=(_offset_time(node.children, offset),)),
    "date_at": _date_at,
    "next_working_day": _next_working_day,
    "per_year": lambda _node, _offset: SynSimple("calendar_year"),
    "per_season": lambda node, _offset: SynSimple("season", str(node.children[1])),
    "every": _every,
    "times_a_day": _times_a_day,
    "block_only": _block_only,
    "month_days": _month_days,
}

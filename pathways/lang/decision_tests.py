"""Tests of points in the space of a decision table: three values, and open while an input has none."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Final

FALSE, UNKNOWN, TRUE = 0, 1, 2
Known = int | None
"""A value of three, None while it is open."""
NOT_ASKED: Final = "\0does not apply"
NOT_KNOWN: Final = "\0not known"
OTHER: Final = "\0another"
Point = Decimal | str | bool


class Points(dict[str, Point]):
    """The values of inputs so far. ``asked``: the first input that a test wanted and that has none yet."""

    asked: str | None = None

    def at(self, key: str) -> Point | None:
        """The value of an input, None (noted) while it has none."""
        found = self.get(key)
        if found is None and self.asked is None:
            self.asked = key
        return found


Test = Callable[[Points], Known]


def always(_: Points) -> Known:
    """Whatever the point."""
    return TRUE


def flag(key: str) -> Test:
    """Whether an input that is or is not, is."""
    return lambda points: None if (point := points.at(key)) is None else TRUE if point is True else FALSE


def word_test(key: str, words: frozenset[str]) -> Test:
    """Whether an input is one of the words."""

    def test(points: Points) -> Known:
        point = points.at(key)
        if point is None:
            return None
        if point == NOT_KNOWN and NOT_KNOWN not in words:
            return UNKNOWN
        return TRUE if point in words else FALSE

    return test


def number_test(key: str, op: str, mark: Decimal) -> Test:
    """Whether a number is so to a mark."""

    def test(points: Points) -> Known:
        point = points.at(key)
        if point is None:
            return None
        if isinstance(point, Decimal):
            return TRUE if holds(point, op, mark) else FALSE
        return UNKNOWN if point == NOT_KNOWN else FALSE

    return test


def holds(point: Decimal, op: str, mark: Decimal) -> bool:
    """``point op mark``."""
    match op:
        case "<":
            return point < mark
        case "<=":
            return point <= mark
        case ">":
            return point > mark
        case ">=":
            return point >= mark
        case "=":
            return point == mark
        case _:
            return point != mark


def term(label: str, factor: Decimal, index: int) -> str:
    """A part of a sum, as it is shown."""
    with localcontext(prec=6):
        size = "" if abs(factor) == 1 else f"{+abs(factor):f} * "
    sign = "- " if factor < 0 else "+ " if index else ""
    return f"{sign}{size}{label}"


def all_of(tests: list[Test]) -> Test:
    """All of several tests, in three values; None while it is open."""

    def test(points: Points) -> Known:
        found: Known = TRUE
        for one in tests:
            value = one(points)
            if value == FALSE:
                return FALSE
            found = None if value is None or found is None else min(found, value)
        return found

    return test


def any_of(tests: list[Test]) -> Test:
    """Any of several tests."""

    def test(points: Points) -> Known:
        found: Known = FALSE
        for one in tests:
            value = one(points)
            if value == TRUE:
                return TRUE
            found = None if value is None or found is None else max(found, value)
        return found

    return test


def several(tests: list[Test], n: int) -> Test:
    """At least ``n`` of several tests."""

    def test(points: Points) -> Known:
        values = [one(points) for one in tests]
        if sum(value == TRUE for value in values) >= n:
            return TRUE
        if sum(value != FALSE for value in values) < n:
            return FALSE
        return None if None in values else UNKNOWN

    return test

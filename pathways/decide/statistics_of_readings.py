"""Numbers made of many readings. Exact decimals: the same readings give the same digits everywhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import combinations
from statistics import median
from typing import Final

Rows = Sequence[tuple[datetime, Decimal]]
"""Readings in order of time (UTC)."""
DAY: Final = Decimal(86_400)


def _values(rows: Rows) -> list[Decimal]:
    return [value for _, value in rows]


def mean(rows: Rows) -> Decimal:
    """The arithmetic mean."""
    return sum(_values(rows), Decimal(0)) / len(rows)


def variability(rows: Rows) -> Decimal | None:
    """The sample standard deviation (n - 1); None for fewer than two readings."""
    if len(rows) < 2:
        return None
    middle = mean(rows)
    return (sum(((value - middle) ** 2 for value in _values(rows)), Decimal(0)) / (len(rows) - 1)).sqrt()


def cv(rows: Rows) -> Decimal | None:
    """The coefficient of variation, per cent; None where the mean is zero or there are fewer than two readings."""
    spread, middle = variability(rows), mean(rows)
    return None if spread is None or middle == 0 else spread / middle * 100


def percent_change(rows: Rows) -> Decimal | None:
    """The last reading against the first, per cent of the first; None where that is zero."""
    first, last = rows[0][1], rows[-1][1]
    return None if first == 0 else (last - first) / first * 100


def trend(rows: Rows) -> Decimal | None:
    """The median of the slopes between all pairs, per day of 24 hours (Sen, J Am Stat Assoc 1968, 63:1379-1389).

    None where all readings are of one instant.
    """
    slopes = [
        (b - a) / (Decimal((later - earlier).total_seconds()) / DAY)
        for (earlier, a), (later, b) in combinations(rows, 2)
        if later > earlier
    ]
    return Decimal(median(slopes)) if slopes else None


def share(rows: Rows, low: Decimal, high: Decimal) -> Decimal:
    """How many of the readings lie from ``low`` to ``high``, both included, per cent."""
    return Decimal(sum(low <= value <= high for value in _values(rows))) / len(rows) * 100


FUNCTIONS: Final[dict[str, Callable[[Rows], Decimal | None]]] = {
    "mean": mean,
    "median": lambda rows: Decimal(median(_values(rows))),
    "min": lambda rows: min(_values(rows)),
    "max": lambda rows: max(_values(rows)),
    "first": lambda rows: rows[0][1],
    "last": lambda rows: rows[-1][1],
    "count": lambda rows: Decimal(len(rows)),
    "sum": lambda rows: sum(_values(rows), Decimal(0)),
    "change": lambda rows: rows[-1][1] - rows[0][1],
    "percent_change": percent_change,
    "trend": trend,
    "variability": variability,
    "cv": cv,
}

"""Grids of local dates: the k-th date of a repeat, and the first k on or after a date, without counting up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

from pathways.decide.calendar_zone import add_months
from pathways.decide.worktime import is_roster_day
from pathways.lang.site_plan import Site

_LAST = date(9000, 1, 1)


@dataclass(frozen=True, slots=True)
class DateGrid:
    """``at(k)`` is the k-th date (k from 0), rising strictly; ``first_from(day)`` the least k whose date is on or
    after ``day``; ``size`` the number of dates, None without end."""

    at: Callable[[int], date]
    first_from: Callable[[date], int]
    size: int | None = None

    def walk(self, day: date) -> Iterator[tuple[int, date]]:
        """The dates on or after ``day`` with their number."""
        for k in count(self.first_from(day)):
            if self.size is not None and k >= self.size:
                return
            found = self.at(k)
            if found >= _LAST:
                return
            yield k, found


def listed(days: list[date]) -> DateGrid:
    """A grid of given dates, in order."""
    return DateGrid(lambda k: days[k], lambda day: sum(d < day for d in days), len(days))


def every_days(first: date, step: int) -> DateGrid:
    """Every ``step`` days from ``first``."""
    return DateGrid(lambda k: first + timedelta(days=k * step), lambda day: max(0, -((first - day).days // step)))


def cycle(first: date, length: int, days: list[int]) -> DateGrid:
    """Days of a cycle that repeats: day 1 is ``first``."""

    def at(k: int) -> date:
        turn, index = divmod(k, len(days))
        return first + timedelta(days=turn * length + days[index] - 1)

    def first_from(day: date) -> int:
        turn, rest = divmod((day - first).days, length)
        return max(0, turn * len(days) + sum(d - 1 < rest for d in days))

    return DateGrid(at, first_from)


def weekly(anchor: date, weeks: int, weekdays: tuple[int, ...]) -> DateGrid:
    """Weekdays of every ``weeks``-th week; weeks begin on Monday, the anchor's week is the first."""
    days = sorted(set(weekdays))
    monday = anchor - timedelta(days=anchor.weekday())
    skipped = sum(day < anchor.weekday() for day in days)

    def at(k: int) -> date:
        week, index = divmod(k + skipped, len(days))
        return monday + timedelta(days=7 * weeks * week + days[index])

    def first_from(day: date) -> int:
        if day <= anchor:
            return 0
        week, rest = divmod((day - monday).days, 7 * weeks)
        return max(0, week * len(days) + sum(d < rest for d in days) - skipped)

    return DateGrid(at, first_from)


def every_months(first: date, months: int) -> DateGrid:
    """Every ``months`` months from ``first``: its day number, or the last day of a shorter month."""

    def first_from(day: date) -> int:
        k = max(0, ((day.year - first.year) * 12 + day.month - first.month) // months)
        return k if add_months(first, k * months) >= day else k + 1

    return DateGrid(lambda k: add_months(first, k * months), first_from)


def month_days(first: date, days: tuple[int, ...]) -> DateGrid:
    """Days of each month on or after ``first``; a day that a month does not have is its last day.

    Days that fall together in a short month (30 and 31 in April) are one date there, so a date's number
    counts the days asked for, not the dates.
    """
    wanted = sorted(set(days))
    origin = date(first.year, first.month, 1)

    def raw(k: int) -> date:
        month, index = divmod(k, len(wanted))
        return add_months(origin, month) + timedelta(days=_clip(add_months(origin, month), wanted[index]) - 1)

    def raw_from(day: date) -> int:
        month = (day.year - origin.year) * 12 + day.month - origin.month
        k = max(0, month * len(wanted))
        while raw(k) < day:
            k += 1
        return k

    skipped = raw_from(first)
    return DateGrid(lambda k: raw(k + skipped), lambda day: max(0, raw_from(day) - skipped))


def month_weekdays(first: date, nth: int, weekdays: tuple[int, ...]) -> DateGrid:
    """The ``nth`` (1 to 4, -1 for the last) of each weekday of every month, on or after ``first``."""
    wanted = len(set(weekdays))
    origin = date(first.year, first.month, 1)

    def of_month(number: int) -> list[date]:
        begin = add_months(origin, number)
        if nth > 0:
            return sorted(begin + timedelta(days=(day - begin.weekday()) % 7 + 7 * (nth - 1)) for day in set(weekdays))
        last = add_months(begin, 1) - timedelta(days=1)
        return sorted(last - timedelta(days=(last.weekday() - day) % 7) for day in set(weekdays))

    def raw(k: int) -> date:
        month, index = divmod(k, wanted)
        return of_month(month)[index]

    def raw_from(day: date) -> int:
        month = max(0, (day.year - origin.year) * 12 + day.month - origin.month)
        return month * wanted + sum(found < day for found in of_month(month))

    skipped = raw_from(first)
    return DateGrid(lambda k: raw(k + skipped), lambda day: max(0, raw_from(day) - skipped))


def _clip(month: date, wanted: int) -> int:
    last = (add_months(month, 1) - timedelta(days=1)).day
    return min(wanted, last)


def working_days(first: date, step: int, site: Site, role: str | None) -> DateGrid:
    """Every ``step``-th roster day of a role, the first one on or after ``first``.

    Rosters have no formula: the dates are counted once and kept.
    """
    known: list[date] = []
    cursor = [first]

    def extend(enough: Callable[[], bool]) -> None:
        while not enough():
            day = cursor[0]
            if day >= _LAST:
                return
            cursor[0] = day + timedelta(days=1)
            if is_roster_day(day, site, role):
                known.append(day)

    def at(k: int) -> date:
        extend(lambda: len(known) > k * step)
        return known[k * step] if len(known) > k * step else _LAST

    def first_from(day: date) -> int:
        extend(lambda: bool(known) and known[-1] >= day)
        before = sum(d < day for d in known)
        return -(-before // step)

    return DateGrid(at, first_from)

"""Working time, rosters and quiet hours of a site. Pure.

A *roster day* of a role is a local date (of the site's zone) on which it has a shift. Without a site, and
for a role that the site does not know, Monday to Friday are roster days at all hours. A make-up working
day is worked as a Monday.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from pathways.decide.calendar_zone import at_wall, day_start, local_date, local_time, to_utc
from pathways.lang.plan_base import ClockTime
from pathways.lang.site_plan import QuietHours, Role, Shift, Site, SiteCalendar

_FAR = 800  # no roster has a gap of more than two years; beyond it a role never works


def is_working_date(day: date, calendar: SiteCalendar) -> bool:
    """Whether the site works on a local date: no weekend or holiday, or a make-up day."""
    text = day.isoformat()
    if text in calendar.make_up_days:
        return True
    return day.weekday() not in calendar.weekend and text not in calendar.holidays


@lru_cache(maxsize=64)
def _always_shift(weekdays: tuple[int, ...], everyday: bool) -> Role:
    shift = Shift(weekdays=weekdays, start=ClockTime(hour=0, minute=0), end=ClockTime(hour=24, minute=0))
    return Role(id="", shifts=(shift,), works_holidays=everyday)


def _role(site: Site, role: str | None) -> Role:
    """The role's roster; every day for one always on duty; the site's working days for one not known."""
    known = site.roles.get(role) if role is not None else None
    if known is not None:
        return _always_shift(tuple(range(7)), everyday=True) if known.always else known
    return _always_shift(tuple(day for day in range(7) if day not in site.calendar.weekend), everyday=False)


def shifts_on(day: date, site: Site, role: str | None) -> list[tuple[datetime, datetime]]:
    """The shifts ``[start, end)`` in UTC that begin on a local date of the site, in order."""
    roster = _role(site, role)
    text, weekday = day.isoformat(), day.weekday()
    if not roster.works_holidays:
        if text in site.calendar.make_up_days:
            weekday = 0
        elif text in site.calendar.holidays:
            return []
    found = [_interval(day, shift, site.zone) for shift in roster.shifts if weekday in shift.weekdays]
    return sorted(found)


def _interval(day: date, shift: Shift, zone: str) -> tuple[datetime, datetime]:
    start = to_utc(day, shift.start.hour, shift.start.minute, zone)
    over_midnight = (shift.end.hour, shift.end.minute) <= (shift.start.hour, shift.start.minute)
    end_day = day + timedelta(days=1) if over_midnight else day
    return start, to_utc(end_day, shift.end.hour, shift.end.minute, zone)


def _days(start: date, step: int) -> Iterator[date]:
    for count in range(_FAR):
        yield start + timedelta(days=step * count)


def is_staffed(role: str, at: datetime, site: Site) -> bool:
    """Whether someone of the role is on duty at an instant. Without a site everyone always is."""
    known = site.roles.get(role)
    if known is None:
        return site.any_role_always
    if known.always:
        return True
    today = local_date(at, site.zone)
    return any(
        start <= at < end for day in (today - timedelta(days=1), today) for start, end in shifts_on(day, site, role)
    )


def next_staffed(role: str, at: datetime, site: Site) -> datetime | None:
    """The first instant from ``at`` on at which the role is on duty; None if it never is."""
    if is_staffed(role, at, site):
        return at
    if role not in site.roles:
        return None
    for day in _days(local_date(at, site.zone), 1):
        for start, _ in shifts_on(day, site, role):
            if start >= at:
                return start
    return None


def is_roster_day(day: date, site: Site, role: str | None) -> bool:
    """Whether the role has a shift that begins on a local date of the site."""
    return bool(shifts_on(day, site, role))


def nth_roster_day(day: date, count: int, site: Site, role: str | None) -> date | None:
    """The ``count``-th roster day strictly after (negative: before) a date; None if there is none."""
    step, left = (1 if count >= 0 else -1), abs(count)
    gap = 0
    while left:
        day += timedelta(days=step)
        gap += 1
        if gap > _FAR:
            return None
        if is_roster_day(day, site, role):
            left, gap = left - 1, 0
    return day


def add_working(at: datetime, amount: int, unit: str, site: Site, role: str | None = None) -> datetime | None:
    """``at`` plus (negative: minus) working time of a role at a site; None if the role never works.

    ``working_day``: counting begins at ``at`` if the role still works on that date, else at its next shift;
    the result is so many roster days on at the same wall time, inside that day's hours. ``working_h``: only
    staffed time counts.
    """
    if amount == 0:
        return at
    if unit == "working_h":
        return _staffed_hours(at, timedelta(hours=abs(amount)), site, role, forward=amount > 0)
    base = at if amount < 0 else _counting_from(at, site, role)
    if base is None:
        return None
    wall = local_time(base, site.zone)
    day = nth_roster_day(wall.date(), amount, site, role)
    if day is None:
        return None
    shifts = shifts_on(day, site, role)
    wanted = at_wall(datetime.combine(day, wall.time()), site.zone)
    return min(max(wanted, shifts[0][0]), shifts[-1][1])


def _counting_from(at: datetime, site: Site, role: str | None) -> datetime | None:
    for day in _days(local_date(at, site.zone), 1):
        shifts = shifts_on(day, site, role)
        if shifts and shifts[-1][1] > at:
            return max(at, shifts[0][0])
    return None


def _staffed_hours(at: datetime, left: timedelta, site: Site, role: str | None, *, forward: bool) -> datetime | None:
    first = local_date(at, site.zone) + timedelta(days=-1 if forward else 1)
    reached, idle = at, 0
    for count in range(100 * _FAR):
        shifts = shifts_on(first + timedelta(days=count if forward else -count), site, role)
        idle = 0 if shifts else idle + 1
        if idle > _FAR:
            return None
        for start, end in shifts if forward else reversed(shifts):
            low, high = (max(start, reached), end) if forward else (start, min(end, reached))
            if high <= low:
                continue
            if high - low >= left:
                return low + left if forward else high - left
            left -= high - low
            reached = high if forward else low
    return None


def next_allowed(at: datetime, quiet: QuietHours | None, zone: str, calendar: SiteCalendar) -> datetime:
    """The first instant from ``at`` on that is outside quiet hours in the patient's zone.

    With ``quiet.holidays`` a public holiday is quiet as a whole.
    """
    if quiet is None:
        return at
    for _ in range(_FAR):
        later = _after_quiet(at, quiet, zone)
        if quiet.holidays and local_date(later, zone).isoformat() in calendar.holidays:
            later = day_start(local_date(later, zone) + timedelta(days=1), zone)
        if later == at:
            return at
        at = later
    return at


def _after_quiet(at: datetime, quiet: QuietHours, zone: str) -> datetime:
    """The end of the quiet stretch that holds ``at``, else ``at``."""
    today = local_date(at, zone)
    begin, end = (quiet.start.hour, quiet.start.minute), (quiet.end.hour, quiet.end.minute)
    if begin == end:
        return at
    for day in (today - timedelta(days=1), today):
        last = day + timedelta(days=1) if end < begin else day
        start, stop = to_utc(day, *begin, zone), to_utc(last, *end, zone)
        if start <= at < stop:
            return stop
    return at

"""Wall time and instants. A time that does not exist moves forward by the gap; a time that comes twice is
taken once, first. Months keep the day number or take the last day."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from pathways.lang.plan_base import ClockTime, Duration

_STEP = {"s": timedelta(seconds=1), "min": timedelta(minutes=1), "h": timedelta(hours=1)}


@lru_cache(maxsize=600)
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ``zoneinfo.ZoneInfoNotFoundError`` for a name there is not."""
    return ZoneInfo(name)


def to_utc(day: date, hour: int, minute: int, zone: str, second: int = 0) -> datetime:
    """The instant of a wall-clock time; hour 24 is the start of the next date.

    With ``fold=0`` Python reads a time in a gap with the offset before it, which is the same as moving it
    forward by the gap, and a doubled time as its first coming.
    """
    if hour >= 24:
        day, hour = day + timedelta(days=hour // 24), hour % 24
    return datetime.combine(day, time(hour, minute, second), zone_of(zone)).astimezone(UTC)


def at_wall(wall: datetime, zone: str) -> datetime:
    """The instant of a naive wall-clock datetime, microseconds kept."""
    return wall.replace(tzinfo=zone_of(zone), fold=0).astimezone(UTC)


def day_start(day: date, zone: str) -> datetime:
    """The instant at which a local date begins."""
    return to_utc(day, 0, 0, zone)


def local_time(instant: datetime, zone: str) -> datetime:
    """The wall-clock time (naive) of an instant."""
    return instant.astimezone(zone_of(zone)).replace(tzinfo=None)


def local_date(instant: datetime, zone: str) -> date:
    """The local date of an instant."""
    return instant.astimezone(zone_of(zone)).date()


def add_months(day: date, months: int) -> date:
    """The same day number so many months on, or the last day of that month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_calendar(day: date, amount: int, unit: str) -> date:
    """``day`` plus days, weeks, months or years (negative goes back)."""
    if unit == "day":
        return day + timedelta(days=amount)
    if unit == "week":
        return day + timedelta(weeks=amount)
    return add_months(day, amount * (12 if unit == "year" else 1))


def clock_delta(amount: int, unit: str) -> timedelta:
    """The exact length of ``amount`` s, min or h."""
    return amount * _STEP[unit]


def add_to_instant(instant: datetime, amount: int, unit: str, zone: str) -> datetime:
    """Clock units are exact; calendar units keep the wall-clock time of ``zone``."""
    if unit in _STEP:
        return instant + clock_delta(amount, unit)
    wall = local_time(instant, zone)
    return at_wall(datetime.combine(add_calendar(wall.date(), amount, unit), wall.time()), zone)


def shifted(clock: ClockTime, offset: Duration | None, before: bool, amount: int) -> tuple[int, int, int]:
    """A wall time moved by minutes or hours: (days over, hour, minute)."""
    if offset is None:
        return clock.hour // 24, clock.hour % 24, clock.minute
    minutes = amount * {"h": 60, "min": 1, "s": 0}[offset.unit]
    total = clock.hour * 60 + clock.minute + (-minutes if before else minutes)
    days, rest = divmod(total, 1440)
    return days, rest // 60, rest % 60

"""Times as scenarios write them: ``day 3 02:10``, ``2026-03-09 08:00``, ``10 min``, ``2 to 5``.

Day 0 is the local date of the start. A wall-clock time that does not exist moves forward by the gap; one that
comes twice is its first coming.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

_DAY = re.compile(r"day (?P<day>0|[1-9]\d{0,4})(?: (?P<clock>\d{1,2}:\d{2}))?\Z")
_DATE = re.compile(r"(?P<date>\d{4}-\d{2}-\d{2})(?:[ T](?P<clock>\d{1,2}:\d{2}))?\Z")
_CLOCK = re.compile(r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)\Z")
_DURATION = re.compile(r"(?P<n>\d{1,6}(?:\.\d+)?) (?P<unit>s|sec|min|minutes?|h|hours?|days?|weeks?)\Z")
_COUNT = re.compile(r"(?:(?P<word>at least|at most) )?(?P<n>\d{1,5})(?: to (?P<m>\d{1,5}))?(?: times?)?\Z")
_UNITS = {"s": 1, "sec": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "day": 86400, "week": 604800}

POINT_EXAMPLE = "day 3 02:10"


@dataclass(frozen=True, slots=True)
class Clockwork:
    """Turns written times into instants: the local date of day 0 and the zone."""

    day_0: date
    zone: ZoneInfo

    def instant(self, day: date, clock: time) -> datetime:
        """The instant of a wall-clock time on a local date."""
        return datetime.combine(day, clock, self.zone).astimezone(UTC)

    def local(self, instant: datetime) -> datetime:
        """The instant on the patient's clock."""
        return instant.astimezone(self.zone)

    def spoken(self, instant: datetime) -> str:
        """``day 3 02:10``, as an author would write it."""
        local = self.local(instant)
        return f"day {(local.date() - self.day_0).days} {local:%H:%M}"


@dataclass(frozen=True, slots=True)
class Point:
    """A written moment: the local date and, unless the whole day is meant, the time of day."""

    day: date
    clock: time | None

    def begin(self, works: Clockwork) -> datetime:
        """The instant, or the first of the day."""
        return works.instant(self.day, self.clock or time())

    def end(self, works: Clockwork) -> datetime:
        """The instant, or the last second of the day."""
        if self.clock is not None:
            return self.begin(works)
        return works.instant(self.day + timedelta(days=1), time()) - timedelta(seconds=1)


def clock_time(text: str) -> time | None:
    """``07:00`` as a time of day, None when it is not one."""
    match = _CLOCK.match(text)
    return time(int(match["hour"]), int(match["minute"])) if match else None


def point(text: str, day_0: date) -> Point | None:
    """``day 3 02:10``, ``day 3``, ``2026-03-09 08:00``, ``2026-03-09`` or ``start``, None when it is none of them."""
    match = _DAY.match(text) or _DATE.match(text)
    if match is None:
        return None
    clock = None
    if match["clock"]:
        clock = clock_time(match["clock"])
        if clock is None:
            return None
    try:
        named = "date" in match.re.groupindex
        day = date.fromisoformat(match["date"]) if named else day_0 + timedelta(days=int(match["day"]))
    except (ValueError, OverflowError):
        return None
    return Point(day, clock)


def duration(text: str) -> timedelta | None:
    """``10 min``, ``2 h``, ``3 days`` as a length of time on the clock (a day is 24 hours), None when it is none."""
    match = _DURATION.match(text)
    if match is None:
        return None
    seconds = Decimal(match["n"]) * _UNITS[match["unit"] if match["unit"] == "s" else match["unit"].rstrip("s")]
    return timedelta(seconds=float(seconds))


def count(value: object) -> tuple[int, int | None] | None:
    """``3``, ``at least 3``, ``at most 3`` or ``2 to 5`` as lowest and highest number, None when it is none."""
    match = _COUNT.match(str(value))
    if match is None or (match["word"] and match["m"]):
        return None
    low = int(match["n"])
    if match["word"] == "at least":
        return low, None
    if match["word"] == "at most":
        return 0, low
    high = int(match["m"]) if match["m"] else low
    return (low, high) if low <= high else None


def share(text: str) -> Decimal | None:
    """``20 %`` as 0.2, None when it is no share."""
    match = re.match(r"(\d{1,3}(?:\.\d+)?) ?%\Z", text)
    if match is None or Decimal(match[1]) > 100:
        return None
    return Decimal(match[1]) / 100

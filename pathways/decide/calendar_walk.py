"""Dates of a grid and wall times of a day made into slots, in order, numbered, never two at one instant."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from pathways.decide.calendar_dates import DateGrid
from pathways.decide.calendar_types import CUSTOMARY, CalendarContext, Point, Slot, amount_of
from pathways.decide.calendar_zone import at_wall, day_start, local_date, local_time, shifted, to_utc
from pathways.lang.plan_base import ClockTime, Customary
from pathways.lang.plan_when import Every, RandomTime, TimeOfDay

EVER = datetime(1900, 1, 1, tzinfo=UTC), datetime(8990, 1, 1, tzinfo=UTC)
"""Bounds wide enough for every schedule and far enough from the ends of the calendar to do sums with."""

_DAY = timedelta(days=1)
_PER_DAY = {
    1: ("morning",),
    2: ("morning", "evening"),
    3: ("morning", "noon", "evening"),
    4: ("morning", "noon", "evening", "bedtime"),
}

Clock = tuple[int, time]
"""Days over (for offsets across midnight) and a wall time."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A minute drawn for each date: of minutes ``low`` to ``high`` of the date (both included, ``high`` may lie on the
    next date), number ``part``, from what ``seed`` and the date give."""

    low: int
    high: int
    part: int
    seed: str

    def on(self, day: date) -> Clock:
        """The minute of one date."""
        digest = hashlib.sha256(f"{self.seed}|{day.isoformat()}|{self.part}".encode()).digest()
        minute = self.low + int.from_bytes(digest[:8], "big") % (self.high - self.low + 1)
        over, rest = divmod(minute, 1440)
        return over, time(rest // 60, rest % 60)


WallTime = Clock | Draw
"""One time of each date; a list of None means the whole date."""


def every_times(base: Every, anchor: Point, ctx: CalendarContext) -> list[WallTime] | None:
    """The wall times of a repeat on each of its dates: as written, else the clock of its anchor; None with weekdays
    only, or an anchor that is a date: then the whole date."""
    if base.at:
        return wall_times(base.at, ctx)
    if base.times_per_day is not None:
        return _spread(base.times_per_day, ctx)
    if base.weekdays or anchor.at is None:
        return None
    return [(0, local_time(anchor.at, ctx.zone).time())]


def _spread(times: int, ctx: CalendarContext) -> list[WallTime]:
    """``n times a day``: at customary times up to four, else evenly from morning to bedtime."""
    names = _PER_DAY.get(times)
    if names is not None:
        return wall_times(tuple(Customary(name=name) for name in names), ctx) or []
    low, high = (hour * 60 + minute for hour, minute in (_customary("morning", ctx), _customary("bedtime", ctx)))
    minutes = sorted({low + (high - low) * k // (times - 1) for k in range(times)})
    return [(0, time(minute // 60, minute % 60)) for minute in minutes]


def _customary(name: str, ctx: CalendarContext) -> tuple[int, int]:
    found = ctx.customary.get(name)
    return found if found is not None else CUSTOMARY[name]


def wall_times(at: tuple[TimeOfDay, ...], ctx: CalendarContext) -> list[WallTime] | None:
    """Wall times in order, each once; None (the whole date) where there are none."""
    if not at:
        return None
    fixed = sorted({_clock(item, ctx) for item in at if not isinstance(item, RandomTime)})
    return [*fixed, *(_draw(item, ctx) for item in at if isinstance(item, RandomTime))]


def _clock(item: ClockTime | Customary, ctx: CalendarContext) -> Clock:
    if isinstance(item, ClockTime):
        over, hour, minute = shifted(item, None, before=False, amount=0)
    else:
        hour, minute = _customary(item.name, ctx)
        amount = 0 if item.offset is None else amount_of(item.offset, ctx) or 0
        clock = ClockTime(hour=hour, minute=minute)
        over, hour, minute = shifted(clock, item.offset, before=item.before, amount=amount)
    return over, time(hour, minute)


def _draw(item: RandomTime, ctx: CalendarContext) -> Draw:
    """The part of the stretch that a random time is drawn from; one that ends before it begins ends on the next day."""
    low, high = (_minutes(_clock(end, ctx)) for end in (item.earliest, item.latest))
    if high < low:
        high += 1440
    size = high - low + 1
    first = low + size * (item.part - 1) // item.of
    last = low + size * item.part // item.of - 1
    return Draw(first, max(first, last), item.part, ctx.seed)


def _minutes(clock: Clock) -> int:
    over, at = clock
    return over * 1440 + at.hour * 60 + at.minute


def _crosses(item: WallTime) -> bool:
    return item.low < 0 or item.high >= 1440 if isinstance(item, Draw) else item[0] != 0


def _day_slots(day: date, times: list[WallTime] | None, zone: str) -> list[Slot]:
    """The slots of one date, numbered from 1 inside it, in order of their instants."""
    if times is None:
        return [Slot(1, to_utc(day, 23, 59, zone), day_start(day, zone), day.isoformat())]
    found: list[Slot] = []
    for index, item in enumerate(times):
        over, clock = item.on(day) if isinstance(item, Draw) else item
        wall = datetime.combine(day + over * _DAY if over else day, clock)
        key = f"{day.isoformat()}R{item.part}" if isinstance(item, Draw) else slot_key(wall)
        found.append(Slot(index + 1, at_wall(wall, zone), None, key))
    if len(found) > 1:
        found.sort(key=lambda slot: slot.due)
    return found


def count_before(grid: DateGrid, times: list[WallTime] | None, begin: datetime, ctx: CalendarContext) -> int:
    """How many slots of the grid near its first date lie before ``begin``."""
    limit = local_date(begin, ctx.zone) + 2 * _DAY
    skipped = 0
    for _, day in grid.walk(limit - 4 * _DAY):
        if day > limit:
            break
        skipped += sum(slot.due < begin for slot in _day_slots(day, times, ctx.zone))
    return skipped


def walk(
    grid: DateGrid,
    times: list[WallTime] | None,
    ctx: CalendarContext,
    after: datetime,
    until: datetime,
    begin: datetime,
) -> Iterator[Slot]:
    """Slots of the dates of a grid, none before ``begin``; numbers count from the first one not before it."""
    zone = ctx.zone
    near = local_date(begin, zone) - 2 * _DAY
    origin = grid.first_from(near)
    a_day = 1 if times is None else len(times)
    skipped = count_before(grid, times, begin, ctx)
    crosses = times is not None and any(_crosses(item) for item in times)
    low = max(after, begin)
    last = EVER[0]
    pending: list[Slot] = []
    for k, day in grid.walk(local_date(low, zone) - 2 * _DAY):
        base = (k - origin) * a_day - skipped
        pending += [replace(slot, number=base + slot.number) for slot in _day_slots(day, times, zone)]
        ready, pending = _ready(pending, day, zone) if crosses else (pending, [])
        for slot in ready:
            if slot.due <= last:  # two wall times fell on one instant: the first stands
                continue
            last = slot.due
            if slot.due >= until:
                return
            if slot.due >= low:
                yield slot
        if day_start(day - _DAY, zone) >= until:
            return
    for slot in pending:
        if low <= slot.due < until and slot.due > last:
            last = slot.due
            yield slot


def _ready(pending: list[Slot], day: date, zone: str) -> tuple[list[Slot], list[Slot]]:
    """Of slots around midnight those that no later date can come before, in order, and the rest."""
    border = day_start(day, zone)
    pending = sorted(pending, key=lambda slot: slot.due)
    cut = sum(slot.due < border for slot in pending)
    return pending[:cut], pending[cut:]


def slot_key(wall: datetime) -> str:
    """The key of a slot by its wall time, as short as it is exact."""
    return wall.isoformat(timespec="minutes" if not wall.second and not wall.microsecond else "auto")

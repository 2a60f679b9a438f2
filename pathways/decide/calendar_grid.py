"""Schedules turned into slots: lazy, from any instant, with stable numbers and keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from pathways.decide import calendar_dates as dates
from pathways.decide.calendar_dates import DateGrid
from pathways.decide.calendar_moment import add, moment, point_due, point_start
from pathways.decide.calendar_types import Block, CalendarContext, Point, Slot, amount_of, most_of
from pathways.decide.calendar_walk import EVER, WallTime, count_before, every_times, slot_key, walk, wall_times
from pathways.decide.calendar_zone import (
    add_calendar,
    add_to_instant,
    clock_delta,
    day_start,
    local_date,
    local_time,
    to_utc,
)
from pathways.decide.worktime import nth_roster_day
from pathways.lang.plan_base import CLOCK_UNITS, Duration
from pathways.lang.plan_when import (
    BetweenMoments,
    DaysAfter,
    EachSlot,
    Every,
    NextWorkingDay,
    OnceAt,
    OncePer,
    OnDaysOfMonth,
    ScheduleBase,
    TimeOfDay,
    When,
)

_LONG = frozenset({"week", "month", "year"})
_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


def occurrences(when: When, ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Slot]:
    """The slots of a schedule with ``after <= due < until``, in order of ``due``, never two at one instant.

    Splitting the range anywhere gives the same slots, numbers and keys. Bounds of the phrase that are
    times (``during``, ``for``, ``until <moment>``, ``at most``) are applied; conditions (``while``, ``until
    <condition>``, ``as soon as``) are the decider's: an ``as soon as`` has no slots. A repeat plans
    nothing before ``ctx.start``; a single moment may lie before it (the step's ``if_past`` decides).
    A moment that is not known yet plans nothing.
    """
    window = _window(when, ctx)
    if window is None:
        return
    low, high = window
    shift, most = 0, most_of(when, ctx.param)
    if when.for_duration is not None and isinstance(when.base, OnceAt | NextWorkingDay):
        yield from _lasting(when, when.for_duration, ctx, max(after, low), min(until, high))
        return
    if when.during is not None:
        first = next(_slots(when.base, ctx, low, high), None)
        if first is None:
            return
        shift = first.number - 1
    for slot in _slots(when.base, ctx, max(after, low), min(until, high)):
        number = slot.number - shift
        if most is not None and number > most:
            return
        yield slot if shift == 0 else replace(slot, number=number)


def blocks(when: When, ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Block]:
    """The planned blocks of a schedule that close with ``after <= closes < until``.

    A block is one ``for 7 days`` of ``for 7 days every 4 weeks``, or the whole ``during the 7 days before
    recheck``. Other schedules have none: for them the phase is the block.
    """
    if when.during is not None:
        window = _during(when, ctx)
        if window is not None and after <= window[1] < until:
            yield Block(1, *window)
        return
    base = when.base
    if not isinstance(base, Every) or base.block is None:
        return
    limit = _limits(when, ctx)
    grid = _cycles(base, ctx)
    if grid is None or limit is None:
        return
    first = grid.at(0)
    length = (_block_end(first, base, ctx) or first) - first
    for k, day in grid.walk(local_date(after, ctx.zone) - length - 5 * _DAY):
        end = _block_end(day, base, ctx)
        opens = day_start(day, ctx.zone)
        if end is None or opens >= limit[1]:
            return
        closes = day_start(end, ctx.zone)
        if closes >= until:
            return
        if closes >= after and closes > ctx.start:
            yield Block(k + 1, max(opens, ctx.start), closes)


# --------------------------------------------------------------------------- bounds


def _window(when: When, ctx: CalendarContext) -> tuple[datetime, datetime] | None:
    limits = _limits(when, ctx)
    if limits is None or when.during is None:
        return limits
    during = _during(when, ctx)
    return None if during is None else (max(limits[0], during[0]), min(limits[1], during[1]))


def _limits(when: When, ctx: CalendarContext) -> tuple[datetime, datetime] | None:
    """The instants ``[from, to)`` that ``until <moment>`` and ``for`` leave; an unknown end bounds nothing yet."""
    high = EVER[1]
    if when.until is not None:
        end = moment(when.until, ctx)
        high = high if end is None else point_start(end, ctx.zone)
    if when.for_duration is not None and not isinstance(when.base, OnceAt | NextWorkingDay):
        end_at = _for_end(when.base, when.for_duration, ctx)
        high = high if end_at is None else min(high, end_at)
    return EVER[0], high


def _for_end(base: ScheduleBase, length: Duration, ctx: CalendarContext) -> datetime | None:
    """Where ``for <duration>`` ends. Whole local dates from the anchor's date on; clock units, and repeats in
    clock units, count exactly; a repeat that begins one interval late still has its last one."""
    amount = amount_of(length, ctx)
    first = _anchor(base, ctx)
    if amount is None or first is None:
        return None
    begin = point_start(first, ctx.zone)
    if length.unit in CLOCK_UNITS:
        return begin + clock_delta(amount, length.unit)
    if isinstance(base, Every) and base.interval.unit in CLOCK_UNITS:
        return add_to_instant(begin, amount, length.unit, ctx.zone)
    last = add_calendar(first.date, amount, length.unit)
    late = isinstance(base, Every) and _begins_late(base) and not base.starts_at_once
    return day_start(last + _DAY if late else last, ctx.zone)


def _during(when: When, ctx: CalendarContext) -> tuple[datetime, datetime] | None:
    if when.during is None:
        return None
    end = moment(when.during.before, ctx)
    if end is None:
        return None
    days = when.during.days if when.during.length is None else amount_of(when.during.length, ctx)
    if days is None:
        return None
    first = end.date - days * _DAY
    return max(day_start(first, ctx.zone), ctx.start), day_start(end.date, ctx.zone)


def _anchor(base: ScheduleBase, ctx: CalendarContext) -> Point | None:
    if isinstance(base, Every | DaysAfter | NextWorkingDay) and base.anchor is not None:
        return moment(base.anchor, ctx)
    return Point(local_date(ctx.start, ctx.zone), ctx.start)


# --------------------------------------------------------------------------- bases


def _slots(base: ScheduleBase, ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Slot]:
    if after >= until:
        return iter(())
    if isinstance(base, Every):
        return _every(base, ctx, after, until)
    if isinstance(base, OnceAt):
        return _once(base, ctx, after, until)
    if isinstance(base, DaysAfter):
        return _days_after(base, ctx, after, until)
    if isinstance(base, OnDaysOfMonth):
        first = local_date(ctx.start, ctx.zone)
        grid = dates.month_weekdays(first, base.nth, base.weekdays) if base.nth else dates.month_days(first, base.days)
        return walk(grid, wall_times(base.at, ctx), ctx, after, until, ctx.start)
    if isinstance(base, BetweenMoments):
        return _between(base, ctx, after, until)
    if isinstance(base, NextWorkingDay):
        anchor = _anchor(base, ctx)
        day = None if anchor is None else nth_roster_day(anchor.date, 1, ctx.site, ctx.role)
        return iter(()) if day is None else _single(Point(day), base.at, ctx, after, until)
    if isinstance(base, OncePer):
        return _once_per(base, ctx, after, until)
    if isinstance(base, EachSlot):
        return _each_slot(ctx, after, until)
    return iter(())


def _once(base: OnceAt, ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Slot]:
    point = moment(base.moment, ctx)
    slots = iter(()) if point is None else _single(point, base.at, ctx, after, until)
    return _with_start(slots, ctx, after, until) if base.starts_at_once else slots


def _with_start(slots: Iterator[Slot], ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Slot]:
    """``at phase start and …``: one at once, then what lies later than that."""
    if after <= ctx.start < until:
        yield Slot(1, ctx.start, None, slot_key(local_time(ctx.start, ctx.zone)))
    for slot in slots:
        if slot.due > ctx.start:
            yield replace(slot, number=slot.number + 1)


def _lasting(when: When, length: Duration, ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Slot]:
    """A single moment ``for`` so long: open from the moment on and due when that time is over; a date is counted as
    the first of so many whole local dates."""
    amount = amount_of(length, ctx)
    if amount is None:
        return
    for slot in _slots(when.base, ctx, *EVER):
        whole = slot.opens is not None and length.unit not in CLOCK_UNITS
        opens = slot.opens or slot.due
        found = add(Point(local_date(opens, ctx.zone), opens), length, ctx)
        if found is None:
            continue
        end = point_start(found, ctx.zone)
        due = end - timedelta(minutes=1) if whole else end
        if after <= due < until:
            yield replace(slot, opens=opens, due=due)


def _every(base: Every, ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Slot]:
    anchor = _anchor(base, ctx)
    amount = amount_of(base.interval, ctx)
    if anchor is None or amount is None or amount < 1:
        return iter(())
    begin = max(ctx.start, point_start(anchor, ctx.zone))
    unit = base.interval.unit
    if unit in CLOCK_UNITS:
        step = clock_delta(amount, unit)
        if base.block is not None:
            return _clock_blocks(base, anchor, begin, step, ctx, after, until)
        return _clock_repeat(base, begin, step, after, until)
    times = every_times(base, anchor, ctx)
    if base.block is not None:
        return _blocked(base, amount, times, begin, ctx, after, until)
    grid = _grid(base, amount, anchor.date, ctx)
    if not base.starts_at_once:
        return walk(grid, times, ctx, after, until, begin)
    return _at_once(grid, times, begin, ctx, after, until)


def _at_once(
    grid: DateGrid,
    times: list[WallTime] | None,
    begin: datetime,
    ctx: CalendarContext,
    after: datetime,
    until: datetime,
) -> Iterator[Slot]:
    """``at phase start and every …``: one at once, then what the repeat itself plans later than that."""
    if after <= begin < until:
        yield Slot(1, begin, None, slot_key(local_time(begin, ctx.zone)))
    for slot in walk(grid, times, ctx, after, until, begin + _TICK):
        yield replace(slot, number=slot.number + 1)


def _grid(base: Every, amount: int, first: date, ctx: CalendarContext) -> DateGrid:
    unit = base.interval.unit
    if base.weekdays:
        return dates.weekly(first, amount if unit == "week" else 1, base.weekdays)
    if unit == "working_day":
        return dates.working_days(first, amount, ctx.site, ctx.role)
    grid = _plain_grid(unit, amount, first)
    return _late(grid) if _begins_late(base) else grid


def _plain_grid(unit: str, amount: int, first: date) -> DateGrid:
    if unit in {"day", "week"}:
        return dates.every_days(first, amount * (7 if unit == "week" else 1))
    return dates.every_months(first, amount * (12 if unit == "year" else 1))


def _late(grid: DateGrid) -> DateGrid:
    """The grid without its first date."""
    return DateGrid(lambda k: grid.at(k + 1), lambda day: max(0, grid.first_from(day) - 1))


def _begins_late(base: Every) -> bool:
    """Whether the first occurrence (or block) is one interval (or cycle) after the anchor."""
    if base.block is not None:
        return not base.starts_at_once
    if base.weekdays or base.interval.unit in CLOCK_UNITS:
        return False
    return base.anchor is not None or base.interval.unit in _LONG


def _clock_repeat(base: Every, begin: datetime, step: timedelta, after: datetime, until: datetime) -> Iterator[Slot]:
    first = 0 if base.anchor is None else 1
    k = max(first, -((begin - after) // step))
    while (due := begin + k * step) < until:
        yield Slot(k - first + 1, due, None, due.strftime("%Y-%m-%dT%H:%M:%SZ"))
        k += 1


def _cycles(base: Every, ctx: CalendarContext) -> DateGrid | None:
    """The first dates of the blocks."""
    anchor = _anchor(base, ctx)
    amount = amount_of(base.cycle, ctx) if base.cycle is not None else None
    if anchor is None or base.cycle is None or amount is None or amount < 1:
        return None
    grid = _plain_grid(base.cycle.unit, amount, anchor.date)
    return grid if base.starts_at_once else _late(grid)


def _block_end(day: date, base: Every, ctx: CalendarContext) -> date | None:
    amount = amount_of(base.block, ctx) if base.block is not None else None
    return None if base.block is None or amount is None else add_calendar(day, amount, base.block.unit)


def _blocked(
    base: Every,
    amount: int,
    times: list[WallTime] | None,
    begin: datetime,
    ctx: CalendarContext,
    after: datetime,
    until: datetime,
) -> Iterator[Slot]:
    """The inner repeat, counted anew from the first date of each block; a block is whole local dates."""
    cycles = _cycles(base, ctx)
    if cycles is None:
        return
    first = cycles.at(0)
    end = _block_end(first, base, ctx)
    if end is None:
        return
    a_day = 1 if times is None else len(times)
    per_block = len(_block_dates(base, amount, first, end, ctx)) * a_day
    skipped = count_before(_listed_block(base, amount, first, end, ctx), times, begin, ctx)
    for k, day in cycles.walk(local_date(after, ctx.zone) - (end - first) - 2 * _DAY):
        if day_start(day - _DAY, ctx.zone) >= until:
            return
        last = _block_end(day, base, ctx) or day
        grid = _listed_block(base, amount, day, last, ctx)
        for slot in walk(grid, times, ctx, after, until, EVER[0]):
            if slot.due >= begin:
                yield replace(slot, number=k * per_block + slot.number - skipped)


def _clock_blocks(
    base: Every,
    anchor: Point,
    begin: datetime,
    step: timedelta,
    ctx: CalendarContext,
    after: datetime,
    until: datetime,
) -> Iterator[Slot]:
    """A repeat in hours inside each block: from the clock of the anchor on the block's first date, by exact hours,
    until the block's last local date is over."""
    cycles = _cycles(base, ctx)
    if cycles is None:
        return
    first = cycles.at(0)
    length = (_block_end(first, base, ctx) or first) - first
    clock = timedelta() if anchor.at is None else point_start(anchor, ctx.zone) - day_start(anchor.date, ctx.zone)
    per_block = max(1, -((clock - length) // step))
    skipped = max(0, -((day_start(first, ctx.zone) + clock - begin) // step)) if first <= anchor.date else 0
    for k, day in cycles.walk(local_date(after, ctx.zone) - length - 2 * _DAY):
        opens = day_start(day, ctx.zone) + clock
        if opens >= until:
            return
        closes = day_start(_block_end(day, base, ctx) or day, ctx.zone)
        index = max(0, -((opens - max(after, begin)) // step))
        while (due := opens + index * step) < min(closes, until):
            key = due.strftime("%Y-%m-%dT%H:%M:%SZ")
            yield Slot(k * per_block + index + 1 - skipped, due, None, key)
            index += 1


def _listed_block(base: Every, amount: int, first: date, end: date, ctx: CalendarContext) -> DateGrid:
    return dates.listed(_block_dates(base, amount, first, end, ctx))


def _block_dates(base: Every, amount: int, first: date, end: date, ctx: CalendarContext) -> list[date]:
    inner = base.model_copy(update={"block": None, "cycle": None, "starts_at_once": True})
    grid = _grid(inner, amount, first, ctx) if inner.weekdays else _plain_or_working(inner, amount, first, ctx)
    found: list[date] = []
    for _, day in grid.walk(first):
        if day >= end:
            break
        found.append(day)
    return found


def _plain_or_working(inner: Every, amount: int, first: date, ctx: CalendarContext) -> DateGrid:
    if inner.interval.unit == "working_day":
        return dates.working_days(first, amount, ctx.site, ctx.role)
    return _plain_grid(inner.interval.unit, amount, first)


def _days_after(base: DaysAfter, ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Slot]:
    anchor = _anchor(base, ctx)
    if anchor is None:
        return iter(())
    days, first = sorted(set(base.days)), anchor.date
    times = wall_times(base.at, ctx)
    if base.of is None:
        grid = dates.listed([first + timedelta(days=day) for day in days])
        slots = walk(grid, times, ctx, after, until, EVER[0])
    else:
        slots = walk(dates.cycle(first, base.of, days), times, ctx, after, until, ctx.start)
    return _with_start(slots, ctx, after, until) if base.starts_at_once else slots


def _between(base: BetweenMoments, ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Slot]:
    low, high = moment(base.start, ctx), moment(base.end, ctx)
    if low is None or high is None:
        return
    due = point_due(high, ctx.zone)
    if after <= due < until:
        yield Slot(1, due, point_start(low, ctx.zone), slot_key(local_time(due, ctx.zone)))


def _single(
    point: Point, at: tuple[TimeOfDay, ...], ctx: CalendarContext, after: datetime, until: datetime
) -> Iterator[Slot]:
    """One moment: its instant, or its date at the times given, or the whole date."""
    if point.at is not None and not at:
        if after <= point.at < until:
            yield Slot(1, point.at, None, slot_key(local_time(point.at, ctx.zone)))
        return
    yield from walk(dates.listed([point.date]), wall_times(at, ctx), ctx, after, until, EVER[0])


def _once_per(base: OncePer, ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Slot]:
    """Once in each calendar year or season that is not over at the start; due at its last minute."""
    bounds = ("01-01", "12-31") if base.period == "calendar_year" else ctx.site.seasons.get(base.season or "")
    if bounds is None:
        return
    number = 0
    first = local_date(ctx.start, ctx.zone).year - 1
    for year in range(first, local_date(min(until, EVER[1]), ctx.zone).year + 2):
        opens_on, last = _season(bounds, year)
        due = to_utc(last, 23, 59, ctx.zone)
        if due < ctx.start:
            continue
        number += 1
        if after <= due < until:
            yield Slot(number, due, max(ctx.start, day_start(opens_on, ctx.zone)), opens_on.isoformat())
        if len(bounds[0]) > len("01-01"):  # a season with fixed dates comes once
            return


def _season(bounds: tuple[str, str], year: int) -> tuple[date, date]:
    """First and last date of a season that begins in ``year``: ``MM-DD`` over new year if need be, or ISO dates."""
    if len(bounds[0]) > len("01-01"):
        return date.fromisoformat(bounds[0]), date.fromisoformat(bounds[1])
    begin = _month_day(bounds[0], year)
    return begin, _month_day(bounds[1], year if bounds[1] >= bounds[0] else year + 1)


def _month_day(text: str, year: int) -> date:
    month, day = (int(part) for part in text.split("-"))
    if (month, day) == (2, 29):
        return add_calendar(date(year, 3, 1), -1, "day")
    return date(year, month, day)


def _each_slot(ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Slot]:
    medicine = ctx.medicine
    if medicine is None or not medicine.times:
        return iter(())
    first = medicine.first or local_date(ctx.start, ctx.zone)
    if medicine.weekdays:
        grid = dates.weekly(first, 1, medicine.weekdays)
    else:
        grid = dates.every_days(first, max(1, medicine.every_days))
    if medicine.last is not None:
        until = min(until, day_start(medicine.last + _DAY, ctx.zone))
    return walk(grid, wall_times(medicine.times, ctx), ctx, after, until, ctx.start)

"""Instants of a FHIR ``Timing``, by the calendar of the decider and the patient's customary times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import Literal

from pathways.decide.calendar import CUSTOMARY, CalendarContext, Point, day_start, local_date, local_time, to_utc
from pathways.decide.calendar_walk import Draw, every_times
from pathways.decide.calendar_zone import add_calendar, at_wall
from pathways.lang.plan_base import Duration
from pathways.lang.plan_when import Every
from pathways.timing.fhir_timing import CLOCK, EVENTS, Length, Repeat, TimingRefusedError

_SECONDS = {"s": 1, "min": 60, "h": 3600}
_SPAN: dict[str, Literal["day", "week", "month", "year"]] = {"d": "day", "wk": "week", "mo": "month", "a": "year"}
_DAYS = {"d": 1, "wk": 7, "mo": 28, "a": 365}
_DAY = timedelta(days=1)
_FAR_DAYS = 2_400_000
_END = datetime(8990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence: it may begin from ``opens`` on and is due at ``due`` (UTC).

    ``required`` False: only a maximum (of frequency, count or bounds) allows it. ``until``: when it ends at the
    earliest and at the latest, where the timing says how long it takes.
    """

    number: int
    opens: datetime
    due: datetime
    required: bool = True
    until: tuple[datetime, datetime] | None = None


Raw = tuple[datetime, datetime, bool]
"""From when and when something on the grid is due (one instant, or a whole date), and whether the frequency itself
asks for it."""


def instants(repeat: Repeat, ctx: CalendarContext, after: datetime, until: datetime) -> Iterator[Occurrence]:
    """The occurrences with ``after <= due < until``, lazily, in order; numbers count from the start.

    Nothing lies before ``ctx.start`` (or the start of the bounds), events apart.

    Raises:
        TimingRefusedError: A period that is not whole in its unit (half a month).
    """
    start, low, high = _limits(repeat, ctx)
    slack = _slack(repeat)
    last = repeat.count_max or repeat.count
    for number, (opens, due, asked) in enumerate(_merged(repeat, ctx, start), 1):
        if due >= high or due + slack >= until or (last is not None and number > last):
            return
        required = asked and due < low and (repeat.count is None or number <= repeat.count)
        if due + slack >= after:
            yield Occurrence(number, opens, due + slack, required, _ends(repeat, due + slack, ctx))


def _merged(repeat: Repeat, ctx: CalendarContext, start: datetime) -> Iterator[Raw]:
    """Listed events that come before the grid, then the grid with the others among it."""
    events = sorted({_event_raw(event, ctx) for event in repeat.events}, key=lambda raw: raw[1])
    for raw in _grid(repeat, ctx, start):
        while events and events[0][1] <= raw[1]:
            event = events.pop(0)
            if event[1] != raw[1]:
                yield event
        yield raw
    yield from events


def _event_raw(event: datetime | date, ctx: CalendarContext) -> Raw:
    if isinstance(event, datetime):
        at = _instant(event, ctx)
        return at, at, True
    return _whole_date(event, ctx, wanted=True)


def _whole_date(day: date, ctx: CalendarContext, *, wanted: bool) -> Raw:
    return day_start(day, ctx.zone), to_utc(day, 23, 59, ctx.zone), wanted


def _instant(event: datetime | date, ctx: CalendarContext) -> datetime:
    if not isinstance(event, datetime):
        return day_start(event, ctx.zone)
    return event.astimezone(UTC) if event.tzinfo is not None else at_wall(event, ctx.zone)


# --------------------------------------------------------------------------- bounds, lengths


def _limits(repeat: Repeat, ctx: CalendarContext) -> tuple[datetime, datetime, datetime]:
    """Where it starts, until when it surely goes on, and where it ends."""
    bounds = repeat.bounds
    if bounds is None:
        return ctx.start, _END, _END
    start = ctx.start if bounds.start is None else max(ctx.start, _instant(bounds.start, ctx))
    high = _end_of(bounds.end, ctx) if bounds.end is not None else _END
    dates = _clock_step(repeat) is None
    if bounds.high is not None:
        high = _moved(start, bounds.high, ctx, whole=dates)
    low = high if bounds.low is None else _moved(start, bounds.low, ctx, whole=dates)
    return start, min(low, high), high


def _end_of(end: datetime | date, ctx: CalendarContext) -> datetime:
    """The first instant after an end that is included."""
    if not isinstance(end, datetime):
        return day_start(end + _DAY, ctx.zone)
    return _instant(end, ctx) + timedelta(microseconds=1)


def _moved(at: datetime, length: Length, ctx: CalendarContext, *, whole: bool = False) -> datetime:
    """``at`` plus a length; ``whole``: of days and longer whole local dates are counted, the first one included."""
    clock = _clock_length(length)
    if clock is not None:
        return at + clock
    wall = local_time(at, ctx.zone)
    day = add_calendar(wall.date(), _whole(length), _SPAN[length.unit])
    return day_start(day, ctx.zone) if whole else at_wall(datetime.combine(day, wall.time()), ctx.zone)


def _clock_length(length: Length) -> timedelta | None:
    """The exact length in clock units; of a part of a day too (half a day is 12 h)."""
    if length.unit in CLOCK:
        return timedelta(microseconds=int(length.amount * _SECONDS[length.unit] * 1_000_000))
    if length.unit == "d" and length.amount % 1:
        return timedelta(microseconds=int(length.amount * 86_400 * 1_000_000))
    return None


def _whole(length: Length) -> int:
    if length.amount % 1:
        raise TimingRefusedError(f"{length.amount} {length.unit}: only whole numbers of {length.unit} have a meaning")
    return int(length.amount)


def _slack(repeat: Repeat) -> timedelta:
    """How long after its earliest instant an occurrence is due: what ``periodMax`` adds."""
    if repeat.period is None or repeat.period_max is None:
        return timedelta()
    spans = [_clock_length(one) or _whole(one) * _DAYS[one.unit] * _DAY for one in (repeat.period, repeat.period_max)]
    return max(timedelta(), spans[1] - spans[0])


def _ends(repeat: Repeat, at: datetime, ctx: CalendarContext) -> tuple[datetime, datetime] | None:
    if repeat.lasts is None:
        return None
    return _moved(at, repeat.lasts, ctx), _moved(at, repeat.lasts_max or repeat.lasts, ctx)


# --------------------------------------------------------------------------- the grid


def _grid(repeat: Repeat, ctx: CalendarContext, start: datetime) -> Iterator[Raw]:
    if not repeat.repeats:
        if not repeat.events:
            yield start, start, True
        return
    period = repeat.period or Length(Decimal(1), "d")
    step = _clock_step(repeat)
    if step is not None:
        yield from _by_clock(repeat, step, start)
        return
    last = start - timedelta(microseconds=1)
    timed = bool(repeat.times or repeat.when)
    dated = not timed and (bool(repeat.days_of_week) or _several(repeat))
    for day, wanted, allowed in _dates(repeat, period, local_date(start, ctx.zone)):
        if dated and allowed == 1:
            raw = _whole_date(day, ctx, wanted=wanted > 0)
            yield max(raw[0], start), raw[1], raw[2]
            continue
        for index, at in enumerate(_times_on(repeat, day, allowed, ctx, start)):
            if at > last:  # two wall times on one instant are one
                last = at
                yield at, at, index < wanted


def _clock_step(repeat: Repeat) -> timedelta | None:
    """The period of a repeat that goes by exact time, None for one that goes by local dates."""
    if repeat.period is None or repeat.days_of_week or repeat.times or repeat.when:
        return None
    return _clock_length(repeat.period)


def _several(repeat: Repeat) -> bool:
    return max(repeat.frequency or 1, repeat.frequency_max or 1) > 1


def _by_clock(repeat: Repeat, step: timedelta, start: datetime) -> Iterator[Raw]:
    """``frequency`` times in each ``period`` of exact time, evenly."""
    wanted = repeat.frequency or 1
    allowed = max(wanted, repeat.frequency_max or wanted)
    for k in count():
        at = start + step * k / allowed
        yield at, at, k % allowed < wanted


def _dates(repeat: Repeat, period: Length, first: date) -> Iterator[tuple[date, int, int]]:
    """Dates with how many occurrences are wanted and allowed there; those with times of day take all of them."""
    wanted = repeat.frequency or 1
    allowed = max(wanted, repeat.frequency_max or wanted)
    fixed = len(repeat.times) or sum(len(EVENTS[code][0]) for code in repeat.when)
    span = max(1, _whole(period)) if _clock_length(period) is None else 1
    unit = period.unit if _clock_length(period) is None else "d"
    for k in range(_FAR_DAYS // (span * _DAYS[unit])):
        day = add_calendar(first, k * span, _SPAN[unit])
        if repeat.days_of_week:
            yield from _on_weekdays(repeat, unit, span, day, first, fixed)
            continue
        days = (add_calendar(first, (k + 1) * span, _SPAN[unit]) - day).days
        if fixed:
            number = min(days, max(1, -(-allowed // fixed)))
            sure = -(-wanted // fixed)
            yield from ((day + _DAY * (days * i // number), fixed if i < sure else 0, fixed) for i in range(number))
            continue
        yield from _shared_out(day, days, wanted, allowed)


def _shared_out(day: date, days: int, wanted: int, allowed: int) -> Iterator[tuple[date, int, int]]:
    """``allowed`` occurrences over the days of a period, evenly: how many on each date, and how many are wanted."""
    on = [days * i // allowed for i in range(allowed)]
    for offset in sorted(set(on)):
        indices = [i for i, found in enumerate(on) if found == offset]
        yield day + _DAY * offset, sum(i < wanted for i in indices), len(indices)


def _on_weekdays(
    repeat: Repeat, unit: str, span: int, day: date, first: date, fixed: int
) -> Iterator[tuple[date, int, int]]:
    """The days of the week of one period. Weeks begin on Monday; of months and years it is the first such day."""
    days = repeat.days_of_week
    wanted = repeat.frequency or 1
    allowed = max(wanted, repeat.frequency_max or wanted)
    if unit == "d":
        if day.weekday() in days:
            yield day, fixed or wanted, fixed or allowed
        return
    monday = day - _DAY * day.weekday()
    if unit == "wk":
        found = [monday + _DAY * number for number in days]
    else:
        found = sorted(day + _DAY * ((number - day.weekday()) % 7) for number in days)
    for index, one in enumerate(found):
        if one < first:
            continue
        shares = [
            max(1, total * (index + 1) // len(found) - total * index // len(found)) for total in (wanted, allowed)
        ]
        yield one, fixed or shares[0], fixed or shares[1]


def _times_on(repeat: Repeat, day: date, number: int, ctx: CalendarContext, start: datetime) -> list[datetime]:
    """The instants of one date, in order."""
    if repeat.times:
        walls = [datetime.combine(day, at) for at in repeat.times]
    elif repeat.when:
        walls = [_event_on(code, name, repeat.offset, day, ctx) for code in repeat.when for name in EVENTS[code][0]]
    elif number == 1:
        walls = [datetime.combine(day, local_time(start, ctx.zone).time())]
    else:
        every = Every(interval=Duration(amount=1, unit="day"), times_per_day=number)
        found = every_times(every, Point(day, start), ctx) or []
        walls = [datetime.combine(day, item[1]) for item in found if not isinstance(item, Draw)]
    return sorted({at_wall(wall, ctx.zone) for wall in walls})


def _event_on(code: str, name: str, offset: int, day: date, ctx: CalendarContext) -> datetime:
    _, own, before = EVENTS[code]
    hour, minute = ctx.customary.get(name, CUSTOMARY[name])
    return datetime.combine(day, time(hour, minute)) + timedelta(minutes=own + (-offset if before else offset))

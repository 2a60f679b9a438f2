"""Laws of the calendar over zones, clock changes, month ends and leap days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from pathways.decide.calendar import CalendarContext, Point, Slot, add, blocks, local_time, occurrences, to_utc
from pathways.decide.calendar_zone import add_to_instant, day_start, zone_of
from pathways.decide.worktime import add_working, is_roster_day, is_staffed, next_allowed, next_staffed
from pathways.lang.plan_base import ClockTime, Customary, Duration
from pathways.lang.plan_when import (
    AnchorMoment,
    DaysAfter,
    During,
    Every,
    OffsetMoment,
    OnDaysOfMonth,
    RandomTime,
    ScheduleBase,
    TimeOfDay,
    When,
)
from pathways.lang.site_plan import QuietHours, Role, Shift, Site, SiteCalendar

SLOW = (HealthCheck.too_slow,)  # the machine is shared
ZONES = (
    "Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu",
    "Pacific/Apia", "Africa/Casablanca", "America/St_Johns", "UTC", "Pacific/Kiritimati", "Asia/Tehran",
)  # fmt: skip
NAMES = ("morning", "breakfast", "noon", "dinner", "evening", "bedtime")

zones = st.sampled_from(ZONES)
starts = st.datetimes(datetime(2010, 1, 1), datetime(2034, 1, 1)).map(  # noqa: DTZ001
    lambda d: d.replace(microsecond=0, tzinfo=UTC)
)
clocks = st.builds(ClockTime, hour=st.integers(0, 23), minute=st.sampled_from((0, 15, 30, 59)))
customary = st.builds(
    Customary,
    name=st.sampled_from(NAMES),
    offset=st.none() | st.builds(Duration, amount=st.integers(1, 180), unit=st.just("min")),
    before=st.booleans(),
)


@st.composite
def randoms(draw: st.DrawFn) -> tuple[TimeOfDay, ...]:
    low, high, parts = draw(clocks), draw(clocks), draw(st.integers(1, 4))
    return tuple(RandomTime(earliest=low, latest=high, part=part, of=parts) for part in range(1, parts + 1))


times: st.SearchStrategy[tuple[TimeOfDay, ...]] = st.lists(clocks | customary, max_size=4).map(tuple) | randoms()
weekdays = st.lists(st.integers(0, 6), max_size=4, unique=True).map(lambda days: tuple(sorted(days)))


def length(*units: str, most: int = 6) -> st.SearchStrategy[Duration]:
    return st.builds(Duration, amount=st.integers(1, most), unit=st.sampled_from(units))


@st.composite
def repeats(draw: st.DrawFn) -> Every:
    kind = draw(st.sampled_from(("days", "long", "weekdays", "clock", "block", "clock_block", "per_day", "working")))
    at = draw(times)
    once = draw(st.booleans())
    if kind == "clock":
        return Every(interval=draw(length("h", most=50)))
    if kind == "per_day":
        return Every(interval=Duration(amount=1, unit="day"), times_per_day=draw(st.integers(1, 8)))
    if kind == "weekdays":
        days = draw(weekdays.filter(bool))
        return Every(interval=draw(length("week")), weekdays=days, at=at, starts_at_once=once)
    if kind == "clock_block":
        cycle, whole = Duration(amount=4, unit="week"), Duration(amount=draw(st.integers(1, 7)), unit="day")
        return Every(interval=draw(length("h", most=30)), block=whole, cycle=cycle, starts_at_once=once)
    if kind == "block":
        block = draw(st.integers(1, 7))
        cycle = draw(st.sampled_from((Duration(amount=1, unit="month"), Duration(amount=4, unit="week"))))
        interval = Duration(amount=draw(st.integers(1, 3)), unit="day")
        block_length = Duration(amount=block, unit="day")
        return Every(interval=interval, at=at, block=block_length, cycle=cycle, starts_at_once=once)
    unit = {"days": ("day",), "long": ("week", "month", "year"), "working": ("working_day",)}[kind]
    return Every(interval=draw(length(*unit)), at=at, starts_at_once=once)


schedules: st.SearchStrategy[ScheduleBase] = (
    repeats()
    | st.builds(OnDaysOfMonth, days=st.lists(st.integers(1, 31), min_size=1, max_size=3).map(tuple), at=times)
    | st.builds(
        OnDaysOfMonth,
        days=st.just(()),
        nth=st.sampled_from((1, 2, 3, 4, -1)),
        weekdays=weekdays.filter(bool),
        at=times,
    )
    | st.builds(
        DaysAfter,
        days=st.lists(st.integers(1, 21), min_size=1, max_size=4).map(tuple),
        of=st.just(21),
        at=times,
    )
)


def slots(base: ScheduleBase, ctx: CalendarContext, after: datetime, until: datetime) -> list[Slot]:
    return list(occurrences(When(text="", base=base), ctx, after, until))


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(base=schedules, zone=zones, start=starts, days=st.integers(1, 90))
def test_slots_rise_are_numbered_from_one_and_never_before_the_start(
    base: ScheduleBase, zone: str, start: datetime, days: int
) -> None:
    ctx = CalendarContext(zone=zone, start=start)
    found = slots(base, ctx, start - timedelta(days=400), start + timedelta(days=days))
    dues = [slot.due for slot in found]
    assert dues == sorted(set(dues)), "strictly rising: none twice at one instant"
    assert all(due >= start for due in dues)
    assert len({slot.key for slot in found}) == len(found)
    numbers = [slot.number for slot in found]
    assert all(a < b for a, b in pairwise(numbers)) or zone in {"Pacific/Apia"}
    assert not numbers or numbers[0] >= 1


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(
    base=schedules,
    zone=zones,
    start=starts,
    days=st.integers(1, 120),
    cuts=st.lists(st.integers(0, 120 * 1440), max_size=4),
)
def test_splitting_a_range_anywhere_changes_nothing(
    base: ScheduleBase, zone: str, start: datetime, days: int, cuts: list[int]
) -> None:
    ctx = CalendarContext(zone=zone, start=start)
    end = start + timedelta(days=days)
    whole = slots(base, ctx, start, end)
    points = sorted({start, end, *(start + timedelta(minutes=cut) for cut in cuts if cut < days * 1440)})
    points += [slot.due for slot in whole[:3]]
    pieces: list[Slot] = []
    ordered = sorted(set(points))
    for low, high in pairwise(ordered):
        pieces += slots(base, ctx, low, high)
    assert pieces == whole


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(base=schedules, zone=zones, start=starts, later=st.integers(1, 900))
def test_the_grid_is_the_same_from_any_distance(base: ScheduleBase, zone: str, start: datetime, later: int) -> None:
    ctx = CalendarContext(zone=zone, start=start)
    far = start + timedelta(days=later)
    near = slots(base, ctx, start, far + timedelta(days=10))
    assert slots(base, ctx, far, far + timedelta(days=10)) == [slot for slot in near if slot.due >= far]


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(zone=zones, day=st.dates(date(2010, 1, 1), date(2035, 1, 1)), hour=st.integers(0, 23), minute=st.integers(0, 59))
def test_a_wall_time_is_kept_or_moved_forward_by_the_gap(zone: str, day: date, hour: int, minute: int) -> None:
    found = to_utc(day, hour, minute, zone)
    wall = local_time(found, zone)
    wanted = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001
    if wall == wanted:
        earlier = found - timedelta(hours=1)
        assert local_time(earlier, zone) != wanted, "a time that comes twice is taken first"
    else:
        before = zone_of(zone).utcoffset(wanted.replace(tzinfo=zone_of(zone)) - timedelta(days=1))
        after = zone_of(zone).utcoffset(wall)
        assert before is not None and after is not None
        assert wall - wanted == after - before > timedelta(0)


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(zone=zones, start=starts, length=length("s", "min", "h", "day", "week", "month", "year", most=40))
def test_adding_moves_on_and_keeps_what_it_says(zone: str, start: datetime, length: Duration) -> None:
    ctx = CalendarContext(zone=zone, start=start)
    base = Point(local_time(start, zone).date(), start)
    found = add(base, length, ctx)
    assert found is not None and found.at is not None and found.at > start
    assert length.amount is not None
    if length.unit in {"s", "min", "h"}:
        size = {"s": 1, "min": 60, "h": 3600}[length.unit]
        assert found.at - start == timedelta(seconds=size * length.amount)
        back = add(found, length, ctx, before=True)
        assert back is not None and back.at == start
    else:
        wall, was = local_time(found.at, zone), local_time(start, zone)
        in_gap = wall.time() != was.time()
        assert not in_gap or wall.replace(tzinfo=None) > was.replace(year=wall.year, month=wall.month, day=1)
        day = add(Point(was.date()), length, ctx)
        assert day is not None and (day.date == wall.date() or in_gap)
        if length.unit in {"month", "year"}:
            assert wall.day == was.day or in_gap or (wall + timedelta(days=1)).day == 1


@given(zone=zones, start=starts, months=st.integers(1, 60))
def test_a_month_keeps_the_day_number_or_takes_the_last(zone: str, start: datetime, months: int) -> None:
    found = local_time(add_to_instant(start, months, "month", zone), zone)
    was = local_time(start, zone)
    assume(found.time() == was.time())
    assert found.day == was.day or (found.day < was.day and (found + timedelta(days=1)).day == 1)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(base=repeats(), zone=zones, start=starts, days=st.integers(1, 30), most=st.integers(1, 9))
def test_at_most_gives_the_first_ones(base: Every, zone: str, start: datetime, days: int, most: int) -> None:
    ctx = CalendarContext(zone=zone, start=start)
    end = start + timedelta(days=days)
    limited = list(occurrences(When(text="", base=base, at_most=most), ctx, start, end))
    assert limited == [slot for slot in slots(base, ctx, start, end) if slot.number <= most]


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(base=repeats(), zone=zones, start=starts, after=st.integers(3, 60), days=st.integers(1, 9))
def test_during_leaves_whole_dates_before_the_moment(
    base: Every, zone: str, start: datetime, after: int, days: int
) -> None:
    ctx = CalendarContext(zone=zone, start=start, anchors={"surgery": local_time(start, zone).date()})
    end = OffsetMoment(base=AnchorMoment(name="surgery"), offset=Duration(amount=after, unit="day"))
    when = When(text="", base=base, during=During(days=days, before=end))
    last = local_time(start, zone).date() + timedelta(days=after)
    found = list(occurrences(when, ctx, start, start + timedelta(days=100)))
    low, high = day_start(last - timedelta(days=days), zone), day_start(last, zone)
    assert [s.due for s in found] == [s.due for s in slots(base, ctx, start, high) if low <= s.due < high]
    assert [s.number for s in found][:1] in ([], [1])
    block = list(blocks(when, ctx, start, start + timedelta(days=100)))
    assert [(b.opens, b.closes) for b in block] == [(max(low, start), high)]


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(base=repeats().filter(lambda base: base.block is not None), zone=zones, start=starts)
def test_slots_of_a_block_repeat_lie_in_its_blocks(base: Every, zone: str, start: datetime) -> None:
    clocks_only = tuple(time for time in base.at if isinstance(time, ClockTime))  # an offset may cross midnight
    base = base.model_copy(update={"at": clocks_only})
    ctx = CalendarContext(zone=zone, start=start)
    when = When(text="", base=base)
    end = start + timedelta(days=150)
    planned = list(blocks(when, ctx, start, end))
    assert all(a.closes <= b.opens for a, b in pairwise(planned))
    if planned:
        for slot in slots(base, ctx, start, planned[-1].closes):
            assert any(block.opens <= slot.due < block.closes for block in planned)


nurse = Role(
    id="nurse",
    shifts=(
        Shift(weekdays=(0, 1, 2, 3), start=ClockTime(hour=8, minute=0), end=ClockTime(hour=17, minute=30)),
        Shift(weekdays=(4,), start=ClockTime(hour=8, minute=0), end=ClockTime(hour=12, minute=0)),
    ),
)
night = Role(
    id="night",
    works_holidays=True,
    shifts=(Shift(weekdays=(1, 5), start=ClockTime(hour=22, minute=0), end=ClockTime(hour=6, minute=0)),),
)
HOLIDAYS = SiteCalendar(holidays=("2026-05-01", "2026-05-04"), make_up_days=("2026-05-09",))


def site(zone: str) -> Site:
    return Site(zone=zone, any_role_always=False, roles={"nurse": nurse, "night": night}, calendar=HOLIDAYS)


near_may = st.datetimes(datetime(2026, 3, 20), datetime(2026, 6, 1)).map(  # noqa: DTZ001
    lambda d: d.replace(second=0, microsecond=0, tzinfo=UTC)
)


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(
    zone=zones, at=near_may, more=st.integers(0, 20_000), amount=st.integers(1, 12),
    unit=st.sampled_from(("working_day", "working_h")), role=st.sampled_from(("nurse", "night")),
)  # fmt: skip
def test_working_time_ends_on_duty_and_never_turns_back(
    zone: str, at: datetime, more: int, amount: int, unit: str, role: str
) -> None:
    place = site(zone)
    found = add_working(at, amount, unit, place, role)
    later = add_working(at + timedelta(minutes=more), amount, unit, place, role)
    assert found is not None and later is not None
    assert at < found <= later
    tick = timedelta(microseconds=1)
    assert is_staffed(role, found, place) or is_staffed(role, found - tick, place)
    if unit == "working_h":
        halves = add_working(at, amount - 1, unit, place, role)
        assert halves is not None and add_working(halves, 1, unit, place, role) == found


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(zone=zones, at=near_may, role=st.sampled_from(("nurse", "night")))
def test_the_next_staffed_instant_is_staffed_and_nothing_before_it_is(zone: str, at: datetime, role: str) -> None:
    place = site(zone)
    found = next_staffed(role, at, place)
    assert found is not None and found >= at and is_staffed(role, found, place)
    for step in range(1, 20):
        between = at + (found - at) * step / 20
        assert between == found or not is_staffed(role, between, place)
    assert is_roster_day(date(2026, 5, 9), place, "nurse") and not is_roster_day(date(2026, 5, 1), place, "nurse")


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(zone=zones, at=near_may, begin=st.integers(0, 23), end=st.integers(0, 23), holidays=st.booleans())
def test_quiet_hours_end_where_nothing_is_quiet(zone: str, at: datetime, begin: int, end: int, holidays: bool) -> None:
    quiet = QuietHours(start=ClockTime(hour=begin, minute=0), end=ClockTime(hour=end, minute=0), holidays=holidays)
    found = next_allowed(at, quiet, zone, HOLIDAYS)
    assert found >= at and next_allowed(found, quiet, zone, HOLIDAYS) == found
    if begin < end and not holidays:
        assert not begin <= local_time(found, zone).hour < end

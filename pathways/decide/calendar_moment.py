"""Moments: one point in time that may not be known yet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from pathways.decide.calendar_types import CalendarContext, Point, amount_of
from pathways.decide.calendar_zone import (
    add_calendar,
    add_to_instant,
    clock_delta,
    day_start,
    local_date,
    to_utc,
)
from pathways.decide.worktime import add_working, nth_roster_day
from pathways.lang.plan_base import CLOCK_UNITS, WORKING_UNITS, Duration
from pathways.lang.plan_when import (
    AbsoluteMoment,
    AnchorMoment,
    BookedMoment,
    DayOfPhase,
    FieldMoment,
    Moment,
    OffsetMoment,
    StepMoment,
)


def point_of(value: datetime | date | None, zone: str) -> Point | None:
    """A ``Point`` of an instant or a local date."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return Point(local_date(value, zone), value.astimezone(UTC))
    return Point(value)


def point_start(point: Point, zone: str) -> datetime:
    """The instant of a point; 00:00 of a bare date. This is what ``until`` and deadlines use."""
    return point.at if point.at is not None else day_start(point.date, zone)


def point_due(point: Point, zone: str) -> datetime:
    """The instant of a point; 23:59 of a bare date. This is what an occurrence is due at."""
    return point.at if point.at is not None else to_utc(point.date, 23, 59, zone)


def moment(wanted: Moment, ctx: CalendarContext) -> Point | None:
    """When a moment is, or None while it is not known."""
    if isinstance(wanted, AnchorMoment):
        anchor = ctx.anchors.get(wanted.name)
        return point_of(ctx.start if anchor is None and wanted.name == "phase_start" else anchor, ctx.zone)
    if isinstance(wanted, StepMoment):
        return point_of(ctx.step_moment(wanted), ctx.zone)
    if isinstance(wanted, BookedMoment):
        return point_of(ctx.booked, ctx.zone)
    if isinstance(wanted, DayOfPhase):
        entry = ctx.anchors.get("phase_start", ctx.start)
        first = point_of(entry, ctx.zone)
        return None if first is None else Point(first.date + timedelta(days=wanted.day))
    if isinstance(wanted, OffsetMoment):
        base = moment(wanted.base, ctx)
        return None if base is None else add(base, wanted.offset, ctx, before=wanted.before)
    if isinstance(wanted, FieldMoment):
        return point_of(ctx.answered(wanted), ctx.zone)
    if isinstance(wanted, AbsoluteMoment):
        return _absolute(wanted, ctx)
    return point_of(ctx.supply_end, ctx.zone)


def _absolute(wanted: AbsoluteMoment, ctx: CalendarContext) -> Point:
    day = date.fromisoformat(wanted.date)
    if wanted.at is None:
        return Point(day)
    return Point(day, to_utc(day, wanted.at.hour, wanted.at.minute, ctx.zone))


def add(
    point: Point, duration: Duration, ctx: CalendarContext, *, role: str | None = None, before: bool = False
) -> Point | None:
    """``point`` plus (``before``: minus) a duration; None while a parameter or a roster gives no answer.

    Clock units are exact from the instant (a bare date counts from 00:00). Calendar units keep the wall
    time, and a bare date stays one. Working units follow the roster of ``role`` (default: the context's).
    """
    amount = amount_of(duration, ctx)
    if amount is None:
        return None
    amount = -amount if before else amount
    unit = duration.unit
    if unit in CLOCK_UNITS:
        return point_of(point_start(point, ctx.zone) + clock_delta(amount, unit), ctx.zone)
    if unit in WORKING_UNITS:
        return _add_working(point, amount, unit, ctx, role if role is not None else ctx.role)
    if point.at is None:
        return Point(add_calendar(point.date, amount, unit))
    return point_of(add_to_instant(point.at, amount, unit, ctx.zone), ctx.zone)


def _add_working(point: Point, amount: int, unit: str, ctx: CalendarContext, role: str | None) -> Point | None:
    if point.at is None and unit == "working_day":
        day = nth_roster_day(point.date, amount, ctx.site, role)
        return None if day is None else Point(day)
    return point_of(add_working(point_start(point, ctx.zone), amount, unit, ctx.site, role), ctx.zone)

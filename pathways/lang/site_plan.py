"""A compiled site: what belongs to a place and not to a pathway. Versioned data of its own."""

from __future__ import annotations

from pathways.lang.plan_base import ClockTime, Duration, Part


class Shift(Part):
    """Weekly hours: on ``weekdays`` (0 = Monday) from ``start`` to ``end`` local time; ``end`` 24:00 is
    hour 24. ``working_days_only``: not on holidays, and on make-up days as the weekday they replace."""

    weekdays: tuple[int, ...]
    start: ClockTime
    end: ClockTime


class Role(Part):
    """Who staffs a role when. ``always``: at all hours. ``cover``: the role that takes over."""

    id: str
    always: bool = False
    shifts: tuple[Shift, ...] = ()
    works_holidays: bool = False
    cover: str | None = None
    phone: str | None = None


class Caps(Part):
    """Highest number of messages of a class to one patient."""

    per_day: int | None = None
    per_week: int | None = None


class QuietHours(Part):
    """No message but red between ``start`` and ``end`` (over midnight if end < start)."""

    start: ClockTime
    end: ClockTime
    holidays: bool = False


class SiteCalendar(Part):
    """Public holidays and make-up working days (ISO dates). ``version`` is recorded with each tick."""

    version: str = ""
    weekend: tuple[int, ...] = (5, 6)
    holidays: tuple[str, ...] = ()
    make_up_days: tuple[str, ...] = ()


class Site(Part):
    """Everything of a place that decisions depend on. Without a site file the defaults hold: all roles
    always on duty, Monday to Friday work, no caps, no quiet hours, no holidays."""

    id: str = "none"
    version: str = "0"
    sha256: str = ""
    zone: str = "UTC"
    profile: str | None = None
    languages: tuple[str, ...] = ("en", "zh")
    emergency_number: str = ""
    any_role_always: bool = True
    roles: dict[str, Role] = {}
    quiet_hours: QuietHours | None = None
    caps: dict[str, Caps] = {}
    calendar: SiteCalendar = SiteCalendar()
    bundle_within: Duration | None = None
    partners: dict[str, str] = {}
    channels: dict[str, tuple[str, ...]] = {}
    patient_channels: tuple[str, ...] = ("app", "email")
    engagement: dict[str, int] = {}
    seasons: dict[str, tuple[str, str]] = {}


NO_SITE = Site()

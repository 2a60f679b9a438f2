"""From the document of a site to the compiled site."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from pathways.lang.compile_reader import Finder
from pathways.lang.diagnostics import Diagnostic, Said
from pathways.lang.plan_base import ClockTime
from pathways.lang.site_plan import Caps, QuietHours, Role, Shift, Site, SiteCalendar
from pathways.lang.site_spec import WEEKDAYS, CalendarSpec, HoursSpec, RoleSpec, SiteSpec
from pathways.lang.source import Path, Source

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\Z|24:00\Z")
_MONTH_DAY = re.compile(r"[0-9]{2}-[0-9]{2}\Z")
WORKING = (0, 1, 2, 3, 4)


def compile_site(source: Source, spec: SiteSpec) -> tuple[Site, list[Diagnostic]]:
    """The site, and what is wrong with it (then the site is not to be used)."""
    f = Finder(source)
    if spec.site != 1:
        f.say("unknown_language_version", ("site",), value=str(spec.site))
    _zone(f, spec.zone)
    site = Site(
        id=spec.id,
        version=spec.version,
        zone=spec.zone,
        profile=spec.profile,
        languages=tuple(spec.languages),
        emergency_number=spec.emergency_number,
        any_role_always=False,
        roles={name: _role(f, ("roles", name), name, role, spec) for name, role in spec.roles.items()},
        quiet_hours=_quiet(f, spec),
        caps=_caps(f, spec),
        calendar=_calendar(f, spec.calendar),
        bundle_within=f.duration(spec.bundle_within, ("bundle_within",)) if spec.bundle_within is not None else None,
        partners=dict(spec.partners),
        channels={name: tuple(to) for name, to in spec.channels.items()},
        patient_channels=tuple(spec.patient_channels or ("app", "email")),
        seasons={name: _season(f, name, spec) for name in spec.seasons},
    )
    body = json.dumps(site.model_dump(mode="json", exclude={"sha256"}), sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(body.encode()).hexdigest()
    return site.model_copy(update={"sha256": digest}), f.found


def _zone(f: Finder, name: str) -> None:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # not in the table, a folder of it, not a name at all
        f.say("unknown_zone", ("zone",), name=name)


def _clock(f: Finder, text: str, path: Path) -> ClockTime:
    match = _CLOCK.match(text)
    if match is None:
        what = Said("a time of day", "一天中的时刻")
        f.say("bad_clock_time", path, text=text, what=what, example="`08:00`")
        return ClockTime(hour=0, minute=0)
    if match[1] is None:
        return ClockTime(hour=24, minute=0)
    return ClockTime(hour=int(match[1]), minute=int(match[2]))


def _hours(f: Finder, path: Path, spec: HoursSpec) -> tuple[Shift, bool]:
    """A shift, and whether it is worked on holidays too."""
    start, end = _clock(f, spec.start, (*path, "from")), _clock(f, spec.end, (*path, "to"))
    if start == end:
        f.say("range_inverted", (*path, "to"), low=spec.start, high=spec.end)
    if spec.on == "working days":
        return Shift(weekdays=WORKING, start=start, end=end), False
    if spec.on == "every day":
        return Shift(weekdays=tuple(range(7)), start=start, end=end), True
    return Shift(weekdays=tuple(sorted({WEEKDAYS.index(d) for d in spec.on})), start=start, end=end), False


def _role(f: Finder, path: Path, name: str, role: RoleSpec, spec: SiteSpec) -> Role:
    shifts = [_hours(f, (*path, "hours", i), hours) for i, hours in enumerate(role.hours or ())]
    if role.cover is not None:
        known = ", ".join(f"`{r}`" for r in spec.roles)
        if role.cover not in spec.roles:
            f.say("unknown_cover", (*path, "cover"), name=name, cover=role.cover, known=known)
        elif _circles(name, spec):
            f.say("cover_in_a_circle", (*path, "cover"), name=name)
    elif not role.always and not shifts:
        f.say("role_never_on_duty", path, key=True, name=name)
    return Role(
        id=name,
        always=role.always,
        shifts=tuple(shift for shift, _ in shifts),
        works_holidays=role.works_holidays or any(all_days for _, all_days in shifts),
        cover=role.cover,
        phone=role.phone,
    )


def _circles(name: str, spec: SiteSpec) -> bool:
    seen, current = {name}, spec.roles[name].cover
    while current is not None and current in spec.roles:
        if current == name:
            return True
        if current in seen:
            return False  # a circle further on: it is told where it closes
        seen.add(current)
        current = spec.roles[current].cover
    return False


def _quiet(f: Finder, spec: SiteSpec) -> QuietHours | None:
    quiet = spec.quiet_hours
    if quiet is None:
        return None
    at: Path = ("quiet_hours",)
    start, end = _clock(f, quiet.start, (*at, "from")), _clock(f, quiet.end, (*at, "to"))
    if start == end:
        f.say("range_inverted", (*at, "to"), low=quiet.start, high=quiet.end)
    return QuietHours(start=start, end=end, holidays=quiet.holidays)


def _caps(f: Finder, spec: SiteSpec) -> dict[str, Caps]:
    for name, cap in spec.caps.items():
        for key in ("per_day", "per_week"):
            value = getattr(cap, key)
            if value is not None and value < 1:
                f.say("cap_below_engine", ("caps", name, key), name=name)
    return {str(name): Caps(per_day=cap.per_day, per_week=cap.per_week) for name, cap in spec.caps.items()}


def _date(f: Finder, text: str, path: Path, seen: dict[str, Path]) -> str:
    try:
        if len(text) != len("2026-10-01"):
            raise ValueError(text)
        date.fromisoformat(text)
    except ValueError:
        f.say("bad_date", path, text=text)
        return text
    if text in seen:
        f.say("day_twice", path, text=text)
    seen.setdefault(text, path)
    return text


def _calendar(f: Finder, spec: CalendarSpec | None) -> SiteCalendar:
    if spec is None:
        return SiteCalendar()
    seen: dict[str, Path] = {}
    at: Path = ("calendar",)
    holidays = [
        _date(f, text, (*at, "holidays", i, "dates", j), seen)
        for i, holiday in enumerate(spec.holidays)
        for j, text in enumerate(holiday.dates)
    ]
    make_up = [_date(f, text, (*at, "make_up_days", i), seen) for i, text in enumerate(spec.make_up_days)]
    more: dict[str, Any] = {}
    if spec.weekend is not None:
        more["weekend"] = tuple(sorted({WEEKDAYS.index(d) for d in spec.weekend}))
    return SiteCalendar(
        version=spec.version, holidays=tuple(sorted(holidays)), make_up_days=tuple(sorted(make_up)), **more
    )


def _season(f: Finder, name: str, spec: SiteSpec) -> tuple[str, str]:
    season = spec.seasons[name]
    for key, text in (("from", season.start), ("to", season.end)):
        at: Path = ("seasons", name, key)
        try:
            if _MONTH_DAY.match(text) is None:
                raise ValueError(text)
            date.fromisoformat(f"2024-{text}")  # a leap year, so that 02-29 may bound a season
        except ValueError:
            what = Said("a day of the year", "一年中的日期")
            f.say("bad_clock_time", at, text=text, what=what, example="`09-01`")
    return season.start, season.end

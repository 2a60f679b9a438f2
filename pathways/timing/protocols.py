"""Questionnaire protocols in the JSON of RADAR-base: read, judged, and expanded to instants.

A protocol lists questionnaires, each with a schedule: from a reference date, so many units from local midnight, again
and again; or so long after a clinic visit; or on demand. The rules stand in docs/reference/time.md. They differ from
those of a ``when`` on purpose: a month that is too short overflows into the next one and the drift stays, so a
protocol keeps its own meaning and is not translated into phrases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from typing import Any, Literal, cast

from pathways.decide.calendar_zone import at_wall, local_date, local_time

Json = Any
Kind = Literal["scheduled", "clinical", "on_demand", "other"]

COVERAGE_YEARS = 3
"""So long a schedule goes on unless it is asked for otherwise."""

_MOST = 100_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ERA_YEARS = 400
_ERA = timedelta(days=146_097)
_CLOCK = {"min": timedelta(minutes=1), "hour": timedelta(hours=1)}
_DAYS = {"day": 1, "week": 7}
_ELAPSED = {
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=31),
    "year": timedelta(days=365),
}
UNITS = tuple(_ELAPSED)
_A_DAY = timedelta(days=1)


class ProtocolRefusedError(ValueError):
    """A protocol that cannot be read; the message says where (as a JSON path) and what is wanted."""


@dataclass(frozen=True, slots=True)
class Interval:
    """``amount`` of ``unit`` (min, hour, day, week, month, year), added to the local wall clock."""

    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class Reminders:
    """Reminders after the first notification: ``repeat`` more, each ``every`` after the one before, or those at
    ``offsets`` from the instant."""

    every: Interval | None = None
    repeat: int = 0
    offsets: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a schedule counts from, if not from the enrolment: a local date or time, or an instant."""

    date: date
    at: datetime | None
    utc: bool


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """One questionnaire and its schedule.

    Attributes:
        name: As written.
        kind: ``scheduled``, ``clinical`` (after a clinic visit), ``on_demand`` and ``other`` (no instants).
        offsets: So long after each reference time.
        repeat: How far apart reference times are; None: no repetition.
        reference: What the schedule counts from instead of the enrolment.
        window: How long a task stays open, elapsed time.
        reminders: What reminds of it.
    """

    name: str
    kind: Kind
    offsets: tuple[Interval, ...]
    repeat: Interval | None
    reference: Reference | None
    window: timedelta
    reminders: Reminders


@dataclass(frozen=True, slots=True)
class Protocol:
    """A study's protocol: its name, version and questionnaires in the order of the file."""

    name: str
    version: str
    questionnaires: tuple[Questionnaire, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A task of a questionnaire: ``number`` in order of generation from 1; open for ``window`` from ``due`` on."""

    questionnaire: str
    number: int
    due: Instant
    window: timedelta
    reminders: tuple[Instant, ...]


# --------------------------------------------------------------------------- reading


def looks_like_protocol(document: Json) -> bool:
    """Whether a JSON document is meant as a questionnaire protocol."""
    return isinstance(document, dict) and isinstance(document.get("protocols"), list)


def read_protocol(document: Json) -> Protocol:
    """A protocol from its JSON.

    Raises:
        ProtocolRefusedError: The document is no protocol, or says something that has no meaning.
    """
    if not looks_like_protocol(document):
        raise ProtocolRefusedError("$.protocols: a list of questionnaires is wanted")
    found = [_questionnaire(item, f"$.protocols[{index}]") for index, item in enumerate(document["protocols"])]
    return Protocol(str(document.get("name", "")), str(document.get("version", "")), tuple(found))


def _questionnaire(item: Json, where: str) -> Questionnaire:
    whole = _object(item, where)
    schedule = _object(whole.get("protocol"), f"{where}.protocol")
    kind = _kind(whole.get("type"), schedule)
    at = f"{where}.protocol"
    offsets: tuple[Interval, ...] = ()
    repeat: Interval | None = None
    if kind == "scheduled":
        offsets = _units(schedule.get("repeatQuestionnaire"), f"{at}.repeatQuestionnaire")
        repeat = _repeat(schedule.get("repeatProtocol"), f"{at}.repeatProtocol")
    elif kind == "clinical":
        visit = _object(schedule.get("clinicalProtocol"), f"{at}.clinicalProtocol")
        path = f"{at}.clinicalProtocol.repeatAfterClinicVisit"
        offsets = _units(visit.get("repeatAfterClinicVisit"), path)
    return Questionnaire(
        name=str(whole.get("name", "")),
        kind=kind,
        offsets=offsets,
        repeat=repeat,
        reference=_reference(schedule.get("referenceTimestamp"), f"{at}.referenceTimestamp"),
        window=_window(schedule.get("completionWindow"), f"{at}.completionWindow"),
        reminders=_reminders(schedule.get("reminders"), f"{at}.reminders"),
    )


def _kind(stated: Json, schedule: Mapping[str, Json]) -> Kind:
    clinical = schedule.get("clinicalProtocol")
    if stated == "scheduled" or (not stated and not clinical):
        return "scheduled"
    if stated == "on_demand" or schedule.get("onDemandProtocol"):
        return "on_demand"
    if stated == "clinical" or (not stated and clinical):
        return "clinical"
    return "other"


def _object(value: Json, where: str) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise ProtocolRefusedError(f"{where}: an object is wanted")
    return cast(Mapping[str, Json], value)


def _whole(value: Json, where: str, least: int | None = None) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _MOST:
        raise ProtocolRefusedError(f"{where}: a whole number is wanted, not {value!r}")
    if least is not None and value < least:
        raise ProtocolRefusedError(f"{where}: {value} is less than {least}, so time would not pass")
    return value


def _unit(value: Json, where: str) -> str:
    if value not in UNITS:
        raise ProtocolRefusedError(f"{where}: {value!r} is not one of {', '.join(UNITS)}")
    return str(value)


def _interval(value: Json, where: str, least: int | None = None) -> Interval:
    found = _object(value, where)
    unit = _unit(found.get("unit"), f"{where}.unit")
    return Interval(_whole(found.get("amount"), f"{where}.amount", least), unit)


def _repeat(value: Json, where: str) -> Interval:
    return _interval(value, where, least=1)


def _units(value: Json, where: str) -> tuple[Interval, ...]:
    found = _object(value, where)
    unit = _unit(found.get("unit"), f"{where}.unit")
    amounts = found.get("unitsFromZero")
    if not isinstance(amounts, list):
        raise ProtocolRefusedError(f"{where}.unitsFromZero: a list of whole numbers is wanted")
    path = f"{where}.unitsFromZero"
    return tuple(Interval(_whole(amount, f"{path}[{index}]"), unit) for index, amount in enumerate(amounts))


def _window(value: Json, where: str) -> timedelta:
    if value is None:
        return _A_DAY
    found = _interval(value, where, least=0)
    return found.amount * _ELAPSED[found.unit]


def _reminders(value: Json, where: str) -> Reminders:
    if value is None:
        return Reminders()
    if isinstance(value, list):
        offsets = [
            _interval(_object(item, f"{where}[{i}]").get("offset"), f"{where}[{i}].offset")
            for i, item in enumerate(value)
        ]
        return Reminders(offsets=tuple(offsets))
    found = _object(value, where)
    repeat = found.get("repeat")
    times = 1 if repeat is None else _whole(repeat, f"{where}.repeat", least=0)
    if times > 10_000:
        raise ProtocolRefusedError(f"{where}.repeat: at most 10000 reminders are possible, not {times}")
    return Reminders(every=_interval(found, where) if times else None, repeat=times)


def _reference(value: Json, where: str) -> Reference | None:
    if value is None:
        return None
    found = _object(value, where)
    text, form = str(found.get("timestamp")), found.get("format")
    if form not in {"date", "datetime", "datetimeutc"}:
        raise ProtocolRefusedError(f"{where}.format: {form!r} is not one of date, datetime, datetimeutc")
    try:
        if form == "date":
            return Reference(date.fromisoformat(text[:10]), None, utc=False)
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ProtocolRefusedError(f"{where}.timestamp: {text!r} is not an ISO {form}") from error
    return Reference(at.date(), at, utc=form == "datetimeutc")


# --------------------------------------------------------------------------- expanding


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """An instant that may lie beyond the calendar of the computer: protocols write "never" as the year 9999 from now.

    ``eras`` are spans of 400 years, after which dates, weekdays and the rules of clocks come again; ``within`` is the
    same instant so many eras earlier (UTC, before the year 2401).
    """

    eras: int
    within: datetime

    @property
    def at(self) -> datetime | None:
        """The instant in UTC; None after the year 9999."""
        year = self.within.year + self.eras * _ERA_YEARS
        return self.within.replace(year=year) if year <= MAXYEAR else None

    @property
    def millis(self) -> int:
        """Milliseconds since 1970-01-01T00:00Z."""
        return (self.within - _EPOCH + self.eras * _ERA) // timedelta(milliseconds=1)


def instant_of(at: datetime) -> Instant:
    """An instant of the computer's calendar."""
    at = at.astimezone(UTC)
    eras = max(0, (at.year - 2001) // _ERA_YEARS)
    return Instant(eras, at.replace(year=at.year - eras * _ERA_YEARS))


def shift(at: Instant, by: Interval, zone: str) -> Instant:
    """``at`` moved by an interval on the local wall clock of ``zone``.

    A day that a month does not have rolls over into the next month. A wall time that does not exist moves forward by
    the gap; one that comes twice is taken the first time.
    """
    wall = local_time(at.within, zone)
    eras = at.eras
    if by.unit in _CLOCK or by.unit in _DAYS:
        step = by.amount * (_CLOCK.get(by.unit) or timedelta(days=_DAYS[by.unit]))
        whole = step // _ERA
        eras, wall = eras + whole, wall + (step - whole * _ERA)
    else:
        year, month = divmod(wall.year * 12 + wall.month - 1 + by.amount * (12 if by.unit == "year" else 1), 12)
        whole = (year - 2001) // _ERA_YEARS
        first = date(year - whole * _ERA_YEARS, month + 1, 1)
        eras, wall = eras + whole, datetime.combine(first, wall.time()) + timedelta(days=wall.day - 1)
    # the rules of clocks before our time do not come again: what is not beyond the calendar keeps its own year
    year = wall.year + eras * _ERA_YEARS
    if MINYEAR < year < MAXYEAR:
        return instant_of(at_wall(wall.replace(year=year), zone))
    return Instant(eras, at_wall(wall, zone))


def reference_time(one: Questionnaire, enrolment: datetime, zone: str) -> Instant:
    """The instant a schedule counts from: its own reference, else local midnight of the enrolment date."""
    if one.reference is None:
        found = at_wall(datetime.combine(local_date(enrolment, zone), time()), zone)
    elif one.reference.at is None:
        found = at_wall(datetime.combine(one.reference.date, time()), zone)
    elif one.reference.at.tzinfo is not None:
        found = one.reference.at
    else:
        found = one.reference.at.replace(tzinfo=UTC) if one.reference.utc else at_wall(one.reference.at, zone)
    return instant_of(found)


def planned(
    one: Questionnaire,
    enrolment: datetime,
    zone: str,
    clinic_visit: datetime | None = None,
    coverage_years: int = COVERAGE_YEARS,
) -> Iterator[Planned]:
    """The tasks of a questionnaire, lazily, in the order in which the schedule makes them (which need not be that of
    time). One after a clinic visit that is not known plans nothing."""
    for number, due in enumerate(_instants(one, enrolment, zone, clinic_visit, coverage_years), 1):
        yield Planned(one.name, number, due, one.window, tuple(_reminded(one.reminders, due, zone)))


def _instants(
    one: Questionnaire, enrolment: datetime, zone: str, visit: datetime | None, coverage_years: int
) -> Iterator[Instant]:
    if one.kind == "clinical" and visit is not None:
        yield from (shift(instant_of(visit), offset, zone) for offset in one.offsets)
    if one.kind != "scheduled" or one.repeat is None:
        return
    at = reference_time(one, enrolment, zone)
    end = shift(at, Interval(coverage_years, "year"), zone)
    while at <= end:
        for offset in one.offsets:
            yield shift(at, offset, zone)
        at = shift(at, one.repeat, zone)


def _reminded(reminders: Reminders, due: Instant, zone: str) -> Iterator[Instant]:
    for offset in reminders.offsets:
        yield shift(due, offset, zone)
    for _ in range(reminders.repeat):
        assert reminders.every is not None
        due = shift(due, reminders.every, zone)
        yield due

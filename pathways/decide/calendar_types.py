"""What the calendar is told and what it answers. All instants are aware UTC; wall time only by zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from pathways.lang.plan_base import Duration
from pathways.lang.plan_when import FieldMoment, StepMoment, TimeOfDay, When
from pathways.lang.site_plan import NO_SITE, Site

CUSTOMARY: dict[str, tuple[int, int]] = {
    "morning": (7, 0),
    "breakfast": (7, 30),
    "noon": (12, 0),
    "lunch": (12, 0),
    "afternoon": (15, 0),
    "dinner": (18, 0),
    "evening": (20, 0),
    "bedtime": (21, 30),
}
"""Customary times (hour, minute) of a patient who has not told their own."""


@dataclass(frozen=True, slots=True)
class Point:
    """A moment: a local date, and the instant (UTC) where the moment has a time of day.

    ``at`` None means "that date": open from 00:00 and due 23:59 local.
    """

    date: date
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One planned occurrence of a schedule.

    ``number`` counts from 1 on the grid of the schedule and does not depend on the range asked for.
    ``due`` is the instant (UTC) of the ``when``. ``opens`` is set where the phrase itself opens before it
    is due (``between``, a whole date), else None: then the step's window decides. ``key`` is stable over
    ranges, restarts and re-planning: local date and wall time of the grid (``2026-03-02T07:00``).
    """

    number: int
    due: datetime
    opens: datetime | None
    key: str


@dataclass(frozen=True, slots=True)
class Block:
    """A planned stretch that ``judge: block end`` speaks of: ``[opens, closes)`` in UTC."""

    number: int
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class MedicineSlots:
    """Dose times of one prescription. ``first`` and ``last`` are local dates, both included."""

    times: tuple[TimeOfDay, ...]
    first: date | None = None
    last: date | None = None
    every_days: int = 1
    weekdays: tuple[int, ...] = ()


def _no_step(_: StepMoment) -> datetime | date | None:
    return None


def _no_answer(_: FieldMoment) -> datetime | date | None:
    return None


def _no_param(_: str) -> Decimal | None:
    return None


@dataclass(frozen=True, slots=True)
class CalendarContext:
    """Everything of patient, run and place that a schedule depends on.

    Attributes:
        zone: IANA zone of the patient. A change of zone: pass the new one and ask only for the future.
        start: Instant from which the schedule runs and which a repeat counts from: entry into the phase, or
            enrolment for ``throughout``. Nothing is planned before it.
        anchors: Instant or local date of every named anchor (``enrolment``, date facts). ``phase_start`` is
            ``start`` unless given. A name that is missing is not known yet: nothing is planned on it.
        step_moment: Instant (or date) of a ``StepMoment``; None while unknown. For ``which="each"`` the
            caller asks once for each occurrence and answers for that one.
        answered: The date or instant in a field of a form, or kept from a partner; None while unknown.
        booked: The date staff booked, or None.
        supply_end: The local date the supply of the medicine ends, or None.
        medicine: Dose slots for ``at each slot of the medicine``.
        customary: Customary times; names that are missing are taken from ``CUSTOMARY``.
        param: Value of a parameter that stands in a phrase (in the unit the phrase was compiled with).
        site: Zone, rosters, holidays, seasons of the place.
        role: Role whose roster ``working`` units in the phrase follow.
        seed: What random times of day follow from, besides the date: patient and step.
    """

    zone: str
    start: datetime
    anchors: Mapping[str, datetime | date] = field(default_factory=dict[str, "datetime | date"])
    step_moment: Callable[[StepMoment], datetime | date | None] = _no_step
    answered: Callable[[FieldMoment], datetime | date | None] = _no_answer
    booked: datetime | date | None = None
    supply_end: date | None = None
    medicine: MedicineSlots | None = None
    customary: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, "tuple[int, int]"])
    param: Callable[[str], Decimal | None] = _no_param
    site: Site = NO_SITE
    role: str | None = None
    seed: str = ""

    def __post_init__(self) -> None:
        # sums on a datetime of another zone would be sums of wall time
        object.__setattr__(self, "start", self.start.astimezone(UTC))


def most_of(when: When, param: Callable[[str], Decimal | None]) -> int | None:
    """How often a schedule happens at most; None without a bound, while its parameter is not known, and where what has
    been done counts (a grant, ``counting``): then the decider counts."""
    if when.most_field is not None or when.counting:
        return None
    value = param(when.most) if when.most is not None else None
    return when.at_most if value is None else int(value)


def amount_of(duration: Duration, ctx: CalendarContext) -> int | None:
    """The whole number of units of a duration, or None while its parameter is not known."""
    if duration.amount is not None:
        return duration.amount
    value = ctx.param(duration.param) if duration.param is not None else None
    return None if value is None else int(value)

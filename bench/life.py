"""Seeded lives of patients and of those who look after them: the same for every system that is measured.

Everything here is habit and chance, made up; nothing is medicine. Times are wall times of the patient.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = "Asia/Shanghai"
DAY_ONE: Final = date(2026, 3, 2)
ENROLLED: Final = time(6, 30)
"""Before the first reminder, so that every day of the half year has its own."""
DAYS: Final = 180
MORNING: Final = time(8)
EVENING: Final = time(20)
ADHERENCE: Final = 0.8
WEEKS: Final = 25
WEEK_AT: Final = time(18)
QUESTIONS: Final = 6
QUESTIONS_AT: Final = time(10)
REFILLS: Final = 6
REFILL_AT: Final = time(0)
"""A refill is ordered when the day begins on which seven days of supply are left."""
EVERY: Final = timedelta(weeks=4)
VISITS: Final = 2
VISIT_AT: Final = time(11)
VISIT_EVERY: Final = timedelta(weeks=12)
GOAL: Final = (135, 85)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading in answer to a reminder."""

    at: datetime
    systolic: int
    diastolic: int


@dataclass(frozen=True, slots=True)
class Life:
    """What one patient and the people around do. Delays count from when they are asked.

    ``reminders``: the 187 instants of a reminder; ``readings``: for each, the answer or None. ``nurse``: for the n-th
    week, how long she takes. ``answers``: to the n-th questionnaire, or None. ``accepted``/``handed_over``: of the
    n-th refill. ``visits``: after the n-th visit is due.
    """

    number: int
    start: datetime
    reminders: tuple[datetime, ...]
    readings: tuple[Reading | None, ...]
    nurse: tuple[timedelta, ...]
    answers: tuple[timedelta | None, ...]
    accepted: tuple[timedelta, ...]
    handed_over: tuple[timedelta, ...]
    visits: tuple[timedelta, ...]
    days: int = DAYS

    @property
    def end(self) -> datetime:
        """The first local midnight after the last day."""
        return local(self.days, time(0))


def local(day: int, at: time) -> datetime:
    """The instant (UTC) of a wall time on the n-th day."""
    return datetime.combine(DAY_ONE + timedelta(days=day), at, ZoneInfo(ZONE)).astimezone(UTC)


def reminders(days: int = DAYS) -> list[datetime]:
    """Twice a day for a week, then once: 187 in half a year."""
    out: list[datetime] = []
    for day in range(days):
        out.append(local(day, MORNING))
        if day < 7:
            out.append(local(day, EVENING))
    return out


def live(seed: int, number: int, days: int = DAYS) -> Life:
    """The life of the n-th patient of a seed. Longer than half a year: readings go on, people do the same again."""
    chance = random.Random(f"{seed}/{number}")
    level = chance.gauss(134, 6)
    asked = reminders(days)
    week = level
    readings: list[Reading | None] = []
    for index, at in enumerate(asked):
        if index % 7 == 0:
            week = level + chance.gauss(0, 5)
        if chance.random() >= ADHERENCE:
            readings.append(None)
            continue
        taken = at + timedelta(seconds=chance.randrange(60, 110 * 60))
        systolic = round(min(max(week + chance.gauss(0, 6), 100), 172))
        readings.append(Reading(taken, systolic, round(min(systolic * 0.62 + chance.gauss(0, 3), 106))))

    def hours(low: float, high: float, times: int) -> tuple[timedelta, ...]:
        return tuple(timedelta(seconds=round(chance.uniform(low, high) * 3600)) for _ in range(times))

    nurse = tuple(
        timedelta(seconds=round(3600 * (chance.uniform(50, 70) if chance.random() < 0.1 else chance.uniform(2, 40))))
        for _ in range(WEEKS)
    )
    answers = tuple(None if chance.random() < 0.15 else one for one in hours(1, 48, QUESTIONS))
    return Life(
        number,
        local(0, ENROLLED),
        tuple(asked),
        tuple(readings),
        nurse,
        answers,
        accepted=hours(9, 13, REFILLS),
        handed_over=hours(24, 72, REFILLS),
        visits=hours(0, 24, VISITS),
        days=days,
    )


def weekly(number: int) -> datetime:
    """When the n-th week's mean is looked at (0 is the first)."""
    return local(7 * (number + 1), WEEK_AT)


def questionnaire(number: int) -> datetime:
    """When the n-th questionnaire is asked."""
    return local(28 * (number + 1), QUESTIONS_AT)


def refill(number: int) -> datetime:
    """When the n-th refill is ordered."""
    return local(28 * (number + 1), REFILL_AT)


def visit(number: int) -> datetime:
    """When the n-th visit is due."""
    return local(84 * (number + 1), VISIT_AT)

"""The people of the demo: real pressures shared out over made-up patients, with the habits stated in one file."""

from __future__ import annotations

import csv
import hashlib
import random
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from pathways.lang.source import read_source

DATA: Final = files("carepath.demo") / "data"
MEDICINE: Final = {
    "id": "rx1",
    "name": "amlodipine",
    "class": ["antihypertensive"],
    "dose": "1",
    "slots": ["morning"],
    "signed_by": "gp-demo",
}


Share = Annotated[float, Field(ge=0, le=1)]
Days = Annotated[int, Field(ge=0)]


class Habits(BaseModel):
    """How one made-up patient behaves; shares are between 0 and 1, days count from joining."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    age: Annotated[int, Field(ge=18, le=110)]
    sex: Literal["male", "female"]
    zone: str
    language: Literal["zh", "en"]
    forgets: Share = 0.0
    late: Share = 0.0
    late_hours: Annotated[float, Field(ge=0)] = 0.0
    silent: tuple[Days, Days] | None = None
    stops: Days | None = None
    medicines: bool = False
    doses_forgotten: Share = 0.0
    no_show: Share = 0.0
    pregnant: bool | None = None

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, OSError) as error:
            raise ValueError(f"{zone} is no time zone") from error
        return zone


class Cast(BaseModel):
    """The whole file ``habits.yaml``. ``staff``: hours after opening until a role acts on a task."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int
    start: AwareDatetime
    join_apart_days: Annotated[float, Field(ge=0)] = 0.0
    patients: tuple[Habits, ...] = Field(min_length=1)
    staff: dict[str, Annotated[float, Field(ge=0)]]


class Person(BaseModel):
    """One patient of the demo. ``pressures``: (systolic, diastolic) in mm[Hg], in the order they are played.

    ``persons``: whose they are, as places in the data file, from 1.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    key: str
    habits: Habits
    pressures: tuple[tuple[int, int], ...]
    joins: datetime
    persons: tuple[int, ...] = ()

    def chance(self, what: str) -> float:
        """A number in [0, 1) that depends on the patient and ``what`` only, so that a second run is the same."""
        digest = hashlib.sha256(f"{self.number}|{what}".encode()).digest()
        return random.Random(int.from_bytes(digest[:8], "big")).random()

    def registration(self) -> dict[str, Any]:
        """The patient as registered over HTTP."""
        return {
            "key": self.key,
            "zone": self.habits.zone,
            "language": self.habits.language,
            "customary_times": {"morning": "07:30", "evening": "20:00"},
        }

    def enrolment(self, pathway: str, days_per_second: float) -> dict[str, Any]:
        """The enrolment as sent over HTTP, on a rehearsal clock that begins when the patient joins."""
        return {
            "patient": self.key,
            "pathway": pathway,
            "facts": self.facts(self.joins),
            "consent": ["care", "device_data"],
            "rehearsal": {"start": self.joins.isoformat(), "days_per_second": days_per_second},
        }

    def facts(self, day: datetime) -> dict[str, Any]:
        """What is known of the patient at enrolment."""
        facts: dict[str, Any] = {
            "age": self.habits.age,
            "sex": self.habits.sex,
            "conditions": ["hypertension"],
            "medicines": [],
        }
        if self.habits.pregnant is not None or self.habits.sex == "female":
            facts["pregnant"] = "yes" if self.habits.pregnant else "no"
        if self.habits.medicines:
            date = day.date().isoformat()
            facts["medicines"] = [{**MEDICINE, "start": date, "supply": {"from": date, "days": 28}}]
        return facts


def read_cast(text: str | None = None) -> Cast:
    """The file of habits (or its text): strict YAML, no key that means nothing.

    Raises:
        ValueError: what is wrong and where.
    """
    found = (DATA / "habits.yaml").read_text(encoding="utf-8") if text is None else text
    source, wrong = read_source(found.encode(), "habits.yaml")
    if wrong:
        raise ValueError(f"habits.yaml:{wrong[0].span.line}: {wrong[0].message()}")
    return Cast.model_validate(source.value)


def read_pressures() -> dict[str, list[tuple[int, int]]]:
    """Measured pressures per person of the data file, in its order."""
    out: dict[str, list[tuple[int, int]]] = {}
    with (DATA / "bp_day_assessment.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            pair = (int(row["systolic_mm_hg"]), int(row["diastolic_mm_hg"]))
            out.setdefault(row["person"], []).append(pair)
    return out


def cast_of(cast: Cast, run: str, count: int | None = None) -> list[Person]:
    """The patients, each with its share of the real persons. ``run`` makes the keys of this run.

    ``count``: how many; more than the file has begin again with its first habits.
    """
    pressures = list(read_pressures().values())
    dealt = min(len(pressures), max(len(cast.patients), count or 0))
    people = []
    for index in range(len(cast.patients) if count is None else count):
        habits = cast.patients[index % len(cast.patients)]
        places = range(index % dealt, len(pressures), dealt)
        share = tuple(pair for place in places for pair in pressures[place])
        digest = hashlib.sha256(f"{cast.seed}|{run}|{index}".encode()).hexdigest()
        joins = cast.start + timedelta(days=cast.join_apart_days * (index % len(cast.patients)))
        person = Person(
            number=index + 1,
            key=f"d{digest[:15]}",
            habits=habits,
            pressures=share,
            joins=joins,
            persons=tuple(place + 1 for place in places),
        )
        people.append(person)
    return people

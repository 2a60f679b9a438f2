"""What made-up patients do: lines as an author would write them, at random moments, from a seed.

Values of measures lie at and around the numbers that the pathway itself compares with: that is where it decides.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from carepath.rehearsal.names import Names
from carepath.rehearsal.times import Clockwork
from pathways.lang.plan import AskBody, DoseBody, ExerciseBody, FormField, Measure, Plan, TaskBody, TeachBody
from pathways.lang.plan_base import Quantity
from pathways.lang.plan_steps import StepBody
from pathways.lang.plan_things import MeasureComponent
from pathways.lang.units import comparable, convert, shown

Json = Any
Row = dict[str, Json]

HABITS: Final = ("readings", "answers", "doses", "tasks", "pauses", "outages", "leaving")
"""What may happen besides the lines of the author."""
USUAL: Final = ("readings", "answers", "doses", "tasks")
LEAVING: Final = ("withdraw", "died", "readmitted", "contact_refused")
MOST: Final = 60
"""Random lines in one life."""
ODD: Final = 0.1
"""The share of readings that come late, and of those that come twice."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A random line and when it happens. Of its id begins ``made.``: what cannot be done then is passed over."""

    at: datetime
    row: Row


def life(
    dice: random.Random, names: Names, works: Clockwork, start: datetime, days: int, does: tuple[str, ...]
) -> list[Moment]:
    """Random lines of one life, in the order in which they happen."""
    makers = [maker for habit in does for maker in _makers(habit, names)]
    if not makers:
        return []
    minutes = sorted(dice.sample(range(1, days * 1440), dice.randint(0, min(MOST, days * 4))))
    return [
        Moment(at, {"at": works.spoken(at), "id": f"made.{n}", **dice.choice(makers)(dice)})
        for n, at in enumerate(start + timedelta(minutes=minute) for minute in minutes)
    ]


def outages(dice: random.Random, works: Clockwork, start: datetime, days: int) -> list[Row]:
    """At most one stretch in which nothing of the system runs."""
    if dice.random() < 0.5:
        return []
    begin = start + timedelta(minutes=dice.randrange(60, days * 1440))
    end = begin + timedelta(minutes=dice.choice((5, 90, 1440, 4320)))
    return [{"outage": {"from": works.spoken(begin), "until": works.spoken(end)}}]


Maker = Callable[[random.Random], Row]


def _makers(habit: str, names: Names) -> Iterator[Maker]:
    """What can be thrown for a habit; outages are no line of anybody's."""
    match habit:
        case "readings":
            for name, measure in names.measures.items():
                if values := _values(measure, list(names.plans.values())):
                    yield partial(_reading, name=name, values=values)
        case "pauses":
            yield lambda dice: {"verb": dice.choice(("pause", "resume")), "by": "staff"}
        case "leaving":
            yield lambda dice: {"verb": dice.choice(LEAVING), "by": "staff"}
        case _:
            for path, found in names.steps.items():
                if "." in path and (maker := _of_step(habit, path, found[0][1].body)) is not None:
                    yield maker


def _of_step(habit: str, path: str, body: StepBody) -> Maker | None:
    if habit == "answers" and isinstance(body, AskBody | TeachBody | ExerciseBody):
        return partial(_answer, path=path, body=body)
    if habit == "doses" and isinstance(body, DoseBody):
        return lambda dice: {"dose": "all", "is": dice.choice(("taken", "taken", "not_taken"))}
    if habit == "tasks" and isinstance(body, TaskBody):
        return lambda dice: {"done": path, **_form(dice, body.task.form)}
    return None


# --------------------------------------------------------------------------- readings


def _values(measure: Measure, plans: list[Plan]) -> dict[str, list[str]]:
    """Component -> values worth trying; a component that is optional may have none."""
    known: list[Quantity] = []
    for parameter in (one for plan in plans for one in plan.parameters.values()):
        known += [value.value for value in (parameter.value, *parameter.by_profile.values()) if value is not None]
        known += [row.value for row in parameter.by_patient]
    found = {part.name: _around(part, known) for part in measure.components}
    if any(not found[part.name] and not part.optional for part in measure.components):
        return {}
    return {name: values for name, values in found.items() if values}


def _around(part: MeasureComponent, known: list[Quantity]) -> list[str]:
    """The numbers that the pathway compares with, those next to them, and what lies well outside; inside the bounds."""
    there = {convert(q.value, q.unit, part.unit) for q in known if comparable(q.unit, part.unit)}
    low, high = (None if q is None else convert(q.value, q.unit, part.unit) for q in (part.low, part.high))
    if not there:
        there = {n for n in (low, high) if n is not None}
    step = Decimal("0.1") if any(n % 1 for n in there) else Decimal(1)
    wide = {min(there) * Decimal("0.9"), max(there) * Decimal("1.1")} if there else set[Decimal]()
    near = {n + side * step for n in there for side in (-1, 0, 1)} | {round(n / step) * step for n in wide}
    inside = (n for n in near if (low is None or n >= low) and (high is None or n <= high) and n >= 0)
    return [f"{n.normalize():f} {shown(part.unit)}" for n in sorted(inside)]


def _reading(dice: random.Random, name: str, values: dict[str, list[str]]) -> Row:
    row: Row = {"reading": {name: {part: dice.choice(listed) for part, listed in values.items()}}}
    if dice.random() < ODD:
        row["late"] = dice.choice(("10 min", "3 h", "2 days"))
    if dice.random() < ODD:
        row["twice"] = "yes"
    return row


# --------------------------------------------------------------------------- answers


def _answer(dice: random.Random, path: str, body: AskBody | TeachBody | ExerciseBody) -> Row:
    if isinstance(body, TeachBody):
        return {"answer": path, "is": "read"}
    return {"answer": path, **_form(dice, body.form)}


def _form(dice: random.Random, fields: tuple[FormField, ...]) -> Row:
    form = {field.id: value for field in fields if (value := _field(dice, field)) is not None}
    return {"form": form} if form else {}


def _field(dice: random.Random, field: FormField) -> Json:
    """An answer to one question; None where a machine has nothing sensible to say."""
    match field.type:
        case "yes_no":
            return dice.choice(("yes", "no"))
        case "one_of":
            return dice.choice(sorted(field.options))
        case "many_of":
            return [word for word in sorted(field.options) if dice.random() < 0.5]
        case "scale":
            return dice.randint(*_bounds(field, 0, 10))
        case "number":
            return dice.randint(*_bounds(field, 1, 100))
        case "text":
            return "made up"
        case _:
            return None


def _bounds(field: FormField, low: int, high: int) -> tuple[int, int]:
    """The least and the most that may be answered, the given ones where the field has none."""
    least = low if field.low is None else math.ceil(field.low.value)
    most = high if field.high is None else math.floor(field.high.value)
    return least, max(least, most)

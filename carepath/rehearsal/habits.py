"""What one simulated patient is like: facts, values, silence, crises; and how forms are filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from carepath.rehearsal.behaviour import Behaviour, FactHabit, MeasureHabit, PatientKind
from carepath.rehearsal.names import plain_id
from pathways.decide.calendar_zone import at_wall, local_date
from pathways.decide.conditions import Truth, truth
from pathways.decide.conditions_alone import FormAlone
from pathways.decide.events import Reading
from pathways.decide.teach import quiz_fields
from pathways.lang.plan import AskBody, ExerciseBody, FormField, Plan, StepBody, TeachBody
from pathways.lang.plan_base import parts_of
from pathways.lang.plan_cond import Has
from pathways.lang.site_plan import Site

Json = Any
CRISIS_HOURS = (0, 24)


@dataclass(slots=True)
class Body:
    """A patient's body and circumstances. ``levels``: catalogue measure -> component -> where values lie now."""

    facts: dict[str, Json]
    habits: dict[str, MeasureHabit]
    levels: dict[str, dict[str, float]] = field(default_factory=dict)
    silences: list[tuple[datetime, datetime]] = field(default_factory=list)
    crises: list[tuple[datetime, str]] = field(default_factory=list)
    leaves: datetime | None = None

    def silent(self, at: datetime) -> bool:
        """Whether the patient does nothing at an instant."""
        return any(start <= at < end for start, end in self.silences)

    def reading(self, rng: Random, measure: str) -> Reading | None:
        """A usual reading; None when nothing is stated about this measure."""
        habit = self.habits.get(measure)
        if habit is None:
            return None
        values = {name: rng.gauss(level, habit.spread.get(name, 0)) for name, level in self.levels[measure].items()}
        return _reading(measure, values)

    def crisis(self, rng: Random, measure: str) -> Reading | None:
        """A very high reading."""
        habit = self.habits[measure].crisis
        if habit is None:
            return None
        return _reading(measure, {n: rng.gauss(v, habit.spread.get(n, 0)) for n, v in habit.values.items()})

    def repeat(self, rng: Random, measure: str) -> Reading | None:
        """The reading after a very high one."""
        habit = self.habits.get(measure)
        if habit is not None and habit.crisis is not None and rng.random() * 100 < habit.crisis.again:
            return self.crisis(rng, measure)
        return self.reading(rng, measure)

    def helped(self, rng: Random, task: str) -> None:
        """A task was completed: values may get better."""
        for measure, habit in self.habits.items():
            better = habit.better_after
            if better is None or plain_id(task).rpartition(".")[2] not in better.tasks:
                continue
            if rng.random() * 100 < better.works:
                for name, by in better.by.items():
                    self.levels[measure][name] -= by


def _reading(measure: str, values: Mapping[str, float]) -> Reading:
    return Reading(measure, {name: Decimal(round(value)) for name, value in values.items()}, {"setting": "home"})


# --------------------------------------------------------------------------- who they are


def born(
    rng: Random, behaviour: Behaviour, plans: Mapping[str, Plan], site: Site, days: int
) -> tuple[PatientKind, Body, datetime, str]:
    """A new patient: kind, body, the instant of joining (UTC), the zone."""
    zone = site.zone
    first = at_wall(datetime.fromisoformat(behaviour.start), zone)
    joins = first + timedelta(days=rng.randint(0, max(0, behaviour.join_within_days - 1)), hours=rng.randint(0, 8))
    kind = rng.choices(behaviour.kinds, [k.share for k in behaviour.kinds])[0]
    facts = {name: value for name, habit in behaviour.facts.items()
             if (value := _fact(rng, habit, name, joins, zone)) is not None}  # fmt: skip
    for fact, codes in _required(plans.values()).items():
        facts[fact] = codes
    measured = {m.catalogue for plan in plans.values() for m in plan.measures.values()}
    body = Body(facts, {name: habit for name, habit in behaviour.measures.items() if name in measured})
    for name, habit in sorted(body.habits.items()):
        level = rng.choices(habit.levels, [row.share for row in habit.levels])[0]
        body.levels[name] = {n: float(rng.gauss(v, habit.spread.get(n, 0) / 2)) for n, v in level.values.items()}
        if habit.crisis is not None:
            body.crises += [(at, name) for at in _moments(rng, habit.crisis.once_in_days, joins, days)]
    if kind.silence is not None:
        starts = _moments(rng, kind.silence.once_in_days, joins, days)
        body.silences = [(at, at + timedelta(days=rng.randint(*kind.silence.days))) for at in starts]
    if kind.withdraws_after_days is not None:
        body.leaves = joins + timedelta(days=rng.randint(*kind.withdraws_after_days), hours=rng.randint(1, 9))
    return kind, body, joins, zone


def _moments(rng: Random, once_in_days: int, start: datetime, days: int) -> list[datetime]:
    out, day = [], rng.expovariate(1 / once_in_days)
    while day < days:
        out.append(start + timedelta(minutes=round(day * 1440)))
        day += rng.expovariate(1 / once_in_days)
    return out


def _fact(rng: Random, habit: FactHabit, name: str, joins: datetime, zone: str) -> Json:
    if habit.between is not None:
        return rng.randint(*habit.between)
    if habit.one_of is not None:
        return rng.choice(habit.one_of)
    if habit.prescription is None:
        return habit.always
    given = habit.prescription
    if rng.random() * 100 >= given.share:
        return []
    day = local_date(joins, zone).isoformat()
    row = {"id": f"{name}.1", "name": given.medicine_class, "class": [given.medicine_class], "dose": "1",
           "slots": list(given.slots), "start": day, "supply": {"from": day, "days": given.supply_days},
           "signed_by": "staff.gp"}  # fmt: skip
    return [row]


def _required(plans: Iterable[Plan]) -> dict[str, list[str]]:
    """Codes that the pathways ask for before anyone may join: everybody simulated has them."""
    out: dict[str, list[str]] = {}
    for plan in plans:
        for part in parts_of(plan.eligibility.include):
            if isinstance(part, Has):
                out.setdefault(part.fact, []).append(part.code)
    return out


# --------------------------------------------------------------------------- forms


def filled(
    rng: Random,
    fields: Iterable[FormField | dict[str, Json]],
    plan: Plan,
    reading: Callable[[str], Reading | None],
) -> dict[str, Json]:
    """A form filled in by chance: every question that is asked and needed, with a value that fits.

    ``reading`` gives a usual reading of a measure of the catalogue.
    """
    out: dict[str, Json] = {}
    for one in fields:
        spec = FormField.model_validate(one) if isinstance(one, dict) else one
        if not _needed(spec, FormAlone(plan, out)):
            continue
        if spec.type == "reading":
            found = reading(plan.measures[spec.measure or ""].catalogue)
            if found is not None:
                out[spec.id] = {name: str(value) for name, value in found.components.items()}
            continue
        out[spec.id] = _value(rng, spec)
    return out


def asked_after(body: StepBody) -> tuple[FormField, ...]:
    """What the patient answers when a step is done: a form, the questions after a session, a quiz."""
    if isinstance(body, TeachBody):
        return () if body.quiz is None else quiz_fields(body.quiz)
    return body.form if isinstance(body, AskBody | ExerciseBody) else ()


def _needed(spec: FormField, alone: FormAlone) -> bool:
    """As the form alone can tell: what the conditions ask of anything else is unknown here."""
    if spec.required_if is not None:
        return truth(spec.required_if, alone) is Truth.TRUE
    return spec.required and (spec.ask_if is None or truth(spec.ask_if, alone) is Truth.TRUE)


def _value(rng: Random, spec: FormField) -> Json:
    low = int(spec.low.value) if spec.low is not None else 0
    high = int(spec.high.value) if spec.high is not None else 10
    match spec.type:
        case "yes_no":
            return rng.random() < 0.5
        case "one_of":
            return rng.choice(sorted(spec.options))
        case "many_of":
            return [rng.choice(sorted(spec.options))]
        case "number" | "scale":
            value = rng.randint(low, high)
            return {"value": str(value), "unit": spec.unit} if spec.unit else value
        case "date":
            return "2026-03-02"
        case "moment":
            return "2026-03-02T08:00:00+00:00"
        case "photo" | "voice":
            return f"{spec.type}-{rng.getrandbits(128):032x}"
        case _:
            return "…"

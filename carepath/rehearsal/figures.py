"""Figures of a simulated population: counts added up over patients, and what is made of them.

Counts are whole numbers under ``part|part`` keys, so adding them in any order, on any number of processes, gives
the same figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

Json = Any
Counts = Counter[str]

HOURS_OF_WEEK: Final = 168
DAYS_OF_MONTH: Final = 30

PRICES: Final[dict[str, tuple[int, int]]] = {
    # what: (events in the patient's history, billable actions); a wake-up's three workflow-task events are in it
    "due": (2 + 3 + 1, 2),
    "wake": (1 + 3 + 2 + 1, 3),
    "command": (2 + 3 + 2 + 1, 3),
    "attributes": (1, 1),
    "handoff": (3 + 3, 2),
    "handoff_cancel": (2, 1),
    "continue_as_new": (1 + 4, 1),
}
"""What a tick and what goes with it costs on Temporal. A tick by its timer: timer started and fired, its local
activity's marker. A tick by a signal or a person's update: that, a cancelled timer, the marker. Search attributes
and continue-as-new as they come; a child workflow's own history is not counted, nor are the shared couriers."""


def events_and_actions(counts: Counts) -> tuple[int, int]:
    """Events and actions that the counted ticks cost."""
    events = sum(counts[f"temporal|{what}"] * price[0] for what, price in PRICES.items())
    actions = sum(counts[f"temporal|{what}"] * price[1] for what, price in PRICES.items())
    return events, actions


def under(counts: Counts, prefix: str) -> dict[str, int]:
    """The counts under ``prefix``, by the rest of their key, sorted."""
    cut = len(prefix) + 1
    return {key[cut:]: counts[key] for key in sorted(counts) if key.startswith(prefix + "|")}


def total(counts: Counts, prefix: str) -> int:
    """The sum of everything under ``prefix``."""
    return sum(under(counts, prefix).values())


@dataclass(frozen=True, slots=True)
class Population:
    """What was simulated."""

    pathways: tuple[str, ...]
    site: str
    behaviour: str
    patients: int
    days: int
    seed: int


def _per(value: float, of: float) -> float:
    return round(value / of, 4) if of else 0.0


def as_json(population: Population, counts: Counts) -> dict[str, Json]:
    """All figures. The same population gives the same bytes; nothing of the machine or of the run is in it."""
    care_days = counts["days"]
    weeks, months = care_days / 7, care_days / DAYS_OF_MONTH
    events, actions = events_and_actions(counts)
    alarms = total(counts, "alarm")
    return {
        "pathways": list(population.pathways),
        "site": population.site,
        "behaviour": population.behaviour,
        "patients": population.patients,
        "days": population.days,
        "seed": population.seed,
        "patient_days": care_days,
        "per_patient_week": {
            "contacts": _per(counts["contacts"], weeks),
            "messages": {name: _per(n, weeks) for name, n in under(counts, "message").items()},
            "held_back": _per(total(counts, "held_back"), weeks),
            "tasks": _per(total(counts, "task"), weeks),
            "readings": _per(counts["readings"], weeks),
            "visits": _per(counts["visits"], weeks),
            "handoffs": _per(total(counts, "handoff"), weeks),
        },
        "per_role": _roles(counts, weeks),
        "alarms": {
            "per_patient_day": _per(alarms, care_days),
            "by_level": {name: _per(n, care_days) for name, n in under(counts, "alarm").items()},
            "by_rule": under(counts, "rule"),
            "share_that_needs_a_person": _per(counts["alarms_with_a_person"], alarms),
        },
        "missed_deadlines": {
            "tasks_late": under(counts, "late"),
            "handoffs_late": under(counts, "handoff_late"),
            "incidents": counts["incidents"],
        },
        "outcomes": _outcomes(counts),
        "phases_at_the_end": under(counts, "phase"),
        "ends": under(counts, "end"),
        "temporal": {
            "events_per_patient_month": _per(events, months),
            "actions_per_patient_month": _per(actions, months),
            "ticks_per_patient_month": _per(counts["ticks"], months),
            "counted": under(counts, "temporal"),
            "prices": {what: {"events": e, "actions": a} for what, (e, a) in sorted(PRICES.items())},
        },
    }


def _roles(counts: Counts, weeks: float) -> dict[str, Json]:
    """Per role: how many tasks, how many for 100 patients a week, and when in the week they are opened (hour 0 is
    Monday 00:00 of the site)."""
    rows = under(counts, "task")
    out: dict[str, Json] = {}
    for role in sorted({key.partition("|")[0] for key in rows}):
        hours = [rows.get(f"{role}|{hour}", 0) for hour in range(HOURS_OF_WEEK)]
        out[role] = {
            "tasks": sum(hours),
            "per_100_patients_and_week": _per(100 * sum(hours), weeks),
            "per_hour_of_week": hours,
            "told": counts[f"told|{role}"],
        }
    return out


def _outcomes(counts: Counts) -> dict[str, dict[str, int]]:
    rows = under(counts, "outcome")
    out: dict[str, dict[str, int]] = {}
    for key, number in rows.items():
        step, _, word = key.rpartition("|")
        out.setdefault(step, {})[word] = number
    return out


def added(parts: Iterable[Counts]) -> Counts:
    """All counts added up."""
    whole: Counts = Counter()
    for part in parts:
        whole.update(part)
    return whole

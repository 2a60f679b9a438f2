"""Prescriptions as facts: what the pathway language calls ``medicines``.

The JSON of one prescription (a subset of FHIR MedicationRequest, flattened at the edge)::

    {"id": "rx1", "name": "amlodipine 5 mg", "class": ["antihypertensive"], "dose": "1 tablet",
     "slots": ["morning"], "as_needed": false, "start": "2026-03-02", "stop": null,
     "supply": {"from": "2026-03-02", "days": 28}, "signed_by": "<opaque staff id>"}

``slots`` are customary times or clock times "08:00". ``name`` never leaves the encrypted payloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Prescription:
    """One prescription item. ``supply_from``/``supply_days``: when the supply in hand began and how many
    days it lasts (None: unknown). ``stop`` is the first day it is not taken any more."""

    id: str
    name: str
    classes: tuple[str, ...]
    dose: str
    slots: tuple[str, ...]
    as_needed: bool = False
    start: date | None = None
    stop: date | None = None
    supply_from: date | None = None
    supply_days: int | None = None
    signed_by: str | None = None


def prescription_from_json(data: dict[str, Any]) -> Prescription:
    """Read one prescription; raises ValueError with a sentence when a field is missing or wrong."""
    try:
        supply = data.get("supply") or {}
        return Prescription(
            id=str(data["id"]),
            name=str(data.get("name", "")),
            classes=tuple(data.get("class", ())),
            dose=str(data.get("dose", "")),
            slots=tuple(data.get("slots", ())),
            as_needed=bool(data.get("as_needed", False)),
            start=_day(data.get("start")),
            stop=_day(data.get("stop")),
            supply_from=_day(supply.get("from")),
            supply_days=None if supply.get("days") is None else int(supply["days"]),
            signed_by=data.get("signed_by"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"a prescription needs id, slots and ISO dates: {error}") from error


def _day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(str(value))

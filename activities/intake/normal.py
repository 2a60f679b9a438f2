"""A normalised reading: what devices, files, FHIR and forms are turned into before anything is judged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from activities.intake.refusals import Refusal, refuse
from pathways.lang.plan import Measure

FUTURE: Final = timedelta(minutes=10)
ANCIENT: Final = timedelta(days=731)
_DIGITS: Final = 20
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,120}")


@dataclass(frozen=True, slots=True)
class NormalReading:
    """One reading of a catalogue measure. ``components``: name -> value in the catalogue's unit, exact.

    ``at``: aware UTC, when it was taken. ``context``: coded words (setting, source, method, posture).
    ``status``: final, amended (``replaces`` names the reading corrected, None: the same id) or
    entered_in_error. ``device``: the source's id of the instrument: part of what makes two readings the same.
    """

    id: str
    measure: str
    at: datetime
    components: Mapping[str, Decimal]
    context: Mapping[str, str] = field(default_factory=dict)
    status: str = "final"
    replaces: str | None = None
    device: str = ""

    def content(self) -> dict[str, Any]:
        """Everything but the id, as plain JSON."""
        return {
            "measure": self.measure,
            "at": self.at.isoformat(),
            "components": {k: number_text(v) for k, v in sorted(self.components.items())},
            "context": dict(self.context),
            "status": self.status,
            "replaces": self.replaces,
            "device": self.device,
        }

    def sameness(self) -> list[Any]:
        """What makes two readings one: device, time, type and value (139.0 is 139)."""
        values = {k: number_text(v.normalize()) for k, v in sorted(self.components.items())}
        return [self.device, self.at.isoformat(), self.measure, values]


def number_text(value: Decimal) -> str:
    """A number as plain decimal text, never with an exponent."""
    return format(value, "f")


def writable(value: Decimal) -> bool:
    """Whether a number is finite and of a length that people write: 1e999999 has a million digits."""
    return value.is_finite() and len(value.as_tuple().digits) <= _DIGITS and abs(value.adjusted()) <= _DIGITS


def judge_form(reading: NormalReading) -> Refusal | None:
    """What is wrong with a reading whatever the pathway says."""
    if not _ID.fullmatch(reading.id):
        return refuse("id_invalid", field="id")
    for name, value in reading.components.items():
        if not writable(value) or value <= 0:
            return refuse("number_invalid", field=name[:64])
    return None


def judge_time(reading: NormalReading, now: datetime, ahead: timedelta) -> Refusal | None:
    """Whether it could have been taken then: at most ``ahead`` of patient time ``now``, at most two years old."""
    if reading.at > now + ahead:
        return refuse("reading_in_future", field="at")
    if reading.at < now - ANCIENT:
        return refuse("reading_too_old", field="at")
    return None


def judge_bounds(reading: NormalReading, measure: Measure, optional: frozenset[str]) -> Refusal | None:
    """Components and physical bounds as the patient's pathway states them (``optional`` ones may be missing)."""
    bounds = {component.name: component for component in measure.components}
    for name in reading.components:
        if name not in bounds:
            return refuse("component_unknown", field=name[:64], value=name[:64])
    for name, component in bounds.items():
        value = reading.components.get(name)
        if value is None:
            if name in optional:
                continue
            return refuse("component_missing", field=name, value=name)
        too_low = component.low is not None and value < component.low.value
        if too_low or (component.high is not None and value > component.high.value):
            return refuse("reading_implausible", field=name)
    return None


def quality_of(reading: NormalReading) -> str:
    """``implausible`` where the numbers contradict each other, else ``ok``."""
    systolic, diastolic = reading.components.get("systolic"), reading.components.get("diastolic")
    contradictory = systolic is not None and diastolic is not None and diastolic >= systolic
    return "implausible" if contradictory else "ok"

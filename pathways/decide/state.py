"""The state of one journey: one serialisable object with a schema number and a bound on every list.

JSON is sections of keyed records, so that what a tick changed is ``{section: {key: record | null}}``. ``diff`` makes
that delta and ``apply`` is dumb assignment without a rule: workflow code replays it for years.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pathways.decide.records import (
    SECTIONS,
    Alarm,
    Done,
    Enrolment,
    Episode,
    HandoffRun,
    Kept,
    Known,
    Occurrence,
    Patient,
    Record,
    RuleRun,
    Send,
    Series,
    Setting,
    StepRun,
    Task,
    Window,
    instant_from_json,
    instant_to_json,
)

Json = Any

STATE_SCHEMA = 1
"""Schema number of the state. Raised only together with a reader for the older number."""

MAX_SEEN_IDS = 500
MAX_READINGS = 200
"""Readings kept per measure; older ones stay in the ledger only."""


def short_id(event_id: str) -> str:
    """The id of an event as the set of acted ids keeps it: a digest when it is long."""
    if len(event_id) <= 20:
        return event_id
    return hashlib.blake2b(event_id.encode(), digest_size=9).hexdigest()


@dataclass(slots=True)
class JourneyState:
    """Everything a journey remembers. ``clock``: processed up to here; only moves forward.

    ``seen``: ids of the last events -> running number. ``heap`` and ``wakes`` are the agenda, made again from
    the records after ``from_json``; they are not part of the JSON.
    """

    journey: str
    clock: datetime
    patient: Patient
    enrolments: dict[str, Enrolment] = field(default_factory=dict)
    facts: dict[str, Known] = field(default_factory=dict)
    settings: dict[str, Setting] = field(default_factory=dict)
    occurrences: dict[str, Occurrence] = field(default_factory=dict)
    steps: dict[str, StepRun] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    results: dict[str, Done] = field(default_factory=dict)
    episodes: dict[str, Episode] = field(default_factory=dict)
    rules: dict[str, RuleRun] = field(default_factory=dict)
    handoffs: dict[str, HandoffRun] = field(default_factory=dict)
    readings: dict[str, Kept] = field(default_factory=dict)
    sends: dict[str, Send] = field(default_factory=dict)
    derived: dict[str, Window] = field(default_factory=dict)
    verdicts: dict[str, Series] = field(default_factory=dict)
    alarms: dict[str, Alarm] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    agenda: Any = None

    def to_json(self) -> dict[str, Json]:
        """The state as plain JSON. Empty sections are there, so that a delta always finds its section."""
        out: dict[str, Json] = {
            "schema": STATE_SCHEMA,
            "journey": self.journey,
            "clock": {"at": instant_to_json(self.clock)},
            "patient": {"patient": self.patient.to_json()},
            "seen": dict(self.seen),
        }
        for cls in SECTIONS[1:]:
            records: dict[str, Record] = getattr(self, cls.section)
            out[cls.section] = {key: record.to_json() for key, record in records.items()}
        return out

    @classmethod
    def from_json(cls, data: Mapping[str, Json]) -> JourneyState:
        """The state from its JSON. Raises ValueError for a schema this release cannot read."""
        if data["schema"] != STATE_SCHEMA:
            raise ValueError(f"state schema {data['schema']} is not {STATE_SCHEMA}: use a release that reads it")
        state = cls(
            journey=data["journey"],
            clock=instant_from_json(data["clock"]["at"]),
            patient=Patient.from_json("patient", data["patient"]["patient"]),
            seen=dict(sorted(data["seen"].items(), key=lambda item: int(item[1]))),
        )
        for record in SECTIONS[1:]:
            read: Callable[[str, dict[str, Json]], Record] = record.from_json
            section = {key: read(key, value) for key, value in data.get(record.section, {}).items()}
            setattr(state, record.section, section)
        return state

    def acted(self, event_id: str) -> bool:
        """Whether this event has acted; if not, it is noted as having acted."""
        key = short_id(event_id)
        if key in self.seen:
            return True
        last = next(reversed(self.seen.values())) if self.seen else 0
        self.seen[key] = last + 1
        if len(self.seen) > MAX_SEEN_IDS:
            del self.seen[next(iter(self.seen))]
        return False


def blank(journey: str, at: datetime, patient: Patient) -> JourneyState:
    """The state of a journey at whose start nothing has happened."""
    return JourneyState(journey=journey, clock=at.astimezone(UTC), patient=patient)


def diff(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
    """What changed between two state JSONs: ``{section: {key: record | null}}``, scalars as they are."""
    delta: dict[str, Json] = {}
    for section, new in after.items():
        old = before.get(section)
        if not isinstance(new, dict) or not isinstance(old, dict):
            if new != old:
                delta[section] = new
            continue
        if new == old:
            continue
        part: dict[str, Json] = {key: None for key in old if key not in new}
        part.update({key: value for key, value in new.items() if old.get(key) != value})
        delta[section] = part
    return delta


def apply(state: Mapping[str, Json], delta: Mapping[str, Json]) -> dict[str, Json]:
    """The state JSON after ``delta``: dumb assignment, no rule. ``apply(a, diff(a, b)) == b``."""
    out = dict(state)
    for section, part in delta.items():
        old = out.get(section)
        if not isinstance(part, dict) or not isinstance(old, dict):
            out[section] = part
            continue
        new = dict(old)
        for key, value in part.items():
            if value is None:
                new.pop(key, None)
            else:
                new[key] = value
        out[section] = new
    return out

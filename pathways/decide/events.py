"""The closed set of events: everything that can happen to a journey.

With ``effects`` this is the main seam of the system. An event has an ``id`` (unique for the patient; the
same id acts once), ``at`` (logical time: when it was measured, done or decided) and ``seen`` (when it was
stored). Both are aware UTC datetimes. Due things run, in order of ``at``, before a later event.

Events travel as JSON (``to_json``/``from_json``) through the inbox table; names of kinds and fields are a
durable contract.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

Json = Any
"""A plain JSON value."""


@dataclass(frozen=True, slots=True)
class Body:
    """Base of all event bodies."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Enrolled(Body):
    """The patient joins a pathway. ``facts``: fact id -> JSON value (``age`` may be a number of years or
    ``birth_date`` a date; ``conditions`` a list of codes; ``medicines`` a list of prescriptions, see
    ``medicines.py``). ``consent``: purposes agreed to. ``anchors``: anchor name -> ISO instant or date."""

    kind: ClassVar[str] = "enrolled"
    enrolment: str
    plan_sha256: str
    facts: dict[str, Json] = field(default_factory=dict)
    parameters: dict[str, Json] = field(default_factory=dict)
    consent: tuple[str, ...] = ()
    anchors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading(Body):
    """One reading of a catalogue measure (``measure`` = ``blood_pressure``). ``components``: name -> value in
    the catalogue's unit, as Decimal text. ``context``: setting, source, method … words. ``status``: final,
    amended (``replaces`` names the reading id), entered_in_error. ``quality``: ok, implausible, low_time."""

    kind: ClassVar[str] = "reading"
    measure: str
    components: dict[str, Decimal]
    context: dict[str, str] = field(default_factory=dict)
    status: str = "final"
    replaces: str | None = None
    quality: str = "ok"


@dataclass(frozen=True, slots=True)
class Answered(Body):
    """The patient (or ``by``) answered an ask, a teach item or a dose. ``step``: ``phase.step`` path;
    ``occurrence`` its key, or None for the one open now. ``outcome``: done, taken, not_taken, read and so on.
    ``text``: a reply in their own words instead of a form, with ``step`` "" to whatever is asked now."""

    kind: ClassVar[str] = "answered"
    step: str
    occurrence: str | None = None
    outcome: str = "done"
    why: str | None = None
    form: dict[str, Json] = field(default_factory=dict)
    by: str = "patient"
    enrolment: str | None = None
    medicine: str | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class TaskVerb(Body):
    """A person acts on a task: claim release reassign complete cancel snooze attempt (nobody was reached) sign (a
    conference). ``by``: an opaque staff id, ``role`` the role in which. ``reason`` for cancel, and the note of sign;
    ``until`` for snooze, ``to_role`` for reassign."""

    kind: ClassVar[str] = "task"
    task: str
    verb: str
    by: str
    role: str | None = None
    form: dict[str, Json] = field(default_factory=dict)
    reason: str | None = None
    until: datetime | None = None
    to_role: str | None = None


@dataclass(frozen=True, slots=True)
class Visit(Body):
    """A visit is booked (``start`` given), done (``mode``, ``form``), no_show or moved."""

    kind: ClassVar[str] = "visit"
    step: str
    verb: str
    by: str
    occurrence: str | None = None
    start: datetime | None = None
    mode: str | None = None
    form: dict[str, Json] = field(default_factory=dict)
    enrolment: str | None = None


@dataclass(frozen=True, slots=True)
class StaffVerb(Body):
    """A verb of staff on the run: pause resume withdraw died readmitted discharged_again contact_refused
    transfer set_fact set_parameter skip_step do_step entered_in_error end. What each needs stands in
    ``args`` (fact, value; parameter, value {value, unit}; step, reason; event id; end word)."""

    kind: ClassVar[str] = "staff"
    verb: str
    by: str
    role: str | None = None
    enrolment: str | None = None
    args: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HandoffReport(Body):
    """A handoff's child reports: ``word`` (accepted, handed_over, seen, returned, declined, failed,
    cancelled …; closed per machine), ``final`` when its machine has stopped, ``kept`` typed values."""

    kind: ClassVar[str] = "handoff"
    handoff: str
    word: str
    final: bool = False
    kept: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery(Body):
    """A receipt that a decision waits for. ``status``: sent delivered read undelivered unknown."""

    kind: ClassVar[str] = "delivery"
    message: str
    status: str


@dataclass(frozen=True, slots=True)
class Preference(Body):
    """The patient's wishes: ``consent`` given or withdrawn per purpose, ``opt_out`` per channel or topic
    ("all" for every care message), ``channels`` order, ``language``, ``zone``, ``customary`` times."""

    kind: ClassVar[str] = "preference"
    consent: dict[str, bool] = field(default_factory=dict)
    opt_out: dict[str, bool] = field(default_factory=dict)
    channels: tuple[str, ...] | None = None
    language: str | None = None
    zone: str | None = None
    customary: dict[str, str] | None = None


BODIES: dict[str, type[Body]] = {
    b.kind: b
    for b in (
        Enrolled,
        Reading,
        Answered,
        TaskVerb,
        Visit,
        StaffVerb,
        HandoffReport,
        Delivery,
        Preference,
    )
}
"""Every kind of event. A stored kind that is not here is a programmer error."""


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the inbox. ``seq`` is its place in the inbox (the cursor), 0 in rehearsal."""

    id: str
    at: datetime
    seen: datetime
    body: Body
    seq: int = 0


def _plain(value: object) -> Json:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value


def body_to_json(body: Body) -> dict[str, Json]:
    """The body as plain JSON, without its kind and without absent values."""
    out: dict[str, Json] = {}
    for f in fields(body):
        value = getattr(body, f.name)
        if value is None or value in ((), {}):
            continue
        out[f.name] = _plain(value)
    return out


_DATETIMES = {"until", "start"}
_TUPLES = {"consent", "channels"}


def body_from_json(kind: str, data: dict[str, Json]) -> Body:
    """The body of ``kind`` from plain JSON. Raises KeyError for an unknown kind, TypeError for an
    unknown or missing field."""
    cls = BODIES[kind]
    args: dict[str, Any] = {}
    for name, value in data.items():
        if name in _DATETIMES and isinstance(value, str):
            args[name] = datetime.fromisoformat(value)
        elif name == "components":
            args[name] = {k: Decimal(str(v)) for k, v in value.items()}
        elif name in _TUPLES and isinstance(value, list):
            args[name] = tuple(value)
        else:
            args[name] = value
    return cls(**args)

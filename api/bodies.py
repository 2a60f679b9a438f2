"""What the HTTP interface takes: strict models, one per request, unknown fields refused.

Times are ISO 8601 with an offset; quantities are ``{"value": 135, "unit": "mm[Hg]"}`` in UCUM. Everything has a bound:
what is taken here lives in the run's state, which Temporal carries whole.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

Json = Any
FIRST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LAST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Instants outside cannot be meant, and calendars have no room for them."""


def _in_range(at: datetime) -> datetime:
    if not FIRST.replace(tzinfo=None) <= at.replace(tzinfo=None) <= LAST.replace(tzinfo=None):
        raise PydanticCustomError("instant_out_of_range", "The year lies outside 1900 to 2200")
    return at.astimezone(UTC)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise PydanticCustomError("zone_unknown", "This is no IANA time zone") from error
    return name


def _anchor(text: str) -> str:
    """An anchor is a local date, or an instant with an offset."""
    try:
        at = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC) if len(text) <= 10 else None
        at = at or datetime.fromisoformat(text)
    except ValueError as error:
        raise PydanticCustomError("anchor_wrong", "Write a date, or a date and time with an offset") from error
    if at.tzinfo is None:
        raise PydanticCustomError("anchor_wrong", "Write a date, or a date and time with an offset")
    _in_range(at)
    return text


def _smaller_than(largest: int) -> AfterValidator:
    def judge(value: Json) -> Json:
        if len(json.dumps(value, default=str)) > largest:
            raise PydanticCustomError("too_long", "This has more than {limit} characters", {"limit": largest})
        return value

    return AfterValidator(judge)


Short = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(max_length=200)]
Prose = Annotated[str, StringConstraints(max_length=4000)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Instant = Annotated[AwareDatetime, AfterValidator(_in_range)]
Zone = Annotated[str, StringConstraints(min_length=1, max_length=64), AfterValidator(_zone)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)]
LocalTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Times = Annotated[dict[Word, LocalTime], Field(max_length=20)]
Channels = Annotated[tuple[Word, ...], Field(max_length=10)]
Choices = Annotated[dict[Word, bool], Field(max_length=50)]
Form = Annotated[dict[Word, Json], Field(max_length=100), _smaller_than(16_000)]
Facts = Annotated[dict[Word, Json], Field(max_length=200), _smaller_than(32_000)]
Arguments = Annotated[dict[Word, Json], Field(max_length=10), _smaller_than(16_000)]
Anchor = Annotated[str, StringConstraints(max_length=40), AfterValidator(_anchor)]


class Body(BaseModel):
    """Base of all request bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Contact(Body):
    """How to reach the person; kept sealed, never shown in ids, logs or searches."""

    name: Line = ""
    phone: Line = ""
    email: Line = ""


class Caregiver(Contact):
    """Who else is told, about which topics, over which channels. ``id`` is opaque."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,40}$")]
    channels: Channels = ()
    topics: Channels = ()
    language: Language | None = None


class PatientBody(Body):
    """``POST /patients``. ``customary_times``: name of a time to "HH:MM" local."""

    key: Line | None = None
    zone: Zone = "UTC"
    language: Language = "en"
    contact: Contact = Contact()
    channels: Channels = ()
    customary_times: Times = Field(default_factory=dict)
    caregivers: Annotated[tuple[Caregiver, ...], Field(max_length=10)] = ()


class RehearsalBody(Body):
    """The stretched clock: patient time begins at ``start`` and runs ``days_per_second`` while nothing is urgent."""

    start: Instant | None = None
    days_per_second: Annotated[float, Field(gt=0, le=30)] | None = None


class EnrolmentBody(Body):
    """``POST /enrolments``. Without ``version`` the newest published one is followed."""

    patient: Short
    pathway: Word
    version: Line | None = None
    id: Line | None = None
    facts: Facts = Field(default_factory=dict)
    parameters: Facts = Field(default_factory=dict)
    consent: Channels = ()
    anchors: Annotated[dict[Word, Anchor], Field(max_length=20)] = Field(default_factory=dict)
    rehearsal: RehearsalBody | None = None


class AnswerBody(Body):
    """``POST /patients/{key}/answers``: the answer to an ask, a dose or an education item. ``text`` is a reply in
    free words instead of a form; without a step it answers whatever is asked now, else a person reads it."""

    id: Short | None = None
    step: Short | Literal[""] = ""
    text: Prose | None = None
    occurrence: Line | None = None
    outcome: Word = "done"
    why: Prose | None = None
    form: Form = Field(default_factory=dict)
    medicine: Line | None = None
    enrolment: Line | None = None
    at: Instant | None = None


class VisitBody(Body):
    """``POST /patients/{key}/visits``: book, done, no_show or moved."""

    id: Short | None = None
    step: Short
    verb: Literal["book", "done", "no_show", "moved"]
    occurrence: Line | None = None
    start: Instant | None = None
    mode: Word | None = None
    form: Form = Field(default_factory=dict)
    enrolment: Line | None = None
    at: Instant | None = None


class CommandBody(Body):
    """``POST /patients/{key}/commands``: a verb of staff on the run (``docs/reference/http.md``)."""

    id: Short | None = None
    verb: Word
    role: Word | None = None
    enrolment: Line | None = None
    args: Arguments = Field(default_factory=dict)
    at: Instant | None = None


class PreferenceBody(Body):
    """``POST /patients/{key}/preferences``: consent per purpose, opt-out per channel or topic, language, zone."""

    id: Short | None = None
    consent: Choices = Field(default_factory=dict)
    opt_out: Choices = Field(default_factory=dict)
    channels: Channels | None = None
    language: Language | None = None
    zone: Zone | None = None
    customary_times: Times | None = None


class TakeBody(Body):
    """``POST /incidents/{id}/take``. ``id``: that of this command."""

    id: Short | None = None


class TaskBody(Body):
    """``POST /tasks/{id}/{verb}``: claim, release, reassign, complete, sign, cancel, snooze."""

    id: Short | None = None
    role: Word | None = None
    form: Form = Field(default_factory=dict)
    reason: Prose | None = None
    until: Instant | None = None
    to_role: Word | None = None

"""What the HTTP interface takes: strict models, one per request, unknown fields refused.

Times are ISO 8601 with an offset; quantities are ``{"value": 135, "unit": "mm[Hg]"}`` in UCUM.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Json = Any
Short = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Body(BaseModel):
    """Base of all request bodies."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Contact(Body):
    """How to reach the person; kept sealed, never shown in ids, logs or searches."""

    name: str = ""
    phone: str = ""
    email: str = ""


class PatientBody(Body):
    """``POST /patients``. ``customary_times``: name of a time to "HH:MM" local."""

    key: str | None = None
    zone: str = "UTC"
    language: str = "en"
    contact: Contact = Contact()
    channels: tuple[Word, ...] = ()
    customary_times: dict[str, str] = Field(default_factory=dict)
    caregivers: tuple[dict[str, Json], ...] = ()


class RehearsalBody(Body):
    """The stretched clock: patient time begins at ``start`` and runs ``days_per_second`` while nothing is urgent."""

    start: AwareDatetime | None = None
    days_per_second: Annotated[float, Field(gt=0, le=30)] | None = None


class EnrolmentBody(Body):
    """``POST /enrolments``. Without ``version`` the newest published one is followed."""

    patient: Short
    pathway: Word
    version: str | None = None
    id: str | None = None
    facts: dict[str, Json] = Field(default_factory=dict)
    parameters: dict[str, Json] = Field(default_factory=dict)
    consent: tuple[Word, ...] = ()
    anchors: dict[str, str] = Field(default_factory=dict)
    rehearsal: RehearsalBody | None = None


class AnswerBody(Body):
    """``POST /patients/{key}/answers``: the answer to an ask, a dose or an education item."""

    id: Short | None = None
    step: Short
    occurrence: str | None = None
    outcome: Word = "done"
    why: str | None = None
    form: dict[str, Json] = Field(default_factory=dict)
    medicine: str | None = None
    enrolment: str | None = None
    at: AwareDatetime | None = None


class VisitBody(Body):
    """``POST /patients/{key}/visits``: book, done, no_show or moved."""

    id: Short | None = None
    step: Short
    verb: Literal["book", "done", "no_show", "moved"]
    occurrence: str | None = None
    start: AwareDatetime | None = None
    mode: Word | None = None
    form: dict[str, Json] = Field(default_factory=dict)
    enrolment: str | None = None
    at: AwareDatetime | None = None


class CommandBody(Body):
    """``POST /patients/{key}/commands``: a verb of staff on the run (``docs/reference/http.md``)."""

    id: Short | None = None
    verb: Word
    role: Word | None = None
    enrolment: str | None = None
    args: dict[str, Json] = Field(default_factory=dict)
    at: AwareDatetime | None = None


class PreferenceBody(Body):
    """``POST /patients/{key}/preferences``: consent per purpose, opt-out per channel or topic, language, zone."""

    id: Short | None = None
    consent: dict[str, bool] = Field(default_factory=dict)
    opt_out: dict[str, bool] = Field(default_factory=dict)
    channels: tuple[Word, ...] | None = None
    language: str | None = None
    zone: str | None = None
    customary_times: dict[str, str] | None = None


class TaskBody(Body):
    """``POST /tasks/{id}/{verb}``: claim, release, reassign, complete, cancel, snooze."""

    id: Short | None = None
    role: Word | None = None
    form: dict[str, Json] = Field(default_factory=dict)
    reason: str | None = None
    until: datetime | None = None
    to_role: Word | None = None

"""The closed set of effects: everything a decision can do to the world.

Every effect has a deterministic key made of journey, enrolment, step and occurrence before the first
try; the shell writes it in the same transaction as the tick. "Already there" is success only with the
same content. Instants are aware UTC datetimes in patient time (equal to wall time outside rehearsal).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from pathways.lang.plan_base import Text

Json = Any


@dataclass(frozen=True, slots=True)
class Effect:
    """Base of all effects."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class Unless:
    """A pure condition looked at by the courier in the claiming transaction: not sent when an accepted
    reading of ``measure`` (catalogue id) with ``since <= at < before`` is stored (at least ``readings`` of
    them), or an answer of ``step`` since then, or the task ``task`` is closed."""

    measure: str | None = None
    step: str | None = None
    task: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    readings: int = 1


@dataclass(frozen=True, slots=True)
class PlanMessage(Effect):
    """Put (or replace, while unclaimed) an outbox row.

    ``to``: "patient", "caregiver" or "role:<role>". ``channels``: in order of preference.
    ``message_class``: red, care, dose, info, staff. ``due`` is already inside the allowed hours and
    caps; not sent after ``expires``. ``text`` keeps placeholders filled except ``{emergency_number}`` and
    names, which the courier fills. ``reason``: why it passed or moved (governor's words)."""

    kind: ClassVar[str] = "message"
    key: str
    to: str
    channels: tuple[str, ...]
    message_class: str
    template: str
    text: Text
    due: datetime
    expires: datetime
    unless: Unless | None = None
    topic: str | None = None
    private: bool = False
    bundle: str | None = None
    enrolment: str | None = None
    wants_receipt: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CancelMessages(Effect):
    """Withdraw unclaimed rows: those named, or all whose key starts with ``prefix``."""

    kind: ClassVar[str] = "cancel_messages"
    keys: tuple[str, ...] = ()
    prefix: str | None = None
    reason: str = "not needed"


@dataclass(frozen=True, slots=True)
class PutTask(Effect):
    """Open a task or change it (same key). ``status``: open, claimed, done, cancelled. ``level``: red, amber,
    info, no_data, routine. ``form``: the fields as JSON. ``joined``: ids of tasks of other pathways it stands for.
    ``conference``: who signs and has signed, the data shown, the agenda and the place on it, of a task that several
    roles sign."""

    kind: ClassVar[str] = "task"
    key: str
    enrolment: str
    source: str
    title: Text
    role: str
    level: str
    status: str
    opened: datetime
    due: datetime | None = None
    form: tuple[dict[str, Json], ...] = ()
    answers: dict[str, Json] = field(default_factory=dict)
    claimed_by: str | None = None
    closed: datetime | None = None
    closed_by: str | None = None
    why: str | None = None
    episode: str | None = None
    joined: tuple[str, ...] = ()
    conference: dict[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class StartHandoff(Effect):
    """Start the child that speaks with a partner. ``number`` makes its id ``<patientkey>.h.<n>``.
    ``request``: what is asked (medicines, urgency …), business id = ``key``."""

    kind: ClassVar[str] = "start_handoff"
    key: str
    number: int
    enrolment: str
    machine: str
    partner: str
    title: Text
    request: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CancelHandoff(Effect):
    """Ask the partner to cancel (a request, not a fact)."""

    kind: ClassVar[str] = "cancel_handoff"
    key: str
    number: int
    why: str


@dataclass(frozen=True, slots=True)
class SetWatches(Effect):
    """Replace the compiled screens of this journey with thresholds filled in, as plan_cond JSON with
    parameters already replaced by literals: rows ``{measure, level, cond, rule, enrolment}``."""

    kind: ClassVar[str] = "watches"
    rows: tuple[dict[str, Json], ...]


@dataclass(frozen=True, slots=True)
class Incident(Effect):
    """The top of a ladder did not answer, or nobody can be told: a loud failure outside the pathway."""

    kind: ClassVar[str] = "incident"
    key: str
    text: Text
    at: datetime


@dataclass(frozen=True, slots=True)
class Timeline(Effect):
    """An entry of the patient's timeline. ``word`` is coded (phase_entered, occurrence_done, missed,
    skipped, message_planned, rule_fired, task_opened, handoff_report, verb, ended …); ``path`` the
    author's place; ``text`` for people; ``data`` plain JSON, nothing that identifies a person.
    ``outcome`` with ``occurrence`` ends that occurrence (each exactly once)."""

    kind: ClassVar[str] = "timeline"
    key: str
    at: datetime
    enrolment: str | None
    word: str
    path: str
    text: Text
    occurrence: str | None = None
    outcome: str | None = None
    why: str | None = None
    data: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation(Effect):
    """Why something was (not) decided: the verdict of a condition at an instant, with its parts."""

    kind: ClassVar[str] = "explanation"
    key: str
    at: datetime
    enrolment: str
    path: str
    value: str
    text: Text
    data: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SetStatus(Effect):
    """The journey's status for courier, sweeper and searches: invited active paused ended; the reason;
    ``stop_messages``: withdrawal or death, the courier stops what is queued except keys under
    ``except_prefixes`` (an open red)."""

    kind: ClassVar[str] = "status"
    status: str
    reason: str | None = None
    stop_messages: bool = False
    except_prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BeginEnrolment(Effect):
    """An enrolment was begun by a step of another one (``caller``), in the version that is pinned there."""

    kind: ClassVar[str] = "begin"
    enrolment: str
    pathway: str
    version: str
    plan_sha256: str
    caller: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EndEnrolment(Effect):
    """An enrolment has reached an end of its pathway."""

    kind: ClassVar[str] = "end"
    enrolment: str
    end: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a person's command: done, or refused with a sentence."""

    done: bool
    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Show:
    """What people see, coded for search attributes and written out for the case sheet."""

    pathways: tuple[str, ...]
    phases: tuple[str, ...]
    tier: str
    status: str
    flags: tuple[str, ...]
    open_tasks: int
    decided: Text
    next: Text
    next_at: datetime | None
    sheet: Text


@dataclass(frozen=True, slots=True)
class Decision:
    """What `decide` returns. The state it was given has been brought up to ``now``.

    ``next_due``: the next instant at which something must be decided (None: only an event can).
    ``urgent_until``: until then a repeat measurement or a rung of a red ladder is awaited (the rehearsal
    clock slows down). ``verdicts``: event id -> Verdict for every command among the events."""

    effects: tuple[Effect, ...]
    next_due: datetime | None
    urgent_until: datetime | None
    verdicts: dict[str, Verdict]
    show: Show

"""The records a journey's state is made of; how they are written is in ``record_base``."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from pathways.decide.records_base import Record, instant_from_json, instant_to_json

__all__ = ["Record", "instant_from_json", "instant_to_json"]

Json = Any


@dataclass(slots=True)
class Patient(Record):
    """What belongs to the patient and not to a pathway (key ``patient``): one for all enrolments.

    ``customary``: name -> "HH:MM". ``opt_out``: channel, topic or "all" -> True. ``silenced``: nothing is
    sent any more ("withdrawn", "died"), or only calls ("contact_refused").
    """

    section: ClassVar[str] = "patient"

    zone: str = "UTC"
    language: str = "en"
    channels: list[str] = field(default_factory=list)
    customary: dict[str, str] = field(default_factory=dict)
    caregivers: list[dict[str, Json]] = field(default_factory=list)
    opt_out: dict[str, bool] = field(default_factory=dict)
    silenced: str = ""
    handoffs: int = 0
    serial: int = 0
    status: str = ""
    watches: str = ""


@dataclass(slots=True)
class Enrolment(Record):
    """One patient on one pathway. ``plan``: sha256. ``visit`` counts entries of phases over the enrolment (a
    serial number), ``visits`` entries per phase; ``entries`` phase -> instant of its last entry.

    ``until``: when the phase ends by itself; ``ending``: since when it waits for open occurrences, until
    ``wait_until`` at the latest; ``no_later``: its deadline; ``look_at``: when a condition of its rows has held.
    ``ways``: "from>to|since" -> times taken. ``spent``: rows of this visit of the phase that have acted.
    ``anchors``: name -> ISO date or instant. ``stopped``: "all_but_safety" after a readmission. ``hold``: steps
    held or stopped by an action. ``held``: condition -> true since. ``calls``: step -> the enrolment it called last;
    ``callers``: occurrences of other enrolments that called this one and have not ended. ``merged``: number -> what
    several pathways come to: "<value>|<enrolment it is of>", or "?" where they do not.
    """

    section: ClassVar[str] = "enrolments"

    plan: str = ""
    number: int = 0
    status: str = "invited"
    enrolled: datetime | None = None
    phase: str = ""
    visit: int = 0
    entered: datetime | None = None
    entries: dict[str, datetime] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    until: datetime | None = None
    ending: datetime | None = None
    no_later: datetime | None = None
    wait_until: datetime | None = None
    look_at: datetime | None = None
    ways: dict[str, int] = field(default_factory=dict)
    spent: list[str] = field(default_factory=list)
    anchors: dict[str, str] = field(default_factory=dict)
    consent: list[str] = field(default_factory=list)
    stopped: str = ""
    hold: list[str] = field(default_factory=list)
    held: dict[str, datetime] = field(default_factory=dict)
    planned_to: datetime | None = None
    first_due: dict[str, datetime] = field(default_factory=dict)
    paused: datetime | None = None
    hop_at: datetime | None = None
    hops: int = 0
    excluded: list[str] = field(default_factory=list)
    flagged: list[str] = field(default_factory=list)
    ended: datetime | None = None
    end: str = ""
    calls: dict[str, str] = field(default_factory=dict)
    callers: list[str] = field(default_factory=list)
    merged: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Known(Record):
    """A fact (key ``<enrolment>|<fact>``): its JSON value, since when, from whom."""

    section: ClassVar[str] = "facts"

    value: Json = None
    at: datetime | None = None
    by: str = ""
    ask_at: datetime | None = None


@dataclass(slots=True)
class Setting(Record):
    """A parameter set for this patient by staff (key ``<enrolment>|<parameter>``)."""

    section: ClassVar[str] = "settings"

    value: str = ""
    unit: str = ""
    by: str = ""
    role: str = ""
    at: datetime | None = None


@dataclass(slots=True)
class Occurrence(Record):
    """One planned doing of a step, alive until it ends. ``visit`` is the phase visit it belongs to (0 for steps
    throughout). ``state``: planned, open, due, late. ``readings``: ids that came for it. ``items``: per medicine (of
    a group: per doing) its outcome, "" while open. ``block``: the planned block it is part of. ``tries`` at the quiz
    of a lesson, which is ``lesson``: read, or shown to a person after ``right`` right answers. ``child``: the enrolment
    a step `pathway` called. ``group``: the doing of a group it is: key of the group's occurrence, ">", which one."""

    section: ClassVar[str] = "occurrences"

    enrolment: str = ""
    step: str = ""
    visit: int = 0
    number: int = 0
    slot: str = ""
    opens: datetime | None = None
    due: datetime | None = None
    late: datetime | None = None
    missed: datetime | None = None
    state: str = "planned"
    date_only: bool = False
    readings: list[str] = field(default_factory=list)
    items: dict[str, str] = field(default_factory=dict)
    block: str = ""
    task: str = ""
    handoff: str = ""
    booked: datetime | None = None
    extra: bool = False
    with_: str = ""
    tries: int = 0
    lesson: str = ""
    right: str = ""
    child: str = ""
    group: str = ""


@dataclass(slots=True)
class StepRun(Record):
    """What is remembered of a step (key ``<enrolment>|<path>``). ``planned_to``: occurrences due before it were made.
    ``count``: made so far; ``in_visit``: made in this visit of the phase. ``tail``: endings in this visit,
    newest last: d done, l late, p partly, m missed, n not taken, s stopped. ``outcome`` … ``mode`` are of the latest
    ended occurrence of this visit; ``any_outcome`` … of the latest over all visits. ``armed``: "as soon as" may fire.
    ``early``: slots that ended before they were due, ``latest``: the last slot that ended when it was due or later
    (planning again must not make them twice). ``good`` and ``bad``: sessions of an exercise in a row that count for
    more and for less, at ``level``. ``shown``: how often a lesson was planned again because it was not passed.
    ``used_before``: endings that an earlier grant had paid for. ``untimed``: medicines for whose times a person was
    asked. ``proposal``: the advice
    a clinician is asked about; ``advised``: when each advice was sent, what it brought about, how long it rests.
    """

    section: ClassVar[str] = "steps"

    visit: int = 0
    planned_to: datetime | None = None
    anchor: str = ""
    generation: int = 0
    early: list[str] = field(default_factory=list)
    latest: str = ""
    count: int = 0
    in_visit: int = 0
    tail: str = ""
    outcome: str = ""
    at: datetime | None = None
    done_at: datetime | None = None
    due: datetime | None = None
    mode: str = ""
    form: dict[str, Json] = field(default_factory=dict)
    why: str = ""
    any_outcome: str = ""
    any_at: datetime | None = None
    any_done_at: datetime | None = None
    any_mode: str = ""
    any_form: dict[str, Json] = field(default_factory=dict)
    armed: bool = True
    level: str = ""
    good: int = 0
    bad: int = 0
    shown: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    untimed: list[str] = field(default_factory=list)
    years: dict[str, int] = field(default_factory=dict)
    used_before: int = 0
    proposal: dict[str, Json] = field(default_factory=dict)
    advised: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Task(Record):
    """A person's work, alive while open. ``source``: the author's path (its form and ladder stand in the plan).
    ``late``: when it is late; ``rung`` of its ladder (-1 before it runs), ``rung_at`` when the next rung is
    told, ``again`` repeats made on the last rung. ``role`` is who holds it now; ``bound``: closed when its
    phase is left, unless ``keep``. ``attempts``: how often somebody was tried to be reached in vain. ``with_``: the
    task of another pathway that stands for this one too; ``alone``: what one that does is called by itself.
    ``proposal``: what the table of a step ``decide`` proposed (see ``proposal_form``). Of a conference: who has
    ``signed`` (role, by, at, note), the data ``shown`` with it, and its ``rank`` on the agenda.
    """

    section: ClassVar[str] = "tasks"

    enrolment: str = ""
    id: str = ""
    source: str = ""
    title: list[str] = field(default_factory=list)
    role: str = ""
    level: str = "routine"
    status: str = "open"
    opened: datetime | None = None
    late: datetime | None = None
    is_late: bool = False
    ladder: str = ""
    rung: int = -1
    rung_at: datetime | None = None
    again: int = 0
    cycle: int = 0
    exhausted: bool = False
    told: list[str] = field(default_factory=list)
    claimed_by: str = ""
    snoozed: datetime | None = None
    occurrence: str = ""
    episode: str = ""
    visit: int = 0
    keep: bool = False
    bound: bool = False
    fact: str = ""
    attempts: int = 0
    with_: str = ""
    alone: list[str] = field(default_factory=list)
    proposal: list[Json] = field(default_factory=list)
    signed: list[dict[str, Json]] = field(default_factory=list)
    shown: list[dict[str, Json]] = field(default_factory=list)
    rank: list[float | None] = field(default_factory=list)


@dataclass(slots=True)
class Done(Record):
    """The latest result of a task that a row, rule or end opened (key ``<enrolment>|<id>``)."""

    section: ClassVar[str] = "results"

    visit: int = 0
    outcome: str = ""
    at: datetime | None = None
    form: dict[str, Json] = field(default_factory=dict)


@dataclass(slots=True)
class Episode(Record):
    """A rule being true, from first true until it is settled. ``state``: awaiting (a repeat measurement), guiding
    (treat and measure again), open. ``round``: of the guidance, 0 before it. ``acted``: actions done in it.
    ``tasks``: keys of tasks it opened that are still open.
    """

    section: ClassVar[str] = "episodes"

    enrolment: str = ""
    rule: str = ""
    number: int = 0
    opened: datetime | None = None
    state: str = "open"
    reading: str = ""
    from_: datetime | None = None
    until: datetime | None = None
    acted: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    had_task: bool = False
    round: int = 0


@dataclass(slots=True)
class RuleRun(Record):
    """What is remembered of a rule (key ``<enrolment>|<rule>``). ``value``: its last verdict. ``follow``: until when
    ``settled_when`` must have been met after the task was completed. ``edge_at``: when its days begin or end next."""

    section: ClassVar[str] = "rules"

    value: str = ""
    number: int = 0
    fired: datetime | None = None
    unknown_since: datetime | None = None
    unknown_acted: bool = False
    unknown_at: datetime | None = None
    held_at: datetime | None = None
    edge_at: datetime | None = None
    follow: datetime | None = None
    follow_from: str = ""
    judged: str = ""


@dataclass(slots=True)
class HandoffRun(Record):
    """A closed loop with a partner. ``deadlines``: words not reached yet -> instant. ``words``: reported, in
    order. ``state``: open, ended, cancelling. ``for_``: medicine ids, ``items`` the word of each. ``heard``: how often
    each word came. ``stopped``: since when the partner waits for us, so that its deadlines stand still."""

    section: ClassVar[str] = "handoffs"

    enrolment: str = ""
    number: int = 0
    step: str = ""
    visit: int = 0
    occurrence: str = ""
    started: datetime | None = None
    deadlines: dict[str, datetime] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    state: str = "open"
    outcome: str = ""
    ended: datetime | None = None
    final: bool = False
    told_silent: bool = False
    kept: dict[str, Json] = field(default_factory=dict)
    for_: list[str] = field(default_factory=list)
    items: dict[str, str] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)
    stopped: datetime | None = None


@dataclass(slots=True)
class Kept(Record):
    """A reading that is kept. ``take``: the occurrence it came for, or the group of spontaneous readings."""

    section: ClassVar[str] = "readings"

    measure: str = ""
    at: datetime | None = None
    values: dict[str, Decimal] = field(default_factory=dict)
    context: dict[str, str] = field(default_factory=dict)
    take: str = ""


@dataclass(slots=True)
class Send(Record):
    """A reserved place of a message with the contact governor (key = that of the outbox row). ``wanted``: the
    instant it was meant for. ``plan``: how to make the row again ("<enrolment>|<path>|…")."""

    section: ClassVar[str] = "sends"

    due: datetime | None = None
    wanted: datetime | None = None
    cls: str = ""
    enrolment: str = ""
    template: str = ""
    topic: str = ""
    bundle: str = ""
    counted: bool = True
    sent: str = ""
    for_: str = ""
    until: datetime | None = None


@dataclass(slots=True)
class Window(Record):
    """A derived value frozen at the end of its planned block (key ``<enrolment>|<derived>``). ``by_day``: of a count
    over endings, per local date how many were asked for, done, missed."""

    section: ClassVar[str] = "derived"

    closed: datetime | None = None
    visit: int = 0
    values: dict[str, Decimal] = field(default_factory=dict)
    count: int = 0
    days: int = 0
    since: datetime | None = None
    newest: datetime | None = None
    why: str = ""
    by_day: dict[str, list[int]] = field(default_factory=dict)


@dataclass(slots=True)
class Series(Record):
    """Verdicts, oldest first: of each completed form (key ``<enrolment>|form.<form>``), or the latest of a decision
    over the data as they stand (``<enrolment>|data.<decision>``).

    ``entries`` of a form: ``n`` its number, ``at`` its instant, ``v`` the visit of the phase, ``w`` decision -> words,
    ``o`` decision -> words that unknown rows keep open.
    """

    section: ClassVar[str] = "verdicts"

    count: int = 0
    entries: list[dict[str, Json]] = field(default_factory=list)


@dataclass(slots=True)
class Alarm(Record):
    """A due instant of its own: quota leads, fact questions, planning, repeats of a rule's unknown."""

    section: ClassVar[str] = "alarms"

    enrolment: str = ""
    what: str = ""
    subject: str = ""
    at: datetime | None = None
    from_: datetime | None = None
    to: datetime | None = None


SECTIONS: tuple[type[Record], ...] = (
    Patient,
    Enrolment,
    Known,
    Setting,
    Occurrence,
    StepRun,
    Task,
    Done,
    Episode,
    RuleRun,
    HandoffRun,
    Kept,
    Send,
    Window,
    Series,
    Alarm,
)

"""The compiled plan: everything a journey follows, resolved, typed and frozen.

``Plan`` is made by ``compile.py`` and read by ``pathways.decide``; nothing else of the language is
needed at run time. Every part that an author can point at keeps ``path``, its dotted place in the
YAML document: explanations, coverage and the timeline speak of it.

The parts of time are in ``plan_when``, of conditions in ``plan_cond``, of a place in ``site_plan``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pathways.lang.plan_base import PLAN_SCHEMA, Duration, Part, Quantity, Text
from pathways.lang.plan_cond import Cond
from pathways.lang.plan_when import Moment, When

Level = Literal["red", "amber", "info", "no_data"]


# --------------------------------------------------------------------------- facts, parameters


class Evidence(Part):
    """A citation. ``checked`` is False while nobody compared the numbers with the source."""

    id: str
    cite: str
    year: int | None = None
    checked: bool = True


class Fact(Part):
    """Something known (or not) about the patient. ``type`` is one of: age sex yes_no codes medicines
    quantity count one_of date moment text. Where ``applies_if`` is false, every test on it is false."""

    id: str
    type: str
    source: str | None = None
    applies_if: Cond | None = None
    ask_at: str | None = None
    ask_again: When | None = None
    ask_text: Text | None = None
    options: tuple[str, ...] = ()
    unit: str | None = None


class ParamValue(Part):
    """A value with its citation."""

    value: Quantity
    cite: str


class ParamRow(Part):
    """A value for the patients for whom ``cond`` is true (``by_patient``)."""

    cond: Cond
    value: Quantity
    cite: str


class Adjustable(Part):
    """Bounds inside which staff of ``by`` may set the parameter for one patient."""

    low: Quantity
    high: Quantity
    by: tuple[str, ...]


class Parameter(Part):
    """A named clinical number. ``by_profile`` holds a value for every profile of the pathway
    (``same_as`` is already followed); ``value`` is used where a site names no profile."""

    id: str
    unit: str
    value: ParamValue | None
    by_profile: dict[str, ParamValue] = {}
    by_patient: tuple[ParamRow, ...] = ()
    adjustable: Adjustable | None = None


class Take(Part):
    """``2 readings 1 min apart``: how many readings make one take."""

    readings: int = 1
    apart: Duration | None = None


class MeasureComponent(Part):
    """One number of a measure. Bounds outside which a reading is refused (implausible)."""

    name: str
    unit: str
    low: Quantity | None = None
    high: Quantity | None = None


class Measure(Part):
    """A measured thing of this pathway; ``catalogue`` is its id there (``blood_pressure``)."""

    id: str
    catalogue: str
    title: Text
    components: tuple[MeasureComponent, ...]
    take: Take = Take()
    where: Cond | None = None
    not_older_than: Duration | None = None
    sources: tuple[str, ...] = ()


class Derived(Part):
    """A value computed from readings over a window.

    ``where`` filters readings by their ``setting`` and source words. ``min_readings`` and ``min_days``
    make it unknown until there are enough. ``leave_out_first_day`` drops the first local day that
    has readings. ``judge`` "block_end": unknown until the planned block of the steps that feed it
    has closed; "reading": changes with each reading. ``since_phase_start``: readings before this visit
    of the phase do not count.
    """

    id: str
    path: str
    measure: str
    where_words: dict[str, tuple[str, ...]] = {}
    function: Literal["mean", "median", "min", "max", "last", "first", "count", "sum", "change"]
    over: Duration
    leave_out_first_day: bool = False
    min_readings: int = 1
    min_days: int = 1
    judge: Literal["block_end", "reading"] = "reading"
    since_phase_start: bool = False


# --------------------------------------------------------------------------- people


class Rung(Part):
    """Who is told, by which channels, and how long an answer is waited for (clock time in a red
    ladder). ``repeat`` times more on the last rung, then ``then`` (only "incident")."""

    tell: str
    by: tuple[str, ...]
    answer_within: Duration
    repeat: int = 0
    then: Literal["incident"] | None = None
    off_duty: Literal["pass", "wait"] = "pass"


class Ladder(Part):
    id: str
    path: str
    rungs: tuple[Rung, ...]


class FormField(Part):
    """One question. ``type``: yes_no one_of many_of number scale date moment text."""

    id: str
    type: str
    label: Text | None = None
    options: dict[str, Text] = {}
    unit: str | None = None
    low: Quantity | None = None
    high: Quantity | None = None
    required: bool = True
    measure: str | None = None
    fact: str | None = None


class TaskSpec(Part):
    """A person's work. ``due`` counts from its opening. ``ladder`` runs when it is late."""

    title: Text
    role: str
    due: Duration | None = None
    form: tuple[FormField, ...] = ()
    ladder: str | None = None
    on_leave: Literal["close", "keep"] = "close"


# --------------------------------------------------------------------------- actions and rows


class Say(Part):
    kind: Literal["say"] = "say"
    id: str
    path: str
    message: str
    only_if: Cond | None = None


class OpenTask(Part):
    kind: Literal["task"] = "task"
    id: str
    path: str
    task: TaskSpec
    only_if: Cond | None = None


class Escalate(Part):
    """Opens a task (its own, or one named after the rule) and starts the ladder at once."""

    kind: Literal["escalate"] = "escalate"
    id: str
    path: str
    ladder: str
    task: TaskSpec | None = None
    only_if: Cond | None = None


class PlanStep(Part):
    """Plans a new occurrence of a step (``{plan: recheck, at: the date booked}``)."""

    kind: Literal["plan"] = "plan"
    id: str
    path: str
    step: str
    at: Moment
    only_if: Cond | None = None


class StepControl(Part):
    """``start``/``stop``/``hold`` a step by name."""

    kind: Literal["start", "stop", "hold"]
    id: str
    path: str
    step: str
    only_if: Cond | None = None


class SetFact(Part):
    """``set``: an anchor or fact takes the instant of the event (or a stated word)."""

    kind: Literal["set"] = "set"
    id: str
    path: str
    fact: str
    word: str | None = None
    only_if: Cond | None = None


class AskMeasure(Part):
    """``measure``: asks for a reading now, outside the plan."""

    kind: Literal["measure"] = "measure"
    id: str
    path: str
    measure: str
    message: str | None = None
    only_if: Cond | None = None


class Go(Part):
    kind: Literal["go"] = "go"
    id: str
    path: str
    phase: str
    only_if: Cond | None = None


class End(Part):
    kind: Literal["end"] = "end"
    id: str
    path: str
    end: str
    only_if: Cond | None = None


Action = Annotated[
    Say | OpenTask | Escalate | PlanStep | StepControl | SetFact | AskMeasure | Go | End,
    Field(discriminator="kind"),
]


class Target(Part):
    """Where a row leads: a phase or an end."""

    go: str | None = None
    end: str | None = None


class Row(Part):
    """A row of ``leave`` or ``at_end``. ``test`` is a condition, "unknown" (acts when an earlier row is
    unknown) or "else". ``up_to`` counts how often this phase took that way (rows with the same target
    share it), ``since`` from the last entry of that phase; beyond it ``afterwards`` holds."""

    path: str
    test: Cond | Literal["unknown", "else"]
    target: Target | None = None
    do: tuple[Action, ...] = ()
    up_to: int | None = None
    since: str | None = None
    afterwards: Target | None = None


# --------------------------------------------------------------------------- steps


class Window(Part):
    """When an occurrence opens before it is due, is late after, is missed after (from due)."""

    opens_before: Duration | None = None
    late_after: Duration | None = None
    missed_after: Duration | None = None


class MedicineFilter(Part):
    """``medicines where class is antihypertensive``: for-each over the patient's prescriptions."""

    fact: str
    classes: tuple[str, ...] = ()
    text: str = ""


class MeasureBody(Part):
    kind: Literal["measure"] = "measure"
    measure: str


class AskBody(Part):
    kind: Literal["ask"] = "ask"
    form: tuple[FormField, ...]
    message: str | None = None


class DoseBody(Part):
    kind: Literal["dose"] = "dose"
    medicines: MedicineFilter
    bundle_same_slot: bool = True


class TeachBody(Part):
    kind: Literal["teach"] = "teach"
    item: str
    title: Text


class SayBody(Part):
    kind: Literal["say"] = "say"
    message: str


class TaskBody(Part):
    kind: Literal["task"] = "task"
    task: TaskSpec


class VisitBody(Part):
    """An appointment. ``missed`` / ``no_show`` are done when it ends so."""

    kind: Literal["visit"] = "visit"
    with_role: str
    modes: tuple[str, ...]
    form: tuple[FormField, ...] = ()
    missed: tuple[Action, ...] = ()
    no_show: tuple[Action, ...] = ()


class Outcome(Part):
    """What one outcome word of a handoff does; ``keep`` names typed values kept from the partner."""

    word: str
    do: tuple[Action, ...] = ()
    keep: dict[str, str] = {}


class HandoffBody(Part):
    """A closed loop with a partner. ``deadlines``: word -> time from the request; a missed one tells
    (``silent``), the last missed one also ends the handoff ``silent``. ``machine`` is the kind
    (pharmacy, referral); ``partner`` the name the site maps to a configured partner id."""

    kind: Literal["handoff"] = "handoff"
    machine: str
    partner: str
    medicines: MedicineFilter | None = None
    deadlines: dict[str, Duration]
    outcomes: dict[str, Outcome]
    if_stopped: Literal["cancel", "keep"]
    urgency: str | None = None


StepBody = Annotated[
    MeasureBody | AskBody | DoseBody | TeachBody | SayBody | TaskBody | VisitBody | HandoffBody,
    Field(discriminator="kind"),
]


class Remind(Part):
    """A reminder so long after due (zero: at due); not sent when the answer is already there."""

    after: Duration


class Step(Part):
    """One step. ``id`` is unique inside its phase; ``path`` is ``phase.step`` or ``throughout.step``.

    ``catch_up``: what an occurrence found long overdue after an outage does: doses ``skip``, care
    ``send`` (once), red ``send``, else ``within <duration>``.
    """

    id: str
    path: str
    title: Text
    when: When
    body: StepBody
    only_if: Cond | None = None
    window: Window = Window()
    remind: tuple[Remind, ...] = ()
    catch_up: Literal["skip", "send", "within"] = "send"
    catch_up_within: Duration | None = None
    on_leave: Literal["close", "keep"] = "close"
    safety: bool = False
    first_time_only: bool = False
    if_past: Literal["now", "skip", "task"] = "skip"


# --------------------------------------------------------------------------- phases, rules, rest


class Deadline(Part):
    """``no_later_than``: so long after entry (or at a moment), then the target."""

    after: Duration
    target: Target


class Phase(Part):
    id: str
    path: str
    title: Text
    tier: Literal["mild", "moderate", "severe"] | None = None
    until: Moment | None = None
    until_text: str = ""
    active_days_only: bool = False
    no_later_than: Deadline | None = None
    steps: tuple[Step, ...] = ()
    leave: tuple[Row, ...] = ()
    at_end: tuple[Row, ...] = ()


class EndSpec(Part):
    id: str
    path: str
    title: Text | None = None
    do: tuple[Action, ...] = ()


class RepeatMeasurement(Part):
    """A red reading asks for a second one inside [after, within] of the first."""

    after: Duration
    within: Duration
    message: str
    no_repeat: Literal["confirmed", "settled"] = "confirmed"
    normal_repeat: tuple[Action, ...] = ()


class RuleUnknown(Part):
    """What a rule does when its condition is unknown (never before the first reading was due)."""

    not_met: str | None = None
    do: tuple[Action, ...] = ()
    lasts: Duration | None = None


class Rule(Part):
    """Watches for trouble. ``inputs`` are the measures, derived values, facts and steps that can
    change its condition: the index from input to condition of invariant 10."""

    id: str
    path: str
    title: Text | None = None
    cond: Cond
    level: Level
    fires: Literal["each_reading", "each_answer", "once_per_episode"] = "once_per_episode"
    not_again_within: Duration | None = None
    in_phases: tuple[str, ...] = ()
    watch: tuple[str, ...] = ("active", "paused")
    repeat: RepeatMeasurement | None = None
    do: tuple[Action, ...] = ()
    settled_when: Cond | None = None
    settled_within: Duration = Duration(amount=24, unit="h")
    settled_by_task: bool = False
    unknown: RuleUnknown = RuleUnknown()
    instead_of: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()


class Quota(Part):
    """So many face-to-face visits a calendar year; ``behind`` is judged ``lead`` before its end."""

    id: str
    path: str
    steps: tuple[str, ...]
    face_to_face: bool
    at_least: int
    per: Literal["calendar_year"] = "calendar_year"
    behind: OpenTask
    lead: Duration


class LifecycleRow(Part):
    """What a verb of staff does in this pathway (readmitted, discharged_again, contact_refused,
    withdrawn, paused …)."""

    event: str
    path: str
    stop: Literal["none", "all_but_safety", "all"] = "none"
    handoffs: Literal["keep", "cancel"] = "keep"
    sets: tuple[str, ...] = ()
    go: str | None = None
    do: tuple[Action, ...] = ()
    open_red: Literal["finish_with_a_person", "close"] | None = None


class Message(Part):
    """A message to a person. ``message_class``: red, care, dose, info. Placeholders ``{name}``."""

    id: str
    path: str
    to: tuple[str, ...]
    message_class: Literal["red", "care", "dose", "info"]
    text: Text
    topic: str | None = None
    private: bool = False


class Exclusion(Part):
    id: str
    cond: Cond
    path: str


class Eligibility(Part):
    include: Cond | None = None
    exclude: tuple[Exclusion, ...] = ()
    becomes_true: tuple[Action, ...] = ()


class Watch(Part):
    """A compiled screen over one incoming reading, run when it is stored.

    ``level`` "red" wakes at once (and writes the red row under the key the tick would use); "wake" wakes the
    journey. A reading that matches no watch waits in the inbox until something is due. ``cond`` speaks
    of the single reading only; parameters are those of the patient.
    """

    measure: str
    level: Literal["red", "wake"]
    cond: Cond
    rule: str


class Plan(Part):
    """A pathway, compiled. ``sha256`` is over the canonical JSON of everything else."""

    plan_schema: int = PLAN_SCHEMA
    id: str
    version: str
    sha256: str = ""
    title: Text
    owner: str
    profiles: tuple[str, ...] = ()
    evidence: dict[str, Evidence] = {}
    facts: dict[str, Fact] = {}
    parameters: dict[str, Parameter] = {}
    code_lists: dict[str, tuple[str, ...]] = {}
    eligibility: Eligibility = Eligibility()
    consent: tuple[str, ...] = ()
    counts_from: str = "enrolment"
    one_active: Literal["per_patient", "no"] = "no"
    measures: dict[str, Measure] = {}
    derived: dict[str, Derived] = {}
    roles: tuple[str, ...] = ()
    ladders: dict[str, Ladder] = {}
    throughout: tuple[Step, ...] = ()
    first_phase: str
    phases: dict[str, Phase]
    ends: dict[str, EndSpec] = {}
    ended_by_staff: tuple[str, ...] = ()
    quotas: tuple[Quota, ...] = ()
    rules: tuple[Rule, ...] = ()
    lifecycle: dict[str, LifecycleRow] = {}
    messages: dict[str, Message] = {}
    watches: tuple[Watch, ...] = ()

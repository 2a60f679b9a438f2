"""The compiled plan: everything a journey follows, resolved, typed and frozen.

``Plan`` is made by ``compile.py`` and read by ``pathways.decide``; nothing else of the language is
needed at run time. Every part that an author can point at keeps ``path``, its dotted place in the
YAML document: explanations, coverage and the timeline speak of it.

Its parts stand in ``plan_things`` (facts, parameters, measures, people) and ``plan_steps`` (actions, rows,
steps), and are given out again here. Time is in ``plan_when``, conditions in ``plan_cond``, a place in ``site_plan``.
"""

from __future__ import annotations

from typing import Literal

from pathways.lang.plan_base import PLAN_SCHEMA, Duration, Part, Text
from pathways.lang.plan_cond import Cond
from pathways.lang.plan_counted import Counted
from pathways.lang.plan_decisions import Decision, DecisionRow
from pathways.lang.plan_guide import Guide, GuideRow
from pathways.lang.plan_span import DaySpan
from pathways.lang.plan_steps import (
    Action,
    Advise,
    AskBody,
    AskMeasure,
    Attempts,
    DoseBody,
    End,
    Escalate,
    ExerciseBody,
    ExerciseLevel,
    Go,
    GroupBody,
    HandoffBody,
    Instrument,
    MeasureBody,
    MedicineFilter,
    OpenTask,
    Outcome,
    PathwayBody,
    PlanStep,
    Remind,
    Row,
    Say,
    SayBody,
    SetFact,
    Step,
    StepBody,
    StepControl,
    Target,
    TaskBody,
    TeachBody,
    VisitBody,
    Window,
)
from pathways.lang.plan_things import (
    Adjustable,
    BaselineDays,
    Derived,
    Evidence,
    Fact,
    FormField,
    Ladder,
    Level,
    Measure,
    MeasureComponent,
    Newest,
    Parameter,
    ParamRow,
    ParamValue,
    Rung,
    Take,
    TaskSpec,
)
from pathways.lang.plan_when import Moment

__all__ = [
    "PLAN_SCHEMA",
    "Action",
    "Adjustable",
    "Advise",
    "AskBody",
    "AskMeasure",
    "Attempts",
    "BaselineDays",
    "Counted",
    "DaySpan",
    "Deadline",
    "Decision",
    "DecisionRow",
    "Derived",
    "DoseBody",
    "Duration",
    "Eligibility",
    "End",
    "EndSpec",
    "Escalate",
    "Evidence",
    "Exclusion",
    "ExerciseBody",
    "ExerciseLevel",
    "Fact",
    "FormField",
    "Go",
    "GroupBody",
    "Guide",
    "GuideRow",
    "HandoffBody",
    "Instrument",
    "Ladder",
    "Level",
    "LifecycleRow",
    "Measure",
    "MeasureBody",
    "MeasureComponent",
    "MedicineFilter",
    "Message",
    "Newest",
    "OpenTask",
    "Outcome",
    "ParamRow",
    "ParamValue",
    "Parameter",
    "Part",
    "PathwayBody",
    "Phase",
    "Plan",
    "PlanStep",
    "Quota",
    "Remind",
    "RepeatMeasurement",
    "Row",
    "Rule",
    "RuleUnknown",
    "Rung",
    "Say",
    "SayBody",
    "SetFact",
    "Step",
    "StepBody",
    "StepControl",
    "Take",
    "Target",
    "TaskBody",
    "TaskSpec",
    "TeachBody",
    "Text",
    "VisitBody",
    "Watch",
    "Window",
]

# --------------------------------------------------------------------------- phases, rules, rest


class Deadline(Part):
    """``no_later_than``: so long after entry (or at a moment), then the target."""

    after: Duration
    target: Target


class Phase(Part):
    """A stretch of care with its steps, and the rows that lead out of it."""

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
    """An end of the pathway: what is done when it is reached."""

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
    during: DaySpan | None = None
    watch: tuple[str, ...] = ("active", "paused")
    repeat: RepeatMeasurement | None = None
    do: tuple[Action, ...] = ()
    guide: Guide | None = None
    settled_when: Cond | None = None
    settled_within: Duration = Duration(amount=24, unit="h")
    settled_by_task: bool = False
    unknown: RuleUnknown = RuleUnknown()
    instead_of: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()

    def acts(self) -> tuple[Action, ...]:
        """All it may do when it fires: its own actions, then those of its guide."""
        return self.do if self.guide is None else (*self.do, *self.guide.actions())


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
    """What a verb of staff does in this pathway (readmitted, discharged_again, contact_refused, withdrawn, paused …),
    or what follows besides on words that answer no question (words_to_read)."""

    event: str
    path: str
    stop: Literal["none", "all_but_safety", "all"] = "none"
    handoffs: Literal["keep", "cancel"] = "keep"
    sets: tuple[str, ...] = ()
    go: str | None = None
    do: tuple[Action, ...] = ()
    open_red: Literal["finish_with_a_person", "close"] | None = None


class AnchorRow(Part):
    """What follows when a moment that steps count from (a fact that is a date or a moment) changes.

    ``corrected``: another value for the same event; ``new``: the event happened again. "re_plan" plans what is
    still ahead and never asks again for what is done, "redo" does all of it again. ``removed``: done when the moment
    is no longer known; what was planned from it is cancelled in any case.
    """

    name: str
    path: str
    corrected: Literal["re_plan", "redo"] = "re_plan"
    new: Literal["redo", "re_plan"] = "redo"
    removed: tuple[Action, ...] = ()


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
    """A reason not to join, or to stop when it becomes true."""

    id: str
    cond: Cond
    path: str


class Eligibility(Part):
    """Who may join, and what is done when an exclusion becomes true later."""

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
    decisions: dict[str, Decision] = {}
    counted: dict[str, Counted] = {}
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
    anchors: dict[str, AnchorRow] = {}
    messages: dict[str, Message] = {}
    watches: tuple[Watch, ...] = ()
    called: dict[str, Plan] = {}
    """By sha256, every pathway that a step calls: a run carries all its plans."""

"""Actions, rows and steps of a compiled plan: what is done, and when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pathways.lang.plan_advice import AdviseBody
from pathways.lang.plan_base import Duration, Part, Text
from pathways.lang.plan_cond import Cond
from pathways.lang.plan_conference import Conference
from pathways.lang.plan_handoffs import Order, Sent
from pathways.lang.plan_tables import Proposal
from pathways.lang.plan_teach import Quiz, ShowBack
from pathways.lang.plan_things import FormField, TaskSpec
from pathways.lang.plan_when import Moment, When

WHY_STOPPED = "why"
"""The field of an exercise that is asked only of a session that was broken off."""

# --------------------------------------------------------------------------- actions and rows


class Say(Part):
    """Sends a message."""

    kind: Literal["say"] = "say"
    id: str
    path: str
    message: str
    only_if: Cond | None = None


class Attempts(Part):
    """Tries to reach somebody: so many at most, so far apart; after the last one in vain ``then`` is done."""

    at_most: int
    apart: Duration
    then: tuple[Action, ...] = ()


class OpenTask(Part):
    """Opens a task for a person."""

    kind: Literal["task"] = "task"
    id: str
    path: str
    task: TaskSpec
    only_if: Cond | None = None
    attempts: Attempts | None = None


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


class Advise(Part):
    """Proposes the advice of a step now, outside its schedule."""

    kind: Literal["advise"] = "advise"
    id: str
    path: str
    step: str
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
    """Leads to a phase."""

    kind: Literal["go"] = "go"
    id: str
    path: str
    phase: str
    only_if: Cond | None = None


class End(Part):
    """Leads to an end."""

    kind: Literal["end"] = "end"
    id: str
    path: str
    end: str
    only_if: Cond | None = None


Action = Annotated[
    Say | OpenTask | Escalate | PlanStep | Advise | StepControl | SetFact | AskMeasure | Go | End,
    Field(discriminator="kind"),
]


Attempts.model_rebuild()
OpenTask.model_rebuild()


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
    """Asks for a reading."""

    kind: Literal["measure"] = "measure"
    measure: str


class Instrument(Part):
    """A questionnaire with a published score: its answers are readings of ``measure``, item by item and in ``total``.

    Up to ``may_be_missing`` items may be unanswered; the total is then the mean of the answered ones times the number
    of all. ``self_harm``: items that a red rule must judge on each answer.
    """

    measure: str
    total: str
    may_be_missing: int = 0
    self_harm: tuple[str, ...] = ()
    intro: Text


class AskBody(Part):
    """Asks the patient to fill a form, or an instrument."""

    kind: Literal["ask"] = "ask"
    form: tuple[FormField, ...]
    message: str | None = None
    instrument: Instrument | None = None


class DoseBody(Part):
    """Reminds of the doses of the prescriptions selected."""

    kind: Literal["dose"] = "dose"
    medicines: MedicineFilter
    bundle_same_slot: bool = True


class TeachBody(Part):
    """Shows an education item, and asks and watches whether it was understood: ``not_passed`` is done when the last try
    was in vain."""

    kind: Literal["teach"] = "teach"
    item: str
    title: Text
    quiz: Quiz | None = None
    show_back: ShowBack | None = None
    not_passed: tuple[Action, ...] = ()


class ExerciseLevel(Part):
    """A level of an exercise, as the patient reads it."""

    id: str
    title: Text
    instructions: Text


class Progress(Part):
    """So many sessions in a row of which ``cond`` was true."""

    after: int
    cond: Cond


class ExerciseBody(Part):
    """A session of the level that the fact ``level`` holds (the first while it is unknown); the easiest comes first.

    ``form``: what is asked after a session. ``up`` and ``down`` are judged after each session with its answers.
    Where ``stop_if`` is true of them the session has ended `stopped`, as when the patient breaks it off, and
    ``stopped`` is done.
    """

    kind: Literal["exercise"] = "exercise"
    level: str
    levels: tuple[ExerciseLevel, ...]
    form: tuple[FormField, ...]
    up: Progress | None = None
    down: Progress | None = None
    stop_if: Cond
    stopped: tuple[Action, ...]


class SayBody(Part):
    """Sends a message that needs no answer."""

    kind: Literal["say"] = "say"
    message: str


class TaskBody(Part):
    """A task of a person of the care team, or of several who sign it. ``proposal``: a decision table shown with it (a
    step ``decide``)."""

    kind: Literal["task"] = "task"
    task: TaskSpec
    proposal: Proposal | None = None
    conference: Conference | None = None
    attempts: Attempts | None = None

    @property
    def word(self) -> str:
        """The word with which authors write it."""
        return "decide" if self.proposal is not None else "task" if self.conference is None else "conference"


class VisitBody(Part):
    """An appointment. ``missed`` / ``no_show`` are done when it ends so."""

    kind: Literal["visit"] = "visit"
    with_role: str
    modes: tuple[str, ...]
    form: tuple[FormField, ...] = ()
    missed: tuple[Action, ...] = ()
    no_show: tuple[Action, ...] = ()


class Outcome(Part):
    """What one outcome word of a handoff does; ``keep`` names typed values kept from the partner: name -> type."""

    word: str
    do: tuple[Action, ...] = ()
    keep: dict[str, str] = {}


class HandoffBody(Part):
    """A closed loop with a partner. ``deadlines``: word -> time from the request; a missed one tells
    (``silent``), the last missed one also ends the handoff ``silent``. ``machine`` is the kind
    (pharmacy, referral …); ``partner`` the name the site maps to a configured partner id. ``case``: what an insurer is
    asked for. ``sends``: what goes along. ``bundle``: prescriptions whose supply ends so soon after the first one's go
    into one parcel."""

    kind: Literal["handoff"] = "handoff"
    machine: str
    partner: str
    medicines: MedicineFilter | None = None
    deadlines: dict[str, Duration]
    outcomes: dict[str, Outcome]
    if_stopped: Literal["cancel", "keep"]
    urgency: str | None = None
    case: str | None = None
    order: Order | None = None
    sends: tuple[Sent, ...] = ()
    bundle: Duration | None = None


class PathwayBody(Part):
    """Calls another pathway; the occurrence ends with the word that enrolment ends with.

    ``sha256`` is the plan in ``Plan.called``. ``facts``: facts of this pathway that the called one is told, under the
    same name; ``parameters``: its number -> the number of this pathway that it takes; ``results``: derived values of
    it that this pathway may read (``htn.week_mean``). ``if_enrolled``: a patient who follows it already is adopted with
    all history, or left alone. ``at_end``: what becomes of it when this step is not wanted any more.
    """

    kind: Literal["pathway"] = "pathway"
    pathway: str
    version: str
    sha256: str
    title: Text
    facts: tuple[str, ...] = ()
    parameters: dict[str, str] = {}
    results: tuple[str, ...] = ()
    if_enrolled: Literal["adopt", "leave"]
    at_end: Literal["keeps_running", "ends"]


class GroupBody(Part):
    """Steps that belong together: ``members`` in order, ids of steps of the same phase.

    ``or_none``: that none is done is right too. ``enough``: with so many done the others are not needed
    (``rest: keep``: they go on, and the group waits for them no more).
    ``one_at_a_time``: the next opens when the one before has ended. ``until``: of ``repeat`` what ends it after a
    round, of ``for_each`` what makes the rest needless. ``rounds``: of ``repeat`` at most so many, ``apart`` from each
    other. ``medicines``: what ``for_each`` goes over; ``{name}`` in titles of tasks is the one it is.
    """

    kind: Literal["group"] = "group"
    way: Literal["all_of", "any_of", "one_of", "in_order", "repeat", "for_each"]
    members: tuple[str, ...]
    or_none: bool = False
    enough: int | None = None
    rest: Literal["cancel", "keep"] = "cancel"
    one_at_a_time: bool = False
    until: Cond | None = None
    rounds: int = 1
    apart: Duration | None = None
    medicines: MedicineFilter | None = None
    name: str = ""


StepBody = Annotated[
    MeasureBody
    | AskBody
    | DoseBody
    | TeachBody
    | ExerciseBody
    | SayBody
    | TaskBody
    | VisitBody
    | HandoffBody
    | AdviseBody
    | PathwayBody
    | GroupBody,
    Field(discriminator="kind"),
]


class Remind(Part):
    """A reminder so long after due (zero: at due); not sent when the answer is already there."""

    after: Duration


class Step(Part):
    """One step. ``id`` is unique inside its phase; ``path`` is ``phase.step`` or ``throughout.step``.

    ``catch_up``: what an occurrence found long overdue after an outage does: doses ``skip``, care
    ``send`` (once), red ``send``, else ``within <duration>``. ``profiles``: only where the site has one of these.
    ``drop_when`` ends what is planned or open as not needed, ``satisfied_by`` as done, when it becomes true.
    ``missed``: done when an occurrence ends so (that of a visit stands in its body). ``required``: ``must`` cannot be
    skipped by staff, ``could`` is done only when staff add it; ``must_unless``: for which reasons it may be skipped.
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
    profiles: tuple[str, ...] = ()
    drop_when: Cond | None = None
    satisfied_by: Cond | None = None
    missed: tuple[Action, ...] = ()
    required: Literal["must", "could"] | None = None
    must_unless: dict[str, Text] = {}

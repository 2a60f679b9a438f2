"""Steps as authors write them: one model per kind, the kind's own word is the key that chooses it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from pathways.lang.diagnostics import Said, did_you_mean
from pathways.lang.plan_kept import KeptWord
from pathways.lang.spec_actions import Actions, AttemptsSpec, FormSpec, Inline
from pathways.lang.spec_advice import AdviceRowSpec
from pathways.lang.spec_base import (
    Condition,
    Count,
    Filled,
    Id,
    Listed,
    Name,
    Names,
    Node,
    Phrase,
    Plain,
    TextSpec,
    Trouble,
    Version,
    YesNo,
)
from pathways.lang.spec_decisions import DecisionRowSpec
from pathways.lang.spec_teach import QuizSpec, ShowBackSpec

STEP_KINDS = (
    "measure", "ask", "dose", "teach", "exercise", "say", "task", "decide", "visit", "handoff", "advise", "conference",
    "pathway",
)  # fmt: skip
GROUP_KINDS = ("all_of", "any_of", "one_of", "in_order", "repeat", "for_each")


class WindowSpec(Node):
    """When an occurrence opens, is late, is missed; from its due time."""

    PLACE = Said("a window", "时间窗")
    opens_before: Phrase | None = None
    late_after: Phrase | None = None
    missed_after: Phrase | None = None


class StepNode(Node):
    """What every step may carry."""

    title: TextSpec | None = None
    when: Phrase | None = None
    only_if: Condition | None = None
    window: WindowSpec | None = None
    remind: Annotated[list[Phrase], Listed, Filled] | None = None
    catch_up: Phrase | None = None
    on_leave: Literal["close", "keep"] = "close"
    safety: YesNo = False
    first_time_only: YesNo = False
    if_past: Literal["now", "skip", "task"] = "skip"
    profiles: Names | None = None
    drop_when: Condition | None = None
    required: Literal["must", "could"] | None = None
    must_unless: Annotated[dict[Id, TextSpec], Filled] | None = None
    after: Names | None = None


class AskingStep(StepNode):
    """What every step may carry that waits for something and may wait in vain."""

    satisfied_by: Condition | None = None
    missed: Actions | None = None


class MeasureStep(AskingStep):
    """Asks for a reading."""

    PLACE = Said("a step `measure`", "步骤 `measure`")
    measure: Name


class AskStep(AskingStep):
    """Asks questions."""

    PLACE = Said("a step `ask`", "步骤 `ask`")
    ask: FormSpec
    message: Name | None = None


class DoseStep(AskingStep):
    """One occurrence for each medicine and slot."""

    PLACE = Said("a step `dose`", "步骤 `dose`")
    dose: Phrase
    bundle: Literal["same slot"] | None = None


class TeachStep(AskingStep):
    """Shows an education item."""

    PLACE = Said("a step `teach`", "步骤 `teach`")
    teach: Name
    quiz: QuizSpec | None = None
    show_back: ShowBackSpec | None = None
    not_passed: Actions | None = None


class LevelSpec(Node):
    """A level of an exercise: what it is called, and how it is done."""

    PLACE = Said("a level", "级别")
    title: TextSpec
    instructions: TextSpec


class ProgressSpec(Node):
    """After how many sessions in a row that were so the level changes."""

    PLACE = Said("`up` or `down`", "`up` 或 `down`")
    after: Phrase
    test: Condition = Field(alias="if")


class ExerciseStep(AskingStep):
    """A session of the level that a fact holds."""

    PLACE = Said("a step `exercise`", "步骤 `exercise`")
    exercise: Name
    levels: Annotated[dict[Id, LevelSpec], Filled]
    counts: Literal["minutes", "repetitions"] | None = None
    up: ProgressSpec | None = None
    down: ProgressSpec | None = None
    stop_if: Condition
    stopped: Actions


class SayStep(StepNode):
    """Sends a message that needs no answer."""

    PLACE = Said("a step `say`", "步骤 `say`")
    say: Name


class TaskStep(StepNode):
    """A person's work."""

    PLACE = Said("a step `task`", "步骤 `task`")
    MISSING: ClassVar[dict[str, str]] = {"due": "task_without_due"}
    task: TextSpec
    role: Name
    due: Phrase
    form: FormSpec | None = None
    escalate: Name | None = None
    attempts: AttemptsSpec | None = None


class DecideStep(StepNode):
    """A decision table shown to a person, who chooses."""

    PLACE = Said("a step `decide`", "步骤 `decide`")
    MISSING: ClassVar[dict[str, str]] = {"due": "task_without_due"}
    decide: TextSpec
    role: Name
    due: Phrase
    words: Annotated[dict[Id, TextSpec], Filled]
    rows: Annotated[list[DecisionRowSpec], Filled]
    hits: Literal["first", "one"] = "first"
    for_each: Phrase | None = None
    against: Phrase | None = None
    escalate: Name | None = None


class VisitBodySpec(Node):
    """With whom, and how."""

    PLACE = Said("a visit", "就诊")
    with_role: Name = Field(alias="with")
    mode: Annotated[list[Literal["clinic", "home", "video", "phone", "image_text"]], Listed, Filled]


class VisitStep(AskingStep):
    """An appointment."""

    PLACE = Said("a step `visit`", "步骤 `visit`")
    visit: VisitBodySpec
    form: FormSpec | None = None
    no_show: Actions | None = None


class OutcomeSpec(Inline):
    """What one answer of a partner does."""

    PLACE = Said("an outcome", "结果")
    same_as: Name | None = Field(None, alias="as")
    keep: dict[Id, KeptWord] | None = None


class OrderSpec(Node):
    """What is ordered, and who signs it before it goes out."""

    PLACE = Said("an order", "医嘱")
    text: TextSpec
    code: Plain | None = None
    signed_by: Name | None = None
    due: Phrase | None = None
    escalate: Name | None = None


class HandoffStep(StepNode):
    """A closed loop with a partner."""

    PLACE = Said("a step `handoff`", "步骤 `handoff`")
    MISSING: ClassVar[dict[str, str]] = {
        "deadlines": "handoff_without_deadline",
        "outcomes": "handoff_without_outcome",
        "if_stopped": "handoff_without_if_stopped",
    }
    handoff: Name
    to: Name | None = None
    medicines: Phrase | None = Field(None, alias="for")
    urgency: Literal["routine", "urgent"] | None = None
    deadlines: Annotated[dict[Id, Phrase], Filled]
    outcomes: Annotated[dict[Id, OutcomeSpec], Filled]
    if_stopped: Literal["cancel", "keep"]
    case: Literal["claim", "preauthorisation", "eligibility"] | None = None
    order: OrderSpec | None = None
    sends: Names | None = None
    bundle: Phrase | None = None


class PathwayStep(StepNode):
    """Calls another pathway."""

    PLACE = Said("a step `pathway`", "步骤 `pathway`")
    pathway: Name
    version: Version
    facts: Names | None = None
    parameters: Annotated[dict[Name, Name], Filled] | None = None
    results: Names | None = None
    if_enrolled: Literal["adopt", "leave"]
    at_end: Literal["keeps_running", "ends"]


class AdviseStep(StepNode):
    """A proposal of advice from rows; a clinician approves, edits or refuses it before it is sent."""

    PLACE = Said("a step `advise`", "步骤 `advise`")
    MISSING: ClassVar[dict[str, str]] = {"due": "task_without_due", "expires": "advice_without_expiry"}
    advise: Annotated[list[AdviceRowSpec], Listed, Filled]
    role: Name
    due: Phrase
    escalate: Name | None = None
    expires: Phrase
    show: Names | None = None
    judged: Phrase | None = None
    not_again: Phrase | None = None


class ConferenceStep(StepNode):
    """Several roles see one patient's case and sign it; with ``agenda`` it stands on a list over many patients."""

    PLACE = Said("a step `conference`", "步骤 `conference`")
    MISSING: ClassVar[dict[str, str]] = {"due": "task_without_due"}
    conference: Names
    quorum: Phrase | None = None
    due: Phrase
    form: FormSpec | None = None
    escalate: Name | None = None
    show: Names | None = None
    agenda: Id | None = None
    rank: Annotated[list[Phrase], Listed, Filled] | None = None


class GroupStep(AskingStep):
    """Steps that belong together. Its ``members`` stand in the one namespace beside all other steps."""

    WORD: ClassVar[str] = "steps"
    """The key under which the members stand."""

    @property
    def members(self) -> dict[str, AnyStep]:
        """The steps of the group, by id, as written."""
        found: dict[str, AnyStep] = getattr(self, self.WORD)
        return found


class AllOfStep(GroupStep):
    """All of these, in any order."""

    PLACE = Said("a group `all_of`", "步骤组 `all_of`")
    WORD = "all_of"
    all_of: Annotated[dict[Id, StepSpec], Filled]
    or_none: YesNo = False
    enough: Count | None = None
    rest: Literal["cancel", "keep"] = "cancel"
    one_at_a_time: YesNo = False


class AnyOfStep(GroupStep):
    """One or more of these."""

    PLACE = Said("a group `any_of`", "步骤组 `any_of`")
    WORD = "any_of"
    any_of: Annotated[dict[Id, StepSpec], Filled]
    or_none: YesNo = False
    enough: Count | None = None
    rest: Literal["cancel", "keep"] = "cancel"


class OneOfStep(GroupStep):
    """Exactly one of these: the first that is done."""

    PLACE = Said("a group `one_of`", "步骤组 `one_of`")
    WORD = "one_of"
    one_of: Annotated[dict[Id, StepSpec], Filled]
    or_none: YesNo = False


class InOrderStep(GroupStep):
    """One after the other."""

    PLACE = Said("a group `in_order`", "步骤组 `in_order`")
    WORD = "in_order"
    in_order: Annotated[dict[Id, StepSpec], Filled]


class RepeatStep(GroupStep):
    """One after the other, again and again until a condition holds."""

    PLACE = Said("a group `repeat`", "步骤组 `repeat`")
    WORD = "repeat"
    repeat: Annotated[dict[Id, StepSpec], Filled]
    until: Condition
    at_most: Phrase
    apart: Phrase | None = None


class ForEachStep(GroupStep):
    """The same steps for each prescription that is chosen."""

    PLACE = Said("a group `for_each`", "步骤组 `for_each`")
    for_each: Phrase
    steps: Annotated[dict[Id, StepSpec], Filled]
    enough: Count | None = None
    rest: Literal["cancel", "keep"] = "cancel"
    until: Condition | None = None


def judge_step(data: Any) -> str | Trouble:
    """Which step a mapping is, or why it is none. A misspelt kind still counts, so that the right key can be named."""
    keys = list(data) if isinstance(data, dict) else []
    found = [kind for kind in (*STEP_KINDS, *GROUP_KINDS) if kind in keys]
    if "decide" in found and "for_each" in found:
        found.remove("for_each")  # there it says for which medicines
    if len(found) > 1:
        return Trouble("two_step_kinds", {"kinds": ", ".join(found)})
    if not found:
        found = [near for key in keys if (near := did_you_mean(key, (*STEP_KINDS, *GROUP_KINDS)))]
    if not found:
        return Trouble("no_step_kind", {"known": ", ".join(f"`{k}`" for k in (*STEP_KINDS, *GROUP_KINDS))})
    return "\0" + found[0]


def step_kind(data: Any) -> str | None:
    """The tag of a step's model; None when there is no telling."""
    kind = judge_step(data)
    return kind if isinstance(kind, str) else None


StepSpec = Annotated[
    Annotated[MeasureStep, Tag("\0measure")]
    | Annotated[AskStep, Tag("\0ask")]
    | Annotated[DoseStep, Tag("\0dose")]
    | Annotated[TeachStep, Tag("\0teach")]
    | Annotated[ExerciseStep, Tag("\0exercise")]
    | Annotated[SayStep, Tag("\0say")]
    | Annotated[TaskStep, Tag("\0task")]
    | Annotated[DecideStep, Tag("\0decide")]
    | Annotated[VisitStep, Tag("\0visit")]
    | Annotated[HandoffStep, Tag("\0handoff")]
    | Annotated[AdviseStep, Tag("\0advise")]
    | Annotated[ConferenceStep, Tag("\0conference")]
    | Annotated[PathwayStep, Tag("\0pathway")]
    | Annotated[AllOfStep, Tag("\0all_of")]
    | Annotated[AnyOfStep, Tag("\0any_of")]
    | Annotated[OneOfStep, Tag("\0one_of")]
    | Annotated[InOrderStep, Tag("\0in_order")]
    | Annotated[RepeatStep, Tag("\0repeat")]
    | Annotated[ForEachStep, Tag("\0for_each")],
    Discriminator(step_kind),
]
AnyGroup = AllOfStep | AnyOfStep | OneOfStep | InOrderStep | RepeatStep | ForEachStep
AnySingle = (
    MeasureStep | AskStep | DoseStep | TeachStep | ExerciseStep | SayStep | TaskStep | DecideStep | VisitStep
    | HandoffStep | AdviseStep | ConferenceStep | PathwayStep
)  # fmt: skip
AnyStep = AnySingle | AnyGroup
for _model in (AllOfStep, AnyOfStep, OneOfStep, InOrderStep, RepeatStep, ForEachStep):
    _model.model_rebuild()

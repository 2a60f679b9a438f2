"""The document of a pathway as authors write it (``PathwaySpec``): every key of the language that this
release has, closed and strict. Meaning comes later: names are text here, phrases unparsed."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pathways.lang.diagnostics import Said
from pathways.lang.spec_actions import Actions, Fields, Inline, RowSpec
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
    Version,
    YesNo,
)
from pathways.lang.spec_decisions import DecisionSpec
from pathways.lang.spec_guide import GuideSpec
from pathways.lang.spec_steps import StepSpec

# --------------------------------------------------------------------------- knowledge


class EvidenceSpec(Node):
    """A citation; `checked: no` until somebody compared the numbers with the source."""

    PLACE = Said("a source under `evidence`", "`evidence` 中的来源")
    cite: Plain
    year: int | None = None
    checked: YesNo = True


class ProfileSpec(Node):
    """A set of parameter values for a place or guideline; `same_as` takes those of another."""

    PLACE = Said("a profile", "方案配置")
    same_as: Name | None = None


class FactSpec(Node):
    """Something known, or asked, about the patient."""

    PLACE = Said("a fact", "事实")
    type: Literal["age", "sex", "yes_no", "codes", "medicines", "quantity", "count", "one_of", "date", "moment", "text"]
    source: Plain | None = Field(None, alias="from")
    applies_if: Condition | None = None
    ask_at: Literal["enrolment"] | None = None
    ask_again: Phrase | None = None
    question: TextSpec | None = None
    options: Annotated[list[Id], Filled] | None = None
    unit: Phrase | None = None
    not_older_than: Phrase | None = None


class CitedValue(Node):
    """A number with its source."""

    PLACE = Said("a value", "取值")
    MISSING: ClassVar[dict[str, str]] = {"cite": "uncited_number"}
    value: Phrase
    cite: Name


class PatientValue(CitedValue):
    """A number for the patients for whom `if` is true."""

    PLACE = Said("a row of `by_patient`", "`by_patient` 的一行")
    test: Condition = Field(alias="if")


class AdjustableSpec(Node):
    """Bounds inside which staff may set a parameter for one patient."""

    PLACE = Said("`adjustable`", "`adjustable`")
    range: Phrase
    by: Names


class ParameterSpec(Node):
    """A named clinical number."""

    PLACE = Said("a parameter", "参数")
    value: Phrase | None = None
    cite: Name | None = None
    by_profile: dict[Name, CitedValue] = {}
    by_patient: list[PatientValue] = []
    adjustable: AdjustableSpec | None = None


class EligibilitySpec(Node):
    """Who may take part, and what happens when somebody who does no longer should."""

    PLACE = Said("`eligibility`", "`eligibility`")
    include: Condition | None = None
    exclude: dict[Id, Condition] = {}
    becomes_true: Actions | None = None


class MeasureSpec(Node):
    """A measure of the catalogue as this pathway uses it."""

    PLACE = Said("a measure", "测量项")
    test: Condition | None = Field(None, alias="if")
    use: Name
    take: Phrase | None = None
    where: Phrase | None = None
    sources: Names | None = Field(None, alias="from")
    not_older_than: Phrase | None = None


FUNCTIONS = (
    "mean", "median", "min", "max", "last", "first", "count", "sum", "change", "percent_change", "trend", "variability",
    "cv", "share", "time_in",
)  # fmt: skip
COUNTING = ("missed", "adherence")
"""Functions over how a step ended, not over readings."""


class NewestSpec(Node):
    """Only the newest readings of a window: how many, or until their weights reach a number."""

    PLACE = Said("`newest`", "`newest`")
    at_most: Count | None = None
    until: Name | None = None
    weights: Annotated[dict[Name, Name], Filled] | None = None


class DerivedSpec(Node):
    """A value computed from readings over a window."""

    PLACE = Said("a derived value", "派生值")
    of: Name
    where: Phrase | None = None
    function: Name = Field(alias="as")
    over: Phrase
    leave_out: Phrase | None = None
    needs_at_least: Phrase | None = None
    judge: Phrase | None = None
    since: Phrase | None = None
    inside: Annotated[list[Name], Filled] | None = None
    freeze: YesNo = False
    newest: NewestSpec | None = None


# --------------------------------------------------------------------------- people


class RungSpec(Node):
    """Who is told, how, and how long an answer is waited for."""

    PLACE = Said("a rung of a ladder", "升级阶梯的一级")
    MISSING: ClassVar[dict[str, str]] = {"answer_within": "rung_without_deadline"}
    tell: Name
    by: Names
    answer_within: Phrase
    repeat: Phrase | None = None
    then: Literal["incident"] | None = None
    off_duty: Literal["pass", "wait"] = "pass"


class MessageSpec(TextSpec):
    """A message to a person, in both languages."""

    PLACE = Said("a message", "消息")
    to: Names
    kind: Literal["red", "care", "dose", "info"] = Field(alias="class")
    topic: Id | None = None
    private: YesNo = False


# --------------------------------------------------------------------------- course


class DeadlineSpec(Node):
    """So long after entry at most, then on."""

    PLACE = Said("`no_later_than`", "`no_later_than`")
    after: Phrase
    go: Name | None = None
    end: Name | None = None


class PhaseSpec(Node):
    """A stretch of the course with its steps and its ways on."""

    PLACE = Said("a phase", "阶段")
    title: TextSpec
    tier: Literal["mild", "moderate", "severe"] | None = None
    until: Phrase | None = None
    no_later_than: DeadlineSpec | None = None
    steps: dict[Id, StepSpec] = {}
    leave: list[RowSpec] = []
    at_end: list[RowSpec] = []


class EndSpec(Inline):
    """A way for a run to come to its end, and what is done then."""

    PLACE = Said("an end", "终点")
    title: TextSpec | None = None


class BehindSpec(Node):
    """The task that is opened when a quota is behind, `lead` before the period ends."""

    PLACE = Said("`behind`", "`behind`")
    task: TextSpec
    role: Name
    lead: Phrase
    due: Phrase | None = None
    escalate: Name | None = None


class QuotaSpec(Node):
    """How often something must have happened in a calendar year."""

    PLACE = Said("a quota", "次数要求")
    count: Phrase
    at_least: Count
    per: Literal["calendar year"]
    behind: BehindSpec


class RepeatSpec(Node):
    """A first reading asks for a second one before the rule acts."""

    PLACE = Said("`repeat_measurement`", "`repeat_measurement`")
    within: Phrase
    say: Name
    no_repeat: Literal["counts as confirmed", "counts as settled"] = "counts as confirmed"
    normal_repeat: Actions | None = None


class UnknownSpec(Inline):
    """What a rule does when it cannot tell."""

    PLACE = Said("`unknown` of a rule", "规则的 `unknown`")
    not_met: Plain | None = None
    lasts: Phrase | None = None


class RuleSpec(Node):
    """What watches for trouble."""

    PLACE = Said("a rule", "规则")
    title: TextSpec | None = None
    test: Condition = Field(alias="if")
    level: Literal["red", "amber", "info", "no_data"]
    fires: Literal["each reading", "each answer", "once per episode"] = "once per episode"
    not_again_within: Phrase | None = None
    phases: Names | None = Field(None, alias="in")
    during: Phrase | None = None
    watch: Annotated[list[Phrase], Listed, Filled] | None = None
    repeat_measurement: RepeatSpec | None = None
    do: Actions | None = None
    episode: Annotated[list[GuideSpec], Filled] | None = None
    settled_when: Condition | None = None
    settled_within: Phrase | None = None
    settled_by: Literal["the task"] | None = None
    unknown: UnknownSpec | None = None
    instead_of: Names | None = None
    profiles: Names | None = None


class LifecycleSpec(Inline):
    """What a verb of staff does in this pathway."""

    PLACE = Said("a row of `lifecycle`", "`lifecycle` 的一行")
    stop: Literal["nothing", "all but safety", "all"] | None = None
    handoffs: Literal["keep", "cancel"] | None = None
    set: Names | None = None
    go: Name | None = None
    open_red: Literal["finish with a person", "close"] | None = None


class AnchorSpec(Node):
    """What follows when a moment that steps count from changes or goes away."""

    PLACE = Said("a row of `anchors`", "`anchors` 的一行")
    corrected: Literal["re_plan", "redo"] | None = None
    new: Literal["redo", "re_plan"] | None = None
    removed: Actions | None = None


class PathwaySpec(Node):
    """A whole pathway."""

    PLACE = Said("a pathway", "路径")
    LATER: ClassVar[frozenset[str]] = frozenset(
        {"instruments", "scores", "baselines", "goals"}
    )

    carepath: int
    id: Id
    version: Version
    title: TextSpec
    owner: Name
    evidence: dict[Id, EvidenceSpec] = {}
    profiles: dict[Id, ProfileSpec] = {}
    facts: dict[Id, FactSpec] = {}
    lists: dict[Id, Annotated[list[Plain], Filled]] = {}
    forms: dict[Id, Fields] = {}
    parameters: dict[Id, ParameterSpec] = {}
    merge: dict[Id, Literal["lowest", "highest", "mine"]] = {}
    eligibility: EligibilitySpec | None = None
    consent: Annotated[list[Id], Filled] | None = None
    counts_from: Phrase
    one_active: Literal["per patient"] | None = None
    measures: dict[Id, MeasureSpec] = {}
    derived: dict[Id, DerivedSpec] = {}
    decisions: dict[Id, DecisionSpec] = {}
    roles: Annotated[list[Id], Filled] | None = None
    escalations: dict[Id, Annotated[list[RungSpec], Filled]] = {}
    throughout: dict[Id, StepSpec] = {}
    phases: Annotated[dict[Id, PhaseSpec], Filled]
    ends: Annotated[dict[Id, EndSpec], Filled]
    ended_by_staff: Annotated[list[Id], Filled] | None = None
    quotas: dict[Id, QuotaSpec] = {}
    rules: dict[Id, RuleSpec] = {}
    anchors: dict[Id, AnchorSpec] = {}
    lifecycle: dict[
        Literal[
            "readmitted", "discharged_again", "contact_refused", "withdrawn", "paused", "resumed", "transferred",
            "died", "words_to_read",
        ],
        LifecycleSpec,
    ] = {}
    messages: dict[Id, MessageSpec] = {}

"""Forms, actions and rows as authors write them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from pathways.lang.diagnostics import Said, did_you_mean
from pathways.lang.spec_base import (
    Condition,
    Filled,
    Id,
    Listed,
    Name,
    Node,
    Phrase,
    Plain,
    TextSpec,
    Trouble,
    YesNo,
)

# --------------------------------------------------------------------------- forms

FIELD_TYPES = (
    "yes_no", "one_of", "many_of", "number", "scale", "date", "moment", "text", "photo", "voice", "signature",
)  # fmt: skip


class FieldSpec(Node):
    """One question: exactly one key says its type; the value of that key is its label, options or bounds."""

    PLACE = Said("a form field", "表单字段")

    yes_no: TextSpec | None = None
    one_of: Annotated[dict[Id, TextSpec], Filled] | None = None
    many_of: Annotated[dict[Id, TextSpec], Filled] | None = None
    number: Phrase | None = None
    scale: Phrase | None = None
    date: Literal["optional", "required"] | None = None
    moment: Literal["optional", "required"] | None = None
    text: Literal["optional", "required"] | None = None
    photo: Literal["optional", "required"] | None = None
    voice: Literal["optional", "required"] | None = None
    signature: Literal["optional", "required"] | None = None
    measure: Name | None = None
    fact: Name | None = None
    label: TextSpec | None = None
    required: YesNo = True
    ask_if: Condition | None = None
    required_if: Condition | None = None
    answers: dict[Name, Annotated[list[Plain], Listed, Filled]] | None = None


Fields = Annotated[dict[Id, FieldSpec], Filled]


def _form_tag(data: Any) -> str:
    return "\0name" if isinstance(data, str) else "\0fields"


FormSpec = Annotated[Annotated[Name, Tag("\0name")] | Annotated[Fields, Tag("\0fields")], Discriminator(_form_tag)]
"""A form: its questions, or the name of one under `forms`."""

# --------------------------------------------------------------------------- actions

ACTION_KINDS = ("say", "task", "escalate", "measure", "plan", "start", "stop", "hold", "go", "end", "set", "advise")


class ActionNode(Node):
    """What every action may carry: a name of its own, and a condition."""

    id: Id | None = None
    only: Condition | None = Field(None, alias="if")


class SayAction(ActionNode):
    """Sends a message."""

    PLACE = Said("the action `say`", "动作 `say`")
    say: Name


class AttemptsSpec(Node):
    """How often somebody is tried to be reached, how far apart, and what is done when it was in vain."""

    PLACE = Said("`attempts`", "`attempts`")
    at_most: Phrase
    apart: Phrase
    then: Actions | None = None


class TaskAction(ActionNode):
    """Opens a person's work."""

    PLACE = Said("the action `task`", "动作 `task`")
    MISSING: ClassVar[dict[str, str]] = {"due": "task_without_due"}
    task: TextSpec
    role: Name
    due: Phrase
    form: FormSpec | None = None
    on_leave: Literal["close", "keep"] | None = None
    escalate: Name | None = None
    attempts: AttemptsSpec | None = None


class EscalateAction(ActionNode):
    """Starts a ladder at once; its rungs say who is told, so its task has no role."""

    PLACE = Said("the action `escalate`", "动作 `escalate`")
    escalate: Name
    task: TextSpec | None = None
    form: FormSpec | None = None


class MeasureAction(ActionNode):
    """Asks for a reading now, outside the plan."""

    PLACE = Said("the action `measure`", "动作 `measure`")
    measure: Name
    message: Name | None = None


class PlanAction(ActionNode):
    """Plans a new occurrence of a step."""

    PLACE = Said("the action `plan`", "动作 `plan`")
    plan: Name
    at: Phrase


class AdviseAction(ActionNode):
    """Proposes the advice of a step now."""

    PLACE = Said("the action `advise`", "动作 `advise`")
    advise: Name


class StartAction(ActionNode):
    """Starts a step."""

    PLACE = Said("the action `start`", "动作 `start`")
    start: Name


class StopAction(ActionNode):
    """Stops a step."""

    PLACE = Said("the action `stop`", "动作 `stop`")
    stop: Name


class HoldAction(ActionNode):
    """Holds a step."""

    PLACE = Said("the action `hold`", "动作 `hold`")
    hold: Name


class GoAction(ActionNode):
    """Goes to a phase."""

    PLACE = Said("the action `go`", "动作 `go`")
    go: Name


class EndAction(ActionNode):
    """Ends the run."""

    PLACE = Said("the action `end`", "动作 `end`")
    end: Name


class SetAction(ActionNode):
    """Sets a fact: to the instant of the event, or to a word."""

    PLACE = Said("the action `set`", "动作 `set`")
    set: Name
    to: Phrase | None = None


def _kinds(data: Any, kinds: tuple[str, ...]) -> list[str]:
    return [kind for kind in kinds if kind in data] if isinstance(data, dict) else []


def judge_action(data: Any) -> str | Trouble:
    """Which action a mapping is, or why it is none. A misspelt kind still counts: the right key can be named."""
    found = _kinds(data, ACTION_KINDS)
    if "task" in found and "escalate" in found:
        found.remove("escalate" if "role" in data else "task")
    if len(found) > 1:
        return Trouble("two_action_kinds", {"kinds": ", ".join(found)})
    if not found and isinstance(data, dict):
        found = [near for key in data if (near := did_you_mean(key, ACTION_KINDS))]
        found += ["task"] * ("role" in data or "due" in data)
    if not found:
        return Trouble("no_action_kind", {"known": ", ".join(f"`{k}`" for k in ACTION_KINDS)})
    return "\0" + found[0]


def action_kind(data: Any) -> str | None:
    """The tag of an action's model; None when there is no telling."""
    kind = judge_action(data)
    return kind if isinstance(kind, str) else None


ActionSpec = Annotated[
    Annotated[SayAction, Tag("\0say")]
    | Annotated[TaskAction, Tag("\0task")]
    | Annotated[EscalateAction, Tag("\0escalate")]
    | Annotated[MeasureAction, Tag("\0measure")]
    | Annotated[PlanAction, Tag("\0plan")]
    | Annotated[AdviseAction, Tag("\0advise")]
    | Annotated[StartAction, Tag("\0start")]
    | Annotated[StopAction, Tag("\0stop")]
    | Annotated[HoldAction, Tag("\0hold")]
    | Annotated[GoAction, Tag("\0go")]
    | Annotated[EndAction, Tag("\0end")]
    | Annotated[SetAction, Tag("\0set")],
    Discriminator(action_kind),
]
Actions = Annotated[list[ActionSpec], Listed, Filled]
"""A list of actions; a single one may stand alone."""

AttemptsSpec.model_rebuild()
TaskAction.model_rebuild()


class Inline(Node):
    """A part that may carry one `say`, one `task` or one `escalate` of its own, or a list under `do`."""

    MISSING: ClassVar[dict[str, str]] = {"due": "task_without_due"}

    say: Name | None = None
    task: TextSpec | None = None
    role: Name | None = None
    due: Phrase | None = None
    form: FormSpec | None = None
    on_leave: Literal["close", "keep"] | None = None
    escalate: Name | None = None
    do: Actions | None = None


# --------------------------------------------------------------------------- rows


class TargetSpec(Node):
    """Where a row leads."""

    PLACE = Said("a way on", "去向")
    go: Name | None = None
    end: Name | None = None


class RowSpec(Node):
    """A row of `leave` or `at_end`."""

    PLACE = Said("a row", "行")
    test: Condition | None = Field(None, alias="if")
    otherwise: Literal[True] | None = Field(None, alias="else")
    go: Name | None = None
    end: Name | None = None
    do: Actions | None = None
    up_to: Phrase | None = None
    afterwards: TargetSpec | None = None

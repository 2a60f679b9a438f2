"""Compiled conditions: typed trees with three values (true, false, unknown).

Names are resolved: a reference says what kind of thing it is and where it lives. Every node keeps
the author's words for it in ``text`` where an explanation needs them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pathways.lang.plan_base import Duration, Part, Quantity


class Literal_(Part):  # noqa: N801 - `Literal` is taken by typing
    """A quantity, a plain number, yes/no, a code or a text."""

    kind: Literal["literal"] = "literal"
    quantity: Quantity | None = None
    boolean: bool | None = None
    word: str | None = None


class MeasureRef(Part):
    """A component of the latest accepted reading of a measure (``bp.systolic``).

    ``component`` is "value" for a measure with one number.
    """

    kind: Literal["measure"] = "measure"
    measure: str
    component: str
    unit: str


class DerivedRef(Part):
    """A component of a derived value (``week_mean.systolic``)."""

    kind: Literal["derived"] = "derived"
    derived: str
    component: str
    unit: str


class FactRef(Part):
    """A fact about the patient. ``type`` as declared (age, sex, yes_no, codes, quantity …)."""

    kind: Literal["fact"] = "fact"
    fact: str
    type: str


class ParamRef(Part):
    """A parameter: the value valid now for this patient and profile."""

    kind: Literal["param"] = "param"
    param: str
    unit: str


class FieldRef(Part):
    """A field of the form of a step (or of a task opened by a row or rule) as last completed in
    this visit of the phase. ``step`` "" is the form that is being filled in."""

    kind: Literal["field"] = "field"
    step: str
    field: str
    unit: str | None = None
    type: str = "text"


class Arith(Part):
    """Arithmetic that keeps units (the compiler has checked them)."""

    kind: Literal["arith"] = "arith"
    op: Literal["+", "-", "*", "/"]
    left: Value
    right: Value


Value = Annotated[
    Literal_ | MeasureRef | DerivedRef | FactRef | ParamRef | FieldRef | Arith,
    Field(discriminator="kind"),
]


class Compare(Part):
    """``left op right``; unknown when either side is."""

    kind: Literal["compare"] = "compare"
    op: Literal["<", "<=", "=", "!=", ">=", ">"]
    left: Value
    right: Value
    text: str = ""


class Between(Part):
    """``x between a and b``, both ends included."""

    kind: Literal["between"] = "between"
    of: Value
    low: Value
    high: Value
    text: str = ""


class Is(Part):
    """``pregnant is yes``, ``sex is female``, ``setting is home``: equality with a word."""

    kind: Literal["is"] = "is"
    of: Value
    word: str
    text: str = ""


class OneOf(Part):
    """``x in [a, b]`` / ``x is any of a and b``."""

    kind: Literal["one_of"] = "one_of"
    of: Value
    words: tuple[str, ...]
    text: str = ""


class Has(Part):
    """``conditions has hypertension``: a codes fact contains a code of the named list."""

    kind: Literal["has"] = "has"
    fact: str
    code: str
    codes: tuple[str, ...] = ()
    text: str = ""


class Known(Part):
    """``x is known`` / ``x is unknown``: never unknown itself."""

    kind: Literal["known"] = "known"
    of: Value | Cond
    known: bool = True
    text: str = ""


class StepIs(Part):
    """``<step> is <outcome>``: its latest ended occurrence in this visit of the phase (in rules: in
    the phase the patient is in; ``any_phase`` widens). False until so, never unknown.

    ``step`` may also be the id of a task opened by a row, a rule or an end. ``mode`` is the visit
    mode word of ``done face to face``.
    """

    kind: Literal["step_is"] = "step_is"
    step: str
    phase: str | None = None
    outcomes: tuple[str, ...]
    any_phase: bool = False
    face_to_face: bool = False
    text: str = ""


class MissedInRow(Part):
    """``<step> missed n times in a row``: the last n ended occurrences of the step in this visit of
    the phase are all missed; skipped, cancelled, paused, undelivered neither count nor break."""

    kind: Literal["missed_in_row"] = "missed_in_row"
    step: str
    phase: str | None = None
    times: int
    text: str = ""


class InARow(Part):
    """``<condition> n times in a row``: the last n takes (a take counts once, by its mean; readings
    within 10 minutes without an occurrence likewise) of the measure each make it true."""

    kind: Literal["in_a_row"] = "in_a_row"
    of: Cond
    times: int
    measure: str
    text: str = ""


class NOfM(Part):
    """``<condition> n of m``: at least n of the last m takes make it true."""

    kind: Literal["n_of_m"] = "n_of_m"
    of: Cond
    n: int
    m: int
    measure: str
    text: str = ""


class DecisionIs(Part):
    """``result is uncontrolled``: a decision came to one of ``words``; with ``known`` whether it came to any.

    ``form``: the form it judges, "" for one over the current data. Of a form the verdict meant is the latest of this
    visit of the phase (``any_phase``: of the enrolment; ``previous``: the one before it); false until there is one.
    ``sure``: its verdict is never unknown.
    """

    kind: Literal["decision_is"] = "decision_is"
    decision: str
    words: tuple[str, ...] = ()
    known: bool | None = None
    form: str = ""
    any_phase: bool = False
    previous: bool = False
    sure: bool = False
    text: str = ""


class InSeries(Part):
    """``result is uncontrolled 2 times in a row``: at least ``n`` of the last ``m`` completed forms make it true; false
    while there are fewer. ``any_phase``: over the enrolment, else in this visit of the phase. Only those after the
    last ending of the step, the last entry of the phase or the anchor ``since`` count."""

    kind: Literal["in_series"] = "in_series"
    of: Cond
    form: str
    n: int
    m: int
    any_phase: bool = False
    since: str = ""
    since_kind: Literal["", "step", "phase", "anchor"] = ""
    text: str = ""


class HeldFor(Part):
    """``<condition> for 2 weeks``: true at every evaluation over at least so long."""

    kind: Literal["held_for"] = "held_for"
    of: Cond
    duration: Duration
    text: str = ""


class And(Part):
    """All parts (Kleene)."""

    kind: Literal["and"] = "and"
    parts: tuple[Cond, ...]
    text: str = ""


class Or(Part):
    """Any part (Kleene)."""

    kind: Literal["or"] = "or"
    parts: tuple[Cond, ...]
    text: str = ""


class Not(Part):
    """The opposite; unknown stays unknown."""

    kind: Literal["not"] = "not"
    of: Cond
    text: str = ""


class AtLeast(Part):
    """``{at_least: 2, of: […], within: 3 days}``: true by true members, else unknown if unknown
    members could still make it."""

    kind: Literal["at_least"] = "at_least"
    n: int
    of: tuple[Cond, ...]
    within: Duration | None = None
    text: str = ""


class Always(Part):
    """``true`` (or ``else``)."""

    kind: Literal["always"] = "always"


Cond = Annotated[
    Compare
    | Between
    | Is
    | OneOf
    | Has
    | Known
    | StepIs
    | MissedInRow
    | InARow
    | NOfM
    | DecisionIs
    | InSeries
    | HeldFor
    | And
    | Or
    | Not
    | AtLeast
    | Always,
    Field(discriminator="kind"),
]

for _model in (Arith, Known, InARow, NOfM, InSeries, HeldFor, And, Or, Not, AtLeast):
    _model.model_rebuild()

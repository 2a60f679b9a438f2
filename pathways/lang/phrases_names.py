"""Names in phrases: what the compiler must be able to say about a name, and what can be wrong.

Phrases are parsed without knowing any name. ``to_cond``, ``to_when`` and ``to_moment`` then ask one
``NameResolver`` per scope; only the language front knows the document.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol, TypeVar

T = TypeVar("T")

NameKind = Literal[
    "measure", "derived", "fact", "param", "step", "field", "attribute", "anchor", "phase", "word", "decision"
]  # fmt: skip
"""``step`` is also a task opened by a row, rule or end. ``attribute`` is a word of a ``where`` scope
(``setting``, ``class``). ``anchor`` is a moment: enrolment, a date or moment fact."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a written name means.

    ``id`` is the name in the plan without component, field or phase. ``component`` is of a measure
    or derived value ("value" where there is only one number); None where a measure with several
    components is named bare. ``unit`` is UCUM, None for what is not a number. ``type`` is the
    declared type of a fact or field (yes_no, sex, codes, age, quantity, number, one_of, date …).
    ``words`` are the allowed words: outcomes of a step, options of a field, values of a fact;
    empty where any word may stand. ``last_day``: a date that is itself still included. Of a decision: ``form`` is what
    it judges, ``everywhere`` says that it is named among decisions, which look over the whole enrolment, ``sure`` that
    its verdict is never unknown.
    """

    kind: NameKind
    id: str
    phase: str | None = None
    component: str | None = None
    field: str | None = None
    unit: str | None = None
    type: str | None = None
    words: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    last_day: bool = False
    form: str = ""
    everywhere: bool = False
    sure: bool = False


class NameResolver(Protocol):
    """Answers for one scope (a rule, a phase's rows, a quota, a ``where``)."""

    def lookup(self, name: str) -> Named | None:
        """What ``name`` (as written: ``bp.systolic``, ``baseline.measure_bp``, ``gp_view.controlled``)
        means here, or None for an unknown name."""
        ...

    def codes(self, fact: str, word: str) -> tuple[str, ...] | None:
        """The codes of the named list ``word`` for ``<fact> has <word>``; None when there is no such
        list."""
        ...

    def is_phase(self, name: str) -> bool:
        """Whether ``name`` is a phase."""
        ...


ProblemKind = Literal[
    "unknown_name",  # name
    "unknown_word",  # name, word, expected
    "unknown_list",  # name, word
    "needs_component",  # name, components
    "unit_mismatch",  # left, right (units)
    "bare_number",  # number, unit: a bare number beside a quantity
    "literal_quantity",  # literal: a clinical number must be a cited parameter
    "type_mismatch",  # name, found, wanted
    "not_a_step",  # name
    "not_a_moment",  # name
    "not_a_duration",  # name
    "ambiguous_streak",  # text
    "not_in_release",  # text
    "cannot_be_said",  # what, text
    "no_series",  # name: `previous`, `of any phase`, `since` and streaks are of decisions over a form
    "series_too_long",  # number, most
]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a parsed phrase, at ``offset`` (code points) for ``length``.

    ``params`` fill the message of the diagnostic; ``candidates`` are words that would be right (for
    "did you mean"), where this module knows them.
    """

    kind: ProblemKind
    offset: int
    length: int
    params: dict[str, str] = field(default_factory=dict[str, str])
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved(Generic[T]):
    """A part of a plan, or what is wrong with the phrase. ``value`` is None exactly when there are problems."""

    value: T | None
    problems: tuple[Problem, ...] = ()

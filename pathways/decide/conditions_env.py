"""What conditions are asked about: the seam between ``conditions`` and the state of a journey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from pathways.lang.plan_cond import DecisionIs, InSeries

Number = Decimal | int | float


class Truth(IntEnum):
    """Three values. The order false < unknown < true makes ``and`` the least and ``or`` the greatest."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


class NotApplicable:
    """The value of a fact whose ``applies_if`` is false: every test on it is false."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NOT_APPLICABLE"


NOT_APPLICABLE: Final = NotApplicable()


@dataclass(slots=True)
class Sample:
    """A number with where it came from. ``count`` readings, the newest at ``at`` (UTC), in the window
    ``[since, at]`` where it was computed over one."""

    value: Number
    at: datetime
    source: str = ""
    count: int = 1
    since: datetime | None = None


class Unknown(NamedTuple):
    """No value. ``reason`` is a word: no_reading, stale, too_few, waiting_for_block_end, not_called, not_answered,
    implausible, no_value; ``have`` and ``need`` count readings where that is the reason."""

    reason: str
    have: int | None = None
    need: int | None = None


class TakeValues(NamedTuple):
    """One take: the mean of its readings per component, and the time of its last reading (UTC)."""

    values: Mapping[str, Number]
    at: datetime
    source: str = ""


class StepEnd(NamedTuple):
    """How an occurrence ended: the outcome word, the mode of a visit, when (UTC)."""

    outcome: str
    at: datetime
    mode: str | None = None


class DecidedValue(NamedTuple):
    """What a decision came to. ``open``: words that it may have come to as well, of rows that were unknown."""

    words: tuple[str, ...]
    open: tuple[str, ...] = ()
    at: datetime | None = None


FactValue = Decimal | int | float | bool | str | date | frozenset[str] | NotApplicable
"""By type: age (years) and quantities (in the fact's unit) numbers; yes_no bool; sex, one_of, text words;
codes a set of codes (empty = known to have none); date and moment dates; ``NOT_APPLICABLE``."""

FieldValue = Decimal | int | float | bool | str | date | frozenset[str]
"""Numbers and dates may be text, as answers are kept; several choices are a set."""


class Environment(Protocol):
    """State as conditions see it at one instant. Every answer must be cheap: no scan of history."""

    @property
    def now(self) -> datetime:
        """The instant of judging (UTC)."""
        ...

    @property
    def zone(self) -> str:
        """The patient's zone: ``for 2 weeks`` counts local days."""
        ...

    @property
    def memory(self) -> Mapping[str, datetime]:
        """What ``conditions.remember`` keeps between evaluations (``for 2 weeks``, ``within 3 days``)."""
        ...

    def measure(self, measure: str, component: str) -> Sample | Unknown:
        """The latest accepted reading (in the unit of the plan); stale or none is ``Unknown``."""
        ...

    def takes(self, measure: str, count: int) -> Sequence[TakeValues]:
        """The last ``count`` takes (fewer if there are fewer), oldest first."""
        ...

    def derived(self, derived: str, component: str) -> Sample | Unknown:
        """A derived value as it stands."""
        ...

    def fact(self, fact: str) -> FactValue | None:
        """A fact; None is unknown."""
        ...

    def param(self, param: str) -> Number | None:
        """The value of a parameter valid now, in the unit of the plan."""
        ...

    def form_field(self, step: str, field: str) -> FieldValue | None:
        """A field of the form as last completed in this visit of the phase; None is not answered."""
        ...

    def last_end(self, step: str, phase: str | None, any_phase: bool) -> StepEnd | None:
        """The latest ended occurrence of a step (or of a task by its id); None while there is none.

        ``phase`` None is the phase the patient is in; ``any_phase`` looks over the whole enrolment.
        """
        ...

    def ends(self, step: str, phase: str | None, count: int) -> Sequence[str]:
        """The outcome words of the last ``count`` ended occurrences that count for a streak in this visit of
        the phase, oldest first: skipped, cancelled, paused and undelivered ones are left out."""
        ...

    def decision(self, test: DecisionIs) -> DecidedValue | None:
        """What the decision of a test came to (no word where it could not be told); None while its form has not been
        completed."""
        ...

    def verdicts(self, series: InSeries) -> Sequence[Environment]:
        """The environments of the last ``m`` completed forms of a series (fewer if there are fewer), oldest first, in
        each of which ``decision`` gives that form's verdict."""
        ...


class NothingDecided:
    """The decisions of an environment in which no table is at hand."""

    __slots__ = ()

    def decision(self, test: DecisionIs) -> DecidedValue | None:
        """A verdict on a form has not been given; over the data as they stand nothing can be told."""
        return None if test.form else DecidedValue(())

    def verdicts(self, series: InSeries) -> Sequence[Environment]:
        """No form has been completed."""
        return ()


class NothingMeasured(NothingDecided):
    """The readings of an environment in which nothing has been measured."""

    __slots__ = ()

    def measure(self, measure: str, component: str) -> Sample | Unknown:
        """No reading is at hand."""
        return Unknown("no_reading")

    def takes(self, measure: str, count: int) -> Sequence[TakeValues]:
        """No take is at hand."""
        return ()

    def derived(self, derived: str, component: str) -> Sample | Unknown:
        """Nothing is measured, so nothing is derived."""
        return Unknown("no_reading")


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of an explained verdict.

    ``text`` is the author's words. ``left`` and ``right`` are the values compared (None unknown) as plain
    text with unit. ``sample`` is the data behind the left value; ``unknown`` why there is none.
    """

    text: str
    value: Truth
    left: str | None = None
    right: str | None = None
    sample: Sample | None = None
    unknown: Unknown | None = None
    param: str | None = None
    parts: tuple[Finding, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a condition came to at one instant, with every part's value and the data behind it."""

    value: Truth
    finding: Finding
    at: datetime

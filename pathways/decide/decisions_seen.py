"""Decision tables as conditions see them: what they come to over a completed form, and over the data as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from pathways.decide.calendar import day_start
from pathways.decide.conditions import DecidedValue, Environment, Sample, Truth, Unknown, truth
from pathways.decide.conditions_within import Within
from pathways.decide.records import instant_from_json
from pathways.lang.plan import Decision, DecisionRow
from pathways.lang.plan_cond import DecisionIs, InSeries

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any


class Completed(NamedTuple):
    """A form that was completed: where, its answers, when, in which visit of the phase."""

    place: str
    form: Mapping[str, Json]
    at: datetime
    visit: int


# --------------------------------------------------------------------------- what a table comes to


@dataclass(frozen=True, slots=True)
class Judged:
    """What a table came to: its words, those that unknown rows may add, and the value of every row looked at."""

    words: tuple[str, ...]
    open: tuple[str, ...]
    looked: tuple[tuple[DecisionRow, Truth], ...]

    @property
    def value(self) -> DecidedValue:
        """For conditions."""
        return DecidedValue(self.words, self.open)

    @property
    def acting(self) -> tuple[DecisionRow, ...]:
        """The rows that made it so."""
        return tuple(row for row, value in self.looked if value is Truth.TRUE and row.word in self.words)


def evaluate(decision: Decision, env: Environment) -> Judged:
    """What a decision comes to: the first row that is true, or every one. Unknown is never passed over."""
    told = (decision.unknown_word,) if decision.unknown_word is not None else ()
    looked: list[tuple[DecisionRow, Truth]] = []
    if decision.hits == "all":
        return _every(decision, env, told)
    for row in decision.rows:
        value = Truth.TRUE if isinstance(row.test, str) else truth(row.test, env)
        looked.append((row, value))
        if value is Truth.TRUE:
            return Judged((row.word,), (), tuple(looked))
        if value is Truth.UNKNOWN:
            return Judged(told, (), tuple(looked))
    return Judged(told, (), tuple(looked))


def _every(decision: Decision, env: Environment, told: tuple[str, ...]) -> Judged:
    """Every true row; ``else`` where no other is true or may be; what is unknown keeps its word open."""
    looked = [(row, truth(row.test, env)) for row in decision.rows if not isinstance(row.test, str)]
    words = [row.word for row, value in looked if value is Truth.TRUE]
    unknown = [row.word for row, value in looked if value is Truth.UNKNOWN]
    if not words and not unknown:
        rest = [(row, Truth.TRUE) for row in decision.rows if isinstance(row.test, str)]
        looked += rest
        words = [row.word for row, _ in rest]
    if unknown or not words:
        words += told
    held = tuple(word for word in dict.fromkeys(unknown) if word not in words)
    return Judged(tuple(dict.fromkeys(words)), held, tuple(looked))


# --------------------------------------------------------------------------- environments


class FormEnvironment(Within):
    """What a decision over a form sees: the form's own readings, and for the rest the data as they stand.

    Decisions over the same form are those of this very form; their series ends with it.
    """

    __slots__ = ("_at", "_case", "_form", "_readings", "_series")

    def __init__(self, case: Case, series: str, done: Completed, readings: Mapping[str, str]) -> None:
        super().__init__(case)
        self._case, self._series = case, series
        self._form, self._at = done.form, done.at
        self._readings = {measure: field for field, measure in readings.items()}

    def measure(self, measure: str, component: str) -> Sample | Unknown:
        """A number that the form itself brought; one that it asked for and did not get is not answered."""
        field = self._readings.get(measure)
        if field is None:
            return self._base.measure(measure, component)
        given = self._form.get(field)
        value = given.get(component) if isinstance(given, dict) else given
        return Unknown("not_answered") if value is None else Sample(Decimal(str(value)), self._at, "form")

    def decision(self, test: DecisionIs) -> DecidedValue | None:
        """Over the same form what this one came to, over the data as they stand what this environment knows."""
        if not test.form:
            return evaluate(self._case.plan.decisions[test.decision], self).value
        if test.form != self._series:
            return self._base.decision(test)
        entries = entries_of(self._case, test.form)
        return value_at(entries, len(entries) - 1, test)


class _EntryEnvironment(Within):
    """The environment in which the decisions over a form are those of one completed form."""

    __slots__ = ("_entries", "_index", "_series")

    def __init__(self, base: Environment, series: str, entries: Sequence[Json], index: int) -> None:
        super().__init__(base)
        self._series, self._entries, self._index = series, entries, index

    def decision(self, test: DecisionIs) -> DecidedValue | None:
        if test.form != self._series:
            return self._base.decision(test)
        return value_at(self._entries, self._index, test)


def entries_of(case: Case, form: str) -> list[Json]:
    """The completed forms that are kept, oldest first."""
    found = case.run.state.verdicts.get(f"{case.id}|form.{form}")
    return found.entries if found is not None else []


def value_at(entries: Sequence[Json], index: int, test: DecisionIs) -> DecidedValue | None:
    """What a decision came to with a completed form (with ``previous`` the one before it)."""
    index -= test.previous
    if not 0 <= index < len(entries):
        return None
    entry = entries[index]
    words, held = entry["w"].get(test.decision, ()), entry.get("o", {}).get(test.decision, ())
    return DecidedValue(tuple(words), tuple(held), instant_from_json(entry["at"]))


def decided(case: Case, test: DecisionIs) -> DecidedValue | None:
    """What a test of a decision means in an enrolment: the latest of this visit of the phase, of any, or the one
    before the latest."""
    if not test.form:
        return evaluate(case.plan.decisions[test.decision], case).value
    entries = entries_of(case, test.form)
    for index in range(len(entries) - 1, -1, -1):
        if test.any_phase or test.previous or entries[index]["v"] == case.en.visit:
            return value_at(entries, index, test)
    return None


def verdicts(case: Case, series: InSeries) -> Sequence[Environment]:
    """The last completed forms of a series that count, oldest first."""
    entries, since = entries_of(case, series.form), _since(case, series)
    counted = [
        index
        for index, entry in enumerate(entries)
        if (series.any_phase or entry["v"] == case.en.visit)
        and (since is None or instant_from_json(entry["at"]) > since)
    ]
    return [_EntryEnvironment(case, series.form, entries, index) for index in counted[-series.m :]]


def _since(case: Case, series: InSeries) -> datetime | None:
    """The instant after which forms count: the last entry of a phase, the last ending of a step, an anchor."""
    if series.since_kind == "phase":
        return case.en.entries.get(series.since)
    if series.since_kind == "step":
        end = case.last_end(series.since, None, True)
        return end.at if end is not None else None
    if series.since_kind == "anchor":
        found = case.anchors(case.en.entered).get(series.since)
        return day_start(found, case.zone) if isinstance(found, date) and not isinstance(found, datetime) else found
    return None

"""The readings that are kept, and what of them counts for a measure of a pathway."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from pathways.decide.conditions import Environment, TakeValues, Truth, truth
from pathways.decide.live import Live
from pathways.decide.records import Kept
from pathways.decide.state import MAX_READINGS, JourneyState
from pathways.lang.plan import Measure

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

NEAR = timedelta(minutes=10)
"""Readings without an occurrence this near to each other are one take."""


class _Words:
    """A reading's words (setting, source, method …) as facts, for a measure's ``where``."""

    def __init__(self, context: dict[str, str]) -> None:
        self._context = context

    def fact(self, name: str) -> str | None:
        return self._context.get(name)


def accepted(kept: Kept, spec: Measure) -> bool:
    """Whether a reading counts for a measure of the pathway: its ``from`` and ``where``."""
    if spec.sources and kept.context.get("source", "") not in spec.sources:
        return False
    if spec.where is None:
        return True
    return truth(spec.where, cast("Environment", _Words(kept.context))) is Truth.TRUE


def _free(spec: Measure) -> bool:
    return spec.where is None and not spec.sources


def latest(live: Live, state: JourneyState, spec: Measure) -> Kept | None:
    """The newest accepted reading of a measure."""
    rows = live.readings.get(spec.catalogue, ())
    free = _free(spec)
    for _, _, kept in reversed(rows):
        if free or accepted(kept, spec):
            return kept
    return None


def grouped(live: Live, state: JourneyState, spec: Measure, count: int, until: datetime | None) -> Sequence[TakeValues]:
    """The last ``count`` takes, oldest first: each the mean of its readings, none later than ``until``.

    A take whose occurrence is still open counts when it is complete or its time is over.
    """
    takes: list[list[Kept]] = []
    free = _free(spec)
    for at, _, kept in reversed(live.readings.get(spec.catalogue, ())):
        if (until is not None and at > until) or not (free or accepted(kept, spec)):
            continue
        if kept.take in state.occurrences:
            continue
        if takes and takes[-1][0].take == kept.take:
            takes[-1].append(kept)
            continue
        if len(takes) == count:
            break
        takes.append([kept])
    return [_cached(live, rows) for rows in reversed(takes)]


def _cached(live: Live, rows: list[Kept]) -> TakeValues:
    """A take's mean, computed again only when it has other readings."""
    key = ("take", *(row.key for row in rows))
    found: TakeValues | None = live.cache.get(key)
    if found is None:
        found = live.remember(key, _mean(rows))
    return found


def _mean(rows: list[Kept]) -> TakeValues:
    newest = rows[0]
    assert newest.at is not None
    if len(rows) == 1:
        return TakeValues(newest.values, newest.at, newest.context.get("source", ""))
    sums: dict[str, Decimal] = {}
    counts: dict[str, int] = {}
    for row in rows:
        for name, value in row.values.items():
            sums[name] = sums.get(name, Decimal(0)) + value
            counts[name] = counts.get(name, 0) + 1
    return TakeValues({k: v / counts[k] for k, v in sums.items()}, newest.at, newest.context.get("source", ""))


def spontaneous_take(live: Live, measure: str, key: str, at: datetime) -> str:
    """The take of a reading that came without an occurrence."""
    for row_at, _, kept in reversed(live.readings.get(measure, ())):
        if row_at <= at:
            if at - row_at <= NEAR and kept.take.startswith("~"):
                return kept.take
            break
    return "~" + key


def prune(case_specs: Sequence[tuple[Case, Measure]], live: Live, state: JourneyState, now: datetime) -> None:
    """Forget readings that no window, streak or stale test can ask for any more."""
    days: dict[str, int] = {}
    keep: dict[str, int] = {}
    for case, spec in case_specs:
        days[spec.catalogue] = max(days.get(spec.catalogue, 0), case.index.keep_days[spec.id])
        wanted = case.index.keep_takes[spec.id] * max(spec.take.readings, 2)
        keep[spec.catalogue] = max(keep.get(spec.catalogue, 0), wanted)
    for measure, rows in live.readings.items():
        edge = now - timedelta(days=days.get(measure, 3))
        old: list[Any] = [row for row in rows[: -keep.get(measure, 4)] if row[0] < edge]
        if len(rows) - len(old) > MAX_READINGS:
            old = rows[: len(rows) - MAX_READINGS]
        for _, key, _ in old:
            del state.readings[key]
        if old:
            gone = {key for _, key, _ in old}
            live.readings[measure] = [row for row in rows if row[1] not in gone]


def numbers(run: Run, kept: Kept, between: str = "/") -> str:
    """A reading's numbers in the order in which its measure has them (192/112), two at most."""
    for case in run.cases.values():
        names: Sequence[str] | None = case.index.components.get(kept.measure)
        if names is not None:
            break
    else:
        names = sorted(kept.values)[:2]
    return between.join([f"{kept.values[name]:f}" for name in names if name in kept.values])

"""Actions that stand in relation to others: before, with or after the start or the end of another one.

The nine relations are those of FHIR (``ActionRelationshipType``). ``phrase_of`` says one as a ``when`` of a pathway;
``resolve`` works out a whole set of related actions, each done at its due instant. Relations may form a circle (give,
look two weeks later, give again a week after that) as long as time passes in it; then it goes on without end.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pathways.decide.calendar import CalendarContext, Point, add, local_date, point_start
from pathways.lang.plan_base import Duration
from pathways.lang.relations import AFTER, AT_START, BEFORE, RelationCode
from pathways.lang.relations import circles as rounds

_SECONDS = {"s": 1, "min": 60, "h": 3600, "day": 86_400, "week": 604_800, "month": 28 * 86_400, "year": 365 * 86_400}
_NOUN = {"s": "s", "min": "min", "h": "h"}


@dataclass(frozen=True, slots=True)
class Offset:
    """How far from the other action: exactly ``low`` where ``high`` is the same, else anywhere between; None leaves
    that side open (at least, at most)."""

    low: Duration | None
    high: Duration | None


@dataclass(frozen=True, slots=True)
class Related:
    """One relation of an action to another."""

    action: str
    relation: RelationCode
    offset: Offset | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """An action: how long it takes (nothing: no time), and what it is related to. All its relations hold together."""

    id: str
    takes: Duration | None = None
    related: tuple[Related, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """One occurrence: it may begin from ``opens`` on and is due at ``due`` (UTC).

    ``conflict``: its relations contradict one another (the latest instant one of them allows lies before the first
    one another allows); then ``due`` is the first instant that was allowed.
    """

    action: str
    number: int
    opens: datetime
    due: datetime
    conflict: bool = False


class TimelessCircleError(ValueError):
    """Actions wait for each other in a circle in which no time passes; ``circle`` names them."""

    def __init__(self, circle: tuple[str, ...]) -> None:
        super().__init__(f"no time passes from {' to '.join((*circle, circle[0]))}: give one of them an offset")
        self.circle = circle


# --------------------------------------------------------------------------- as phrases


def phrase_of(related: Related, *, takes: Duration | None = None, starts: bool = False) -> str:
    """The ``when`` of a step that stands in this relation to the step ``related.action``.

    Args:
        related: The relation; its ``action`` is the id of the other step.
        takes: How long the other step takes, where that is stated: then its end is known before it comes.
        starts: The step also begins at phase start (the entry of a circle); only with an exact offset.
    """
    name, offset = related.action, related.offset
    base = _base_phrase(related, takes)
    if related.relation == "concurrent" and offset is None and takes is not None:
        return f"between start of {name} and {_words(takes)} after start of {name}"
    side = "before" if related.relation in BEFORE else "after"
    if offset is None or (offset.low is None and offset.high is None):
        return f"between phase start and {base}" if side == "before" else _once(base, starts)
    low, high = offset.low, offset.high
    if low is not None and low == high:
        return _once(f"{_words(low)} {side} {base}", starts)
    if low is not None and high is not None:
        return f"between {_words(low)} and {_words(high)} {side} {base}"
    if high is None:
        assert low is not None
        at = f"{_words(low)} {side} {base}"
        return f"between phase start and {at}" if side == "before" else _once(at, starts)
    at = f"{_words(high)} {side} {base}"
    return f"between {at} and {base}" if side == "before" else f"between {base} and {at}"


def _once(moment: str, starts: bool) -> str:
    if starts:
        return f"at phase start and {moment}"
    return f"at {moment}" if moment.startswith(("start of", "end of")) else moment


def _base_phrase(related: Related, takes: Duration | None) -> str:
    name = related.action
    if related.relation in AT_START:
        return f"start of {name}"
    if related.relation in {"after", "after-end"} or takes is None:
        return f"end of {name}"
    return f"{_words(takes)} after start of {name}"


def _words(length: Duration) -> str:
    if length.amount is None:
        return str(length.param)
    unit = length.unit.replace("_", " ")
    plural = "" if length.unit in _NOUN or length.unit == "working_h" or length.amount == 1 else "s"
    return f"{length.amount} {unit}{plural}"


# --------------------------------------------------------------------------- circles


def circles(actions: Sequence[Action]) -> tuple[tuple[str, ...], ...]:
    """The sets of actions that wait for each other in a circle, in the order given."""
    known = {action.id for action in actions}
    waits = {a.id: [one.action for one in a.related if one.action in known] for a in actions}
    return tuple(tuple(group) for group in rounds([action.id for action in actions], waits))


def timeless(actions: Sequence[Action]) -> tuple[tuple[str, ...], ...]:
    """The circles in which no time passes: some way round takes no time at all, or leads back in time."""
    return tuple(circle for circle in circles(actions) if _no_time(circle, {a.id: a for a in actions}))


def _no_time(circle: tuple[str, ...], by_id: Mapping[str, Action]) -> bool:
    """Whether a way round has a sum of zero or less: with so much less on each step, whether it is negative."""
    more = len(circle) + 1
    edges = [
        (related.action, id_, _least_seconds(related, by_id) * more - 1)
        for id_ in circle
        for related in by_id[id_].related
        if related.action in circle
    ]
    shortest = dict.fromkeys(circle, 0)
    for _ in circle:
        changed = False
        for start, end, weight in edges:
            if shortest[start] + weight < shortest[end]:
                shortest[end] = shortest[start] + weight
                changed = True
        if not changed:
            return False
    return True


def _least_seconds(related: Related, by_id: Mapping[str, Action]) -> int:
    """How long after the other action's start this one begins, at the least."""
    takes = by_id[related.action].takes
    base = 0 if related.relation in AT_START or takes is None else _seconds(takes)
    offset = related.offset
    if offset is None:
        return base
    if related.relation in BEFORE:
        return base - _seconds(offset.high or offset.low)
    return base + _seconds(offset.low)


def _seconds(length: Duration | None) -> int:
    return 0 if length is None else (length.amount or 0) * _SECONDS[length.unit.removeprefix("working_")]


# --------------------------------------------------------------------------- working out


@dataclass(slots=True)
class _Work:
    """What is placed so far. ``first`` holds the first occurrence of each action, ``heap`` what waits to be given out
    in order of time."""

    ctx: CalendarContext
    actions: Sequence[Action]
    ring: dict[str, tuple[str, ...]]
    first: dict[str, Placed] = field(default_factory=dict[str, Placed])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    heap: list[tuple[datetime, int, Placed]] = field(default_factory=list[tuple[datetime, int, Placed]])

    def action(self, id_: str) -> Action:
        return next(action for action in self.actions if action.id == id_)

    def outside(self, action: Action) -> list[Related]:
        """The relations that lead out of the action's circle; all of them where it is in none."""
        circle = self.ring.get(action.id, ())
        return [related for related in action.related if related.action not in circle]

    def begins(self, action: Action) -> bool:
        """Whether its first occurrence follows from what lies outside its circle."""
        circle = self.ring.get(action.id)
        return (circle is None or circle[0] == action.id) and action.id not in self.first


def resolve(actions: Sequence[Action], start: datetime, zone: str, until: datetime) -> Iterator[Placed]:
    """Every occurrence due before ``until``, in order of due, then of the actions, each done at its due instant.

    An action without relations is due at ``start``. In a circle the first action of the list begins, and each
    occurrence of one brings the next of those that are related to it; so a circle never ends by itself.

    Raises:
        TimelessCircleError: In a circle no time passes.
        KeyError: A relation names an action that is not in the list.
    """
    known = {action.id for action in actions}
    missing = [related.action for action in actions for related in action.related if related.action not in known]
    if missing:
        raise KeyError(missing[0])
    stuck = timeless(actions)
    if stuck:
        raise TimelessCircleError(stuck[0])
    ring = {id_: circle for circle in circles(actions) for id_ in circle}
    work = _Work(CalendarContext(zone=zone, start=start), actions, ring)
    for action in actions:
        if not work.outside(action) and work.begins(action):
            _put(action, [], work)
    while work.heap:
        due, _, placed = heapq.heappop(work.heap)
        if due >= until:
            return
        yield placed
        for action in actions:
            circle = ring.get(action.id, ())
            counted = [one for one in action.related if one.action == placed.action and placed.action in circle]
            if counted:
                _put(action, [(one, placed) for one in counted], work)


def _put(action: Action, counted: list[tuple[Related, Placed]], work: _Work) -> None:
    """Place an occurrence, and whatever outside its circle counts from it: that is known as soon as it is."""
    counted = [*((one, work.first[one.action]) for one in work.outside(action)), *counted]
    opens, due, conflict = _window([_allowed(one, other, work) for one, other in counted], work.ctx.start)
    number = work.counts[action.id] = work.counts.get(action.id, 0) + 1
    placed = Placed(action.id, number, opens, due, conflict)
    heapq.heappush(work.heap, (due, work.actions.index(action), placed))
    if action.id in work.first:
        return
    work.first[action.id] = placed
    for other in work.actions:
        outside = work.outside(other)
        waits = any(one.action == action.id for one in outside)
        if waits and work.begins(other) and all(one.action in work.first for one in outside):
            _put(other, [], work)


def _window(allowed: list[tuple[datetime | None, datetime | None]], start: datetime) -> tuple[datetime, datetime, bool]:
    """What all windows allow together."""
    opens = max([low for low, _ in allowed if low is not None], default=start)
    highs = [high for _, high in allowed if high is not None]
    if not highs:
        return opens, opens, False
    due = min(highs)
    return (opens, opens, True) if due < opens else (opens, due, False)


def _allowed(related: Related, other: Placed, work: _Work) -> tuple[datetime | None, datetime | None]:
    """From when to when a relation lets an action begin; None where it leaves that side open."""
    takes = work.action(related.action).takes
    end = other.due if takes is None else _after(other.due, takes, work)
    base = other.due if related.relation in AT_START else end
    before, offset = related.relation in BEFORE, related.offset
    if offset is None:
        if before:
            return None, base
        if related.relation == "concurrent":
            return base, end
        return base, None if related.relation in AFTER else base
    low = None if offset.low is None else _after(base, offset.low, work, before=before)
    high = None if offset.high is None else _after(base, offset.high, work, before=before)
    if before:
        return high, base if low is None else low
    return base if low is None else low, high


def _after(at: datetime, length: Duration, work: _Work, *, before: bool = False) -> datetime:
    point = add(Point(local_date(at, work.ctx.zone), at), length, work.ctx, before=before)
    return at if point is None else point_start(point, work.ctx.zone)

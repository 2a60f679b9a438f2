"""Checks of the course: phases, rows, ends, and the ways between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pathways.lang.check_base import minutes
from pathways.lang.compile_reader import Reader
from pathways.lang.diagnostics import Said
from pathways.lang.plan import Action, DecisionRow, End, Go, Phase, Plan, Row, Target
from pathways.lang.plan_base import parts_of
from pathways.lang.plan_cond import Always, DecisionIs, DerivedRef, FieldRef, MeasureRef, MissedInRow, StepIs
from pathways.lang.plan_when import AnchorMoment, DayOfPhase, Moment, OffsetMoment
from pathways.lang.source import Path


def check_course(r: Reader, plan: Plan) -> None:
    """Every phase can be reached and left, every row can act, and no loop runs without time passing."""
    for phase in plan.phases.values():
        _bounded(r, phase)
        _leave(r, phase)
        _at_end(r, phase)
    _reachable(r, plan)
    _loops(r, plan)
    _past(r, plan)


def _bounded(r: Reader, phase: Phase) -> None:
    at: Path = ("phases", phase.id)
    if phase.until is None and phase.no_later_than is None:
        r.say("no_way_on", at, key=True, name=phase.id)
    if phase.until is not None and not phase.at_end:
        r.say("until_without_at_end", (*at, "until"), key=True)
    if phase.until is None and phase.at_end:
        r.say("at_end_without_until", (*at, "at_end"), key=True)


def _leave(r: Reader, phase: Phase) -> None:
    at: Path = ("phases", phase.id, "leave")
    for index, row in enumerate(phase.leave):
        if row.test == "else" or isinstance(row.test, Always):
            r.say("else_in_leave", (*at, index))
    _repeated(r, at, phase.leave)


def _at_end(r: Reader, phase: Phase) -> None:
    at: Path = ("phases", phase.id, "at_end")
    rows = phase.at_end
    for index, row in enumerate(rows):
        if row.target is None:
            r.say("at_end_leads_nowhere", (*at, index))
    always = [i for i, row in enumerate(rows) if row.test == "else" or isinstance(row.test, Always)]
    if rows and not always:
        r.say("at_end_without_else", (*at, len(rows) - 1))
    for index in range(always[0] + 1 if always else len(rows), len(rows)):
        r.say("row_after_else", (*at, index))
    _repeated(r, at, rows[: always[0]] if always else rows)


def _repeated(r: Reader, at: Path, rows: tuple[Row, ...]) -> None:
    """A row whose condition stood before in a row that leads away is never looked at."""
    seen: dict[str, int] = {}
    for index, row in enumerate(rows):
        if row.test == "else":
            continue
        said = row.test if isinstance(row.test, str) else row.test.model_dump_json()
        if said in seen:
            r.say("row_never_reached", (*at, index), first_line=r.source.span((*at, seen[said])).line)
        elif row.target is not None:
            seen[said] = index


# --------------------------------------------------------------------------- ways


def _targets(rows: Iterable[Row]) -> Iterator[Target]:
    for row in rows:
        yield from (t for t in (row.target, row.afterwards) if t is not None)


def _ways(phase: Phase) -> Iterator[Target]:
    yield from _targets((*phase.leave, *phase.at_end))
    if phase.no_later_than is not None:
        yield phase.no_later_than.target


def _jumps(plan: Plan) -> tuple[set[str], set[str]]:
    """Phases and ends that rules, verbs and other actions lead to from anywhere."""
    phases = {row.go for row in plan.lifecycle.values() if row.go is not None}
    ends: set[str] = set()
    parts: tuple[tuple[Action, ...], ...] = (
        *(rule.do for rule in plan.rules),
        *(row.do for row in plan.lifecycle.values()),
        *(row.removed for row in plan.anchors.values()),
        plan.eligibility.becomes_true,
    )
    for action in (a for part in parts for a in part):
        if isinstance(action, Go):
            phases.add(action.phase)
        elif isinstance(action, End):
            ends.add(action.end)
    return phases, ends


def _reachable(r: Reader, plan: Plan) -> None:
    jumps, ends = _jumps(plan)
    reached: set[str] = set()
    queue = [plan.first_phase, *sorted(jumps)]
    while queue:
        name = queue.pop()
        if name in reached or name not in plan.phases:
            continue
        reached.add(name)
        for target in _ways(plan.phases[name]):
            if target.go is not None:
                queue.append(target.go)
            if target.end is not None:
                ends.add(target.end)
    for name in plan.phases:
        if name not in reached:
            r.say("unreachable_phase", ("phases", name), key=True, name=name)
    for name in plan.ends:
        if name not in ends:
            r.say("unreachable_end", ("ends", name), key=True, name=name)


# --------------------------------------------------------------------------- loops and time


def _waits(part: object, plan: Plan) -> bool:
    """Whether a condition needs something to happen after the phase was entered."""
    for node in parts_of(part):
        if isinstance(node, MeasureRef | DerivedRef | FieldRef | StepIs | MissedInRow):
            return True
        if isinstance(node, DecisionIs) and node.form and not node.any_phase and not node.previous:
            return True
        if isinstance(node, DecisionIs) and not node.form and any(_waits(row.test, plan) for row in _rows(node, plan)):
            return True
    return False


def _rows(test: DecisionIs, plan: Plan) -> tuple[DecisionRow, ...]:
    return plan.decisions[test.decision].rows if test.decision in plan.decisions else ()


def _passes_time(moment: Moment | None) -> bool:
    """Whether a phase that lasts until this moment lasts at all, whenever it is entered."""
    if isinstance(moment, DayOfPhase):
        return moment.day > 0
    if isinstance(moment, OffsetMoment) and isinstance(moment.base, AnchorMoment):
        return moment.base.name == "phase_start" and not moment.before and minutes(moment.offset) != 0
    return moment is None


def _instant(phase: Phase, plan: Plan) -> Iterator[str]:
    """Phases that may follow at the very instant at which this one is entered."""
    for row in phase.leave:
        at_once = row.up_to is None and row.test != "unknown" and not _waits(row.test, plan)
        if at_once and row.target is not None and row.target.go is not None:
            yield row.target.go
    if not _passes_time(phase.until):
        for row in phase.at_end:
            if row.target is not None and row.target.go is not None and row.up_to is None:
                yield row.target.go
    deadline = phase.no_later_than
    if deadline is not None and minutes(deadline.after) == 0 and deadline.target.go is not None:
        yield deadline.target.go


def _loops(r: Reader, plan: Plan) -> None:
    graph = {name: sorted(set(_instant(phase, plan))) for name, phase in plan.phases.items()}
    told: set[frozenset[str]] = set()
    for start in graph:
        loop = _circle(graph, start)
        if loop and frozenset(loop) not in told:
            told.add(frozenset(loop))
            r.say("loop_without_time", ("phases", start), key=True, loop=", ".join(f"`{p}`" for p in loop))


def _circle(graph: dict[str, list[str]], start: str) -> list[str]:
    """The phases of a way from ``start`` back to itself; empty for none."""
    stack: list[tuple[str, list[str]]] = [(start, [start])]
    seen: set[str] = set()
    while stack:
        name, way = stack.pop()
        for following in graph.get(name, ()):
            if following == start:
                return way
            if following not in seen:
                seen.add(following)
                stack.append((following, [*way, following]))
    return []


def _past(r: Reader, plan: Plan) -> None:
    """``until`` counted from enrolment that must have passed when the phase can be entered at the earliest."""
    earliest = _earliest(plan)
    for phase in plan.phases.values():
        until = phase.until
        if not isinstance(until, OffsetMoment) or not isinstance(until.base, AnchorMoment) or until.before:
            continue
        length = minutes(until.offset)
        entered = earliest.get(phase.id, 0.0)
        if until.base.name == plan.counts_from == "enrolment" and length is not None and entered > length:
            days = int(entered // (24 * 60))
            r.say("until_past", ("phases", phase.id, "until"), name=phase.id, days=Said(f"{days} days", f"{days} 天"))


def _earliest(plan: Plan) -> dict[str, float]:
    """Minutes after enrolment at which each phase can be entered at the earliest."""
    jumps, _ = _jumps(plan)
    best: dict[str, float] = {plan.first_phase: 0.0, **dict.fromkeys(jumps, 0.0)}
    queue = list(best)
    while queue:
        name = queue.pop(0)
        phase = plan.phases.get(name)
        if phase is None:
            continue
        for after, target in _timed(phase):
            if target.go is not None and best[name] + after < best.get(target.go, float("inf")):
                best[target.go] = best[name] + after
                queue.append(target.go)
    return best


def _timed(phase: Phase) -> Iterator[tuple[float, Target]]:
    for target in _targets(phase.leave):
        yield 0.0, target
    lasts = 0.0
    if isinstance(phase.until, DayOfPhase):
        lasts = max(0, phase.until.day - 1) * 24 * 60.0  # entered late in the evening, day 1 comes soon
    elif isinstance(phase.until, OffsetMoment) and _passes_time(phase.until):
        lasts = minutes(phase.until.offset) or 0.0
    for target in _targets(phase.at_end):
        yield lasts, target
    if phase.no_later_than is not None:
        yield minutes(phase.no_later_than.after) or 0.0, phase.no_later_than.target

"""Checks of steps: windows, handoffs and visits with their ways on, silence, and windows that can be filled."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from pathways.lang.check_base import DAY, all_steps, earliest, longest, minutes, per_day, shortest_gap, step_path
from pathways.lang.compile_reader import Reader
from pathways.lang.diagnostics import Said
from pathways.lang.plan import (
    AskBody,
    Derived,
    DoseBody,
    Escalate,
    HandoffBody,
    MeasureBody,
    OpenTask,
    Phase,
    Plan,
    Row,
    Rule,
    Step,
    VisitBody,
)
from pathways.lang.plan_base import Duration, parts_of
from pathways.lang.plan_cond import MissedInRow, StepIs
from pathways.lang.plan_handoff_words import HANDOFF_WORDS, words_for
from pathways.lang.plan_say import say_duration
from pathways.lang.plan_when import AsSoonAs, EachSlot, Every, SupplyEndMoment
from pathways.lang.resolve import THROUGHOUT
from pathways.lang.source import Path


def check_steps(r: Reader, plan: Plan) -> None:
    """Every step can be done in time, and whatever way it ends something follows."""
    ears = _Ears.of(plan)
    for phase, step in all_steps(plan):
        path = step_path(phase, step.id)
        _window(r, path, step)
        if phase != THROUGHOUT:
            _in_time(r, path, step, plan.phases[phase])
        _medicine(r, path, step)
        if isinstance(step.body, HandoffBody):
            _handoff(r, path, step, step.body, _rows(plan, phase))
        if isinstance(step.body, VisitBody):
            _visit(r, path, step, step.body, _rows(plan, phase))
        if isinstance(step.body, MeasureBody):
            _silence(r, ears, phase, step, step.body.measure)
    for derived in plan.derived.values():
        _filled(r, plan, derived)


def _rows(plan: Plan, phase: str) -> tuple[Row, ...]:
    if phase == THROUGHOUT:
        return tuple(row for p in plan.phases.values() for row in (*p.leave, *p.at_end))
    return (*plan.phases[phase].leave, *plan.phases[phase].at_end)


# --------------------------------------------------------------------------- windows


def _window(r: Reader, path: Path, step: Step) -> None:
    at = (*path, "window")
    window = step.window
    late, missed = minutes(window.late_after), minutes(window.missed_after)
    if late is not None and missed is not None and late > missed:
        r.say("window_inverted", (*at, "late_after"), first="late_after", second="missed_after")
    gap = shortest_gap(step)
    opens = minutes(window.opens_before) or 0
    if gap is None:
        return
    # Without `missed_after` an occurrence is missed when the next is due, so only the opening can reach over.
    closes = missed if missed is not None else 0
    if opens + closes > gap:
        r.say(
            "window_overlap",
            at,
            key=True,
            opens=_said(window.opens_before),
            missed=_said(window.missed_after),
        )


def _in_time(r: Reader, path: Path, step: Step, phase: Phase) -> None:
    """The first occurrence comes before the phase is over."""
    begins, lasts = earliest(step), longest(phase)
    if begins is not None and lasts is not None and begins > lasts:
        r.say("unreachable_step", (*path, "when"), name=step.id, begins=_days(begins), lasts=_days(lasts))


def _days(length: float) -> Said:
    days = round(length / DAY, 1)
    number = int(days) if days == int(days) else days
    return Said(f"{number} day{'' if number == 1 else 's'}", f"{number} 天")


def _said(duration: Duration | None) -> Said:
    if duration is None:
        return Said("0 minutes", "0 分钟")
    return Said(say_duration(duration, "en"), say_duration(duration, "zh"))


def _medicine(r: Reader, path: Path, step: Step) -> None:
    body = step.body
    medicines = isinstance(body, DoseBody) or (isinstance(body, HandoffBody) and body.medicines is not None)
    if isinstance(step.when.base, EachSlot) and not isinstance(body, DoseBody):
        r.say("repeat_without_slots", (*path, "when"))
    if not medicines and any(isinstance(n, SupplyEndMoment) for n in parts_of(step.when)):
        r.say("medicine_needed", (*path, "when"))


# --------------------------------------------------------------------------- ways on


def _asked(rows: tuple[Row, ...], step: str) -> set[str]:
    """The outcomes of a step that rows look for."""
    found: set[str] = set()
    for node in parts_of(tuple(row.test for row in rows if not isinstance(row.test, str))):
        if isinstance(node, StepIs) and node.step == step:
            found.update(node.outcomes)
        elif isinstance(node, MissedInRow) and node.step == step:
            found.add("missed")
    return found


def _handoff(r: Reader, path: Path, step: Step, body: HandoffBody, rows: tuple[Row, ...]) -> None:
    asked = _asked(rows, step.id)
    for word in (word.name for word in words_for(body.machine, body.case) if word.needed):
        if word not in body.outcomes and word not in asked:
            r.say("handoff_without_route", path, key=True, word=word)
    order = [w.name for w in HANDOFF_WORDS.get(body.machine, ()) if w.name in body.deadlines]
    for first, second in pairwise(order):
        a, b = minutes(body.deadlines[first]), minutes(body.deadlines[second])
        if a is not None and b is not None and a > b:
            r.say("deadlines_out_of_order", (*path, "deadlines", first), first=first, second=second)


def _visit(r: Reader, path: Path, step: Step, body: VisitBody, rows: tuple[Row, ...]) -> None:
    asked = _asked(rows, step.id)
    if "done" not in asked:
        return
    if not body.missed and not body.no_show and not asked & {"missed", "no_show"}:
        r.say("missing_route", path, key=True, step=step.id, word="missed")


# --------------------------------------------------------------------------- readings


@dataclass(frozen=True, slots=True)
class _Ears:
    """Whatever hears that a step was missed so often: rules, and steps that come as soon as it was."""

    rules: tuple[tuple[Rule, tuple[MissedInRow, ...]], ...]
    steps: tuple[tuple[str, tuple[MissedInRow, ...]], ...]

    @classmethod
    def of(cls, plan: Plan) -> _Ears:
        soon = [(phase, step.when.base) for phase, step in all_steps(plan) if isinstance(step.when.base, AsSoonAs)]
        return cls(
            tuple((rule, _missed_in(rule.cond)) for rule in plan.rules),
            tuple((phase, _missed_in(base)) for phase, base in soon),
        )


def _missed_in(part: object) -> tuple[MissedInRow, ...]:
    return tuple(node for node in parts_of(part) if isinstance(node, MissedInRow))


def _silence(r: Reader, ears: _Ears, phase: str, step: Step, measure: str) -> None:
    """Somebody notices when a planned measure stops coming."""
    if any(isinstance(action, OpenTask | Escalate) for action in step.missed):
        return
    for rule, missed in ears.rules:
        here = not rule.in_phases or phase in rule.in_phases or phase == THROUGHOUT
        if here and any(_means(node, phase, step) for node in missed):
            return
        if here and rule.unknown.do and f"m:{measure}" in rule.inputs:
            return
    for other, missed in ears.steps:
        if other in (phase, THROUGHOUT) and any(_means(node, phase, step) for node in missed):
            return
    r.say("measure_without_silence", step_path(phase, step.id), key=True, name=step.id)


def _means(node: MissedInRow, phase: str, step: Step) -> bool:
    return node.step == step.id and node.phase in (None, phase)


def _filled(r: Reader, plan: Plan, derived: Derived) -> None:
    """The steps can bring as many readings, on as many days, as the derived value needs."""
    at: Path = ("derived", derived.id)
    feeding = [step for _, step in all_steps(plan) if _feeds(step, derived)]
    if not feeding:
        r.say("derived_not_fed", (*at, "of"), name=derived.measure)
        return
    over = minutes(derived.over)
    if over is None or derived.measure not in plan.measures:
        return
    take = plan.measures[derived.measure].take.readings
    most = [_most(step, derived, ceil(over / DAY), take) for step in feeding]
    readings, days = max(m[0] for m in most), max(m[1] for m in most)
    need = (*at, "needs_at_least")
    name = derived.id
    if readings < derived.min_readings:
        what = Said("readings", "次读数")
        r.say("derived_never_filled", need, name=name, needed=derived.min_readings, what=what, most=readings)
    elif days < derived.min_days:
        what = Said("days", "天")
        r.say("derived_never_filled", need, name=name, needed=derived.min_days, what=what, most=days)


def _feeds(step: Step, derived: Derived) -> bool:
    body = step.body
    if isinstance(body, AskBody) and body.instrument is not None:
        return body.instrument.measure == derived.measure
    return isinstance(body, MeasureBody) and body.measure == derived.measure


def _most(step: Step, derived: Derived, days: int, take: int) -> tuple[int, int]:
    """The most readings, and days with readings, that a step brings inside the window."""
    base = step.when.base
    if step.when.during is not None:
        days = min(days, step.when.during.days)
    if isinstance(base, Every):
        block = minutes(base.block)
        if block is not None:
            days = min(days, ceil(block / DAY))
        interval = minutes(base.interval) or DAY
        if base.weekdays:
            days = ceil(days / 7) * len(base.weekdays)
        elif interval > DAY:
            days = ceil(days * DAY / interval)
    if derived.leave_out_first_day:
        days -= 1
    return max(0, days) * per_day(step) * take, max(0, days)

"""Phases: entered, looked at, left. See docs/reference/order.md, part "Phases"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pathways.decide import calls, handoffs
from pathways.decide.actions import Setting, perform
from pathways.decide.conditions import Truth, next_change, remember
from pathways.decide.contact import withdraw_pending
from pathways.decide.effects import EndEnrolment
from pathways.decide.index import ALL
from pathways.decide.occurrences import close_feeds, end, has_blocks
from pathways.decide.reasons import reason
from pathways.decide.records import Enrolment, Occurrence
from pathways.decide.steps import plan_all
from pathways.decide.tasks import close_task
from pathways.decide.texts import plain, text, word
from pathways.lang.plan import HandoffBody, Row, Target
from pathways.lang.plan_base import Text

if TYPE_CHECKING:
    from pathways.decide.case import Case

END_WAIT = timedelta(hours=24)
"""How long the end of a phase waits for what is open."""


# --------------------------------------------------------------------------- rows


@dataclass(frozen=True, slots=True)
class Chosen:
    """The row that acts."""

    row: Row
    number: int


def choose(case: Case, rows: Sequence[Row]) -> Chosen | None:
    """The first true row that is not spent. At the first unknown row straight to ``if: unknown``, without one the
    list stops; while an earlier row is unknown nothing below ``if: unknown`` is looked at."""
    unknown = False
    for number, row in enumerate(rows):
        spent = row.target is None and row.path in case.en.spent
        if row.test == "unknown":
            if unknown:
                return None if spent else Chosen(row, number)
            continue
        if unknown:
            continue
        value = Truth.TRUE if row.test == "else" or isinstance(row.test, str) else case.truth(row.test)
        if value is Truth.UNKNOWN:
            unknown = True
        elif value is Truth.TRUE and not spent:
            return Chosen(row, number)
    return None


def act(case: Case, row: Row) -> bool:
    """Do what a row says. True when it leads somewhere."""
    en = case.en
    key = case.key(row.path, en.visit)
    explain_row(case, row)
    if row.do:
        fresh = row.path not in en.spent
        if fresh:
            en.spent.append(row.path)
            perform(case, row.do, Setting(key=key, place=row.path, title=plain(row.path), bound=True))
        case.touch(ALL)
    if row.target is None:
        return False
    target, often = _counted(case, row)
    why = reason(case, row, _rows_of(case, row))
    go(case, target, row.path, why if not often else text("why_often", why=why, times=often))
    return True


def _counted(case: Case, row: Row) -> tuple[Target, int]:
    """``up_to``: how often this phase took that way; beyond it ``afterwards``, and how often it was taken."""
    assert row.target is not None
    if row.up_to is None:
        return row.target, 0
    way = f"{case.en.phase}>{row.target.go or row.target.end}|{row.since or ''}"
    taken = case.en.ways.get(way, 0)
    if taken >= row.up_to and row.afterwards is not None:
        return row.afterwards, taken
    case.en.ways[way] = taken + 1
    return row.target, 0


def _rows_of(case: Case, row: Row) -> Sequence[Row]:
    phase = case.phase
    assert phase is not None
    return phase.phase.leave if row in phase.phase.leave else phase.phase.at_end


def explain_row(case: Case, row: Row) -> None:
    """Keep why a row acted."""
    if isinstance(row.test, str):
        case.run.explain(case, row.path, row.test, plain(row.test), {})
        return
    if row.test is not None:
        case.run.explain_cond(case, row.path, row.test, plain(getattr(row.test, "text", "") or row.path))


# --------------------------------------------------------------------------- going


def go(case: Case, target: Target, path: str, why: Text | None = None) -> None:
    """To a phase, or to an end. ``why``: for people who read the timeline."""
    if target.end is not None:
        finish(case, target.end, path, why=why)
        return
    assert target.go is not None
    en, run = case.en, case.run
    if en.hop_at != run.at:
        en.hop_at, en.hops = run.at, 0
    en.hops += 1
    if en.hops > 2 * len(case.plan.phases) + 2:
        words = text("loop_cut", phase=case.plan.phases[target.go].title)
        run.incident(case.key("loop", int(run.at.timestamp())), words)
        run.timeline(case, "loop_cut", path, words)
        en.until, en.ending, en.wait_until = None, None, None
        case.touched.clear()
        return
    leave(case, why, path)
    enter(case, target.go, path)


def enter(case: Case, phase_id: str, row: str = "") -> None:
    """A new visit of a phase. ``row``: the place that led here."""
    en, run = case.en, case.run
    phase = case.plan.phases[phase_id]
    en.visit += 1
    en.phase, en.entered = phase_id, run.at
    en.visits[phase_id] = en.visits.get(phase_id, 0) + 1
    en.entries[phase_id] = run.at
    en.spent, en.ending, en.wait_until, en.look_at = [], None, None, None
    throughout = {s.id for s in case.plan.throughout}
    en.hold = [held for held in en.hold if held in throughout]
    for way in [w for w in en.ways if w.endswith(f"|{phase_id}")]:
        del en.ways[way]
    en.until = None if phase.until is None else case.instant(phase.until)
    en.no_later = None if phase.no_later_than is None else case.after(run.at, phase.no_later_than.after)
    words = text("entered", phase=phase.title)
    run.timeline(
        case,
        "phase_entered",
        phase.path,
        words,
        key=case.key(phase.path, en.visit, "entered"),
        weight=6,
        data={"phase": phase_id, "tier": phase.tier, "visit": en.visit, **({"row": row} if row else {})},
    )
    run.watch_again = True
    case.touch(ALL)
    if en.until is not None and en.until <= run.at:
        en.ending, en.wait_until = run.at, run.at  # over before it began: nothing of it is planned
    plan_all(case)
    run.live.schedule("enrolments", en)


def leave(case: Case, why: Text | None = None, row: str = "") -> None:
    """What was planned is not needed any more; red and amber tasks stay, others as they say; episodes stay.

    ``row``: the place whose row (deadline, rule, end) decided it: the explanation at this instant has its verdict.
    """
    en, run = case.en, case.run
    if not en.phase:
        return
    phase = case.plan.phases[en.phase]
    keys = {s.path for s in phase.steps}
    for o in _of_phase(case, keys):
        _leave_one(case, o)
    for task in sorted(run.state.tasks.values(), key=lambda t: t.key):
        if task.enrolment == case.id and task.bound and not task.keep and task.visit == en.visit:
            close_task(case, task, "cancelled", by="pathway", why="left")
    for key in [
        k for k, a in run.state.alarms.items() if a.what == "block" and a.enrolment == case.id and a.subject in keys
    ]:
        del run.state.alarms[key]
    words = text("left", phase=phase.title) if why is None else text("left_why", phase=phase.title, why=why)
    weight = 0 if why is None else 6
    run.timeline(
        case,
        "phase_left",
        phase.path,
        words,
        key=case.key(phase.path, en.visit, "left"),
        weight=weight,
        data={"row": row, "why": {"en": why.en, "zh": why.zh}} if why is not None else {},
    )


def _of_phase(case: Case, paths: set[str]) -> list[Occurrence]:
    found = [o for path in sorted(paths) for o in case.run.occurrences_of(case, path)]
    return [o for o in found if o.visit == case.en.visit]


def _leave_one(case: Case, o: Occurrence) -> None:
    step = case.index.steps[o.step]
    run = case.run
    if o.handoff and o.handoff in run.state.handoffs:
        assert isinstance(step.body, HandoffBody)
        if step.body.if_stopped == "cancel":
            handoffs.cancel(case, run.state.handoffs[o.handoff], "left")
        return
    task = run.state.tasks.get(o.task) if o.task else None
    if task is not None:
        if task.keep:
            return
        close_task(case, task, "cancelled", by="pathway", why="left")
    end(case, o, "cancelled", "not needed")


# --------------------------------------------------------------------------- looking


def look(case: Case, touched: set[str]) -> bool:
    """A rule's ``go`` first, then the ``leave`` rows. True when the phase was left."""
    if case.pending is not None:
        target, path = case.pending
        case.pending = None
        if case.en.status in {"active", "paused"}:
            go(case, target, path, text("why_rule"))
            return True
    phase = case.phase
    if phase is None or case.en.status not in {"active", "paused"} or not phase.phase.leave:
        return False
    if not case.touches(phase.leave, touched):
        return False
    return _look_rows(case)


def _look_rows(case: Case) -> bool:
    phase = case.phase
    assert phase is not None
    for test in phase.timed:
        remember(test, case, case.en.held)
        case.en.look_at = next_change(test, case)
        case.run.live.schedule("enrolments", case.en)
    for _ in range(len(phase.phase.leave) + 1):
        chosen = choose(case, phase.phase.leave)
        if chosen is None:
            return False
        if act(case, chosen.row):
            return True
    return False


def look_until(case: Case, touched: set[str]) -> None:
    """What the end of the phase counts from changed."""
    phase = case.phase
    if phase is not None and phase.until and case.touches(phase.until, touched):
        count_again(case)


def count_again(case: Case) -> None:
    """Work out the end of the phase again, while it has not begun to end."""
    phase, en = case.phase, case.en
    if phase is not None and phase.phase.until is not None and en.ending is None and en.status in {"active", "paused"}:
        en.until = case.instant(phase.phase.until)
        case.run.live.schedule("enrolments", en)


def look_end(case: Case) -> None:
    """The phase waits for its open occurrences: when the last has ended, ``at_end`` is looked at."""
    en = case.en
    if en.ending is not None and en.wait_until is not None and en.wait_until > case.run.at and not _open_now(case):
        en.wait_until = case.run.at
        case.run.live.schedule("enrolments", en)


def due(case: Case, en: Enrolment) -> None:
    """An instant of the phase: a condition has held, its deadline, its end. In this order."""
    run, phase = case.run, case.phase
    assert phase is not None
    if en.look_at is not None and en.look_at <= run.at:
        en.look_at = None
        if _look_rows(case):
            return
    spec = phase.phase.no_later_than
    if spec is not None and en.no_later is not None and en.no_later <= run.at:
        words = text("no_later", phase=phase.phase.title)
        run.timeline(
            case,
            "no_later_than",
            phase.phase.path,
            words,
            key=case.key(phase.phase.path, en.visit, "no_later"),
            weight=5,
        )
        en.no_later = None
        go(case, spec.target, phase.phase.path, text("why_no_later"))
        return
    if en.ending is None and en.until is not None and en.until <= run.at:
        _begin_end(case)
    elif en.ending is not None and en.wait_until is not None and en.wait_until <= run.at:
        _at_end(case)
    run.live.schedule("enrolments", en)


def _begin_end(case: Case) -> None:
    """``until`` is reached: nothing new opens; what is open may still be done, 24 h at most."""
    en, run, phase = case.en, case.run, case.phase
    assert phase is not None
    en.ending = run.at
    words = text("at_end", phase=phase.phase.title)
    run.timeline(case, "until", phase.phase.path, words, key=case.key(phase.phase.path, en.visit, "until"))
    for o in _of_phase(case, {s.path for s in phase.phase.steps}):
        if o.state == "planned":
            end(case, o, "cancelled", "not needed")
    en.wait_until = run.at + END_WAIT if _open_now(case) else run.at


def _open_now(case: Case) -> bool:
    phase = case.phase
    assert phase is not None
    return any(o.state != "planned" and not o.child for o in _of_phase(case, {s.path for s in phase.phase.steps}))


def _at_end(case: Case) -> None:
    en, phase = case.en, case.phase
    assert phase is not None
    for step in phase.phase.steps:
        if not has_blocks(step):
            close_feeds(case, step)
    en.wait_until = None
    if _look_rows_once(case, phase.phase.leave):
        return
    chosen = choose(case, phase.phase.at_end)
    if chosen is not None:
        act(case, chosen.row)
    elif en.no_later is None:
        words = text("at_end", phase=phase.phase.title)
        case.run.incident(case.key(phase.phase.path, en.visit, "dead_end"), words)


def _look_rows_once(case: Case, rows: Sequence[Row]) -> bool:
    """At one instant ``leave`` comes before ``at_end``: the values that have just become known count."""
    return bool(rows) and _look_rows(case)


# --------------------------------------------------------------------------- ends


def finish(case: Case, end_id: str, path: str, *, by_staff: bool = False, why: Text | None = None) -> None:
    """The enrolment ends: a stated end, or a word of staff."""
    en = case.en
    spec = case.plan.ends.get(end_id)
    words: Text = spec.title if spec is not None and spec.title is not None else word("end", end_id)
    close(case, end_id, words, why=why, row=path)
    if spec is not None and not by_staff:
        setting = Setting(key=case.key(spec.path, en.visit), place=spec.path, title=words)
        perform(case, spec.do, setting)


def close(
    case: Case,
    end_id: str,
    words: Text,
    *,
    red: str = "finish_with_a_person",
    keep_messages: bool = False,
    why: Text | None = None,
    row: str = "",
) -> None:
    """End everything of an enrolment. ``red``: an open red goes on to a person, or is closed too."""
    en, run = case.en, case.run
    leave(case, why, row)
    for step in case.plan.throughout:
        for o in run.occurrences_of(case, step.path):
            _leave_one(case, o)
    _close_tasks(case, red)
    for o in sorted(run.state.occurrences.values(), key=lambda o: o.key):
        handoff = run.state.handoffs.get(o.handoff)
        waiting = o.task in run.state.tasks or (handoff is not None and handoff.state != "ended")
        if o.enrolment == case.id and not waiting:
            end(case, o, "cancelled", "not needed")
    for key in [k for k, a in run.state.alarms.items() if a.enrolment == case.id]:
        del run.state.alarms[key]
    for memory in run.state.rules.values():
        if memory.key.startswith(f"{case.id}|"):
            memory.follow = memory.unknown_at = memory.held_at = memory.edge_at = None
    en.status, en.end, en.ended = "ended", end_id, run.at
    en.until = en.no_later = en.wait_until = en.look_at = None
    if all(c.en.status == "ended" for c in run.cases.values()):
        run.state.alarms.pop("plan", None)
    if not keep_messages:
        withdraw_pending(run, "ended", enrolment=case.id, keep=(f"{run.state.journey}:red:",))
    run.emit(EndEnrolment(case.id, end_id, run.at))
    calls.finished(case)
    said = text("ended", pathway=case.plan.title, what=words)
    run.timeline(case, "ended", f"ends.{end_id}", said, key=case.key("ended", end_id), weight=8, data={"end": end_id})
    run.watch_again = True
    case.touched.clear()
    case.follow.clear()
    case.pending = None


def _close_tasks(case: Case, red: str) -> None:
    run = case.run
    for task in sorted(run.state.tasks.values(), key=lambda t: t.key):
        if task.enrolment != case.id:
            continue
        if task.level == "red" and red == "finish_with_a_person":
            continue
        if task.level == "amber" and red == "finish_with_a_person":
            continue
        close_task(case, task, "cancelled", by="pathway", why="ended")
        run.state.episodes.pop(task.episode, None)
    for episode in [e for e in run.state.episodes.values() if e.enrolment == case.id]:
        level = case.index.rules[episode.rule].rule.level
        if red != "finish_with_a_person" or (level != "red" and not episode.tasks and episode.state != "guiding"):
            run.state.episodes.pop(episode.key, None)

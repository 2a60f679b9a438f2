"""Steps: planned ahead for about a week, opened, done or missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pathways.decide import advice, calls, conference, doses, exercise, groups, handoffs, windows
from pathways.decide.calendar import Slot, local_time, most_of, occurrences
from pathways.decide.conditions import Truth
from pathways.decide.contact import say
from pathways.decide.handoff_values import left, take_back
from pathways.decide.listed import FAR, past, single_slots, stays_done
from pathways.decide.occurrences import (
    end,
    make,
    plan_blocks,
    step_run,
    sync_reminders,
    wanted,
)
from pathways.decide.proposals import propose
from pathways.decide.records import Alarm, Occurrence
from pathways.decide.settling import settled
from pathways.decide.tasks import open_for, put
from pathways.decide.texts import text
from pathways.lang.plan import AskBody, DoseBody, HandoffBody, MeasureBody, SayBody, Step, TaskBody, VisitBody
from pathways.lang.plan_advice import AdviseBody
from pathways.lang.plan_when import AsSoonAs, BetweenMoments, DaysAfter, Every, NextWorkingDay, OnceAt, OnRequest, Turn

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

Json = Any
PLAN_EVERY = timedelta(days=7)
SLACK = timedelta(days=1)
LONG = frozenset({"week", "month", "year"})


# --------------------------------------------------------------------------- planning


def horizon(run: Run) -> datetime:
    """Everything due before this instant is planned. The planning alarm moves it on every seven days."""
    alarm = run.state.alarms.get("plan")
    if alarm is None or alarm.at is None:
        alarm = Alarm(key="plan", what="plan", at=run.at + PLAN_EVERY)
        run.state.alarms["plan"] = alarm
        run.live.schedule("alarms", alarm)
    assert alarm.at is not None
    return alarm.at + SLACK


def plan_all(case: Case) -> None:
    """Plan every step of the present phase up to the horizon."""
    windows.plan_baselines(case)
    for step in case.steps():
        plan_step(case, step)


def plan_step(case: Case, step: Step) -> None:
    """Plan what of a step is not planned yet."""
    if not plannable(case, step):
        return
    if isinstance(step.body, DoseBody):
        doses.plan(case, step, horizon(case.run))
    elif handoffs.by_supply(step):
        handoffs.plan_for_each(case, step)
    elif isinstance(step.when.base, AsSoonAs | Turn | OnRequest):
        return
    elif is_single(step):
        _plan_single(case, step)
    else:
        _plan_repeat(case, step)


def plannable(case: Case, step: Step) -> bool:
    """Whether occurrences of the step are made at all in this visit of its phase."""
    en = case.en
    if en.status not in {"active", "paused"}:
        return False
    phase = case.index.phase_of[step.path]
    if phase and (phase != en.phase or en.ending is not None):
        return False
    if step.first_time_only and phase and en.visits.get(phase, 0) > 1:
        return False
    if step.profiles and case.run.site.profile not in step.profiles:
        return False
    return not (step.id in en.hold or step.path in en.hold)


def is_single(step: Step) -> bool:
    """Whether the schedule has listed moments rather than a grid without end."""
    base = step.when.base
    return isinstance(base, OnceAt | BetweenMoments | NextWorkingDay) or (
        isinstance(base, DaysAfter) and base.of is None
    )


def _limit(case: Case, step: Step) -> datetime | None:
    """Steps of a phase are not planned at or after its end."""
    return case.en.until if case.index.phase_of[step.path] else None


def _plan_single(case: Case, step: Step) -> None:
    """Listed moments: made as soon as they are known; a moment that moved takes its planned occurrence along."""
    run, memory = case.run, step_run(case, step.path)
    limit = _limit(case, step)
    slots = [s for s in single_slots(case, step) if limit is None or s.due < limit]
    known = memory.anchor.split(" ") if memory.anchor else []  # key, and "#" number of each slot that was planned
    keys = {s.key for s in slots}
    for o in run.occurrences_of(case, step.path):
        opens = o.opens or o.due  # what opens at this very instant is not taken back by what ends at it
        gone = o.state == "planned" and not o.extra and o.slot not in keys and (opens is None or opens > run.at)
        if gone and step.path not in case.index.after_each:  # what comes after each ending stands, whatever ends next
            end(case, o, "cancelled", "not needed")
            memory.generation += 1
            known = [k for k in known if k.partition("#")[0] != o.slot]
    planned, most = {k.partition("#")[0] for k in known}, most_of(step.when, case.param)
    free = left(case, step)
    stays = {k.partition("#")[2] for k in known} if stays_done(case, step) else set[str]()
    for slot in slots:
        if slot.key in planned or (most is not None and len(known) >= most) or (free is not None and free <= 0):
            continue
        free = None if free is None else free - 1
        known.append(f"{slot.key}#{slot.number}")
        if str(slot.number) in stays:
            continue
        if slot.due < run.at:
            past(case, step, slot)
        else:
            make(case, step, slot)
    memory.anchor = " ".join(known[-200:])
    plan_blocks(case, step, run.at, run.at + FAR)


def _plan_repeat(case: Case, step: Step) -> None:
    """A grid: made up to the horizon; of long repeats always the next one too."""
    run, memory = case.run, step_run(case, step.path)
    start = memory.planned_to or case.context(step.path).start
    until, limit = _reach(case, step), _limit(case, step)
    if limit is not None:
        until = min(until, limit)
    free = left(case, step)
    if free is not None:
        if free <= 0:
            return
        start = max(start, run.at)  # what there was no grant for is not made up for
    slots = occurrences(step.when, case.context(step.path), start, limit or run.at + FAR)
    pending: Slot | None = None
    for slot in _bounded(slots, until, far=_is_long(step)):
        if pending is not None:
            make(case, step, pending, next_due=slot.due)
            memory.planned_to = pending.due + timedelta(microseconds=1)
            free = None if free is None else free - 1
            if free == 0:
                plan_blocks(case, step, run.at, until)
                return
        if slot.due >= until and not (_is_long(step) and not _ahead(case, step)):
            pending = None
            break
        pending = slot
    if pending is not None:
        make(case, step, pending)
        memory.planned_to = pending.due + timedelta(microseconds=1)
    memory.planned_to = max(memory.planned_to or start, min(until, limit or until))
    plan_blocks(case, step, run.at, run.at + FAR if _is_long(step) else until)


def _bounded(slots: Iterator[Slot], until: datetime, *, far: bool) -> Iterator[Slot]:
    """Slots up to the horizon and one beyond (whose due bounds the last one's window)."""
    beyond = 0
    for slot in slots:
        yield slot
        if slot.due >= until:
            beyond += 1
            if beyond > (1 if far else 0):
                return


def _is_long(step: Step) -> bool:
    base = step.when.base
    if isinstance(base, Every) and base.cycle is None and step.when.during is None:
        return base.interval.unit in LONG or (base.interval.unit == "day" and (base.interval.amount or 1) > 7)
    return not isinstance(base, Every)


def _ahead(case: Case, step: Step) -> bool:
    return any(o.due is not None and o.due > case.run.at for o in case.run.occurrences_of(case, step.path))


def _reach(case: Case, step: Step) -> datetime:
    """The horizon, later by what its window opens, or another step comes, before it is due."""
    at, opens = horizon(case.run), step.window.opens_before
    ahead = [*case.index.leads.get(step.id, ()), *(() if opens is None else (opens,))]
    return max([at, *(found for length in ahead if (found := case.after(at, length)) is not None)])


def replan(case: Case, step: Step) -> None:
    """An anchor, zone or booking changed: plan the future again, never the past."""
    if is_single(step) or isinstance(step.when.base, AsSoonAs | Turn | OnRequest) or not plannable(case, step):
        plan_step(case, step)
        return
    if isinstance(step.body, DoseBody):
        doses.replan(case, step, horizon(case.run))
        return
    if handoffs.by_supply(step):
        handoffs.plan_for_each(case, step)
        return
    _replan_repeat(case, step)


def begin_again(case: Case, step: Step) -> None:
    """A step that was held or stopped goes on: what was cancelled meanwhile is planned anew from now on."""
    memory = step_run(case, step.path)
    memory.generation += 1  # keys of what was cancelled are not used again
    if is_single(step) and not memory.outcome and not case.run.occurrences_of(case, step.path):
        memory.anchor = ""
    replan(case, step)


def _replan_repeat(case: Case, step: Step) -> None:
    run, memory = case.run, step_run(case, step.path)
    until = _reach(case, step)
    for o in run.occurrences_of(case, step.path):
        if o.due is not None:
            until = max(until, o.due + timedelta(microseconds=1))
    wanted_slots = {s.key: s for s in occurrences(step.when, case.context(step.path), run.at, until)}
    changed = False
    for o in run.occurrences_of(case, step.path):
        slot = wanted_slots.get(o.slot)
        if o.state == "planned" and not o.extra and (slot is None or slot.due != o.due):
            end(case, o, "cancelled", "not needed")
            changed = True
    free = left(case, step)
    if free is not None and free < 0:
        changed = take_back(case, step, -free) or changed
        free = 0
    alive = {o.slot for o in run.occurrences_of(case, step.path)}
    if changed:
        memory.generation += 1
    for key in [
        k
        for k, a in run.state.alarms.items()
        if a.what == "block" and a.enrolment == case.id and a.subject == step.path
    ]:
        if (to := run.state.alarms[key].to) is not None and to > run.at:
            del run.state.alarms[key]
    for slot in sorted(wanted_slots.values(), key=lambda s: s.due):
        limit = _limit(case, step)
        if (
            slot.key not in alive
            and slot.key > memory.latest
            and slot.due >= run.at
            and (limit is None or slot.due < limit)
        ):
            if free == 0:
                memory.planned_to = slot.due
                return
            made = make(case, step, slot)
            free = free if free is None or made is None else free - 1
    memory.planned_to = until
    _plan_repeat(case, step)


def plan_extra(case: Case, step: Step, due: datetime | None, key: str) -> Occurrence | None:
    """An occurrence outside the schedule (``plan``, do now). Without ``due`` it waits for its booking."""
    run = case.run
    if due is not None:
        return make(case, step, Slot(number=0, due=due, opens=None, key=key), extra=True)
    memory = step_run(case, step.path)
    memory.count += 1
    memory.in_visit += 1
    full = case.key(step.path, case.visit_of(step.path), key)
    if full in run.state.occurrences:
        return None
    o = Occurrence(
        key=full,
        enrolment=case.id,
        step=step.path,
        visit=case.visit_of(step.path),
        number=memory.in_visit,
        slot=key,
        extra=True,
    )
    from pathways.decide.occurrences import add

    add(case, o)
    run.note_planned(case, step, o)
    return o


# --------------------------------------------------------------------------- as soon as, guards


def look_soon(case: Case, touched: set[str]) -> None:
    """``as soon as``: on its change from not true to true; armed again when not true."""
    phase = case.phase
    if phase is None:
        return
    for step, inputs in phase.soon:
        if not case.touches(inputs, touched) or not plannable(case, step):
            continue
        assert isinstance(step.when.base, AsSoonAs)
        memory = step_run(case, step.path)
        held = case.truth(step.when.base.cond) is Truth.TRUE
        most = most_of(step.when, case.param)
        free = left(case, step)
        if held and (free is None or free > 0) and memory.armed and (most is None or memory.in_visit < most):
            memory.armed = False
            case.run.explain_cond(case, step.path, step.when.base.cond, step.title)
            stamp = local_time(case.run.at, case.zone).isoformat(timespec="seconds")
            make(case, step, Slot(number=memory.in_visit + 1, due=case.run.at, opens=None, key=stamp))
        elif not held:
            memory.armed = True


def look_guards(case: Case, touched: set[str]) -> None:
    """A guard's input changed: planned messages follow it."""
    for step in case.steps():
        inputs = case.index.guards[step.path]
        if inputs and case.touches(inputs, touched):
            sync_reminders(case, step)


def look_moments(case: Case, touched: set[str]) -> None:
    """Something that a schedule counts from changed."""
    if any(token[0] in "af*" for token in touched):
        windows.plan_baselines(case)
    for step in case.steps():
        inputs = case.index.moments[step.path]
        if inputs and case.touches(inputs, touched):
            replan(case, step)
    case.moved.clear()


# --------------------------------------------------------------------------- transitions


def advance(case: Case, o: Occurrence) -> None:
    """An instant of an occurrence has come: it opens, is due, late or missed."""
    run = case.run
    step = case.index.steps[o.step]
    if o.state == "planned":
        why = _stopped(case, step, o)
        if why:
            end(case, o, "skipped", why)
            return
        outcome, why = settled(case, step)
        if outcome:
            end(case, o, outcome, why)
            return
        o.state = "open"
        _open(case, step, o)
    elif o.state == "open":
        o.state = "due"
    elif o.state == "due" and o.late is not None and o.late <= run.at and (o.missed is None or o.late < o.missed):
        o.state = "late"
    elif o.missed is not None and o.missed <= run.at:
        miss(case, step, o)
    if o.key in run.state.occurrences:
        run.live.schedule("occurrences", o)


def _stopped(case: Case, step: Step, o: Occurrence) -> str:
    """Why an occurrence does not open; "" when it does."""
    en = case.en
    if not step.safety and en.status == "paused":
        return "paused"
    if not step.safety and en.stopped:
        return "stopped"
    when = step.when
    if when.until_cond is not None and case.truth(when.until_cond) is Truth.TRUE:
        return "not needed"
    return "" if wanted(case, step) else "guard"


def _open(case: Case, step: Step, o: Occurrence) -> None:
    """What the kind of step does when it opens (what is due on a date opens at 00:00 of it)."""
    body = step.body
    if isinstance(body, TaskBody):
        spec = body.task
        if body.conference is not None and (waiting := conference.still_open(case, step, o)) is not None:
            conference.look(case, waiting, body.conference)
            put(case, waiting)
            end(case, o, "skipped", "conference_open")
            return
        title = groups.named(case, o, spec.title) if o.group else spec.title
        keep = spec.on_leave == "keep"
        open_for(case, step, o, spec, title, keep=keep, proposal=tuple(propose(case, step)))
    elif isinstance(body, AdviseBody):
        advice.propose(case, step, o)
    elif isinstance(body, HandoffBody):
        handoffs.start(case, step, o)
    elif body.kind == "pathway":
        calls.start(case, step, o)
    elif body.kind == "exercise":
        exercise.begin(case, body)
    elif body.kind == "group":
        case.touch("s:" + step.id)
    elif isinstance(body, SayBody):
        sent = say(
            case,
            body.message,
            f"{o.key}:say",
            at=case.run.floor,
            expires=_say_until(case, step, o),
        )
        end(case, o, "sent" if sent else "undelivered")
    elif isinstance(body, VisitBody):
        case.run.timeline(case, "opened", o.step, text("opened", step=step.title))


def _say_until(case: Case, step: Step, o: Occurrence) -> datetime | None:
    """``catch_up`` of a message: how long after its instant it is still sent."""
    assert o.due is not None
    if step.catch_up == "within" and step.catch_up_within is not None:
        return case.after(o.due, step.catch_up_within)
    return o.due + timedelta(hours=24) if step.catch_up == "skip" else None


def miss(case: Case, step: Step, o: Occurrence) -> None:
    """Nothing more is waited for."""
    body = step.body
    if body.kind == "group":
        groups.miss(case, step, o)
        return
    if isinstance(body, DoseBody):
        doses.miss(case, o)
    elif isinstance(body, MeasureBody) and o.readings:
        end(case, o, "partly")
        case.touch("m:" + body.measure)
    elif isinstance(body, AskBody) and o.readings:
        end(case, o, "partly")
    elif isinstance(body, AdviseBody):
        advice.expired(case, o)
    elif o.lesson:
        end(case, o, "read", "quiz")
    elif isinstance(body, VisitBody):
        end(case, o, "missed", weight=3)
        case.follow.append((step.path, body.missed, o.key))
    else:
        end(case, o, "missed")
    if step.missed and o.key not in case.run.state.occurrences:
        case.follow.append((step.path, step.missed, o.key))


def cancel_open(case: Case, steps: set[str], *, why: str = "not needed", planned_only: bool = False) -> None:
    """End what is planned or open of these steps (paths): cancelled, not needed."""
    for path in sorted(steps):
        for o in case.run.occurrences_of(case, path):
            if planned_only and o.state != "planned":
                continue
            end(case, o, "cancelled", why)

"""The one entry of the decider: ``decide`` brings a journey up to an instant and says what to do to the world.

Pure: the same plans, site, state, events and instant give the same decision, byte for byte. The state is
brought up to date in place (the caller keeps the JSON from before); see docs/reference/order.md for the order of
things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pathways.decide import (
    advice,
    calls,
    decisions,
    decisions_said,
    enrol,
    groups,
    intake,
    joined,
    lifecycle,
    merge,
    phases,
    rules,
    settling,
    steps,
    unasked,
    visits,
    windows,
)
from pathways.decide.actions import Setting, named, perform
from pathways.decide.agenda import Ahead, ahead, next_wake, urgent_until
from pathways.decide.case import Case
from pathways.decide.conditions import Verdict as Explained
from pathways.decide.conditions import verdict
from pathways.decide.contact import forget_old
from pathways.decide.effects import Decision, SetStatus, Show
from pathways.decide.events import (
    Answered,
    Body,
    Delivery,
    Enrolled,
    Event,
    HandoffReport,
    Preference,
    Reading,
    StaffVerb,
    TaskVerb,
    Visit,
)
from pathways.decide.handoffs import due as handoff_due
from pathways.decide.handoffs import report
from pathways.decide.index import ALL
from pathways.decide.live import EVENT, Entry
from pathways.decide.occurrences import close_block
from pathways.decide.readings import prune
from pathways.decide.receipts import delivery
from pathways.decide.records import Alarm, Kept, Patient
from pathways.decide.run import Run, run_of
from pathways.decide.show import journey_status, show
from pathways.decide.state import JourneyState, blank
from pathways.decide.task_verbs import task_verb
from pathways.decide.tasks import due as task_due
from pathways.decide.texts import text
from pathways.decide.watches import set_watches
from pathways.lang.plan import Plan
from pathways.lang.plan_cond import Cond
from pathways.lang.site_plan import Site

Json = Any
ROUNDS = 60
"""So many rounds of consequences one event may have; more is a circle, cut with an incident."""


def new_state(journey: str, at: datetime, patient: Mapping[str, Json]) -> JourneyState:
    """The state of a journey that begins at ``at``.

    ``patient``: ``zone`` (IANA), ``language``, ``channels`` (order of preference), ``customary`` (name ->
    "HH:MM"), ``caregivers`` (each with ``id``, ``channels``, ``topics``). Nothing that identifies a person.
    """
    return blank(
        journey,
        at,
        Patient(
            key="patient",
            zone=str(patient.get("zone", "UTC")),
            language=str(patient.get("language", "en")),
            channels=list(patient.get("channels", ())),
            customary=dict(patient.get("customary", {})),
            caregivers=list(patient.get("caregivers", ())),
        ),
    )


def decide(
    plans: Mapping[str, Plan],
    site: Site,
    state: JourneyState,
    events: Sequence[Event],
    now: datetime,
    *,
    words: bool = True,
) -> Decision:
    """Bring ``state`` up to ``now`` in place and return what to do.

    Without ``words`` nothing is written for people's eyes: ``show`` has its codes only (a tick writes the case sheet
    once for all its events, a simulation never).

    ``plans``: by sha256, every plan an enrolment of the state or an event names. ``events``: in order of
    (at, seen, id). Raises KeyError for a plan that is not given (programmer error).
    """
    run = run_of(plans, site, state, now.astimezone(UTC))
    for event in sorted(events, key=lambda e: (e.at, e.seen, e.id)):
        at = max(event.at.astimezone(UTC), state.clock)
        _run_due(run, at, EVENT)
        _move_clock(run, at)
        _take(run, event)
    _run_due(run, run.now, None)
    _move_clock(run, max(run.now, state.clock))
    if run.lost and len(run.cases) > 1:
        merge.ask_instead(run)
    if run.watch_again or not state.patient.watches:
        set_watches(run)
    _status(run)
    coming = next_wake(run)
    return Decision(
        effects=tuple(run.effects),
        next_due=coming.at if coming is not None else None,
        urgent_until=urgent_until(run),
        verdicts=run.verdicts,
        show=show(run, coming, words=words),
    )


def _move_clock(run: Run, at: datetime) -> None:
    run.flush()
    run.at = at
    run.state.clock = max(run.state.clock, at)


# --------------------------------------------------------------------------- due things


def _run_due(run: Run, until: datetime, priority: int | None) -> None:
    """Run what is due up to an instant, in order; at that instant only what comes before ``priority``."""
    while True:
        entry = run.live.peek(run.state)
        if run.opening and (entry is None or max(entry[0], run.state.clock) > run.at):
            joined.begin(run)  # its ladders have due instants of their own
            continue
        if entry is None:
            return
        at = max(entry[0], run.state.clock)
        if at > until or (at == until and priority is not None and entry[1] >= priority):
            return
        run.live.pop()
        _move_clock(run, at)
        _fall_due(run, entry)
        settle(run, None)


def _fall_due(run: Run, entry: Entry) -> None:
    _, _, section, key = entry
    state = run.state
    if section == "occurrences":
        o = state.occurrences[key]
        steps.advance(run.cases[o.enrolment], o)
    elif section == "tasks":
        task = state.tasks[key]
        task_due(run.cases[task.enrolment], task)
    elif section == "episodes":
        episode = state.episodes[key]
        rules.episode_due(run.cases[episode.enrolment], episode)
    elif section == "rules":
        rules.rule_due(run.cases[key.split("|", 1)[0]], state.rules[key])
    elif section == "handoffs":
        handoff = state.handoffs[key]
        handoff_due(run.cases[handoff.enrolment], handoff)
    elif section == "enrolments":
        phases.due(run.cases[key], state.enrolments[key])
    else:
        _alarm(run, state.alarms[key])


def _alarm(run: Run, alarm: Alarm) -> None:
    if alarm.what == "plan":
        _plan_on(run, alarm)
    elif alarm.what == "block":
        close_block(run.cases[alarm.enrolment], alarm)
    elif alarm.what == "baseline":
        windows.baseline_due(run.cases[alarm.enrolment], alarm)
    elif alarm.what == advice.ALARM:
        advice.judge(run.cases[alarm.enrolment], alarm)
    elif alarm.what == "quota":
        visits.quota_due(run.cases[alarm.enrolment], alarm)
    else:
        enrol.question_due(run.cases[alarm.enrolment], alarm)


def _plan_on(run: Run, alarm: Alarm) -> None:
    """Seven days on: plan further, forget what no rule asks for any more, look at what time alone changes."""
    running = [c for c in run.cases.values() if c.en.status in {"active", "paused"}]
    if not running:
        del run.state.alarms[alarm.key]
        return
    alarm.at = run.at + steps.PLAN_EVERY
    run.live.schedule("alarms", alarm)
    forget_old(run)
    prune([(c, m) for c in running for m in c.plan.measures.values()], run.live, run.state, run.at)
    for case in running:
        steps.plan_all(case)
        ages = [f"f:{f.id}" for f in case.plan.facts.values() if f.type == "age"]
        case.touch(*ages)


# --------------------------------------------------------------------------- events


def _take(run: Run, event: Event) -> None:
    """One event acts, once."""
    if run.state.acted(event.id):
        if not isinstance(event.body, Reading | Delivery | HandoffReport):
            run.accept(event.id, "duplicate")
        return
    kept: Kept | None = None
    run.answer = None
    if isinstance(event.body, Reading):
        kept = _reading(run, event, event.body)
    else:
        _ACTS[type(event.body)](run, event, event.body)
    settle(run, kept)
    run.answer = None


def _reading(run: Run, event: Event, body: Reading) -> Kept | None:
    kept = intake.reading(run, event, body)
    if body.status == "entered_in_error" or body.replaces is not None:
        for case in run.cases.values():
            rules.reading_removed(case, body.replaces or event.id)
    return kept


def _report(run: Run, _event: Event, body: HandoffReport) -> None:
    handoff = run.state.handoffs.get(body.handoff)
    if handoff is not None:
        report(run.cases[handoff.enrolment], handoff, body)


def _delivery(run: Run, _event: Event, body: Delivery) -> None:
    """A receipt: remembered with the message's place, told, and another way found where there was none."""
    delivery(run, body)


_ACTS: dict[type[Body], Callable[[Run, Event, Any], None]] = {
    Enrolled: enrol.enrolled,
    Answered: unasked.answered,
    TaskVerb: task_verb,
    Visit: visits.visit,
    StaffVerb: lifecycle.staff_verb,
    HandoffReport: _report,
    Preference: lifecycle.preference,
    Delivery: _delivery,
}


# --------------------------------------------------------------------------- consequences


def settle(run: Run, kept: Kept | None) -> None:
    """What follows from what was touched: facts, derived, rules, ``leave``, new occurrences, until nothing changes."""
    for case in list(run.cases.values()):
        _settle_one(run, case, kept)
    # One pathway may have begun, told or ended another: they follow until nothing changes.
    for _ in range(ROUNDS):
        merge.follow_targets(run)
        waiting = [c for c in run.cases.values() if c.touched or c.follow or c.pending]
        if not waiting:
            return
        for case in waiting:
            _settle_one(run, case, None)
    for case in run.cases.values():
        if case.touched or case.follow or case.pending:
            _cut(run, case)


def _settle_one(run: Run, case: Case, reading: Kept | None) -> None:
    """What follows in one enrolment, until nothing changes in it."""
    for _ in range(ROUNDS):
        if not (case.touched or case.follow or case.pending):
            break
        _round(case, reading)
        reading = None
    else:
        _cut(run, case)
    phases.look_end(case)


def _cut(run: Run, case: Case) -> None:
    """A circle without time: people are told."""
    run.incident(case.key("circle", int(run.at.timestamp())), text("loop_cut", phase=case.en.phase))
    case.touched.clear()
    case.follow.clear()


def _round(case: Case, reading: Kept | None) -> None:
    touched, case.touched = case.touched, set()
    if ALL in touched or any(t[0] == "f" for t in touched):
        enrol.look_eligibility(case, touched)
    if case.en.callers:
        calls.pass_on(case)
    if case.en.calls and (ALL in touched or any(t[0] in "fp" for t in touched)):
        calls.tell(case)
    touched |= decisions.judge(case, touched)
    rules.judge_all(case, touched, reading)
    for place, actions, key in _take_follow(case):
        bound = bool(case.index.phase_of.get(place.rsplit(".", 1)[0] if place not in case.index.steps else place))
        perform(case, actions, Setting(key=key, place=place, title=named(case, place), bound=bound))
    phases.look_until(case, touched)
    if phases.look(case, touched):
        return
    if case.en.status in {"active", "paused"}:
        steps.look_moments(case, touched)
        steps.look_guards(case, touched)
        settling.look_ends(case, touched)
        steps.look_soon(case, touched)
        if case.index.groups:
            groups.look(case)


def _take_follow(case: Case) -> list[tuple[str, Sequence[Any], str]]:
    found, case.follow = case.follow, []
    return found


def _status(run: Run) -> None:
    """Tell courier and searches how the journey stands, when that has changed."""
    patient = run.state.patient
    reason = patient.silenced or None
    now = f"{journey_status(run)}|{reason or ''}"
    if now == patient.status or not run.cases:
        return
    patient.status = now
    over = reason in {"withdrawn", "died"}
    keep = sorted(run.state.tasks) if over else []  # people go on being told of what they still have to end
    if reason == "withdrawn":
        keep.append(f"{run.state.journey}:red:")
    run.emit(SetStatus(now.split("|", maxsplit=1)[0], reason, stop_messages=over, except_prefixes=tuple(keep)))


# --------------------------------------------------------------------------- questions


def timeline_ahead(plans: Mapping[str, Plan], site: Site, state: JourneyState, days: int) -> list[Ahead]:
    """What is planned for the next ``days``, for people, in order of time."""
    return ahead(Run(plans, site, state, state.clock), days)


def standing(plans: Mapping[str, Plan], site: Site, state: JourneyState) -> Show:
    """How the journey stands, without deciding anything: what a coordinator who opens the record sees."""
    run = Run(plans, site, state, state.clock)
    return show(run, next_wake(run))


def why(
    plans: Mapping[str, Plan], site: Site, state: JourneyState, path: str, enrolment: str | None = None
) -> Explained | None:
    """Why, or why not, as things stand now: the verdict of the condition at a place (a rule, a row of ``leave`` or
    ``at_end``, a step's guard or ``as soon as``), with its parts; None where there is no condition."""
    run = Run(plans, site, state, state.clock)
    for case in run.cases.values():
        if enrolment is not None and case.id != enrolment:
            continue
        rule = next((r for r in case.plan.rules if path in {r.path, r.id}), None)
        if rule is not None:
            return rules.judged(case, rule)
        table = case.plan.decisions.get(path.removeprefix("decisions."))
        if table is not None:
            return decisions_said.standing(case, table)
        cond = _cond_at(case, path)
        if cond is not None:
            return verdict(cond, case)
    return None


def _cond_at(case: Case, path: str) -> Cond | None:
    for phase in case.plan.phases.values():
        for row in (*phase.leave, *phase.at_end):
            if row.path == path and not isinstance(row.test, str):
                return row.test
    step = case.index.steps.get(path)
    if step is not None:
        return step.when.base.cond if step.when.base.kind == "as_soon_as" else step.only_if
    if path == "eligibility":
        return case.plan.eligibility.include
    return next((x.cond for x in case.plan.eligibility.exclude if x.path == path), None)

"""Verbs of staff on the run, and the patient's wishes. Each is answered, done or refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pathways.decide import enrol, facts, groups, handoffs, intake, phases, rules
from pathways.decide.actions import Setting, perform
from pathways.decide.contact import recheck, withdraw_pending
from pathways.decide.events import Event, Preference, StaffVerb
from pathways.decide.occurrences import drop_reminders, end, plan_reminders, sync_reminders
from pathways.decide.records import Setting as Stored
from pathways.decide.run import customary_times
from pathways.decide.steps import plan_all, plan_extra, replan
from pathways.decide.tasks import close_task
from pathways.decide.texts import plain, text, word
from pathways.lang.plan import LifecycleRow, Step

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

Json = Any
Wrong = tuple[str, dict[str, str]] | None
OF_PATIENT = frozenset(
    {"withdraw", "died", "contact_refused", "readmitted", "pause", "resume", "entered_in_error", "transfer"}
)
"""Verbs that, without an enrolment named, hold for every running one."""
ROWS = {"withdraw": "withdrawn", "pause": "paused", "resume": "resumed"}


def staff_verb(run: Run, event: Event, body: StaffVerb) -> None:
    """Staff act on the run."""
    act = _VERBS.get(body.verb)
    if act is None:
        run.refuse(event.id, "unknown_verb", verb=body.verb)
        return
    cases = [c for c in run.cases.values() if body.enrolment in {None, c.id}]
    if not cases:
        run.refuse(event.id, "no_enrolment")
        return
    running = [c for c in cases if c.en.status in {"active", "paused", "invited"}]
    if not running and body.verb not in {"died", "contact_refused", "entered_in_error"}:
        run.refuse(event.id, "not_running")
        return
    chosen = running or cases
    if body.enrolment is None and body.verb not in OF_PATIENT:
        chosen = chosen[:1] if len(chosen) == 1 else _meant(chosen, body)
    wrong: Wrong = None
    # What was called comes first: it ends with the word of the verb, not because its caller ended.
    for case in sorted(chosen, key=lambda c: not c.en.callers):
        wrong = act(case, event, body)
        if wrong is not None:
            break
        said = text(body.verb) if body.verb not in {"set_fact", "set_parameter"} else text("done")
        run.timeline(
            case,
            "verb",
            body.verb,
            text("verb", verb=said),
            key=case.key("verb", event.id),
            weight=4,
            why=body.args.get("reason"),
            data={"verb": body.verb, "by": body.by, "role": body.role},
        )
    if wrong is not None:
        run.refuse(event.id, wrong[0], **wrong[1])
    else:
        run.accept(event.id)


def _meant(cases: list[Case], body: StaffVerb) -> list[Case]:
    """Without an enrolment named: the pathways that know the fact, parameter or step; else the first."""
    name = str(body.args.get("fact") or body.args.get("parameter") or body.args.get("step") or "")
    found = [
        c
        for c in cases
        if name in c.plan.facts or name in c.plan.parameters or name in c.index.steps or name in c.index.paths
    ]
    return found or cases[:1]


_SAID = frozenset({"readmitted", "discharged_again", "contact_refused", "words_to_read"})


def words_to_read(case: Case, event: Event) -> None:
    """What the pathway says is done besides, when the patient writes words that a person must read."""
    _do_row(case, _row(case, "words_to_read"), event)


def _row(case: Case, event: str) -> LifecycleRow | None:
    return case.plan.lifecycle.get(event)


def _do_row(case: Case, row: LifecycleRow | None, event: Event) -> None:
    """What the pathway says this verb does here."""
    if row is None:
        return
    if row.handoffs == "cancel":
        for handoff in sorted(case.run.state.handoffs.values(), key=lambda h: h.key):
            if handoff.enrolment == case.id:
                handoffs.cancel(case, handoff, row.event)
    for name in row.sets:
        facts.set_anchor(case, name, event.at.astimezone(UTC))
        case.en.ways.clear()
    if row.stop != "none":
        _stop(case, row.stop)
    said = text(row.event) if row.event in _SAID else plain(row.event)
    setting = Setting(key=case.key("lifecycle", row.event, event.id), place=row.path, title=said)
    perform(case, row.do, setting)
    if row.go is not None and case.en.status == "active":
        from pathways.lang.plan import Target

        case.pending = (Target(go=row.go), row.path)


def _stop(case: Case, what: str) -> None:
    """Everything but safety stops: what is open is skipped, what is planned will be, messages are taken back."""
    case.en.stopped = what
    _quiet(case, "stopped", safety_too=what == "all")


def _quiet(case: Case, why: str, *, safety_too: bool = False) -> None:
    for step in case.steps():
        if step.safety and not safety_too:
            continue
        for o in case.run.occurrences_of(case, step.path):
            drop_reminders(case, o)
            if o.state != "planned" and not o.task and not o.handoff and not o.child:
                end(case, o, "skipped", why)


# --------------------------------------------------------------------------- pausing and ending


def _pause(case: Case, event: Event, body: StaffVerb) -> Wrong:
    if case.en.status == "paused":
        return "already_paused", {}
    if case.en.status != "active":
        return "not_running", {}
    case.en.status, case.en.paused = "paused", case.run.at
    _quiet(case, "paused")
    _do_row(case, _row(case, "paused"), event)
    return None


def _resume(case: Case, event: Event, body: StaffVerb) -> Wrong:
    en, run = case.en, case.run
    if en.status != "paused" and not en.stopped:
        return "not_paused", {}
    if en.status == "paused":
        phase = case.phase
        if phase is not None and phase.phase.active_days_only and en.until is not None and en.paused is not None:
            en.until += run.at - en.paused
        en.status, en.paused = "active", None
    en.stopped = ""
    plan_all(case)
    for step in case.steps():
        sync_reminders(case, step)
    run.live.schedule("enrolments", en)
    _do_row(case, _row(case, "resumed"), event)
    case.touch("*")
    return None


def _withdraw(case: Case, event: Event, body: StaffVerb) -> Wrong:
    row = _row(case, "withdrawn")
    red = (row.open_red if row is not None else None) or "finish_with_a_person"
    return _over(case, event, "withdrawn", red, row)


def _died(case: Case, event: Event, body: StaffVerb) -> Wrong:
    row = _row(case, "died")
    red = (row.open_red if row is not None else None) or "close"
    return _over(case, event, "died", red, row)


def _over(case: Case, event: Event, reason: str, red: str, row: LifecycleRow | None) -> Wrong:
    """Nothing more is sent to the patient, except the end of an open red as stated."""
    run = case.run
    if case.en.status != "ended":
        phases.close(case, reason, word("end", reason), red=red)
        if row is not None:
            setting = Setting(key=case.key("lifecycle", reason, event.id), place=row.path, title=plain(reason))
            perform(case, row.do, setting)
    alone = all(c.en.status == "ended" for c in run.cases.values())
    if reason == "died" or alone:
        run.state.patient.silenced = reason
        withdraw_pending(run, reason)
    return None


def _transfer(case: Case, event: Event, body: StaffVerb) -> Wrong:
    if not body.args.get("to"):
        return "needs_transfer", {}
    phases.close(case, "transferred", word("end", "transferred"))
    return None


def _end(case: Case, event: Event, body: StaffVerb) -> Wrong:
    name = str(body.args.get("end", ""))
    if name not in case.plan.ended_by_staff:
        return "no_end", {"ends": ", ".join(case.plan.ended_by_staff)}
    phases.finish(case, name, "staff", by_staff=name not in case.plan.ends)
    return None


def _readmitted(case: Case, event: Event, body: StaffVerb) -> Wrong:
    row = _row(case, "readmitted")
    if row is None:
        return "no_verb_here", {"verb": body.verb}
    _do_row(case, row, event)
    return None


def _discharged_again(case: Case, event: Event, body: StaffVerb) -> Wrong:
    row = _row(case, "discharged_again")
    if row is None:
        return "no_verb_here", {"verb": body.verb}
    case.en.stopped = ""
    if case.en.status == "paused":
        case.en.status, case.en.paused = "active", None
    case.en.ways.clear()
    _do_row(case, row, event)
    plan_all(case)
    for step in case.steps():
        sync_reminders(case, step)
    case.touch("*")
    return None


def _contact_refused(case: Case, event: Event, body: StaffVerb) -> Wrong:
    run = case.run
    run.state.patient.silenced = "contact_refused"
    withdraw_pending(run, "contact_refused", keep=(f"{run.state.journey}:red:",))
    _do_row(case, _row(case, "contact_refused"), event)
    return None


# --------------------------------------------------------------------------- facts, parameters, steps


def _set_fact(case: Case, event: Event, body: StaffVerb) -> Wrong:
    name = str(body.args.get("fact", ""))
    spec = case.plan.facts.get(name)
    if spec is None:
        return "no_fact", {"fact": name}
    value = body.args.get("value")
    if facts.problem(case, spec, value):
        return "fact_wrong", {"fact": name}
    facts.set_fact(case, name, value, body.by)
    for task in [t for t in case.run.state.tasks.values() if t.enrolment == case.id and t.fact == name]:
        close_task(case, task, "done", by=body.by)
    if spec.ask_again is not None and case.en.status in {"active", "paused"}:
        enrol.plan_question(case, spec)
    return None


def _set_parameter(case: Case, event: Event, body: StaffVerb) -> Wrong:
    name = str(body.args.get("parameter", ""))
    spec = case.plan.parameters.get(name)
    if spec is None:
        return "no_parameter", {"parameter": name}
    bounds = spec.adjustable
    if bounds is None:
        return "parameter_fixed", {"parameter": name}
    if body.role not in bounds.by:
        return "parameter_role", {"parameter": name, "roles": ", ".join(bounds.by)}
    found = facts.parse_quantity(body.args.get("value"))
    if found is None or found[1] not in {"", spec.unit} or (not found[1] and spec.unit != "1"):
        return "parameter_unit", {"parameter": name, "unit": spec.unit}
    number: Decimal = found[0]
    if not bounds.low.value <= number <= bounds.high.value:
        values = {"low": str(bounds.low.value), "high": str(bounds.high.value), "unit": spec.unit}
        return "parameter_range", {"parameter": name, **values}
    run, key = case.run, f"{case.id}|{name}"
    run.state.settings[key] = Stored(
        key=key, value=str(number), unit=spec.unit, by=body.by, role=body.role or "", at=run.at
    )
    case.touch("p:" + name)
    run.watch_again = True
    words = text("parameter_set", parameter=plain(name), value=f"{number} {spec.unit}")
    run.timeline(case, "parameter_set", f"parameters.{name}", words, weight=3, data={"parameter": name, "by": body.by})
    return None


def _skip_step(case: Case, event: Event, body: StaffVerb) -> Wrong:
    if not body.args.get("reason"):
        return "needs_reason", {}
    found = _step(case, body)
    if found is None:
        return "no_step", {"step": str(body.args.get("step", ""))}
    wrong = _may_skip(case.index.steps[found], str(body.args["reason"]))
    if wrong is not None:
        return wrong
    live = case.run.occurrences_of(case, found)
    if not live:
        return "no_occurrence", {"step": found}
    o = next((x for x in live if x.state != "planned"), live[0])
    task = case.run.state.tasks.get(o.task) if o.task else None
    if task is not None:
        close_task(case, task, "cancelled", by=body.by, why=str(body.args["reason"]))
    if o.handoff and o.handoff in case.run.state.handoffs:
        handoffs.cancel(case, case.run.state.handoffs[o.handoff], "skipped")
        return None
    end(case, o, "skipped", str(body.args["reason"]), weight=2)
    return None


def _may_skip(step: Step, reason: str) -> Wrong:
    """Whether staff may skip a step for this reason."""
    if step.required == "must":
        return "step_must", {"step": step.id}
    if step.must_unless and reason not in step.must_unless:
        return "step_unless", {"step": step.id, "reasons": ", ".join(step.must_unless)}
    return None


def _do_step(case: Case, event: Event, body: StaffVerb) -> Wrong:
    found = _step(case, body)
    if found is None:
        return "no_step", {"step": str(body.args.get("step", ""))}
    if not groups.take(case, case.index.steps[found]):
        plan_extra(case, case.index.steps[found], case.run.at, f"now@{event.id}")
    return None


def _step(case: Case, body: StaffVerb) -> str | None:
    """The step meant: by path or id, one that is planned now."""
    name = str(body.args.get("step", ""))
    path = case.path_named(name)
    return path if path is not None and path in {s.path for s in case.steps()} else None


def _entered_in_error(case: Case, event: Event, body: StaffVerb) -> Wrong:
    key = str(body.args.get("event", ""))
    run = case.run
    if key not in run.state.readings:
        return None if key in run.removed else ("no_reading", {})
    intake.remove(run, key)
    run.removed.add(key)
    for other in run.cases.values():
        rules.reading_removed(other, key)
    return None


_VERBS: dict[str, Callable[[Case, Event, StaffVerb], Wrong]] = {
    "pause": _pause,
    "resume": _resume,
    "withdraw": _withdraw,
    "died": _died,
    "transfer": _transfer,
    "end": _end,
    "readmitted": _readmitted,
    "discharged_again": _discharged_again,
    "contact_refused": _contact_refused,
    "set_fact": _set_fact,
    "set_parameter": _set_parameter,
    "skip_step": _skip_step,
    "do_step": _do_step,
    "entered_in_error": _entered_in_error,
}


# --------------------------------------------------------------------------- wishes


def preference(run: Run, event: Event, body: Preference) -> None:
    """The patient's wishes hold for every pathway, and for what is planned already."""
    patient = run.state.patient
    patient.opt_out.update({k: True for k, v in body.opt_out.items() if v})
    for name in [k for k, v in body.opt_out.items() if not v]:
        patient.opt_out.pop(name, None)
    if body.channels is not None:
        patient.channels = list(body.channels)
    patient.language = body.language or patient.language
    moved = (body.zone or patient.zone) != patient.zone
    patient.zone = body.zone or patient.zone
    if body.customary is not None:
        moved = moved or patient.customary != body.customary
        patient.customary = dict(body.customary)
        run.customary = customary_times(patient.customary)
    for case in run.cases.values():
        _consent(case, body.consent)
    if moved:
        run.live.cache.clear()
        for case in run.cases.values():
            phases.count_again(case)
            for step in case.steps():
                replan(case, step)
    if body.opt_out or body.consent or body.channels is not None:
        _messages_again(run)
    run.timeline(
        None,
        "preference",
        "contact",
        text("consent_changed"),
        key=f"{run.state.journey}:preference:{event.id}",
        weight=2,
    )
    run.accept(event.id)


def _consent(case: Case, consent: dict[str, bool]) -> None:
    given = {c for c, yes in consent.items() if yes}
    withdrawn = {c for c, yes in consent.items() if not yes}
    before = set(case.en.consent)
    case.en.consent = sorted((before | given) - withdrawn)
    if case.en.status == "invited" and given:
        enrol.consider(case)


def _messages_again(run: Run) -> None:
    """Take back what is still to be sent; plan reminders again as things stand now."""
    recheck(run)
    for case in run.cases.values():
        for step in case.steps():
            for o in run.occurrences_of(case, step.path):
                drop_reminders(case, o)
                plan_reminders(case, step, o)

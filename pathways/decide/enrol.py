"""Joining a pathway: once per patient, eligible, with consent. Unknown waits and asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from pathways.decide import calls, merge, phases, visits
from pathways.decide.actions import Setting, perform
from pathways.decide.calendar import occurrences
from pathways.decide.conditions import NOT_APPLICABLE, Truth
from pathways.decide.effects import EndEnrolment
from pathways.decide.events import Enrolled, Event
from pathways.decide.facts import problem, set_anchor, set_fact
from pathways.decide.index import tokens
from pathways.decide.records import Alarm, Enrolment, Known
from pathways.decide.records import Setting as Stored
from pathways.decide.tasks import Work, close_task, open_task
from pathways.decide.texts import plain, text
from pathways.lang.plan import Fact
from pathways.lang.plan_base import Text

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

Json = Any


def enrolled(run: Run, event: Event, body: Enrolled) -> None:
    """The patient joins a pathway."""
    if body.enrolment in run.state.enrolments:
        run.accept(event.id, "duplicate")
        return
    plan = run.plans[body.plan_sha256]
    others = [c for c in run.cases.values() if c.plan.id == plan.id and c.en.status != "ended"]
    if plan.one_active == "per_patient" and others:
        run.refuse(event.id, "already_active")
        run.emit(EndEnrolment(body.enrolment, "already_active", run.at))
        return
    if run.state.patient.silenced == "died":
        run.refuse(event.id, "is_dead")
        run.emit(EndEnrolment(body.enrolment, "died", run.at))
        return
    en = Enrolment(
        key=body.enrolment,
        plan=body.plan_sha256,
        number=1 + max((e.number for e in run.state.enrolments.values()), default=0),
        enrolled=run.at,
        consent=sorted(body.consent),
    )
    run.state.enrolments[en.key] = en
    case = run.add_case(en)
    wrong = _facts(case, body)
    for name, value in sorted(body.anchors.items()):
        set_anchor(case, name, _moment(value))
    for name, value in sorted(body.parameters.items()):
        if name in plan.parameters:
            quantity = value if isinstance(value, dict) else {"value": value}
            unit = str(quantity.get("unit") or plan.parameters[name].unit)
            key = f"{case.id}|{name}"
            run.state.settings[key] = Stored(
                key=key, value=str(quantity["value"]), unit=unit, by="enrolment", at=run.at
            )
    words = text("enrolled", pathway=plan.title)
    run.timeline(
        case,
        "enrolled",
        plan.id,
        words,
        key=case.key("enrolled"),
        weight=5,
        data={"plan": plan.sha256, "version": plan.version},
    )
    if wrong:
        run.refuse(event.id, "fact_wrong", fact=wrong)
        _refused(case, plain(wrong))
        return
    run.accept(event.id)
    consider(case, event.id)


def _moment(value: str) -> Any:
    from pathways.decide.case import day_or_instant

    return day_or_instant(value)


def _facts(case: Case, body: Enrolled) -> str:
    """Keep the facts told; the id of the first that cannot be one, or ""."""
    told = dict(body.facts)
    birth = told.pop("birth_date", None)
    for fact in case.plan.facts.values():
        if fact.type == "age" and birth is not None and fact.id not in told:
            told[fact.id] = {"birth": str(birth)}
    for name in sorted(told):
        spec = case.plan.facts.get(name)
        if spec is None or told[name] is None:
            continue
        if problem(case, spec, told[name]):
            return name
        set_fact(case, name, told[name], "enrolment", quiet=True)
    return ""


def consider(case: Case, event_id: str | None = None) -> None:
    """Whether the pathway can begin: consent, eligibility, facts that must be known."""
    if case.en.status != "invited":
        return
    missing = [c for c in case.plan.consent if c not in case.en.consent]
    against = next((x for x in case.plan.eligibility.exclude if case.truth(x.cond) is Truth.TRUE), None)
    include = case.plan.eligibility.include
    value = case.truth(include)
    if against is not None or value is Truth.FALSE:
        cond = against.cond if against is not None else include
        assert cond is not None
        what = plain(against.id if against is not None else getattr(cond, "text", "") or "eligibility.include")
        case.run.explain_cond(case, "eligibility", cond, what)
        if event_id is not None:
            case.run.refuse(event_id, "excluded", what=what)
        _refused(case, what)
        return
    if missing:
        words = text("waiting_consent", what=", ".join(missing))
        case.run.timeline(case, "waiting", "consent", words, key=case.key("waiting", "consent"), weight=4)
        return
    unknown = list(_unknown_facts(case))
    if unknown:
        _ask_first(case, unknown)
        return
    activate(case)


def _unknown_facts(case: Case) -> Iterator[Fact]:
    """Facts that must be known before the run begins, and those an unknown eligibility hangs on."""
    spec = case.plan.eligibility
    conds = [x.cond for x in spec.exclude] + ([spec.include] if spec.include is not None else [])
    needed = {t[2:] for c in conds if case.truth(c) is Truth.UNKNOWN for t in tokens(c) if t.startswith("f:")}
    needed |= {f.id for f in case.plan.facts.values() if f.ask_at == "enrolment"} | {case.plan.counts_from}
    for fact in case.plan.facts.values():
        got = case.fact(fact.id)
        if fact.id in needed and got is None and got is not NOT_APPLICABLE:
            yield fact


def _ask_first(case: Case, unknown: list[Fact]) -> None:
    words = text("waiting_facts", what=", ".join(f.id for f in unknown))
    case.run.timeline(case, "waiting", "eligibility", words, key=case.key("waiting", "facts"), weight=4)
    for fact in unknown:
        ask_fact(case, fact, "task_eligibility", "first")


def ask_fact(case: Case, fact: Fact, title: str, part: str) -> None:
    """A person finds out a fact."""
    words = text(title, what=fact.ask_text or plain(fact.id))
    role = case.first_role
    key = case.key("facts", fact.id, part)
    open_task(case, Work(key=key, id=f"{fact.id}.ask", source=f"facts.{fact.id}", title=words, role=role, fact=fact.id))


def _refused(case: Case, what: Text) -> None:
    en, run = case.en, case.run
    en.status, en.end, en.ended = "ended", "not_eligible", run.at
    for task in [t for t in run.state.tasks.values() if t.enrolment == case.id]:
        close_task(case, task, "cancelled", by="pathway", why="ended")
    words = text("excluded", what=what)
    run.timeline(
        case,
        "ended",
        "eligibility",
        words,
        key=case.key("ended", "not_eligible"),
        weight=8,
        data={"end": "not_eligible"},
    )
    run.emit(EndEnrolment(case.id, "not_eligible", run.at))
    calls.finished(case)
    case.touched.clear()


def activate(case: Case) -> None:
    """The pathway begins: day 0 is today."""
    run, en = case.run, case.en
    en.status = "active"
    en.enrolled = run.at
    run.state.patient.silenced = ""  # who joins anew has agreed anew
    _forget_ended(run)
    for task in [t for t in run.state.tasks.values() if t.enrolment == case.id and t.fact]:
        close_task(case, task, "cancelled", by="pathway", why="not needed")
    en.excluded = [x.id for x in case.plan.eligibility.exclude if case.truth(x.cond) is Truth.TRUE]
    words = text("active", pathway=case.plan.title)
    run.timeline(case, "active", case.plan.id, words, key=case.key("active"), weight=6)
    visits.plan_quotas(case)
    for fact in case.plan.facts.values():
        if fact.ask_again is not None:
            plan_question(case, fact)
    merge.compare_targets(case)
    phases.enter(case, case.plan.first_phase)


KEEP_ENDED = timedelta(days=60)
"""So long what an ended enrolment remembers is kept: rules may watch for a while after the end."""


def _forget_ended(run: Run) -> None:
    """A patient for life joins many pathways: forget what those that ended long ago remembered."""
    state = run.state
    held = {t.enrolment for t in state.tasks.values()} | {e.enrolment for e in state.episodes.values()}
    held |= {o.enrolment for o in state.occurrences.values()}
    for other in run.cases.values():
        if other.en.ended is None or other.en.ended > run.at - KEEP_ENDED or other.id in held:
            continue
        memories = (state.steps, state.results, state.rules, state.derived, state.facts, state.settings, state.verdicts)
        for section in memories:
            records: dict[str, Any] = section
            for key in [k for k in records if k.startswith(f"{other.id}|")]:
                del records[key]


# --------------------------------------------------------------------------- later


def plan_question(case: Case, fact: Fact) -> None:
    """Note when a fact is to be asked again."""
    assert fact.ask_again is not None
    key = f"{case.id}|fact|{fact.id}"
    known = case.run.state.facts.get(f"{case.id}|{fact.id}")
    since = known.at if known is not None and known.at is not None else case.run.at
    slot = next(
        (
            s
            for s in islice(occurrences(fact.ask_again, _since(case, since), since, since + timedelta(days=1500)), 3)
            if s.due > case.run.at
        ),
        None,
    )
    if slot is None:
        case.run.state.alarms.pop(key, None)
        return
    alarm = Alarm(key=key, enrolment=case.id, what="fact", subject=fact.id, at=slot.due)
    case.run.state.alarms[key] = alarm
    case.run.live.schedule("alarms", alarm)


def _since(case: Case, start: datetime) -> Any:
    from dataclasses import replace

    return replace(case.context(), start=start, anchors=case.anchors(start))


def question_due(case: Case, alarm: Alarm) -> None:
    """Ask a fact again, where it applies; the old answer stands until then."""
    fact = case.plan.facts.get(alarm.subject)
    if fact is None or fact.ask_again is None or case.en.status not in {"active", "paused"}:
        case.run.state.alarms.pop(alarm.key, None)
        return
    if case.fact(fact.id) is not NOT_APPLICABLE:
        ask_fact(case, fact, "task_fact", "again")
    key = f"{case.id}|{fact.id}"
    known = case.run.state.facts.get(key)
    known = known or Known(key=key)
    known.at = case.run.at
    case.run.state.facts[key] = known
    plan_question(case, fact)


def look_eligibility(case: Case, touched: set[str]) -> None:
    """A fact changed: perhaps the pathway can begin; perhaps a reason against it has become true."""
    if case.en.status == "invited":
        consider(case)
        return
    spec = case.plan.eligibility
    if not spec.exclude or case.en.status == "ended":
        return
    for exclusion in spec.exclude:
        held = case.truth(exclusion.cond) is Truth.TRUE
        if held and exclusion.id not in case.en.excluded:
            case.en.excluded.append(exclusion.id)
            words = text("exclusion_true", what=plain(exclusion.id))
            stamp = int(case.run.at.timestamp())
            case.run.timeline(
                case, "exclusion_true", exclusion.path, words, key=case.key("exclude", exclusion.id, stamp), weight=7
            )
            setting = Setting(
                key=case.key("exclude", exclusion.id, stamp), place=exclusion.path, title=words, level="amber"
            )
            perform(case, spec.becomes_true, setting)
        elif not held and exclusion.id in case.en.excluded:
            case.en.excluded.remove(exclusion.id)

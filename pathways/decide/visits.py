"""Visits: booked, done, missed, moved. And how many a calendar year owes."""

from __future__ import annotations

from datetime import UTC, date
from math import ceil
from typing import TYPE_CHECKING

from pathways.decide.actions import Setting, perform
from pathways.decide.calendar import day_start, local_date
from pathways.decide.events import Event, Visit
from pathways.decide.forms import checked, take_over
from pathways.decide.intake import take_readings
from pathways.decide.occurrences import end, move
from pathways.decide.records import Alarm, Occurrence
from pathways.decide.run import Answer
from pathways.decide.steps import plan_extra
from pathways.decide.texts import plain, text
from pathways.lang.plan import Quota, Step, VisitBody

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run


def visit(run: Run, event: Event, body: Visit) -> None:
    """Staff (or a booking system) say what becomes of a visit."""
    found = _find(run, body)
    if found is None:
        run.refuse(event.id, "no_visit", step=body.step)
        return
    case, step, o = found
    if body.verb == "booked":
        _book(run, event, body, case, step, o)
    elif body.verb == "done":
        _done(run, event, body, case, step, o)
    elif body.verb == "no_show":
        assert isinstance(step.body, VisitBody)
        end(case, o, "no_show", weight=4)
        case.follow.append((step.path, step.body.no_show, o.key))
        run.accept(event.id)
    elif body.verb == "moved":
        if body.start is None:
            run.refuse(event.id, "visit_start")
            return
        end(case, o, "moved", weight=3)
        start = body.start.astimezone(UTC)
        made = plan_extra(case, step, start, f"moved@{event.id}")
        if made is not None:
            made.booked = start
        run.accept(event.id)
    else:
        run.refuse(event.id, "unknown_verb", verb=body.verb)


def _find(run: Run, body: Visit) -> tuple[Case, Step, Occurrence] | None:
    """The visit meant: the one named; else one waiting for its booking; else the open one; else the next."""
    for case in run.cases.values():
        if body.enrolment is not None and case.id != body.enrolment:
            continue
        path = case.path_named(body.step)
        if path is None or not isinstance(case.index.steps[path].body, VisitBody):
            continue
        live = run.occurrences_of(case, path)
        if body.occurrence is not None:
            live = [o for o in live if o.key == body.occurrence]
        if body.verb != "booked":
            live = [o for o in live if o.due is not None]
        if not live:
            continue
        waiting = [o for o in live if o.due is None]
        opened = [o for o in live if o.state != "planned"]
        return case, case.index.steps[path], (waiting or opened or live)[0]
    return None


def _book(run: Run, event: Event, body: Visit, case: Case, step: Step, o: Occurrence) -> None:
    if body.start is None:
        run.refuse(event.id, "visit_start")
        return
    o.booked = body.start.astimezone(UTC)
    move(case, step, o, o.booked)
    words = text("booked", step=step.title)
    run.timeline(case, "booked", step.path, words, key=f"{o.key}:booked:{event.id}", weight=3, data={"by": body.by})
    run.accept(event.id)


def _done(run: Run, event: Event, body: Visit, case: Case, step: Step, o: Occurrence) -> None:
    assert isinstance(step.body, VisitBody)
    modes = step.body.modes
    mode = body.mode or (modes[0] if len(modes) == 1 else None)
    if mode not in modes or mode is None:
        run.refuse(event.id, "visit_mode", modes=", ".join(modes))
        return
    form, wrong = checked(case, step.body.form, body.form, body.by)
    if wrong is not None:
        run.refuse(event.id, wrong[0], **wrong[1])
        return
    run.answer = Answer(event.id, frozenset({"s:" + step.id}))
    end(case, o, "done", form=form, mode=mode, weight=4)
    take_readings(run, case, take_over(case, step.body.form, form, body.by, event.id))
    run.accept(event.id)


# --------------------------------------------------------------------------- quotas


def plan_quotas(case: Case) -> None:
    """Note when each quota of this year is judged: ``lead`` before the end of the calendar year."""
    for quota in case.plan.quotas:
        key = f"{case.id}|quota|{quota.id}"
        if key not in case.run.state.alarms:
            _note(case, quota, local_date(case.run.at, case.zone).year)


def _note(case: Case, quota: Quota, year: int) -> None:
    ends = day_start(date(year + 1, 1, 1), case.zone)
    at = case.after(ends, quota.lead, before=True) or ends
    key = f"{case.id}|quota|{quota.id}"
    alarm = Alarm(key=key, enrolment=case.id, what="quota", subject=f"{quota.id}|{year}", at=max(at, case.run.at))
    case.run.state.alarms[key] = alarm
    case.run.live.schedule("alarms", alarm)


def quota_due(case: Case, alarm: Alarm) -> None:
    """Judge a quota: done and booked below what is owed is behind."""
    name, year_text = alarm.subject.split("|")
    year = int(year_text)
    quota = next((q for q in case.plan.quotas if q.id == name), None)
    del case.run.state.alarms[alarm.key]
    if quota is None or case.en.status not in {"active", "paused"}:
        return
    have, need = counted(case, quota, year), owed(case, quota, year)
    if have < need:
        words = text("quota_behind", quota=plain(quota.id), have=have, owed=need)
        case.run.timeline(
            case,
            "quota_behind",
            quota.path,
            words,
            key=case.key("quotas", quota.id, year),
            weight=5,
            data={"have": have, "owed": need},
        )
        perform(
            case,
            (quota.behind,),
            Setting(key=case.key("quotas", quota.id, year), place=quota.path, title=plain(quota.id)),
        )
    _note(case, quota, year + 1)


def counted(case: Case, quota: Quota, year: int) -> int:
    """Visits of the year done (in a counted mode) or booked."""
    have = 0
    for step in quota.steps:
        for path in case.index.paths.get(step.split(".")[-1], ()) if "." not in step else (step,):
            memory = case.run.state.steps.get(f"{case.id}|{path}")
            if memory is not None:
                have += memory.years.get(f"{year}:face", 0)
                have += 0 if quota.face_to_face else memory.years.get(f"{year}:far", 0)
            for o in case.run.occurrences_of(case, path):
                if o.booked is not None and local_date(o.booked, case.zone).year == year:
                    have += 1
    return have


def owed(case: Case, quota: Quota, year: int) -> int:
    """``at_least``; in the first year in proportion, rounded up."""
    joined = local_date(case.en.enrolled or case.run.at, case.zone)
    if joined.year != year:
        return quota.at_least
    days = (date(year + 1, 1, 1) - date(year, 1, 1)).days
    left = (date(year + 1, 1, 1) - joined).days
    return ceil(quota.at_least * left / days)

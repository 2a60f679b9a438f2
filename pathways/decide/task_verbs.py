"""What people may do with a task: claim, release, reassign, complete, cancel, snooze. Each is answered."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from pathways.decide import advice, conference, forms, handoffs, joined, rules, teach
from pathways.decide.events import Event, TaskVerb
from pathways.decide.intake import take_readings
from pathways.decide.occurrences import end
from pathways.decide.proposal_form import completed
from pathways.decide.proposals import tell
from pathways.decide.records import Task
from pathways.decide.run import Answer
from pathways.decide.tasks import (
    close_task,
    form_of,
    parts,
    proposal_of,
    put,
    restart_ladder,
    stop_ladder,
    title_of,
)
from pathways.decide.texts import text
from pathways.lang.plan_say import role_words

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run


def task_verb(run: Run, event: Event, body: TaskVerb) -> None:
    """A person acts on a task."""
    joined.begin(run)
    task = run.state.tasks.get(body.task)
    if task is None:
        run.refuse(event.id, "no_task")
        return
    task = joined.shown(run, task)
    act = _VERBS.get(body.verb)
    if act is None:
        run.refuse(event.id, "unknown_verb", verb=body.verb)
        return
    case = run.cases[task.enrolment]
    wrong = act(case, task, event, body)
    if wrong is not None:
        code, values = wrong
        run.refuse(event.id, code, **values)
        return
    run.accept(event.id)


Wrong = tuple[str, dict[str, object]] | tuple[str, dict[str, str]] | None


def _changed(case: Case, task: Task, event: Event, body: TaskVerb, key: str, **values: object) -> None:
    put(case, task)
    case.run.live.schedule("tasks", task)
    words = text(key, title=title_of(task), **values)
    case.run.timeline(
        case,
        key,
        task.source,
        words,
        key=f"{task.key}:{body.verb}:{event.id}",
        weight=2,
        why=body.reason,
        data={"task": task.key, "by": body.by},
    )


def _claim(case: Case, task: Task, event: Event, body: TaskVerb) -> Wrong:
    if conference.conference_of(case, task) is not None:
        return "for_several", {}
    if task.claimed_by and task.claimed_by != body.by:
        return "claimed_by_other", {}
    task.status, task.claimed_by, task.snoozed = "claimed", body.by, None
    stop_ladder(task)
    _changed(case, task, event, body, "task_claimed")
    return None


def _release(case: Case, task: Task, event: Event, body: TaskVerb) -> Wrong:
    if task.status != "claimed":
        return "not_claimed", {}
    if task.claimed_by != body.by:
        return "claimed_by_other", {}
    task.status, task.claimed_by = "open", ""
    restart_ladder(case, task)
    _changed(case, task, event, body, "task_released")
    return None


def _reassign(case: Case, task: Task, event: Event, body: TaskVerb) -> Wrong:
    if conference.conference_of(case, task) is not None:
        return "for_several", {}
    plans = [case.run.cases[t.enrolment].plan for t in (task, *parts(case.run, task))]
    roles = tuple(dict.fromkeys(role for plan in plans for role in plan.roles))
    if not body.to_role or (roles and body.to_role not in roles):
        return "needs_role", {"roles": ", ".join(roles)}
    task.role, task.status, task.claimed_by = body.to_role, "open", ""
    if task.rung_at is None:
        restart_ladder(case, task)
        task.role = body.to_role
    _changed(case, task, event, body, "task_moved", role=role_words(body.to_role))
    return None


def _snooze(case: Case, task: Task, event: Event, body: TaskVerb) -> Wrong:
    if task.level == "red":
        return "red_no_snooze", {}
    if body.until is None or body.until <= case.run.at:
        return "needs_until", {}
    task.snoozed = body.until.astimezone(UTC)
    stop_ladder(task)
    _changed(case, task, event, body, "task_snoozed")
    return None


def _sign(case: Case, task: Task, event: Event, body: TaskVerb) -> Wrong:
    """One role has seen the case. The signature that is still needed closes it, with the form."""
    held = conference.conference_of(case, task)
    if held is None:
        return "nothing_to_sign", {}
    wrong = conference.refused(task, held, body)
    if wrong is not None:
        return wrong
    if conference.closes(task, held):
        return _complete(case, task, event, body)
    if body.form:
        return "form_by_the_last", {}
    conference.sign(case, task, body)
    assert body.role is not None
    _changed(case, task, event, body, "task_signed", role=role_words(body.role))
    return None


def _complete(case: Case, task: Task, event: Event, body: TaskVerb) -> Wrong:
    if task.claimed_by and task.claimed_by != body.by:
        return "claimed_by_other", {}
    held = conference.conference_of(case, task)
    refused = None if held is None else conference.not_closed(task, held, body)
    if refused is not None:
        return refused
    filled, wrong = joined.checked(case.run, task, body.form, body.by)
    if wrong is not None:
        return wrong
    if held is not None:
        conference.sign(case, task, body)
        _changed(case, task, event, body, "task_signed", role=role_words(body.role or ""))
    form = {name: value for _, own in reversed(filled) for name, value in own.items()}
    others = parts(case.run, task)
    case.run.answer = Answer(event.id, frozenset("s:" + part.id for part in (task, *others)))
    fields = form_of(case, task)
    proposal = proposal_of(case, task)
    if proposal is not None:
        form = completed(proposal, task.proposal, form)
        tell(case, proposal, task, form, body.by)
    close_task(case, task, "done", by=body.by, form=form, whole=True)
    o = case.run.state.occurrences.get(task.occurrence) if task.occurrence else None
    if o is not None and o.lesson:
        teach.marked(case, o, form)
    elif o is not None and case.index.steps[o.step].body.kind == "advise":
        advice.decided(case, o, form)
    elif o is not None:
        end(case, o, "done", form=form, weight=3)
    handoffs.signed(case, task, body.by)
    take_readings(case.run, case, forms.take_over(case, fields, form, body.by, event.id))
    if task.episode:
        rules.task_closed(case, task)
    taken = set(filled[0][1])
    for part, own in filled[1:]:
        _complete_too(case.run.cases[part.enrolment], part, own, taken, event, body)
        taken |= set(own)
    return None


def _complete_too(case: Case, part: Task, form: dict[str, Any], taken: set[str], event: Event, body: TaskVerb) -> None:
    """Another pathway that wanted the same of a person: done too, by its own rules; a reading is taken over once."""
    close_task(case, part, "done", by=body.by, form=form)
    found = forms.take_over(case, form_of(case, part), form, body.by, event.id)
    take_readings(case.run, case, [row for row in found if row[1].rpartition(".")[2] not in taken])
    if part.episode:
        rules.task_closed(case, part)


def _cancel(case: Case, task: Task, event: Event, body: TaskVerb) -> Wrong:
    if not body.reason:
        return "needs_reason", {}
    _give_up(case, task, body.by, body.reason, "could not")
    return None


def _give_up(case: Case, task: Task, by: str, why: str, ended: str) -> None:
    """Close a task undone, with its occurrence and its episode; those of other pathways that it stands for too."""
    others = parts(case.run, task)
    close_task(case, task, "cancelled", by=by, why=why, whole=True)
    o = case.run.state.occurrences.get(task.occurrence) if task.occurrence else None
    if o is not None:
        end(case, o, "cancelled", ended)
    handoffs.signed(case, task, "")
    if task.episode:
        rules.task_closed(case, task)
    for part in others:
        there = case.run.cases[part.enrolment]
        close_task(there, part, "cancelled", by=by, why=why)
        rules.task_closed(there, part)


def _attempt(case: Case, task: Task, event: Event, body: TaskVerb) -> Wrong:
    """Nobody was reached: try again later, or do what is done when it was in vain."""
    attempts = case.index.attempts.get(task.source) or case.index.attempts.get(task.id)
    if attempts is None:
        return "no_attempts", {}
    if task.claimed_by and task.claimed_by != body.by:
        return "claimed_by_other", {}
    task.attempts += 1
    if task.attempts < attempts.at_most:
        task.status, task.claimed_by = "open", ""
        task.snoozed = case.after(case.run.at, attempts.apart, task.role)
        stop_ladder(task)
        _changed(case, task, event, body, "task_attempt", number=task.attempts, most=attempts.at_most)
        return None
    _give_up(case, task, body.by, "not reached", "not reached")
    case.follow.append((task.source, attempts.then, f"{task.key}:attempts"))
    case.touch("s:" + task.id)
    return None


_VERBS = {
    "attempt": _attempt,
    "claim": _claim,
    "release": _release,
    "reassign": _reassign,
    "snooze": _snooze,
    "complete": _complete,
    "sign": _sign,
    "cancel": _cancel,
}

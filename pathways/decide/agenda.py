"""What comes next: when the journey must be woken, what people are told of it, and the timeline ahead.

Most instants need no wake: reminders are conditional rows of the outbox, and an occurrence that nobody waits for is
settled, at its logical time, with the next tick.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pathways.decide.live import alarm_next, enrolment_next, episode_next, handoff_next, rule_next, task_next
from pathways.decide.records import Alarm, Occurrence, Task
from pathways.decide.tasks import title_of
from pathways.decide.texts import text
from pathways.lang.plan import AskBody, DoseBody, MeasureBody, TeachBody, VisitBody
from pathways.lang.plan_base import Text

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run


@dataclass(frozen=True, slots=True)
class Ahead:
    """Something that is planned. ``path``: the author's place; ``what``: a coded word (occurrence, phase_end,
    deadline, task_late, rung, repeat, planning …)."""

    at: datetime
    what: str
    path: str
    text: Text
    enrolment: str | None = None
    key: str = ""


def next_wake(run: Run) -> Ahead | None:
    """The next instant at which something must be decided."""
    best: Ahead | None = None
    for found in _wakes(run):
        if best is None or (found.at, found.what, found.path, found.key) < (best.at, best.what, best.path, best.key):
            best = found
    return best


def _wakes(run: Run) -> list[Ahead]:
    out: list[Ahead] = []
    state = run.state
    for case in run.cases.values():
        due = enrolment_next(case.en)
        if due is not None:
            assert case.phase is not None
            title = case.phase.phase.title
            out.append(Ahead(due[0], "phase_end", case.phase.phase.path, text("next_phase_end", phase=title), case.id))
        out.extend(_silence(run, case))
    for o in state.occurrences.values():
        case = run.cases[o.enrolment]
        at = wake_at(case, o)
        if at is not None:
            out.append(Ahead(at, "occurrence", o.step, case.index.steps[o.step].title, o.enrolment, o.key))
    for task in state.tasks.values():
        due = task_next(task)
        if due is not None:
            out.append(_of_task(task, due[0]))
    for episode in state.episodes.values():
        due = episode_next(episode)
        if due is not None:
            out.append(
                Ahead(due[0], "repeat", f"rules.{episode.rule}", text("next_repeat"), episode.enrolment, episode.key)
            )
    for memory in state.rules.values():
        due = rule_next(memory)
        if due is not None:
            name = memory.key.split("|", 1)[1]
            out.append(
                Ahead(due[0], "follow", f"rules.{name}", text("next_follow", rule=name), memory.key.split("|")[0])
            )
    for handoff in state.handoffs.values():
        due = handoff_next(handoff)
        if due is not None:
            title = run.cases[handoff.enrolment].index.steps[handoff.step].title
            out.append(
                Ahead(
                    due[0], "deadline", handoff.step, text("next_deadline", step=title), handoff.enrolment, handoff.key
                )
            )
    for alarm in state.alarms.values():
        due = alarm_next(alarm)
        if due is not None:
            out.append(
                Ahead(due[0], alarm.what, alarm.subject, _of_alarm(run, alarm), alarm.enrolment or None, alarm.key)
            )
    return out


def _of_task(task: Task, at: datetime) -> Ahead:
    rung = task.rung_at == at
    words = text("next_rung") if rung else text("next_late", title=title_of(task))
    return Ahead(at, "rung" if rung else "task_late", task.source, words, task.enrolment, task.key)


def _of_alarm(run: Run, alarm: Alarm) -> Text:
    if alarm.what == "quota":
        return text("next_quota")
    if alarm.what == "fact":
        return text("next_fact", what=alarm.subject)
    if alarm.what == "block":
        return run.cases[alarm.enrolment].index.steps[alarm.subject].title
    return text("next_planning")


def wake_at(case: Case, o: Occurrence) -> datetime | None:
    """When an occurrence itself needs a decision: people's work, partners and messages when they are due; visits
    when they open and are missed; what the patient does by themselves only where its ending is waited for."""
    body = case.index.steps[o.step].body
    if isinstance(body, MeasureBody | DoseBody | AskBody | TeachBody):
        waited = (
            case.index.steps[o.step].id in case.index.endings
            or (case.en.ending is not None and o.visit == case.en.visit)
            or bool(o.block)
        )
        if isinstance(body, AskBody | MeasureBody) and not o.block and waited:
            return o.missed
        return o.missed if waited and not o.block else None
    if isinstance(body, VisitBody):
        return o.opens if o.state == "planned" else o.missed
    return (o.opens or o.due) if o.state == "planned" else None


def _silence(run: Run, case: Case) -> list[Ahead]:
    """The earliest instants at which so many would be missed in a row if nothing comes in."""
    out: list[Ahead] = []
    if case.en.status != "active" or case.en.stopped:
        return out
    for step_id, thresholds in case.index.silence.items():
        path = case.path_of(step_id, None)
        if path is None:
            continue
        memory = case.step_run(path)
        tail = memory.tail if memory is not None else ""
        streak = len(tail) - len(tail.rstrip("m"))
        pending = sorted(o.missed for o in run.occurrences_of(case, path) if o.missed is not None)
        for times in thresholds:
            if 0 <= times - streak - 1 < len(pending):
                at = pending[times - streak - 1]
                out.append(Ahead(at, "silence", path, case.index.steps[path].title, case.id))
                break
    return out


def urgent_until(run: Run) -> datetime | None:
    """Until when a repeat measurement or a rung of a red ladder is awaited."""
    found = [e.until for e in run.state.episodes.values() if e.state == "awaiting" and e.until is not None]
    found += [t.rung_at for t in run.state.tasks.values() if t.level == "red" and t.rung_at is not None]
    return max(found) if found else None


def ahead(run: Run, days: int) -> list[Ahead]:
    """Everything that is planned for the next days, in order of time."""
    until = run.state.clock + timedelta(days=days)
    out = [found for found in _wakes(run) if found.what not in {"plan", "silence", "occurrence"}]
    for o in run.state.occurrences.values():
        if o.due is not None and o.state != "late":
            step = run.cases[o.enrolment].index.steps[o.step]
            out.append(Ahead(o.due, "occurrence", o.step, step.title, o.enrolment, o.key))
    found = [a for a in out if run.state.clock <= a.at <= until]
    return sorted(found, key=lambda a: (a.at, a.what, a.path, a.key))

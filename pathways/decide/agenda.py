"""What comes next: when the journey must be woken, what people are told of it, and the timeline ahead.

Most instants need no wake: reminders are conditional rows of the outbox, and an occurrence that nobody waits for is
settled, at its logical time, with the next tick.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pathways.decide.index import QUIET
from pathways.decide.live import enrolment_next, episode_next, handoff_next, rule_next, task_next
from pathways.decide.records import Occurrence
from pathways.decide.rule_title import title
from pathways.decide.tasks import title_of
from pathways.decide.texts import plain, text
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
    found = min(_wakes(run), default=None)
    return None if found is None else _described(run, found)


PATIENCE = timedelta(hours=18)
"""How long planning waits for another reason to wake: a day more than a week is planned already (`steps.SLACK`), so
nothing comes late, and most weeks planning costs no wake of its own."""

Due = tuple[datetime, str, str, str, str]
"""Instant, coded word, author's place, key of the record, enrolment: in this order the earliest is chosen."""


def _wakes(run: Run) -> list[Due]:
    out: list[Due] = []
    for case in run.cases.values():
        due = enrolment_next(case.en)
        if due is not None and case.phase is not None:
            out.append((due[0], "phase_end", case.phase.phase.path, case.id, case.id))
        out.extend(_silence(run, case))
    for (eid, path), keys in run.live.by_step.items():
        if not keys:
            continue
        case = run.cases[eid]
        if path in case.index.quiet and case.en.ending is None:
            continue
        for key in keys:
            at = wake_at(case, run.state.occurrences[key])
            if at is not None:
                out.append((at, "occurrence", path, key, eid))
    for alarm in run.state.alarms.values():
        if alarm.at is not None:
            at = alarm.at + PATIENCE if alarm.what == "plan" else alarm.at
            out.append((at, alarm.what, alarm.subject, alarm.key, alarm.enrolment))
    _of_people(run, out)
    return out


def _of_people(run: Run, out: list[Due]) -> None:
    """What people and partners are waited for."""
    state = run.state
    for task in state.tasks.values():
        due = task_next(task)
        if due is not None:
            what = "rung" if task.rung_at == due[0] else "task_late"
            out.append((due[0], what, task.source, task.key, task.enrolment))
    for episode in state.episodes.values():
        due = episode_next(episode)
        if due is not None:
            out.append((due[0], "repeat", f"rules.{episode.rule}", episode.key, episode.enrolment))
    for memory in state.rules.values():
        due = rule_next(memory)
        if due is not None:
            eid, name = memory.key.split("|", 1)
            out.append((due[0], "follow", f"rules.{name}", memory.key, eid))
    for handoff in state.handoffs.values():
        due = handoff_next(handoff)
        if due is not None:
            out.append((due[0], "deadline", handoff.step, handoff.key, handoff.enrolment))


def _described(run: Run, due: Due) -> Ahead:
    at, what, path, key, eid = due
    return Ahead(at, what, path, _words(run, due), eid or None, key)


def _words(run: Run, due: Due) -> Text:
    """What is due, for people."""
    at, what, path, key, eid = due
    case = run.cases.get(eid)
    step = case.index.steps.get(path) if case is not None else None
    if what == "phase_end" and case is not None and case.phase is not None:
        return text("next_phase_end", phase=case.phase.phase.title)
    if what == "task_late":
        return text("next_late", title=title_of(run.state.tasks[key]))
    if what == "follow":
        rule = case.index.rules.get(path.split(".", 1)[1]) if case is not None else None
        return text("next_follow", rule=plain(path) if rule is None else title(rule.rule))
    if what == "fact":
        fact = case.plan.facts.get(path.split(".", 1)[-1]) if case is not None else None
        return text("next_fact", what=plain(path) if fact is None or fact.ask_text is None else fact.ask_text)
    if step is not None:
        return text("next_deadline", step=step.title) if what == "deadline" else _edge(run, key, at, step.title)
    return text({"rung": "next_rung", "repeat": "next_repeat", "quota": "next_quota"}.get(what, "next_planning"))


def _edge(run: Run, key: str, at: datetime, step: Text) -> Text:
    """An occurrence at an instant: its window opens or closes, or it is simply due."""
    o = run.state.occurrences.get(key)
    if o is None or at == o.due:
        return step
    return text("next_opens", step=step) if at == o.opens else text("next_closes", step=step)


def wake_at(case: Case, o: Occurrence) -> datetime | None:
    """When an occurrence itself needs a decision: people's work, partners and messages when they are due; visits
    when they open and are missed; what the patient does by themselves only where its ending is waited for."""
    step = case.index.steps[o.step]
    kind = step.body.kind
    if kind in QUIET:
        if o.block and not step.missed:
            return None
        ending = case.en.ending is not None and o.visit == case.en.visit
        return o.missed if ending or step.id in case.index.endings else None
    if kind in {"visit", "group"}:
        return o.opens if o.state == "planned" else o.missed
    return (o.opens or o.due) if o.state == "planned" else None


def _silence(run: Run, case: Case) -> list[Due]:
    """The earliest instants at which so many would be missed in a row if nothing comes in."""
    out: list[Due] = []
    if case.en.status != "active" or case.en.stopped:
        return out
    for step_id, thresholds in case.index.silence.items():
        path = case.path_of(step_id, None)
        if path is None:
            continue
        alive = run.alive(case, path)
        if not alive:
            continue
        memory = case.step_run(path)
        tail = memory.tail if memory is not None else ""
        streak = len(tail) - len(tail.rstrip("m"))
        if thresholds[-1] <= streak:
            continue  # all of them have come true
        pending = sorted([o.missed for o in alive if o.missed is not None])
        for times in thresholds:
            if 0 <= times - streak - 1 < len(pending):
                out.append((pending[times - streak - 1], "silence", path, "", case.id))
                break
    return out


def urgent_until(run: Run) -> datetime | None:
    """Until when a repeat measurement or a rung of a red ladder is awaited."""
    found = [due[0] for e in run.state.episodes.values() if (due := episode_next(e)) is not None]
    found += [t.rung_at for t in run.state.tasks.values() if t.level == "red" and t.rung_at is not None]
    return max(found) if found else None


def ahead(run: Run, days: int) -> list[Ahead]:
    """Everything that is planned for the next days, in order of time."""
    until = run.state.clock + timedelta(days=days)
    out = [due for due in _wakes(run) if due[1] not in {"plan", "silence", "occurrence"}]
    for o in run.state.occurrences.values():
        if o.due is not None and o.state != "late":
            out.append((o.due, "occurrence", o.step, o.key, o.enrolment))
    return [_described(run, due) for due in sorted(out) if run.state.clock <= due[0] <= until]

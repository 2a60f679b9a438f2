"""One task for one problem: red rules of several pathways that fire on one reading open one task for a person.

Each pathway keeps its own record of it, so that its episode ends by its own rules. One of them, whose ladder reaches
somebody first, stands for all (``Task.with_`` of the others names it): people see that one, under the names of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pathways.decide import forms
from pathways.decide.records import Task
from pathways.decide.tasks import announce, fields_of, form_of, on_duty, opened, parts, put
from pathways.decide.texts import made, text

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

Json = Any
NEVER = datetime.max.replace(tzinfo=UTC)


def begin(run: Run) -> None:
    """Begin the red tasks that were opened at this instant: those of one reading together."""
    opening, run.opening = run.opening, []
    by_reading: dict[str, list[Task]] = {}
    for key, reading in opening:
        if key in run.state.tasks:
            by_reading.setdefault(reading, []).append(run.state.tasks[key])
    for tasks in by_reading.values():
        waiting = sorted(tasks, key=lambda task: pace(_case(run, task), task))  # equally fast: in order of enrolment
        while waiting:
            group = [waiting[0]]
            for task in waiting[1:]:
                if _fits(run, group, task):
                    group.append(task)
            waiting = [task for task in waiting if task not in group]
            _begin(run, group)


def begin_alone(run: Run, task: Task) -> None:
    """Begin one that ends before others of its reading were looked at."""
    if any(key == task.key for key, _ in run.opening):
        run.opening = [row for row in run.opening if row[0] != task.key]
        announce(_case(run, task), task, at_once=True)


def _begin(run: Run, group: list[Task]) -> None:
    lead, *others = group
    for task in others:
        task.with_ = lead.key
    _name(run, lead, others)
    announce(_case(run, lead), lead, at_once=True)
    for task in others:
        words = text("task_joined", title=_own(task), other=_title(lead))
        data = {"task": task.key, "id": task.id, "with": lead.key, "level": task.level}
        run.timeline(_case(run, task), "task_joined", task.source, words, key=f"{task.key}:joined", weight=5, data=data)


def pace(case: Case, task: Task) -> tuple[datetime, ...]:
    """When a ladder would tell people if nobody answered, and when it would end loud: the earlier, the faster."""
    rungs = case.plan.ladders[task.ladder].rungs
    at, found = case.run.floor, list[datetime]()
    for number, rung in enumerate(rungs):
        role = on_duty(case, rung.tell, at)
        if role is None:
            continue
        for _ in range(1 + (rung.repeat if number == len(rungs) - 1 else 0)):
            found.append(at)
            at = case.after(at, rung.answer_within, role) or NEVER
    return (*found, at) if found else (NEVER,)


def _fits(run: Run, group: Sequence[Task], task: Task) -> bool:
    """One of each pathway, and no field of a form that asks something else under the same name."""
    if any(other.enrolment == task.enrolment for other in group):
        return False
    asked = {field.id: field for other in group for field in form_of(_case(run, other), other)}
    return all(asked.get(field.id, field) == field for field in form_of(_case(run, task), task))


# --------------------------------------------------------------------------- who belongs together


def shown(run: Run, task: Task) -> Task:
    """The task that people see for this one."""
    return run.state.tasks.get(task.with_, task) if task.with_ else task


def closed(run: Run, task: Task) -> None:
    """A pathway took its task back: what others want of a person goes on."""
    if task.with_:
        lead = run.state.tasks.get(task.with_)
        if lead is not None:
            _name(run, lead, parts(run, lead))
            put(_case(run, lead), lead)
    elif task.alone:
        others = sorted(parts(run, task), key=lambda other: pace(_case(run, other), other))
        if others:
            _go_on(run, task, others)


def _go_on(run: Run, gone: Task, others: list[Task]) -> None:
    """One of the others stands for the rest from now on: who has claimed it keeps it, else its own ladder begins."""
    lead, *rest = others
    lead.with_ = ""
    for task in rest:
        task.with_ = lead.key
    _name(run, lead, rest)
    if gone.claimed_by:
        lead.status, lead.claimed_by, lead.rung = gone.status, gone.claimed_by, 0  # a release begins its ladder
    else:
        lead.rung_at = run.at
    case = _case(run, lead)
    put(case, lead)
    opened(case, lead)
    run.live.schedule("tasks", lead)


def checked(
    run: Run, lead: Task, given: dict[str, Json], by: str
) -> tuple[list[tuple[Task, dict[str, Json]]], tuple[str, dict[str, str]] | None]:
    """What was filled in, for each pathway its own fields by its own rules; the code of what is wrong."""
    out: list[tuple[Task, dict[str, Json]]] = []
    everything = {field.id for field in fields_of(run, lead)}
    for task in (lead, *parts(run, lead)):
        case = _case(run, task)
        fields = form_of(case, task)
        own = {field.id for field in fields}
        unknown = {name for name in given if name not in everything}
        form, wrong = forms.checked(case, fields, {k: v for k, v in given.items() if k in own | unknown}, by)
        if wrong is not None:
            return [], wrong
        out.append((task, form))
    return out, None


# --------------------------------------------------------------------------- words


def _case(run: Run, task: Task) -> Case:
    return run.cases[task.enrolment]


def _own(task: Task) -> Any:
    return made(*(task.alone or task.title))


def _title(task: Task) -> Any:
    return made(*task.title)


def _name(run: Run, lead: Task, others: Sequence[Task]) -> None:
    """The title names every problem with its pathway; one problem of one name once."""
    own = lead.alone or lead.title
    if not others:
        lead.title, lead.alone = own, []
        return
    lead.alone = own
    pathways: dict[tuple[str, str], dict[str, Any]] = {}  # own title -> its pathways, each once
    for task in sorted((lead, *others), key=lambda task: _case(run, task).en.number):
        en, zh = task.alone or task.title
        plan = _case(run, task).plan
        pathways.setdefault((en, zh), {})[plan.id] = plan.title
    said = [
        text(
            "task_of",
            title=made(en, zh),
            pathway=made("; ".join(p.en for p in plans.values()), "；".join(p.zh for p in plans.values())),
        )
        for (en, zh), plans in pathways.items()
    ]
    lead.title = ["; ".join(s.en for s in said), "；".join(s.zh for s in said)]

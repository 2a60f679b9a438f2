"""Tasks of people: opened, told along a ladder, late, closed. Their verbs are in ``task_verbs``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pathways.decide import proposal_form
from pathways.decide.conference import conference_of, look, told
from pathways.decide.contact import tell
from pathways.decide.decisions_seen import Completed
from pathways.decide.effects import PutTask
from pathways.decide.records import Done, Occurrence, Task
from pathways.decide.texts import text, word
from pathways.decide.worktime import is_staffed, next_staffed
from pathways.lang.plan import AskBody, ExerciseBody, FormField, Ladder, Rung, Step, TaskBody, TaskSpec, VisitBody
from pathways.lang.plan_advice import AdviseBody, decision_form
from pathways.lang.plan_base import Duration, Text
from pathways.lang.plan_say import role_words
from pathways.lang.plan_tables import Proposal
from pathways.lang.plan_things import FACT_FIELDS

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

Json = Any


@dataclass(frozen=True, slots=True)
class Work:
    """A task to open. ``ladder`` runs at once when ``at_once``, else when the task is late. ``reading``: on which a
    red rule fired; what other pathways make of it may become one task with this one."""

    key: str
    id: str
    source: str
    title: Text
    role: str
    level: str = "routine"
    due: Duration | None = None
    late: datetime | None = None
    ladder: str | None = None
    at_once: bool = False
    keep: bool = False
    bound: bool = False
    occurrence: str = ""
    episode: str = ""
    fact: str = ""
    reading: str = ""
    proposal: tuple[Json, ...] = ()


def open_task(case: Case, work: Work) -> Task:
    """Open a task (once per key) and start its ladder where it runs at once."""
    run = case.run
    found = run.state.tasks.get(work.key)
    if found is not None:
        return found
    late = work.late
    if late is None and work.due is not None:
        late = case.after(run.floor, work.due, work.role)
    role = work.role if work.at_once or late is None else _in_time(case, work.role, late)
    task = Task(
        key=work.key,
        enrolment=case.id,
        id=work.id,
        source=work.source,
        title=[work.title.en, work.title.zh],
        role=role,
        level=work.level,
        opened=run.floor,
        late=late,
        ladder=work.ladder or "",
        occurrence=work.occurrence,
        episode=work.episode,
        visit=case.en.visit,
        keep=work.keep or work.level in {"red", "amber"},
        bound=work.bound,
        fact=work.fact,
        proposal=list(work.proposal),
    )
    conference = conference_of(case, task)
    if conference is not None:
        look(case, task, conference)
    run.state.tasks[task.key] = task
    if work.reading and len(run.cases) > 1:
        run.opening.append((task.key, work.reading))  # begun before the clock goes on, see ``joined``
    else:
        announce(case, task, at_once=work.at_once)
    return task


def open_for(
    case: Case,
    step: Step,
    o: Occurrence,
    spec: TaskSpec | AdviseBody,
    title: Text,
    *,
    keep: bool = False,
    proposal: tuple[Json, ...] = (),
) -> None:
    """Open the task in which people do an occurrence of a step; the two know each other."""
    task = open_task(
        case,
        Work(
            key=o.key,
            id=step.id,
            source=step.path,
            title=title,
            role=spec.role,
            due=spec.due,
            ladder=spec.ladder,
            keep=keep or step.on_leave == "keep",
            occurrence=o.key,
            proposal=proposal,
        ),
    )
    o.task = task.key


def announce(case: Case, task: Task, *, at_once: bool) -> None:
    """Tell people of a task that was opened; its ladder begins where it runs at once."""
    if at_once and task.ladder:
        _next_rung(case, task, quiet=True)
    put(case, task)
    opened(case, task)
    case.run.live.schedule("tasks", task)


def opened(case: Case, task: Task) -> None:
    """The timeline tells of a new task."""
    case.run.timeline(
        case,
        "task_opened",
        task.source,
        text("task_opened", role=role_words(task.role), title=title_of(task)),
        key=f"{task.key}:opened",
        weight={"red": 9, "amber": 6}.get(task.level, 4),
        data={"task": task.key, "id": task.id, "role": task.role, "level": task.level},
    )


def title_of(task: Task) -> Text:
    """The title in both languages."""
    return Text.model_construct(en=task.title[0], zh=task.title[1])


def form_of(case: Case, task: Task) -> tuple[FormField, ...]:
    """The fields the task asks for."""
    if task.fact:
        return (fact_field(case, task.fact),)
    step = case.index.steps.get(task.source)
    if step is not None and step.body.kind == "advise" and task.occurrence:
        said = case.run.state.steps[f"{case.id}|{step.path}"].proposal
        return decision_form(Text.model_construct(en=str(said.get("en", "")), zh=str(said.get("zh", ""))))
    proposal = proposal_of(case, task)
    if proposal is not None:
        return proposal_form.fields(proposal, task.proposal)
    spec = case.index.tasks.get(task.source) or case.index.tasks.get(task.id)
    return spec.form if spec is not None else ()


def parts(run: Run, lead: Task) -> list[Task]:
    """The tasks of other pathways that this one stands for, in order of enrolment."""
    found = [task for task in run.state.tasks.values() if task.with_ == lead.key] if lead.alone else []
    return sorted(found, key=lambda task: (run.cases[task.enrolment].en.number, task.key))


def fields_of(run: Run, task: Task) -> tuple[FormField, ...]:
    """The fields that people fill in: its own, and those of the tasks of other pathways that it stands for."""
    found: dict[str, FormField] = {}
    for part in (task, *parts(run, task)):
        for field in form_of(run.cases[part.enrolment], part):
            found.setdefault(field.id, field)
    return tuple(found.values())


def proposal_of(case: Case, task: Task) -> Proposal | None:
    """The table of the step ``decide`` that a task is of."""
    step = case.index.steps.get(task.source) if task.proposal else None
    return step.body.proposal if step is not None and isinstance(step.body, TaskBody) else None


def form_fields(case: Case, place: str) -> tuple[FormField, ...]:
    """The fields of a step (its path) or of a task that an action opens (its id)."""
    spec = case.index.tasks.get(place)
    if spec is not None:
        return spec.form
    step = case.index.steps.get(place)
    return step.body.form if step is not None and isinstance(step.body, AskBody | ExerciseBody | VisitBody) else ()


def fact_field(case: Case, fact: str) -> FormField:
    """A fact as a field of a form."""
    spec = case.plan.facts[fact]
    options = spec.options or (("female", "male") if spec.type == "sex" else ())
    return FormField(
        id=fact,
        type="one_of" if spec.type == "sex" else FACT_FIELDS.get(spec.type, spec.type),
        label=spec.ask_text,
        options={o: Text(en=o, zh=o) for o in options},
        unit=spec.unit,
        fact=fact,
    )


def field_json(field: FormField) -> dict[str, Json]:
    """A question as it is told: without defaults, but its conditions whole, to be read again."""
    out: dict[str, Json] = field.model_dump(mode="json", exclude_defaults=True)
    for name, cond in (("ask_if", field.ask_if), ("required_if", field.required_if)):
        if name in out and cond is not None:
            out[name] = cond.model_dump(mode="json")
    return out


def put(case: Case, task: Task, **closed: Any) -> None:
    """Tell the world how the task stands."""
    assert task.opened is not None
    form = tuple(field_json(field) for field in fields_of(case.run, task))
    case.run.emit(
        PutTask(
            key=task.key,
            enrolment=task.enrolment,
            source=task.source,
            title=title_of(task),
            role=task.role,
            level=task.level,
            status=closed.pop("status", task.status),
            opened=task.opened,
            due=task.late,
            form=form,
            claimed_by=task.claimed_by or None,
            episode=task.episode or None,
            joined=tuple(part.id for part in parts(case.run, task)),
            conference=told(case, task),
            **closed,
        )
    )


def close_task(
    case: Case,
    task: Task,
    outcome: str,
    *,
    by: str,
    form: dict[str, Json] | None = None,
    why: str | None = None,
    whole: bool = False,
) -> None:
    """End a task: ``done`` or ``cancelled``. What follows from it is the caller's.

    ``whole``: a person ended it for every pathway that it stands for, whose own tasks the caller closes too.
    """
    from pathways.decide import joined  # it opens tasks

    run = case.run
    joined.begin_alone(run, task)
    del run.state.tasks[task.key]
    status = "done" if outcome == "done" else "cancelled"
    if not task.with_:
        put(case, task, status=status, answers=form or {}, closed=run.floor, closed_by=by, why=why)
    title = title_of(task)
    if outcome == "done":
        words = text("task_done", title=title)
    else:
        words = text("task_cancelled", title=title, why=word("why", why or "not needed"))
    run.timeline(
        case,
        f"task_{status}",
        task.source,
        words,
        key=f"{task.key}:{status}",
        weight=3,
        why=why,
        data={"task": task.key, "id": task.id, "by": by},
    )
    if not task.occurrence:
        key = f"{case.id}|{task.id}"
        run.state.results[key] = Done(key=key, visit=task.visit, outcome=outcome, at=run.at, form=form or {})
        case.touch("s:" + task.id)
        if outcome == "done" and task.id in case.index.decided:
            case.completed.append(Completed(task.id, form or {}, run.at, task.visit))
    if not whole:
        joined.closed(run, task)


# --------------------------------------------------------------------------- ladders


def due(case: Case, task: Task) -> None:
    """An instant of the task has come: the next rung, the end of a snooze, lateness."""
    at = case.run.at
    if task.snoozed is not None and task.snoozed <= at:
        task.snoozed = None
        if task.rung >= 0:
            restart_ladder(case, task)
        elif task.ladder and task.is_late:
            _next_rung(case, task)
    elif task.rung_at is not None and task.rung_at <= at:
        _next_rung(case, task)
    elif task.late is not None and task.late <= at and not task.is_late:
        _late(case, task)
    put(case, task)
    case.run.live.schedule("tasks", task)


def _late(case: Case, task: Task) -> None:
    task.is_late = True
    words = text("task_late", title=title_of(task))
    case.run.timeline(case, "task_late", task.source, words, key=f"{task.key}:late", weight=5, data={"task": task.key})
    if task.ladder and task.rung < 0 and task.snoozed is None:
        _next_rung(case, task)


def _in_time(case: Case, role: str, late: datetime) -> str:
    """The role that a task is opened for: where nobody of its own is on duty before it is late, who covers for it."""
    for one in _covering(case, role):
        first = next_staffed(one, case.run.floor, case.run.site)
        if first is not None and first < late:
            return one
    return role


def on_duty(case: Case, role: str, at: datetime) -> str | None:
    """The role that answers for a role at an instant: itself, or who covers; None when nobody is on duty."""
    return next((one for one in _covering(case, role) if is_staffed(one, at, case.run.site)), None)


def _covering(case: Case, role: str) -> Iterator[str]:
    """A role, who covers for it, who covers for them: each once."""
    seen = set[str]()
    current: str | None = role
    while current is not None and current not in seen:
        seen.add(current)
        yield current
        known = case.run.site.roles.get(current)
        current = known.cover if known is not None else None


def _next_rung(case: Case, task: Task, *, quiet: bool = False) -> None:
    """Tell the next role that is on duty; repeat the last; at the top raise an incident."""
    ladder = case.plan.ladders[task.ladder]
    last = len(ladder.rungs) - 1
    if task.rung == last:
        rung = ladder.rungs[last]
        if task.again < rung.repeat:
            task.again += 1
            _tell(case, task, rung, on_duty(case, rung.tell, case.run.at) or rung.tell, quiet=quiet)
        else:
            _top(case, task, ladder)
        return
    for number in range(task.rung + 1, last + 1):
        rung = ladder.rungs[number]
        role = on_duty(case, rung.tell, case.run.at)
        if role is not None:
            task.rung = number
            _tell(case, task, rung, role, quiet=quiet)
            return
        if rung.off_duty == "wait" and task.level != "red":
            break
    _nobody(case, task, ladder, quiet=quiet)


def _nobody(case: Case, task: Task, ladder: Ladder, *, quiet: bool) -> None:
    """No role left on the ladder is on duty: red tells the last one all the same and is a loud failure; others
    wait for the first who comes."""
    run = case.run
    rung = ladder.rungs[-1]
    if task.level == "red":
        task.rung = len(ladder.rungs) - 1
        run.incident(f"{task.key}:nobody{_cycle(task)}", text("nobody", title=title_of(task)))
        _tell(case, task, rung, rung.tell, quiet=quiet)
        return
    coming = [next_staffed(r.tell, run.at, run.site) for r in ladder.rungs[task.rung + 1 :]]
    known = [at for at in coming if at is not None]
    task.rung_at = min(known) if known else None
    if not known:
        task.exhausted = True
        run.incident(f"{task.key}:nobody{_cycle(task)}", text("nobody", title=title_of(task)))


def _tell(case: Case, task: Task, rung: Rung, role: str, *, quiet: bool) -> None:
    run = case.run
    title = title_of(task)
    if not task.is_late:
        task.role = role
    if role not in task.told:
        task.told.append(role)
    words = text("told_late" if task.is_late else "told", title=title)
    place = f"{task.rung}:{task.again}{_cycle(task)}"
    tell(run, case, role, key=f"{task.key}:rung:{place}", template="told", words=words, channels=rung.by)
    task.rung_at = case.after(run.floor, rung.answer_within, role)
    if not quiet or task.again:
        run.timeline(
            case,
            "rung",
            task.source,
            text("rung", role=role_words(role), title=title),
            key=f"{task.key}:told:{place}",
            weight=7,
            data={"task": task.key, "role": role},
        )


def _cycle(task: Task) -> str:
    """Each time the ladder begins again its keys are new."""
    return f":{task.cycle}" if task.cycle else ""


def _top(case: Case, task: Task, ladder: Ladder) -> None:
    """The top of the ladder did not answer."""
    task.rung_at = None
    task.exhausted = True
    if ladder.rungs[-1].then == "incident" or task.level == "red":
        words = text("incident", title=title_of(task))
        case.run.incident(f"{task.key}:incident{_cycle(task)}", words)
        case.run.timeline(
            case, "incident", task.source, words, key=f"{task.key}:top{_cycle(task)}", data={"task": task.key}
        )


def stop_ladder(task: Task) -> None:
    """Somebody answered."""
    task.rung_at = None


def restart_ladder(case: Case, task: Task) -> None:
    """The task was given back: tell again from the first rung, where the ladder had begun."""
    if task.ladder and task.rung >= 0:
        task.rung, task.again, task.exhausted = -1, 0, False
        task.cycle += 1
        _next_rung(case, task)

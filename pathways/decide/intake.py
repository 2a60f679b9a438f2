"""Readings and answers of the patient: to which occurrence they belong, and what they finish."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pathways.decide import doses, exercise, forms, instruments, teach, windows
from pathways.decide.events import Answered, Event, Reading
from pathways.decide.occurrences import end
from pathways.decide.readings import accepted, numbers, spontaneous_take
from pathways.decide.records import Kept, Occurrence
from pathways.decide.run import Answer
from pathways.decide.state import MAX_READINGS
from pathways.decide.tasks import Work, open_task
from pathways.decide.texts import text, word
from pathways.lang.plan import AskBody, DoseBody, ExerciseBody, Step, TeachBody
from pathways.lang.plan_base import Duration

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

Json = Any
MAX_TAIL = 20
"""Readings kept per measure when no pathway runs."""
REPLY = "reply"
"""The task in which somebody reads what a patient wrote back."""
LONGEST_REPLY = 300
"""Characters of a reply that stand in the title of its task."""
A_WORKING_DAY = Duration(amount=1, unit="working_day")
"""In which somebody reads what the patient wrote."""
OPEN = frozenset({"open", "due", "late"})
ANSWERS = {
    "ask": {"done", "partly"},
    "teach": {"read", "passed", "done"},
    "dose": {"taken", "not_taken"},
    "exercise": {"done", "stopped"},
}


def reading(run: Run, event: Event, body: Reading) -> Kept | None:
    """Take over a reading. Returns it when rules are to judge it."""
    if body.status == "entered_in_error":
        remove(run, body.replaces or event.id)
        return None
    if body.replaces is not None:
        remove(run, body.replaces)
    if body.quality != "ok":
        words = text("reading_refused", why=word("why", body.quality))
        run.timeline(
            None,
            "reading_refused",
            body.measure,
            words,
            key=f"{run.state.journey}:reading:{event.id}",
            why=body.quality,
        )
        return None
    cases = [c for c in run.cases.values() if body.measure in c.index.measures_of]
    if not cases:
        words = text("reading_refused", why=word("why", "no_measure"))
        run.timeline(None, "reading_unused", body.measure, words, key=f"{run.state.journey}:reading:{event.id}")
        return None
    return keep(run, event.id, body.measure, event.at.astimezone(UTC), body.components, body.context)


def keep(
    run: Run, key: str, measure: str, at: datetime, components: dict[str, Decimal], context: dict[str, str]
) -> Kept:
    """Keep a reading, give it to the open occurrence with the nearest due time, touch what it changes."""
    kept = Kept(key=key, measure=measure, at=at, values=dict(components), context=dict(context))
    finished: list[tuple[Case, Occurrence]] = []
    for case in run.cases.values():
        o = _nearest(case, kept)
        if o is None:
            continue
        if not kept.take:
            kept.take = o.key
        finished.append((case, o))
    if not kept.take:
        kept.take = spontaneous_take(run.live, measure, key, at)
    run.state.readings[key] = kept
    run.live.keep(kept)
    bound(run, measure)
    values = numbers(run, kept)
    run.timeline(
        None,
        "reading",
        measure,
        text("reading", values=values),
        key=f"{run.state.journey}:reading:{key}",
        data={"measure": measure, "occurrence": finished[0][1].key if finished else None},
    )
    for case in run.cases.values():
        for spec in case.index.measures_of.get(measure, ()):
            case.touch("m:" + spec)
            windows.forget(case, spec)
            case.touch(*("d:" + d.id for d in case.index.derived_of.get(spec, ()) if d.judge == "reading"))
    for case, o in finished:
        _count(case, o, kept)
    return kept


def bound(run: Run, measure: str) -> None:
    """No more readings of a measure than the bound; few once no pathway runs."""
    running = any(c.en.status != "ended" for c in run.cases.values())
    rows = run.live.readings[measure]
    over = len(rows) - (MAX_READINGS if running else MAX_TAIL)
    if over > 0:
        for _, key, _ in rows[:over]:
            del run.state.readings[key]
        run.live.readings[measure] = rows[over:]


def _nearest(case: Case, kept: Kept) -> Occurrence | None:
    """The open occurrence of a measure step whose due time is nearest; the earlier of two."""
    assert kept.at is not None
    if case.en.status not in {"active", "paused"}:
        return None
    best: Occurrence | None = None
    for spec in case.index.measures_of.get(kept.measure, ()):
        if not accepted(kept, case.plan.measures[spec]):
            continue
        for path in case.index.measure_steps.get(spec, ()):
            for o in case.run.alive(case, path):
                if o.state not in OPEN or o.due is None or o.opens is None or o.opens > kept.at:
                    continue
                if best is None or _rank(o, kept.at) < _rank(best, kept.at):
                    best = o
    return best


def _rank(o: Occurrence, at: datetime) -> tuple[timedelta, datetime, str]:
    assert o.due is not None
    return abs(o.due - at), o.due, o.key


def _count(case: Case, o: Occurrence, kept: Kept) -> None:
    """A take is complete when so many readings have come, each so long after the one before."""
    assert kept.at is not None
    body = case.index.steps[o.step].body
    assert body.kind == "measure"
    take = case.plan.measures[body.measure].take
    if take.apart is not None and o.readings:
        last = case.run.state.readings.get(o.readings[-1])
        if last is not None and last.at is not None:
            earliest = case.after(last.at, take.apart)
            if earliest is not None and kept.at < earliest:
                return
    o.readings.append(kept.key)
    if len(o.readings) >= take.readings:
        late = o.late is not None and kept.at > o.late
        end(case, o, "done_late" if late else "done")


def remove(run: Run, key: str) -> bool:
    """A reading was entered in error: what is computed from it is computed again. False when it is not kept."""
    kept = run.state.readings.pop(key, None)
    if kept is None:
        return False
    run.live.forget(kept)
    words = text("reading_removed")
    run.timeline(None, "reading_removed", kept.measure, words, key=f"{run.state.journey}:reading:{key}:removed")
    for case in run.cases.values():
        for o in run.state.occurrences.values():
            if o.enrolment == case.id and key in o.readings:
                o.readings = [r for r in o.readings if r != key]
        for spec in case.index.measures_of.get(kept.measure, ()):
            case.touch("m:" + spec)
            windows.forget(case, spec)
            for derived in case.index.derived_of.get(spec, ()):
                _again(case, derived.id, kept)
    return True


def _again(case: Case, derived: str, kept: Kept) -> None:
    """A frozen value that the reading was part of is computed again over what is left."""
    spec = case.plan.derived[derived]
    window = windows.frozen(case, spec) if spec.judge == "block_end" else None
    case.touch("d:" + derived)
    if window is None or window.since is None or window.newest is None or kept.at is None or window.closed is None:
        return
    if window.since <= kept.at <= window.newest:
        windows.close(case, spec, window.closed)


# --------------------------------------------------------------------------- answers


def answered(run: Run, event: Event, body: Answered, found: tuple[Case, Step, Occurrence] | None) -> None:
    """The patient (or somebody for them) answered an ask, a lesson or a dose: the one that was found open, if any."""
    if body.medicine is not None and _as_needed(run, event, body):
        return
    if body.text is not None and (found is None or not isinstance(found[1].body, AskBody)):
        _read_by_somebody(run, event, body, None if found is None else found[0])
        return
    if found is None:
        run.refuse(event.id, "no_occurrence", step=body.step)
        return
    case, step, o = found
    outcome = body.outcome
    if step.body.kind in ANSWERS and outcome not in ANSWERS[step.body.kind]:
        run.refuse(event.id, "answer_wrong", outcome=outcome)
        return
    if isinstance(step.body, DoseBody):
        if not doses.answer(case, o, outcome, body.medicine, body.why):
            run.refuse(event.id, "no_occurrence", step=body.step)
            return
    elif isinstance(step.body, AskBody):
        if not _asked(case, event, body, step, o):
            return
    elif isinstance(step.body, ExerciseBody):
        if not _exercised(case, event, body, step, o):
            return
    elif isinstance(step.body, TeachBody):
        teach.answer(case, step, o, outcome, dict(body.form), event.id)
        return
    else:
        run.refuse(event.id, "answer_wrong", outcome=outcome)
        return
    run.accept(event.id)


def _as_needed(run: Run, event: Event, body: Answered) -> bool:
    """A medicine taken as needed has no slot: it is reported at any time."""
    for case in run.cases.values():
        if body.enrolment not in {None, case.id} or case.en.status not in {"active", "paused"}:
            continue
        path = case.path_named(body.step)
        step = case.index.steps[path] if path is not None else None
        if step is None or not isinstance(step.body, DoseBody):
            continue
        if doses.taken_as_needed(case, step, body.outcome, body.medicine, event.id):
            run.accept(event.id)
            return True
    return False


def _asked(case: Case, event: Event, body: Answered, step: Step, o: Occurrence) -> bool:
    """The answers to a form are taken whole; False when they are refused, or left to a person to read."""
    assert isinstance(step.body, AskBody)
    run, given = case.run, dict(body.form)
    known = True
    if body.text is not None:
        reply = forms.replied(case, step.body.form, body.text)
        known, given = reply is not None, reply or {}
    form, wrong = forms.checked(case, step.body.form, given, body.by)
    wrong = wrong or instruments.wrong(step.body, form, body.outcome)
    if body.text is not None and (not known or wrong is not None):
        read_reply(case, event, step, body.text)
        return False
    if wrong is not None:
        run.refuse(event.id, wrong[0], **wrong[1])
        return False
    run.answer = Answer(event.id, frozenset({"s:" + step.id}))
    if step.body.instrument is not None:
        take_score(case, step, o, form, whole=body.outcome == "done")
    if body.outcome == "done":
        late = o.late is not None and run.at > o.late
        end(case, o, "done_late" if late else "done", form=form)
    take_readings(run, case, forms.take_over(case, step.body.form, form, body.by, event.id))
    return True


def _exercised(case: Case, event: Event, body: Answered, step: Step, o: Occurrence) -> bool:
    """The answers after a session are taken whole; False when they are refused."""
    wrong = exercise.answer(case, step, o, body.outcome, dict(body.form), body.why, body.by)
    if wrong is not None:
        case.run.refuse(event.id, wrong[0], **wrong[1])
        return False
    case.run.answer = Answer(event.id, frozenset({"s:" + step.id}))
    return True


def _read_by_somebody(run: Run, event: Event, body: Answered, case: Case | None) -> None:
    """A reply that answers no question: a person of a running pathway reads it."""
    cases = [c for c in run.cases.values() if body.enrolment in (None, c.id)] if case is None else [case]
    running = [c for c in cases if c.en.status in {"active", "paused"}] or cases
    if not running:
        run.refuse(event.id, "no_enrolment")
        return
    read_reply(running[0], event, None, body.text or "")


def read_reply(case: Case, event: Event, step: Step | None, reply: str) -> None:
    """What somebody wrote is no answer that is known: a person reads it. The question stays open."""
    title = text("read_reply", reply=reply[:LONGEST_REPLY])
    key = case.key("reply", event.id)
    source = step.path if step is not None else "reply"
    role = case.first_role
    open_task(case, Work(key=key, id=REPLY, source=source, title=title, role=role, due=A_WORKING_DAY, keep=True))
    from pathways.decide.lifecycle import words_to_read

    words_to_read(case, event)
    case.run.accept(event.id)


def take_score(case: Case, step: Step, o: Occurrence, form: dict[str, Json], *, whole: bool) -> None:
    """The answers to an instrument are a reading: item by item, with the total once all of it is there.

    What came item by item before is replaced. Where its answers stand unchanged the rules have judged them already.
    """
    assert isinstance(step.body, AskBody)
    assert step.body.instrument is not None
    run, spec = case.run, case.plan.measures[step.body.instrument.measure]
    assert run.answer is not None
    before = {k: run.state.readings[k] for k in o.readings if k in run.state.readings}
    values = instruments.values(step.body, form, whole=whole)
    held: dict[str, Decimal] = {}
    for key, kept in before.items():
        held.update(kept.values)
        del run.state.readings[key]
        run.live.forget(kept)
    known = bool(o.readings) and all(values.get(name) == number for name, number in held.items())
    key = o.readings[-1] if known else run.answer.key
    new = frozenset(values) - {name for name, number in held.items() if values.get(name) == number}
    kept = keep(run, key, spec.catalogue, run.at, values, {"source": "form"})
    o.readings = [kept.key]
    run.answer = Answer(key, run.answer.tokens | {"m:" + spec.id}) if new or not known else None


def take_readings(run: Run, case: Case, found: list[tuple[str, str, dict[str, Decimal]]]) -> None:
    """Answers of a form that are readings: to rules that look at the measure this is a new one, as one of a device."""
    for measure, key, given in found:
        keep(run, key, measure, run.at, given, {"source": "form"})
        if run.answer is not None:
            new = {"m:" + spec for one in run.cases.values() for spec in one.index.measures_of.get(measure, ())}
            run.answer = Answer(run.answer.key, run.answer.tokens | new)


def _soon(case: Case, path: str, due: datetime) -> bool:
    """Done a little early: by no more than what would be late."""
    late = case.index.steps[path].window.late_after
    edge = None if late is None else case.after(case.run.at, late)
    return edge is not None and due <= edge


def open_of(run: Run, body: Answered) -> tuple[Case, Step, Occurrence] | None:
    """The occurrence that is answered: the one named, else the open one with the nearest due time, else (done a little
    early) the next one."""
    for case in run.cases.values():
        if body.enrolment is not None and case.id != body.enrolment:
            continue
        if not body.step:
            live = [o for o in run.state.occurrences.values() if o.enrolment == case.id and _asks(case, o)]
            path = ""
        else:
            path = case.path_named(body.step) or ""
            if not path:
                continue
            live = run.occurrences_of(case, path)
        if body.occurrence is not None:
            live = [o for o in live if o.key == body.occurrence]
        else:
            opened = [o for o in live if o.state in OPEN]
            opened.sort(key=lambda o: abs((o.due or run.at) - run.at))
            live = opened or [o for o in live if o.due is not None and path and _soon(case, path, o.due)]
        if live:
            return case, case.index.steps[live[0].step], live[0]
    return None


def _asks(case: Case, o: Occurrence) -> bool:
    """Whether an occurrence is a question that words can answer."""
    body = case.index.steps[o.step].body
    return isinstance(body, AskBody) and any(field.answers for field in body.form)

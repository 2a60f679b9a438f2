"""Answers for which nothing is open: a questionnaire filled in unasked, a second word on the question of today.

Like a spontaneous reading they are judged all the same. A questionnaire with a score is a reading, and is taken in
every state of a pathway: who says on a holiday, or weeks after the end, that life is not worth living is heard. A form
of the pathway's own means something only while its step is one of those that are planned now. A reply in words is taken
for another answer to the question that was answered last, for a day; what it cannot be, a person reads.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pathways.decide import forms, instruments
from pathways.decide.intake import answered as asked
from pathways.decide.intake import keep, open_of, take_readings
from pathways.decide.occurrences import end
from pathways.decide.run import Answer
from pathways.decide.steps import plan_extra
from pathways.lang.plan import AskBody, Step

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.events import Answered, Event
    from pathways.decide.forms import Json
    from pathways.decide.run import Run

WORDS_AGAIN = timedelta(hours=24)
"""A reply in words is another answer to a question only so long after that was answered."""


def answered(run: Run, event: Event, body: Answered) -> None:
    """The patient answered what is open, or something that is not."""
    found = open_of(run, body)
    if found is None and _take(run, event, body):
        return
    asked(run, event, body, found)


def _take(run: Run, event: Event, body: Answered) -> bool:
    """Take an answer for which nothing is open; False when it is none to anything here."""
    if body.occurrence is not None or body.outcome not in {"done", "partly"}:
        return False
    for case in run.cases.values():
        if body.enrolment not in (None, case.id):
            continue
        found = _again(case, body.text) if body.text is not None else _named(case, body)
        if found is not None:
            _judge(run, case, event, body, *found)
            return True
    return False


def _named(case: Case, body: Answered) -> tuple[Step, dict[str, Json]] | None:
    """The step that the answer names, if it can be answered unasked."""
    path = case.path_named(body.step)
    step = case.index.steps.get(path or "")
    if step is None or not isinstance(step.body, AskBody):
        return None
    if step.body.instrument is None and not _planned_now(case, step):
        return None
    return step, dict(body.form)


def _planned_now(case: Case, step: Step) -> bool:
    return case.en.status in {"active", "paused"} and step.path in {s.path for s in case.steps()}


def _again(case: Case, words: str) -> tuple[Step, dict[str, Json]] | None:
    """The question that was answered last and that these words answer too."""
    found: list[tuple[str, Step, dict[str, Json]]] = []
    for step in case.steps():
        memory = case.step_run(step.path)
        if not isinstance(step.body, AskBody) or memory is None or memory.done_at is None:
            continue
        form = forms.replied(case, step.body.form, words) if _planned_now(case, step) else None
        if form is not None and case.run.at - memory.done_at <= WORDS_AGAIN:
            found.append((memory.done_at.isoformat(), step, dict(form)))
    return max(found, key=lambda one: (one[0], one[1].path))[1:] if found else None


def _judge(run: Run, case: Case, event: Event, body: Answered, step: Step, given: dict[str, Json]) -> None:
    """Take the form whole, or refuse it whole."""
    assert isinstance(step.body, AskBody)
    form, wrong = forms.checked(case, step.body.form, given, body.by)
    wrong = wrong or instruments.wrong(step.body, form, body.outcome)
    if wrong is not None:
        run.refuse(event.id, wrong[0], **wrong[1])
        return
    if step.body.instrument is not None:
        spec = case.plan.measures[step.body.instrument.measure]
        run.answer = Answer(event.id, frozenset({"m:" + spec.id}))
        numbers = instruments.values(step.body, form, whole=body.outcome == "done")
        keep(run, event.id, spec.catalogue, run.at, numbers, {"source": "form"})
    else:
        o = plan_extra(case, step, None, f"unasked@{event.id}")
        if o is not None:
            run.answer = Answer(event.id, frozenset({"s:" + step.id}))
            end(case, o, "done", form=form)
            take_readings(run, case, forms.take_over(case, step.body.form, form, body.by, event.id))
    run.accept(event.id)

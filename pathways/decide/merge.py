"""Several pathways of one patient: visits near to each other fall on one date, different targets make one task.

What is asked once is asked at the strictest cadence: every pathway plans its own slots, a reading goes to the open
occurrence of each, and of two equal reminders the contact governor keeps the one that wants more. The more cautious
emergency threshold needs no choice either: every pathway's red rules judge every reading.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pathways.decide import targets
from pathways.decide.calendar import Slot
from pathways.decide.tasks import Work, open_task
from pathways.decide.texts import made, plain, text
from pathways.lang.plan import MeasureBody, Step, TeachBody, VisitBody
from pathways.lang.plan_say import say_quantity

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run


def one_date(case: Case, step: Step, slot: Slot) -> Slot:
    """A visit inside the site's tolerance of another pathway's planned visit takes its date."""
    within = case.run.site.bundle_within
    if within is None or not isinstance(step.body, VisitBody) or len(case.run.cases) < 2:
        return slot
    low, high = case.after(slot.due, within, before=True), case.after(slot.due, within)
    if low is None or high is None:
        return slot
    dues = [
        o.due
        for o in case.run.state.occurrences.values()
        if o.enrolment != case.id
        and o.due is not None
        and low <= o.due <= high
        and o.due > case.run.at
        and isinstance(case.run.cases[o.enrolment].index.steps[o.step].body, VisitBody)
    ]
    if not dues:
        return slot
    return replace(slot, due=min(dues, key=lambda due: (abs(due - slot.due), due)))


def compare_targets(case: Case) -> None:
    """A second pathway begins: where both name the same number and mean another, a person decides, once; unless one of
    them states the answer (`merge`), which `follow_targets` takes."""
    for other in case.run.cases.values():
        if other.id == case.id or other.en.status not in targets.RUNNING:
            continue
        for name, spec in case.plan.parameters.items():
            there = other.plan.parameters.get(name)
            if there is None or there.unit != spec.unit or there.adjustable is None or spec.adjustable is None:
                continue
            if spec.merge is None and there.merge is None:
                _conflict(case, other, name)


def _conflict(case: Case, other: Case, name: str) -> None:
    """One task, where two pathways mean another number."""
    run, spec = case.run, case.plan.parameters[name]
    mine, theirs = case.own_param(name), other.own_param(name)
    if mine is None or theirs is None or mine == theirs or spec.adjustable is None:
        return
    words = text("task_conflict", what=plain(f"{name} {mine} / {theirs} {spec.unit}"))
    role = spec.adjustable.by[0]
    key = f"{run.state.journey}:conflict:{name}"
    open_task(
        case,
        Work(key=key, id=f"conflict.{name}", source=f"parameters.{name}", title=words, role=role, level="amber"),
    )


def follow_targets(run: Run) -> None:
    """Numbers for which a pathway states the answer: where it came to another value, those who read it look again."""
    if len(run.cases) < 2:
        return
    named = {p.id for case in run.cases.values() for p in case.plan.parameters.values() if p.merge is not None}
    for name in sorted(named):
        for case in run.cases.values():
            if name in case.plan.parameters:
                _follow(case, name)


def _follow(case: Case, name: str) -> None:
    if not targets.stated(case, name):
        came, found = "", None
    else:
        found = targets.answer(case, name)
        came = "?" if found.case is None else f"{found.value}|{found.case.id}"
    if case.en.merged.get(name, "") == came:
        return
    if came:
        case.en.merged[name] = came
    else:
        del case.en.merged[name]
    case.touch(f"p:{name}")
    case.run.watch_again = True
    if found is not None and found.case is None:
        for other in case.run.cases.values():
            if other.id != case.id and targets.stated(other, name):
                _conflict(case, other, name)
        return
    _tell(case, name, found)


def _tell(case: Case, name: str, found: targets.Answer | None) -> None:
    """The timeline says whose number holds and why, or that each has its own again."""
    run, value, unit = case.run, case.param(name), case.plan.parameters[name].unit
    if value is None or case.en.status not in targets.RUNNING:
        return
    number = made(say_quantity(value, unit), say_quantity(value, unit, "zh"))
    shown = {"parameter": plain(name.replace("_", " ")), "value": number}
    if found is None or found.case is None:
        words = text("target_own", **shown)
    else:
        words = text("target_merged", **shown, pathway=found.case.plan.title, why=text(f"target_{found.how}"))
    data = {"parameter": name, "of": found.case.id if found is not None and found.case is not None else case.id}
    run.timeline(case, "target", f"parameters.{name}", words, weight=4, data=data)


def ask_instead(run: Run) -> None:
    """Reminders of a pathway were taken back though nothing had come (it ended, left a phase, was paused): a pathway
    that kept quiet because of them asks for itself. What has no place for another reason was told when it was planned.
    """
    from pathways.decide.occurrences import sync_reminders  # it plans visits with `one_date`

    run.flush()
    for case in run.cases.values():
        if case.en.status not in {"active", "paused"}:
            continue
        for step in case.steps():
            if isinstance(step.body, MeasureBody | TeachBody):
                sync_reminders(case, step)
    run.unsent.clear()

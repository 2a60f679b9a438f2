"""What is kept of a partner's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pathways.decide.events import HandoffReport
from pathways.decide.occurrences import end, step_run
from pathways.decide.records import HandoffRun
from pathways.decide.texts import text
from pathways.lang.plan import HandoffBody, Step
from pathways.lang.plan_kept import KEPT, read_kept

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any


def take(case: Case, step: Step, handoff: HandoffRun, body: HandoffReport) -> None:
    """Keep the values that the pathway asks for, and let conditions read them at once."""
    assert isinstance(step.body, HandoffBody)
    outcome = step.body.outcomes.get(body.word)
    handoff.heard[body.word] = handoff.heard.get(body.word, 0) + 1
    if outcome is None or not outcome.keep:
        return
    good, bad = read_kept(outcome.keep, body.kept, handoff.heard[body.word])
    if bad:
        words = text("handoff_unread", step=step.title, names=", ".join(bad))
        key = f"{handoff.key}:unread:{body.word}:{handoff.heard[body.word]}"
        case.run.timeline(case, "handoff_unread", step.path, words, key=key, weight=5, data={"names": bad})
    if not good:
        return
    granted = any(KEPT[kind].source == "granted" and name in good for name, kind in outcome.keep.items())
    if granted and not any(KEPT[k].source == "granted" and n in handoff.kept for n, k in outcome.keep.items()):
        _new_grant(case, step)
    handoff.kept.update(good)
    memory = step_run(case, step.path)
    memory.form, memory.any_form = dict(handoff.kept), dict(handoff.kept)
    case.touch("s:" + step.id)


def _new_grant(case: Case, giver: Step) -> None:
    """A new grant: what was used up before it counts no more."""
    for step in case.steps():
        most = step.when.most_field
        if most is not None and most.step == giver.id:
            memory = step_run(case, step.path)
            memory.used_before = used(case, step, memory.totals)


def used(case: Case, step: Step, totals: dict[str, int]) -> int:
    """How many ended occurrences of a step count for ``at most``: those of ``counting``, else all that took place."""
    counting = step.when.counting
    if counting:
        return sum(totals.get(word, 0) for word in counting)
    return sum(number for word, number in totals.items() if word not in {"skipped", "cancelled"})


def left(case: Case, step: Step) -> int | None:
    """How many occurrences may still be made, below zero where too many are planned; None where the schedule itself
    counts. Before a grant is known there are none."""
    when = step.when
    if when.most_field is None and not when.counting:
        return None
    if when.most_field is not None:
        value = case.form_field(when.most_field.step, when.most_field.field)
        most = 0 if value is None else int(str(value))
    elif when.most is not None:
        number = case.param(when.most)
        most = 0 if number is None else int(number)
    else:
        most = when.at_most or 0
    memory = step_run(case, step.path)
    alive = len(case.run.occurrences_of(case, step.path))
    return most - alive - used(case, step, memory.totals) + memory.used_before


def take_back(case: Case, step: Step, number: int) -> bool:
    """Less was granted than is planned: the last ones are not needed."""
    planned = [(o.due, o.key, o) for o in case.run.occurrences_of(case, step.path) if o.state == "planned" and o.due]
    last = sorted(planned, key=lambda row: row[:2])[max(0, len(planned) - number) :]
    for _, _, o in last:
        end(case, o, "cancelled", "not needed")
    return bool(last)

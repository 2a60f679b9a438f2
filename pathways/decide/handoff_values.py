"""What goes along with a request to a partner, and what is kept of its answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pathways.decide import counting, windows
from pathways.decide.conditions import Unknown
from pathways.decide.events import HandoffReport
from pathways.decide.occurrences import end, step_run
from pathways.decide.readings import latest
from pathways.decide.records import HandoffRun
from pathways.decide.texts import text
from pathways.lang.plan import Counted, HandoffBody, Step
from pathways.lang.plan_base import Text
from pathways.lang.plan_handoffs import Sent
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


# --------------------------------------------------------------------------- what goes along


def snapshot(case: Case, sends: tuple[Sent, ...]) -> list[dict[str, Json]]:
    """The named data as they stand now, each with its unit and time; what is not known says so."""
    return [{"name": one.name, "kind": one.kind, **_VALUES[one.kind](case, one)} for one in sends]


def _said(title: Text) -> dict[str, str]:
    return {"en": title.en, "zh": title.zh}


def _at(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _measure(case: Case, one: Sent) -> dict[str, Json]:
    spec = case.plan.measures[one.name]
    kept = latest(case.run.live, case.run.state, spec)
    head: dict[str, Json] = {"title": _said(spec.title)}
    if kept is None:
        return {**head, "unknown": "no_reading"}
    values = {c.name: {"value": str(kept.values[c.name]), "unit": c.unit}
              for c in spec.components if c.name in kept.values}  # fmt: skip
    return {**head, "values": values, "at": _at(kept.at), "context": dict(kept.context)}


def _derived(case: Case, one: Sent) -> dict[str, Json]:
    if one.name in case.plan.counted:
        return _count(case, case.plan.counted[one.name])
    spec = case.plan.derived[one.name]
    measure = case.plan.measures[spec.measure]
    head: dict[str, Json] = {"title": _said(windows.name_of(case.plan, spec))}
    values: dict[str, Json] = {}
    newest: datetime | None = None
    count, why = 0, "no_reading"
    for part in measure.components:
        found = windows.derived_value(case, one.name, part.name)
        if isinstance(found, Unknown):
            why = found.reason
            continue
        values[part.name] = {"value": str(found.value), "unit": _unit(spec.function, part.unit)}
        newest, count = found.at, found.count
    if not values:
        return {**head, "unknown": why}
    return {**head, "values": values, "at": _at(newest), "count": count}


def _count(case: Case, spec: Counted) -> dict[str, Json]:
    """What was taken or missed of what was asked for: of no measure, so it stands under the word for it."""
    head: dict[str, Json] = {"title": _said(counting.name_of(case.plan, spec))}
    found = counting.value(case, spec)
    if isinstance(found, Unknown):
        return {**head, "unknown": found.reason}
    values = {"value": {"value": str(found.value), "unit": "%" if spec.function == "adherence" else "1"}}
    return {**head, "values": values, "at": _at(found.at), "count": found.count}


def _unit(function: str, unit: str) -> str:
    return "1" if function == "count" else "%" if function in {"percent_change", "cv", "share", "time_in"} else unit


def _fact(case: Case, one: Sent) -> dict[str, Json]:
    spec = case.plan.facts[one.name]
    known = case.run.state.facts.get(f"{case.id}|{one.name}")
    head: dict[str, Json] = {} if spec.ask_text is None else {"title": _said(spec.ask_text)}
    if known is None or known.value is None:
        return {**head, "unknown": "no_value"}
    found: dict[str, Json] = {**head, "value": known.value, "at": _at(known.at)}
    return {**found, "unit": spec.unit} if spec.unit is not None else found


def _form(case: Case, one: Sent) -> dict[str, Json]:
    path = case.path_of(one.name, one.phase)
    step = case.index.steps.get(path or "")
    memory = case.run.state.steps.get(f"{case.id}|{path}")
    head: dict[str, Json] = {"title": _said(step.title)} if step is not None else {}
    if memory is None or not memory.any_form:
        return {**head, "unknown": "not_answered"}
    return {**head, "answers": dict(memory.any_form), "at": _at(memory.any_at)}


_VALUES = {"measure": _measure, "derived": _derived, "fact": _fact, "form": _form}

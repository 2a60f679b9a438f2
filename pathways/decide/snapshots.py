"""Data as they stand at an instant: sent to a partner, shown with a proposal or a conference."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pathways.decide import counting, windows
from pathways.decide.conditions import Unknown
from pathways.decide.decisions_seen import evaluate
from pathways.decide.readings import latest
from pathways.lang.plan_base import Text
from pathways.lang.plan_counted import Counted
from pathways.lang.plan_handoffs import Sent

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any


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
    counted = case.plan.counted.get(one.name)
    if counted is not None:
        return _counted(case, counted)
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


def _counted(case: Case, spec: Counted) -> dict[str, Json]:
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


def _step(case: Case, one: Sent) -> dict[str, Json]:
    """How a step last ended, in any visit of its phase."""
    path = case.path_of(one.name, one.phase) if one.phase is not None else None
    memory = case.run.state.steps.get(f"{case.id}|{path}")
    ended = case.last_end(one.name, None, any_phase=True)
    at, outcome = (None, "") if ended is None else (ended.at, ended.outcome)
    if path is not None:
        at, outcome = (None, "") if memory is None else (memory.any_at, memory.any_outcome)
    return {"unknown": "not_ended"} if at is None else {"value": outcome, "at": _at(at)}


def _decision(case: Case, one: Sent) -> dict[str, Json]:
    """What a decision comes to: over a form what it said of the last one completed."""
    spec = case.plan.decisions[one.name]
    head: dict[str, Json] = {} if spec.title is None else {"title": _said(spec.title)}
    if not spec.form:
        judged = evaluate(spec, case)
        words, left, at = list(judged.words), list(judged.open), case.run.at
    else:
        series = case.run.state.verdicts.get(f"{case.id}|form.{spec.form}")
        entry: dict[str, Json] = series.entries[-1] if series is not None and series.entries else {}
        words, left = list(entry.get("w", {}).get(one.name, ())), list(entry.get("o", {}).get(one.name, ()))
        at = datetime.fromisoformat(entry["at"]) if entry else case.run.at
    if not words or left:
        return {**head, "unknown": "not_decided"}
    return {**head, "value": ", ".join(words), "at": _at(at)}


_VALUES = {
    "measure": _measure, "derived": _derived, "fact": _fact, "form": _form, "step": _step, "decision": _decision,
}  # fmt: skip

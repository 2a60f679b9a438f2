"""Screens over single readings, run when a reading is stored: the plan's, with this patient's numbers filled in."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pathways.decide import guide
from pathways.decide.conditions import Truth, truth
from pathways.decide.contact import channels_for
from pathways.decide.effects import SetWatches
from pathways.decide.index import first_say
from pathways.decide.rule_scope import in_scope
from pathways.lang.plan import Watch
from pathways.lang.plan_cond import Cond
from pathways.lang.plan_red import facts_told

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

Json = Any


def set_watches(run: Run) -> None:
    """Tell the ingest what to look for, if that has changed."""
    rows = [row for case in run.cases.values() if case.plan.watches for row in _rows(case)]
    if not rows and not run.state.patient.watches:
        return
    text = json.dumps(rows, sort_keys=True, ensure_ascii=False)
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest() if rows else ""
    if digest != run.state.patient.watches:
        run.state.patient.watches = digest
        run.emit(SetWatches(tuple(rows)))


def _rows(case: Case) -> list[dict[str, Json]]:
    out: list[dict[str, Json]] = []
    for watch in case.plan.watches:
        ri = case.index.rules.get(watch.rule)
        if ri is not None and not in_scope(case, ri.rule):
            continue
        measure = case.plan.measures[watch.measure].catalogue if watch.measure in case.plan.measures else watch.measure
        row: dict[str, Json] = {
            "measure": measure,
            "level": watch.level,
            "cond": literal(case, _with_facts(case, watch).model_dump(mode="json")),
            "rule": watch.rule,
            "enrolment": case.id,
        }
        if watch.level == "red" and ri is not None:
            row["message"] = _message(case, watch.rule)
        out.append(row)
    return out + [
        {"measure": measure, "level": "wake", "cond": {"kind": "always"}, "rule": rule, "enrolment": case.id}
        for rule, measure in guide.awaited(case)
    ]


def _with_facts(case: Case, watch: Watch) -> Cond:
    """A red screen with the facts of the patient, which the ingest does not know. Any change of a fact sets it anew."""
    if watch.level != "red":
        return watch.cond
    return facts_told(watch.cond, lambda cond: truth(cond, case) is Truth.TRUE)


def _message(case: Case, rule_id: str) -> dict[str, Json] | None:
    """What the ingest may send at once under the key the tick would use; None while an episode is open (then the
    tick alone decides)."""
    rule = case.index.rules[rule_id].rule
    template = first_say(rule)
    if (
        template is None
        or f"{case.id}|{rule_id}" in case.run.state.episodes
        or case.run.state.patient.silenced in {"withdrawn", "died"}
    ):
        return None
    if rule.not_again_within is not None:
        return None
    spec = case.plan.messages[template]
    if "patient" not in spec.to:
        return None
    words = spec.text
    return {
        "template": template,
        "text": {"en": words.en, "zh": words.zh},
        "channels": list(channels_for(case.run, "red")),
        "topic": spec.topic,
        "private": spec.private,
    }


def literal(case: Case, part: Json) -> Json:
    """A condition's JSON with parameters replaced by their values now."""
    if isinstance(part, list):
        return [literal(case, item) for item in part]
    if not isinstance(part, dict):
        return part
    if part.get("kind") == "param":
        value = case.param(part["param"])
        unit = case.plan.parameters[part["param"]].unit
        return {"kind": "literal", "quantity": None if value is None else {"value": str(value), "unit": unit}}
    return {key: literal(case, value) for key, value in part.items()}

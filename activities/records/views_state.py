"""The parts of views that ask the decider about the stored state: what comes, how a condition stands, the sheet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from activities.records.registry import Plans
from activities.records.views_steps import shown_row
from pathways.decide.explain import explain
from pathways.decide.journey import standing, timeline_ahead, why
from pathways.decide.state import JourneyState
from pathways.lang.plan import DoseBody, MeasureBody, Plan, Step
from pathways.lang.site_plan import Site

Json = Any


def _plans_of(plans: Plans, state: JourneyState) -> dict[str, Plan]:
    return {one.plan: plans.plan(one.plan) for one in state.enrolments.values()}


def ahead_rows(plans: Plans, state_json: Json, site_sha: str | None, days: int, language: str) -> list[Json]:
    """The timeline ahead of a state, for people: occurrences with their kind, window and how many readings."""
    state = JourneyState.from_json(state_json)
    followed = _plans_of(plans, state)
    rows = []
    for one in timeline_ahead(followed, plans.site(site_sha), state, days):
        row: dict[str, Json] = {
            "key": one.key,
            "what": one.what,
            "path": one.path,
            "due": one.at.isoformat(),
            "text": one.text.in_language(language),
            "enrolment": one.enrolment,
            "kind": "",
        }
        occurrence = state.occurrences.get(one.key)
        if one.what == "occurrence" and occurrence is not None:
            plan = followed[state.enrolments[occurrence.enrolment].plan]
            step = _step(plan, occurrence.step)
            if step is not None:
                row |= _of_step(plan, step) | shown_row(step, state, occurrence, language)
            row["opens"] = None if occurrence.opens is None else occurrence.opens.isoformat()
            row["missed"] = None if occurrence.missed is None else occurrence.missed.isoformat()
        rows.append(row)
    return rows


def _of_step(plan: Plan, step: Step) -> dict[str, Json]:
    out: dict[str, Json] = {"kind": step.body.kind}
    if isinstance(step.body, MeasureBody):
        measure = plan.measures[step.body.measure]
        out |= {"measure": measure.catalogue, "readings": measure.take.readings}
    elif isinstance(step.body, DoseBody):
        out["bundle"] = step.body.bundle_same_slot
    return out


def _step(plan: Plan, path: str) -> Step | None:
    steps = [*plan.throughout, *(step for phase in plan.phases.values() for step in phase.steps)]
    return next((step for step in steps if step.path == path), None)


def why_text(plans: Plans, state_json: Json, site_sha: str | None, path: str, language: str) -> Json | None:
    """How the condition at a place stands now: value and words."""
    state = JourneyState.from_json(state_json)
    found = why(_plans_of(plans, state), plans.site(site_sha), state, path)
    if found is None:
        return None
    return {"path": path, "value": found.value.name.lower(), "text": explain(found, language, state.patient.zone)}


def phases(plans: Plans, site: Site, state_json: Json | None, now: datetime, language: str) -> dict[str, Json]:
    """Phase and day per enrolment, tier, flags, what is next, and the case sheet."""
    if state_json is None:
        return {"phases": {}, "tier": "", "flags": [], "next": "", "sheet": ""}
    state = JourneyState.from_json(state_json)
    followed = _plans_of(plans, state)
    show = standing(followed, site, state)
    return {
        "phases": {key: _phase(followed[one.plan], one, state, now, language) for key, one in state.enrolments.items()},
        "tier": show.tier,
        "flags": list(show.flags),
        "next": show.next.in_language(language),
        "sheet": show.sheet.in_language(language),
    }


def _phase(plan: Plan, one: Any, state: JourneyState, now: datetime, language: str) -> Mapping[str, Json]:
    phase = plan.phases.get(one.phase)
    if phase is None or one.entered is None:
        return {}
    zone = ZoneInfo(state.patient.zone)
    day = (now.astimezone(zone).date() - one.entered.astimezone(zone).date()).days
    return {"phase": phase.id, "phase_title": phase.title.in_language(language), "day": day, "tier": phase.tier}

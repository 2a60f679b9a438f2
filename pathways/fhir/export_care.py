"""What a pathway asks for one patient, as a draft: CarePlan, RequestGroup, Goals and Tasks made of its definition.

Definition level: nothing has happened yet, so every status is draft or proposed and no instant is stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pathways.fhir.texts import fhir_id
from pathways.fhir.words import part_of

Json = Any
PATIENT: Final = "urn:carepath:patient"
_KEPT: Final = ("id", "title", "_title", "textEquivalent", "code", "condition", "relatedAction", "timingTiming",
                "timingDuration", "participant", "groupingBehavior", "selectionBehavior", "priority")  # fmt: skip
_WORK: Final = frozenset({"measure", "ask", "dose", "teach", "task", "visit", "handoff"})


def care_of(definition: Mapping[str, Json], patient: str) -> list[dict[str, Json]]:
    """CarePlan, RequestGroup, Goals and Tasks of a definition that ``export_plan`` wrote, in that order.

    ``patient``: the opaque key of whom they are for.
    """
    subject = {"type": "Patient", "identifier": {"system": PATIENT, "value": patient}}
    canonical = f"{definition['url']}|{definition['version']}"
    goals = [_goal(goal, definition, subject) for goal in definition.get("goal", ())]
    group = _group(definition, subject, canonical)
    tasks = [_task(action, definition, subject, canonical) for action in _work(definition.get("action", ()))]
    return [_plan(definition, subject, canonical, goals, group), group, *goals, *tasks]


def _name(definition: Mapping[str, Json], *parts: str) -> str:
    return fhir_id(str(definition["id"]), *parts)


def _plan(
    definition: Mapping[str, Json],
    subject: dict[str, Json],
    canonical: str,
    goals: list[dict[str, Json]],
    group: Mapping[str, Json],
) -> dict[str, Json]:
    plan: dict[str, Json] = {
        "resourceType": "CarePlan",
        "id": _name(definition, "careplan"),
        "language": "en",
        "instantiatesCanonical": [canonical],
        "status": "draft",
        "intent": "plan",
        "title": definition["title"],
        "_title": definition["_title"],
        "subject": subject,
    }
    if goals:
        plan["goal"] = [{"reference": f"Goal/{goal['id']}"} for goal in goals]
    plan["activity"] = [{"reference": {"reference": f"RequestGroup/{group['id']}"}}]
    return plan


def _group(definition: Mapping[str, Json], subject: dict[str, Json], canonical: str) -> dict[str, Json]:
    return {
        "resourceType": "RequestGroup",
        "id": _name(definition, "requestgroup"),
        "language": "en",
        "instantiatesCanonical": [canonical],
        "status": "draft",
        "intent": "plan",
        "subject": subject,
        "action": [_action(action) for action in definition.get("action", ())],
    }


def _action(action: Mapping[str, Json]) -> dict[str, Json]:
    """An action of a request: like that of the definition; who takes part is named, not typed, and nothing stops it."""
    out = {key: action[key] for key in _KEPT if key in action}
    if "participant" in out:
        out["participant"] = [_participant(p) for p in out["participant"]]
    # A request keeps applicability and start: its end is that of the definition.
    conditions = [c for c in out.pop("condition", ()) if c["kind"] != "stop"]
    if conditions:
        out["condition"] = conditions
    inner = [_action(child) for child in action.get("action", ())]
    if inner:
        out["action"] = inner
    return out


def _participant(participant: Mapping[str, Json]) -> dict[str, Json]:
    role = participant.get("role")
    if role is None:
        return {"type": "Patient", "display": "the patient"}
    return {"type": "PractitionerRole", "display": role["coding"][0]["code"]}


def _goal(goal: Mapping[str, Json], definition: Mapping[str, Json], subject: dict[str, Json]) -> dict[str, Json]:
    return {
        "resourceType": "Goal",
        "id": _name(definition, str(goal["id"])),
        "lifecycleStatus": "proposed",
        "description": goal["description"],
        "subject": subject,
        "target": goal["target"],
    }


def _work(actions: list[Mapping[str, Json]] | tuple[()]) -> list[Mapping[str, Json]]:
    """The steps that somebody has to do, in order; not what rules would ask for."""
    found: list[Mapping[str, Json]] = []
    for action in actions:
        part = part_of(action)
        if part in {"phase", "throughout"}:
            found += _work(action.get("action", []))
        elif part in _WORK:
            found.append(action)
    return found


def _task(
    action: Mapping[str, Json], definition: Mapping[str, Json], subject: dict[str, Json], canonical: str
) -> dict[str, Json]:
    task: dict[str, Json] = {
        "resourceType": "Task",
        "id": _name(definition, str(action["id"])),
        "language": "en",
        "identifier": [{"system": "urn:carepath:step", "value": f"{definition['name']}.{action['id']}"}],
        "instantiatesCanonical": canonical,
        "status": "draft",
        "intent": "plan",
        "code": {"coding": action["code"][0]["coding"], "text": action["title"]},
        "description": action["title"],
        "_description": action["_title"],
        "for": subject,
    }
    roles = [p["role"] for p in action.get("participant", ()) if "role" in p]
    if roles:
        task["performerType"] = roles
    asked = str(action.get("definitionCanonical", ""))
    if asked.startswith("#q."):
        task["input"] = [{"type": {"text": "questionnaire"}, "valueCanonical": f"{definition['url']}{asked}"}]
    return task


def questionnaires_of(definition: Mapping[str, Json]) -> list[dict[str, Json]]:
    """The Questionnaires of a definition as resources of their own, with an address that Tasks name."""
    return [
        {**resource, "url": f"{definition['url']}#{resource['id']}", "id": _name(definition, resource["id"])}
        for resource in definition.get("contained", ())
        if resource.get("resourceType") == "Questionnaire"
    ]


def bundle_of(resources: list[Mapping[str, Json]]) -> dict[str, Json]:
    """A collection of resources, each under an address made of its type and id."""
    entries = [
        {"fullUrl": f"urn:carepath:{r['resourceType'].lower()}:{r['id']}", "resource": dict(r)} for r in resources
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}

"""The words with which our own definitions mark their parts, so that they can be read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Json = Any
PART: Final = "urn:carepath:part"
ROLE: Final = "urn:carepath:role"
PATHWAY: Final = "urn:carepath:pathway"
CONDITION: Final = "text/x-carepath"
"""Language of an expression that is written in the conditions of this language. HL7's JSON Schema knows three
languages only, and this is none of them: it stands in an extension in place of the value, which FHIR allows."""
LANGUAGE: Final = "urn:carepath:expression-language"
LIBRARY: Final = "carepath-rest"
"""Id of the contained Library that holds what FHIR has no element for."""
_CPG: Final = "http://hl7.org/fhir/uv/cpg/CodeSystem/cpg-activity-type"
CPG: Final = {
    "ask": "collect-information",
    "measure": "collect-information",
    "say": "send-message",
    "teach": "send-message",
    "advise": "send-message",
    "exercise": "collect-information",
    "handoff": "order-service",
    "visit": "order-service",
    "dose": "order-medication",
}
"""Kinds of step -> activity of the Clinical Practice Guidelines guide, for readers that know it."""
KINDS: Final = {
    "measure": "ServiceRequest",
    "say": "CommunicationRequest",
    "teach": "CommunicationRequest",
    "advise": "Task",
    "exercise": "ServiceRequest",
    "task": "Task",
    "decide": "Task",
    "conference": "Task",
    "visit": "Appointment",
    "handoff": "ServiceRequest",
    "pathway": "Task",
    "dose": "MedicationRequest",
    "ask": "Task",
}
"""Kinds of step -> the request an ActivityDefinition asks for."""
NAMED: Final = frozenset({"ask", "teach", "exercise", "handoff", "pathway"})
"""Kinds that name what is done elsewhere: an instrument, a lesson, a level, a request, a pathway. A question whose form
stands in the document goes out as a Questionnaire."""
SELECTION: Final = {
    ("all_of", False): "all",
    ("all_of", True): "all-or-none",
    ("any_of", False): "one-or-more",
    ("any_of", True): "any",
    ("one_of", False): "exactly-one",
    ("one_of", True): "at-most-one",
}
"""Groups, and whether none is right too -> how many of the members are done."""
GROUPS: Final = frozenset({"all_of", "any_of", "one_of", "in_order", "repeat", "for_each"})
REQUIRED: Final = {"must": "must", "could": "could", "must_unless": "must-unless-documented"}
PRIORITY: Final = {"red": "stat", "amber": "urgent", "info": "routine", "no_data": "asap"}
LEVEL: Final = {code: level for level, code in PRIORITY.items()}


def selection_of(way: str, or_none: bool) -> str:
    """How many members of a group are done: of those in a row, and of the same ones again, all."""
    return SELECTION.get((way, or_none), "all")


def part_code(part: str) -> list[dict[str, Json]]:
    """The ``action.code`` of a part of a pathway."""
    coding = [{"system": PART, "code": part}]
    if part in CPG:
        coding.append({"system": _CPG, "code": CPG[part]})
    return [{"coding": coding}]


def expression_of(text: str) -> dict[str, Json]:
    """A condition of this language as an Expression."""
    return {"_language": {"extension": [{"url": LANGUAGE, "valueString": CONDITION}]}, "expression": text}


def is_condition(expression: Mapping[str, Json]) -> bool:
    """Whether an Expression is a condition of this language."""
    extensions = (expression.get("_language") or {}).get("extension") or ()
    return any(e.get("url") == LANGUAGE and e.get("valueString") == CONDITION for e in extensions)


def part_of(action: Mapping[str, Json]) -> str | None:
    """Which part an action is, if it is one of ours."""
    for concept in action.get("code") or ():
        for coding in concept.get("coding") or ():
            if coding.get("system") == PART:
                return str(coding.get("code"))
    return None

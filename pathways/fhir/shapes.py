"""The shape FHIR gives the elements that are read: what has another one is left out and told, never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from pathways.fhir.report import Report

Json = Any
_OBJECTS: Final = frozenset(
    {
        "action", "condition", "relatedAction", "participant", "documentation", "relatedArtifact", "dynamicValue",
        "trigger", "goal", "contained", "item", "answerOption", "coding", "extension", "identifier", "target",
    }
)  # fmt: skip
_WORDS: Final = frozenset({"library", "event", "timeOfDay", "when", "dayOfWeek"})
_OBJECT: Final = frozenset(
    {
        "expression", "timingTiming", "repeat", "offsetDuration", "offsetRange", "low", "high", "boundsDuration",
        "boundsRange", "boundsPeriod", "valueCoding", "timingDuration", "detailQuantity", "detailRange", "measure",
    }
)  # fmt: skip
_TEXT: Final = frozenset(
    {
        "id", "url", "name", "title", "version", "publisher", "status", "kind", "linkId", "citation", "display",
        "label",
        "actionId", "relationship", "selectionBehavior", "groupingBehavior", "requiredBehavior", "precheckBehavior",
        "cardinalityBehavior", "priority", "definitionCanonical", "definitionUri", "textEquivalent", "language",
        "timingDateTime", "prefix", "system", "unit", "periodUnit", "durationUnit", "start", "end", "valueString",
        "valueCode",
    }
)  # fmt: skip
_NUMBER: Final = frozenset(
    {
        "frequency", "frequencyMax", "period", "periodMax", "count", "countMax", "offset", "value", "duration",
        "durationMax", "valueInteger",
    }
)  # fmt: skip
_MOST_DEEP: Final = 60
_MOST: Final = 1e9


def shaped(resource: Mapping[str, Json], path: str, report: Report) -> dict[str, Json]:
    """A resource without the elements that have not the shape FHIR gives them."""
    return _object(resource, path, report, 0)


def _object(value: Mapping[str, Json], path: str, report: Report, depth: int) -> dict[str, Json]:
    out: dict[str, Json] = {}
    if depth > _MOST_DEEP:
        report.add(path, "too deep", "shape")
        return out
    for key, inner in value.items():
        place = f"{path}.{key}"
        if key.startswith("_") and isinstance(inner, Mapping):
            out[key] = _object(inner, place, report, depth + 1)
        elif _fits(key, inner, value):
            out[key] = _inside(inner, place, report, depth + 1)
        elif inner not in (None, [], {}, ""):
            report.add(place, str(inner)[:80], "shape")
    return out


def _fits(key: str, value: Json, holder: Mapping[str, Json]) -> bool:
    # In Expression `expression` is a text, in a condition it is an Expression.
    if key == "expression" and ("language" in holder or isinstance(value, str)):
        return isinstance(value, str)
    if key in _OBJECTS:
        return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)
    if key in _WORDS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if key in _OBJECT:
        return isinstance(value, Mapping)
    if key in _TEXT:
        return isinstance(value, str) and bool(value.strip())
    if key == "value" and isinstance(value, str):
        return True  # of an identifier
    if key in _NUMBER:
        return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and abs(float(value)) < _MOST
    if key == "code":
        return isinstance(value, str | Mapping) or (
            isinstance(value, list) and all(isinstance(item, Mapping) for item in value)
        )
    return value is not None


def _inside(value: Json, path: str, report: Report, depth: int) -> Json:
    if isinstance(value, Mapping):
        return _object(value, path, report, depth)
    if isinstance(value, list):
        return [_inside(item, f"{path}[{number}]", report, depth) for number, item in enumerate(value)]
    return value

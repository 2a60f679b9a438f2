"""One pathway as a PlanDefinition, what its elements do not say, and the definition with that in a Library."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pathways.fhir.export_plan import plan_definition, with_rest
from pathways.fhir.import_ours import document_of
from pathways.fhir.patch import difference, leaves
from pathways.fhir.report import NotCarried, Report
from pathways.lang.plan import Plan

Json = Any


@dataclass(frozen=True, slots=True)
class Exported:
    """``elements`` is ``definition`` without its Library. ``not_carried``: what only carepath reads."""

    definition: Mapping[str, Json]
    elements: Mapping[str, Json]
    not_carried: tuple[NotCarried, ...]


def export_plan(document: Mapping[str, Json], plan: Plan) -> Exported:
    """Export a document that compiled to ``plan``.

    What the elements say is read back; the difference to the document is the rest, so the report is complete by
    construction.
    """
    plain = _jsonable(document)
    elements = plan_definition(plain, plan)
    rest = difference(document_of(elements, Report(), rest=False), plain)
    report = Report()
    for path, value in leaves(rest):
        if not _says(value):
            continue
        report.add(path, json.dumps(value, ensure_ascii=False)[:120], "not_fhir")
    return Exported(with_rest(elements, rest), elements, tuple(report.entries))


def _says(value: Json) -> bool:
    """Whether a place of the rest adds something, and does not only take away what the elements add."""
    return any(map(_says, value.values())) or not value if isinstance(value, Mapping) else value is not None


def _jsonable(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {str(key): _jsonable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(inner) for inner in value]
    return str(value) if isinstance(value, Decimal) else value

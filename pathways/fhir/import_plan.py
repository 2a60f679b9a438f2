"""Plan definitions into pathway documents: a draft for each, and what it does not carry over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from pathways.fhir.draft import Draft
from pathways.fhir.import_foreign import Foreign
from pathways.fhir.import_ours import document_of, is_ours
from pathways.fhir.report import NotCarried, Report
from pathways.fhir.shapes import shaped
from pathways.fhir.shelf import Shelf
from pathways.lang.library import Library
from pathways.lang.load import Loaded, load_pathway

Json = Any
_NAMED: Final = frozenset({"ActivityDefinition", "Questionnaire", "Library"})
"""What a definition may name and the import reads."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One definition as a draft. ``text`` is YAML; ``loaded`` what the checker says of it."""

    definition: str
    document: Mapping[str, Json]
    text: str
    loaded: Loaded
    not_carried: tuple[NotCarried, ...]


def import_plans(documents: Sequence[Json], library: Library | None = None) -> list[Imported]:
    """A draft for every PlanDefinition among the resources, in their order; none where there is none.

    ``documents``: resources, or Bundles of them, as parsed JSON. What a definition names (ActivityDefinition,
    Questionnaire, Library) is looked for among them and in what it contains. ``library``: the pathways that a draft
    may call.
    """
    raw = Shelf(documents)
    others = Report()
    shelf = Shelf([_shaped(r, others) for r in raw.resources if str(r.get("resourceType")) in _NAMED])
    kinds = [kind for r in raw.resources if (kind := str(r.get("resourceType"))) not in {*_NAMED, "PlanDefinition"}]
    for kind in dict.fromkeys(kinds):
        others.add(kind, f"{kinds.count(kind)} × {kind}", "no_place")
    return [_import(definition, shelf, others, library) for definition in raw.plans]


def _shaped(resource: Mapping[str, Json], report: Report) -> dict[str, Json]:
    kind = str(resource.get("resourceType"))
    return shaped(resource, f"{kind}/{resource.get('id')}" if kind != "PlanDefinition" else kind, report)


def _import(given: Mapping[str, Json], shelf: Shelf, others: Report, library: Library | None) -> Imported:
    report = Report()
    report.entries += others.entries
    definition = _shaped(given, report)
    name = str(definition.get("id") or definition.get("name") or "PlanDefinition")
    if is_ours(definition):
        own = document_of(definition, report)
        text = as_yaml(own)
        return Imported(name, own, text, load_pathway(text, f"{own['id']}.yaml", None, library), tuple(report.entries))
    draft = Draft(definition, report)
    document = Foreign(draft, shelf).document()
    # Nothing cites a source yet, and a source that nothing uses is an error: it waits above the document.
    head = "".join(f"# evidence {name}: {known['cite']}\n" for name, known in draft.evidence.items())
    text = head + as_yaml(document)
    return Imported(name, document, text, load_pathway(text, f"{document['id']}.yaml"), tuple(report.entries))


class _Plain(yaml.SafeDumper):
    """Writes a value each time it stands somewhere: anchors and aliases are refused in pathways."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def as_yaml(document: Mapping[str, Json]) -> str:
    """A document as YAML text, its keys in their order, the same bytes for the same document."""
    return str(
        yaml.dump(
            dict(document), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=110, default_flow_style=None
        )
    )

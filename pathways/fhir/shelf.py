"""The resources of one import: plan definitions, and what they name, found by reference or canonical address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = Any


class Shelf:
    """Resources given together. What is contained is found within its holder only."""

    def __init__(self, documents: Sequence[Json]) -> None:
        self.resources: list[Mapping[str, Json]] = []
        for document in documents:
            self._take(document)
        self.plans = [r for r in self.resources if r.get("resourceType") == "PlanDefinition"]

    def _take(self, document: Json) -> None:
        if not isinstance(document, Mapping):
            return
        if document.get("resourceType") == "Bundle":
            for entry in document.get("entry") or ():
                if isinstance(entry, Mapping):
                    self._take(entry.get("resource"))
            return
        self.resources.append(document)

    def find(self, reference: Json, holder: Mapping[str, Json], kind: str | None = None) -> Mapping[str, Json] | None:
        """The resource that a canonical (``url|version``), a ``Type/id`` or a ``#id`` of ``holder`` names."""
        if not isinstance(reference, str) or not reference:
            return None
        if reference.startswith("#"):
            return self._of(holder.get("contained") or (), reference[1:], kind)
        address = reference.partition("|")[0]
        for resource in self.resources:
            if kind is not None and resource.get("resourceType") != kind:
                continue
            if resource.get("url") == address:
                return resource
        kinds = [part for part in address.split("/")[:-1] if part[:1].isupper()][-1:]
        return self._of(self.resources, address.rsplit("/", 1)[-1], kinds[0] if kinds else kind)

    @staticmethod
    def _of(resources: Sequence[Json], name: str, kind: str | None) -> Mapping[str, Json] | None:
        for resource in resources:
            if not isinstance(resource, Mapping) or resource.get("id") != name:
                continue
            if kind is None or resource.get("resourceType") == kind:
                return resource
        return None

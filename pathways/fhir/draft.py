"""A draft of a pathway that is being made out of a plan definition: its sections, names and report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pathways.fhir.report import Report
from pathways.fhir.texts import get_text, word_id
from pathways.lang.catalogue import catalogue
from pathways.lang.phrases_engine import reserved_words

Json = Any
_VERSION: Final = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_PRACTITIONER: Final = "clinician"
CARRIED: Final = frozenset(
    {
        "resourceType", "id", "url", "identifier", "version", "name", "title", "_title", "status", "type", "publisher",
        "relatedArtifact", "goal", "action", "contained", "library", "language",
    }
)  # fmt: skip
"""Elements of a PlanDefinition that come over, whole or with entries of their own in the report."""


@dataclass(slots=True)
class Draft:
    """What has been made so far. ``names`` are taken ids; ``phase`` holds the steps of the one phase."""

    definition: Mapping[str, Json]
    report: Report
    names: set[str] = field(default_factory=set)
    facts: dict[str, Json] = field(default_factory=dict)
    measures: dict[str, Json] = field(default_factory=dict)
    roles: list[str] = field(default_factory=list)
    steps: dict[str, Json] = field(default_factory=dict)
    rules: dict[str, Json] = field(default_factory=dict)
    messages: dict[str, Json] = field(default_factory=dict)
    evidence: dict[str, Json] = field(default_factory=dict)
    questions: dict[str, Json] = field(default_factory=dict)
    reserved: frozenset[str] = field(default_factory=reserved_words)

    def new_id(self, text: str, fallback: str = "step") -> str:
        """A name that nothing else has."""
        return word_id(text, self.names, self.reserved, fallback)

    def text(self, holder: Mapping[str, Json], keys: tuple[str, ...], path: str, otherwise: str) -> dict[str, str]:
        """The first text there is; one language stands for both, and that is told."""
        for key in keys:
            found, both = get_text(holder, key)
            if found is not None:
                if not both:
                    self.report.add(f"{path}.{key}", found["en"], "one_language")
                return {language: _line(text) for language, text in found.items()}
        return {"en": otherwise, "zh": otherwise}

    def role(self, participants: Json) -> str | None:
        """The role of the first participant who is no patient; None where only the patient takes part."""
        found = [p for p in participants or () if isinstance(p, Mapping)]
        staff = [p for p in found if str(p.get("type")) not in {"patient", "related-person", "device"}]
        if found and not staff:
            return None
        concept = staff[0].get("role") if staff else None
        words = _concept(concept) or _PRACTITIONER
        for role in self.roles:
            if role == words or role.replace("_", " ") == words.lower():
                return role
        plain = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
        if plain in self.roles:
            return plain
        role = self.new_id(words, "role")
        self.roles.append(role)
        return role

    def condition(self, expression: Json, path: str) -> str:
        """The name of the fact that stands for a condition in another language: a person says whether it holds."""
        given = expression if isinstance(expression, Mapping) else {"expression": str(expression or "")}
        language = str(given.get("language") or "text")
        text = str(given.get("expression") or given.get("description") or given.get("reference") or "")
        said = str(given.get("description") or text)
        for name, known in self.questions.items():
            if known["about"] == (language, text):
                return name
        name = self.new_id(text if len(text) < 40 else said, "condition")
        words = _line(f"{said} [{language}: {text}]" if said != text else f"{text} [{language}]")
        self.questions[name] = {"about": (language, text), "text": {"en": words, "zh": words}}
        self.facts[name] = {"type": "yes_no", "question": {"en": words, "zh": words}}
        self.report.add(path, words, "foreign_condition", language=language, name=name)
        return name

    def measure(self, concept: Json) -> str | None:
        """The measure of the catalogue that a code asks for, by its LOINC code; None when there is none."""
        codings = concept.get("coding") or () if isinstance(concept, Mapping) else ()
        for coding in codings:
            for name, known in catalogue().measures.items():
                if coding.get("system") == "http://loinc.org" and coding.get("code") == known.code:
                    for mine, spec in self.measures.items():
                        if spec["use"] == name:
                            return mine
                    mine = self.new_id(name, "measure")
                    self.measures[mine] = {"use": name}
                    return mine
        return None

    def head(self) -> dict[str, Json]:
        """Everything before the phases: who made it, and what it rests on."""
        definition = self.definition
        name = str(definition.get("name") or definition.get("id") or "imported")
        version = _VERSION.match(str(definition.get("version") or ""))
        title = self.text(definition, ("title", "name", "id"), "PlanDefinition", name)
        self._evidence()
        for key in definition:
            if key not in CARRIED and not key.startswith("_"):
                self.report.add(f"PlanDefinition.{key}", _line(_told(definition[key])), "no_place")
        owner = word_id(str(definition.get("publisher") or "imported"), set(), self.reserved, "owner")
        pathway = word_id(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name), set(), self.reserved, "pathway")
        self.names |= {pathway}
        number = ".".join(part or "0" for part in version.groups()) if version is not None else "0.1.0"
        if version is None:
            self.report.add("PlanDefinition.version", str(definition.get("version")), "filled_in", detail=number)
        return {"carepath": 1, "id": pathway, "version": number, "title": title, "owner": owner}

    def _evidence(self) -> None:
        for number, artifact in enumerate(self.definition.get("relatedArtifact") or ()):
            self.cite(artifact, f"PlanDefinition.relatedArtifact[{number}]")
        for number, library in enumerate(self.definition.get("library") or ()):
            self.report.add(f"PlanDefinition.library[{number}]", str(library), "dynamic", language="CQL")

    def cite(self, artifact: Json, path: str) -> None:
        """Keep a related artifact as evidence that nobody has checked."""
        if not isinstance(artifact, Mapping):
            self.report.add(path, "relatedArtifact", "shape")
            return
        document = artifact.get("document") or {}
        said = artifact.get("citation") or artifact.get("display") or artifact.get("url") or artifact.get("resource")
        words = said or document.get("title") or document.get("url")
        if not words:
            self.report.add(path, str(artifact.get("type")), "no_place")
            return
        cite = _line(str(words))
        if any(known["cite"] == cite for known in self.evidence.values()):
            return
        label = str(artifact.get("label") or "")
        key = self.new_id(label or "source", "source")
        self.evidence[key] = {"cite": cite, "checked": "no"}
        self.report.add(path, cite, "comment", name=key)
        for lost in sorted(set(artifact) & {"url", "document", "resource"}):
            if str(words) != str(artifact[lost]):
                self.report.add(f"{path}.{lost}", _told(artifact[lost]), "no_place")


def _concept(concept: Json) -> str:
    if not isinstance(concept, Mapping):
        return ""
    for coding in concept.get("coding") or ():
        if coding.get("display") or coding.get("code"):
            return str(coding.get("display") or coding.get("code"))
    return str(concept.get("text") or "")


def _told(value: Json) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return str(value.get("text") or value.get("title") or value.get("display") or ", ".join(map(str, value)))
    if isinstance(value, list):
        return "; ".join(_told(item) for item in value[:5])
    return str(value)


def _line(text: str) -> str:
    """One line of at most 400 characters without anything a document refuses."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(plain.split())[:400]

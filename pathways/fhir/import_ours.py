"""A definition that ``export_plan`` wrote, read back: first what its elements say, then the rest in its Library."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from pathways.fhir.forms import form_of, questionnaire_id
from pathways.fhir.patch import patched
from pathways.fhir.report import Report
from pathways.fhir.shelf import Shelf
from pathways.fhir.systems import LOINC
from pathways.fhir.texts import get_text, plain_id
from pathways.fhir.timing import duration_phrase, phrase_of
from pathways.fhir.words import GROUPS, LEVEL, LIBRARY, NAMED, PATHWAY, ROLE, is_condition, part_of, selection_of
from pathways.lang.catalogue import catalogue

Json = Any


def is_ours(definition: Mapping[str, Json]) -> bool:
    """Whether a definition's actions are marked as parts of a pathway."""
    actions = [a for a in definition.get("action") or () if isinstance(a, Mapping)]
    return bool(actions) and all(part_of(action) is not None for action in actions)


def document_of(definition: Mapping[str, Json], report: Report, *, rest: bool = True) -> dict[str, Json]:
    """The pathway document. ``rest`` False: only what the elements say, as if there were no Library."""
    native = _Reader(definition, report).document()
    patch = _rest(definition, report) if rest else None
    return native if patch is None else patched(native, patch)


def _rest(definition: Mapping[str, Json], report: Report) -> dict[str, Json] | None:
    for number, resource in enumerate(definition.get("contained") or ()):
        if resource.get("resourceType") != "Library" or resource.get("id") != LIBRARY:
            continue
        try:
            data = str((resource.get("content") or [{}])[0].get("data") or "")
            found = json.loads(base64.b64decode(data, validate=True))
        except (ValueError, binascii.Error, RecursionError):
            found = None
        if isinstance(found, dict):
            return found
        report.add(f"PlanDefinition.contained[{number}].content", "the rest of the pathway", "shape")
    return None


class _Reader:
    def __init__(self, definition: Mapping[str, Json], report: Report) -> None:
        self.definition = definition
        self.report = report
        self.shelf = Shelf([])
        self.roles: list[str] = []
        self.measures: dict[str, Json] = {}
        self.messages: dict[str, Json] = {}

    def document(self) -> dict[str, Json]:
        definition = self.definition
        identifiers = definition.get("identifier") or ()
        named = next((i.get("value") for i in identifiers if i.get("system") == PATHWAY), None)
        title, _ = get_text(definition, "title")
        out: dict[str, Json] = {
            "carepath": 1,
            "id": str(named or definition.get("name")),
            "version": str(definition.get("version")),
            "title": title or {"en": str(named), "zh": str(named)},
            "owner": str(definition.get("publisher")),
        }
        sections: dict[str, dict[str, Json]] = {"throughout": {}, "phases": {}, "ends": {}, "rules": {}}
        for number, action in enumerate(definition.get("action") or ()):
            self._top(action, f"PlanDefinition.action[{number}]", sections)
        evidence = {
            str(a.get("label")): {"cite": str(a.get("citation"))} for a in definition.get("relatedArtifact") or ()
        }
        everything: dict[str, Json] = {
            "evidence": evidence,
            "counts_from": "enrolment",
            "measures": self.measures,
            "roles": self.roles,
            **sections,
            "messages": self.messages,
        }
        return {**out, **{key: value for key, value in everything.items() if value}}

    def _top(self, action: Mapping[str, Json], path: str, sections: dict[str, dict[str, Json]]) -> None:
        part = part_of(action)
        name = plain_id(str(action.get("id")))
        if part == "throughout":
            sections["throughout"] = self._steps(action, path)
        elif part == "phase":
            sections["phases"][name] = self._phase(action, path)
        elif part == "end":
            name = name.removeprefix("end.")
            title, _ = get_text(action, "title")
            plain = title is None or title["en"] == name.replace("_", " ")
            sections["ends"][name] = {} if plain else {"title": title}
        elif part == "rule":
            sections["rules"][name.removeprefix("rule.")] = self._rule(action)
        else:
            self.report.add(path, str(part), "no_place")

    # ------------------------------------------------------------------ phases

    def _phase(self, action: Mapping[str, Json], path: str) -> dict[str, Json]:
        title, _ = get_text(action, "title")
        phase: dict[str, Json] = {"title": title}
        stop = _expression(action, "stop")
        if stop is not None:
            phase["until"] = stop
        steps = self._steps(action, path)
        if steps:
            phase["steps"] = steps
        for inner in action.get("action") or ():
            part = part_of(inner)
            if part in {"leave", "at_end"}:
                phase.setdefault(part, []).append(self._row(inner))
            elif part == "no_later_than":
                after = duration_phrase(inner.get("timingDuration"))
                phase[part] = {**({"after": after} if after else {}), **_target(inner)}
        return phase

    @staticmethod
    def _row(action: Mapping[str, Json]) -> dict[str, Json]:
        test = _expression(action, "applicability")
        return {**({"else": True} if test is None else {"if": test}), **_target(action)}

    def _steps(self, action: Mapping[str, Json], path: str) -> dict[str, Json]:
        out: dict[str, Json] = {}
        for number, inner in enumerate(action.get("action") or ()):
            part = part_of(inner)
            if part in {None, "leave", "at_end", "no_later_than"}:
                continue
            holder, _, name = str(inner.get("id")).rpartition(".")
            out[plain_id(name)] = self._step(str(part), holder, name, inner, f"{path}.action[{number}]")
        return out

    # ------------------------------------------------------------------ steps

    def _step(self, kind: str, holder: str, name: str, action: Mapping[str, Json], path: str) -> dict[str, Json]:
        title, _ = get_text(action, "title")
        said = title or {"en": name, "zh": name}
        definition = self.shelf.find(action.get("definitionCanonical"), self.definition) or {}
        step: dict[str, Json] = {} if kind in {"task", "decide"} else {"title": said}
        if kind in GROUPS:
            step["steps" if kind == "for_each" else kind] = self._steps(action, path)
            if selection_of(kind, or_none=True) == action.get("selectionBehavior") != selection_of(kind, or_none=False):
                step["or_none"] = "yes"
        step |= self._body(kind, said, definition, action)
        if action.get("requiredBehavior") in {"must", "could"}:
            step["required"] = action["requiredBehavior"]
        form = self.shelf.find(f"#{questionnaire_id(holder, name)}", self.definition)
        if form is not None:
            asked = form_of(form, f"{path}.definitionCanonical", self.report, frozenset())
            step["ask" if kind == "ask" else "form"] = asked
        if "textEquivalent" in action:
            step["when"] = self._when(action)
        guard = _expression(action, "applicability")
        if guard is not None:
            step["only_if"] = guard
        return step

    def _body(
        self, kind: str, said: Mapping[str, str], definition: Mapping[str, Json], action: Mapping[str, Json]
    ) -> dict[str, Json]:
        name = str(definition.get("name"))
        if kind == "measure":
            self._measure(name, definition.get("code"))
            return {"measure": name}
        if kind == "say":
            text, _ = get_text(definition, "description")
            self.messages[name] = {"to": "patient", "class": "care", **(text or said)}
            return {"say": name}
        if kind in {"task", "decide"}:
            due = duration_phrase(definition.get("timingDuration"))
            return {kind: dict(said), "role": self._role(action), **({"due": due} if due else {})}
        if kind == "conference":
            due = duration_phrase(definition.get("timingDuration"))
            return {"conference": self._roles(action), **({"due": due} if due else {})}
        if kind == "visit":
            return {"visit": {"with": self._role(action), "mode": ["clinic"]}}
        if kind == "dose":
            return {"dose": "medicines"}
        if kind == "advise":
            return {"advise": [], "role": self._role(action)}  # its rows have no element
        if kind in NAMED and definition.get("resourceType") == "ActivityDefinition":
            return {kind: name}
        # What stands inside these has no element: it comes from the rest that travels along.
        return {}

    def _role(self, action: Mapping[str, Json]) -> str:
        return next(iter(self._roles(action)), "clinician")

    def _roles(self, action: Mapping[str, Json]) -> list[str]:
        """The roles that take part, each noted as one of the pathway."""
        found: list[str] = []
        for participant in action.get("participant") or ():
            for coding in (participant.get("role") or {}).get("coding") or ():
                if coding.get("system") == ROLE:
                    found.append(str(coding.get("code")))
        self.roles += [role for role in dict.fromkeys(found) if role not in self.roles]
        return found

    def _measure(self, name: str, concept: Json) -> None:
        codes = [c.get("code") for c in (concept or {}).get("coding") or () if c.get("system") == LOINC]
        for key, known in catalogue().measures.items():
            if known.code in codes:
                self.measures.setdefault(name, {"use": key})

    def _when(self, action: Mapping[str, Json]) -> str:
        """What the elements of time say; words, where FHIR has no element for it."""
        start = _expression(action, "start")
        if start is not None:
            return f"as soon as {start}"
        if "timingTiming" in action:
            phrase, lost = phrase_of(action["timingTiming"])
            if phrase and not lost:
                return phrase
        for related in action.get("relatedAction") or ():
            phrase = self._relation(related)
            if phrase:
                return phrase
        return str(action.get("textEquivalent") or "at phase start")

    @staticmethod
    def _relation(related: Mapping[str, Json]) -> str | None:
        other = str(related.get("actionId")).rpartition(".")[2]
        offset = duration_phrase(related.get("offsetDuration"))
        relation = related.get("relationship")
        if relation == "concurrent-with-start":
            return "at phase start"
        if offset is None:
            return None
        if relation == "after-start":
            return f"{offset} after phase start"
        side = "before" if relation == "before-start" else "after"
        return f"{offset} {side} {plain_id(other)}"

    # ------------------------------------------------------------------ rules

    def _rule(self, action: Mapping[str, Json]) -> dict[str, Json]:
        name = plain_id(str(action.get("id"))).removeprefix("rule.")
        title, _ = get_text(action, "title")
        rule: dict[str, Json] = {}
        if title is not None and title["en"] != name.replace("_", " "):
            rule["title"] = title
        rule["if"] = _expression(action, "applicability")
        rule["level"] = LEVEL.get(str(action.get("priority")), "info")
        rule["do"] = [self._task(inner) for inner in action.get("action") or ()]
        return rule

    def _task(self, action: Mapping[str, Json]) -> dict[str, Json]:
        title, _ = get_text(action, "title")
        return {"task": title, "role": self._role(action), "due": str(action.get("textEquivalent"))}


def _target(action: Mapping[str, Json]) -> dict[str, Json]:
    for related in action.get("relatedAction") or ():
        name = plain_id(str(related.get("actionId")))
        return {"end": name[4:]} if name.startswith("end.") else {"go": name}
    return {}


def _expression(action: Mapping[str, Json], kind: str) -> Json:
    """A condition of ours: words, or the object that counts conditions. None where there is none."""
    for condition in action.get("condition") or ():
        expression = condition.get("expression") or {}
        if condition.get("kind") == kind and is_condition(expression):
            text = str(expression.get("expression"))
            if text.startswith("{"):
                try:
                    return json.loads(text)
                except ValueError:
                    return text
            return text
    return None

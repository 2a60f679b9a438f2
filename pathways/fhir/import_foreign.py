"""A plan definition of somebody else as a draft: one phase with a step for each action, or rules for its triggers.

What FHIR leaves to the reader of a definition (who chooses, who judges a condition) is given to a person: a choice
becomes a task with a form, a condition in another language a question whose answer is a fact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pathways.fhir.draft import Draft
from pathways.fhir.forms import form_of
from pathways.fhir.relations import Edge, along, edges, has_time, offset_of, rounds, seconds, spoken, window_of
from pathways.fhir.shelf import Shelf
from pathways.fhir.texts import word_id
from pathways.fhir.timing import date_phrase, phrase_of
from pathways.lang.relations import BEFORE

Json = Any
DUE: Final = "7 days"
"""How long a task may take where the definition does not say. No clinical number: the report asks to decide."""
_CHOICES: Final = frozenset({"any", "all-or-none", "exactly-one", "at-most-one", "one-or-more"})
_READ: Final = frozenset(
    {
        "id", "prefix", "title", "_title", "description", "_description", "textEquivalent", "_textEquivalent", "code",
        "documentation", "condition", "relatedAction", "participant", "action", "definitionCanonical", "definitionUri",
        "timingTiming", "timingDateTime", "trigger", "selectionBehavior", "groupingBehavior", "priority", "goalId",
    }
)  # fmt: skip
_TOLD: Final = frozenset({"groupingBehavior", "goalId", "prefix"})
_DEFAULTS: Final = {"selectionBehavior": "all", "cardinalityBehavior": "single", "groupingBehavior": "logical-group"}


@dataclass(slots=True)
class _Action:
    """An action on its way: where it stands, its step, and what must hold for it."""

    action: Mapping[str, Json]
    path: str
    key: str
    guards: list[str]
    chosen: str = ""
    leaf: bool = True
    step: str = ""


class Foreign:
    """The import of one definition."""

    def __init__(self, draft: Draft, shelf: Shelf) -> None:
        self.draft = draft
        self.shelf = shelf
        self.report = draft.report
        self.actions: dict[str, _Action] = {}

    def document(self) -> dict[str, Json]:
        """The pathway document."""
        draft = self.draft
        head = draft.head()
        self._goals()
        top = draft.definition.get("action") or ()
        for number, action in enumerate(top):
            path = f"PlanDefinition.action[{number}]"
            if isinstance(action, Mapping) and self._is_rule(action):
                self._rule(action, path)
            else:
                self._collect(action, path, [], "")
        self._times()
        for found in self.actions.values():
            if found.leaf:
                self._step(found)
        self._questions()
        return self._put_together(head)

    # ------------------------------------------------------------------ actions

    def _collect(self, action: Json, path: str, guards: list[str], chosen: str) -> _Action | None:
        if not isinstance(action, Mapping):
            self.report.add(path, "action", "shape")
            return None
        found = _Action(action, path, str(action.get("id") or path), [*guards, *self._conditions(action, path)], chosen)
        children = [(n, child) for n, child in enumerate(action.get("action") or ())]
        found.leaf = not children
        found.step = self.draft.new_id(self._called(action, path)) if found.leaf or self._chooses(action) else ""
        self.actions[found.key] = found
        self._unread(action, path)
        if children:
            self._group(found, children)
        return found

    def _group(self, found: _Action, children: list[tuple[int, Json]]) -> None:
        path, action = found.path, found.action
        if not self._chooses(action):
            for number, child in children:
                self._collect(child, f"{path}.action[{number}]", found.guards, found.chosen)
            return
        how = str(action.get("selectionBehavior"))
        form: dict[str, Json] = {}
        taken: set[str] = set()
        made: list[tuple[str, dict[str, str], int, Json]] = []
        for number, child in children:
            inner = child if isinstance(child, Mapping) else {}
            name = self._option(inner, f"{path}.action[{number}]", taken)
            words = self.draft.text(inner, ("title", "description", "textEquivalent"), f"{path}.action[{number}]", name)
            made.append((name, words, number, child))
        if how in {"exactly-one", "at-most-one"}:
            options = {name: words for name, words, _, _ in made}
            if how == "at-most-one":
                options["none_of_them"] = {"en": "None of them", "zh": "均不选"}
            form["choice"] = {"one_of": options, "label": {"en": "Choose one", "zh": "请选择一项"}}
        elif how == "all-or-none":
            form["together"] = {"yes_no": {"en": "Do all of them?", "zh": "全部执行吗？"}}
        else:
            form = {name: {"yes_no": words} for name, words, _, _ in made}
        title = self.draft.text(action, ("title", "description", "textEquivalent"), path, "Choose")
        step = {
            "task": title,
            "role": self.draft.role(action.get("participant")) or self.draft.role(()),
            "when": "at phase start",
            "due": DUE,
            "form": form,
        }
        self.draft.steps[found.step] = self._guarded(step, found.guards)
        self.report.add(f"{path}.selectionBehavior", how, "choice", detail=_CHOICE_TEXT[how])
        self.report.add(path, f"{found.step}: due", "filled_in", detail=DUE)
        for name, _, number, child in made:
            one = f"choice is {name}"
            tests = {"exactly-one": one, "at-most-one": one, "all-or-none": "together is yes"}
            said = f"{found.step}.{tests.get(how, f'{name} is yes')}"
            self._collect(child, f"{path}.action[{number}]", found.guards, f"{found.step}|{said}")

    def _option(self, action: Mapping[str, Json], path: str, taken: set[str]) -> str:
        return word_id(self._called(action, path), taken, self.draft.reserved, "option")

    @staticmethod
    def _chooses(action: Mapping[str, Json]) -> bool:
        return action.get("selectionBehavior") in _CHOICES and bool(action.get("action"))

    def _called(self, action: Mapping[str, Json], path: str) -> str:
        for key in ("title", "description", "textEquivalent", "id", "definitionCanonical"):
            value = action.get(key)
            if isinstance(value, str) and value.strip():
                return value.rsplit("/", 1)[-1] if key == "definitionCanonical" else value
        return path.rsplit("[", 1)[-1].strip("]")

    def _unread(self, action: Mapping[str, Json], path: str) -> None:
        for key, value in action.items():
            second = key in {"description", "textEquivalent"} and "title" in action
            if _DEFAULTS.get(key) == value:
                continue
            if key == "dynamicValue":
                for number, one in enumerate(value):
                    self._dynamic(one, f"{path}.dynamicValue[{number}]")
            elif key == "documentation":
                for number, artifact in enumerate(value):
                    self.draft.cite(artifact, f"{path}.documentation[{number}]")
            elif second or key in _TOLD or (key not in _READ and not key.startswith("_")):
                self.report.add(f"{path}.{key}", _short(value), "no_place")

    def _dynamic(self, one: Json, path: str) -> None:
        given = one.get("expression") if isinstance(one, Mapping) else None
        expression = given if isinstance(given, Mapping) else {}
        language = str(expression.get("language") or "text")
        what = f"{one.get('path')} = {expression.get('expression')}" if isinstance(one, Mapping) else "dynamicValue"
        self.report.add(path, what, "dynamic", language=language)

    def _conditions(self, action: Mapping[str, Json], path: str) -> list[str]:
        """Guards for applicability and start; a stop is a guard turned round."""
        out: list[str] = []
        for number, condition in enumerate(action.get("condition") or ()):
            place = f"{path}.condition[{number}]"
            if not isinstance(condition, Mapping):
                self.report.add(place, "condition", "shape")
                continue
            name = self.draft.condition(condition.get("expression"), place)
            out.append(f"{name} is {'no' if condition.get('kind') == 'stop' else 'yes'}")
        return out

    # ------------------------------------------------------------------ rules

    def _is_rule(self, action: Mapping[str, Json]) -> bool:
        """An action that an event sets off and a condition guards: it watches, it is not planned."""
        timed = any(key.startswith("timing") for key in action)
        triggers = [t for t in action.get("trigger") or () if isinstance(t, Mapping)]
        events = [t for t in triggers if t.get("type") != "periodic"]
        return bool(events) and bool(action.get("condition")) and not timed and not action.get("action")

    def _rule(self, action: Mapping[str, Json], path: str) -> None:
        draft = self.draft
        name = draft.new_id(self._called(action, path), "rule")
        for number, trigger in enumerate(action.get("trigger") or ()):
            said = str(trigger.get("name") or trigger.get("type"))
            self.report.add(f"{path}.trigger[{number}]", said, "no_place")
        guards = self._conditions(action, path)
        self._unread(action, path)
        title = draft.text(action, ("title", "description", "textEquivalent"), path, name)
        urgent = action.get("priority") in {"urgent", "stat", "asap"}
        draft.rules[name] = {
            "title": title,
            "if": " and ".join(guards),
            "level": "amber" if urgent else "info",
            "do": [{"task": title, "role": draft.role(action.get("participant")) or draft.role(()), "due": DUE}],
            "unknown": {"not_met": "nobody has answered the imported condition yet"},
        }
        self.report.add(path, f"{name}: level", "filled_in", detail=draft.rules[name]["level"])
        self.report.add(path, f"{name}: due", "filled_in", detail=DUE)

    # ------------------------------------------------------------------ time

    def _times(self) -> None:
        """Give each action its phrase: its own timing, else that of what it waits for, else the start."""
        raw = {key: found.action for key, found in self.actions.items()}
        paths = {key: found.path for key, found in self.actions.items()}
        for key, found in self.actions.items():
            for number, related in enumerate(found.action.get("relatedAction") or ()):
                if isinstance(related, Mapping) and related.get("actionId") not in raw:
                    where = f"{paths[key]}.relatedAction[{number}]"
                    other = str(related.get("actionId"))
                    self.report.add(where, other, "not_found", detail=other)
        self.edges = edges(raw, paths)
        self.phrases: dict[str, str] = {}
        for group in rounds(list(raw), self.edges):
            self._round(group)

    def _round(self, group: list[str]) -> None:
        at, whole = along(group, self.edges)
        first = self.actions[group[0]]
        if whole == 0:
            self.report.add(first.path, " → ".join(group), "cycle")
            self.edges = [e for e in self.edges if not (e.later == group[0] and e.earlier in group)]
            return
        every = spoken(whole)
        for edge in self.edges:
            if edge.later in group and edge.earlier not in group:
                self.report.add(edge.path, f"{edge.relation} {edge.later}", "one_relation")
        self.report.add(first.path, " → ".join(group), "loop", detail=every)
        for key in group:
            repeat = f"at phase start and every {every}"
            later = at.get(key, 0)
            anchor = self._waits_on(group[0])
            self.phrases[key] = repeat if not later or not anchor else f"{spoken(later)} after each {anchor}"

    def _waits_on(self, key: str) -> str:
        """The step that stands for an action; a group is its last step."""
        found = self.actions[key]
        if found.step:
            return found.step
        inside = [a.step for a in self.actions.values() if a.path.startswith(f"{found.path}.") and a.step]
        return inside[-1] if inside else ""

    def _when(self, found: _Action) -> str:
        if found.key in self.phrases:
            return self.phrases[found.key]
        own = self._own_time(found)
        if own:
            return own
        back = self._counted_back(found)
        if back:
            return back
        for holder in self._upwards(found):
            before = [e for e in self.edges if e.later == holder.key]
            waits = [e for e in before if self._waits_on(e.earlier) not in {"", found.step}]
            for more in waits[1:]:
                self.report.add(more.path, f"{found.step}: {more.relation} {more.earlier}", "one_relation")
            if waits:
                return self._after(waits[0], found)
        if found.chosen:
            return f"as soon as {found.chosen.partition('|')[2]}"
        if found.guards:
            return f"as soon as {' and '.join(found.guards)}"
        return "at phase start"

    def _counted_back(self, found: _Action) -> str:
        """So long before an action that has a time of its own."""
        for related in found.action.get("relatedAction") or ():
            other = self.actions.get(str(related.get("actionId")))
            offset = offset_of(related)
            if related.get("relationship") in BEFORE and offset and other is not None and has_time(other.action):
                target = self._waits_on(other.key)
                return f"{offset} before {target}" if target else ""
        return ""

    def _after(self, edge: Edge, found: _Action) -> str:
        earlier = self._waits_on(edge.earlier)
        if edge.relation not in {"after-end", "before-start"}:
            self.report.add(edge.path, f"{found.step}: {edge.relation} {earlier}", "edge", name=found.step)
        return f"{edge.offset} after {earlier}" if edge.offset else f"as soon as {earlier} is done"

    def _upwards(self, found: _Action) -> Iterator[_Action]:
        """An action and the groups it stands in, from the inside out."""
        yield found
        holders = [a for a in self.actions.values() if found.path.startswith(f"{a.path}.")]
        yield from sorted(holders, key=lambda a: -len(a.path))

    def _own_time(self, found: _Action) -> str:
        for holder in self._upwards(found):
            action, path = holder.action, holder.path
            timings = [(f"{path}.timingTiming", action["timingTiming"])] if "timingTiming" in action else []
            timings += [
                (f"{path}.trigger[{n}].timingTiming", t["timingTiming"])
                for n, t in enumerate(action.get("trigger") or ())
                if isinstance(t, Mapping) and "timingTiming" in t
            ]
            for place, timing in timings:
                phrase, lost = phrase_of(timing)
                for what in lost:
                    self.report.add(place, f"{found.step}: {what}", "other_clock", detail=what, name=found.step)
                if phrase:
                    return phrase
            if isinstance(action.get("timingDateTime"), str):
                return date_phrase(action["timingDateTime"]) or ""
        return ""

    # ------------------------------------------------------------------ steps

    def _step(self, found: _Action) -> None:
        when = self._when(found)
        body = self._body(found)
        step = {**body, "when": when}
        guards = [] if when.startswith("as soon as ") and not found.chosen else list(found.guards)
        if found.chosen and not when.startswith("as soon as "):
            chooser, _, test = found.chosen.partition("|")
            guards = [f"{chooser} is done", test, *guards]
        window = next((w for r in found.action.get("relatedAction") or () if (w := window_of(r))), None)
        if window is not None:
            step["window"] = {"missed_after": spoken(max(1, seconds(window[1]) - seconds(window[0])))}
        self.draft.steps[found.step] = self._guarded(step, guards)

    @staticmethod
    def _guarded(step: dict[str, Json], guards: list[str]) -> dict[str, Json]:
        if guards:
            step["only_if"] = " and ".join(dict.fromkeys(guards))
        return step

    def _body(self, found: _Action) -> dict[str, Json]:
        action, path, draft = found.action, found.path, self.draft
        asked = action.get("definitionCanonical")
        definition = self.shelf.find(asked, draft.definition) or {}
        if asked and not definition:
            self.report.add(f"{path}.definitionCanonical", str(asked), "not_found", detail=str(asked))
        if action.get("definitionUri"):
            self.report.add(f"{path}.definitionUri", str(action["definitionUri"]), "no_place")
        words = draft.text(action, ("title", "description", "textEquivalent"), path, "")
        if not words["en"]:
            words = draft.text(definition, ("title", "description", "name"), f"{path}.definitionCanonical", found.step)
        kind = str(definition.get("kind") or definition.get("resourceType") or "")
        participants = action.get("participant") or definition.get("participant")
        role = draft.role(participants) if participants else (None if kind == "Questionnaire" else draft.role(()))
        if kind == "Questionnaire":
            return self._asks(definition, words, role, found)
        code = definition.get("code") or next(iter(action.get("code") or ()), None)
        measure = draft.measure(code) if role is None or definition else None
        if measure is not None:
            return {"title": words, "measure": measure}
        if kind == "PlanDefinition":
            self.report.add(f"{path}.definitionCanonical", str(asked), "no_place")
        if kind == "CommunicationRequest" and role is None:
            return {"title": words, "say": self._message(definition, words, found)}
        if definition:
            self._definition_lost(definition, found)
        if kind == "Appointment":
            return {"title": words, "visit": {"with": role or draft.role(()), "mode": "clinic"}}
        if role is None:
            return {"title": words, "ask": {"done_so": {"yes_no": words}}}
        self.report.add(path, f"{found.step}: due", "filled_in", detail=DUE)
        return {"task": words, "role": role, "due": DUE}

    def _asks(
        self, questionnaire: Mapping[str, Json], words: dict[str, str], role: str | None, found: _Action
    ) -> dict[str, Json]:
        form = form_of(questionnaire, f"Questionnaire/{questionnaire.get('id')}", self.report, self.draft.reserved)
        if not form:
            form = {"done_so": {"yes_no": words}}
        if role is None:
            return {"title": words, "ask": form}
        self.report.add(found.path, f"{found.step}: due", "filled_in", detail=DUE)
        return {"task": words, "role": role, "due": DUE, "form": form}

    def _message(self, definition: Mapping[str, Json], words: dict[str, str], found: _Action) -> str:
        name = self.draft.new_id(f"{found.step}_text", "message")
        where = f"ActivityDefinition/{definition.get('id')}"
        said = self.draft.text(definition, ("description", "title"), where, words["en"])
        self.draft.messages[name] = {"to": "patient", "class": "care", **said}
        return name

    def _definition_lost(self, definition: Mapping[str, Json], found: _Action) -> None:
        where = f"ActivityDefinition/{definition.get('id')}"
        for key, value in definition.items():
            if key == "dynamicValue":
                for number, one in enumerate(value):
                    self._dynamic(one, f"{where}.dynamicValue[{number}]")
            elif key not in _DEFINITION and not key.startswith("_"):
                self.report.add(f"{where}.{key}", f"{found.step}: {_short(value)}", "no_place")

    # ------------------------------------------------------------------ the whole

    def _goals(self) -> None:
        for number, goal in enumerate(self.draft.definition.get("goal") or ()):
            said = _short(goal.get("description")) if isinstance(goal, Mapping) else "goal"
            self.report.add(f"PlanDefinition.goal[{number}]", said, "goal")

    def _questions(self) -> None:
        """One task in which a person answers the conditions that are not computed."""
        if not self.draft.questions:
            return
        draft = self.draft
        name = draft.new_id("judge_conditions")
        form: dict[str, Json] = {}
        for fact, known in draft.questions.items():
            form[draft.new_id(f"{fact}_holds")] = {"yes_no": known["text"], "fact": fact}
        title = {"en": "Judge the conditions that are not computed", "zh": "判断不会自动计算的条件"}
        role = draft.role(())
        step = {"task": title, "role": role, "when": "at phase start", "due": DUE, "form": form}
        draft.steps = {name: step, **draft.steps}

    def _put_together(self, head: dict[str, Json]) -> dict[str, Json]:
        draft = self.draft
        phase: dict[str, Json] = {"title": head["title"], "until": "12 months after enrolment"}
        self.report.add("PlanDefinition", "until", "filled_in", detail=phase["until"])
        if draft.steps:
            phase["steps"] = draft.steps
        phase["at_end"] = [{"else": True, "end": draft.new_id("finished", "end")}]
        sections: dict[str, Json] = {
            "facts": draft.facts,
            "counts_from": "enrolment",
            "measures": draft.measures,
            "roles": draft.roles,
            "phases": {draft.new_id("whole", "phase"): phase},
            "ends": {phase["at_end"][0]["end"]: {}},
            "rules": draft.rules,
            "messages": draft.messages,
        }
        return {**head, **{key: value for key, value in sections.items() if value}}


_CHOICE_TEXT: Final = {
    "exactly-one": "exactly one",
    "at-most-one": "at most one",
    "one-or-more": "one or more; that it is at least one is for the person to see",
    "any": "any number",
    "all-or-none": "all or none",
}
_DEFINITION: Final = frozenset(
    {
        "resourceType", "id", "url", "version", "name", "title", "description", "status", "kind", "code", "participant",
        "publisher", "date", "experimental", "identifier", "language", "meta", "text",
    }
)  # fmt: skip


def _short(value: Json) -> str:
    if isinstance(value, Mapping):
        return str(value.get("text") or value.get("display") or value.get("code") or ", ".join(map(str, value)))
    return str(value)[:120]

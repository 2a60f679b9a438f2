"""A pathway as a FHIR R4 PlanDefinition with what it needs contained. What FHIR has no element for is told.

Read back by ``import_ours``. The rest of the document travels in a contained Library as a merge patch: other systems do
not see it, carepath gets the same document back.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from pathways.fhir.forms import questionnaire_id, questionnaire_of
from pathways.fhir.systems import LOINC, UCUM
from pathways.fhir.texts import fhir_id, put_text
from pathways.fhir.timing import duration_json, timing_of
from pathways.fhir.words import (
    KINDS,
    LIBRARY,
    NAMED,
    PATHWAY,
    PRIORITY,
    REQUIRED,
    ROLE,
    expression_of,
    part_code,
    selection_of,
)
from pathways.lang.catalogue import catalogue
from pathways.lang.plan import GroupBody, Measure, Plan, Rule, Step, TaskBody
from pathways.lang.plan_advice import AdviseBody
from pathways.lang.plan_base import parts_of
from pathways.lang.plan_called import result_of
from pathways.lang.plan_cond import Compare, DerivedRef, MeasureRef, ParamRef
from pathways.lang.plan_when import AnchorMoment, AsSoonAs, OffsetMoment, OnceAt, StepMoment, When
from pathways.lang.render_decisions import kind_of

Json = Any
_TYPE = "http://terminology.hl7.org/CodeSystem/plan-definition-type"


def plan_definition(document: Mapping[str, Json], plan: Plan) -> dict[str, Json]:
    """The PlanDefinition of a checked document and its compiled plan, without the Library."""
    return _Writer(document, plan).definition()


def with_rest(definition: Mapping[str, Json], rest: Mapping[str, Json]) -> dict[str, Json]:
    """The definition with a Library that holds what its elements do not say (a merge patch)."""
    if not rest:
        return dict(definition)
    data = base64.b64encode(json.dumps(rest, ensure_ascii=False, sort_keys=False).encode()).decode()
    kind = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/library-type", "code": "logic-library"}]}
    content = [{"contentType": "application/merge-patch+json", "title": "The rest of the pathway", "data": data}]
    library = {"resourceType": "Library", "id": LIBRARY, "status": "draft", "type": kind, "content": content}
    return {
        **definition,
        "contained": [*definition.get("contained", ()), library],
        "library": [f"#{LIBRARY}"],
    }


class _Writer:
    def __init__(self, document: Mapping[str, Json], plan: Plan) -> None:
        self.document = document
        self.plan = plan
        self.contained: list[dict[str, Json]] = []

    def definition(self) -> dict[str, Json]:
        document, plan = self.document, self.plan
        out: dict[str, Json] = {
            "resourceType": "PlanDefinition",
            "id": fhir_id(plan.id),
            "language": "en",
            "url": f"{PATHWAY}:{plan.id}",
            "identifier": [{"system": PATHWAY, "value": plan.id}],
            "version": plan.version,
            "name": plan.id,
        }
        put_text(out, "title", document["title"])
        out["type"] = {"coding": [{"system": _TYPE, "code": "clinical-protocol"}]}
        out["status"] = "draft"
        out["publisher"] = plan.owner
        artifacts = [{"type": "citation", "label": key, "citation": e.cite} for key, e in plan.evidence.items()]
        goals = self._goals()
        actions = self._actions()
        for key, value in (
            ("contained", self.contained), ("relatedArtifact", artifacts), ("goal", goals), ("action", actions),
        ):  # fmt: skip
            if value:
                out[key] = value
        return out

    # ------------------------------------------------------------------ goals

    def _goals(self) -> list[dict[str, Json]]:
        """Personal targets: parameters that staff may adjust and that a condition compares with a measure."""
        goals: dict[str, dict[str, Json]] = {}
        for node in parts_of(self.plan):
            if not isinstance(node, Compare) or not isinstance(node.right, ParamRef):
                continue
            parameter = self.plan.parameters[node.right.param]
            value = parameter.value or next(iter(parameter.by_profile.values()), None)
            code = self._loinc(node.left)
            if parameter.adjustable is None or value is None or code is None or parameter.id in goals:
                continue
            # A condition that acts at or above the target wants values below it.
            wanted = {"<": "<", "<=": "<=", ">": "<=", ">=": "<"}.get(node.op)
            number: dict[str, Json] = {"value": float(value.value.value), "unit": value.value.unit, "system": UCUM}
            number |= {"code": value.value.unit, **({"comparator": wanted} if wanted else {})}
            goals[parameter.id] = {
                "id": fhir_id(parameter.id),
                "description": {"text": parameter.id.replace("_", " ")},
                "target": [{"measure": {"coding": [{"system": LOINC, "code": code}]}, "detailQuantity": number}],
            }
        return list(goals.values())

    def _loinc(self, value: object) -> str | None:
        if isinstance(value, MeasureRef):
            name = value.measure
        elif isinstance(value, DerivedRef):
            if value.derived not in self.plan.derived:
                return None
            name = self.plan.derived[value.derived].measure
        else:
            return None
        known = catalogue().measures[self.plan.measures[name].catalogue]
        component = known.components.get(value.component)
        return component.code if component is not None else None

    # ------------------------------------------------------------------ actions

    def _actions(self) -> list[dict[str, Json]]:
        out: list[dict[str, Json]] = []
        throughout = self.document.get("throughout") or {}
        if throughout:
            title = {"en": "Throughout", "zh": "全程"}
            group = self._part("throughout", title, fhir_id("throughout"))
            compiled = {step.id: step for step in self.plan.throughout}
            group["action"] = [
                self._step("throughout", n, s, compiled[n]) for n, s in throughout.items() if n in compiled
            ]
            out.append(group)
        for name, phase in self.document["phases"].items():
            out.append(self._phase(name, phase))
        for name, end in self.document["ends"].items():
            said = end.get("title") or _words(name)
            out.append(self._part("end", said, fhir_id("end", name)))
        rules = {rule.id: rule for rule in self.plan.rules}
        out += [self._rule(name, spec, rules[name]) for name, spec in (self.document.get("rules") or {}).items()]
        return out

    @staticmethod
    def _part(part: str, title: Mapping[str, str], name: str) -> dict[str, Json]:
        action: dict[str, Json] = {"id": name}
        put_text(action, "title", title)
        action["code"] = part_code(part)
        return action

    def _phase(self, name: str, phase: Mapping[str, Json]) -> dict[str, Json]:
        action = self._part("phase", phase["title"], fhir_id(name))
        if "until" in phase:
            action["condition"] = [_condition("stop", phase["until"])]
        action["groupingBehavior"], action["selectionBehavior"] = "logical-group", "all"
        compiled = {step.id: step for step in self.plan.phases[name].steps}
        # What compiles to no single step of that name has no action: it travels with the rest.
        steps = [(step, spec) for step, spec in (phase.get("steps") or {}).items() if step in compiled]
        inner = [self._step(name, step, spec, compiled[step]) for step, spec in steps]
        for key in ("leave", "at_end"):
            inner += [self._row(name, key, n, row) for n, row in enumerate(phase.get(key) or ())]
        if "no_later_than" in phase:
            inner.append(self._deadline(name, phase["no_later_than"]))
        if inner:
            action["action"] = inner
        return action

    def _row(self, phase: str, key: str, number: int, row: Mapping[str, Json]) -> dict[str, Json]:
        action = self._part(key, _words(key), fhir_id(phase, key, str(number + 1)))
        if "else" not in row:
            action["condition"] = [_condition("applicability", row["if"])]
        target = self._target(row)
        if target:
            action["relatedAction"] = [{"actionId": target, "relationship": "before-start"}]
        return action

    def _deadline(self, phase: str, spec: Mapping[str, Json]) -> dict[str, Json]:
        action = self._part("no_later_than", _words("no_later_than"), fhir_id(phase, "no_later_than"))
        deadline = self.plan.phases[phase].no_later_than
        length = duration_json(deadline.after) if deadline is not None else None
        if length is not None:
            action["timingDuration"] = length
        target = self._target(spec)
        if target:
            action["relatedAction"] = [{"actionId": target, "relationship": "before-start"}]
        return action

    @staticmethod
    def _target(row: Mapping[str, Json]) -> str:
        return fhir_id(row["go"]) if "go" in row else fhir_id("end", row["end"]) if "end" in row else ""

    # ------------------------------------------------------------------ steps

    def _step(self, phase: str, name: str, spec: Mapping[str, Json], step: Step) -> dict[str, Json]:
        kind = step.body.way if isinstance(step.body, GroupBody) else kind_of(step)
        action = self._part(kind, _both(step.title), fhir_id(phase, name))
        if "when" in spec:
            action["textEquivalent"] = str(spec["when"])
        guards = [_condition("applicability", spec["only_if"])] if "only_if" in spec else []
        if isinstance(step.when.base, AsSoonAs):
            guards.append(_condition("start", str(spec["when"]).removeprefix("as soon as ")))
        if guards:
            action["condition"] = guards
        related = self._related(phase, step.when)
        if related is not None:
            action["relatedAction"] = [related]
        timing = timing_of(step.when)
        if timing is not None:
            action["timingTiming"] = timing
        required = REQUIRED.get("must_unless" if step.must_unless else step.required or "")
        if required is not None:
            action["requiredBehavior"] = required
        if isinstance(step.body, GroupBody):
            return self._group(phase, action, spec, step.body)
        held = step.body.conference if isinstance(step.body, TaskBody) else None
        action["participant"] = (
            [self._participant(step)] if held is None else [_practitioner(role) for role in held.roles]
        )
        action["definitionCanonical"] = self._defined(phase, name, spec, step)
        return action

    def _group(self, phase: str, action: dict[str, Json], spec: Mapping[str, Json], body: GroupBody) -> dict[str, Json]:
        """A group holds its members, and says how many of them are done."""
        steps = self.plan.throughout if phase == "throughout" else self.plan.phases[phase].steps
        compiled = {step.id: step for step in steps}
        action["groupingBehavior"] = "logical-group"
        action["selectionBehavior"] = selection_of(body.way, body.or_none)
        if body.way in {"repeat", "for_each"}:
            action["cardinalityBehavior"] = "multiple"
        members = spec["steps" if body.way == "for_each" else body.way]
        action["action"] = [self._step(phase, name, one, compiled[name]) for name, one in members.items()]
        return action

    def _related(self, phase: str, when: When) -> dict[str, Json] | None:
        if not isinstance(when.base, OnceAt) or when.base.at:
            return None
        moment = when.base.moment
        offset = None
        before = False
        if isinstance(moment, OffsetMoment):
            offset, before = duration_json(moment.offset), moment.before
            if offset is None:
                return None
            moment = moment.base
        if isinstance(moment, AnchorMoment) and moment.name == "phase_start" and phase != "throughout" and not before:
            relation = "after-start" if offset else "concurrent-with-start"
            so_long = {"offsetDuration": offset} if offset else {}
            return {"actionId": fhir_id(phase), "relationship": relation, **so_long}
        if isinstance(moment, StepMoment) and offset is not None and moment.which == "this":
            holder = moment.phase or self._home(phase, moment.step)
            if holder is None:
                return None
            relation = "before-start" if before else "after-end"
            return {"actionId": fhir_id(holder, moment.step), "relationship": relation, "offsetDuration": offset}
        return None

    def _home(self, phase: str, step: str) -> str | None:
        for place in (phase, "throughout"):
            phases = {"throughout": {"steps": self.document.get("throughout")}, **self.document["phases"]}
            if step in (phases[place].get("steps") or {}):
                return place
        return None

    @staticmethod
    def _participant(step: Step) -> dict[str, Json]:
        role = step.body.task.role if isinstance(step.body, TaskBody) else None
        if isinstance(step.body, AdviseBody):
            role = step.body.role
        if step.body.kind == "visit":
            role = step.body.with_role
        if role is None:
            return {"type": "patient"}
        return _practitioner(role)

    def _defined(self, phase: str, name: str, spec: Mapping[str, Json], step: Step) -> str:
        """The contained definition of what is done: a Questionnaire for a form, else an ActivityDefinition."""
        form = spec.get("ask") if "ask" in spec else spec.get("form")
        if isinstance(form, str):
            form = (self.document.get("forms") or {}).get(form)
        if isinstance(form, Mapping):
            questionnaire = questionnaire_id(phase, name)
            self.contained.append(questionnaire_of(questionnaire, _both(step.title), form))
            if step.body.kind == "ask":
                return f"#{questionnaire}"
        key = fhir_id("a", phase, name)
        self.contained.append(self._activity(key, spec, step))
        return f"#{key}"

    def _activity(self, key: str, spec: Mapping[str, Json], step: Step) -> dict[str, Json]:
        """What is done, as far as FHIR has elements for it."""
        activity: dict[str, Json] = {"resourceType": "ActivityDefinition", "id": key, "status": "draft"}
        activity["language"] = "en"
        activity["kind"] = KINDS.get(step.body.kind, "Task")
        if step.body.kind == "measure":
            activity["name"] = step.body.measure
            measure = self.plan.measures[step.body.measure]
            activity["code"] = _coded(measure)
        elif step.body.kind == "say":
            activity["name"] = step.body.message
            put_text(activity, "description", _both(self.plan.messages[step.body.message].text))
        elif step.body.kind == "task" and step.body.task.due is not None:
            length = duration_json(step.body.task.due)
            if length is not None:
                activity["timingDuration"] = length
        elif step.body.kind in NAMED:
            activity["name"] = str(spec[step.body.kind])
        return activity

    # ------------------------------------------------------------------ rules

    def _rule(self, name: str, spec: Mapping[str, Json], rule: Rule) -> dict[str, Json]:
        action = self._part("rule", spec.get("title") or _words(name), fhir_id("rule", name))
        action["priority"] = PRIORITY[rule.level]
        codes = sorted({code for code in map(self._panel, parts_of(rule.cond)) if code})
        if codes:
            filters = [{"path": "code", "code": [{"system": LOINC, "code": code} for code in codes]}]
            action["trigger"] = [{"type": "data-changed", "data": [{"type": "Observation", "codeFilter": filters}]}]
        action["condition"] = [_condition("applicability", spec["if"])]
        tasks = [self._task(name, n, row) for n, row in enumerate(spec.get("do") or ()) if set(row) <= _TASK]
        if tasks:
            action["action"] = tasks
        return action

    def _panel(self, node: object) -> str | None:
        if isinstance(node, MeasureRef):
            measure: Measure = self.plan.measures[node.measure]
        elif isinstance(node, DerivedRef) and node.derived not in self.plan.counted:
            found = result_of(self.plan, node.derived)
            plan, derived = found if found is not None else (self.plan, self.plan.derived[node.derived])
            measure = plan.measures[derived.measure]
        else:
            return None
        return catalogue().measures[measure.catalogue].code

    def _task(self, rule: str, number: int, row: Mapping[str, Json]) -> dict[str, Json]:
        action = self._part("task", row["task"], fhir_id("rule", rule, str(number + 1)))
        action["textEquivalent"] = str(row["due"])
        action["participant"] = [{"type": "practitioner", "role": {"coding": [{"system": ROLE, "code": row["role"]}]}}]
        return action


_TASK = {"task", "role", "due"}


def _condition(kind: str, said: Json) -> dict[str, Json]:
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return {"kind": kind, "expression": expression_of(text)}


def _words(name: str) -> dict[str, str]:
    words = name.replace("_", " ")
    return {"en": words, "zh": words}


def _both(text: Any) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _coded(measure: Measure) -> dict[str, Json]:
    known = catalogue().measures[measure.catalogue]
    return {"coding": [{"system": LOINC, "code": known.code, "display": known.title.en}]}


def _practitioner(role: str) -> dict[str, Json]:
    return {"type": "practitioner", "role": {"coding": [{"system": ROLE, "code": role}]}}

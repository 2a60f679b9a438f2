"""Pathways in FHIR: what goes out is valid R4, what FHIR can say comes back the same, and the rest is named."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from carepath.commands.fhir import app
from pathways.fhir.export import Exported, export_plan
from pathways.fhir.export_care import bundle_of, care_of, questionnaires_of
from pathways.fhir.import_ours import document_of, is_ours
from pathways.fhir.import_plan import import_plans
from pathways.fhir.patch import difference, patched
from pathways.fhir.report import Report
from pathways.lang.load import Loaded, load_pathway
from pathways.lang.spec_steps import STEP_KINDS
from tests.golden.called import callable_from, called_library

TESTS = Path(__file__).resolve().parents[2]
PATHWAYS = [
    *sorted((TESTS.parent / "pathways" / "library").glob("*/pathway.yaml")),
    TESTS / "golden" / "base" / "small.yaml",
    TESTS / "golden" / "base" / "wide.yaml",
    *sorted((TESTS / "data" / "htnu18ig" / "pathways").glob("*.yaml")),
]
HOME = next(path for path in PATHWAYS if path.parent.name == "hypertension_home")
SCHEMA = json.loads((TESTS / "data" / "fhir" / "r4.schema.json").read_text("utf-8"))


def named(path: Path) -> str:
    return path.parent.name if path.stem == "pathway" else path.stem


def loaded(path: Path) -> Loaded:
    found = load_pathway(path.read_text("utf-8"), path.name, library=callable_from(path))
    assert found.plan is not None
    return found


def exported(path: Path) -> tuple[Loaded, Exported]:
    found = loaded(path)
    assert found.plan is not None
    return found, export_plan(found.source.value, found.plan)


def outgoing(found: Exported) -> list[dict[str, Any]]:
    definition = json.loads(json.dumps(found.definition))
    return [definition, *questionnaires_of(definition), *care_of(definition, "p7")]


def plain(value: Any) -> Any:
    """A document with decimals as text: YAML has them as numbers, JSON would round them."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return str(value) if isinstance(value, Decimal) else value


def complaints(resource: dict[str, Any]) -> list[str]:
    """What HL7's schema says against a resource, by the part that is its own."""
    kind = SCHEMA["definitions"][resource["resourceType"]]
    validator = jsonschema.Draft6Validator({**kind, "definitions": SCHEMA["definitions"]})
    return [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(resource)]


@pytest.mark.parametrize("path", PATHWAYS, ids=named)
def test_what_goes_out_is_valid(path: Path) -> None:
    _, found = exported(path)
    resources = outgoing(found)
    for resource in resources:
        assert complaints(resource) == []
        for inner in resource.get("contained", ()):
            assert complaints(inner) == []
        model = getattr(
            import_module(f"fhir.resources.R4B.{resource['resourceType'].lower()}"), resource["resourceType"]
        )
        model.model_validate(resource)
    assert complaints(bundle_of(list(resources))) == []


def test_the_judges_see_a_fault() -> None:
    _, found = exported(HOME)
    definition = outgoing(found)[0]
    assert complaints({**definition, "status": "whatever"})
    assert complaints({**definition, "actions": []})
    model = import_module("fhir.resources.R4B.plandefinition").PlanDefinition
    with pytest.raises(ValueError, match="actions"):
        model.model_validate({**definition, "actions": []})


@pytest.mark.parametrize("path", PATHWAYS, ids=named)
def test_yaml_to_fhir_to_yaml_is_the_same(path: Path) -> None:
    before, found = exported(path)
    (back,) = import_plans([json.loads(json.dumps(found.definition))], callable_from(path))
    assert back.document == plain(before.source.value)
    assert back.not_carried == ()
    assert before.plan is not None
    assert back.loaded.plan is not None
    assert back.loaded.plan.sha256 == before.plan.sha256


# --------------------------------------------------------------------------- what FHIR's own elements say


def said_by_elements(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What FHIR has elements for, written down by itself: (place, value)."""
    for key in ("id", "version", "title", "owner"):
        yield key, document[key]
    for key, cited in (document.get("evidence") or {}).items():
        yield f"evidence.{key}", cited["cite"]
    for section in ("throughout", "phases", "ends", "rules"):
        yield section, list(document.get(section) or {})
    for name, phase in document["phases"].items():
        yield f"{name}.title", phase["title"]
        yield f"{name}.until", phase.get("until")
        yield f"{name}.steps", list(phase.get("steps") or {})
        for key in ("leave", "at_end"):
            rows = phase.get(key) or ()
            yield f"{name}.{key}", [(r.get("if"), r.get("go"), r.get("end")) for r in rows]
        yield from steps_said(name, phase.get("steps") or {}, document)
    yield from steps_said("throughout", document.get("throughout") or {}, document)
    for name, rule in (document.get("rules") or {}).items():
        yield f"{name}.if", (rule["if"], rule["level"], rule.get("title"))


FIELDS = {"yes_no", "one_of", "many_of", "number", "scale", "date", "moment", "text"}
GROUPS = ("all_of", "any_of", "one_of", "in_order", "repeat", "for_each", "steps")
KINDS = (*STEP_KINDS, *GROUPS)


def steps_said(phase: str, steps: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, step in steps.items():
        place = f"{phase}.{name}"
        kind = next(kind for kind in KINDS if kind in step)  # `decide` before its `for_each`
        kind = "steps" if kind == "for_each" else kind  # what it goes over has no element
        yield place, (kind, step.get("when"), step.get("only_if"), step.get("or_none"), step.get("required"))
        if kind in GROUPS:
            yield from steps_said(phase, step["steps" if "steps" in step else kind], document)
            continue
        if kind in {"task", "decide", "teach", "say", "measure", "exercise", "handoff", "pathway"}:
            yield f"{place}.{kind}", step[kind]
        if kind == "conference":
            yield f"{place}.roles", step[kind]
        if kind in {"task", "decide", "advise", "visit"}:
            yield f"{place}.role", step["visit"]["with"] if kind == "visit" else step["role"]
        form = step.get("ask") or step.get("form")
        form = (document.get("forms") or {}).get(form, form) if isinstance(form, str) else form
        if isinstance(form, str):
            yield f"{place}.instrument", form
        if isinstance(form, Mapping):
            yield f"{place}.form", [(field, set(spec) & FIELDS or {"text"}) for field, spec in form.items()]


@pytest.mark.parametrize("path", PATHWAYS, ids=named)
def test_the_elements_alone_say_what_fhir_can_say(path: Path) -> None:
    before, found = exported(path)
    elements = json.loads(json.dumps(found.elements))
    assert not [r for r in elements.get("contained", ()) if r["resourceType"] == "Library"]
    assert is_ours(elements)
    back = document_of(elements, Report())
    assert dict(said_by_elements(back)) == dict(said_by_elements(before.source.value))


@pytest.mark.parametrize("path", PATHWAYS, ids=named)
def test_what_the_elements_do_not_say_is_named(path: Path) -> None:
    before, found = exported(path)
    told = {entry.path for entry in found.not_carried}
    document = before.source.value
    for section in ("parameters", "facts", "derived", "escalations"):
        for name in document.get(section) or {}:
            assert any(place.startswith(f"{section}.{name}") for place in told), f"{section}.{name}"
    assert all(entry.why("en") and entry.todo("zh") for entry in found.not_carried)


def test_time_is_said_in_elements() -> None:
    _, found = exported(HOME)
    phases = {action["id"]: action for action in found.elements["action"]}
    steps = {a["id"]: a for phase in phases.values() for a in phase.get("action", ())}
    measured = steps["baseline.measure-bp"]["timingTiming"]["repeat"]
    assert measured == {"frequency": 2, "period": 1, "periodUnit": "d", "when": ["MORN", "EVE"]}
    (related,) = steps["titrate.recheck"]["relatedAction"]
    assert (related["actionId"], related["relationship"]) == ("titrate.review", "after-end")
    assert (related["offsetDuration"]["value"], related["offsetDuration"]["code"]) == (2, "wk")
    started = steps["baseline.call-patient"]["condition"]
    assert [(c["kind"], c["expression"]["expression"]) for c in started] == [
        ("start", "measure_bp missed 3 times in a row")
    ]


def test_goals_are_the_targets_of_the_patient() -> None:
    _, found = exported(HOME)
    goals = {goal["id"]: goal["target"][0] for goal in found.elements["goal"]}
    assert set(goals) == {"goal-systolic", "goal-diastolic"}
    systolic = goals["goal-systolic"]
    assert systolic["measure"]["coding"][0]["code"] == "8480-6"
    assert (systolic["detailQuantity"]["value"], systolic["detailQuantity"]["comparator"]) == (135, "<")


def test_a_task_for_each_step_that_somebody_does() -> None:
    _, found = exported(HOME)
    kinds = [resource["resourceType"] for resource in outgoing(found)]
    assert kinds.count("CarePlan") == kinds.count("RequestGroup") == 1
    assert kinds.count("Goal") == 2
    tasks = [resource for resource in outgoing(found) if resource["resourceType"] == "Task"]
    assert {task["for"]["identifier"]["value"] for task in tasks} == {"p7"}
    assert "hypertension_home.titrate.review" in {t["identifier"][0]["value"] for t in tasks}
    assert len({task["id"] for task in tasks}) == len(tasks)


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1, "b": 2}, {"a": 1}, {"b": None}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "y": 3}}, {"a": {"y": 3}}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": [1]}),
        ({"a": 1}, {"a": {"b": 2}}, {"a": {"b": 2}}),
    ],
)
def test_a_difference_is_a_merge_patch(before: Any, after: Any, patch: Any) -> None:
    assert difference(before, after) == patch
    assert patched(before, patch) == after


def test_a_library_that_is_damaged_is_told() -> None:
    _, found = exported(HOME)
    definition = json.loads(json.dumps(found.definition))
    definition["contained"][-1]["content"][0]["data"] = "not base64"
    (back,) = import_plans([definition], called_library())
    assert [entry.code for entry in back.not_carried] == ["shape"]
    assert back.loaded.plan is None


def test_the_command_there_and_back(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.json"
    result = CliRunner().invoke(app, ["export", str(HOME), "--out", str(bundle), "--patient", "p7"])
    assert result.exit_code == 0, result.output
    result = CliRunner().invoke(app, ["import", str(bundle), "--out", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    (one,) = json.loads(result.stdout)["pathways"]
    # The patient's own resources are no definition: they are named, once for each type.
    assert [entry["path"] for entry in one["not_carried"]] == ["CarePlan", "RequestGroup", "Goal", "Task"]
    again = load_pathway((tmp_path / "hypertension_home.yaml").read_text("utf-8"), "again.yaml")
    assert again.plan == loaded(HOME).plan

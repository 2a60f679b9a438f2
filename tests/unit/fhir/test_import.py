"""Definitions of others as drafts: each draft is checked, and everything that does not come over is named."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from carepath.commands.fhir import app
from pathways.fhir.import_plan import Imported, import_plans
from worker.problems import Problem

DEFINITIONS = sorted((Path(__file__).resolve().parents[2] / "data" / "htnu18ig" / "plandefinition").glob("*.json"))


def imported(*actions: dict[str, Any], others: tuple[dict[str, Any], ...] = (), **more: Any) -> Imported:
    definition = {
        "resourceType": "PlanDefinition",
        "id": "it",
        "title": "It",
        "status": "draft",
        "action": [{"title": a.get("id"), **a} for a in actions],
        **more,
    }
    (found,) = import_plans([definition, *others])
    return found


def steps(found: Imported) -> dict[str, Any]:
    assert found.loaded.plan is not None, [d.message("en") for d in found.loaded.diagnostics]
    return dict(found.document["phases"]["whole"].get("steps", {}))


def codes(found: Imported, code: str) -> list[str]:
    return [entry.path for entry in found.not_carried if entry.code == code]


@pytest.mark.parametrize("file", DEFINITIONS, ids=lambda file: file.stem)
def test_a_published_definition_is_a_draft_that_checks(file: Path) -> None:
    definition = json.loads(file.read_text("utf-8"))
    (found,) = import_plans([definition])
    assert found.loaded.plan is not None, [d.message("en") for d in found.loaded.diagnostics]
    assert len(found.loaded.plan.rules) == len(definition["action"])
    assert [rule.title.en for rule in found.loaded.plan.rules if rule.title] == [
        a["title"] for a in definition["action"]
    ]
    # No condition was computed: each is a question for a person, and an entry of the report.
    conditions = [c for action in definition["action"] for c in action["condition"]]
    assert len(codes(found, "foreign_condition")) == len(conditions)
    told = {entry.path for entry in found.not_carried}
    for number, action in enumerate(definition["action"]):
        for place, _ in enumerate(action.get("dynamicValue", ())):
            assert f"PlanDefinition.action[{number}].dynamicValue[{place}]" in told


RELATIONS = [
    "before-start", "before", "before-end", "concurrent-with-start", "concurrent", "concurrent-with-end", "after-start",
    "after", "after-end",
]  # fmt: skip


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("offset", [{}, {"offsetDuration": {"value": 2, "code": "wk"}}])
def test_every_relation_is_a_time(relation: str, offset: dict[str, Any]) -> None:
    related = {"actionId": "alpha", "relationship": relation, **offset}
    made = steps(imported({"id": "alpha"}, {"id": "beta", "relatedAction": [related]}))
    first, later = ("beta", "alpha") if relation.startswith("before") else ("alpha", "beta")
    assert made[first]["when"] == "at phase start"
    assert made[later]["when"] == (f"2 weeks after {first}" if offset else f"as soon as {first} is done")


def test_so_long_before_an_action_with_a_time() -> None:
    before = {"actionId": "visit_day", "relationship": "before-start", "offsetDuration": {"value": 3, "code": "d"}}
    after = {"actionId": "first", "relationship": "after-end", "offsetDuration": {"value": 4, "code": "wk"}}
    made = steps(
        imported(
            {"id": "first"}, {"id": "visit_day", "relatedAction": [after]}, {"id": "labs", "relatedAction": [before]}
        )
    )
    assert made["visit_day"]["when"] == "4 weeks after first"
    assert made["labs"]["when"] == "3 days before visit_day"


def test_a_range_is_a_window() -> None:
    offset = {"low": {"value": 2, "code": "wk"}, "high": {"value": 3, "code": "wk"}}
    related = {"actionId": "alpha", "relationship": "after-end", "offsetRange": offset}
    made = steps(imported({"id": "alpha"}, {"id": "beta", "relatedAction": [related]}))
    assert (made["beta"]["when"], made["beta"]["window"]) == ("2 weeks after alpha", {"missed_after": "1 week"})


def round_of(*pairs: tuple[str, str, int]) -> Imported:
    actions = [
        {
            "id": name,
            "relatedAction": [
                {"actionId": to, "relationship": "before-start", "offsetDuration": {"value": hours, "unit": "h"}}
                if hours
                else {"actionId": to, "relationship": "before-start"}
            ],
        }
        for name, to, hours in pairs
    ]
    return imported(*actions)


def test_actions_that_go_round_are_repeated() -> None:
    found = round_of(("alpha", "beta", 0), ("beta", "alpha", 6))
    made = steps(found)
    assert {name: step["when"] for name, step in made.items()} == {
        "alpha": "at phase start and every 6 h",
        "beta": "at phase start and every 6 h",
    }
    assert codes(found, "loop") == ["PlanDefinition.action[0]"]


def test_an_offset_inside_a_round_is_kept() -> None:
    made = steps(round_of(("alpha", "beta", 2), ("beta", "gamma", 1), ("gamma", "alpha", 21)))
    assert made["alpha"]["when"] == "at phase start and every 1 day"
    assert made["beta"]["when"] == "2 h after each alpha"
    assert made["gamma"]["when"] == "3 h after each alpha"


def test_an_action_that_follows_itself() -> None:
    assert steps(round_of(("alpha", "alpha", 6)))["alpha"]["when"] == "at phase start and every 6 h"


def test_a_round_without_time_is_cut_and_told() -> None:
    found = round_of(("alpha", "beta", 0), ("beta", "alpha", 0))
    assert {name: step["when"] for name, step in steps(found).items()} == {
        "alpha": "at phase start",
        "beta": "as soon as alpha is done",
    }
    assert codes(found, "cycle") == ["PlanDefinition.action[0]"]


CHOICES = {
    "exactly-one": ("choice", ["alpha", "beta"], "as soon as pick.choice is alpha"),
    "at-most-one": ("choice", ["alpha", "beta", "none_of_them"], "as soon as pick.choice is alpha"),
    "one-or-more": (None, ["alpha", "beta"], "as soon as pick.alpha is yes"),
    "any": (None, ["alpha", "beta"], "as soon as pick.alpha is yes"),
    "all-or-none": (None, ["together"], "as soon as pick.together is yes"),
}


@pytest.mark.parametrize("behaviour", [*CHOICES, "all"])
def test_every_selection_behaviour(behaviour: str) -> None:
    children = [{"id": "alpha", "title": "alpha"}, {"id": "beta", "title": "beta"}]
    found = imported({"id": "pick", "selectionBehavior": behaviour, "action": children})
    made = steps(found)
    if behaviour == "all":
        assert {name: step["when"] for name, step in made.items()} == dict.fromkeys(("alpha", "beta"), "at phase start")
        return
    one_field, options, when = CHOICES[behaviour]
    form = made["pick"]["form"]
    assert list(form["choice"]["one_of"] if one_field else form) == options
    assert made["alpha"]["when"] == when
    assert codes(found, "choice") == ["PlanDefinition.action[0].selectionBehavior"]


def test_what_is_chosen_keeps_its_own_time() -> None:
    daily = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}
    child = {"id": "alpha", "title": "alpha", "timingTiming": daily}
    made = steps(imported({"id": "pick", "selectionBehavior": "any", "action": [child]}))
    assert made["alpha"]["when"] == "every day"
    assert made["alpha"]["only_if"] == "pick is done and pick.alpha is yes"


def test_conditions_are_questions_and_never_computed() -> None:
    condition = {"kind": "applicability", "expression": {"language": "text/fhirpath", "expression": "true"}}
    stop = {**condition, "kind": "stop", "expression": {"language": "text/cql", "expression": "Over"}}
    found = imported({"id": "alpha", "condition": [condition, stop]})
    made = steps(found)
    assert (
        made["alpha"]["when"] == "as soon as condition_true is yes and condition_over is no"
        or "is no" in made["alpha"]["when"]
    )
    facts = found.document["facts"]
    assert [spec["type"] for spec in facts.values()] == ["yes_no", "yes_no"]
    asked = made["judge_conditions"]["form"]
    assert sorted(field["fact"] for field in asked.values()) == sorted(facts)


NURSE = [{"type": "practitioner", "role": {"coding": [{"code": "n", "display": "Study nurse"}]}}]
PATIENT = [{"type": "patient"}]
QUESTIONNAIRE = {
    "resourceType": "Questionnaire",
    "id": "q",
    "url": "http://example.org/Questionnaire/q",
    "status": "active",
    "item": [
        {"linkId": "1", "text": "Pain", "type": "integer", "required": True},
        {"linkId": "well", "text": "Well?", "type": "boolean", "required": True},
        {"linkId": "3", "text": "Part", "type": "group", "item": [{"linkId": "3.1", "text": "Why", "type": "text"}]},
    ],
}


def activity(kind: str, **more: Any) -> dict[str, Any]:
    address = f"http://example.org/ActivityDefinition/{kind}"
    return {"resourceType": "ActivityDefinition", "id": kind, "url": address, "status": "active", "kind": kind, **more}


BP = {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]}


@pytest.mark.parametrize(
    ("definition", "participants", "kind"),
    [
        (None, NURSE, "task"),
        (None, PATIENT, "ask"),
        (activity("CommunicationRequest", description="Drink less"), PATIENT, "say"),
        (activity("Appointment"), NURSE, "visit"),
        (activity("MedicationRequest"), NURSE, "task"),
        (activity("ServiceRequest", code=BP), PATIENT, "measure"),
        (QUESTIONNAIRE, [], "ask"),
        (QUESTIONNAIRE, NURSE, "task"),
    ],
)
def test_what_is_done_is_a_kind_of_step(definition: dict[str, Any] | None, participants: Any, kind: str) -> None:
    action: dict[str, Any] = {"id": "alpha", "participant": participants}
    if definition is not None:
        action["definitionCanonical"] = f"{definition['url']}|1.0"
    found = imported(action, others=(definition,) if definition is not None else ())
    step = found.document["phases"]["whole"]["steps"]["alpha"]
    assert kind in step
    if kind == "measure":
        # What is measured has to be watched by a rule, and no definition says which: the checker asks for one.
        assert {d.code for d in found.loaded.diagnostics if d.severity == "error"} == {"measure_without_silence"}
        return
    assert found.loaded.plan is not None, [d.message("en") for d in found.loaded.diagnostics]
    if participants == NURSE:
        assert "study_nurse" in found.document["roles"]


def test_a_questionnaire_is_a_form() -> None:
    found = imported({"id": "alpha", "definitionCanonical": QUESTIONNAIRE["url"]}, others=(QUESTIONNAIRE,))
    form = steps(found)["alpha"]["ask"]
    assert form["well"] == {"yes_no": {"en": "Well?", "zh": "Well?"}}
    assert list(form) == ["pain", "well", "why"]
    assert "Questionnaire/q.item[2]" in codes(found, "no_place")


def test_what_is_named_and_not_there_is_told() -> None:
    found = imported(
        {"id": "alpha", "definitionCanonical": "http://example.org/none", "relatedAction": [{"actionId": "x"}]}
    )
    assert codes(found, "not_found") == [
        "PlanDefinition.action[0].relatedAction[0]",
        "PlanDefinition.action[0].definitionCanonical",
    ]


def test_every_element_that_is_not_read_is_told() -> None:
    found = imported(
        {"id": "alpha", "reason": [{"text": "why"}], "output": [{}], "prefix": "1."}, purpose="p", usage="u"
    )
    told = set(codes(found, "no_place"))
    assert {"PlanDefinition.purpose", "PlanDefinition.usage"} <= told
    assert {f"PlanDefinition.action[0].{key}" for key in ("reason", "output", "prefix")} <= told


ROUND = json.loads((Path(__file__).parent / "round.json").read_text("utf-8"))
ODD: list[Any] = [None, 1, -3, "x", "", [], {}, [1], [None], {"a": 1}, True, 3.5, ["x"], "2020", "a" * 500]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        found += [place for key, inner in pairs for place in places(inner, (*path, key))]
    return found


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=60)
@given(st.sampled_from(places(ROUND)), st.sampled_from(ODD))
def test_an_element_of_any_shape_is_no_crash(place: tuple[Any, ...], odd: Any) -> None:
    damaged = deepcopy(ROUND)
    holder = damaged
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = odd
    import_plans([damaged])


def test_the_whole_is_a_draft_that_checks() -> None:
    (found,) = import_plans([ROUND])
    assert found.loaded.plan is not None
    assert "# evidence guide: A guideline, 2023" in found.text


def test_the_command_writes_and_reports(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["import", str(DEFINITIONS[0]), "--out", str(tmp_path), "--json", "--lang", "zh"])
    assert result.exit_code == 0, result.stderr
    (one,) = json.loads(result.stdout)["pathways"]
    assert (tmp_path / f"{one['id']}.yaml").read_text("utf-8") == one["yaml"]
    assert all(entry["path"] and entry["why"] and entry["todo"] for entry in one["not_carried"])


@pytest.mark.parametrize(
    ("text", "code"),
    [("{", "E-RESOURCE"), ("[]", "E-RESOURCE"), ('{"resourceType": "Bundle"}', "E-NO-DEFINITION")],
)
def test_what_is_no_definition_is_refused(tmp_path: Path, text: str, code: str) -> None:
    file = tmp_path / "it.json"
    file.write_text(text, "utf-8")
    result = CliRunner().invoke(app, ["import", str(file)])
    assert isinstance(result.exception, Problem)
    assert result.exception.code == code

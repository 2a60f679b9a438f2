"""A record as the beginning of a scenario: the scenario reader takes it as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from carepath.commands.fhir import app
from carepath.rehearsal.scenario import read_scenario
from pathways.decide.conditions import Truth, truth
from pathways.fhir.forms import OPTION
from pathways.fhir.givens import story_of
from pathways.fhir.import_plan import as_yaml
from pathways.lang.load import load_pathway
from pathways.lang.plan import Plan
from pathways.lang.plan_cond import Has
from pathways.lang.source import read_source
from tests.unit.fhir.test_record import HOME, panel, record

TESTS = Path(__file__).resolve().parents[2]
CASES = sorted((TESTS / "data" / "htnu18ig" / "cases").glob("*/*/bundle.json"))
ZONE = ZoneInfo("Asia/Shanghai")
LIBRARY = TESTS.parent / "pathways" / "library" / "hypertension_home" / "pathway.yaml"


def plan_of(path: Path) -> Plan:
    plan = load_pathway(path.read_text("utf-8"), path.name).plan
    assert plan is not None
    return plan


def reads(story: dict[str, Any], plan: Plan) -> bool:
    """Whether the scenario reader takes a story, once somebody has said what is expected."""
    first = plan.phases[plan.first_phase].steps[0].path
    whole = {**story, "scenario": "what a record says", "expect": [{"never": {"step": first, "is": "failed"}}]}
    source, problems = read_source(as_yaml(whole).encode(), "story.yaml")
    assert problems == []
    scenario, found = read_scenario(source, {plan.id: plan}, "UTC")
    assert [d.code for d in found] == []
    return scenario is not None


def test_a_record_is_the_beginning_of_a_scenario() -> None:
    plan = plan_of(LIBRARY)
    later = panel(id="o2", effectiveDateTime="2026-03-02T07:30:00+08:00", extension=[HOME])
    story, left = story_of(record(later, panel()), plan, ZONE)
    assert story["start"] == "2026-03-01 00:00"
    assert story["patient"] == {
        "zone": "Asia/Shanghai",
        "age": "65 years",
        "sex": "female",
        "conditions": [],
        "medicines": [],
    }
    values = {"systolic": "151.25 mmHg", "diastolic": "92 mmHg"}
    assert story["given"] == [
        {"at": "2026-03-01 07:00", "reading": {"bp": values}, "setting": "clinic"},
        {"at": "2026-03-02 07:30", "reading": {"bp": values}},
    ]
    assert left == []
    assert reads(story, plan)


ASKED = """\
carepath: 1
id: asked
version: 1.0.0
title: {en: Asked, zh: 询问}
owner: cardiology
counts_from: enrolment
phases:
  one:
    title: {en: One, zh: 一}
    until: 4 weeks after enrolment
    steps:
      diary:
        when: every day at evening
        ask:
          pain: {scale: 0 to 10, label: {en: Pain, zh: 疼痛}}
          fallen: {yes_no: {en: Fallen?, zh: 跌倒了吗？}}
          where: {many_of: {back: {en: Back, zh: 背}, knee: {en: Knee, zh: 膝}}, required: no}
          weight: {number: kg, required: no}
          why: {text: optional}
    at_end: [{else: true, end: finished}]
ends: {finished: {}}
"""
ADDRESS = "urn:carepath:pathway:asked#q.one.diary"


def answered(*items: tuple[str, list[dict[str, Any]]], **more: Any) -> tuple[dict[str, Any], list[str]]:
    plan = load_pathway(ASKED, "asked.yaml").plan
    assert plan is not None
    response = {
        "resourceType": "QuestionnaireResponse",
        "id": "r1",
        "questionnaire": ADDRESS,
        "status": "completed",
        "authored": "2026-03-01T20:05:00+08:00",
        "item": [{"linkId": link, "answer": answers} for link, answers in items],
        **more,
    }
    story, left = story_of(record(response), plan, ZONE)
    assert reads(story, plan)
    return story, [f"{entry.path}: {entry.why}" for entry in left]


def test_answers_become_a_form() -> None:
    back, knee = ({"valueCoding": {"system": OPTION, "code": code}} for code in ("back", "knee"))
    story, left = answered(
        ("pain", [{"valueInteger": 4}]),
        ("fallen", [{"valueBoolean": False}]),
        ("where", [back, knee]),
        ("weight", [{"valueQuantity": {"value": 70500, "code": "g"}}]),
        ("why", [{"valueString": "slipped"}]),
    )
    form = {"pain": 4, "fallen": "no", "where": ["back", "knee"], "weight": "70.5 kg", "why": "slipped"}
    assert story["given"] == [{"at": "2026-03-01 20:05", "answer": "one.diary", "form": form}]
    assert left == []


@pytest.mark.parametrize(
    ("items", "more", "said"),
    [
        ([("pain", [{"valueString": "much"}])], {}, "QuestionnaireResponse/r1.item[0]: the answer does not fit"),
        ([("mood", [{"valueInteger": 1}])], {}, "QuestionnaireResponse/r1.item[0]: the form has no such question"),
        (
            [],
            {"questionnaire": "http://example.org/q"},
            "QuestionnaireResponse/r1: its questionnaire is none of the pathway's",
        ),
        ([], {"status": "in-progress"}, "QuestionnaireResponse/r1: it is in-progress"),
        ([], {"authored": None}, "QuestionnaireResponse/r1: it says no time"),
    ],
)
def test_what_makes_no_line_is_told(items: Any, more: dict[str, Any], said: str) -> None:
    _, left = answered(*items, **more)
    assert left == [said]


def test_the_command(tmp_path: Path) -> None:
    pathway = TESTS / "data" / "htnu18ig" / "pathways" / "Monitoring.yaml"
    arguments = ["import", str(CASES[0]), "--pathway", str(pathway), "--zone", "Asia/Shanghai", "--out", str(tmp_path)]
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    story = json.loads(result.stdout)["scenario"]
    assert len(story["given"]) == 6
    assert (tmp_path / "htn_monitoring_story.yaml").read_text("utf-8") == as_yaml(story)
    assert "Treated" not in result.stdout


class _Codes:
    def __init__(self, *codes: str) -> None:
        self.codes = frozenset(codes)

    def fact(self, fact: str) -> frozenset[str]:
        return self.codes


@pytest.mark.parametrize(
    ("codes", "value"),
    [
        (["icd10:I10"], Truth.TRUE),
        (["icd10:I10.9"], Truth.TRUE),
        (["icd10:I11"], Truth.FALSE),
        (["diagnosed"], Truth.TRUE),
        ([], Truth.FALSE),
    ],
)
def test_a_star_stands_for_all_below(codes: list[str], value: Truth) -> None:
    cond = Has(fact="conditions", code="diagnosed", codes=("icd10:I10*",))
    assert truth(cond, _Codes(*codes)) is value  # type: ignore[arg-type]  # the one answer the condition asks for

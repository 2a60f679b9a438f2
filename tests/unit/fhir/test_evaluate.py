"""`carepath evaluate`: which rules make a card, what it says, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from carepath.commands.evaluate import app
from worker.problems import Problem

PROJECT = Path(__file__).resolve().parents[3]
CASE = PROJECT / "tests/data/htnu18ig/cases/HypertensiveEmergency/HE-TwoHighBPsOneEarly/bundle.json"
HEAD = """\
carepath: 1
id: judged
version: 1.0.0
title: {en: Judged, zh: 评估}
owner: cardiology
evidence: {guide: {cite: A guideline, year: 2024}}
facts:
  smokes: {type: yes_no, from: "fhir.Observation?code=72166-2"}
  tired: {type: yes_no}
parameters: {high_systolic: {value: 180 mmHg, cite: guide}}
counts_from: enrolment
measures: {bp: {use: blood_pressure}}
roles: [nurse]
phases:
  watched: {title: {en: Watched, zh: 观察}, until: 4 weeks after enrolment, at_end: [{else: true, end: finished}]}
ends: {finished: {}}
rules:
  smoker:
    if: bp.systolic >= high_systolic and smokes is yes and tired is no
    level: info
    do: [{task: {en: Talk about smoking, zh: 谈谈吸烟}, role: nurse, due: 4 h}]
    unknown: {not_met: judged by hand}
"""


def pathway(folder: Path, rules: str, head: str = HEAD) -> Path:
    file = folder / "pathway.yaml"
    file.write_text(head + rules, "utf-8")
    return file


def run(file: Path, *more: str, bundle: Path = CASE) -> Any:
    arguments = [str(file), "--bundle", str(bundle), "--now", "2023-11-21", "--json", "--lang", "en", *more]
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


HIGH = """\
  high:
    if: bp.systolic >= high_systolic
    level: {level}
    do: [{{task: {{en: Look at it, zh: 查看}}, role: nurse, due: 4 h}}]
    unknown: {{not_met: no reading}}
"""
TIRED = """\
  asks:
    title: {en: Tired, zh: 疲劳}
    if: tired is yes
    level: amber
    do: [{task: {en: Talk, zh: 沟通}, role: nurse, due: 4 h}]
    unknown: {task: {en: Ask whether tired, zh: 询问是否疲劳}, role: nurse, due: 4 h}
"""


@pytest.mark.parametrize(("level", "indicator"), [("amber", "warning"), ("info", "info"), ("no_data", "info")])
def test_a_rule_without_a_title_is_called_after_its_task(tmp_path: Path, level: str, indicator: str) -> None:
    (card,) = run(pathway(tmp_path, HIGH.format(level=level)))["cards"]
    assert (card["summary"], card["indicator"], card["state"]) == ("Look at it", indicator, "true")
    assert "180.3 mmHg against 180 mmHg" in card["detail"]


def test_unknown_makes_the_card_that_the_rule_asks_for(tmp_path: Path) -> None:
    (card,) = run(pathway(tmp_path, TIRED))["cards"]
    assert (card["summary"], card["indicator"], card["state"]) == ("Ask whether tired", "warning", "unknown")


@pytest.mark.parametrize(("value", "summaries"), [("yes", ["Tired"]), ("no", [])])
def test_a_given_fact_is_taken(tmp_path: Path, value: str, summaries: list[str]) -> None:
    cards = run(pathway(tmp_path, TIRED), "--facts", json.dumps({"tired": value}))["cards"]
    assert [card["summary"] for card in cards] == summaries


def test_cards_come_in_the_order_of_the_rules(tmp_path: Path) -> None:
    answer = run(pathway(tmp_path, TIRED + HIGH.format(level="amber")))
    assert [card["rule"] for card in answer["cards"]] == ["asks", "high"]
    answer = run(pathway(tmp_path, HIGH.format(level="amber") + TIRED))
    assert [card["rule"] for card in answer["cards"]] == ["high", "asks"]


def test_one_card_for_one_problem(tmp_path: Path) -> None:
    worse = HIGH.format(level="amber").replace("  high:", "  worse:") + "    instead_of: [high]\n"
    answer = run(pathway(tmp_path, HIGH.format(level="info") + worse))
    assert [card["rule"] for card in answer["cards"]] == ["worse"]
    assert answer["pathways"][0]["held_back"] == ["high"]


def test_the_record_as_it_was_before(tmp_path: Path) -> None:
    file = pathway(tmp_path, HIGH.format(level="amber"))
    arguments = [str(file), "--bundle", str(CASE), "--json", "--now"]
    before = json.loads(CliRunner().invoke(app, [*arguments, "2023-11-20T20:00:00Z"]).stdout)
    assert before["cards"] == []
    assert before["left_out"][0]["why"] == "it is dated after the stated time"


def test_chinese(tmp_path: Path) -> None:
    (card,) = run(pathway(tmp_path, HIGH.format(level="amber")), "--lang", "zh")["cards"]
    assert card["summary"] == "查看"


@pytest.mark.parametrize("text", ["{", "[]", '{"resourceType": "Patient"}', '{"resourceType": "Bundle"}'])
def test_what_is_no_bundle_is_refused(tmp_path: Path, text: str) -> None:
    bad = tmp_path / "bundle.json"
    bad.write_text(text, "utf-8")
    with pytest.raises(Problem) as told:
        run(pathway(tmp_path, HIGH.format(level="amber")), bundle=bad)
    assert (told.value.code, told.value.exit_code) == ("E-BUNDLE", 1)


def test_a_wrong_source_of_a_fact_is_told(tmp_path: Path) -> None:
    head = HEAD.replace("fhir.Observation?code=72166-2", "fhir.Observation?smokes")
    with pytest.raises(Problem) as told:
        run(pathway(tmp_path, TIRED, head))
    assert (told.value.code, told.value.exit_code) == ("E-FACT-SOURCE", 1)
    assert "smokes" in str(told.value)

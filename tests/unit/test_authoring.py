"""What a model that helps an author is told: findings as data, names that never become paths, bounds that say so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from carepath import authoring

ROOT = Path(__file__).resolve().parents[2]
NAME = "hypertension_home"


@pytest.fixture(scope="module")
def text() -> str:
    return str(authoring.read_pathway(NAME)["text"])


def test_what_is_known_by_name_is_listed_with_its_phases() -> None:
    listed = authoring.list_pathways()
    found = {one["name"]: one for one in listed["pathways"]}
    assert found[NAME]["phases"] == ["baseline", "titrate", "refer", "maintain"]
    assert found[NAME]["title"]["zh"]
    assert "example_cn" in listed["sites"]


def test_a_good_pathway_compiles_and_is_told_back(text: str) -> None:
    assert authoring.check(text, "example_cn")["compiles"]
    assert "第一周" in authoring.explain(text, "example_cn", "zh")["page"]
    assert "$schema" in authoring.schema()


def test_a_mistake_is_a_finding_at_its_place(text: str) -> None:
    wrong = text.replace("needs_at_least:", "needs_at_lest:", 1)
    for answer in (authoring.check(wrong), authoring.explain(wrong), authoring.simulate(wrong, "example_cn", 1, 1)):
        assert not answer["compiles"]
        first = next(one for one in answer["diagnostics"] if one["severity"] == "error")
        assert first["line"] == text[: text.index("needs_at_least:")].count("\n") + 1
        assert "needs_at_least" in first["hint"] + first["message"]


def test_a_site_is_judged_as_one() -> None:
    site = (ROOT / "pathways/sites/example_cn.yaml").read_text(encoding="utf-8")
    assert authoring.check(site)["compiles"]
    assert not authoring.check(site.replace("roles:", "rolls:", 1))["compiles"]


def test_what_is_planned_is_local_and_cut_with_a_word(text: str) -> None:
    asked: dict[str, Any] = {"start": "2026-03-02T08:00", "zone": "Asia/Shanghai", "site": "example_cn"}
    week = authoring.expand(text, days=7, **asked)
    assert not week["cut"]
    assert {row["due"]["local"][10:16] for row in week["occurrences"] if row["step"] == "baseline.measure_bp"} == {
        "T07:00", "T20:00",
    }  # fmt: skip
    long = authoring.expand(text, days=366, **asked)
    assert long["cut"] == (len(long["occurrences"]) == authoring.MOST_ROWS)


def test_the_same_seed_gives_the_same_figures(text: str) -> None:
    one, two = (authoring.simulate(text, "example_cn", 3, 30, seed=7) for _ in range(2))
    assert one == two
    assert one["figures"]["patients"] == 3
    json.dumps(one)


WRONG: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (authoring.read_pathway, {"name": "../../etc/passwd"}, "no pathway"),
    (authoring.check, {"text": "", "site": "../sites/example_cn"}, "no site"),
    (authoring.expand, {"text": "", "start": "soon", "zone": "Asia/Shanghai"}, "ISO 8601"),
    (authoring.expand, {"text": "", "start": "2026-03-02", "zone": "Mars/Base"}, "IANA"),
]


@pytest.mark.parametrize(("ask", "given", "said"), WRONG)
def test_a_question_asked_wrongly_says_what_to_give(ask: Callable[..., Any], given: dict[str, Any], said: str) -> None:
    with pytest.raises(authoring.AskedWronglyError, match=said):
        ask(**given)


@pytest.mark.parametrize(
    ("patients", "days"), [(0, 30), (authoring.MOST_PATIENTS + 1, 30), (1, authoring.MOST_DAYS + 1)]
)
def test_a_population_has_bounds(text: str, patients: int, days: int) -> None:
    with pytest.raises(authoring.AskedWronglyError, match="between 1 and"):
        authoring.simulate(text, "example_cn", patients, days)

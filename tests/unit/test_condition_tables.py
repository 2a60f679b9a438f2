"""The rules of docs/reference/conditions.md, row by row."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pathways.decide.conditions import NOT_APPLICABLE, FactValue, StepEnd, explain, truth, verdict
from pathways.lang.phrases import parse_condition, to_cond
from pathways.lang.plan_cond import Cond
from pathways.lang.plan_say import say_cond
from tests.unit.environment import NOW, Known
from tests.unit.tables import World, rows_of


def _id(row: dict[str, str]) -> str:
    return " · ".join(value for value in row.values() if value)[:90]


def compiled(phrase: str) -> Cond:
    parsed = parse_condition(phrase)
    assert parsed.tree is not None, parsed.error
    resolved = to_cond(parsed.tree, World(), phrase)
    assert resolved.value is not None, resolved.problems
    return resolved.value


def _fact(name: str, text: str) -> FactValue:
    if text == "na":
        return NOT_APPLICABLE
    if name == "conditions":
        return frozenset() if text == "none" else frozenset(text.split("+"))
    if name == "pregnant":
        return text == "yes"
    return text if name == "sex" else Decimal(text)


def environment(known: str) -> Known:
    env = Known()
    given = dict(part.split("=") for part in known.split())
    for name, text in given.items():
        if name in {"systolic", "diastolic"}:
            env.measures[f"bp.{name}"] = Decimal(text)
        elif name == "weight":
            env.measures["weight.value"] = Decimal(text)
        elif name == "takes":
            env.means = [Decimal(value) for value in text.split(",")]
        elif name == "ends":
            env.ended = text.split(",")
        elif name == "result":
            env.fields["review.result"] = text
        elif name in {"review", "recheck", "measure_bp"}:
            env.steps[name] = StepEnd(text, NOW, given.get("mode"))
        elif name != "mode":
            env.facts[name] = _fact(name, text)
    return env


@pytest.mark.parametrize("row", rows_of("conditions.md", "truth"), ids=_id)
def test_a_condition_has_the_value_of_the_table(row: dict[str, str]) -> None:
    cond, env = compiled(row["condition"]), environment(row["known"])
    assert truth(cond, env).name.lower() == row["value"]
    judged = verdict(cond, env)
    assert judged.value is truth(cond, env), "the explained value is the value"
    for language in ("en", "zh"):
        text = explain(judged, language)
        assert text and "None" not in text
        assert say_cond(cond, language)


@pytest.mark.parametrize("row", rows_of("conditions.md", "refused"), ids=_id)
def test_a_wrong_condition_is_refused_where_it_is_wrong(row: dict[str, str]) -> None:
    parsed = parse_condition(row["condition"])
    if parsed.error is not None:
        assert (parsed.error.code, parsed.error.offset) == (row["error"], int(row["at"]))
        words = parsed.error.expected
    else:
        assert parsed.tree is not None
        problem = to_cond(parsed.tree, World(), row["condition"]).problems[0]
        assert (problem.kind, problem.offset) == (row["error"], int(row["at"]))
        words = problem.candidates
    wanted = row["expected or candidate"]
    assert not wanted or wanted in words

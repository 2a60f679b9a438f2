"""docs/reference/order.md, part "What the ingest calls red": a test for each row, of its name."""

import json
from decimal import Decimal

import pytest

from activities.intake.screens import Screen, matching
from pathways.decide.effects import SetWatches
from tests.unit.decide.test_order_of_rules import world as rules_world
from tests.unit.decide.world import World

RED = """
  danger:
    if: {0}
    level: red
    do: [{{say: advice}}, {{escalate: urgent, task: {{en: Danger, zh: 危险}}}}]
    unknown: {{not_met: single}}
"""


def world(cond: str, **more: object) -> World:
    rule = RED.format(cond)
    if "known" in cond:  # never unknown
        rule = rule.replace("    unknown: {not_met: single}\n", "")
    return rules_world(rule, texts="advice well", **more)  # type: ignore[arg-type]


def called(w: World, systolic: int, diastolic: int = 80) -> str:
    """What the ingest calls a reading: red, wake, or quiet where no screen of the rule matches."""
    rows = [row for row in w.of(SetWatches)[-1].rows if row["rule"] == "danger"]
    screens = [Screen(r["measure"], r["level"], json.dumps(r["cond"]), r["rule"], r["enrolment"]) for r in rows]
    values = {"systolic": Decimal(systolic), "diastolic": Decimal(diastolic)}
    found = {screen.level for screen in matching(screens, "blood_pressure", w.day(1, "07:00"), values)}
    return "red" if "red" in found else "wake" if found else "quiet"


TABLE = [
    ("bp.systolic >= high", 180, "red"),
    ("bp.systolic >= high", 150, "quiet"),
    ("not bp.systolic < high", 180, "red"),
    ("not bp.systolic < high", 120, "quiet"),
    ("bp is known", 120, "wake"),
    ("not bp is unknown", 120, "wake"),
    ("bp.systolic >= high 2 times in a row", 190, "wake"),
    ("bp.systolic >= high 2 times in a row", 150, "quiet"),
    ("bp.systolic >= goal 2 times in a row or bp.systolic >= high", 180, "red"),
    ("bp.systolic >= goal 2 times in a row or bp.systolic >= high", 140, "wake"),
    ("bp.systolic >= goal 2 times in a row or bp.systolic >= high", 120, "quiet"),
    ("not bp.systolic >= goal 2 times in a row and bp.systolic >= goal", 140, "wake"),
    ("sex is male and bp.systolic >= high", 180, "red"),
    ("sex is female and bp.systolic >= high", 180, "wake"),
    ("not sex is female and bp.systolic >= high", 180, "red"),
    ("not age >= 60 years and bp.systolic >= high", 180, "wake"),  # a fact that speaks against it may change unseen
    ("age >= 60 years and bp.systolic >= goal or bp.systolic >= high", 140, "red"),
    ("age < 60 years and bp.systolic >= goal or bp.systolic >= high", 140, "wake"),
    ("age < 60 years and bp.systolic >= goal or bp.systolic >= high", 180, "red"),
    ("{at_least: 2, of: [sex is male or bp.systolic >= high, bp.systolic >= goal]}", 140, "wake"),
    ("{at_least: 2, of: [sex is male or bp.systolic >= high, bp.systolic >= goal]}", 120, "quiet"),
]


@pytest.mark.parametrize(("cond", "systolic", "word"), TABLE)
def test_a_reading_is_called_red_only_where_it_is_red_by_itself(cond: str, systolic: int, word: str) -> None:
    w = world(cond)
    assert called(w, systolic) == word
    w.bp(systolic, 80, w.day(1, "07:00"))
    fired = bool(w.opened("danger"))
    assert fired or word != "red"  # nobody is told of danger whom the rule does not call so
    assert not fired or word != "quiet"  # and nothing that fires is left lying


def test_a_fact_that_changes_changes_what_is_called_red() -> None:
    w = world("frail is yes and bp.systolic >= goal")
    assert called(w, 140) == "wake"
    w.verb("set_fact", w.day(1, "06:00"), fact="frail", value=True)
    assert called(w, 140) == "red"
    w.verb("set_fact", w.day(1, "06:10"), fact="frail", value=False)
    assert called(w, 140) == "wake"

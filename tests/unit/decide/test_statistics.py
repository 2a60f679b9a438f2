"""Numbers made of many readings, and baselines that stay as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pathways.decide.statistics_of_readings import FUNCTIONS, Rows, share
from tests.unit.decide.world import World, pathway, reading

START = datetime(2026, 3, 2, tzinfo=UTC)


def rows(*values: int | str, hours: int = 24) -> Rows:
    return [(START + timedelta(hours=hours * n), Decimal(value)) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        ("variability", (2, 4, 4, 4, 5, 5, 7, 9), "2.138"),  # sample standard deviation: sqrt(32 / 7)
        ("variability", (5,), None),
        ("cv", (90, 110), "14.142"),
        ("cv", (-1, 1), None),
        ("percent_change", (80, 90, 60), "-25"),
        ("percent_change", (0, 5), None),
        ("trend", (100, 101, 102, 103), "1"),
        ("trend", (100, 101, 190, 103), "1"),  # one outlier moves nothing
        ("trend", (100,), None),
        ("count", (7, 7, 7), "3"),
        ("change", (80, 90, 60), "-20"),
    ],
)
def test_what_a_function_makes(function: str, values: tuple[int, ...], expected: str | None) -> None:
    found = FUNCTIONS[function](rows(*values))
    assert (None if found is None else round(found, 3)) == (None if expected is None else Decimal(expected))


def test_a_trend_is_per_day_whatever_the_distance() -> None:
    assert FUNCTIONS["trend"](rows(100, 101, 102, hours=12)) == 2
    assert FUNCTIONS["trend"](rows(100, 101, 102, hours=48)) == Decimal("0.5")


@pytest.mark.parametrize(("low", "high", "expected"), [(70, 180, 75), (0, 70, 25), (70, 70, 25), (181, 400, 25)])
def test_both_ends_of_a_range_belong_to_it(low: int, high: int, expected: int) -> None:
    assert share(rows(70, 120, 180, 250), Decimal(low), Decimal(high)) == expected


@given(st.lists(st.integers(40, 400), min_size=2, max_size=40))
def test_spread_and_mean_agree_with_numpy(values: list[int]) -> None:
    assert float(FUNCTIONS["mean"](rows(*values)) or 0) == pytest.approx(np.mean(values))
    assert float(FUNCTIONS["variability"](rows(*values)) or 0) == pytest.approx(np.std(values, ddof=1))


BODY = """
facts: {surgery: {type: date}, wears: {type: yes_no}}
measures: {bp: {use: blood_pressure, if: wears is not no}}
parameters:
  more: {value: 10 mmHg, cite: local}
  calm: {value: 90 mmHg, cite: local}
  goal: {value: 135 mmHg, cite: local}
  half: {value: 50 %, cite: local}
derived:
  earlier: {of: bp, as: mean, over: days 0 to 2 after surgery, freeze: yes, needs_at_least: 2 readings on 2 days}
  now: {of: bp, as: last, over: 7 days}
  in_range: {of: bp, as: share, over: 7 days, inside: [calm, goal]}
phases:
  one:
    title: {en: One, zh: 一}
    until: day 60 of the phase
    steps:
      bp_daily: {measure: bp, when: every day at 08:00, window: {missed_after: 12 h}}
      call: {task: {en: Call, zh: 电话}, role: nurse, due: 1 day, when: as soon as bp_daily missed 40 times in a row}
    at_end: [{else: true, end: over}]
rules:
  higher:
    if: now.systolic > earlier.systolic + more
    level: amber
    do: {task: {en: Higher, zh: 升高}, role: nurse, due: 1 day}
    unknown: {not_met: no baseline yet}
  out:
    if: in_range.systolic < half
    level: info
    do: {task: {en: Out of range, zh: 超出范围}, role: nurse, due: 1 day}
    unknown: {not_met: no reading yet}
ends: {over: {}}
""".replace("if: wears is not no", "if: not wears is no")


def with_surgery(day: int = 0) -> World:
    world = World(pathway(BODY))
    world.enrol()
    world.verb("set_fact", world.day(0, "08:00"), fact="surgery", value=world.day(day, "12:00").date().isoformat())
    return world


def read(world: World, day: int, systolic: int) -> None:
    world.run(world.day(day, "09:00"))
    world.send(reading(systolic, 80), world.day(day, "09:00"))


def test_a_baseline_is_unknown_until_its_days_are_over_and_then_stays() -> None:
    world = with_surgery(1)
    for day, systolic in ((1, 120), (2, 124), (3, 128)):
        read(world, day, systolic)
    assert "higher" not in world.open_ids()
    read(world, 4, 134)  # 124 + 10 is not exceeded
    assert "higher" not in world.open_ids()
    read(world, 5, 135)
    assert "higher" in world.open_ids()
    window = next(w for key, w in world.state.derived.items() if key.endswith("|earlier"))
    assert window.values["systolic"] == 124
    assert (window.count, window.days) == (3, 3)


def test_too_few_readings_make_no_baseline() -> None:
    world = with_surgery(1)
    read(world, 2, 120)
    read(world, 6, 190)
    assert "higher" not in world.open_ids()


def test_the_days_move_with_their_anchor_until_they_are_over() -> None:
    world = with_surgery(1)
    read(world, 1, 100)
    world.verb("set_fact", world.day(1, "12:00"), fact="surgery", value=world.day(3, "12:00").date().isoformat())
    for day, systolic in ((3, 150), (4, 150), (5, 150), (6, 155)):
        read(world, day, systolic)
    assert "higher" not in world.open_ids()


def test_the_share_in_range_is_per_cent_of_readings() -> None:
    world = with_surgery(30)
    for day, systolic in ((1, 120), (2, 140)):
        read(world, day, systolic)
    assert "out" not in world.open_ids()
    read(world, 3, 150)
    assert "out" in world.open_ids()


def test_a_measure_that_does_not_apply_is_not_asked_for() -> None:
    world = World(pathway(BODY))
    world.enrol()
    world.verb("set_fact", world.day(0, "08:00"), fact="wears", value=False)
    world.run(world.day(3))
    assert {said for at, said in world.ended("one.bp_daily") if at > "1"} == {"skipped: guard"}
    assert world.messages("remind_measure") == []

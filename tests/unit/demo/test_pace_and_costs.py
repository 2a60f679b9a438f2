"""How fast the demo may run, what the patients' process tells of it, what a run cost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carepath.demo.costs import Cost
from carepath.demo.life import Posted, read_posted
from carepath.demo.pace import LONGEST, SLACK_DAYS, latency_of, pace_for


@pytest.mark.parametrize(
    ("latency", "wanted", "days", "pace", "slowed", "enough"),
    [
        (0.02, 0.8, 180, 0.8, False, True),
        (0.05, 0.8, 180, 0.8, False, True),
        (0.10, 0.8, 180, 0.555, True, True),
        (2.00, 0.8, 180, 0.375, True, False),
        (2.00, 0.1, 180, 0.1, False, False),
        (0.00, 1.0, 12, 1.0, False, True),
    ],
)
def test_pace(latency: float, wanted: float, days: int, pace: float, slowed: bool, enough: bool) -> None:
    found = pace_for(latency, wanted, days)
    assert found.days == pytest.approx(pace, abs=1e-3)
    assert (found.slowed, found.enough) == (slowed, enough)


@given(st.floats(0, 30), st.floats(0.05, 5), st.integers(1, 366))
def test_it_is_never_faster_than_asked_for_nor_too_slow_to_end(latency: float, wanted: float, days: int) -> None:
    found = pace_for(latency, wanted, days)
    assert 0 < found.days <= wanted + 1e-3
    assert found.days >= min(wanted, days / LONGEST) - 1e-3
    if found.enough:
        assert found.days * latency <= SLACK_DAYS + 1e-3 * max(1.0, latency)


async def test_latency_is_that_of_calls_made_together() -> None:
    calls = 0

    async def call() -> None:
        nonlocal calls
        calls += 1

    assert await latency_of([call] * 5, rounds=4) >= 0.0
    assert calls == 20


def test_what_came_behind_is_read_back(tmp_path: Path) -> None:
    file = tmp_path / "posted.json"
    assert read_posted(file) == Posted()
    posted = Posted(file)
    for behind in (False, True, True):
        posted.note(behind=behind)
    assert (read_posted(file).posted, read_posted(file).behind) == (3, 2)


def test_costs_count_actions_as_they_are_billed() -> None:
    cost = Cost()
    marker, task = "EVENT_TYPE_MARKER_RECORDED", "EVENT_TYPE_WORKFLOW_TASK_COMPLETED"
    cost.add(["EVENT_TYPE_WORKFLOW_EXECUTION_STARTED", task, marker, marker, "EVENT_TYPE_TIMER_STARTED"])
    assert (cost.runs, cost.events, cost.actions) == (1, 5, 3)
    cost.add([task, marker, task, marker, "EVENT_TYPE_TIMER_FIRED"])
    assert (cost.runs, cost.events, cost.actions) == (2, 10, 5)
    cost.add(["EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED"])
    assert (cost.runs, cost.events, cost.actions) == (3, 11, 6)

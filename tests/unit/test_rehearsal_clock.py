"""The rehearsal clock: there and back, never faster than allowed when it matters, the same after JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities import rehearsal
from activities.rehearsal import SLOW, ClockMap, after_tick, begin, patient_now, to_wall, wall_expiry

WALL = datetime(2026, 11, 24, 9, tzinfo=UTC)
CARE = datetime(2026, 3, 2, tzinfo=UTC)
MICRO = timedelta(microseconds=200)

seconds = st.floats(0.001, 500)
ticks = st.lists(st.tuples(seconds, st.one_of(st.none(), st.floats(-100, 10_000))), max_size=20)


def test_without_a_map_patient_time_is_wall_time() -> None:
    assert patient_now(None, WALL) == to_wall(None, WALL) == WALL
    assert wall_expiry(None, WALL, CARE) == CARE
    assert rehearsal.to_json(None) is None and rehearsal.from_json(None) is None
    assert rehearsal.skew(None, timedelta(minutes=10)) == timedelta(minutes=10)


def test_a_day_lasts_a_second_and_a_half() -> None:
    clock = begin(WALL, CARE)
    assert abs(patient_now(clock, WALL + timedelta(seconds=1.5)) - CARE - timedelta(days=1)) < MICRO
    assert patient_now(clock, WALL - timedelta(hours=1)) == CARE


def test_a_rung_of_fifteen_minutes_lasts_fifteen_seconds() -> None:
    clock = after_tick(begin(WALL, CARE), WALL, CARE, CARE + timedelta(minutes=15))
    assert clock.current.rate == SLOW
    assert to_wall(clock, CARE + timedelta(minutes=15)) == WALL + timedelta(seconds=15)


def test_the_pace_changes_only_when_it_must() -> None:
    clock = begin(WALL, CARE)
    later = WALL + timedelta(seconds=3)
    now = patient_now(clock, later)
    assert after_tick(clock, later, now, None) is clock
    assert after_tick(clock, later, now, now) is clock  # until now is over
    slow = after_tick(clock, later, now, now + timedelta(minutes=1))
    assert after_tick(slow, later, now, now + timedelta(hours=1)) is slow
    assert after_tick(slow, later, now, None).current.rate == clock.fast


@given(ticks=ticks, days=st.floats(0.01, 3))
def test_time_never_leaps_and_maps_back(ticks: list[tuple[float, float | None]], days: float) -> None:
    clock, wall = begin(WALL, CARE, days), WALL
    for step, urgent in ticks:
        wall += timedelta(seconds=step)
        now = patient_now(clock, wall)
        changed = after_tick(clock, wall, now, None if urgent is None else now + timedelta(seconds=urgent))
        assert abs(patient_now(changed, wall) - now) < MICRO
        assert patient_now(changed, wall + timedelta(seconds=1)) - now <= timedelta(seconds=changed.fast) + MICRO
        if urgent is not None and urgent > 0.001:
            assert changed.current.rate <= SLOW
        assert rehearsal.from_json(rehearsal.to_json(changed)) == changed
        assert len(changed.segments) <= 8
        clock = changed
    later = patient_now(clock, wall) + timedelta(hours=7)
    assert abs(patient_now(clock, to_wall(clock, later)) - later) < timedelta(seconds=1)


def test_a_tick_may_decide_at_an_earlier_patient_time() -> None:
    """A red reading is decided at the time it came in; patient time goes on from there."""
    clock = begin(WALL, CARE)
    wall = WALL + timedelta(seconds=1)
    came_in = CARE + timedelta(hours=9)
    slow = after_tick(clock, wall, came_in, came_in + timedelta(minutes=30))
    assert patient_now(slow, wall) == came_in
    assert patient_now(slow, wall + timedelta(seconds=5)) == came_in + timedelta(minutes=5)


def test_rehearsed_messages_have_time_to_go_out() -> None:
    clock = begin(WALL, CARE)
    due = CARE + timedelta(days=1)
    assert wall_expiry(clock, due, due + timedelta(hours=3)) == to_wall(clock, due) + rehearsal.GRACE


@pytest.mark.parametrize("pace", [0.0, -1.0, float("nan")])
def test_a_pace_is_positive(pace: float) -> None:
    with pytest.raises(ValueError, match="pace"):
        begin(WALL, CARE, pace)


def test_a_slow_rehearsal_is_not_quickened_by_urgency() -> None:
    clock = begin(WALL, CARE, 0.0001)  # 8.64 patient seconds a second
    assert isinstance(clock, ClockMap)
    assert after_tick(clock, WALL, CARE, CARE + timedelta(hours=1)).current.rate == clock.fast

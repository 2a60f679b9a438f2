"""What people see of a run, and the one function that changes its state."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.contracts import ShowMessage
from pathways.decide import state
from worker.search_attributes import REQUIRED
from workflows import show
from workflows.apply import apply

scalars = st.none() | st.integers(0, 9) | st.sampled_from(["", "x"])
records = st.dictionaries(st.sampled_from("xy"), scalars, max_size=2) | st.integers(0, 9)
sections = st.dictionaries(st.sampled_from("abcd"), records | st.none(), max_size=4)
states = st.dictionaries(st.sampled_from(["schema", "tasks", "sends", "said"]), sections | scalars, max_size=4)


@given(states, states)
def test_apply_agrees_with_the_deciders(before: dict[str, Any], delta: dict[str, Any]) -> None:
    assert apply(before, delta) == state.apply(before, delta)


@given(
    st.dictionaries(st.sampled_from("ab"), st.dictionaries(st.sampled_from("xyz"), st.integers()), min_size=1),
    st.dictionaries(st.sampled_from("ab"), st.dictionaries(st.sampled_from("xyz"), st.integers()), min_size=1),
)
def test_apply_after_diff_leads_from_one_state_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    after = {**{section: {} for section in before}, **after}
    assert apply(before, state.diff(before, after)) == after


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_summary_always_fits_and_says_what_comes_next(decided: str, following: str) -> None:
    text = show.summary(decided, following)
    assert len(text.encode()) <= show.SUMMARY_BYTES
    if following.strip() and len(following.encode()) < 90:
        assert following.strip() in text


@pytest.mark.parametrize(
    ("before", "decided", "told"),
    [
        ("", "", ""),
        ("", "A.", "A."),
        ("A.", "", "A."),
        ("A.", "B.", "A. B."),
        ("A. B.", "B.", "A. B."),
        ("甲。", "乙。", "甲。乙。"),
    ],
)
def test_ticks_without_a_wait_between_them_are_told_together(before: str, decided: str, told: str) -> None:
    assert show.joined(before, decided) == told


@given(st.text(max_size=400), st.text(max_size=400))
def test_what_is_told_together_fits(before: str, decided: str) -> None:
    assert len(show.joined(show.clip(before), decided).encode()) <= show.SUMMARY_BYTES


@given(st.text(max_size=300), st.integers(10, 200))
def test_clip_cuts_between_characters(text: str, limit: int) -> None:
    cut = show.clip(text, limit)
    assert len(cut.encode()) <= limit
    assert cut == text or (cut.endswith("…") and text.startswith(cut[:-1]))


def test_the_attributes_are_those_a_worker_checks() -> None:
    assert frozenset(REQUIRED) == show.NAMES
    assert show.attributes(ShowMessage(), {}).keys() == show.NAMES


def test_what_a_tick_left_out_is_as_it_was_published() -> None:
    before = show.attributes(ShowMessage(pathways=["bp"], phases=["bp.daily"], site="north", tier="green"), {})
    after = show.attributes(ShowMessage(tier="red", same=True), before)
    assert after == {**before, "CareTier": "red"}


def test_only_what_changed_is_written() -> None:
    first = show.attributes(ShowMessage(pathways=["bp"], tier="green", open_tasks=1), {})
    assert {update.key.name: update.value for update in show.changes({}, first)} == {
        "CarePathways": ["bp"],
        "CareTier": "green",
        "CareStatus": "active",
        "CareOpenTasks": 1,
    }
    assert show.changes(first, first) == []
    later = {**first, "CareTier": "", "CareOpenTasks": 0, "CareFlags": ["silent"]}
    assert {update.key.name: update.value for update in show.changes(first, later)} == {
        "CareTier": None,
        "CareOpenTasks": 0,
        "CareFlags": ["silent"],
    }


def test_a_halted_run_keeps_its_other_flags() -> None:
    halted = show.halted_attributes({"CareFlags": ["silent"], "CareTier": "red"})
    assert halted == {"CareFlags": ["silent", "halted"], "CareTier": "red"}
    assert show.halted_attributes(halted) == halted


@pytest.mark.parametrize("verdict", [show.REFUSED_NOT_STORED, show.REFUSED_HALTED, show.REFUSED_CANCELLED])
def test_refusals_are_sentences_in_both_languages(verdict: Any) -> None:
    assert not verdict.done
    assert verdict.en.endswith(".")
    assert verdict.zh.endswith("。")

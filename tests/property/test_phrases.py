"""No text that a person writes makes a phrase parser raise; what it accepts it can say back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pathways.lang import phrases
from pathways.lang.phrases import to_cond, to_when
from pathways.lang.phrases_engine import parser_of
from pathways.lang.plan_say import say_cond
from pathways.lang.plan_say_when import say_when
from tests.unit.tables import World

SLOW = (HealthCheck.too_slow,)  # the machine is shared
PARSERS: tuple[Callable[[str], phrases.Parsed[Any]], ...] = tuple(
    getattr(phrases, name) for name in phrases.__all__ if name.startswith("parse_")
)
WORDS = (
    "every", "day", "days", "at", "morning", "and", "or", "not", "is", "has", "in", "between", "phase start",
    "during the", "for", "until", "while", "as soon as", "at most", "times", "times in a row", "of", "any of",
    "missed", "done", "face to face", "bp", "bp.systolic", "high", "review", "surgery", "recheck", "before",
    "after", "7 days", "2 weeks", "20:00", "25:00", "3", "0", "135 mmHg", "2 working days", "mon", "on",
    "of the month", "next working day", "once per", "calendar year", "the date booked", "<", ">=", "=", "(", ",",
    "known", "unknown", "true", "each", "last", "day 8 of the phase", "12 readings", "to", "apart",
    "random between", "with", "start of", "end of", "times a week", "times a day", "first", "few", "noon",
    "supply of the medicine ends", "each slot of the medicine", "-", "+", "*", "/", "where", "sex", "female",
    "known",
)  # fmt: skip
phrase_like = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(text=phrase_like | st.text(max_size=60))
@example(text="\x00")
@example(text="９ days")
@example(text="every day at ２０:００")
@example(text="x" * 4096)
@example(text="not " * 500 + "x is y")
def test_a_parser_gives_a_tree_or_one_error_inside_the_text(text: str) -> None:
    for parse in PARSERS:
        found = parse(text)
        assert (found.tree is None) != (found.error is None)
        if found.error is not None:
            assert 0 <= found.error.offset <= len(text)
            assert found.error.length >= 1


@settings(max_examples=400, deadline=None, suppress_health_check=SLOW)
@given(text=phrase_like)
def test_what_is_accepted_can_be_said_in_both_languages(text: str) -> None:
    parsed = phrases.parse_when(text)
    if parsed.tree is not None:
        when = to_when(parsed.tree, World())
        assert (when.value is None) == bool(when.problems)
        if when.value is not None:
            assert say_when(when.value, "en") and say_when(when.value, "zh")
    condition = phrases.parse_condition(text)
    if condition.tree is not None:
        cond = to_cond(condition.tree, World(), text)
        assert (cond.value is None) == bool(cond.problems)
        assert all(0 <= problem.offset < len(text) for problem in cond.problems)
        if cond.value is not None:
            assert say_cond(cond.value, "en") and say_cond(cond.value, "zh")


def test_a_deep_phrase_is_refused_or_read_but_never_breaks() -> None:
    for text in ("not " * 3000 + "x is y", " and ".join(["x is y"] * 900), "- " * 2000 + "3 > x"):
        found = phrases.parse_condition(text)
        assert (found.tree is None) != (found.error is None)


def test_grammars_are_built_once() -> None:
    assert parser_of("cond") is parser_of("cond")

"""Small phrases and units: quantities, ranges, counts, closed words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pathways.lang import phrases
from pathways.lang.phrases_engine import reserved_words
from pathways.lang.phrases_tree import SynDuration, SynQuantity
from pathways.lang.plan_base import ClockTime
from pathways.lang.units import WORDS, comparable, convert, ratio, shown, ucum_of, unit_of


def _plain(tree: Any) -> Any:
    """A tree without its places in the text."""
    if isinstance(tree, SynQuantity):
        return (str(tree.value), tree.unit)
    if isinstance(tree, SynDuration):
        return (getattr(tree.amount, "text", tree.amount), tree.unit)
    if hasattr(tree, "__slots__") and not isinstance(tree, ClockTime):
        return tuple(_plain(getattr(tree, name)) for name in tree.__slots__ if name != "span")
    return tuple(map(_plain, tree)) if isinstance(tree, tuple) else tree


@pytest.mark.parametrize(
    ("parse", "text", "wanted"),
    [
        ("quantity", "135 mmHg", ("135", "mm[Hg]")),
        ("quantity", "135mmHg", ("135", "mm[Hg]")),
        ("quantity", "-2 kg", ("-2", "kg")),
        ("quantity", "5.6 mmol/L", ("5.6", "mmol/L")),
        ("quantity", "85 %", ("85", "%")),
        ("quantity", "60 bpm", ("60", "/min")),
        ("quantity", "37.5 °C", ("37.5", "Cel")),
        ("quantity", "18 years", ("18", "a")),
        ("quantity", "3", ("3", "1")),
        ("quantity_range", "110 to 150 mmHg", (("110", "mm[Hg]"), ("150", "mm[Hg]"))),
        ("duration", "7 days", (7, "day")),
        ("duration", "2 working days", (2, "working_day")),
        ("duration", "4 working h", (4, "working_h")),
        ("duration", "vte_days", ("vte_days", "day")),
        ("duration_range", "5 to 30 min", ((5, "min"), (30, "min"))),
        ("duration_range", "50 min to 2 h", ((50, "min"), (2, "h"))),
        ("take", "2 readings 1 min apart", (2, (1, "min"))),
        ("take", "1 reading", (1, None)),
        ("enough", "12 readings on 3 days", (12, 3)),
        ("enough", "3 readings", (3, 1)),
        ("count", "1 time", 1),
        ("count", "3 times", 3),
        ("up_to", "1 time", (1, None)),
        ("up_to", "1 time since maintain", (1, ("maintain",))),
        ("remind", "at due", (0, "min")),
        ("remind", "2 h later", (2, "h")),
        ("clock_time", "20:00", ClockTime(hour=20, minute=0)),
        ("clock_time", "24:00", ClockTime(hour=24, minute=0)),
        ("date_time", "2026-03-02", ("2026-03-02", None)),
        ("counted", "routine or recheck done face to face", ((("routine",), ("recheck",)), True)),
        ("counted", "routine done", ((("routine",),), False)),
        ("judge", "block  end", ("block_end",)),
        ("since", "phase start", ("phase_start",)),
        ("leave_out", "first day", ("first_day",)),
        ("until", "12 months after enrolment", ((("enrolment",), "this", None), (12, "month"), False, False)),
        ("until", "day 8 of the phase in active days", ("day_of_phase", 8, True)),
    ],
)
def test_a_small_phrase_is_read(parse: str, text: str, wanted: Any) -> None:
    found = getattr(phrases, f"parse_{parse}")(text)
    assert found.error is None
    plain = _plain(found.tree)
    if parse == "until":
        moment, active = plain
        plain = (*moment, active)
    assert plain == wanted


@pytest.mark.parametrize(
    ("parse", "text", "code", "offset"),
    [
        ("quantity", "", "empty", 0),
        ("quantity", "135 mmhg", "unknown_unit", 4),
        ("quantity", "mmHg", "unexpected", 0),
        ("quantity", "1.2.3 kg", "unexpected", 0),
        ("quantity_range", "150 to 110 mmHg", "bad_value", 0),
        ("quantity_range", "110 mmHg", "ended", 8),
        ("duration", "2.5 days", "bad_value", 0),
        ("duration", "101 years", "bad_value", 0),
        ("duration", "2 fortnights", "unknown_unit", 2),
        ("duration", "９ days", "unexpected", 0),
        ("duration_range", "30 to 5 min", "bad_value", 0),
        ("take", "0 readings", "bad_value", 0),
        ("enough", "12 readings on 3 weeks", "bad_value", 15),
        ("count", "10001 times", "bad_value", 0),
        ("clock_time", "24:30", "bad_value", 0),
        ("clock_time", "8 am", "unexpected", 0),
        ("date_time", "2026-02-30", "bad_value", 0),
        ("judge", "block begin", "unexpected", 0),
        ("selection", "medicines where class", "ended", 21),
        ("moment", "12 months after enrolment in active days", "bad_value", 0),
    ],
)
def test_a_wrong_small_phrase_is_refused_where_it_is_wrong(parse: str, text: str, code: str, offset: int) -> None:
    error = getattr(phrases, f"parse_{parse}")(text).error
    assert error is not None
    assert (error.code, error.offset) == (code, offset)


def test_a_selection_gives_attributes_and_words() -> None:
    attributes = {"class": (), "setting": ("home", "office")}
    parsed = phrases.parse_selection("medicines where class is any of statin and antihypertensive and setting is home")
    assert parsed.tree is not None
    found = phrases.to_selection(parsed.tree, attributes)
    assert found.value == {"class": ("statin", "antihypertensive"), "setting": ("home",)}
    for text, kind in (
        ("medicines where colour is red", "unknown_name"),
        ("medicines where setting is moon", "unknown_word"),
        ("medicines where setting is home or class is statin", "cannot_be_said"),
        ("medicines where setting is not home", "cannot_be_said"),
    ):
        tree = phrases.parse_selection(text).tree
        assert tree is not None
        assert [problem.kind for problem in phrases.to_selection(tree, attributes).problems] == [kind]


@pytest.mark.parametrize(
    ("value", "source", "target", "wanted"),
    [
        ("135", "mm[Hg]", "kPa", "17.99847"),
        ("37", "Cel", "[degF]", "98.6"),
        ("98.6", "[degF]", "Cel", "37"),
        ("6", "mo", "a", "0.5"),
        ("1", "g/L", "mg/dL", "100"),
        ("150", "[lb_av]", "kg", "68.0388555"),
        ("1", "/min", "/h", "60"),
        ("90", "mL/min/{1.73_m2}", "mL/s/{1.73_m2}", "1.5"),
    ],
)
def test_units_convert_exactly(value: str, source: str, target: str, wanted: str) -> None:
    assert convert(Decimal(value), source, target) == Decimal(wanted)
    assert abs(convert(Decimal(wanted), target, source) - Decimal(value)) < Decimal("1e-12")


def test_what_is_not_comparable_is_refused() -> None:
    for left, right in (("kg", "mm[Hg]"), ("mg/dL", "mmol/L"), ("U/L", "[IU]/L"), ("Cel", "kg"), ("nonsense", "kg")):
        assert not comparable(left, right)
        assert ratio(left, right) is None
        with pytest.raises(ValueError, match="cannot be converted"):
            convert(Decimal(1), left, right)
    assert ratio("Cel", "[degF]") is None


def test_every_word_is_a_unit_and_is_shown_as_people_write_it() -> None:
    for word, code in WORDS.items():
        assert unit_of(code) is not None, word
        assert ucum_of(word) == code
        assert ucum_of(shown(code)) == code or code in {"{score}", "{steps}", "{degrees}"}
    for wrong in ("", "kg//m", "mmhg", "kg.", "/", "10*"):
        assert unit_of(wrong) is None


def test_words_of_phrases_are_reserved() -> None:
    assert {"and", "every", "morning", "days", "min", "until", "missed", "row", "phase", "known"} <= reserved_words()
    assert "measure_bp" not in reserved_words()

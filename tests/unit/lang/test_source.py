"""Strict YAML: every trap is an error or the exact text, and hostile text is refused at once."""

from __future__ import annotations

import time
import unicodedata
from decimal import Decimal

import pytest

from pathways.lang.source import INVISIBLE, MAX_BYTES, read_source


def value(text: str) -> object:
    source, problems = read_source(text, "x.yaml")
    assert problems == []
    return source.value


def codes(text: str | bytes) -> list[str]:
    source, problems = read_source(text, "x.yaml")
    assert source.value is None
    return [d.code for d in problems]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12:30", "12:30"), ("8:30", "8:30"), ("08:30", "08:30"), ("20:00", "20:00"), ("1:30:00", "1:30:00"),
        ("yes", "yes"), ("no", "no"), ("NO", "NO"), ("on", "on"), ("off", "off"), ("y", "y"),
        ("True", "True"), ("TRUE", "TRUE"), ("False", "False"), ("Null", "Null"), ("~", "~"),
        ("010", "010"), ("0123", "0123"), ("0x1F", "0x1F"), ("0o17", "0o17"), ("1_000", "1_000"), ("1e3", "1e3"),
        ("+5", "+5"), (".5", ".5"), ("5.", "5."), ("-0", "-0"), ("1.2.3", "1.2.3"), ("1.0.0", "1.0.0"),
        ("2026-01-01", "2026-01-01"), ("2026-01-01 08:00:00", "2026-01-01 08:00:00"), ("=", "="),
        ("true", True), ("false", False), ("null", None), ("0", 0), ("5", 5), ("-3", -3), ("135", 135),
        ('"5"', "5"), ("'true'", "true"), ("inf", "inf"), ("nan", "nan"),
    ],
)  # fmt: skip
def test_only_true_false_null_and_plain_numbers_are_not_text(written: str, meant: object) -> None:
    found = value(f"at: {written}")
    assert found == {"at": meant}
    assert isinstance(found, dict)
    assert type(found["at"]) is type(meant)


@pytest.mark.parametrize("written", ["1.10", "5.0", "-2.50", "0.05"])
def test_a_decimal_keeps_its_text(written: str) -> None:
    found = value(f"dose: {written}")
    assert found == {"dose": Decimal(written)}
    assert isinstance(found, dict)
    assert str(found["dose"]) == written


@pytest.mark.parametrize("key", ["on", "yes", "no", "off", "y"])
def test_words_that_yaml_takes_for_truth_are_keys(key: str) -> None:
    assert value(f"{key}: 1") == {key: 1}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x 1", "yaml_anchor"),
        ("a: *x", "yaml_alias"),
        ("a: {<<: 1}", "yaml_merge"),
        ("a: !!int 1", "yaml_tag"),
        ("a: !x 1", "yaml_tag"),
        ("a: ! 1", "yaml_tag"),
        ("a: !!python/object/apply:os.system [ls]", "yaml_tag"),
        ("a: .nan", "not_a_finite_number"),
        ("a: -.inf", "not_a_finite_number"),
        ("a: 1\na: 2", "duplicate_key"),
        ("a: 1\n'a': 2", "duplicate_key"),
        ("12: 1", "key_not_text"),
        ("1.5: 1", "key_not_text"),
        ("true: 1", "key_not_text"),
        ("null: 1", "key_not_text"),
        ("? [a]\n: 1", "key_not_text"),
        ("'': 1", "empty_key"),
        ("a:", "no_value"),
        ("a: [1]\nb: \n  -\n", "no_value"),
        ("a: {b: x, y, c: z}", "comma_cut_phrase"),
        ("a: {b: , c: z}", "no_value"),
        ("a: 1\n---\nb: 2", "several_documents"),
        ("%YAML 1.1\n---\na: 1", "yaml_directive"),
        ("", "empty_file"),
        ("# only words", "empty_file"),
        ("- a", "not_a_mapping"),
        ("words", "not_a_mapping"),
        ("a:\n\tb: 1", "tab_indentation"),
        ("a: {b: x [y], c: 1}", "flow_not_closed"),
        ("a: {b: 1", "flow_not_closed"),
        ("a: b: c", "yaml_syntax"),
        ("a: 'b", "yaml_syntax"),
        ("a: @b", "yaml_syntax"),
        (b"a: \xff", "not_utf8"),
        (b"\xff\xfea\x00", "not_utf8"),
        ("a: 1234567890123456", "number_too_long"),
        ("a: 0.1234567890123456", "number_too_long"),
        ("a: " + "x" * 4097, "text_too_long"),
        ("a: \ud800", "invisible_character"),
        ("a: x\x00y", "invisible_character"),
        ("a: x\x85y", "invisible_character"),
        ("a: x\u00a0y", "invisible_character"),
        ("# \u202e in a comment\na: 1", "invisible_character"),
    ],
)
def test_what_could_mean_something_else_is_refused(text: str | bytes, code: str) -> None:
    assert code in codes(text)


def test_every_format_character_of_unicode_is_invisible() -> None:
    for number in range(0x110000):
        char = chr(number)
        if unicodedata.category(char) in ("Cf", "Cc", "Zl", "Zp") and char not in "\t\n\r":
            assert INVISIBLE.match(char), f"U+{number:04X}"


@pytest.mark.parametrize("char", ["　", "，", "é", "中", "😀", "⚠", "\ufe0f", "\t"])
def test_what_people_write_is_not_invisible(char: str) -> None:
    assert INVISIBLE.search(char) is None


def test_a_byte_order_mark_at_the_start_is_no_character() -> None:
    source, problems = read_source(b"\xef\xbb\xbfa: 1", "x")
    assert (source.value, problems) == ({"a": 1}, [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_positions_count_from_one_in_code_points(end: str) -> None:
    source, problems = read_source(f"标题: 高血压{end}b:{end}  - x{end}  - 😀y: z{end}", "x")
    assert problems == []
    assert source.place.children["标题"].value == (1, 5, 1, 8)
    assert source.span(("b", 1, "😀y")) == (4, 9, 4, 10)
    assert source.span(("b", 1, "😀y"), key=True) == (4, 5, 4, 7)


def test_a_stretch_of_a_phrase_has_a_place_of_its_own() -> None:
    source, _ = read_source("a: {if: x above y, b: 'x above y', c: \"x\\u0020above y\"}", "x")
    assert source.span_within(("a", "if"), 2, 7) == (1, 11, 1, 16)
    assert source.span_within(("a", "b"), 2, 7) == (1, 26, 1, 31)
    assert source.span_within(("a", "c"), 2, 7) == source.span(("a", "c"))


def test_a_place_that_is_not_there_is_its_nearest_ancestor() -> None:
    source, _ = read_source("a:\n  b: 1\n", "x")
    assert source.span(("a", "c", "d")) == (1, 1, 1, 2)


def test_both_places_of_a_duplicate_are_told() -> None:
    _, (found,) = read_source("dose: 5.0\nb: 1\ndose: 50\n", "x")
    assert found.span[:2] == (3, 1)
    assert "line 1, column 1" in found.message("en")


def test_all_faults_of_a_text_come_in_order() -> None:
    _, found = read_source("b: &x 1\na: *x\n12: 3\nb: 4\nc:\n", "x")
    assert [d.code for d in found] == ["yaml_anchor", "yaml_alias", "key_not_text", "duplicate_key", "no_value"]


HOSTILE = {
    "flow nesting": ("a: " + "[" * 200_000, "too_deep"),
    "flow mappings": ("a: " + "{a: " * 60_000, "too_deep"),
    "block nesting": ("\n".join(" " * n + "a:" for n in range(600)), "too_deep"),
    "laughs": ("a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(20)), "yaml_anchor"),
    "merges": ("a: &a {b: 1}\n" + "c: {<<: [*a, *a]}\n", "yaml_merge"),
    "nodes": ("a: [" + "1," * 120_000 + "]", "too_many_nodes"),
    "size": ("a: " + "x" * (MAX_BYTES + 1), "file_too_large"),
    "wide size": ("a: " + "高" * (MAX_BYTES // 3 + 1), "file_too_large"),
    "invisible": ("\u200b" * 80_000, "invisible_character"),
    "colons": ("a: " + ": " * 100_000, "yaml_syntax"),
    "quotes": ("a: '" + "''" * 100_000, "yaml_syntax"),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_text_is_refused_quickly(name: str) -> None:
    text, code = HOSTILE[name]
    best = min(_seconds(text) for _ in range(3))
    assert code in codes(text)
    # 50 ms on a quiet machine; several times that so that a busy one does not fail.
    assert best < 0.4


def _seconds(text: str) -> float:
    start = time.perf_counter()
    read_source(text, "x")
    return time.perf_counter() - start


def test_depth_and_nodes_within_the_bounds_are_read() -> None:
    assert value("a: " + "[" * 31 + "]" * 31)
    assert value("a: [" + ", ".join("1" for _ in range(19_990)) + "]")

"""Hostile pathway files, one for each trick, and what refusing them costs in time and memory beside a good file.

The classes are those that PyYAML was measured with: times taken for numbers, words for truth, numbers for others,
keys twice, not-a-number, entity and merge bombs, depth, size; and those of the phrases inside.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from bench.decide import ROOT
from bench.show import Row, Table
from pathways.lang.diagnostics import Diagnostic
from pathways.lang.load import load_pathway
from pathways.lang.source import MAX_BYTES

GOOD: Final = ROOT / "tests" / "golden" / "base" / "small.yaml"
IF: Final = "if: bp.systolic >= alarm"
WHEN: Final = "when: every day at morning and evening"
NUMBER: Final = "calm: {value: 160 mmHg, cite: guide}"
YEAR: Final = "year: 2024"


@dataclass(frozen=True, slots=True)
class Hostile:
    """A file and the code it must be refused with."""

    data: bytes
    code: str


@cache
def good() -> str:
    """A good file of the usual size."""
    return GOOD.read_text(encoding="utf-8")


def _in(old: str, new: str, code: str) -> Hostile:
    """The good file with one line of it turned hostile."""
    if old not in good():
        raise ValueError(f"the good file no longer holds {old!r}")
    return Hostile(good().replace(old, new, 1).encode(), code)


def _of(text: str | bytes, code: str) -> Hostile:
    return Hostile(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"), code)


def _laughs(levels: int) -> str:
    return "a: &a0 [lol]\n" + "".join(f"b{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, levels))


def _merges(levels: int) -> str:
    return "a0: &a0 {k: v}\n" + "".join(
        f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n  k{n}: v\n" for n in range(1, levels)
    )


def corpus() -> dict[str, Hostile]:
    """Name -> hostile file."""
    return _texts() | _scalars() | _bombs() | _phrases()


def _texts() -> dict[str, Hostile]:
    return {
        "utf16": _of("carepath: 1\n".encode("utf-16"), "not_utf8"),
        "gb18030": _of("owner: 心内科\n".encode("gb18030"), "not_utf8"),
        "overlong slash": _of(b"carepath: 1\nid: a\xc0\xafb\n", "not_utf8"),
        "lone surrogate": _of("carepath: 1\nid: \ud800\n", "not_utf8"),
        "nul": _of("carepath: 1\nid: a\x00b\n", "invisible_character"),
        "escape": _of("carepath: 1\nid: \x1b[31m\n", "invisible_character"),
        "turned round": _in("owner: cardiology", "owner: \u202eygoloidrac", "invisible_character"),
        "isolate": _in("owner: cardiology", "owner: \u2066cardiology\u2069", "invisible_character"),
        "zero width": _in("alarm:", "alarm\u200b:", "invisible_character"),
        "no-break space": _in("mmHg, cite", "mmHg,\u00a0cite", "invisible_character"),
        "soft hyphen": _in("cardiology", "cardio\u00adlogy", "invisible_character"),
        "tag characters": _in("cardiology", "cardiology" + "".join(map(chr, range(0xE0041, 0xE0051))),
                              "invisible_character"),
        "only invisible": _of("\u200b" * 80_000, "invisible_character"),
        "too large": _of("a: " + "x" * (MAX_BYTES + 1), "file_too_large"),
        "too large in wide letters": _of("# " + "高" * (MAX_BYTES // 3 + 1), "file_too_large"),
        "too large with comments": _of(good() + "# nothing\n" * 30_000, "file_too_large"),
        "empty": _of("", "empty_file"),
        "blank": _of(" \n" * 60_000, "empty_file"),
        "second document": _of(good() + "---\n" + good(), "several_documents"),
        "many documents": _of(good() + "---\na: 1\n" * 2_000, "several_documents"),
        "directive": _of("%YAML 1.1\n---\n" + good(), "yaml_directive"),
        "list": _of("- a\n" * 5_000, "not_a_mapping"),
        "tab": _in("    of: bp\n", "\tof: bp\n", "tab_indentation"),
        "html": _of("<html>" * 10_000, "not_a_mapping"),
    }  # fmt: skip


def _scalars() -> dict[str, Hostile]:
    return {
        "time as a number": _in(YEAR, "year: 20:24", "wrong_type"),
        "time of seconds": _in(YEAR, "year: 1:30:00", "wrong_type"),
        "octal": _in(YEAR, "year: 0o3750", "wrong_type"),
        "leading zero": _in(YEAR, "year: 02024", "wrong_type"),
        "hexadecimal": _in(YEAR, "year: 0x7E8", "wrong_type"),
        "binary": _in(YEAR, "year: 0b111", "wrong_type"),
        "underscores": _in(YEAR, "year: 2_024", "wrong_type"),
        "exponent": _in(YEAR, "year: 2e3", "wrong_type"),
        "yes": _in(YEAR, "year: yes", "wrong_type"),
        "off": _in(YEAR, "year: off", "wrong_type"),
        "null": _in(YEAR, "year: ~", "wrong_type"),
        "not a number": _in(YEAR, "year: .NaN", "not_a_finite_number"),
        "infinite": _in(YEAR, "year: -.inf", "not_a_finite_number"),
        "date": _in("version: 1.0.0", "version: 2024-01-01", "bad_version"),
        "huge number": _in(YEAR, "year: " + "9" * 4_000, "number_too_long"),
        "huge number of a dose": _in(NUMBER, "calm: {value: " + "9" * 400 + " mmHg, cite: guide}", "bad_phrase"),
        "huge exponent of a dose": _in(NUMBER, "calm: {value: 1e999999999 mmHg, cite: guide}", "unknown_unit"),
        "long text": _in("cite: A guideline", "cite: " + "x" * 5_000, "text_too_long"),
        "64 KB text": _in("cite: A guideline", 'cite: "' + "x" * 64_000 + '"', "text_too_long"),
        "dose twice": _in(NUMBER, NUMBER + "\n  calm: {value: 16 mmHg, cite: guide}", "duplicate_key"),
        "dose twice in quotes": _in(NUMBER, NUMBER + '\n  "calm": {value: 16 mmHg, cite: guide}', "duplicate_key"),
        "dose twice by escape": _in(NUMBER, NUMBER + '\n  "\\x63alm": {value: 16 mmHg, cite: guide}', "duplicate_key"),
        "key of a number": _in("owner: cardiology", "owner: cardiology\n12: 30", "key_not_text"),
        "key of a truth": _in("owner: cardiology", "owner: cardiology\ntrue: 1", "key_not_text"),
        "key of a list": _in("owner: cardiology", "owner: cardiology\n? [a, b]\n: 1", "key_not_text"),
        "empty key": _in("owner: cardiology", 'owner: cardiology\n"": 1', "empty_key"),
        "merge as text": _in(NUMBER, "calm: {<<: goal}", "yaml_merge"),
        "class of a language": _in("owner: cardiology", "owner: !!python/object/apply:os.system [ls]", "yaml_tag"),
        "own tag": _in("owner: cardiology", "owner: !env SECRET", "yaml_tag"),
        "binary tag": _in("owner: cardiology", "owner: !!binary aGk=", "yaml_tag"),
    }


def _bombs() -> dict[str, Hostile]:
    return {
        "laughs": _of(_laughs(9), "yaml_anchor"),
        "many laughs": _of(_laughs(2_000), "too_many_nodes"),
        "merge bomb": _of(_merges(17), "yaml_merge"),
        "alias of itself": _of("a: &a [*a]\n", "yaml_alias"),
        "anchors without use": _of("".join(f"k{n}: &a{n} v\n" for n in range(9_000)), "yaml_anchor"),
        "list nesting": _of("a: " + "[" * 200_000, "too_deep"),
        "list nesting, closed": _of("a: " + "[" * 100_000 + "]" * 100_000, "too_deep"),
        "mapping nesting": _of("a: " + "{a: " * 60_000, "too_deep"),
        "block nesting": _of("\n".join(" " * n + "a:" for n in range(600)), "too_deep"),
        "dash nesting": _of("a:\n  " + "- " * 100_000, "too_deep"),
        "nodes": _of("a: [" + "1," * 120_000 + "]", "too_many_nodes"),
        "keys": _of("".join(f"k{n}: 1\n" for n in range(22_000)), "too_many_nodes"),
        "one key again and again": _of("a: 1\n" * 9_000, "duplicate_key"),
        "colons": _of("a: " + ": " * 100_000, "yaml_syntax"),
        "quotes": _of("a: '" + "''" * 100_000, "yaml_syntax"),
        "escapes": _of('a: "' + "\\x" * 100_000, "yaml_syntax"),
        "block text without end": _of("a: |\n" + "  x\n" * 60_000, "text_too_long"),
        "commas": _of("a: {" + "," * 200_000, "yaml_syntax"),
        "question marks": _of("? " * 100_000, "too_deep"),
        "a thousand unknown keys": _of(good() + "".join(f"key_{n}: 1\n" for n in range(1_000)), "too_many_problems"),
    }


def _phrases() -> dict[str, Hostile]:
    return {
        "64 KB condition": _in(IF, IF + " and bp.systolic >= alarm" * 2_600, "text_too_long"),
        "4 KB of not": _in(IF, "if: " + "not " * 1_000 + "bp.systolic >= alarm", "bad_value"),
        "4 KB of unknown names": _in(IF, IF + " and zz >= alarm" * 240, "unknown_name"),
        "4 KB of sums": _in(IF, "if: bp.systolic" + " + zz" * 700 + " >= alarm", "bad_value"),
        "brackets": _in(IF, "if: " + "(" * 2_000 + "bp" + ")" * 2_000, "comma_in_phrase"),
        "backtracking blanks": _in(IF, "if: bp.systolic" + " " * 3_900 + "§", "bad_condition"),
        "backtracking words": _in(IF, "if: bp.systolic >= alarm " + "times in a " * 340, "bad_condition"),
        "backtracking points": _in(IF, "if: " + "a." * 1_900 + " >= alarm", "bad_condition"),
        "backtracking digits": _in(NUMBER, "calm: {value: " + "1" * 3_900 + "x, cite: guide}", "unknown_unit"),
        "endless time phrase": _in(WHEN, "when: every day at " + "08:00 and " * 380 + "08:00", "window_overlap"),
        "endless days": _in(WHEN, "when: days " + "1 and " * 600 + "1 of 21", "window_overlap"),
        "10,000 years": _in("after: 30 days", "after: 10000 years", "duration_out_of_range"),
        "count of a trillion": _in("take: 2 readings", "take: 1000000000000 readings", "bad_value"),
        "twelve hundred at once": _in("missed 3 times", "missed 99999999 times", "bad_value"),
        "long word near all others": _in("level: red", "level: " + "r" * 4_000, "not_one_of"),
        "long key near all others": _in("    level: red", "    " + "level" * 190 + ": red", "unknown_key"),
    }


def refuse(file: Hostile) -> tuple[Diagnostic, ...]:
    """What the checker says of a hostile file."""
    return load_pathway(file.data, "hostile.yaml").diagnostics


def peak(work: Callable[[], object]) -> int:
    """The most bytes that were held at once."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def figures() -> list[Table]:
    """Time and memory of a good file, and of the ten slowest hostile ones."""
    plain = good().encode()
    base_ms, base_peak = _cpu(lambda: load_pathway(plain, "good.yaml")), peak(lambda: load_pathway(plain, "good.yaml"))
    rows: list[Row] = []
    for name, file in corpus().items():
        found = refuse(file)
        if file.code not in {d.code for d in found}:
            raise RuntimeError(f"{name} is not refused as {file.code}")
        above = (peak(lambda file=file: refuse(file)) - base_peak) / 2**20  # type: ignore[misc]
        rows.append((name, file.code, round(len(file.data) / 1024, 1),
                     round(_cpu(lambda file=file: refuse(file)), 1), round(above, 1)))  # type: ignore[misc]
    rows.sort(key=lambda row: -float(row[3]))
    most = max(float(row[4]) for row in rows)
    heads = ("", "refused as", "KB", "CPU ms", "MB above a good file")
    return [
        Table(f"{len(rows)} hostile files, the ten slowest", heads, rows[:10]),
        Table("All of them", ("files", "slowest, CPU ms", "most MB above a good file", "good file, CPU ms"),
              [(len(rows), rows[0][3], most, round(base_ms, 1))]),
    ]  # fmt: skip


def _cpu(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(3):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken) * 1000

"""Every diagnostic code: a damaged document, what is found in it, and how it reads in both languages.

``CAREPATH_UPDATE_GOLDEN=1`` writes the damaged documents and the expected texts anew; read the difference
before committing it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pathways.lang.codes import CODES
from pathways.lang.diagnostics import Diagnostic
from pathways.lang.load import load_any, load_pathway, load_site
from pathways.lang.render import as_json, as_text
from pathways.lang.site_plan import Site
from pathways.lang.source import Source
from tests.golden.bad_cases import CASES, Case
from tests.golden.called import called_library

HERE = Path(__file__).parent
BAD = HERE / "bad"
PROJECT = HERE.parents[1]
UPDATE = os.environ.get("CAREPATH_UPDATE_GOLDEN") == "1"
MADE: dict[str, bytes] = {
    "large": b"# " + b"x" * 300_000 + b"\n",
    "not utf8": "owner: 心内科\n".encode("gb18030"),
    "nodes": ("a: [" + ", ".join("1" for _ in range(20_001)) + "]\n").encode(),
    "many problems": ("carepath: 1\n" + "".join(f"key_{n}: 1\n" for n in range(250))).encode(),
}


def document(case: Case) -> bytes:
    if case.base == "none":
        return MADE.get(case.text) or case.text.encode()
    text = (HERE / "base" / f"{case.base}.yaml").read_text(encoding="utf-8")
    for old, new in case.edits:
        assert old in text, f"the base no longer holds {old!r}"
        text = text.replace(old, new, 1)
    return text.encode()


def the_site() -> Site:
    loaded = load_site((HERE / "base" / "site.yaml").read_bytes(), "site.yaml")
    assert loaded.site is not None, loaded.diagnostics
    return loaded.site


def judge(code: str, case: Case) -> tuple[Source, tuple[Diagnostic, ...]]:
    file = f"{code}.yaml"
    data = document(case)
    if case.text in MADE:
        loaded_made = load_pathway(data, file)
        return loaded_made.source, loaded_made.diagnostics
    loaded = load_any(data, file, the_site() if case.with_site else None, called_library())
    return loaded.source, loaded.diagnostics


def golden(name: str, text: str) -> None:
    path = BAD / name
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{name} differs: run with CAREPATH_UPDATE_GOLDEN=1 and read it"


@pytest.mark.parametrize("base", ["small", "site"])
def test_the_bases_are_faultless(base: str) -> None:
    loaded = load_any((HERE / "base" / f"{base}.yaml").read_bytes(), base, the_site())
    assert loaded.diagnostics == ()


def test_every_code_has_a_damaged_document() -> None:
    assert sorted(CASES) == sorted(CODES)


@pytest.mark.parametrize("code", sorted(CASES))
def test_the_damage_is_found_and_nothing_else(code: str) -> None:
    case = CASES[code]
    _, found = judge(code, case)
    codes = {d.code for d in found}
    if code == "too_many_problems":
        codes = {found[-1].code}
    assert codes == {code, *case.also}, [(d.code, d.span, d.message()) for d in found]
    for d in found:
        assert d.span.line >= 1 and d.span.column >= 1
        assert (d.span.end_line, d.span.end_column) >= (d.span.line, d.span.column)
        for language in ("en", "zh"):
            assert d.message(language) and d.hint(language)


@pytest.mark.parametrize("code", sorted(CASES))
def test_the_texts_are_the_agreed_ones(code: str) -> None:
    case = CASES[code]
    source, found = judge(code, case)
    if case.text not in MADE:
        golden(f"{code}.yaml", document(case).decode())
    else:
        source = Source(source.file, "", None, source.place)
        found = found[-1:]
    for language in ("en", "zh"):
        golden(f"{code}.{language}.txt", as_text(found, {source.file: source}, language))


def test_no_golden_file_is_left_over() -> None:
    stems = {path.name.split(".")[0] for path in BAD.iterdir()}
    assert stems <= set(CASES)


def test_every_code_has_a_heading_in_the_reference() -> None:
    page = (PROJECT / "docs" / "reference" / "diagnostics.md").read_text(encoding="utf-8")
    assert re.findall(r"^### (\w+)$", page, re.MULTILINE) == sorted(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_both_languages_say_something_of_their_own(code: str) -> None:
    entry = CODES[code]
    for english, chinese in (entry.says, entry.advises):
        assert english.isascii() or "…" in english
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", chinese))


def test_json_has_exactly_the_agreed_keys() -> None:
    _, found = judge("unknown_key", CASES["unknown_key"])
    (one,) = as_json(found)["diagnostics"]
    assert list(one) == [
        "code", "severity", "file", "line", "column", "end_line", "end_column", "message", "hint", "docs",
    ]  # fmt: skip
    assert one["hint"] == "Did you mean `measure`?"
    assert one["docs"] == "docs/reference/diagnostics.md#unknown_key"

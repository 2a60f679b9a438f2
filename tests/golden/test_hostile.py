"""Every hostile file is refused with its code, a line and a column, and without holding much more than a good file.

What it takes is measured by ``python -m bench hostile``; here nothing is timed.
"""

from __future__ import annotations

import pytest

from bench.hostile import corpus, good, peak, refuse
from pathways.lang.load import MAX_FINDINGS, load_pathway

HOSTILE = corpus()
MOST = 32 * 2**20
"""Bytes above a good file."""


def test_there_are_many_and_the_file_they_are_made_of_is_good() -> None:
    assert len(HOSTILE) >= 60
    assert len({file.data for file in HOSTILE.values()}) == len(HOSTILE)
    assert not [d for d in load_pathway(good(), "good.yaml").diagnostics if d.severity == "error"]


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_with_line_and_column(name: str) -> None:
    file = HOSTILE[name]
    loaded = load_pathway(file.data, "hostile.yaml")
    assert loaded.plan is None
    assert file.code in {d.code for d in loaded.diagnostics if d.severity == "error"}
    assert len(loaded.diagnostics) <= MAX_FINDINGS + 1
    lines = file.data.decode("utf-8", "replace").count("\n") + file.data.count(b"\r") + 2
    for found in loaded.diagnostics:
        assert 1 <= found.span.line <= lines
        assert found.span.column >= 1
        assert max(len(found.message("en")), len(found.message("zh"))) < 9_000


def test_none_holds_much_more_than_a_good_file() -> None:
    base = peak(lambda: load_pathway(good(), "good.yaml"))
    large = [file for file in HOSTILE.values() if len(file.data) > 20_000 or file.code == "yaml_anchor"]
    assert len(large) > 15
    for file in large:
        assert peak(lambda file=file: refuse(file)) - base < MOST  # type: ignore[misc]

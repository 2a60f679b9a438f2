"""The tutorial and the how-to pages do what they say: files are written, commands typed, outputs compared.

``CAREPATH_UPDATE_GOLDEN=1`` writes what really came out into the pages; read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.docs_pages import DOCS, name_of
from tests.unit.docs_run import FILE_VERBS, blocks, follow, matches, typed

UPDATE = os.environ.get("CAREPATH_UPDATE_GOLDEN") == "1"
FOLLOWED = sorted(page for folder in ("tutorial", "how-to") for page in (DOCS / folder).glob("*.md"))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", FOLLOWED, ids=name_of)
def test_a_reader_sees_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    seen = follow(page, tmp_path)
    if UPDATE:
        page.write_text(seen.text, "utf-8")
        seen.outputs.clear()
    assert not seen.exits, "\n\n".join(seen.exits)
    assert not seen.outputs, "\n\n".join(seen.outputs)


@pytest.mark.parametrize("page", FOLLOWED, ids=name_of)
def test_every_block_of_yaml_is_put_somewhere(page: Path) -> None:
    loose = [block.body for block in blocks(page.read_text("utf-8")) if block.language == "yaml"]
    put = [block.body for block in blocks(page.read_text("utf-8")) if block.verb in FILE_VERBS]
    assert not [body for body in loose if body not in put]


@pytest.mark.parametrize("page", FOLLOWED, ids=name_of)
def test_what_is_done_with_a_block_is_what_the_reader_is_told(page: Path) -> None:
    for block in blocks(page.read_text("utf-8")):
        if block.verb in FILE_VERBS:
            told = " ".join(block.before.split())
            assert f"`{block.name}`" in told, told
            assert not block.line or f"`{block.line}`" in told, told


def test_the_tutorial_does_the_same_in_both_languages() -> None:
    done = []
    for name in ("first-pathway.md", "first-pathway.zh.md"):
        steps = []
        for block in blocks((DOCS / "tutorial" / name).read_text("utf-8")):
            if block.language == "console":
                steps.append([line.command.removesuffix(" --lang zh") for line in typed(block.body)])
            elif block.language == "yaml":
                lines = block.body.splitlines()
                steps.append([block.verb, block.what, *(line for line in lines if not line.startswith("scenario:"))])
        done.append(steps)
    assert done[0] == done[1]


def test_a_part_that_is_left_out_may_be_anything_and_the_rest_may_not() -> None:
    output = "first\nsecond 1\nthird 22\nlast"
    assert matches(["first", "…", "last"], output)
    assert matches(["first", "second 1", "third …", "last"], output)
    assert matches(["…"], "")
    assert not matches(["first", "…", "third"], output)
    assert not matches(["first", "last"], output)
    assert not matches([], output)

"""No page leads nowhere, no page is lost, and no page speaks of somebody's machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.docs_pages import INDEX, ROOT, anchors, broken_links, links, name_of, pages, reachable

MACHINE_PATH = re.compile(r"(?<![\w.}])(?:/(?:work|tmp|root|home|Users|mnt|private)/|[A-Z]:\\)\S*")


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = list(broken_links(page, page.read_text("utf-8")))
    assert not broken, f"{name_of(page)}: {broken}"


def test_every_page_is_reached_from_the_index() -> None:
    # Pages beside a pathway are found in its folder.
    here = [page for page in pages() if not page.is_relative_to(ROOT / "pathways")]
    found = reachable(INDEX)
    lost = [name_of(page) for page in here if page not in found]
    assert not lost, f"no way leads from docs/index.md to {lost}: link them there, or from a page that is linked"


def test_a_reader_of_the_readme_finds_the_index() -> None:
    assert INDEX in reachable(ROOT / "README.md")


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_no_page_names_a_place_on_somebodys_machine(page: Path) -> None:
    named = MACHINE_PATH.findall(page.read_text("utf-8"))
    assert not named, f"{name_of(page)}: {named}"


def test_the_judge_of_links_sees_what_is_broken(tmp_path: Path) -> None:
    text = "\n".join(
        (
            "# Here it is, `now`",
            "[well](#here-it-is-now) [file](docs/index.md) [out](https://example.org/x) `[code](no.md)`",
            "```text\n[block](no.md)\n```",
            "[gone](docs/no_such_page.md) [no heading](docs/index.md#no-such-heading) ![picture](docs/no.png)",
        )
    )
    page = ROOT / "README.md"
    assert [line.partition(":")[0] for line in broken_links(page, text) if "#here" not in line] == [
        "docs/no_such_page.md", "docs/index.md#no-such-heading", "docs/no.png",
    ]  # fmt: skip
    assert links("[a](b.md \"title\") [c](mailto:x@example.org)") == ["b.md"]
    assert anchors("# One\n## Two: it's *done*\n## One\n") == {"one", "two-its-done", "one-1"}

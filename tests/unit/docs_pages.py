"""The pages that people read, taken apart for the tests of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
INDEX = DOCS / "index.md"

_FENCE = re.compile(r"^(```+)[^\n]*\n.*?^\1[ ]*$\n?", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?: \"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


def pages() -> list[Path]:
    """Every page of Markdown that belongs to the product."""
    single = [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")]
    return [*single, *sorted(DOCS.rglob("*.md")), *sorted((ROOT / "pathways" / "library").rglob("*.md"))]


def name_of(page: Path) -> str:
    """Where a page stands in the repository."""
    return page.relative_to(ROOT).as_posix()


def prose(text: str) -> str:
    """A page without its code blocks and comments."""
    return _COMMENT.sub("", _FENCE.sub("", text))


def links(text: str) -> list[str]:
    """Targets of the links and pictures of a page that do not lead out of the repository, as they are written."""
    found: list[str] = _LINK.findall(_CODE.sub("", prose(text)))
    return [target for target in found if not _ELSEWHERE.match(target)]


def anchors(text: str) -> set[str]:
    """The anchors that the headings of a page get, as the code hosts make them."""
    seen: dict[str, int] = {}
    found = set()
    for heading in _HEADING.findall(prose(text)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
        number = seen.get(slug, 0)
        seen[slug] = number + 1
        found.add(f"{slug}-{number}" if number else slug)
    return found


def broken_links(page: Path, text: str) -> Iterator[str]:
    """Each link of a page that leads nowhere, with what is wrong."""
    for target in links(text):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or not there.is_relative_to(ROOT):
            yield f"{target}: there is no such file"
        elif anchor and (there.suffix != ".md" or anchor not in anchors(there.read_text("utf-8"))):
            yield f"{target}: there is no such heading"


def reachable(start: Path) -> set[Path]:
    """All pages that a reader who begins at `start` can come to by following links."""
    found, waiting = {start}, [start]
    while waiting:
        page = waiting.pop()
        for target in links(page.read_text("utf-8")):
            there = (page.parent / target.partition("#")[0]).resolve()
            if there.suffix == ".md" and there.is_file() and there not in found:
                found.add(there)
                waiting.append(there)
    return found

"""llms.txt: what it points at exists, and what it names can be run."""

from __future__ import annotations

import re

from carepath.registry import COMMANDS
from tests.unit.docs_pages import ROOT

TEXT = (ROOT / "llms.txt").read_text(encoding="utf-8")
LINK = re.compile(r"\[[^]]+\]\(([^)]+)\)")
SHAPE = re.compile(r"\A# \S+\n\n> .+?\n\n(?:.+\n)*?", re.DOTALL)


def test_it_has_the_shape_that_readers_of_such_files_expect() -> None:
    assert SHAPE.match(TEXT)
    sections = re.split(r"^## .+$", TEXT, flags=re.MULTILINE)[1:]
    assert len(sections) >= 3
    for section in sections:
        assert all(line.startswith("- [") for line in section.strip().splitlines())


def test_every_link_leads_somewhere() -> None:
    found = LINK.findall(TEXT)
    assert len(found) >= 15
    assert not [link for link in found if not (ROOT / link).is_file()]


def test_every_command_exists() -> None:
    named = set(re.findall(r"`carepath ([a-z]+)", TEXT))
    assert named
    assert named <= set(COMMANDS)


def test_authors_pages_are_all_named() -> None:
    """A page on the language that is added later belongs here too."""
    pages = {f"docs/reference/{name}.md" for name in ("time", "conditions", "order", "scenarios", "diagnostics")}
    assert pages <= set(LINK.findall(TEXT))

"""What pages tell readers to type or to set exists: the real command line parses it, the settings know it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from carepath.main import app
from tests.unit.docs_pages import name_of, pages, prose
from tests.unit.docs_run import blocks
from worker.settings import PREFIX, Settings

TYPED = re.compile(r"^(?:\$ )?(?:[A-Z_]+=\S+ +)*carepath +(.*)$", re.MULTILINE)
INLINE = re.compile(r"`carepath ([^`\n]*)`")
SETTING = re.compile(rf"\b{PREFIX}([A-Z_]*[A-Z])\b")
# Not settings of a running carepath: they belong to the tests and benches.
OF_TESTS = re.compile(r"(?:TEST|BENCH|UPDATE)_")
SHELL = re.compile(r" +(?:#.*|[|&>].*)$")
A_MISSING_FILE = re.compile(r"does not exist|there is no (?:file|site|pathway)", re.IGNORECASE)


def fault(words: list[str], *, whole: bool) -> str | None:
    """What the command line has against these words; `whole` also judges what is missing, and values."""
    command: Any = typer.main.get_command(app)
    parent: Any = None
    try:
        while True:
            context = command.make_context("carepath", list(words), parent=parent)
            if not hasattr(command, "resolve_command"):
                return None
            _, command, words = command.resolve_command(context, [*context._protected_args, *context.args])
            parent = context
    except SystemExit:
        return None
    except Exception as error:  # noqa: BLE001 - the classes belong to the command line's own parser
        said = str(getattr(error, "message", error))
        kind = type(error).__name__
        if kind in {"NoArgsIsHelpError", "Exit"} or (kind == "BadParameter" and A_MISSING_FILE.search(said)):
            return None
        if not whole and kind in {"MissingParameter", "BadParameter"}:
            return None
        return f"{kind}: {said}"


def typed_lines(text: str) -> Iterator[str]:
    """Each command of the blocks of a page, as it is typed."""
    for block in blocks(text):
        for line in TYPED.findall(block.body.replace("\\\n", " ")):
            yield SHELL.sub("", line)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_command_can_be_typed(page: Path) -> None:
    text = page.read_text("utf-8")
    wrong = [f"{line}: {said}" for line in typed_lines(text) if (said := fault(shlex.split(line), whole=True))]
    for line in INLINE.findall(prose(text)):
        words = [word for word in shlex.split(re.sub(r"[\[\]()]", " ", line)) if word != "…"]
        # `carepath readings check|import`: the first of them.
        words = [word.partition("|")[0].rstrip("…") for word in words]
        if words and words[0] != "COMMAND" and (said := fault(words, whole=False)):
            wrong.append(f"`carepath {line}`: {said}")
    assert not wrong, f"{name_of(page)}: {wrong}"


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_setting_exists(page: Path) -> None:
    named = {name for name in SETTING.findall(page.read_text("utf-8")) if not OF_TESTS.match(name)}
    assert not {name for name in named if name.lower() not in Settings.model_fields}, name_of(page)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("check bp.yaml --site no_such_site.yaml", None),
        ("check bp.yaml --sight site.yaml", "No such option"),
        ("check", "MissingParameter"),
        ("chek bp.yaml", "No such command"),
        ("task clam 7", "No such command"),
        ("worker --role nurse", "nurse"),
        ("worker --role red", None),
    ],
)
def test_the_judge_of_commands_sees_what_is_wrong(line: str, said: str | None) -> None:
    found = fault(shlex.split(line), whole=True)
    assert found is None if said is None else said in (found or "")


def test_commands_of_a_page_are_found() -> None:
    text = "```sh\nCAREPATH_HOME=x carepath worker --role red &\ncarepath task \\\n  list # all\n```\n"
    assert list(typed_lines(text)) == ["worker --role red", "task    list"]

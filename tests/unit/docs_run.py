"""Does what a page tells its reader to do: writes the files, types the commands, compares what comes out.

A comment before a block says what the block is; the paragraph before it says the same to the reader, with the file
and the line in backticks:

- ``<!-- file: NAME -->`` the block is the file;
- ``<!-- append: NAME -->`` the block goes to the end of the file;
- ``<!-- below: NAME | LINE -->`` the block goes under this line of the file;
- ``<!-- replace: NAME | LINE -->`` the block takes the place of this line;
- ``<!-- exit: 1 -->`` the last command of the block ends with this code (else 0);
- ``<!-- not run: WHY -->`` the commands of the block need something that is not there in a test;
- ``<!-- goes on from: PAGE -->`` the files of another page are there.

In a block of ``console`` a line that begins with ``$`` is typed, the lines below it come out; a line ``…`` stands for
any number of lines, ``…`` inside a line for a part of it.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from carepath.main import run

_BLOCK = re.compile(
    r"(?:^<!-- (?P<verb>[a-z ]+): (?P<what>[^\n]*?) -->\n)?^```(?P<language>[a-z]*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_BEGINS = re.compile(r"^<!-- goes on from: (\S+) -->$", re.MULTILINE)
_ANYTHING = "…"
NOBODY = "http://127.0.0.1:9"
FILE_VERBS = ("file", "append", "below", "replace")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with what its comment says; `begin` and `end` are where its body stands in the text."""

    language: str
    body: str
    verb: str
    what: str
    begin: int
    end: int
    before: str

    @property
    def name(self) -> str:
        """The file that the block is about."""
        return self.what.partition(" | ")[0]

    @property
    def line(self) -> str:
        """The line of the file that the block is about; empty where none is named."""
        return self.what.partition(" | ")[2]


@dataclass(frozen=True)
class Typed:
    """One command with the output that the page shows for it."""

    command: str
    shown: list[str]


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page, from the top."""
    for found in _BLOCK.finditer(text):
        paragraphs = text[: found.start()].rstrip().rsplit("\n\n", 1)
        yield Block(
            found["language"], found["body"], found["verb"] or "", found["what"] or "",
            found.start("body"), found.end("body"), paragraphs[-1],
        )  # fmt: skip


def typed(body: str) -> Iterator[Typed]:
    """The commands of a block of `console`, each with what is shown under it."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, *shown = part.rstrip("\n").split("\n")
        yield Typed(command, shown)


def put(block: Block, folder: Path) -> None:
    """Do with the file what the block tells the reader to do."""
    path = folder / block.name
    path.parent.mkdir(parents=True, exist_ok=True)
    if block.verb == "file":
        path.write_text(block.body, "utf-8")
        return
    lines = path.read_text("utf-8").splitlines(keepends=True)
    if block.verb == "append":
        lines.append("\n" + block.body)
    else:
        places = [number for number, line in enumerate(lines) if line.strip() == block.line]
        assert len(places) == 1, f"{block.name} has the line {block.line!r} {len(places)} times"
        place = places[0]
        lines[place : place + 1] = [block.body] if block.verb == "replace" else [lines[place], block.body]
    path.write_text("".join(lines), "utf-8")


def type_in(command: str, folder: Path) -> tuple[int, str]:
    """Run a command as the reader does, in the reader's folder: exit code, and what the terminal shows."""
    words = shlex.split(command)
    if words[0] == "mkdir":
        (folder / words[1]).mkdir()
        return 0, ""
    if words[0] == "cp":
        shutil.copy(folder / words[1], folder / words[2])
        return 0, ""
    assert words[0] == "carepath", f"a page may type carepath, mkdir and cp, not {words[0]}"
    home = folder / ".home"
    home.mkdir(exist_ok=True)
    screen = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("CAREPATH_", "LC_"))]:
            patch.delenv(name)
        for name, value in {"COLUMNS": "100", "LANG": "C.UTF-8", "CAREPATH_HOME": str(home)}.items():
            patch.setenv(name, value)
        patch.setenv("CAREPATH_API_URL", NOBODY)  # not whatever else runs on this machine
        patch.chdir(folder)
        with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
            code = run(words[1:])
    return code, "\n".join(line.rstrip() for line in screen.getvalue().rstrip().splitlines())


def matches(shown: list[str], output: str) -> bool:
    """Whether a page shows this output, with parts left out where it says so."""
    pattern = "\n".join(
        r"(?:.*\n)*?.*" if line.strip() == _ANYTHING else ".*".join(map(re.escape, line.rstrip().split(_ANYTHING)))
        for line in shown
    )
    return re.fullmatch(pattern, output) is not None


@dataclass
class Followed:
    """What was not as the page says, and the page's text with what really came out."""

    exits: list[str]
    outputs: list[str]
    text: str = ""


def follow(page: Path, folder: Path) -> Followed:
    """Do what a page says, from the top."""
    text = page.read_text("utf-8")
    for other in _BEGINS.findall(text):
        lay_out(page.parent / other, folder)
    seen, parts, done = Followed([], []), list[str](), 0
    for block in blocks(text):
        if block.verb in FILE_VERBS:
            put(block, folder)
        elif block.language == "console" and block.verb != "not run":
            parts += [text[done : block.begin], _type_block(block, folder, seen)]
            done = block.end
    seen.text = "".join([*parts, text[done:]])
    return seen


def lay_out(page: Path, folder: Path) -> None:
    """Write the files of a page as they are at its end, typing nothing."""
    for block in blocks(page.read_text("utf-8")):
        if block.verb in FILE_VERBS:
            put(block, folder)


def _type_block(block: Block, folder: Path, seen: Followed) -> str:
    lines: list[str] = []
    commands = list(typed(block.body))
    for number, line in enumerate(commands, start=1):
        code, output = type_in(line.command, folder)
        expected = int(block.what) if block.verb == "exit" and number == len(commands) else 0
        if code != expected:
            seen.exits.append(f"{line.command}: exit code {code} and not {expected}\n{output}")
        same = matches(line.shown, output)
        if not same:
            shown = "\n".join(line.shown)
            seen.outputs.append(f"{line.command}: the page shows\n{shown}\nand what comes out is\n{output}")
        lines += [f"$ {line.command}", *(line.shown if same else output.splitlines())]
    return "".join(line + "\n" for line in lines)

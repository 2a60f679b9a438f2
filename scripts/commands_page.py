"""The reference page of the command line: every command with its arguments and options, as it declares them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import typer.main

from carepath.registry import COMMANDS, Entry

HEAD = """# Commands

Exit codes: 0 fine; 1 the input was judged and found wrong; 2 the command was used wrongly; 3 something needed is not
there or not running.

With `--json` standard output is one JSON document with the same facts, and words for people go to standard error. What
could not be done is there too, as `{"problem": {"code", "message", "hint", "exit_code", "facts"}}`; of an answer of the
API `facts` holds `refusal` (its code), `reason`, `status` and `errors`. Codes: [problems](problems.md),
[HTTP](http.md#problems).

`PATH` is a pathway's file, a folder, or the bare name of a pathway in `CAREPATH_PATHWAYS` (the library that ships with
carepath, unless set); a site is its file, or the bare name of one that ships with carepath. An option that takes JSON
takes `@file` as well.

Commands about patients and tasks call the API (`CAREPATH_API_URL`, `CAREPATH_API_TOKEN`); `approve`, `publish`,
`versions` and `watchdog` open the records themselves.
"""


def commands_page() -> str:
    """The whole page."""
    lines = [HEAD, "| command | does |", "|---|---|"]
    lines += [f"| [`carepath {name}`](#carepath-{name}) | {entry.help} |" for name, entry in COMMANDS.items()]
    for name, entry in COMMANDS.items():
        lines += ["", f"## carepath {name}", "", *_command(f"carepath {name}", _load(name, entry))]
    return "\n".join(lines) + "\n"


def _load(name: str, entry: Entry) -> Any:
    command = typer.main.get_command(getattr(importlib.import_module(entry.module), entry.attribute))
    command.name = name
    return command


def _command(path: str, command: Any) -> Iterator[str]:
    """One command; of a group each of its commands."""
    inner = getattr(command, "commands", None)
    if inner:
        for number, (name, one) in enumerate(inner.items()):
            yield from ["" for _ in range(min(number, 1))]
            yield from [f"### {path} {name}", "", *_command(f"{path} {name}", one)]
        return
    yield _words(command.help or "")
    parameters = [one for one in command.params if one.name != "help" and not one.hidden]
    if parameters:
        yield from ["", "| | |", "|---|---|"]
        yield from (_row(one) for one in parameters)


def _row(parameter: Any) -> str:
    said = [_words(getattr(parameter, "help", None) or "")]
    default = parameter.default
    if parameter.required:
        said.append("Required.")
    elif not callable(default) and default not in (None, "", False) and getattr(parameter, "show_default", True):
        said.append(f"Default: `{getattr(default, 'value', default)}`.")
    return f"| {_called(parameter)} | {' '.join(word for word in said if word)} |"


def _called(parameter: Any) -> str:
    """As it is typed."""
    if parameter.param_type_name == "argument":
        name = (parameter.metavar or parameter.name).strip("{}").upper()
        return f"`{name}{'…' if parameter.nargs == -1 else ''}`"
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    if parameter.is_flag:
        return names
    return f"{names} {parameter.metavar or _kind(parameter.type_descriptor.annotation)}"


def _kind(annotation: Any) -> str:
    """The word for what an option takes; of a choice all there are."""
    kinds = [one for one in get_args(annotation) or (annotation,) if one is not type(None)]
    kind = kinds[0]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " ".join(f"`{one.value}`" for one in kind)
    return {int: "INTEGER", float: "NUMBER", Path: "PATH"}.get(kind, "TEXT")


def _words(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

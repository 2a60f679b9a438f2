"""The `carepath` command: finds the subcommand, imports only that one, and turns problems into texts and exit codes.

Exit codes: 0 fine, 1 the input was judged and found wrong, 2 the command was used wrongly, 3 something needed is not
there or not running. With ``--json`` a problem is told twice: in words on standard error, and as
``{"problem": {code, message, hint, exit_code, facts}}`` on standard output.
"""

import importlib
import io
import json
import logging
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

from carepath import app_path
from carepath.registry import COMMANDS

app_path.prepare()

# typer and worker.* can be imported only after the path is prepared.
import typer  # noqa: E402
from typer.core import TyperGroup  # noqa: E402

from worker.problems import Problem  # noqa: E402

INTERRUPTED = 130


def _load(name: str) -> Any:
    """Import the command `name` and give it as the command object Typer runs."""
    entry = COMMANDS[name]
    if not entry.exists():
        raise Problem("E-COMMAND-MISSING", name=name)
    found: object = getattr(importlib.import_module(entry.module), entry.attribute)
    return _as_command(name, found, entry.help)


def _as_command(name: str, found: object, text: str) -> Any:
    if isinstance(found, typer.Typer):
        command = typer.main.get_command(found)
    elif callable(found):
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command()(found)
        command = typer.main.get_command(single)
    else:
        raise TypeError(f"the command {name!r} must be a Typer app or a function, not {type(found).__name__}")
    command.name = name
    command.help = command.help or text
    return command


def _stub(name: str) -> Any:
    """Stand in for a command in the overview, so that the overview imports none."""

    def nothing() -> None: ...

    return _as_command(name, nothing, COMMANDS[name].help)


class LazyGroup(TyperGroup):
    """A group whose commands are in `carepath.registry` and imported when they run."""

    _overview: bool = False

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the commands this installation has, in the order of a patient's way."""
        return [name for name, entry in COMMANDS.items() if entry.exists()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, imported now; in the overview a stand-in with the same help line."""
        if cmd_name not in COMMANDS:
            return None
        return _stub(cmd_name) if self._overview else _load(cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the overview without importing any command."""
        self._overview = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._overview = False


app = typer.Typer(
    name="carepath",
    cls=LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Care pathways written in YAML, looked after for months on Temporal.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"carepath {version('carepath')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    del version


def run(arguments: list[str] | None = None, *, command: Callable[..., object] = app) -> int:
    """Run one command line and give its exit code; what people must know is on standard error."""
    given = sys.argv[1:] if arguments is None else arguments
    try:
        command(given, prog_name="carepath")
    except SystemExit as stop:
        wrong = getattr(stop.__context__, "format_message", None)
        if wrong is not None:
            # Typer has told people already.
            _tell_program(Problem("E-USAGE", reason=wrong(), command=_command_of(stop.__context__)), given)
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Problem as problem:
        sys.stderr.write(problem.render() + "\n")
        _tell_program(problem, given)
        return problem.exit_code
    return 0


def _tell_program(problem: Problem, arguments: list[str]) -> None:
    if _wants_json(arguments):
        sys.stdout.write(json.dumps(problem.to_json(), ensure_ascii=False, sort_keys=True) + "\n")


def _command_of(wrong: object) -> str:
    """The command that was used wrongly, as it is typed."""
    path: str = getattr(getattr(wrong, "ctx", None), "command_path", "carepath")
    return path


def _wants_json(arguments: list[str]) -> bool:
    """Whether the answer goes to a program, before any command has read its options."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def _speak(arguments: list[str]) -> None:
    """Let every text be written: programs get UTF-8, a terminal that lacks a letter shows a sign in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if isinstance(sys.stdout, io.TextIOWrapper) and _wants_json(arguments):
        sys.stdout.reconfigure(encoding="utf-8", errors="strict")


def main() -> None:
    """The console script."""
    _speak(sys.argv[1:])
    code = run()
    if "temporalio.bridge.runtime" in sys.modules:
        # The SDK's native threads may outlive a short command, and crash (SIGSEGV) while the interpreter is taken
        # down under them. Everything of ours is closed by now: leave without that.
        sys.stdout.flush()
        sys.stderr.flush()
        logging.shutdown()
        os._exit(code)
    sys.exit(code)

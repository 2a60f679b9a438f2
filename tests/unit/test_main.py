"""The root of the command line: exit codes, missing commands, the overview."""

import pytest
import typer

from carepath import main, registry
from carepath.registry import COMMANDS, Entry


def test_every_promised_command_is_registered() -> None:
    promised = {
        "check", "plan", "diff", "expand", "evaluate", "fhir", "test", "simulate", "readings", "enrol", "patient",
        "task", "pause", "resume", "withdraw", "approve", "publish", "versions", "server", "worker", "api", "watchdog",
        "partners", "demo",
    }  # fmt: skip
    assert promised <= set(COMMANDS)


def test_the_overview_lists_what_is_here_and_only_that(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--help"]) == 0
    told = capsys.readouterr().out
    for name, entry in COMMANDS.items():
        assert (f" {name} " in told) is entry.exists()


def test_an_unknown_command_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["chek"]) == 2
    assert "chek" in capsys.readouterr().err


def test_an_unknown_option_is_wrong_use() -> None:
    assert main.run(["server", "--prot", "1"]) == 2


def _register(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    monkeypatch.setattr(main, "COMMANDS", {**registry.COMMANDS, "check": Entry(target, "Says something.")})


def test_a_command_whose_module_is_missing_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "C")
    _register(monkeypatch, "carepath.commands.nowhere:app")
    assert main.run(["check"]) == 3
    assert "E-COMMAND-MISSING" in capsys.readouterr().err


def say(word: str) -> None:
    """A plain function as a command."""
    typer.echo(f"said {word}")
    raise typer.Exit(1)


def test_a_plain_function_is_a_command_and_its_exit_code_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _register(monkeypatch, f"{__name__}:say")
    assert main.run(["check", "this"]) == 1
    assert capsys.readouterr().out == "said this\n"

"""What programs rely on at the command line: one JSON document on standard output, words for people on standard
error, an exit code that says whose turn it is. One row per promise."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from carepath.main import run
from carepath.registry import COMMANDS as COMMANDS_OF_THE_PAGE
from scripts.commands_page import commands_page

ID: Final = "hypertension_home"
SCENARIOS: Final = ("crisis_at_night.yaml", "low_twice.yaml", "opt_out.yaml")
DIAGNOSTIC: Final = {
    "code", "severity", "file", "line", "column", "end_line", "end_column", "message", "hint", "docs",
}  # fmt: skip


class Answer:
    """What one command answered."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        capsys.readouterr()
        self.code = run(list(arguments))
        self.out, self.err = capsys.readouterr()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def few(folder: str, names: list[str]) -> list[str]:
    """What of a pathway's folder is not copied."""
    return [name for name in names if folder.endswith("scenarios") and name not in SCENARIOS]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good pathway, a wrong one and one that is no YAML; nothing set from outside."""
    monkeypatch.setenv("LANG", "C")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("CAREPATH_HOME", str(tmp_path / "a" / "home"))
    monkeypatch.chdir(tmp_path)
    good = repository / "pathways" / "library" / ID
    # A few of its scenarios will do: all of them run in tests/scenario.
    shutil.copytree(good, tmp_path / "mine" / ID, ignore=few)
    text = (good / "pathway.yaml").read_text("utf-8")
    (tmp_path / "wrong.yaml").write_text(text.replace("\neligibility:", "\neligibilty:"), "utf-8")
    (tmp_path / "broken.yaml").write_text("id: x\ntitle: {en: a\n", "utf-8")
    return tmp_path


PERIOD: Final = ("--start", "2026-03-02", "--zone", "Asia/Shanghai", "--days", "2")
COMMANDS: Final = {
    "check": ("check", "{}"),
    "plan": ("plan", "{}"),
    "expand": ("expand", "{}", *PERIOD),
    "test": ("test", "{}"),
    "simulate": ("simulate", "{}", "--patients", "2", "--days", "3", "--seed", "1"),
    "diff": ("diff", "{}", "{}"),
}


def with_path(name: str, path: str) -> list[str]:
    return [word.format(path) for word in COMMANDS[name]]


@pytest.mark.parametrize("file", ["wrong.yaml", "broken.yaml"])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_wrong_file_is_exit_1_with_diagnostics(capsys: pytest.CaptureFixture[str], name: str, file: str) -> None:
    told = Answer(capsys, *with_path(name, file), "--json")
    assert told.code == 1
    found = told.json["diagnostics"]
    assert found
    for row in found:
        assert set(row) == DIAGNOSTIC
        assert row["file"] == file
    assert "error" in {row["severity"] for row in found}
    assert f"{file}:" in told.err
    if file == "wrong.yaml":
        unknown = next(row for row in found if row["code"] == "unknown_key")
        assert "eligibility" in unknown["hint"]
        assert (unknown["line"], unknown["column"]) == (37, 1)
    plain = Answer(capsys, *with_path(name, file))
    assert plain.code == 1
    assert f"{file}:" in plain.out + plain.err


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_nowhere_is_wrong_use(capsys: pytest.CaptureFixture[str], name: str) -> None:
    told = Answer(capsys, *with_path(name, "nowhere"), "--json")
    assert (told.code, told.json["problem"]["code"]) == (2, "E-USAGE")
    assert "nowhere" in told.err
    assert Answer(capsys, *with_path(name, "nowhere")).out == ""


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("path", [f"mine/{ID}", f"mine/{ID}/pathway.yaml", ID])
def test_a_file_a_folder_and_a_name_mean_the_same_pathway(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, repository: Path, name: str, path: str
) -> None:
    shutil.copytree(repository / "pathways" / "library" / ID, f"mine/{ID}", dirs_exist_ok=True)  # all its scenarios
    monkeypatch.setenv("CAREPATH_PATHWAYS", "mine")
    told = Answer(capsys, *with_path(name, path), "--json")
    assert told.code == 0, told.err
    answer = told.json
    match name:
        case "check":
            assert all(row["severity"] == "warning" for row in answer["diagnostics"])
            assert told.err.endswith("warnings\n")
        case "plan":
            assert {"id", "version", "sha256"} <= set(answer)
            assert len(answer["sha256"]) == 64
        case "expand":
            assert set(answer) == {"occurrences"}
            for row in answer["occurrences"]:
                assert set(row) == {"step", "number", "opens", "due", "late", "missed"}
                assert all(at is None or set(at) == {"utc", "local"} for at in list(row.values())[2:])
                assert row["step"].count(".") == 1
                assert row["number"] >= 1
        case "test":
            assert answer["scenarios"]
            assert {"name", "passed", "failures"} <= set(answer["scenarios"][0])
            assert set(answer["coverage"]) == {ID}
        case "diff":
            assert (answer["same"], answer["changes"]) == (True, [])
        case _:
            assert (answer["patients"], answer["days"]) == (2, 3)
            assert {"per_patient_week", "per_role"} <= set(answer)
            assert Answer(capsys, *with_path(name, path), "--json").out == told.out


def test_a_name_is_looked_for_in_the_library_unless_another_folder_is_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Answer(capsys, "plan", ID, "--json").json["id"] == ID
    monkeypatch.setenv("CAREPATH_PATHWAYS", "elsewhere")
    assert Answer(capsys, "plan", ID, "--json").code == 2


@pytest.mark.parametrize("how", ["option", "environment", "file", "none"])
@pytest.mark.parametrize("name", ["check", "expand", "test", "simulate"])
def test_where_the_site_comes_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: Path, name: str, how: str
) -> None:
    """A wrong site is how it shows which one was read: an option wins over the environment, that over the file."""
    (place / "site.yaml").write_text("site: x\nnonsense: 1\n")
    more: list[str] = []
    if how == "option":
        monkeypatch.setenv("CAREPATH_SITE", "example_cn")
        more = ["--site", "site.yaml"]
    elif how == "environment":
        (place / "carepath.toml").write_text('site = "example_cn"\n')
        monkeypatch.setenv("CAREPATH_SITE", "site.yaml")
    elif how == "file":
        (place / "carepath.toml").write_text('site = "site.yaml"\n')
        monkeypatch.setenv("CAREPATH_SITE", "")
    told = Answer(capsys, *with_path(name, f"mine/{ID}"), *more, "--json")
    assert told.code == (0 if how == "none" else 1), told.err
    assert ("site.yaml" in told.err) is (how != "none")


@pytest.mark.parametrize("site", ["example_cn", "example_us"])
def test_the_sites_that_ship_are_known_by_name(capsys: pytest.CaptureFixture[str], site: str) -> None:
    told = Answer(capsys, "simulate", ID, "--patients", "1", "--days", "1", "--site", site, "--json")
    assert told.json["site"] == site
    assert Answer(capsys, "check", ID, "--site", "example_xx").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("check", ID, "--nonsense"),
        ("check", ID, "--lang", "de"),
        ("plan", ID, "--diagram", "png"),
        ("plan", ID, "--profile", "nobody"),
        ("expand", ID, "--start", "2026-03-02", "--zone", "X/Y", "--days", "2"),
        ("expand", ID, "--start", "tomorrow", "--zone", "Asia/Shanghai", "--days", "2"),
        ("expand", ID, "--start", "2026-03-02", "--zone", "Asia/Shanghai", "--days", "0"),
        ("expand", ID, *PERIOD, "--facts", "{"),
        ("expand", ID, *PERIOD, "--facts", '{"shoe_size": 44}'),
        ("expand", ID, *PERIOD, "--profile", "nobody"),
        ("simulate", ID, "--patients", "0"),
        ("task", "list", "--stauts", "open"),
        ("task", "list", "--status", "done"),
        ("task", "list", "--limit", "501"),
        ("readings", "check", "nowhere.json", "--format", "fhir"),
        ("nonsense",),
    ],
    ids=" ".join,
)
def test_wrong_use_is_exit_2_told_to_people_and_programs(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    told = Answer(capsys, *arguments, "--json")
    assert told.code == 2
    assert set(told.json["problem"]) == {"code", "message", "hint", "exit_code", "facts"}
    assert told.json["problem"]["exit_code"] == 2
    assert told.err
    plain = Answer(capsys, *arguments)
    assert (plain.code, plain.out) == (2, "")


def test_signing_publishing_and_listing_on_a_machine_that_has_nothing_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert Answer(capsys, "versions", "--json").json == {"versions": []}
    early = Answer(capsys, "publish", ID, "--json")
    assert (early.code, early.json["problem"]["code"]) == (1, "E-NOT-APPROVED")
    first = Answer(capsys, "approve", ID, "--who", "first", "--json").json
    assert (first["outcome"], first["approved"]) == ("signed", False)
    twice = Answer(capsys, "approve", ID, "--who", "first", "--json").json
    assert (twice["outcome"], twice["approved"]) == ("already_signed", False)
    assert Answer(capsys, "publish", ID, "--json").code == 1
    second = Answer(capsys, "approve", ID, "--who", "second", "--json").json
    assert (second["approved"], second["signatures"]) == (True, ["first", "second"])
    done = Answer(capsys, "publish", ID, "--json").json
    assert (done["outcome"], done["sha256"]) == ("published", first["sha256"])
    assert Answer(capsys, "publish", ID, "--json").json["outcome"] == "already_published"
    (row,) = Answer(capsys, "versions", ID, "--json").json["versions"]
    assert set(row) == {"id", "version", "sha256", "signatures", "approved", "published"}
    assert row["published"]
    assert "published" in Answer(capsys, "versions").out


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("CAREPATH_DATABASE_URL", "mysql://somewhere", 2),
        ("CAREPATH_DATABASE_URL", "a secret", 2),
        ("CAREPATH_DATABASE_URL", "postgresql://user:secret@127.0.0.1:9/records", 3),
        ("CAREPATH_DATABASE_URL", "sqlite:////nowhere/at/all/records.db", 3),
        ("CAREPATH_KEYS", "wrong.yaml", 2),
        ("CAREPATH_HOME", "wrong.yaml", 2),
        ("CAREPATH_NONSENSE", "1", 2),
        ("CAREPATH_API_PORT", "0", 2),
    ],
)
def test_settings_that_cannot_be_used_are_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: int
) -> None:
    monkeypatch.setenv(name, value)
    told = Answer(capsys, "versions", "--json")
    assert told.code == code
    assert told.json["problem"]["exit_code"] == code
    assert "secret" not in told.out + told.err
    assert Answer(capsys, "watchdog", "--json").code == code


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk", "utf-8"])
def test_programs_get_utf_8_and_every_terminal_gets_something(encoding: str) -> None:
    def call(*more: str) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        command = [sys.executable, "-m", "carepath", "plan", ID, "--lang", "zh", *more]
        return subprocess.run(command, env=environment, capture_output=True, check=False)

    told = call("--json")
    assert (told.returncode, told.stderr) == (0, b"")
    assert json.loads(told.stdout.decode("utf-8"))["title"]["zh"] == "高血压居家随访"
    words = call()
    assert (words.returncode, words.stderr) == (0, b"")
    assert ("高血压" in words.stdout.decode(encoding)) is (encoding in {"gbk", "utf-8"})


def test_the_page_of_commands_has_every_option() -> None:
    page = commands_page()
    for name in COMMANDS_OF_THE_PAGE:
        assert f"\n## carepath {name}\n" in page
    rows = set(re.findall(r"`(--[a-z-]+)`", page))
    assert {"--json", "--site", "--facts", "--role", "--schema", "--rehearsal", "--get-only", "--consent"} <= rows

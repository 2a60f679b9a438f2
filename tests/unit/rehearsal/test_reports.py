"""Floors of coverage, JUnit files and GitHub annotations of `carepath test`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from carepath.main import run
from carepath.rehearsal.coverage import KINDS
from carepath.rehearsal.floor import short_of
from carepath.rehearsal.session import rehearse
from tests.unit.rehearsal.conftest import FILE, PATHWAYS

CRISIS = PATHWAYS / "library" / "hypertension_home" / "scenarios" / "crisis_at_night.yaml"
HEAD = "pathway: hypertension_home\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pathway with one scenario that passes."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "pathway.yaml").write_text(FILE.read_text("utf-8"), "utf-8")
    (tmp_path / "scenarios" / "crisis.yaml").write_text(CRISIS.read_text("utf-8"), "utf-8")
    return tmp_path


def floor(folder: Path, text: str) -> Path:
    file = folder / "scenarios" / "coverage.yaml"
    file.write_text(HEAD + text, "utf-8")
    return file


def fail_one(folder: Path) -> None:
    file = folder / "scenarios" / "crisis.yaml"
    file.write_text(file.read_text("utf-8").replace("day 3 02:21, task: crisis", "day 3 02:19, task: crisis"), "utf-8")


def test_below_its_floor_the_command_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    floor(folder, "coverage: {ladders: 10 %, ends: 20 %, at_least: 0 %}\n")
    assert run(["test", str(folder), "--coverage"]) == 1
    out = capsys.readouterr().out
    assert "1 of 1 scenarios passed" in out
    assert "0.0 % of the ends of hypertension_home are reached, the floor is 20.0 %" in " ".join(out.split())
    assert run(["test", str(folder)]) == 0  # a floor is looked at with --coverage only
    assert run(["test", str(folder), "--coverage", "--json", "--lang", "zh"]) == 1
    capsys.readouterr()
    floor(folder, "coverage: {ladders: 10 %}\n")
    assert run(["test", str(folder), "--coverage"]) == 0


def test_what_has_no_share_of_its_own_takes_the_common_one(folder: Path) -> None:
    floor(folder, "coverage: {at_least: 100 %, ends: 0 %}\n")
    session = rehearse([folder])
    below = {one.kind: one for one in short_of(session.floors, session.coverage)}
    assert "ends" not in below and {"phases", "windows", "rules"} <= set(below) <= set(KINDS)
    assert below["phases"].share == 0.25 and below["phases"].at_least == 1.0
    assert below["phases"].missing == ("maintain", "refer", "titrate")


@pytest.mark.parametrize(
    ("text", "code", "line", "hint"),
    [
        ("coverage: {at_leest: 90 %}\n", "scenario_unknown_key", 2, "at_least"),
        ("coverage: {rules: 120 %}\n", "scenario_wrong_value", 2, "90 %"),
        ("coverage: {rules: 0.9}\n", "scenario_wrong_value", 2, "90 %"),
        ("coverage: lots\n", "scenario_wrong_value", 2, "at_least"),
        ("coverage: {rules: 1 %}\nwhy: not\n", "scenario_unknown_key", 3, "coverage"),
    ],
)
def test_what_is_wrong_with_a_floor_is_told(folder: Path, text: str, code: str, line: int, hint: str) -> None:
    floor(folder, text)
    (found,) = rehearse([folder]).found
    assert (found.code, found.span.line) == (code, line)
    assert hint in found.hint("en") and found.hint("zh")


def test_the_floor_of_a_pathway_that_is_not_there_is_wrong(folder: Path) -> None:
    (folder / "scenarios" / "coverage.yaml").write_text("pathway: hypertension_hom\ncoverage: {rules: 1 %}\n", "utf-8")
    (found,) = rehearse([folder]).found
    assert found.code == "scenario_no_pathway"


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("controlled_reaches_maintenance", "measure_bp early"),
        ("doses_taken_late_and_not_taken", "tablets late"),
        ("silence_in_maintenance", "measure_bp missed"),
    ],
)
def test_windows_are_reached_by_what_happens_in_them(name: str, word: str) -> None:
    session = rehearse([CRISIS.parent / f"{name}.yaml"])
    windows = next(p for p in session.coverage["hypertension_home"].parts() if p.name == "windows")
    assert any(one.endswith(word) for one in windows.all & windows.reached)
    assert len(windows.all) == 15


def test_the_junit_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fail_one(folder)
    (folder / "scenarios" / "wrong.yaml").write_text(CRISIS.read_text("utf-8") + "xx: <&>\n", "utf-8")
    floor(folder, "coverage: {ends: 1 %, phases: 1 %}\n")
    file = folder / "out" / "junit.xml"
    assert run(["test", str(folder), "--coverage", "--junit", str(file)]) == 1
    capsys.readouterr()
    root = ElementTree.fromstring(file.read_bytes())
    assert {key: root.attrib[key] for key in ("tests", "failures", "errors")} == {
        "tests": "3", "failures": "2", "errors": "1",
    }  # fmt: skip
    assert [suite.attrib["name"].rpartition("/")[2] for suite in root] == ["crisis.yaml", "wrong.yaml", "coverage"]
    case = root[0][0]
    assert case.attrib["classname"] == "hypertension_home" and int(case.attrib["line"]) > 5
    failure = case.find("failure")
    assert failure is not None and "it did not happen" in (failure.text or "")
    first = file.read_bytes()
    assert run(["test", str(folder), "--coverage", "--junit", str(file)]) == 1
    assert file.read_bytes() == first


def test_a_junit_file_that_cannot_be_written_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "plain").write_text("", "utf-8")
    assert run(["test", str(folder), "--junit", str(folder / "plain" / "junit.xml")]) == 2
    assert "cannot be written" in capsys.readouterr().err


def test_annotations_name_file_line_and_column(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fail_one(folder)
    floor(folder, "coverage: {ends: 100 %}\n")
    assert run(["test", str(folder), "--coverage", "--github"]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::error ")]
    assert len(lines) == 2
    text = (folder / "scenarios" / "crisis.yaml").read_text("utf-8").splitlines()
    form = r"::error file=(\S+),line=(\d+),endLine=\d+,col=(\d+),endColumn=\d+,title=(.*?)::(.*)"
    match = re.fullmatch(form, lines[0])
    assert match is not None
    assert Path(match[1]).name == "crisis.yaml" and "02:19, task: crisis" in text[int(match[2]) - 1]
    assert int(match[3]) > 1 and "%0Ait did not happen" in match[5] and "," not in match[4]
    assert "coverage.yaml" in lines[1] and ",line=2," in lines[1]


def test_annotations_do_not_spoil_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fail_one(folder)
    assert run(["test", str(folder), "--github", "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["scenarios"][0]["passed"] is False
    assert err.count("::error ") == 1

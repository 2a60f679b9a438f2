"""`carepath check` and `carepath plan`: exit codes, JSON, languages, and that carets stay in place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from carepath.main import run
from pathways.lang.load import load_pathway

PROJECT = Path(__file__).resolve().parents[3]
BASE = PROJECT / "tests" / "golden" / "base"
LIBRARY = PROJECT / "pathways" / "library" / "hypertension_home"
SMALL = str(BASE / "small.yaml")
SITE = str(BASE / "site.yaml")


@pytest.fixture(autouse=True)
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANG", "en_US.UTF-8")
    monkeypatch.setenv("COLUMNS", "300")
    for name in ("CAREPATH_SITE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def broken(folder: Path, name: str = "broken.yaml") -> Path:
    path = folder / name
    text = Path(SMALL).read_text(encoding="utf-8").replace("        measure: bp\n", "        mesure: bp\n")
    path.write_text(text, encoding="utf-8")
    return path


def test_a_faultless_pathway_ends_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", SMALL, "--site", SITE]) == 0
    assert capsys.readouterr().out == "2 files, 0 errors, 0 warnings\n"


def test_without_a_site_there_is_one_warning_and_the_exit_code_is_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", SMALL, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["diagnostics"]
    assert [(d["code"], d["severity"]) for d in found] == [("site_needed", "warning")]


def test_the_site_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CAREPATH_SITE", SITE)
    assert run(["check", SMALL, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"diagnostics": []}


def test_the_site_may_come_from_the_settings_file(somewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (somewhere / "carepath.toml").write_text(f'site = "{SITE}"\n', encoding="utf-8")
    assert run(["check", SMALL, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"diagnostics": []}


def test_an_error_ends_with_one_and_is_shown_with_its_place(
    somewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = broken(somewhere)
    assert run(["check", str(path), "--site", SITE]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f"{path}:52:9: error[unknown_key]: `mesure` is not a key of a step `measure`"
    assert "         mesure: bp" in out[3]
    assert out[4].index("^") == out[3].index("mesure")
    assert "  hint: Did you mean `measure`?" in out
    assert out[-1] == "2 files, 1 error, 0 warnings"


def test_findings_as_json_and_in_chinese(somewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = broken(somewhere)
    assert run(["check", str(path), "--site", SITE, "--json", "--lang", "zh"]) == 1
    (found,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert found == {
        "code": "unknown_key", "severity": "error", "file": str(path), "line": 52, "column": 9, "end_line": 52,
        "end_column": 15, "message": "步骤 `measure`没有键 `mesure`", "hint": "是否想写 `measure`？",
        "docs": "docs/reference/diagnostics.md#unknown_key",
    }  # fmt: skip


def test_the_language_of_the_environment_is_spoken(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert run(["check", SMALL, "--site", SITE]) == 0
    assert capsys.readouterr().out == "2 个文件，0 个错误，0 个警告\n"


def test_a_folder_is_checked_whole_and_scenarios_are_left_alone(
    somewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(LIBRARY, somewhere / "library" / "hypertension_home")
    broken(somewhere, "library/a.yaml")
    shutil.copy(SITE, somewhere / "library" / "b.yaml")
    assert run(["check", "library", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["diagnostics"]
    assert [d["file"] for d in found if d["severity"] == "error"] == ["library/a.yaml"]
    assert {d["file"] for d in found} == {"library/a.yaml", "library/hypertension_home/pathway.yaml"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "not_there.yaml"],
        ["check", SMALL, "--lang", "fr"],
        ["check", SMALL, "--site", "not_there.yaml"],
        ["plan", SMALL, "--profile", "nroth"],
        ["plan", SMALL, "--diagram", "crayon"],
    ],
)
def test_wrong_use_ends_with_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err


def test_an_empty_folder_is_wrong_use(somewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (somewhere / "nothing").mkdir()
    assert run(["check", "nothing", "--site", SITE]) == 2
    assert "no pathway" in capsys.readouterr().err


def test_a_site_with_an_error_is_told_and_stops(somewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path(SITE).read_text(encoding="utf-8").replace("Asia/Shanghai", "Asia/Shangai")
    (somewhere / "site.yaml").write_text(text, encoding="utf-8")
    assert run(["check", SMALL, "--site", "site.yaml", "--json"]) == 1
    assert [d["code"] for d in json.loads(capsys.readouterr().out)["diagnostics"]] == ["unknown_zone"]


def test_the_plan_as_json_is_the_compiled_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", str(LIBRARY), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    plan = load_pathway((LIBRARY / "pathway.yaml").read_bytes(), "x").plan
    assert plan is not None
    assert shown == plan.model_dump(mode="json")
    assert (shown["id"], shown["version"], shown["sha256"]) == ("hypertension_home", "1.0.0", plan.sha256)


def test_the_plan_of_one_profile_has_its_numbers_and_the_hash_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    values = {}
    for profile in ("esc", "us_acc_aha"):
        assert run(["plan", str(LIBRARY / "pathway.yaml"), "--json", "--profile", profile]) == 0
        shown = json.loads(capsys.readouterr().out)
        goal = shown["parameters"]["goal_systolic"]
        assert list(goal["by_profile"]) == [profile]
        values[profile] = (goal["value"]["value"]["value"], goal["value"]["cite"], shown["sha256"])
    assert values["esc"][:2] == ("135", "cn_2024")
    assert values["us_acc_aha"][:2] == ("130", "accaha_2025")
    assert values["esc"][2] == values["us_acc_aha"][2]


def test_the_page_spells_out_every_phrase_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", str(LIBRARY)]) == 0
    english = capsys.readouterr().out
    assert "when: every day at morning and evening, for 7 days every 4 weeks (first after 4 weeks)" in english
    assert "a row above is unknown: go to baseline; at most 1 times, then end: not_measuring" in english
    assert run(["plan", str(LIBRARY), "--lang", "zh"]) == 0
    chinese = capsys.readouterr().out
    assert "阶段 titrate: 调整治疗" in chinese
    assert "自上次进入 maintain 起" in chinese
    assert english.count("\n") == chinese.count("\n")


def test_the_diagram_has_every_phase_and_every_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", str(LIBRARY), "--diagram", "mermaid"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "flowchart TB"
    assert '  n2 -->|"45 days after entry at the latest"| n7' in lines
    assert sum(" -->|" in line for line in lines) == 17 + 1  # and discharged_again, which leads from every phase
    for line in lines:
        assert line.count('"') % 2 == 0  # a stray quote would end a label


def test_a_pathway_that_does_not_compile_has_no_plan(somewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = broken(somewhere)
    assert run(["plan", str(path), "--json"]) == 1
    assert [d["code"] for d in json.loads(capsys.readouterr().out)["diagnostics"]] == ["unknown_key"]

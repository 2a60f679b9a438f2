"""`carepath test` and `carepath simulate` as people and programs call them."""

import json
from pathlib import Path

import pytest

from carepath.main import run
from tests.unit.rehearsal.conftest import PATHWAYS

FOLDER = PATHWAYS / "library" / "hypertension_home"
SITE = str(PATHWAYS / "sites" / "example_cn.yaml")
ONE = str(FOLDER / "scenarios" / "crisis_at_night.yaml")


def test_a_scenario_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", ONE, "--coverage"]) == 0
    out = capsys.readouterr().out
    assert "1 of 1 scenarios passed" in out
    assert "coverage of hypertension_home" in out


def test_json_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["test", ONE, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["scenarios"][0]["passed"] is True
    assert told["scenarios"][0]["failures"] == []
    assert set(told["coverage"]["hypertension_home"]) >= {"phases", "steps", "rules", "ladders", "ends"}


def test_a_failure_shows_the_line_and_exits_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.yaml"
    text = Path(ONE).read_text("utf-8").replace("by: day 3 02:21, task: crisis", "by: day 3 02:19, task: crisis")
    file.write_text(text, "utf-8")
    assert run(["test", str(file)]) == 1
    out = capsys.readouterr().out
    assert "FAILED" in out
    assert "it did not happen" in out
    assert "day 3 02:20 task" in out


@pytest.mark.parametrize(("language", "says"), [("en", "Did you mean `measure_again`?"), ("zh", "是否想写")])
def test_a_wrong_scenario_is_explained_and_exits_1(
    language: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(Path(ONE).read_text("utf-8").replace("measure_again", "measure_agian"), "utf-8")
    assert run(["test", str(file), "--lang", language]) == 1
    out = capsys.readouterr().out
    assert f"{file}:10" in out
    assert says in out


def test_used_wrongly_exits_2_and_nothing_there_exits_1(tmp_path: Path) -> None:
    assert run(["test", str(tmp_path / "nowhere")]) == 2
    assert run(["test", str(tmp_path)]) == 1
    assert run(["simulate", str(tmp_path)]) == 1
    assert run(["simulate", str(FOLDER), "--patients", "0"]) == 2


def test_simulate_prints_the_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["simulate", str(FOLDER), "--site", SITE, "--patients", "6", "--days", "15", "--seed", "3", "--json"]
    assert run(words) == 0
    first = capsys.readouterr().out
    assert run([*words, "--processes", "1"]) == 0
    assert capsys.readouterr().out == first
    told = json.loads(first)
    assert (told["patients"], told["days"], told["seed"]) == (6, 15, 3)
    assert {"per_patient_week", "per_role", "alarms", "missed_deadlines", "temporal"} <= set(told)


def test_simulate_prints_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", str(FOLDER), "--patients", "4", "--days", "15", "--processes", "1"]) == 0
    out = capsys.readouterr().out
    assert "per patient and week" in out
    assert "Temporal, per patient and month" in out

"""`carepath rehearse`: one patient walked through at a prompt, over a pipe and at a terminal."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from carepath.main import run
from carepath.rehearsal.session import rehearse as run_scenarios
from tests.unit.rehearsal.conftest import FILE

PATIENT = """\
patient: {age: 67 years, sex: male, zone: Asia/Shanghai, conditions: [hypertension]}
start: 2026-03-02 08:00
site: example_cn
"""
CRISIS = ["day 3 02:10", "reading: {bp: 192/112 mmHg}", "+10 min", "reading: {bp: 188/114 mmHg}"]


@pytest.fixture
def patient(tmp_path: Path) -> Path:
    file = tmp_path / "patient.yaml"
    file.write_text(PATIENT, "utf-8")
    return file


def typed(
    patient: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *more: str
) -> str:
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    assert run(["rehearse", str(FILE), "--patient", str(patient), *more]) == 0
    return capsys.readouterr().out


def test_a_crisis_is_lived_through(
    patient: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = typed(patient, [*CRISIS, "show"], monkeypatch, capsys)
    assert "day 0 08:00  Enrolled in Home blood-pressure follow-up." in said
    assert "day 3 02:10  Message planned: “Sit down, rest five minutes, measure again.”" in said
    assert "Task for doctor on duty: Very high blood pressure." in said
    assert said.rstrip().splitlines()[-2].startswith("Blood pressure: 188 / 114 mmHg")
    assert re.findall(r"^(day \d+ \d\d:\d\d)> ", said, re.MULTILINE) == [
        "day 0 08:00", "day 3 02:10", "day 3 02:10", "day 3 02:20", "day 3 02:20", "day 3 02:20",
    ]  # fmt: skip


def test_silence_brings_what_silence_brings(
    patient: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = typed(patient, ["2 days", "show"], monkeypatch, capsys)
    assert "Task for nurse: Call about missing measurements." in said
    chinese = typed(patient, ["2 days"], monkeypatch, capsys, "--lang", "zh")
    assert "电话了解漏测原因" in chinese and "Task for" not in chinese


def test_next_goes_where_something_happens(
    patient: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = typed(patient, ["next"] * 6, monkeypatch, capsys)
    days = re.findall(r"^day (\d+) (\d\d):(\d\d)> ", said, re.MULTILINE)
    minutes = [int(d) * 1440 + int(h) * 60 + int(m) for d, h, m in days]
    assert len(minutes) == 7 and minutes == sorted(set(minutes))


def test_undo_takes_everything_back(
    patient: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = typed(patient, ["day 3 02:10", "show"], monkeypatch, capsys).rstrip().splitlines()[-5:-1]
    said = typed(patient, [*CRISIS, "undo", "undo", "undo", "show"], monkeypatch, capsys)
    assert said.rstrip().splitlines()[-5:-1] == before
    said = typed(patient, ["undo"], monkeypatch, capsys)
    assert "There is nothing to take back." in said


WRONG = [
    ("reading: {bx: 1}", "there is no measure `bx`"),
    ("reeding: {bp: 1}", "`reeding` is not a key here"),
    ("day 0 07:00", "I do not know"),
    ("done: review, by: gp", "day 0 08:00: "),
    ("dance", "I do not know `dance`"),
]


@pytest.mark.parametrize(("line", "why"), WRONG)
def test_what_cannot_be_done_changes_nothing(
    line: str, why: str, patient: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = typed(patient, [line, "lines", "undo"], monkeypatch, capsys)
    assert why in said
    assert "There is nothing to take back." in said


def test_a_life_is_saved_as_a_scenario_that_runs(
    patient: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "my_crisis.yaml"
    said = typed(patient, [*CRISIS, f"save {file}", f"save {file}"], monkeypatch, capsys)
    assert "Written:" in said and "is there already" in said
    session = run_scenarios([file])
    assert session.passed and session.results[0].scenario.name == "my crisis"
    assert any(h.kind == "task" and h.words.get("role") == "duty" for h in session.results[0].ledger.happenings)


def test_a_wrong_patient_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "patient.yaml"
    file.write_text(PATIENT.replace("age:", "aeg:"), "utf-8")
    assert run(["rehearse", str(FILE), "--patient", str(file)]) == 1
    assert "Did you mean `age`?" in capsys.readouterr().out
    file.write_text("patient: {age: 60 years}\n", "utf-8")
    assert run(["rehearse", str(FILE), "--patient", str(file)]) == 2


def test_at_a_terminal(patient: Path) -> None:
    mine, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "carepath", "rehearse", str(FILE), "--patient", str(patient), "--lang", "en"],
        stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True, cwd=FILE.parents[3],
    )  # fmt: skip
    os.close(theirs)
    said = b""

    def until(wanted: bytes) -> None:
        nonlocal said
        while wanted not in said:
            said += os.read(mine, 4096)

    try:
        until(b"day 0 08:00> ")
        os.write(mine, b"2 days\n")
        until(b"day 2 08:00> ")
        os.write(mine, b"undo\n")
        until(b"Taken back; it is day 0 08:00.")
        os.write(mine, b"quit\n")
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(mine)
    assert b"Call about missing measurements" in said

"""`carepath readings check`: the answer programs rely on, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from carepath.main import run

SAMPLES = Path(__file__).parent / "openmhealth"


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    exit_code = run(["readings", "check", *arguments, "--json"])
    out = capsys.readouterr().out
    return exit_code, json.loads(out) if out else None


def test_a_valid_body(capsys: pytest.CaptureFixture[str]) -> None:
    path = SAMPLES / "3.0" / "shouldPass" / "with-posture-and-location.json"
    given = (str(path), "--format", "openmhealth")
    assert check(capsys, *given, "--schema", "omh:blood-pressure:3.0") == (
        0,
        {"accepted": [{"index": 0, "id": None, "schema": "omh:blood-pressure:3.0"}], "refused": []},
    )
    code, answer = check(capsys, *given)
    assert (code, answer["refused"][0]["code"]) == (1, "schema_missing")
    code, answer = check(capsys, *given, "--schema", "omh:blood-glucose:1.0")
    assert (code, answer["refused"][0]["code"]) == (1, "schema_unknown")


def test_a_list_is_judged_one_by_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    body = json.loads((SAMPLES / "3.0" / "shouldPass" / "with-posture-and-location.json").read_text())
    header = {
        "id": "a-1",
        "creation_date_time": "2026-03-02T07:00:00Z",
        "schema_id": {"namespace": "omh", "name": "blood-pressure", "version": "3.0"},
    }
    point = {"header": header, "body": body}
    file = tmp_path / "points.json"
    file.write_text(json.dumps([point, {"header": header, "body": {}}, point]))
    code, answer = check(capsys, str(file), "--format", "openmhealth")
    assert code == 1
    assert [row["index"] for row in answer["accepted"]] == [0, 2]
    assert [(row["index"], "lacks systolic" in row["reason"]) for row in answer["refused"]] == [(1, True)]

    lines = tmp_path / "points.ndjson"
    lines.write_text(json.dumps(point) + "\n\nnot json\n")
    code, answer = check(capsys, str(lines), "--format", "openmhealth")
    assert [row["id"] for row in answer["accepted"]] == ["a-1"]
    assert [row["code"] for row in answer["refused"]] == ["document_not_json"]


def test_fhir(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "o.json"
    file.write_text('{"resourceType": "Observation", "id": "x", "status": "registered"}')
    code, answer = check(capsys, str(file), "--format", "fhir")
    assert (code, answer["refused"][0]["code"]) == (1, "status_refused")


def test_used_wrongly(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "o.json"
    file.write_text("{}")
    assert check(capsys, str(file), "--format", "csv")[0] == 2
    assert check(capsys, str(file))[0] == 2
    assert check(capsys, str(tmp_path / "none.json"), "--format", "fhir")[0] == 2

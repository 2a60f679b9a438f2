"""The verbs of people on running patients: each against a real API, with its exit code and what it prints where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from activities.records.store import StoreUnavailableError
from api.security import Caller
from tests.integration.api.conftest import callers
from tests.integration.cli.conftest import Tell, Terminal
from tests.openmhealth import pressure

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
FACTS = '{"age": 60, "sex": "male", "conditions": ["hypertension"], "medicines": []}'
PATIENT = "patient00001"


def crisis(terminal: Terminal, key: str, folder: Path) -> dict[str, Any]:
    """The red task of a crisis that came in from a file."""
    for minutes in (0, 10):
        at = NOON + timedelta(minutes=minutes)
        terminal.world.house.now = at + timedelta(seconds=20)
        file = folder / f"c{minutes}.json"
        file.write_text(json.dumps(pressure(f"c{minutes}", at, 192, 112)))
        told = terminal("readings", "import", str(file), "--format", "openmhealth", "--patient", key, "--json")
        assert (told.code, told.err) == (0, "")
        assert told.json == {"accepted": [{"id": f"c{minutes}", "index": 0, "outcome": "stored"}], "refused": []}
    terminal.world.runs.runs[key].tick()
    tasks = terminal("task", "list", "--patient", key, "--json").json["tasks"]
    assert tasks[0]["level"] == "red"
    task: dict[str, Any] = tasks[0]
    return task


class TestEnrol:
    def test_a_patient_is_registered_and_enrolled(self, terminal: Terminal) -> None:
        terminal.world.house.publish()
        told = terminal(
            "enrol", "hypertension_home", "--zone", "Asia/Shanghai", "--facts", FACTS, "--consent", "care,device_data",
            "--json",
        )  # fmt: skip
        assert told.code == 0
        answer = told.json
        assert (answer["status"], answer["pathway"]) == ("done", "hypertension_home")
        assert {"patient", "enrolment", "version", "sha256", "code", "text"} <= set(answer)
        assert answer["patient"] in told.err
        shown = terminal("patient", "show", answer["patient"], "--json")
        assert (shown.code, shown.json["status"]) == (0, "active")

    def test_a_refused_verdict_is_exit_1_and_still_told(self, terminal: Terminal) -> None:
        terminal.world.house.publish()
        facts = FACTS.replace("60", "12")
        told = terminal("enrol", "hypertension_home", "--facts", facts, "--consent", "care,device_data", "--json")
        assert (told.code, told.json["status"]) == (1, "refused")
        assert told.json["text"]
        words = terminal("enrol", "hypertension_home", "--facts", facts, "--consent", "care,device_data")
        assert words.code == 1
        assert "refused" in words.out

    def test_before_the_run_has_answered_it_is_pending(
        self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        terminal.world.house.publish()
        monkeypatch.setattr(terminal.world.runs, "away", True)
        told = terminal("enrol", "hypertension_home", "--facts", FACTS, "--consent", "care,device_data", "--json")
        assert (told.code, told.json["status"]) == (0, "pending")

    def test_a_rehearsal_needs_no_approval(self, terminal: Terminal) -> None:
        real = terminal("enrol", "hypertension_home", "--facts", FACTS, "--consent", "care,device_data", "--json")
        assert (real.code, real.json["problem"]["facts"]["refusal"]) == (1, "pathway_not_approved")
        told = terminal(
            "enrol", "hypertension_home", "--facts", FACTS, "--consent", "care,device_data", "--rehearse", "1", "--json"
        )
        assert (told.code, told.json["status"]) == (0, "done")


class TestVerbs:
    def test_a_task_is_listed_claimed_and_completed(self, terminal: Terminal, tmp_path: Path) -> None:
        key = terminal.enrolled()
        task = crisis(terminal, key, tmp_path)
        lines = terminal("task", "list")
        assert task["id"] in lines.out
        assert task["title"] in lines.out
        assert terminal("task", "claim", task["id"], "--role", task["role"], "--json").json["status"] == "done"
        assert terminal("task", "release", task["id"], "--role", task["role"]).code == 0
        snoozed = terminal("task", "snooze", task["id"], "--until", "2026-03-03T04:00:00Z", "--json")
        assert (snoozed.code, snoozed.json["problem"]["code"]) == (1, "E-REFUSED")
        assert terminal("task", "reassign", task["id"], "--to", "gp", "--json").code in {0, 1}
        role = terminal("task", "list", "--patient", key, "--json").json["tasks"][0]["role"]
        done = terminal("task", "complete", task["id"], "--role", role, "--json")
        assert (done.code, done.json["status"]) == (0, "done")
        again = terminal("task", "complete", task["id"], "--role", role, "--json")
        assert (again.code, again.json["problem"]["facts"]["refusal"]) == (1, "refused")
        closed = terminal("task", "list", "--patient", key, "--status", "closed", "--json").json["tasks"]
        assert task["id"] in {row["id"] for row in closed}
        assert terminal("task", "list", "--role", "nobody").out == "-\n"

    def test_pause_resume_withdraw(self, terminal: Terminal) -> None:
        key = terminal.enrolled()

        def status() -> str:
            found: str = terminal("patient", "show", key, "--json").json["status"]
            return found

        assert terminal("pause", key, "--reason", "holiday", "--json").json["status"] == "done"
        assert status() == "paused"
        again = terminal("pause", key, "--json")
        assert (again.code, again.json["problem"]["facts"]["refusal"]) == (1, "refused")
        assert terminal("resume", key).code == 0
        assert status() == "active"
        assert terminal("withdraw", key, "--reason", "asked").code == 0
        assert status() == "ended"

    def test_the_timeline_and_why(self, terminal: Terminal, tmp_path: Path) -> None:
        key = terminal.enrolled()
        crisis(terminal, key, tmp_path)
        found = terminal("patient", "timeline", key, "--ahead", "3", "--limit", "5", "--json").json
        assert 0 < len(found["timeline"]) <= 5
        assert found["ahead"]
        text = terminal("patient", "timeline", key).out
        assert "\n--\n" in text
        why = terminal("patient", "why", key, "rules.crisis", "--json").json
        assert "192" in json.dumps(why["recorded"])
        assert "192" in terminal("patient", "why", key, "rules.crisis").out
        assert terminal("patient", "show", key).out.strip()

    def test_readings_of_a_file_each_by_itself(self, terminal: Terminal, tmp_path: Path) -> None:
        key = terminal.enrolled()
        terminal.world.house.now = NOON + timedelta(minutes=1)
        file = tmp_path / "all.json"
        file.write_text(json.dumps([pressure("r1", NOON, 128), pressure("r2", NOON + timedelta(days=9), 128)]))
        given = ("readings", "import", str(file), "--format", "openmhealth", "--patient", key)
        told = terminal(*given, "--json")
        assert told.code == 1
        assert [row["id"] for row in told.json["accepted"]] == ["r1"]
        assert [(row["index"], bool(row["reason"])) for row in told.json["refused"]] == [(1, True)]
        assert terminal(*given, "--json").json["accepted"][0]["outcome"] == "same"


ASKING = [
    ("patient", "show", PATIENT),
    ("patient", "timeline", PATIENT),
    ("patient", "why", PATIENT, "rules.crisis"),
    ("task", "list"),
    ("task", "claim", "t1"),
    ("task", "complete", "t1"),
    ("task", "cancel", "t1", "--reason", "r"),
    ("pause", PATIENT),
    ("resume", PATIENT),
    ("withdraw", PATIENT),
    ("enrol", "hypertension_home", "--patient", PATIENT),
]


class TestRefusals:
    def test_what_is_not_there_is_exit_1_with_its_code(self, terminal: Terminal) -> None:
        for arguments in ASKING:
            if arguments == ("task", "list"):
                continue
            told = terminal(*arguments, "--json")
            assert told.code == 1, arguments
            problem = told.json["problem"]
            assert problem["facts"]["refusal"] in {"patient_unknown", "task_unknown"}, arguments
            assert problem["message"] in told.err
            words = terminal(*arguments)
            assert (words.code, words.out) == (1, ""), arguments

    @pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[", "nonsense", "ftp://127.0.0.1:9"])
    def test_an_api_that_is_not_there_is_exit_3(self, monkeypatch: pytest.MonkeyPatch, tell: Tell, url: str) -> None:
        monkeypatch.setenv("CAREPATH_API_URL", url)
        for arguments in ASKING:
            told = tell(*arguments, "--json")
            assert (told.code, told.json["problem"]["code"]) == (3, "E-API-UNREACHABLE"), arguments
            assert "carepath api" in told.err

    def test_some_other_program_at_the_address_is_exit_3(
        self, monkeypatch: pytest.MonkeyPatch, tell: Tell, tmp_path: Path
    ) -> None:
        (tmp_path / "index.html").write_text("hello")
        handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
        monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            monkeypatch.setenv("CAREPATH_API_URL", f"http://127.0.0.1:{server.server_address[1]}")
            for arguments in ASKING:
                assert tell(*arguments, "--json").json["problem"]["code"] == "E-API-UNREACHABLE", arguments
            server.shutdown()

    def test_an_api_whose_records_are_away_is_exit_3(
        self, monkeypatch: pytest.MonkeyPatch, terminal: Terminal
    ) -> None:
        def away(*_: Any) -> Any:
            raise StoreUnavailableError("locked")

        monkeypatch.setattr(terminal.world.house.ledger.store, "read", away)
        for arguments in ASKING[:4]:
            told = terminal(*arguments, "--json")
            assert (told.code, told.json["problem"]["code"]) == (3, "E-API-TROUBLE"), arguments
            assert told.json["problem"]["facts"]["refusal"] == "store_away"

    def test_an_error_of_the_api_is_exit_3(self, monkeypatch: pytest.MonkeyPatch, terminal: Terminal) -> None:
        def broken(*_: Any) -> Any:
            raise OperationalError("select", {}, Exception("broken"))

        monkeypatch.setattr(terminal.world.house.ledger.store, "read", broken)
        with capture_logs() as logged:
            told = terminal("task", "list", "--json")
        assert (told.code, told.json["problem"]["facts"]["refusal"]) == (3, "internal")
        assert logged[0]["code"] in told.err

    def test_no_id_leads_to_another_address(self, terminal: Terminal) -> None:
        for key in ("..", "../tasks", "a/b", "a?b=c", "#", "%2e%2e", "病人", "a b", "\udcff"):
            for arguments in (("patient", "show", key), ("pause", key), ("task", "claim", key)):
                told = terminal(*arguments, "--json")
                assert told.code == 1, key
                assert told.json["problem"]["facts"]["refusal"] in {"patient_unknown", "task_unknown", "not_found"}

    @pytest.mark.parametrize("given", ["{", "[]", '{"age": NaN}', '{"age": 1, "age": 2}', "@nowhere.json", "@latin1"])
    def test_json_that_is_none_is_wrong_use(
        self, monkeypatch: pytest.MonkeyPatch, tell: Tell, tmp_path: Path, given: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "latin1").write_bytes(b'{"a": "\xe9"}')
        told = tell("enrol", "hypertension_home", "--facts", given, "--json")
        assert told.code == 2
        assert told.json["problem"]["code"] in {"E-JSON", "E-FILE"}


class TestTokens:
    @pytest.fixture
    def tokens(self) -> dict[str, Caller]:
        return callers(**{"n" * 24: {"role": "nurse", "staff": "s1"}, "a" * 24: {"role": "auditor", "staff": "a1"}})

    def test_none_or_a_wrong_one_is_said(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        assert terminal("task", "list", "--json").json["problem"]["code"] == "E-API-TOKEN"
        monkeypatch.setenv("CAREPATH_API_TOKEN", "x" * 24)
        told = terminal("task", "list", "--json")
        assert told.code == 2
        assert "x" * 24 not in told.out + told.err

    def test_it_acts_in_its_own_role(self, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CAREPATH_API_TOKEN", "n" * 24)
        key = terminal.enrolled()
        told = terminal("pause", key, "--role", "gp", "--json")
        assert (told.code, told.json["problem"]["facts"]["refusal"]) == (1, "role_taken")
        assert terminal("pause", key, "--role", "nurse").code == 0
        monkeypatch.setenv("CAREPATH_API_TOKEN", "a" * 24)
        assert terminal("patient", "show", key).code == 0
        assert terminal("resume", key, "--json").json["problem"]["facts"]["refusal"] == "forbidden"


def test_the_console_script_as_a_process(terminal: Terminal) -> None:
    script = str(Path(sys.executable).with_name("carepath"))
    key = terminal.enrolled()

    def call(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **more}
        return subprocess.run(
            [script, *arguments], env=environment, capture_output=True, text=True, encoding="utf-8", check=False
        )

    shown = call("patient", "show", key, "--json")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert json.loads(shown.stdout)["status"] == "active"
    wrong = call("patient", "show", "nobody000000", "--json", LANG="zh_CN.UTF-8")
    assert wrong.returncode == 1
    assert json.loads(wrong.stdout)["problem"]["facts"]["refusal"] == "patient_unknown"
    assert wrong.stderr.startswith("错误 E-REFUSED")
    assert call("patient", "show").returncode == 2
    assert call("task", "list", CAREPATH_API_URL="http://127.0.0.1:9").returncode == 3

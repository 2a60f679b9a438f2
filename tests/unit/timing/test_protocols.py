"""Ten real questionnaire protocols expand to the instants another program computed for them, in three zones."""

from __future__ import annotations

import hashlib
import json
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from carepath import main
from pathways.timing.protocols import Instant, Interval, ProtocolRefusedError, instant_of, planned, read_protocol, shift
from tests.unit.tables import instant, rows_of

DATA = Path(__file__).parents[2] / "data" / "radar"
RUNS: list[dict[str, Any]] = json.loads((DATA / "expected_instants.json").read_text("utf-8"))["runs"]
CASES = [(run, name) for run in RUNS for name in run["files"]]


def _sha(instants: list[Instant]) -> str:
    return hashlib.sha256("\n".join(str(at.millis) for at in instants).encode()).hexdigest()


def _read(text: str) -> Instant:
    """An instant as written, also of a year with five digits."""
    year, rest = text.split("-", 1)
    eras = max(0, (int(year) - 2001) // 400)
    return Instant(eras, datetime.fromisoformat(f"{int(year) - 400 * eras:04}-{rest}").astimezone(UTC))


def _document(name: str) -> Any:
    return json.loads((DATA / "protocols" / name).read_text("utf-8"))


@pytest.mark.parametrize(("run", "name"), CASES, ids=[f"{run['timezone']} {name}" for run, name in CASES])
def test_a_protocol_expands_to_the_expected_instants(run: dict[str, Any], name: str) -> None:
    zone = run["timezone"]
    enrolment = datetime.fromisoformat(run["enrolment_date"]).replace(tzinfo=ZoneInfo(zone))
    visit = datetime.fromisoformat(run["clinic_visit"]).replace(tzinfo=ZoneInfo(zone))
    questionnaires = read_protocol(_document(name)).questionnaires
    wanted: list[dict[str, Any]] = run["files"][name]
    assert [one.name for one in questionnaires] == [one["name"] for one in wanted]
    for one, expected in zip(questionnaires, wanted, strict=True):
        found = list(planned(one, enrolment, zone, visit, run["coverage_years"]))
        assert one.kind == expected["kind"]
        assert len(found) == expected.get("count", 0)
        if not found:
            continue
        dues = [task.due for task in found]
        reminders = [at for task in found for at in task.reminders]
        assert dues[:5] == [_read(text) for text in expected["first"]]
        assert dues[-1] == _read(expected["last"])
        assert _sha(dues) == expected["sha256"]
        assert len(set(dues)) == expected["distinct"]
        assert one.window == timedelta(milliseconds=expected["completion_window_ms"])
        assert len(reminders) == expected["reminder_count"]
        assert _sha(reminders) == expected["reminder_sha256"]


@pytest.mark.parametrize("row", rows_of("time.md", "intervals"), ids=lambda row: " ".join(row.values()))
def test_intervals_are_added_to_the_wall_clock(row: dict[str, str]) -> None:
    amount, unit = row["interval"].split()
    found = shift(instant_of(instant(row["from"], row["zone"])), Interval(int(amount), unit), row["zone"])
    assert found.at == instant(row["to"], row["zone"])


def test_what_lies_beyond_the_calendar_is_known_all_the_same() -> None:
    start = instant_of(datetime(2024, 2, 29, 10, tzinfo=UTC))
    far = shift(start, Interval(9999, "year"), "UTC")
    assert far.at is None
    assert far.millis == 317_247_184_800_000  # 12023-03-01T10:00:00Z
    by_day = shift(start, Interval(9999 * 366, "day"), "UTC")
    assert by_day.millis - start.millis == 9999 * 366 * 86_400_000
    assert shift(far, Interval(-9999, "year"), "UTC").at == datetime(2024, 3, 1, 10, tzinfo=UTC)


def _one(**schedule: Any) -> dict[str, Any]:
    base = {
        "repeatProtocol": {"unit": "day", "amount": 1},
        "repeatQuestionnaire": {"unit": "min", "unitsFromZero": [480]},
        "reminders": {"unit": "day", "amount": 0, "repeat": 0},
    }
    return {"protocols": [{"name": "A", "protocol": {**base, **schedule}}]}


REFUSED = [
    ({}, "$.protocols:"),
    ({"protocols": [1]}, "$.protocols[0]:"),
    ({"protocols": [{"name": "A"}]}, "$.protocols[0].protocol:"),
    (_one(repeatProtocol={"unit": "day", "amount": 0}), "$.protocols[0].protocol.repeatProtocol.amount: 0"),
    (_one(repeatProtocol={"unit": "days", "amount": 1}), "$.protocols[0].protocol.repeatProtocol.unit: 'days'"),
    (_one(repeatQuestionnaire={"unit": "min", "unitsFromZero": 4}), "$.protocols[0].protocol.repeatQuestionnaire.un"),
    (_one(repeatQuestionnaire={"unit": "min", "unitsFromZero": [1, "2"]}), "repeatQuestionnaire.unitsFromZero[1]:"),
    (_one(referenceTimestamp={"timestamp": "x", "format": "date"}), "referenceTimestamp.timestamp: 'x'"),
    (_one(referenceTimestamp={"timestamp": "2025-01-01", "format": "unix"}), "referenceTimestamp.format: 'unix'"),
    (_one(completionWindow={"unit": "day", "amount": -1}), "completionWindow.amount: -1"),
    (_one(reminders={"unit": "day", "amount": 1, "repeat": 20_000}), "reminders.repeat: at most"),
    (_one(reminders=[{"offset": 3}]), "reminders[0].offset:"),
]


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_cannot_be_read_is_refused_with_its_place(document: Any, message: str) -> None:
    with pytest.raises(ProtocolRefusedError) as refused:
        read_protocol(document)
    assert message in str(refused.value)


REFERENCES = [
    (None, "2025-05-01T00:00+02:00"),
    ({"timestamp": "2025-03-01", "format": "date"}, "2025-03-01T00:00+01:00"),
    ({"timestamp": "2025-03-01T10:30", "format": "datetime"}, "2025-03-01T10:30+01:00"),
    ({"timestamp": "2025-03-01T10:30", "format": "datetimeutc"}, "2025-03-01T10:30+00:00"),
    ({"timestamp": "2025-03-01T10:30:00Z", "format": "datetimeutc"}, "2025-03-01T10:30+00:00"),
]


@pytest.mark.parametrize(("reference", "wanted"), REFERENCES)
def test_a_schedule_counts_from_its_reference(reference: dict[str, str] | None, wanted: str) -> None:
    document = _one(**({"referenceTimestamp": reference} if reference else {}))
    document["protocols"][0]["protocol"]["repeatQuestionnaire"] = {"unit": "min", "unitsFromZero": [0]}
    (one,) = read_protocol(document).questionnaires
    first = next(planned(one, datetime(2025, 5, 1, 10, tzinfo=UTC), "Europe/Berlin"))
    assert first.due.at == datetime.fromisoformat(wanted)


def test_reminders_count_from_one_another_or_from_the_task() -> None:
    due = datetime(2025, 5, 1, 8, tzinfo=UTC)
    chain = _one(reminders={"unit": "hour", "amount": 2, "repeat": 2})
    once = _one(reminders={"unit": "hour", "amount": 2})
    listed = _one(reminders=[{"offset": {"unit": "hour", "amount": 3}}, {"offset": {"unit": "day", "amount": 1}}])
    hours = []
    for document in (chain, once, listed):
        (one,) = read_protocol(document).questionnaires
        first = next(planned(one, datetime(2025, 5, 1, tzinfo=UTC), "UTC"))
        assert first.due.at == due
        hours.append([(at.millis - first.due.millis) // 3_600_000 for at in first.reminders])
    assert hours == [[2, 4], [2], [3, 24]]


# --------------------------------------------------------------------------- the command


def _expand(*arguments: str) -> tuple[int, str, str]:
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main.run(["expand", *arguments])
    return code, out.getvalue(), err.getvalue()


def test_the_command_lists_the_tasks_of_a_protocol() -> None:
    name = "RADAR-MSDis-OSR-s1.json"
    run = RUNS[1]
    visit = json.dumps({"clinic_visit": run["clinic_visit"]})
    asked = ("--start", run["enrolment_date"], "--zone", run["timezone"], "--days", "1500", "--facts", visit, "--json")
    code, out, _ = _expand(str(DATA / "protocols" / name), *asked)
    assert code == 0
    rows: list[dict[str, Any]] = json.loads(out)["occurrences"]
    assert [row["due"]["utc"] for row in rows] == sorted(row["due"]["utc"] for row in rows)
    for expected in run["files"][name]:
        mine = sorted((row for row in rows if row["step"] == expected["name"]), key=lambda row: row["number"])
        assert len(mine) == expected.get("count", 0)
        found = [instant_of(datetime.fromisoformat(row["due"]["utc"])) for row in mine]
        assert not found or _sha(found) == expected["sha256"]


def test_a_task_that_is_still_open_at_the_start_is_listed() -> None:
    code, out, _ = _expand(
        str(DATA / "protocols" / "paprka.json"), "--start", "2024-01-31", "--zone", "Europe/London", "--days", "1"
    )
    assert code == 0
    assert out.splitlines()[1].split() == ["HEALTHKIT", "1", *["2016-07-01", "09:00"] * 2, "2027-06-29", "09:00"]


def test_what_is_no_protocol_is_told(tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_text('{"protocols": [{"name": "A"}]}', encoding="utf-8")
    code, _, err = _expand(str(file), "--start", "2024-01-31", "--zone", "Europe/London", "--days", "1")
    assert code == 1
    assert "$.protocols[0].protocol" in err
    code, _, err = _expand(str(file), "--start", "2024-01-31", "--zone", "UTC", "--days", "1", "--facts", '{"age": 3}')
    assert code == 2
    assert "clinic_visit" in err
    for more in (("--site", "example_cn"), ("--profile", "esc")):
        code, _, err = _expand(str(file), "--start", "2024-01-31", "--zone", "UTC", "--days", "1", *more)
        assert code == 2
        assert more[0] in err

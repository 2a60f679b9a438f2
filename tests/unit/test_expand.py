"""`carepath expand` on the first pathway, as a program reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from carepath import main
from carepath.expansion import schedules
from carepath.expansion.facts import Given
from carepath.expansion.walk import Expansion, Planned
from pathways.decide import calendar
from pathways.decide.calendar import Slot
from pathways.lang.load import load_pathway
from pathways.lang.site_plan import NO_SITE

ROOT = Path(__file__).parents[2]
PATHWAY = ROOT / "pathways" / "library" / "hypertension_home"
PRESCRIPTION = {
    "id": "rx1", "class": ["antihypertensive"], "slots": ["morning"], "start": "2026-03-02",
    "supply": {"from": "2026-03-02", "days": 28},
}  # fmt: skip


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str) -> Done:
    """The command as the console script runs it, in this process."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main.run(["expand", *arguments])
    return Done(code, out.getvalue(), err.getvalue())


def expand(days: int, *more: str, start: str = "2026-03-02T08:00", zone: str = "Asia/Shanghai") -> list[dict[str, Any]]:
    done = run(str(PATHWAY), "--start", start, "--zone", zone, "--days", str(days), "--json", *more)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["occurrences"]
    return found


def dues(rows: list[dict[str, Any]], step: str) -> list[str]:
    return [row["due"]["local"][:16] for row in rows if row["step"] == step]


def test_a_week_of_measuring_then_blocks_of_the_steady_phase() -> None:
    rows = expand(75)
    week = dues(rows, "baseline.measure_bp")
    assert (len(week), week[0], week[-1]) == (15, "2026-03-02T20:00", "2026-03-09T20:00")
    steady = dues(rows, "maintain.measure_bp")
    assert (len(steady), steady[0], steady[14]) == (28, "2026-04-07T07:00", "2026-05-05T07:00")
    assert not [row for row in rows if row["step"].startswith("titrate.")]
    first = next(row for row in rows if row["step"] == "baseline.measure_bp")
    assert first == {
        "step": "baseline.measure_bp",
        "number": 1,
        "opens": {"utc": "2026-03-02T11:00:00Z", "local": "2026-03-02T19:00:00+08:00"},
        "due": {"utc": "2026-03-02T12:00:00Z", "local": "2026-03-02T20:00:00+08:00"},
        "late": {"utc": "2026-03-02T14:00:00Z", "local": "2026-03-02T22:00:00+08:00"},
        "missed": {"utc": "2026-03-02T17:00:00Z", "local": "2026-03-03T01:00:00+08:00"},
    }


def test_the_range_is_so_many_local_days_and_in_order() -> None:
    rows = expand(1)
    instants = [datetime.fromisoformat(row["due"]["utc"]) for row in rows]
    assert instants == sorted(instants)
    low, high = datetime(2026, 3, 2, 0, tzinfo=UTC), datetime(2026, 3, 3, 0, tzinfo=UTC)
    assert all(low <= at < high for at in instants)
    assert dues(rows, "baseline.measure_bp") == ["2026-03-02T20:00", "2026-03-03T07:00"]


def test_facts_give_customary_times_and_medicines() -> None:
    facts = {"age": 67, "customary_times": {"morning": "06:15"}, "medicines": [PRESCRIPTION]}
    rows = expand(30, "--facts", json.dumps(facts))
    assert dues(rows, "baseline.measure_bp")[1] == "2026-03-03T06:15"
    assert dues(rows, "throughout.tablets")[:2] == ["2026-03-03T06:15", "2026-03-04T06:15"]
    assert dues(rows, "throughout.refill") == ["2026-03-23T23:59"]


def test_an_offset_wins_over_the_zone() -> None:
    rows = expand(1, start="2026-03-02T00:00:00Z")
    assert rows[0]["due"] == {"utc": "2026-03-02T00:00:00Z", "local": "2026-03-02T08:00:00+08:00"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--start", "yesterday", "--zone", "UTC", "--days", "1"), "ISO 8601"),
        (("--start", "2026-03-02", "--zone", "Mars/Base", "--days", "1"), "IANA"),
        (("--start", "2026-03-02", "--zone", "UTC", "--days", "0"), "days"),
        (("--start", "2026-03-02", "--zone", "UTC", "--days", "1", "--profile", "moon"), "moon"),
        (("--start", "2026-03-02", "--zone", "UTC", "--days", "1", "--facts", '{"shoe": 42}'), "shoe"),
        (("--start", "2026-03-02", "--zone", "UTC", "--days", "1", "--facts", '{"age": "old"}'), "old"),
        (("--start", "2026-03-02", "--zone", "UTC", "--days", "1", "--facts", "{"), "JSON"),
    ],
)
def test_a_wrong_use_is_refused_in_a_sentence(arguments: tuple[str, ...], words: str) -> None:
    done = run(str(PATHWAY), *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_pathway_is_judged_with_its_diagnostics(tmp_path: Path) -> None:
    wrong = tmp_path / "pathway.yaml"
    text = (PATHWAY / "pathway.yaml").read_text(encoding="utf-8")
    wrong.write_text(text.replace("when: every 12 weeks", "when: every 12 fortnights"), encoding="utf-8")
    done = run(str(wrong), "--start", "2026-03-02", "--zone", "UTC", "--days", "1", "--json")
    assert done.returncode == 1
    assert "fortnights" in done.stderr
    assert [finding["code"] for finding in json.loads(done.stdout)["diagnostics"]].count("unknown_unit") == 1


def walk(first_phase: str, days: int) -> list[Planned]:
    """The pathway as if it began with another phase."""
    plan = load_pathway((PATHWAY / "pathway.yaml").read_bytes(), "pathway.yaml").plan
    assert plan is not None
    start = datetime(2026, 3, 2, tzinfo=UTC)
    begun = plan.model_copy(update={"first_phase": first_phase})
    return list(Expansion(begun, NO_SITE, Given(), "UTC", start, start + timedelta(days=days), None).run())


def test_steps_count_from_steps_and_a_phase_ends_by_its_last_deadline() -> None:
    found = walk("titrate", 80)
    by_step: dict[str, list[datetime]] = {}
    for one in found:
        by_step.setdefault(one.step, []).append(one.due)
    assert by_step["titrate.review"] == [datetime(2026, 3, 2, tzinfo=UTC)]
    assert by_step["titrate.recheck"] == [datetime(2026, 3, 16, tzinfo=UTC)]
    week = by_step["titrate.measure_bp"]
    assert (len(week), week[0], week[-1]) == (
        14,
        datetime(2026, 3, 9, 7, tzinfo=UTC),
        datetime(2026, 3, 15, 20, tzinfo=UTC),
    )
    # nobody can say whether the goal is reached, so the phase ends after its six weeks
    assert by_step["refer.specialist"] == [datetime(2026, 4, 13, tzinfo=UTC)]
    review = next(one for one in found if one.step == "titrate.review")
    assert (review.late, review.missed) == (datetime(2026, 3, 4, tzinfo=UTC), None)


def test_a_phase_is_left_as_soon_as_a_step_is_done() -> None:
    found = walk("refer", 60)
    assert [one.step for one in found][:1] == ["refer.specialist"]
    assert next(one.due for one in found if one.step == "maintain.measure_bp") == datetime(2026, 3, 30, 7, tzinfo=UTC)


ENDLESS = """
carepath: 1
id: endless
version: 1.0.0
title: {en: Endless, zh: 无尽}
owner: tests
counts_from: enrolment
phases:
  steady:
    title: {en: Steady, zh: 稳定}
    until: 100 years after enrolment
    steps:
      greet: {say: hello, when: every day at morning}
    at_end: [{else: true, end: over}]
ends: {over: {}}
messages:
  hello: {to: patient, class: care, en: Good morning., zh: 早上好。}
"""


def test_what_has_no_end_is_made_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = load_pathway(ENDLESS, "endless.yaml").plan
    assert plan is not None
    made: list[datetime] = []

    def counted(*arguments: Any) -> Iterator[Slot]:
        for slot in calendar.occurrences(*arguments):
            made.append(slot.due)
            yield slot

    monkeypatch.setattr(schedules, "occurrences", counted)
    start = datetime(2026, 3, 2, tzinfo=UTC)
    walk = Expansion(plan, NO_SITE, Given(), "UTC", start, start + timedelta(days=36_500), None).run()
    first = list(islice(walk, 3))
    assert [one.due for one in first] == [start + timedelta(days=day, hours=7) for day in range(3)]
    assert len(made) < 10


def test_ten_years_are_all_there(tmp_path: Path) -> None:
    file = tmp_path / "endless.yaml"
    file.write_text(ENDLESS, encoding="utf-8")
    done = run(str(file), "--start", "2026-03-02T00:00", "--zone", "UTC", "--days", "3653", "--json")
    rows: list[dict[str, Any]] = json.loads(done.stdout)["occurrences"]
    assert (len(rows), rows[-1]["number"], rows[-1]["due"]["utc"]) == (3653, 3653, "2036-03-01T07:00:00Z")

"""What the demo tells: sentences and board in people's words, without one internal id."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from rich.console import Console

from carepath.demo.board import Board, Screen
from carepath.demo.people import cast_of, read_cast
from carepath.demo.story import share, story

PERSON = cast_of(read_cast(), "run", 12)[0]
KINDS = {"baseline.measure_bp": "measure", "throughout.tablets": "dose", "baseline.welcome": "teach"}


def row(at: str, word: str, path: str, text: str, outcome: str | None = None, **data: Any) -> dict[str, Any]:
    return {"at": f"{at}T00:00:00+00:00", "word": word, "path": path, "text": text, "outcome": outcome, "data": data}


def record(**given: Any) -> dict[str, Any]:
    return {
        "day": 60.0,
        "status": "active",
        "enrolments": [{"phase_title": "Steady", "ended": None}],
        "flags": [],
        "tasks": [],
        "handoffs": [{"machine": "pharmacy", "state": "handed_over", "final": True}],
        "latest": {"blood_pressure": {"components": {"systolic": "124", "diastolic": "81"}}},
        "counts": {"messages_sent": 70, "tasks_closed": 1, "readings": 58},
        "decided": "Medicines planned.",
        **given,
    }


WAY = [
    row("2026-03-02", "phase_entered", "baseline", "First week begins.", phase="baseline"),
    row("2026-03-02", "occurrence", "baseline.measure_bp", "Blood pressure: done.", "done"),
    row("2026-03-03", "occurrence", "baseline.measure_bp", "Blood pressure: missed.", "missed"),
    row("2026-03-03", "occurrence", "baseline.welcome", "How to measure: read.", "read"),
    row("2026-03-03", "occurrence", "throughout.tablets", "Medicines: taken.", "taken", items={"rx1": "taken"}),
    row("2026-03-04", "occurrence", "throughout.tablets", "Medicines: missed.", "missed", items={"rx1": "missed"}),
    row("2026-03-09", "window", "derived.week_mean", "Week mean: 124/81 mmHg from 24 readings on 6 days."),
    row("2026-03-09", "phase_left", "baseline", "First week ends: no other row holds.",
        row="baseline.at_end.2", why={"en": "no other row holds", "zh": "其他条件均不成立"}),
    row("2026-03-09", "phase_entered", "maintain", "Steady begins.", phase="maintain"),
]  # fmt: skip
ENDED = [
    row("2026-06-05", "phase_left", "maintain", "Steady ends."),
    row("2026-06-05", "ended", "ends.withdrawn", "Home blood-pressure follow-up ends: withdrawn.", end="withdrawn"),
]


def test_three_sentences_say_the_way_the_reason_and_the_work() -> None:
    way, why, work = story(PERSON, record(), WAY, KINDS)
    assert way == (
        "A man of 67 (plays persons 1, 13, 25, 37 and 49 of the data) joined on 2 March with “First week” "
        "→ “Steady” on 9 March and is still there."
    )
    assert why == (
        "Why: “First week” ended on 9 March: no other row holds (week mean: 124/81 mmHg from 24 readings on 6 days)."
    )
    assert work == (
        "It took 70 messages, 1 task done by people and 1 request to partners (1 handed over); 1 of 2 measurements "
        "asked for were made and 1 of 2 doses answered; now Steady, no task open."
    )


def test_an_end_is_told_in_words() -> None:
    ended = record(status="ended", enrolments=[{"phase_title": "Steady", "ended": "withdrawn"}])
    way, why, _ = story(PERSON, ended, WAY + ENDED, KINDS)
    assert way.endswith("and ended: withdrawn on 5 June.")
    assert "on 5 June home blood-pressure follow-up ends: withdrawn" in why
    assert "“Steady” ended" not in why


def test_alarms_are_told_once_with_their_number() -> None:
    alarm = row("2026-03-05", "rule_fired", "rules.low", "Low blood pressure: found (88, 86).")
    _, why, _ = story(PERSON, record(), [*WAY, alarm, alarm], KINDS)
    assert why.endswith("; alarms on the way: low blood pressure: found (88, 86) (2 times).")


@pytest.mark.parametrize("timeline", [[], WAY[:1], WAY, WAY + ENDED], ids=["nothing", "begun", "steady", "ended"])
def test_no_internal_id_is_in_a_sentence(timeline: list[dict[str, Any]]) -> None:
    given = record(enrolments=[{"phase_title": None, "ended": "not_measuring"}], flags=["no_data"], handoffs=[])
    sentences = story(PERSON, given, timeline, KINDS)
    assert len(sentences) == 3
    for sentence in sentences:
        assert sentence.endswith(".") and ". " not in sentence, sentence
        assert PERSON.key not in sentence
        assert not re.search(r"\w_\w|[a-z]\.[a-z]|\brx\d|\be\d\b|None|\{", sentence), sentence


def test_the_share_of_the_data_is_named() -> None:
    assert share(PERSON) == "plays persons 1, 13, 25, 37 and 49 of the data"


def _screen(width: int = 120) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=width, force_terminal=False), out


def test_where_there_is_no_terminal_every_line_is_plain_and_each_note_comes_once() -> None:
    console, out = _screen()
    board = Board([PERSON], 60)
    with Screen(console, board) as screen:
        board.note("worker-1 (process 1) was killed with SIGKILL; the other takes over its patients")
        board.records[PERSON.key] = record(status="ended", enrolments=[{"phase_title": "Steady", "ended": "withdrawn"}])
        screen.update()
        board.note("worker-1 is back")
    text = out.getvalue()
    assert "\x1b" not in text
    assert text.count("SIGKILL") == text.count("worker-1 is back") == 1
    assert "ended: withdrawn" in text and "124/81" in text
    assert all(len(line) <= 120 for line in text.splitlines() if line.startswith(("│", "╭", "╰")))


def test_a_patient_who_has_no_record_yet_is_joining() -> None:
    console, out = _screen()
    board = Board([PERSON], 60)
    console.print(board.show())
    assert "joining" in out.getvalue() and board.share_done() == 0.0


def test_the_share_of_the_time_never_passes_the_whole() -> None:
    board = Board(cast_of(read_cast(), "run", 2), 30)
    board.records = {board.people[0].key: record(day=60.0), board.people[1].key: record(day=15.0)}
    assert board.share_done() == pytest.approx(0.75)

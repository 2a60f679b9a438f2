"""Words and numbers that the explanations take from code are those of the code."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import get_args

import pytest

from activities.handoffs.book import _INCIDENTS as OF_PARTNERS
from activities.handoffs.signatures import TOLERANCE
from activities.intake.idempotency import KEEP
from activities.messaging.judge import Status
from activities.messaging.settling import _TEXTS as OF_MESSAGES
from activities.watchdog import _TEXTS, REPEAT
from pathways.decide.contact import CARE_USE, SAME
from tests.unit.docs_pages import DOCS
from worker.fleet import GRACE, STICKY
from worker.standing import SWEEP_EVERY, courier_queue, red_queue
from workflows.patient import HALTED_FIRST

WORDS = {timedelta(days=3): "three days", timedelta(days=7): "seven days", timedelta(seconds=10): "ten seconds"}
WORDS |= {timedelta(minutes=10): "ten minutes", timedelta(minutes=5): "five minutes", timedelta(hours=1): "an hour"}


def page(name: str) -> str:
    return " ".join((DOCS / name).read_text("utf-8").split())


def first_cells(name: str, head: str) -> set[str]:
    """The words in backticks of the first column of the table with this heading."""
    lines = (DOCS / name).read_text("utf-8").splitlines()
    rows = lines[next(number for number, line in enumerate(lines) if line.startswith(f"| {head} |")) + 2 :]
    table = rows[: next(number for number, line in enumerate(rows) if not line.startswith("|"))]
    return {word for row in table for word in re.findall(r"`([^`]+)`", row.split("|")[1])}


def test_the_ends_of_a_message_are_all_named() -> None:
    assert first_cells("how-to/when-something-is-wrong.md", "status") == {"sent", *get_args(Status)}


def test_the_kinds_of_incidents_are_all_named() -> None:
    others = {"incident", "double_end", "ledger_mismatch", "watchdog_…"}
    assert first_cells("how-to/when-something-is-wrong.md", "kind") == others | set(OF_MESSAGES) | set(OF_PARTNERS)


def test_what_the_watchdog_says_is_all_named() -> None:
    assert first_cells("how-to/when-something-is-wrong.md", "it says") == set(_TEXTS)


@pytest.mark.parametrize(
    ("name", "sentence", "value"),
    [
        ("explanation/contact.md", "The same message wanted within {}", SAME),
        ("explanation/contact.md", "waits {} at most", CARE_USE),
        ("explanation/failures.md", "another takes over, after {} at most", STICKY),
        ("explanation/failures.md", "the sweeper looks every {}", SWEEP_EVERY),
        ("how-to/run-in-a-cluster.md", "for at most {}", GRACE),
        ("how-to/when-something-is-wrong.md", "in the meantime, after {}", STICKY),
        ("how-to/when-something-is-wrong.md", "once {}", REPEAT),
        ("how-to/connect-a-partner.md", "or {} too old or too new", TOLERANCE),
        ("how-to/post-readings.md", "gets the first answer again, for {}", KEEP),
    ],
)
def test_a_time_on_a_page_is_the_one_of_the_code(name: str, sentence: str, value: timedelta) -> None:
    assert sentence.format(WORDS[value]) in page(name)


def test_a_halted_run_looks_again_as_the_page_says() -> None:
    assert f"looks again after {HALTED_FIRST // timedelta(minutes=1)} minutes" in page(
        "how-to/when-something-is-wrong.md"
    )


def test_the_queues_are_called_as_the_page_says() -> None:
    for queue in (courier_queue("carepath"), red_queue("carepath")):
        assert f"`{queue}`" in page("how-to/run-in-a-cluster.md")

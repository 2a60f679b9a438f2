"""A courier killed with SIGKILL at the worst moments, a mail server that goes away, two couriers at once."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from activities.records import schema
from carepath.partners.mailbox import Fault, MailLedger
from tests.integration.processes import Process, until
from tests.unit.courier.outbox_case import PATIENT, World


class Mailbox:
    """A mail server in a process of its own, for the tests of this module."""

    def __init__(self, folder: Path) -> None:
        self.process = Process(
            ["-m", "carepath", "partners", "mail", "--any-port", "--json"], folder, {"CAREPATH_HOME": str(folder)}
        )
        told = self.process.line()["mail"]
        self.url: str = told["url"]
        self.ledger = MailLedger(Path(told["ledger"]))


class Post:
    """A store of its own, the mail server, couriers in processes."""

    def __init__(self, folder: Path, mailbox: Mailbox) -> None:
        self.folder = folder
        self.world = World(folder)
        self.world.now = datetime.now(UTC) - timedelta(seconds=1)
        self.smtp = mailbox.url
        self.mail = mailbox.ledger
        self.mail.empty()
        self._couriers: list[Process] = []

    def plan(self, name: str, message_class: str, **values: Any) -> None:
        due = self.world.now
        given = {"channels": ("email",), "due": due, "expires": due + timedelta(hours=1), **values}
        self.world.plan(self.world.message(name, message_class=message_class, **given))

    def courier(self, seconds: float, *, red: bool = False) -> Process:
        arguments = ["-m", "tests.integration.courier.pump_process", self.world.url, self.world.keys, self.smtp]
        self._couriers.append(Process([*arguments, str(seconds), *(["red"] if red else [])], self.folder))
        return self._couriers[-1]

    def statuses(self) -> dict[str, str]:
        return {row.key.removeprefix(f"{PATIENT}:"): row.status for row in self.world.rows(schema.outbox)}

    def times(self) -> Counter[int]:
        return Counter(mail["times"] for mail in self.mail.mails())

    def close(self) -> None:
        for courier in self._couriers:
            courier.kill()
        self.world.ledger.close()


@pytest.fixture(scope="module")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    made = Mailbox(tmp_path_factory.mktemp("mail"))
    yield made
    made.process.stop()


@pytest.fixture
def post(tmp_path: Path, mailbox: Mailbox) -> Iterator[Post]:
    made = Post(tmp_path, mailbox)
    yield made
    made.close()


def _drain(post: Post) -> None:
    """A courier works until nothing waits, and is then stopped politely."""
    courier = post.courier(120)
    until(lambda: not {"planned", "sending"} & set(post.statuses().values()), within=60)
    assert courier.stop() == 0


def _until_mails(post: Post, count: int) -> None:
    until(lambda: len(post.mail.mails()) >= count)


@pytest.mark.parametrize(
    ("message_class", "fault", "status", "times"),
    [
        ("dose", "next_hang", "unknown", {1: 1}),
        ("dose", "next_stall", "unknown", {}),
        ("care", "next_hang", "sent", {2: 1}),
        ("care", "next_stall", "sent", {1: 1}),
        ("info", "next_hang", "sent", {2: 1}),
        ("red", "next_hang", "sent", {2: 1}),
        ("red", "next_stall", "sent", {1: 1}),
    ],
)
def test_killed_between_the_claim_and_the_answer(
    post: Post, message_class: str, fault: Fault, status: str, times: dict[int, int]
) -> None:
    post.plan("m", message_class)
    post.mail.fail(fault, 1)
    courier = post.courier(60)
    until(lambda: post.mail.pending(fault) == 0)
    if fault == "next_hang":
        until(post.mail.mails)
    assert post.statuses() == {"m": "sending"}
    courier.kill()
    _drain(post)
    assert post.statuses() == {"m": status}
    assert post.times() == times
    told = [("delivery", {"message": f"{PATIENT}:m", "status": "unknown"})] if status == "unknown" else []
    assert post.world.events() == told


def test_killed_at_any_moment_nothing_is_lost_and_doses_come_at_most_once(post: Post) -> None:
    classes = ("dose", "care", "red")
    for number in range(90):
        post.plan(f"{number}", classes[number % 3])
    kills = 0
    for wanted in (5, 25, 55):
        courier = post.courier(60)
        _until_mails(post, wanted)
        courier.kill()
        kills += 1
    _drain(post)
    statuses = Counter(post.statuses().values())
    assert statuses["sent"] + statuses["unknown"] == 90
    assert statuses["unknown"] <= kills
    by_class: dict[str, list[int]] = {name: [] for name in classes}
    for mail in post.mail.mails():
        by_class[mail["class"]].append(mail["times"])
    assert set(by_class["dose"]) == {1}
    assert len(by_class["care"]) == len(by_class["red"]) == 30
    assert sum(by_class["red"]) + sum(by_class["care"]) - 60 <= kills


def test_two_couriers_at_once_share_the_rows(post: Post) -> None:
    for number in range(60):
        post.plan(f"{number}", "red" if number % 2 else "care")
    red = post.courier(120, red=True)
    _drain(post)
    assert red.stop() == 0
    assert set(post.statuses().values()) == {"sent"}
    assert post.times() == {1: 60}


def test_a_polite_stop_leaves_nothing_in_doubt(post: Post) -> None:
    for number in range(100):
        post.plan(f"{number}", "dose")
    courier = post.courier(60)
    _until_mails(post, 3)
    assert courier.stop() == 0
    _drain(post)
    statuses = Counter(post.statuses().values())
    assert statuses["unknown"] <= 1
    assert statuses["sent"] + statuses["unknown"] == 100
    assert post.times() == {1: 100} or statuses["unknown"] == 1


def test_a_mail_server_that_is_away_holds_nothing_up(post: Post) -> None:
    post.plan("mail", "red")
    post.plan("app", "care", channels=("app",))
    there, post.smtp = post.smtp, "smtp://127.0.0.1:1"
    courier = post.courier(120)
    until(lambda: post.world.rows(schema.incident))
    assert post.statuses()["app"] == "sent"
    assert courier.stop() == 0
    post.smtp = there
    _drain(post)
    assert post.statuses()["mail"] == "sent"
    assert post.times() == {1: 1}


def test_a_store_locked_for_seconds_delays_and_loses_nothing(post: Post) -> None:
    courier = post.courier(120)
    until(lambda: post.world.rows(schema.heartbeat))
    for number in range(20):
        post.plan(f"{number}", "care")
    database = post.world.url.removeprefix("sqlite:///").partition("?")[0]
    with closing(sqlite3.connect(database, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        end = monotonic() + 7.0  # longer than any one statement waits for the lock
        until(lambda: monotonic() > end)
        other.execute("ROLLBACK")
    until(lambda: set(post.statuses().values()) == {"sent"})
    assert courier.stop() == 0
    assert post.times() == {1: 20}

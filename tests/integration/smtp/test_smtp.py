"""The mail channel against a real SMTP server: what was sent, what was not, and what nobody can know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from activities.messaging.ports import Letter, Never, NotNow, Sent, Unsure
from activities.messaging.smtp import SmtpChannel, message_id, smtp_server
from carepath.partners.mailbox import MailLedger, serve_mail

LETTER = Letter(
    key="patient00001:e1:baseline.measure:3:due",
    address="wang@example.org",
    message_class="care",
    language="zh",
    subject="您的健康团队消息",
    text="请在今天晚上测量血压。\n谢谢！",
)


class Server:
    """A mail server that can be stopped and started again on its port."""

    def __init__(self, folder: Path) -> None:
        self.ledger = MailLedger(folder / "mail.db")
        self.port = 0
        self._running: asyncio.Server | None = None

    async def start(self) -> None:
        self._running = await serve_mail(self.ledger, "127.0.0.1", self.port)
        self.port = self._running.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._running is not None:
            self._running.close()
            self._running = None


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    made = Server(tmp_path)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def channel(server: Server) -> AsyncIterator[SmtpChannel]:
    made = SmtpChannel(smtp_server(f"smtp://127.0.0.1:{server.port}?from=care@clinic.example"), timeout=2.0)
    yield made
    await made.close()


async def test_a_letter_arrives_whole_under_an_id_made_from_its_key(server: Server, channel: SmtpChannel) -> None:
    outcome = await channel.send(LETTER)
    expected = message_id(LETTER.key, "care@clinic.example")
    assert outcome == Sent(expected)
    (mail,) = server.ledger.mails()
    assert (mail["message_id"], mail["recipient"], mail["subject"]) == (expected, LETTER.address, LETTER.subject)
    assert mail["body"].replace("\r\n", "\n").strip() == LETTER.text
    assert "patient" not in expected, "an id tells strangers nothing"


async def test_the_same_key_twice_is_one_mail_for_a_receiver_that_knows_ids(
    server: Server, channel: SmtpChannel
) -> None:
    await channel.send(LETTER)
    await channel.send(LETTER)
    assert [mail["times"] for mail in server.ledger.mails()] == [2]


async def test_many_letters_go_over_one_line(server: Server, channel: SmtpChannel) -> None:
    for number in range(50):
        assert isinstance(await channel.send(replace(LETTER, key=f"k{number}")), Sent)
    assert len(server.ledger.mails()) == 50


async def test_put_off_refused_and_cut_off(server: Server, channel: SmtpChannel) -> None:
    server.ledger.fail("next_451", 1)
    assert await channel.send(LETTER) == NotNow("smtp-data-451")
    server.ledger.fail("next_550", 1)
    assert await channel.send(LETTER) == Never("smtp-data-550")
    assert server.ledger.mails() == []
    server.ledger.fail("next_cut", 1)
    assert await channel.send(LETTER) == Unsure("smtp-answer-lost")
    assert await channel.send(LETTER) == Sent(message_id(LETTER.key, "care@clinic.example"))
    assert [mail["times"] for mail in server.ledger.mails()] == [2]


async def test_an_answer_that_never_comes_is_unsure(server: Server, channel: SmtpChannel) -> None:
    server.ledger.fail("next_hang", 1)
    assert await channel.send(LETTER) == Unsure("smtp-answer-lost")


async def test_a_server_that_is_away_and_comes_back(server: Server, channel: SmtpChannel) -> None:
    await server.stop()
    assert await channel.send(LETTER) == NotNow("smtp-line")
    await server.start()
    assert isinstance(await channel.send(LETTER), Sent)


@pytest.mark.parametrize("address", ["", "wang", "a@b\r\nBcc: x@example.org", "a b@example.org", "@", "王@例子"])
async def test_what_is_no_address_never_reaches_the_wire(server: Server, channel: SmtpChannel, address: str) -> None:
    outcome = await channel.send(replace(LETTER, address=address))
    assert isinstance(outcome, Never), outcome
    assert server.ledger.mails() == []


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [("smtp://mail.example", 25, False), ("smtps://u:p%40ss@mail.example", 465, True), ("smtp://h:2525", 2525, False)],
)
def test_addresses_of_servers(url: str, port: int, tls: bool) -> None:
    server = smtp_server(url)
    assert (server.port, server.tls) == (port, tls)
    assert server.password in {None, "p@ss"}


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example:25", "smtp://", "smtp://h?sender=a@b"])
def test_what_is_no_server(url: str) -> None:
    with pytest.raises(ValueError, match="mail server"):
        smtp_server(url)

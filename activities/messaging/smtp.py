"""E-mail by SMTP. The Message-ID is made from the key, so a receiver can tell a second copy.

250 after the content is `Sent`; a 4xx answer or a failure before the content was handed over is `NotNow`; 5xx is
`Never`; a line lost while the content was under way is `Unsure`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from activities.messaging.ports import Letter, Never, NotNow, Outcome, Sent, Unsure, opaque


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in, and as whom."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    sender: str


def smtp_server(url: str) -> SmtpServer:
    """Read ``smtp[s]://[user:password@]host[:port][?from=address]``.

    Raises:
        ValueError: another scheme, or no host. The text shows no part of the address.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("a mail server is smtp://[user:password@]host[:port][?from=address], or smtps://")
    query = parse_qs(parts.query)
    if set(query) - {"from"}:
        raise ValueError("the address of a mail server knows one option: from")
    tls = parts.scheme == "smtps"
    return SmtpServer(
        parts.hostname,
        parts.port or (465 if tls else 25),
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        tls,
        query.get("from", ["carepath@localhost"])[0],
    )


def message_id(key: str, sender: str) -> str:
    """The Message-ID of a key."""
    return f"<{opaque(key)}@{sender.rpartition('@')[2]}>"


def compose(letter: Letter, sender: str) -> EmailMessage:
    """The mail of a letter. Raises ValueError when the address is none."""
    mail = EmailMessage(policy=WIRE)
    mail["From"] = sender
    mail["To"] = _address(letter.address)
    mail["Subject"] = letter.subject
    mail["Message-ID"] = message_id(letter.key, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = letter.language
    mail["X-Carepath-Class"] = letter.message_class
    if letter.message_class == "red":
        mail["Importance"] = "high"
    mail.set_content(letter.text)
    return mail


def _address(text: str) -> Address:
    if not text.isprintable():
        raise ValueError("an address is one line")
    try:
        return Address(addr_spec=text)
    except (ValueError, IndexError, MessageError) as error:
        raise ValueError("this is no mail address") from error


class SmtpChannel:
    """One connection, kept between letters and made anew when it is gone. Letters go one after the other."""

    def __init__(self, server: SmtpServer, timeout: float = 15.0, tls_context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._timeout = timeout
        self._tls = tls_context
        self._lock = asyncio.Lock()
        self._line: aiosmtplib.SMTP | None = None

    async def send(self, letter: Letter) -> Outcome:
        """Send one mail."""
        try:
            mail = compose(letter, self._server.sender)
        except ValueError:
            return Never("address-invalid")
        async with self._lock:
            try:
                return await self._send(mail, letter.address)
            finally:
                if self._line is not None and not self._line.is_connected:
                    self._line = None

    async def close(self) -> None:
        """Say goodbye."""
        async with self._lock:
            line, self._line = self._line, None
            if line is not None and line.is_connected:
                with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                    await line.quit()
                line.close()

    async def _send(self, mail: EmailMessage, address: str) -> Outcome:
        kept = self._line is not None
        failed = await self._before(lambda: self._envelope(address))
        if failed is not None and failed.code == "smtp-line" and kept:
            # The server may have hung up between two letters: nothing was handed over, so once more on a new line.
            failed = await self._before(lambda: self._envelope(address))
        if failed is not None:
            return failed
        assert self._line is not None
        try:
            await self._line.data(mail.as_bytes())
        except aiosmtplib.SMTPResponseException as error:
            return _judged(error.code, "data")
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            self._drop()
            return Unsure("smtp-answer-lost")
        except asyncio.CancelledError:
            self._drop()
            raise
        return Sent(str(mail["Message-ID"]))

    async def _before(self, step: Callable[[], Awaitable[None]]) -> NotNow | Never | None:
        """Run what comes before the content; a failure there means: certainly not sent."""
        try:
            await step()
        except aiosmtplib.SMTPAuthenticationError:
            self._drop()
            return NotNow("smtp-auth")
        except aiosmtplib.SMTPResponseException as error:
            self._drop()
            return _judged(error.code, "envelope")
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            self._drop()
            return NotNow("smtp-line")
        except asyncio.CancelledError:
            self._drop()
            raise
        return None

    async def _envelope(self, address: str) -> None:
        line = await self._connected()
        await line.mail(self._server.sender)
        await line.rcpt(address)

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._line is not None and self._line.is_connected:
            return self._line
        line = aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.user,
            password=self._server.password,
            use_tls=self._server.tls,
            tls_context=self._tls,
            timeout=self._timeout,
            local_hostname="carepath.invalid",
        )
        await line.connect()
        self._line = line
        return line

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def _judged(code: int, where: str) -> NotNow | Never:
    return Never(f"smtp-{where}-{code}") if 500 <= code < 600 else NotNow(f"smtp-{where}-{code}")

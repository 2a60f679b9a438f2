"""An SMTP receiver for tests and the demo: a real mail server that keeps a ledger and knows Message-IDs.

The same Message-ID twice is one mail delivered once, counted twice. Faults are set in the ledger's file: so many
next mails are put off (451), refused (550), taken and then the line is cut before the answer, or the answer is held
back before or after the mail is taken.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, Final, Literal

Fault = Literal["next_451", "next_550", "next_cut", "next_stall", "next_hang"]
HELD_BACK: Final = 30.0
"""Seconds an answer is held back."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mails (
    message_id TEXT PRIMARY KEY, recipient TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
    class TEXT NOT NULL, times INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS faults (name TEXT PRIMARY KEY, left_ INTEGER NOT NULL);
"""


class MailLedger:
    """The mails that came, in a SQLite file that several processes may open."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(self._open()) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.executescript(_SCHEMA)

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, timeout=10)
        db.execute("PRAGMA synchronous=OFF")  # a kill loses nothing; only a power cut would, and this is no product
        return db

    def mails(self) -> list[dict[str, Any]]:
        """Every mail, in order of arrival, with how many times it came."""
        with closing(self._open()) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute("SELECT * FROM mails ORDER BY rowid")]

    def empty(self) -> None:
        """Forget every mail and fault."""
        with closing(self._open()) as db:
            db.execute("DELETE FROM mails")
            db.execute("DELETE FROM faults")

    def fail(self, fault: Fault, times: int) -> None:
        """Show a fault for the next ``times`` mails."""
        with closing(self._open()) as db:
            db.execute("INSERT OR REPLACE INTO faults VALUES (?, ?)", (fault, times))

    def pending(self, fault: Fault) -> int:
        """How often a fault will still strike."""
        with closing(self._open()) as db:
            row = db.execute("SELECT left_ FROM faults WHERE name = ?", (fault,)).fetchone()
            return 0 if row is None else int(row[0])

    def strike(self, fault: Fault) -> bool:
        """Whether the fault strikes now; each strike counts it down."""
        with closing(self._open()) as db:
            if db.execute("SELECT 1 FROM faults WHERE name = ? AND left_ > 0", (fault,)).fetchone() is None:
                return False
            changed = db.execute("UPDATE faults SET left_ = left_ - 1 WHERE name = ? AND left_ > 0", (fault,))
            return changed.rowcount > 0

    def keep(self, content: bytes, recipient: str) -> None:
        """Keep one mail."""
        mail = message_from_bytes(content, policy=default)
        body = mail.get_body(("plain",))
        row = (
            str(mail["Message-ID"] or ""),
            recipient,
            str(mail["Subject"] or ""),
            body.get_content() if body is not None else "",
            str(mail["X-Carepath-Class"] or ""),
        )
        with closing(self._open()) as db:
            db.execute(
                "INSERT INTO mails VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT (message_id) DO UPDATE SET times = times + 1",
                row,
            )


class _Handler:
    """What aiosmtpd calls for each mail."""

    def __init__(self, ledger: MailLedger) -> None:
        self._ledger = ledger

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take or refuse one mail."""
        del session
        if self._ledger.strike("next_451"):
            return "451 4.3.0 come again later"
        if self._ledger.strike("next_550"):
            return "550 5.1.1 no such mailbox"
        if self._ledger.strike("next_stall"):
            await asyncio.sleep(HELD_BACK)
        for recipient in envelope.rcpt_tos:
            self._ledger.keep(envelope.content, recipient)
        if self._ledger.strike("next_hang"):
            await asyncio.sleep(HELD_BACK)
        if self._ledger.strike("next_cut"):
            server.transport.abort()
        return "250 2.0.0 kept"


async def serve_mail(ledger: MailLedger, host: str, port: int) -> asyncio.Server:
    """Start the receiver; port 0 takes a free one.

    Raises:
        ModuleNotFoundError: aiosmtpd is not installed (it is no dependency of the product).
    """
    from aiosmtpd.smtp import SMTP

    handler = _Handler(ledger)
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: SMTP(handler, enable_SMTPUTF8=True, hostname="mailbox.invalid", loop=loop), host, port
    )

"""The audit: one hash chain per journey (and one for what concerns none), so that a change shows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from activities.records.ledger import Ledger, Sealer
from activities.records.schema import audit, audit_head
from activities.records.types import canonical, to_microseconds

START: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """Something somebody did. ``who`` is opaque, ``action`` a coded word, ``subject`` a key; ``detail`` is sealed."""

    who: str
    action: str
    subject: str = ""
    detail: Any = None


def append(connection: Connection, sealer: Sealer, chain: str, at: datetime, entries: Sequence[Entry]) -> None:
    """Add entries to a chain (the journey's key, or ``_system``) in the caller's transaction."""
    if not entries:
        return
    head = connection.execute(select(audit_head).where(audit_head.c.chain == chain).with_for_update()).one_or_none()
    number, previous = (0, START) if head is None else (head.number, head.hash)
    rows = []
    for entry in entries:
        number += 1
        detail = sealer.seal("audit.detail", entry.detail)
        digest = link(previous, chain, number, at, entry.who, entry.action, entry.subject, detail)
        rows.append(
            {
                "chain": chain,
                "number": number,
                "at": at,
                "who": entry.who,
                "action": entry.action,
                "subject": entry.subject,
                "detail_sealed": detail,
                "previous": previous,
                "hash": digest,
            }
        )
        previous = digest
    connection.execute(insert(audit), rows)
    if head is None:
        connection.execute(insert(audit_head).values(chain=chain, number=number, hash=previous))
    else:
        connection.execute(update(audit_head).where(audit_head.c.chain == chain).values(number=number, hash=previous))


def link(
    previous: str, chain: str, number: int, at: datetime, who: str, action: str, subject: str, detail: bytes
) -> str:
    """The hash of one entry over everything in it and the hash before."""
    content = [previous, chain, number, to_microseconds(at), who, action, subject, hashlib.sha256(detail).hexdigest()]
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def verify(ledger: Ledger, chain: str) -> int | None:
    """The number of the first entry that is not what it was (changed, missing, moved, cut off); None: all whole.

    Works without the owner's key: also after shredding.
    """

    def work(connection: Connection) -> int | None:
        previous, expected = START, 1
        for row in connection.execute(select(audit).where(audit.c.chain == chain).order_by(audit.c.number)):
            digest = link(previous, chain, row.number, row.at, row.who, row.action, row.subject, row.detail_sealed)
            if row.number != expected or row.previous != previous or row.hash != digest:
                return expected
            previous, expected = digest, expected + 1
        head = connection.execute(select(audit_head).where(audit_head.c.chain == chain)).one_or_none()
        known = (0, START) if head is None else (head.number, head.hash)
        return None if known == (expected - 1, previous) else expected

    return ledger.store.read(work)

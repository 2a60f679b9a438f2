"""Attachments in the records: sealed with the patient's key, known by a reference that tells nothing of them.

The reference is ``photo-…``, ``voice-…`` or ``signature-…`` and a hash keyed by the patient: the same picture sent
twice is kept once, and the same picture of two patients has two references. Answers hold references only. Without the
patient's key nothing of it opens: shredding the key is the end of it. What no answer names within a week is deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from activities.attachments.cleaned import LARGEST, Clean, cleaned
from activities.intake.inbox import locked
from activities.intake.refusals import Refusal, refuse
from activities.records import audit
from activities.records.ledger import Ledger
from activities.records.schema import attachment
from pathways.decide.forms import REFERENCE

Json = Any
A_DAY: Final = 100
"""Attachments one patient may send in 24 hours."""
UNUSED_FOR: Final = timedelta(days=7)
PURPOSE: Final = "attachment.content"


@dataclass(frozen=True, slots=True)
class Kept:
    """An attachment without its bytes. ``at``: wall time of its arrival; ``by``: who sent it, opaque."""

    key: str
    kind: str
    media: str
    size: int
    at: datetime
    by: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an attachment."""

    media: str
    data: bytes


def keep(ledger: Ledger, patient: str, kind: str, data: bytes, *, by: str, largest: int = LARGEST) -> Kept | Refusal:
    """Check, clean and keep an attachment, whole or not at all. The same again changes nothing.

    ``largest``: bytes that are taken.
    """
    clean = cleaned(kind, data, largest)
    if isinstance(clean, Refusal):
        return clean
    sealer = ledger.keys_if_any(patient)
    if sealer is None:
        return refuse("patient_unknown", field="patient")
    digest = hashlib.sha256(clean.data).hexdigest()
    key = f"{kind}-{sealer.fingerprint([PURPOSE, kind, digest])[:32]}"
    sealed = sealer.keys.seal(PURPOSE, clean.data)

    def work(connection: Connection) -> Kept | Refusal:
        row = locked(connection, patient)
        if isinstance(row, Refusal):
            return row
        known = connection.execute(_one(patient, key)).one_or_none()
        if known is not None:
            return _kept(known)
        now = ledger.store.now()
        mine = attachment.c.patient == patient
        connection.execute(delete(attachment).where(mine, ~attachment.c.used, attachment.c.at < now - UNUSED_FOR))
        recent = select(func.count()).where(mine, attachment.c.at > now - timedelta(hours=24))
        if (connection.scalar(recent) or 0) >= A_DAY:
            return refuse("attachment_too_many", limit=A_DAY)
        connection.execute(insert(attachment).values(_row(patient, key, kind, clean, sealed, now, by)))
        audit.append(
            connection, sealer, patient, now, [audit.Entry(by, "attachment_kept", key, {"media": clean.media})]
        )
        return Kept(key, kind, clean.media, len(clean.data), now, by, fresh=True)

    return ledger.store.transact(work)


def _row(patient: str, key: str, kind: str, clean: Clean, sealed: bytes, now: datetime, by: str) -> dict[str, Json]:
    return {
        "patient": patient,
        "key": key,
        "kind": kind,
        "media": clean.media,
        "size": len(clean.data),
        "at": now,
        "by": by,
        "used": False,
        "content_sealed": sealed,
    }


_SHOWN: Final = (
    attachment.c.key, attachment.c.kind, attachment.c.media, attachment.c.size, attachment.c.at, attachment.c.by,
)  # fmt: skip


def _one(patient: str, key: str) -> Any:
    return select(*_SHOWN).where(attachment.c.patient == patient, attachment.c.key == key)


def _kept(row: Any) -> Kept:
    return Kept(row.key, row.kind, row.media, row.size, row.at, row.by)


def content(ledger: Ledger, patient: str, key: str, *, by: str) -> Content | Refusal:
    """The bytes of an attachment, and in the audit who looked at it."""
    sealer = ledger.keys_if_any(patient)
    if sealer is None:
        return refuse("attachment_unknown", field="attachment")

    def work(connection: Connection) -> Content | Refusal:
        query = select(attachment.c.media, attachment.c.content_sealed)
        row = connection.execute(query.where(attachment.c.patient == patient, attachment.c.key == key)).one_or_none()
        if row is None:
            return refuse("attachment_unknown", field="attachment")
        entry = audit.Entry(by, "attachment_read", key)
        audit.append(connection, sealer, patient, ledger.store.now(), [entry])
        return Content(row.media, sealer.keys.open(PURPOSE, row.content_sealed))

    return ledger.store.transact(work)


def listed(ledger: Ledger, patient: str, limit: int) -> list[Kept] | Refusal:
    """The attachments of a patient, the newest first."""
    if ledger.keys_if_any(patient) is None:
        return refuse("patient_unknown", field="patient")
    query = select(*_SHOWN).where(attachment.c.patient == patient)
    ordered = query.order_by(attachment.c.at.desc(), attachment.c.key).limit(limit)
    return ledger.store.read(lambda connection: [_kept(row) for row in connection.execute(ordered)])


def claim(connection: Connection, patient: str, form: Json) -> Refusal | None:
    """Note that an answer names these attachments; refused where one is not this patient's."""
    keys = sorted(set(_references(form)))
    if not keys:
        return None
    named = (attachment.c.patient == patient) & attachment.c.key.in_(keys)
    known = connection.scalar(select(func.count()).select_from(attachment).where(named))
    if known != len(keys):
        return refuse("attachment_unknown", field="form")
    connection.execute(update(attachment).where(named).values(used=True))
    return None


def _references(value: Json) -> Iterator[str]:
    if isinstance(value, str) and REFERENCE.fullmatch(value):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)

"""Incidents: what no pathway can mend. Each waits until a person takes it; until then the watchdog tells staff."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from activities.keys.keyring import SYSTEM
from activities.records.audit import Entry, append
from activities.records.ledger import Ledger
from activities.records.schema import incident
from pathways.lang.plan_base import Text

Json = Any


def waiting_since(connection: Connection) -> datetime | None:
    """Since when the oldest incident of a patient waits for somebody; None where none does.

    What the watchdog itself raised is told by the watchdog while it lasts, and does not count here.
    """
    open_ = select(incident.c.at).where(incident.c.taken_at.is_(None), ~incident.c.kind.startswith("watchdog_"))
    return connection.scalar(open_.order_by(incident.c.at).limit(1))


def incidents(ledger: Ledger, *, status: str, limit: int, language: str) -> list[Json]:
    """Incidents, the newest first. ``status``: open (nobody has taken it), taken or all."""
    query = select(incident).order_by(incident.c.at.desc(), incident.c.key).limit(limit)
    if status != "all":
        open_ = incident.c.taken_at.is_(None)
        query = query.where(open_ if status == "open" else ~open_)
    return [_shown(ledger, row, language) for row in ledger.store.read(lambda c: c.execute(query).all())]


def _shown(ledger: Ledger, row: Row[Any], language: str) -> Json:
    return {
        "id": row.key,
        "patient": None if row.journey == SYSTEM else row.journey,
        "kind": row.kind,
        "at": row.at.isoformat(),
        "text": _text(ledger, row, language),
        "taken_by": row.taken_by,
        "taken_at": None if row.taken_at is None else row.taken_at.isoformat(),
    }


def _text(ledger: Ledger, row: Row[Any], language: str) -> str | None:
    """None for a patient whose keys were shredded."""
    sealer = ledger.keys_if_any(row.journey)
    if sealer is None:
        return None
    return Text.model_validate(sealer.open("incident.text", row.text_sealed)).in_language(language)


def take(ledger: Ledger, key: str, by: str) -> Json | None:
    """A person takes an incident in hand, once: the first stays. It is in the audit. None for an unknown one."""
    one = select(incident).where(incident.c.key == key)
    found = ledger.store.read(lambda c: c.execute(one).one_or_none())
    if found is None:
        return None
    chain, sealer = found.journey, ledger.keys_if_any(found.journey)
    if sealer is None:
        chain, sealer = SYSTEM, ledger.keys(SYSTEM)

    def work(connection: Connection) -> Row[Any]:
        row = connection.execute(one.with_for_update()).one()
        if row.taken_at is not None:
            return row
        now = ledger.store.now()
        connection.execute(update(incident).where(incident.c.key == key).values(taken_by=by, taken_at=now))
        append(connection, sealer, chain, now, [Entry(by, "take_incident", key)])
        return connection.execute(one).one()

    row = ledger.store.transact(work)
    # No text: this answer is kept for a repeated request, and must not outlive the patient's keys.
    return {"id": row.key, "kind": row.kind, "taken_by": row.taken_by, "taken_at": row.taken_at.isoformat()}

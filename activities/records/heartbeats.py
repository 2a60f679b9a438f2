"""Signs of life of the machinery, for the sweeper and the watchdog."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from activities.records.schema import heartbeat

FORGOTTEN: Final = timedelta(minutes=5)


def beat(connection: Connection, name: str, at: datetime, age: float, data: Any = None) -> None:
    """Say that ``name`` lives at wall time ``at``; ``age``: seconds its oldest overdue thing is late."""
    values = {"at": at, "age": age, "data": data}
    changed = connection.execute(update(heartbeat).where(heartbeat.c.name == name).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(heartbeat).values(name=name, **values))


def forget_others(connection: Connection, prefix: str, names: Collection[str], now: datetime) -> None:
    """Forget the signs of life under ``prefix`` of those that are no more among ``names`` and silent for minutes."""
    rows = connection.execute(select(heartbeat.c.name, heartbeat.c.at).where(heartbeat.c.name.startswith(prefix)))
    gone = [row.name for row in rows if row.name not in names and row.at < now - FORGOTTEN]
    if gone:
        connection.execute(delete(heartbeat).where(heartbeat.c.name.in_(gone)))

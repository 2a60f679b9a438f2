"""Signs of life of the machinery, for the sweeper and the watchdog."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from activities.records.schema import heartbeat


def beat(connection: Connection, name: str, at: datetime, age: float, data: Any = None) -> None:
    """Say that ``name`` lives at wall time ``at``; ``age``: seconds its oldest overdue thing is late."""
    values = {"at": at, "age": age, "data": data}
    changed = connection.execute(update(heartbeat).where(heartbeat.c.name == name).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(heartbeat).values(name=name, **values))

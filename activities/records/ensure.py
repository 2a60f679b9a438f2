"""Bring the store's schema to the newest revision. Any process may call it at start; one of them does the work."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from activities.records.store import Store

HEAD: Final = "0004"
"""The newest revision in ``migrations/versions``; a test compares."""

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_ADVISORY_LOCK: Final = 7_203_114_001


def ensure_schema(store: Store) -> None:
    """Create or upgrade the tables, in one transaction; nothing happens when they are up to date.

    Raises:
        StoreUnavailableError: the store is away.
    """
    if store.read(revision) == HEAD:
        return
    store.transact(_upgrade)


def revision(connection: Connection) -> str | None:
    """The revision the store is at; None: empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _upgrade(connection: Connection) -> None:
    # Alembic takes a quarter of a second to import, and most starts need none of it.
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    if revision(connection) == HEAD:
        return
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

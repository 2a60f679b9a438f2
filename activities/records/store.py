"""The one way into the SQL store: transactions are taken whole, tried again, or end in `StoreUnavailableError`.

SQLite (one machine) runs in WAL with ``BEGIN IMMEDIATE``, so that a transaction never finds at its end that another
was faster; ``?synchronous=normal`` in the URL trades the last moments before a power cut for speed. PostgreSQL (a
cluster) runs READ COMMITTED; what must not interleave locks the journey's row first (`lock_journey`), because
sequence numbers there do not commit in order.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError, SQLAlchemyError

from activities.records.schema import journey

T = TypeVar("T")

_TRIES: Final = 6
_PAUSES: Final = (0.02, 0.05, 0.1, 0.2, 0.4)
_RETRY_STATES: Final = frozenset({"40001", "40P01", "55P03"})
_GONE_STATES: Final = frozenset({"57P01", "57P02", "57P03", "08000", "08003", "08006", "08001", "53300"})
_PATIENCE: Final = 3000
"""Milliseconds a SQLite transaction waits for another before it is tried again."""
_READING: Final = "carepath_reading"


class StoreUnavailableError(Exception):
    """The store did not take or give this now: locked too long, away, or full. Try again later."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Store:
    """A SQL store. Threads share one; processes each open their own."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine = engine
        self._clock = clock

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded store."""
        return self.engine.dialect.name == "sqlite"

    def now(self) -> datetime:
        """Wall time, aware UTC."""
        return self._clock()

    def transact(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction and commit. It may run more than once: no side effects but SQL.

        Raises:
            StoreUnavailableError: locked or away after a bounded number of tries.
        """
        for attempt in range(_TRIES):
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except IntegrityError:
                # Two processes stored the same thing at one moment: the second look finds it there.
                if attempt:
                    raise
            except DBAPIError as error:
                if not _may_retry(error):
                    raise
                if attempt == _TRIES - 1:
                    raise StoreUnavailableError(_kind(error)) from error
                time.sleep(_PAUSES[attempt])
        raise AssertionError("unreachable")

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` on a consistent view and change nothing.

        Raises:
            StoreUnavailableError: as `transact`.
        """
        for attempt in range(_TRIES):
            try:
                with self.engine.connect().execution_options(**{_READING: True}) as connection:
                    return work(connection)
            except DBAPIError as error:
                if not _may_retry(error):
                    raise
                if attempt == _TRIES - 1:
                    raise StoreUnavailableError(_kind(error)) from error
                time.sleep(_PAUSES[attempt])
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(url: str, clock: Callable[[], datetime] = utc_now) -> Store:
    """The store at a SQLAlchemy URL; plain ``postgresql://`` means the pg8000 driver. Does not connect yet.

    Raises:
        ValueError: neither SQLite nor PostgreSQL.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return Store(_sqlite(address), clock)
    return Store(_postgresql(address), clock)


def lock_journey(connection: Connection, key: str) -> Any:
    """The journey's row, held until the transaction ends; None when there is no such journey.

    Whoever adds to a journey's inbox or ticks it takes this first: a number given earlier is then committed
    earlier, and no tick moves its cursor past a row that is not yet visible. (SQLite has one writer at a time anyway.)
    """
    return connection.execute(select(journey).where(journey.c.key == key).with_for_update()).one_or_none()


def _address(url: str) -> URL:
    address = make_url(url)
    backend = address.get_backend_name()
    if backend == "postgresql" and address.drivername == "postgresql":
        return address.set(drivername="postgresql+pg8000")
    if backend not in {"sqlite", "postgresql"}:
        raise ValueError(f"records live in SQLite or PostgreSQL, not in {backend}")
    return address


def _sqlite(address: URL) -> Engine:
    synchronous = str(address.query.get("synchronous", "full")).lower()
    if synchronous not in {"full", "normal"}:
        raise ValueError("synchronous is full or normal: anything less loses acknowledged readings")
    patience = int(str(address.query.get("busy_timeout", _PATIENCE)))
    address = address.difference_update_query(["synchronous", "busy_timeout"])
    engine = create_engine(address, connect_args={"timeout": patience / 1000}, pool_size=20, max_overflow=40)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        del record
        # The driver's own transaction handling begins late and deferred; ours begins at once (below).
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            f"busy_timeout={patience}",
            "cache_size=-16000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READING, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _postgresql(address: URL) -> Engine:
    return create_engine(address, pool_size=20, max_overflow=40, pool_pre_ping=True, pool_recycle=1800)


def _state(error: DBAPIError) -> str:
    """PostgreSQL's SQLSTATE, as pg8000 gives it (a dict in the first argument), or nothing."""
    args = getattr(error.orig, "args", ())
    first = args[0] if args else None
    return str(first.get("C", "")) if isinstance(first, dict) else ""


def _may_retry(error: DBAPIError) -> bool:
    state = _state(error)
    if state:
        return state in _RETRY_STATES or state in _GONE_STATES
    if error.connection_invalidated or isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    text = str(error.orig).lower()
    return any(word in text for word in ("locked", "busy", "unable to open", "disk i/o", "disk is full", "connect"))


def _kind(error: SQLAlchemyError) -> str:
    return f"the store is locked or away ({type(error).__name__})"

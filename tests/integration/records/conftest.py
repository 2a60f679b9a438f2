"""The same records on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.integration.records.house import House


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    try:
        postgres.binaries()
    except postgres.MissingError as missing:
        pytest.skip(str(missing))
    with postgres.running() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.db'}?synchronous=normal"
    server: postgres.Server = request.getfixturevalue("postgres_server")
    return server.cleared()


@pytest.fixture
def house(url: str, tmp_path: Path) -> Iterator[House]:
    """Records with the hypertension pathway published and a clock that only tests move."""
    made = House(url, str(tmp_path / "keys.json"))
    yield made
    made.ledger.close()


@pytest.fixture
def postgres_house(postgres_server: postgres.Server, tmp_path: Path) -> Iterator[House]:
    """The same on PostgreSQL only."""
    made = House(postgres_server.cleared(), str(tmp_path / "keys.json"))
    yield made
    made.ledger.close()

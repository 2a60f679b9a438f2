"""A Temporal server of a test's own: couriers and the sweeper have fixed names, so two products never share one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from carepath.server.binary import TemporalBinary
from carepath.server.process import TemporalServer
from tests.integration.faults.house import House, Postgresql, Sqlite
from tests.services import Postgres, find_postgres


class MakeHouse(Protocol):
    def __call__(self, kind: str) -> House: ...


@pytest.fixture
def make_house(temporal_binary: TemporalBinary, tmp_path: Path) -> Iterator[MakeHouse]:
    """Makes a product with its records in ``sqlite`` or ``postgresql``; nothing of it runs yet but Temporal."""
    with ExitStack() as stack:

        def make(kind: str) -> House:
            if kind == "sqlite":
                database: Sqlite | Postgresql = Sqlite(tmp_path)
            else:
                binaries = find_postgres()
                if binaries is None:
                    pytest.skip("no PostgreSQL on this machine: run `make tools`")
                folder = tmp_path / "postgres"
                folder.mkdir()
                database = Postgresql(stack.enter_context(Postgres(binaries, folder)))
            temporal = TemporalServer(temporal_binary, tmp_path / "temporal", ui_port=None, rehearsal=True)
            house = House(tmp_path, stack.enter_context(temporal), database)
            stack.callback(house.close)
            return house

        yield make

"""What every test finds: a home of its own, no settings from outside, time zones from the locked package."""

import gc
import os
import signal
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before any other import that may build a zone: the system's table must not decide a test.
os.environ["PYTHONTZPATH"] = ""
zoneinfo.reset_tzpath(())

from carepath.server.binary import TemporalBinary, kept_path, probe  # noqa: E402
from carepath.server.process import TemporalServer  # noqa: E402
from tests.services import Postgres, find_postgres, find_temporal_binary  # noqa: E402

_GIVEN_BINARY = os.environ.get("CAREPATH_TEMPORAL_BINARY")


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A suite begun in the background ignores Ctrl-C, and so would every process it starts to interrupt it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
HERE = Path(__file__).parent
WITH_PROCESSES = (HERE / "integration", HERE / "packaging")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts servers of mail, partners, the API or couriers: the quick part runs without them."""
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in WITH_PROCESSES):
            item.add_marker(pytest.mark.process)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the collector need not walk through it again after every few tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No setting of the machine reaches a test, and no test writes into a person's data."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("CAREPATH_") and not name.startswith(("CAREPATH_TEST_", "CAREPATH_BENCH_")):
                patch.delenv(name)
        patch.setenv("CAREPATH_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def temporal_binary() -> TemporalBinary:
    """The real Temporal, got before by `make temporal`; a test never downloads or builds one."""
    found = find_temporal_binary(_GIVEN_BINARY, kept_path())
    if found is None:
        pytest.skip("no Temporal server on this machine: run `make temporal`")
    return probe(found, "given")


@pytest.fixture(scope="session")
def temporal_server(
    temporal_binary: TemporalBinary, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TemporalServer]:
    """A running server with carepath's search attributes, shared by a session's tests: use task queues of your own."""
    with TemporalServer(temporal_binary, tmp_path_factory.mktemp("temporal"), ui_port=None, rehearsal=True) as server:
        yield server


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL of the tests' own, in a temporary folder."""
    binaries = find_postgres()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine: run `make tools`")
    with Postgres(binaries, tmp_path_factory.mktemp("postgres")) as running:
        yield running


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """SQLAlchemy URL of a new, empty database."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout."""
    return Path(__file__).resolve().parent.parent

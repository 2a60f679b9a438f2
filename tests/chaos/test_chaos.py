"""Half a year of twenty patients while everything is killed at random; and the long runs of `make chaos`."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from carepath.server.binary import TemporalBinary
from tests.chaos.harness import KILLED, Chaos
from tests.chaos.oracle import findings, in_records


@contextmanager
def lived(home: Path, binary: TemporalBinary, **given: int | float) -> Iterator[Chaos]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CAREPATH_TEMPORAL_BINARY", str(binary.path))
        chaos = Chaos(home, **given)  # type: ignore[arg-type]
        try:
            chaos.run()
            yield chaos
        finally:
            chaos.close()


SPOILED = {
    "ticks": "DELETE FROM occurrence_end WHERE rowid = (SELECT min(rowid) FROM occurrence_end)",
    "incidents": "INSERT INTO incident (key, journey, kind, at, text_sealed) VALUES ('x', 'x', 'double_end', 0, '')",
    "crises": "DELETE FROM reading WHERE id LIKE 'crisis-%'",
    "messages": "UPDATE app_inbox SET key = 'x' WHERE key = (SELECT min(key) FROM app_inbox)",
    "partners": "DELETE FROM handoff WHERE version = (SELECT max(version) FROM handoff)",
}
"""By check, a lie in the records that it must find."""
SPOILED_LETTERS = {
    "letters": "INSERT INTO letters VALUES ('x', 'care', 'x', 0)",
    "doses": "INSERT INTO letters SELECT * FROM letters WHERE class = 'dose' LIMIT 1",
    "repeats": "INSERT INTO letters SELECT r.* FROM letters r, letters WHERE r.class = 'red' LIMIT 1000",
}
"""The same in the gateway's ledger."""


def _oracle_sees_lies(chaos: Chaos) -> None:
    """A run without findings says something only if the oracle finds what is wrong."""
    for file, lies in (
        (chaos.demo.options.home / "records.db", SPOILED),
        (chaos.demo.letters, SPOILED_LETTERS),
    ):
        with closing(sqlite3.connect(file)) as book, book:
            for lie in lies.values():
                assert book.execute(lie).rowcount >= 1
    blamed = {text.partition(":")[0] for text in in_records(chaos)}
    assert blamed == {*SPOILED, *SPOILED_LETTERS}


def _verdict(chaos: Chaos) -> None:
    checks, found = findings(chaos)
    told = chaos.told
    kills = ", ".join(f"{name} {count}" for name, count in sorted(told.kills.items()))
    print(  # noqa: T201 - the figures of a run are its result
        f"\nseed {told.seed}: {len(told.people)} patients, {told.patient_days / 365:.1f} patient-years in "
        f"{told.seconds:.0f} s; {sum(told.kills.values())} kills ({kills}); {len(told.crises)} crises; "
        f"{len(checks)} checks ({', '.join(checks)}); {len(found)} findings"
    )
    assert not found, "\n".join(found)


@pytest.mark.server
@pytest.mark.timeout(600)
def test_half_a_year_of_twenty_patients_while_everything_is_killed(
    tmp_path: Path, temporal_binary: TemporalBinary
) -> None:
    with lived(tmp_path, temporal_binary, seed=20260302, patients=20, days=180, pace=1.4) as chaos:
        _verdict(chaos)
        assert chaos.told.kills["server"] == 2
        assert set(chaos.told.kills) == {*KILLED, "server"}
        _oracle_sees_lies(chaos)


def _given(name: str, otherwise: float) -> float:
    """What a person asked of a long run: ``CAREPATH_TEST_PATIENTS``, ``…_DAYS``, ``…_PACE`` (days a second)."""
    return float(os.environ.get(f"CAREPATH_TEST_{name}", otherwise))


@pytest.mark.chaos
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", [int(s) for s in os.environ.get("CAREPATH_TEST_SEEDS", "1 2 3").split()])
def test_longer_with_more_patients(tmp_path: Path, temporal_binary: TemporalBinary, seed: int) -> None:
    patients, days, pace = int(_given("PATIENTS", 200)), int(_given("DAYS", 365)), _given("PACE", 0.15)
    with lived(tmp_path, temporal_binary, seed=seed, patients=patients, days=days, pace=pace, server_kills=4) as chaos:
        _verdict(chaos)

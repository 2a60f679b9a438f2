"""Half a year of twenty patients while everything is killed at random; and the long runs of `make chaos`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from carepath.server.binary import TemporalBinary
from tests.chaos.harness import Chaos, Told
from tests.chaos.oracle import findings


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


def _say(told: Told, found: list[str]) -> None:
    kills = ", ".join(f"{name} {count}" for name, count in sorted(told.kills.items()))
    years = told.patient_days / 365
    print(  # noqa: T201 - the figures of a run are its result
        f"seed {told.seed}: {len(told.people)} patients, {years:.1f} patient-years in {told.seconds:.0f} s; "
        f"killed: {kills}; {len(told.crises)} crises; {len(found)} findings"
    )


@pytest.mark.server
@pytest.mark.timeout(900)
def test_half_a_year_of_twenty_patients_while_everything_is_killed(
    tmp_path: Path, temporal_binary: TemporalBinary
) -> None:
    with lived(tmp_path, temporal_binary, seed=20260302, patients=20, days=180, pace=1.0) as chaos:
        found = findings(chaos)
        _say(chaos.told, found)
        assert not found, "\n".join(found)
        assert chaos.told.kills["server"] == 2
        assert sum(chaos.told.kills.values()) >= 10


@pytest.mark.chaos
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", [int(s) for s in os.environ.get("CAREPATH_TEST_SEEDS", "1 2 3").split()])
def test_longer_with_more_patients(tmp_path: Path, temporal_binary: TemporalBinary, seed: int) -> None:
    given: dict[str, int | float] = {"seed": seed, "patients": 200, "days": 365, "pace": 0.15, "server_kills": 4}
    with lived(tmp_path, temporal_binary, **given) as chaos:
        found = findings(chaos)
        _say(chaos.told, found)
        assert not found, "\n".join(found)

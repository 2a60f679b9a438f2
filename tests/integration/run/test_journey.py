"""PatientJourney on the real server: ticking, answering, falling back, continuing as new, halting."""

from __future__ import annotations

import pytest

from tests.integration.run.conftest import Running, until

pytestmark = pytest.mark.server


async def test_a_wake_is_one_tick_and_an_act_is_answered(run: Running) -> None:
    async with run.worker():
        key = await run.start()
        await until(lambda: run.world.rows("SELECT 1 FROM tick"))
        run.world.put(key, "c1", "command")
        verdict = await run.journeys.act(key, "c1")
        assert verdict is not None
        assert (verdict.done, verdict.en) == (True, "done c1")
        view = await run.journeys.view(key)
        assert view.sequence == 2
        assert view.state["count"] == {"ticks": 2, "enrolled": 1, "command": 1}

"""Handoff on the real server: one conversation with a partner, heard, asked and cancelled."""

from __future__ import annotations

import pytest
from temporalio.client import WorkflowExecutionStatus

from tests.integration.run.conftest import Running, until
from workflows.calls import handoff_id
from workflows.messages import HANDOFF, HandoffInput

pytestmark = pytest.mark.server


async def ordered(run: Running, number: int = 1) -> tuple[str, str]:
    key = await run.start()
    run.world.put(key, f"order{number}", "order", number)
    await run.journeys.wake(key)
    return key, handoff_id(key, number)


async def finished(run: Running, child: str) -> str | None:
    description = await run.handle(child).describe()
    if description.status != WorkflowExecutionStatus.COMPLETED:
        return None
    return str(await run.handle(child).result())


async def reports(run: Running, key: str) -> list[str]:
    rows = run.world.rows("SELECT id FROM inbox WHERE journey = ? AND kind = 'report' ORDER BY seq", key)
    return [row[0].rpartition(":")[2] for row in rows]


async def test_every_report_wakes_the_journey_and_a_callback_is_heard_at_once(run: Running) -> None:
    run.world.switch("slow_partner", 10**6)
    async with run.worker():
        key, child = await ordered(run)
        await until(lambda: run.world.rows("SELECT 1 FROM partner WHERE state = 'sent'"))
        await until(lambda: run.world.rows("SELECT 1 FROM effect WHERE key LIKE '%:sent'"))

        with run.world.transaction() as c:
            c.execute("UPDATE partner SET callback = 'dispensed' WHERE handoff = ?", (child,))
        assert await run.journeys.wake(child)
        assert await until(lambda: finished(run, child)) == "dispensed"
        await until(lambda: run.world.rows("SELECT 1 FROM effect WHERE key LIKE '%:dispensed'"))
        description = await run.handle(child).describe()
        assert await description.static_summary() == "Refill 1"
    assert await reports(run, key) == ["sent", "dispensed"]
    assert run.world.tried("handoff:query") == 0


async def test_silence_is_asked_about(run: Running) -> None:
    async with run.worker():
        key, _ = await ordered(run)
        await until(lambda: run.world.rows("SELECT 1 FROM effect WHERE key LIKE '%:accepted'"))
    assert await reports(run, key) == ["sent", "accepted"]


async def test_a_cancellation_does_not_wait_behind_a_partner_who_is_away(run: Running) -> None:
    run.world.switch("partner_away", 3)
    async with run.worker():
        key, child = await ordered(run)
        await until(lambda: run.world.tried("handoff:send") >= 1)
        run.world.put(key, "withdraw1", "withdraw", 1)
        await run.journeys.wake(key)
        assert await until(lambda: finished(run, child)) == "cancelled"
        # The conversation is over: withdrawing it once more disturbs nobody.
        run.world.put(key, "withdraw-again", "withdraw", 1)
        run.world.put(key, "c1", "command")
        assert await run.journeys.act(key, "c1") is not None
    assert run.world.tried("handoff:cancel") >= 1


async def test_a_refusal_no_retry_mends_is_shown_and_taken_up_again_after_a_repair(run: Running) -> None:
    run.world.switch("partner_refuses", 1)
    async with run.worker():
        _, child = await ordered(run)
        await until(lambda: run.world.tried("handoff:send") == 1)
        await until(lambda: _details(run, child, "PartnerRefused"))
        assert await run.journeys.poke(child)
        await until(lambda: run.world.rows("SELECT 1 FROM partner WHERE state = 'sent'"))
    assert run.world.tried("handoff:send") == 2


async def _details(run: Running, child: str, text: str) -> bool:
    metadata = await run.handle(child).query("__temporal_workflow_metadata")
    return text in str(metadata)


async def test_a_handoff_whose_journey_is_gone_goes_on(run: Running) -> None:
    run.world.switch("slow_partner", 10**6)
    async with run.worker():
        key = run.patient()
        await run.client.start_workflow(
            HANDOFF,
            HandoffInput(journey=key, number=1, key="order-1", machine="pharmacy", title="Refill 1"),
            id=handoff_id(key, 1),
            task_queue=run.settings.task_queue,
        )
        await until(lambda: run.world.rows("SELECT 1 FROM partner WHERE state = 'sent'"))
        with run.world.transaction() as c:
            c.execute("UPDATE partner SET callback = 'dispensed'")
        await run.journeys.wake(handoff_id(key, 1))
        assert await until(lambda: finished(run, handoff_id(key, 1))) == "dispensed"


async def test_the_same_handoff_is_never_held_twice(run: Running) -> None:
    async with run.worker():
        key, child = await ordered(run)
        await until(lambda: run.world.rows("SELECT 1 FROM partner WHERE state = 'accepted'"))
        run.world.put(key, "order-again", "order", 1)
        run.world.put(key, "c1", "command")
        assert await run.journeys.act(key, "c1") is not None
        first = (await run.handle(child).describe()).run_id
        run.world.put(key, "withdraw1", "withdraw", 1)
        await run.journeys.wake(key)
        await until(lambda: finished(run, child))
        run.world.put(key, "order-after-the-end", "order", 1)
        run.world.put(key, "c2", "command")
        assert await run.journeys.act(key, "c2") is not None
        assert (await run.handle(child).describe()).run_id == first
    assert run.world.tried("handoff:send") == 1

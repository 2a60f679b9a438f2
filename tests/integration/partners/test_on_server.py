"""A whole conversation and a whole delivery on the real Temporal server, with product activities and real partners."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from activities.contracts import ChildCancel, CourierInput
from activities.courier import Courier
from activities.messaging.channels import Channels, open_channels
from activities.records import outbox, schema
from activities.records.outbox import Placing
from activities.sweep import Sweep
from carepath.partners.mailbox import MailLedger, serve_mail
from carepath.server.process import TemporalServer
from pathways.decide.effects import PlanMessage
from pathways.lang.plan_base import Text
from tests.integration.partners.world import Partners, PartnerWorld
from worker.client import Journeys, connect
from worker.fleet import THREADS, Registry, WorkerOptions, make_workers
from worker.settings import Settings
from worker.standing import courier_queue
from workflows.courier import Courier as CourierRun
from workflows.handoff import Handoff
from workflows.messages import CANCEL, CourierState, HandoffInput

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def pharmacy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partners]:
    made = Partners(tmp_path_factory.mktemp("pharmacy"), "pharmacy")
    yield made
    made.close()


class Running:
    """A partner world with a worker of its own on the server."""

    def __init__(self, world: PartnerWorld, client: Client, settings: Settings) -> None:
        self.world = world
        self.client = client
        self.queue = settings.task_queue

    @asynccontextmanager
    async def worker(self, role: Any, channels: Channels | None = None) -> AsyncIterator[None]:
        registry = Registry(
            journey=[self.world.steps.step],
            courier=[Courier(self.world.ledger, channels or Channels()).pump, Sweep(self.world.ledger).sweep],
        )
        with ThreadPoolExecutor(THREADS) as threads:
            workers = make_workers(self.client, self.queue, WorkerOptions(role=role), registry, threads)
            running = [asyncio.create_task(worker.run()) for worker in workers]
            try:
                yield
            finally:
                for worker in workers:
                    await worker.shutdown()
                await asyncio.gather(*running)

    async def converse(self) -> Any:
        key = self.world.handoff()
        given = HandoffInput(journey=self.world.patient, number=1, key=key, machine="pharmacy", title="Refill")
        return await self.client.start_workflow(
            Handoff.run, given, id=f"{self.world.patient}.h.1", task_queue=self.queue
        )

    async def wake(self) -> None:
        """As the API does after a callback; a step under way may have taken it in already, and be the last."""
        await Journeys(self.client, self.queue).wake(f"{self.world.patient}.h.1")


@pytest.fixture
async def run(temporal_server: TemporalServer, tmp_path: Path, pharmacy: Partners) -> AsyncIterator[Running]:
    world = PartnerWorld(tmp_path, pharmacy)
    queue = f"test-{uuid.uuid4().hex[:12]}"
    settings = Settings(home=tmp_path, temporal_address=temporal_server.address, task_queue=queue)
    client = await connect(settings, world.ledger.keyring)
    yield Running(world, client, settings)
    await world.close()


async def _until(condition: Any) -> None:
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.02)


async def test_a_conversation_to_its_end(run: Running) -> None:
    world = run.world
    world.behave(next_500=1)
    async with run.worker("journey"):
        handle = await run.converse()
        await _until(world.book)
        await asyncio.to_thread(world.advance, 3)
        await _until(lambda: len(world.receiver.answers) == 3)
        await run.wake()
        assert await handle.result() == "handed_over"
    assert world.words() == [("accepted", False), ("preparing", False), ("handed_over", True)]
    assert [order["asked"] for order in world.book()] == [1]
    assert world.woken, "whoever waits for these words is told"


async def test_a_slow_partner_is_waited_for_visibly_and_asked_for_one_thing(run: Running) -> None:
    world = run.world
    world.behave(next_timeout_after_done=1, hang=3.0)
    async with run.worker("journey"):
        handle = await run.converse()
        await _until(world.book)
        await asyncio.to_thread(world.advance, 3)
        await _until(lambda: len(world.receiver.answers) == 3)
        await run.wake()
        assert await handle.result() == "handed_over"
        events = (await handle.fetch_history()).events
    assert [order["asked"] for order in world.book()] == [1]
    names = [EventType.Name(event.event_type) for event in events]
    assert names.count("EVENT_TYPE_ACTIVITY_TASK_SCHEDULED") == 1, "only the step that failed at once"
    assert names.index("EVENT_TYPE_MARKER_RECORDED") < names.index("EVENT_TYPE_ACTIVITY_TASK_SCHEDULED")


async def test_a_conversation_that_is_cancelled(run: Running) -> None:
    world = run.world
    async with run.worker("journey"):
        handle = await run.converse()
        await _until(world.book)
        await handle.signal(CANCEL, ChildCancel(number=1, key="k", why="left"))
        await _until(lambda: world.book()[0]["state"] == "cancellation_requested")
        await asyncio.to_thread(world.advance)
        await _until(lambda: len(world.receiver.answers) == 1)
        await run.wake()
        assert await handle.result() == "cancelled"
    assert world.words() == [("cancelled", True)]


async def test_a_courier_sends_and_stops_when_its_worker_does(run: Running, tmp_path: Path) -> None:
    world, mail = run.world, MailLedger(tmp_path / "mail.db")
    server = await serve_mail(mail, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    channels = open_channels(world.receiver.addresses, f"smtp://127.0.0.1:{port}")
    now = world.ledger.store.now()
    message = PlanMessage(
        key=f"{world.patient}:m",
        to="patient",
        channels=("email", "app"),
        message_class="care",
        template="hello",
        text=Text(en="Hello", zh="您好"),
        due=now,
        expires=now + timedelta(hours=1),
    )
    placing = Placing(world.patient, None, now)
    sealer = world.ledger.keys(world.patient)
    world.ledger.store.transact(lambda c: outbox.write(c, sealer, placing, [message]))
    async with run.worker("courier", channels):
        handle = await run.client.start_workflow(
            CourierRun.run,
            CourierState(input=CourierInput(shard=0, shards=1)),
            id=f"courier-{run.queue}",
            task_queue=courier_queue(run.queue),
        )
        await _until(lambda: [row.status for row in world.rows(schema.outbox)] == ["sent"])
    await handle.terminate("the test is over")
    assert [row.channel for row in world.rows(schema.outbox)] == ["app"], "the patient has no mail address"
    assert [row.name for row in world.rows(schema.heartbeat)] == ["courier:0/1"]
    await channels.close()
    server.close()

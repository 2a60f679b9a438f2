"""The workers of one process: which role takes from which queue, and how they come to an end.

One process per core. ``journey`` workers tick patients and speak with partners; ``courier`` workers send what is due
and sweep; ``red`` has a queue and a process of its own, so that no storm of journeys stands before it; ``all`` holds
the three in one process, for one machine.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Any, Final, Literal

import structlog
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.worker import Interceptor, Worker, WorkerDeploymentConfig

from worker.sandbox import COURIER_WORKFLOWS, JOURNEY_WORKFLOWS, workflow_runner
from worker.standing import courier_queue, red_queue

log = structlog.get_logger("carepath.worker")

Role = Literal["journey", "courier", "red", "all"]

GRACE: Final = timedelta(seconds=10)
"""For ticks and partners' answers under way when a worker is told to stop."""
COURIER_GRACE: Final = timedelta(0)
"""A pump runs for minutes: it is cancelled at once, and finishes the letter in hand."""
# After a worker's death its patients wait for this long before another takes them. Shorter costs events in a storm.
STICKY: Final = timedelta(seconds=10)
STICKY_IN_REHEARSAL: Final = timedelta(seconds=1)
# Stands beside every workflow task in history, where the SDK would put the hash of all its modules.
BUILD: Final = WorkerDeploymentConfig(
    WorkerDeploymentVersion("carepath", version("carepath")), use_worker_versioning=False
)
# Of one process. Ticks share one database: more of them at once would only wait for each other.
THREADS: Final = 32


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What one worker process is to be.

    ``shards``: couriers that share the outbox; every courier worker must be told the same number. ``rehearsal``: the
    stretched clock of a rehearsal needs a killed worker's patients to be taken over within a second.
    """

    role: Role = "all"
    shards: int = 1
    rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class Registry:
    """Activities by role: ``journey`` (ticks, handoff steps), ``courier`` (pump, sweep, rouse).

    ``closing``: what to await when the process ends.
    """

    journey: Sequence[Callable[..., Any]]
    courier: Sequence[Callable[..., Any]]
    closing: Sequence[Callable[[], Awaitable[None]]] = ()

    async def close(self) -> None:
        """Close every connection to partners and mail servers."""
        for close in self.closing:
            await close()


def make_workers(
    client: Client,
    task_queue: str,
    options: WorkerOptions,
    registry: Registry,
    threads: ThreadPoolExecutor,
    *,
    interceptors: Sequence[Interceptor] = (),
) -> list[Worker]:
    """The workers of a role, not yet running."""
    sticky = STICKY_IN_REHEARSAL if options.rehearsal else STICKY

    def worker(
        queue: str, workflows: Sequence[type], activities: Sequence[Callable[..., Any]], grace: timedelta
    ) -> Worker:
        return Worker(
            client,
            task_queue=queue,
            workflows=workflows,
            activities=activities,
            activity_executor=threads,
            workflow_runner=workflow_runner(),
            interceptors=interceptors,
            graceful_shutdown_timeout=grace,
            sticky_queue_schedule_to_start_timeout=sticky,
            max_concurrent_activities=THREADS // 2,
            max_concurrent_local_activities=THREADS // 2,
            deployment_config=BUILD,
        )

    workers: list[Worker] = []
    if options.role in {"journey", "all"}:
        workers.append(worker(task_queue, JOURNEY_WORKFLOWS, registry.journey, GRACE))
    if options.role in {"courier", "all"}:
        workers.append(worker(courier_queue(task_queue), COURIER_WORKFLOWS, registry.courier, COURIER_GRACE))
    if options.role in {"red", "all"}:
        workers.append(worker(red_queue(task_queue), COURIER_WORKFLOWS, registry.courier, COURIER_GRACE))
    return workers


async def serve(workers: Sequence[Worker], stop: asyncio.Event, ready: Callable[[], None] | None = None) -> None:
    """Run workers until ``stop`` is set or one of them fails, then shut all of them down."""
    running = [asyncio.create_task(worker.run()) for worker in workers]
    stopping = asyncio.create_task(stop.wait())
    log.info("worker takes work", pid=os.getpid(), count=len(workers))
    if ready is not None:
        ready()
    try:
        await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        log.info("worker finishes what is under way", pid=os.getpid())
        ended = await asyncio.gather(*(worker.shutdown() for worker in workers), *running, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome

"""The composition root of a worker process: settings in, workers on their task queues out, until told to stop.

Whatever is away at the start (records, Temporal) is waited for; what a person must put right ends the process.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import structlog
from temporalio.client import Client
from temporalio.runtime import Runtime
from temporalio.service import RPCError

from activities.records.ledger import Ledger
from activities.records.store import StoreUnavailableError
from worker.client import AWAY, Journeys, connect
from worker.fleet import THREADS, WorkerOptions, make_workers, serve
from worker.interceptors import WatchActivities
from worker.metrics import Meters, make_runtime
from worker.problems import Problem
from worker.records import open_records
from worker.registry import make_registry
from worker.search_attributes import check_search_attributes
from worker.settings import Settings
from worker.standing import ensure_standing

log = structlog.get_logger("carepath.worker")

T = TypeVar("T")

_PAUSE: Final = 1.0


async def run_worker(settings: Settings, options: WorkerOptions, *, ready: Callable[[], None] | None = None) -> None:
    """Run until SIGTERM or SIGINT, then finish what is under way.

    Args:
        settings: where everything is.
        options: what this process does.
        ready: called once when every worker takes work.

    Raises:
        Problem: search attributes are missing, keys cannot be used, the metrics' port is taken.
    """
    stop = _stop_event()
    runtime = make_runtime(settings.metrics_port)
    ledger = await _until_stopped(stop, _open_records(settings))
    if ledger is None:
        return
    try:
        client = await _until_stopped(stop, _ready_client(settings, options, ledger, runtime))
        if client is None:
            return
        registry = make_registry(ledger, settings, Journeys(client, settings.task_queue))
        with ThreadPoolExecutor(THREADS, thread_name_prefix="activity") as threads:
            watch = WatchActivities(Meters(runtime))
            workers = make_workers(client, settings.task_queue, options, registry, threads, interceptors=(watch,))
            await serve(workers, stop, ready)
        await registry.close()
    finally:
        ledger.close()


async def _ready_client(settings: Settings, options: WorkerOptions, ledger: Ledger, runtime: Runtime) -> Client:
    """A client whose server has all that workers need; a server that is away, also meanwhile, is waited for."""
    client = await connect(settings, ledger.keyring, runtime=runtime)
    while True:
        try:
            await check_search_attributes(client, patience=5.0)
            if options.role != "journey":
                await ensure_standing(client, settings.task_queue, shards=options.shards)
            return client
        except Problem as problem:
            if problem.code != "E-TEMPORAL-UNREACHABLE":
                raise
        except RPCError as error:
            if error.status not in AWAY:
                raise
        log.warning("temporal is away, trying again", seconds=_PAUSE)
        await asyncio.sleep(_PAUSE)


def _stop_event() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def _until_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The outcome of ``work``, or None when this process is told to stop before that."""
    doing = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([doing, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if doing.done():
        return doing.result()
    doing.cancel()
    return None


async def _open_records(settings: Settings) -> Ledger:
    while True:
        try:
            return await asyncio.to_thread(open_records, settings)
        except StoreUnavailableError:
            log.warning("records are away, trying again", seconds=_PAUSE)
            await asyncio.sleep(_PAUSE)

"""The way to Temporal, and to the patients' runs there, for workers, the API and the command line."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from temporalio.client import (
    Client,
    Interceptor,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import (
    HeaderCodecBehavior,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.runtime import Runtime
from temporalio.service import RPCError, RPCStatusCode

from activities.contracts import VerdictMessage
from worker.codec import KeySource, data_converter
from worker.problems import Problem
from worker.search_attributes import CARE_PATHWAYS, CARE_SITE, CARE_STATUS
from worker.settings import Settings
from workflows.messages import (
    ACT,
    HALTED,
    JOURNEY,
    NOT_STORED,
    POKE,
    RUN_CANCELLED,
    STATE,
    WAKE,
    ActRequest,
    JourneyInput,
    JourneyView,
)
from workflows.show import clip

log = structlog.get_logger("carepath.client")

# Answers about the moment, not about the command: asked again later, the answer may be another.
PASSING: Final = frozenset((HALTED, NOT_STORED, RUN_CANCELLED))

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
AWAY: Final = frozenset(
    (
        RPCStatusCode.UNAVAILABLE,
        RPCStatusCode.DEADLINE_EXCEEDED,
        RPCStatusCode.ABORTED,
        RPCStatusCode.CANCELLED,
        RPCStatusCode.INTERNAL,
        RPCStatusCode.UNKNOWN,
    )
)
"""What a call may meet while the server is away or restarts."""
# And while a run continues as new, or ten updates are under way already.
_AGAIN: Final = AWAY | frozenset(
    (
        RPCStatusCode.NOT_FOUND,
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.FAILED_PRECONDITION,  # a workflow task just failed; it is tried again
    )
)


async def connect(
    settings: Settings,
    keys: KeySource,
    *,
    runtime: Runtime | None = None,
    interceptors: Sequence[Interceptor] = (),
    patience: float | None = None,
) -> Client:
    """A client whose payloads, failures and headers are sealed with the patients' keys.

    Args:
        settings: address and namespace.
        keys: the keyring.
        runtime: carries the metrics; the SDK's default where none is given.
        interceptors: of the client; those that are worker interceptors too serve its workers.
        patience: seconds to go on trying while nobody answers; None: for ever.

    Raises:
        Problem: `E-TEMPORAL-UNREACHABLE`, when patience is at its end.
    """
    clock = asyncio.get_running_loop().time
    until = None if patience is None else clock() + patience
    pause = _FIRST_PAUSE
    while True:
        try:
            return await Client.connect(
                settings.temporal_address,
                namespace=settings.temporal_namespace,
                data_converter=data_converter(keys),
                header_codec_behavior=HeaderCodecBehavior.CODEC,
                interceptors=interceptors,
                runtime=runtime,
            )
        except RuntimeError as error:  # what the SDK raises when it cannot connect
            if until is not None and clock() + pause > until:
                reason = str(error).splitlines()[0] if str(error) else "no answer"
                raise Problem("E-TEMPORAL-UNREACHABLE", address=settings.temporal_address, reason=reason) from error
            log.warning("temporal is away, trying again", address=settings.temporal_address, seconds=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class JourneyStart:
    """What a run is started with where none is running. ``epoch`` counts restarts; all of it coded."""

    journey: str
    epoch: int = 1
    pathways: tuple[str, ...] = ()
    site: str = ""
    status: str = "invited"


class Journeys:
    """The patients' runs on one task queue: started, woken, asked."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self.client = client
        self._task_queue = task_queue

    async def start(self, start: JourneyStart) -> None:
        """Start the run, or wake the one that is running: one call, so that nothing falls in between.

        No worker need be there. A run closed from outside is followed by a new one of ``start.epoch``.
        """
        pairs: list[SearchAttributePair[Sequence[str]] | SearchAttributePair[str]] = [
            SearchAttributePair(CARE_STATUS, start.status)
        ]
        if start.pathways:
            pairs.append(SearchAttributePair(CARE_PATHWAYS, list(start.pathways)))
        if start.site:
            pairs.append(SearchAttributePair(CARE_SITE, start.site))
        written = {pair.key.name: pair.value for pair in pairs}
        await self.client.start_workflow(
            JOURNEY,
            JourneyInput(journey=start.journey, epoch=start.epoch, attributes=written),
            id=start.journey,
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=WAKE,
            search_attributes=TypedSearchAttributes(pairs),
            static_summary=clip(", ".join(start.pathways)) or None,
        )

    async def wake(self, workflow_id: str) -> bool:
        """Signal ``wake`` to a journey or a handoff. False: there is no such run."""
        return await self._signal(workflow_id, WAKE)

    async def poke(self, workflow_id: str) -> bool:
        """Let a halted journey or a failed handoff look again now. False: there is no such run."""
        return await self._signal(workflow_id, POKE)

    async def terminate(self, workflow_id: str, reason: str) -> bool:
        """Close a run from outside, for a coded reason in clear. False: there is no such run.

        Raises:
            RPCError: Temporal is away.
        """
        try:
            await self.client.get_workflow_handle(workflow_id).terminate(reason=reason)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    async def view(self, journey: str, *, timeout: float = 10.0) -> JourneyView:
        """Where the run stands, asked of the run itself. Raises RPCError where there is none."""
        handle = self.client.get_workflow_handle(journey)
        found: JourneyView = await handle.query(STATE, result_type=JourneyView, rpc_timeout=timedelta(seconds=timeout))
        return found

    async def act(self, journey: str, command: str, *, timeout: float = 10.0) -> VerdictMessage | None:
        """Have a command acted on that stands in the inbox, and give its verdict.

        The update's id is the command's, so that it may be asked again after any failure. Ten may be under way for
        one patient; callers queue per patient.

        Returns:
            The verdict; None: not within ``timeout`` seconds. The command stays in the inbox and is acted on.
        """
        try:
            async with asyncio.timeout(timeout):
                verdict = await self._ask(journey, command, command)
                if verdict.code in PASSING:
                    # The server remembers this answer under the command's id: ask for the present one.
                    verdict = await self._ask(journey, command, f"{command}#{uuid.uuid4().hex[:12]}")
                return verdict
        except TimeoutError:
            return None

    async def _ask(self, journey: str, command: str, update: str) -> VerdictMessage:
        handle = self.client.get_workflow_handle(journey)
        pause = _FIRST_PAUSE / 2
        while True:
            try:
                verdict: VerdictMessage = await handle.execute_update(
                    ACT, ActRequest(command=command), id=update, result_type=VerdictMessage
                )
                return verdict
            except WorkflowUpdateRPCTimeoutOrCancelledError as error:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    # The SDK puts this in the place of a cancellation; ours must not be swallowed.
                    raise asyncio.CancelledError from error
                log.info("update interrupted, asking again", journey=journey, code=type(error).__name__)
            except WorkflowUpdateFailedError as error:
                # The run closed under an accepted update; any other failure is the caller's mistake.
                if getattr(error.cause, "type", None) != "AcceptedUpdateCompletedWorkflow":
                    raise
                log.info("run closed under an update, asking again", journey=journey)
            except RPCError as error:
                if error.status not in _AGAIN:
                    raise
                log.info("update refused for now, asking again", journey=journey, code=error.status.name)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def _signal(self, workflow_id: str, name: str) -> bool:
        try:
            await self.client.get_workflow_handle(workflow_id).signal(name)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

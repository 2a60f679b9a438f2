"""A Temporal service on a virtual clock: a heap of what comes next, and the runs it comes to. No server, no waiting.

Nothing takes virtual time but timers, retries and one small fixed latency for everything that travels between the
service and a worker, so that two things fall on one instant only when they really do.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from temporalio.api.common.v1 import Header, Memo, Payload, Payloads, SearchAttributes
from temporalio.api.enums.v1 import ContinueAsNewInitiator, EventType, SignalExternalWorkflowExecutionFailedCause
from temporalio.api.history.v1 import (
    ChildWorkflowExecutionCompletedEventAttributes,
    ChildWorkflowExecutionStartedEventAttributes,
    ExternalWorkflowExecutionSignaledEventAttributes,
    SignalExternalWorkflowExecutionFailedEventAttributes,
    TimerFiredEventAttributes,
    WorkflowExecutionSignaledEventAttributes,
    WorkflowExecutionStartedEventAttributes,
    WorkflowExecutionTerminatedEventAttributes,
)
from temporalio.api.sdk.v1 import UserMetadata
from temporalio.api.workflow.v1 import ResetPointInfo, ResetPoints
from temporalio.bridge.proto.child_workflow import ChildWorkflowResult, StartChildWorkflowExecutionFailedCause
from temporalio.bridge.proto.child_workflow import Success as ChildSuccess
from temporalio.bridge.proto.workflow_activation import (
    FireTimer,
    ResolveChildWorkflowExecution,
    ResolveChildWorkflowExecutionStart,
    ResolveChildWorkflowExecutionStartFailure,
    ResolveChildWorkflowExecutionStartSuccess,
    ResolveSignalExternalWorkflow,
    SignalWorkflow,
)
from temporalio.bridge.proto.workflow_commands import SignalExternalWorkflowExecution
from temporalio.common import TypedSearchAttributes, WorkerDeploymentVersion
from temporalio.converter import DataConverter, WorkflowSerializationContext, encode_search_attributes

from bench.virtual.activities import Activities
from bench.virtual.core import Core
from bench.virtual.history import (
    IDENTITY,
    NAMESPACE,
    History,
    Ids,
    copies,
    execution,
    job,
    normal_queue,
    seconds,
    stamp,
)
from bench.virtual.history import workflow_type as type_of
from bench.virtual.run import Asked, Run

Callback = Callable[[], Awaitable[None]]

LATENCY: Final = timedelta(milliseconds=10)
_RETENTION: Final = timedelta(days=3)
_ABANDON: Final = 2
_NOT_FOUND: Final = (
    SignalExternalWorkflowExecutionFailedCause
    .SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND
)


def to_nanoseconds(at: datetime) -> int:
    """An aware instant as nanoseconds since 1970."""
    delta = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000_000_000 + delta.microseconds * 1_000


class World:
    """Everything that happens in one virtual time. ``runs``: all runs ever, in the order they began."""

    def __init__(
        self,
        core: Core,
        activities: Activities,
        converter: DataConverter,
        *,
        start: datetime,
        task_queue: str,
        seed: int = 1,
        latency: timedelta = LATENCY,
        deployment: WorkerDeploymentVersion | None = None,
    ) -> None:
        self.core = core
        self.activities = activities
        self.now = to_nanoseconds(start)
        self.latency = latency // timedelta(microseconds=1) * 1_000
        self.runs: list[Run] = []
        self._converter = converter
        self.task_queue = task_queue
        self.ids = Ids(seed, deployment)
        self._open: dict[str, Run] = {}
        self._heap: list[tuple[int, int, Callback]] = []
        self._counter = itertools.count()

    def clock(self) -> datetime:
        """The virtual instant, UTC."""
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.now // 1_000)

    def at(self, instant: datetime, callback: Callback) -> None:
        """Have ``callback`` called at a virtual instant."""
        self.push(to_nanoseconds(instant), callback)

    async def run_until(self, instant: datetime) -> None:
        """Let time pass."""
        end = to_nanoseconds(instant)
        while self._heap and self._heap[0][0] <= end:
            when, _, callback = heapq.heappop(self._heap)
            self.now = max(self.now, when)
            await callback()
        self.now = end

    def rewind(self, instant: datetime) -> None:
        """Go back, for another life that has nothing to do with those before. Nothing may be waiting."""
        if self._open or self._heap:
            raise RuntimeError("something is still to come")
        self.now = to_nanoseconds(instant)

    def forget(self) -> None:
        """End everything that runs or waits; the histories stay as they are."""
        self._open.clear()
        self._heap.clear()

    # What clients do.

    async def start(
        self,
        workflow: str,
        workflow_id: str,
        argument: Any,
        *,
        summary: str | None = None,
        signal: str | None = None,
        attributes: TypedSearchAttributes | None = None,
    ) -> Run:
        """Start a workflow as a client does. ``signal``: without arguments, sent in the same call."""
        converter = self._of(workflow_id)
        metadata: UserMetadata | None = None
        if summary is not None:
            metadata = UserMetadata(summary=(await converter.encode([summary]))[0])
        run_id = self.ids.new()
        started = WorkflowExecutionStartedEventAttributes(
            workflow_type=type_of(workflow),
            task_queue=normal_queue(self.task_queue),
            input=Payloads(payloads=await converter.encode([argument])),
            workflow_task_timeout=seconds(10),
            original_execution_run_id=run_id,
            identity=IDENTITY,
            first_execution_run_id=run_id,
            attempt=1,
            first_workflow_task_backoff=seconds(0),
            workflow_id=workflow_id,
        )
        if attributes is not None:
            encode_search_attributes(attributes, started.search_attributes)
        run = self._begin(workflow_id, run_id, started, metadata)
        run.attributes = dict(started.search_attributes.indexed_fields)
        if signal is not None:
            await self._signalled(run, signal, [], None)
        await run.first_task()
        return run

    async def signal(self, workflow_id: str, name: str, *arguments: Any) -> bool:
        """Signal an open run; False when there is none."""
        run = self._open.get(workflow_id)
        if run is None:
            return False
        payloads = await self._of(workflow_id).encode(arguments) if arguments else []
        await self._signalled(run, name, payloads, None)
        return True

    async def update(self, workflow_id: str, name: str, *arguments: Any, update_id: str) -> Asked:
        """Ask an open run; the answer may come in a later task."""
        run = self._open[workflow_id]
        asked = Asked(update_id, name, await self._of(workflow_id).encode(arguments))
        await run.task([], asked)
        return asked

    # What the service does for runs.

    def fire_later(self, run: Run, seq: int, after: int) -> None:
        """Fire a timer in ``after`` nanoseconds."""

        async def fire() -> None:
            started = run.timers.pop(seq, None)
            if started is None or run.closed:
                return
            run.history.add(
                self.now,
                EventType.EVENT_TYPE_TIMER_FIRED,
                TimerFiredEventAttributes(timer_id=str(seq), started_event_id=started.event_id),
            )
            await run.task([job(fire_timer=FireTimer(seq=seq))])

        self.push(self.now + max(after, 1_000_000), fire)

    def start_child_later(self, run: Run, seq: int) -> None:
        """Start a child, and tell the parent."""

        async def begin() -> None:
            pending = run.children[seq]
            given = pending.command.start_child_workflow_execution
            if given.workflow_id in self._open:
                await self._child_refused(run, seq)
                return
            run_id = self.ids.new()
            started = WorkflowExecutionStartedEventAttributes(
                workflow_type=type_of(given.workflow_type),
                parent_workflow_namespace=NAMESPACE,
                parent_workflow_namespace_id=self.ids.namespace_id,
                parent_workflow_execution=execution(run.workflow_id, run.run_id),
                parent_initiated_event_id=pending.event,
                task_queue=normal_queue(given.task_queue or self.task_queue),
                input=Payloads(payloads=given.input),
                workflow_run_timeout=seconds(0),
                workflow_task_timeout=seconds(10),
                original_execution_run_id=run_id,
                first_execution_run_id=run_id,
                attempt=1,
                first_workflow_task_backoff=seconds(0),
                memo=Memo(),
                header=Header(),
                workflow_id=given.workflow_id,
                root_workflow_execution=execution(run.workflow_id, run.run_id),
            )
            metadata = pending.command.user_metadata if pending.command.HasField("user_metadata") else None
            child = self._begin(given.workflow_id, run_id, started, metadata)
            child.parent = (run, seq)
            await child.first_task()
            if not run.closed:
                await self._child_began(run, seq, child)

        self.push(self.now + self.latency, begin)

    async def _child_refused(self, run: Run, seq: int) -> None:
        if run.closed:
            return
        given = run.children.pop(seq).command.start_child_workflow_execution
        refused = ResolveChildWorkflowExecutionStartFailure(
            workflow_id=given.workflow_id,
            workflow_type=given.workflow_type,
            cause=StartChildWorkflowExecutionFailedCause.START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS,
        )
        await run.task(
            [job(resolve_child_workflow_execution_start=ResolveChildWorkflowExecutionStart(seq=seq, failed=refused))]
        )

    async def _child_began(self, run: Run, seq: int, child: Run) -> None:
        pending = run.children[seq]
        event = run.history.add(
            self.now,
            EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
            ChildWorkflowExecutionStartedEventAttributes(
                namespace=NAMESPACE,
                namespace_id=self.ids.namespace_id,
                initiated_event_id=pending.event,
                workflow_execution=execution(child.workflow_id, child.run_id),
                workflow_type=type_of(child.type),
                header=Header(),
            ),
        )
        pending.started = event.event_id
        success = ResolveChildWorkflowExecutionStartSuccess(run_id=child.run_id)
        await run.task(
            [job(resolve_child_workflow_execution_start=ResolveChildWorkflowExecutionStart(seq=seq, succeeded=success))]
        )

    def signal_later(
        self, run: Run, given: SignalExternalWorkflowExecution, target: str, initiated: int
    ) -> None:
        """Carry a signal from one run to another, and tell the sender what became of it."""
        payloads = copies(given.args)

        async def carry() -> None:
            receiver = self._open.get(target)
            if receiver is not None:
                await self._signalled(receiver, given.signal_name, payloads, run)
            if run.closed:
                return
            resolution = ResolveSignalExternalWorkflow(seq=given.seq)
            if receiver is not None:
                told = ExternalWorkflowExecutionSignaledEventAttributes(
                    initiated_event_id=initiated,
                    namespace=NAMESPACE,
                    namespace_id=self.ids.namespace_id,
                    workflow_execution=execution(target),
                )
                run.history.add(self.now, EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED, told)
            else:
                lost = SignalExternalWorkflowExecutionFailedEventAttributes(
                    cause=_NOT_FOUND,
                    namespace=NAMESPACE,
                    namespace_id=self.ids.namespace_id,
                    workflow_execution=execution(target),
                    initiated_event_id=initiated,
                )
                run.history.add(self.now, EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, lost)
                resolution.failure.message = "Unable to signal external workflow because it was not found"
                resolution.failure.application_failure_info.SetInParent()
            await run.task([job(resolve_signal_external_workflow=resolution)])

        self.push(self.now + self.latency, carry)

    async def close(self, run: Run, how: str) -> None:
        """A run is over: forget it, tell its parent, end the children that end with it."""
        run.closed = how
        del self._open[run.workflow_id]
        await self.core.evict(run.run_id)
        for pending in list(run.children.values()):
            given = pending.command.start_child_workflow_execution
            child = self._open.get(given.workflow_id)
            if child is not None and int(given.parent_close_policy) != _ABANDON:
                await self._terminate(child)
        if run.parent is not None and how == "completed":
            parent, seq = run.parent
            self.push(self.now + self.latency, lambda: self._child_over(parent, seq, run))

    async def _terminate(self, run: Run) -> None:
        run.history.add(
            self.now,
            EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
            WorkflowExecutionTerminatedEventAttributes(reason="by parent close policy", identity="history-service"),
        )
        await self.close(run, "terminated")

    async def _child_over(self, parent: Run, seq: int, child: Run) -> None:
        pending = parent.children.pop(seq, None)
        if pending is None or parent.closed:
            return
        closing = child.history.events[-1].workflow_execution_completed_event_attributes
        parent.history.add(
            self.now,
            EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
            ChildWorkflowExecutionCompletedEventAttributes(
                result=closing.result,
                namespace=NAMESPACE,
                namespace_id=self.ids.namespace_id,
                workflow_execution=execution(child.workflow_id, child.run_id),
                workflow_type=type_of(child.type),
                initiated_event_id=pending.event,
                started_event_id=pending.started,
            ),
        )
        success = ChildSuccess()
        if closing.result.payloads:
            success.result.CopyFrom(closing.result.payloads[0])
        result = ChildWorkflowResult(completed=success)
        await parent.task(
            [job(resolve_child_workflow_execution=ResolveChildWorkflowExecution(seq=seq, result=result))]
        )

    async def go_on(self, run: Run, run_id: str, arguments: Sequence[Payload], carried: dict[str, Payload]) -> None:
        """Begin the run that a run continues as."""
        first = run.history.events[3]
        point = ResetPointInfo(
            run_id=run.run_id,
            first_workflow_task_completed_id=4,
            create_time=first.event_time,
            expire_time=stamp(self.now + _RETENTION // timedelta(microseconds=1) * 1_000),
            resettable=True,
            build_id=self.ids.build,
        )
        started = WorkflowExecutionStartedEventAttributes(
            workflow_type=type_of(run.type),
            task_queue=normal_queue(self.task_queue),
            input=Payloads(payloads=arguments),
            workflow_run_timeout=seconds(0),
            workflow_task_timeout=seconds(10),
            continued_execution_run_id=run.run_id,
            initiator=ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_WORKFLOW,
            original_execution_run_id=run_id,
            first_execution_run_id=run.started.first_execution_run_id,
            attempt=1,
            # One point for each build of the worker; there is one.
            prev_auto_reset_points=ResetPoints(points=list(run.started.prev_auto_reset_points.points) or [point]),
            workflow_id=run.workflow_id,
        )
        if carried:
            started.search_attributes.CopyFrom(SearchAttributes(indexed_fields=carried))
        following = self._begin(run.workflow_id, run_id, started, None)
        following.attributes = dict(carried)
        following.parent = run.parent
        self.push(self.now, following.first_task)

    async def _signalled(self, run: Run, name: str, payloads: Sequence[Payload], sender: Run | None) -> None:
        told = WorkflowExecutionSignaledEventAttributes(
            signal_name=name, input=Payloads(payloads=payloads), identity=IDENTITY
        )
        if sender is not None:
            told.identity = "history-service"
            told.external_workflow_execution.CopyFrom(execution(sender.workflow_id, sender.run_id))
        event = run.history.add(self.now, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, told)
        received = SignalWorkflow(
            signal_name=name,
            input=copies(payloads),
            identity=told.identity,
            originating_event_id=event.event_id,
        )
        await run.task([job(signal_workflow=received)])

    def _begin(
        self,
        workflow_id: str,
        run_id: str,
        started: WorkflowExecutionStartedEventAttributes,
        metadata: UserMetadata | None,
    ) -> Run:
        if workflow_id in self._open:
            raise ValueError(f"{workflow_id} runs already")
        started.priority.SetInParent()
        history = History(self.ids, self.task_queue)
        history.add(self.now, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, started, metadata)
        run = Run(self, workflow_id, run_id, started.workflow_type.name, history, self.now, started)
        self.runs.append(run)
        self._open[workflow_id] = run
        return run

    def _of(self, workflow_id: str) -> DataConverter:
        return self._converter.with_context(
            WorkflowSerializationContext(namespace=NAMESPACE, workflow_id=workflow_id)
        )

    def push(self, when: int, callback: Callback) -> None:
        """Have ``callback`` called at a virtual instant in nanoseconds."""
        heapq.heappush(self._heap, (when, next(self._counter), callback))

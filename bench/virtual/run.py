"""One run of a workflow in a virtual world: jobs become an activation, its commands become events and effects."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from google.protobuf.message import Message
from temporalio.api.common.v1 import ActivityType, Header, Memo, Payload, Payloads, SearchAttributes
from temporalio.api.enums.v1 import EventType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import (
    ActivityTaskScheduledEventAttributes,
    HistoryEvent,
    MarkerRecordedEventAttributes,
    SignalExternalWorkflowExecutionInitiatedEventAttributes,
    StartChildWorkflowExecutionInitiatedEventAttributes,
    TimerCanceledEventAttributes,
    TimerStartedEventAttributes,
    UpsertWorkflowSearchAttributesEventAttributes,
    WorkflowExecutionCompletedEventAttributes,
    WorkflowExecutionContinuedAsNewEventAttributes,
    WorkflowExecutionFailedEventAttributes,
    WorkflowExecutionStartedEventAttributes,
    WorkflowExecutionUpdateAcceptedEventAttributes,
    WorkflowExecutionUpdateCompletedEventAttributes,
)
from temporalio.api.update.v1 import Input, Meta, Outcome, Request
from temporalio.bridge.proto.workflow_activation import (
    DoUpdate,
    InitializeWorkflow,
    ResolveActivity,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import WorkflowCommand

from bench.virtual.activities import Outcome as ActivityOutcome
from bench.virtual.activities import resolved
from bench.virtual.history import IDENTITY, NAMESPACE, History, copies, execution, job, normal_queue, seconds, stamp
from bench.virtual.history import workflow_type as type_of
from bench.virtual.tries import cancel, try_later

if TYPE_CHECKING:
    from bench.virtual.world import World

CLOSING: Final = frozenset(
    {"complete_workflow_execution", "continue_as_new_workflow_execution", "fail_workflow_execution"}
)


@dataclass(slots=True)
class Asked:
    """An update on its way. ``refused`` or ``answer`` when it is over; payloads as they travel."""

    id: str
    name: str
    input: list[Payload]
    accepted: int = 0
    answer: Payload | None = None
    refused: Failure | None = None

    @property
    def over(self) -> bool:
        """Whether the caller has an answer."""
        return self.answer is not None or self.refused is not None


@dataclass(slots=True)
class Pending:
    """An activity or a child under way: its command, its first event, and what was tried."""

    command: WorkflowCommand
    event: int
    attempt: int = 1
    started: int = 0


@dataclass(slots=True)
class Run:
    """One run. ``history`` holds what the server would hold."""

    world: World
    workflow_id: str
    run_id: str
    type: str
    history: History
    began: int
    started: WorkflowExecutionStartedEventAttributes
    parent: tuple[Run, int] | None = None
    closed: str = ""
    attributes: dict[str, Payload] = field(default_factory=dict)
    timers: dict[int, HistoryEvent] = field(default_factory=dict)
    activities: dict[int, Pending] = field(default_factory=dict)
    children: dict[int, Pending] = field(default_factory=dict)
    updates: dict[str, Asked] = field(default_factory=dict)
    flags: list[int] = field(default_factory=list)
    refused_updates: int = 0
    begun: bool = False

    async def first_task(self) -> None:
        """The task that begins the run, unless something came in before it."""
        if not self.begun:
            await self.task([])

    def _initialize(self) -> WorkflowActivationJob:
        self.begun = True
        started = self.started
        begin = InitializeWorkflow(
            workflow_type=self.type,
            workflow_id=self.workflow_id,
            arguments=copies(started.input.payloads),
            randomness_seed=self.history.ids.seed(),
            identity=IDENTITY,
            workflow_task_timeout=started.workflow_task_timeout,
            continued_from_execution_run_id=started.continued_execution_run_id,
            first_execution_run_id=started.first_execution_run_id,
            attempt=1,
            search_attributes=SearchAttributes(indexed_fields=self.attributes),
            start_time=stamp(self.began),
        )
        if self.parent is not None:
            begin.parent_workflow_info.namespace = NAMESPACE
            begin.parent_workflow_info.workflow_id = self.parent[0].workflow_id
            begin.parent_workflow_info.run_id = self.parent[0].run_id
        return job(initialize_workflow=begin)

    async def task(self, jobs: Sequence[WorkflowActivationJob], asked: Asked | None = None) -> None:
        """One workflow task: activations until no local activity is left to do, then events and effects."""
        _, started = self.history.begin_task(self.world.now)
        given = list(jobs) if self.begun else [self._initialize(), *jobs]
        if asked is not None:
            self.updates[asked.id] = asked
            given.append(job(do_update=self._update_job(asked)))
        pending: list[tuple[str, Any]] = []
        used: list[int] = []
        while given:
            completion = await self.world.core.activate(self._activation(started, given))
            used.extend(int(flag) for flag in completion.successful.used_internal_flags)
            given = [await self._local(one, pending) for one in self._sort(completion.successful.commands, pending)]
        only = pending[0][1].update_response if [name for name, _ in pending] == ["update_response"] else None
        if asked is not None and only is not None and only.HasField("rejected") and started.event_id > 3 and not jobs:
            self.history.drop_task()
            self._refuse(asked, only.rejected)
            return
        fresh = tuple(sorted(set(used) - set(self.flags)))
        self.flags.extend(fresh)
        done = self.history.end_task(self.world.now, started, fresh)
        for name, what in pending:
            await self._HANDLERS[name](self, what, done.event_id)

    def _activation(self, started: HistoryEvent, jobs: Sequence[WorkflowActivationJob]) -> WorkflowActivation:
        return WorkflowActivation(
            run_id=self.run_id,
            timestamp=stamp(self.world.now),
            history_length=started.event_id,
            history_size_bytes=started.workflow_task_started_event_attributes.history_size_bytes,
            available_internal_flags=self.flags,
            jobs=jobs,
        )

    def _update_job(self, asked: Asked) -> DoUpdate:
        return DoUpdate(
            id=asked.id,
            protocol_instance_id=asked.id,
            name=asked.name,
            input=copies(asked.input),
            meta=Meta(update_id=asked.id, identity=IDENTITY),
            run_validator=True,
        )

    def _sort(self, commands: Sequence[WorkflowCommand], pending: list[tuple[str, Any]]) -> list[WorkflowCommand]:
        """Keep commands for the end of the task; the local activities among them are done now."""
        local: list[WorkflowCommand] = []
        for command in commands:
            name = str(command.WhichOneof("variant"))
            if name == "schedule_local_activity":
                local.append(command)
            elif name == "cancel_timer" and self._never_started(command.cancel_timer.seq, pending):
                continue
            else:
                pending.append((name, command))
        return local

    @staticmethod
    def _never_started(seq: int, pending: list[tuple[str, Any]]) -> bool:
        """Take back a timer that was started in this very task: Core sends neither command."""
        for index, (name, command) in enumerate(pending):
            if name == "start_timer" and command.start_timer.seq == seq:
                del pending[index]
                return True
        return False

    async def _local(self, command: WorkflowCommand, pending: list[tuple[str, Any]]) -> WorkflowActivationJob:
        given = command.schedule_local_activity
        outcome = await self.world.activities.run_local(
            given.activity_type,
            given.arguments,
            given.retry_policy,
            workflow_id=self.workflow_id,
            workflow_type=self.type,
            task_queue=self.history.task_queue,
        )
        pending.append(("marker", (command, outcome)))
        resolution = resolved(outcome)
        return job(resolve_activity=ResolveActivity(seq=given.seq, is_local=True, result=resolution))

    def _refuse(self, asked: Asked, failure: Failure) -> None:
        asked.refused = failure
        self.refused_updates += 1
        del self.updates[asked.id]

    # What becomes of each command. ``done``: id of the event of the completed task.

    async def _marker(self, what: tuple[WorkflowCommand, ActivityOutcome], done: int) -> None:
        command, outcome = what
        given = command.schedule_local_activity
        at = {"seconds": self.world.now // 1_000_000_000, "nanos": self.world.now % 1_000_000_000}
        data = {
            "seq": given.seq,
            "attempt": outcome.attempt,
            "activity_id": given.activity_id,
            "activity_type": given.activity_type,
            "complete_time": at,
            "backoff": None,
            "original_schedule_time": at,
            "activation_index": 1,
        }
        plain = Payload(
            metadata={"encoding": b"json/plain"}, data=json.dumps(data, separators=(",", ":")).encode()
        )
        details = {"data": Payloads(payloads=[plain])}
        if outcome.result is not None:
            details["result"] = Payloads(payloads=[outcome.result])
        attributes = MarkerRecordedEventAttributes(
            marker_name="core_local_activity",
            details=details,
            workflow_task_completed_event_id=done,
            failure=outcome.failure,
        )
        self._add(EventType.EVENT_TYPE_MARKER_RECORDED, attributes, command)

    async def _start_timer(self, command: WorkflowCommand, done: int) -> None:
        given = command.start_timer
        attributes = TimerStartedEventAttributes(
            timer_id=str(given.seq),
            start_to_fire_timeout=given.start_to_fire_timeout,
            workflow_task_completed_event_id=done,
        )
        self.timers[given.seq] = self._add(EventType.EVENT_TYPE_TIMER_STARTED, attributes, command)
        self.world.fire_later(self, given.seq, given.start_to_fire_timeout.ToNanoseconds())

    async def _cancel_timer(self, command: WorkflowCommand, done: int) -> None:
        started = self.timers.pop(command.cancel_timer.seq)
        attributes = TimerCanceledEventAttributes(
            timer_id=str(command.cancel_timer.seq),
            started_event_id=started.event_id,
            workflow_task_completed_event_id=done,
            identity=IDENTITY,
        )
        metadata = started.user_metadata if started.HasField("user_metadata") else None
        self.history.add(self.world.now, EventType.EVENT_TYPE_TIMER_CANCELED, attributes, metadata)

    async def _schedule_activity(self, command: WorkflowCommand, done: int) -> None:
        given = command.schedule_activity
        queue = given.task_queue or self.history.task_queue
        attributes = ActivityTaskScheduledEventAttributes(
            activity_id=given.activity_id,
            activity_type=ActivityType(name=given.activity_type),
            task_queue=normal_queue(queue),
            header=Header(fields=given.headers),
            input=Payloads(payloads=given.arguments),
            schedule_to_close_timeout=given.schedule_to_close_timeout,
            schedule_to_start_timeout=given.schedule_to_start_timeout,
            start_to_close_timeout=given.start_to_close_timeout,
            heartbeat_timeout=given.heartbeat_timeout,
            workflow_task_completed_event_id=done,
            retry_policy=given.retry_policy,
            use_workflow_build_id=True,
        )
        attributes.priority.SetInParent()
        event = self._add(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, attributes, command)
        self.activities[given.seq] = Pending(command, event.event_id)
        try_later(self.world, self, given.seq, self.world.latency)

    async def _request_cancel_activity(self, command: WorkflowCommand, done: int) -> None:
        cancel(self.world, self, command.request_cancel_activity.seq, done)

    async def _start_child(self, command: WorkflowCommand, done: int) -> None:
        given = command.start_child_workflow_execution
        attributes = StartChildWorkflowExecutionInitiatedEventAttributes(
            namespace=NAMESPACE,
            namespace_id=self.history.ids.namespace_id,
            workflow_id=given.workflow_id,
            workflow_type=type_of(given.workflow_type),
            task_queue=normal_queue(given.task_queue or self.history.task_queue),
            input=Payloads(payloads=given.input),
            workflow_run_timeout=seconds(0),
            workflow_task_timeout=seconds(10),
            parent_close_policy=int(given.parent_close_policy),  # type: ignore[arg-type]
            workflow_task_completed_event_id=done,
            workflow_id_reuse_policy=given.workflow_id_reuse_policy,
            header=Header(fields=given.headers),
            memo=Memo(fields=given.memo),
            inherit_build_id=True,
        )
        attributes.priority.SetInParent()
        event = self._add(EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, attributes, command)
        self.children[given.seq] = Pending(command, event.event_id)
        self.world.start_child_later(self, given.seq)

    async def _signal_external(self, command: WorkflowCommand, done: int) -> None:
        given = command.signal_external_workflow_execution
        target = given.child_workflow_id or given.workflow_execution.workflow_id
        attributes = SignalExternalWorkflowExecutionInitiatedEventAttributes(
            workflow_task_completed_event_id=done,
            namespace=NAMESPACE,
            namespace_id=self.history.ids.namespace_id,
            workflow_execution=execution(target, given.workflow_execution.run_id),
            signal_name=given.signal_name,
            input=Payloads(payloads=given.args),
            child_workflow_only=bool(given.child_workflow_id),
        )
        event = self._add(
            EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, attributes, command
        )
        self.world.signal_later(self, given, target, event.event_id)

    async def _upsert(self, command: WorkflowCommand, done: int) -> None:
        given = command.upsert_workflow_search_attributes.search_attributes
        for name, payload in given.indexed_fields.items():
            self.attributes[name] = payload
        attributes = UpsertWorkflowSearchAttributesEventAttributes(
            workflow_task_completed_event_id=done, search_attributes=given
        )
        self._add(EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, attributes, command)

    async def _update_response(self, command: WorkflowCommand, done: int) -> None:
        given = command.update_response
        asked = self.updates[given.protocol_instance_id]
        if given.HasField("rejected"):
            self._refuse(asked, given.rejected)
        elif given.HasField("accepted"):
            attributes = WorkflowExecutionUpdateAcceptedEventAttributes(
                protocol_instance_id=asked.id,
                accepted_request_message_id=f"{asked.id}/request",
                accepted_request_sequencing_event_id=done - 2,
                accepted_request=Request(
                    meta=Meta(update_id=asked.id, identity=IDENTITY),
                    input=Input(name=asked.name, args=Payloads(payloads=asked.input)),
                ),
            )
            event = self._add(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, attributes, None)
            asked.accepted = event.event_id
        else:
            asked.answer = given.completed
            outcome = Outcome(success=Payloads(payloads=[given.completed]))
            completed = WorkflowExecutionUpdateCompletedEventAttributes(
                meta=Meta(update_id=asked.id, identity=IDENTITY), accepted_event_id=asked.accepted, outcome=outcome
            )
            self._add(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, completed, None)
            del self.updates[asked.id]

    async def _complete(self, command: WorkflowCommand, done: int) -> None:
        given = command.complete_workflow_execution
        attributes = WorkflowExecutionCompletedEventAttributes(workflow_task_completed_event_id=done)
        if given.HasField("result"):
            attributes.result.payloads.append(given.result)
        self._add(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, attributes, None)
        await self.world.close(self, "completed")

    async def _fail(self, command: WorkflowCommand, done: int) -> None:
        attributes = WorkflowExecutionFailedEventAttributes(
            workflow_task_completed_event_id=done, failure=command.fail_workflow_execution.failure
        )
        self._add(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, attributes, None)
        await self.world.close(self, "failed")

    async def _continue(self, command: WorkflowCommand, done: int) -> None:
        given = command.continue_as_new_workflow_execution
        carried = {**self.attributes, **given.search_attributes.indexed_fields}
        run_id = self.history.ids.new()
        attributes = WorkflowExecutionContinuedAsNewEventAttributes(
            new_execution_run_id=run_id,
            workflow_type=type_of(given.workflow_type or self.type),
            task_queue=normal_queue(given.task_queue or self.history.task_queue),
            input=Payloads(payloads=given.arguments),
            workflow_run_timeout=seconds(0),
            workflow_task_timeout=seconds(10),
            workflow_task_completed_event_id=done,
            inherit_build_id=True,
        )
        if carried:
            attributes.search_attributes.CopyFrom(SearchAttributes(indexed_fields=carried))
        self._add(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, attributes, None)
        await self.world.close(self, "continued_as_new")
        await self.world.go_on(self, run_id, list(given.arguments), carried)

    def _add(
        self, kind: EventType.ValueType, attributes: Message, command: WorkflowCommand | None
    ) -> HistoryEvent:
        metadata = command.user_metadata if command is not None and command.HasField("user_metadata") else None
        return self.history.add(self.world.now, kind, attributes, metadata)

    _HANDLERS: ClassVar[dict[str, Callable[..., Any]]] = {
        "marker": _marker,
        "start_timer": _start_timer,
        "cancel_timer": _cancel_timer,
        "schedule_activity": _schedule_activity,
        "request_cancel_activity": _request_cancel_activity,
        "start_child_workflow_execution": _start_child,
        "signal_external_workflow_execution": _signal_external,
        "upsert_workflow_search_attributes": _upsert,
        "update_response": _update_response,
        "complete_workflow_execution": _complete,
        "fail_workflow_execution": _fail,
        "continue_as_new_workflow_execution": _continue,
    }

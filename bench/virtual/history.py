"""The history of one run as a server writes it: real `HistoryEvent` messages, attribute for attribute.

What is compared with a real server by a test: kinds and order of events, and their size within a few percent (ids and
clocks differ in length).
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from typing import Any, Final

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import Payload, Priority, WorkerVersionStamp, WorkflowExecution, WorkflowType
from temporalio.api.enums.v1 import EventType, TaskQueueKind
from temporalio.api.history.v1 import (
    HistoryEvent,
    WorkflowTaskCompletedEventAttributes,
    WorkflowTaskScheduledEventAttributes,
    WorkflowTaskStartedEventAttributes,
)
from temporalio.api.sdk.v1 import UserMetadata
from temporalio.api.sdk.v1 import WorkflowTaskCompletedMetadata as Sdk
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob
from temporalio.common import WorkerDeploymentVersion

NAMESPACE: Final = "default"
IDENTITY: Final = "20001@worker-1"
TASK_TIMEOUT: Final = 10
# What Core of SDK 1.35 marks in a run's first completed task; the replayer needs to see it.
CORE_FLAGS: Final = (4, 3, 1, 2)
FIRST_TASK_ID: Final = 1_048_587

_ATTRIBUTES: Final[Mapping[int, str]] = {
    value: name.removeprefix("EVENT_TYPE_").lower() + "_event_attributes" for name, value in EventType.items()
}


class Ids:
    """Ids of one world, the same for the same seed."""

    def __init__(self, seed: int, deployment: WorkerDeploymentVersion | None = None) -> None:
        self._random = random.Random(seed)
        self.task_id = FIRST_TASK_ID
        of_sdk = f"{self._random.getrandbits(128):032x}"
        self.build = of_sdk if deployment is None else deployment.build_id
        self.deployment = "" if deployment is None else deployment.deployment_name
        self.sticky = f"{IDENTITY}-{self._random.getrandbits(128):032x}"
        self.namespace_id = self.new()

    def new(self) -> str:
        """A random UUID."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def seed(self) -> int:
        """The seed of a run's own randomness."""
        return self._random.getrandbits(63)

    def next_task(self) -> int:
        """The server's running number of events."""
        self.task_id += 1
        return self.task_id


def stamp(at: int) -> Timestamp:
    """An instant in nanoseconds since 1970 as a protobuf timestamp."""
    return Timestamp(seconds=at // 1_000_000_000, nanos=at % 1_000_000_000)


def seconds(number: int) -> Duration:
    """Whole seconds as a protobuf duration."""
    return Duration(seconds=number)


def normal_queue(name: str) -> TaskQueue:
    """A task queue as events name it."""
    return TaskQueue(name=name, kind=TaskQueueKind.TASK_QUEUE_KIND_NORMAL)


class History:
    """Events of one run. ``size``: their bytes, as the server adds them up."""

    def __init__(self, ids: Ids, task_queue: str) -> None:
        self.ids = ids
        self.task_queue = task_queue
        self.events: list[HistoryEvent] = []
        self.size = 0
        self.tasks = 0

    @property
    def next_id(self) -> int:
        """The id of the event that comes next."""
        return len(self.events) + 1

    def add(
        self, at: int, kind: EventType.ValueType, attributes: Message, metadata: UserMetadata | None = None
    ) -> HistoryEvent:
        """Append one event of ``kind`` with its attributes."""
        given: dict[str, Any] = {_ATTRIBUTES[kind]: attributes}
        event = HistoryEvent(
            event_id=self.next_id,
            event_time=stamp(at),
            event_type=kind,
            task_id=self.ids.next_task(),
            user_metadata=metadata,
            **given,
        )
        self.events.append(event)
        self.size += event.ByteSize() + 3
        return event

    def begin_task(self, at: int) -> tuple[HistoryEvent, HistoryEvent]:
        """Scheduled and started events of a workflow task: the first of a run on the normal queue, others sticky."""
        queue = normal_queue(self.task_queue)
        if self.tasks:
            queue = TaskQueue(
                name=self.ids.sticky, kind=TaskQueueKind.TASK_QUEUE_KIND_STICKY, normal_name=self.task_queue
            )
        self.tasks += 1
        scheduled = self.add(
            at,
            EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
            WorkflowTaskScheduledEventAttributes(
                task_queue=queue, start_to_close_timeout=seconds(TASK_TIMEOUT), attempt=1
            ),
        )
        started = self.add(
            at,
            EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
            WorkflowTaskStartedEventAttributes(
                scheduled_event_id=scheduled.event_id,
                identity=IDENTITY,
                request_id=self.ids.new(),
                history_size_bytes=self.size,
                worker_version=WorkerVersionStamp(build_id=self.ids.build),
            ),
        )
        return scheduled, started

    def end_task(self, at: int, started: HistoryEvent, flags: tuple[int, ...]) -> HistoryEvent:
        """The completed event of a workflow task. ``flags``: logic flags the SDK used for the first time."""
        sdk = Sdk(lang_used_flags=flags)
        if self.tasks == 1:
            sdk = Sdk(
                core_used_flags=CORE_FLAGS, lang_used_flags=flags, sdk_name="temporal-python", sdk_version="1.35.0"
            )
        attributes = WorkflowTaskCompletedEventAttributes(
            scheduled_event_id=started.workflow_task_started_event_attributes.scheduled_event_id,
            started_event_id=started.event_id,
            identity=IDENTITY,
            worker_version=WorkerVersionStamp(build_id=self.ids.build),
            worker_deployment_name=self.ids.deployment,
            sdk_metadata=sdk,
        )
        attributes.metering_metadata.SetInParent()
        return self.add(at, EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, attributes)

    def drop_task(self) -> None:
        """Take the last scheduled and started events back: a speculative task that only refused an update."""
        for event in self.events[-2:]:
            self.size -= event.ByteSize() + 3
        del self.events[-2:]
        self.tasks -= 1


def no_priority() -> Priority:
    """The empty priority that the server writes."""
    return Priority()


def execution(workflow_id: str, run_id: str = "") -> WorkflowExecution:
    """A reference to an execution."""
    return WorkflowExecution(workflow_id=workflow_id, run_id=run_id)


def workflow_type(name: str) -> WorkflowType:
    """A workflow's type."""
    return WorkflowType(name=name)


def job(**variant: Message) -> WorkflowActivationJob:
    """One job of an activation."""
    given: dict[str, Any] = dict(variant)
    return WorkflowActivationJob(**given)


def copies(payloads: Any) -> list[Payload]:
    """Copies of payloads: the SDK decodes those of an activation in place."""
    out: list[Payload] = []
    for payload in payloads:
        one = Payload()
        one.CopyFrom(payload)
        out.append(one)
    return out

"""The SDK's own workflow worker with nothing behind it: activations go in, completions come out, payloads sealed.

Temporal's Core turns histories into activations; here the driver makes them. Everything from decoding on is what a
worker does: codec, sandbox, instances. The names used are the SDK's inner ones (temporalio is pinned to one release,
and a contract test compares the driver with a real server).
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import temporalio.common
from temporalio.bridge.proto.workflow_activation import RemoveFromCache, WorkflowActivation, WorkflowActivationJob
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import DataConverter
from temporalio.worker import UnsandboxedWorkflowRunner, WorkflowRunner
from temporalio.worker._workflow import _WorkflowWorker


class TaskFailedError(Exception):
    """A workflow task failed: in a measurement that is a defect, never to be retried."""


class _Bridge:
    """Stands where Core stands: keeps the completion of the activation just handled."""

    def __init__(self) -> None:
        self.completion: WorkflowActivationCompletion | None = None

    async def complete_workflow_activation(self, completion: WorkflowActivationCompletion) -> None:
        self.completion = completion


class Core:
    """Handles activations of many runs, one at a time."""

    def __init__(
        self,
        workflows: Sequence[type],
        *,
        converter: DataConverter,
        task_queue: str,
        runner: WorkflowRunner | None = None,
        namespace: str = "default",
    ) -> None:
        self._bridge = _Bridge()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="workflow")
        chosen = runner or UnsandboxedWorkflowRunner()
        self._worker = _WorkflowWorker(
            bridge_worker=lambda: cast("Any", self._bridge),
            namespace=namespace,
            task_queue=task_queue,
            workflows=workflows,
            workflow_task_executor=self._threads,
            max_concurrent_workflow_tasks=1,
            workflow_runner=chosen,
            unsandboxed_workflow_runner=UnsandboxedWorkflowRunner(),
            data_converter=converter,
            interceptors=(),
            workflow_failure_exception_types=(),
            patch_activation_callback=None,
            debug_mode=False,
            disable_eager_activity_execution=False,
            metric_meter=temporalio.common.MetricMeter.noop,
            on_eviction_hook=None,
            disable_safe_eviction=False,
            should_enforce_versioning_behavior=False,
            assert_local_activity_valid=lambda name: None,
            encode_headers=False,
            max_workflow_task_external_storage_concurrency=1,
        )

    async def activate(self, activation: WorkflowActivation) -> WorkflowActivationCompletion:
        """The completion of one activation, its payloads encoded.

        Raises:
            TaskFailedError: the workflow task failed.
        """
        completion = await self._handle(activation)
        if completion.HasField("failed"):
            raise TaskFailedError(f"{completion.failed.failure.message}\n{completion.failed.failure.stack_trace}")
        return completion

    async def evict(self, run_id: str) -> None:
        """Forget a run that is over."""
        job = WorkflowActivationJob(remove_from_cache=RemoveFromCache(message="over"))
        await self._handle(WorkflowActivation(run_id=run_id, jobs=[job]))

    async def _handle(self, activation: WorkflowActivation) -> WorkflowActivationCompletion:
        await self._worker._handle_activation(activation)
        completion, self._bridge.completion = self._bridge.completion, None
        if completion is None:
            raise TaskFailedError("the SDK gave no completion")
        return completion

    def close(self) -> None:
        """End the thread that workflow code ran in."""
        self._threads.shutdown()

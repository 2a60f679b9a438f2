"""Activities of a virtual world, carried out for real: arguments opened, the function called, its result sealed."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from temporalio import activity
from temporalio.api.common.v1 import Payload
from temporalio.api.common.v1 import RetryPolicy as RetryProto
from temporalio.api.failure.v1 import Failure
from temporalio.bridge.proto.activity_result import ActivityResolution, Success
from temporalio.bridge.proto.activity_result import Failure as ActivityFailure
from temporalio.converter import ActivitySerializationContext, DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from bench.virtual.history import NAMESPACE, copies

_LOCAL_TRIES: Final = 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """``result`` or ``failure``, sealed; ``final``: no retry follows."""

    result: Payload | None = None
    failure: Failure | None = None
    final: bool = True
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class _Known:
    call: Callable[..., Any]
    types: list[type] | None


class Activities:
    """Activities by name. An error that is no `ApplicationError` is a defect and passes through."""

    def __init__(self, functions: Sequence[Callable[..., Any]], converter: DataConverter) -> None:
        self._converter = converter
        self._known: dict[str, _Known] = {}
        for function in functions:
            definition = activity._Definition.must_from_callable(function)
            if definition.name is None:
                raise ValueError(f"{function!r} has no activity name")
            self._known[definition.name] = _Known(function, definition.arg_types)

    async def attempt(
        self,
        name: str,
        arguments: Iterable[Payload],
        *,
        workflow_id: str,
        workflow_type: str,
        task_queue: str,
        local: bool,
        retry: RetryProto,
        attempt: int = 1,
    ) -> Outcome:
        """One try of an activity."""
        known = self._known.get(name)
        if known is None:
            raise KeyError(f"the world knows no activity {name!r}")
        converter = self._converter.with_context(
            ActivitySerializationContext(
                namespace=NAMESPACE,
                activity_id=None,
                activity_type=name,
                activity_task_queue=task_queue,
                workflow_id=workflow_id,
                workflow_type=workflow_type,
                is_local=local,
            )
        )
        given = await converter.decode(copies(arguments), known.types)
        try:
            value = ActivityEnvironment().run(known.call, *given)
            if inspect.isawaitable(value):
                value = await value
        except ApplicationError as error:
            failure = Failure()
            await converter.encode_failure(error, failure)
            used_up = 0 < retry.maximum_attempts <= attempt
            return Outcome(failure=failure, final=error.non_retryable or used_up, attempt=attempt)
        (result,) = await converter.encode([value])
        return Outcome(result=result, attempt=attempt)

    async def run_local(self, name: str, arguments: Sequence[Payload], retry: RetryProto, **about: Any) -> Outcome:
        """A local activity with its retries; they take no virtual time."""
        for number in range(1, _LOCAL_TRIES + 1):
            outcome = await self.attempt(name, arguments, local=True, retry=retry, attempt=number, **about)
            if outcome.final:
                return outcome
        raise RuntimeError(f"{name} was tried {_LOCAL_TRIES} times")


def resolved(outcome: Outcome) -> ActivityResolution:
    """An activity's end as an activation tells it."""
    if outcome.failure is not None:
        return ActivityResolution(failed=ActivityFailure(failure=outcome.failure))
    result = Payload()
    if outcome.result is not None:
        result.CopyFrom(outcome.result)
    return ActivityResolution(completed=Success(result=result))

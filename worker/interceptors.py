"""Around every try of an activity: whose it is in the logs, how it ended in the metrics. Never what it was about."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any, Final

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from worker.codec import owner_of
from worker.metrics import Meters

log = structlog.get_logger("carepath.activity")

OK: Final = "ok"


class WatchActivities(Interceptor):
    """Binds the journey's opaque key to log lines and counts outcomes."""

    def __init__(self, meters: Meters) -> None:
        self._meters = meters

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap one activity."""
        return _Watched(next, self._meters)


class _Watched(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, meters: Meters) -> None:
        super().__init__(following)
        self._meters = meters

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        """Run it, and note how it ended."""
        info = activity.info()
        begin = time.perf_counter()
        outcome = OK
        with structlog.contextvars.bound_contextvars(
            activity=info.activity_type, journey=owner_of(info.workflow_id or ""), attempt=info.attempt
        ):
            try:
                return await self.next.execute_activity(input)
            except Exception as error:
                outcome = code_of(error)
                log.warning("activity failed", code=outcome)
                raise
            finally:
                labels = {"activity": info.activity_type, "outcome": outcome}
                self._meters.outcomes.add(1, labels)
                self._meters.seconds.record(
                    timedelta(seconds=time.perf_counter() - begin), {"activity": info.activity_type}
                )


def code_of(error: BaseException) -> str:
    """The coded type of a failure; its text may quote somebody and is never used."""
    if isinstance(error, ApplicationError) and error.type:
        return error.type
    return type(error).__name__

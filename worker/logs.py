"""Logs of every process: one JSON object a line on standard error, with allow-listed fields only.

What a person is called, where they live and what they measured never has a field here; keys are opaque. A line of
the standard library's logging (Temporal's SDK) keeps its template, not what was put into it, and a failure keeps
types and places, not texts: texts of failures may quote what somebody typed.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import structlog

ALLOWED: Final = frozenset(
    (
        "activity", "address", "attempt", "code", "count", "dropped", "error", "event", "journey", "level", "logger",
        "namespace", "number", "partner", "pid", "port", "queue", "role", "seconds", "sequence", "shard", "signal",
        "status", "timestamp", "trace", "url", "version", "workflow",
    )
)  # fmt: skip
_FRAMES: Final = 12

EventDict = structlog.typing.EventDict
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure_logs(level: int = logging.INFO) -> None:
    """Set up structlog and the standard library's logging for this process."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, keep_template],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                tell_failure,
                keep_allowed,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    # The first two write addresses with their queries, and queries may hold what nobody may read; of the others' lines
    # nothing is left without what was put into them. Where a process listens is said by carepath itself.
    for noisy in ("httpx", "httpcore", "alembic", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def keep_template(logger: Any, name: str, event: EventDict) -> EventDict:
    """Put the template of a foreign line in the place of the filled-in text."""
    del logger, name
    record: logging.LogRecord = event["_record"]
    event["event"] = str(record.msg)
    return event


def tell_failure(logger: Any, name: str, event: EventDict) -> EventDict:
    """Turn ``exc_info`` into the type of the failure and the places it passed, without its text."""
    del logger, name
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    elif isinstance(given, BaseException):
        given = (type(given), given, given.__traceback__)
    if isinstance(given, tuple) and given[0] is not None:
        event["error"], event["trace"] = _tell(given)
    return event


def keep_allowed(logger: Any, name: str, event: EventDict) -> EventDict:
    """Drop every field that is not on the list; their names (not what they held) are named."""
    del logger, name
    kept = {key: value for key, value in event.items() if key in ALLOWED}
    dropped = sorted(event.keys() - ALLOWED)
    if dropped:
        kept["dropped"] = dropped
    return kept


def _tell(failure: ExcInfo) -> tuple[str, list[str]]:
    kind, error, trace = failure
    kinds = [kind.__name__]
    cause: BaseException | None = error.__cause__ or error.__context__
    while cause is not None and len(kinds) < 5:
        kinds.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    places: list[str] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return " < ".join(kinds), places[-_FRAMES:]

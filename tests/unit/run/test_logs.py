"""What a log line may hold: allow-listed fields, templates, types of failures. Never what somebody typed."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from worker import logs

NAME = "Zhang San 13800000000"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    logs.configure_logs()
    yield written
    root.handlers[:], root.level = before[0], before[1]
    structlog.reset_defaults()


def read(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_only_allowed_fields_are_written(lines: io.StringIO) -> None:
    structlog.get_logger("carepath.x").warning("not woken", journey="p1", patient_name=NAME, phone=NAME)
    (line,) = read(lines)
    assert line["journey"] == "p1"
    assert line["level"] == "warning"
    assert line["logger"] == "carepath.x"
    assert line["dropped"] == ["patient_name", "phone"]
    assert NAME not in lines.getvalue()


def test_a_foreign_line_keeps_its_template_only(lines: io.StringIO) -> None:
    logging.getLogger("temporalio.activity").warning("Completing activity as failed (%s)", {"input": NAME})
    (line,) = read(lines)
    assert line["event"] == "Completing activity as failed (%s)"
    assert NAME not in lines.getvalue()


@pytest.mark.parametrize("foreign", [True, False])
def test_a_failure_keeps_types_and_places_and_no_text(lines: io.StringIO, foreign: bool) -> None:
    try:
        try:
            raise KeyError(NAME)
        except KeyError as error:
            raise ValueError(f"cannot read {NAME}") from error
    except ValueError:
        if foreign:
            logging.getLogger("temporalio").exception("it failed")
        else:
            structlog.get_logger("carepath").exception("it failed")
    (line,) = read(lines)
    assert line["error"] == "ValueError < KeyError"
    assert line["trace"][-1].startswith("test_logs.py:")
    assert NAME not in lines.getvalue()


def test_context_is_allow_listed_too(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(journey="p1", name=NAME):
        structlog.get_logger("carepath").info("hello")
    (line,) = read(lines)
    assert (line["journey"], line["dropped"]) == ("p1", ["name"])

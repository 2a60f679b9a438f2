"""The tasks of a questionnaire protocol file, as ``carepath expand`` lists them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from carepath.expansion.facts import FactsRefusedError
from carepath.expansion.output import instant_row
from pathways.timing.protocols import (
    Instant,
    Planned,
    Protocol,
    ProtocolRefusedError,
    planned,
    read_protocol,
)

Json = Any
_LARGEST = 4 * 1024 * 1024
VISIT = "clinic_visit"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: enrolment and end (UTC), the zone, and the clinic visit if there was one."""

    start: datetime
    until: datetime
    zone: str
    visit: datetime | None


def protocol_file(path: Path) -> Protocol:
    """The protocol of a JSON file.

    Raises:
        ProtocolRefusedError: It is too large, no JSON, or no protocol.
    """
    if path.stat().st_size > _LARGEST:
        raise ProtocolRefusedError(f"the file is larger than {_LARGEST // 1024 // 1024} MiB")
    try:
        document = json.loads(path.read_bytes().decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ProtocolRefusedError(f"not JSON in UTF-8: {error}") from error
    return read_protocol(document)


def visit_of(facts: Mapping[str, Json], zone: str) -> datetime | None:
    """The clinic visit among the facts, a local time of the zone unless it has an offset.

    Raises:
        FactsRefusedError: Another fact is given, or no time.
    """
    for name in facts:
        if name != VISIT:
            raise FactsRefusedError(f"{name}: a questionnaire protocol has no such fact; it has {VISIT}")
    if VISIT not in facts:
        return None
    text = str(facts[VISIT])
    try:
        date.fromisoformat(text[:10])
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise FactsRefusedError(f"{VISIT}: {text!r} is not an ISO date and time") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))


def rows(protocol: Protocol, asked: Asked) -> Iterator[dict[str, Json]]:
    """Every task due in the range, and every earlier one that is still open at its start, in order of due, then of the
    file; ``number`` is the order in which the schedule makes them."""
    found: list[tuple[Instant, int, Planned]] = []
    for index, one in enumerate(protocol.questionnaires):
        for task in planned(one, asked.start, asked.zone, asked.visit):
            if _asked_for(task, asked):
                found.append((task.due, index, task))
    for _, _, task in sorted(found, key=lambda item: (item[0], item[1], item[2].number)):
        yield _row(task, asked.zone)


def _asked_for(task: Planned, asked: Asked) -> bool:
    due = task.due.at
    if due is None or due >= asked.until:
        return False
    return due >= asked.start or asked.start - due < task.window


def _row(task: Planned, zone: str) -> dict[str, Json]:
    due = task.due.at
    assert due is not None
    closes = instant_row(due + task.window, zone)
    reminders = [instant_row(found, zone) for at in task.reminders if (found := at.at) is not None]
    return {
        "step": task.questionnaire,
        "number": task.number,
        "opens": instant_row(due, zone),
        "due": instant_row(due, zone),
        "late": None,
        "missed": closes,
        "reminders": reminders,
    }

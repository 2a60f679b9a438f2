"""The red row that ingest writes: the first message of a red rule, under the key its tick will use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from activities.intake.screens import Screen
from activities.records import outbox
from activities.records.ledger import Sealer
from activities.records.outbox import Placing
from activities.records.schema import outbox as rows
from pathways.decide.contact import red_key
from pathways.decide.effects import PlanMessage
from pathways.lang.plan_base import Text

USEFUL: Final = timedelta(days=7)
"""How long a red message is tried, as the decider plans it."""


def page(
    connection: Connection,
    sealer: Sealer,
    placing: Placing,
    screen: Screen,
    reading: str,
    *,
    now: datetime,
    last_tick: datetime | None,
) -> bool:
    """Write the red row of a matching screen. ``now``: patient time.

    Nothing is written where the screen has no message (an episode is open, or the rule begins with a person: the run,
    woken at once, does the rest), nor when a row of the same rule was written since the last tick: a second high
    reading is the answer to the first, and what it means is for the tick to say.
    """
    if screen.message is None or _since_tick(connection, placing.journey, screen.rule, last_tick):
        return False
    message = _message(placing.journey, screen, screen.message, reading, now)
    return outbox.write(connection, sealer, placing, [message])[0] == "new"


def _message(journey: str, screen: Screen, words: Mapping[str, Any], reading: str, now: datetime) -> PlanMessage:
    return PlanMessage(
        key=red_key(journey, screen.rule, reading),
        to="patient",
        channels=tuple(words["channels"]),
        message_class="red",
        template=words["template"],
        text=Text(en=words["text"]["en"], zh=words["text"]["zh"]),
        due=now,
        expires=now + USEFUL,
        topic=words.get("topic"),
        private=bool(words.get("private", False)),
        enrolment=screen.enrolment or None,
        wants_receipt=True,
    )


def _since_tick(connection: Connection, journey: str, rule: str, last_tick: datetime | None) -> bool:
    query = select(rows.c.key).where(
        rows.c.journey == journey, rows.c.key.startswith(red_key(journey, rule, ""), autoescape=True)
    )
    if last_tick is not None:
        query = query.where(rows.c.planned_at > last_tick)
    return connection.scalar(query.limit(1)) is not None

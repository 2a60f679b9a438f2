"""The red row that ingest writes: the first message of a red rule, under the key its tick will use."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from activities.intake.screens import Screen
from activities.records import outbox
from activities.records.ledger import Sealer
from activities.records.outbox import Placing
from activities.records.schema import outbox as outbox_table
from pathways.decide.effects import PlanMessage
from pathways.lang.plan import Message, Plan, Rule, Say
from pathways.lang.plan_base import Duration
from pathways.lang.site_plan import Site

USEFUL: Final = timedelta(hours=1)
"""How long a red message is tried."""
_CLOCK_SECONDS: Final = {"s": 1, "min": 60, "h": 3600}


def red_key(journey: str, rule: str, reading: str) -> str:
    """The key of the first message of a red rule about one reading: tick and ingest both use it."""
    return f"{journey}:red:{rule}:{reading}"


def red_message(
    journey: str,
    screen: Screen,
    reading: str,
    plans: Sequence[Plan],
    site: Site,
    channels: Sequence[str],
    now: datetime,
) -> PlanMessage | None:
    """The message to page with, or None when the rule says nothing to the patient at its start (then the run, woken at
    once, tells the first person)."""
    for plan in plans:
        rule = next((r for r in plan.rules if r.id == screen.rule), None)
        if rule is None:
            continue
        message = _first_message(plan, rule)
        if message is None or "patient" not in message.to:
            return None
        return PlanMessage(
            key=red_key(journey, rule.id, reading),
            to="patient",
            channels=tuple(channels) or site.patient_channels,
            message_class="red",
            template=message.id,
            text=message.text,
            due=now,
            expires=now + USEFUL,
            topic=message.topic,
            private=message.private,
            enrolment=screen.enrolment or None,
            wants_receipt=True,
            reason="red",
        )
    return None


def page(
    connection: Connection, sealer: Sealer, placing: Placing, message: PlanMessage, plans: Sequence[Plan], rule_id: str
) -> bool:
    """Write the red row unless one of the same rule was written within the time for its repeat measurement: a
    second high reading is the answer to the first, and what it means is for the tick to say."""
    recent = connection.scalar(
        select(outbox_table.c.key).where(
            outbox_table.c.journey == placing.journey,
            outbox_table.c.key.startswith(red_key(placing.journey, rule_id, ""), autoescape=True),
            outbox_table.c.due > message.due - _repeat_time(plans, rule_id),
        )
    )
    if recent is not None:
        return False
    return outbox.write(connection, sealer, placing, [message])[0] == "new"


def _first_message(plan: Plan, rule: Rule) -> Message | None:
    if rule.repeat is not None:
        return plan.messages.get(rule.repeat.message)
    says = [action for action in rule.do if isinstance(action, Say) and action.only_if is None]
    return plan.messages.get(says[0].message) if says else None


def _repeat_time(plans: Sequence[Plan], rule_id: str) -> timedelta:
    for plan in plans:
        for rule in plan.rules:
            if rule.id == rule_id and rule.repeat is not None:
                return _clock(rule.repeat.within)
    return timedelta(0)


def _clock(duration: Duration) -> timedelta:
    return timedelta(seconds=(duration.amount or 0) * _CLOCK_SECONDS.get(duration.unit, 0))

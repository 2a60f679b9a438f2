"""A small world for the courier: a real store with patients, messages planned in it, channels that do as told."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from activities import rehearsal
from activities.addresses import Addresses
from activities.contracts import CourierInput
from activities.courier import Pump
from activities.intake.patients import NewPatient, register_patient
from activities.messaging.channels import Channels
from activities.messaging.ports import Letter, Outcome, Sent
from activities.records import outbox, schema
from activities.records.ledger import Ledger, open_ledger
from activities.records.outbox import Placing
from pathways.decide.effects import PlanMessage
from pathways.lang.plan_base import Text

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PATIENT = "patient00001"
MESSAGE = PlanMessage(
    key=f"{PATIENT}:m1",
    to="patient",
    channels=("app",),
    message_class="care",
    template="hello",
    text=Text(en="Hello {name}", zh="您好 {name}"),
    due=NOON,
    expires=NOON + timedelta(hours=4),
)


@dataclass
class Script:
    """A channel that answers as told, in order, and then that all is sent."""

    answers: list[Outcome] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)

    async def send(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else Sent(f"id-{len(self.letters)}")

    async def close(self) -> None:
        self.letters.clear()


@dataclass
class Wakes:
    """Notes who was woken."""

    journeys: list[str] = field(default_factory=list)

    async def wake(self, journey: str) -> None:
        self.journeys.append(journey)


class World:
    """One store, one clock, some patients."""

    def __init__(self, folder: Path, addresses: Addresses | None = None, url: str = "") -> None:
        self.now = NOON
        self.url = url or f"sqlite:///{folder / 'records.db'}?synchronous=normal"
        self.keys = str(folder / "keys.json")
        self.ledger: Ledger = open_ledger(self.url, self.keys, lambda: self.now)
        self.email = Script()
        self.sms = Script()
        self.wakes = Wakes()
        self.addresses = addresses or Addresses()
        self.channels = Channels({"email": self.email, "sms": self.sms}, self.addresses)
        self.clock: rehearsal.ClockMap | None = None
        self.patient()

    def patient(self, key: str = PATIENT, **fields: Any) -> str:
        given: dict[str, Any] = {"name": "Wang Fang", "email": "wang@example.org", "phone": "+8613800138000", **fields}
        done = register_patient(self.ledger, NewPatient(key=key, **given), by="test")
        assert getattr(done, "key", None) == key, done
        return key

    def journey(self, key: str = PATIENT, **values: Any) -> None:
        self.ledger.store.transact(
            lambda c: c.execute(update(schema.journey).where(schema.journey.c.key == key).values(**values))
        )

    def plan(self, *messages: PlanMessage, patient: str = PATIENT) -> None:
        placing = Placing(patient, self.clock, self.now)
        self.ledger.store.transact(lambda c: outbox.write(c, self.ledger.keys(patient), placing, messages))

    def message(self, name: str = "m1", *, patient: str = PATIENT, **values: Any) -> PlanMessage:
        return replace(MESSAGE, key=f"{patient}:{name}", **values)

    def pump(self, channels: Channels | None = None, *, red: bool = False, shard: int = 0, shards: int = 1) -> Pump:
        given = CourierInput(shard=shard, shards=shards, red=red, seconds=0.0)
        return Pump(self.ledger, channels or self.channels, self.wakes, given, lambda: None)

    def round(self, pump: Pump | None = None) -> int:
        """One round of a courier: rows looked at."""
        return asyncio.run((pump or self.pump()).round())

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def row(self, name: str = "m1") -> Any:
        query = select(schema.outbox).where(schema.outbox.c.key == f"{PATIENT}:{name}")
        return self.ledger.store.read(lambda c: c.execute(query).one())

    def rows(self, table: Any) -> Sequence[Any]:
        return self.ledger.store.read(lambda c: c.execute(select(table)).all())

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        sealer = self.ledger.keys(PATIENT)
        return [
            (row.kind, sealer.open("inbox.body", row.body_sealed))
            for row in sorted(self.rows(schema.inbox), key=lambda row: row.seq)
        ]

    def app(self) -> list[dict[str, Any]]:
        return [
            {"key": row.key, "to": row.recipient, "at": row.at}
            | self.ledger.keys(row.journey).open("app_inbox.text", row.text_sealed)
            for row in self.rows(schema.app_inbox)
        ]

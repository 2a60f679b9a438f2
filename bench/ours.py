"""carepath in a virtual world: its own workflows, tick, ledger, codec, intake and handoff steps, on a virtual clock.

What is not there: the courier (the journey does not wait for it) and HTTP between processes (a stand-in partner is
called in this process, over the same client).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import SecretStr
from sqlalchemy import select
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.converter import DataConverter
from temporalio.worker import WorkflowRunner

from activities.addresses import Addresses, Partner
from activities.contracts import SweepInput
from activities.handoffs.callbacks import Accepted, accept_callback
from activities.handoffs.client import PartnerClient, PartnerClients
from activities.handoffs.steps import HandoffSteps
from activities.intake.commands import store_command
from activities.intake.enrolments import NewEnrolment, enrol
from activities.intake.inbox import NewEvent, StoredEvent
from activities.intake.normal import NormalReading
from activities.intake.patients import NewPatient, register_patient
from activities.intake.readings import Ingested, ingest_readings
from activities.intake.refusals import Refusal
from activities.records.ledger import Ledger, open_ledger
from activities.records.registry import Plans, publish, put_plan, put_site, sign
from activities.records.schema import task
from activities.sweep import sweep_once
from activities.tick import TickActivity
from bench.life import ZONE, Life
from bench.lives import QUEUE
from bench.pure import CONSENT, FACTS, PERSON, compiled
from bench.virtual.activities import Activities
from bench.virtual.core import Core
from bench.virtual.world import World
from carepath.partners.behaviour import Behaviour, Move
from carepath.partners.double import make_app
from carepath.partners.ledger import Ledger as PartnerBook
from carepath.partners.telling import CallbackAddress, Teller
from pathways.decide.events import Answered, Body, TaskVerb, Visit
from worker.codec import data_converter
from worker.fleet import BUILD
from worker.sandbox import JOURNEY_WORKFLOWS
from workflows.messages import ACT, JOURNEY, WAKE, ActRequest, JourneyInput

SWEPT_AFTER: Final = timedelta(seconds=12)
_CALLBACK: Final = "http://carepath.invalid/callbacks/pharmacy_demo"
_LISTS: Final = SearchAttributeKey.for_keyword_list("CarePathways")
_SITE: Final = SearchAttributeKey.for_keyword("CareSite")
_STATUS: Final = SearchAttributeKey.for_keyword("CareStatus")


class _InProcess(PartnerClients):
    """Partner clients whose HTTP stays in this process."""

    def __init__(self, addresses: Addresses, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(addresses)
        self._inner = httpx.AsyncClient(transport=transport)
        self._known = addresses

    def of(self, partner_id: str) -> PartnerClient | None:
        partner = self._known.partner(partner_id)
        return None if partner is None else PartnerClient(partner, self._inner)


class Pharmacy:
    """A stand-in pharmacy that moves when the life says so, and tells of it signed. ``loses_callbacks``: on the way."""

    def __init__(self, folder: Path, ours: Ours) -> None:
        self._ours = ours
        self.loses_callbacks = False
        self.partner = Partner(
            id="pharmacy_demo",
            kind="pharmacy",
            base_url="http://pharmacy.invalid",
            secrets=(SecretStr("whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),),
        )
        self._book = PartnerBook(folder / "pharmacy.db", "pharmacy", 1, 86_400.0)
        self._book.behave(Behaviour(manual=True))
        self._teller = Teller(
            self._book,
            CallbackAddress(_CALLBACK, self.partner.secrets[0].get_secret_value()),
            httpx.AsyncClient(transport=httpx.MockTransport(self._told)),
        )
        app = make_app(self._book, None, clock=lambda: ours.world.clock().timestamp())
        self.clients = _InProcess(Addresses(partners=(self.partner,)), httpx.ASGITransport(app))

    async def moves(self, identifier: str, state: str) -> None:
        """An order comes to its next state."""
        now = self._ours.world.clock().timestamp()
        self._book.script(identifier, [Move(0.0, state)], now)
        self._book.advance(now, identifier)
        await self._teller.tell_due(now)

    def orders(self) -> list[str]:
        """Identifiers of orders, oldest first."""
        return [str(row["identifier"]) for row in self._book.summary()]

    async def _told(self, request: httpx.Request) -> httpx.Response:
        """The API's part: judge and store a callback, then wake the conversation."""
        if self.loses_callbacks:
            return httpx.Response(202)
        addresses = Addresses(partners=(self.partner,))
        stored = accept_callback(
            self._ours.ledger, addresses, self.partner.id, request.headers, await request.aread()
        )
        if not isinstance(stored, Accepted):
            return httpx.Response(stored.status)
        await self._ours.world.signal(f"{stored.journey}.h.{stored.number}", WAKE)
        return httpx.Response(202)


class Ours:
    """carepath, looking after lives."""

    world: World

    def __init__(self, folder: Path, start: datetime, *, runner: WorkflowRunner | None = None, seed: int = 1) -> None:
        self._began = start
        self.ledger: Ledger = open_ledger(
            f"sqlite:///{folder / 'records.db'}?synchronous=normal", str(folder / "keys.json"), self._clock
        )
        self.converter: DataConverter = data_converter(self.ledger.keyring)
        self._plan, self._site = compiled()
        self._site_sha = put_site(self.ledger.store, self._site)
        sha = put_plan(self.ledger.store, self._plan)
        for who in ("s1", "s2"):
            sign(self.ledger.store, sha, who)
        publish(self.ledger.store, sha)
        self.plans = Plans(self.ledger.store)
        self.pharmacy = Pharmacy(folder, self)
        functions: list[Callable[..., Any]] = [
            TickActivity(self.ledger, self.plans).tick,
            HandoffSteps(self.ledger, self.pharmacy.clients, self.plans, self).step,
        ]
        self.core = Core(JOURNEY_WORKFLOWS, converter=self.converter, task_queue=QUEUE, runner=runner)
        self.world = World(
            self.core,
            Activities(functions, self.converter),
            self.converter,
            start=start,
            task_queue=QUEUE,
            seed=seed,
            deployment=BUILD.version,
        )
        self._orders = 0

    def _clock(self) -> datetime:
        world: World | None = getattr(self, "world", None)
        return self._began if world is None else world.clock()

    def close(self) -> None:
        """Close the records."""
        self.core.close()
        self.ledger.close()

    async def begin(self, key: str, life: Life) -> None:
        """Registration, enrolment, and the start of the run as `worker.client.Journeys` starts it."""
        new = NewPatient(
            key=key,
            name="nobody",
            zone=ZONE,
            language="zh",
            site=self._site.id,
            channels=tuple(PERSON["channels"]),
            customary=PERSON["customary"],
        )
        _stored(register_patient(self.ledger, new, by="s1", site_sha=self._site_sha))
        enrolment = NewEnrolment(patient=key, pathway=self._plan.id, facts=FACTS, consent=CONSENT)
        _stored(enrol(self.ledger, self.plans, enrolment, by="s1"))
        pairs: list[SearchAttributePair[Any]] = [
            SearchAttributePair(_STATUS, "invited"),
            SearchAttributePair(_LISTS, [self._plan.id]),
            SearchAttributePair(_SITE, self._site.id),
        ]
        written = {pair.key.name: pair.value for pair in pairs}
        await self.world.start(
            JOURNEY,
            key,
            JourneyInput(journey=key, attributes=written),
            summary=self._plan.id,
            signal=WAKE,
            attributes=TypedSearchAttributes(pairs),
        )
        self._orders = len(self.pharmacy.orders())
        self._watch_orders(life, 0)

    def _watch_orders(self, life: Life, number: int) -> None:
        """Look for a new order twice a day of the life; the pharmacy works on the n-th as the life says."""

        async def look() -> None:
            nonlocal number
            orders = self.pharmacy.orders()
            for identifier in orders[self._orders :]:
                begun = self.world.clock()
                for state, after in (("accepted", life.accepted), ("handed_over", life.handed_over)):
                    delay = after[number % len(after)]
                    self.world.at(begun + delay, _moving(self.pharmacy, identifier, state))
                number += 1
            self._orders = len(orders)
            if self.world.clock() < life.end:
                self.world.at(self.world.clock() + timedelta(hours=1), look)

        self.world.at(life.start, look)

    async def wake(self, journey: str) -> None:
        """Wake a run, as `worker.waker.Waker` does."""
        await self.world.signal(journey, WAKE)

    async def reading(self, key: str, number: int, systolic: int, diastolic: int) -> None:
        """A reading of a cuff."""
        one = NormalReading(
            id=f"r{number}",
            measure="blood_pressure",
            at=self.world.clock(),
            components={"systolic": Decimal(systolic), "diastolic": Decimal(diastolic)},
            context={"setting": "home"},
        )
        stored = ingest_readings(self.ledger, self.plans, key, [one])
        if not isinstance(stored, Ingested) or stored.refused:
            raise RuntimeError(f"a reading was not taken: {stored}")
        if stored.wake:
            await self.world.signal(key, WAKE)

    async def nurse(self, key: str) -> None:
        """The nurse completes whatever task is open."""
        query = select(task.c.key, task.c.role).where(task.c.journey == key, task.c.status.in_(("open", "claimed")))
        for row in self.ledger.store.read(lambda c: c.execute(query).all()):
            await self._act(key, TaskVerb(row.key, "complete", by="s2", role=row.role))

    async def answer(self, key: str, number: int) -> None:
        """The patient answers the questionnaire."""
        stored = self._store(key, f"answer{number}", Answered("questions", form={"well_being": 7, "dizzy": False}))
        if stored.wake:
            await self.world.signal(key, WAKE)
        else:
            self.world.at(self.world.clock() + SWEPT_AFTER, self._sweep)

    async def visited(self, key: str, number: int) -> None:
        """The doctor notes a visit."""
        await self._act(key, Visit(step="doctor", verb="done", by="s3", mode="clinic"))

    async def _act(self, key: str, body: Body) -> None:
        command = f"c{secrets.token_hex(8)}"
        self._store(key, command, body)
        asked = await self.world.update(key, ACT, ActRequest(command=command), update_id=command)
        if asked.refused is not None:
            raise RuntimeError(f"a command was refused: {asked.refused.message}")

    def _store(self, key: str, command: str, body: Body) -> StoredEvent:
        stored = store_command(self.ledger, key, NewEvent(command, body), by="s2")
        if isinstance(stored, Refusal):
            raise TypeError(f"a command was not stored: {stored}")
        return stored

    async def _sweep(self) -> None:
        for journey in sweep_once(self.ledger, SweepInput()).wake:
            await self.world.signal(journey, WAKE)


def _stored(answer: object) -> None:
    if isinstance(answer, Refusal):
        raise TypeError(f"not stored: {answer}")


def _moving(pharmacy: Pharmacy, identifier: str, state: str) -> Any:
    return lambda: pharmacy.moves(identifier, state)


WORKFLOWS: Final[Sequence[type]] = JOURNEY_WORKFLOWS

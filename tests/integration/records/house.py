"""A ledger with the product's own pathway, a clock that tests move, and a run that ticks as the workflow does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import Executable, Table, func, select

from activities.contracts import PlanRef, TickInput, TickResult
from activities.intake.commands import store_command
from activities.intake.enrolments import EnrolmentStored, NewEnrolment, Rehearsal, enrol
from activities.intake.inbox import NewEvent, StoredEvent
from activities.intake.normal import NormalReading
from activities.intake.patients import NewPatient, Registered, register_patient
from activities.intake.readings import Ingested, ingest_readings
from activities.records.ledger import open_ledger
from activities.records.registry import Plans, publish, put_plan, put_site, sign
from activities.records.schema import journey
from activities.tick import TickActivity
from pathways.decide.events import Body
from pathways.decide.state import apply
from pathways.lang.load import load_pathway, load_site
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site

PATHWAYS = Path(__file__).resolve().parents[3] / "pathways"
START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)  # a Monday, 08:00 in Shanghai
PATIENT = "patient00001"
FACTS: dict[str, Any] = {"birth_date": "1966-01-01", "sex": "male", "conditions": ["hypertension"], "medicines": []}
CONSENT = ("care", "device_data")


@lru_cache
def documents() -> tuple[Site, Plan]:
    """The example site and the hypertension pathway, compiled."""
    site_file = PATHWAYS / "sites" / "example_cn.yaml"
    site = load_site(site_file.read_bytes(), str(site_file)).site
    assert site is not None
    plan_file = PATHWAYS / "library" / "hypertension_home" / "pathway.yaml"
    plan = load_pathway(plan_file.read_bytes(), str(plan_file), site).plan
    assert plan is not None
    return site, plan


def pressure(id_: str, at: datetime, systolic: int, diastolic: int = 80, **given: Any) -> NormalReading:
    """A blood pressure at home."""
    values = {"systolic": Decimal(systolic), "diastolic": Decimal(diastolic)}
    return NormalReading(id_, "blood_pressure", at, values, {"setting": "home"}, **given)


class House:
    """One store; several may be open on the same one (``again``)."""

    def __init__(self, url: str, keys: str) -> None:
        self.url = url
        self.keys = keys
        self.now = START
        self.ledger = open_ledger(url, keys, lambda: self.now)
        self.plans = Plans(self.ledger.store)
        site, plan = documents()
        self.site_sha = put_site(self.ledger.store, site)
        self.plan_sha = put_plan(self.ledger.store, plan)
        self.activity = TickActivity(self.ledger, self.plans)

    def publish(self) -> None:
        for who in ("first", "second"):
            sign(self.ledger.store, self.plan_sha, who)
        assert publish(self.ledger.store, self.plan_sha) in {"published", "already_published"}

    def register(self, key: str = PATIENT, **given: Any) -> str:
        new = NewPatient(**{"key": key, "name": "Marked Name", "zone": "Asia/Shanghai", "channels": ("app",), **given})
        done = register_patient(self.ledger, new, by="test", site_sha=self.site_sha)
        assert isinstance(done, Registered), done
        return done.key

    def enrol(self, key: str = PATIENT, *, rehearsal: Rehearsal | None = None, **given: Any) -> EnrolmentStored:
        if rehearsal is None:
            self.publish()
        new = NewEnrolment(
            **{"patient": key, "pathway": "hypertension_home", "facts": FACTS, "consent": CONSENT, **given},
            rehearsal=rehearsal,
        )
        done = enrol(self.ledger, self.plans, new, by="test")
        assert isinstance(done, EnrolmentStored), done
        return done

    def enrolled(self, key: str = PATIENT, **given: Any) -> Run:
        """Registered, enrolled, first tick done."""
        self.register(key)
        stored = self.enrol(key, **given)
        run = Run(self, key)
        assert run.tick([stored.event]).verdicts[stored.event].done
        return run

    def read(self, *readings: NormalReading, key: str = PATIENT) -> Ingested:
        done = ingest_readings(self.ledger, self.plans, key, readings)
        assert isinstance(done, Ingested), done
        return done

    def command(self, id_: str, body: Body, key: str = PATIENT) -> StoredEvent:
        done = store_command(self.ledger, key, NewEvent(id_, body), by="nurse1")
        assert isinstance(done, StoredEvent), done
        return done

    def rows(self, query: Executable) -> Sequence[Any]:
        return self.ledger.store.read(lambda c: c.execute(query).all())

    def count(self, table: Table) -> int:
        return int(self.rows(select(func.count()).select_from(table))[0][0])

    def journey(self, key: str = PATIENT) -> Any:
        return self.rows(select(journey).where(journey.c.key == key))[0]


@dataclass
class Run:
    """What the workflow keeps of a journey, and how it ticks."""

    house: House
    key: str = PATIENT
    epoch: int = 1
    sequence: int = 0
    chain: str = ""
    cursor: int = 0
    state: dict[str, Any] | None = None
    plans: dict[str, PlanRef] = field(default_factory=dict)
    next_due: datetime | None = None

    def given(self, wanted: Sequence[str] = (), *, bare: bool = False) -> TickInput:
        """The input of the next tick; ``bare``: as a normal activity gets it, without state and plans."""
        return TickInput(
            journey=self.key,
            epoch=self.epoch,
            sequence=self.sequence,
            chain=self.chain,
            cursor=self.cursor,
            state=None if bare else self.state,
            plans=None if bare else list(self.plans.values()),
            wanted=list(wanted),
        )

    def take(self, result: TickResult) -> None:
        """Apply a recorded result as the workflow does."""
        self.state = apply(self.state or {}, result.delta)
        for sha in result.drop_plans:
            self.plans.pop(sha, None)
        self.plans.update({ref.sha256: ref for ref in result.new_plans})
        self.chain, self.cursor, self.next_due = result.chain, result.cursor, result.next_due
        self.sequence += 1

    def tick(self, wanted: Sequence[str] = (), *, bare: bool = False) -> TickResult:
        result = self.house.activity.run(self.given(wanted, bare=bare))
        self.take(result)
        return result

    def until(self, end: datetime) -> int:
        """Tick whenever something is due, to ``end``; how many ticks that took."""
        count = 0
        while self.next_due is not None and self.next_due <= end:
            self.house.now = max(self.house.now, self.next_due)
            self.tick()
            count += 1
            assert count < 2000, "the run does not come to rest"
        self.house.now = max(self.house.now, end)
        return count

    def hours(self, hours: float) -> int:
        return self.until(self.house.now + timedelta(hours=hours))

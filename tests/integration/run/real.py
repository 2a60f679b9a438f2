"""A patient in real records: the hypertension pathway, the example site, enrolled without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from activities.intake.enrolments import EnrolmentStored, NewEnrolment, Rehearsal, enrol
from activities.intake.normal import NormalReading
from activities.intake.patients import NewPatient, Registered, register_patient
from activities.intake.readings import Ingested, ingest_readings
from activities.records.ledger import Ledger
from activities.records.registry import Plans, put_plan, put_site
from pathways.lang.load import load_pathway, load_site
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site

PATHWAYS = Path(__file__).resolve().parents[3] / "pathways"
NAME = "Zhang Marked San"


@lru_cache
def documents() -> tuple[Site, Plan]:
    site_file = PATHWAYS / "sites" / "example_cn.yaml"
    site = load_site(site_file.read_bytes(), str(site_file)).site
    assert site is not None
    plan_file = PATHWAYS / "library" / "hypertension_home" / "pathway.yaml"
    plan = load_pathway(plan_file.read_bytes(), str(plan_file), site).plan
    assert plan is not None
    return site, plan


def enrolled(ledger: Ledger, *, days_per_second: float = 1.0) -> EnrolmentStored:
    """Store a person and the enrolment; starting the run is left to the caller."""
    site, plan = documents()
    sha = put_plan(ledger.store, plan)
    new = NewPatient(name=NAME, zone="Asia/Shanghai", language="zh", site=site.id, channels=("app",))
    person = register_patient(ledger, new, by="test", site_sha=put_site(ledger.store, site))
    assert isinstance(person, Registered)
    stored = enrol(
        ledger,
        Plans(ledger.store),
        NewEnrolment(
            patient=person.key,
            pathway=plan.id,
            plan_sha=sha,
            facts={"birth_date": "1966-01-01", "sex": "male", "conditions": ["hypertension"], "medicines": []},
            consent=("care", "device_data"),
            rehearsal=Rehearsal(days_per_second=days_per_second),
        ),
        by="test",
    )
    assert isinstance(stored, EnrolmentStored)
    return stored


def reading(ledger: Ledger, patient: str, id_: str, at: float, systolic: int) -> Ingested:
    """A home reading taken at an instant of patient time, seconds since 1970."""
    one = NormalReading(
        id_,
        "blood_pressure",
        datetime.fromtimestamp(at, UTC),
        {"systolic": Decimal(systolic), "diastolic": Decimal(80)},
        {"setting": "home"},
    )
    taken = ingest_readings(ledger, Plans(ledger.store), patient, [one])
    assert isinstance(taken, Ingested)
    return taken

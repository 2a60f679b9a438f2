"""Nothing that identifies a person stands in clear in the database, in what is raised or in what comes back coded."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select, text

from activities.intake.commands import store_callback
from activities.intake.idempotency import Answer, begin, finish
from activities.intake.patients import NewPatient, register_patient
from activities.intake.refusals import Refusal
from activities.keys.sealing import KeyUnknownError
from activities.records import schema
from activities.tick import JourneyShreddedError
from pathways.decide.events import Answered, Preference, StaffVerb
from tests.integration.records.house import FACTS, PATIENT, House, Run, pressure

MARKS = ("MarkedName", "MarkedDrug", "MarkedNote", "+8613800138000", "13800138000", "marked@example.org", "1966-01-01")


def live(house: House) -> Run:
    """A patient with marks in every field that takes words of a person."""
    new = NewPatient(
        key=PATIENT,
        name="MarkedName Wang",
        phone="+8613800138000",
        email="marked@example.org",
        zone="Asia/Shanghai",
        channels=("app", "email"),
        caregivers=({"id": "c1", "channels": ["email"], "email": "marked@example.org", "topics": []},),
    )
    register_patient(house.ledger, new, by="clerk1", site_sha=house.site_sha)
    medicine = {
        "id": "rx1",
        "name": "MarkedDrug 5 mg",
        "class": ["antihypertensive"],
        "dose": "1 tablet",
        "slots": ["morning"],
        "start": "2026-03-01",
        "supply": {"from": "2026-03-01", "days": 10},
        "signed_by": "gp1",
    }
    house.enrol(facts={**FACTS, "medicines": [medicine]})
    run = Run(house)
    run.tick()
    house.now += timedelta(hours=1)
    house.read(pressure("r1", house.now, 191, 117, device="MarkedName's cuff"))
    house.command("c1", Answered(step="baseline.welcome", outcome="read", why="MarkedNote", form={"a": "MarkedNote"}))
    house.command("c2", StaffVerb(verb="skip_step", by="nurse1", args={"step": "x", "reason": "MarkedNote"}))
    house.command("c3", Preference(customary={"morning": "07:10"}))
    run.tick(["c1", "c2", "c3"])
    run.hours(24 * 20)
    begin(house.ledger, "patients", "k1", {"name": "MarkedName"})
    finish(house.ledger, "patients", "k1", Answer(201, {"name": "MarkedName"}))
    for row in house.rows(select(schema.handoff.c.partner, schema.handoff.c.business_id)):
        store_callback(house.ledger, row.partner, f"w-{row.business_id}", row.business_id, {"note": "MarkedNote"})
    return run


def test_no_mark_in_any_table(house: House) -> None:
    live(house)
    assert house.count(schema.handoff) > 0 and house.count(schema.callback) > 0
    for table in schema.metadata.sorted_tables:
        for row in house.rows(select(table)):
            told = " ".join(repr(value) for value in row)
            for mark in MARKS:
                assert mark not in told, f"{mark} stands in {table.name}"


def test_no_mark_in_the_files(tmp_path: Path) -> None:
    house = House(f"sqlite:///{tmp_path / 'records.db'}", str(tmp_path / "keys.json"))
    live(house)
    house.ledger.store.read(lambda c: c.execute(text("PRAGMA wal_checkpoint(FULL)")))
    files = list(tmp_path.iterdir())
    assert {"records.db", "records.db-wal", "keys.json"} <= {f.name for f in files}
    for file in files:
        content = file.read_bytes()
        for mark in MARKS:
            assert mark.encode() not in content, f"{mark} stands in {file.name}"
    house.ledger.close()


def test_marks_are_there_for_those_who_have_the_key(house: House) -> None:
    """The other half: the test above would pass on an empty store."""
    live(house)
    keys = house.ledger.keys(PATIENT)
    opened = []
    for table in schema.metadata.sorted_tables:
        for column in table.c:
            if isinstance(column.type, LargeBinary) and column.name.endswith("_sealed"):
                purpose = f"{table.name}.{column.name.removesuffix('_sealed')}"
                for row in house.rows(select(column)):
                    if row[0] is not None and purpose != "idempotency.response":
                        opened.append(json.dumps(keys.open(purpose, row[0]), ensure_ascii=False))
    everything = " ".join(opened)
    for mark in ("MarkedName", "MarkedDrug", "MarkedNote", "+8613800138000", "marked@example.org", "1966-01-01"):
        assert mark in everything


def test_shredding_makes_all_of_it_unreadable(house: House) -> None:
    run = live(house)
    house.ledger.keyring.shred(PATIENT, "officer")
    with pytest.raises(KeyUnknownError):
        house.ledger.keys(PATIENT)
    with pytest.raises(JourneyShreddedError):
        run.tick()


def test_refusals_hold_no_words_of_a_patient(house: House) -> None:
    found = register_patient(house.ledger, NewPatient(name="MarkedName", email="marked(at)example.org"), by="t")
    assert isinstance(found, Refusal)
    again = register_patient(house.ledger, NewPatient(name="MarkedName", phone="13800138000"), by="t")
    assert isinstance(again, Refusal)
    for mark in MARKS:
        assert mark not in f"{found} {again}"

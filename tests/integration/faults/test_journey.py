"""One life from enrolment to its end while receivers fail in every way, on both stores, told by their own ledgers."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from activities.records.schema import callback, handoff, incident, occurrence_end, outbox, task
from tests.integration.faults.conftest import MakeHouse
from tests.integration.faults.house import PATIENCE, House, sound
from tests.integration.processes import until
from tests.openmhealth import pressure

pytestmark = pytest.mark.server

PATIENT = "faultyworld001"
PATHWAY = Path(__file__).with_name("short_stay")
PACE = 0.2
"""Days a second: three days at home last a quarter of a minute, a partner may be away for many seconds."""
REFILL_WAY = ["accepted", "preparing", "handed_over"]
REFERRAL_WAY = ["accepted", "scheduled", "visit_completed", "completed"]
MEDICINE = {
    "id": "rx1",
    "name": "Amlodipine",
    "class": ["antihypertensive"],
    "dose": "1",
    "slots": ["morning"],
    "start": "2026-03-01",
    "supply": {"from": "2026-03-01", "days": 10},
    "signed_by": "gp1",
}


@pytest.mark.timeout(420)
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_life_among_failing_receivers(make_house: MakeHouse, kind: str) -> None:
    house = make_house(kind)
    house.receivers()
    house.open(PATHWAY)
    faults = {"next_500": 1, "next_timeout_after_done": 1, "hang": 30.0}
    house.behave("pharmacy", **faults, callbacks_twice=True, callbacks_reversed=True)
    house.enrol(
        PATIENT,
        days_per_second=PACE,
        facts={"age": 60, "medicines": [MEDICINE]},
        consent=["care", "device_data", "pharmacy"],
        patient={"contact": {"email": "wang@patient.example"}, "channels": ["email"]},
    )
    _a_crisis_while_the_mail_server_is_down(house)
    _a_pharmacy_that_fails_does_it_all_the_same_and_calls_back_twice_and_out_of_order(house)
    _a_clinic_that_is_killed_and_comes_back(house)
    _the_end(house)


def _a_crisis_while_the_mail_server_is_down(house: House) -> None:
    house.parts.kill("mailbox")
    at = house.now(PATIENT) - timedelta(minutes=10)
    house.send(f"patients/{PATIENT}/readings", pressure("crisis", at, 192, 112), "crisis").result()
    tried = select(outbox.c.key).where(outbox.c.message_class == "red", outbox.c.attempts > 0)
    until(lambda: house.rows(tried), within=PATIENCE)
    # On every channel it has, that is: it goes round again, and somebody is to know.
    until(lambda: house.rows(select(incident.c.key).where(incident.c.journey == PATIENT)), within=PATIENCE)
    assert house.mail.mails() == []
    house.parts.restart("mailbox")
    until(lambda: {"red", "staff"} <= {mail["class"] for mail in house.mail.mails()}, within=PATIENCE)
    red = house.rows(select(task.c.key).where(task.c.journey == PATIENT, task.c.level == "red"))
    assert len(red) == 1
    house.send(f"tasks/{red[0].key}/complete", {"role": "nurse", "form": {}}, "crisis-done").result()


def _order(house: House, partner: str) -> Any:
    """The one order a partner ever had."""
    until(lambda: house.orders(partner), within=PATIENCE)
    (order,) = house.orders(partner)
    return order


def _state(house: House, partner: str) -> Any:
    (row,) = house.rows(select(handoff).where(handoff.c.journey == PATIENT, handoff.c.partner == partner))
    return row


def _walk(house: House, partner: str, identifier: str, way: list[str]) -> None:
    house.partner(partner, "POST", f"/admin/script/{identifier}", [{"state": state} for state in way])
    for _ in way:
        assert house.partner(partner, "POST", f"/admin/advance/{identifier}") == {"made": 1}


def _a_pharmacy_that_fails_does_it_all_the_same_and_calls_back_twice_and_out_of_order(house: House) -> None:
    order = _order(house, "pharmacy")
    until(lambda: _state(house, "pharmacy").attempts > 0, within=PATIENCE)
    _walk(house, "pharmacy", order["identifier"], REFILL_WAY)
    until(lambda: _state(house, "pharmacy").state == "handed_over", within=PATIENCE)
    (order,) = house.orders("pharmacy")
    assert order["asked"] == 1, "what it had done before its answer was lost was not asked for again"
    assert [entry["state"] for entry in order["history"]][-3:] == REFILL_WAY
    spent = house.partner("pharmacy", "GET", "/admin/behaviour")
    assert (spent["next_500"], spent["next_timeout_after_done"]) == (0, 0), "both faults have struck"


def _a_clinic_that_is_killed_and_comes_back(house: House) -> None:
    order = _order(house, "clinic")
    house.behave("clinic", next_callback_lost=1)
    _walk(house, "clinic", order["identifier"], REFERRAL_WAY[:2])
    house.parts.kill("clinic")
    house.restart_killed("clinic")
    _walk(house, "clinic", order["identifier"], REFERRAL_WAY[2:])
    until(lambda: _state(house, "clinic").final, within=PATIENCE)
    (order,) = house.orders("clinic")
    assert order["asked"] == 1
    assert [entry["state"] for entry in order["history"]][-4:] == REFERRAL_WAY


def _the_end(house: House) -> None:
    def ended() -> list[Any]:
        return [one for one in house.get(f"patients/{PATIENT}/record")["enrolments"] if one["status"] == "ended"]

    (enrolment,) = until(ended, within=PATIENCE)
    assert enrolment["ended"] == "finished"
    waiting = select(outbox.c.key).where(outbox.c.status.in_(("planned", "sending")))
    until(lambda: not house.rows(waiting), within=PATIENCE)
    mails = house.mail.mails()
    assert {mail["message_id"]: mail["times"] for mail in mails if mail["times"] != 1} == {}
    said = Counter((mail["class"], mail["recipient"]) for mail in mails)
    assert said["red", "wang@patient.example"] == 1
    assert sum("随访结束" in mail["body"] for mail in mails) == 1
    heard = house.rows(select(callback.c.partner, callback.c.applied))
    assert Counter(row.partner for row in heard)["pharmacy"] == len(REFILL_WAY), "each once, though each came twice"
    until(lambda: all(row.applied for row in house.rows(select(callback.c.applied))), within=PATIENCE)
    endings = Counter(
        (row.occurrence.split(":")[2], row.outcome)
        for row in house.rows(select(occurrence_end).where(occurrence_end.c.journey == PATIENT))
    )
    assert endings["throughout.refill", "handed_over"] == 1
    assert endings["clinic.specialist", "returned"] == 1
    sound(house, PATIENT)

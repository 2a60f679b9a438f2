"""Incidents wait for a person: listed, told by the watchdog until somebody takes them, taken once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from activities.incidents import incidents, take
from activities.records.schema import audit, incident
from activities.watchdog import Limits, examine
from tests.integration.records.house import PATIENT, House


def raised(house: House, key: str, kind: str = "incident") -> None:
    sealer = house.ledger.keys(PATIENT)
    row = {
        "key": key,
        "journey": PATIENT,
        "kind": kind,
        "at": house.ledger.store.now(),
        "text_sealed": sealer.seal("incident.text", {"en": "Nobody answered", "zh": "无人应答"}),
    }
    house.ledger.store.transact(lambda c: c.execute(insert(incident).values(**row)))


def codes(house: House) -> list[str]:
    return [finding.code for finding in examine(house.ledger, Limits(1e9, 1e9)).findings]


def test_the_watchdog_tells_of_it_until_somebody_takes_it(house: House) -> None:
    house.enrolled()
    assert codes(house) == ["sweeper-silent"]
    raised(house, "a")
    assert codes(house) == ["sweeper-silent", "incident-open"]
    assert take(house.ledger, "a", "nurse.7") is not None
    assert codes(house) == ["sweeper-silent"]


def test_what_the_watchdog_raised_itself_is_no_reason_to_raise_more(house: House) -> None:
    house.enrolled()
    raised(house, "w", "watchdog_message-late")
    assert codes(house) == ["sweeper-silent"]


def test_who_takes_it_first_stays_and_is_in_the_audit(house: House) -> None:
    house.enrolled()
    raised(house, "a")
    first = take(house.ledger, "a", "nurse.7")
    house.now += timedelta(hours=1)
    assert take(house.ledger, "a", "nurse.8") == first
    assert first is not None and first["taken_by"] == "nurse.7"
    taken = [row for row in house.rows(audit.select()) if row.action == "take_incident"]
    assert [(row.who, row.subject) for row in taken] == [("nurse.7", "a")]
    assert take(house.ledger, "nobody", "nurse.7") is None


def test_they_are_listed_in_the_readers_language(house: House) -> None:
    house.enrolled()
    raised(house, "a")
    raised(house, "b")
    take(house.ledger, "a", "nurse.7")

    def ids(status: str) -> list[str]:
        return sorted(row["id"] for row in incidents(house.ledger, status=status, limit=9, language="zh"))

    assert (ids("open"), ids("taken"), ids("all")) == (["b"], ["a"], ["a", "b"])
    (row,) = incidents(house.ledger, status="open", limit=9, language="zh-CN")
    assert (row["patient"], row["kind"], row["text"]) == (PATIENT, "incident", "无人应答")

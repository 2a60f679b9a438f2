"""The tick: written once, found again, loud when the ledger disagrees."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select
from temporalio.exceptions import ApplicationError

from activities.intake.refusals import Refusal
from activities.keys.sealing import KeyUnknownError
from activities.records import audit, schema, ticks
from activities.records.ticks import LedgerMismatchError
from activities.tick import JourneyShreddedError, TickActivity
from pathways.decide.events import Answered, StaffVerb, TaskVerb
from pathways.decide.state import JourneyState
from tests.integration.records.house import PATIENT, START, House, Run, pressure
from workflows import patient


def test_first_tick_begins_the_journey_and_answers_the_enrolment(house: House) -> None:
    house.register()
    stored = house.enrol()
    run = Run(house)
    result = run.tick([stored.event])
    assert result.verdicts[stored.event].done
    assert [ref.sha256 for ref in result.new_plans] == [house.plan_sha]
    assert result.show.phases == ["hypertension_home.baseline"]
    assert result.next_due is not None and result.next_due > START
    row = house.journey()
    assert (row.sequence, row.cursor, row.status, row.chain) == (1, result.cursor, "active", result.chain)
    assert row.plans == [house.plan_sha]
    assert house.rows(select(schema.enrolment.c.status))[0].status == "active"


def test_a_tick_is_found_again_and_not_written_twice(house: House) -> None:
    run = house.enrolled()
    house.now += timedelta(hours=1)
    house.read(pressure("r1", house.now, 150))
    given = run.given()
    first = house.activity.run(given)
    before = {table.name: house.count(table) for table in schema.metadata.sorted_tables}
    # Later, with another cause, somebody waiting, more in the inbox: none of it is part of the tick's identity.
    house.now += timedelta(hours=5)
    house.read(pressure("r2", house.now, 160))
    again = house.activity.run(given.model_copy(update={"cause": "other", "wanted": ["nobody"]}))
    assert again.replayed and not first.replayed
    assert again.verdicts["nobody"].code == "not_stored"
    assert again.model_copy(update={"replayed": False, "verdicts": {}}) == first
    after = {table.name: house.count(table) for table in schema.metadata.sorted_tables}
    assert {name for name in after if after[name] != before[name]} == {"inbox", "reading"}


def test_what_is_published_already_is_left_out(house: House) -> None:
    run = house.enrolled()
    house.now += timedelta(hours=1)
    house.read(pressure("r1", house.now, 150))
    first = run.tick().show
    assert first.pathways and first.phases and first.site and not first.same
    published = {"CarePathways": first.pathways, "CarePhases": first.phases, "CareSite": first.site}
    for published_there, same in ((published, True), ({**published, "CarePhases": ["elsewhere"]}, False)):
        house.read(pressure(f"r{house.now.hour}", house.now, 151))
        result = house.activity.run(run.given().model_copy(update={"published": published_there}))
        run.take(result)
        house.now += timedelta(hours=1)
        shown = (result.show.same, result.show.pathways, result.show.phases, result.show.site)
        assert shown == ((True, [], [], "") if same else (False, first.pathways, first.phases, first.site))


def test_the_fallback_without_state_decides_the_same(house: House) -> None:
    """As a normal activity the tick takes state and plans from the store; what it gives back fits the run."""
    local, bare = house.enrolled("localpatient"), house.enrolled("barepatient1")
    for key, run in (("localpatient", local), ("barepatient1", bare)):
        house.now = START + timedelta(hours=1)
        house.read(pressure("r1", house.now, 150), key=key)
        run.tick(bare=run is bare)
        assert run.state is not None
        stored = house.ledger.keys(key).open("journey.state", house.journey(key).state_sealed)
        assert stored == run.state
    one, other = (json.dumps(r.state, sort_keys=True).replace(r.key, "patient") for r in (local, bare))
    assert one == other
    assert local.next_due == bare.next_due


def test_the_fallback_finds_the_tick_that_the_local_try_committed(house: House) -> None:
    house.register()
    house.enrol()
    run = Run(house)
    first = house.activity.run(run.given())
    again = house.activity.run(run.given(bare=True))
    assert again.replayed and again.delta == first.delta
    run.take(again)
    house.now += timedelta(hours=13)
    committed = house.activity.run(run.given())
    assert house.activity.run(run.given(bare=True)).chain == committed.chain


@pytest.mark.parametrize("what", ["chain", "cursor", "plans", "ahead"])
def test_other_content_under_the_same_key_is_loud(house: House, what: str) -> None:
    run = house.enrolled()
    given = run.given()
    house.activity.run(given)
    changes: dict[str, dict[str, Any]] = {
        "chain": {"chain": "0" * 64},
        "cursor": {"cursor": 99},
        "plans": {"plans": []},
        "ahead": {"sequence": 7},
    }
    changed = changes[what]
    with pytest.raises(LedgerMismatchError):
        house.activity.run(given.model_copy(update=changed))
    found = house.rows(select(schema.incident))
    assert [row.kind for row in found] == ["ledger_mismatch"]
    assert "agree" in house.ledger.keys(PATIENT).open("incident.text", found[0].text_sealed)["en"]
    with pytest.raises(LedgerMismatchError):
        house.activity.run(given.model_copy(update=changed))
    assert house.count(schema.incident) == 1


def test_a_lost_run_begins_again_from_the_ledger(house: House) -> None:
    run = house.enrolled()
    house.now += timedelta(hours=1)
    house.read(pressure("r1", house.now, 150))
    run.hours(20)
    fresh = Run(house, epoch=2)
    result = fresh.tick()
    assert fresh.state is not None and run.state is not None
    assert JourneyState.from_json(fresh.state).readings.keys() == {"r1"}
    assert [ref.sha256 for ref in result.new_plans] == [house.plan_sha]
    fresh.hours(24)
    assert house.journey().epoch == 2
    with pytest.raises(LedgerMismatchError):
        run.tick()


def test_a_lost_run_that_keeps_its_epoch_walks_through_the_ledger(house: House) -> None:
    """Started again with the same epoch (the history was lost), every tick is found, to the last one."""
    run = house.enrolled()
    run.hours(72)
    again = Run(house)
    for _ in range(run.sequence):
        assert again.tick().replayed
    assert (again.state, again.chain, again.cursor) == (run.state, run.chain, run.cursor)


def test_more_events_than_one_tick_takes(house: House) -> None:
    run = house.enrolled()
    house.activity = TickActivity(house.ledger, house.plans, most=10)
    for index in range(25):
        house.now += timedelta(minutes=1)
        house.read(pressure(f"r{index}", house.now, 150))
    assert [run.tick().more for _ in range(3)] == [True, True, False]
    assert run.state is not None
    assert len(run.state["readings"]) == 25


def test_verdicts_stay_in_the_ledger(house: House) -> None:
    run = house.enrolled()
    task = _some_task(house, run)
    house.command("c1", StaffVerb(verb="pause", by="nurse1", enrolment="e1"))
    house.command("c2", TaskVerb(task=task, verb="claim", by="nurse1", role="nurse"))
    assert set(run.tick().verdicts) == set()
    house.now += timedelta(days=1)
    later = run.tick(["c1", "c2", "never"])
    assert later.verdicts["c1"].done
    assert set(later.verdicts) == {"c1", "c2", "never"}
    assert later.verdicts["never"].code == "not_stored"
    acts = {(row.action, row.subject) for row in house.rows(select(schema.audit))}
    assert {("asked_staff", "c1"), ("done", "c1")} <= acts
    assert audit.verify(house.ledger, PATIENT) is None


def _some_task(house: House, run: Run) -> str:
    """A task of this patient, from missing every measurement of three days."""
    run.hours(72)
    return str(house.rows(select(schema.task.c.key).where(schema.task.c.journey == run.key))[0].key)


def test_the_same_event_acts_once(house: House) -> None:
    run = house.enrolled()
    house.now += timedelta(hours=1)
    body = Answered(step="baseline.welcome", outcome="done")
    assert house.command("a1", body).fresh
    assert not house.command("a1", body).fresh
    run.tick()
    assert not house.command("a1", body).fresh
    run.tick()
    ends = [row.outcome for row in house.rows(select(schema.occurrence_end)) if "welcome" in row.occurrence]
    assert ends == ["read"]


def test_every_occurrence_ends_once_over_a_month(house: House) -> None:
    run = house.enrolled()
    for day in range(30):
        at = START + timedelta(days=day, hours=23, minutes=5)  # 07:05 in Shanghai
        run.until(at)
        if house.read(pressure(f"r{day}", at, 128)).wake:
            run.tick()
    run.hours(12)
    ended = house.rows(select(schema.timeline).where(schema.timeline.c.outcome.is_not(None)))
    assert house.count(schema.occurrence_end) == len({row.occurrence for row in ended}) > 14
    assert house.count(schema.incident) == 0
    assert audit.verify(house.ledger, PATIENT) is None


def test_unknown_patients_have_no_keys(house: House) -> None:
    with pytest.raises(KeyUnknownError):
        house.activity.run(Run(house, "nobody000000").given())


def test_an_ineligible_patient_is_refused_and_stands_in_nobodys_way(house: House) -> None:
    house.register()
    house.publish()
    stored = house.enrol(facts={"birth_date": "2020-01-01", "sex": "male", "conditions": [], "medicines": []})
    run = Run(house)
    assert not run.tick([stored.event]).verdicts[stored.event].done
    assert house.rows(select(schema.enrolment.c.status))[0].status == "ended"
    again = house.enrol()
    assert not isinstance(again, Refusal) and again.id == "e2"
    assert run.tick([again.event]).verdicts[again.event].done


def test_results_of_ticks_that_no_run_can_ask_for_are_trimmed_and_that_they_were_stays(house: House) -> None:
    house.activity = TickActivity(house.ledger, house.plans, keep=5)
    run = house.enrolled()
    given = []
    while run.sequence < 41:
        house.now += timedelta(minutes=1)
        given.append(run.given())
        run.take(house.activity.run(given[-1]))
    rows = house.rows(select(schema.tick).order_by(schema.tick.c.sequence))
    assert [row.sequence for row in rows] == list(range(41))
    assert [row.sequence for row in rows if not row.result_sealed] == list(range(36))
    assert all(row.hash and row.now for row in rows)
    assert house.activity.run(given[-5]).replayed
    with pytest.raises(LedgerMismatchError, match="trimmed"):
        house.activity.run(given[0])


def test_more_results_are_kept_than_two_runs_can_ask_for() -> None:
    assert ticks.KEPT >= 2 * (patient.TICKS_PER_RUN + patient.UNBROKEN_TICKS)


def test_a_tick_after_shredding_is_not_tried_again(house: House) -> None:
    run = house.enrolled()
    house.ledger.keyring.shred(PATIENT, "officer")
    with pytest.raises(JourneyShreddedError):
        house.activity.run(run.given())
    with pytest.raises(ApplicationError) as raised:
        house.activity.tick(run.given())
    assert raised.value.non_retryable and raised.value.type == "KeysShredded"
    assert PATIENT not in str(raised.value)


def test_a_tick_of_a_process_that_lacks_the_wrapping_key_is_tried_again(house: House) -> None:
    run = house.enrolled()
    house.ledger.store.transact(lambda c: c.execute(delete(schema.owner_key)))
    house.ledger.keyring.forget(PATIENT)
    with pytest.raises(KeyUnknownError):
        house.activity.run(run.given())

"""What comes in: taken once, refused with a reason, never half written; red goes out at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from activities.intake import idempotency
from activities.intake.commands import store_callback, store_command
from activities.intake.enrolments import NewEnrolment, Rehearsal, enrol
from activities.intake.idempotency import Answer, Begun
from activities.intake.inbox import NewEvent
from activities.intake.normal import NormalReading
from activities.intake.patients import NewPatient, register_patient
from activities.intake.readings import MOST, ingest_readings
from activities.intake.refusals import Refusal
from activities.records import schema
from pathways.decide.events import Answered, HandoffReport, StaffVerb, TaskVerb
from tests.integration.records.house import CONSENT, FACTS, PATIENT, START, House, pressure


def code(found: Any) -> str:
    """The code of a refusal; what was taken instead is told by the failing test."""
    assert isinstance(found, Refusal), found
    return found.code


def code_of(done: Any) -> str:
    """The code of the one refused reading."""
    return str(done.refused[0].why.code)


# --------------------------------------------------------------------------- people


def test_registering_twice_is_no_change_and_other_content_a_conflict(house: House) -> None:
    assert house.register() == PATIENT
    assert house.register() == PATIENT
    other = NewPatient(key=PATIENT, name="Somebody else")
    assert code(register_patient(house.ledger, other, by="test")) == "patient_exists"
    assert house.count(schema.patient) == house.count(schema.journey) == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"key": "13800138000"}, "patient_key_invalid"),
        ({"key": "a.h.1aaaaaaa"}, "patient_key_invalid"),
        ({"key": "_systemkey"}, "patient_key_invalid"),
        ({"zone": "Asia/Beijing2"}, "zone_unknown"),
        ({"zone": "../../etc/passwd"}, "zone_unknown"),
        ({"phone": "12"}, "phone_invalid"),
        ({"phone": "13800138000"}, "phone_invalid"),
        ({"email": "nobody"}, "email_invalid"),
        ({"email": "a@b\r\nBcc: c@d.org"}, "email_invalid"),
        ({"name": "x" * 201}, "text_too_long"),
    ],
)
def test_registrations_that_are_refused(house: House, given: dict[str, Any], expected: str) -> None:
    assert code(register_patient(house.ledger, NewPatient(**given), by="test")) == expected
    assert house.count(schema.patient) == 0


def test_a_shredded_key_is_not_given_out_again(house: House) -> None:
    house.register()
    house.ledger.keyring.shred(PATIENT, "officer")
    assert code(register_patient(house.ledger, NewPatient(key=PATIENT), by="test")) == "patient_shredded"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"patient": "nobody000000"}, "patient_unknown"),
        ({"pathway": "nothing"}, "pathway_unknown"),
        ({"version": "9.9.9"}, "pathway_unknown"),
        ({"plan_sha": "0" * 64}, "pathway_unknown"),
        ({"consent": ("care",)}, "consent_missing"),
        ({"facts": {"shoe_size": 42}}, "fact_unknown"),
        ({"parameters": {"goal": 1}}, "parameter_unknown"),
        ({"id": "Not An Id"}, "id_invalid"),
    ],
)
def test_enrolments_that_are_refused(house: House, given: dict[str, Any], expected: str) -> None:
    house.register()
    house.publish()
    whole = {"patient": PATIENT, "pathway": "hypertension_home", "facts": FACTS, "consent": CONSENT, **given}
    assert code(enrol(house.ledger, house.plans, NewEnrolment(**whole), by="test")) == expected
    assert house.count(schema.enrolment) == house.count(schema.inbox) == 0


def test_an_unapproved_pathway_runs_only_in_rehearsal(house: House) -> None:
    house.register()
    new = NewEnrolment(PATIENT, "hypertension_home", facts=FACTS, consent=CONSENT)
    assert code(enrol(house.ledger, house.plans, new, by="test")) == "pathway_not_approved"
    house.enrol(rehearsal=Rehearsal())
    house.publish()
    second = NewEnrolment(PATIENT, "hypertension_home", facts=FACTS, consent=CONSENT)
    assert code(enrol(house.ledger, house.plans, second, by="test")) == "rehearsal_mixed"


def test_one_active_enrolment_and_the_same_id_again(house: House) -> None:
    house.register()
    stored = house.enrol(id="mine")
    again = house.enrol(id="mine")
    assert stored.fresh and not again.fresh and again.event == stored.event
    whole: dict[str, Any] = {"patient": PATIENT, "pathway": "hypertension_home", "facts": FACTS, "consent": CONSENT}
    other = NewEnrolment(**{**whole, "facts": {**FACTS, "sex": "female"}}, id="mine")
    assert code(enrol(house.ledger, house.plans, other, by="test")) == "enrolment_conflict"
    assert code(enrol(house.ledger, house.plans, NewEnrolment(**whole), by="test")) == "already_enrolled"
    assert house.count(schema.inbox) == house.count(schema.enrolment) == 1


# --------------------------------------------------------------------------- readings


def test_readings_of_strangers_and_of_people_on_no_pathway(house: House) -> None:
    one = pressure("r1", START, 140)
    assert code(ingest_readings(house.ledger, house.plans, "nobody000000", [one])) == "patient_unknown"
    house.register()
    assert code(ingest_readings(house.ledger, house.plans, PATIENT, [one])) == "not_enrolled"


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (pressure("r1", START + timedelta(minutes=11), 140), "reading_in_future"),
        (pressure("r1", START - timedelta(days=732), 140), "reading_too_old"),
        (pressure("r1", START, 301), "reading_implausible"),
        (pressure("r1", START, 0), "number_invalid"),
        (pressure("r1", START, -3), "number_invalid"),
        (NormalReading("r1", "blood_pressure", START, {"systolic": Decimal("NaN")}), "number_invalid"),
        (NormalReading("r1", "blood_pressure", START, {"systolic": Decimal(140)}), "component_missing"),
        (
            NormalReading("r1", "blood_pressure", START, {"systolic": Decimal(140), "weight": Decimal(70)}),
            "component_unknown",
        ),
        (NormalReading("r1", "body_weight", START, {"value": Decimal(70)}), "measure_unknown"),
        (pressure("a b", START, 140), "id_invalid"),
        (pressure("x" * 121, START, 140), "id_invalid"),
        (pressure("r1", START, 140, status="amended", replaces="never"), "reading_unknown"),
    ],
)
def test_readings_that_are_refused(house: House, one: NormalReading, expected: str) -> None:
    house.enrolled()
    done = house.read(one, pressure("good", START, 141))
    assert [(r.index, r.why.code) for r in done.refused] == [(0, expected)]
    assert [a.id for a in done.accepted] == ["good"]
    assert house.count(schema.reading) == 1


def test_too_many_at_a_time(house: House) -> None:
    house.enrolled()
    many = [pressure(f"r{i}", START, 140) for i in range(MOST + 1)]
    assert code(ingest_readings(house.ledger, house.plans, PATIENT, many)) == "too_many_readings"


def test_the_same_reading_under_any_id_is_one(house: House) -> None:
    house.enrolled()
    first = pressure("r1", START, 140)
    assert house.read(first).accepted[0].outcome == "stored"
    assert house.read(first).accepted[0].outcome == "same"
    exact = {"systolic": Decimal("140.0"), "diastolic": Decimal("80.00")}
    twin = house.read(NormalReading("r2", "blood_pressure", START, exact, {"setting": "home"})).accepted[0]
    assert (twin.id, twin.outcome, twin.event) == ("r2", "same", "r1")
    other = house.read(pressure("r1", START, 150))
    assert other.refused[0].why.code == "reading_conflict"
    assert house.count(schema.reading) == 1


def test_a_correction_is_an_event_of_its_own(house: House) -> None:
    run = house.enrolled()
    house.read(pressure("r1", START, 140))
    run.tick()
    house.now += timedelta(minutes=1)
    amended = pressure("r1", START, 130, status="amended")
    done = house.read(amended)
    assert done.wake and done.accepted[0].event != "r1"
    assert house.read(amended).accepted[0].outcome == "same"
    rows = house.rows(select(schema.reading.c.id, schema.reading.c.status).order_by(schema.reading.c.seen))
    assert {row.status for row in rows} == {"replaced", "amended"}
    run.tick()
    assert run.state is not None
    assert [kept["values"]["systolic"] for kept in run.state["readings"].values()] == ["130"]
    house.read(pressure("r1", START, 131, status="amended"))
    run.tick()
    assert [kept["values"]["systolic"] for kept in run.state["readings"].values()] == ["131"]
    house.read(pressure("r1", START, 131, status="entered_in_error"))
    run.tick()
    assert not run.state["readings"]
    assert code_of(house.read(pressure("r1", START, 132, status="amended"))) == "reading_unknown"


def test_a_contradiction_is_kept_and_not_believed(house: House) -> None:
    run = house.enrolled()
    house.now += timedelta(minutes=1)
    done = house.read(pressure("r1", START, 90, 120))
    assert done.accepted[0].outcome == "flagged" and done.wake and not done.red
    run.tick()
    assert house.rows(select(schema.reading.c.quality))[0].quality == "implausible"


def test_quiet_readings_wake_nobody(house: House) -> None:
    house.enrolled()
    house.now += timedelta(minutes=1)
    assert not house.read(*(pressure(f"r{i}", house.now - timedelta(seconds=i), 128) for i in range(50))).wake


def test_a_red_reading_is_paged_in_the_same_transaction(house: House) -> None:
    run = house.enrolled()
    house.now += timedelta(hours=18)  # 02:00 at night
    done = house.read(pressure("r1", house.now, 192, 112))
    assert done.red and done.wake
    row = house.rows(select(schema.outbox).where(schema.outbox.c.message_class == "red"))[0]
    assert row.key == f"{PATIENT}:red:crisis:r1"
    assert (row.status, row.due) == ("planned", house.now)
    body = house.ledger.keys(PATIENT).open("outbox.body", row.body_sealed)
    assert body["template"] == "measure_again"

    # A second high one before any tick is the answer to the first, and no second page.
    house.now += timedelta(seconds=20)
    assert house.read(pressure("r2", house.now, 193, 113)).red
    red = select(schema.outbox).where(schema.outbox.c.message_class == "red")
    assert len(house.rows(red)) == 1

    # The tick finds its own message there, sent or not.
    result = run.tick()
    assert "red" in result.show.flags
    assert house.rows(red)[0].key == f"{PATIENT}:red:crisis:r1"
    assert {r.note for r in house.rows(red)} == {None}


def test_a_tick_leaves_a_red_row_that_was_sent_as_it_is(house: House) -> None:
    run = house.enrolled()
    house.now += timedelta(hours=18)
    house.read(pressure("r1", house.now, 192, 112))
    sent = schema.outbox.update().where(schema.outbox.c.message_class == "red").values(status="sent")
    house.ledger.store.transact(lambda c: c.execute(sent))
    run.tick()
    row = house.rows(select(schema.outbox).where(schema.outbox.c.key == f"{PATIENT}:red:crisis:r1"))[0]
    assert (row.status, row.note) == ("sent", None)


def test_at_most_one_wake_is_outstanding(house: House) -> None:
    run = house.enrolled()
    house.now += timedelta(minutes=1)
    first = house.command("c1", Answered(step="baseline.welcome", outcome="read"))
    second = house.command("c2", Answered(step="baseline.welcome", outcome="read"))
    assert first.wake and not second.wake
    run.tick()
    house.now += timedelta(seconds=1)
    third = house.command("c3", Answered(step="baseline.welcome", outcome="read"))
    assert not third.wake  # so soon after a tick it is left to the sweep
    house.now += timedelta(seconds=1)
    assert house.read(pressure("r1", house.now, 195, 115)).wake  # red always


# --------------------------------------------------------------------------- commands, partners, keys of HTTP


def test_commands_that_are_refused(house: House) -> None:
    house.enrolled()
    body = StaffVerb(verb="pause", by="nurse1", enrolment="e1")
    house.command("c1", body)

    def store(id_: str, event: Any, key: str = PATIENT) -> Any:
        return store_command(house.ledger, key, NewEvent(id_, event), by="nurse1")

    assert code(store("c1", StaffVerb(verb="resume", by="nurse1", enrolment="e1"))) == "command_conflict"
    assert code(store("c2", TaskVerb(task="none", verb="claim", by="nurse1"))) == "task_unknown"
    assert code(store("c3", HandoffReport(handoff="none", word="seen"))) == "handoff_unknown"
    assert code(store("", body)) == "id_invalid"
    assert code(store("c4", body, "nobody000000")) == "patient_unknown"
    assert house.count(schema.inbox) == 2


def test_a_command_is_never_dated_later_than_now(house: House) -> None:
    house.enrolled()
    later = NewEvent("c1", Answered(step="baseline.welcome", outcome="read"), START + timedelta(days=3))
    store_command(house.ledger, PATIENT, later, by="patient")
    row = house.rows(select(schema.inbox).where(schema.inbox.c.id == "c1"))[0]
    assert row.at == row.seen == START


def test_callbacks_are_stored_once(house: House) -> None:
    house.enrolled()
    _handoff(house)
    assert code(store_callback(house.ledger, "other", "w1", "h-1", {})) == "handoff_unknown"
    first = store_callback(house.ledger, "pharmacy", "w1", "h-1", {"state": "accepted"})
    again = store_callback(house.ledger, "pharmacy", "w1", "h-1", {"state": "accepted"})
    assert not isinstance(first, Refusal) and not isinstance(again, Refusal)
    assert (first.number, first.fresh, again.fresh) == (1, True, False)
    assert house.count(schema.callback) == 1


@pytest.mark.parametrize(
    ("end", "said", "news"),
    [
        pytest.param(("handed_over", 4), ("handed_over", 4), False, id="the end itself, after it was asked for"),
        pytest.param(("handed_over", 4), ("accepted", 2), False, id="the way to the end"),
        pytest.param(("handed_over", 4), ("declined", 4), True, id="another end"),
        pytest.param(("handed_over", 4), ("declined", 5), True, id="something after the end"),
        pytest.param(("cancelled", 1), ("accepted", 2), True, id="the request had arrived, called off or not"),
    ],
)
def test_a_callback_about_what_is_over_waits_for_nobody(
    house: House, end: tuple[str, int], said: tuple[str, int], news: bool
) -> None:
    """Nobody takes it up any more; where it tells something else than the end we know, a person is to ask."""
    house.enrolled()
    _handoff(house)
    store_callback(house.ledger, "pharmacy", "w1", "h-1", {"state": "accepted", "version": 1})
    over = schema.handoff.update().values(final=True, state=end[0], version=end[1])
    house.ledger.store.transact(lambda c: c.execute(over))
    body = {"state": said[0], "version": said[1]}
    for webhook in ("w2", "w2", "w3"):
        store_callback(house.ledger, "pharmacy", webhook, "h-1", body)
    rows = house.rows(select(schema.callback).order_by(schema.callback.c.webhook_id))
    assert [row.applied for row in rows] == [False, True, True]
    assert [row.kind for row in house.rows(select(schema.incident))] == ["partner_after_end"] * news


def _handoff(house: House) -> None:
    sealed = house.ledger.keys(PATIENT).seal("handoff.request", {"title": {"en": "", "zh": ""}, "request": {}})
    row = schema.handoff.insert().values(
        journey=PATIENT,
        number=1,
        key="h-1",
        machine="pharmacy",
        partner="pharmacy",
        business_id="h-1",
        opened=START,
        changed=START,
        request_sealed=sealed,
    )
    house.ledger.store.transact(lambda c: c.execute(row))


def test_idempotency_keys(house: House) -> None:
    def begin(body: Any) -> Any:
        return idempotency.begin(house.ledger, "enrolments", "k1", body)

    assert begin({"a": 1}) == Begun()
    assert code(begin({"a": 1})) == "idempotency_running"
    assert code(begin({"a": 2})) == "idempotency_conflict"
    idempotency.finish(house.ledger, "enrolments", "k1", Answer(201, {"key": "p"}))
    assert begin({"a": 1}) == Answer(201, {"key": "p"})
    assert code(begin({"a": 2})) == "idempotency_conflict"
    assert idempotency.begin(house.ledger, "patients", "k1", {"a": 2}) == Begun()
    house.now += timedelta(seconds=61)
    assert idempotency.begin(house.ledger, "patients", "k1", {"a": 2}) == Begun()  # the first one died
    idempotency.abandon(house.ledger, "patients", "k1")
    assert idempotency.begin(house.ledger, "patients", "k1", {"a": 3}) == Begun()
    house.now += timedelta(days=8)
    assert idempotency.forget_old(house.ledger) == 2


# --------------------------------------------------------------------------- rehearsal


def test_rehearsal_goes_fast_and_slows_for_what_is_urgent(house: House) -> None:
    """One day in 1.5 s; a crisis is decided at the time it came in, and its 15-minute rung then lasts 15 s."""
    start = datetime(2026, 3, 2, tzinfo=START.tzinfo)
    run = house.enrolled(rehearsal=Rehearsal(start=start))
    house.now += timedelta(seconds=1)  # 16 hours
    crisis = start + timedelta(hours=16)
    done = house.read(pressure("r1", crisis, 192, 112))
    assert done.red
    house.now += timedelta(seconds=0.3)  # the tick comes nearly five hours of patient time later
    house.command("c1", Answered(step="baseline.welcome", outcome="read"))
    assert run.tick().more
    row = house.journey()
    assert row.rehearsal["segments"][-1][2] == 60.0
    tick = house.rows(select(schema.tick).order_by(schema.tick.c.sequence.desc()))[0]
    assert abs(tick.now - crisis) < timedelta(minutes=1)
    assert run.next_due is not None
    # The second reading is awaited for 30 minutes: half a minute on the wall.
    assert timedelta(0) < run.next_due - house.now <= timedelta(seconds=31)
    red = house.rows(select(schema.outbox).where(schema.outbox.c.message_class == "red"))[0]
    assert red.wall_due <= house.now

    # What was stored at a patient time that was taken back has happened now.
    run.tick()
    newest = select(schema.tick.c.now).order_by(schema.tick.c.sequence.desc())
    assert house.rows(select(schema.inbox.c.seen).where(schema.inbox.c.id == "c1"))[0].seen <= house.rows(newest)[0].now

    house.now += timedelta(seconds=12)  # twelve minutes: in the window of the second reading
    house.read(pressure("r2", crisis + timedelta(minutes=10), 150, 90))
    run.tick()
    assert house.journey().rehearsal["segments"][-1][2] > 10_000  # a normal second one: fast again

"""The courier on a real store: what is sent, what is not, and what is written down about it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from activities import rehearsal
from activities.addresses import Addresses, StaffMember
from activities.intake.commands import about
from activities.intake.inbox import NewEvent, put
from activities.messaging.channels import Channels
from activities.messaging.ports import Never, NotNow, Outcome, Unsure
from activities.records import schema
from activities.records.store import lock_journey
from pathways.decide.effects import Unless
from pathways.decide.events import Answered, Body, Preference
from pathways.lang.plan_base import Text
from tests.unit.courier.outbox_case import NOON, PATIENT, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.ledger.close()


def _store(world: World, body: Body) -> None:
    def work(connection: Connection) -> None:
        row = lock_journey(connection, PATIENT)
        event = NewEvent(f"test:{body.kind}:{world.now.timestamp()}", body)
        put(
            connection,
            world.ledger,
            world.ledger.keys(PATIENT),
            row,
            event,
            seen=world.now,
            urgency=1,
            about=about(body),
        )

    world.ledger.store.transact(work)


def _reading(world: World, minutes: int, quality: str = "ok", status: str = "final") -> None:
    at = NOON + timedelta(minutes=minutes)
    name = f"r{minutes}{quality}{status}"
    world.ledger.store.transact(
        lambda c: c.execute(
            insert(schema.reading).values(
                journey=PATIENT,
                id=name,
                measure="blood_pressure",
                at=at,
                seen=at,
                quality=quality,
                status=status,
                fingerprint=name,
                values_sealed=b"",
            )
        )
    )


def _task(world: World, key: str, status: str) -> None:
    row: dict[str, Any] = {"key": key, "journey": PATIENT, "enrolment": "e1", "source": "x", "role": "nurse"}
    row |= {"level": "amber", "status": status, "opened": NOON, "changed": NOON, "body_sealed": b""}
    world.ledger.store.transact(lambda c: c.execute(insert(schema.task).values(**row)))


# ------------------------------------------------------------------------- the plain way


def test_an_app_message_is_sent_once_with_its_name_filled(world: World) -> None:
    world.plan(world.message())
    assert world.round() == 1
    assert world.round() == 0
    assert [(entry["en"], entry["zh"]) for entry in world.app()] == [("Hello Wang Fang", "您好 Wang Fang")]
    row = world.row()
    assert (row.status, row.channel, row.sent_at, row.sent_patient_at) == ("sent", "app", NOON, NOON)
    assert [receipt.status for receipt in world.rows(schema.receipt)] == ["sent"]
    assert world.events() == []


def test_nothing_is_sent_before_it_is_due(world: World) -> None:
    world.plan(world.message(due=NOON + timedelta(minutes=1)))
    assert world.round() == 0
    world.later(minutes=1)
    assert world.round() == 1


def test_mail_goes_in_the_patients_language_under_the_rows_key(world: World) -> None:
    world.patient("patient00002", language="zh-CN", name="李雷")
    world.plan(world.message(channels=("email",)))
    world.plan(world.message("m", patient="patient00002", channels=("email",)), patient="patient00002")
    world.round()
    assert {(letter.key, letter.text) for letter in world.email.letters} == {
        (f"{PATIENT}:m1", "Hello Wang Fang"),
        ("patient00002:m", "您好 李雷"),
    }


def test_what_calls_a_person_waits_behind_no_reminder(tmp_path: Path) -> None:
    """The rung of a red ladder is a message to staff: the red courier takes it, the other one takes it first."""
    world = World(tmp_path, Addresses(staff={"nurse": StaffMember(email=("a@clinic.example",))}))
    reminder = world.message("care", channels=("email",), due=NOON - timedelta(hours=1))
    world.plan(reminder, world.message("rung", to="role:nurse", channels=("email",), message_class="staff"))
    assert world.round(world.pump(red=True)) == 1
    world.plan(world.message("rung2", to="role:nurse", channels=("email",), message_class="staff"))
    world.round()
    sent = [letter.key for letter in world.email.letters]
    assert sent == [f"{PATIENT}:rung", f"{PATIENT}:rung2", f"{PATIENT}:care"]


def test_red_goes_before_the_others_and_a_red_courier_takes_no_reminder(world: World) -> None:
    world.plan(
        world.message("care", channels=("email",), due=NOON - timedelta(hours=1)),
        world.message("red", channels=("email",), message_class="red"),
    )
    assert world.round(world.pump(red=True)) == 1
    assert [letter.key for letter in world.email.letters] == [f"{PATIENT}:red"]
    world.plan(world.message("red2", channels=("email",), message_class="red"))
    world.round()
    assert [letter.key for letter in world.email.letters][1:] == [f"{PATIENT}:red2", f"{PATIENT}:care"]


def test_each_share_takes_its_own_journeys(world: World) -> None:
    keys = [f"patient1000{n}" for n in range(8)]
    for key in keys:
        world.patient(key)
        world.plan(world.message("m", patient=key), patient=key)
    first, second = (world.round(world.pump(shard=shard, shards=2)) for shard in (0, 1))
    assert first + second == 8
    assert first and second


def test_the_emergency_number_is_the_sites_and_words_where_there_is_none(world: World) -> None:
    text = Text(en="call {emergency_number} now", zh="请立即拨打{emergency_number}")
    world.plan(world.message(text=text, message_class="red"))
    world.round()
    assert world.app()[0]["en"] == "call the emergency number now"
    site = '{"id":"cn","emergency_number":"120"}'
    world.ledger.store.transact(
        lambda c: c.execute(
            insert(schema.site).values(sha256="s" * 64, id="cn", version="1", text=site, stored=NOON)
        )
    )
    world.journey(site_sha="s" * 64)
    world.plan(world.message("m2", text=text, message_class="red"))
    world.round()
    assert world.app()[1]["zh"] == "请立即拨打120"


def test_a_placeholder_nobody_fills_is_a_loud_failure(world: World) -> None:
    world.plan(world.message(text=Text(en="{who_knows}", zh="{who_knows}")))
    world.round()
    assert world.row().status == "failed"
    assert [incident.kind for incident in world.rows(schema.incident)] == ["message_wording"]


def test_a_private_message_outside_says_only_that_there_is_one(world: World) -> None:
    world.plan(world.message(channels=("email",), private=True, text=Text(en="secret", zh="秘密")))
    world.round()
    assert "secret" not in world.email.letters[0].text


# ------------------------------------------------------------------------- what is not sent


@pytest.mark.parametrize(
    ("readings", "sent"),
    [
        ([], True),
        ([(0, "ok", "final")], False),
        ([(-1, "ok", "final")], True),
        ([(60, "ok", "final")], True),
        ([(59, "ok", "amended")], False),
        ([(30, "implausible", "final")], True),
        ([(30, "ok", "entered_in_error")], True),
        ([(30, "low_time", "final")], False),
    ],
)
def test_unless_a_reading_came(world: World, readings: list[tuple[int, str, str]], sent: bool) -> None:
    unless = Unless(measure="blood_pressure", since=NOON, before=NOON + timedelta(hours=1))
    world.plan(world.message(due=NOON + timedelta(hours=2), unless=unless))
    for reading in readings:
        _reading(world, *reading)
    world.later(hours=2)
    world.round()
    assert world.row().status == ("sent" if sent else "unneeded")
    assert len(world.app()) == sent


def test_unless_counts_readings(world: World) -> None:
    unless = Unless(measure="blood_pressure", since=NOON, readings=2)
    world.plan(world.message("a", unless=unless))
    _reading(world, 1)
    world.round()
    assert world.row("a").status == "sent"
    _reading(world, 2)
    world.plan(world.message("b", unless=unless))
    world.round()
    assert world.row("b").status == "unneeded"


def test_unless_an_answer_or_a_closed_task(world: World) -> None:
    world.plan(
        world.message("answered", unless=Unless(step="baseline.welcome", since=NOON)),
        world.message("other", unless=Unless(step="baseline.other", since=NOON)),
        world.message("task", unless=Unless(task="t1")),
        world.message("open", unless=Unless(task="t2")),
    )
    _store(world, Answered(step="baseline.welcome"))
    _task(world, "t1", "done")
    _task(world, "t2", "claimed")
    world.round()
    states = {name: world.row(name).status for name in ("answered", "other", "task", "open")}
    assert states == {"answered": "unneeded", "other": "sent", "task": "unneeded", "open": "sent"}


def test_what_has_expired_is_not_sent(world: World) -> None:
    world.plan(world.message(), world.message("red", message_class="red", wants_receipt=True))
    world.later(hours=4)
    world.round()
    assert (world.row().status, world.row("red").status) == ("expired", "expired")
    assert world.app() == []
    assert world.events() == [("delivery", {"message": f"{PATIENT}:red", "status": "undelivered"})]
    assert [incident.kind for incident in world.rows(schema.incident)] == ["message_expired"]
    assert world.wakes.journeys == [PATIENT]


def test_withdrawal_stops_what_is_queued_but_an_open_red(world: World) -> None:
    world.plan(world.message("care"), world.message("red:1", message_class="red"))
    world.journey(status="ended", stop_messages=True, except_prefixes=[f"{PATIENT}:red:"])
    world.round()
    assert (world.row("care").status, world.row("red:1").status) == ("stopped", "sent")


@pytest.mark.parametrize(
    ("opted", "values", "status"),
    [
        ({"all": True}, {}, "stopped"),
        ({"all": False}, {}, "sent"),
        ({"tips": True}, {"topic": "tips"}, "stopped"),
        ({"tips": True}, {"topic": "other"}, "sent"),
        ({"all": True}, {"message_class": "red"}, "sent"),
        ({"all": True}, {"to": "role:nurse", "message_class": "staff"}, "sent"),
        ({"app": True}, {}, "stopped"),
        ({"app": True}, {"channels": ("app", "email")}, "sent"),
        ({"app": True}, {"message_class": "red"}, "sent"),
    ],
)
def test_opt_outs_hold_before_any_tick_has_seen_them(
    world: World, opted: dict[str, bool], values: dict[str, Any], status: str
) -> None:
    world.plan(world.message(**values))
    _store(world, Preference(opt_out=opted))
    world.round()
    assert world.row().status == status
    assert not (opted == {"app": True} and values.get("channels") and world.app())


def test_a_shredded_patient_gets_nothing(world: World) -> None:
    world.plan(world.message())
    world.ledger.keyring.shred(PATIENT, "test")
    world.round()
    assert (world.row().status, world.row().note) == ("stopped", "keys_shredded")


# ------------------------------------------------------------------------- bundles


def test_a_bundle_is_one_delivery_and_every_row_is_accounted_for(world: World) -> None:
    bundle: dict[str, Any] = {"bundle": "b1", "channels": ("email",)}
    world.plan(
        world.message("a", text=Text(en="one", zh="一"), **bundle),
        world.message("b", text=Text(en="two", zh="二"), **bundle),
        world.message("c", text=Text(en="three", zh="三"), channels=("email",), bundle="b2"),
        world.message("d", text=Text(en="red", zh="红"), message_class="red", **bundle),
        world.message("e", text=Text(en="dose", zh="药"), message_class="dose", **bundle),
        world.message("f", text=Text(en="six", zh="六"), unless=Unless(task="t"), **bundle),
    )
    world.round()
    texts = sorted(letter.text for letter in world.email.letters)
    assert texts == sorted(["one\ntwo\nsix", "three", "red", "dose"])
    assert {world.row(name).status for name in "abcdef"} == {"sent"}
    assert world.row("a").provider_id == world.row("b").provider_id


# ------------------------------------------------------------------------- failures


def test_a_channel_that_is_not_there_falls_through_and_the_last_one_is_loud(world: World) -> None:
    world.plan(
        world.message("a", channels=("wechat", "email")),
        world.message("b", channels=("wechat", "call"), wants_receipt=True),
    )
    world.round()
    assert (world.row("a").status, world.row("a").channel) == ("sent", "email")
    assert (world.row("b").status, world.row("b").note) == ("failed", "no_channel")
    assert world.events() == [("delivery", {"message": f"{PATIENT}:b", "status": "undelivered"})]
    assert [incident.kind for incident in world.rows(schema.incident)] == ["message_no_channel"]
    assert world.wakes.journeys == [PATIENT]


def test_a_temporary_failure_is_tried_again_later_then_the_next_channel_is_taken(world: World) -> None:
    world.email.answers = [NotNow("smtp-line")] * 4
    world.plan(world.message(channels=("email", "sms"), expires=NOON + timedelta(days=1)))
    world.round()
    assert world.round() == 0, "a pause lies between two tries"
    for pause in (5, 30, 120):
        assert world.row().status == "planned"
        world.later(seconds=pause)
        assert world.round() == 1
    assert world.row().channel == "sms"
    world.round()
    assert (world.row().status, len(world.email.letters), len(world.sms.letters)) == ("sent", 4, 1)


def test_a_final_no_goes_to_the_next_channel_at_once_and_after_the_last_it_has_failed(world: World) -> None:
    world.email.answers = [Never("smtp-data-550")]
    world.sms.answers = [Never("gateway-400")]
    world.plan(world.message(channels=("email", "sms")))
    world.round()
    world.round()
    assert world.row().status == "failed"
    assert world.events() == [("delivery", {"message": f"{PATIENT}:m1", "status": "undelivered"})]
    assert world.wakes.journeys == [], "nobody waits for it: the sweep is soon enough"


def test_red_goes_round_until_it_expires_and_says_so_loudly(world: World) -> None:
    world.email.answers = [NotNow("smtp-line")] * 99
    expires = NOON + timedelta(seconds=40)
    world.plan(world.message(channels=("email",), message_class="red", expires=expires, wants_receipt=True))
    for _ in range(100):
        world.round()
        world.later(seconds=0.5)
    assert world.row().status == "expired"
    assert len(world.email.letters) > 10
    assert {incident.kind for incident in world.rows(schema.incident)} == {"message_retrying", "message_expired"}
    assert world.events() == [("delivery", {"message": f"{PATIENT}:m1", "status": "undelivered"})]


@pytest.mark.parametrize(
    ("message_class", "answer", "status", "letters"),
    [
        ("dose", Unsure("smtp-answer-lost"), "unknown", 1),
        ("dose", NotNow("smtp-line"), "sent", 2),
        ("care", Unsure("smtp-answer-lost"), "sent", 2),
        ("red", Unsure("smtp-answer-lost"), "sent", 2),
    ],
)
def test_a_lost_answer_means_unknown_for_a_dose_and_the_same_key_again_for_others(
    world: World, message_class: str, answer: Outcome, status: str, letters: int
) -> None:
    world.email.answers = [answer]
    world.plan(world.message(channels=("email",), message_class=message_class))
    world.round()
    world.later(seconds=10)
    world.round()
    world.later(hours=1)
    world.round()
    assert world.row().status == status
    assert [letter.key for letter in world.email.letters] == [f"{PATIENT}:m1"] * letters
    if status == "unknown":
        assert world.events() == [("delivery", {"message": f"{PATIENT}:m1", "status": "unknown"})]


def test_a_bundle_with_a_lost_answer_goes_out_again_as_it_was(world: World) -> None:
    world.email.answers = [Unsure("smtp-answer-lost")]
    bundle: dict[str, Any] = {"bundle": "b1", "channels": ("email",)}
    soon = NOON + timedelta(seconds=3)
    world.plan(world.message("a", text=Text(en="one", zh="一"), expires=soon, **bundle))
    world.plan(world.message("b", text=Text(en="two", zh="二"), **bundle))
    world.round()
    world.plan(world.message("c", text=Text(en="three", zh="三"), **bundle))
    world.later(seconds=10)
    world.round()
    first, again, new = sorted(world.email.letters, key=lambda letter: letter.text)
    assert (first.key, first.text) == (again.key, again.text) == (first.key, "one\ntwo")
    assert new.text == "three"
    assert {world.row(name).status for name in "abc"} == {"sent"}


def test_what_may_have_gone_out_is_never_called_unsent(world: World) -> None:
    world.email.answers = [Unsure("smtp-answer-lost")]
    world.plan(world.message(channels=("email",)))
    world.round()
    world.journey(stop_messages=True)
    world.later(seconds=10)
    world.round()
    assert (world.row().status, world.row().note) == ("unknown", "journey_stopped")


# ------------------------------------------------------------------------- after a courier died


@pytest.mark.parametrize(
    ("message_class", "channel", "tried", "status"),
    [
        ("dose", "email", True, "unknown"),
        ("dose", "email", False, "planned"),
        ("dose", "app", True, "planned"),
        ("care", "email", True, "planned"),
        ("red", "email", True, "planned"),
    ],
)
def test_what_a_dead_courier_left(world: World, message_class: str, channel: str, tried: bool, status: str) -> None:
    world.plan(world.message(message_class=message_class, channels=(channel,)))
    key = f"{PATIENT}:m1"
    world.ledger.store.transact(
        lambda c: c.execute(
            update(schema.outbox).values(
                status="sending",
                channel=channel,
                claimed_by="courier:0/1#dead",
                claimed_at=NOON,
                provider_id=key if tried else None,
            )
        )
    )
    asyncio.run(world.pump(shards=2)._take_back())  # another courier, within the lease: not its business
    assert world.row().status == "sending"
    asyncio.run(world.pump()._take_back())
    assert world.row().status == status
    world.round()
    assert world.row().status == ("unknown" if status == "unknown" else "sent")
    expected = [("delivery", {"message": key, "status": "unknown"})] if status == "unknown" else []
    assert world.events() == expected
    if status == "planned" and channel == "email" and message_class != "dose":
        assert [letter.key for letter in world.email.letters] == [key]


def test_a_claim_older_than_its_lease_is_taken_over_by_anybody(world: World) -> None:
    world.plan(world.message())
    world.ledger.store.transact(
        lambda c: c.execute(
            update(schema.outbox).values(status="sending", claimed_by="courier:7/9#x", claimed_at=NOON)
        )
    )
    world.later(seconds=61)
    asyncio.run(world.pump()._take_back())
    assert world.row().status == "planned"


# ------------------------------------------------------------------------- people


def test_staff_are_told_in_the_feed_and_at_their_addresses(tmp_path: Path) -> None:
    staff = {"nurse": StaffMember(language="zh", email=("a@clinic.example", "b@clinic.example"))}
    world = World(tmp_path, Addresses(staff=staff))
    values: dict[str, Any] = {"to": "role:nurse", "message_class": "staff"}
    world.plan(world.message("feed", **values), world.message("mail", channels=("email",), **values))
    world.plan(world.message("gp", to="role:gp", message_class="staff", channels=("email", "app")))
    world.round()
    assert {entry["to"] for entry in world.app()} == {"role:nurse", "role:gp"}
    assert [letter.address for letter in world.email.letters] == ["a@clinic.example", "b@clinic.example"]
    assert len({letter.key for letter in world.email.letters}) == 2
    assert all("Wang" not in letter.text for letter in world.email.letters)
    world.ledger.close()


def test_caregivers_are_told_at_their_own_address(world: World) -> None:
    people = ({"id": "c1", "email": "son@example.org"}, {"id": "c2", "email": "daughter@example.org"})
    key = world.patient("patient00003", caregivers=people)
    world.plan(world.message("m:cg:c2", patient=key, channels=("email",), to="caregiver"), patient=key)
    world.round()
    assert [letter.address for letter in world.email.letters] == ["daughter@example.org"]


# ------------------------------------------------------------------------- the clock of a rehearsal


def test_in_rehearsal_rows_come_due_by_patient_time(world: World) -> None:
    world.clock = rehearsal.begin(NOON, NOON, days_per_second=1.0)
    world.journey(rehearsal=rehearsal.to_json(world.clock))
    due = NOON + timedelta(days=10)
    world.plan(world.message(due=due, expires=due + timedelta(hours=1)))
    world.later(seconds=9.9)
    assert world.round() == 0
    world.later(seconds=0.1)
    assert world.round() == 1
    row = world.row()
    assert (row.status, row.sent_patient_at) == ("sent", due)
    assert world.app()[0]["at"] == due


def test_only_configured_channels_count(world: World) -> None:
    world.plan(world.message(channels=("email", "app")))
    world.round(world.pump(Channels()))
    assert world.row().channel == "app"

"""Receipts that come later from a gateway: what they change in the outbox, and what the journey hears of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from activities.addresses import Addresses, Gateway
from activities.handoffs.callbacks import Refused
from activities.handoffs.signatures import sign
from activities.messaging.receipts import Taken, accept_receipt
from activities.records import schema
from tests.unit.courier.outbox_case import PATIENT, World

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTAx"
OTHER = "whsec_" + "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMDE="
GATEWAYS = Addresses(
    channels={
        "sms": Gateway.model_validate({"url": "https://sms.example", "secrets": [SECRET]}),
        "email": Gateway.model_validate({"url": "https://mail.example"}),
    }
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.ledger.close()


def sent(world: World, message_class: str, channels: tuple[str, ...] = ("sms", "email"), **more: Any) -> None:
    world.plan(world.message(channels=channels, message_class=message_class, **more))
    assert world.round(world.pump(red=message_class == "red")) == 1
    assert world.row().status == "sent" and world.row().provider_id == "id-1"


def say(world: World, status: str, *, id_: str = "id-1", channel: str = "sms", secret: str = SECRET) -> Taken | Refused:
    raw = json.dumps({"id": id_, "status": status}).encode()
    return accept_receipt(world.ledger, GATEWAYS, channel, sign(secret, f"w-{status}", world.now, raw), raw)


def heard(world: World) -> list[str]:
    return [body["status"] for kind, body in world.events() if kind == "delivery"]


def receipts(world: World) -> list[str]:
    return sorted(row.status for row in world.rows(schema.receipt))


@pytest.mark.parametrize("status", ["delivered", "read"])
def test_the_journey_hears_of_what_it_waits_for_once_and_is_not_woken(world: World, status: str) -> None:
    sent(world, "red", wants_receipt=True)
    assert say(world, status) == say(world, status) == Taken()
    assert heard(world) == ["sent", status]
    assert receipts(world) == sorted(["sent", status])
    assert world.row().status == "sent"


def test_what_nobody_waits_for_is_only_written_down(world: World) -> None:
    sent(world, "care")
    assert say(world, "read") == Taken()
    assert heard(world) == [] and receipts(world) == ["read", "sent"]


@pytest.mark.parametrize("message_class", ["red", "care"])
def test_what_did_not_arrive_goes_out_on_the_next_channel_and_then_has_no_way_left(
    world: World, message_class: str
) -> None:
    sent(world, message_class)
    red = message_class == "red"
    assert say(world, "undelivered") == Taken()
    assert (world.row().status, world.row().channel) == ("planned", "email")
    assert say(world, "undelivered") == Taken()  # the gateway says it again: nothing more
    assert world.row().status == "planned"
    world.round(world.pump(red=red))
    assert len(world.email.letters) == 1 and world.row().status == "sent"
    assert heard(world) == []
    mail = Addresses(channels={"email": GATEWAYS.channels["sms"]})
    raw = json.dumps({"id": world.row().provider_id, "status": "undelivered"}).encode()
    found = accept_receipt(world.ledger, mail, "email", sign(SECRET, "w9", world.now, raw), raw)
    assert found == Taken((PATIENT,) if red else ())
    assert world.row().status == "failed" and heard(world) == ["undelivered"]
    assert [row.kind for row in world.rows(schema.incident)] == (["message_undeliverable"] if red else [])


def test_a_dose_is_never_sent_again(world: World) -> None:
    sent(world, "dose")
    assert say(world, "undelivered") == Taken((PATIENT,))
    assert world.row().status == "failed" and heard(world) == ["undelivered"]
    world.round()
    assert len(world.email.letters) == 0


def test_what_is_of_no_use_any_more_is_not_sent_again(world: World) -> None:
    sent(world, "care")
    world.later(hours=5)
    say(world, "undelivered")
    assert world.row().status == "failed" and heard(world) == ["undelivered"]


def test_a_dose_that_nobody_could_send_in_time_wakes_the_journey(world: World) -> None:
    world.plan(world.message(channels=("sms",), message_class="dose"))
    world.later(hours=5)
    world.round()
    assert world.row().status == "expired" and heard(world) == ["undelivered"]
    assert world.wakes.journeys == [PATIENT]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"id_": "id-7"}, "callback-unmatched"),
        ({"channel": "email"}, "partner-unknown"),  # without a secret nothing is taken
        ({"channel": "fax"}, "partner-unknown"),
        ({"secret": OTHER}, "signature-wrong"),
        ({"status": "lost"}, "callback-malformed"),
        ({"id_": ""}, "callback-malformed"),
    ],
)
def test_what_cannot_be_taken_changes_nothing(world: World, given: dict[str, str], code: str) -> None:
    sent(world, "red")
    found = say(world, **{"status": "undelivered", **given})
    assert isinstance(found, Refused) and found.code == code
    assert world.row().status == "sent" and heard(world) == []


def test_an_old_receipt_is_refused(world: World) -> None:
    sent(world, "red")
    raw = json.dumps({"id": "id-1", "status": "undelivered"}).encode()
    headers = sign(SECRET, "w1", world.now - timedelta(hours=1), raw)
    found = accept_receipt(world.ledger, GATEWAYS, "sms", headers, raw)
    assert isinstance(found, Refused) and found.code == "signature-too-old"

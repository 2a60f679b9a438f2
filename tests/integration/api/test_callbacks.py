"""Callbacks of partners: taken once, judged by their signature, whatever is sent again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, update

from activities.handoffs.signatures import sign
from activities.records import outbox, schema
from activities.records.outbox import Placing
from activities.records.schema import callback, handoff
from pathways.decide.effects import PlanMessage
from pathways.lang.plan_base import Text
from tests.integration.api.conftest import SECRET, World

KEY = "patient00001"
ORDER = f"{KEY}:e1:refill:1"
SAID = {"identifier": ORDER, "version": 1, "state": "accepted"}
OTHER = "whsec_" + "b3RoZXItb3RoZXItb3RoZXItb3RoZXItb3RoZXItMDE="


def asked(world: World) -> None:
    """A registered patient, and a request of ours that the pharmacy knows."""
    world.house.register(KEY)
    ask(world)


def ask(world: World) -> None:
    """The request alone."""
    now = world.house.now
    sealed = world.house.ledger.keys(KEY).seal("handoff.request", {"title": {}, "request": {"medicines": []}})
    values: dict[str, Any] = {
        "journey": KEY, "number": 1, "key": ORDER, "machine": "pharmacy", "business_id": ORDER, "partner": "pharmacy",
        "request_sealed": sealed, "opened": now, "changed": now,
    }  # fmt: skip
    world.house.ledger.store.transact(lambda c: c.execute(insert(handoff).values(**values)))


async def call(world: World, raw: bytes, headers: dict[str, str], partner: str = "pharmacy") -> tuple[int, Any]:
    answer = await world.http.post(f"/api/v1/callbacks/{partner}", content=raw, headers=headers)
    assert answer.headers["content-type"].startswith(
        "application/json" if answer.is_success else "application/problem+json"
    )
    return answer.status_code, answer.json()


async def test_a_signed_callback_is_taken_and_again_gets_the_same_answer_and_one_effect(world: World) -> None:
    asked(world)
    raw = json.dumps(SAID).encode()
    headers = sign(SECRET, "w1", world.house.now, raw)
    first = await call(world, raw, headers)
    assert first == (200, {"stored": True})
    world.house.now += timedelta(seconds=30)
    assert await call(world, raw, headers) == first
    assert await call(world, raw, sign(SECRET, "w1", world.house.now, raw)) == first
    assert world.house.count(callback) == 1
    assert set(world.runs.told) == {(KEY, 1)}
    later = json.dumps({**SAID, "version": 2}).encode()
    assert await call(world, later, sign(SECRET, "w2", world.house.now, later)) == first
    assert world.house.count(callback) == 2


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("other secret", "signature_wrong"),
        ("other body", "signature_wrong"),
        ("other id", "signature_wrong"),
        ("old", "signature_too_old"),
        ("ahead", "signature_too_new"),
        ("none", "signature_missing"),
        ("no number", "signature_malformed"),
    ],
)
async def test_what_is_not_signed_well_is_not_taken(world: World, how: str, code: str) -> None:
    asked(world)
    now, raw = world.house.now, json.dumps(SAID).encode()
    headers = sign(SECRET, "w1", now, raw)
    match how:
        case "other secret":
            headers = sign(OTHER, "w1", now, raw)
        case "other body":
            raw = raw.replace(b"accepted", b"rejected")
        case "other id":
            headers["webhook-id"] = "w2"
        case "old":
            headers = sign(SECRET, "w1", now - timedelta(minutes=6), raw)
        case "ahead":
            headers = sign(SECRET, "w1", now + timedelta(minutes=6), raw)
        case "none":
            headers = {}
        case _:
            headers["webhook-timestamp"] = "yesterday"
    status, document = await call(world, raw, headers)
    assert (status, document["code"]) == (401, code)
    assert world.house.count(callback) == 0
    assert world.runs.told == []


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({**SAID, "identifier": f"{KEY}:e1:refill:2"}, 404, "callback_unmatched"),
        ({**SAID, "identifier": "nobody"}, 404, "callback_unmatched"),
        ({**SAID, "version": 0}, 422, "callback_malformed"),
        ({"state": "accepted"}, 422, "callback_malformed"),
        ([], 422, "callback_malformed"),
        ({**SAID, "kept": {"note": "x" * 70_000}}, 413, "callback_too_large"),
    ],
)
async def test_what_is_signed_and_wrong_is_told_and_not_taken(world: World, said: Any, status: int, code: str) -> None:
    asked(world)
    raw = json.dumps(said).encode()
    answer = await call(world, raw, sign(SECRET, "w1", world.house.now, raw))
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert world.house.count(callback) == 0


async def test_a_partner_speaks_of_its_own_orders_only(world: World) -> None:
    asked(world)
    raw = json.dumps(SAID).encode()
    status, document = await call(world, raw, sign(SECRET, "w1", world.house.now, raw), partner="clinic")
    assert (status, document["code"]) == (404, "partner_unknown")


async def test_a_gateway_calls_back_under_the_name_of_its_channel(world: World) -> None:
    world.house.register(KEY)
    ledger, now = world.house.ledger, world.house.now
    message = PlanMessage(
        key=f"{KEY}:m1", to="patient", channels=("sms",), message_class="dose", template="hello",
        text=Text(en="Hello", zh="您好"), due=now, expires=now + timedelta(hours=1),
    )  # fmt: skip

    def went_out(connection: Connection) -> None:
        outbox.write(connection, ledger.keys(KEY), Placing(KEY, None, now), [message])
        connection.execute(update(schema.outbox).values(status="sent", channel="sms", provider_id="g-1"))

    ledger.store.transact(went_out)
    raw = json.dumps({"id": "g-1", "status": "undelivered"}).encode()
    for _ in range(2):
        assert await call(world, raw, sign(SECRET, "w1", now, raw), "sms") == (200, {"stored": True})
    assert KEY in world.runs.woken
    status, problem = await call(world, raw, sign(OTHER, "w1", now, raw), "sms")
    assert (status, problem["code"]) == (401, "signature_wrong")

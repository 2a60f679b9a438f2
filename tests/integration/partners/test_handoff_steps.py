"""The steps of a handoff against a real partner process: each effect exactly once, whatever goes wrong between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.addresses import Addresses, Partner
from activities.contracts import HandoffStepInput
from activities.records import schema
from tests.integration.partners.world import Partners, PartnerWorld


@pytest.fixture(scope="module")
def partners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Partners]]:
    made = {name: Partners(tmp_path_factory.mktemp(name), name) for name in ("pharmacy", "clinic")}
    yield made
    for partner in made.values():
        partner.close()


@pytest.fixture
async def world(tmp_path: Path, partners: dict[str, Partners]) -> AsyncIterator[PartnerWorld]:
    made = PartnerWorld(tmp_path, partners["pharmacy"])
    yield made
    await made.close()


@pytest.fixture
async def clinic(tmp_path: Path, partners: dict[str, Partners]) -> AsyncIterator[PartnerWorld]:
    made = PartnerWorld(tmp_path, partners["clinic"])
    yield made
    await made.close()


async def _fails(world: PartnerWorld, action: str) -> str:
    with pytest.raises(ApplicationError) as raised:
        await world.step(action)
    assert raised.value.type == "PartnerUnavailable"
    assert not raised.value.non_retryable
    return raised.value.message


async def test_the_whole_way_with_signed_callbacks(world: PartnerWorld) -> None:
    world.handoff()
    sent = await world.step("send")
    assert (sent.state, sent.final, sent.words) == ("requested", False, [])
    world.advance(3)
    world.called_back(("accepted", "fresh"), ("preparing", "fresh"), ("handed_over", "fresh"))
    done = await world.step("apply")
    assert (done.state, done.final, done.words) == ("handed_over", True, ["accepted", "preparing", "handed_over"])
    assert world.words() == [("accepted", False), ("preparing", False), ("handed_over", True)]
    assert [(order["identifier"], order["asked"]) for order in world.book()] == [(world.key(), 1)]
    (row,) = world.rows(schema.handoff)
    assert (row.final, row.version, row.partner_ref[:9]) == (True, 4, "pharmacy-")
    assert all(row.applied for row in world.rows(schema.callback))


@pytest.mark.postgres
async def test_two_voices_at_once_on_postgresql(
    tmp_path: Path, partners: dict[str, Partners], postgres_url: str
) -> None:
    world = PartnerWorld(tmp_path, partners["pharmacy"], postgres_url)
    world.handoff()
    await world.step("send")
    world.advance(3)
    world.called_back(("accepted", "fresh"), ("preparing", "fresh"), ("handed_over", "fresh"))
    await asyncio.gather(*(world.step(action) for action in ("apply", "query", "apply", "query")))
    assert world.words() == [("accepted", False), ("preparing", False), ("handed_over", True)]
    await world.close()


async def test_applying_twice_tells_nothing_twice_but_still_asks_to_wake(world: PartnerWorld) -> None:
    world.handoff()
    await world.step("send")
    world.advance()
    world.called_back(("accepted", "fresh"))
    assert (await world.step("apply")).words == ["accepted"]
    assert (await world.step("apply")).words == ["accepted"], "no tick has seen it yet"
    assert world.words() == [("accepted", False)]


async def test_a_partner_in_trouble_is_asked_again_and_holds_one_order(world: PartnerWorld) -> None:
    world.handoff()
    world.behave(next_500=1)
    assert await _fails(world, "send") == "http-500"
    world.behave(next_malformed=1)
    assert await _fails(world, "send") == "malformed"
    assert (await world.step("send")).state == "requested"
    assert len(world.book()) == 1
    assert world.words() == []


async def test_a_time_out_after_having_done_it_is_found_by_asking(world: PartnerWorld) -> None:
    world.handoff()
    world.behave(next_timeout_after_done=1)
    assert await _fails(world, "send") == "timeout"
    assert (await world.step("send")).state == "requested"
    assert [(order["asked"], len(order["history"])) for order in world.book()] == [(1, 1)]


async def test_a_time_out_before_anything_was_done(world: PartnerWorld) -> None:
    world.handoff()
    world.behave(next_timeout=1, hang=1.5)
    assert await _fails(world, "send") == "timeout"
    assert (await world.step("send")).state == "requested"
    assert len(world.book()) == 1


async def test_sending_the_same_again_is_success_and_other_content_under_the_name_is_not(world: PartnerWorld) -> None:
    world.handoff()
    await world.step("send")
    assert (await world.step("send")).state == "requested"
    other: dict[str, Any] = {"identifier": world.key(2), "machine": "pharmacy", "patient": "x", "request": {}}
    httpx.post(f"{world.url}/orders", json=other, headers={"Idempotency-Key": world.key(2)}).raise_for_status()
    world.handoff(2)
    failed = await world.step("send", 2)
    assert (failed.state, failed.final, failed.words) == ("failed", True, ["failed"])
    assert [row.kind for row in world.rows(schema.incident)] == ["partner_conflict"]


async def test_callbacks_twice(world: PartnerWorld) -> None:
    world.handoff()
    await world.step("send")
    world.behave(callbacks_twice=True)
    world.advance()
    world.called_back(("accepted", "fresh"), ("accepted", "again"))
    await world.step("apply")
    assert world.words() == [("accepted", False)]
    assert len(world.rows(schema.callback)) == 1


async def test_callbacks_out_of_order_are_put_in_order_by_asking(world: PartnerWorld) -> None:
    world.handoff()
    await world.step("send")
    world.behave(callbacks_reversed=True)
    world.script("accepted", "preparing", "handed_over")
    world.advance(3)
    world.called_back(("handed_over", "fresh"), ("preparing", "fresh"), ("accepted", "fresh"))
    assert (await world.step("apply")).state == "handed_over"
    assert world.words() == [("accepted", False), ("preparing", False), ("handed_over", True)]


async def test_a_hole_waits_while_the_partner_cannot_be_asked(world: PartnerWorld) -> None:
    world.handoff()
    await world.step("send")
    world.behave(next_callback_lost=1)
    world.script("accepted", "preparing")
    world.advance(2)
    world.called_back(("preparing", "fresh"))
    world.behave(next_500=1)
    held = await world.step("apply")
    assert (held.state, held.words, held.poll_after) == ("requested", [], 60.0)
    assert [row.applied for row in world.rows(schema.callback)] == [False]
    assert (await world.step("query")).words == ["accepted", "preparing"]
    assert [row.applied for row in world.rows(schema.callback)] == [True]


async def test_lost_callbacks_are_made_good_by_the_next_question(world: PartnerWorld) -> None:
    world.handoff()
    await world.step("send")
    world.behave(next_callback_lost=3)
    world.advance(3)
    done = await world.step("query")
    assert (done.state, done.final) == ("handed_over", True)


async def test_a_callback_with_a_bad_signature_or_an_old_stamp_is_refused_and_comes_again(world: PartnerWorld) -> None:
    world.handoff()
    await world.step("send")
    world.behave(next_callback_unsigned=1)
    world.advance()
    world.called_back(("accepted", "signature-wrong"), ("accepted", "fresh"))
    world.behave(next_callback_stale=1)
    world.receiver.answers.clear()
    world.advance()
    world.called_back(("preparing", "signature-too-old"), ("preparing", "fresh"))


async def test_what_the_published_states_forbid_changes_nothing_and_is_recorded(world: PartnerWorld) -> None:
    world.handoff()
    await world.step("send")
    world.script("cancelled", "accepted", "handed_over", "declined")
    world.advance(4)
    world.called_back(*((state, "fresh") for state in ("cancelled", "accepted", "handed_over", "declined")))
    await world.step("apply")
    assert world.words() == [("accepted", False), ("handed_over", True)]
    ignored = [row for row in world.rows(schema.timeline) if row.word == "handoff_ignored"]
    why = [world.ledger.keys(world.patient).open("timeline.text", row.text_sealed)["why"] for row in ignored]
    assert why == ["illegal", "after_final"]


async def test_cancelling_is_a_request_and_the_partner_says_what_became_of_it(world: PartnerWorld) -> None:
    world.handoff()
    await world.step("send")
    asked = await world.step("cancel")
    assert (asked.state, asked.final, asked.words) == ("cancellation_requested", False, [])
    await world.step("cancel")
    world.advance()
    world.called_back(("cancelled", "fresh"))
    assert (await world.step("apply")).words == ["cancelled"]
    assert [len(order["history"]) for order in world.book()] == [3]


async def test_cancelling_what_was_never_sent_needs_no_partner(world: PartnerWorld) -> None:
    world.handoff()
    done = await world.step("cancel")
    assert (done.state, done.final, done.words) == ("cancelled", True, ["cancelled"])
    assert world.book() == []
    assert (await world.step("send")).state == "cancelled"
    assert world.book() == []


async def test_cancelling_after_a_try_whose_answer_was_lost_reaches_the_order(world: PartnerWorld) -> None:
    world.handoff()
    world.behave(next_timeout_after_done=1)
    await _fails(world, "send")
    assert (await world.step("cancel")).state == "cancellation_requested"


async def test_a_cancellation_that_comes_too_late(world: PartnerWorld) -> None:
    world.handoff()
    await world.step("send")
    world.advance(3)
    done = await world.step("cancel")
    assert (done.state, done.final) == ("handed_over", True)
    assert world.words()[-1] == ("handed_over", True)


async def test_a_referral_comes_back_with_what_the_pathway_keeps(clinic: PartnerWorld) -> None:
    clinic.handoff(machine="referral")
    assert (await clinic.step("send")).state == "created"
    clinic.advance(4)
    clinic.called_back(*((s, "fresh") for s in ("accepted", "scheduled", "visit_completed", "completed")))
    done = await clinic.step("apply")
    assert done.words == ["accepted", "scheduled", "seen", "returned"]
    (row,) = clinic.rows(schema.handoff)
    kept = clinic.ledger.keys(clinic.patient).open("handoff.kept", row.kept_sealed)
    assert set(kept) == {"advice", "medicines"}


async def test_a_killed_partner_goes_on_from_its_ledger(world: PartnerWorld) -> None:
    world.handoff()
    await world.step("send")
    world.partners.restart()
    world.advance()
    world.called_back(("accepted", "fresh"))
    assert (await world.step("send")).words == ["accepted"]
    assert [len(order["history"]) for order in world.book()] == [2]


async def test_a_partner_nobody_configured_and_one_at_a_wrong_address_are_loud(world: PartnerWorld) -> None:
    world.handoff(partner="nobody")
    assert await _fails(world, "send") == "not-configured"
    elsewhere = Partner.model_validate(
        {"id": "nobody", "kind": "pharmacy", "base_url": f"{world.url}/wrong", "secrets": ["whsec_" + "QUJD" * 11]}
    )
    world.steps = world.speaking(Addresses(partners=(elsewhere,)))
    assert await _fails(world, "send") == "http-404"
    assert {row.kind for row in world.rows(schema.incident)} == {"partner_unknown", "partner_misconfigured"}
    assert world.words() == []


@pytest.mark.parametrize(("number", "key"), [(9, ""), (1, "another")])
async def test_a_handoff_that_is_not_stored_is_never_tried_again(world: PartnerWorld, number: int, key: str) -> None:
    world.handoff()
    given = HandoffStepInput(journey=world.patient, number=number, key=key or world.key(), action="send")
    with pytest.raises(ApplicationError) as raised:
        await ActivityEnvironment().run(world.steps.step, given)
    assert (raised.value.type, raised.value.non_retryable) == ("HandoffUnknown", True)


Refuser = Callable[[httpx.Request], httpx.Response]


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda _: httpx.Response(302, headers={"location": "http://169.254.169.254/"}), "http-302"),
        (lambda _: httpx.Response(200, content=b"x" * 300_000), "too-large"),
        (lambda _: httpx.Response(200, json={"identifier": "x"}), "malformed"),
        (lambda _: httpx.Response(429), "http-429"),
    ],
)
async def test_hostile_answers(world: PartnerWorld, make: Refuser, code: str) -> None:
    world.handoff()
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return make(request)

    world.steps = world.speaking(transport=httpx.MockTransport(answer))
    assert await _fails(world, "send") == code
    assert set(seen) == {"127.0.0.1"}, "only ever the configured address"

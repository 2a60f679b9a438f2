"""The rules whose SQL could differ, held by PostgreSQL as by SQLite; and couriers that truly run side by side."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from activities.records import schema
from tests.unit.courier import test_courier as courier
from tests.unit.courier.outbox_case import World
from tests.unit.watching import test_sweep as watching

pytestmark = pytest.mark.postgres

Rule = Callable[[World], None]


@pytest.fixture
def world(tmp_path: Path, postgres_url: str) -> Iterator[World]:
    made = World(tmp_path, watching.DUTY, postgres_url)
    yield made
    made.ledger.close()


RULES: list[Rule] = [
    courier.test_red_goes_before_the_others_and_a_red_courier_takes_no_reminder,
    courier.test_each_share_takes_its_own_journeys,
    courier.test_unless_counts_readings,
    courier.test_unless_an_answer_or_a_closed_task,
    courier.test_what_has_expired_is_not_sent,
    courier.test_a_bundle_with_a_lost_answer_goes_out_again_as_it_was,
    courier.test_a_claim_older_than_its_lease_is_taken_over_by_anybody,
    watching.test_silent_couriers_and_messages_nobody_sends_are_stale,
    watching.test_what_is_late_is_told_once_an_hour_and_to_staff,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__.removeprefix("test_"))
def test_the_rule_holds(world: World, rule: Rule) -> None:
    rule(world)


def test_couriers_side_by_side_never_take_the_same_row(world: World) -> None:
    for number in range(120):
        world.plan(world.message(f"{number}", channels=("email",)))

    async def together() -> list[int]:
        return list(await asyncio.gather(*(world.pump().round() for _ in range(4))))

    asyncio.run(together())
    asyncio.run(together())
    assert {row.status for row in world.rows(schema.outbox)} == {"sent"}
    assert set(Counter(letter.key for letter in world.email.letters).values()) == {1}

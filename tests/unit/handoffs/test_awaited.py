"""What a journey waits for: reports that only note progress wait for a tick, and no deadline passes over them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from activities.handoffs.awaited import _step, quiet_words
from activities.handoffs.steps import LAST_LOOK, POLL, _silence
from activities.intake.inbox import QUIET, WAKE
from activities.records.schema import handoff, inbox, task, tick
from bench.life import Life, live
from bench.lives import key_of
from bench.ours import Ours
from bench.pure import compiled
from pathways.lang.plan_handoff_words import HANDOFF_WORDS
from pathways.lang.plan_steps import Go, HandoffBody, Outcome

NEVER = timedelta(days=400)
OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)


def body(machine: str, **outcomes: Outcome) -> HandoffBody:
    return HandoffBody(machine=machine, partner="p", deadlines={}, outcomes=outcomes, if_stopped="keep")


def test_words_that_end_something_or_say_something_bad_or_are_acted_on_are_never_quiet() -> None:
    assert quiet_words(body("pharmacy")) == {"accepted", "preparing"}
    assert quiet_words(body("referral")) == {"accepted", "scheduled", "seen"}
    acting = Outcome(word="accepted", do=(Go(id="go", path="x", phase="later"),))
    assert quiet_words(body("pharmacy", accepted=acting, preparing=Outcome(word="preparing"))) == {"preparing"}
    for machine, words in HANDOFF_WORDS.items():
        assert not quiet_words(body(machine)) & {word.name for word in words if word.final or not word.good}


def test_every_step_is_found_wherever_it_stands() -> None:
    plan, _ = compiled()
    steps = [*plan.throughout, *(step for phase in plan.phases.values() for step in phase.steps)]
    assert len(steps) > len(plan.throughout) > 0
    assert [_step(plan, step.path) for step in steps] == steps
    assert _step(plan, "nowhere") is None


@given(
    st.lists(st.floats(0.5, 24 * 90), max_size=3),
    st.floats(0, 24 * 100),
)
def test_the_partner_is_asked_before_every_deadline_and_never_long_in_vain(hours: list[float], passed: float) -> None:
    deadlines = [OPENED + timedelta(hours=one) for one in hours]
    now = OPENED + timedelta(hours=passed)
    pause = timedelta(seconds=_silence(OPENED, deadlines, now))
    assert timedelta(0) < pause <= timedelta(days=7)
    for at in deadlines:
        look = at - min(LAST_LOOK, (at - OPENED) / 8)
        assert now >= look or now + pause <= look, "a deadline comes before the question"


def test_without_a_deadline_silence_is_asked_about_less_and_less_often() -> None:
    days = [timedelta(seconds=_silence(OPENED, [], OPENED + timedelta(days=age))).days for age in (0, 4, 20, 60)]
    assert days == [POLL // 86_400, 4, 5, 7]


class Refill:
    """The workload's patient, up to the first refill, with a pharmacy that does what a test says."""

    def __init__(self, folder: Path, life: Life) -> None:
        self.life = life
        self.key = key_of(life)
        self.ours = Ours(folder, life.start)
        self.identifier = ""
        self.ordered = life.start

    async def begin(self) -> None:
        self.ours.world.rewind(self.life.start)
        await self.ours.begin(self.key, self.life)
        while not self.ours.pharmacy.orders():
            await self.ours.world.run_until(self.ours.world.clock() + timedelta(hours=1))
        (self.identifier,) = self.ours.pharmacy.orders()
        self.ordered = self.ours.world.clock()

    async def after(self, **time: float) -> None:
        await self.ours.world.run_until(self.ordered + timedelta(**time))

    def reports(self) -> list[tuple[str, int]]:
        query = select(inbox.c.id, inbox.c.urgency).where(inbox.c.kind == "handoff").order_by(inbox.c.seq)
        return [(row.id.split(":")[-2], row.urgency) for row in self.ours.ledger.store.read(lambda c: c.execute(query))]

    def tasks(self) -> list[str]:
        query = select(task.c.key).where(task.c.key.contains("refill"))
        return list(self.ours.ledger.store.read(lambda c: c.scalars(query).all()))

    def state(self) -> str:
        return str(self.ours.ledger.store.read(lambda c: c.scalar(select(handoff.c.state))))

    def ticks(self) -> list[datetime]:
        query = select(tick.c.at).order_by(tick.c.epoch, tick.c.sequence)
        return list(self.ours.ledger.store.read(lambda c: c.scalars(query).all()))


@pytest.fixture
async def refill(tmp_path: Path) -> AsyncIterator[Refill]:
    life = replace(live(seed=1, number=0), accepted=(NEVER,), handed_over=(NEVER,))
    made = Refill(tmp_path, life)
    await made.begin()
    yield made
    made.ours.close()


async def test_a_word_stored_quietly_keeps_its_deadline_from_telling_silence(refill: Refill) -> None:
    await refill.after(hours=12)
    ticks = len(refill.ticks())
    await refill.ours.pharmacy.moves(refill.identifier, "accepted")
    await refill.after(hours=12, minutes=5)
    assert refill.reports() == [("accepted", QUIET)]
    assert len(refill.ticks()) == ticks, "nobody was woken for it"
    await refill.after(days=3)
    assert len(refill.ticks()) > ticks
    assert refill.tasks() == [], "the deadline of two days saw the word"
    ticks = len(refill.ticks())
    await refill.ours.pharmacy.moves(refill.identifier, "handed_over")
    await refill.after(days=3, minutes=5)
    assert refill.reports()[-1] == ("handed_over", WAKE)
    assert len(refill.ticks()) == ticks + 1, "who waits for an end is woken at once"
    await refill.after(days=8)
    assert refill.tasks() == []


async def test_without_a_word_the_deadline_tells_silence(refill: Refill) -> None:
    await refill.after(days=3)
    assert refill.reports() == []
    assert len(refill.tasks()) == 1


async def test_a_lost_callback_is_found_before_the_deadline_is(refill: Refill) -> None:
    await refill.after(hours=12)
    refill.ours.pharmacy.loses_callbacks = True
    await refill.ours.pharmacy.moves(refill.identifier, "accepted")
    await refill.after(hours=44)
    assert refill.state() == "requested"
    await refill.after(days=3)
    assert (refill.state(), refill.tasks()) == ("accepted", [])

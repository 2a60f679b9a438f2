"""The workload is what it says, and both systems live the same lives."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.records.schema import enrolment, handoff, outbox, task
from bench import naive
from bench.check import pathway_of
from bench.counts import lines_in, lines_of_code
from bench.life import REFILLS, WEEKS, Life, live
from bench.lives import live_through
from bench.ours import WORKFLOWS, Ours
from bench.pure import Follower, compiled, plan_of
from bench.theirs import Theirs
from bench.virtual.replay import replay_cost
from worker.sandbox import workflow_runner

STORM = Path(__file__).parents[3] / "bench" / "workload" / "storm.yaml"


def test_lines_are_counted_without_what_says_nothing() -> None:
    assert lines_in("# a\na: 1\n\nb:\n  - 2  # c\n") == 3
    assert lines_of_code('"""A."""\n\n\ndef f(\n    a: int,\n) -> int:\n    """B."""\n    # c\n    return a\n') == 4


@pytest.fixture(scope="module")
def life() -> Life:
    return live(seed=1, number=3)


def test_a_life_is_the_same_for_the_same_seed() -> None:
    assert live(1, 4) == live(1, 4)
    assert live(1, 4) != live(2, 4)


def test_a_half_year_has_187_reminders_and_four_in_five_are_answered() -> None:
    lives = [live(1, number) for number in range(30)]
    assert {len(one.reminders) for one in lives} == {187}
    answered = sum(reading is not None for one in lives for reading in one.readings) / (187 * len(lives))
    assert 0.78 < answered < 0.82


def test_the_decider_follows_the_whole_life(life: Life) -> None:
    plan, site = compiled()
    followed = Follower([plan], site, life).follow()
    steps = followed.state.steps
    weekly = steps["e1|throughout.weekly"].totals
    assert weekly["done"] + weekly["skipped"] == WEEKS
    measured = [steps[f"e1|{phase}.measure_bp"].totals for phase in ("first_week", "daily")]
    assert sum(totals[word] for totals in measured for word in totals) == 187
    assert followed.effects["start_handoff"] == REFILLS
    assert steps["e1|throughout.doctor"].totals["done"] == 2
    answered = sum(delay is not None for delay in life.answers)
    assert steps["e1|throughout.questions"].totals["done"] == answered


async def test_carepath_lives_it_on_its_own_workflows(life: Life, tmp_path: Path) -> None:
    ours = Ours(tmp_path, life.start)
    (result,) = await live_through(ours, [life])
    rows = ours.ledger.store.read(
        lambda c: c.execute(select(outbox.c.message_class, outbox.c.key).where(outbox.c.message_class == "care")).all()
    )
    kinds = Counter(row.key.rpartition(":")[2] for row in rows if "measure_bp" in row.key)
    assert kinds == {"r0": 187, "r1": 187}, "a reminder and a nudge for every reading asked for"
    states = ours.ledger.store.read(lambda c: c.scalars(select(handoff.c.state)).all())
    assert list(states) == ["handed_over"] * REFILLS
    assert ours.ledger.store.read(lambda c: c.scalars(select(enrolment.c.status)).all()) == ["ended"]
    weekly = ours.ledger.store.read(lambda c: c.scalars(select(task.c.status)).all())
    plan, site = compiled()
    pure = Follower([plan], site, life).follow()
    assert Counter(weekly)["done"] == pure.state.steps["e1|throughout.weekly"].totals["done"]
    assert {run.type for run in ours.world.runs} == {"PatientJourney", "Handoff"}
    cost = await replay_cost(result.longest, WORKFLOWS, ours.converter, workflow_runner(), times=1)
    assert cost.events == result.counts.longest
    ours.close()


async def test_the_naive_workflow_lives_the_same(life: Life, tmp_path: Path) -> None:
    theirs = Theirs(tmp_path, life.start)
    (result,) = await live_through(theirs, [life])
    kinds = Counter(run.type for run in theirs.world.runs)
    plan, site = compiled()
    high = Follower([plan], site, life).follow().state.steps["e1|throughout.weekly"].totals["done"]
    assert kinds == {"NaivePatient": 1, "NaiveTask": 6 + 2 + high}
    sent = sum(
        event.activity_task_scheduled_event_attributes.activity_type.name == "naive.send"
        for event in theirs.world.runs[0].history.events
    )
    silent = sum(reading is None for reading in life.readings)
    assert sent == 187 + silent + 6
    await replay_cost(result.longest, naive.WORKFLOWS, theirs.converter, SandboxedWorkflowRunner(), times=1)
    theirs.close()


def test_made_pathways_compile_at_every_size() -> None:
    _, site = compiled()
    assert len(plan_of(pathway_of(1), site).phases) == 1
    assert len(plan_of(pathway_of(7), site).phases) == 7
    assert plan_of(STORM.read_text(encoding="utf-8"), site).id == "bench_storm"

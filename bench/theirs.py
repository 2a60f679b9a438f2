"""The naive workflow in a virtual world, living the same lives, its payloads sealed with the same codec."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from temporalio.worker import WorkflowRunner

from activities.records.ledger import open_ledger
from bench.life import QUESTIONS, REFILLS, VISITS, WEEKS, Life, questionnaire, refill, visit, weekly
from bench.lives import QUEUE
from bench.naive import ACTIVITIES, WORKFLOWS, Reading, patient_of
from bench.virtual.activities import Activities
from bench.virtual.core import Core
from bench.virtual.world import World
from worker.codec import data_converter


class Theirs:
    """The naive workflow, looking after lives."""

    world: World

    def __init__(self, folder: Path, start: datetime, *, runner: WorkflowRunner | None = None, seed: int = 1) -> None:
        # Records are there for the keys only.
        self.ledger = open_ledger(f"sqlite:///{folder / 'keys.db'}?synchronous=normal", str(folder / "keys.json"))
        self.converter = data_converter(self.ledger.keyring)
        self.core = Core(WORKFLOWS, converter=self.converter, task_queue=QUEUE, runner=runner)
        self.world = World(
            self.core, Activities(ACTIVITIES, self.converter), self.converter, start=start, task_queue=QUEUE, seed=seed
        )

    def close(self) -> None:
        """Close the records."""
        self.core.close()
        self.ledger.close()

    async def begin(self, key: str, life: Life) -> None:
        """Start the run."""
        self.ledger.keyring.ensure(key)
        patient = patient_of(
            key,
            list(life.reminders),
            [weekly(n) for n in range(WEEKS)],
            [questionnaire(n) for n in range(QUESTIONS)],
            [refill(n) for n in range(REFILLS)],
            [visit(n) for n in range(VISITS)],
        )
        await self.world.start("NaivePatient", key, patient)

    async def reading(self, key: str, number: int, systolic: int, diastolic: int) -> None:
        """A reading as a signal."""
        one = Reading(systolic=systolic, diastolic=diastolic, at=self.world.clock().timestamp())
        await self.world.signal(key, "reading", one)

    async def nurse(self, key: str) -> None:
        """The nurse completes what is open for her."""
        for number in range(WEEKS):
            await self.world.signal(f"{key}.week{number}", "complete", "s2")

    async def answer(self, key: str, number: int) -> None:
        """The patient answers."""
        await self.world.signal(f"{key}.questions{number}", "complete", "patient")

    async def visited(self, key: str, number: int) -> None:
        """The doctor notes a visit."""
        await self.world.signal(f"{key}.visit{number}", "complete", "s3")

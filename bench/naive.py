"""The same workload as a good engineer would write it on Temporal in an afternoon, by hand, for this one pathway.

One run per patient, loops of sleeps and activities, readings as signals, a person's task as a child workflow that
waits two days and then escalates. Nothing in here is bad style; it is what the tutorials show.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from pydantic import BaseModel
from temporalio import activity, workflow

ACTIVITY: Final = timedelta(seconds=30)
NUDGE_AFTER: Final = timedelta(hours=2)
ESCALATE_AFTER: Final = timedelta(hours=48)


class Patient(BaseModel):
    """Input: who, and when everything is due (seconds since 1970)."""

    key: str
    reminders: list[float]
    weeks: list[float]
    questionnaires: list[float]
    refills: list[float]
    visits: list[float]


class Reading(BaseModel):
    """A blood pressure, as it comes in."""

    systolic: int
    diastolic: int
    at: float


class Task(BaseModel):
    """Something a person has to do."""

    patient: str
    id: str
    title: str
    role: str
    escalate: bool = True


class Message(BaseModel):
    """A message to a patient or a role."""

    patient: str
    to: str
    template: str


class Mean(BaseModel):
    """The mean of a week; None without enough readings."""

    systolic: float | None = None
    diastolic: float | None = None


@workflow.defn(name="NaiveTask")
class NaiveTask:
    """One human task: open it, wait for its completion, escalate when nobody does it in time."""

    def __init__(self) -> None:
        self._done: str | None = None

    @workflow.signal
    def complete(self, by: str) -> None:
        """Somebody did it."""
        self._done = by

    @workflow.query
    def done_by(self) -> str | None:
        """Who did it."""
        return self._done

    @workflow.run
    async def run(self, task: Task) -> str:
        """Until it is done."""
        await workflow.execute_activity("naive.open_task", task, start_to_close_timeout=ACTIVITY)
        with suppress(TimeoutError):  # late: tell the next person
            await workflow.wait_condition(lambda: self._done is not None, timeout=ESCALATE_AFTER)
        if self._done is None and task.escalate:
            message = Message(patient=task.patient, to="role:gp", template="task_overdue")
            await workflow.execute_activity("naive.send", message, start_to_close_timeout=ACTIVITY)
        await workflow.wait_condition(lambda: self._done is not None)
        await workflow.execute_activity("naive.close_task", task, start_to_close_timeout=ACTIVITY)
        return self._done or ""


@workflow.defn(name="NaivePatient")
class NaivePatient:
    """Half a year of one patient."""

    def __init__(self) -> None:
        self._readings: list[Reading] = []

    @workflow.signal
    def reading(self, one: Reading) -> None:
        """A reading came in."""
        self._readings.append(one)

    @workflow.query
    def readings(self) -> int:
        """How many readings there are."""
        return len(self._readings)

    @workflow.run
    async def run(self, patient: Patient) -> str:
        """All parts side by side."""
        await asyncio.gather(
            self._reminders(patient),
            self._weeks(patient),
            self._questionnaires(patient),
            self._refills(patient),
            self._visits(patient),
        )
        return "finished"

    async def _reminders(self, patient: Patient) -> None:
        for due in patient.reminders:
            await _sleep_until(due)
            await _send(patient, "remind_measure")
            with suppress(TimeoutError):  # the nudge follows
                await workflow.wait_condition(partial(self._since, due), timeout=NUDGE_AFTER)
            if not self._since(due):
                await _send(patient, "nudge_measure")

    def _since(self, due: float) -> bool:
        return bool(self._readings) and self._readings[-1].at >= due

    async def _weeks(self, patient: Patient) -> None:
        for number, due in enumerate(patient.weeks):
            await _sleep_until(due)
            recent = [one for one in self._readings if one.at > due - timedelta(days=7).total_seconds()]
            mean = await workflow.execute_activity(
                "naive.mean", recent, result_type=Mean, start_to_close_timeout=ACTIVITY
            )
            if mean.systolic is not None and (mean.systolic >= 135 or (mean.diastolic or 0) >= 85):
                await self._task(patient, f"week{number}", "Blood pressure over goal this week", "nurse")

    async def _questionnaires(self, patient: Patient) -> None:
        for number, due in enumerate(patient.questionnaires):
            await _sleep_until(due)
            await _send(patient, "questionnaire")
            await self._task(patient, f"questions{number}", "How are you", "patient", escalate=False)

    async def _refills(self, patient: Patient) -> None:
        for due in patient.refills:
            await _sleep_until(due)
            await workflow.execute_activity("naive.order_refill", patient.key, start_to_close_timeout=ACTIVITY)

    async def _visits(self, patient: Patient) -> None:
        for number, due in enumerate(patient.visits):
            await _sleep_until(due)
            await self._task(patient, f"visit{number}", "Visit", "gp")

    async def _task(self, patient: Patient, name: str, title: str, role: str, *, escalate: bool = True) -> None:
        task = Task(patient=patient.key, id=name, title=title, role=role, escalate=escalate)
        _ = await workflow.start_child_workflow(
            NaiveTask.run,
            task,
            id=f"{patient.key}.{name}",
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        )


async def _sleep_until(due: float) -> None:
    delay = due - workflow.now().timestamp()
    if delay > 0:
        await asyncio.sleep(delay)


async def _send(patient: Patient, template: str) -> None:
    message = Message(patient=patient.key, to="patient", template=template)
    await workflow.execute_activity("naive.send", message, start_to_close_timeout=ACTIVITY)


@activity.defn(name="naive.send")
async def send(message: Message) -> str:
    """Send, and give the provider's id."""
    return f"{message.patient}-{message.template}"


@activity.defn(name="naive.mean")
async def mean(readings: list[Reading]) -> Mean:
    """The mean of a week."""
    if len(readings) < 3:
        return Mean()
    return Mean(
        systolic=sum(one.systolic for one in readings) / len(readings),
        diastolic=sum(one.diastolic for one in readings) / len(readings),
    )


@activity.defn(name="naive.open_task")
async def open_task(task: Task) -> None:
    """Put it on the list."""


@activity.defn(name="naive.close_task")
async def close_task(task: Task) -> None:
    """Take it off the list."""


@activity.defn(name="naive.order_refill")
async def order_refill(patient: str) -> str:
    """Order at the pharmacy."""
    return f"order-{patient}"


WORKFLOWS: Final[tuple[type, ...]] = (NaivePatient, NaiveTask)
ACTIVITIES: Final = (send, mean, open_task, close_task, order_refill)


def patient_of(
    key: str,
    reminders: list[datetime],
    weeks: list[datetime],
    questionnaires: list[datetime],
    refills: list[datetime],
    visits: list[datetime],
) -> Patient:
    """The input of a run."""
    return Patient(
        key=key,
        reminders=[at.timestamp() for at in reminders],
        weeks=[at.timestamp() for at in weeks],
        questionnaires=[at.timestamp() for at in questionnaires],
        refills=[at.timestamp() for at in refills],
        visits=[at.timestamp() for at in visits],
    )

"""The records are away while a red reading and a command come in: nothing is lost, nothing is doubled."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from activities.records.schema import inbox, outbox, reading, task, verdict
from tests.integration.faults.conftest import MakeHouse
from tests.integration.faults.house import PATIENCE, House, sound
from tests.integration.processes import until
from tests.openmhealth import pressure
from worker.client import Journeys

pytestmark = pytest.mark.server

AWAY = {"postgresql": 40.0, "sqlite": 40.0}
"""Wall seconds for which the records are away at least, whatever else is waited for."""
REFUSED = {"postgresql": 3, "sqlite": 2}
"""So often at least each of reading and command is refused meanwhile: a lock is waited for, a stopped server is not."""
PATIENT = "awaypatient001"
GOAL = {"parameter": "goal_systolic", "value": {"value": 140, "unit": "mm[Hg]"}}


def _ticks_visibly(house: House) -> bool:
    """Whether the local tries are used up and the tick stands in the UI as a pending activity."""

    async def look(journeys: Journeys) -> bool:
        description = await journeys.client.get_workflow_handle(PATIENT).describe()
        return bool(description.raw_description.pending_activities)

    return house.ask(look)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", [pytest.param("postgresql", marks=pytest.mark.postgres), "sqlite"])
def test_a_red_reading_and_a_command_while_the_database_is_away(make_house: MakeHouse, kind: str) -> None:
    house = make_house(kind)
    house.open()
    house.enrol(PATIENT)
    first = house.now(PATIENT) - timedelta(minutes=10)
    house.send(f"patients/{PATIENT}/readings", pressure("crisis-1", first, 192, 112), "crisis-1").result()

    with house.database.away():
        end = time.monotonic() + AWAY[kind]
        refused: tuple[list[int], list[int]] = ([], [])
        second = pressure("crisis-2", first + timedelta(minutes=9), 190, 112)
        reading_sent = house.send(f"patients/{PATIENT}/readings", second, "crisis-2", refused[0])
        command = {"id": "goal-1", "verb": "set_parameter", "role": "gp", "args": GOAL}
        command_sent = house.send(f"patients/{PATIENT}/commands", command, "goal-1", refused[1])
        house.ask(lambda journeys: journeys.wake(PATIENT))
        until(lambda: _ticks_visibly(house), within=PATIENCE)
        until(lambda: min(len(one) for one in refused) >= REFUSED[kind], within=PATIENCE)
        until(lambda: time.monotonic() > end, within=PATIENCE)
        assert not reading_sent.done()
        assert not command_sent.done()

    for sent in (reading_sent, command_sent):
        statuses = sent.result()
        assert set(statuses[: REFUSED[kind]]) == {503}
        assert statuses[-1] == 200
    red = select(task).where(task.c.journey == PATIENT, task.c.level == "red")
    until(lambda: house.rows(red), within=PATIENCE)
    told = select(outbox).where(outbox.c.journey == PATIENT, outbox.c.message_class.in_(("red", "staff")))
    until(lambda: {"patient", "role:nurse"} <= _told(house, told), within=PATIENCE)
    waiting = told.where(outbox.c.status.in_(("planned", "sending")))
    until(lambda: not house.rows(waiting.where(outbox.c.wall_due < house.ledger.store.now())), within=PATIENCE)

    assert len(house.rows(red)) == 1
    assert len(house.rows(select(reading.c.id).where(reading.c.journey == PATIENT))) == 2
    once = select(inbox.c.seq).where(inbox.c.journey == PATIENT, inbox.c.id == "goal-1")
    assert len(house.rows(once)) == 1
    said = house.rows(select(verdict.c.done).where(verdict.c.journey == PATIENT, verdict.c.command == "goal-1"))
    assert [row.done for row in said] == [True]
    shown = house.get(f"patients/{PATIENT}/messages")["messages"]
    assert [row["template"] for row in shown].count("crisis_advice") == 1
    sound(house, PATIENT)


def _told(house: House, query: object) -> set[str]:
    return {row.recipient for row in house.rows(query) if row.status == "sent"}

"""Every write under an Idempotency-Key: once, whatever is sent again. One row per write; a new write needs one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import insert

from activities.records.schema import attachment, audit, enrolment, inbox, incident, patient, reading
from tests.attachments import jpeg, png
from tests.integration.api.conftest import World
from tests.openmhealth import pressure

NOON: Final = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
KEY: Final = "patient00001"
OTHER: Final = "patient00002"
FACTS: Final = {"age": 60, "sex": "male", "conditions": ["hypertension"], "medicines": []}
JOIN: Final = {"pathway": "hypertension_home", "facts": FACTS, "consent": ["care", "device_data"]}


@dataclass(frozen=True)
class Write:
    """One write: its address (as the interface names it, and filled), a body that is taken, and another."""

    name: str
    address: str
    body: Any
    other: Any
    statuses: frozenset[int] = frozenset({200})


WRITES: Final = (
    Write("/patients", "patients", {"zone": "Asia/Shanghai"}, {"zone": "Europe/Berlin"}, frozenset({201})),
    Write(
        "/enrolments",
        "enrolments",
        {"patient": OTHER, **JOIN},
        {"patient": OTHER, **JOIN, "id": "e9"},
        frozenset({201}),
    ),
    Write(
        "/patients/{patient}/readings", f"patients/{KEY}/readings", pressure("r1", NOON, 120), pressure("r1", NOON, 121)
    ),
    Write(
        "/patients/{patient}/answers",
        f"patients/{KEY}/answers",
        {"step": "throughout.tablets", "outcome": "taken"},
        {"step": "throughout.tablets", "outcome": "not_taken"},
        frozenset({202}),
    ),
    Write(
        "/patients/{patient}/attachments",
        f"patients/{KEY}/attachments?kind=photo",
        jpeg(),
        png(),
        frozenset({201}),
    ),
    Write(
        "/patients/{patient}/visits",
        f"patients/{KEY}/visits",
        {"step": "titrate.recheck", "verb": "book"},
        {"step": "titrate.recheck", "verb": "done"},
        frozenset({409}),
    ),
    Write("/patients/{patient}/commands", f"patients/{KEY}/commands", {"verb": "pause"}, {"verb": "withdraw"}),
    Write("/patients/{patient}/preferences", f"patients/{KEY}/preferences", {"language": "en"}, {"language": "zh"}),
    Write("/tasks/{task}/{verb}", "tasks/{task}/claim", {"role": "nurse"}, {"role": "gp"}),
    Write("/incidents/{incident}/take", "incidents/inc-1/take", {"id": "a"}, {"id": "b"}),
)
COUNTED: Final = (attachment, patient, enrolment, reading, inbox, audit)


async def ready(world: World) -> str:
    """A patient with a red task, another who has not joined yet; the task's id."""
    await world.enrolled(KEY)
    await world.post("patients", {"key": OTHER, "zone": "Asia/Shanghai"})
    for minutes in (0, 10):
        at = NOON + timedelta(minutes=minutes)
        world.house.now = at + timedelta(seconds=20)
        await world.post(f"patients/{KEY}/readings", pressure(f"c{minutes}", at, 192, 112))
        await world.runs.wake(KEY)
    row = {
        "key": "inc-1",
        "journey": KEY,
        "kind": "incident",
        "at": NOON,
        "text_sealed": world.house.ledger.keys(KEY).seal("incident.text", {"en": "Nobody", "zh": "无人"}),
    }
    world.house.ledger.store.transact(lambda c: c.execute(insert(incident).values(**row)))
    task: str = (await world.get("tasks", patient=KEY)).json()["tasks"][0]["id"]
    return task


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.name)
async def test_the_same_again_is_the_first_answer_and_something_else_a_conflict(world: World, write: Write) -> None:
    address = write.address.replace("{task}", await ready(world))

    def stored() -> list[int]:
        return [world.house.count(table) for table in COUNTED]

    before = stored()
    first = await world.post(address, write.body, idempotency_key="k-1")
    assert first.status_code in write.statuses, first.text
    after = stored()
    assert after != before
    for _ in range(2):
        again = await world.post(address, write.body, idempotency_key="k-1")
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert stored() == after
    if write.statuses == {409}:
        return  # A refusal is kept by nobody: it is judged again, and what was stored for it stands once.
    conflict = await world.post(address, write.other, idempotency_key="k-1")
    assert (conflict.status_code, conflict.json()["code"]) == (409, "idempotency_conflict")
    assert stored() == after


async def test_every_write_is_here_and_says_that_it_takes_a_key(world: World) -> None:
    paths = (await world.get("openapi.json")).json()["paths"]
    writes = {
        address.removeprefix("/api/v1"): methods["post"]
        for address, methods in paths.items()
        if "post" in methods and "/callbacks/" not in address and "/codec/" not in address
    }
    assert set(writes) == {write.name for write in WRITES}
    for address, told in writes.items():
        headers = {row["name"] for row in told.get("parameters", ()) if row["in"] == "header"}
        assert "Idempotency-Key" in headers, address


@pytest.mark.parametrize("key", ["", "x" * 201])
async def test_a_key_that_is_none_is_refused(world: World, key: str) -> None:
    answer = await world.post("patients", {}, idempotency_key=key)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")
    assert world.house.count(patient) == 0


async def test_a_method_that_is_not_taken_says_which_are(world: World) -> None:
    answer = await world.http.delete("/api/v1/enrolments")
    assert (answer.status_code, answer.json()["code"], answer.headers["allow"]) == (405, "method", "POST")

"""Every route over the real application: what it answers, and what it leaves in the records."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.handoffs.signatures import sign
from activities.records.schema import inbox, reading
from tests.integration.api.conftest import SECRET, World, on_both
from tests.openmhealth import pressure

pytestmark = on_both

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def observation(id: str, at: datetime, systolic: float, diastolic: float) -> dict[str, Any]:
    def component(code: str, value: float) -> dict[str, Any]:
        quantity = {"value": value, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": "mm[Hg]"}
        return {"code": {"coding": [{"system": "http://loinc.org", "code": code}]}, "valueQuantity": quantity}

    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
        "effectiveDateTime": at.isoformat(),
        "component": [component("8480-6", systolic), component("8462-4", diastolic)],
    }


async def test_registering_the_same_person_again_changes_nothing(world: World) -> None:
    body = {"key": "patient00001", "zone": "Asia/Shanghai"}
    assert (await world.post("patients", body)).status_code == 201
    assert (await world.post("patients", body)).status_code == 200
    other = await world.post("patients", {**body, "zone": "Europe/Berlin"})
    assert (other.status_code, other.json()["code"]) == (409, "patient_exists")


async def test_a_pathway_nobody_approved_runs_only_in_rehearsal(world: World) -> None:
    await world.post("patients", {"key": "patient00001"})
    facts = {"age": 60, "sex": "male", "conditions": ["hypertension"], "medicines": []}
    body = {
        "patient": "patient00001",
        "pathway": "hypertension_home",
        "facts": facts,
        "consent": ["care", "device_data"],
    }
    refused = await world.post("enrolments", body)
    assert (refused.status_code, refused.json()["code"]) == (403, "pathway_not_approved")
    rehearsed = await world.post("enrolments", {**body, "rehearsal": {"days_per_second": 1.0}})
    assert rehearsed.status_code == 201
    assert (await world.get("patients/patient00001/clock")).json()["rate"] == 86_400.0


async def test_readings_of_both_kinds_are_taken_each_by_itself(world: World) -> None:
    key = await world.enrolled()
    world.house.now = NOON + timedelta(hours=2)
    sent = [
        pressure("r1", NOON, 128),
        observation("r2", NOON + timedelta(minutes=20), 131.5, 82),
        pressure("r3", NOON + timedelta(days=9), 128),
        {"header": "no"},
    ]
    answer = await world.post(f"patients/{key}/readings", sent)
    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()["accepted"]] == ["r1", "r2"]
    assert [(row["index"], row["code"]) for row in answer.json()["refused"]] == [
        (2, "reading_in_future"),
        (3, "document_invalid"),
    ]
    shown = (await world.get(f"patients/{key}/readings")).json()["readings"]
    assert [row["components"]["systolic"] for row in shown] == ["131.5", "128"]
    again = await world.post(f"patients/{key}/readings", sent[:2])
    assert [row["outcome"] for row in again.json()["accepted"]] == ["same", "same"]
    assert world.house.count(reading) == 2


async def test_a_crisis_becomes_a_red_task_that_a_person_completes(world: World) -> None:
    key = await world.enrolled()
    for minutes, systolic in ((0, 192), (10, 190)):
        at = NOON + timedelta(minutes=minutes)
        world.house.now = at + timedelta(seconds=20)
        assert (
            await world.post(f"patients/{key}/readings", pressure(f"c{minutes}", at, systolic, 112))
        ).status_code == 200
        await world.runs.wake(key)
    tasks = (await world.get("tasks", patient=key)).json()["tasks"]
    assert tasks[0]["level"] == "red"
    assert (await world.get("tasks", role="nobody")).json()["tasks"] == []
    one = tasks[0]
    assert (await world.get(f"tasks/{one['id']}")).json()["title"] == "Very high blood pressure"
    claimed = await world.post(f"tasks/{one['id']}/claim", {"role": one["role"]})
    assert claimed.json()["status"] == "done"
    refused = await world.post(f"tasks/{one['id']}/snooze", {"until": (NOON + timedelta(days=1)).isoformat()})
    assert (refused.status_code, refused.json()["code"]) == (409, "refused")
    assert (await world.post(f"tasks/{one['id']}/complete", {"role": one["role"]})).status_code == 200
    left = (await world.get("tasks", patient=key)).json()["tasks"]
    assert one["id"] not in {row["id"] for row in left}
    record = (await world.get(f"patients/{key}/record")).json()
    assert record["latest"]["blood_pressure"]["components"]["systolic"] == "190"
    why = (await world.get(f"patients/{key}/why", path="rules.crisis")).json()
    assert why["recorded"]
    assert "192" in json.dumps(why["recorded"])
    messages = (await world.get(f"patients/{key}/messages")).json()["messages"]
    assert {"measure_again", "crisis_advice"} <= {row["template"] for row in messages}


async def test_commands_answer_with_the_verdict_of_the_run_in_the_callers_language(world: World) -> None:
    key = await world.enrolled()
    goal = {"parameter": "goal_systolic", "value": {"value": 140, "unit": "mm[Hg]"}}
    done = await world.post(f"patients/{key}/commands", {"verb": "set_parameter", "role": "gp", "args": goal})
    assert (done.status_code, done.json()["status"]) == (200, "done")
    far = {**goal, "value": {"value": 190, "unit": "mm[Hg]"}}
    body = {"verb": "set_parameter", "role": "gp", "args": far}
    english = (await world.post(f"patients/{key}/commands", body)).json()["detail"]
    chinese = (await world.post(f"patients/{key}/commands", body, accept_language="zh-CN")).json()["detail"]
    assert "110" in english
    assert "150" in chinese
    assert english != chinese
    paused = await world.post(f"patients/{key}/commands", {"verb": "pause"})
    assert paused.status_code == 200
    assert (await world.get(f"patients/{key}/record")).json()["status"] == "paused"
    withdrawn = await world.post(f"patients/{key}/commands", {"verb": "withdraw", "args": {"reason": "asked"}})
    assert withdrawn.status_code == 200
    assert (await world.get(f"patients/{key}/record")).json()["status"] == "ended"


async def test_a_command_without_an_answer_in_time_is_pending_and_kept(world: World) -> None:
    key = await world.enrolled()
    world.runs.away = True
    answer = await world.post(f"patients/{key}/commands", {"id": "cmd-1", "verb": "pause"})
    assert (answer.status_code, answer.json()) == (202, {"id": "cmd-1", "status": "pending"})
    world.runs.away = False
    again = await world.post(f"patients/{key}/commands", {"id": "cmd-1", "verb": "pause"})
    assert (again.status_code, again.json()["status"]) == (200, "done")


async def test_answers_visits_and_wishes(world: World) -> None:
    key = await world.enrolled()
    ahead = (await world.get(f"patients/{key}/timeline", ahead=7)).json()["ahead"]
    lesson = next(row for row in ahead if row["kind"] == "teach")
    body = {"step": lesson["path"], "occurrence": lesson["key"], "outcome": "read"}
    assert (await world.post(f"patients/{key}/answers", body)).status_code == 200
    await world.runs.wake(key)
    told = (await world.get(f"patients/{key}/timeline")).json()["timeline"]
    assert any(row["outcome"] == "read" for row in told)
    no_visit = await world.post(f"patients/{key}/visits", {"step": "titrate.recheck", "verb": "done", "mode": "clinic"})
    assert no_visit.status_code == 409
    assert (await world.post(f"patients/{key}/preferences", {"opt_out": {"email": True}})).status_code == 200
    measures = [row for row in ahead if row["kind"] == "measure"]
    assert {row["readings"] for row in measures} == {2}


async def test_the_same_idempotency_key_gives_the_first_answer_and_another_body_a_conflict(world: World) -> None:
    first = await world.post("patients", {"zone": "Asia/Shanghai"}, idempotency_key="k1")
    again = await world.post("patients", {"zone": "Asia/Shanghai"}, idempotency_key="k1")
    other = await world.post("patients", {"zone": "Europe/Berlin"}, idempotency_key="k1")
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    key = await world.enrolled()
    before = world.house.count(inbox)
    for _ in range(3):
        assert (
            await world.post(f"patients/{key}/commands", {"verb": "pause"}, idempotency_key="k2")
        ).status_code == 200
    assert world.house.count(inbox) == before + 1


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "signature_missing"),
        ({"webhook-id": "w", "webhook-timestamp": "1", "webhook-signature": "v1,x"}, "signature_too_old"),
    ],
)
async def test_callbacks_are_judged_by_their_signature(world: World, headers: dict[str, str], code: str) -> None:
    answer = await world.http.post("/api/v1/callbacks/pharmacy", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    unknown = await world.http.post("/api/v1/callbacks/nobody", content=b"{}", headers=headers)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "partner_unknown")


async def test_a_signed_callback_about_nothing_of_ours_is_not_taken(world: World) -> None:
    said = {"identifier": "nothing", "partner_id": "p", "version": 1, "state": "accepted", "at": NOON.isoformat()}
    raw = json.dumps(said).encode()
    headers = sign(SECRET, "w1", world.house.now, raw)
    answer = await world.http.post("/api/v1/callbacks/pharmacy", content=raw, headers=headers)
    assert answer.status_code in {404, 422}


async def test_health_metrics_and_the_published_interface(world: World) -> None:
    assert (await world.http.get("/health/live")).json() == {"status": "up"}
    await world.get("patients/patient00001/record")
    metrics = (await world.http.get("/metrics")).text
    assert '/patients/{patient}/record"' in metrics
    assert "patient00001" not in metrics
    paths = (await world.get("openapi.json")).json()["paths"]
    for path in ("/patients", "/enrolments", "/patients/{patient}/readings", "/tasks", "/callbacks/{partner}"):
        assert f"/api/v1{path}" in paths

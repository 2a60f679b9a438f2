"""An agenda over many patients, and what several roles sign, over the real application and records."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from activities.intake.normal import NormalReading
from activities.records.registry import publish, put_plan, sign
from pathways.lang.load import load_pathway
from tests.integration.api.conftest import World, on_both

pytestmark = on_both

EXAMPLE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "steps" / "examples" / "conference.yaml"
WEIGHTS = {"patient00001": 71, "patient00002": 94, "patient00003": None, "patient00004": 82}


async def begun(world: World) -> None:
    """Four patients on the example pathway, three of whom have sent a weight, on the day of the agenda."""
    plan = load_pathway(EXAMPLE.read_bytes(), EXAMPLE.name, None).plan
    assert plan is not None
    sha = put_plan(world.house.ledger.store, plan)
    for who in ("first", "second"):
        sign(world.house.ledger.store, sha, who)
    publish(world.house.ledger.store, sha)
    for key, weight in WEIGHTS.items():
        await world.enrolled(key, pathway="example_conference", facts={}, consent=[])
        if weight is not None:
            at = world.house.now
            world.house.read(NormalReading(f"w{key}", "body_weight", at, {"value": Decimal(weight)}), key=key)
    days = world.house.now + timedelta(days=8, hours=6)
    for run in world.runs.runs.values():
        run.until(days)


async def listed(world: World, **asked: Any) -> list[dict[str, Any]]:
    answer = await world.get("tasks", **asked)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["tasks"]
    return rows


async def test_an_agenda_lists_every_open_case_of_all_patients_the_worst_first(world: World) -> None:
    await begun(world)
    rows = await listed(world, agenda="diet_tuesday")
    assert [row["patient"] for row in rows] == ["patient00003", "patient00002", "patient00004", "patient00001"]
    shown = rows[1]["conference"]["shown"]
    assert shown[0]["values"] == {"value": {"value": "94", "unit": "kg"}}
    assert shown[0]["title"] == "Body weight"
    assert shown[0]["at"] is not None
    assert "unknown" in rows[0]["conference"]["shown"][0]
    assert [row["patient"] for row in await listed(world, agenda="diet_tuesday", limit=1)] == ["patient00003"]
    assert await listed(world, agenda="another_day") == []
    done = await world.post(f"tasks/{rows[1]['id']}/sign", {"role": "gp", "reason": "seen"})
    assert done.json()["status"] == "done", done.text
    form = {"decision": "see"}
    closed = await world.post(f"tasks/{rows[1]['id']}/sign", {"role": "dietitian", "form": form})
    assert closed.json()["status"] == "done", closed.text
    assert rows[1]["id"] not in {row["id"] for row in await listed(world, agenda="diet_tuesday")}
    again = await world.post(f"tasks/{rows[2]['id']}/sign", {"role": "nurse"})
    assert (again.status_code, again.json()["code"]) == (409, "refused")


async def test_each_role_finds_what_it_has_not_signed(world: World) -> None:
    await begun(world)
    found = [row for row in await listed(world, role="pharmacist", patient="patient00001") if "case" in row["id"]]
    assert len(found) == 1
    held = found[0]["conference"]
    assert (held["missing"], held["quorum"], held["agenda"]) == (["gp", "dietitian", "pharmacist"], 2, None)
    answer = await world.post(f"tasks/{found[0]['id']}/sign", {"role": "pharmacist", "reason": "no interactions"})
    assert answer.json()["status"] == "done", answer.text
    task = (await world.get(f"tasks/{found[0]['id']}")).json()
    assert [(one["role"], one["note"]) for one in task["conference"]["signed"]] == [("pharmacist", "no interactions")]
    for role, there in (("pharmacist", False), ("dietitian", True), ("gp", True), ("macist", False)):
        ids = {row["id"] for row in await listed(world, role=role, patient="patient00001")}
        assert (found[0]["id"] in ids) is there, role

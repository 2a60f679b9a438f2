"""The worklist, and what people do with a task."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from activities.records import views
from api.answers import acted, language_of
from api.bodies import TaskBody
from api.problems import Refusal
from api.routes_patients import IdempotencyKey, Svc, Who, command_id
from pathways.decide.events import TaskVerb

Json = Any
VERBS: Final = ("claim", "release", "reassign", "complete", "cancel", "snooze")
router = APIRouter()


@router.get("/tasks")
async def tasks(
    request: Request,
    service: Svc,
    who: Who,
    role: Annotated[str | None, Query(max_length=64)] = None,
    patient: Annotated[str | None, Query(max_length=64)] = None,
    status: Annotated[str, Query(pattern="^(open|closed|all)$")] = "open",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Json:
    """The worklist: open tasks, the most urgent first (red, then amber, then by due time)."""
    who.require("read", patient)
    rows = await service.call(
        lambda: views.worklist(
            service.ledger, role=role, patient=patient, status=status, limit=limit, language=language_of(request)
        )
    )
    return {"tasks": rows}


@router.get("/tasks/{task:path}")
async def task(task: str, request: Request, service: Svc, who: Who) -> Json:
    """One task with its form."""
    found = await service.call(lambda: views.task_of(service.ledger, task, language=language_of(request)))
    if found is None:
        raise Refusal("unknown_task")
    who.require("read", found["patient"])
    return found


@router.post("/tasks/{task:path}/{verb}")
async def act(
    task: str,
    verb: str,
    body: TaskBody,
    service: Svc,
    who: Who,
    request: Request,
    response: Response,
    key: IdempotencyKey = None,
) -> Json:
    """Claim, release, reassign, complete, cancel or snooze a task."""
    if verb not in VERBS:
        raise Refusal("not_found")
    patient = await service.call(lambda: views.patient_of_task(service.ledger, task))
    if patient is None:
        raise Refusal("unknown_task")
    who.require("write", patient)
    event = TaskVerb(
        task=task,
        verb=verb,
        by=who.id,
        role=body.role or (None if who.role == "operator" else who.role),
        form=body.form,
        reason=body.reason,
        until=body.until,
        to_role=body.to_role,
    )

    async def work() -> tuple[int, Json]:
        return acted(request, await service.act(patient, event, id=command_id(body.id, key), by=who.id))

    response.status_code, result = await service.once(
        f"tasks/{verb}", key, {"task": task, **body.model_dump(mode="json")}, work, owner=patient
    )
    return result

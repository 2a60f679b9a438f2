"""The worklist, and what people do with a task."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from activities.records import views
from api.answers import acted, language_of
from api.bodies import TaskBody
from api.problems import Refusal
from api.routes_patients import IdempotencyKey, Svc, Who, command_id
from api.strict import StrictRoute
from pathways.decide.events import TaskVerb

Json = Any
_WORD: Final = "^[a-z][a-z0-9_]{0,63}$"
VERBS: Final = ("claim", "release", "reassign", "complete", "cancel", "snooze", "attempt", "sign")
_ID: Final = re.compile(r"[\x21-\x7e]{1,200}")
router = APIRouter(route_class=StrictRoute)


def _id(task: str) -> str:
    if not _ID.fullmatch(task):
        raise Refusal("task_unknown")
    return task


@router.get("/tasks")
async def tasks(
    request: Request,
    service: Svc,
    who: Who,
    role: Annotated[str | None, Query(pattern=_WORD)] = None,
    patient: Annotated[str | None, Query(pattern=_WORD)] = None,
    agenda: Annotated[str | None, Query(pattern=_WORD)] = None,
    status: Annotated[str, Query(pattern="^(open|closed|all)$")] = "open",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Json:
    """The worklist: open tasks, the most urgent first (red, then amber, then by due time); an agenda in its order."""
    who.require("read", patient)
    rows = await service.call(
        lambda: views.worklist(
            service.ledger,
            role=role,
            patient=patient,
            agenda=agenda,
            status=status,
            limit=limit,
            language=language_of(request),
        )
    )
    return {"tasks": rows}


@router.get("/tasks/{task:path}")
async def task(task: str, request: Request, service: Svc, who: Who) -> Json:
    """One task with its form."""
    who.may("read")
    found = await service.call(lambda: views.task_of(service.ledger, _id(task), language=language_of(request)))
    if found is None:
        raise Refusal("task_unknown")
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
    """Claim, release, reassign, complete, sign, cancel or snooze a task."""
    if verb not in VERBS:
        raise Refusal("not_found")
    who.may("operate")
    patient = await service.call(lambda: views.patient_of_task(service.ledger, _id(task)))
    if patient is None:
        raise Refusal("task_unknown")
    who.require("operate", patient)
    event = TaskVerb(
        task=task,
        verb=verb,
        by=who.id,
        role=who.acting_as(body.role),
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

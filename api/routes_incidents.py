"""Incidents: what no pathway can mend, for a person to take in hand."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from activities.incidents import incidents, take
from api.answers import language_of
from api.bodies import TakeBody
from api.problems import Refusal
from api.routes_patients import IdempotencyKey, Svc, Who
from api.strict import StrictRoute

Json = Any
_ID: Final = re.compile(r"[\x21-\x7e]{1,250}")
router = APIRouter(route_class=StrictRoute)


@router.get("/incidents")
async def listed(
    request: Request,
    service: Svc,
    who: Who,
    status: Annotated[str, Query(pattern="^(open|taken|all)$")] = "open",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Json:
    """Incidents, the newest first: a ladder that nobody answered, a message without a way, a fault."""
    who.require("read")
    found = await service.call(
        lambda: incidents(service.ledger, status=status, limit=limit, language=language_of(request))
    )
    return {"incidents": found}


@router.post("/incidents/{incident:path}/take")
async def taken(
    incident: str,
    body: TakeBody,
    service: Svc,
    who: Who,
    response: Response,
    key: IdempotencyKey = None,
) -> Json:
    """Take an incident in hand. Who takes it first stays; the watchdog is quiet about it from then on."""
    who.require("write")
    if not _ID.fullmatch(incident):
        raise Refusal("incident_unknown")

    async def work() -> tuple[int, Json]:
        found = await service.call(lambda: take(service.ledger, incident, who.id))
        if found is None:
            raise Refusal("incident_unknown")
        return 200, found

    response.status_code, result = await service.once(f"incidents/{incident}", key, body.model_dump(mode="json"), work)
    return result

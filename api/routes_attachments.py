"""Photos, voice notes and signatures: sent as they are, kept sealed, answered by reference, looked at by who may."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from activities.attachments import kept
from activities.attachments.cleaned import KINDS, SUFFIXES
from activities.intake.refusals import Refusal as Refused
from api.problems import Refusal
from api.routes_patients import IdempotencyKey, Limit, Patient, Svc, Who
from api.service import Service
from api.strict import StrictRoute
from pathways.decide.forms import REFERENCE

Json = Any
router = APIRouter(route_class=StrictRoute)
_ANY_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            media: {"schema": {"type": "string", "format": "binary"}}
            for media in sorted({one for group in KINDS.values() for one in group})
        },
    }
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in sorted(SUFFIXES)}, "description": "The file"}
}


@router.post("/patients/{patient}/attachments", status_code=201, openapi_extra=_ANY_FILE)
async def attach(
    patient: Patient,
    request: Request,
    service: Svc,
    who: Who,
    response: Response,
    kind: Annotated[str, Query(max_length=16)] = "",
    key: IdempotencyKey = None,
) -> Json:
    """Keep a file for an answer to come. What it is its bytes say, whatever it is called; the answer is its reference.

    The same file again is the same reference (200).
    """
    who.require("write", patient)
    data = await request.body()

    async def work() -> tuple[int, Json]:
        found = await service.call(lambda: _keep(service, patient, kind, data, who.sender))
        return (201 if found.fresh else 200), row(found)

    sent = {"kind": kind, "sha256": hashlib.sha256(data).hexdigest()}
    response.status_code, answer = await service.once(f"attachments/{patient}", key, sent, work, owner=patient)
    return answer


@router.get("/patients/{patient}/attachments")
async def attachments(patient: Patient, service: Svc, who: Who, limit: Limit = 100) -> Json:
    """What was sent, the newest first: references with kind, type, size and moment."""
    who.require("read", patient)
    found = await service.call(lambda: kept.listed(service.ledger, patient, limit))
    return {"attachments": [row(one) for one in found]}


@router.get("/patients/{patient}/attachments/{attachment}", response_class=Response, responses=_FILE)
async def attached(patient: Patient, attachment: str, service: Svc, who: Who) -> Response:
    """The file itself, to be saved and not to be run. Who looked at it stands in the audit."""
    who.require("read", patient)
    if not REFERENCE.fullmatch(attachment):
        raise Refusal("attachment_unknown")
    found = await service.call(lambda: kept.content(service.ledger, patient, attachment, by=who.sender))
    name = f"{attachment}.{SUFFIXES[found.media]}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }
    return Response(found.data, media_type=found.media, headers=headers)


def _keep(service: Service, patient: str, kind: str, data: bytes, by: str) -> kept.Kept | Refused:
    return kept.keep(service.ledger, patient, kind, data, by=by, largest=service.largest_file)


def row(one: kept.Kept) -> Json:
    """An attachment as people and pages need it."""
    return {
        "id": one.key,
        "kind": one.kind,
        "type": one.media,
        "size": one.size,
        "at": one.at.isoformat(),
        "by": one.by,
    }

"""What is known of a patient: timeline, why, record, messages, readings."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from activities.intake.commands import patient_clock
from activities.records import views
from api.answers import language_of
from api.problems import Refusal
from api.routes_patients import Limit, Patient, Svc, Who

Json = Any
router = APIRouter()


@router.get("/patients/{patient}/timeline")
async def timeline(
    patient: Patient,
    request: Request,
    service: Svc,
    who: Who,
    limit: Limit = 200,
    ahead: Annotated[int, Query(ge=0, le=366)] = 14,
) -> Json:
    """What happened (newest last) and what is planned for the next ``ahead`` days."""
    who.require("read", patient)
    language = language_of(request)
    past = await service.call(lambda: views.timeline_of(service.ledger, patient, limit=limit, language=language))
    if past is None:
        raise Refusal("patient_unknown")
    planned = await service.call(
        lambda: views.ahead_of(service.ledger, service.plans, patient, ahead, language=language)
    )
    return {"timeline": past, "ahead": planned}


@router.get("/patients/{patient}/why")
async def why(
    patient: Patient,
    request: Request,
    service: Svc,
    who: Who,
    path: Annotated[str, Query(pattern=r"^[a-z0-9_.]{0,200}$")] = "",
    limit: Limit = 50,
) -> Json:
    """Why, or why not: recorded verdicts of a path of the pathway, and how its condition stands now."""
    who.require("read", patient)
    language = language_of(request)
    found = await service.call(lambda: views.why_of(service.ledger, patient, path=path, limit=limit, language=language))
    if found is None:
        raise Refusal("patient_unknown")
    now = await service.call(lambda: views.why_now(service.ledger, service.plans, patient, path, language=language))
    return {"recorded": found, "now": now}


@router.get("/patients/{patient}/record")
async def record(patient: Patient, request: Request, service: Svc, who: Who) -> Json:
    """Where the patient stands: enrolments, phase, flags, clock, case sheet, open tasks, handoffs, latest readings."""
    who.require("read", patient)
    found = await service.call(
        lambda: views.record_of(service.ledger, service.plans, patient, language=language_of(request))
    )
    if found is None:
        raise Refusal("patient_unknown")
    return found


@router.get("/patients/{patient}/messages")
async def messages(patient: Patient, request: Request, service: Svc, who: Who, limit: Limit = 100) -> Json:
    """Messages about the patient: planned, sent, and what became of them. A patient sees the own ones only."""
    who.require("read", patient)
    found = await service.call(
        lambda: views.messages_of(service.ledger, patient, limit=limit, language=language_of(request))
    )
    if found is None:
        raise Refusal("patient_unknown")
    if who.role == "patient":
        found = [row for row in found if row["to"] == "patient"]
    return {"messages": found}


@router.get("/patients/{patient}/answers")
async def answers(patient: Patient, service: Svc, who: Who, limit: Limit = 100) -> Json:
    """What was answered to asks, doses and lessons, newest first."""
    who.require("read", patient)
    found = await service.call(lambda: views.answers_of(service.ledger, patient, limit=limit))
    if found is None:
        raise Refusal("patient_unknown")
    return {"answers": found}


@router.get("/patients/{patient}/readings")
async def readings(
    patient: Patient,
    service: Svc,
    who: Who,
    measure: Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9_]{0,63}$")] = None,
    limit: Limit = 200,
) -> Json:
    """Stored readings, newest first."""
    who.require("read", patient)
    found = await service.call(lambda: views.readings_of(service.ledger, patient, measure=measure, limit=limit))
    if found is None:
        raise Refusal("patient_unknown")
    return {"readings": found}


@router.get("/patients/{patient}/clock")
async def clock(patient: Patient, service: Svc, who: Who) -> Json:
    """Patient time now and its pace: wall time at pace 1, except in rehearsal."""
    who.require("read", patient)
    found = await service.call(lambda: patient_clock(service.ledger, patient))
    if found is None:
        raise Refusal("patient_unknown")
    stretched, now = found
    return {"now": now.isoformat(), "rate": 1.0 if stretched is None else stretched.current.rate}

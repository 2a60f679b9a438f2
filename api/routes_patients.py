"""Patients: registration, enrolment, readings, answers, visits, commands, wishes; and what is known of them."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from activities.devices.documents import read_json
from activities.devices.openmhealth import read_openmhealth
from activities.fhir.observation import read_fhir
from activities.intake.enrolments import NewEnrolment, Rehearsal
from activities.intake.normal import NormalReading
from activities.intake.patients import NewPatient
from activities.intake.readings import Accepted
from activities.intake.refusals import Refusal as Refused
from api.answers import acted, in_language, refused_reading
from api.bodies import AnswerBody, CommandBody, EnrolmentBody, PatientBody, PreferenceBody, VisitBody
from api.problems import Refusal
from api.security import Caller
from api.service import PENDING, Service
from api.strict import StrictRoute, require_json, sound
from pathways.decide.events import Answered, Preference, StaffVerb, Visit

Json = Any
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
_QUIET_OUTCOMES = frozenset({"taken"})
_VISIT_VERBS = {"book": "booked", "done": "done", "no_show": "no_show", "moved": "moved"}
_BY_PATIENT: Final = frozenset({"book", "moved"})
_KEY: Final = re.compile(r"[a-z][a-z0-9]{7,39}")
_ANY_JSON: Final = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}


def service_of(request: Request) -> Service:
    """The service of this process."""
    service: Service = request.app.state.service
    return service


def caller_of(request: Request) -> Caller:
    """Who calls; 401 for nobody."""
    caller: Caller = request.app.state.gate(request)
    return caller


def command_id(given: str | None, key: str | None) -> str | None:
    """The id of a command: as given, else made of the Idempotency-Key, so that a repeat is the same command."""
    if given or not key:
        return given
    return "k" + hashlib.sha256(key.encode()).hexdigest()[:40]


def patient_of(patient: str, who: Annotated[Caller, Depends(caller_of)]) -> str:
    """The patient key of the address; 404 for what cannot be one. Nothing else of an address reaches the records."""
    del who
    if not _KEY.fullmatch(patient):
        raise Refusal("patient_unknown")
    return patient


Svc = Annotated[Service, Depends(service_of)]
Who = Annotated[Caller, Depends(caller_of)]
Patient = Annotated[str, Depends(patient_of)]
Limit = Annotated[int, Query(ge=1, le=1000)]
router = APIRouter(route_class=StrictRoute)


@router.post("/patients", status_code=201)
async def register(body: PatientBody, service: Svc, who: Who, response: Response, key: IdempotencyKey = None) -> Json:
    """Register a person under an opaque key. The same key with the same content changes nothing (200)."""
    who.require("operate", body.key)

    async def work() -> tuple[int, Json]:
        new = NewPatient(
            name=body.contact.name,
            phone=body.contact.phone,
            email=body.contact.email,
            language=body.language,
            zone=body.zone,
            key=body.key,
            site=service.site,
            channels=body.channels,
            customary=dict(body.customary_times),
            caregivers=tuple(c.model_dump(mode="json", exclude_none=True) for c in body.caregivers),
        )
        registered = await service.register(new, who.id)
        return (201 if registered.fresh else 200), {"key": registered.key}

    response.status_code, answer = await service.once("patients", key, body.model_dump(mode="json"), work)
    return answer


@router.post("/enrolments", status_code=201)
async def enrolment(
    body: EnrolmentBody, service: Svc, who: Who, request: Request, response: Response, key: IdempotencyKey = None
) -> Json:
    """Enrol a patient in a pathway: stored, then the run is started (or told)."""
    who.require("operate", body.patient)

    async def work() -> tuple[int, Json]:
        clock = None
        if body.rehearsal is not None:
            clock = Rehearsal(start=body.rehearsal.start)
            if body.rehearsal.days_per_second is not None:
                clock = replace(clock, days_per_second=body.rehearsal.days_per_second)
        new = NewEnrolment(
            patient=body.patient,
            pathway=body.pathway,
            version=body.version,
            id=body.id,
            facts=body.facts,
            parameters=body.parameters,
            consent=body.consent,
            anchors=body.anchors,
            rehearsal=clock,
        )
        stored, verdict = await service.enrol(new, who.id)
        answer = {
            "patient": stored.patient,
            "enrolment": stored.id,
            "pathway": stored.pathway,
            "version": stored.version,
            "sha256": stored.plan_sha,
            "status": "pending" if verdict is None else "done" if verdict.done else "refused",
        }
        if verdict is not None:
            answer |= {"code": verdict.code, "text": in_language(request, verdict.en, verdict.zh)}
        if verdict is None:
            return PENDING, answer
        return (201 if stored.fresh else 200), answer

    response.status_code, answer = await service.once(
        "enrolments", key, body.model_dump(mode="json"), work, owner=body.patient
    )
    return answer


def _document(raw: bytes) -> Json:
    """A JSON document with its decimals kept; doubled keys and NaN are refused."""
    found = read_json(raw)
    if isinstance(found, Refused) or not sound(found):
        raise Refusal("bad_json")
    return found


def normal_readings(document: Json, patient: str) -> list[NormalReading | Refused]:
    """Readings of an Open mHealth data point, a FHIR Observation or Bundle, or a list of either."""
    items = document if isinstance(document, list) else [document]
    out: list[NormalReading | Refused] = []
    for item in items:
        if isinstance(item, dict) and "resourceType" in item:
            out += read_fhir(item, patient=patient)
        else:
            out += read_openmhealth(item)
    return out


@router.post("/patients/{patient}/readings", openapi_extra=_ANY_JSON)
async def readings(patient: Patient, request: Request, service: Svc, who: Who, key: IdempotencyKey = None) -> Json:
    """Take readings: each accepted or refused by itself, with its reason."""
    who.require("readings", patient)
    require_json(request)
    document = _document(await request.body())

    async def work() -> tuple[int, Json]:
        found = normal_readings(document, patient)
        good = [one for one in found if not isinstance(one, Refused)]
        places = [index for index, one in enumerate(found) if not isinstance(one, Refused)]
        refused = [
            refused_reading(request, index, "", one) for index, one in enumerate(found) if isinstance(one, Refused)
        ]
        accepted: tuple[Accepted, ...] = ()
        if good:
            result = await service.ingest(patient, good)
            accepted = result.accepted
            refused += [refused_reading(request, places[one.index], one.id, one.why) for one in result.refused]
        answer = {
            "accepted": [{"id": one.id, "outcome": one.outcome} for one in accepted],
            "refused": sorted(refused, key=lambda row: int(row["index"])),
        }
        return (200 if accepted or not refused else 422), answer

    plain = json.loads(json.dumps(document, default=str))
    status, answer = await service.once(f"readings/{patient}", key, plain, work, owner=patient)
    if status == 422:
        rows = tuple(answer["refused"])
        raise Refusal(
            "bad_request",
            errors=rows,
            en="No reading could be taken; see `errors`.",
            zh="没有可接受的测量数据，见 `errors`。",
        )
    return answer


@router.post("/patients/{patient}/answers")
async def answer(
    patient: Patient,
    body: AnswerBody,
    service: Svc,
    who: Who,
    request: Request,
    response: Response,
    key: IdempotencyKey = None,
) -> Json:
    """The answer to an ask, a dose or an education item."""
    who.require("write", patient)
    event = Answered(
        step=body.step,
        occurrence=body.occurrence,
        outcome=body.outcome,
        why=body.why,
        form=body.form,
        by=who.sender,
        enrolment=body.enrolment,
        medicine=body.medicine,
        text=body.text,
    )

    async def work() -> tuple[int, Json]:
        quiet = body.outcome in _QUIET_OUTCOMES and not body.form
        done = await service.act(patient, event, id=command_id(body.id, key), by=who.id, at=body.at, quiet=quiet)
        return acted(request, done)

    response.status_code, result = await service.once(
        f"answers/{patient}", key, body.model_dump(mode="json"), work, owner=patient
    )
    return result


@router.post("/patients/{patient}/visits")
async def visit(
    patient: Patient,
    body: VisitBody,
    service: Svc,
    who: Who,
    request: Request,
    response: Response,
    key: IdempotencyKey = None,
) -> Json:
    """A visit is booked, done, missed by the patient, or moved."""
    who.require("write" if body.verb in _BY_PATIENT else "operate", patient)
    event = Visit(
        step=body.step,
        verb=_VISIT_VERBS[body.verb],
        by=who.id,
        occurrence=body.occurrence,
        start=body.start,
        mode=body.mode,
        form=body.form,
        enrolment=body.enrolment,
    )

    async def work() -> tuple[int, Json]:
        return acted(request, await service.act(patient, event, id=command_id(body.id, key), by=who.id, at=body.at))

    response.status_code, result = await service.once(
        f"visits/{patient}", key, body.model_dump(mode="json"), work, owner=patient
    )
    return result


@router.post("/patients/{patient}/commands")
async def command(
    patient: Patient,
    body: CommandBody,
    service: Svc,
    who: Who,
    request: Request,
    response: Response,
    key: IdempotencyKey = None,
) -> Json:
    """A verb of staff on the run: pause, resume, withdraw, set_parameter and the rest."""
    who.require("operate", patient)
    event = StaffVerb(
        verb=body.verb, by=who.id, role=who.acting_as(body.role), enrolment=body.enrolment, args=body.args
    )

    async def work() -> tuple[int, Json]:
        return acted(request, await service.act(patient, event, id=command_id(body.id, key), by=who.id, at=body.at))

    response.status_code, result = await service.once(
        f"commands/{patient}", key, body.model_dump(mode="json"), work, owner=patient
    )
    return result


@router.post("/patients/{patient}/preferences")
async def preferences(
    patient: Patient,
    body: PreferenceBody,
    service: Svc,
    who: Who,
    request: Request,
    response: Response,
    key: IdempotencyKey = None,
) -> Json:
    """The patient's wishes: consent, opt-outs, channels, language, zone."""
    who.require("write", patient)
    event = Preference(
        consent=body.consent,
        opt_out=body.opt_out,
        channels=body.channels,
        language=body.language,
        zone=body.zone,
        customary=body.customary_times,
    )

    async def work() -> tuple[int, Json]:
        return acted(request, await service.act(patient, event, id=command_id(body.id, key), by=who.id))

    response.status_code, result = await service.once(
        f"preferences/{patient}", key, body.model_dump(mode="json"), work, owner=patient
    )
    return result

"""FHIR R4 Observations of blood pressure and heart rate, turned into readings. Numbers stay exact."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from activities.devices.documents import instant, number
from activities.intake.normal import NormalReading
from activities.intake.refusals import Refusal, refuse

Json = Any

LOINC: Final = "http://loinc.org"
UCUM: Final = "http://unitsofmeasure.org"
PANEL: Final = "85354-9"
COMPONENTS: Final = {"8480-6": "systolic", "8462-4": "diastolic", "8867-4": "pulse"}
HEART_RATE: Final = "8867-4"
_UNITS: Final = {
    "systolic": frozenset({"mm[Hg]"}),
    "diastolic": frozenset({"mm[Hg]"}),
    "pulse": frozenset({"/min", "{beats}/min"}),
    "value": frozenset({"/min", "{beats}/min"}),
}
_STATUSES: Final = {
    "final": "final",
    "amended": "amended",
    "corrected": "amended",
    "entered-in-error": "entered_in_error",
}
_SETTINGS: Final = {
    "Patient": "home",
    "RelatedPerson": "home",
    "Practitioner": "clinic",
    "PractitionerRole": "clinic",
    "Organization": "clinic",
}
_REFERENCE: Final = re.compile(r"(?:.*/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9.-]{1,64})(?:/_history/.*)?")


def read_fhir(resource: Json, *, patient: str | None) -> list[NormalReading | Refusal]:
    """The readings of an Observation, or of every Observation of a Bundle, each taken or refused by itself.

    ``patient``: the opaque key of whose readings these are, None where that does not matter; a subject that names
    another ``Patient/<id>`` is refused. Where it was measured comes from the performer: a patient at home, a
    practitioner in the clinic.
    """
    if not isinstance(resource, Mapping):
        return [refuse("document_invalid", value="it is no JSON object")]
    kind = resource.get("resourceType")
    if kind == "Bundle":
        entries = resource.get("entry", [])
        if not isinstance(entries, Sequence) or isinstance(entries, str):
            return [refuse("document_invalid", field="entry", value="entry is no list")]
        out: list[NormalReading | Refusal] = []
        for entry in entries:
            inner = entry.get("resource") if isinstance(entry, Mapping) else None
            if isinstance(inner, Mapping) and inner.get("resourceType") == "Bundle":
                out.append(refuse("resource_unknown", field="resourceType", value="Bundle in a Bundle"))
                continue
            out += read_fhir(inner, patient=patient)
        return out
    if kind != "Observation":
        return [refuse("resource_unknown", field="resourceType", value=str(kind)[:64])]
    try:
        return [_observation(resource, patient)]
    except (TypeError, AttributeError, KeyError):
        # A list where FHIR wants an object, a number where it wants text: wrongly shaped, wherever it is.
        return [refuse("document_invalid", value="an element has the wrong type")]


def _observation(resource: Mapping[str, Json], patient: str | None) -> NormalReading | Refusal:
    found = _judge(resource, patient)
    if found is not None:
        return found
    status = _STATUSES.get(str(resource.get("status")))
    if status is None:
        return refuse("status_refused", field="status", value=str(resource.get("status"))[:32])
    codes = _codes(resource.get("code"))
    if PANEL in codes:
        measure, components = "blood_pressure", _panel(resource, status)
    elif HEART_RATE in codes:
        measure, components = "heart_rate", _single(resource)
    else:
        return refuse("code_unknown", field="code")
    if isinstance(components, Refusal):
        return components
    at = _at(resource)
    if isinstance(at, Refusal):
        return at
    return NormalReading(
        id=str(resource["id"]),
        measure=measure,
        at=at,
        components=components,
        context=_context(resource),
        status=status,
        device=_device(resource),
    )


def _judge(resource: Mapping[str, Json], patient: str | None) -> Refusal | None:
    if not isinstance(resource.get("id"), str) or not resource["id"]:
        return refuse("id_missing", field="id")
    subject = (resource.get("subject") or {}).get("reference")
    match = _REFERENCE.fullmatch(subject) if isinstance(subject, str) else None
    other = match is not None and match["type"] == "Patient" and match["id"] != patient
    if patient is not None and other:
        return refuse("subject_mismatch", field="subject")
    return None


def _panel(resource: Mapping[str, Json], status: str) -> dict[str, Decimal] | Refusal:
    if "dataAbsentReason" in resource and not resource.get("component"):
        return refuse("data_absent", field="dataAbsentReason")
    components: dict[str, Decimal] = {}
    for part in resource.get("component", ()):
        name = next((COMPONENTS[code] for code in sorted(_codes(part.get("code"))) if code in COMPONENTS), None)
        if name is None:
            continue
        if "valueQuantity" not in part:
            if name == "pulse" and "dataAbsentReason" in part:
                continue
            return refuse("data_absent", field=name)
        value = _quantity(part["valueQuantity"], name)
        if isinstance(value, Refusal):
            return value
        if name in components:
            return refuse("document_invalid", field="component", value=f"{name} stands twice")
        components[name] = value
    for name in ("systolic", "diastolic"):
        # What was entered in error need not be complete: it only takes back.
        if name not in components and status != "entered_in_error":
            return refuse("component_missing", field="component", value=name)
    return components


def _single(resource: Mapping[str, Json]) -> dict[str, Decimal] | Refusal:
    if "valueQuantity" not in resource:
        return refuse("data_absent", field="valueQuantity")
    value = _quantity(resource["valueQuantity"], "value")
    return value if isinstance(value, Refusal) else {"value": value}


def _quantity(quantity: Mapping[str, Json], name: str) -> Decimal | Refusal:
    """The number in the catalogue's unit. ``code`` (UCUM) decides; a unit for display only is not trusted."""
    if quantity.get("comparator"):
        return refuse("number_invalid", field=name)
    value = number(quantity.get("value"))
    if value is None:
        return refuse("number_invalid", field=name)
    system, code = quantity.get("system"), quantity.get("code")
    if system != UCUM or code not in _UNITS[name]:
        return refuse("unit_unknown", field=name, value=str(code)[:32])
    return value


def _at(resource: Mapping[str, Json]) -> datetime | Refusal:
    if "effectiveDateTime" in resource:
        text, field = resource["effectiveDateTime"], "effectiveDateTime"
    elif "effectiveInstant" in resource:
        text, field = resource["effectiveInstant"], "effectiveInstant"
    elif "effectivePeriod" in resource:
        period = resource["effectivePeriod"]
        text, field = period.get("end") or period.get("start"), "effectivePeriod"
    else:
        return refuse("time_missing", field="effectiveDateTime")
    # A date alone says neither morning nor evening: it cannot be put to an occurrence.
    return instant(text) or refuse("time_invalid", field=field, value=str(text)[:40])


def _context(resource: Mapping[str, Json]) -> dict[str, str]:
    context: dict[str, str] = {}
    for performer in resource.get("performer", ()):
        match = _REFERENCE.fullmatch(str(performer.get("reference", "")))
        kind = match["type"] if match is not None else performer.get("type")
        if kind in _SETTINGS:
            context["setting"] = _SETTINGS[kind]
            break
    if _device(resource):
        context["source"] = "device"
    elif context.get("setting") == "home":
        context["source"] = "patient"
    elif context.get("setting") == "clinic":
        context["source"] = "clinician"
    return context


def _device(resource: Mapping[str, Json]) -> str:
    device = resource.get("device") or {}
    identifier = device.get("identifier") or {}
    return str(device.get("reference") or identifier.get("value") or "")[:200]


def _codes(concept: Json) -> frozenset[str]:
    codings = (concept or {}).get("coding", ())
    return frozenset(str(c.get("code")) for c in codings if c.get("system") == LOINC)

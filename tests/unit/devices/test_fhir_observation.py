"""FHIR Observations: blood pressure and heart rate, exact, each taken or refused by itself."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from activities.fhir.observation import read_fhir
from activities.intake.normal import NormalReading
from activities.intake.refusals import Refusal

PATIENT = "patient00001"


def loinc(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://loinc.org", "code": code}]}


def quantity(value: Any, code: str = "mm[Hg]") -> dict[str, Any]:
    return {"value": value, "unit": code, "system": "http://unitsofmeasure.org", "code": code}


OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "bp-1",
    "status": "final",
    "code": loinc("85354-9"),
    "subject": {"reference": f"Patient/{PATIENT}"},
    "performer": [{"reference": f"Patient/{PATIENT}"}],
    "effectiveDateTime": "2026-03-02T07:04:30+08:00",
    "component": [
        {"code": loinc("8480-6"), "valueQuantity": quantity(Decimal("141.50"))},
        {"code": loinc("8462-4"), "valueQuantity": quantity(Decimal(88))},
        {"code": loinc("8867-4"), "valueQuantity": quantity(Decimal(71), "/min")},
    ],
}


def changed(**given: Any) -> dict[str, Any]:
    whole = {**deepcopy(OBSERVATION), **given}
    return {k: v for k, v in whole.items() if v is not None}


def component(index: int, **given: Any) -> dict[str, Any]:
    out = deepcopy(OBSERVATION)
    part = {**out["component"][index], **given}
    out["component"][index] = {k: v for k, v in part.items() if v is not None}
    return out


def only(resource: Any) -> NormalReading | Refusal:
    found = read_fhir(resource, patient=PATIENT)
    assert len(found) == 1
    return found[0]


def test_blood_pressure() -> None:
    found = only(OBSERVATION)
    assert found == NormalReading(
        id="bp-1",
        measure="blood_pressure",
        at=datetime(2026, 3, 1, 23, 4, 30, tzinfo=UTC),
        components={"systolic": Decimal("141.50"), "diastolic": Decimal(88), "pulse": Decimal(71)},
        context={"setting": "home", "source": "patient"},
    )


def test_heart_rate() -> None:
    found = only(changed(code=loinc("8867-4"), component=None, valueQuantity=quantity(Decimal(64), "/min")))
    assert isinstance(found, NormalReading)
    assert (found.measure, dict(found.components)) == ("heart_rate", {"value": Decimal(64)})


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("final", "final"),
        ("amended", "amended"),
        ("corrected", "amended"),
        ("entered-in-error", "entered_in_error"),
    ],
)
def test_statuses(status: str, expected: str) -> None:
    found = only(changed(status=status))
    assert isinstance(found, NormalReading) and found.status == expected


@pytest.mark.parametrize(
    ("performer", "setting"),
    [
        ("Practitioner/1", "clinic"),
        ("https://example.org/fhir/Organization/2", "clinic"),
        ("RelatedPerson/3", "home"),
        ("CareTeam/4", None),
    ],
)
def test_where_it_was_measured(performer: str, setting: str | None) -> None:
    found = only(changed(performer=[{"reference": performer}]))
    assert isinstance(found, NormalReading) and found.context.get("setting") == setting


def test_a_device_and_a_period() -> None:
    period = {"start": "2026-03-02T07:00:00Z", "end": "2026-03-02T07:03:00Z"}
    found = only(changed(effectiveDateTime=None, effectivePeriod=period, device={"reference": "Device/7"}))
    assert isinstance(found, NormalReading)
    assert (found.at.minute, found.device, found.context["source"]) == (3, "Device/7", "device")


def test_what_was_entered_in_error_need_not_be_whole() -> None:
    assert isinstance(only(changed(status="entered-in-error", component=None)), NormalReading)


def test_a_bundle_is_judged_one_by_one() -> None:
    bundle = {
        "resourceType": "Bundle",
        "entry": [
            {"resource": OBSERVATION},
            {"resource": changed(status="preliminary")},
            {"resource": {"resourceType": "Patient", "id": "x"}},
            {"resource": {"resourceType": "Bundle", "entry": []}},
            {},
            7,
        ],
    }
    found = read_fhir(bundle, patient=PATIENT)
    assert [one.code if isinstance(one, Refusal) else one.id for one in found] == [
        "bp-1",
        "status_refused",
        "resource_unknown",
        "resource_unknown",
        "document_invalid",
        "document_invalid",
    ]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ({}, "resource_unknown"),
        ([], "document_invalid"),
        (changed(id=None), "id_missing"),
        (changed(status="preliminary"), "status_refused"),
        (changed(status=None), "status_refused"),
        (changed(code=loinc("29463-7")), "code_unknown"),
        (changed(code={"coding": [{"system": "urn:other", "code": "85354-9"}]}), "code_unknown"),
        (changed(subject={"reference": "Patient/somebody"}), "subject_mismatch"),
        (changed(effectiveDateTime=None), "time_missing"),
        (changed(effectiveDateTime="2026-03-02"), "time_invalid"),
        (changed(effectiveDateTime="2026-03-02T07:00:00"), "time_invalid"),
        (changed(component=[]), "component_missing"),
        (changed(component=None, dataAbsentReason=loinc("unknown")), "data_absent"),
        (component(0, valueQuantity=None, dataAbsentReason=loinc("error")), "data_absent"),
        (component(0, valueQuantity=quantity(Decimal(19), "kPa")), "unit_unknown"),
        (component(0, valueQuantity={"value": Decimal(141), "unit": "mmHg"}), "unit_unknown"),
        (component(0, valueQuantity=quantity("141")), "number_invalid"),
        (component(0, valueQuantity=quantity(True)), "number_invalid"),
        (component(0, valueQuantity={**quantity(Decimal(300)), "comparator": ">"}), "number_invalid"),
        (component(1, code=loinc("8480-6")), "document_invalid"),
        (changed(component="none"), "document_invalid"),
        (changed(code=[1]), "document_invalid"),
        ({"resourceType": "Bundle", "entry": "x"}, "document_invalid"),
    ],
)
def test_observations_that_are_refused(resource: Any, expected: str) -> None:
    found = only(resource)
    assert isinstance(found, Refusal), found
    assert found.code == expected


def test_an_absent_pulse_is_left_out() -> None:
    found = only(component(2, valueQuantity=None, dataAbsentReason=loinc("unknown")))
    assert isinstance(found, NormalReading) and set(found.components) == {"systolic", "diastolic"}

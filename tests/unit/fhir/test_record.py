"""A bundle is one patient's record: what becomes a reading, and what is left out with its reason."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from pathways.fhir.record import NotARecordError, PatientRecord, read_record
from pathways.lang.catalogue import catalogue

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"


def record(*resources: dict[str, Any], now: datetime = NOW) -> PatientRecord:
    patient = {"resourceType": "Patient", "id": "p1", "birthDate": "1960-05-01", "gender": "female"}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": r} for r in (patient, *resources)]}
    return read_record(bundle, catalogue().measures, now)


def mm_hg(number: str, loinc: str, **more: Any) -> dict[str, Any]:
    quantity = {"value": Decimal(number), "unit": "mmHg", "system": UCUM, "code": "mm[Hg]", **more}
    return {"code": {"coding": [{"system": LOINC, "code": loinc}]}, "valueQuantity": quantity}


def panel(code: str = "85354-9", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "effectiveDateTime": "2026-03-01T07:00:00+08:00",
        "component": [mm_hg("151.25", "8480-6"), mm_hg("92", "8462-4")],
        **more,
    }


@pytest.mark.parametrize("code", ["85354-9", "55284-4", "72076-3"])
def test_every_code_of_a_blood_pressure_is_read(code: str) -> None:
    (reading,) = record(panel(code)).readings
    assert reading.measure == "blood_pressure"
    assert reading.values == {"systolic": Decimal("151.25"), "diastolic": Decimal(92)}
    assert reading.at == datetime(2026, 2, 28, 23, 0, tzinfo=UTC)


HOME = {"url": "setting", "valueCoding": {"system": "http://snomed.info/sct", "code": "264362003"}}


@pytest.mark.parametrize(
    ("more", "setting", "source"),
    [
        ({}, "clinic", "clinician"),
        ({"extension": [HOME]}, "home", "patient"),
        ({"performer": [{"reference": "Patient/p1"}]}, "home", "patient"),
        ({"performer": [{"reference": "Practitioner/d"}]}, "clinic", "clinician"),
        ({"extension": [HOME], "device": {"reference": "Device/x"}}, "home", "device"),
    ],
)
def test_where_it_was_measured(more: dict[str, Any], setting: str, source: str) -> None:
    (reading,) = record(panel(**more)).readings
    assert reading.context == {"setting": setting, "source": source}


def test_two_observations_of_one_instant_are_one_reading() -> None:
    base = {"resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-03-01T07:00:00Z"}
    found = record({**base, "id": "a", **mm_hg("150", "8480-6")}, {**base, "id": "b", **mm_hg("90", "8462-4")})
    assert [dict(r.values) for r in found.readings] == [{"systolic": Decimal(150), "diastolic": Decimal(90)}]
    assert found.left_out == ()


def test_one_component_alone_is_said_and_no_reading() -> None:
    single = {"resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-03-01T07:00:00Z"}
    found = record({**single, **mm_hg("150", "8480-6")})
    assert found.readings == ()
    assert found.left_out[0].why == "diastolic of the same instant is missing"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "entered-in-error"}, "its status is entered-in-error"),
        ({"status": "preliminary"}, "its status is preliminary"),
        ({"effectiveDateTime": "2026-03-02T09:00:00Z"}, "it is dated after the stated time"),
        ({"effectiveDateTime": None}, "it says no time, so it is no reading"),
        ({"subject": {"reference": "Patient/other"}}, "it is about another patient"),
        ({"component": [mm_hg("151", "8480-6")]}, "it has no diastolic"),
    ],
)
def test_what_is_left_out_is_said(change: dict[str, Any], why: str) -> None:
    found = record(panel(**change))
    assert found.readings == ()
    assert [(left.path, left.why) for left in found.left_out] == [("Bundle.entry[1].resource", why)]


@pytest.mark.parametrize(
    ("quantity", "why"),
    [
        ({"comparator": ">"}, "its value is only known as > a number"),
        ({"code": "kg", "unit": "kg"}, "its unit 'kg' is not one of mm[Hg]"),
        ({"value": "high"}, "its value is no number"),
        ({"value": True}, "its value is no number"),
    ],
)
def test_a_number_that_cannot_be_trusted_is_none(quantity: dict[str, Any], why: str) -> None:
    found = record(panel(component=[mm_hg("151", "8480-6", **quantity), mm_hg("92", "8462-4")]))
    assert found.readings == ()
    assert found.left_out[0].why == why


def test_units_are_converted() -> None:
    kilopascal = {"value": Decimal(20), "unit": "kPa", "code": "kPa"}
    (reading,) = record(panel(component=[mm_hg("151", "8480-6", **kilopascal), mm_hg("92", "8462-4")])).readings
    assert round(reading.values["systolic"]) == 150


@pytest.mark.parametrize(
    "bundle",
    [
        None,
        [],
        {"resourceType": "Patient"},
        {"resourceType": "Bundle", "entry": []},
        {"resourceType": "Bundle", "entry": "x"},
        {"resourceType": "Bundle", "entry": [{}]},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}] * 2},
    ],
)
def test_what_is_no_record_is_refused(bundle: Any) -> None:
    with pytest.raises(NotARecordError):
        read_record(bundle, catalogue().measures, NOW)

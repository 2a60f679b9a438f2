"""Facts out of a record: the `from` of a fact, and what nothing found means for each type."""

from __future__ import annotations

from typing import Any

import pytest

from pathways.fhir.sources import SourceError, facts_of, read_source
from pathways.lang.plan import Fact
from tests.unit.fhir.test_record import record

SNOMED = "http://snomed.info/sct"


def concept(code: str, system: str = SNOMED) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


CONDITION = {"resourceType": "Condition", "code": concept("59621000"), "onsetDateTime": "2026-01-05"}
OVER = {**CONDITION, "code": concept("1"), "clinicalStatus": concept("resolved", "s")}
ABATED = {**CONDITION, "code": concept("2"), "abatementDateTime": "2026-02-01"}
REFUTED = {**CONDITION, "code": concept("3"), "verificationStatus": concept("refuted", "s")}
ICD = {**CONDITION, "code": concept("I10", "http://hl7.org/fhir/sid/icd-10-cm")}


def goal(start: str, value: int, **more: Any) -> dict[str, Any]:
    target = {"measure": concept("8480-6", "http://loinc.org"), "detailQuantity": {"value": value, "unit": "mmHg"}}
    return {"resourceType": "Goal", "lifecycleStatus": "active", "startDate": start, "target": [target], **more}


GOALS = (goal("2025-01-01", 140), goal("2026-01-01", 130), goal("2026-02-01", 120, lifecycleStatus="cancelled"))
PROCEDURE = {
    "resourceType": "Procedure",
    "status": "completed",
    "code": concept("225323000"),
    "performedDateTime": "2026-02-20T10:00:00Z",
}
SMOKING = {
    "resourceType": "Observation",
    "status": "final",
    "code": concept("72166-2", "http://loinc.org"),
    "valueCodeableConcept": concept("428071000124103"),
}
MEDICATION = {
    "resourceType": "Medication",
    "id": "m",
    "code": concept("104222", "http://www.nlm.nih.gov/research/umls/rxnorm"),
}
ORDER = {"resourceType": "MedicationRequest", "status": "active", "medicationReference": {"reference": "Medication/m"}}
ALL = (CONDITION, OVER, ABATED, REFUTED, ICD, *GOALS, PROCEDURE, SMOKING, MEDICATION, ORDER)


@pytest.mark.parametrize(
    ("kind", "source", "value"),
    [
        ("age", None, {"birth": "1960-05-01"}),
        ("sex", None, "female"),
        ("codes", "fhir.Condition", ["icd10:I10", "snomed:59621000"]),
        ("codes", "fhir.Condition?clinicalStatus=resolved", ["snomed:1"]),
        ("codes", "fhir.Immunization", []),
        ("medicines", "fhir.MedicationRequest", [{"id": "rxnorm:104222"}]),
        ("yes_no", "fhir.Procedure?code=225323000", True),
        ("yes_no", "fhir.Procedure?code=snomed:225323000", True),
        ("yes_no", "fhir.Procedure?code=http://snomed.info/sct|225323000", True),
        ("yes_no", "fhir.Procedure?code=icd10:225323000", False),
        ("yes_no", "fhir.Procedure?code=225323000&within=11 days", True),
        ("yes_no", "fhir.Procedure?code=225323000&within=9 days", False),
        ("yes_no", "fhir.Procedure?!code=225323000", False),
        ("yes_no", "fhir.Observation?code=72166-2&valueCodeableConcept=428071000124103,77176002", True),
        ("yes_no", "fhir.Encounter", False),
        ("count", "fhir.Goal?target.measure=8480-6", 2),
        ("count", "fhir.Goal?lifecycleStatus=*", 3),
        ("quantity", "fhir.Goal?target.measure=8480-6#target.detailQuantity", {"value": "130", "unit": "mm[Hg]"}),
        ("quantity", "fhir.Goal?target.measure=8462-4#target.detailQuantity", None),
        ("quantity", "fhir.Goal#target[measure=8480-6].detailQuantity", {"value": "130", "unit": "mm[Hg]"}),
        ("quantity", "fhir.Goal#target[measure=8462-4].detailQuantity", None),
        ("yes_no", "fhir.Goal?past=startDate", True),
        ("yes_no", "fhir.Goal?past=target.dueDate", False),
        ("yes_no", "fhir.Goal?newest=code&target.detailQuantity.value=130", True),
        ("yes_no", "fhir.Goal?newest=code&target.detailQuantity.value=140", False),
        ("yes_no", "fhir.Goal?target.detailQuantity.value=140&newest=code", True),
        ("date", "fhir.Procedure", "2026-02-20"),
        ("moment", "fhir.Procedure", "2026-02-20T10:00:00+00:00"),
        ("date", "fhir.Condition#onsetDateTime", "2026-01-05"),
        ("text", "fhir.Observation?code=72166-2", "snomed:428071000124103"),
        ("text", "fhir.Patient#gender", "female"),
        ("yes_no", None, None),
        ("yes_no", "the clinic's system", None),
    ],
)
def test_a_fact_of_a_record(kind: str, source: str | None, value: Any) -> None:
    unit = "mm[Hg]" if kind == "quantity" else None
    facts = facts_of(record(*ALL), [Fact(id="it", type=kind, source=source, unit=unit)])
    assert facts == ({} if value is None else {"it": value})


@pytest.mark.parametrize(
    "text", ["fhir.", "fhir.goal", "fhir.Goal?", "fhir.Goal?x", "fhir.Goal?within=soon", "fhir.Goal?=1"]
)
def test_a_source_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(SourceError):
        read_source(text)

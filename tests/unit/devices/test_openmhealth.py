"""Open mHealth: the samples of its own repository, and what makes a document a reading."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from activities.devices.documents import read_json
from activities.devices.openmhealth import VERSIONS, check_openmhealth, read_openmhealth
from activities.intake.normal import NormalReading
from activities.intake.refusals import Refusal

SAMPLES = sorted((Path(__file__).parent / "openmhealth").rglob("*.json"))
HEADER: dict[str, Any] = {
    "id": "243c773b-8936-407e-9c23-270d0ea49cc4",
    "creation_date_time": "2026-03-02T07:05:00+08:00",
    "schema_id": {"namespace": "omh", "name": "blood-pressure", "version": "3.1"},
    "acquisition_provenance": {"source_name": "Cuff 7", "modality": "sensed"},
}
BODY: dict[str, Any] = {
    "systolic_blood_pressure": {"value": Decimal("141.50"), "unit": "mmHg"},
    "diastolic_blood_pressure": {"value": Decimal(88), "unit": "mmHg"},
    "effective_time_frame": {"date_time": "2026-03-02T07:04:30+08:00"},
}


def point(header: dict[str, Any] | None = None, **body: Any) -> dict[str, Any]:
    whole = {**BODY, **body}
    return {"header": {**HEADER, **(header or {})}, "body": {k: v for k, v in whole.items() if v is not None}}


def only(document: Any, schema: str | None = None) -> NormalReading | Refusal:
    found = read_openmhealth(document, schema)
    assert len(found) == 1
    return found[0]


def code(document: Any, schema: str | None = None) -> str:
    found = only(document, schema)
    assert isinstance(found, Refusal), found
    return found.code


def test_there_are_samples() -> None:
    assert len(SAMPLES) == 13


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: "/".join(p.parts[-3:]))
def test_samples_of_the_repository(path: Path) -> None:
    version, verdict = path.parts[-3], path.parts[-2]
    found = check_openmhealth(read_json(path.read_bytes()), f"omh:blood-pressure:{version}")
    assert (found is None) == (verdict == "shouldPass"), found


def test_a_data_point_becomes_a_reading() -> None:
    found = only(point(body_posture="sitting"))
    assert found == NormalReading(
        id="243c773b-8936-407e-9c23-270d0ea49cc4",
        measure="blood_pressure",
        at=datetime(2026, 3, 1, 23, 4, 30, tzinfo=UTC),
        components={"systolic": Decimal("141.50"), "diastolic": Decimal(88)},
        context={"setting": "home", "source": "device", "posture": "sitting"},
        device="Cuff 7",
    )
    assert isinstance(found, NormalReading)
    assert str(found.components["systolic"]) == "141.50"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version(version: str) -> None:
    schema = {**HEADER["schema_id"], "version": version}
    assert isinstance(only(point({"schema_id": schema})), NormalReading)


def test_a_bare_body_needs_its_schema_and_gets_the_same_id_each_time() -> None:
    assert code(BODY) == "schema_missing"
    first, again = only(BODY, "omh:blood-pressure:3.0"), only(dict(BODY), "omh:blood-pressure:3.0")
    assert isinstance(first, NormalReading) and isinstance(again, NormalReading)
    assert first.id == again.id and first.id.startswith("omh-")


@pytest.mark.parametrize(
    ("frame", "at"),
    [
        ({"date_time": "2026-03-02T07:04:30Z"}, datetime(2026, 3, 2, 7, 4, 30, tzinfo=UTC)),
        (
            {"time_interval": {"start_date_time": "2026-03-02T07:00:00Z", "end_date_time": "2026-03-02T07:02:00Z"}},
            datetime(2026, 3, 2, 7, 2, tzinfo=UTC),
        ),
        (
            {
                "time_interval": {
                    "start_date_time": "2026-03-02T07:00:00Z",
                    "duration": {"value": Decimal(90), "unit": "sec"},
                }
            },
            datetime(2026, 3, 2, 7, 1, 30, tzinfo=UTC),
        ),
    ],
)
def test_when(frame: dict[str, Any], at: datetime) -> None:
    found = only(point(effective_time_frame=frame))
    assert isinstance(found, NormalReading) and found.at == at


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ([], "document_invalid"),
        (3, "document_invalid"),
        ({"header": {}, "body": {}}, "document_invalid"),
        ({"header": HEADER}, "document_invalid"),
        (point({"schema_id": {"namespace": "omh", "name": "body-weight", "version": "1.0"}}), "schema_unknown"),
        (point({"schema_id": {"namespace": "acme", "name": "blood-pressure", "version": "3.0"}}), "schema_unknown"),
        (point({"schema_id": {"namespace": "omh", "name": "blood-pressure", "version": "9.9"}}), "schema_unknown"),
        (point({"creation_date_time": "yesterday"}), "document_invalid"),
        (point(systolic_blood_pressure={"value": "141", "unit": "mmHg"}), "document_invalid"),
        (point(systolic_blood_pressure={"value": Decimal(19), "unit": "kPa"}), "document_invalid"),
        (point(systolic_blood_pressure=None), "document_invalid"),
        (point(effective_time_frame=None), "document_invalid"),
        (point(effective_time_frame={"date_time": "2026-03-02"}), "document_invalid"),
        (point(effective_time_frame={"date_time": "2026-02-30T07:00:00Z"}), "document_invalid"),
        (
            point(effective_time_frame={"time_interval": {"date": "2026-03-02", "part_of_day": "evening"}}),
            "time_invalid",
        ),
        (point(descriptive_statistic="maximum"), "aggregate_refused"),
    ],
)
def test_documents_that_are_refused(document: Any, expected: str) -> None:
    assert code(document) == expected


def test_a_refusal_never_quotes_the_document() -> None:
    marked = point(systolic_blood_pressure={"value": "Marked Name 13800138000", "unit": "Marked"})
    found = only(marked)
    assert isinstance(found, Refusal)
    assert "Marked" not in f"{found}"
    assert found.field in {"systolic_blood_pressure.value", "systolic_blood_pressure.unit"}


@pytest.mark.parametrize(
    "text",
    ['{"a": 1, "a": 2}', '{"a": NaN}', '{"a": Infinity}', "{", "", "[" * 100_000, '{"a": 1e9999999999999999999}'],
)
def test_json_that_is_refused(text: str) -> None:
    found = read_json(text)
    assert isinstance(found, Refusal) and found.code == "document_not_json"


def test_numbers_stay_exact() -> None:
    found = read_json('{"a": 7.10}')
    assert not isinstance(found, Refusal)
    assert str(found["a"]) == "7.10"


def test_numbers_too_large_to_write_out_are_refused_before_anybody_does() -> None:
    huge = Decimal("1e999999999999")
    assert code(point(systolic_blood_pressure={"value": huge, "unit": "mmHg"})) == "number_invalid"
    interval = {"start_date_time": "2026-03-02T07:00:00Z", "duration": {"value": Decimal("1e11"), "unit": "wk"}}
    assert code(point(effective_time_frame={"time_interval": interval})) == "time_invalid"

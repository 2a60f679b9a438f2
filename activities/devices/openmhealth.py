"""Open mHealth blood pressure: data points and bare bodies, judged by their schema, turned into readings."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast

from jsonschema import Draft4Validator, Draft7Validator, ValidationError
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4, DRAFT7

from activities.devices.documents import instant, number
from activities.intake.normal import NormalReading
from activities.intake.refusals import Refusal, refuse
from activities.records.types import canonical

Json = Any

BODY: Final = "blood-pressure"
VERSIONS: Final = ("1.0", "2.0", "3.0", "3.1", "4.0")
HEADERS: Final = "header-1.2.json"
_IEEE: Final = "https://w3id.org/ieee/ieee-1752-schema/"
_OMH: Final = "https://w3id.org/openmhealth/schemas/omh/"
_NEWEST: Final = re.compile(r"(?P<stem>[a-z0-9-]+)-(?P<major>\d+)\.x\.json")
_SECONDS: Final = {"sec": 1, "s": 1, "min": 60, "h": 3600, "d": 86_400, "wk": 604_800}
_MODALITIES: Final = {"sensed": "device", "self-reported": "patient"}


def check_openmhealth(document: Json, schema: str | None = None) -> Refusal | None:
    """Whether a document is a valid Open mHealth blood pressure; None: it is.

    A data point is judged by ``header.schema_id``; for a bare body ``schema`` names it as
    ``namespace:name:version``.
    """
    found = _body(document, schema)
    return found if isinstance(found, Refusal) else _invalid(f"{BODY}-{found[1]}.json", found[0])


def read_openmhealth(
    document: Json, schema: str | None = None, *, setting: str = "home"
) -> list[NormalReading | Refusal]:
    """The reading of a data point or bare body (valid and dated), or why it is refused: a list of one.

    ``setting``: where such documents are measured; Open mHealth has no word for it.
    """
    found = _body(document, schema)
    if isinstance(found, Refusal):
        return [found]
    body, version, header = found
    invalid = _invalid(f"{BODY}-{version}.json", body)
    if invalid is not None:
        return [invalid]
    return [_normal(body, header, setting)]


def data_point(body: Mapping[str, Json], schema: str) -> dict[str, Json]:
    """A bare body as a data point; its id is made of its content, its creation is when it was measured."""
    namespace, _, rest = schema.partition(":")
    name, _, version = rest.partition(":")
    valid = check_openmhealth(body, schema) is None
    at = _instant(body.get("effective_time_frame")) if valid else None
    created = at.isoformat() if isinstance(at, datetime) else "1970-01-01T00:00:00+00:00"
    header = {
        "id": _made_id(body),
        "creation_date_time": created,
        "schema_id": {"namespace": namespace, "name": name, "version": version},
    }
    return {"header": header, "body": dict(body)}


def _body(document: Json, schema: str | None) -> tuple[Mapping[str, Json], str, Mapping[str, Json]] | Refusal:
    """The body, the version of its schema, and the header (empty for a bare body)."""
    if not isinstance(document, Mapping):
        return refuse("document_invalid", value="it is no JSON object")
    header: Mapping[str, Json] = {}
    body: Json = document
    if "header" in document:
        found = _invalid(HEADERS, document["header"], "header")
        if found is not None:
            return found
        header, body = document["header"], document.get("body")
        named = header["schema_id"]
        schema = f"{named['namespace']}:{named['name']}:{named['version']}"
        if not isinstance(body, Mapping):
            return refuse("document_invalid", field="body", value="body is missing or no object")
    if schema is None:
        return refuse("schema_missing", field="header")
    namespace, _, rest = schema.partition(":")
    name, _, version = rest.partition(":")
    if namespace != "omh" or name != BODY or version not in VERSIONS:
        return refuse("schema_unknown", field="header.schema_id", value=schema[:80])
    return body, version, header


def _normal(body: Mapping[str, Json], header: Mapping[str, Json], setting: str) -> NormalReading | Refusal:
    if "descriptive_statistic" in body:
        return refuse("aggregate_refused", field="descriptive_statistic")
    at = _instant(body.get("effective_time_frame"))
    if isinstance(at, Refusal):
        return at
    components: dict[str, Decimal] = {}
    for name in ("systolic", "diastolic"):
        value = number(body[f"{name}_blood_pressure"]["value"])
        if value is None:
            return refuse("number_invalid", field=name)
        components[name] = value
    source = header.get("acquisition_provenance", {})
    context = {"setting": setting}
    for word, known in (
        ("source", _MODALITIES.get(source.get("modality", ""))),
        ("posture", body.get("body_posture") or body.get("position_during_measurement")),
        ("location", body.get("measurement_location")),
        ("activity", body.get("temporal_relationship_to_physical_activity")),
    ):
        if known:
            context[word] = known
    return NormalReading(
        id=header.get("id") or _made_id(body),
        measure="blood_pressure",
        at=at,
        components=components,
        context=context,
        device=str(source.get("source_name", "")),
    )


def _instant(frame: Json) -> datetime | Refusal:
    """When it was measured: the instant, or the end of the interval."""
    if not isinstance(frame, Mapping):
        return refuse("time_missing", field="effective_time_frame")
    if "date_time" in frame:
        found = instant(frame["date_time"])
        return found or refuse("time_invalid", field="effective_time_frame", value="date_time")
    interval = frame["time_interval"]
    if "part_of_day" in interval:
        return refuse("time_invalid", field="effective_time_frame", value="part_of_day")
    if "end_date_time" in interval:
        found = instant(interval["end_date_time"])
        return found or refuse("time_invalid", field="effective_time_frame", value="end_date_time")
    start = instant(interval["start_date_time"])
    seconds = _SECONDS.get(str(interval["duration"]["unit"]))
    length = number(interval["duration"]["value"])
    if start is None or seconds is None or length is None:
        return refuse("time_invalid", field="effective_time_frame", value="duration")
    try:
        return start + timedelta(seconds=float(length) * seconds)
    except OverflowError:
        return refuse("time_invalid", field="effective_time_frame", value="duration")


def _made_id(body: Mapping[str, Json]) -> str:
    """The id of a bare body: by its content, so that the same file read twice is the same reading."""
    plain = json.loads(json.dumps(body, default=str))
    return "omh-" + hashlib.sha256(canonical(plain).encode()).hexdigest()[:32]


# --------------------------------------------------------------------------- schemas


def _invalid(schema: str, value: Json, at: str = "") -> Refusal | None:
    error = best_match(_validator(schema).iter_errors(value))
    if error is None:
        return None
    path = ".".join([*([at] if at else []), *(str(part) for part in error.absolute_path)])
    return refuse("document_invalid", field=path or None, value=_words(error, path))


def _words(error: ValidationError, path: str) -> str:
    """What is wrong, in the words of the schema: never a value of the document."""
    where = path or "the document"
    rule, wanted = str(error.validator), cast("Any", error.validator_value)
    if rule == "required" and isinstance(error.instance, Mapping):
        missing = [name for name in wanted if name not in error.instance]
        return f"{where} lacks {', '.join(missing)}"
    if rule == "enum":
        return f"{where} is none of {', '.join(str(v) for v in wanted)}"
    if rule == "type":
        return f"{where} is no {wanted}"
    if rule == "format":
        return f"{where} is no {wanted}"
    return f"{where} does not satisfy '{rule}'"


@cache
def _validator(name: str) -> Draft4Validator | Draft7Validator:
    schema = _schema(name)
    kind = Draft7Validator if "draft-07" in schema["$schema"] else Draft4Validator
    # Where a schema names no id of its own, relative references start from this one.
    return kind({"$ref": _OMH + name}, registry=_registry(), format_checker=kind.FORMAT_CHECKER)


@cache
def _registry() -> Registry[Json]:
    return Registry(retrieve=_retrieve)  # type: ignore[call-arg]


def _retrieve(uri: str) -> Resource[Json]:
    """A schema of this package by its address; nothing is ever fetched."""
    name = uri.removeprefix(_OMH)
    if uri.startswith(_IEEE):
        # IEEE 1752.1 took these over from Open mHealth under the same names: see schemas/SOURCE.md.
        name = re.sub(r"-(\d+)\.\d+\.json$", r"-\1.x.json", uri.removeprefix(_IEEE))
    found = _newest(name)
    if found is None:
        raise LookupError(uri)
    schema = _schema(found)
    return (DRAFT7 if "draft-07" in schema["$schema"] else DRAFT4).create_resource(schema)


def _newest(name: str) -> str | None:
    names = _names()
    if name in names:
        return name
    match = _NEWEST.fullmatch(name)
    if match is None:
        return None
    stem = f"{match['stem']}-{match['major']}."
    fitting = sorted(n for n in names if n.startswith(stem))
    return fitting[-1] if fitting else None


@cache
def _names() -> frozenset[str]:
    return frozenset(_json_names(entry.name for entry in files("activities.devices.schemas").iterdir()))


def _json_names(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.endswith(".json")]


@cache
def _schema(name: str) -> dict[str, Json]:
    text = (files("activities.devices.schemas") / name).read_text(encoding="utf-8")
    schema: dict[str, Json] = json.loads(text)
    return schema

"""Values at a path of a resource (``target.measure``), and the one date that says when a resource was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final

Json = Any

_DATES: Final[dict[str, tuple[str, ...]]] = {
    "Observation": ("effectiveDateTime", "effectiveInstant", "effectivePeriod", "issued"),
    "Condition": ("onsetDateTime", "onsetPeriod", "recordedDate"),
    "Procedure": ("performedDateTime", "performedPeriod"),
    "Goal": ("startDate", "statusDate"),
    "AdverseEvent": ("date", "detected", "recordedDate"),
    "MedicationRequest": ("authoredOn",),
    "MedicationStatement": ("effectiveDateTime", "effectivePeriod", "dateAsserted"),
    "MedicationDispense": ("whenHandedOver", "whenPrepared"),
    "QuestionnaireResponse": ("authored",),
    "Encounter": ("period",),
    "Immunization": ("occurrenceDateTime",),
    "ServiceRequest": ("authoredOn",),
    "Communication": ("sent",),
    "Appointment": ("start",),
}
_CODES: Final[dict[str, tuple[str, ...]]] = {
    "AdverseEvent": ("event",),
    "Immunization": ("vaccineCode",),
    "MedicationRequest": ("medicationCodeableConcept",),
    "MedicationStatement": ("medicationCodeableConcept",),
    "MedicationDispense": ("medicationCodeableConcept",),
    "Goal": ("description",),
    "Encounter": ("type", "class"),
}


_STEP: Final = re.compile(r"(?P<name>\w+)(?:\[(?P<key>\w+)=(?P<code>[^\]]+)\])?(?:\.(?P<rest>.+))?")


def at_path(value: Json, path: str) -> Iterator[Json]:
    """Every value at a dotted path; lists are walked through. Nothing where the path leads nowhere.

    ``target[measure=8480-6].detailQuantity`` takes only the targets whose measure has that code.
    """
    step = _STEP.fullmatch(path)
    if step is None:
        return
    here, rest = step["name"], step["rest"] or ""
    if isinstance(value, list):
        for item in value:
            yield from at_path(item, path)
        return
    if not isinstance(value, Mapping) or here not in value:
        return
    found = value[here]
    if step["key"]:
        items = found if isinstance(found, list) else [found]
        found = [item for item in items if step["code"] in _codes(item, step["key"])]
    if rest:
        yield from at_path(found, rest)
    elif isinstance(found, list):
        yield from found
    else:
        yield found


def _codes(value: Json, path: str) -> set[str]:
    return {code for found in at_path(value, path) for _, code in tokens(found)}


def tokens(value: Json) -> Iterator[tuple[str | None, str]]:
    """The codes of a value: (system, code) of a coding or concept, (None, text) of a word, a date, a number."""
    if isinstance(value, Mapping):
        for coding in value.get("coding", ()):
            yield from tokens(coding)
        if "code" in value and isinstance(value["code"], str):
            yield (value.get("system"), value["code"])
        if isinstance(value.get("reference"), str):
            yield (None, value["reference"])
    elif isinstance(value, bool):
        yield (None, "true" if value else "false")
    elif value is not None and not isinstance(value, list):
        yield (None, str(value))


def code_paths(kind: str) -> tuple[str, ...]:
    """Where a kind of resource says what it is about."""
    return _CODES.get(kind, ("code",))


def when_of(resource: Mapping[str, Json], zone: tzinfo = UTC) -> datetime | None:
    """When a resource was (UTC); the end of a period, else its start. None where it does not say."""
    for name in _DATES.get(str(resource.get("resourceType")), ("date",)):
        value = resource.get(name)
        if isinstance(value, Mapping):
            value = value.get("end") or value.get("start")
        found = instant_of(value, zone)
        if found is not None:
            return found
    return None


def instant_of(value: Json, zone: tzinfo = UTC) -> datetime | None:
    """A FHIR date, dateTime or instant as an instant (UTC). A date without a time is its first moment in ``zone``,
    ``2023`` and ``2023-11`` are their first day. None for anything else."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    whole = {4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text)
    try:
        if len(whole) == len("2023-11-21"):
            day = date.fromisoformat(whole)
            return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        found = datetime.fromisoformat(whole)
    except ValueError:
        return None
    return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).astimezone(UTC)

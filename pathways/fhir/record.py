"""One patient's record out of a FHIR R4 Bundle: readings, and resources that facts are read from.

The bundle is taken as the whole record. Numbers stay exact when the caller parses JSON floats as ``Decimal``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

from pathways.fhir.paths import at_path, tokens, when_of
from pathways.fhir.systems import AS_WELL, HOME, LOINC, SNOMED, UCUM
from pathways.lang.catalogue import CatalogueMeasure
from pathways.lang.units import comparable, convert, ucum_of

Json = Any
_GONE = frozenset({"entered-in-error", "cancelled", "preliminary", "registered", "unknown"})


class NotARecordError(ValueError):
    """What was given is no bundle of one patient; the message says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of a measure of the catalogue, in its units. ``context`` holds setting and source."""

    key: str
    measure: str
    at: datetime
    values: Mapping[str, Decimal]
    context: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A resource, or a part of one, that was not used: where it stands in the bundle and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """What a bundle says about its patient up to ``now``."""

    patient: Mapping[str, Json]
    resources: tuple[Mapping[str, Json], ...]
    readings: tuple[Reading, ...]
    left_out: tuple[LeftOut, ...]
    now: datetime
    zone: tzinfo = UTC


@dataclass(slots=True)
class _Single:
    """One component that stands in an Observation of its own, until its partner of the same instant is found."""

    measure: str
    at: datetime
    path: str
    key: str
    context: dict[str, str]
    values: dict[str, Decimal] = field(default_factory=dict)


def read_record(
    bundle: Json, measures: Mapping[str, CatalogueMeasure], now: datetime, zone: tzinfo = UTC
) -> PatientRecord:
    """The record of the one patient of a bundle as it was known at ``now``.

    What is dated after ``now``, entered in error, of another patient or without what a reading needs is left out, and
    said. A measurement setting other than home is the clinic: records of a practice name the exception.

    Raises:
        NotARecordError: No Bundle, no Patient in it, or more than one.
    """
    entries = _entries(bundle)
    patients = [r for _, r in entries if r.get("resourceType") == "Patient"]
    if len(patients) != 1:
        raise NotARecordError(f"a bundle with one Patient is wanted, this one has {len(patients)}")
    reader = _Reader(patients[0], measures, now, zone)
    for path, resource in entries:
        reader.take(path, resource)
    reader.close_singles()
    readings = tuple(sorted(reader.readings, key=lambda r: (r.at, r.key)))
    return PatientRecord(patients[0], tuple(reader.kept), readings, tuple(reader.left_out), now, zone)


def _entries(bundle: Json) -> list[tuple[str, Mapping[str, Json]]]:
    if not isinstance(bundle, Mapping) or bundle.get("resourceType") != "Bundle":
        raise NotARecordError("the file holds no FHIR Bundle (resourceType Bundle)")
    entries = bundle.get("entry", [])
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise NotARecordError("Bundle.entry is no list")
    out: list[tuple[str, Mapping[str, Json]]] = []
    for number, entry in enumerate(entries):
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        if not isinstance(resource, Mapping):
            raise NotARecordError(f"Bundle.entry[{number}].resource is no object")
        out.append((f"Bundle.entry[{number}].resource", resource))
    return out


class _Reader:
    def __init__(
        self, patient: Mapping[str, Json], measures: Mapping[str, CatalogueMeasure], now: datetime, zone: tzinfo
    ) -> None:
        self.patient, self.now, self.zone = patient, now, zone
        self.measures = measures
        self.panels = {code: name for name, m in measures.items() for code in (m.code, *AS_WELL.get(m.code, ()))}
        self.kept: list[Mapping[str, Json]] = []
        self.readings: list[Reading] = []
        self.left_out: list[LeftOut] = []
        self.singles: dict[tuple[str, datetime], _Single] = {}

    def take(self, path: str, resource: Mapping[str, Json]) -> None:
        if resource.get("resourceType") == "Patient":
            return
        why = self._unfit(resource)
        if why:
            self.left_out.append(LeftOut(path, why))
            return
        self.kept.append(resource)
        if resource.get("resourceType") == "Observation":
            self._observation(path, resource)

    def _unfit(self, resource: Mapping[str, Json]) -> str:
        status = resource.get("status")
        if isinstance(status, str) and status in _GONE and resource.get("resourceType") == "Observation":
            return f"its status is {status}"
        if status == "entered-in-error" or "entered-in-error" in {
            code for found in at_path(resource, "verificationStatus") for _, code in tokens(found)
        }:
            return "it was entered in error"
        subject = next(iter(at_path(resource, "subject.reference")), None) or next(
            iter(at_path(resource, "patient.reference")), None
        )
        mine = self.patient.get("id")
        if isinstance(subject, str) and mine and "Patient/" in subject and subject.rsplit("/", 1)[-1] != mine:
            return "it is about another patient"
        at = when_of(resource, self.zone)
        if at is not None and at > self.now:
            return "it is dated after the stated time"
        return ""

    def _observation(self, path: str, resource: Mapping[str, Json]) -> None:
        codes = {code for system, code in tokens(resource.get("code")) if system == LOINC}
        at = when_of(resource, self.zone)
        key = str(resource.get("id") or path)
        panel = next((self.panels[code] for code in sorted(codes) if code in self.panels), None)
        if panel is not None and (resource.get("component") or "value" in self.measures[panel].components):
            if at is None:
                self.left_out.append(LeftOut(path, "it says no time, so it is no reading"))
                return
            values = self._values(path, panel, resource)
            if values:
                self.readings.append(Reading(key, panel, at, values, self._context(resource)))
            return
        self._component_alone(path, codes, at, key, resource)

    def _component_alone(
        self, path: str, codes: set[str], at: datetime | None, key: str, resource: Mapping[str, Json]
    ) -> None:
        for name, measure in self.measures.items():
            for part, component in measure.components.items():
                if component.code not in codes or part == "value":
                    continue
                if at is None:
                    self.left_out.append(LeftOut(path, "it says no time, so it is no reading"))
                    return
                single = self.singles.setdefault((name, at), _Single(name, at, path, key, self._context(resource)))
                value = self._quantity(path, resource, component.unit)
                if value is not None:
                    single.values[part] = value
                return

    def close_singles(self) -> None:
        """Two single Observations of one instant are one reading; one alone is none."""
        for single in self.singles.values():
            needed = [n for n in self.measures[single.measure].components if n != "pulse"]
            if all(name in single.values for name in needed):
                self.readings.append(Reading(single.key, single.measure, single.at, single.values, single.context))
            else:
                lacking = ", ".join(n for n in needed if n not in single.values)
                self.left_out.append(LeftOut(single.path, f"{lacking} of the same instant is missing"))

    def _values(self, path: str, name: str, resource: Mapping[str, Json]) -> dict[str, Decimal]:
        components = self.measures[name].components
        values: dict[str, Decimal] = {}
        if "value" in components:
            value = self._quantity(path, resource, components["value"].unit)
            return {} if value is None else {"value": value}
        by_code = {component.code: part for part, component in components.items()}
        for number, found in enumerate(resource.get("component", ())):
            codes = [code for system, code in tokens(found.get("code")) if system == LOINC]
            part = next((by_code[code] for code in codes if code in by_code), None)
            if part is not None:
                value = self._quantity(f"{path}.component[{number}]", found, components[part].unit)
                if value is not None:
                    values[part] = value
        lacking = [part for part in components if part not in values and part != "pulse"]
        if lacking:
            self.left_out.append(LeftOut(path, f"it has no {', '.join(lacking)}"))
            return {}
        return values

    def _quantity(self, path: str, holder: Mapping[str, Json], unit: str) -> Decimal | None:
        value, why = quantity(holder.get("valueQuantity"), unit)
        if value is None:
            self.left_out.append(LeftOut(path, why))
        return value

    def _context(self, resource: Mapping[str, Json]) -> dict[str, str]:
        settings = {
            token
            for extension in resource.get("extension", ())
            for name in ("valueCoding", "valueCodeableConcept")
            for token in tokens(extension.get(name))
        }
        by = [str(found) for found in at_path(resource, "performer.reference")]
        home = (SNOMED, HOME) in settings or any(ref.startswith(("Patient/", "RelatedPerson/")) for ref in by)
        context = {"setting": "home" if home else "clinic"}
        if resource.get("device"):
            context["source"] = "device"
        else:
            context["source"] = "patient" if home else "clinician"
        return context


def quantity(found: Json, unit: str) -> tuple[Decimal | None, str]:
    """The number of a Quantity in ``unit`` (UCUM), or None and why not. A unit for display counts where no code is."""
    if not isinstance(found, Mapping) or "value" not in found:
        return None, "it has no valueQuantity"
    if found.get("comparator"):
        return None, f"its value is only known as {found['comparator']} a number"
    number = found["value"]
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        return None, "its value is no number"
    given = found.get("code") if found.get("system") in {UCUM, None} else None
    source = ucum_of(str(given or found.get("unit") or "1"))
    if source is None or not comparable(source, unit):
        return None, f"its unit {given or found.get('unit')!r} is not one of {unit}"
    try:
        return convert(Decimal(str(number)), source, unit), ""
    except (InvalidOperation, ValueError):
        return None, "its value is no number"

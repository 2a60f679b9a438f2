"""Facts read from a patient's record: what ``from: fhir.Goal?target.measure=8480-6#target.detailQuantity`` means.

A source is ``fhir.<Resource>[?<path>=<code>,<code>&…][#<path>]``. The part after ``?`` chooses resources: each path
must hold one of the codes (``system|code``, ``short:code`` or the code alone; ``*`` stands for anything, ``!`` before
the path turns it round). ``within=14 days`` keeps those of the last 14 days before the stated time,
``past=target.dueDate`` those with such a date before it, ``newest=code`` the newest of those that meet the tests before
it. The part after ``#`` is where the value stands; ``target[measure=8480-6]`` are the targets with that measure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pathways.fhir.paths import at_path, code_paths, instant_of, tokens, when_of
from pathways.fhir.record import PatientRecord, quantity
from pathways.fhir.systems import short_code
from pathways.lang.plan import Fact

Json = Any
_SOURCE: Final = re.compile(
    r"fhir\.(?P<kind>[A-Z][A-Za-z]+)(?:\?(?P<query>[^#]+))?(?:#(?P<path>[A-Za-z][\w.\[\]=-]*))?"
)
_WITHIN: Final = re.compile(r"(\d{1,5}) (day|week|month|year)s?")
_DAYS: Final = {"day": 1, "week": 7, "month": 30, "year": 365}
_ACTIVE: Final = frozenset({"active", "recurrence", "relapse"})
_OVER: Final = frozenset({"stopped", "cancelled", "completed", "entered-in-error", "draft"})
_SEXES: Final = {"male": "male", "female": "female"}


class SourceError(ValueError):
    """A ``from`` that starts with ``fhir.`` and is not of the form; the message says what is wanted."""


@dataclass(frozen=True, slots=True)
class Test:
    """One test of a source: a path must (not) hold one of the codes."""

    path: str
    wanted: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed source. ``days``: only so many days back, None for the whole record."""

    kind: str
    tests: tuple[Test, ...] = ()
    days: int | None = None
    path: str = ""


def read_source(text: str) -> Source:
    """Parse a source.

    Raises:
        SourceError: It is not of the form.
    """
    found = _SOURCE.fullmatch(text.strip())
    if found is None:
        raise SourceError(f"{text!r} is not fhir.<Resource>[?<path>=<code>&…][#<path>]")
    tests: list[Test] = []
    days: int | None = None
    for part in (found["query"] or "").split("&") if found["query"] else ():
        name, equals, value = part.partition("=")
        if not equals or not name.strip("!") or not value:
            raise SourceError(f"{part!r} in {text!r} is not <path>=<code>")
        if name == "within":
            span = _WITHIN.fullmatch(value.strip())
            if span is None:
                raise SourceError(f"within={value} in {text!r} is no number of days, weeks, months or years")
            days = int(span[1]) * _DAYS[span[2]]
            continue
        tests.append(Test(name.lstrip("!"), tuple(v.strip() for v in value.split(",")), name.startswith("!")))
    return Source(found["kind"], tuple(tests), days, found["path"] or "")


def facts_of(record: PatientRecord, facts: Iterable[Fact]) -> dict[str, Json]:
    """The facts that a record answers, in the shape ``carepath expand --facts`` takes.

    A bundle is the whole record of its patient: where nothing is found, a list of codes is empty, a yes_no is no and
    a count is 0; a quantity, a date, a word stays unknown. Facts without a source stay unknown, except age and sex.

    Raises:
        SourceError: A source that is not of the form.
    """
    out: dict[str, Json] = {}
    for fact in facts:
        value = _value(record, fact)
        if value is not None:
            out[fact.id] = value
    return out


def _value(record: PatientRecord, fact: Fact) -> Json:
    if fact.type == "age" and fact.source is None:
        birth = record.patient.get("birthDate")
        return {"birth": birth} if isinstance(birth, str) and len(birth) == len("1970-01-28") else None
    if fact.type == "sex" and fact.source is None:
        return _SEXES.get(str(record.patient.get("gender")))
    if fact.source is None or not fact.source.startswith("fhir."):
        return None
    source = read_source(fact.source)
    found = chosen(record, source)
    if fact.type == "yes_no":
        return bool(found)
    if fact.type == "count":
        return len(found)
    if fact.type in {"codes", "medicines"}:
        codes = sorted({code for resource in found for code in _codes(record, resource, source)})
        return [{"id": code} for code in codes] if fact.type == "medicines" else codes
    return _newest(record, fact, source, found)


def chosen(record: PatientRecord, source: Source) -> list[Mapping[str, Json]]:
    """The resources a source chooses, in the order of the record."""
    found = [r for r in _all(record, source.kind) if _fits(record, r, source)]
    for test in source.tests:
        if test.path == "newest":
            found = _in_time(record, found)[:1]
        elif test.path == "past":
            found = [r for r in found if _is_past(record, r, test.wanted[0])]
        else:
            found = [r for r in found if _holds(r, test)]
    return found


def _is_past(record: PatientRecord, resource: Mapping[str, Json], path: str) -> bool:
    moments = [instant_of(value, record.zone) for value in at_path(resource, path)]
    return any(moment is not None and moment < record.now for moment in moments)


def _in_time(record: PatientRecord, found: list[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    """The newest first, those without a time last; of two of the same time the later in the record."""
    dated = [(when_of(r, record.zone), number, r) for number, r in enumerate(found)]
    order = sorted(dated, key=lambda row: (row[0] is not None, row[0] or record.now, row[1]), reverse=True)
    return [resource for _, _, resource in order]


def _all(record: PatientRecord, kind: str) -> Iterable[Mapping[str, Json]]:
    if kind == "Patient":
        return (record.patient,)
    return (r for r in record.resources if r.get("resourceType") == kind)


def _fits(record: PatientRecord, resource: Mapping[str, Json], source: Source) -> bool:
    named = {test.path.partition(".")[0] for test in source.tests}
    if not _stands(record, resource, named):
        return False
    if source.days is not None:
        at = when_of(resource, record.zone)
        if at is None or at < record.now - timedelta(days=source.days):
            return False
    return True


def _stands(record: PatientRecord, resource: Mapping[str, Json], named: set[str]) -> bool:
    """Whether a resource still holds: a Condition that is over, a stopped prescription, a cancelled Goal do not,
    unless the source asks for the status itself."""
    kind = resource.get("resourceType")
    if kind == "Condition" and "clinicalStatus" not in named:
        status = {code for _, code in tokens(resource.get("clinicalStatus"))}
        refuted = "refuted" in {code for _, code in tokens(resource.get("verificationStatus"))}
        over = instant_of(resource.get("abatementDateTime"), record.zone)
        past = resource.get("abatementDateTime") is not None and (over is None or over <= record.now)
        return not refuted and not past and (not status or bool(status & _ACTIVE))
    if kind == "Goal" and "lifecycleStatus" not in named:
        return resource.get("lifecycleStatus") not in {"cancelled", "rejected", "entered-in-error", "proposed"}
    if kind in {"MedicationRequest", "MedicationStatement"} and "status" not in named:
        return resource.get("status") not in _OVER
    if kind == "Procedure" and "status" not in named:
        return resource.get("status") not in {"not-done", "entered-in-error", "preparation"}
    return True


def _holds(resource: Mapping[str, Json], test: Test) -> bool:
    paths = code_paths(str(resource.get("resourceType"))) if test.path == "code" else (test.path,)
    found = [token for path in paths for value in at_path(resource, path) for token in tokens(value)]
    hit = any(_same(system, code, wanted) for system, code in found for wanted in test.wanted)
    return hit != test.negated


def _same(system: str | None, code: str, wanted: str) -> bool:
    if wanted in {"*", code}:
        return True
    if "|" in wanted:
        return wanted == f"{system or ''}|{code}"
    return wanted == short_code(system, code)


def _codes(record: PatientRecord, resource: Mapping[str, Json], source: Source) -> set[str]:
    kind = str(resource.get("resourceType"))
    paths = (source.path,) if source.path else code_paths(kind)
    out = {short_code(s, c) for path in paths for v in at_path(resource, path) for s, c in tokens(v)}
    if not out and not source.path:
        for reference in at_path(resource, "medicationReference.reference"):
            out |= _medication(record, resource, str(reference))
    return out


def _medication(record: PatientRecord, holder: Mapping[str, Json], reference: str) -> set[str]:
    name = reference.lstrip("#").rsplit("/", 1)[-1]
    known = [r for r in record.resources if r.get("resourceType") == "Medication"] + list(holder.get("contained", ()))
    return {short_code(s, c) for r in known if r.get("id") == name for s, c in tokens(r.get("code"))}


def _newest(record: PatientRecord, fact: Fact, source: Source, found: list[Mapping[str, Json]]) -> Json:
    """The value of the newest resource that has one."""
    for resource in _in_time(record, found):
        at = when_of(resource, record.zone)
        if fact.type in {"date", "moment"}:
            place = next(at_path(resource, source.path), None) if source.path else None
            moment = instant_of(place, record.zone) if source.path else at
            if moment is not None:
                local = moment.astimezone(record.zone)
                return local.date().isoformat() if fact.type == "date" else local.isoformat()
        elif fact.type in {"quantity", "age"}:
            unit = "a" if fact.type == "age" else fact.unit or "1"
            for place in at_path(resource, source.path or "valueQuantity"):
                number, _ = quantity(place, unit)
                if number is not None:
                    return {"value": str(number), "unit": unit}
        else:
            for place in at_path(resource, source.path or "valueCodeableConcept"):
                for system, code in tokens(place):
                    return code if code in fact.options else short_code(system, code)
    return None

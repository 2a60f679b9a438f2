"""A patient's record as givens of a scenario: what was measured and answered, as lines with their wall-clock time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from pathways.fhir.forms import OPTION, questionnaire_id
from pathways.fhir.paths import instant_of
from pathways.fhir.record import LeftOut, PatientRecord, Reading
from pathways.fhir.sources import facts_of
from pathways.fhir.words import PATHWAY
from pathways.lang.plan import AskBody, FormField, Plan
from pathways.lang.plan_say import unit_word
from pathways.lang.units import convert, ucum_of

Json = Any
_DONE = frozenset({"completed", "amended"})


def givens_of(record: PatientRecord, plan: Plan, zone: tzinfo) -> tuple[list[dict[str, Json]], list[LeftOut]]:
    """The ``given`` lines of a record for a pathway, in the order of time, and what of it makes no line.

    A reading is one of the first measure of the pathway with that meaning. A QuestionnaireResponse counts where its
    questionnaire is one that the pathway exported. Facts are not here: a scenario states them under ``patient``.
    """
    rows: list[tuple[datetime, dict[str, Json]]] = []
    left = list(record.left_out)
    for reading in record.readings:
        measure = next((m.id for m in plan.measures.values() if m.catalogue == reading.measure), None)
        if measure is None:
            left.append(LeftOut(f"Observation/{reading.key}", f"the pathway does not measure {reading.measure}"))
            continue
        rows.append((reading.at, _reading(measure, reading, plan)))
    for number, resource in enumerate(record.resources):
        if resource.get("resourceType") == "QuestionnaireResponse":
            place = f"QuestionnaireResponse/{resource.get('id') or number}"
            found = _answer(resource, plan, place, left)
            if found is not None:
                rows.append(found)
    rows.sort(key=lambda row: row[0])
    return [{"at": f"{at.astimezone(zone):%Y-%m-%d %H:%M}", **row} for at, row in rows], left


def story_of(record: PatientRecord, plan: Plan, zone: tzinfo) -> tuple[dict[str, Json], list[LeftOut]]:
    """The beginning of a scenario: the patient, when the record begins, and what is given. What is expected is for its
    author to say. The opaque id of the record's patient is not in it.

    Raises:
        SourceError: A fact's ``from`` that is not of the form.
    """
    given, left = givens_of(record, plan, zone)
    first = min((instant.astimezone(zone) for instant in _instants(record)), default=record.now.astimezone(zone))
    patient: dict[str, Json] = {"zone": str(zone)}
    known = facts_of(record, plan.facts.values())
    for name, value in known.items():
        said = _fact(plan.facts[name].type, value, first)
        if said is None:
            left.append(LeftOut(name, f"a fact of type {plan.facts[name].type} has to be written by hand"))
        else:
            patient[name] = said
    return {"pathway": plan.id, "patient": patient, "start": f"{first:%Y-%m-%d} 00:00", "given": given}, left


def _instants(record: PatientRecord) -> Iterator[datetime]:
    yield from (reading.at for reading in record.readings)
    for resource in record.resources:
        if resource.get("resourceType") == "QuestionnaireResponse":
            at = instant_of(resource.get("authored"))
            if at is not None:
                yield at


def _fact(kind: str, value: Json, on: datetime) -> Json:
    """A fact as a scenario writes it; None where it has no short form."""
    if kind == "age" and isinstance(value, Mapping):
        birth = date.fromisoformat(str(value["birth"]))
        years = on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))
        return f"{years} years"
    if kind == "yes_no":
        return "yes" if value else "no"
    if kind == "quantity":
        return f"{_plain(Decimal(str(value['value'])))} {unit_word(value['unit'])}".strip()
    if kind == "medicines":
        return None if value else []
    return value


def _reading(measure: str, reading: Reading, plan: Plan) -> dict[str, Json]:
    units = {c.name: c.unit for c in plan.measures[measure].components}
    values = {name: f"{_plain(value)} {unit_word(units[name])}".strip() for name, value in reading.values.items()}
    said: Json = next(iter(values.values())) if list(values) == ["value"] else values
    return {"reading": {measure: said}, **({} if reading.context.get("setting") == "home" else dict(_setting(reading)))}


def _setting(reading: Reading) -> Iterator[tuple[str, str]]:
    if "setting" in reading.context:
        yield "setting", reading.context["setting"]


def _plain(value: Decimal) -> str:
    return f"{round(value, 6).normalize():f}"


def _answer(
    resource: Mapping[str, Json], plan: Plan, place: str, left: list[LeftOut]
) -> tuple[datetime, dict[str, Json]] | None:
    at = instant_of(resource.get("authored"))
    step = next((s for s in _asked(plan) if str(resource.get("questionnaire")).partition("|")[0] == s[0]), None)
    if step is None:
        left.append(LeftOut(place, "its questionnaire is none of the pathway's"))
        return None
    if at is None or resource.get("status") not in _DONE:
        left.append(LeftOut(place, f"it is {resource.get('status')}" if at is not None else "it says no time"))
        return None
    fields = {field.id: field for field in step[2]}
    form: dict[str, Json] = {}
    for number, item in enumerate(resource.get("item") or ()):
        where = f"{place}.item[{number}]"
        field = fields.get(str(item.get("linkId")))
        value = _value(field, item.get("answer") or ()) if field is not None else None
        if field is None or value is None:
            left.append(LeftOut(where, "the form has no such question" if field is None else "the answer does not fit"))
        else:
            form[field.id] = value
    return at, {"answer": step[1], **({"form": form} if form else {})}


def _asked(plan: Plan) -> Iterator[tuple[str, str, tuple[FormField, ...]]]:
    """The questionnaires of a pathway: address, the step's path, its fields."""
    for phase in plan.phases.values():
        for step in phase.steps:
            if isinstance(step.body, AskBody):
                name = questionnaire_id(phase.id, step.id)
                yield f"{PATHWAY}:{plan.id}#{name}", step.path, step.body.form


def _value(field: FormField, answers: Json) -> Json:
    """The answer as a form of a scenario has it; None where it does not fit the question."""
    found = [_one(field, answer) for answer in answers if isinstance(answer, Mapping)]
    if not found or any(value is None for value in found):
        return None
    return found if field.type == "many_of" else found[0] if len(found) == 1 else None


def _one(field: FormField, answer: Mapping[str, Json]) -> Json:
    if field.type == "yes_no" and isinstance(answer.get("valueBoolean"), bool):
        return "yes" if answer["valueBoolean"] else "no"
    if field.type in {"one_of", "many_of"}:
        coding = answer.get("valueCoding") or {}
        return coding.get("code") if coding.get("system") == OPTION and coding.get("code") in field.options else None
    if field.type == "scale" and "valueInteger" in answer:
        return int(answer["valueInteger"])
    if field.type == "number" and isinstance(answer.get("valueQuantity"), Mapping):
        given = answer["valueQuantity"]
        source = ucum_of(str(given.get("code") or given.get("unit")))
        try:
            number = convert(Decimal(str(given["value"])), str(source), field.unit or "1")
        except (ValueError, ArithmeticError, KeyError):
            return None
        return f"{_plain(number)} {unit_word(field.unit or '1')}".strip()
    text = answer.get({"date": "valueDate", "moment": "valueDateTime", "text": "valueString"}.get(field.type, ""))
    return text if isinstance(text, str) else None

"""Forms as FHIR Questionnaires, and back. Item by item; what an item cannot say is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pathways.fhir.report import Report
from pathways.fhir.texts import fhir_id, get_text, put_text, word_id
from pathways.lang.units import ucum_of

Json = Any
_UNIT: Final = "http://hl7.org/fhir/StructureDefinition/questionnaire-unit"
_LOW: Final = "http://hl7.org/fhir/StructureDefinition/minValue"
_HIGH: Final = "http://hl7.org/fhir/StructureDefinition/maxValue"
OPTION: Final = "urn:carepath:option"
_SCALE: Final = re.compile(r"(-?\d+) to (-?\d+)")
_SIMPLE: Final = {"date": "date", "moment": "dateTime", "text": "text"}
_MEDIA: Final = "http://hl7.org/fhir/StructureDefinition/mimeType"
_FILES: Final = {"photo": "image/jpeg", "voice": "audio/mp4", "signature": "image/png"}
_TYPES: Final = {"yes_no", "one_of", "many_of", "number", "scale", *_SIMPLE, *_FILES}


def questionnaire_of(name: str, title: Mapping[str, str], form: Mapping[str, Json]) -> dict[str, Json]:
    """The Questionnaire of a form. ``name``: its id in FHIR."""
    out: dict[str, Json] = {"resourceType": "Questionnaire", "id": name, "status": "draft", "language": "en"}
    put_text(out, "title", title)
    out["subjectType"] = ["Patient"]
    out["item"] = [_item(field, spec) for field, spec in form.items()]
    return out


def _item(field: str, spec: Mapping[str, Json]) -> dict[str, Json]:
    # What becomes a reading or a fact is answered in words here; the rest of the pathway says what it is.
    kind = next((name for name in spec if name in _TYPES), "text")
    spec = {"text": "optional", **spec} if kind == "text" else spec
    said = spec.get("label") or (spec[kind] if kind == "yes_no" else None)
    item: dict[str, Json] = {"linkId": field}
    words = field.replace("_", " ")
    put_text(item, "text", said if isinstance(said, Mapping) else {"en": words, "zh": words})
    item["type"] = {"yes_no": "boolean", "one_of": "choice", "many_of": "choice", "number": "quantity"}.get(kind, "")
    if kind == "many_of":
        item["repeats"] = True
    if kind in {"one_of", "many_of"}:
        item["answerOption"] = [_option(code, text) for code, text in spec[kind].items()]
    elif kind == "number":
        item["extension"] = [_unit(str(spec[kind]))]
    elif kind == "scale":
        item["type"] = "integer"
        found = _SCALE.fullmatch(str(spec[kind]))
        if found is not None:
            bounds = ((_LOW, int(found[1])), (_HIGH, int(found[2])))
            item["extension"] = [{"url": url, "valueInteger": value} for url, value in bounds]
    elif kind in _SIMPLE:
        item["type"] = _SIMPLE[kind]
    elif kind in _FILES:
        item["type"] = "attachment"
        item["extension"] = [{"url": _MEDIA, "valueCode": _FILES[kind]}]
    if _required(spec, kind):
        item["required"] = True
    return item


def _required(spec: Mapping[str, Json], kind: str) -> bool:
    given = spec.get("required")
    if kind in _SIMPLE or kind in _FILES:
        return spec[kind] == "required" and given not in {False, "no"}
    return given not in {False, "no"}


def _option(code: str, text: Mapping[str, str]) -> dict[str, Json]:
    coding: dict[str, Json] = {"system": OPTION, "code": code}
    put_text(coding, "display", text)
    return {"valueCoding": coding}


def _unit(word: str) -> dict[str, Json]:
    last = word.removeprefix("with ").split(" between ")[0].strip()
    code = ucum_of(last) or last
    coding = {"system": "http://unitsofmeasure.org", "code": code, "display": last}
    return {"url": _UNIT, "valueCoding": coding}


# --------------------------------------------------------------------------- back


def form_of(questionnaire: Mapping[str, Json], path: str, report: Report, reserved: frozenset[str]) -> dict[str, Json]:
    """The form of a Questionnaire: groups are opened out, displays and what the language lacks are told."""
    form: dict[str, Json] = {}
    taken: set[str] = set()
    for key in questionnaire:
        if key not in _READ:
            report.add(f"{path}.{key}", key, "no_place")
    _items(questionnaire.get("item", ()), f"{path}.item", form, taken, report, reserved)
    return form


_READ: Final = frozenset(
    {"resourceType", "id", "status", "title", "_title", "item", "language", "url", "version", "name", "subjectType"}
)
_ITEM: Final = frozenset(
    {"linkId", "text", "_text", "type", "required", "repeats", "answerOption", "extension", "item", "id"}
)


def _items(
    items: Json, path: str, form: dict[str, Json], taken: set[str], report: Report, reserved: frozenset[str]
) -> None:
    for number, item in enumerate(items or []):
        place = f"{path}[{number}]"
        if not isinstance(item, Mapping):
            report.add(place, "item", "shape")
            continue
        kind = str(item.get("type"))
        text, both = get_text(item, "text")
        if kind in {"group", "display"}:
            report.add(place, f"{kind} {text['en'] if text else ''}".strip(), "no_place")
            _items(item.get("item"), f"{place}.item", form, taken, report, reserved)
            continue
        name = _name(item, taken, reserved)
        said = text or {"en": name.replace("_", " "), "zh": name.replace("_", " ")}
        if text is None or not both:
            report.add(f"{place}.text", said["en"], "one_language", name=name)
        form[name] = _field(item, kind, said, place, report)
        for key in item:
            if key not in _ITEM:
                report.add(f"{place}.{key}", key, "no_place")
        _items(item.get("item"), f"{place}.item", form, taken, report, reserved)


def _name(item: Mapping[str, Json], taken: set[str], reserved: frozenset[str]) -> str:
    link = str(item.get("linkId") or "")
    if re.fullmatch(r"[a-z][a-z0-9_]{0,39}", link) and link not in reserved and link not in taken:
        taken.add(link)
        return link
    return word_id(link if re.search("[a-zA-Z]{2}", link) else str(item.get("text") or link), taken, reserved, "item")


def _field(item: Mapping[str, Json], kind: str, said: dict[str, str], place: str, report: Report) -> dict[str, Json]:
    optional = {} if item.get("required") else {"required": "no"}
    if kind == "boolean":
        return {"yes_no": said, **optional}
    if kind in {"choice", "open-choice"}:
        options = _options(item, place, report)
        if options:
            return {"many_of" if item.get("repeats") else "one_of": options, "label": said, **optional}
    extensions = {e.get("url"): e for e in item.get("extension", ()) if isinstance(e, Mapping)}
    if kind in {"integer", "decimal"} and _LOW in extensions and _HIGH in extensions:
        low, high = (extensions[url].get("valueInteger", 0) for url in (_LOW, _HIGH))
        return {"scale": f"{low} to {high}", "label": said, **optional}
    if kind in {"integer", "decimal", "quantity"}:
        unit = extensions.get(_UNIT, {}).get("valueCoding", {})
        word = unit.get("code") or unit.get("display")
        if word and ucum_of(str(word)):
            shown = str(unit.get("display"))
            return {"number": shown if ucum_of(shown) else str(word), "label": said, **optional}
        report.add(place, f"{said['en']}: a number without a unit", "filled_in", detail="text")
    if kind == "attachment":
        media = extensions.get(_MEDIA, {}).get("valueCode")
        ours = next((name for name, one in _FILES.items() if one == media), "photo")
        return {ours: "required" if item.get("required") else "optional", "label": said}
    for ours, theirs in _SIMPLE.items():
        if kind in {theirs, {"text": "string"}.get(theirs, theirs)}:
            return {ours: "required" if item.get("required") else "optional", "label": said}
    if kind not in {"text", "string", "integer", "decimal", "quantity"}:
        report.add(place, f"{said['en']}: type {kind}", "no_place")
    return {"text": "required" if item.get("required") else "optional", "label": said}


def _options(item: Mapping[str, Json], place: str, report: Report) -> dict[str, Json]:
    options: dict[str, Json] = {}
    taken: set[str] = set()
    for number, option in enumerate(item.get("answerOption", ())):
        coding = option.get("valueCoding") or {}
        word = option.get("valueString") or coding.get("display") or coding.get("code") or option.get("valueInteger")
        if word is None:
            report.add(f"{place}.answerOption[{number}]", "option", "no_place")
            continue
        code = str(coding.get("code") or "")
        ours = coding.get("system") == OPTION and code not in taken
        name = code if ours else word_id(str(word), taken, frozenset(), "option")
        taken.add(name)
        text, both = get_text(coding, "display")
        if not both:
            report.add(f"{place}.answerOption[{number}]", str(word), "one_language", name=name)
        options[name] = text or {"en": str(word), "zh": str(word)}
    return options


def questionnaire_id(*parts: str) -> str:
    """The id of a contained Questionnaire."""
    return fhir_id("q", *parts)

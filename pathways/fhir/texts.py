"""Texts in two languages: FHIR's primitive with its translation extension, and the language's ``{en, zh}``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

Json = Any
TRANSLATION: Final = "http://hl7.org/fhir/StructureDefinition/translation"
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")


def put_text(holder: dict[str, Json], key: str, text: Mapping[str, str]) -> None:
    """Write ``{en, zh}`` as an English primitive with a Chinese translation."""
    holder[key] = text["en"]
    content = [{"url": "lang", "valueCode": "zh"}, {"url": "content", "valueString": text["zh"]}]
    holder[f"_{key}"] = {"extension": [{"url": TRANSLATION, "extension": content}]}


def get_text(holder: Mapping[str, Json], key: str) -> tuple[dict[str, str] | None, bool]:
    """``{en, zh}`` of a primitive, and whether both languages are there; (None, True) where it is missing."""
    said = holder.get(key)
    if not isinstance(said, str) or not said.strip():
        return None, True
    beside = holder.get(f"_{key}")
    extensions = beside.get("extension", ()) if isinstance(beside, Mapping) else ()
    for extension in extensions:
        if isinstance(extension, Mapping) and extension.get("url") == TRANSLATION:
            parts = {p.get("url"): p for p in extension.get("extension", ()) if isinstance(p, Mapping)}
            language = str(parts.get("lang", {}).get("valueCode", ""))
            content = parts.get("content", {}).get("valueString") or parts.get("content", {}).get("valueMarkdown")
            if isinstance(content, str) and language[:2] == "zh":
                return {"en": said, "zh": content}, True
            if isinstance(content, str) and language[:2] == "en":
                return {"en": content, "zh": said}, True
    return {"en": said, "zh": said}, False


def word_id(text: str, taken: set[str], reserved: frozenset[str], fallback: str = "step") -> str:
    """A new id in ``snake_case`` made of a text; neither taken nor a word of phrases. It is then taken."""
    name = _NOT_WORD.sub("_", text.lower()).strip("_")[:40].strip("_") or fallback
    if not name[0].isalpha():
        name = f"{fallback}_{name}"
    if name in reserved:
        name = f"{fallback}_{name}"
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    taken.add(found)
    return found


def fhir_id(*parts: str) -> str:
    """An id of FHIR (letters, digits, ``-`` and ``.``, at most 64) out of ids of the language."""
    return ".".join(part.replace("_", "-") for part in parts)[:64]


def plain_id(text: str) -> str:
    """An id of the language out of one that ``fhir_id`` made."""
    return text.replace("-", "_")

"""JSON Schema of pathways and sites, made from the models that the checker itself reads documents with.

A schema says the shape: keys, kinds, words of closed lists, which key needs which. What names, phrases, units and the
document as a whole mean stays the checker's: ``tests/golden/beyond_schema.txt`` lists the findings a schema cannot
have, and a test holds both against every golden file.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Literal

from pydantic.json_schema import GenerateJsonSchema

from pathways.lang import spec_base
from pathways.lang.schema_hints import HINTS, Hint
from pathways.lang.site_spec import SiteSpec
from pathways.lang.spec import PathwaySpec
from pathways.lang.spec_base import MAX_COUNT, Node

Json = dict[str, Any]
Kind = Literal["pathway", "site"]
KINDS: Final[tuple[Kind, ...]] = ("pathway", "site")
DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""What editors know best; nothing newer is needed."""

_PHRASE: Final[Json] = {"anyOf": [{"type": "string", "pattern": r"\S"}, {"type": "number"}, {"const": True}]}
_ID: Final = "^[a-z][a-z0-9_]{0,63}$"
_VERSION: Final = r"^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$"
_YES_NO: Final[Json] = {"enum": ["yes", "no", True, False]}


class _Generator(GenerateJsonSchema):
    """Says what the validators of ``spec_base`` do. One that is not known here is an error, not a gap."""

    def function_before_schema(self, schema: Any) -> Json:
        return self._said(schema, super().function_before_schema(schema))

    def function_after_schema(self, schema: Any) -> Json:
        return self._said(schema, super().function_after_schema(schema))

    def _said(self, schema: Any, made: Json) -> Json:
        function = schema["function"]["function"]
        match getattr(function, "__name__", ""):
            case "_remember":
                return made
            case "_as_written":
                return dict(_PHRASE)
            case "_yes_no":
                return dict(_YES_NO)
            case "_version":
                return {"type": "string", "pattern": _VERSION}
            case "_id":
                return {"type": "string", "pattern": _ID}
            case "_count":
                return {"type": "integer", "minimum": 1, "maximum": MAX_COUNT}
            case "_not_blank":
                return made if "anyOf" in made else {**made, "pattern": r"\S"}
            case "_listed":
                return {"anyOf": [made.get("items", {}), made]}
            case "_filled":
                return _filled(made)
            case name:
                raise TypeError(f"no schema is known for the validator {name!r} of {spec_base.__name__} or beside it")

    def dict_schema(self, schema: Any) -> Json:
        made = super().dict_schema(schema)
        # Keys that are ids look like one; pydantic says so as a pattern over all properties.
        patterns = made.pop("patternProperties", None)
        if patterns:
            ((pattern, value),) = patterns.items()
            made = {**made, "propertyNames": {"pattern": pattern}, "additionalProperties": value}
        return made


def _filled(made: Json) -> Json:
    if made.get("type") == "array":
        return {**made, "minItems": 1}
    if made.get("type") == "object":
        return {**made, "minProperties": 1}
    if "anyOf" in made:
        return {**made, "anyOf": [_filled(one) for one in made["anyOf"]]}
    return made


def schema_of(kind: Kind) -> Json:
    """The JSON Schema of a kind of document; the same release gives the same bytes."""
    model: type[Node] = PathwaySpec if kind == "pathway" else SiteSpec
    made = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    title = {"pathway": "A care pathway", "site": "A site at which care pathways run"}[kind]
    return {"$schema": DRAFT, **_polished(made), "title": title}


def _polished(value: Any, key: str = "") -> Any:
    """Without what only Python has (null, titles of fields, defaults), and with hints where an author writes a key."""
    if isinstance(value, list):
        return [_polished(one) for one in value]
    if not isinstance(value, dict):
        return value
    options = value.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        rest = [one for one in options if one != {"type": "null"}]
        value = {**{k: v for k, v in value.items() if k != "anyOf"}, **(rest[0] if len(rest) == 1 else {"anyOf": rest})}
    made = {k: _polished(v, k) for k, v in value.items() if k not in {"default", "discriminator", "properties"}}
    if isinstance(made.get("title"), str):
        del made["title"]
    if "oneOf" in made and "anyOf" not in made:
        made["anyOf"] = made.pop("oneOf")  # one error in an editor, not one of every kind
    if isinstance(made.get("description"), str):
        made["description"] = " ".join(made["description"].split())
    properties = value.get("properties")
    if isinstance(properties, dict):
        made["properties"] = {name: _hinted(name, _polished(one, name)) for name, one in properties.items()}
    return made


def _hinted(name: str, made: Json) -> Json:
    hint = HINTS.get(name, Hint(f"`{name}`"))
    said: Json = {"description": made.get("description", hint.text)}
    if hint.examples and "$ref" not in made:
        said["examples"] = list(hint.examples)
    if "$ref" in made:
        # Draft 7 looks at nothing beside a reference.
        return {"allOf": [made], **said}
    return {**made, **said}


def plain(value: Any) -> Any:
    """A document as JSON has it: decimals as numbers."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value

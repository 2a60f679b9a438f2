"""What the models of a document are made of: closed nodes and the scalars of the language.

Phrases stay text here; they are parsed in the next pass, where the document's names are known.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Tag,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pathways.lang.diagnostics import Said

_ID = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
_VERSION = re.compile(r"(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\Z")
MAX_COUNT = 10_000


# The tags of unions start with a character that no document can hold: pydantic puts them into the locations of
# errors, and they must not be taken for keys there.


class Trouble(NamedTuple):
    """Why a mapping fits none of several models: a code, and the values of its texts."""

    code: str
    params: dict[str, str]


class Node(BaseModel):
    """A mapping of the document: closed, frozen, strict.

    ``PLACE`` names it for people. ``LATER`` are keys of the language that this release refuses.
    ``MISSING`` gives a missing key a code of its own.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", populate_by_name=False)

    PLACE: ClassVar[Said] = Said("this part", "此部分")
    LATER: ClassVar[frozenset[str]] = frozenset()
    MISSING: ClassVar[dict[str, str]] = {}

    @model_validator(mode="before")
    @classmethod
    def _remember(cls, data: Any, info: ValidationInfo) -> Any:
        """Note which model judges this mapping, so that an error can name the keys that belong here."""
        if isinstance(info.context, dict) and isinstance(data, dict):
            info.context[id(data)] = cls
        return data

    @classmethod
    def known_keys(cls) -> list[str]:
        """The keys an author may write here, in the order of the model."""
        return [f.alias or name for name, f in cls.model_fields.items()]

    @classmethod
    def needed(cls) -> list[str]:
        """The keys an author must write here."""
        return [f.alias or name for name, f in cls.model_fields.items() if f.is_required()]


def _as_written(value: Any) -> Any:
    """A phrase may look like a number or like a truth value: it is text all the same."""
    if value is True:
        return "true"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("empty_value", "empty")
    return value


def _id(value: str) -> str:
    if not _ID.match(value):
        example = re.sub(r"[^a-z0-9]+", "_", value.lower()).strip("_")[:64]
        if not example or not example[0].isalpha():
            example = "first_week"
        raise PydanticCustomError("bad_id", "not an id", {"id": value[:80], "example": example})
    return value


def _version(value: Any) -> Any:
    if not isinstance(value, str) or not _VERSION.match(value):
        raise PydanticCustomError("bad_version", "not a version", {"value": str(value)[:80]})
    return value


def _yes_no(value: Any) -> Any:
    """`yes` and `no` are text in this language's YAML."""
    return {"yes": True, "no": False}.get(value, value) if isinstance(value, str) else value


def _count(value: int) -> int:
    if not 1 <= value <= MAX_COUNT:
        raise PydanticCustomError("out_of_range", "out of range", {"low": "1", "high": f"{MAX_COUNT:,}"})
    return value


def _listed(value: Any) -> Any:
    """One thing may stand alone where a list is expected."""
    return value if isinstance(value, list) else [value]


def _filled(value: Any) -> Any:
    if not value:
        raise PydanticCustomError("empty_value", "empty")
    return value


Phrase = Annotated[str, BeforeValidator(_as_written), AfterValidator(_not_blank)]
"""Words with a grammar: a time, a condition, a quantity."""
Plain = Annotated[str, BeforeValidator(_as_written), AfterValidator(_not_blank)]
"""A text that one language is enough for (a citation, a reason)."""
Name = Annotated[str, AfterValidator(_not_blank)]
"""A reference to something with an id."""
Id = Annotated[str, AfterValidator(_id)]
Version = Annotated[str, BeforeValidator(_version)]
YesNo = Annotated[bool, BeforeValidator(_yes_no)]
Count = Annotated[int, AfterValidator(_count)]
Names = Annotated[list[Name], BeforeValidator(_listed), AfterValidator(_filled)]
"""One name or a list of names."""
Listed = BeforeValidator(_listed)
Filled = AfterValidator(_filled)


class TextSpec(Node):
    """A text that people read, in both languages."""

    PLACE = Said("a text", "文字")
    MISSING: ClassVar[dict[str, str]] = {"en": "missing_translation", "zh": "missing_translation"}

    en: Name
    zh: Name


class AtLeastSpec(Node):
    """``{at_least: 2, of: […], within: 3 days}``."""

    PLACE = Said("a count of conditions", "条件计数")
    at_least: Count
    of: Annotated[list[Condition], AfterValidator(_filled)]
    within: Phrase | None = None


def _condition_kind(data: Any) -> str:
    return "\0at_least" if isinstance(data, dict) else "\0phrase"


Condition = Annotated[
    Annotated[Phrase, Tag("\0phrase")] | Annotated[AtLeastSpec, Tag("\0at_least")],
    Discriminator(_condition_kind),
]
"""A phrase, or a count of conditions."""
AtLeastSpec.model_rebuild()

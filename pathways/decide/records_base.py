"""What every record of a state is: a key, a section, and compact JSON without defaults."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import MISSING, Field, dataclass, fields
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Self, cast

Json = Any


def instant_to_json(value: datetime) -> int | str:
    """Epoch seconds, or ISO text when the instant has a fraction of a second."""
    return value.isoformat() if value.microsecond else int(value.timestamp())


def instant_from_json(value: int | str) -> datetime:
    """The inverse of ``instant_to_json``."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    return datetime.fromtimestamp(value, UTC)


def _same(value: Json) -> Json:
    return value


def _copied(value: Json) -> Json:
    """JSON of its own: a record and its JSON never share what can change, else ``diff`` would miss the change."""
    if isinstance(value, dict):
        return {k: _copied(v) for k, v in value.items()}
    return [_copied(v) for v in value] if isinstance(value, list) else value


def _instants_to_json(value: dict[str, datetime]) -> Json:
    return {k: instant_to_json(v) for k, v in value.items()}


def _instants_from_json(value: dict[str, Json]) -> dict[str, datetime]:
    return {k: instant_from_json(v) for k, v in value.items()}


def _numbers_to_json(value: dict[str, Decimal]) -> Json:
    return {k: str(v) for k, v in value.items()}


def _numbers_from_json(value: dict[str, str]) -> dict[str, Decimal]:
    return {k: Decimal(v) for k, v in value.items()}


_Codec = tuple[Callable[[Any], Json], Callable[[Any], Any]]
_CODECS: dict[str, _Codec] = {
    "datetime": (instant_to_json, instant_from_json),
    "datetime | None": (instant_to_json, instant_from_json),
    "dict[str, datetime]": (_instants_to_json, _instants_from_json),
    "dict[str, Decimal]": (_numbers_to_json, _numbers_from_json),
}


@cache
def _layout(cls: Hashable) -> tuple[tuple[str, Callable[[Any], Json], Callable[[Any], Any], Any], ...]:
    """(field, writer, reader, default) of every field of a record but its key."""
    out = []
    for f in fields(cast("type[Any]", cls)):
        if f.name == "key":
            continue
        changeable = str(f.type).startswith(("dict", "list", "Json"))
        write, read = _CODECS.get(str(f.type), (_copied, _copied) if changeable else (_same, _same))
        out.append((f.name, write, read, _default(f)))
    return tuple(out)


@cache
def _readers(cls: Hashable) -> dict[str, Callable[[Any], Any]]:
    """Field -> reader, of every field but the key."""
    return {name: read for name, _, read, _ in _layout(cls)}


def _hashable(cls: type) -> Hashable:
    """Classes are hashable; records, which may change, are not, and the type checker mixes them up."""
    return cast("Hashable", cls)


def _default(f: Field[Any]) -> Any:
    if f.default is not MISSING:
        return f.default
    if f.default_factory is not MISSING:
        return f.default_factory()
    return MISSING


@dataclass(slots=True)
class Record:
    """Base of all records."""

    section: ClassVar[str] = ""

    key: str

    def to_json(self) -> dict[str, Json]:
        """This record without its key and without defaults."""
        out: dict[str, Json] = {}
        for name, write, _, default in _layout(_hashable(type(self))):
            value = getattr(self, name)
            if value is not None and value != default:
                out[name] = value if write is _same else write(value)
        return out

    @classmethod
    def from_json(cls, key: str, data: dict[str, Json]) -> Self:
        """The record of ``key`` from its JSON; fields of later releases are refused (KeyError)."""
        readers = _readers(_hashable(cls))
        args: dict[str, Any] = {"key": key}
        for name, value in data.items():
            read = readers.get(name)
            if read is None or value is None:
                raise KeyError(f"{cls.__name__} {key}: unknown fields in {sorted(data)}")
            args[name] = value if read is _same else read(value)
        return cls(**args)

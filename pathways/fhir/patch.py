"""The difference of two documents as a merge patch (RFC 7396), and its application. Lists are replaced whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = Any


def difference(before: Mapping[str, Json], after: Mapping[str, Json]) -> dict[str, Json]:
    """What to change so that ``before`` becomes ``after``; None takes a key away."""
    patch: dict[str, Json] = {key: None for key in before if key not in after}
    for key, value in after.items():
        old = before.get(key)
        if key in before and old == value:
            continue
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            patch[key] = difference(old, value)
        else:
            patch[key] = value
    return patch


def patched(before: Mapping[str, Json], patch: Mapping[str, Json]) -> dict[str, Json]:
    """``before`` with the patch applied; keys keep their order, new ones come last."""
    out = dict(before)
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(out.get(key), Mapping):
            out[key] = patched(out[key], value)
        else:
            out[key] = patched({}, value) if isinstance(value, Mapping) else value
    return out


def leaves(patch: Mapping[str, Json], path: str = "") -> Iterator[tuple[str, Json]]:
    """The places a patch sets, with their values; what it takes away is none of them."""
    for key, value in patch.items():
        place = f"{path}.{key}" if path else str(key)
        if isinstance(value, Mapping) and value and path.count(".") < 3 and not {"en", "zh"} <= set(value):
            yield from leaves(value, place)
        elif value is not None:
            yield place, value

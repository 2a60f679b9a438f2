"""Bodies read strictly: JSON only where JSON is meant, no doubled keys, no NaN, nothing that cannot be written again.

What a decision later rests on must mean one thing only: of two values under one key none is taken, and a number that
is not finite never becomes a fact.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.problems import Refusal

Json = Any
DEEPEST: Final = 32
"""Levels of nesting. The deepest document that means something here, a FHIR Bundle, has about twelve."""
MEDIA_TYPES: Final = frozenset({"application/json", "application/fhir+json"})
_SURROGATES: Final = range(0xD800, 0xE000)


def media_type(request: Request) -> str:
    """The media type of the body, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def require_json(request: Request) -> None:
    """Raises Refusal (415) where the body is not said to be JSON."""
    if media_type(request) not in MEDIA_TYPES:
        raise Refusal("unsupported")


def read_strict(raw: bytes) -> Json:
    """One JSON document in UTF-8. Raises Refusal `bad_json`."""
    try:
        found: Json = json.loads(
            raw.decode("utf-8"), parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_no_duplicates
        )
    except (ValueError, RecursionError) as error:
        raise Refusal("bad_json") from error
    if not sound(found):
        raise Refusal("bad_json")
    return found


def sound(document: Json, depth: int = 0) -> bool:
    """Whether a document can be stored and written again: not too deep, no NUL, no half of a character."""
    if isinstance(document, str):
        return not any(letter == "\0" or ord(letter) in _SURROGATES for letter in document)
    if depth >= DEEPEST:
        return not isinstance(document, list | dict)
    if isinstance(document, list):
        return all(sound(item, depth + 1) for item in document)
    if isinstance(document, dict):
        return all(sound(key) and sound(item, depth + 1) for key, item in document.items())
    return True


def _no_constant(word: str) -> Json:
    raise ValueError(word)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _no_duplicates(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("duplicate key")
    return out


class _StrictRequest(Request):
    async def json(self) -> Json:
        """The body, read strictly."""
        try:
            return read_strict(await self.body())
        except Refusal as refusal:
            # What FastAPI turns into an error of validation; anything else would become a bare 400.
            raise json.JSONDecodeError("not strict", "", 0) from refusal


class StrictRoute(APIRoute):
    """A route for callers we know, whose body, if it has one, is strict JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler over a request that reads strictly."""
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def strictly(request: Request) -> Response:
            # Before anything is read: who may not call learns nothing about what would be taken.
            request.app.state.gate(request)
            if takes_body:
                require_json(request)
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly

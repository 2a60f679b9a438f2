"""What every document from outside has in common: exact numbers, strict JSON, instants with an offset."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from activities.intake.normal import writable
from activities.intake.refusals import Refusal, refuse

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d)")


class _NotStrictError(ValueError):
    pass


def read_json(text: str | bytes) -> Any | Refusal:
    """JSON with Decimal numbers; duplicate keys, NaN and infinities are refused."""
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_int=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_no_duplicates,
        )
    except (ValueError, InvalidOperation, RecursionError) as error:
        # What the parser says may quote the document; only its place is told.
        place = (
            f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "not strict"
        )
        return refuse("document_not_json", value=place)


def instant(text: Any) -> datetime | None:
    """An aware UTC instant from ISO 8601 text with an offset; None when it is anything else."""
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        return None
    try:
        value = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return value.astimezone(UTC)


def number(value: Any) -> Decimal | None:
    """A JSON number, exact (140.50 stays 140.50); None for anything else, a truth value too, and for numbers that
    would fill the memory when written out.
    """
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, float)):
        return None
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact if writable(exact) else None


def _no_constant(word: str) -> Any:
    raise _NotStrictError(word)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise _NotStrictError("duplicate key")
    return out

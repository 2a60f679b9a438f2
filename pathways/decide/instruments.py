"""Instruments: questionnaires with a published score."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from pathways.lang.plan import AskBody

Json = Any
Wrong = tuple[str, dict[str, str]] | None


def wrong(body: AskBody, form: dict[str, Json], outcome: str) -> Wrong:
    """Why answers cannot be taken; None when they can. Only an instrument is answered item by item."""
    kind = body.instrument
    if kind is None:
        return ("answer_wrong", {"outcome": outcome}) if outcome == "partly" else None
    missing = [field.id for field in body.form if field.id not in form]
    if outcome == "partly":
        return None if form else ("form_missing", {"field": body.form[0].id})
    return ("form_missing", {"field": missing[0]}) if len(missing) > kind.may_be_missing else None


def values(body: AskBody, form: dict[str, Json], *, whole: bool) -> dict[str, Decimal]:
    """The number of each item that was answered, and of the whole the total.

    Of n items m were answered: the total is their sum times n / m, rounded half up (their sum where all were).
    """
    assert body.instrument is not None
    items = {name: Decimal(str(value)) for name, value in form.items()}
    if not whole:
        return items
    total = (sum(items.values(), Decimal(0)) * len(body.form) / len(items)).quantize(Decimal(1), ROUND_HALF_UP)
    return {body.instrument.total: total, **items}

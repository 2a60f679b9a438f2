"""What every part of a compiled plan is made of: frozen models, texts, quantities, durations.

The compiled plan is a durable contract: it travels in workflow histories for years. Fields may be
added with a default; a field is never renamed or given another meaning (see ``PLAN_SCHEMA``).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

PLAN_SCHEMA = 1
"""Schema number of compiled plans. Raised only together with a reader for the older number."""


class Part(BaseModel):
    """Base of all parts of a plan: immutable, closed, equal by value."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def parts_of(part: object) -> Iterator[Part]:
    """Every part inside something of a plan, itself included, from the outside in and in the order of the plan.

    The plan of a called pathway is left out: it is checked, indexed and said by itself.
    """
    if isinstance(part, Part):
        yield part
        for name, inner in part:
            if isinstance(inner, _HOLDS) and name != "called":
                yield from parts_of(inner)
    elif isinstance(part, tuple):
        for inner in part:
            yield from parts_of(inner)
    elif isinstance(part, dict):
        for inner in part.values():
            yield from parts_of(inner)


_HOLDS: Final = (Part, tuple, dict)
"""What a part may hold parts in; everything else is a leaf."""


class Text(Part):
    """A text that people read, in every language the product speaks."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """The text in ``language`` (a BCP 47 tag; anything starting with ``zh`` is Chinese)."""
        return self.zh if language.lower().startswith("zh") else self.en


class Quantity(Part):
    """A number with a UCUM unit, e.g. ``135 mm[Hg]``. ``unit`` "1" is a plain number."""

    value: Decimal
    unit: str


DurationUnit = Literal["s", "min", "h", "day", "week", "month", "year", "working_day", "working_h"]
CLOCK_UNITS: frozenset[str] = frozenset({"s", "min", "h"})
CALENDAR_UNITS: frozenset[str] = frozenset({"day", "week", "month", "year"})
WORKING_UNITS: frozenset[str] = frozenset({"working_day", "working_h"})


class Duration(Part):
    """A length of time. ``24 h`` is 24 hours of the clock; ``1 day`` is a local calendar day.

    ``amount`` is a whole number, or None when ``param`` names a parameter that holds it.
    Working units follow the roster of the role concerned at the site.
    """

    amount: int | None = None
    unit: DurationUnit
    param: str | None = None


class ClockTime(Part):
    """A wall-clock time of day in the patient's zone."""

    hour: int
    minute: int


class Customary(Part):
    """A customary time of the patient: morning, breakfast, noon, evening, bedtime, dinner.

    ``offset`` is added ("30 min before breakfast" has ``before=True``).
    """

    name: str
    offset: Duration | None = None
    before: bool = False

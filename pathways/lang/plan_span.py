"""Days that a rule watches in, counted from a moment."""

from __future__ import annotations

from pathways.lang.plan_base import Part
from pathways.lang.plan_say import chinese
from pathways.lang.plan_say_when import say_moment
from pathways.lang.plan_when import Moment


class DaySpan(Part):
    """Whole local dates: from ``first`` to ``last`` days after the date of ``of``, both included; negative ones lie
    before it."""

    first: int
    last: int
    of: Moment


def say_span(span: DaySpan, language: str = "en") -> str:
    """The days in words."""
    return span_words(span, say_moment(span.of, language), chinese(language))


def span_words(span: DaySpan, moment: str, zh: bool) -> str:
    """The days in words, with the moment they count from already said."""
    if span.last < 0:
        first, last = -span.first, -span.last
        return f"{moment}前 {first} 至 {last} 天" if zh else f"days {first} to {last} before {moment}"
    return f"{moment}后第 {span.first} 至 {span.last} 天" if zh else f"days {span.first} to {span.last} after {moment}"

"""Phrases of the pathway language: text in, syntax tree or one error out. Never raises on user text.

First ``parse_*`` (grammar only), then ``to_cond`` / ``to_when`` / ``to_moment`` / ``to_duration``
(names resolved, units checked): the front calls both. Offsets count code points from the start of the
phrase. Grammars are built once, at first use.
"""

from __future__ import annotations

from pathways.lang.phrases_cond import to_cond, to_selection
from pathways.lang.phrases_engine import Parsed, PhraseError
from pathways.lang.phrases_parse import (
    parse_clock_time,
    parse_condition,
    parse_count,
    parse_counted,
    parse_date_time,
    parse_duration,
    parse_duration_range,
    parse_enough,
    parse_judge,
    parse_leave_out,
    parse_moment,
    parse_quantity,
    parse_quantity_range,
    parse_remind,
    parse_selection,
    parse_since,
    parse_take,
    parse_until,
    parse_up_to,
    parse_when,
)
from pathways.lang.phrases_time import to_duration, to_moment, to_when

__all__ = [
    "Parsed",
    "PhraseError",
    "parse_clock_time",
    "parse_condition",
    "parse_count",
    "parse_counted",
    "parse_date_time",
    "parse_duration",
    "parse_duration_range",
    "parse_enough",
    "parse_judge",
    "parse_leave_out",
    "parse_moment",
    "parse_quantity",
    "parse_quantity_range",
    "parse_remind",
    "parse_selection",
    "parse_since",
    "parse_take",
    "parse_until",
    "parse_up_to",
    "parse_when",
    "to_cond",
    "to_duration",
    "to_moment",
    "to_selection",
    "to_when",
]

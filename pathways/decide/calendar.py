"""When things are due: schedules and moments turned into instants. Pure; see docs/reference/time.md.

``occurrences`` walks a schedule lazily from any instant without counting up from its start, so that a
journey of years costs no more than one of days.
"""

from __future__ import annotations

from pathways.decide.calendar_grid import blocks, occurrences
from pathways.decide.calendar_moment import add, moment, point_due, point_start
from pathways.decide.calendar_types import (
    CUSTOMARY,
    Block,
    CalendarContext,
    MedicineSlots,
    Point,
    Slot,
    amount_of,
    most_of,
)
from pathways.decide.calendar_zone import add_to_instant, day_start, local_date, local_time, to_utc

__all__ = [
    "CUSTOMARY",
    "Block",
    "CalendarContext",
    "MedicineSlots",
    "Point",
    "Slot",
    "add",
    "add_to_instant",
    "amount_of",
    "blocks",
    "day_start",
    "local_date",
    "local_time",
    "moment",
    "most_of",
    "occurrences",
    "point_due",
    "point_start",
    "to_utc",
]

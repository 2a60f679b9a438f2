"""Compiled time: what a ``when``, ``until`` or ``deadline`` phrase means.

Two kinds of thing: a *moment* (one point in time that may not be known yet) and a *schedule*
(`When`: a moment or a repeat, with bounds). ``pathways.decide.calendar`` turns them into instants.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pathways.lang.plan_base import ClockTime, Customary, Duration, Part
from pathways.lang.plan_cond import Cond, FieldRef


class RandomTime(Part):
    """``random between 09:00 and 21:00``: a minute drawn anew for each date, ``earliest`` and ``latest`` included.

    Of ``of`` parts of that stretch it lies in part ``part`` (from 1). What is drawn follows from the patient, the step
    and the date alone, so it is the same however often it is worked out.
    """

    earliest: ClockTime | Customary
    latest: ClockTime | Customary
    part: int = 1
    of: int = 1


TimeOfDay = ClockTime | Customary | RandomTime


class AnchorMoment(Part):
    """A named anchor: ``enrolment``, ``phase_start``, or a date/moment fact such as ``discharge``."""

    kind: Literal["anchor"] = "anchor"
    name: str


class StepMoment(Part):
    """When a step was done (``after review``), or is due (``before recheck``), by ``edge``.

    ``which`` "last" looks over all phases; "this" is this visit of the phase. ``each`` stands for
    every occurrence ("2 days before each visit": moves and is cancelled with it).
    """

    kind: Literal["step"] = "step"
    step: str
    phase: str | None = None
    edge: Literal["ended", "due"] = "ended"
    which: Literal["this", "last", "each"] = "this"


class SupplyEndMoment(Part):
    """The day the supply of the medicine (of the surrounding for-each) ends."""

    kind: Literal["supply_end"] = "supply_end"


class BookedMoment(Part):
    """``the date booked``: the date staff enter when they book; unknown until then."""

    kind: Literal["booked"] = "booked"


class DayOfPhase(Part):
    """``day n of the phase``: 00:00 of the n-th local date after the date of entry."""

    kind: Literal["day_of_phase"] = "day_of_phase"
    day: int


class OffsetMoment(Part):
    """A moment so much before or after another. Clock units keep the clock exactly; calendar
    units keep the wall-clock time of a base that has one, else the result is a date."""

    kind: Literal["offset"] = "offset"
    base: Moment
    offset: Duration
    before: bool = False


class FieldMoment(Part):
    """A date or moment that somebody answered: a field of the form of a step, or a value kept from a partner. Unknown
    until then."""

    kind: Literal["field"] = "field"
    step: str
    field: str


class AbsoluteMoment(Part):
    """A fixed local date, with a time or open all day."""

    kind: Literal["absolute"] = "absolute"
    date: str
    at: ClockTime | None = None


Moment = Annotated[
    AnchorMoment
    | StepMoment
    | SupplyEndMoment
    | BookedMoment
    | DayOfPhase
    | OffsetMoment
    | AbsoluteMoment
    | FieldMoment,
    Field(discriminator="kind"),
]


class OnceAt(Part):
    """One occurrence at a moment. A moment that is only a date is open from 00:00 and due 23:59
    unless ``at`` gives times of day (then one occurrence each). ``starts_at_once``: also one at phase start."""

    kind: Literal["once"] = "once"
    moment: Moment
    at: tuple[TimeOfDay, ...] = ()
    starts_at_once: bool = False


class DaysAfter(Part):
    """Listed days counted from an anchor's local date (day 0), or days of a cycle (``of`` given:
    day 1 is the anchor's date and the cycle repeats). ``starts_at_once``: also one at phase start."""

    kind: Literal["days"] = "days"
    days: tuple[int, ...]
    of: int | None = None
    anchor: Moment | None = None
    at: tuple[TimeOfDay, ...] = ()
    starts_at_once: bool = False


class BetweenMoments(Part):
    """One occurrence that opens at ``start`` and is due at ``end``."""

    kind: Literal["between"] = "between"
    start: Moment
    end: Moment


class Every(Part):
    """A repeat: every ``n unit`` [on weekdays] [at times] [for ``block`` long].

    ``block`` is the inner stretch of ``every day … for 7 days every 4 weeks``: the inner repeat is
    ``interval``, runs for ``block`` and starts again every ``cycle``. ``times_per_day`` is "3 times a
    day" (slots by customary times); ``starts_at_once`` is "at phase start and …".
    Repeats of weeks or longer without a weekday, and blocks, begin one interval (cycle) after the
    anchor unless ``starts_at_once``.
    """

    kind: Literal["every"] = "every"
    interval: Duration
    weekdays: tuple[int, ...] = ()  # 0 = Monday … 6 = Sunday
    at: tuple[TimeOfDay, ...] = ()
    times_per_day: int | None = None
    block: Duration | None = None
    cycle: Duration | None = None
    starts_at_once: bool = False
    anchor: Moment | None = None  # "every 4 weeks after surgery": the repeat counts from there


class OnDaysOfMonth(Part):
    """``on 1 and 15 of the month``; a day the month does not have is its last day.

    With ``nth`` (1 to 4, -1 for the last) it is those ``weekdays`` (0 = Monday) of the month instead.
    """

    kind: Literal["month_days"] = "month_days"
    days: tuple[int, ...]
    at: tuple[TimeOfDay, ...] = ()
    nth: int = 0
    weekdays: tuple[int, ...] = ()


class NextWorkingDay(Part):
    """The next working day of the site after the anchor (phase entry unless stated)."""

    kind: Literal["next_working_day"] = "next_working_day"
    anchor: Moment | None = None
    at: tuple[TimeOfDay, ...] = ()


class OncePer(Part):
    """``once per calendar year`` / ``once per season flu``."""

    kind: Literal["once_per"] = "once_per"
    period: Literal["calendar_year", "season"]
    season: str | None = None


class EachSlot(Part):
    """``at each slot of the medicine``: the dose slots of every prescription selected."""

    kind: Literal["each_slot"] = "each_slot"


class AsSoonAs(Part):
    """``as soon as <condition>``: on its change from not true to true; re-arms when not true."""

    kind: Literal["as_soon_as"] = "as_soon_as"
    cond: Cond


class Turn(Part):
    """The turn of a member of a group: when the group opens, or the member before has ended; ``wait`` later.
    ``after``: members that must have ended before."""

    kind: Literal["turn"] = "turn"
    group: str
    after: tuple[str, ...] = ()
    wait: Duration | None = None


class OnRequest(Part):
    """Only when staff add it (``required: could``)."""

    kind: Literal["on_request"] = "on_request"


ScheduleBase = Annotated[
    OnceAt
    | DaysAfter
    | BetweenMoments
    | Every
    | OnDaysOfMonth
    | NextWorkingDay
    | OncePer
    | EachSlot
    | AsSoonAs
    | Turn
    | OnRequest,
    Field(discriminator="kind"),
]


class During(Part):
    """``during the 7 days before recheck``: only instants in [start, end) count. The local days
    are whole: the ``days`` local dates before the date of ``before``. ``length`` stands for ``days`` where a
    parameter says how many."""

    days: int
    before: Moment
    length: Duration | None = None


class When(Part):
    """A compiled ``when``. ``text`` is the phrase as written; bounds narrow the base. ``most`` is a parameter that
    stands for ``at_most``, ``most_field`` a field of a form or a value kept from a partner (none before it is known).
    ``counting``: the endings that count for it; without them all that took place."""

    text: str
    base: ScheduleBase
    during: During | None = None
    until: Moment | None = None
    until_cond: Cond | None = None
    while_cond: Cond | None = None
    for_duration: Duration | None = None
    at_most: int | None = None
    most: str | None = None
    most_field: FieldRef | None = None
    counting: tuple[str, ...] = ()


OffsetMoment.model_rebuild()

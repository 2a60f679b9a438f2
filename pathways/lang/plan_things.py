"""Facts, parameters, measures and people of a compiled plan: what steps and rules speak of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pathways.lang.plan_base import Duration, Part, Quantity, Text
from pathways.lang.plan_cond import Cond
from pathways.lang.plan_when import When

Level = Literal["red", "amber", "info", "no_data"]


# --------------------------------------------------------------------------- facts, parameters


FACT_FIELDS: Mapping[str, str] = {
    "age": "number", "quantity": "number", "count": "number", "codes": "text", "medicines": "text",
}  # fmt: skip
"""How a fact is asked for in a form, where its type has no field of its name."""


class Evidence(Part):
    """A citation. ``checked`` is False while nobody compared the numbers with the source."""

    id: str
    cite: str
    year: int | None = None
    checked: bool = True


class Fact(Part):
    """Something known (or not) about the patient. ``type`` is one of: age sex yes_no codes medicines
    quantity count one_of date moment text. Where ``applies_if`` is false, every test on it is false."""

    id: str
    type: str
    source: str | None = None
    applies_if: Cond | None = None
    ask_at: str | None = None
    ask_again: When | None = None
    ask_text: Text | None = None
    options: tuple[str, ...] = ()
    unit: str | None = None
    not_older_than: Duration | None = None


class ParamValue(Part):
    """A value with its citation."""

    value: Quantity
    cite: str


class ParamRow(Part):
    """A value for the patients for whom ``cond`` is true (``by_patient``)."""

    cond: Cond
    value: Quantity
    cite: str


class Adjustable(Part):
    """Bounds inside which staff of ``by`` may set the parameter for one patient."""

    low: Quantity
    high: Quantity
    by: tuple[str, ...]


class Parameter(Part):
    """A named clinical number. ``by_profile`` holds a value for every profile of the pathway
    (``same_as`` is already followed); ``value`` is used where a site names no profile. ``merge``: which number holds
    where another pathway of the patient has one of this name: the lowest, the highest, or this pathway's own."""

    id: str
    unit: str
    value: ParamValue | None
    by_profile: dict[str, ParamValue] = {}
    by_patient: tuple[ParamRow, ...] = ()
    adjustable: Adjustable | None = None
    merge: Literal["lowest", "highest", "mine"] | None = None


class Take(Part):
    """``2 readings 1 min apart``: how many readings make one take."""

    readings: int = 1
    apart: Duration | None = None


class MeasureComponent(Part):
    """One number of a measure. Bounds outside which a reading is refused (implausible). ``optional``: a reading may
    come without it."""

    name: str
    unit: str
    optional: bool = False
    low: Quantity | None = None
    high: Quantity | None = None


class Measure(Part):
    """A measured thing of this pathway; ``catalogue`` is its id there (``blood_pressure``). Steps that ask for it are
    guarded by ``only_if``."""

    id: str
    catalogue: str
    title: Text
    components: tuple[MeasureComponent, ...]
    take: Take = Take()
    where: Cond | None = None
    only_if: Cond | None = None
    not_older_than: Duration | None = None
    sources: tuple[str, ...] = ()


class BaselineDays(Part):
    """``days 1 to 7 after discharge``: local dates so many days after that of the anchor, both included."""

    first: int
    last: int
    anchor: str


class Newest(Part):
    """Only the newest readings of the window: at most ``at_most``, and no more than it takes for their weights to reach
    the parameter ``until``; where they do not, there are too few. ``weights``: setting -> parameter; other settings
    weigh 1."""

    at_most: int | None = None
    until: str | None = None
    weights: dict[str, str] = {}


class Derived(Part):
    """A value computed from readings over a window.

    ``bounds``: the two parameters between which ``share`` and ``time_in`` count. ``days``: a baseline, computed once,
    when the last of these days after its anchor is over, and kept.

    ``where`` filters readings by their ``setting`` and source words. ``min_readings`` and ``min_days``
    make it unknown until there are enough. ``leave_out_first_day`` drops the first local day that
    has readings. ``judge`` "block_end": unknown until the planned block of the steps that feed it
    has closed; "reading": changes with each reading. ``since_phase_start``: readings before this visit
    of the phase do not count.
    """

    id: str
    path: str
    measure: str
    where_words: dict[str, tuple[str, ...]] = {}
    function: Literal[
        "mean", "median", "min", "max", "last", "first", "count", "sum", "change", "percent_change", "trend",
        "variability", "cv", "share", "time_in",
    ]  # fmt: skip
    over: Duration
    leave_out_first_day: bool = False
    min_readings: int = 1
    min_days: int = 1
    judge: Literal["block_end", "reading"] = "reading"
    since_phase_start: bool = False
    bounds: tuple[str, ...] = ()
    days: BaselineDays | None = None
    newest: Newest | None = None


# --------------------------------------------------------------------------- people


class Rung(Part):
    """Who is told, by which channels, and how long an answer is waited for (clock time in a red
    ladder). ``repeat`` times more on the last rung, then ``then`` (only "incident")."""

    tell: str
    by: tuple[str, ...]
    answer_within: Duration
    repeat: int = 0
    then: Literal["incident"] | None = None
    off_duty: Literal["pass", "wait"] = "pass"


class Ladder(Part):
    """Who is told in which order until somebody answers."""

    id: str
    path: str
    rungs: tuple[Rung, ...]


class FormField(Part):
    """One question. ``type``: yes_no one_of many_of number scale date moment text photo voice signature.

    ``ask_if`` false: it is not asked. ``required_if``: needed only where that is true. ``answers``: what else may be
    written for each word, where somebody answers in free text. ``proposed``: what a decision table proposes for a
    choice, ``because`` of what, on which ``grounds`` (a line for each row with its values).
    """

    id: str
    type: str
    label: Text | None = None
    options: dict[str, Text] = {}
    unit: str | None = None
    low: Quantity | None = None
    high: Quantity | None = None
    required: bool = True
    measure: str | None = None
    fact: str | None = None
    ask_if: Cond | None = None
    required_if: Cond | None = None
    answers: dict[str, tuple[str, ...]] = {}
    proposed: str | None = None
    because: Text | None = None
    grounds: tuple[Text, ...] = ()


class TaskSpec(Part):
    """A person's work. ``due`` counts from its opening. ``ladder`` runs when it is late."""

    title: Text
    role: str
    due: Duration | None = None
    form: tuple[FormField, ...] = ()
    ladder: str | None = None
    on_leave: Literal["close", "keep"] = "close"

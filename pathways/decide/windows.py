"""Derived values: a number computed from readings over a window of local days.

A derived value changes only at a reading or a closing block of the steps that feed it, never by time alone.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from pathways.decide import counting
from pathways.decide.calendar import day_start, local_date
from pathways.decide.calendar_zone import add_calendar, clock_delta
from pathways.decide.conditions import Sample, Unknown
from pathways.decide.readings import accepted
from pathways.decide.records import Alarm, Kept, Window
from pathways.decide.statistics_of_readings import FUNCTIONS, Rows, share
from pathways.lang.plan import Derived, Measure, Newest, Plan
from pathways.lang.plan_base import CLOCK_UNITS, Text
from pathways.lang.plan_say import unit_word

if TYPE_CHECKING:
    from pathways.decide.case import Case


def derived_value(case: Case, derived: str, component: str) -> Sample | Unknown:
    """A component of a derived value as it stands now."""
    counted = case.plan.counted.get(derived)
    if counted is not None:
        return counting.value(case, counted)
    if derived not in case.plan.derived:
        step, _, result = derived.partition(".")
        called = case.run.cases.get(case.en.calls.get(step, ""))
        if called is None or result not in called.plan.derived:
            return Unknown("not_called")
        spec = called.plan.derived[result]
        # A caller reads the last value there was: it does not follow the phases of the called pathway.
        window = called.run.state.derived.get(f"{called.id}|{result}") if spec.judge == "block_end" else None
        if window is None or window.closed is None:
            return derived_value(called, result, component)
        return _sample(spec, window, component)
    spec = case.plan.derived[derived]
    window = frozen(case, spec) if spec.judge == "block_end" else _running(case, spec)
    if window is None:
        return Unknown("waiting_for_block_end")
    return _sample(spec, window, component)


def _sample(spec: Derived, window: Window, component: str) -> Sample | Unknown:
    if window.why:
        return Unknown(window.why, window.count, spec.min_readings)
    value = window.values.get(component)
    if value is None or window.newest is None:
        return Unknown("no_value")
    return Sample(value, window.newest, spec.measure, window.count, window.since)


def frozen(case: Case, spec: Derived) -> Window | None:
    """The value of the last closed block, None while none has closed (in this visit, if it says so)."""
    window = case.run.state.derived.get(f"{case.id}|{spec.id}")
    if window is None or window.closed is None:
        return None
    if spec.since_phase_start and case.en.entered is not None and window.visit != case.en.visit:
        return None
    return window


def _running(case: Case, spec: Derived) -> Window:
    cache = case.run.live.cache
    key = ("derived", case.id, spec.id, case.en.visit)
    found: Window | None = cache.get(key)
    if found is None:
        found = cache[key] = compute(case, spec)
    return found


def forget(case: Case, measure: str) -> None:
    """A reading of ``measure`` came or went: what is computed from it is computed again."""
    for spec in case.index.derived_of.get(measure, ()):
        case.run.live.cache.pop(("derived", case.id, spec.id, case.en.visit), None)


def close(case: Case, spec: Derived, at: datetime) -> None:
    """Freeze a derived value: its planned block has closed."""
    window = compute(case, spec)
    window.closed = at
    window.visit = case.en.visit
    case.run.state.derived[window.key] = window
    case.touch("d:" + spec.id)


def compute(case: Case, spec: Derived) -> Window:
    """The value over the readings as they are kept now."""
    rows = _rows(case, spec)
    window = Window(key=f"{case.id}|{spec.id}")
    if not rows:
        window.why = "no_reading" if spec.newest is None else "too_few"
        return window
    dates = {local_date(at, case.zone) for at, _ in rows}
    window.count, window.days = len(rows), len(dates)
    window.newest, window.since = rows[-1][0], rows[0][0]
    if window.count < spec.min_readings or window.days < spec.min_days:
        window.why = "too_few"
        return window
    names = sorted({name for _, kept in rows for name in kept.values})
    for name in names:
        value = _made(case, spec, [(at, kept.values[name]) for at, kept in rows if name in kept.values])
        if value is not None:
            window.values[name] = value
    return window


def _made(case: Case, spec: Derived, rows: Rows) -> Decimal | None:
    """What a function makes of the readings of one component; None where it cannot."""
    if spec.function not in {"share", "time_in"}:
        return FUNCTIONS[spec.function](rows)
    low, high = (case.param(name) for name in spec.bounds)
    return None if low is None or high is None else share(rows, low, high)


_FUNCTIONS_ZH = {
    "mean": "均值", "median": "中位数", "min": "最低值", "max": "最高值", "last": "最近值", "first": "首次值",
    "count": "次数", "sum": "合计", "change": "变化", "percent_change": "变化百分比", "trend": "每日趋势",
    "variability": "标准差", "cv": "变异系数", "share": "达标比例", "time_in": "目标范围内比例",
}  # fmt: skip


def name_of(plan: Plan, spec: Derived) -> Text:
    """What people call a derived value: the author's id in words; in Chinese the measure and what is made of it."""
    measure = plan.measures[spec.measure]
    return Text.model_construct(
        en=spec.id.replace("_", " ").capitalize(), zh=f"{measure.title.zh}{_FUNCTIONS_ZH[spec.function]}"
    )


def values_text(measure: Measure, window: Window) -> str:
    """The values in the order in which the measure has its components ("124/81 mmHg"): those of the first one's unit
    together, others each with their own."""
    units: dict[str, list[str]] = {}
    for component in measure.components:
        value = window.values.get(component.name)
        if value is not None:
            units.setdefault(component.unit, []).append(str(round(value)))
    return ", ".join(f"{'/'.join(values)} {unit_word(unit)}".strip() for unit, values in units.items())


def _rows(case: Case, spec: Derived) -> list[tuple[datetime, Kept]]:
    measure = case.plan.measures[spec.measure]
    since = case.en.entered if spec.since_phase_start else None
    rows = [
        (at, kept)
        for at, _, kept in case.run.live.readings.get(measure.catalogue, ())
        if (since is None or at >= since) and accepted(kept, measure) and _has_words(kept, spec)
    ]
    if not rows:
        return rows
    if spec.days is not None:
        first_day = _anchor_day(case, spec)
        if first_day is None:
            return []
        begin, end = (add_calendar(first_day, day, "day") for day in (spec.days.first, spec.days.last))
        return [row for row in rows if begin <= local_date(row[0], case.zone) <= end]
    newest = rows[-1][0]
    if spec.over.unit in CLOCK_UNITS:
        edge = newest - clock_delta(spec.over.amount or 1, spec.over.unit)
        rows = [row for row in rows if row[0] > edge]
    else:
        first = _first_day(spec, local_date(newest, case.zone))
        rows = [row for row in rows if local_date(row[0], case.zone) >= first]
    if spec.leave_out_first_day and rows:
        start = local_date(rows[0][0], case.zone)
        rows = [row for row in rows if local_date(row[0], case.zone) > start]
    return rows if spec.newest is None else _newest(case, spec.newest, rows)


def _newest(case: Case, wanted: Newest, rows: list[tuple[datetime, Kept]]) -> list[tuple[datetime, Kept]]:
    """The newest readings, oldest first; none where their weights do not come to what is wanted."""
    rows = rows if wanted.at_most is None else rows[-wanted.at_most :]
    if wanted.until is None:
        return rows
    until, sum_ = case.param(wanted.until), Decimal(0)
    for number, (_, kept) in enumerate(reversed(rows), 1):
        named = wanted.weights.get(kept.context.get("setting", ""))
        weight = Decimal(1) if named is None else case.param(named)
        sum_ += weight or 0
        if until is not None and sum_ >= until:
            return rows[-number:]
    return []


def _anchor_day(case: Case, spec: Derived) -> date | None:
    """The local date of day 0 of a baseline."""
    assert spec.days is not None
    anchor = case.anchors(None).get(spec.days.anchor)
    if isinstance(anchor, datetime):
        return local_date(anchor, case.zone)
    return anchor


def plan_baselines(case: Case) -> None:
    """Note when the days of each baseline are over, once the day they count from is known."""
    for spec in case.plan.derived.values():
        key = f"{case.id}|baseline|{spec.id}"
        if spec.days is None or frozen(case, spec) is not None:
            continue
        first_day = _anchor_day(case, spec)
        if first_day is None:
            case.run.state.alarms.pop(key, None)
            continue
        at = day_start(add_calendar(first_day, spec.days.last + 1, "day"), case.zone)
        alarm = case.run.state.alarms.get(key)
        if alarm is None or alarm.at != at:
            alarm = Alarm(key=key, enrolment=case.id, what="baseline", subject=spec.id, at=max(at, case.run.at))
            case.run.state.alarms[key] = alarm
            case.run.live.schedule("alarms", alarm)


def baseline_due(case: Case, alarm: Alarm) -> None:
    """The days of a baseline are over: what it is stays so."""
    del case.run.state.alarms[alarm.key]
    spec = case.plan.derived.get(alarm.subject)
    if spec is not None:
        close(case, spec, case.run.at)


def _first_day(spec: Derived, newest: date) -> date:
    """``over: n days`` is the day of the newest reading and the n-1 local days before it."""
    if spec.function in {"change", "percent_change"}:
        return add_calendar(newest, -(spec.over.amount or 1), spec.over.unit)
    back = add_calendar(newest, -(spec.over.amount or 1), spec.over.unit)
    return add_calendar(back, 1, "day")


def _has_words(kept: Kept, spec: Derived) -> bool:
    return all(kept.context.get(name) in words for name, words in spec.where_words.items())

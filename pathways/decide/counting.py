"""How much was done of what was asked for, and how often it was missed: counted by days, over endings.

A count changes only when something ends, never by time alone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from pathways.decide.calendar import day_start, local_date
from pathways.decide.conditions import Sample, Unknown
from pathways.decide.medicines import prescription_from_json
from pathways.decide.records import Occurrence, Window
from pathways.lang.plan import Counted, DoseBody, Plan
from pathways.lang.plan_base import Text

if TYPE_CHECKING:
    from pathways.decide.case import Case

DONE = frozenset({"done", "done_late", "taken", "taken_late", "read", "passed", "sent"})
ASKED = DONE | {"partly", "missed", "not_taken", "stopped", "no_show"}
"""Endings of what was asked for; what was skipped, cancelled or not delivered was not asked for in the end."""


def ended(case: Case, o: Occurrence, outcome: str, medicine: str = "") -> None:
    """Something ended (of a dose: one medicine): count it on the date on which it was due."""
    if outcome not in ASKED or o.due is None:
        return
    for spec in case.index.counted_of.get(o.step, ()):
        if spec.classes and not _of_class(case, o.step, spec, medicine):
            continue
        window = _window(case, spec)
        day = local_date(o.due, case.zone)
        row = window.by_day.setdefault(day.isoformat(), [0, 0, 0])
        row[0] += 1
        row[1] += outcome in DONE
        row[2] += outcome == "missed"
        _forget_old(window, spec)
        case.touch("d:" + spec.id)


def _of_class(case: Case, path: str, spec: Counted, medicine: str) -> bool:
    body = case.index.steps[path].body
    if not isinstance(body, DoseBody):
        return False
    known = case.run.state.facts.get(f"{case.id}|{body.medicines.fact}")
    rows = (prescription_from_json(row) for row in (known.value or () if known is not None else ()))
    return any(item.id == medicine and set(spec.classes) & set(item.classes) for item in rows)


def _window(case: Case, spec: Counted) -> Window:
    key = f"{case.id}|{spec.id}"
    found = case.run.state.derived.get(key)
    if found is None or (spec.since_phase_start and found.visit != case.en.visit):
        found = case.run.state.derived[key] = Window(key=key, visit=case.en.visit)
    return found


def _forget_old(window: Window, spec: Counted) -> None:
    """Days that no window will look at again: the newest is the last day of every window to come."""
    first = date.fromisoformat(max(window.by_day)) - timedelta(days=spec.days - 1)
    window.by_day = {day: row for day, row in window.by_day.items() if date.fromisoformat(day) >= first}


def value(case: Case, spec: Counted) -> Sample | Unknown:
    """The count as it stands."""
    window = case.run.state.derived.get(f"{case.id}|{spec.id}")
    if window is None or not window.by_day or (spec.since_phase_start and window.visit != case.en.visit):
        return Unknown("nothing_ended")
    rows = window.by_day.values()
    asked, done, missed = (sum(row[place] for row in rows) for place in range(3))
    if asked < spec.min_count or len(window.by_day) < spec.min_days:
        return Unknown("too_few_ended", asked, spec.min_count)
    number = Decimal(missed) if spec.function == "missed" else Decimal(done) / asked * 100
    return Sample(number, _at(case, max(window.by_day)), "", asked, _at(case, min(window.by_day)))


def _at(case: Case, day: str) -> datetime:
    return day_start(date.fromisoformat(day), case.zone)


def name_of(plan: Plan, spec: Counted) -> Text:
    """What people call it."""
    steps = (*plan.throughout, *(step for phase in plan.phases.values() for step in phase.steps))
    title = next((step.title for step in steps if step.id == spec.step), Text(en=spec.step, zh=spec.step))
    if spec.function == "missed":
        zh = f"{title.zh}：{spec.days} 天内漏做次数"
        return Text.model_construct(en=f"{title.en}: missed in {spec.days} days", zh=zh)
    return Text.model_construct(en=f"{title.en}: done in {spec.days} days", zh=f"{title.zh}：{spec.days} 天依从率")

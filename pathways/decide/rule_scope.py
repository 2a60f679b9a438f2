"""Where and when a rule watches: status, phase, profile, days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pathways.decide.calendar import day_start, moment
from pathways.decide.records import RuleRun
from pathways.lang.plan import Rule
from pathways.lang.plan_base import Duration

if TYPE_CHECKING:
    from pathways.decide.case import Case


def in_scope(case: Case, rule: Rule) -> bool:
    """Whether the rule watches now: status, phase, profile, days."""
    en = case.en
    if rule.profiles and case.run.site.profile not in rule.profiles:
        return False
    if rule.in_phases and en.phase not in rule.in_phases:
        return False
    if rule.during is not None:
        days = days_of(case, rule)
        if days is None or not days[0] <= case.run.at < days[1]:
            return False
    if en.status in rule.watch:
        return True
    if en.status != "ended" or en.ended is None:
        return False
    return any(_still(case, watched, en.ended) for watched in rule.watch if watched.startswith("ended"))


def _still(case: Case, watched: str, ended: datetime) -> bool:
    """``ended for 30 days``."""
    words = watched.split()
    if len(words) < 4:
        return True
    unit = words[3].rstrip("s") or "s"
    until = case.after(ended, Duration.model_validate({"amount": int(words[2]), "unit": unit}))
    return until is not None and case.run.at <= until


def days_of(case: Case, rule: Rule) -> tuple[datetime, datetime] | None:
    """The instants [from, to) of ``during``; None while the moment it counts from is not known."""
    if rule.during is None:
        return None
    point = moment(rule.during.of, case.context())
    if point is None:
        return None
    first, last = (point.date + timedelta(days=days) for days in (rule.during.first, rule.during.last + 1))
    return day_start(first, case.zone), day_start(last, case.zone)


def plan_edge(case: Case, rule: Rule, memory: RuleRun) -> None:
    """Note the next instant at which the days of a rule begin or end, which must be woken for."""
    days = days_of(case, rule) if case.en.status in {"active", "paused"} else None
    edge = next((at for at in days or () if at > case.run.at), None)
    if edge == memory.edge_at:
        return
    memory.edge_at = edge
    case.run.watch_again = True
    case.run.live.schedule("rules", memory)

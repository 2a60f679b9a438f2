"""Cards: what the rules of a pathway say about one patient's record at a stated time.

The record is put into the state of a journey, and the conditions of the rules are judged by the decider's own case:
``evaluate`` and a running pathway read a condition alike. Nothing is planned, sent or stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from carepath.expansion.facts import read_facts
from pathways.decide.case import Case
from pathways.decide.conditions import Truth, explain, finding_to_json, verdict
from pathways.decide.readings import spontaneous_take
from pathways.decide.records import Enrolment, Kept, Known, Patient
from pathways.decide.rule_title import title
from pathways.decide.run import Run
from pathways.decide.state import blank
from pathways.fhir.record import PatientRecord
from pathways.fhir.sources import facts_of
from pathways.lang.plan import Action, Escalate, OpenTask, Plan, Rule
from pathways.lang.plan_base import Text
from pathways.lang.site_plan import Site

Json = Any
INDICATOR: Final = {"red": "critical", "amber": "warning"}
"""The level of a rule -> the indicator of its card; every other level is ``info``."""
_WORSE: Final = {"info": 0, "no_data": 1, "amber": 2, "red": 3}
_CASE: Final = "evaluated"


@dataclass(frozen=True, slots=True)
class Card:
    """What one rule says. ``state`` is "true", or "unknown" where a rule says that a person must then look.

    ``why`` is the explained verdict in words, ``finding`` the same as data.
    """

    rule: str
    summary: Text
    indicator: str
    level: str
    state: str
    why: Text
    finding: Mapping[str, object]
    suggestions: tuple[Text, ...] = ()

    def to_json(self, language: str, source: str) -> dict[str, Json]:
        """The card as ``carepath evaluate --json`` prints it."""
        return {
            "summary": self.summary.in_language(language),
            "indicator": self.indicator,
            "detail": self.why.in_language(language),
            "rule": self.rule,
            "level": self.level,
            "state": self.state,
            "suggestions": [{"label": text.in_language(language)} for text in self.suggestions],
            "source": {"label": source},
            "finding": self.finding,
        }


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Everything that came of one pathway. ``eligible``: what ``eligibility`` comes to (true, false, unknown); the
    cards stand whatever it says. ``held_back``: rules that were true while another had the problem in hand."""

    plan: Plan
    eligible: str
    cards: tuple[Card, ...]
    held_back: tuple[str, ...]
    facts: tuple[str, ...]


def evaluate(
    plan: Plan, site: Site, record: PatientRecord, zone: str, now: datetime, given: Mapping[str, Json] | None = None
) -> Evaluated:
    """Judge the rules of a pathway over a record at ``now`` (UTC).

    A rule limited to some phases is judged all the same: nobody is in a phase. The newest accepted reading is the
    reading that is judged; a streak looks at the takes before it. ``given`` facts win over those of the record.

    Raises:
        SourceError: A fact's ``from`` that is not of the form.
        FactsRefusedError: A given fact that the pathway does not have, or of another type.
    """
    facts = {**facts_of(record, plan.facts.values()), **read_facts(plan, given or {}).facts}
    case = _case(plan, site, record, zone, now, facts)
    judged = [(rule, case.truth(rule.cond)) for rule in plan.rules if _in_force(rule, site)]
    true = {rule.id: rule for rule, value in judged if value is Truth.TRUE}
    held_back = [rule.id for rule in true.values() if _in_hand(rule, true.values())]
    cards = [
        _card(case, rule, value)
        for rule, value in judged
        if rule.id not in held_back and (value is Truth.TRUE or (value is Truth.UNKNOWN and rule.unknown.do))
    ]
    return Evaluated(plan, _eligible(case), tuple(cards), tuple(held_back), tuple(sorted(facts)))


def _case(plan: Plan, site: Site, record: PatientRecord, zone: str, now: datetime, facts: Mapping[str, Json]) -> Case:
    """An enrolment that began with the first reading and knows what the record says."""
    state = blank("evaluation", now, Patient(key="patient", zone=zone))
    first = min((reading.at for reading in record.readings), default=now)
    enrolment = Enrolment(
        key=_CASE,
        plan=plan.id,
        number=1,
        status="active",
        enrolled=first,
        phase=plan.first_phase,
        entered=first,
        visit=1,
    )
    state.enrolments[_CASE] = enrolment
    for name, value in facts.items():
        key = f"{_CASE}|{name}"
        state.facts[key] = Known(key=key, value=value, at=now, by="record")
    run = Run({plan.id: plan}, site, state, now)
    for number, reading in enumerate(record.readings):
        # Two Observations may carry one id; each is a reading.
        key = f"{number}:{reading.key}"
        kept = Kept(
            key=key, measure=reading.measure, at=reading.at, values=dict(reading.values), context=dict(reading.context)
        )
        kept.take = spontaneous_take(run.live, reading.measure, key, reading.at)
        state.readings[key] = kept
        run.live.keep(kept)
    return run.cases[_CASE]


def _in_force(rule: Rule, site: Site) -> bool:
    return not rule.profiles or site.profile in rule.profiles


def _in_hand(rule: Rule, others: Sequence[Rule] | Any) -> bool:
    """Whether another true rule, of the same level or worse, stands for this one (``instead_of``)."""
    return any(rule.id in o.instead_of and _WORSE[rule.level] <= _WORSE[o.level] for o in others)


def _eligible(case: Case) -> str:
    eligibility = case.plan.eligibility
    parts = [case.truth(eligibility.include)]
    for exclusion in eligibility.exclude:
        value = case.truth(exclusion.cond)
        parts.append(Truth(Truth.TRUE - value))
    return min(parts).name.lower()


def _card(case: Case, rule: Rule, value: Truth) -> Card:
    judged = verdict(rule.cond, case)
    cites = {p.id: _cite(case.plan, p.value.cite) for p in case.plan.parameters.values() if p.value is not None}
    zone = case.zone
    why = Text(en=explain(judged, "en", zone, cites), zh=explain(judged, "zh", zone, cites))
    finding = finding_to_json(judged.finding)
    if value is Truth.TRUE:
        indicator = INDICATOR.get(rule.level, "info")
        return Card(rule.id, title(rule), indicator, rule.level, "true", why, finding, _suggested(rule.do))
    # What is not known is no alarm, and never nothing: a person has to look.
    indicator = "warning" if rule.level in INDICATOR else "info"
    wanted = _suggested(rule.unknown.do)
    summary = wanted[0] if wanted else title(rule)
    return Card(rule.id, summary, indicator, rule.level, "unknown", why, finding, wanted)


def _suggested(actions: Sequence[Action]) -> tuple[Text, ...]:
    return tuple(a.task.title for a in actions if isinstance(a, OpenTask | Escalate) and a.task is not None)


def _cite(plan: Plan, key: str) -> str:
    return plan.evidence[key].cite if key in plan.evidence else key

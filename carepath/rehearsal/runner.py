"""Runs a scenario on the decider itself, in virtual time.

The loop is that of the real shell: the decider is called when an event arrives and when something is due, the
couriers when a row is due. Time jumps from one to the next; nothing waits, nothing is sent.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from carepath.rehearsal.doing import CannotDoError, Doer
from carepath.rehearsal.expectations import Failure, around, happened, judge, matches
from carepath.rehearsal.ledger import Happening, Ledger
from carepath.rehearsal.model import Act, Scenario, Standing
from carepath.rehearsal.names import Names, names_of
from carepath.rehearsal.seen import Seen
from carepath.rehearsal.times import Clockwork
from pathways.decide.effects import Decision, Show, Timeline
from pathways.decide.events import Body, Delivery, Enrolled, Event
from pathways.decide.journey import decide, new_state
from pathways.decide.state import JourneyState
from pathways.lang.diagnostics import Span
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site

Json = Any

JOURNEY = "rehearsal"
MAX_STILL = 1000
"""Ticks at one instant after which the decider is taken to be going round in a circle."""


@dataclass(frozen=True, slots=True)
class _Due:
    """Something that arrives. ``handoff``: the key a partner's word is about, when a standing line answers it."""

    at: datetime
    act: Act | None
    id: str
    body: Body | None = None
    handoff: str | None = None


@dataclass(slots=True)
class Result:
    """How a scenario went."""

    scenario: Scenario
    failures: list[Failure]
    ledger: Ledger
    seen: Seen
    state: JourneyState
    ticks: int
    show: Show | None = None
    upcoming: datetime | None = None
    """The next instant after the end at which something would happen by itself."""
    lives: int = 0
    """Of a scenario for any patient: how many lives were run."""
    story: str = ""
    """Of a scenario for any patient: the life that was looked at last, as an ordinary scenario."""

    @property
    def passed(self) -> bool:
        """Whether every expectation was met and every line could be done."""
        return not self.failures


@dataclass(slots=True)
class _Run:
    scenario: Scenario
    plans: dict[str, Plan]
    by_hash: dict[str, Plan]
    site: Site
    names: Names
    works: Clockwork
    state: JourneyState
    ledger: Ledger
    doer: Doer
    seen: Seen
    queue: list[tuple[datetime, int, _Due]] = field(default_factory=list)
    order: Any = field(default_factory=count)
    next_due: datetime | None = None
    looked: int = 0
    answered: dict[int, int] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    ticks: int = 0
    show: Show | None = None
    still: int = 0
    acts: dict[str, Act] = field(default_factory=dict)

    def put(self, seen: datetime, due: _Due) -> None:
        heapq.heappush(self.queue, (seen, next(self.order), due))


def run_scenario(scenario: Scenario, plans: Mapping[str, Plan], site: Site) -> Result:
    """Run one scenario from its start to its end and judge what happened.

    Args:
        scenario: as read, without findings.
        plans: by pathway id; those that the scenario names.
        site: the compiled site.
    """
    run = _begin(scenario, {name: plans[name] for name in scenario.pathways}, site)
    while run.still < MAX_STILL and (now := _next(run)) is not None and now <= scenario.end:
        _step(run, now)
    if run.still >= MAX_STILL:
        text = "the decider asks to be called again and again at one instant"
        run.failures.append(Failure("(the run)", text, [], Span(1, 1, 1, 1)))
    if run.still < MAX_STILL and not any(outage.start <= scenario.end < outage.end for outage in scenario.outages):
        # The decider is not called for what changes nothing: what has ended by now is written down at the end.
        _tick(run, [], scenario.end)
    run.seen.finish(run.state)
    found = [judge(one, run.ledger, run.works) for one in scenario.expect]
    failures = run.failures + [failure for failure in found if failure is not None]
    return Result(scenario, failures, run.ledger, run.seen, run.state, run.ticks, run.show, _next(run))


def _begin(scenario: Scenario, plans: dict[str, Plan], site: Site) -> _Run:
    names = names_of(plans)
    ledger = Ledger()
    state = new_state(JOURNEY, scenario.start, scenario.person.profile)
    zone = ZoneInfo(scenario.person.zone)
    works = Clockwork(scenario.start.astimezone(zone).date(), zone)
    doer = Doer(names, state, ledger)
    run = _Run(scenario, plans, {p.sha256: p for p in plans.values()}, site, names, works, state, ledger, doer,
               Seen(plans))  # fmt: skip
    for plan in plans.values():
        run.put(scenario.start, _Due(scenario.start, None, f"enrol.{plan.id}", _enrolled(plan, scenario)))
    for plan in names.plans.values():
        held = [scenario.person.facts.get(f.id) or [] for f in plan.facts.values() if f.type == "medicines"]
        doer.medicines[plan.id] = list(held[0]) if held else []
    for given in scenario.given:
        run.put(given.seen, _Due(given.at, given.act, given.id))
        if given.again is not None:
            run.put(given.again, _Due(given.at, given.act, given.id))
    return run


def _enrolled(plan: Plan, scenario: Scenario) -> Enrolled:
    person = scenario.person
    facts = {name: value for name, value in person.facts.items() if name in plan.facts and value is not None}
    consent = plan.consent if person.consent is None else person.consent
    return Enrolled(plan.id, plan.sha256, facts, consent=consent, anchors=dict(person.anchors))


# --------------------------------------------------------------------------- time


def _next(run: _Run) -> datetime | None:
    """The next instant at which something runs; what falls into an outage runs at its end."""
    found = [run.next_due, run.ledger.courier.next_claim(), run.queue[0][0] if run.queue else None]
    instants = [_outside(run, at) for at in found if at is not None]
    return max(min(instants), run.state.clock) if instants else None


def _outside(run: _Run, at: datetime) -> datetime:
    for outage in run.scenario.outages:
        if outage.start <= at < outage.end:
            return outage.end
    return at


def _step(run: _Run, now: datetime) -> None:
    """Everything of one instant: events, the decider, then the couriers."""
    run.still = run.still + 1 if now <= run.state.clock else 0
    events = _events(run, now)
    if events or (run.next_due is not None and _outside(run, run.next_due) <= now):
        _tick(run, events, now)
    while run.ledger.send(now):
        pass
    _receipts(run, now)
    _standing(run, now)


def _events(run: _Run, now: datetime) -> list[Event]:
    events: list[Event] = []
    while run.queue and _outside(run, run.queue[0][0]) <= now:
        seen, _, due = heapq.heappop(run.queue)
        events += _made(run, due, max(seen, due.at))
    events.sort(key=lambda e: (e.at, e.seen, e.id))
    return events


def _made(run: _Run, due: _Due, seen: datetime) -> list[Event]:
    if due.body is not None or due.act is None:
        return [Event(due.id, due.at, seen, due.body)] if due.body is not None else []
    try:
        if due.handoff is not None:
            bodies: list[tuple[float, Body]] = [(0.0, run.doer.report_on(due.handoff, due.act))]
        else:
            bodies = run.doer.bodies(due.act)
    except CannotDoError as problem:
        if due.id in run.scenario.may_fail:
            return []
        text = f"{run.works.spoken(seen)}: {problem}"
        run.failures.append(Failure(due.act.text, text, around(run.ledger, seen, run.works), due.act.span))
        return []
    out: list[Event] = []
    for number, (after, body) in enumerate(bodies):
        id = due.id if len(bodies) == 1 else f"{due.id}.{number + 1}"
        at = due.at + timedelta(seconds=after)
        run.acts[id] = due.act
        if after and seen < at:
            run.put(at, _Due(at, due.act, id, body))
        else:
            out.append(Event(id, at, max(seen, at), body))
    return out


def _tick(run: _Run, events: list[Event], now: datetime) -> None:
    for event in events:
        run.ledger.courier.store(event)
    decision = decide(run.by_hash, run.site, run.state, events, now)
    run.ticks += 1
    run.next_due = decision.next_due
    run.show = decision.show
    steps = {key: handoff.step for key, handoff in run.state.handoffs.items()}
    ids = {key: task.id for key, task in run.state.tasks.items()}
    lines = [e.data for e in decision.effects if isinstance(e, Timeline)]
    ids |= {str(data["task"]): str(data["id"]) for data in lines if "task" in data and "id" in data}
    for effect in decision.effects:
        run.ledger.take(effect, now, steps, ids)
    _verdicts(run, events, decision, now)
    run.seen.look(run.state, run.ledger, now)


def _verdicts(run: _Run, events: list[Event], decision: Decision, now: datetime) -> None:
    for event in events:
        verdict = decision.verdicts.get(event.id)
        if verdict is None:
            continue
        verb = getattr(event.body, "verb", event.body.kind)
        words = {"is": "done" if verdict.done else "refused", "says": f"{verdict.text.en}\n{verdict.text.zh}",
                 "code": verdict.code}  # fmt: skip
        run.ledger.happenings.append(Happening(now, "verb", verb, words, event.id))
        act = run.acts.get(event.id)
        if verdict.done or act is None or run.scenario.drawn or _awaited(run, now):
            continue
        text = f"{run.works.spoken(now)}: refused: {verdict.text.en}"
        run.failures.append(Failure(act.text, text, around(run.ledger, now, run.works), act.span))


def _awaited(run: _Run, now: datetime) -> bool:
    """Whether the scenario expects that something is refused about now."""
    return any(
        one.subject.kind == "verb" and one.subject.filter("is") == "refused" and one.start <= now <= one.end
        for one in run.scenario.expect
    )


def _receipts(run: _Run, now: datetime) -> None:
    """Receipts of the channels: delivered, unless the scenario says what becomes of this message."""
    for row in run.ledger.receipts:
        if row.template not in run.seen.delivered_by_hand(run.scenario):
            run.put(now, _Due(now, None, f"receipt.{row.key}", Delivery(row.key, "delivered")))
    run.ledger.receipts.clear()


# --------------------------------------------------------------------------- lines that wait for something


def _standing(run: _Run, now: datetime) -> None:
    """Let what has happened since the last look bring about what waits for it."""
    new = run.ledger.happenings[run.looked :]
    run.looked = len(run.ledger.happenings)
    for number, line in enumerate(run.scenario.standing):
        for happening in new:
            if _wakes(run, number, line, happening):
                run.answered[number] = run.answered.get(number, 0) + 1
                at = max(happening.at, now) + line.after
                id = f"whenever.{number}.{run.answered[number]}"
                about = happening.key if line.act.kind == "handoff" and happening.kind == "handoff" else None
                run.put(at, _Due(at, line.act, id, handoff=about))


def _wakes(run: _Run, number: int, line: Standing, happening: Happening) -> bool:
    if line.at_most is not None and run.answered.get(number, 0) >= line.at_most:
        return False
    inside = line.start <= happening.at <= line.end
    return inside and happened(line.subject, happening) and matches(line.subject, happening.words)

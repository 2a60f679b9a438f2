"""One life followed by the decider alone: no store, no workflow. Used for timing it and for finding what wakes it."""

from __future__ import annotations

import heapq
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.life import (
    DAYS,
    QUESTIONS,
    REFILLS,
    VISITS,
    WEEKS,
    ZONE,
    Life,
    questionnaire,
    refill,
    visit,
    weekly,
)
from bench.life import Reading as Taken
from pathways.decide.events import Answered, Body, Enrolled, Event, HandoffReport, Reading, TaskVerb, Visit
from pathways.decide.journey import decide, new_state
from pathways.decide.state import JourneyState, diff
from pathways.lang.load import load_pathway, load_site
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site

PATHWAY: Final = Path(__file__).parent / "workload" / "pathway.yaml"
SITE: Final = Path(__file__).parent / "workload" / "site.yaml"
MEDICINES: Final = [
    {"id": "rx1", "name": "amlodipine 5 mg", "class": ["antihypertensive"], "dose": "1 tablet", "slots": ["morning"],
     "supply": {"from": "2026-03-09", "days": 28}, "signed_by": "s9"}
]  # fmt: skip
FACTS: Final[dict[str, Any]] = {"age": 64, "medicines": MEDICINES}
PERSON: Final[dict[str, Any]] = {
    "zone": ZONE,
    "language": "zh",
    "channels": ["app"],
    "customary": {"morning": "08:00", "evening": "20:00"},
}
CONSENT: Final = ("care", "device_data")


def compiled() -> tuple[Plan, Site]:
    """The workload's plan and site.

    Raises:
        ValueError: one of them does not compile.
    """
    place = load_site(SITE.read_bytes(), SITE.name)
    if place.site is None:
        raise ValueError(f"{SITE.name}: {[(d.code, d.span.line) for d in place.diagnostics]}")
    return plan_of(PATHWAY.read_text(encoding="utf-8"), place.site), place.site


def plan_of(text: str, site: Site) -> Plan:
    """The plan of a pathway's text. Raises ValueError where it does not compile."""
    loaded = load_pathway(text, PATHWAY.name, site)
    if loaded.plan is None:
        raise ValueError(f"{PATHWAY.name}: {[(d.code, d.span.line, d.params) for d in loaded.diagnostics]}")
    return loaded.plan


def variant(site: Site, *, suffix: str = "", days: int = DAYS) -> Plan:
    """The workload under another id, or for longer than half a year."""
    text = PATHWAY.read_text(encoding="utf-8")
    text = text.replace("id: bench_hypertension", f"id: bench_hypertension{suffix}")
    return plan_of(text.replace("day 173 of the phase", f"day {days - 7} of the phase"), site)


@dataclass(slots=True)
class Followed:
    """What following one life took. ``micros``: CPU of each call with one event; ``due_micros``: of each without;
    ``deltas``: bytes of JSON of what each call changed."""

    state: JourneyState
    ticks: int = 0
    micros: list[float] = field(default_factory=list)
    due_micros: list[float] = field(default_factory=list)
    deltas: list[int] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)


class Follower:
    """Runs the decider over a life. Readings wait for the next tick, as they do in the inbox; what people do ticks at
    once. ``eager``: readings tick at once too, each alone and after what is due, so that an event can be timed.
    ``words``: each tick writes its case sheet as well."""

    def __init__(
        self,
        plans: Sequence[Plan],
        site: Site,
        life: Life,
        *,
        eager: bool = False,
        deltas: bool = False,
        words: bool = True,
    ) -> None:
        self._plans = {plan.sha256: plan for plan in plans}
        self._site = site
        self._life = life
        self._eager = eager
        self._deltas = deltas
        self._words = words
        self.out = Followed(new_state("p00000001", life.start, PERSON))
        self._heap: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._count = itertools.count()
        self._waiting: list[Event] = []
        self._due: datetime | None = None

    def follow(self) -> Followed:
        """The whole life."""
        life = self._life
        self._plan_life()
        joined = [
            self._event(life.start, Enrolled(enrolment=f"e{n}", plan_sha256=sha, facts=FACTS, consent=CONSENT))
            for n, sha in enumerate(self._plans, 1)
        ]
        self._tick(life.start, joined)
        while True:
            coming = self._heap[0][0] if self._heap else life.end
            if self._due is not None and self._due <= min(coming, life.end):
                self._tick(max(self._due, self.out.state.clock), [])
            elif self._heap and coming <= life.end:
                at, _, happens = heapq.heappop(self._heap)
                happens(at)
            else:
                return self.out

    def _plan_life(self) -> None:
        life = self._life
        for one in life.readings:
            if one is not None:
                self._push(one.at, partial(self._reading, one))
        for n in range(WEEKS):
            self._push(weekly(n) + life.nurse[n], self._nurse)
        for n in range(QUESTIONS):
            delay = life.answers[n]
            if delay is not None:
                body = Answered(step="questions", form={"well_being": 7, "dizzy": False}, enrolment="e1")
                self._push(questionnaire(n) + delay, partial(self._body, body))
        for n in range(REFILLS):
            self._push(refill(n) + life.accepted[n], partial(self._report, "accepted"))
            self._push(refill(n) + life.handed_over[n], partial(self._report, "handed_over"))
        for n in range(VISITS):
            body_of_visit = Visit(step="doctor", verb="done", by="s1", mode="clinic", enrolment="e1")
            self._push(visit(n) + life.visits[n], partial(self._body, body_of_visit))

    def _push(self, at: datetime, happens: Callable[[datetime], None]) -> None:
        heapq.heappush(self._heap, (at, next(self._count), happens))

    def _event(self, at: datetime, body: Body) -> Event:
        number = next(self._count)
        return Event(id=f"ev{number}", at=at, seen=at, body=body, seq=number)

    def _reading(self, one: Taken, at: datetime) -> None:
        values = {"systolic": Decimal(one.systolic), "diastolic": Decimal(one.diastolic)}
        event = self._event(at, Reading("blood_pressure", values, {"setting": "home"}))
        if self._eager:
            self._tick(at, [event])
        else:
            self._waiting.append(event)

    def _body(self, body: Body, at: datetime) -> None:
        self._tick(at, [self._event(at, body)])

    def _nurse(self, at: datetime) -> None:
        for task in [t for t in self.out.state.tasks.values() if t.status in {"open", "claimed"}]:
            self._tick(at, [self._event(at, TaskVerb(task.key, "complete", by="s2", role=task.role))])

    def _report(self, word: str, at: datetime) -> None:
        for handoff in [h for h in self.out.state.handoffs.values() if h.state != "ended"]:
            self._tick(at, [self._event(at, HandoffReport(handoff.key, word, final=word == "handed_over"))])

    def _tick(self, at: datetime, events: list[Event]) -> None:
        events = [*self._waiting, *events]
        self._waiting = []
        before = self.out.state.to_json() if self._deltas else {}
        begin = time.thread_time()
        decision = decide(self._plans, self._site, self.out.state, events, at, words=self._words)
        taken = (time.thread_time() - begin) * 1e6
        if len(events) < 2:
            (self.out.micros if events else self.out.due_micros).append(taken)
        self.out.ticks += 1
        self._due = decision.next_due
        self.out.effects.update(effect.kind for effect in decision.effects)
        if self._deltas:
            delta = diff(before, self.out.state.to_json())
            self.out.deltas.append(len(json.dumps(delta, separators=(",", ":"))))

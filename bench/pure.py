"""One life followed by the decider alone: no store, no workflow. Used for timing it and for finding what wakes it."""

from __future__ import annotations

import heapq
import itertools
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from bench.life import (
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


def compiled(pathway: Path = PATHWAY, site: Path = SITE) -> tuple[Plan, Site]:
    """The workload's plan and site.

    Raises:
        ValueError: one of them does not compile.
    """
    place = load_site(site.read_bytes(), site.name)
    if place.site is None:
        raise ValueError(f"{site.name}: {[(d.code, d.span.line) for d in place.diagnostics]}")
    loaded = load_pathway(pathway.read_bytes(), pathway.name, place.site)
    if loaded.plan is None:
        raise ValueError(f"{pathway.name}: {[(d.code, d.span.line, d.params) for d in loaded.diagnostics]}")
    return loaded.plan, place.site


@dataclass(slots=True)
class Followed:
    """What following one life took. ``micros``: of each call that took one event; ``deltas``: bytes of JSON."""

    state: JourneyState
    ticks: int = 0
    due: int = 0
    micros: list[float] = field(default_factory=list)
    due_micros: list[float] = field(default_factory=list)
    deltas: list[int] = field(default_factory=list)
    effects: Counter[str] = field(default_factory=Counter)
    log: list[tuple[datetime, str, list[str]]] = field(default_factory=list)


class Follower:
    """Runs the decider over a life: readings wait for the next tick, what people do ticks at once."""

    def __init__(self, plan: Plan, site: Site, life: Life, *, measure: bool = True) -> None:
        self.plan = plan
        self.site = site
        self.life = life
        self.measure = measure
        state = new_state("p00000001", life.start, PERSON)
        self.out = Followed(state)
        self._heap: list[tuple[datetime, int, str, Any]] = []
        self._count = itertools.count()
        self._waiting: list[Event] = []
        self._due: datetime | None = None

    def follow(self, until: datetime | None = None) -> Followed:
        """The whole life, or until an instant."""
        end = until or self.life.end
        enrolled = Enrolled(enrolment="e1", plan_sha256=self.plan.sha256, facts=FACTS, consent=CONSENT)
        self._plan_life()
        self._tick(self.life.start, [self._event(self.life.start, enrolled)], "enrolled")
        while True:
            coming = self._heap[0][0] if self._heap else end
            if self._due is not None and self._due <= min(coming, end):
                self.out.due += 1
                self._tick(max(self._due, self.out.state.clock), [], "due")
            elif self._heap and coming <= end:
                at, _, what, more = heapq.heappop(self._heap)
                self._happens(at, what, more)
            else:
                return self.out

    def _plan_life(self) -> None:
        life = self.life
        for one in life.readings:
            if one is not None:
                self._push(one.at, "reading", one)
        for n in range(WEEKS):
            self._push(weekly(n) + life.nurse[n], "nurse", None)
        for n in range(QUESTIONS):
            delay = life.answers[n]
            if delay is not None:
                self._push(questionnaire(n) + delay, "answer", None)
        for n in range(REFILLS):
            self._push(refill(n) + life.accepted[n], "handoff", "accepted")
            self._push(refill(n) + life.handed_over[n], "handoff", "handed_over")
        for n in range(VISITS):
            self._push(visit(n) + life.visits[n], "visit", None)

    def _push(self, at: datetime, what: str, more: Any) -> None:
        heapq.heappush(self._heap, (at, next(self._count), what, more))

    def _event(self, at: datetime, body: Body) -> Event:
        number = next(self._count)
        return Event(id=f"ev{number}", at=at, seen=at, body=body, seq=number)

    def _happens(self, at: datetime, what: str, more: Any) -> None:
        if what == "reading":
            values = {"systolic": Decimal(more.systolic), "diastolic": Decimal(more.diastolic)}
            self._waiting.append(self._event(at, Reading("blood_pressure", values, {"setting": "home"})))
        elif what == "nurse":
            self._tasks(at)
        elif what == "answer":
            form = {"well_being": 7, "dizzy": False}
            self._tick(at, [self._event(at, Answered(step="questions", form=form))], what)
        elif what == "visit":
            self._tick(at, [self._event(at, Visit(step="doctor", verb="done", by="s1", mode="clinic"))], what)
        else:
            self._report(at, more)

    def _tasks(self, at: datetime) -> None:
        open_now = [t for t in self.out.state.tasks.values() if t.status in {"open", "claimed"}]
        for task in open_now:
            self._tick(at, [self._event(at, TaskVerb(task.key, "complete", by="s2", role="nurse"))], "nurse")

    def _report(self, at: datetime, word: str) -> None:
        running = [h for h in self.out.state.handoffs.values() if h.state != "ended"]
        if running:
            report = HandoffReport(running[-1].key, word, final=word == "handed_over")
            self._tick(at, [self._event(at, report)], word)

    def _tick(self, at: datetime, events: list[Event], why: str) -> None:
        events = [*self._waiting, *events]
        self._waiting = []
        before = self.out.state.to_json() if self.measure else {}
        begin = time.perf_counter()
        decision = decide({self.plan.sha256: self.plan}, self.site, self.out.state, events, at)
        taken = (time.perf_counter() - begin) * 1e6
        (self.out.micros if events else self.out.due_micros).append(taken / max(len(events), 1))
        self.out.ticks += 1
        self._due = decision.next_due
        self.out.effects.update(effect.kind for effect in decision.effects)
        if self.measure:
            delta = diff(before, self.out.state.to_json())
            self.out.deltas.append(len(json.dumps(delta, separators=(",", ":"))))
            self.out.log.append((at, why, sorted(delta)))

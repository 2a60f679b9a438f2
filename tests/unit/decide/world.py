"""A small world around the decider: events in, due instants kept, everything that came out at hand.

Pathways are compiled from their text. Times of a test are local: ``day(3, "07:05")`` is the third day after the start.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from pathways.decide.effects import (
    CancelMessages,
    Decision,
    Effect,
    Explanation,
    Incident,
    PlanMessage,
    PutTask,
    StartHandoff,
    Timeline,
    Verdict,
)
from pathways.decide.events import (
    Answered,
    Body,
    Enrolled,
    Event,
    HandoffReport,
    Preference,
    Reading,
    StaffVerb,
    TaskVerb,
    Visit,
)
from pathways.decide.journey import decide, new_state
from pathways.decide.state import JourneyState
from pathways.lang.load import load_pathway, load_site
from pathways.lang.plan import Plan
from pathways.lang.site_plan import NO_SITE, Site

T = TypeVar("T", bound=Effect)
ROOT = Path(__file__).resolve().parents[3]

HEAD = """
carepath: 1
id: {id}
version: 1.0.0
title: {{en: Test, zh: 测试}}
owner: tests
counts_from: enrolment
"""
PARTS = {
    "facts": {
        "age": "{type: age}",
        "sex": "{type: sex}",
        "conditions": "{type: codes}",
        "medicines": "{type: medicines}",
        "frail": "{type: yes_no}",
        "discharge": "{type: moment}",
    },
    "parameters": {
        "high": "{value: 180 mmHg, cite: local, adjustable: {range: 150 to 200 mmHg, by: [gp]}}",
        "goal": "{value: 135 mmHg, cite: local, adjustable: {range: 110 to 150 mmHg, by: [gp]}}",
        "low": "{value: 90 mmHg, cite: local}",
    },
    "measures": {"bp": "{use: blood_pressure}"},
    "escalations": {
        "urgent": "[{tell: nurse, by: [app], answer_within: 15 min}, "
        "{tell: duty, by: [app], answer_within: 10 min, repeat: 1 times, then: incident}]",
        "overdue": "[{tell: nurse, by: [app], answer_within: 1 working day}, "
        "{tell: gp, by: [app], answer_within: 1 working day, then: incident}]",
    },
}
"""What the pathways of tests take from a common stock: only names that are used, since unused ones are errors."""


def _head(body: str, name: str) -> str:
    used = set(re.findall(r"[a-z_]+", body))
    text = HEAD.format(id=name)
    for part, things in PARTS.items():
        chosen = {k: v for k, v in things.items() if k in used}
        if chosen and f"\n{part}:" not in body:
            text += f"{part}:\n" + "".join(f"  {k}: {v}\n" for k, v in chosen.items())
    if "cite: local" in text + body:
        text += "evidence: {local: {cite: tests}}\n"
    roles = [role for role in ("nurse", "gp", "duty") if role in set(re.findall(r"[a-z_]+", text + body))]
    return text + (f"roles: [{', '.join(roles)}]\n" if roles else "")


@cache
def compiled(text: str, name: str = "test") -> Plan:
    """The plan of a pathway's text; a diagnostic that is an error fails the test."""
    loaded = load_pathway(text, f"{name}.yaml", None)
    errors = [f"{d.code} {d.span.line} {dict(d.params)}" for d in loaded.diagnostics]
    assert loaded.plan is not None, errors
    return loaded.plan


def written(body: str, name: str = "test") -> str:
    """The text of a pathway: the common head and ``body``."""
    return _head(body, name) + body


def pathway(body: str, name: str = "test") -> Plan:
    """A pathway: the common head and ``body``."""
    return compiled(written(body, name), name)


@cache
def library(site: str | None = "example_cn") -> tuple[Plan, Site]:
    """The pathway of the library, at a site."""
    place = NO_SITE
    if site is not None:
        text = (ROOT / "pathways" / "sites" / f"{site}.yaml").read_text(encoding="utf-8")
        found = load_site(text, f"{site}.yaml")
        assert found.site is not None
        place = found.site
    text = (ROOT / "pathways" / "library" / "hypertension_home" / "pathway.yaml").read_text(encoding="utf-8")
    loaded = load_pathway(text, "pathway.yaml", place if site is not None else None)
    assert loaded.plan is not None
    return loaded.plan, place


class World:
    """One journey. ``round_trip``: the state goes through JSON after every tick."""

    def __init__(
        self,
        *plans: Plan,
        site: Site = NO_SITE,
        zone: str = "Asia/Shanghai",
        start: str = "2026-03-02 08:00",
        round_trip: bool = False,
        **patient: Any,
    ) -> None:
        self.plans = {plan.sha256: plan for plan in plans}
        self.site = site
        self.zone = ZoneInfo(zone)
        self.start = datetime.fromisoformat(start).replace(tzinfo=self.zone).astimezone(ZoneInfo("UTC"))
        self.state: JourneyState = new_state("j1", self.start, {"zone": zone, "channels": ["app"], **patient})
        self.round_trip = round_trip
        self.effects: list[Effect] = []
        self.verdicts: dict[str, Verdict] = {}
        self.ticks: list[datetime] = []
        self.last: Decision | None = None
        self.next_due: datetime | None = None
        self._number = 0

    # -------------------------------------------------------------- time and events

    def day(self, number: int, clock: str = "00:00") -> datetime:
        """Local ``clock`` on the ``number``-th local date after the start."""
        date = self.start.astimezone(self.zone).date() + timedelta(days=number)
        wall = datetime.fromisoformat(f"{date.isoformat()} {clock}")
        return wall.replace(tzinfo=self.zone).astimezone(ZoneInfo("UTC"))

    def tick(self, now: datetime, *events: Event) -> Decision:
        """One call of the decider."""
        ordered = sorted(events, key=lambda e: (e.at, e.seen, e.id))
        decision = decide(self.plans, self.site, self.state, ordered, now)
        self.ticks.append(now)
        self.effects.extend(decision.effects)
        self.verdicts.update(decision.verdicts)
        self.next_due = decision.next_due
        self.last = decision
        if self.round_trip:
            self.state = JourneyState.from_json(json.loads(json.dumps(self.state.to_json())))
        return decision

    def run(self, until: datetime, events: Sequence[Event] = (), ticks: Sequence[datetime] = ()) -> "World":
        """Go on to ``until``: a tick at every due instant, at every event (when it is seen) and at ``ticks``."""
        waiting = sorted(events, key=lambda e: (e.seen, e.at, e.id))
        extra = sorted(t for t in ticks if t <= until)
        while True:
            coming = [
                t for t in (waiting[0].seen if waiting else None, self.next_due, extra[0] if extra else None) if t
            ]
            now = min(coming, default=None)
            if now is None or now > until:
                break
            batch = [e for e in waiting if e.seen <= now]
            waiting = waiting[len(batch) :]
            extra = [t for t in extra if t > now]
            self.tick(now, *batch)
        self.tick(until)
        return self

    def event(self, body: Body, at: datetime, seen: datetime | None = None, name: str | None = None) -> Event:
        """An event of the inbox."""
        self._number += 1
        return Event(name or f"e{self._number}", at, seen or at, body)

    def send(self, body: Body, at: datetime, seen: datetime | None = None, name: str | None = None) -> Event:
        """Go on to the instant at which the event is seen, and let it act."""
        event = self.event(body, at, seen, name)
        self.run(event.seen, [event])
        return event

    def answered(self, event: Event) -> Verdict:
        return self.verdicts[event.id]

    # -------------------------------------------------------------- bodies

    def enrol(self, plan: Plan | None = None, name: str = "en1", at: datetime | None = None, **more: Any) -> Event:
        chosen = plan or next(iter(self.plans.values()))
        facts = {"age": 67, "sex": "male", "conditions": ["hypertension"], **more.pop("facts", {})}
        known = {k: v for k, v in facts.items() if k in chosen.facts}
        body = Enrolled(name, chosen.sha256, known, consent=more.pop("consent", chosen.consent), **more)
        return self.send(body, at or self.start)

    def bp(
        self,
        systolic: int,
        diastolic: int,
        at: datetime,
        seen: datetime | None = None,
        name: str | None = None,
        **more: Any,
    ) -> Event:
        return self.send(reading(systolic, diastolic, **more), at, seen, name)

    def verb(self, verb: str, at: datetime, role: str | None = "gp", **args: Any) -> Event:
        return self.send(StaffVerb(verb, "s1", role, None, args), at)

    def task(self, key: str, verb: str, at: datetime, by: str = "n1", **more: Any) -> Event:
        return self.send(TaskVerb(key, verb, by, **more), at)

    def visit(self, step: str, verb: str, at: datetime, **more: Any) -> Event:
        return self.send(Visit(step, verb, "s1", **more), at)

    def report(self, handoff: str, word: str, at: datetime, **more: Any) -> Event:
        return self.send(HandoffReport(handoff, word, **more), at)

    def answer(self, step: str, at: datetime, **more: Any) -> Event:
        return self.send(Answered(step, **more), at)

    def wish(self, at: datetime, **more: Any) -> Event:
        return self.send(Preference(**more), at)

    # -------------------------------------------------------------- what came out

    def of(self, kind: type[T]) -> list[T]:
        return [e for e in self.effects if isinstance(e, kind)]

    def local(self, at: datetime) -> str:
        """``3 07:05``: days after the start, wall time."""
        wall = at.astimezone(self.zone)
        return f"{(wall.date() - self.start.astimezone(self.zone).date()).days} {wall:%H:%M}"

    def ended(self, path: str) -> list[tuple[str, str]]:
        """How the occurrences of a step ended: (when, outcome or "outcome: why")."""
        found = [e for e in self.of(Timeline) if e.path == path and e.outcome is not None]
        return [(self.local(e.at), e.outcome + (f": {e.why}" if e.why else "")) for e in found if e.outcome]

    def outcomes(self, path: str) -> list[str]:
        return [outcome for _, outcome in self.ended(path)]

    def words(self, word: str) -> list[tuple[str, str]]:
        """(when, place) of every entry of the timeline with a coded word."""
        return [(self.local(e.at), e.path) for e in self.of(Timeline) if e.word == word]

    def phases(self) -> list[tuple[str, str]]:
        return [(self.local(e.at), str(e.data["phase"])) for e in self.of(Timeline) if e.word == "phase_entered"]

    def messages(self, template: str | None = None, to: str = "patient") -> list[str]:
        """Due instants of messages that were planned and not taken back."""
        found = [r for r in self.rows() if r.to == to and template in {None, r.template}]
        return [self.local(r.due) for r in sorted(found, key=lambda r: (r.due, r.key))]

    def rows(self) -> list[PlanMessage]:
        """The outbox: the last version of every row that was not taken back."""
        rows: dict[str, PlanMessage] = {}
        for e in self.effects:
            if isinstance(e, PlanMessage):
                rows[e.key] = e
            elif isinstance(e, CancelMessages):
                for key in e.keys:
                    rows.pop(key, None)
        return list(rows.values())

    def opened(self, ident: str) -> list[str]:
        """When tasks of an id were opened."""
        return [self.local(e.at) for e in self.of(Timeline) if e.word == "task_opened" and e.data["id"] == ident]

    def key(self, ident: str) -> str:
        """The key of the open task of an id."""
        return next(t.key for t in self.state.tasks.values() if t.id == ident)

    def shown(self) -> list[PutTask]:
        """The open tasks as people see them."""
        last = {e.key: e for e in self.of(PutTask)}
        return [e for e in last.values() if e.status in {"open", "claimed"}]

    def open_ids(self) -> list[str]:
        return sorted(t.id for t in self.state.tasks.values())

    @property
    def phase(self) -> str:
        return next(iter(self.state.enrolments.values())).phase

    @property
    def status(self) -> str:
        return next(iter(self.state.enrolments.values())).status


def reading(systolic: int, diastolic: int, setting: str = "home", **more: Any) -> Reading:
    """A blood pressure."""
    numbers = {"systolic": Decimal(systolic), "diastolic": Decimal(diastolic)}
    return Reading("blood_pressure", numbers, {"setting": setting, "source": "device"}, **more)


def prescription(ident: str = "rx1", **more: Any) -> dict[str, Any]:
    """A signed prescription of one tablet in the morning."""
    return {
        "id": ident,
        "name": ident,
        "class": ["antihypertensive"],
        "slots": ["morning"],
        "start": "2026-03-01",
        "supply": {"from": "2026-03-02", "days": 28},
        "signed_by": "d1",
        **more,
    }


def occurrences_of(planned: Timeline) -> list[str]:
    """The keys that an entry of planning speaks of: one, or several of a step planned together."""
    return [planned.occurrence] if planned.occurrence is not None else list(planned.data["occurrences"])


def check(world: World) -> None:
    """What holds in every world, whatever came in."""
    _occurrences(world)
    _keys(world)
    _red(world)
    _bounds(world)


def _occurrences(world: World) -> None:
    """Every planned occurrence ends exactly once, or is still alive."""
    planned = [key for e in world.of(Timeline) if e.word == "planned" for key in occurrences_of(e)]
    ended = Counter(e.occurrence for e in world.of(Timeline) if e.outcome is not None)
    assert len(set(planned)) == len(planned)
    assert set(ended) <= set(planned)
    assert all(count == 1 for count in ended.values()), ended
    assert set(planned) - set(ended) == set(world.state.occurrences)


def _keys(world: World) -> None:
    """A key is used once; a closed task is never opened again."""
    seen = Counter(e.key for e in world.of(Timeline))
    assert all(count == 1 for count in seen.values()), [k for k, c in seen.items() if c > 1]
    closed: set[str] = set()
    pending: set[str] = set()
    for effect in world.effects:
        if isinstance(effect, PutTask):
            assert effect.key not in closed, effect.key
            if effect.status in {"done", "cancelled"}:
                closed.add(effect.key)
        elif isinstance(effect, PlanMessage):
            assert effect.key not in pending, effect.key
            assert effect.expires >= effect.due
            pending.add(effect.key)
        elif isinstance(effect, CancelMessages):
            pending.difference_update(effect.keys)
    named = [e.key for e in world.effects if isinstance(e, StartHandoff | Incident | Explanation)]
    assert len(set(named)) == len(named), named


def _red(world: World) -> None:
    """No open red without a person who has it, a rung to come, or a loud failure."""
    loud = {e.key for e in world.of(Incident)}
    for own in world.state.tasks.values():
        task = world.state.tasks[own.with_] if own.with_ else own  # one of another pathway may stand for it
        assert not task.with_ and task.level == own.level, own
        assert own.with_ == "" or (task.enrolment != own.enrolment and task.alone), own
        if task.level == "red" and task.ladder:
            waiting = task.rung_at is not None and task.rung_at >= world.state.clock
            assert waiting or task.claimed_by or any(key.startswith(task.key) for key in loud), task
    for episode in world.state.episodes.values():
        assert set(episode.tasks) <= set(world.state.tasks), episode
        if episode.state == "awaiting":
            assert episode.until is not None and episode.until >= world.state.clock


def _bounds(world: World) -> None:
    data = world.state.to_json()
    assert JourneyState.from_json(json.loads(json.dumps(data))).to_json() == data
    assert len(json.dumps(data)) < 64 * 1024


def told(world: World, kinds: tuple[type[Effect], ...] = (Timeline, PutTask, PlanMessage, CancelMessages)) -> list[str]:
    """Everything of these kinds, as text, for comparing two worlds byte by byte."""
    return [repr(e) for e in world.effects if isinstance(e, kinds)]

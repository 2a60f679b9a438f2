"""One simulated patient, with the staff and partners around: the decider driven by stated behaviour.

The loop is that of a run on Temporal: a reading that matches no screen waits in the inbox until something is due;
everything else wakes the run. Time jumps; chance comes from a generator seeded with the population's seed and the
patient's number.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from json import dumps
from random import Random
from typing import Any

from activities.intake.screens import Screen, matching
from carepath.rehearsal.behaviour import Behaviour, PatientKind
from carepath.rehearsal.courier import Courier
from carepath.rehearsal.figures import Counts
from carepath.rehearsal.habits import Body as Person
from carepath.rehearsal.habits import asked_after, born, filled
from pathways.decide.calendar_zone import at_wall, local_time
from pathways.decide.effects import (
    CancelHandoff,
    CancelMessages,
    Decision,
    Effect,
    EndEnrolment,
    Incident,
    PlanMessage,
    PutTask,
    SetStatus,
    SetWatches,
    Show,
    StartHandoff,
    Timeline,
)
from pathways.decide.events import (
    Answered,
    Body,
    Delivery,
    Enrolled,
    Event,
    HandoffReport,
    Reading,
    StaffVerb,
    TaskVerb,
    Visit,
)
from pathways.decide.journey import decide, new_state
from pathways.decide.records import Occurrence
from pathways.decide.state import JourneyState
from pathways.decide.worktime import next_staffed
from pathways.lang.plan import AskBody, DoseBody, ExerciseBody, FormField, MeasureBody, Plan, Step, TeachBody, VisitBody
from pathways.lang.plan_base import CLOCK_UNITS
from pathways.lang.plan_called import with_called
from pathways.lang.plan_handoff_words import final_words
from pathways.lang.site_plan import Site

Json = Any
Made = Callable[[], Body | None]

TICKS_PER_RUN = 50
"""Ticks after which a run on Temporal continues as new."""
MAX_STILL = 200


@dataclass(frozen=True, slots=True)
class World:
    """What all patients share. ``plans`` by sha256; ``steps`` by path."""

    plans: dict[str, Plan]
    steps: dict[str, Step]
    repeats: dict[str, str]
    site: Site
    behaviour: Behaviour
    days: int
    seed: int


@dataclass(slots=True)
class Life:
    """One patient's run."""

    world: World
    rng: Random
    start: datetime
    kind: PatientKind
    person: Person
    zone: str
    state: JourneyState
    counts: Counts = field(default_factory=Counter)
    courier: Courier = field(default_factory=Courier)
    queue: list[tuple[datetime, int, Made]] = field(default_factory=list)
    inbox: list[Event] = field(default_factory=list)
    order: Any = field(default_factory=count)
    next_due: datetime | None = None
    screens: list[Screen] = field(default_factory=list)
    tasks: dict[str, PutTask] = field(default_factory=dict)
    trying: set[str] = field(default_factory=set)
    bundles: set[str] = field(default_factory=set)
    helped: set[str] = field(default_factory=set)
    attributes: tuple[Json, ...] = ()
    ticks: int = 0
    active_from: datetime | None = None

    # ------------------------------------------------------------------ time

    def live(self) -> Counts:
        """Live for so many days; the counts."""
        end = self.start + timedelta(days=self.world.days)
        still = 0
        while still < MAX_STILL:
            found = [self.next_due, self.courier.next_claim(), self.queue[0][0] if self.queue else None]
            known = [at for at in found if at is not None]
            now = max(min(known), self.state.clock) if known else end
            if now >= end:
                break
            still = still + 1 if now <= self.state.clock else 0
            self._instant(now)
        self._tick(end, "due")
        self._finish(end)
        return self.counts

    def at(self, when: datetime, made: Made) -> None:
        """Let something happen at an instant."""
        heapq.heappush(self.queue, (max(when, self.state.clock), next(self.order), made))

    def after(self, minutes: tuple[int, int], made: Made, *, since: datetime | None = None) -> None:
        """Let something happen so many minutes later."""
        self.at((since or self.state.clock) + timedelta(minutes=self.rng.uniform(*minutes)), made)

    def chance(self, percent: int) -> bool:
        """Whether something of this likelihood happens."""
        return self.rng.random() * 100 < percent

    def _instant(self, now: datetime) -> None:
        cause = ""
        while self.queue and self.queue[0][0] <= now:
            _, number, made = heapq.heappop(self.queue)
            body = made()
            if body is not None:
                cause = max(cause, self._arrives(Event(f"e{number}", now, now, body)), key=_URGENCY.index)
        if cause or (self.next_due is not None and self.next_due <= now):
            self._tick(now, cause or "due")
        while (claimed := self.courier.claim(now)) is not None:
            if claimed.why:
                self.counts[f"held_back|{claimed.row.message_class}"] += 1
            else:
                self._sent(claimed.row, now)

    def _arrives(self, event: Event) -> str:
        """Store an event; why it wakes the run ("" when it can wait)."""
        self.inbox.append(event)
        self.courier.store(event)
        body = event.body
        if isinstance(body, Reading):
            self.counts["readings"] += 1
            return "wake" if matching(self.screens, body.measure, event.at, body.components) else ""
        if isinstance(body, (TaskVerb, Visit, StaffVerb)):
            return "command"
        if isinstance(body, Answered):
            return ""
        return "wake"

    def _tick(self, now: datetime, cause: str) -> None:
        events, self.inbox = sorted(self.inbox, key=lambda e: (e.at, e.seen, e.id)), []
        decision = decide(self.world.plans, self.world.site, self.state, events, now, words=False)
        self.next_due = decision.next_due
        self.ticks += 1
        self.counts["ticks"] += 1
        self.counts[f"temporal|{cause}"] += 1
        if self.ticks % TICKS_PER_RUN == 0:
            self.counts["temporal|continue_as_new"] += 1
        self._shown(decision)
        for effect in decision.effects:
            self._effect(effect, now)

    def _shown(self, decision: Decision) -> None:
        coded = _coded(decision.show)
        if coded != self.attributes:
            self.counts["temporal|attributes"] += bool(self.attributes)  # those of the start are free
            self.attributes = coded

    def _finish(self, end: datetime) -> None:
        if self.active_from is not None:
            self._care_ends(end)
        for run in self.state.enrolments.values():
            self.counts[f"end|{run.end}" if run.end else f"phase|{run.phase or run.status}"] += 1

    def _care_ends(self, at: datetime) -> None:
        assert self.active_from is not None
        self.counts["days"] += max(1, round((at - self.active_from) / timedelta(days=1)))
        self.active_from = None

    # ------------------------------------------------------------------ what the decider does

    def _effect(self, effect: Effect, now: datetime) -> None:
        match effect:
            case PlanMessage():
                self.courier.put(effect)
            case CancelMessages():
                self.courier.withdraw(effect)
            case PutTask():
                self._task(effect, now)
            case StartHandoff():
                self._handoff(effect, now)
            case Timeline():
                self._line(effect, now)
            case SetWatches():
                self.screens = [_screen(row) for row in effect.rows]
            case _:
                self._rest(effect, now)

    def _rest(self, effect: Effect, now: datetime) -> None:
        match effect:
            case SetStatus():
                if effect.stop_messages:
                    self.courier.stopped, self.courier.spared = True, effect.except_prefixes
                if effect.status in {"active", "paused"} and self.active_from is None:
                    self.active_from = now
                elif effect.status == "ended" and self.active_from is not None:
                    self._care_ends(now)
            case CancelHandoff():
                self.counts["temporal|handoff_cancel"] += 1
            case Incident():
                self.counts["incidents"] += 1
            case EndEnrolment() if all(run.end or run.ended for run in self.state.enrolments.values()):
                self.queue.clear()
                self._still_open()

    def _still_open(self) -> None:
        """An end closes plans, not the work that is still open: staff go on."""
        self.trying.clear()
        for task in self.tasks.values():
            self._try(task, task.role)

    def _line(self, line: Timeline, now: datetime) -> None:
        if line.outcome and line.occurrence is not None:
            self.counts[f"outcome|{line.path}|{line.outcome}"] += 1
            return
        match line.word:
            case "planned":
                keys = [line.occurrence] if line.occurrence is not None else line.data["occurrences"]
                for occurrence in map(self.state.occurrences.get, keys):
                    if occurrence is not None:
                        self._asked(occurrence)
            case "rule_fired" | "rule_awaits":
                self._alarm(line)
            case "task_late":
                self.counts[f"late|{self.tasks[line.data['task']].role}"] += 1
            case "handoff_late":
                self.counts[f"handoff_late|{line.path}"] += 1

    def _plan(self, sha: str) -> Plan:
        """The plan of an enrolment, which a step of another one may have begun."""
        return with_called(self.world.plans)[sha]

    def _alarm(self, line: Timeline) -> None:
        rule = line.path.rpartition(".")[2]
        plan = self._plan(self.state.enrolments[line.enrolment or ""].plan)
        level = next(r.level for r in plan.rules if r.id == rule)
        self.counts[f"alarm|{level}"] += 1
        self.counts[f"rule|{rule}"] += 1

    def _sent(self, row: PlanMessage, now: datetime) -> None:
        if row.to.startswith("role:"):
            role = row.to.removeprefix("role:")
            self.counts[f"told|{role}"] += 1
            told = self.tasks.get(row.key.partition(":rung:")[0])
            if told is not None:
                self._try(told, role, urgent=self._urgent(told))
            return
        self.counts[f"message|{row.message_class}"] += 1
        if row.bundle is None or row.bundle not in self.bundles:
            self.counts["contacts"] += 1
            self.bundles = {row.bundle} if row.bundle is not None else self.bundles
        if row.wants_receipt:
            self.at(now, lambda: Delivery(row.key, "delivered"))
        measure = self.world.repeats.get(row.template)
        if measure is not None and self.chance(self.kind.answers):
            self.after((7, 25), lambda: self.person.repeat(self.rng, measure))

    # ------------------------------------------------------------------ the patient

    def _asked(self, occurrence: Occurrence) -> None:
        """Something was planned: what this patient will make of it when the time comes."""
        step = self.world.steps[occurrence.step]
        body, key = step.body, occurrence.key
        if isinstance(body, VisitBody):
            self._visit(step, occurrence)
            return
        if occurrence.due is None or not self.chance(self.kind.answers):
            return
        if isinstance(body, MeasureBody):
            self._measures(body.measure, occurrence)
        elif isinstance(body, (DoseBody, AskBody, TeachBody, ExerciseBody)):
            word = {"dose": "taken", "teach": "read"}.get(body.kind, "done")
            form = self._filled(asked_after(body), occurrence.enrolment)
            low = max(0, self.kind.minutes[0])
            answer = self._alive(key, lambda: Answered(step.path, key, word, form=form, enrolment=occurrence.enrolment))
            self.after((low, max(low, self.kind.minutes[1])), answer, since=occurrence.due)

    def _alive(self, key: str, made: Made) -> Made:
        """Only if what was asked for is still asked for, and the patient is not silent."""
        return lambda: made() if key in self.state.occurrences and not self.person.silent(self.state.clock) else None

    def _measures(self, measure: str, occurrence: Occurrence) -> None:
        plan = self._plan(self.state.enrolments[occurrence.enrolment].plan)
        spec = plan.measures[measure]
        assert occurrence.due is not None
        first = occurrence.due + timedelta(minutes=self.rng.uniform(*self.kind.minutes))
        for number in range(spec.take.readings):
            made = self._alive(occurrence.key, lambda: self.person.reading(self.rng, spec.catalogue))
            self.at(first + timedelta(minutes=number), made)

    def _visit(self, step: Step, occurrence: Occurrence) -> None:
        habits = self.world.behaviour.visits
        key, path, run = occurrence.key, step.path, occurrence.enrolment
        if occurrence.due is None:
            days = self.rng.randint(*habits.booked_in_days)
            booked = self._hour(self.state.clock + timedelta(days=1 + days), habits.hour)
            self.after((60, 1440), lambda: self._books(key, path, run, booked))
            return
        when = self._hour(occurrence.due, habits.hour) if occurrence.date_only else occurrence.due
        self._attends(key, path, run, when)

    def _books(self, key: str, path: str, run: str, start: datetime) -> Body | None:
        if key not in self.state.occurrences:
            return None
        self._attends(key, path, run, start)
        return Visit(path, "booked", "staff.nurse", key, start=start, enrolment=run)

    def _filled(self, fields: Iterable[FormField | dict[str, Json]], enrolment: str) -> dict[str, Json]:
        plan = self._plan(self.state.enrolments[enrolment].plan)
        return filled(self.rng, fields, plan, lambda measure: self.person.reading(self.rng, measure))

    def _attends(self, key: str, path: str, run: str, when: datetime) -> None:
        body = self.world.steps[path].body
        assert isinstance(body, VisitBody)
        if self.chance(self.world.behaviour.visits.attended):
            mode, form = self.rng.choice(body.modes), self._filled(body.form, run)
            self.counts["visits"] += 1
            self.at(when, lambda: Visit(path, "done", "staff.gp", key, mode=mode, form=form, enrolment=run)
                    if key in self.state.occurrences else None)  # fmt: skip

    def _hour(self, at: datetime, hour: int) -> datetime:
        return at_wall(local_time(at, self.zone).replace(hour=hour, minute=0, second=0, microsecond=0), self.zone)

    # ------------------------------------------------------------------ staff and partners

    def _task(self, task: PutTask, now: datetime) -> None:
        if task.key not in self.tasks:
            local = local_time(now, self.world.site.zone)
            self.counts[f"task|{task.role}|{local.weekday() * 24 + local.hour}"] += 1
            alarm = _alarm_of(task.key)
            if alarm and alarm not in self.helped:
                self.helped.add(alarm)
                self.counts["alarms_with_a_person"] += 1
        self.tasks[task.key] = task
        self._try(task, task.role)

    def _urgent(self, task: PutTask) -> bool:
        """Whether the ladder that tells of a task waits for minutes or hours, not for working days."""
        known = self.state.tasks.get(task.key)
        plan = self._plan(self.state.enrolments[task.enrolment].plan)
        ladder = plan.ladders.get(known.ladder) if known is not None else None
        return ladder is not None and all(rung.answer_within.unit in CLOCK_UNITS for rung in ladder.rungs)

    def _try(self, task: PutTask, role: str, *, urgent: bool = False) -> None:
        """Somebody of a role that sees the task, or is told of it, takes it; or nobody does until the next is told.

        Who is told by an urgent ladder answers as soon as for a red task.
        """
        red = urgent or task.level == "red"
        key, seen = task.key, f"{task.key}|{role}|{red}"
        if task.status not in {"open", "claimed"} or seen in self.trying:
            return
        answering = self.world.behaviour.staff.red if red else self.world.behaviour.staff.routine
        first = next_staffed(role, self.state.clock, self.world.site)
        if first is None or not self.chance(answering.answers):
            return
        taken = first + timedelta(minutes=self.rng.uniform(*answering.minutes))
        taken = next_staffed(role, taken, self.world.site) or taken
        self.trying.add(seen)
        if red:
            self.at(taken, lambda: self._claim(key, role))
        done = taken + timedelta(minutes=self.rng.uniform(*answering.work_minutes))
        self.at(done, lambda: self._complete(key, role, seen))

    def _claim(self, key: str, role: str) -> Body | None:
        return TaskVerb(key, "claim", f"staff.{role}", role) if self.tasks[key].status == "open" else None

    def _complete(self, key: str, role: str, seen: str) -> Body | None:
        task = self.tasks[key]
        self.trying.discard(seen)
        if task.status not in {"open", "claimed"}:
            return None
        self.person.helped(self.rng, task.source)
        if task.conference is not None:
            return self._sign(key, task.conference, seen)
        by = task.claimed_by or f"staff.{role}"
        return TaskVerb(key, "complete", by, role, form=self._filled(task.form, task.enrolment))

    def _sign(self, key: str, held: dict[str, Any], seen: str) -> Body:
        """The next role of a conference signs it; the last one fills in its form."""
        task, role = self.tasks[key], str(held["missing"][0])
        if len(held["signed"]) + 1 < held["quorum"]:
            later = self.state.clock + timedelta(minutes=self.rng.uniform(1, 60))
            self.at(later, lambda: self._complete(key, role, seen))
            return TaskVerb(key, "sign", f"staff.{role}", role)
        return TaskVerb(key, "sign", f"staff.{role}", role, form=self._filled(task.form, task.enrolment))

    def _handoff(self, started: StartHandoff, now: datetime) -> None:
        self.counts[f"handoff|{started.machine}"] += 1
        self.counts["temporal|handoff"] += 1
        rows = self.world.behaviour.partners.get(started.machine, ())
        if not rows:
            return
        row = self.rng.choices(rows, [r.share for r in rows])[0]
        for word, hours in row.words.items():
            report = HandoffReport(started.key, word, word in final_words(started.machine))
            self.at(now + timedelta(hours=self.rng.uniform(*hours)), _just(report))


def _alarm_of(task: str) -> str:
    """Rule and number of the episode that a task was opened in, "" for any other task."""
    _, inside, rest = task.partition(":rules:")
    return ":".join(rest.split(":")[:2]) if inside else ""


def _just(body: Body) -> Made:
    """This event, whatever has happened since."""
    return lambda: body


_URGENCY = ["", "due", "wake", "command"]


def _coded(show: Show) -> tuple[Json, ...]:
    """What becomes search attributes."""
    return (show.pathways, show.phases, show.tier, show.status, show.flags, show.open_tasks)


def _screen(row: dict[str, Json]) -> Screen:
    return Screen(row["measure"], row["level"], dumps(row["cond"], sort_keys=True), row["rule"], row["enrolment"])


def live(world: World, number: int) -> Counts:
    """The whole life of patient ``number``; the counts. Depends on nothing but its arguments."""
    rng = Random(f"{world.seed}/{number}")
    kind, person, joins, zone = born(rng, world.behaviour, world.plans, world.site, world.days)
    life = Life(world, rng, joins, kind, person, zone, new_state("rehearsal", joins, {"zone": zone}))
    for plan in world.plans.values():
        facts = {name: value for name, value in person.facts.items() if name in plan.facts}
        enrolled = Enrolled(plan.id, plan.sha256, facts, consent=plan.consent)
        life.at(joins, _just(enrolled))
    for at, measure in person.crises:
        life.at(at, partial(person.crisis, rng, measure))
    if person.leaves is not None:
        life.at(person.leaves, lambda: StaffVerb("withdraw", "staff.nurse", "nurse"))
    return life.live()

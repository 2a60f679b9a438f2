"""Simulated lives that go through the real ledger: intake services in, ticks on SQLite, seeded trouble on the way.

The people, staff and partners are those of ``carepath simulate`` (`carepath.rehearsal.life`). What they do is stored by
the intake services, some of it late, twice or by a clock that is ahead; ticks come when something is due and at any
other instants; some die before their commit, some after it; some runs begin anew with empty hands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from activities import rehearsal
from activities.contracts import TickInput, TickResult
from activities.intake.commands import store_command
from activities.intake.enrolments import EnrolmentStored, NewEnrolment, Rehearsal, enrol
from activities.intake.inbox import NewEvent, StoredEvent
from activities.intake.normal import NormalReading
from activities.intake.readings import Ingested, ingest_readings
from activities.tick import TickActivity
from carepath.rehearsal.behaviour import Behaviour, load_behaviour
from carepath.rehearsal.habits import born
from carepath.rehearsal.life import Life
from carepath.rehearsal.population import world_of
from pathways.decide.effects import Decision
from pathways.decide.events import Body, Enrolled, Event, Preference, Reading, StaffVerb
from pathways.decide.journey import decide, new_state
from pathways.decide.state import JourneyState
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site
from tests.integration.records.house import House, documents
from workflows.apply import apply

PACE = 0.5
"""Days a second of the lives on the rehearsal clock."""
VERBS: Sequence[Body] = (
    StaffVerb("pause", "s1", "nurse"),
    StaffVerb("resume", "s1", "nurse"),
    StaffVerb("set_parameter", "s1", "gp", None, {"parameter": "goal_systolic", "value": "140 mmHg"}),
    StaffVerb("set_parameter", "s1", "gp", None, {"parameter": "goal_systolic", "value": "900 mmHg"}),
    StaffVerb("skip_step", "s1", "gp", None, {"step": "measure_bp", "reason": "travel"}),
    StaffVerb("readmitted", "s1", "nurse"),
    StaffVerb("discharged_again", "s1", "nurse"),
    StaffVerb("contact_refused", "s1", "nurse"),
    Preference(opt_out={"all": True}),
    Preference(opt_out={"all": False}),
    Preference(zone="Europe/Berlin"),
    Preference(customary={"morning": "06:30", "evening": "19:00"}),
)
"""What staff and patients say now and then; some of it is refused."""


class CrashError(Exception):
    """The worker died: after deciding, before the commit."""


@dataclass
class Recorder:
    """Stands where a part calls ``decide``, calls it, and keeps what it gave. ``crash``: dies after the next one."""

    decisions: list[Decision] = field(default_factory=list)
    crash: bool = False

    def __call__(
        self,
        plans: Mapping[str, Plan],
        site: Site,
        state: JourneyState,
        events: Sequence[Event],
        now: datetime,
        *,
        words: bool = True,
    ) -> Decision:
        decision = decide(plans, site, state, events, now, words=words)
        if self.crash:
            self.crash = False
            raise CrashError
        self.decisions.append(decision)
        return decision


@dataclass
class Trouble:
    """How often what goes wrong: shares from 0 to 1. ``most``: events of one tick."""

    late: float = 0.12
    twice: float = 0.1
    ahead: float = 0.05
    crash_before: float = 0.06
    crash_after: float = 0.06
    bare: float = 0.15
    anew: float = 0.01
    looks: int = 60
    verbs: int = 8
    most: int = 500


def behaviour() -> Behaviour:
    """The stated behaviour, with crises every few days instead of every few years, and nobody who never starts."""
    stated = load_behaviour()
    pressure = stated.measures["blood_pressure"]
    assert pressure.crisis is not None
    often = pressure.model_copy(update={"crisis": pressure.crisis.model_copy(update={"once_in_days": 9})})
    kinds = tuple(kind for kind in stated.kinds if kind.answers)
    return stated.model_copy(update={"measures": {"blood_pressure": often}, "kinds": kinds, "join_within_days": 1})


@dataclass
class LedgerLife(Life):
    """One life whose decisions are ticks of the ledger. ``applied``: the state as the workflow has it."""

    house: House = field(kw_only=True)
    key: str = field(kw_only=True)
    recorder: Recorder = field(kw_only=True)
    trouble: Trouble = field(kw_only=True)
    luck: Random = field(kw_only=True)
    stretched: bool = field(kw_only=True)
    profile: dict[str, Any] = field(kw_only=True)
    applied: dict[str, Any] | None = None
    epoch: int = 1
    sequence: int = 0
    chain: str = ""
    cursor: int = 0
    refs: dict[str, Any] = field(default_factory=dict)
    rouse: bool = False
    what: dict[str, int] = field(default_factory=dict)

    # ------------------------------------------------------------------ in

    def _instant(self, now: datetime) -> None:
        super()._instant(now)
        if self.rouse:
            self.rouse = False
            self._tick(now, "wake")

    def _arrives(self, event: Event) -> str:
        if not isinstance(event.body, Enrolled) and self._happens("late", self.trouble.late):
            delay = timedelta(minutes=self.luck.choice((2, 40, 300, 1500, 5000)))
            self.at(event.at + delay, partial(self._late, event))
            return ""
        self._store(event)
        return super()._arrives(event)

    def _late(self, event: Event) -> None:
        self._store(event)
        self.courier.store(event)
        self.rouse = self.luck.random() < 0.7

    def look(self) -> None:
        """A tick for no reason that the decider knows of."""
        self.rouse = True

    def _store(self, event: Event) -> None:
        self._clock(event.seen)
        ahead = self._happens("ahead", self.trouble.ahead) and not self.stretched
        wall = self.house.now
        if ahead:
            self.house.now += timedelta(seconds=1.5)
        for _ in range(1 + self._happens("twice", self.trouble.twice)):
            self._give(event)
        self.house.now = wall

    def _give(self, event: Event) -> None:
        body, ledger = event.body, self.house.ledger
        if isinstance(body, Enrolled):
            clock = Rehearsal(event.at, PACE) if self.stretched else None
            new = NewEnrolment(self.key, "hypertension_home", id=body.enrolment, facts=body.facts, consent=body.consent,
                               rehearsal=clock)  # fmt: skip
            assert isinstance(enrol(ledger, self.house.plans, new, by="test"), EnrolmentStored)
        elif isinstance(body, Reading):
            one = NormalReading(event.id, body.measure, event.at, body.components, body.context)
            done = ingest_readings(ledger, self.house.plans, self.key, [one])
            assert isinstance(done, Ingested) and not done.refused, done
        else:
            stored = store_command(ledger, self.key, NewEvent(event.id, body, event.at), by="test")
            assert isinstance(stored, StoredEvent), stored

    # ------------------------------------------------------------------ ticks

    def _tick(self, now: datetime, cause: str) -> None:
        self._clock(now)
        if self.sequence and self._happens("anew", self.trouble.anew):
            self.epoch, self.sequence, self.chain, self.cursor = self.epoch + 1, 0, "", 0
            self.applied, self.refs = None, {}
        more = True
        while more:
            before = len(self.recorder.decisions)
            result = self._run(cause)
            decision = self.recorder.decisions[-1]
            assert len(self.recorder.decisions) == before + 1, "a tick that was written decided again"
            more = result.more
            self._take(result)
            self.next_due = decision.next_due
            self._shown(decision)
            for effect in decision.effects:
                self._effect(effect, self.state.clock)
        self.inbox.clear()

    def _run(self, cause: str) -> TickResult:
        given = self._given(cause)
        if self._happens("crash_before", self.trouble.crash_before):
            self.recorder.crash = True
            try:
                self.house.activity.run(given)
            except CrashError:
                self.house.now += timedelta(seconds=0.4 if self.stretched else 7)
            else:
                raise AssertionError("the crash did not come")
        result = self.house.activity.run(given)
        if self._happens("crash_after", self.trouble.crash_after):
            again = self.house.activity.run(self._given("after a crash"))
            assert again.replayed and again.model_copy(update={"replayed": False}) == result
        return result

    def _given(self, cause: str) -> TickInput:
        # The first tick of a run has empty hands in any case; a later one has them where it fell back.
        bare = self.sequence > 0 and self._happens("bare", self.trouble.bare)
        return TickInput(
            journey=self.key,
            epoch=self.epoch,
            sequence=self.sequence,
            chain=self.chain,
            cursor=self.cursor,
            state=None if bare else self.applied,
            plans=None if bare else list(self.refs.values()),
            cause=cause,
        )

    def _take(self, result: TickResult) -> None:
        self.applied = apply(self.applied or {}, result.delta)
        for sha in result.drop_plans:
            self.refs.pop(sha, None)
        self.refs.update({ref.sha256: ref for ref in result.new_plans})
        self.chain, self.cursor = result.chain, result.cursor
        self.sequence += 1
        self.state = JourneyState.from_json(self.applied)

    def _clock(self, now: datetime) -> None:
        """Move the wall clock to where the patient's shows ``now``, never back."""
        wall = now
        if self.stretched and self.sequence + self.epoch > 1:
            clock = rehearsal.from_json(self.house.journey(self.key).rehearsal)
            wall = rehearsal.to_wall(clock, now) + timedelta(milliseconds=1)
        self.house.now = max(self.house.now, wall)

    def _happens(self, what: str, share: float) -> bool:
        happens = self.luck.random() < share
        self.what[what] = self.what.get(what, 0) + happens
        return happens


def lived(
    url: str, keys: str, seed: int, days: int, recorder: Recorder, *, trouble: Trouble, stretched: bool
) -> LedgerLife:
    """A life through a ledger of its own, to its end. ``stretched``: on the rehearsal clock."""
    house = House(url, keys)
    house.activity = TickActivity(house.ledger, house.plans, most=trouble.most, keep=1_000_000)
    site, plan = documents()
    world = world_of([plan], site, behaviour(), days, seed)
    rng, luck = Random(f"{seed}/life"), Random(f"{seed}/trouble")
    kind, person, joins, zone = born(rng, world.behaviour, world.plans, site, days)
    profile = {
        "zone": zone,
        "language": luck.choice(("en", "zh")),
        "channels": ("app",),
        "customary": {"morning": "07:15"},
    }
    key = f"life{seed:08d}"
    house.now = joins
    house.register(key, **profile)
    if not stretched:
        house.publish()
    life = LedgerLife(
        world, rng, joins, kind, person, zone, new_state(key, joins, profile),
        house=house, key=key, recorder=recorder, trouble=trouble, luck=luck, stretched=stretched, profile=profile,
    )  # fmt: skip
    _plan(life, plan, days)
    life.live()
    return life


def _plan(life: LedgerLife, plan: Plan, days: int) -> None:
    """What will happen whatever is decided: joining, crises, verbs, looks, leaving."""
    facts = {name: value for name, value in life.person.facts.items() if name in plan.facts}
    life.at(life.start, partial(_said, Enrolled(plan.id, plan.sha256, facts, consent=plan.consent)))
    for at, measure in life.person.crises:
        life.at(at, partial(life.person.crisis, life.rng, measure))
    if life.person.leaves is not None:
        life.at(life.person.leaves, partial(_said, StaffVerb("withdraw", "s1", "nurse")))
    for _ in range(life.trouble.verbs):
        life.at(_moment(life, days), partial(_said, life.luck.choice(VERBS)))
    if life.luck.random() < 0.3:
        last = life.start + timedelta(days=days * life.luck.uniform(0.7, 1.0))
        life.at(last, partial(_said, StaffVerb("died", "s1", "nurse")))
    for _ in range(life.trouble.looks):
        life.at(_moment(life, days), life.look)


def _moment(life: LedgerLife, days: int) -> datetime:
    return life.start + timedelta(seconds=life.luck.uniform(3600, days * 86_400))


def _said(body: Body) -> Body:
    return body

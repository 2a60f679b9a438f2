"""What a rehearsal saw of the state and the effects: phases, flags, handoffs, and what was used of each plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from carepath.rehearsal.ledger import Holding, Ledger
from carepath.rehearsal.model import Scenario
from carepath.rehearsal.names import ANY
from pathways.decide.effects import Explanation, Timeline
from pathways.decide.state import JourneyState
from pathways.lang.plan import Plan
from pathways.lang.plan_called import with_called

_WINDOWS = {"missed": "missed", "done_late": "late", "taken_late": "late"}
_EARLY = frozenset({"done", "taken", "partly", "read", "passed"})
_TRUTH = frozenset({"true", "false", "unknown"})


@dataclass(slots=True)
class Used:
    """What was reached of one plan. ``outcomes``: (step path, word); ``windows``: (step path, early, late or missed);
    ``verdicts``: (rule or row path, value); ``rungs``: (ladder, role)."""

    phases: set[str] = field(default_factory=set)
    outcomes: set[tuple[str, str]] = field(default_factory=set)
    planned: set[str] = field(default_factory=set)
    windows: set[tuple[str, str]] = field(default_factory=set)
    verdicts: set[tuple[str, str]] = field(default_factory=set)
    rungs: set[tuple[str, str]] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)

    def add(self, other: Used) -> None:
        """Take over what another run reached."""
        self.phases |= other.phases
        self.outcomes |= other.outcomes
        self.planned |= other.planned
        self.windows |= other.windows
        self.verdicts |= other.verdicts
        self.rungs |= other.rungs
        self.ends |= other.ends
        self.messages |= other.messages


@dataclass(slots=True)
class Seen:
    """Looks at the state after each decision. ``plans`` and ``used`` by pathway id (which is the enrolment's id)."""

    plans: Mapping[str, Plan]
    used: dict[str, Used] = field(default_factory=dict)
    looked: int = 0
    told: int = 0
    words: dict[str, int] = field(default_factory=dict)
    flags: dict[str, Holding] = field(default_factory=dict)
    hand: frozenset[str] | None = None
    dues: dict[str, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.used = {name: Used() for name in self.plans}

    def look(self, state: JourneyState, ledger: Ledger, now: datetime) -> None:
        """Look once, after a decision at ``now``."""
        self._phases(state, ledger, now)
        self._flags(state, ledger, now)
        self._handoffs(state, ledger, now)
        for line in ledger.timeline[self.looked :]:
            self._line(line, ledger, state)
        self.looked = len(ledger.timeline)
        for one in ledger.explanations[self.told :]:
            self._explained(one)
        self.told = len(ledger.explanations)
        self._rules(state)
        self._rungs(state)
        self._windows(state)

    def finish(self, state: JourneyState) -> None:
        """Note at the end of the run what is known only then."""
        for enrolment in state.enrolments.values():
            if enrolment.key in self.used and enrolment.end:
                self.used[enrolment.key].ends.add(enrolment.end)

    def delivered_by_hand(self, scenario: Scenario) -> frozenset[str]:
        """Messages whose receipts the scenario writes itself."""
        if self.hand is None:
            acts = [g.act for g in scenario.given] + [s.act for s in scenario.standing]
            named = {act.args["message"] for act in acts if act.kind == "deliver"}
            every = {name for plan in self.plans.values() for name in plan.messages}
            self.hand = frozenset(every if ANY in named else named)
        return self.hand

    # ------------------------------------------------------------------ parts

    def _phases(self, state: JourneyState, ledger: Ledger, now: datetime) -> None:
        for run in state.enrolments.values():
            held = [h for h in ledger.holdings if h.kind == "phase" and h.words["enrolment"] == run.key]
            latest = held[-1] if held else None
            place = "" if run.ended is not None else run.phase
            if latest is not None and latest.end is None and latest.words["visit"] == f"{place}.{run.visit}":
                continue
            if latest is not None and latest.end is None:
                latest.end = now
            if place:
                words = {"enrolment": run.key, "visit": f"{place}.{run.visit}"}
                ledger.holdings.append(Holding("phase", place, run.entered or now, words))
                if run.key in self.used:  # of a pathway that was called its own scenarios tell what is covered
                    self.used[run.key].phases.add(place)

    def _flags(self, state: JourneyState, ledger: Ledger, now: datetime) -> None:
        for key, episode in state.episodes.items():
            if key not in self.flags:
                level = self._level(state, episode.enrolment, episode.rule)
                holding = Holding("flag", episode.rule, episode.opened or now, {"level": level})
                self.flags[key] = holding
                ledger.holdings.append(holding)
        for key in [k for k in self.flags if k not in state.episodes]:
            self.flags.pop(key).end = now

    def _level(self, state: JourneyState, enrolment: str, rule: str) -> str:
        by_hash = with_called({plan.sha256: plan for plan in self.plans.values()})
        plan = by_hash.get(state.enrolments[enrolment].plan)
        return next((r.level for r in plan.rules if r.id == rule), "") if plan is not None else ""

    def _handoffs(self, state: JourneyState, ledger: Ledger, now: datetime) -> None:
        for key, handoff in state.handoffs.items():
            words = [*handoff.words]
            if handoff.told_silent or handoff.outcome == "silent":
                words.append("silent")
            for word in words[self.words.get(key, 0) :]:
                ledger.handoff(now, handoff.step, word, key)
                if handoff.enrolment in self.used:
                    self.used[handoff.enrolment].outcomes.add((handoff.step, word))
            self.words[key] = max(len(words), self.words.get(key, 0))

    def _line(self, line: Timeline, ledger: Ledger, state: JourneyState) -> None:
        used = self.used.get(line.enrolment or "")
        if used is None:
            return
        if line.occurrence is not None:
            used.planned.add(line.path)
            if line.outcome:
                word = line.outcome.partition("(")[0]
                used.outcomes.add((line.path, word))
                if word in _WINDOWS:
                    used.windows.add((line.path, _WINDOWS[word]))
                due = self.dues.get(line.occurrence)
                if word in _EARLY and due is not None and line.at < due:
                    used.windows.add((line.path, "early"))
        if line.word == "phase_entered":
            used.phases.add(line.path.rpartition(".")[2])
        if line.word == "rule_fired":
            rule = line.path.rpartition(".")[2]
            used.verdicts.add((f"rules.{rule}", "true"))
            if not any(h.kind == "flag" and h.name == rule and h.end is None for h in ledger.holdings):
                level = self._level(state, line.enrolment or "", rule)
                ledger.holdings.append(Holding("flag", rule, line.at, {"level": level}, line.at))

    def _explained(self, one: Explanation) -> None:
        used = self.used.get(one.enrolment)
        if used is not None and one.path.startswith("decisions."):
            used.verdicts |= {(one.path, word) for word in one.value.split(", ")}
        elif used is not None and one.value in _TRUTH:
            used.verdicts.add((one.path, one.value))

    def _rules(self, state: JourneyState) -> None:
        for key, run in state.rules.items():
            enrolment, _, rule = key.partition("|")
            if enrolment in self.used and run.value in _TRUTH:
                self.used[enrolment].verdicts.add((f"rules.{rule}", run.value))

    def _windows(self, state: JourneyState) -> None:
        """An occurrence that is late was late, whatever its end; when each is due is remembered for its end."""
        for key, one in state.occurrences.items():
            if one.due is not None:
                self.dues[key] = one.due
            if one.state == "late" and one.enrolment in self.used:
                self.used[one.enrolment].windows.add((one.step, "late"))

    def _rungs(self, state: JourneyState) -> None:
        for task in state.tasks.values():
            if task.ladder and task.enrolment in self.used:
                self.used[task.enrolment].rungs |= {(task.ladder, role) for role in task.told}

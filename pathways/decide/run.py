"""One call of ``decide`` while it works: the state, the cases, the instant, and the effects so far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pathways.decide.calendar import local_date
from pathways.decide.case import Case
from pathways.decide.conditions import finding_to_json, verdict
from pathways.decide.effects import CancelMessages, Effect, Explanation, Incident, Timeline, Verdict
from pathways.decide.index import index_of
from pathways.decide.live import Live, live_of
from pathways.decide.records import Enrolment, Occurrence
from pathways.decide.state import JourneyState
from pathways.decide.texts import plain, text, word
from pathways.lang.plan import Plan, Step
from pathways.lang.plan_base import Text
from pathways.lang.plan_called import with_called
from pathways.lang.plan_cond import Cond
from pathways.lang.site_plan import Site

Json = Any
LATE = timedelta(minutes=5)
"""Work that runs this much after its logical time is late: its messages are placed from now on."""


class Answer(NamedTuple):
    """An answer that is being judged: its key, and the inputs it gave."""

    key: str
    tokens: frozenset[str]


class Run:
    """Everything of one call. ``at``: the logical instant of what is being worked on; ``now``: that of the call;
    ``answer``: the answer that rules of each answer look at now; ``lost``: messages were taken back though nothing had
    come, and another pathway may have relied on them; ``opening``: red tasks (key, reading) that wait for what other
    pathways make of the same reading at this instant."""

    __slots__ = (
        "answer",
        "at",
        "batch",
        "cases",
        "customary",
        "decided",
        "effects",
        "live",
        "lost",
        "now",
        "opening",
        "plans",
        "removed",
        "site",
        "state",
        "unsent",
        "verdicts",
        "watch_again",
    )

    def __init__(self, plans: Mapping[str, Plan], site: Site, state: JourneyState, now: datetime) -> None:
        self.plans = with_called(plans)
        self.site = site
        self.state = state
        self.now = now
        self.at = state.clock
        self.live: Live = live_of(state)
        self.effects: list[Effect] = []
        self.verdicts: dict[str, Verdict] = {}
        self.removed: set[str] = set()
        self.decided: list[tuple[int, Text]] = []
        self.watch_again = False
        self.answer: Answer | None = None
        self.lost = False
        self.batch: dict[tuple[str, str], list[Occurrence]] = {}
        self.unsent: dict[tuple[str, str, str], list[str]] = {}
        self.opening: list[tuple[str, str]] = []
        self.cases: dict[str, Case] = {}
        self.customary = customary_times(state.patient.customary)
        for enrolment in sorted(state.enrolments.values(), key=lambda e: e.number):
            self.add_case(enrolment)

    def add_case(self, enrolment: Enrolment) -> Case:
        """Work on an enrolment in this call. Raises KeyError when its plan was not given."""
        plan = self.plans[enrolment.plan]
        case = self.cases[enrolment.key] = Case(self, enrolment, plan, index_of(plan))
        return case

    def again(self, now: datetime) -> None:
        """Begin another call with the same plans, site and enrolments."""
        self.now, self.at = now, self.state.clock
        self.effects, self.verdicts, self.decided = [], {}, []
        self.removed, self.watch_again, self.lost = set(), False, False
        self.batch, self.unsent = {}, {}
        self.opening = []

    @property
    def floor(self) -> datetime:
        """The earliest instant for a message that is meant for now, and from which people's clocks run: after an
        outage nobody was told or asked at the logical instant, so rungs, deadlines and repeats count from now."""
        return self.now if self.now - self.at > LATE else self.at

    # ------------------------------------------------------------------ effects

    def emit(self, effect: Effect) -> None:
        """Do this to the world."""
        self.effects.append(effect)

    def serial(self, kind: str) -> str:
        """A key for what nothing else names: the journey's running number, which the state keeps."""
        self.state.patient.serial += 1
        return f"{self.state.journey}:{kind}:{self.state.patient.serial}"

    def timeline(
        self, case: Case | None, word: str, path: str, words: Text, *, key: str = "", weight: int = 0, **more: Any
    ) -> None:
        """An entry of the timeline at the logical instant. ``weight`` over 0: worth telling as decided."""
        eid = case.id if case is not None else None
        self.emit(Timeline(key or self.serial("t"), self.at, eid, word, path, words, **more))
        if weight:
            self.decided.append((weight, words))

    def note_planned(self, case: Case, step: Step, o: Occurrence) -> None:
        """An occurrence was planned: told by ``flush``, one entry for all of a step that are planned together."""
        self.batch.setdefault((case.id, step.path), []).append(o)

    def flush(self) -> None:
        """Tell what was planned, and which messages had no place, since the last time: before the clock goes on and
        before anything ends."""
        if self.batch:
            batch, self.batch = self.batch, {}
            for (enrolment, path), found in batch.items():
                self._planned(self.cases[enrolment], path, found)
        if self.unsent:
            unsent, self.unsent = self.unsent, {}
            for (enrolment, template, why), keys in unsent.items():
                words = text("message_not_sent", what=plain(template), why=word("why", why))
                case = self.cases.get(enrolment)
                data = {"keys": keys, "count": len(keys)}
                self.timeline(case, "message_not_sent", template, words, why=why, data=data)

    def _planned(self, case: Case, path: str, found: list[Occurrence]) -> None:
        """One entry for occurrences of a step: a single one by its key, several by ``data["occurrences"]``."""
        step, first, last = case.index.steps[path], found[0], found[-1]
        data: dict[str, Json] = {"item": step.body.item} if step.body.kind == "teach" else {}
        key = f"{first.key}:planned"
        if len(found) == 1:
            words = text("planned", step=step.title)
            self.timeline(case, "planned", path, words, key=key, occurrence=first.key, data=data)
            return
        until = local_date(last.due, self.state.patient.zone) if last.due is not None else ""
        words = text("planned_many", step=step.title, count=len(found), until=until)
        data |= {"occurrences": [o.key for o in found], "count": len(found)}
        self.timeline(case, "planned", path, words, key=key, data=data)

    def explain(self, case: Case, path: str, value: str, words: Text, data: dict[str, Json]) -> None:
        """Keep why something was decided."""
        self.emit(Explanation(self.serial("w"), self.at, case.id, path, value, words, data))

    def explain_cond(self, case: Case, path: str, cond: Cond, words: Text) -> None:
        """Keep the verdict of a condition, with its parts and the data behind it."""
        found = verdict(cond, case)
        self.explain(case, path, found.value.name.lower(), words, finding_to_json(found.finding))

    def incident(self, key: str, words: Text) -> None:
        """Raise a loud failure outside the pathway."""
        self.emit(Incident(key, words, self.at))
        self.decided.append((9, words))

    def cancel_messages(self, keys: list[str], reason: str = "not needed") -> None:
        """Withdraw rows that are still to be sent and give their places back."""
        gone = [key for key in keys if self.state.sends.pop(key, None) is not None]
        if gone:
            self.emit(CancelMessages(tuple(gone), None, reason))

    # ------------------------------------------------------------------ answers

    def refuse(self, event_id: str, code: str, **values: object) -> None:
        """A command cannot be done: say why."""
        self.verdicts[event_id] = Verdict(False, code, text(code, **values))

    def accept(self, event_id: str, code: str = "done", **values: object) -> None:
        """A command was done."""
        self.verdicts[event_id] = Verdict(True, code, text(code, **values))

    # ------------------------------------------------------------------ occurrences

    def alive(self, case: Case, path: str) -> list[Occurrence]:
        """The occurrences of a step that have not ended, in no order."""
        keys = self.live.by_step.get((case.id, path))
        return [self.state.occurrences[key] for key in keys] if keys else []

    def occurrences_of(self, case: Case, path: str) -> list[Occurrence]:
        """The occurrences of a step that have not ended, by due instant and key (those without one last)."""
        keys = self.live.by_step.get((case.id, path))
        if not keys:
            return []
        found = [self.state.occurrences[key] for key in keys]
        found.sort(key=occurrence_order)
        return found


def run_of(plans: Mapping[str, Plan], site: Site, state: JourneyState, now: datetime) -> Run:
    """The work of this call; what was made for the call before is used again when nothing it hangs on is another."""
    plans = with_called(plans)
    run: Run | None = live_of(state).run
    if (
        run is not None
        and run.site is site
        and len(run.cases) == len(state.enrolments)
        and all(plans.get(c.en.plan) is c.plan and state.enrolments.get(c.id) is c.en for c in run.cases.values())
    ):
        run.plans = plans
        run.again(now)
        return run
    run = Run(plans, site, state, now)
    run.live.run = run
    return run


FAR = datetime.max.replace(tzinfo=UTC)


def occurrence_order(o: Occurrence) -> tuple[datetime, str]:
    """By due instant (those without one last), then key."""
    return (o.due or FAR, o.key)


def customary_times(told: dict[str, str]) -> dict[str, tuple[int, int]]:
    """Customary times as the calendar wants them."""
    return {name: (int(value[:2]), int(value[3:5])) for name, value in told.items()}

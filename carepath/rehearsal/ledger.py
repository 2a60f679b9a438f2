"""What a rehearsal remembers: every effect, and what the courier made of the messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from carepath.rehearsal.courier import Courier
from pathways.decide.effects import (
    BeginEnrolment,
    CancelHandoff,
    CancelMessages,
    Effect,
    EndEnrolment,
    Explanation,
    Incident,
    PlanMessage,
    PutTask,
    SetStatus,
    SetWatches,
    StartHandoff,
    Timeline,
)

Json = Any


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened at an instant. ``kind`` as in an expectation; ``name`` the author's place or word;
    ``words`` what it can be narrowed by; ``also`` a second name (the id of a task whose place is ``name``)."""

    at: datetime
    kind: str
    name: str
    words: dict[str, str]
    key: str = ""
    also: str = ""


@dataclass(slots=True)
class Holding:
    """Something that holds from ``start`` until ``end`` (None: still)."""

    kind: str
    name: str
    start: datetime
    words: dict[str, str]
    end: datetime | None = None
    also: str = ""


@dataclass(slots=True)
class Ledger:
    """Everything that happened, in order. ``happenings`` and ``holdings`` are what expectations look at."""

    courier: Courier = field(default_factory=Courier)
    happenings: list[Happening] = field(default_factory=list)
    holdings: list[Holding] = field(default_factory=list)
    tasks: dict[str, PutTask] = field(default_factory=dict)
    task_ids: dict[str, str] = field(default_factory=dict)
    handoffs: dict[str, StartHandoff] = field(default_factory=dict)
    timeline: list[Timeline] = field(default_factory=list)
    explanations: list[Explanation] = field(default_factory=list)
    watches: tuple[dict[str, Json], ...] = ()
    receipts: list[PlanMessage] = field(default_factory=list)
    last_sent: dict[str, PlanMessage] = field(default_factory=dict)

    # ------------------------------------------------------------------ effects

    def take(self, effect: Effect, now: datetime, step_of: dict[str, str], id_of: dict[str, str]) -> None:
        """Write one effect down. ``step_of``: handoff key -> path of its step; ``id_of``: task key -> its id."""
        match effect:
            case PlanMessage():
                self.courier.put(effect)
                self._note(effect.due, "message", effect.template, "planned", effect)
            case CancelMessages():
                for row in self.courier.withdraw(effect):
                    self._note(now, "message", row.template, "held_back", row, why=effect.reason)
            case PutTask():
                self._task(effect, now, id_of.get(effect.key, ""))
            case StartHandoff():
                self.handoffs[effect.key] = effect
                self.handoff(now, step_of.get(effect.key, ""), "requested", effect.key)
            case CancelHandoff():
                key = next(key for key, started in self.handoffs.items() if started.number == effect.number)
                self.handoff(now, step_of.get(key, ""), "cancel_asked", key)
            case _:
                self._record(effect, now)

    def _record(self, effect: Effect, now: datetime) -> None:
        """Write down an effect that nobody outside is told of."""
        match effect:
            case Timeline():
                self._line(effect)
            case Explanation():
                self.explanations.append(effect)
                self.happenings.append(Happening(effect.at, "verdict", effect.path, {"is": effect.value}, effect.key))
            case Incident():
                self.happenings.append(Happening(effect.at, "incident", effect.key, {"text": effect.text.en}))
            case SetStatus():
                if effect.stop_messages:
                    self.courier.stopped, self.courier.spared = True, effect.except_prefixes
                elif effect.status == "active":
                    self.courier.stopped = False
                self.hold("status", effect.status, now, {"why": effect.reason or ""}, alone=True)
            case BeginEnrolment():
                pass  # its entry on the timeline tells of it
            case EndEnrolment():
                self.hold("end", effect.end, effect.at, {"enrolment": effect.enrolment})
            case SetWatches():
                self.watches = effect.rows
            case _:
                raise TypeError(f"an effect this ledger does not know: {effect.kind}")

    def _note(
        self, at: datetime, kind: str, name: str, word: str, row: PlanMessage, *, why: str = "", channel: str = ""
    ) -> None:
        words = {
            "is": word, "to": row.to.removeprefix("role:"), "class": row.message_class,
            "channel": channel, "says": f"{row.text.en}\n{row.text.zh}", "why": why,
            "of": row.key,
        }  # fmt: skip
        self.happenings.append(Happening(at, kind, name, words, row.key))

    def _task(self, task: PutTask, now: datetime, id: str) -> None:
        id = self.task_ids.setdefault(task.key, id)
        before = self.tasks.get(task.key)
        self.tasks[task.key] = task
        if task.status in {"done", "cancelled"}:
            self.courier.closed_tasks.add(task.key)
        words = {"role": task.role, "level": task.level, "is": task.status, "why": task.why or "",
                 "title": f"{task.title.en}\n{task.title.zh}"}  # fmt: skip
        if before is not None and _seen(before) == _seen(task):
            return
        names = {task.source: id, **{other: other for other in task.joined}}  # one task may stand for several
        for name, also in names.items():
            self.happenings.append(Happening(now, "task", name, words, task.key, also))
        for holding in self.holdings:
            if holding.kind == "task" and holding.words["key"] == task.key and holding.end is None:
                holding.end = now
        if task.status in {"open", "claimed"}:
            for name, also in names.items():
                self.holdings.append(Holding("task", name, now, {**words, "key": task.key}, also=also))

    def _line(self, line: Timeline) -> None:
        self.timeline.append(line)
        words = {"is": line.outcome or line.word, "word": line.word, "why": line.why or ""}
        kind = "step" if line.occurrence is not None else "timeline"
        self.happenings.append(Happening(line.at, kind, line.path, words, line.occurrence or line.key))

    def handoff(self, now: datetime, step: str, word: str, key: str) -> None:
        """Note a word about a handoff."""
        started = self.handoffs.get(key)
        words = {"is": word, "to": started.partner if started else ""}
        self.happenings.append(Happening(now, "handoff", step, words, key))

    def hold(self, kind: str, name: str, now: datetime, words: dict[str, str], *, alone: bool = False) -> None:
        """Note that something holds from ``now``; with ``alone`` what held of this kind holds no more."""
        if alone:
            for holding in self.holdings:
                if holding.kind == kind and holding.end is None:
                    if holding.name == name:
                        return
                    holding.end = now
        self.holdings.append(Holding(kind, name, now, words))

    def release(self, kind: str, name: str, now: datetime) -> None:
        """Note that something holds no more."""
        for holding in self.holdings:
            if holding.kind == kind and holding.name == name and holding.end is None:
                holding.end = now

    # ------------------------------------------------------------------ sending

    def send(self, now: datetime) -> bool:
        """Let the courier take one row that is due by ``now``; whether there was one."""
        found = self.courier.claim(now)
        if found is None:
            return False
        row = found.row
        if found.why:
            self._note(now, "message", row.template, "held_back", row, why=found.why)
            return True
        self._note(now, "message", row.template, "sent", row, channel=found.channel)
        self.last_sent[row.template] = row
        if row.wants_receipt:
            self.receipts.append(row)
        return True


def _seen(task: PutTask) -> tuple[Json, ...]:
    """What a happening tells of a task."""
    return task.status, task.role, task.level, task.joined

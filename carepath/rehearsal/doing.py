"""Turns what a scenario's people do into events of the decider, at the moment they do it.

A person speaks of "the review"; an event needs the key of the task that is open now. What cannot be done
(there is no such open task) is told as a sentence: the scenario fails there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from carepath.rehearsal.ledger import Ledger
from carepath.rehearsal.model import Act
from carepath.rehearsal.names import ANY, Names, plain_id
from carepath.rehearsal.values import Components
from pathways.decide.events import (
    Answered,
    Body,
    Delivery,
    HandoffReport,
    Preference,
    Reading,
    StaffVerb,
    TaskVerb,
    Visit,
)
from pathways.decide.records import Task
from pathways.decide.state import JourneyState
from pathways.lang.plan import DoseBody, Step
from pathways.lang.plan_handoff_words import final_words

Json = Any
_TASK = frozenset({"claim", "release", "reassign", "cancel", "snooze", "attempt", "sign"})
_DRAWN = (".png", ".jpg", ".jpeg", ".webp")
"""How the name of a drawn signature ends; another one was typed."""
_VISIT = frozenset({"booked", "moved", "no_show"})


class CannotDoError(Exception):
    """A line of the scenario cannot be done when its time has come; the sentence says why."""


@dataclass(slots=True)
class Doer:
    """Makes events. ``turns``: how many values of a line's list were used; ``medicines``: what is prescribed now."""

    names: Names
    state: JourneyState
    ledger: Ledger
    medicines: dict[str, list[dict[str, Json]]] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)

    def bodies(self, act: Act) -> list[tuple[float, Body]]:
        """The events of an act: seconds after its instant, and the body. Raises CannotDoError."""
        if act.kind in {"reading", "result"}:
            return self._readings(act)
        return [(0.0, body) for body in self._bodies(act)]

    def _bodies(self, act: Act) -> list[Body]:
        args = act.args
        match act.kind:
            case "answer":
                path = self.path(act.what) if act.what else ""
                run = self._run(path) if path else None
                form, says = self._sent(args["form"]), args["says"]
                return [Answered(path, outcome=args["is"], why=args["why"], form=form, enrolment=run, text=says)]
            case "done":
                return [self._done(act)]
            case "dose":
                return self._doses(act)
            case "prescription":
                return self._prescribed(act)
            case "fact":
                return [self._set("set_fact", args["by"], {"fact": k, "value": v}) for k, v in act.what.items()]
            case "parameter":
                rows = [{"parameter": k, "value": v} for k, v in act.what.items()]
                return [self._set("set_parameter", args["by"], row) for row in rows]
            case "handoff":
                return [self._report(act)]
            case "verb":
                return [self._verb(act)]
            case "deliver":
                return [self._receipt(act)]
            case _:
                wish: dict[str, Any] = {k: tuple(v) if k == "channels" else v for k, v in act.what.items()}
                return [Preference(**wish)]

    # ------------------------------------------------------------------ the patient

    def _readings(self, act: Act) -> list[tuple[float, Body]]:
        out: list[tuple[float, Body]] = []
        context = {k: str(act.args[k]) for k in ("setting", "source", "method") if act.args.get(k)}
        for number in range(act.args["times"]):
            after = number * act.args["apart"].total_seconds()
            for name, values in act.what.items():
                out.append((after, self._reading(name, self._turn(f"{act.span}{name}", values), context, act.args)))
        return out

    def _turn(self, line: str, values: list[Components]) -> Components:
        turn = self.turns.get(line, 0)
        self.turns[line] = turn + 1
        return values[turn % len(values)]

    def _reading(self, name: str, values: Components, context: dict[str, str], args: dict[str, Json]) -> Reading:
        return Reading(
            self.names.measures[name].catalogue, dict(values), dict(context),
            status=args.get("status") or "final", replaces=args.get("replaces"), quality=args.get("quality") or "ok",
        )  # fmt: skip

    def _doses(self, act: Act) -> list[Body]:
        """One answer for all medicines of the open dose, or one for each that is named."""
        paths = [s.path for _, s in self._steps() if isinstance(s.body, DoseBody)]
        if not paths:
            raise CannotDoError("there is no dose step in this pathway")
        word, why = act.args["is"], act.args["why"]
        medicines: list[str | None] = [None if m == "all" else self._medicine(m) for m in act.what]
        return [
            Answered(path, outcome=word, why=why, medicine=m, enrolment=self._run(path))
            for m in medicines
            for path in self._asked_for(m, paths)
        ]

    def _asked_for(self, medicine: str | None, paths: list[str]) -> list[str]:
        """The dose steps that ask for a medicine, or for any: those that are open, else planned, else the first."""
        asked = [
            o
            for o in self.state.occurrences.values()
            if o.step in paths and (medicine is None or medicine in o.items)
        ]
        asked = [o for o in asked if o.state != "planned"] or asked
        return list(dict.fromkeys(o.step for o in asked)) or paths[:1]

    def _medicine(self, name: str) -> str:
        listed = [p for run in self.medicines.values() for p in run]
        for one in listed:
            if name in {one["id"], one["name"]}:
                return str(one["id"])
        known = ", ".join(sorted({str(p["id"]) for p in listed})) or "none"
        raise CannotDoError(f"no medicine `{name}` is prescribed; there are: {known}")

    # ------------------------------------------------------------------ staff and the record

    def _prescribed(self, act: Act) -> list[Body]:
        out: list[Body] = []
        for plan in self.names.plans.values():
            fact = next((f.id for f in plan.facts.values() if f.type == "medicines"), None)
            if fact is None:
                continue
            before = self.medicines.get(plan.id, [])
            new = [act.what[k] for k in ("start", "change") if k in act.what]
            gone = {p["id"] for p in new}
            if "stop" in act.what:
                gone.add(self._medicine(act.what["stop"]))
            after = [p for p in before if p["id"] not in gone] + new
            self.medicines[plan.id] = after
            out.append(StaffVerb("set_fact", act.args["by"], _role(act.args["by"]), self._enrolment(plan.id),
                                 {"fact": fact, "value": after}))
        return out

    def _set(self, verb: str, by: str, args: dict[str, Json]) -> StaffVerb:
        name = args.get("fact") or args.get("parameter")
        owner = next(
            (p.id for p in self.names.plans.values() if name in p.facts or name in p.parameters), None
        )
        return StaffVerb(verb, by, _role(by), None if owner is None else self._enrolment(owner), args)

    def task(self, name: str) -> Task | None:
        """The open task of that name, the oldest first."""
        found = [
            task
            for task in self.state.tasks.values()
            if name in {task.id, plain_id(task.id), task.source} and task.status in {"open", "claimed"}
        ]
        return min(found, key=lambda t: (t.opened or self.state.clock, t.key)) if found else None

    def _task(self, name: str) -> Task:
        found = self.task(name)
        if found is None:
            opened = ", ".join(sorted({plain_id(t.id) for t in self.state.tasks.values()})) or "none"
            raise CannotDoError(f"there is no open task `{name}`; open are: {opened}")
        return found

    def _done(self, act: Act) -> Body:
        name, args = act.what, act.args
        found = self.names.step(name)
        task = self.task(name) if args["mode"] is None else None
        if task is not None:
            by = args["by"] or task.role
            return TaskVerb(task.key, "complete", f"staff.{by}", by, form=self._sent(args["form"]))
        if found is None or found[1].body.kind == "task":
            return TaskVerb(self._task(name).key, "complete", "staff")
        path = self.path(name)
        if found[1].body.kind == "visit":
            by = args["by"] or "staff"
            return Visit(path, "done", by, mode=args["mode"], form=self._sent(args["form"]), enrolment=self._run(path))
        return Answered(path, outcome="done", form=self._sent(args["form"]), enrolment=self._run(path))

    def _sent(self, form: dict[str, Json]) -> dict[str, Json]:
        """The answers with files by their references, as if they had been sent: ``photo: wound.jpg``."""
        return {name: self._reference(self.names.files.get(name, ""), value) for name, value in form.items()}

    @staticmethod
    def _reference(kind: str, value: Json) -> Json:
        typed = kind == "signature" and not str(value).endswith(_DRAWN)
        if not kind or typed or not isinstance(value, str):
            return value
        return f"{kind}-{hashlib.sha256(value.encode()).hexdigest()[:32]}"

    def _verb(self, act: Act) -> Body:
        verb, args = act.what, act.args
        by = args["by"]
        if verb in _TASK:
            task = self._task(args["task"])
            return TaskVerb(task.key, verb, f"staff.{by}", _role(by) or task.role, reason=args.get("reason"),
                            until=args.get("until"), to_role=args.get("to"), form=self._sent(args.get("form", {})))
        if verb in _VISIT:
            path = self.path(args["visit"])
            return Visit(path, verb, by, start=args.get("start"), mode=args.get("mode"), enrolment=self._run(path))
        given = {k: args[k] for k in ("reason", "end") if args.get(k)}
        if "step" in args:
            given["step"] = self.path(args["step"])
        if "row" in args:
            given["event"] = args["row"]
        only = next(iter(self.names.plans)) if len(self.names.plans) == 1 else None
        return StaffVerb(verb, by, _role(by), only, given)

    # ------------------------------------------------------------------ partners and channels

    def _report(self, act: Act) -> HandoffReport:
        path = self.path(act.what)
        open_now = [h for h in self.state.handoffs.values() if h.step == path and not h.final]
        if not open_now:
            raise CannotDoError(f"no handoff `{act.what}` is open")
        latest = max(open_now, key=lambda h: h.number)
        return self.report_on(latest.key, act)

    def report_on(self, key: str, act: Act) -> HandoffReport:
        """The partner's word about the handoff ``key``."""
        machine = self.ledger.handoffs[key].machine
        word = act.args["is"]
        return HandoffReport(key, word, final=word in final_words(machine), kept=dict(act.args["kept"]))

    def _receipt(self, act: Act) -> Delivery:
        name = act.args["message"]
        sent = self.ledger.last_sent
        row = next(reversed(sent.values()), None) if name == ANY else sent.get(name)
        if row is None:
            raise CannotDoError(f"no message `{name}` was sent yet")
        return Delivery(row.key, act.what)

    # ------------------------------------------------------------------ names

    def _steps(self) -> list[tuple[str, Step]]:
        return [found for name, rows in self.names.steps.items() if "." in name for found in rows]

    def path(self, name: str) -> str:
        """``phase.step`` of a bare name: in the phase the patient is in, else the first that has it."""
        if "." in name:
            return name
        paths = [step.path for _, step in self.names.steps.get(name, [])]
        now = {run.phase for run in self.state.enrolments.values()}
        here = [path for path in paths if path.partition(".")[0] in now]
        return (here or paths or [name])[0]

    def _run(self, path: str) -> str | None:
        found = self.names.step(path)
        return self._enrolment(found[0]) if found and len(self.names.plans) > 1 else None

    def _enrolment(self, pathway: str) -> str:
        """The enrolment on a pathway: one of the scenario bears its name, one that a step called by its plan."""
        if pathway in self.state.enrolments:
            return pathway
        sha = self.names.plans[pathway].sha256
        return next((run.key for run in self.state.enrolments.values() if run.plan == sha), pathway)


def _role(by: str) -> str | None:
    """The role in which somebody acts; the patient and the record act in none."""
    return None if by in {"staff", "record", "patient", ""} else by

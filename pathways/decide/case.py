"""One enrolment as the decider works on it: its plan, its records, and what conditions may ask of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from pathways.decide import decisions_seen, targets
from pathways.decide.calendar import CalendarContext, Point, add, day_start, local_date, moment, point_start
from pathways.decide.calendar_zone import to_utc
from pathways.decide.conditions import (
    NOT_APPLICABLE,
    DecidedValue,
    Environment,
    FactValue,
    FieldValue,
    Sample,
    StepEnd,
    TakeValues,
    Truth,
    Unknown,
    age_years,
    truth,
)
from pathways.decide.decisions_seen import Completed
from pathways.decide.index import ALL, PhaseIndex, PlanIndex
from pathways.decide.readings import accepted, grouped, latest
from pathways.decide.records import Enrolment, Kept, StepRun
from pathways.decide.windows import derived_value
from pathways.lang.plan import Parameter, Plan, Step, Target
from pathways.lang.plan_base import Duration
from pathways.lang.plan_cond import Cond, DecisionIs, InSeries
from pathways.lang.plan_when import FieldMoment, Moment, StepMoment

if TYPE_CHECKING:
    from pathways.decide.run import Run

Json = Any
_WORDS = {"d": "done", "l": "done_late", "p": "partly", "m": "missed", "n": "not_taken", "t": "taken", "s": "stopped"}
LETTERS = {word: letter for letter, word in _WORDS.items()} | {"taken_late": "t", "read": "d", "passed": "d"}
_YES = {True: True, False: False, "yes": True, "no": False, "true": True, "false": False}


class Case:
    """An enrolment at one instant. Implements ``conditions.Environment``.

    ``touched``: inputs that changed and were not looked at yet. ``judging``: the single reading that rules
    look at now (a red rule judges each reading by itself). ``follow``: actions to be done next (place, actions,
    key); ``pending``: where an action leads, and its place. ``moved``: anchors that were corrected so
    that what is done from them stays done. ``completed``: forms that decisions judge next.
    """

    __slots__ = (
        "_filling", "_params", "completed", "en", "follow", "id", "index", "judging", "moved", "pending", "plan", "run",
        "touched",
    )  # fmt: skip

    def __init__(self, run: Run, enrolment: Enrolment, plan: Plan, index: PlanIndex) -> None:
        self.run = run
        self.en = enrolment
        self.id = enrolment.key
        self.plan = plan
        self.index = index
        self.touched: set[str] = set()
        self.completed: list[Completed] = []
        self.moved: set[str] = set()
        self.judging: Kept | None = None
        self.follow: list[tuple[str, Sequence[Any], str]] = []
        self.pending: tuple[Target, str] | None = None
        self._params: dict[str, Decimal | None] = {}
        self._filling: dict[str, Json] = {}

    # ------------------------------------------------------------------ names and keys

    def key(self, *parts: object) -> str:
        """A deterministic key of this enrolment."""
        return ":".join((self.run.state.journey, self.id, *map(str, parts)))

    @property
    def phase(self) -> PhaseIndex | None:
        """The phase the patient is in, None before the first."""
        return self.index.phases.get(self.en.phase)

    def touch(self, *inputs: str) -> None:
        """Say that inputs changed: what depends on them is looked at before the next event."""
        for token in inputs:
            if token[0] in "fp*":
                self._params.clear()
        self.touched.update(inputs)

    def visit_of(self, path: str) -> int:
        """The visit of the phase a step belongs to now; 0 for steps throughout."""
        return self.en.visit if self.index.phase_of[path] else 0

    def steps(self) -> tuple[Step, ...]:
        """The steps that are planned now."""
        phase = self.phase
        return () if phase is None else phase.steps

    def path_of(self, step: str, phase: str | None) -> str | None:
        """The path a bare step name means: in ``phase``, else the present one, else throughout."""
        for place in (phase or self.en.phase, "throughout"):
            path = f"{place}.{step}"
            if path in self.index.steps:
                return path
        return None

    def path_named(self, name: str) -> str | None:
        """The path of a step that an event names: as a path, or bare as it is understood now."""
        return name if name in self.index.steps else self.path_of(name, None)

    def step_run(self, path: str) -> StepRun | None:
        """What is remembered of a step, if of this visit of its phase."""
        found = self.run.state.steps.get(f"{self.id}|{path}")
        return found if found is not None and found.visit == self.visit_of(path) else None

    @property
    def first_role(self) -> str:
        """Who of the team does what names no role."""
        return self.plan.roles[0] if self.plan.roles else "staff"

    # ------------------------------------------------------------------ Environment

    @property
    def now(self) -> datetime:
        """The logical instant of judging."""
        return self.run.at

    @property
    def zone(self) -> str:
        """The patient's zone."""
        return self.run.state.patient.zone

    @property
    def memory(self) -> Mapping[str, datetime]:
        """Since when conditions have held."""
        return self.en.held

    def measure(self, measure: str, component: str) -> Sample | Unknown:
        """The reading that is judged now, else the latest accepted one."""
        spec = self.plan.measures[measure]
        row = self.judging
        if row is None or row.measure != spec.catalogue or not accepted(row, spec):
            row = latest(self.run.live, self.run.state, spec)
        if row is None or row.at is None:
            return Unknown("no_reading")
        value = row.values.get(component)
        if value is None:
            return Unknown("no_value")
        if spec.not_older_than is not None:
            end = self.after(row.at, spec.not_older_than)
            if end is not None and end < self.now:
                return Unknown("stale")
        return Sample(value, row.at, row.context.get("source", ""))

    def takes(self, measure: str, count: int) -> Sequence[TakeValues]:
        """The last takes, oldest first, none after the reading that is judged now."""
        spec = self.plan.measures[measure]
        until = self.judging.at if self.judging is not None and self.judging.measure == spec.catalogue else None
        return grouped(self.run.live, self.run.state, spec, count, until)

    def derived(self, derived: str, component: str) -> Sample | Unknown:
        """A derived value as it stands."""
        return derived_value(self, derived, component)

    def fact(self, fact: str) -> FactValue | None:
        """A fact by its type; ``NOT_APPLICABLE`` where it does not apply."""
        spec = self.plan.facts.get(fact)
        if spec is not None and spec.applies_if is not None and truth(spec.applies_if, self) is Truth.FALSE:
            return NOT_APPLICABLE
        known = self.run.state.facts.get(f"{self.id}|{fact}")
        kind = spec.type if spec is not None else "text"
        if known is None or known.value is None:
            return None
        if spec is not None and spec.not_older_than is not None and known.at is not None:
            until = self.after(known.at, spec.not_older_than)
            if until is not None and until < self.now:
                return None
        return fact_value(kind, known.value, local_date(self.now, self.zone))

    def param(self, param: str) -> Decimal | None:
        """The value valid now: this pathway's own, or what is stated for it and another pathway of the patient."""
        if targets.stated(self, param):
            found = targets.answer(self, param)
            if found.case is not None:
                return found.value
        return self.own_param(param)

    def own_param(self, param: str) -> Decimal | None:
        """This pathway's own value now: set by staff, else by patient, else by profile, else as written."""
        if param in self._params:
            return self._params[param]
        value = self._param(param)
        self._params[param] = value
        return value

    def _param(self, param: str) -> Decimal | None:
        spec: Parameter = self.plan.parameters[param]
        setting = self.run.state.settings.get(f"{self.id}|{param}")
        if setting is not None:
            return Decimal(setting.value)
        for row in spec.by_patient:
            if truth(row.cond, self) is Truth.TRUE:
                return row.value.value
        profile = self.run.site.profile
        if profile is not None and profile in spec.by_profile:
            return spec.by_profile[profile].value.value
        return None if spec.value is None else spec.value.value.value

    def form_field(self, step: str, field: str) -> FieldValue | None:
        """A field as last completed in this visit of the phase; without a step, of the form that is being judged."""
        if not step:
            return field_value(self._filling.get(field))
        path = self.path_of(step, None)
        if path is not None:
            run = self.step_run(path)
            form = run.form if run is not None else {}
        else:
            done = self.run.state.results.get(f"{self.id}|{step}")
            form = done.form if done is not None and done.visit == self.en.visit else {}
        return field_value(form.get(field))

    @contextmanager
    def filling(self, form: dict[str, Json]) -> Iterator[None]:
        """While a form is judged its own conditions look at the answers found good so far."""
        before, self._filling = self._filling, form
        try:
            yield
        finally:
            self._filling = before

    def last_end(self, step: str, phase: str | None, any_phase: bool) -> StepEnd | None:
        """The latest ended occurrence of a step or task."""
        if any_phase:
            return self._last_any(step)
        path = self.path_of(step, phase)
        if path is not None:
            run = self.step_run(path)
            if run is None or not run.outcome or run.at is None:
                return None
            return StepEnd(run.outcome, run.at, run.mode or None)
        done = self.run.state.results.get(f"{self.id}|{step}")
        if done is None or done.at is None or done.visit != self.en.visit:
            return None
        return StepEnd(done.outcome, done.at)

    def _last_any(self, step: str) -> StepEnd | None:
        found: StepEnd | None = None
        for path in self.index.paths.get(step, ()):
            run = self.run.state.steps.get(f"{self.id}|{path}")
            if run is not None and run.any_at is not None and (found is None or run.any_at >= found.at):
                found = StepEnd(run.any_outcome, run.any_at, run.any_mode or None)
        if found is None:
            done = self.run.state.results.get(f"{self.id}|{step}")
            if done is not None and done.at is not None:
                found = StepEnd(done.outcome, done.at)
        return found

    def ends(self, step: str, phase: str | None, count: int) -> Sequence[str]:
        """Outcome words that count for a streak in this visit of the phase, oldest first."""
        path = self.path_of(step, phase)
        run = self.step_run(path) if path is not None else None
        return [] if run is None else [_WORDS[letter] for letter in run.tail[-count:]]

    def decision(self, test: DecisionIs) -> DecidedValue | None:
        """What a decision came to."""
        return decisions_seen.decided(self, test)

    def verdicts(self, series: InSeries) -> Sequence[Environment]:
        """The completed forms of a series."""
        return decisions_seen.verdicts(self, series)

    # ------------------------------------------------------------------ conditions and time

    def truth(self, cond: Cond | None) -> Truth:
        """The value of a condition now; no condition is true."""
        return Truth.TRUE if cond is None else truth(cond, self)

    def allows(self, cond: Cond | None) -> bool:
        """A guard: false stops, unknown lets it happen."""
        return cond is None or truth(cond, self) is not Truth.FALSE

    def context(self, path: str | None = None, **changes: Any) -> CalendarContext:
        """What the calendar must know to plan a step (or a moment of the present phase)."""
        en = self.en
        throughout = path is not None and not self.index.phase_of[path]
        start = self.day_zero() if throughout or en.entered is None else en.entered
        role: str | None = None
        if path is not None:
            body = self.index.steps[path].body
            role = body.task.role if body.kind == "task" else body.with_role if body.kind == "visit" else None
        return CalendarContext(
            zone=self.zone,
            start=start or self.now,
            anchors=self.anchors(start),
            step_moment=self.step_moment,
            answered=self.answered,
            customary=self.run.customary,
            param=self.param,
            site=self.run.site,
            role=role,
            seed=f"{self.id}|{path}",
            **changes,
        )

    def day_zero(self) -> datetime | None:
        """From when steps throughout are counted: the pathway's ``counts_from``, else enrolment."""
        known = self.run.state.facts.get(f"{self.id}|{self.plan.counts_from}")
        if known is None or known.value is None:
            return self.en.enrolled
        value = day_or_instant(str(known.value))
        return value if isinstance(value, datetime) else day_start(value, self.zone)

    def anchors(self, start: datetime | None) -> dict[str, datetime | date]:
        """Every anchor that is known."""
        out: dict[str, datetime | date] = {}
        for name, text in self.en.anchors.items():
            out[name] = day_or_instant(text)
        prefix = self.id + "|"
        for fact in self.plan.facts.values():
            if fact.type in {"date", "moment"}:
                known = self.run.state.facts.get(prefix + fact.id)
                if known is not None and known.value is not None:
                    out[fact.id] = day_or_instant(str(known.value))
        if self.en.enrolled is not None:
            out["enrolment"] = self.en.enrolled
        if start is not None:
            out["phase_start"] = start
        return out

    def step_moment(self, wanted: StepMoment) -> datetime | date | None:
        """When a step was done or is due, None while unknown."""
        if wanted.edge == "due":
            return self._due_of(wanted)
        if wanted.which == "last":
            found = None
            for path in self.index.paths.get(wanted.step, ()):
                memory = self.run.state.steps.get(f"{self.id}|{path}")
                if memory is not None and memory.any_done_at is not None:
                    found = memory.any_done_at if found is None else max(found, memory.any_done_at)
            return found
        here = self.path_of(wanted.step, wanted.phase)
        run = self.step_run(here) if here is not None else None
        if run is not None and run.done_at is not None:
            return run.done_at
        done = self.run.state.results.get(f"{self.id}|{wanted.step}")
        return done.at if here is None and done is not None and done.visit == self.en.visit else None

    def answered(self, wanted: FieldMoment) -> datetime | date | None:
        """The date or instant in a field of a form (or kept from a partner), None while unknown."""
        value = self.form_field(wanted.step, wanted.field)
        if value is None or len(str(value)) <= len("2026-03-02"):
            return None if value is None else day_or_instant(str(value))
        found = datetime.fromisoformat(str(value))
        local = found.tzinfo is None  # written as the patient's clock shows it
        return to_utc(found.date(), found.hour, found.minute, self.zone) if local else found.astimezone(UTC)

    def _due_of(self, wanted: StepMoment) -> datetime | None:
        """The due instant of the next occurrence of a step that has not ended, else of the last that was made."""
        path = self.path_of(wanted.step, wanted.phase)
        if path is None:
            return None
        dues = [o.due for o in self.run.occurrences_of(self, path) if o.due is not None]
        if dues:
            return min(dues)
        run = self.step_run(path)
        return run.due if run is not None else None

    def after(
        self, at: datetime, duration: Duration, role: str | None = None, *, before: bool = False
    ) -> datetime | None:
        """``at`` plus (``before``: minus) a duration, None while a parameter or roster gives no answer."""
        if duration.amount is not None and duration.unit in _CLOCK:
            size = timedelta(**{_CLOCK[duration.unit]: duration.amount})
            return at - size if before else at + size
        point = add(Point(local_date(at, self.zone), at), duration, self.context(), role=role, before=before)
        return None if point is None else point_start(point, self.zone)

    def instant(self, wanted: Moment) -> datetime | None:
        """The instant of a moment of the present phase, None while unknown."""
        point = moment(wanted, self.context())
        return None if point is None else point_start(point, self.zone)

    def touches(self, inputs: frozenset[str], touched: set[str]) -> bool:
        """Whether any of these inputs changed."""
        return ALL in touched or not inputs.isdisjoint(touched)


_CLOCK = {"s": "seconds", "min": "minutes", "h": "hours"}


def day_or_instant(text: str) -> datetime | date:
    """An ISO date or instant (aware, UTC)."""
    if len(text) <= 10:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).astimezone(UTC)


def fact_value(kind: str, value: Json, today: date) -> FactValue | None:
    """A stored fact as conditions want it; None when the stored value cannot be read as its type."""
    if kind == "age":
        return _age(value, today)
    if kind == "yes_no":
        return _YES.get(value)
    if kind in {"codes", "medicines"}:
        return frozenset(str(v if not isinstance(v, dict) else v.get("id", "")) for v in value)
    if kind in {"date", "moment"}:
        return date.fromisoformat(str(value)[:10])
    if kind in {"quantity", "count", "number"}:
        return _decimal(value["value"] if isinstance(value, dict) else value)
    return str(value)


def _age(value: Json, today: date) -> Decimal | None:
    if not isinstance(value, dict):
        return _decimal(value)
    birth = value.get("birth")
    on = value.get("on")
    return age_years(
        today,
        birth=date.fromisoformat(birth) if birth else None,
        given=_decimal(value.get("years")),
        given_on=date.fromisoformat(on) if on else None,
    )


def _decimal(value: Json) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None


def field_value(value: Json) -> FieldValue | None:
    """A form value as conditions want it."""
    if isinstance(value, dict):
        return str(value["signed"]) if "signed" in value else _decimal(value.get("value"))
    if isinstance(value, list):
        return frozenset(map(str, value))
    return value  # type: ignore[no-any-return]

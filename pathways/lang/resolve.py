"""Names: everything in a document that a phrase or a reference can point at, and what each name means where.

``Symbols`` is the table of one document. ``Scope`` answers for one place in it (a phase's rows, a rule, a quota,
a ``where``) and is what the phrase compiler asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pathways.lang.catalogue import TOTAL, Catalogue
from pathways.lang.exercise_fields import advice_fields, lesson_fields, session_fields
from pathways.lang.handoff_fields import kept_field
from pathways.lang.library import Library
from pathways.lang.phrases_names import Named
from pathways.lang.plan import Plan
from pathways.lang.plan_handoff_words import words_for
from pathways.lang.plan_things import FACT_FIELDS
from pathways.lang.resolve_calls import called_result, called_words, made_unit
from pathways.lang.source import Path
from pathways.lang.spec import COUNTING, FactSpec, PathwaySpec
from pathways.lang.spec_actions import FieldSpec
from pathways.lang.spec_base import Node
from pathways.lang.spec_steps import (
    AdviseStep,
    AnyStep,
    AskStep,
    ConferenceStep,
    DecideStep,
    DoseStep,
    ExerciseStep,
    GroupStep,
    HandoffStep,
    MeasureStep,
    PathwayStep,
    SayStep,
    TaskStep,
    TeachStep,
    VisitStep,
)
from pathways.lang.units import ucum_of

THROUGHOUT = "throughout"
STEP_WORDS: Mapping[type[Node], tuple[str, ...]] = {
    MeasureStep: ("done", "done_late", "partly", "missed"),
    AskStep: ("done", "partly", "missed"),
    DoseStep: ("taken", "taken_late", "not_taken", "missed"),
    TeachStep: ("read", "passed", "missed"),
    AdviseStep: ("approved", "edited", "refused", "expired"),
    ExerciseStep: ("done", "stopped", "missed"),
    SayStep: ("sent", "undelivered"),
    TaskStep: ("done", "cancelled"),
    DecideStep: ("done", "cancelled"),
    ConferenceStep: ("done", "cancelled"),
    VisitStep: ("done", "no_show", "moved", "missed"),
    PathwayStep: ("not_eligible", "withdrawn", "died", "transferred", "already_running"),
}
GROUP_WORDS = ("done", "missed")
TASK_WORDS = ("done", "cancelled")
ANY_STEP_WORDS = ("skipped", "cancelled", "failed")
SETTINGS = ("home", "clinic", "hospital", "pharmacy", "community", "device")
READING_ATTRIBUTES: Mapping[str, tuple[str, ...]] = {"setting": SETTINGS, "source": ()}
PROFESSIONS = (
    "nurse", "gp", "specialist", "pharmacist", "dietitian", "physiotherapist", "psychologist", "health_manager",
)  # fmt: skip
"""Who may adjust a parameter although the pathway gives them no task: professions, as the site knows its staff."""
SEXES = ("female", "male", "other", "unknown")
RESERVED = frozenset(
    {
        "and", "or", "not", "has", "is", "in", "between", "true", "false", "null", "else", "unknown", "known", "yes",
        "no", "times", "row", "for", "since", "of", "within", "at", "every", "day", "days", "week", "weeks", "month",
        "months", "year", "years", "h", "min", "s", "after", "before", "during", "until", "while", "once", "next",
        "working", "phase", "start", "enrolment", "morning", "noon", "evening", "bedtime", "breakfast", "lunch",
        "dinner", "mean", "median", "max", "last", "first", "count", "sum", "change", "missed", "done", "any",
        "previous", "each", "the", "on", "to", "a", "an", "as", "by", "than", "with", "mon", "tue", "wed", "thu",
        "fri", "sat", "sun", "setting", "source", "class", "throughout",
    }
)  # fmt: skip
"""Words of conditions and time phrases: an id that is one of them could not be told from it."""


def outcome_words(step: AnyStep) -> tuple[str, ...]:
    """The words with which occurrences of a step may end."""
    own: tuple[str, ...]
    if isinstance(step, GroupStep):
        own = GROUP_WORDS
    elif isinstance(step, HandoffStep):
        own = tuple(word.name for word in words_for(step.handoff, step.case))
    else:
        own = STEP_WORDS[type(step)]
    return tuple(dict.fromkeys((*own, *ANY_STEP_WORDS)))


@dataclass(frozen=True, slots=True)
class TaskSymbol:
    """A task that a row, rule, end, step or quota opens, by the id of its action."""

    id: str
    path: Path
    phase: str | None
    form: Mapping[str, FieldSpec] | str


@dataclass(slots=True)
class Symbols:
    """Everything with a name in one document."""

    spec: PathwaySpec
    catalogue: Catalogue
    units: dict[str, str] = field(default_factory=dict)
    """Parameter -> UCUM unit; filled when the parameters have been read."""
    tasks: dict[str, TaskSymbol] = field(default_factory=dict)
    action_ids: dict[Path, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    """Names whose own definition is wrong: what follows from that is not told again."""
    library: Library = field(default_factory=Library)
    """The pathways that this one may call."""
    called: dict[str, Plan] = field(default_factory=dict)
    """By sha256, the pathways that steps read so far call."""
    used: set[str] = field(default_factory=set)
    """What has been pointed at, as ``kind.name``: the rest is unused."""

    def words_of(self, step: AnyStep) -> tuple[str, ...]:
        """The words with which occurrences of a step may end; of a called pathway its ends."""
        own = called_words(self.library, step) if isinstance(step, PathwayStep) else ()
        return tuple(dict.fromkeys((*own, *outcome_words(step))))

    def steps_of(self, phase: str) -> Mapping[str, AnyStep]:
        """The steps of a phase, or those of ``throughout``."""
        if phase == THROUGHOUT:
            return self.spec.throughout
        return self.spec.phases[phase].steps if phase in self.spec.phases else {}

    def all_steps(self) -> Iterator[tuple[str, str, AnyStep]]:
        """(phase, step, body) in the order of the document."""
        for name, step in self.spec.throughout.items():
            yield THROUGHOUT, name, step
        for phase, body in self.spec.phases.items():
            for name, step in body.steps.items():
                yield phase, name, step

    def phases_with(self, step: str, among: Iterable[str] = ()) -> list[str]:
        """The phases (or ``throughout``) that have a step of this name."""
        wanted = set(among)
        found = [p for p, name, _ in self.all_steps() if name == step]
        return [p for p in found if not wanted or p in wanted or p == THROUGHOUT]

    def components(self, measure: str) -> Mapping[str, str]:
        """Component -> UCUM unit of a measure of the document (empty for an unknown one)."""
        spec = self.spec.measures.get(measure)
        entry = self.catalogue.measures.get(spec.use) if spec else None
        return {name: part.unit for name, part in entry.components.items()} if entry else {}

    def fields(self, form: Mapping[str, FieldSpec] | str) -> Mapping[str, FieldSpec]:
        """The questions of a form, or of the one named (none for an unknown name)."""
        return self.spec.forms.get(form, {}) if isinstance(form, str) else form

    def names(self) -> frozenset[str]:
        """Every name that a phrase may use."""
        spec = self.spec
        steps = [name for _, name, _ in self.all_steps()]
        sections = (spec.facts, spec.parameters, spec.measures, spec.derived, spec.decisions, spec.phases, spec.lists)
        lists = (self.catalogue.code_lists, self.catalogue.medicines)
        every = (*sections, spec.roles or (), *lists)
        return frozenset([*steps, *self.tasks, *(n for section in every for n in section)])

    def mark(self, kind: str, name: str) -> None:
        """Note that something was pointed at."""
        self.used.add(f"{kind}.{name}")


@dataclass(slots=True)
class Scope:
    """Answers what a name means at one place.

    ``phase`` is the phase the place stands in (None in rules, quotas and the head of the document);
    ``among`` narrows the phases a bare step name may come from (a rule's ``in``). ``attributes`` are
    the words of a ``where`` and what each may be; they hide everything else.
    """

    symbols: Symbols
    phase: str | None = None
    among: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] | None = None
    form: Mapping[str, FieldSpec] | None = None
    """The form whose field is asked about: a bare name may be another of its fields."""
    purpose: Literal["any", "medicine"] = "any"
    each: str = ""
    """What one of the prescriptions of a step `decide` is called."""
    everywhere: bool = False
    """Whether decisions are looked at over the whole enrolment: among decisions."""

    def lookup(self, name: str) -> Named | None:
        """What ``name`` as written means here; None for an unknown name."""
        if self.attributes is not None:
            words = self.attributes.get(name)
            return None if words is None else Named(kind="attribute", id=name, type="one_of", words=words)
        if self.form is not None and name in self.form:
            return self._field("", name, self.form, None)
        if self.each and name == self.each:
            return Named(kind="attribute", id=name, type="one_of", words=tuple(self.symbols.catalogue.medicines))
        first, _, rest = name.partition(".")
        found = self._valued(first, rest) or self._stepped(name) or self._anchored(name)
        if found is not None:
            self.symbols.mark(found.kind if found.kind != "field" else "step", found.id)
        return found

    def codes(self, fact: str, word: str) -> tuple[str, ...] | None:
        """The codes of the list ``word``; None when there is none."""
        own = self.symbols.spec.lists.get(word)
        if own is not None:
            self.symbols.mark("list", word)
            return tuple(own)
        spec = self.symbols.spec.facts.get(fact)
        source = self.symbols.catalogue.code_lists
        if spec is not None and spec.type == "medicines":
            source = self.symbols.catalogue.medicines
        return tuple(source[word].codes) if word in source else None

    def is_phase(self, name: str) -> bool:
        """Whether ``name`` is a phase of the document."""
        if name in self.symbols.spec.phases:
            self.symbols.mark("phase", name)
            return True
        return False

    def known(self) -> list[str]:
        """Every name that may stand here, for "did you mean"."""
        if self.attributes is not None:
            return list(self.attributes)
        spec = self.symbols.spec
        names = [*spec.facts, *spec.parameters, *spec.decisions, "enrolment"]
        for kind, held in (("measures", spec.measures), ("derived", spec.derived)):
            for one in held:
                measure = one if kind == "measures" else spec.derived[one].of
                parts = self.symbols.components(measure)
                names += [f"{one}.{part}" for part in parts] if len(parts) > 1 else [one]
                names += [one] if TOTAL in parts else []
        names += self.steps()
        for task in self.symbols.tasks.values():
            names += [task.id, *(f"{task.id}.{f}" for f in self.symbols.fields(task.form))]
        return names

    def steps(self) -> list[str]:
        """Names of the steps and tasks that may stand here."""
        names: list[str] = []
        for phase, step, _ in self.symbols.all_steps():
            if phase == THROUGHOUT or self.phase in (None, phase):
                names.append(step)
            names.append(f"{phase}.{step}")
        return [*dict.fromkeys(names), *self.symbols.tasks]

    # ------------------------------------------------------------------ values

    def _valued(self, first: str, rest: str) -> Named | None:
        spec = self.symbols.spec
        if first in spec.facts and not rest:
            return self._fact(first)
        if first in spec.parameters and not rest:
            return Named(kind="param", id=first, unit=self.symbols.units.get(first, "1"), type="quantity")
        if first in spec.decisions and not rest:
            return self._decision(first)
        if first in spec.measures:
            return self._numbered("measure", first, first, rest)
        if first in spec.derived and spec.derived[first].function in COUNTING:
            unit = "%" if spec.derived[first].function == "adherence" else "1"
            return None if rest else Named("derived", first, component="value", unit=unit, components=("value",))
        if first in spec.derived:
            return self._numbered("derived", first, spec.derived[first].of, rest)
        return None

    def _fact(self, name: str) -> Named:
        spec = self.symbols.spec.facts[name]
        words: tuple[str, ...] = tuple(spec.options or ())
        if spec.type == "sex":
            words = SEXES
        elif spec.type == "yes_no":
            words = ("yes", "no")
        written = None if spec.unit is None else ucum_of(spec.unit) or spec.unit
        unit = {"age": "a", "count": "1"}.get(spec.type, written)
        if spec.type in ("date", "moment"):
            return Named(kind="anchor", id=name, type=spec.type)
        return Named(kind="fact", id=name, type=spec.type, words=words, unit=unit)

    def _decision(self, name: str) -> Named:
        spec = self.symbols.spec.decisions[name]
        return Named(
            kind="decision",
            id=name,
            type="many_of" if spec.hits == "all" else "one_of",
            words=spec.row_words(),
            form=spec.of or "",
            everywhere=self.everywhere,
            sure=spec.unknown_word() is not None and spec.hits != "all",
        )

    def _numbered(self, kind: Literal["measure", "derived"], name: str, measure: str, part: str) -> Named | None:
        parts = self.symbols.components(measure)
        if not part and len(parts) == 1:
            part = next(iter(parts))
        if not part and TOTAL in parts:
            part = TOTAL
        if part and part not in parts:
            return None
        unit = parts.get(part)
        if kind == "derived" and unit is not None:
            unit = made_unit(self.symbols.spec.derived[name].function, unit)
        return Named(kind=kind, id=name, component=part or None, unit=unit, type="quantity", components=tuple(parts))

    def _anchored(self, name: str) -> Named | None:
        if name == "enrolment":
            return Named(kind="anchor", id=name, type="moment")
        return None

    # ------------------------------------------------------------------ steps and their forms

    def _stepped(self, name: str) -> Named | None:
        parts = name.split(".")
        if parts[0] in self.symbols.spec.phases or parts[0] == THROUGHOUT:
            if len(parts) == 1:
                return None
            return self._step_of(parts[0], parts[1], parts[2:], written_phase=parts[0])
        for phase in self._candidates(parts[0]):
            own = phase in (self.phase, THROUGHOUT) or self.phase is None
            found = self._step_of(phase, parts[0], parts[1:], written_phase=None if own else phase)
            if found is not None:
                return found
        return self._task(name, parts)

    def _candidates(self, step: str) -> list[str]:
        """The phases a bare step name may mean, nearest first. Elsewhere it must be the only one."""
        having = self.symbols.phases_with(step, self.among)
        if self.phase is None:
            return having
        near = [p for p in having if p in (self.phase, THROUGHOUT)]
        return near or (having if len(having) == 1 else [])

    def _step_of(self, phase: str, step: str, rest: list[str], *, written_phase: str | None) -> Named | None:
        body = self.symbols.steps_of(phase).get(step)
        if isinstance(body, PathwayStep) and rest:
            result, *component = rest
            return called_result(self.symbols.library, step, body, result, ".".join(component))
        if body is None or len(rest) > 1:
            return None
        if rest and isinstance(body, HandoffStep):
            return kept_field(step, rest[0], body, written_phase)
        if rest:
            form = self.symbols.fields(form_of(body))
            return self._field(step, rest[0], form, written_phase)
        words = self.symbols.words_of(body)
        if self.phase is None and written_phase is None:
            # In a rule the name is that step in whatever phase the patient is in.
            others = [self.symbols.steps_of(p)[step] for p in self.symbols.phases_with(step, self.among)]
            words = tuple(dict.fromkeys(word for other in others for word in self.symbols.words_of(other)))
        return Named(kind="step", id=step, phase=written_phase, words=words)

    def _field(self, step: str, name: str, form: Mapping[str, FieldSpec], phase: str | None) -> Named | None:
        spec = form.get(name)
        if spec is None:
            return None
        kind, words = field_type(spec, self.symbols.spec.facts)
        unit = "1" if kind == "scale" else None if spec.number is None else ucum_of(unit_written(spec.number))
        return Named(kind="field", id=step, phase=phase, field=name, type=kind, unit=unit, words=words)

    def _task(self, name: str, parts: list[str]) -> Named | None:
        task = self.symbols.tasks.get(name)
        if task is not None:
            return Named(kind="step", id=task.id, words=(*TASK_WORDS, *ANY_STEP_WORDS))
        if len(parts) == 2 and parts[0] in self.symbols.tasks:
            return self._field(parts[0], parts[1], self.symbols.fields(self.symbols.tasks[parts[0]].form), None)
        return None


def form_of(step: AnyStep) -> Mapping[str, FieldSpec] | str:
    """The form that a step carries, or its name (empty for none)."""
    if isinstance(step, AskStep):
        return step.ask
    if isinstance(step, DecideStep):
        return decide_fields(step)
    if isinstance(step, TaskStep | VisitStep | ConferenceStep):
        return step.form or {}
    if isinstance(step, TeachStep):
        return lesson_fields(step)
    if isinstance(step, AdviseStep):
        return advice_fields(step)
    return session_fields(step.counts) if isinstance(step, ExerciseStep) else {}


def decide_fields(step: DecideStep) -> Mapping[str, FieldSpec]:
    """What conditions may ask of a step `decide`: the choice and its reason; for each medicine all that was chosen."""
    if step.for_each is not None:
        return {"choices": FieldSpec.model_construct(many_of=step.words)}
    reason = FieldSpec.model_construct(text="optional")
    return {"choice": FieldSpec.model_construct(one_of=step.words), "reason": reason}


def unit_written(number: str) -> str:
    """The unit of a field: ``number: with kg`` and ``number: kg`` are the same."""
    return number.removeprefix("with ").strip()


def field_type(spec: FieldSpec, facts: Mapping[str, FactSpec]) -> tuple[str, tuple[str, ...]]:
    """The type of a form field and the words it may hold. Without a word for its type it is a reading, or its fact."""
    if spec.yes_no is not None:
        return "yes_no", ("yes", "no")
    if spec.one_of is not None:
        return "one_of", tuple(spec.one_of)
    if spec.many_of is not None:
        return "many_of", tuple(spec.many_of)
    for kind in ("number", "scale", "date", "moment", "text", "photo", "voice", "signature"):
        if getattr(spec, kind) is not None:
            return kind, ()
    if spec.measure is not None:
        return "reading", ()
    known = facts.get(spec.fact or "")
    if known is None:
        return "text", ()
    if known.type == "sex":
        return "one_of", SEXES
    if known.type == "yes_no":
        return "yes_no", ("yes", "no")
    return FACT_FIELDS.get(known.type, known.type), tuple(known.options or ())

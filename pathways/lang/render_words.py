"""A plan in people's words: titles where authors wrote ids, values where they wrote the names of parameters.

Conditions and times are trees. Before they are said (``plan_say``), every leaf that names something is exchanged for
one that carries the name people use; so one grammar of speech serves authors and clinicians. Kinds that name something
stand in ``_NAMED``, all others in ``PLAIN``: a kind in neither is an error, and a test holds the two against the plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Final, assert_never

from pathways.lang import plan_cond as c
from pathways.lang import plan_when as w
from pathways.lang.catalogue import catalogue
from pathways.lang.diagnostics import Language
from pathways.lang.plan import (
    AskBody,
    Counted,
    Derived,
    DoseBody,
    Escalate,
    ExerciseBody,
    FormField,
    GroupBody,
    HandoffBody,
    MeasureBody,
    OpenTask,
    Parameter,
    ParamValue,
    PathwayBody,
    Plan,
    Row,
    SayBody,
    Step,
    TaskBody,
    TaskSpec,
    TeachBody,
    VisitBody,
)
from pathways.lang.plan_advice import AdviseBody
from pathways.lang.plan_base import Duration, Part, Text, parts_of
from pathways.lang.plan_called import result_of
from pathways.lang.plan_handoff_words import HANDOFF_WORDS
from pathways.lang.plan_say import role_words, say_cond, say_duration, say_quantity
from pathways.lang.plan_say_when import say_moment, say_when
from pathways.lang.render_vocabulary import EXAMPLES, FUNCTIONS, KINDS, WORDS

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
PLAIN: Final = (
    c.Literal_, c.Arith, c.Compare, c.Between, c.Known, c.InARow, c.NOfM, c.HeldFor, c.And, c.Or, c.Not, c.AtLeast,
    c.Always, w.SupplyEndMoment, w.BookedMoment, w.DayOfPhase, w.OffsetMoment, w.AbsoluteMoment, w.OnceAt, w.DaysAfter,
    w.BetweenMoments, w.Every, w.OnDaysOfMonth, w.NextWorkingDay, w.OncePer, w.EachSlot, w.AsSoonAs, w.During,
    w.RandomTime, w.OnRequest,
)  # fmt: skip
"""Kinds of condition and time that name nothing themselves; what they hold is looked at."""


def kind_word(step: Step, language: Language) -> str:
    """What people call the kind of a step."""
    word = step.body.word if isinstance(step.body, TaskBody) else step.body.kind
    return KINDS[word].in_language(language)


def plain_word(word: str, language: Language) -> str:
    """A coded word (``done_late``, ``clinic``, ``sms``) for people; one not known loses its underscores."""
    known = WORDS.get(word)
    return known.in_language(language) if known is not None else word.replace("_", " ")


def placeholders(text: Text) -> list[str]:
    """What is filled into a message when it is sent."""
    return _PLACEHOLDER.findall(text.en + text.zh)


class Names:
    """The names people use for what stands in one plan."""

    def __init__(
        self, plan: Plan, language: Language = "en", profile: str | None = None, *, mark: bool = False
    ) -> None:
        self.plan = plan
        self.mark = mark  # whether numbers that nobody compared with their source carry a sign
        self.language: Language = language
        self.profile = profile

    # ------------------------------------------------------------------ whole phrases

    def cond(self, cond: c.Cond) -> str:
        """A condition in people's words."""
        return say_cond(self._named(cond), self.language)

    def when(self, when: w.When) -> str:
        """A schedule in people's words, spelled out."""
        return say_when(self._named(when), self.language)

    def moment(self, moment: w.Moment) -> str:
        """A moment in people's words."""
        return say_moment(self._named(moment), self.language)

    def row(self, row: Row) -> str:
        """What a row waits for."""
        if row.test == "unknown":
            return self.say("what stands above cannot be judged", "以上无法判断")
        if row.test == "else" or isinstance(row.test, c.Always):
            return self.say("in every other case", "其他情况")
        return self.cond(row.test)

    # ------------------------------------------------------------------ single names

    def say(self, en: str, zh: str) -> str:
        """One of two texts."""
        return zh if self.language == "zh" else en

    def text(self, text: Text) -> str:
        """A text in the language of the page."""
        return text.in_language(self.language)

    def word(self, word: str) -> str:
        """A coded word."""
        return plain_word(word, self.language)

    def words(self, words: tuple[str, ...], en: str = "or", zh: str = "或") -> str:
        """Coded words in a row."""
        said = [self.word(one) for one in words]
        if len(said) < 2:
            return "".join(said)
        last = f" {en} {said[-1]}" if self.language == "en" else f"{zh}{said[-1]}"
        return self.say(", ", "、").join(said[:-1]) + last

    def role(self, role: str) -> str:
        """A role."""
        return self.word(role) if role in {"patient", "caregiver"} else role_words(role).in_language(self.language)

    def phase(self, phase: str) -> str:
        """A phase by its title."""
        return self.text(self.plan.phases[phase].title)

    def end(self, end: str) -> str:
        """An end by its title, else the author's word."""
        title = self.plan.ends[end].title
        return self.text(title) if title is not None else self.word(end)

    def step(self, step: str, phase: str | None = None) -> str:
        """A step, or a task opened by a row or rule, by its title."""
        found = self._steps.get(f"{phase}.{step}") if phase else None
        title = found or self._titles.get(step)
        return self.text(title) if title is not None else step.replace("_", " ")

    def message(self, message: str) -> str:
        """A message as it is read, with examples for what the site fills in."""
        return _PLACEHOLDER.sub(lambda match: self.example(match[1]), self.text(self.plan.messages[message].text))

    def example(self, placeholder: str) -> str:
        """What stands for a placeholder of messages on pages; every site has its own."""
        return self.text(EXAMPLES[placeholder])

    def length(self, duration: Duration) -> str:
        """A length of time; of a parameter its value."""
        return say_duration(self._named(duration), self.language)

    def parameter(self, parameter: Parameter) -> str:
        """The value of a parameter: of the profile asked for, else of every profile that differs."""
        usual = self.value_of(parameter)
        if usual is None:
            return parameter.id.replace("_", " ")
        text = self._value(usual)
        if self.profile is not None:
            return text
        others: dict[str, list[str]] = {}
        for profile, value in parameter.by_profile.items():
            said = self._value(value)
            if said != text:
                others.setdefault(said, []).append(profile)
        if not others:
            return text
        rest = "; ".join(f"{', '.join(names)}: {number}" for number, names in others.items())
        return self.say(f"{text} ({rest})", f"{text}（{rest}）")

    def _value(self, value: ParamValue) -> str:
        evidence = self.plan.evidence.get(value.cite)
        sign = " ⚠" if self.mark and evidence is not None and not evidence.checked else ""
        return say_quantity(value.value.value, value.value.unit, self.language) + sign

    def value_of(self, parameter: Parameter) -> ParamValue | None:
        """The value of the profile asked for, else the one for no profile, else of the first profile."""
        if self.profile is not None and self.profile in parameter.by_profile:
            return parameter.by_profile[self.profile]
        return parameter.value or next(iter(parameter.by_profile.values()), None)

    def measured(self, title: Text, component: str) -> str:
        """A number of a measure: ``systolic blood pressure``."""
        if component == "value":
            return self.say(lower_first(title.en), title.zh)
        if component == "total":
            return self.say(f"{title.en} total", f"{title.zh}总分")
        if component.startswith("item") and component[4:].isdigit():
            return self.say(f"{title.en} item {component[4:]}", f"{title.zh}第{component[4:]}题")
        if self.language == "zh":
            return self.word(component) if component in WORDS else f"{title.zh}（{self.word(component)}）"
        return f"{self.word(component)} {lower_first(title.en)}"

    def derived(self, spec: Derived, component: str = "value") -> str:
        """``mean systolic blood pressure of 7 days``, as conditions speak of it."""
        return self.computed(spec, component)

    def computed(self, spec: Derived, component: str = "value") -> str:
        """What is computed, of which readings."""
        what = self.measured(self.plan.measures[spec.measure].title, component)
        made = self.text(FUNCTIONS[spec.function])
        over = self.length(spec.over)
        return self.say(f"{made} {what} of {over}", f"{over}{what}{made}")

    def counted(self, spec: Counted) -> str:
        """What is counted over the endings of a step."""
        step = self.step(spec.step, spec.phase)
        if spec.function == "missed":
            return self.say(f"how often “{step}” was missed in {spec.days} days", f"“{step}”{spec.days} 天内漏做次数")
        return self.say(f"share of “{step}” done in {spec.days} days", f"“{step}”{spec.days} 天依从率")

    def option(self, of: c.Value, word: str) -> str:
        """A word that something may be; an answer of a form as people read it there."""
        options = self._options.get((of.step, of.field), {}) if isinstance(of, c.FieldRef) else {}
        return self.text(options[word]) if word in options else self.word(word)

    def field(self, step: str, field: str) -> str:
        """A question of a form by its label."""
        label = self._labels.get((step, field))
        if label is not None:
            return self.text(label)
        if not step:
            return self.word(field)
        return f"{self.step(step)}: {self.word(field)}"

    def decision(self, decision: str) -> str:
        """A decision by its title, else the author's word."""
        found = self.plan.decisions.get(decision)
        return self.text(found.title) if found is not None and found.title is not None else self.word(decision)

    def decision_word(self, decision: str, word: str) -> str:
        """What a decision may come to, by its title."""
        found = self.plan.decisions.get(decision)
        return self.text(found.word_text(word)) if found is not None else self.word(word)

    def doer(self, step: Step) -> str:
        """Who does a step. A kind that is not known here does not pass the type checker."""
        match step.body:
            case MeasureBody() | AskBody() | DoseBody() | TeachBody() | ExerciseBody() | SayBody():
                return self.role("patient")
            case TaskBody(task=task, conference=held):
                roles = (task.role,) if held is None else held.roles
                return self.say(", ", "、").join(self.role(role) for role in roles)
            case VisitBody(with_role=role):
                return self.say(f"patient and {self.role(role)}", f"患者和{self.role(role)}")
            case PathwayBody(title=title):
                return self.text(title)
            case AdviseBody(role=role):
                return self.role(role)
            case HandoffBody(partner=partner):
                return self.word(partner)
            case GroupBody(members=members):
                return self.say(", ", "、").join(self.step(member) for member in members)
            case _ as never:
                assert_never(never)

    def outcome(self, word: str, machine: str | None = None) -> str:
        """An outcome word; of a handoff as that kind of handoff means it."""
        if machine is not None and self.language == "zh":
            for one in HANDOFF_WORDS.get(machine, ()):
                if one.name == word:
                    return one.text.zh
        return self.say("without an answer", "逾期未答复") if word == "silent" else self.word(word)

    def machine(self, step: str) -> str | None:
        """The kind of handoff of a step, None for any other step."""
        for one in self.steps:
            if one.id == step and isinstance(one.body, HandoffBody):
                return one.body.machine
        return None

    # ------------------------------------------------------------------ trees

    def _named(self, part: Any) -> Any:
        """The same tree with people's names at its leaves."""
        if isinstance(part, tuple):
            return tuple(self._named(one) for one in part)
        if not isinstance(part, Part):
            return part
        if isinstance(part, Duration):
            parameter = self.plan.parameters.get(part.param or "")
            return part if parameter is None else part.model_copy(update={"param": self.parameter(parameter)})
        renamer = _NAMED.get(type(part))
        if renamer is not None:
            return renamer(self, part)
        if type(part).__module__ in _TREES and not isinstance(part, PLAIN):
            raise TypeError(f"nothing is known about the names in {type(part).__name__}")
        fields = {name: self._named(getattr(part, name)) for name in type(part).model_fields}
        return part.model_copy(update=fields)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every step of the plan, in its order."""
        return (*self.plan.throughout, *(step for phase in self.plan.phases.values() for step in phase.steps))

    @cached_property
    def _steps(self) -> dict[str, Text]:
        return {step.path: step.title for step in self.steps}

    @cached_property
    def _titles(self) -> dict[str, Text]:
        """Title by the bare id of steps and of tasks opened by actions."""
        found = {task_id: task.title for task_id, task in self.tasks}
        found.update({path.split(".", 1)[1]: title for path, title in self._steps.items()})
        return found

    @cached_property
    def _fields(self) -> list[tuple[str, FormField]]:
        forms: list[tuple[str, tuple[FormField, ...]]] = [(name, task.form) for name, task in self.tasks]
        for step in self.steps:
            form = step.body.task.form if isinstance(step.body, TaskBody) else getattr(step.body, "form", ())
            forms.append((step.id, form))
        judged = {place.rsplit(".", 1)[-1] for one in self.plan.decisions.values() for place in one.places}
        forms += [("", form) for name, form in forms if name in judged]
        return [(name, field) for name, form in forms for field in form]

    @cached_property
    def _labels(self) -> dict[tuple[str, str], Text]:
        return {(name, field.id): field.label for name, field in self._fields if field.label is not None}

    @cached_property
    def _options(self) -> dict[tuple[str, str], Mapping[str, Text]]:
        return {(name, field.id): field.options for name, field in self._fields if field.options}

    @cached_property
    def tasks(self) -> tuple[tuple[str, TaskSpec], ...]:
        """Id and task of every action of the plan that opens one."""
        return tuple(
            (action.id, action.task)
            for action in parts_of(self.plan)
            if isinstance(action, OpenTask | Escalate) and action.task is not None
        )


def lower_first(title: str) -> str:
    """A title inside a sentence: ``blood pressure``; ``HbA1c`` stays."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


# --------------------------------------------------------------------------- leaves that name something


def _word(text: str) -> c.FactRef:
    """A leaf that is said as the text it carries."""
    return c.FactRef(fact=text, type="text")


def _measure(names: Names, ref: c.MeasureRef) -> c.FactRef:
    return _word(names.measured(names.plan.measures[ref.measure].title, ref.component))


def _derived(names: Names, ref: c.DerivedRef) -> c.FactRef:
    if ref.derived in names.plan.counted:
        return _word(names.counted(names.plan.counted[ref.derived]))
    found = result_of(names.plan, ref.derived)
    if found is not None:
        theirs = Names(found[0], names.language).derived(found[1], ref.component)
        said = names.text(found[0].title)
        return _word(names.say(f"{theirs} ({said})", f"{theirs}（{said}）"))
    return _word(names.derived(names.plan.derived[ref.derived], ref.component))


def _fact(names: Names, ref: c.FactRef) -> c.FactRef:
    return _word(names.word(ref.fact))


def _param(names: Names, ref: c.ParamRef) -> c.FactRef:
    return _word(names.parameter(names.plan.parameters[ref.param]))


def _field(names: Names, ref: c.FieldRef) -> c.FactRef:
    return _word(names.field(ref.step, ref.field))


def _is(names: Names, cond: c.Is) -> c.Is:
    return cond.model_copy(update={"of": names._named(cond.of), "word": names.option(cond.of, cond.word)})


def _one_of(names: Names, cond: c.OneOf) -> c.OneOf:
    words = tuple(names.option(cond.of, word) for word in cond.words)
    return cond.model_copy(update={"of": names._named(cond.of), "words": words})


def _has(names: Names, cond: c.Has) -> c.Has:
    title = catalogue().code_lists[cond.code].title if cond.code in catalogue().code_lists else None
    said = cond.code.replace("_", " ") if title is None else names.say(lower_first(title.en), title.zh)
    return cond.model_copy(update={"fact": names.word(cond.fact), "code": said})


def _step_is(names: Names, cond: c.StepIs) -> c.StepIs:
    outcomes = tuple(names.outcome(word, names.machine(cond.step)) for word in cond.outcomes)
    title = _quoted(names, names.step(cond.step, cond.phase))
    return cond.model_copy(update={"step": title, "phase": None, "outcomes": outcomes})


def _missed(names: Names, cond: c.MissedInRow) -> c.MissedInRow:
    return cond.model_copy(update={"step": _quoted(names, names.step(cond.step, cond.phase)), "phase": None})


def _decision_is(names: Names, cond: c.DecisionIs) -> c.DecisionIs:
    words = tuple(names.decision_word(cond.decision, word) for word in cond.words)
    return cond.model_copy(update={"decision": _quoted(names, names.decision(cond.decision)), "words": words})


def _in_series(names: Names, cond: c.InSeries) -> c.InSeries:
    since = cond.since
    if cond.since_kind == "phase":
        since = _quoted(names, names.phase(since))
    elif cond.since_kind == "step":
        since = _quoted(names, names.step(since))
    elif since:
        since = names.word(since)
    return cond.model_copy(update={"of": names._named(cond.of), "since": since})


def _step_moment(names: Names, moment: w.StepMoment) -> w.StepMoment:
    return moment.model_copy(update={"step": _quoted(names, names.step(moment.step, moment.phase)), "phase": None})


def _field_moment(names: Names, moment: w.FieldMoment) -> w.FieldMoment:
    return moment.model_copy(update={"step": "", "field": _quoted(names, names.field(moment.step, moment.field))})


def _when(names: Names, when: w.When) -> w.When:
    fields = {name: names._named(getattr(when, name)) for name in w.When.model_fields}
    return when.model_copy(update={**fields, "counting": tuple(names.word(word) for word in when.counting)})


def _turn(names: Names, turn: w.Turn) -> w.Turn:
    after = tuple(_quoted(names, names.step(name)) for name in turn.after)
    return turn.model_copy(update={"group": _quoted(names, names.step(turn.group)), "after": after})


def _anchor(names: Names, moment: w.AnchorMoment) -> w.AnchorMoment:
    if moment.name in {"phase_start", "enrolment"}:
        return moment
    return moment.model_copy(update={"name": names.word(moment.name)})


def _quoted(names: Names, title: str) -> str:
    return names.say(f"“{title}”", f"“{title}”")


_TREES: Final = frozenset({"pathways.lang.plan_cond", "pathways.lang.plan_when"})
_NAMED: Final[dict[type[Part], Callable[[Names, Any], Part]]] = {
    c.MeasureRef: _measure,
    c.DerivedRef: _derived,
    c.FactRef: _fact,
    c.ParamRef: _param,
    c.FieldRef: _field,
    c.Is: _is,
    c.OneOf: _one_of,
    c.Has: _has,
    c.StepIs: _step_is,
    c.MissedInRow: _missed,
    c.DecisionIs: _decision_is,
    c.InSeries: _in_series,
    w.StepMoment: _step_moment,
    w.Turn: _turn,
    w.AnchorMoment: _anchor,
    w.FieldMoment: _field_moment,
    w.When: _when,
}
NAMED: Final = tuple(_NAMED)
"""Kinds of condition and time that name something, and are renamed."""

"""Steps and phases: from the document to the plan."""

from __future__ import annotations

from typing import Any, Literal

from pathways.lang.catalogue import TOTAL, CatalogueInstrument, text_of
from pathways.lang.compile_actions import (
    STEP_ALLOW,
    compile_actions,
    compile_attempts,
    compile_form,
    compile_row,
    compile_target,
    compile_task,
    text,
)
from pathways.lang.compile_advice import compile_advice
from pathways.lang.compile_calls import compile_call
from pathways.lang.compile_conference import compile_conference
from pathways.lang.compile_decide import compile_decide
from pathways.lang.compile_exercise import compile_exercise
from pathways.lang.compile_groups import (
    GROUP_TITLES,
    Inside,
    compile_group,
    compile_unless,
    compile_when,
    insides,
)
from pathways.lang.compile_handoffs import compile_handoff, handoff_title
from pathways.lang.compile_reader import Reader
from pathways.lang.compile_teach import compile_teach
from pathways.lang.plan import (
    AskBody,
    Deadline,
    DoseBody,
    FormField,
    Instrument,
    MeasureBody,
    MedicineFilter,
    Phase,
    Remind,
    SayBody,
    Step,
    StepBody,
    Target,
    TaskBody,
    VisitBody,
    Window,
)
from pathways.lang.plan_base import Duration, Text
from pathways.lang.plan_say import role_words
from pathways.lang.resolve import Scope, outcome_words
from pathways.lang.source import Path
from pathways.lang.spec import PhaseSpec
from pathways.lang.spec_steps import (
    AdviseStep,
    AllOfStep,
    AnyOfStep,
    AnyStep,
    AskingStep,
    AskStep,
    ConferenceStep,
    DecideStep,
    DoseStep,
    ExerciseStep,
    ForEachStep,
    HandoffStep,
    InOrderStep,
    MeasureStep,
    OneOfStep,
    PathwayStep,
    RepeatStep,
    SayStep,
    TaskStep,
    TeachStep,
    VisitStep,
)


def compile_phase(r: Reader, name: str, spec: PhaseSpec) -> Phase:
    """A phase with its steps and rows."""
    path: Path = ("phases", name)
    scope, inside = Scope(r.symbols, phase=name), insides(spec.steps)
    until = r.until(spec.until, (*path, "until"), scope) if spec.until is not None else None
    return Phase(
        id=name,
        path=name,
        title=text_of(spec.title),
        tier=spec.tier,
        until=until[0] if until else None,
        until_text=spec.until or "",
        active_days_only=until[1] if until else False,
        no_later_than=_deadline(r, (*path, "no_later_than"), spec),
        steps=tuple(
            compile_step(r, (*path, "steps", s), name, s, body, inside.get(s)) for s, body in spec.steps.items()
        ),
        leave=tuple(compile_row(r, (*path, "leave", i), row, scope) for i, row in enumerate(spec.leave)),
        at_end=tuple(compile_row(r, (*path, "at_end", i), row, scope) for i, row in enumerate(spec.at_end)),
    )


def _deadline(r: Reader, path: Path, spec: PhaseSpec) -> Deadline | None:
    if spec.no_later_than is None:
        return None
    after = r.duration(spec.no_later_than.after, (*path, "after"))
    target = compile_target(r, path, _as_target(spec))
    if target is None:
        r.say("row_does_nothing", path)
        target = Target(go="")
    return Deadline(after=after, target=target)


def _as_target(spec: PhaseSpec) -> Any:
    return spec.no_later_than  # it has the `go` and `end` of a target


def compile_step(r: Reader, path: Path, phase: str, name: str, spec: AnyStep, group: Inside | None = None) -> Step:
    """One step of a phase, or of ``throughout``; ``group``: the one it stands in."""
    scope = Scope(r.symbols, phase=phase)
    body, title = _body(r, path, spec, scope)
    catch_up, within = _catch_up(r, path, spec)
    when = compile_when(r, path, spec, scope, group)
    for word in when.counting:
        known = outcome_words(spec)
        if word not in known:
            listed = ", ".join(f"`{w}`" for w in known)
            r.say("not_one_of", (*path, "when"), key_="counting", value=word, known=listed)
    satisfied = spec.satisfied_by if isinstance(spec, AskingStep) else None
    missed = spec.missed if isinstance(spec, AskingStep) and not isinstance(spec, VisitStep) else None
    return Step(
        id=name,
        path=f"{phase}.{name}",
        title=text_of(spec.title) if spec.title is not None else title,
        when=when,
        body=body,
        only_if=r.condition(spec.only_if, (*path, "only_if"), scope) if spec.only_if is not None else None,
        window=_window(r, path, spec),
        remind=tuple(Remind(after=r.remind(text_, (*path, "remind", i))) for i, text_ in enumerate(spec.remind or ())),
        catch_up=catch_up,
        catch_up_within=within,
        on_leave=spec.on_leave,
        safety=spec.safety,
        first_time_only=spec.first_time_only,
        if_past=spec.if_past,
        profiles=_profiles(r, path, spec),
        drop_when=None if spec.drop_when is None else r.condition(spec.drop_when, (*path, "drop_when"), scope),
        satisfied_by=None if satisfied is None else r.condition(satisfied, (*path, "satisfied_by"), scope),
        missed=compile_actions(r, (*path, "missed"), missed, scope, STEP_ALLOW),
        required=spec.required,
        must_unless=compile_unless(r, path, spec),
    )


def _profiles(r: Reader, path: Path, spec: AnyStep) -> tuple[str, ...]:
    for index, name in enumerate(spec.profiles or ()):
        r.profile(name, (*path, "profiles", index))
    return tuple(spec.profiles or ())


def _window(r: Reader, path: Path, spec: AnyStep) -> Window:
    if spec.window is None:
        return Window()
    at = (*path, "window")
    found: dict[str, Duration | None] = {}
    for key in ("opens_before", "late_after", "missed_after"):
        written = getattr(spec.window, key)
        found[key] = r.duration(written, (*at, key)) if written is not None else None
    return Window(**found)


def _catch_up(r: Reader, path: Path, spec: AnyStep) -> tuple[Literal["skip", "send", "within"], Duration | None]:
    if spec.catch_up is None:
        return ("skip" if isinstance(spec, DoseStep) else "send"), None
    word = spec.catch_up
    if word == "skip":
        return "skip", None
    if word == "send":
        return "send", None
    if word.startswith("within "):
        return "within", r.duration(word[len("within ") :], (*path, "catch_up"), offset=len("within "))
    r.say("not_one_of", (*path, "catch_up"), key_="catch_up", value=word, known="`skip`, `send`, `within <duration>`")
    return "send", None


# --------------------------------------------------------------------------- bodies


def _body(  # noqa: C901 - one case a kind
    r: Reader, path: Path, spec: AnyStep, scope: Scope
) -> tuple[StepBody, Text]:
    """What the step does, and its title where the author gives none."""
    match spec:
        case MeasureStep():
            r.measure(spec.measure, (*path, "measure"))
            return MeasureBody(measure=spec.measure), r.measure_title(spec.measure)
        case AskStep():
            return _ask(r, path, spec, scope)
        case DoseStep():
            medicines = compile_medicines(r, (*path, "dose"), spec.dose)
            return DoseBody(medicines=medicines, bundle_same_slot=spec.bundle is not None), text("Medicines", "用药")
        case TeachStep():
            body = compile_teach(r, path, spec, scope)
            return body, body.title
        case ExerciseStep():
            return compile_exercise(r, path, spec, scope), text("Exercises", "锻炼")
        case SayStep():
            r.message(spec.say, (*path, "say"))
            return SayBody(message=spec.say), text("Message", "消息")
        case TaskStep():
            task = compile_task(
                r,
                path,
                title=spec.task,
                role=spec.role,
                due=spec.due,
                scope=scope,
                form=spec.form,
                ladder=spec.escalate,
                on_leave=spec.on_leave,
            )
            attempts = compile_attempts(r, (*path, "attempts"), spec.attempts, scope)
            return TaskBody(task=task, attempts=attempts), text_of(spec.task)
        case DecideStep():
            return compile_decide(r, path, spec, scope), text_of(spec.decide)
        case VisitStep():
            return _visit(r, path, spec, scope), _visit_title(spec.visit.with_role)
        case PathwayStep():
            return compile_call(r, path, spec)
        case AdviseStep() | ConferenceStep() | HandoffStep():
            return _with_others(r, path, spec, scope)
        case AllOfStep() | AnyOfStep() | OneOfStep() | InOrderStep() | RepeatStep() | ForEachStep():
            group = compile_group(r, path, spec, scope)
            return group, GROUP_TITLES[group.way]


def _with_others(
    r: Reader, path: Path, spec: AdviseStep | ConferenceStep | HandoffStep, scope: Scope
) -> tuple[StepBody, Text]:
    if isinstance(spec, ConferenceStep):
        return compile_conference(r, path, spec, scope)
    if isinstance(spec, AdviseStep):
        return compile_advice(r, path, spec, scope), text("Advice", "建议")
    chosen = None if spec.medicines is None else compile_medicines(r, (*path, "for"), spec.medicines)
    return compile_handoff(r, path, spec, scope, chosen), handoff_title(spec)


def _ask(r: Reader, path: Path, spec: AskStep, scope: Scope) -> tuple[AskBody, Text]:
    """A form, or an instrument of the catalogue."""
    title = text("A few questions", "几个问题")
    if spec.message is not None:
        r.message(spec.message, (*path, "message"))
    if isinstance(spec.ask, str) and spec.ask not in r.spec.forms:
        found = _instrument_of(r, spec.ask, (*path, "ask"))
        return (AskBody(form=()), title) if found is None else _instrument(spec.ask, found, spec.message)
    return AskBody(form=compile_form(r, (*path, "ask"), spec.ask, scope), message=spec.message), title


def _instrument_of(r: Reader, name: str, path: Path) -> CatalogueInstrument | None:
    """The instrument whose readings a measure of this pathway holds; None (noted) for any other name."""
    known = r.catalogue.instruments
    asked = [measure for measure, spec in r.spec.measures.items() if spec.use in known]
    if r.form(name, path, asked):
        r.measure(name, path)
        return known[r.spec.measures[name].use]
    return None


def _instrument(measure: str, found: CatalogueInstrument, message: str | None) -> tuple[AskBody, Text]:
    """An instrument of the catalogue as a form; its answers are readings of the measure of the pathway."""
    options = {word: text_of(words) for word, words in found.options.items()}
    fields = tuple(
        FormField(id=name, type="one_of", label=text_of(item), options=options, required=False)
        for name, item in found.items.items()
    )
    kind = Instrument(
        measure=measure,
        total=TOTAL,
        may_be_missing=found.may_be_missing,
        self_harm=tuple(found.self_harm),
        intro=text_of(found.intro),
    )
    return AskBody(form=fields, message=message, instrument=kind), text_of(found.title)


def _visit_title(role: str) -> Text:
    """A visit without a title is named after who is seen."""
    who = role_words(role)
    return text(f"Visit with {who.en}", f"{who.zh}就诊")


def _visit(r: Reader, path: Path, spec: VisitStep, scope: Scope) -> VisitBody:
    r.role(spec.visit.with_role, (*path, "visit", "with"))
    missed = compile_actions(r, (*path, "missed"), spec.missed, scope, STEP_ALLOW)
    no_show = compile_actions(r, (*path, "no_show"), spec.no_show, scope, STEP_ALLOW)
    return VisitBody(
        with_role=spec.visit.with_role,
        modes=tuple(spec.visit.mode),
        form=compile_form(r, (*path, "form"), spec.form, scope),
        # A patient who did not come has missed the visit: where only one of the two is written it stands for both.
        missed=missed if spec.missed is not None else no_show,
        no_show=no_show if spec.no_show is not None else missed,
    )


def compile_medicines(r: Reader, path: Path, phrase: str) -> MedicineFilter:
    """``medicines where class is antihypertensive``."""
    fact, classes = r.selection(phrase, path)
    return MedicineFilter(fact=fact, classes=classes, text=phrase)

"""Forms, tasks, actions and rows: from the document to the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pathways.lang.catalogue import text_of
from pathways.lang.compile_reader import Reader
from pathways.lang.plan import (
    Action,
    Advise,
    AskMeasure,
    Attempts,
    End,
    Escalate,
    FormField,
    Go,
    OpenTask,
    PlanStep,
    Row,
    Say,
    SetFact,
    StepControl,
    Target,
    TaskSpec,
)
from pathways.lang.plan_base import Text
from pathways.lang.plan_cond import Cond
from pathways.lang.plan_replies import plain
from pathways.lang.resolve import Scope, field_type, unit_written
from pathways.lang.source import Path
from pathways.lang.spec import FactSpec
from pathways.lang.spec_actions import (
    FIELD_TYPES,
    AdviseAction,
    AttemptsSpec,
    EscalateAction,
    FieldSpec,
    GoAction,
    HoldAction,
    Inline,
    MeasureAction,
    PlanAction,
    RowSpec,
    SayAction,
    SetAction,
    StartAction,
    StopAction,
    TargetSpec,
    TaskAction,
)
from pathways.lang.spec_base import Node, TextSpec
from pathways.lang.spec_steps import AdviseStep

FIELD_WORDS = FIELD_TYPES
ENDS_ALLOW = ("say", "task", "escalate")
STEP_ALLOW = ("say", "task", "escalate", "measure", "plan", "start", "stop", "hold", "set", "advise")
RULE_ALLOW = (*STEP_ALLOW, "go", "end")


def compile_form(
    r: Reader, path: Path, form: Mapping[str, FieldSpec] | str | None, scope: Scope
) -> tuple[FormField, ...]:
    """The questions of a form, or of the one under ``forms`` that is named."""
    if form is None:
        return ()
    if isinstance(form, str):
        if not r.form(form, path):
            return ()
        path, form = ("forms", form), r.spec.forms[form]
    inside = replace(scope, form=form)
    return tuple(_field(r, (*path, name), name, spec, inside) for name, spec in form.items())


def _field(r: Reader, path: Path, name: str, spec: FieldSpec, scope: Scope) -> FormField:
    kinds = [word for word in FIELD_WORDS if getattr(spec, word) is not None]
    kind = kinds[0] if kinds else "measure" if spec.measure is not None else "fact"
    if len(kinds) > 1 or getattr(spec, kind) is None:
        r.say("field_without_type", path, key=True, known=", ".join(f"`{w}`" for w in FIELD_WORDS))
        return FormField(id=name, type="text")
    unit, low, high = None, None, None
    if kind == "number" and spec.number is not None:
        unit = r.unit(unit_written(spec.number), (*path, "number"))
    if kind == "scale" and spec.scale is not None:
        low, high = r.quantity_range(spec.scale, (*path, "scale"))
        unit = low.unit
    if spec.measure is not None:
        r.measure(spec.measure, (*path, "measure"))
    if spec.fact is not None:
        r.fact(spec.fact, (*path, "fact"))
    label = spec.yes_no or spec.label
    known = r.spec.facts.get(spec.fact or "") if kind == "fact" else None
    if known is not None:
        label = label or known.question
        unit = None if known.unit is None else r.unit(known.unit, (*path, "fact"))
    optional = getattr(spec, kind) == "optional"
    return FormField(
        id=name,
        type=field_type(spec, r.spec.facts)[0],
        label=text_of(label) if label else None,
        options=_options(spec, r.spec.facts),
        unit=unit,
        low=low,
        high=high,
        required=spec.required and not optional and spec.required_if is None,
        measure=spec.measure,
        fact=spec.fact,
        ask_if=None if spec.ask_if is None else r.condition(spec.ask_if, (*path, "ask_if"), scope),
        required_if=None if spec.required_if is None else r.condition(spec.required_if, (*path, "required_if"), scope),
        answers=_answers(r, path, spec),
    )


def _options(spec: FieldSpec, facts: Mapping[str, FactSpec]) -> dict[str, Text]:
    """The words to choose from, as people read them. Those of a fact have no other words than themselves."""
    written = spec.one_of or spec.many_of
    if written is not None:
        return {word: text_of(words) for word, words in written.items()}
    kind, words_ = field_type(spec, facts)
    return {word: Text(en=word, zh=word) for word in words_} if kind == "one_of" else {}


def _answers(r: Reader, path: Path, spec: FieldSpec) -> dict[str, tuple[str, ...]]:
    """What people write for a word of the field; each of it may stand for one word only."""
    kind, words = field_type(spec, r.spec.facts)
    taken: dict[str, str] = {}
    for word, written in (spec.answers or {}).items():
        at = (*path, "answers", word)
        if kind not in {"yes_no", "one_of"}:
            r.say("answers_of_no_choice", at, key=True, kind=kind)
            return {}
        if word not in words:
            r.say("not_one_of", at, key=True, key_="answers", value=word, known=", ".join(f"`{w}`" for w in words))
        for index, text_ in enumerate(written):
            other = taken.setdefault(plain(text_), word)
            if other != word:
                r.say("answer_twice", (*at, index), value=text_, other=other)
    return {word: tuple(dict.fromkeys(map(plain, written))) for word, written in (spec.answers or {}).items()}


def compile_task(
    r: Reader,
    path: Path,
    *,
    title: TextSpec,
    role: str,
    due: str | None,
    scope: Scope,
    form: Mapping[str, FieldSpec] | str | None = None,
    ladder: str | None = None,
    on_leave: str | None = None,
) -> TaskSpec:
    """A person's work."""
    r.role(role, (*path, "role"))
    if ladder is not None:
        r.ladder(ladder, (*path, "escalate"))
    return TaskSpec(
        title=text_of(title),
        role=role,
        due=r.duration(due, (*path, "due")) if due is not None else None,
        form=compile_form(r, (*path, "form"), form, scope),
        ladder=ladder,
        on_leave="keep" if on_leave == "keep" else "close",
    )


def _proposing(r: Reader, path: Path, name: str, scope: Scope) -> str:
    """A step that proposes advice."""
    step = r.step(name, path, scope)
    if any(found == step and not isinstance(body, AdviseStep) for _, found, body in r.symbols.all_steps()):
        r.say("not_advice", path, name=step)
    return step


def compile_attempts(r: Reader, path: Path, spec: AttemptsSpec | None, scope: Scope) -> Attempts | None:
    """How often somebody is tried to be reached."""
    if spec is None:
        return None
    return Attempts(
        at_most=r.count(spec.at_most, (*path, "at_most")),
        apart=r.duration(spec.apart, (*path, "apart")),
        then=compile_actions(r, (*path, "then"), spec.then, scope, STEP_ALLOW),
    )


def compile_actions(
    r: Reader, path: Path, actions: list[Any] | None, scope: Scope, allowed: tuple[str, ...]
) -> tuple[Action, ...]:
    """A list of actions; what may not stand at this place is a finding."""
    return tuple(compile_action(r, (*path, i), a, scope, allowed) for i, a in enumerate(actions or ()))


def compile_action(r: Reader, path: Path, action: Node, scope: Scope, allowed: tuple[str, ...]) -> Action:
    """One action."""
    name = r.symbols.action_ids[path]
    dotted = r.dotted(path)
    written = getattr(action, "only", None)
    only_if = r.condition(written, (*path, "if"), scope) if written is not None else None
    common: dict[str, Any] = {"id": name, "path": dotted, "only_if": only_if}
    kind, made = _make(r, path, action, scope, common)
    if kind not in allowed:
        known = ", ".join(f"`{w}`" for w in allowed)
        r.say("action_not_here", (*path, kind), key=True, action=kind, known=known)
    return made


def _make(r: Reader, path: Path, action: Node, scope: Scope, common: dict[str, Any]) -> tuple[str, Action]:
    match action:
        case SayAction():
            r.message(action.say, (*path, "say"))
            return "say", Say(message=action.say, **common)
        case TaskAction():
            task = compile_task(
                r,
                path,
                title=action.task,
                role=action.role,
                due=action.due,
                scope=scope,
                form=action.form,
                ladder=action.escalate,
                on_leave=action.on_leave,
            )
            attempts = compile_attempts(r, (*path, "attempts"), action.attempts, scope)
            return "task", OpenTask(task=task, attempts=attempts, **common)
        case EscalateAction():
            return "escalate", _escalate(r, path, action, scope, common)
        case MeasureAction():
            r.measure(action.measure, (*path, "measure"))
            if action.message is not None:
                r.message(action.message, (*path, "message"))
            return "measure", AskMeasure(measure=action.measure, message=action.message, **common)
        case PlanAction():
            step = r.step(action.plan, (*path, "plan"), scope)
            at = r.moment(action.at, (*path, "at"), scope)
            return "plan", PlanStep(step=step, at=at, **common)
        case AdviseAction():
            return "advise", Advise(step=_proposing(r, (*path, "advise"), action.advise, scope), **common)
        case StartAction() | StopAction() | HoldAction():
            return _control(r, path, action, scope, common)
        case SetAction():
            r.fact(action.set, (*path, "set"))
            return "set", SetFact(fact=action.set, word=action.to, **common)
        case GoAction():
            r.phase(action.go, (*path, "go"))
            return "go", Go(phase=action.go, **common)
        case _:
            end = action.end  # type: ignore[attr-defined]  # the last of the closed set
            r.end(end, (*path, "end"))
            return "end", End(end=end, **common)


def _control(
    r: Reader, path: Path, action: StartAction | StopAction | HoldAction, scope: Scope, common: dict[str, Any]
) -> tuple[str, StepControl]:
    if isinstance(action, StartAction):
        return "start", StepControl(kind="start", step=r.step(action.start, (*path, "start"), scope), **common)
    if isinstance(action, StopAction):
        return "stop", StepControl(kind="stop", step=r.step(action.stop, (*path, "stop"), scope), **common)
    return "hold", StepControl(kind="hold", step=r.step(action.hold, (*path, "hold"), scope), **common)


def _escalate(r: Reader, path: Path, action: EscalateAction, scope: Scope, common: dict[str, Any]) -> Escalate:
    r.ladder(action.escalate, (*path, "escalate"))
    rungs = r.spec.escalations.get(action.escalate)
    task = None
    if action.task is not None:
        # Whoever is told may take it; it lies with the first rung, and its deadlines are those of the rungs.
        task = TaskSpec(
            title=text_of(action.task),
            role=rungs[0].tell if rungs else "",
            form=compile_form(r, (*path, "form"), action.form, scope),
            on_leave="keep",
        )
    return Escalate(ladder=action.escalate, task=task, **common)


def compile_inline(
    r: Reader, path: Path, part: Inline, scope: Scope, allowed: tuple[str, ...] = ENDS_ALLOW
) -> tuple[Action, ...]:
    """The action that a part of the document carries itself, then those of its ``do``."""
    made: list[Action] = []
    _needs(r, path, part)
    name = r.symbols.action_ids.get(path)
    if name is not None:
        common: dict[str, Any] = {"id": name, "path": r.dotted(path)}
        if part.task is not None and part.role is not None:
            task = compile_task(
                r,
                path,
                title=part.task,
                role=part.role,
                due=part.due,
                scope=scope,
                form=part.form,
                ladder=part.escalate,
                on_leave=part.on_leave,
            )
            made.append(OpenTask(task=task, **common))
        elif part.say is not None:
            r.message(part.say, (*path, "say"))
            made.append(Say(message=part.say, **common))
        elif part.escalate is not None:
            action = EscalateAction.model_construct(escalate=part.escalate, task=part.task, form=part.form)
            made.append(_escalate(r, path, action, scope, common))
    made.extend(compile_actions(r, (*path, "do"), part.do, scope, allowed))
    return tuple(made)


_NEEDS = {"role": "task", "due": "task", "form": "task", "on_leave": "task"}


def _needs(r: Reader, path: Path, part: Inline) -> None:
    """Keys that mean something only beside another key."""
    for key, other in _NEEDS.items():
        if getattr(part, key) is not None and getattr(part, other) is None:
            r.say("text_not_allowed", (*path, key), key=True, key_=key, needs=other)
    if part.say is not None and (part.task is not None or part.escalate is not None):
        kinds = "say, " + ("task" if part.task is not None else "escalate")
        r.say("two_action_kinds", (*path, "say"), key=True, kinds=kinds)
    if part.task is not None and part.escalate is None and part.role is None:
        r.say("missing_key", path, key_="role", place=type(part).PLACE)
    if part.task is not None and part.role is not None and part.due is None:
        r.say("task_without_due", (*path, "task"), key=True)


# --------------------------------------------------------------------------- rows


def compile_target(r: Reader, path: Path, spec: TargetSpec | RowSpec | None) -> Target | None:
    """Where a row leads, or None."""
    if spec is None or (spec.go is None and spec.end is None):
        return None
    if spec.go is not None and spec.end is not None:
        r.say("two_targets", (*path, "end"), key=True)
    if spec.go is not None:
        r.phase(spec.go, (*path, "go"))
        return Target(go=spec.go)
    r.end(str(spec.end), (*path, "end"))
    return Target(end=spec.end)


def compile_row(r: Reader, path: Path, row: RowSpec, scope: Scope) -> Row:
    """A row of ``leave`` or ``at_end``."""
    test: Cond | str = "else"
    if row.otherwise is None and row.test is None:
        r.say("row_without_test", path)
    elif row.otherwise is None and row.test == "unknown":
        test = "unknown"
    elif row.otherwise is None and row.test is not None:
        test = r.condition(row.test, (*path, "if"), scope)
    target = compile_target(r, path, row)
    if target is None and row.do is None:
        r.say("row_does_nothing", path)
    up_to, since = (None, None)
    if row.up_to is not None:
        up_to, since = r.up_to(row.up_to, (*path, "up_to"))
        if row.afterwards is None:
            r.say("up_to_without_afterwards", (*path, "up_to"), key=True)
    elif row.afterwards is not None:
        r.say("text_not_allowed", (*path, "afterwards"), key=True, key_="afterwards", needs="up_to")
    return Row(
        path=r.dotted(path),
        test=test,  # type: ignore[arg-type]  # one of the two words, or a condition
        target=target,
        do=compile_actions(r, (*path, "do"), row.do, scope, STEP_ALLOW),
        up_to=up_to,
        since=since,
        afterwards=compile_target(r, (*path, "afterwards"), row.afterwards),
    )


def text(en: str, zh: str) -> Text:
    """A text of the plan that this release brings itself."""
    return Text(en=en, zh=zh)

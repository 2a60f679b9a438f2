"""The step ``pathway``: the called pathway is found, and what it is told and gives back fits."""

from __future__ import annotations

from collections.abc import Iterator

from pathways.lang.compile_reader import Reader
from pathways.lang.diagnostics import Said, did_you_mean
from pathways.lang.plan import Fact, Parameter, PathwayBody, Plan, Step
from pathways.lang.plan_base import Quantity, Text
from pathways.lang.plan_say import unit_word
from pathways.lang.resolve import THROUGHOUT
from pathways.lang.source import Path
from pathways.lang.spec import FactSpec
from pathways.lang.spec_steps import PathwayStep
from pathways.lang.units import ucum_of

_FACT = Said("fact", "事实")
_PARAMETER = Said("parameter", "参数")
_RESULT = Said("derived value", "派生值")


def compile_call(r: Reader, path: Path, spec: PathwayStep) -> tuple[PathwayBody, Text]:
    """The body of the step, and the title of the called pathway."""
    plan = _called(r, path, spec)
    title = plan.title if plan is not None else Text(en=spec.pathway, zh=spec.pathway)
    body = PathwayBody(
        pathway=spec.pathway,
        version=spec.version,
        sha256=plan.sha256 if plan is not None else "",
        title=title,
        facts=tuple(spec.facts or ()),
        parameters=dict(spec.parameters or {}),
        results=tuple(spec.results or ()),
        if_enrolled=spec.if_enrolled,
        at_end=spec.at_end,
    )
    for index, name in enumerate(spec.facts or ()):
        r.fact(name, (*path, "facts", index))
    for name, own in (spec.parameters or {}).items():
        at = (*path, "parameters", name)
        if own not in r.spec.parameters:
            r.say("unknown_name", at, name=own, suggestion=did_you_mean(own, r.spec.parameters))
        r.symbols.mark("param", own)
    if plan is not None:
        r.symbols.called[plan.sha256] = plan
        _facts(r, path, spec, plan)
        _numbers(r, path, spec, plan)
        for index, name in enumerate(spec.results or ()):
            _known(r, name, (*path, "results", index), _RESULT, plan, plan.derived)
        for purpose in plan.consent:
            if purpose not in (r.spec.consent or ()):
                r.say("call_consent", (*path, "pathway"), pathway=plan.id, name=purpose)
    return body, title


def leave_out_broken_calls(r: Reader) -> None:
    """What follows from a call that cannot be made (its ends and results are not known) is not told again."""
    for _, name, step in r.symbols.all_steps():
        if isinstance(step, PathwayStep) and r.symbols.library.find(step.pathway, step.version).plan is None:
            r.symbols.broken.add(name)


def _called(r: Reader, path: Path, spec: PathwayStep) -> Plan | None:
    found = r.symbols.library.find(spec.pathway, spec.version)
    known = ", ".join(f"`{name}`" for name in found.known) or "—"
    match found.trouble:
        case "unknown":
            near = did_you_mean(spec.pathway, found.known)
            r.say("call_unknown", (*path, "pathway"), name=spec.pathway, known=known, suggestion=near)
        case "version":
            at = (*path, "version")
            r.say("call_version", at, name=spec.pathway, version=spec.version, known=known)
        case "circle":
            r.say("call_circle", (*path, "pathway"), name=spec.pathway)
        case "errors":
            r.say("call_has_errors", (*path, "pathway"), name=spec.pathway)
        case _:
            pass
    return found.plan


def _known(r: Reader, name: str, at: Path, what: Said, plan: Plan, names: object, *, key: bool = False) -> bool:
    words = list(names) if isinstance(names, dict) else []
    if name in words:
        return True
    known = ", ".join(f"`{word}`" for word in words) or "—"
    near = did_you_mean(name, words)
    r.say("call_name", at, key=key, pathway=plan.id, what=what, name=name, known=known, suggestion=near)
    return False


def _facts(r: Reader, path: Path, spec: PathwayStep, plan: Plan) -> None:
    for index, name in enumerate(spec.facts or ()):
        at = (*path, "facts", index)
        mine = r.spec.facts.get(name)
        if mine is None or not _known(r, name, at, _FACT, plan, plan.facts):
            continue
        theirs = plan.facts[name]
        same = mine.type == theirs.type and set(mine.options or ()) <= set(theirs.options)
        unit = None if mine.unit is None else ucum_of(mine.unit)
        if not same or (unit is not None and unit != theirs.unit):
            words = [f"{kind} {' '.join(more)}".strip() for kind, more in _shapes(mine, theirs)]
            r.say("call_type", at, name=name, mine=words[0], theirs=words[1], pathway=plan.id)


def _shapes(mine: FactSpec, theirs: Fact) -> tuple[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]:
    """The types of two facts with what tells them apart."""
    unit = (mine.unit,) if mine.unit is not None else ()
    other = (unit_word(theirs.unit),) if unit and theirs.unit is not None else ()
    return (mine.type, (*unit, *(mine.options or ()))), (theirs.type, (*other, *theirs.options))


def _numbers(r: Reader, path: Path, spec: PathwayStep, plan: Plan) -> None:
    for name, own in (spec.parameters or {}).items():
        at = (*path, "parameters", name)
        if not _known(r, name, at, _PARAMETER, plan, plan.parameters, key=True):
            continue
        theirs, unit = plan.parameters[name], r.symbols.units.get(own)
        if theirs.adjustable is None:
            r.say("call_fixed", at, key=True, pathway=plan.id, name=name)
        elif unit is not None and unit != theirs.unit:
            mine, other = r.shown(unit), r.shown(theirs.unit)
            r.say("call_type", at, name=own, mine=mine, theirs=other, pathway=plan.id)


def check_calls(r: Reader, plan: Plan) -> None:
    """Every value that a number of the caller may take lies inside the bounds of the called pathway."""
    for path, step in _calls(plan):
        body = step.body
        assert isinstance(body, PathwayBody)
        called = plan.called[body.sha256]
        for name, own in body.parameters.items():
            bounds = called.parameters[name].adjustable
            assert bounds is not None
            outside = [q for q in _values(plan.parameters[own]) if not bounds.low.value <= q.value <= bounds.high.value]
            if outside:
                low, high = r.quantity_text(bounds.low), r.quantity_text(bounds.high)
                value = r.quantity_text(outside[0])
                at = (*path, "parameters", name)
                r.say("call_out_of_bounds", at, own=own, value=value, pathway=called.id, name=name, low=low, high=high)


def _calls(plan: Plan) -> Iterator[tuple[Path, Step]]:
    for step in plan.throughout:
        if isinstance(step.body, PathwayBody):
            yield (THROUGHOUT, step.id), step
    for phase in plan.phases.values():
        for step in phase.steps:
            if isinstance(step.body, PathwayBody):
                yield ("phases", phase.id, "steps", step.id), step


def _values(parameter: Parameter) -> Iterator[Quantity]:
    if parameter.value is not None:
        yield parameter.value.value
    yield from (one.value for one in parameter.by_profile.values())
    yield from (row.value for row in parameter.by_patient)
    if parameter.adjustable is not None:
        yield parameter.adjustable.low
        yield parameter.adjustable.high

"""Why a row acted, in one line for people: the parts of its condition that decided, with their values.

Names are people's words: the title of a measure or step, a derived value as ``windows.name_of`` says it, the label of a
field. What has no title is the author's name with spaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pathways.decide import counting, windows
from pathways.decide.conditions import Environment, Finding, Truth, verdict
from pathways.decide.explain import local_value, reason_words
from pathways.decide.tasks import form_fields
from pathways.decide.texts import text, word
from pathways.lang import plan_cond as c
from pathways.lang.plan import Row
from pathways.lang.plan_base import Text
from pathways.lang.plan_called import result_of

if TYPE_CHECKING:
    from pathways.decide.case import Case

_COMPONENTS_ZH = {"systolic": "收缩压", "diastolic": "舒张压", "pulse": "脉搏"}
_SIGNS = {">=": "≥", "<=": "≤", "!=": "≠"}


def reason(case: Case, row: Row, rows: Sequence[Row]) -> Text:
    """Why ``row`` of ``rows`` acts now. An ``if: unknown`` row names what is not known."""
    if row.test == "unknown":
        for earlier in rows[: rows.index(row)] if row in rows else ():
            if isinstance(earlier.test, str) or earlier.test is None:
                continue
            if case.truth(earlier.test) is Truth.UNKNOWN:
                return grounds(case, earlier.test)
        return text("why_unknown")
    if isinstance(row.test, str) or row.test is None or isinstance(row.test, c.Always):
        return text("why_else")
    return grounds(case, row.test)


def grounds(case: Case, cond: c.Cond, env: Environment | None = None) -> Text:
    """The parts that made a condition what it is, with the values compared; ``env``: as it sees them."""
    parts: list[Text] = []
    for leaf, found in _deciding(cond, verdict(cond, env or case).finding):
        said = _ground(case, leaf, found)
        if said not in parts:
            parts.append(said)
    return Text.model_construct(en=" and ".join(p.en for p in parts), zh="，且".join(p.zh for p in parts))


def _deciding(cond: c.Cond, finding: Finding) -> Iterator[tuple[c.Cond, Finding]]:
    """The leaves with the value of the whole; a condition without such parts speaks for itself."""
    inner = cond.parts if isinstance(cond, c.And | c.Or) else cond.of if isinstance(cond, c.AtLeast) else ()
    chosen = [(p, f) for p, f in zip(inner, finding.parts, strict=True) if f.value is finding.value] if inner else []
    if not chosen:
        yield cond, finding
    for part, found in chosen:
        yield from _deciding(part, found)


def _ground(case: Case, cond: c.Cond, found: Finding) -> Text:
    if isinstance(cond, c.Compare):
        if found.unknown is not None:
            return text("why_not_known", name=name_of(case, cond.left, whole=True), why=reason_words(found.unknown))
        if found.left and found.right:
            return _compared(case, cond, name_of(case, cond.left), found.left, found.right)
    if isinstance(cond, c.Is) and found.left:
        return text("why_is", name=name_of(case, cond.of), value=_value(found.left))
    if isinstance(cond, c.StepIs) and found.left:
        return text("why_is", name=_step_name(case, cond.step, cond.phase), value=word("out", found.left))
    if isinstance(cond, c.DecisionIs) and found.left and cond.decision in case.plan.decisions:
        return _decided(case, cond, found)
    if isinstance(cond, c.InSeries):
        return _series(case, cond, found)
    if isinstance(cond, c.MissedInRow):
        return text("why_missed", name=_step_name(case, cond.step, cond.phase), times=cond.times)
    said = Text.model_construct(en=_words(found.text), zh=_words(found.text))
    return said if found.unknown is None else text("why_not_known", name=said, why=reason_words(found.unknown))


def _decided(case: Case, cond: c.DecisionIs, found: Finding) -> Text:
    """``Result of the visit: uncontrolled``."""
    table = case.plan.decisions[cond.decision]
    name = table.title or text_of(cond.decision)
    words = [table.word_text(word) for word in (found.left or "").split(", ")]
    value = Text.model_construct(en=", ".join(w.en for w in words), zh="、".join(w.zh for w in words))
    return text("why_is", name=name, value=value)


def _series(case: Case, cond: c.InSeries, found: Finding) -> Text:
    """What each of the last forms came to: ``Result of the visit: uncontrolled, 2 times in a row``."""
    leaf, part = next(_deciding(cond.of, found.parts[-1])) if found.parts else (cond.of, found)
    said = _ground(case, leaf, part)
    if cond.n == cond.m:
        return text("why_row", what=said, times=cond.n)
    return text("why_of", what=said, n=cond.n, m=cond.m)


def text_of(name: str) -> Text:
    """An author's name in words."""
    return Text.model_construct(en=_words(name), zh=_words(name))


def _compared(case: Case, cond: c.Compare, name: Text, left: str, right: str) -> Text:
    sign = _SIGNS.get(cond.op, cond.op)
    against = Text.model_construct(en="", zh="") if isinstance(cond.right, c.Literal_) else name_of(case, cond.right)
    return Text.model_construct(
        en=" ".join(part for part in (name.en, left, sign, against.en, right) if part),
        zh=" ".join(part for part in (name.zh, local_value(left), sign, against.zh, local_value(right)) if part),
    )


def _value(shown: str) -> Text:
    return Text.model_construct(en=_words(shown), zh=local_value(shown))


def _words(name: str) -> str:
    return name.replace("_", " ")


def name_of(case: Case, value: c.Value, *, whole: bool = False) -> Text:
    """What people call a value that a condition speaks of; ``whole``: without its component."""
    if isinstance(value, c.MeasureRef):
        return _component(case.plan.measures[value.measure].title, "" if whole else value.component)
    if isinstance(value, c.DerivedRef):
        counted = case.plan.counted.get(value.derived)
        if counted is not None:
            return counting.name_of(case.plan, counted)
        found = result_of(case.plan, value.derived)
        named = windows.name_of(*(found or (case.plan, case.plan.derived[value.derived])))
        return _component(named, "" if whole else value.component)
    if isinstance(value, c.FieldRef):
        path = case.path_of(value.step, None) or value.step
        label = next((f.label for f in form_fields(case, path) if f.id == value.field), None)
        if label is not None:
            return label
        return Text.model_construct(en=_words(value.field), zh=_words(value.field))
    if isinstance(value, c.ParamRef):
        # A parameter has a name and no title: its name is English, its value follows.
        return Text.model_construct(en=_words(value.param), zh="设定值")
    if isinstance(value, c.FactRef):
        return Text.model_construct(en=_words(value.fact), zh=_words(value.fact))
    return Text.model_construct(en="", zh="")


def _component(title: Text, component: str) -> Text:
    if component in {"", "value"}:
        return title
    return Text.model_construct(
        en=f"{title.en} {_words(component)}", zh=f"{title.zh}（{_COMPONENTS_ZH.get(component, _words(component))}）"
    )


def _step_name(case: Case, step: str, phase: str | None) -> Text:
    path = case.path_of(step, phase)
    if path is not None:
        return case.index.steps[path].title
    spec = case.index.tasks.get(step)
    return spec.title if spec is not None else Text.model_construct(en=_words(step), zh=_words(step))

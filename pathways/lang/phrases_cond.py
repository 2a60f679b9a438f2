"""Conditions resolved: names to things, units checked and made equal, streaks given their reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pathways.lang.phrases_decisions import decision_has, decision_is, series
from pathways.lang.phrases_names import Named, NameResolver, Problem, ProblemKind, Resolved
from pathways.lang.phrases_streak import spread_streaks, subjects
from pathways.lang.phrases_tree import (
    Name,
    Span,
    SynArith,
    SynChain,
    SynCompare,
    SynCond,
    SynDuration,
    SynHas,
    SynIs,
    SynMissed,
    SynNot,
    SynQuantity,
    SynRangeTest,
    SynSelection,
    SynStreak,
    SynTrue,
    SynValue,
)
from pathways.lang.plan_base import Duration, Quantity
from pathways.lang.plan_cond import (
    Always,
    And,
    Arith,
    Between,
    Compare,
    Cond,
    DerivedRef,
    FactRef,
    FieldRef,
    Has,
    HeldFor,
    InARow,
    Is,
    Known,
    Literal_,
    MeasureRef,
    MissedInRow,
    NOfM,
    Not,
    OneOf,
    Or,
    ParamRef,
    StepIs,
    Value,
)
from pathways.lang.units import UCUM_DURATION, comparable, convert, shown, unit_of

_NUMERIC_TYPES = frozenset({"age", "quantity", "count", "number", "scale"})
_WORD_TYPES = frozenset({"yes_no", "sex", "one_of", "text"})
_CODE_TYPES = frozenset({"codes", "medicines"})
_HELD_TYPES = _CODE_TYPES | {"many_of"}
_LATE = {"done": "done_late"}
"""A step that was done late was done."""


def to_cond(tree: SynCond, names: NameResolver, text: str) -> Resolved[Cond]:
    """The condition of a tree, or every problem in it. ``text`` is the phrase the spans count in."""
    reader = CondReader(names, text)
    cond = reader.read(tree)
    if reader.problems:
        return Resolved(None, tuple(reader.problems))
    return Resolved(cond)


def to_selection(
    tree: SynSelection | SynCond, attributes: Mapping[str, Sequence[str]]
) -> Resolved[dict[str, tuple[str, ...]]]:
    """A ``where`` as attribute -> allowed words: ``setting is home``, ``class is any of a and b and …``.

    ``attributes`` are the attributes of the scope with their words (an empty list: any word). Only ``and``
    of ``is`` and ``in`` can be said so; anything else is ``cannot_be_said``.
    """
    where = tree.where if isinstance(tree, SynSelection) else tree
    problems: list[Problem] = []
    found: dict[str, tuple[str, ...]] = {}
    parts: tuple[SynCond, ...] = () if where is None else (where,)
    if isinstance(where, SynChain) and where.op == "and":
        parts = where.parts
    for part in parts:
        if not isinstance(part, SynIs) or part.negated or part.face_to_face or part.any_phase:
            problems.append(_problem("cannot_be_said", part.span, what="where"))
        elif part.of.text not in attributes:
            known = tuple(attributes)
            problems.append(_problem("unknown_name", part.of.span, known, name=part.of.text))
        else:
            allowed = attributes[part.of.text]
            wrong = [word for word in part.words if allowed and word.text not in allowed]
            problems += [
                _problem("unknown_word", word.span, tuple(allowed), name=part.of.text, word=word.text) for word in wrong
            ]
            found[part.of.text] = tuple(word.text for word in part.words)
    return Resolved(None, tuple(problems)) if problems else Resolved(found)


def to_length(length: SynDuration, names: NameResolver, problems: list[Problem]) -> Duration | None:
    """A duration; a parameter in its place keeps its name and takes its unit from the parameter."""
    if isinstance(length.amount, int):
        return Duration(amount=length.amount, unit=length.unit)
    named = names.lookup(length.amount.text)
    if named is None:
        candidates = ("day", "week", "month", "year")
        problems.append(_problem("unknown_name", length.span, candidates, name=length.amount.text))
        return None
    unit = UCUM_DURATION.get(named.unit or "")
    if named.kind != "param" or unit is None:
        problems.append(_problem("not_a_duration", length.span, name=length.amount.text, found=named.kind))
        return None
    return Duration(unit=unit, param=named.id)


def _problem(kind: ProblemKind, span: Span, candidates: tuple[str, ...] = (), **params: str) -> Problem:
    return Problem(kind, span.start, span.length, params, candidates)


@dataclass(frozen=True, slots=True)
class _Typed:
    """A number with its unit; ``literal`` for one written in the phrase."""

    value: Value
    unit: str
    span: Span
    literal: SynQuantity | None = None


class CondReader:
    """Reads one condition; problems are collected so that an author sees all of them."""

    def __init__(self, names: NameResolver, text: str) -> None:
        self.names = names
        self.text = text
        self.problems: list[Problem] = []

    def read(self, tree: SynCond) -> Cond:
        """The condition; what could not be read stands as ``Always`` beside its problem."""
        return self._cond(spread_streaks(tree, self.names, self.problems))

    def wrong(self, kind: ProblemKind, span: Span, candidates: tuple[str, ...] = (), **params: str) -> Cond:
        """Notes a problem and gives a place holder."""
        self.problems.append(_problem(kind, span, candidates, **params))
        return Always()

    def said(self, span: Span) -> str:
        """The author's words for a part."""
        return " ".join(self.text[span.start : span.end].split())

    def _cond(self, tree: SynCond) -> Cond:
        if isinstance(tree, SynChain):
            parts = tuple(self._cond(part) for part in tree.parts)
            said = self.said(tree.span)
            return And(parts=parts, text=said) if tree.op == "and" else Or(parts=parts, text=said)
        if isinstance(tree, SynNot):
            return Not(of=self._cond(tree.of), text=self.said(tree.span))
        if isinstance(tree, SynStreak):
            return self._streak(tree)
        if isinstance(tree, SynCompare):
            return self._compare(tree)
        if isinstance(tree, SynRangeTest):
            return self._between(tree)
        if isinstance(tree, SynIs):
            return self._is(tree)
        if isinstance(tree, SynHas):
            return self._has(tree)
        if isinstance(tree, SynMissed):
            return self._missed(tree)
        return _always(tree)

    def _named(self, name: Name) -> Named | None:
        named = self.names.lookup(name.text)
        if named is None:
            self.wrong("unknown_name", name.span, name=name.text)
        return named

    # ----------------------------------------------------------------- numbers

    def _number(self, value: SynValue) -> _Typed | None:
        if isinstance(value, SynQuantity):
            quantity = Quantity(value=value.value, unit=value.unit)
            return _Typed(Literal_(quantity=quantity), value.unit, value.span, value)
        if isinstance(value, SynArith):
            return self._arith(value)
        named = self._named(value)
        return None if named is None else self._reference(named, value)

    def _reference(self, named: Named, name: Name) -> _Typed | None:
        unit = "a" if named.type == "age" else (named.unit or "1")
        if named.kind in {"measure", "derived"}:
            if named.component is None:
                joined = " ".join(named.components)
                self.wrong("needs_component", name.span, named.components, name=name.text, components=joined)
                return None
            if named.kind == "measure":
                return _Typed(MeasureRef(measure=named.id, component=named.component, unit=unit), unit, name.span)
            return _Typed(DerivedRef(derived=named.id, component=named.component, unit=unit), unit, name.span)
        if named.kind == "param":
            return _Typed(ParamRef(param=named.id, unit=unit), unit, name.span)
        if named.kind == "fact" and named.type in _NUMERIC_TYPES:
            return _Typed(FactRef(fact=named.id, type=named.type), unit, name.span)
        if named.kind == "field" and named.type in _NUMERIC_TYPES:
            return _Typed(FieldRef(step=named.id, field=named.field or "", unit=unit, type=named.type), unit, name.span)
        self.wrong("type_mismatch", name.span, name=name.text, found=named.type or named.kind, wanted="number")
        return None

    def _arith(self, value: SynArith) -> _Typed | None:
        left, right = self._number(value.left), self._number(value.right)
        if left is None or right is None:
            return None
        for side in (left, right):
            if side.literal is not None and not _free_literal(side.unit):
                self.wrong("literal_quantity", side.span, literal=self.said(side.span))
                return None
        if value.op in {"+", "-"}:
            pair = self._same_unit(left, right)
            if pair is None:
                return None
            return _Typed(Arith(op=value.op, left=pair[0].value, right=pair[1].value), pair[0].unit, value.span)
        unit = _combined(left.unit, right.unit, value.op)
        if unit is None:
            self.wrong("unit_mismatch", value.span, left=shown(left.unit), right=shown(right.unit))
            return None
        return _Typed(Arith(op=value.op, left=left.value, right=right.value), unit, value.span)

    def _same_unit(self, left: _Typed, right: _Typed) -> tuple[_Typed, _Typed] | None:
        """Both sides in the unit of the left one (of the named one where the other is a literal)."""
        for literal, other in ((left, right), (right, left)):
            if literal.literal is None:
                continue
            if literal.unit == "1" and other.unit != "1" and other.literal is None:
                self.wrong("bare_number", literal.span, number=self.said(literal.span), unit=shown(other.unit))
                return None
            if comparable(literal.unit, other.unit) and not _free_literal(literal.unit):
                self.wrong("literal_quantity", literal.span, literal=self.said(literal.span))
                return None
        for plain, other in ((left, right), (right, left)):
            if isinstance(plain.value, ParamRef) and plain.unit == "1" and other.unit != "1":
                said, unit = self.said(plain.span), shown(other.unit)
                self.wrong("bare_number", plain.span, number=said, unit=unit, param=plain.value.param)
                return None
        plain_beside_unit = left.unit != right.unit and "1" in {left.unit, right.unit}
        if plain_beside_unit or not comparable(left.unit, right.unit):
            span = Span(left.span.start, right.span.end)
            self.wrong("unit_mismatch", span, left=shown(left.unit) or "1", right=shown(right.unit) or "1")
            return None
        if left.unit == right.unit:
            return left, right
        if left.literal is not None:
            return _converted(left, right.unit), right
        return left, _converted(right, left.unit)

    def _compare(self, tree: SynCompare) -> Cond:
        left, right = self._number(tree.left), self._number(tree.right)
        if left is None or right is None:
            return Always()
        pair = self._same_unit(left, right)
        if pair is None:
            return Always()
        return Compare(op=tree.op, left=pair[0].value, right=pair[1].value, text=self.said(tree.span))

    def _between(self, tree: SynRangeTest) -> Cond:
        of, low, high = self._number(tree.of), self._number(tree.low), self._number(tree.high)
        if of is None or low is None or high is None:
            return Always()
        below, above = self._same_unit(of, low), self._same_unit(of, high)
        if below is None or above is None:
            return Always()
        return Between(of=of.value, low=below[1].value, high=above[1].value, text=self.said(tree.span))

    # ----------------------------------------------------------------- words

    def _is(self, tree: SynIs) -> Cond:
        named = self._named(tree.of)
        if named is None:
            return Always()
        if named.kind == "decision":
            return decision_is(tree, named, self.said(tree.span), self.wrong)
        if tree.previous:
            return self.wrong("no_series", tree.of.span, name=tree.of.text)
        if len(tree.words) == 1 and tree.words[0].text in {"known", "unknown"}:
            return self._known(tree, named)
        found = self._step_is(tree, named) if named.kind == "step" else self._word_is(tree, named)
        return Not(of=found, text=self.said(tree.span)) if tree.negated else found

    def _known(self, tree: SynIs, named: Named) -> Cond:
        known = (tree.words[0].text == "known") != tree.negated
        said = self.said(tree.span)
        if named.kind in {"measure", "derived"} and named.component is None and named.components:
            return self._all_known(named, known, said)
        value = self._any_value(named, tree.of)
        return Always() if value is None else Known(of=value, known=known, text=said)

    def _all_known(self, named: Named, known: bool, said: str) -> Cond:
        """A measure or derived value named bare is known when any component is: there is a reading."""
        refs: list[Value] = []
        for component in named.components:
            unit = named.unit or "1"
            if named.kind == "measure":
                refs.append(MeasureRef(measure=named.id, component=component, unit=unit))
            else:
                refs.append(DerivedRef(derived=named.id, component=component, unit=unit))
        parts = tuple(Known(of=ref, known=known, text=said) for ref in refs)
        if len(parts) == 1:
            return parts[0]
        return Or(parts=parts, text=said) if known else And(parts=parts, text=said)

    def _any_value(self, named: Named, name: Name) -> Value | None:
        # A fact that is a date or a moment is known like any other; the enrolment always is, and is no fact.
        if named.kind == "fact" or (named.kind == "anchor" and named.id != "enrolment"):
            return FactRef(fact=named.id, type=named.type or "text")
        if named.kind == "field":
            return FieldRef(step=named.id, field=named.field or "", unit=named.unit, type=named.type or "text")
        if named.kind == "attribute":
            return FactRef(fact=named.id, type="attribute")
        typed = self._reference(named, name)
        return None if typed is None else typed.value

    def _step_is(self, tree: SynIs, named: Named) -> Cond:
        outcomes: list[str] = []
        for word in tree.words:
            if named.words and word.text not in named.words:
                return self._unknown_word(tree.of, word, named.words)
            outcomes.append(word.text)
            late = _LATE.get(word.text)
            if late is not None and late in named.words:
                outcomes.append(late)
        if tree.face_to_face and named.type not in {None, "visit"}:
            return self.wrong("type_mismatch", tree.of.span, name=tree.of.text, found=named.type or "", wanted="visit")
        return StepIs(
            step=named.id,
            phase=named.phase,
            outcomes=tuple(outcomes),
            any_phase=tree.any_phase,
            face_to_face=tree.face_to_face,
            text=self.said(tree.span),
        )

    def _unknown_word(self, name: Name, word: Name, allowed: tuple[str, ...]) -> Cond:
        expected = " ".join(allowed)
        return self.wrong("unknown_word", word.span, allowed, name=name.text, word=word.text, expected=expected)

    def _word_is(self, tree: SynIs, named: Named) -> Cond:
        kind = named.type or named.kind
        if named.kind not in {"fact", "field", "attribute"} or (named.kind != "attribute" and kind not in _WORD_TYPES):
            wanted = "has" if kind in _HELD_TYPES else "word"
            return self.wrong("type_mismatch", tree.of.span, name=tree.of.text, found=kind, wanted=wanted)
        if tree.face_to_face or tree.any_phase:
            return self.wrong("not_a_step", tree.of.span, name=tree.of.text)
        allowed = named.words or (("yes", "no") if kind == "yes_no" else ())
        for word in tree.words:
            if allowed and word.text not in allowed:
                return self._unknown_word(tree.of, word, allowed)
        value = self._any_value(named, tree.of)
        if value is None:
            return Always()
        said = self.said(tree.span)
        words = tuple(word.text for word in tree.words)
        return Is(of=value, word=words[0], text=said) if len(words) == 1 else OneOf(of=value, words=words, text=said)

    def _has(self, tree: SynHas) -> Cond:
        named = self._named(tree.of)
        if named is None:
            return Always()
        if named.kind == "decision":
            return decision_has(tree, named, self.said(tree.span), self.wrong)
        if tree.previous or tree.any_phase:
            return self.wrong("no_series", tree.of.span, name=tree.of.text)
        if named.kind == "field" and named.type == "many_of":
            if tree.word.text not in named.words:
                return self._unknown_word(tree.of, tree.word, named.words)
            ref = FieldRef(step=named.id, field=named.field or "", type="many_of")
            return Is(of=ref, word=tree.word.text, text=self.said(tree.span))
        if named.kind != "fact" or named.type not in _CODE_TYPES:
            found = named.type or named.kind
            return self.wrong("type_mismatch", tree.of.span, name=tree.of.text, found=found, wanted="codes")
        codes = self.names.codes(named.id, tree.word.text)
        if codes is None:
            return self.wrong("unknown_list", tree.word.span, name=tree.of.text, word=tree.word.text)
        return Has(fact=named.id, code=tree.word.text, codes=codes, text=self.said(tree.span))

    # ----------------------------------------------------------------- steps and streaks

    def _missed(self, tree: SynMissed) -> Cond:
        named = self._named(tree.of)
        if named is None:
            return Always()
        if named.kind != "step":
            return self.wrong("not_a_step", tree.of.span, name=tree.of.text)
        return MissedInRow(step=named.id, phase=named.phase, times=tree.times, text=self.said(tree.span))

    def _streak(self, tree: SynStreak) -> Cond:
        inner, said = self._cond(tree.of), self.said(tree.span)
        if tree.duration is not None:
            length = to_length(tree.duration, self.names, self.problems)
            if length is None:
                return Always()
            if length.unit in {"working_day", "working_h"}:
                return self.wrong("cannot_be_said", tree.duration.span, what="held_working")
            return HeldFor(of=inner, duration=length, text=said)
        verdicts = series(tree, inner, self.names, said, self.wrong)
        if verdicts is not None:
            return verdicts
        if tree.since is not None:
            return self.wrong("no_series", tree.since.span, name=tree.since.text)
        roots = subjects(tree.of, self.names)
        measures = {root for root in roots if root[0] == "measure"}
        if len(measures) != 1 or roots - measures - {root for root in roots if root[0] == "fact"}:
            return inner if self.problems else self.wrong("cannot_be_said", tree.span, what="streak")
        measure = next(iter(measures))[1]
        if tree.m:
            return NOfM(of=inner, n=tree.n, m=tree.m, measure=measure, text=said)
        return InARow(of=inner, times=tree.n, measure=measure, text=said)


def _always(_: SynTrue) -> Cond:
    return Always()


def _free_literal(unit: str) -> bool:
    """Whether a literal in this unit may stand in a condition: ages, durations and counts."""
    return unit == "1" or unit in UCUM_DURATION


def _converted(typed: _Typed, unit: str) -> _Typed:
    """The same number in another comparable unit: a literal at once, a reference by arithmetic."""
    if typed.literal is not None:
        quantity = Quantity(value=convert(typed.literal.value, typed.unit, unit), unit=unit)
        return _Typed(Literal_(quantity=quantity), unit, typed.span, typed.literal)
    zero = convert(Decimal(0), typed.unit, unit)
    factor = convert(Decimal(1), typed.unit, unit) - zero
    value: Value = Arith(op="*", left=typed.value, right=_literal(factor, "1"))
    if zero:
        value = Arith(op="+", left=value, right=_literal(zero, unit))
    return _Typed(value, unit, typed.span)


def _literal(number: Decimal, unit: str) -> Literal_:
    return Literal_(quantity=Quantity(value=number, unit=unit))


def _combined(left: str, right: str, op: Literal["+", "-", "*", "/"]) -> str | None:
    """The unit of a product or quotient; None if it has no UCUM code that can be read."""
    if right == "1":
        return left
    if op == "/" and left == right:
        return "1"
    if op == "*" and left == "1":
        return right
    sign = "." if op == "*" else "/"
    code = f"{left}{sign}{right}" if left != "1" or op == "*" else f"/{right}"
    if op == "/" and ("/" in right or "." in right):
        return None
    return code if unit_of(code) is not None else None

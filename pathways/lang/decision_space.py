"""The space a decision table is asked about: its inputs, the values of each that can make a difference, and its rows.

Of a number only its thresholds matter, the stretches between them and those outside: one point stands for each. Of an
enumeration every word does. So a search over finitely many points is exact. What cannot be told apart so (streaks of
readings, sums of several inputs) stands as an input of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from pathways.lang import plan_cond as c
from pathways.lang.catalogue import catalogue
from pathways.lang.decision_tests import (
    FALSE,
    NOT_ASKED,
    NOT_KNOWN,
    OTHER,
    TRUE,
    UNKNOWN,
    Known,
    Point,
    Points,
    Test,
    all_of,
    always,
    any_of,
    flag,
    holds,
    number_test,
    several,
    term,
    word_test,
)
from pathways.lang.plan import Decision, FormField, Plan
from pathways.lang.plan_say import say_cond, say_quantity, say_value

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


@dataclass(slots=True)
class Input:
    """One thing that rows look at. ``label``: as authors write it; ``thresholds`` of a number, ``words`` of a word.
    ``quiet``: in an example it goes without saying where it is not so."""

    label: str
    unit: str = "1"
    thresholds: set[Decimal] = field(default_factory=set)
    words: dict[str, None] = field(default_factory=dict)
    low: Decimal | None = None
    high: Decimal | None = None
    whole: bool = False
    numeric: bool = False
    quiet: bool = False
    extra: list[Point] = field(default_factory=list)

    def points(self) -> list[Point]:
        """The values that can make a difference."""
        if self.numeric:
            return [*_points(self), *self.extra]
        return [*self.words, *self.extra] if self.words else [True, False]

    def said(self, point: Point) -> tuple[str, str]:
        """A value in an example, in both languages."""
        if point is True or point is False:
            return (self.label, self.label) if point else (f"not ({self.label})", f"并非（{self.label}）")
        if isinstance(point, Decimal):
            return (
                f"{self.label} = {say_quantity(point, self.unit)}",
                f"{self.label} = {say_quantity(point, self.unit, 'zh')}",
            )
        en, zh = {
            NOT_ASKED: (f"{self.label} does not apply", f"{self.label} 不适用"),
            NOT_KNOWN: (f"{self.label} is not known", f"{self.label} 未知"),
            OTHER: (f"{self.label} is anything else", f"{self.label} 为其他"),
        }.get(point, (f"{self.label} is {point}", f"{self.label} 为 {point}"))
        return en, zh


def _points(one: Input) -> Iterator[Decimal]:
    """Each threshold, a point in each stretch between two, one below and one above; none that cannot be."""
    marks = sorted(one.thresholds)
    found = [_below(marks[0], one.low)] if marks else [one.low or Decimal(1)]
    for mark, after in pairwise(marks):
        found += [mark, _between(mark, after)]
    found += [marks[-1], _above(marks[-1], one.high)] if marks else []
    for point in dict.fromkeys(found):
        if one.whole and point != point.to_integral_value():
            continue
        if (one.low is None or point >= one.low) and (one.high is None or point <= one.high):
            yield point


def _below(mark: Decimal, low: Decimal | None) -> Decimal:
    near = mark - (1 if mark == mark.to_integral_value() else abs(mark))
    return _between(low, mark) if low is not None and near < low < mark else near


def _above(mark: Decimal, high: Decimal | None) -> Decimal:
    near = (mark + 1).to_integral_value(rounding="ROUND_FLOOR")
    return _between(mark, high) if high is not None and near > high > mark else near


def _between(low: Decimal, high: Decimal) -> Decimal:
    """A number between two, with as few digits as may be."""
    middle = (low + high) / 2
    for digits in range(7):
        short = round(middle, digits)
        if low < short < high:
            return short
    return middle


class Space:
    """The inputs of a table under one set of parameter values, and its rows as tests of points.

    ``scope``: the form whose decisions are all of the same completed form, ``fields`` its questions. ``inexact``: some
    input is made of others, so that an example may be one that no patient can have.
    """

    def __init__(self, plan: Plan, values: Mapping[str, Decimal], scope: str, fields: Sequence[FormField] = ()) -> None:
        self.plan, self.values, self.scope = plan, values, scope
        self.fields = fields
        self.inputs: dict[str, Input] = {}
        self.limits: list[tuple[Test, Test]] = []
        self.inexact = False
        self.visits = 0
        self._depth = 0
        self._codes: dict[tuple[str, str], set[str]] = {}

    def test(self, cond: c.Cond) -> Test:
        """A condition as a test of points."""
        made = self._made(cond)

        def counted(points: Points) -> Known:
            self.visits += 1
            return made(points)

        return counted

    def _made(self, cond: c.Cond) -> Test:
        match cond:
            case c.And():
                return all_of([self.test(part) for part in cond.parts])
            case c.Or():
                return any_of([self.test(part) for part in cond.parts])
            case c.Not():
                inner = self.test(cond.of)
                return lambda points: None if (value := inner(points)) is None else TRUE - value
            case c.AtLeast():
                return several([self.test(part) for part in cond.of], cond.n)
            case c.Always():
                return lambda _: TRUE
            case c.Compare():
                return self._compare(cond.left, cond.op, cond.right)
            case c.Between():
                return all_of([self._compare(cond.of, ">=", cond.low), self._compare(cond.of, "<=", cond.high)])
            case c.Is():
                return self._word(cond.of, (cond.word,))
            case c.OneOf():
                return self._word(cond.of, cond.words)
            case c.Known():
                return self._known(cond)
            case _:
                return self._other(cond)

    def _other(self, cond: c.Cond) -> Test:
        match cond:
            case c.Has():
                return self._has(cond)
            case c.StepIs():
                return self._step(cond)
            case c.MissedInRow():
                key = f"missed {cond.phase}.{cond.step}"
                one = self._number(key, f"{cond.step} missed in a row", whole=True, low=Decimal(0))
                return self._at(key, one, ">=", Decimal(cond.times))
            case c.DecisionIs():
                return self._decision(cond)
            case _:
                return self._alone(cond)

    def _alone(self, cond: c.Cond) -> Test:
        """A condition that is an input of its own: a streak, or what must have held for a while."""
        key = cond.model_copy(update={"text": ""}).model_dump_json()
        self.inputs.setdefault(key, Input(getattr(cond, "text", "") or say_cond(cond)))
        if isinstance(cond, c.InSeries) and cond.form == self.scope and self.scope and cond.n == cond.m:
            self.limits.append((flag(key), self.test(cond.of)))  # all of the last: this one too
        return flag(key)

    # ------------------------------------------------------------------ numbers

    def _number(self, key: str, label: str, **more: Any) -> Input:
        return self.inputs.setdefault(key, Input(label, numeric=True, **more))

    def _at(self, key: str, one: Input, op: str, mark: Decimal) -> Test:
        one.thresholds.add(mark)
        return number_test(key, op, mark)

    def _compare(self, left: c.Value, op: str, right: c.Value) -> Test:
        terms, rest = self._linear(left)
        others, more = self._linear(right)
        for key, factor in others.items():
            terms[key] = terms.get(key, Decimal(0)) - factor
        terms = {key: factor for key, factor in sorted(terms.items()) if factor}
        mark = more - rest
        if not terms:
            value = TRUE if holds(Decimal(0), op, mark) else FALSE
            return lambda _: value
        first = next(iter(terms.values()))
        mark, op = mark / first, op if first > 0 else _FLIPPED[op]
        if len(terms) == 1:
            key = next(iter(terms))
            return self._at(key, self.inputs[key], op, mark)
        self.inexact = True
        label = " ".join(
            term(self.inputs[key].label, factor / first, i) for i, (key, factor) in enumerate(terms.items())
        )
        key = f"sum {label}"
        unit = self.inputs[next(iter(terms))].unit
        return self._at(key, self._number(key, label, unit=unit), op, mark)

    def _linear(self, value: c.Value) -> tuple[dict[str, Decimal], Decimal]:
        """A value as factors of inputs and a number."""
        if isinstance(value, c.Literal_):
            return {}, value.quantity.value if value.quantity is not None else Decimal(0)
        if isinstance(value, c.ParamRef):
            return {}, self.values.get(value.param, Decimal(0))
        if not isinstance(value, c.Arith):
            return {self._input_of(value): Decimal(1)}, Decimal(0)
        left, a = self._linear(value.left)
        right, b = self._linear(value.right)
        if value.op in "+-":
            sign = 1 if value.op == "+" else -1
            for key, factor in right.items():
                left[key] = left.get(key, Decimal(0)) + sign * factor
            return left, a + sign * b
        if value.op == "*" and not (left and right):
            terms, factor, rest = (left, b, a) if left else (right, a, b)
            return {key: one * factor for key, one in terms.items()}, rest * factor
        if value.op == "/" and not right and b:
            return {key: one / b for key, one in left.items()}, a / b
        self.inexact = True
        label = say_value(value)
        self._number(label, label)
        return {label: Decimal(1)}, Decimal(0)

    def _input_of(self, value: c.Value) -> str:
        key = label = say_value(value)
        if isinstance(value, c.MeasureRef):
            measure = self.plan.measures[value.measure]
            part = next(p for p in measure.components if p.name == value.component)
            low = part.low.value if part.low is not None and part.low.unit == value.unit else None
            high = part.high.value if part.high is not None and part.high.unit == value.unit else None
            whole = measure.catalogue in catalogue().instruments
            self._number(key, label, unit=value.unit, low=low, high=high, whole=whole)
        elif isinstance(value, c.DerivedRef):
            self._number(key, label, unit=value.unit)
        elif isinstance(value, c.FactRef):
            fact = self.plan.facts[value.fact]
            unit = "a" if fact.type == "age" else fact.unit or "1"
            low = Decimal(0) if fact.type in {"age", "count"} else None
            self._number(key, label, unit=unit, low=low, whole=fact.type == "count")
            self._applies(key, value.fact)
        elif isinstance(value, c.FieldRef):
            label = value.field if not value.step else label
            low, high = self._bounds(value)
            self._number(key, label, unit=value.unit or "1", low=low, high=high)
        return key

    def _bounds(self, ref: c.FieldRef) -> tuple[Decimal | None, Decimal | None]:
        for one in self._fields(ref):
            return (one.low.value if one.low else None, one.high.value if one.high else None)
        return None, None

    def _fields(self, ref: c.FieldRef) -> Iterator[FormField]:
        """The question of a form that a reference names, where the plan has it."""
        if not ref.step:
            yield from (one for one in self.fields if one.id == ref.field)
            return
        for step in (*self.plan.throughout, *(s for p in self.plan.phases.values() for s in p.steps)):
            if step.id == ref.step:
                form = step.body.task.form if step.body.kind == "task" else getattr(step.body, "form", ())
                yield from (one for one in form if one.id == ref.field)

    # ------------------------------------------------------------------ words

    def _word(self, of: c.Value, words: tuple[str, ...]) -> Test:
        if isinstance(of, c.FieldRef) and of.type == "many_of":
            key = f"{say_value(of)} has {words[0]}"
            self.inputs.setdefault(key, Input(f"{of.field if not of.step else say_value(of)} has {words[0]}"))
            return flag(key)
        key = say_value(of)
        label = of.field if isinstance(of, c.FieldRef) and not of.step else key
        one = self.inputs.setdefault(key, Input(label, words=dict.fromkeys(self._all_words(of))))
        if not self._all_words(of):
            one.words.update(dict.fromkeys((*words, OTHER)))
        if isinstance(of, c.FactRef):
            self._applies(key, of.fact)
        return word_test(key, frozenset(words))

    def _all_words(self, of: c.Value) -> tuple[str, ...]:
        if isinstance(of, c.FactRef):
            if of.type == "yes_no":
                return ("yes", "no")
            if of.type == "sex":
                return ("female", "male", "other", "unknown")
            return self.plan.facts[of.fact].options if of.fact in self.plan.facts else ()
        if isinstance(of, c.FieldRef):
            if of.type == "yes_no":
                return ("yes", "no")
            return next((tuple(one.options) for one in self._fields(of)), ())
        return ()

    def _applies(self, key: str, fact: str) -> None:
        """Where a fact does not apply every test on it is false; whether it does, other inputs may say."""
        spec = self.plan.facts.get(fact)
        one = self.inputs[key]
        if spec is None or spec.applies_if is None or NOT_ASKED in one.extra or self._depth > 3:
            return
        one.extra.append(NOT_ASKED)
        self._depth += 1
        applies = self.test(spec.applies_if)
        self._depth -= 1
        out = word_test(key, frozenset({NOT_ASKED}))
        self.limits.append((out, lambda points: None if (v := applies(points)) is None else TRUE - v))
        self.limits.append((lambda points: None if (v := out(points)) is None else TRUE - v, applies))

    def _has(self, cond: c.Has) -> Test:
        key = f"{cond.fact} has {cond.code}"
        if key not in self.inputs:
            for other, codes in self._codes.items():
                if other[0] == cond.fact and codes <= set(cond.codes):
                    self.limits.append((flag(f"{other[0]} has {other[1]}"), flag(key)))
                if other[0] == cond.fact and set(cond.codes) <= codes:
                    self.limits.append((flag(key), flag(f"{other[0]} has {other[1]}")))
            self._codes[cond.fact, cond.code] = set(cond.codes)
            self.inputs[key] = Input(key)
        return flag(key)

    def _known(self, cond: c.Known) -> Test:
        of = cond.of
        if not isinstance(of, c.MeasureRef | c.DerivedRef | c.FactRef | c.FieldRef):
            return self._alone(cond)
        numeric = isinstance(of, c.MeasureRef | c.DerivedRef) or of.type in {
            "age",
            "quantity",
            "count",
            "number",
            "scale",
        }
        key = self._input_of(of) if numeric else say_value(of)
        if not numeric:
            self._word(of, ())
        if NOT_KNOWN not in self.inputs[key].extra:
            self.inputs[key].extra.append(NOT_KNOWN)
        wanted = cond.known

        def test(points: Points) -> Known:
            point = points.at(key)
            if point is None:
                return None
            return TRUE if point != NOT_ASKED and (point != NOT_KNOWN) == wanted else FALSE

        return test

    # ------------------------------------------------------------------ steps and decisions

    def _step(self, cond: c.StepIs) -> Test:
        label = f"{cond.phase}.{cond.step}" if cond.phase else cond.step
        key = f"step {label} {cond.any_phase}"
        one = self.inputs.setdefault(key, Input(label, words={OTHER: None}))
        one.words.update(dict.fromkeys(cond.outcomes))
        ended = word_test(key, frozenset(cond.outcomes))
        if not cond.face_to_face:
            return ended
        self.inputs.setdefault(f"{key} face", Input(f"{label} face to face"))
        return all_of([ended, flag(f"{key} face")])

    def _decision(self, cond: c.DecisionIs) -> Test:
        decision = self.plan.decisions.get(cond.decision)
        if decision is None or cond.known is not None:
            return self._alone(cond)
        inside = decision.form in {"", self.scope} and not cond.previous
        if inside and decision.hits != "all" and self._depth < 4:
            return self._inlined(decision, frozenset(cond.words))
        label = f"previous {decision.id}" if cond.previous else decision.id
        key = f"decision {label} {cond.any_phase}"
        if decision.hits == "all":
            self.inputs.setdefault(f"{key} {cond.words[0]}", Input(f"{label} has {cond.words[0]}"))
            return flag(f"{key} {cond.words[0]}")
        words = dict.fromkeys([*(row.word for row in decision.rows), *cond.words])
        one = self.inputs.setdefault(key, Input(label, words=words))
        if not inside and OTHER not in one.words:
            one.words[OTHER] = None
        return word_test(key, frozenset(cond.words))

    def _inlined(self, decision: Decision, words: frozenset[str]) -> Test:
        """A decision of the same moment: its own rows say what it comes to."""
        self._depth += 1
        rows = [(always if isinstance(row.test, str) else self.test(row.test), row.word) for row in decision.rows]
        self._depth -= 1
        told = decision.unknown_word
        flag = f"told {decision.id}"
        if told is not None:
            self.inputs.setdefault(flag, Input(f"{decision.id} is {told}", quiet=True))

        def test(points: Points) -> Known:
            if told is not None:
                point = points.at(flag)
                if point is not False:
                    return None if point is None else TRUE if told in words else FALSE
            for one, word in rows:
                value = one(points)
                if value is None:
                    return None
                if value == TRUE:
                    return TRUE if word in words else FALSE
                if value == UNKNOWN:
                    return UNKNOWN if told is None else TRUE if told in words else FALSE
            return UNKNOWN

        return test

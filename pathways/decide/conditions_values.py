"""Values that conditions speak of, fetched from the environment and compared in three values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from pathways.decide.conditions_env import (
    Environment,
    FactValue,
    FieldValue,
    NotApplicable,
    Number,
    Sample,
    Truth,
    Unknown,
)
from pathways.lang.plan_cond import Arith, DerivedRef, FactRef, FieldRef, Literal_, MeasureRef, ParamRef, Value

FALSE, UNKNOWN, TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE

Got = Decimal | date | bool | str | frozenset[str] | NotApplicable | None
"""A value fetched; None is unknown."""
Getter = Callable[[Environment], Got]


def number(value: Number) -> Decimal:
    """As ``Decimal``; a float by the digits it is shown with."""
    return value if type(value) is Decimal else Decimal(str(value))


def age_years(
    on: date, *, birth: date | None = None, given: Number | None = None, given_on: date | None = None
) -> Decimal | None:
    """Age in years on a local date, None if nothing is known of it.

    From the birth date: completed months as twelfths, so that a birthday is a whole number (29 February counts
    from 1 March in other years). Else the age given, plus the whole years since it was given.
    """
    if birth is not None:
        months = (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
        years, rest = divmod(months, 12)
        return years + Decimal(rest) / 12
    if given is None:
        return None
    if given_on is None:
        return number(given)
    passed = on.year - given_on.year - ((on.month, on.day) < (given_on.month, given_on.day))
    return number(given) + max(0, passed)


def plain(value: FactValue | FieldValue | None) -> Got:
    """A fact or field as the comparisons want it."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    return value


def getter(value: Value) -> Getter:
    """A closure that fetches a value; None is unknown."""
    if isinstance(value, Literal_):
        return _literal(value)
    if isinstance(value, MeasureRef):
        measure, component = value.measure, value.component
        return lambda env: _sampled(env.measure(measure, component))
    if isinstance(value, DerivedRef):
        derived, part = value.derived, value.component
        return lambda env: _sampled(env.derived(derived, part))
    if isinstance(value, FactRef):
        fact = value.fact
        return lambda env: plain(env.fact(fact))
    if isinstance(value, ParamRef):
        param = value.param
        return lambda env: _param(env, param)
    if isinstance(value, FieldRef):
        return _field(value)
    return _arith(value)


def _field(value: FieldRef) -> Getter:
    """Answers are kept as they travel: numbers and dates as text."""
    step, field = value.step, value.field
    if value.type in {"number", "scale"}:
        return lambda env: _as_number(env.form_field(step, field))
    if value.type in {"date", "moment"}:
        return lambda env: _as_date(env.form_field(step, field))
    return lambda env: plain(env.form_field(step, field))


def _as_number(value: FieldValue | None) -> Got:
    return Decimal(value) if isinstance(value, str) else plain(value)


def _as_date(value: FieldValue | None) -> Got:
    return date.fromisoformat(value[:10]) if isinstance(value, str) else plain(value)


def _literal(value: Literal_) -> Getter:
    fixed: Got = value.word
    if value.quantity is not None:
        fixed = value.quantity.value
    elif value.boolean is not None:
        fixed = value.boolean
    return lambda _env: fixed


def _sampled(sample: Sample | Unknown) -> Decimal | None:
    return number(sample.value) if type(sample) is Sample else None


def _param(env: Environment, param: str) -> Decimal | None:
    value = env.param(param)
    return None if value is None else number(value)


def _arith(value: Arith) -> Getter:
    left, right, op = getter(value.left), getter(value.right), value.op

    def get(env: Environment) -> Got:
        a, b = left(env), right(env)
        if isinstance(a, NotApplicable) or isinstance(b, NotApplicable):
            return a if isinstance(a, NotApplicable) else b
        if not isinstance(a, Decimal) or not isinstance(b, Decimal):
            return None
        if op == "+":
            return a + b
        if op == "-":
            return a - b
        if op == "*":
            return a * b
        return None if b == 0 else a / b

    return get


def compare(op: str, a: Got, b: Got) -> Truth:
    """``a op b``: unknown if either is, false if a fact does not apply."""
    if isinstance(a, NotApplicable) or isinstance(b, NotApplicable):
        return FALSE
    if a is None or b is None:
        return UNKNOWN
    if op == "=":
        return TRUE if a == b else FALSE
    if op == "!=":
        return TRUE if a != b else FALSE
    return _ordered(op, a, b)


def _ordered(op: str, a: Got, b: Got) -> Truth:
    if not (isinstance(a, Decimal) and isinstance(b, Decimal)) and not (isinstance(a, date) and isinstance(b, date)):
        msg = f"{type(a).__name__} and {type(b).__name__} have no order"
        raise TypeError(msg)
    if op == "<":
        held = a < b  # type: ignore[operator]
    elif op == "<=":
        held = a <= b  # type: ignore[operator]
    elif op == ">":
        held = a > b  # type: ignore[operator]
    else:
        held = a >= b  # type: ignore[operator]
    return TRUE if held else FALSE


def same_word(got: Got, word: str) -> bool:
    """Whether a value is the word (``yes`` and ``no`` stand for true and false)."""
    if isinstance(got, bool):
        return got == (word in {"yes", "true"}) and word in {"yes", "no", "true", "false"}
    if isinstance(got, Decimal):
        return str(got) == word
    if isinstance(got, date):
        return got.isoformat() == word
    if isinstance(got, frozenset):
        return word in got
    return got == word

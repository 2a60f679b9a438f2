"""Conditions compiled to closures. ``truth`` is what the decider calls thousands of times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from pathways.decide.calendar_zone import add_to_instant
from pathways.decide.conditions_env import (
    Environment,
    FactValue,
    FieldValue,
    NotApplicable,
    Number,
    Sample,
    StepEnd,
    TakeValues,
    Truth,
    Unknown,
)
from pathways.lang.plan_cond import (
    Always,
    And,
    Arith,
    AtLeast,
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

FALSE, UNKNOWN, TRUE = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE
FACE_TO_FACE = frozenset({"clinic", "home"})
"""Visit modes in which the patient and the clinician are in one place."""

Test = Callable[[Environment], Truth]
Got = Decimal | date | bool | str | frozenset[str] | NotApplicable | None
Getter = Callable[[Environment], Got]

_CACHE_LIMIT = 20_000
_tests: dict[int, tuple[Cond, Test]] = {}


def truth(cond: Cond, env: Environment) -> Truth:
    """The value of a condition now."""
    return compiled(cond)(env)


def compiled(cond: Cond) -> Test:
    """The closure of a condition, built once for each condition object."""
    found = _tests.get(id(cond))
    if found is not None:
        return found[1]
    if len(_tests) >= _CACHE_LIMIT:
        _tests.clear()
    test = _BUILDERS[cond.kind](cond)
    _tests[id(cond)] = (cond, test)  # keeps the condition alive: an id is never taken over by another
    return test


# --------------------------------------------------------------------------- values


def number(value: Number) -> Decimal:
    """As ``Decimal``; a float by the digits it is shown with."""
    return value if type(value) is Decimal else Decimal(str(value))


def age_years(
    on: date, *, birth: date | None = None, given: Number | None = None, given_on: date | None = None
) -> Decimal | None:
    """Age in completed years on a local date: from the birth date, else from the age given on a date.

    A birthday on 29 February is kept on 28 February of other years' end, that is on 1 March counted as
    reached. None if neither is known.
    """
    if birth is not None:
        return Decimal(on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day)))
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
        step, field = value.step, value.field
        return lambda env: plain(env.form_field(step, field))
    return _arith(value)


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
    return got == word


# --------------------------------------------------------------------------- tests


def _compare(cond: Compare) -> Test:
    left, right, op = getter(cond.left), getter(cond.right), cond.op
    return lambda env: compare(op, left(env), right(env))


def _between(cond: Between) -> Test:
    of, low, high = getter(cond.of), getter(cond.low), getter(cond.high)

    def test(env: Environment) -> Truth:
        value = of(env)
        return min(compare(">=", value, low(env)), compare("<=", value, high(env)))

    return test


def _is(cond: Is) -> Test:
    of, word = getter(cond.of), cond.word

    def test(env: Environment) -> Truth:
        got = of(env)
        if got is None:
            return UNKNOWN
        return TRUE if same_word(got, word) else FALSE

    return test


def _one_of(cond: OneOf) -> Test:
    of, words = getter(cond.of), cond.words

    def test(env: Environment) -> Truth:
        got = of(env)
        if got is None:
            return UNKNOWN
        return TRUE if any(same_word(got, word) for word in words) else FALSE

    return test


def _has(cond: Has) -> Test:
    fact, wanted = cond.fact, frozenset((cond.code, *cond.codes))

    def test(env: Environment) -> Truth:
        got = env.fact(fact)
        if got is None:
            return UNKNOWN
        return TRUE if isinstance(got, frozenset) and not wanted.isdisjoint(got) else FALSE

    return test


def _known(cond: Known) -> Test:
    of, wanted = cond.of, cond.known
    if of.kind in _BUILDERS:
        inner = compiled(of)  # type: ignore[arg-type]
        return lambda env: TRUE if (inner(env) is not UNKNOWN) == wanted else FALSE
    get = getter(of)  # type: ignore[arg-type]

    def test(env: Environment) -> Truth:
        got = get(env)
        if isinstance(got, NotApplicable):
            return FALSE
        return TRUE if (got is not None) == wanted else FALSE

    return test


def step_is(cond: StepIs, end: StepEnd | None) -> Truth:
    """Whether the latest ended occurrence answers a ``<step> is`` test."""
    if end is None or end.outcome not in cond.outcomes:
        return FALSE
    return TRUE if not cond.face_to_face or end.mode in FACE_TO_FACE else FALSE


def _step_is(cond: StepIs) -> Test:
    step, phase, any_phase = cond.step, cond.phase, cond.any_phase
    return lambda env: step_is(cond, env.last_end(step, phase, any_phase))


def _missed(cond: MissedInRow) -> Test:
    step, phase, times = cond.step, cond.phase, cond.times

    def test(env: Environment) -> Truth:
        ends = env.ends(step, phase, times)
        return TRUE if len(ends) >= times and all(word == "missed" for word in ends) else FALSE

    return test


class TakeEnvironment:
    """The environment as it was for one take: the measure's components are the take's means."""

    __slots__ = ("_base", "_measure", "_take")

    def __init__(self, base: Environment, measure: str, take: TakeValues) -> None:
        self._base, self._measure, self._take = base, measure, take

    @property
    def now(self) -> datetime:
        return self._base.now

    @property
    def zone(self) -> str:
        return self._base.zone

    @property
    def memory(self) -> Mapping[str, datetime]:
        return self._base.memory

    def measure(self, measure: str, component: str) -> Sample | Unknown:
        if measure != self._measure:
            return self._base.measure(measure, component)
        value = self._take.values.get(component)
        return Unknown("no_value") if value is None else Sample(value, self._take.at, self._take.source)

    def takes(self, measure: str, count: int) -> Sequence[TakeValues]:
        return self._base.takes(measure, count)

    def derived(self, derived: str, component: str) -> Sample | Unknown:
        return self._base.derived(derived, component)

    def fact(self, fact: str) -> FactValue | None:
        return self._base.fact(fact)

    def param(self, param: str) -> Number | None:
        return self._base.param(param)

    def form_field(self, step: str, field: str) -> FieldValue | None:
        return self._base.form_field(step, field)

    def last_end(self, step: str, phase: str | None, any_phase: bool) -> StepEnd | None:
        return self._base.last_end(step, phase, any_phase)

    def ends(self, step: str, phase: str | None, count: int) -> Sequence[str]:
        return self._base.ends(step, phase, count)


def _in_a_row(cond: InARow) -> Test:
    inner, times, measure = compiled(cond.of), cond.times, cond.measure
    return lambda env: streak(inner, env, measure, times, times)


def _n_of_m(cond: NOfM) -> Test:
    inner, n, m, measure = compiled(cond.of), cond.n, cond.m, cond.measure
    return lambda env: streak(inner, env, measure, n, m)


def streak(inner: Test, env: Environment, measure: str, n: int, m: int) -> Truth:
    """At least ``n`` of the last ``m`` takes; takes that are not there yet could still be true."""
    takes = env.takes(measure, m)
    values = [inner(TakeEnvironment(env, measure, take)) for take in takes]
    values += [UNKNOWN] * (m - len(values))
    return at_least(values, n)


def at_least(values: Sequence[Truth], n: int) -> Truth:
    """True by true members, else unknown if unknown ones could still make it."""
    true = sum(value is TRUE for value in values)
    if true >= n:
        return TRUE
    return UNKNOWN if true + sum(value is UNKNOWN for value in values) >= n else FALSE


def _and(cond: And) -> Test:
    tests = tuple(compiled(part) for part in cond.parts)

    def test(env: Environment) -> Truth:
        result = TRUE
        for part in tests:
            value = part(env)
            if value is FALSE:
                return FALSE
            if value is UNKNOWN:
                result = UNKNOWN
        return result

    return test


def _or(cond: Or) -> Test:
    tests = tuple(compiled(part) for part in cond.parts)

    def test(env: Environment) -> Truth:
        result = FALSE
        for part in tests:
            value = part(env)
            if value is TRUE:
                return TRUE
            if value is UNKNOWN:
                result = UNKNOWN
        return result

    return test


_NOT = {FALSE: TRUE, UNKNOWN: UNKNOWN, TRUE: FALSE}


def _not(cond: Not) -> Test:
    inner = compiled(cond.of)
    return lambda env: _NOT[inner(env)]


# --------------------------------------------------------------------------- memory


_keys: dict[int, tuple[Cond, str]] = {}


def memory_key(cond: Cond) -> str:
    """A key for what is remembered about a condition: by its meaning, the same in every process."""
    found = _keys.get(id(cond))
    if found is None:
        if len(_keys) >= _CACHE_LIMIT:
            _keys.clear()
        digest = hashlib.sha256(cond.model_dump_json().encode()).hexdigest()[:16]
        found = _keys[id(cond)] = (cond, digest)
    return found[1]


def _held_for(cond: HeldFor) -> Test:
    inner, key = compiled(cond.of), memory_key(cond)

    def test(env: Environment) -> Truth:
        value = inner(env)
        if value is not TRUE:
            return value
        due = held_until(cond, env.memory.get(key), env)
        return TRUE if due is not None and env.now >= due else FALSE

    return test


def held_until(cond: HeldFor, since: datetime | None, env: Environment) -> datetime | None:
    """The instant from which ``for <duration>`` is true if it has held since ``since``."""
    if since is None:
        return None
    amount = cond.duration.amount
    if amount is None:
        value = env.param(cond.duration.param or "")
        if value is None:
            return None
        amount = int(value)
    return add_to_instant(since, amount, cond.duration.unit, env.zone)


def _at_least(cond: AtLeast) -> Test:
    tests = tuple(compiled(part) for part in cond.of)
    if cond.within is None:
        return lambda env: at_least([part(env) for part in tests], cond.n)
    key = memory_key(cond)

    def test(env: Environment) -> Truth:
        values = [part(env) for part in tests]
        for index, value in enumerate(values):
            if value is not TRUE and lately(cond, f"{key}.{index}", env):
                values[index] = TRUE
        return at_least(values, cond.n)

    return test


def lately(cond: AtLeast, key: str, env: Environment) -> bool:
    """Whether a member was true at an evaluation inside ``within`` of now."""
    seen = env.memory.get(key)
    if seen is None or cond.within is None or cond.within.amount is None:
        return False
    return add_to_instant(seen, cond.within.amount, cond.within.unit, env.zone) >= env.now


def _always(_: Always) -> Test:
    return lambda _env: TRUE


_BUILDERS: dict[str, Callable[..., Test]] = {
    "compare": _compare,
    "between": _between,
    "is": _is,
    "one_of": _one_of,
    "has": _has,
    "known": _known,
    "step_is": _step_is,
    "missed_in_row": _missed,
    "in_a_row": _in_a_row,
    "n_of_m": _n_of_m,
    "held_for": _held_for,
    "and": _and,
    "or": _or,
    "not": _not,
    "at_least": _at_least,
    "always": _always,
}

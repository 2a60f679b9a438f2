"""Conditions compiled to closures. ``truth`` is what the decider calls thousands of times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime

from pathways.decide.calendar_zone import add_to_instant
from pathways.decide.conditions_env import (
    DecidedValue,
    Environment,
    NotApplicable,
    Sample,
    StepEnd,
    TakeValues,
    Truth,
    Unknown,
)
from pathways.decide.conditions_values import FALSE, TRUE, UNKNOWN, compare, getter, same_word
from pathways.decide.conditions_within import Within
from pathways.lang.plan_cond import (
    Always,
    And,
    AtLeast,
    Between,
    Compare,
    Cond,
    DecisionIs,
    Has,
    HeldFor,
    InARow,
    InSeries,
    Is,
    Known,
    MissedInRow,
    NOfM,
    Not,
    OneOf,
    Or,
    StepIs,
)

FACE_TO_FACE = frozenset({"clinic", "home"})
"""Visit modes in which the patient and the clinician are in one place."""

Test = Callable[[Environment], Truth]

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
    below = tuple(code[:-1] for code in cond.codes if code.endswith("*"))

    def test(env: Environment) -> Truth:
        got = env.fact(fact)
        if got is None:
            return UNKNOWN
        if not isinstance(got, frozenset):
            return FALSE
        # `icd10:I10*` stands for I10 and all below it.
        return TRUE if not wanted.isdisjoint(got) or any(code.startswith(below) for code in got) else FALSE

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


class _TakeEnvironment(Within):
    """The environment as it was for one take: the measure's components are the take's means."""

    __slots__ = ("_measure", "_take")

    def __init__(self, base: Environment, measure: str, take: TakeValues) -> None:
        super().__init__(base)
        self._measure, self._take = measure, take

    def measure(self, measure: str, component: str) -> Sample | Unknown:
        if measure != self._measure:
            return self._base.measure(measure, component)
        value = self._take.values.get(component)
        return Unknown("no_value") if value is None else Sample(value, self._take.at, self._take.source)


def for_take(env: Environment, measure: str, take: TakeValues) -> Environment:
    """The environment in which a measure's components are those of one take."""
    return _TakeEnvironment(env, measure, take)


def _in_a_row(cond: InARow) -> Test:
    inner, times, measure = compiled(cond.of), cond.times, cond.measure
    return lambda env: streak(inner, env, measure, times, times)


def _n_of_m(cond: NOfM) -> Test:
    inner, n, m, measure = compiled(cond.of), cond.n, cond.m, cond.measure
    return lambda env: streak(inner, env, measure, n, m)


def streak(inner: Test, env: Environment, measure: str, n: int, m: int) -> Truth:
    """At least ``n`` of the last ``m`` takes; takes that are not there yet could still be true."""
    takes = env.takes(measure, m)
    values = [inner(for_take(env, measure, take)) for take in takes]
    values += [UNKNOWN] * (m - len(values))
    return at_least(values, n)


def at_least(values: Sequence[Truth], n: int) -> Truth:
    """True by true members, else unknown if unknown ones could still make it."""
    true = sum(value is TRUE for value in values)
    if true >= n:
        return TRUE
    return UNKNOWN if true + sum(value is UNKNOWN for value in values) >= n else FALSE


def decided(cond: DecisionIs, value: DecidedValue | None) -> Truth:
    """Whether a decision answers a test of it; every test is false while its form has not been completed."""
    if value is None:
        return FALSE
    if cond.known is not None:
        return TRUE if bool(value.words) == cond.known else FALSE
    if not set(cond.words).isdisjoint(value.words):
        return TRUE
    # Nothing was told, or a row with this word was unknown beside others that were true.
    return UNKNOWN if not value.words or not set(cond.words).isdisjoint(value.open) else FALSE


def _decision_is(cond: DecisionIs) -> Test:
    return lambda env: decided(cond, env.decision(cond))


def _in_series(cond: InSeries) -> Test:
    inner, n, m = compiled(cond.of), cond.n, cond.m

    def test(env: Environment) -> Truth:
        values = [inner(own) for own in env.verdicts(cond)]
        # Forms that are to come are not unknown: it is false until so many have been completed.
        return at_least(values[-m:], n)

    return test


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
    "decision_is": _decision_is,
    "in_series": _in_series,
    "held_for": _held_for,
    "and": _and,
    "or": _or,
    "not": _not,
    "at_least": _at_least,
    "always": _always,
}

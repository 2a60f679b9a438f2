"""Laws of three-valued conditions: Kleene's logic, and that learning something never turns a known answer round."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pathways.decide.conditions import StepEnd, Truth, explain, next_change, remember, truth, verdict
from pathways.lang import plan_cond as c
from pathways.lang.plan_base import Duration, Quantity
from tests.unit.environment import NOW, Known

SLOW = (HealthCheck.too_slow,)  # the machine is shared
UNIT = "mm[Hg]"
numbers = st.integers(80, 90).map(Decimal)
COMPONENTS = ("systolic", "diastolic")


def literal(value: Decimal) -> c.Literal_:
    return c.Literal_(quantity=Quantity(value=value, unit=UNIT))


refs: st.SearchStrategy[c.Value] = (
    st.sampled_from(COMPONENTS).map(lambda name: c.MeasureRef(measure="bp", component=name, unit=UNIT))
    | st.just(c.DerivedRef(derived="week_mean", component="systolic", unit=UNIT))
    | st.sampled_from(("high", "low")).map(lambda name: c.ParamRef(param=name, unit=UNIT))
    | numbers.map(literal)
)
values: st.SearchStrategy[Any] = refs | st.builds(
    c.Arith, op=st.sampled_from(("+", "-", "*", "/")), left=refs, right=refs
)
OPS = ("<", "<=", "=", "!=", ">=", ">")
compares = st.builds(c.Compare, op=st.sampled_from(OPS), left=values, right=values)
words = st.builds(c.Is, of=st.just(c.FactRef(fact="sex", type="sex")), word=st.sampled_from(("female", "male")))
has = st.just(c.Has(fact="conditions", code="hypertension", codes=("I10",)))
fields = st.builds(
    c.OneOf,
    of=st.just(c.FieldRef(step="review", field="result")),
    words=st.just(("keep", "change")) | st.just(("keep",)),
)
rows = st.builds(
    c.InARow,
    of=st.builds(
        c.Compare,
        op=st.sampled_from(OPS),
        left=st.just(c.MeasureRef(measure="bp", component="systolic", unit=UNIT)),
        right=numbers.map(literal),
    ),
    times=st.integers(1, 3),
    measure=st.just("bp"),
)
monotone = compares | st.builds(c.Between, of=values, low=values, high=values) | words | has | fields | rows
closed = st.builds(c.StepIs, step=st.just("review"), outcomes=st.just(("done",))) | st.builds(
    c.MissedInRow, step=st.just("measure_bp"), times=st.integers(1, 3)
)


def trees(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(c.And, parts=st.lists(inner, min_size=2, max_size=3).map(tuple))
            | st.builds(c.Or, parts=st.lists(inner, min_size=2, max_size=3).map(tuple))
            | st.builds(c.Not, of=inner)
            | st.lists(inner, min_size=2, max_size=4).flatmap(
                lambda parts: st.builds(c.AtLeast, n=st.integers(1, len(parts)), of=st.just(tuple(parts)))
            )
        ),
        max_leaves=8,
    )


@st.composite
def worlds(draw: st.DrawFn) -> Known:
    env = Known()
    for key in ("bp.systolic", "bp.diastolic", "week_mean.systolic"):
        if draw(st.booleans()):
            env.measures[key] = draw(numbers)
    if draw(st.booleans()):
        env.facts["sex"] = draw(st.sampled_from(("female", "male")))
    if draw(st.booleans()):
        env.facts["conditions"] = draw(st.sampled_from((frozenset[str](), frozenset({"I10"}), frozenset({"E11"}))))
    if draw(st.booleans()):
        env.fields["review.result"] = draw(st.sampled_from(("keep", "change", "other")))
    if draw(st.booleans()):
        env.steps["review"] = StepEnd(draw(st.sampled_from(("done", "cancelled"))), NOW)
    env.means = draw(st.lists(numbers, max_size=3))
    env.ended = draw(st.lists(st.sampled_from(("done", "missed")), max_size=4))
    return env


@st.composite
def learning(draw: st.DrawFn) -> tuple[Known, Known]:
    """A world, and the same world when something unknown has become known."""
    before = draw(worlds())
    after = deepcopy(before)
    full = draw(worlds())
    for mine, theirs in ((after.measures, full.measures), (after.facts, full.facts), (after.fields, full.fields)):
        for key, value in theirs.items():
            mine.setdefault(key, value)  # type: ignore[arg-type]
    missing = 3 - len(after.means)
    after.means = draw(st.lists(numbers, max_size=missing)) + after.means  # older takes that were not known
    return before, after


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(cond=trees(monotone), pair=learning())
def test_learning_never_turns_a_known_answer_round(cond: c.Cond, pair: tuple[Known, Known]) -> None:
    before, after = truth(cond, pair[0]), truth(cond, pair[1])
    assert before is Truth.UNKNOWN or before is after


@settings(max_examples=120, deadline=None, suppress_health_check=SLOW)
@given(a=trees(monotone | closed), b=trees(monotone | closed), d=trees(monotone), env=worlds())
def test_kleene_laws(a: c.Cond, b: c.Cond, d: c.Cond, env: Known) -> None:
    def both(*parts: c.Cond) -> Truth:
        return truth(c.And(parts=parts), env)

    def either(*parts: c.Cond) -> Truth:
        return truth(c.Or(parts=parts), env)

    def no(part: c.Cond) -> c.Cond:
        return c.Not(of=part)

    assert both(a, b) is min(truth(a, env), truth(b, env)) is both(b, a)
    assert either(a, b) is max(truth(a, env), truth(b, env)) is either(b, a)
    assert truth(no(no(a)), env) is truth(a, env)
    assert truth(no(c.And(parts=(a, b))), env) is either(no(a), no(b))
    assert truth(no(c.Or(parts=(a, b))), env) is both(no(a), no(b))
    assert both(a, c.Or(parts=(b, d))) is either(c.And(parts=(a, b)), c.And(parts=(a, d)))
    assert both(a, b, d) is both(c.And(parts=(a, b)), d)
    assert truth(c.AtLeast(n=3, of=(a, b, d)), env) is both(a, b, d)
    assert truth(c.AtLeast(n=1, of=(a, b, d)), env) is either(a, b, d)


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(cond=trees(monotone | closed), env=worlds())
def test_an_explanation_is_of_the_same_value_and_speaks_both_languages(cond: c.Cond, env: Known) -> None:
    judged = verdict(cond, env)
    assert judged.value is truth(cond, env)
    assert len(explain(judged, "en").splitlines()) == len(explain(judged, "zh").splitlines())


@given(env=worlds(), step=closed)
def test_what_a_step_came_to_is_never_unknown(env: Known, step: c.Cond) -> None:
    assert truth(step, env) is not Truth.UNKNOWN


@settings(max_examples=200, deadline=None, suppress_health_check=SLOW)
@given(
    hours=st.lists(st.tuples(st.integers(1, 30), st.none() | numbers), min_size=1, max_size=20), days=st.integers(1, 3)
)
def test_held_for_is_true_exactly_when_it_was_true_at_every_judging_for_so_long(
    hours: list[tuple[int, Decimal | None]], days: int
) -> None:
    inner = c.Compare(
        op=">", left=c.MeasureRef(measure="bp", component="systolic", unit=UNIT), right=literal(Decimal(85))
    )
    cond = c.HeldFor(of=inner, duration=Duration(amount=days * 24, unit="h"))
    env = Known()
    memory: dict[str, Any] = {}
    env.memory = memory
    since = None
    for passed, value in hours:
        env.now += timedelta(hours=passed)
        env.measures = {} if value is None else {"bp.systolic": value}
        remember(cond, env, memory)
        held = value is not None and value > 85
        since = (since or env.now) if held else None
        wanted = since is not None and env.now - since >= timedelta(days=days)
        found = truth(cond, env)
        assert (found is Truth.TRUE) == wanted
        assert (found is Truth.UNKNOWN) == (value is None)
        due = next_change(cond, env)
        assert due == (since + timedelta(days=days) if since is not None and not wanted else None)

"""Kleene's three values: the tables, whole; and that refining an unknown never turns a known verdict round, also over
`at_least n of`, `n times in a row` and `n of m`. Small enough to try every case."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest

from pathways.decide.conditions import Truth, truth
from pathways.lang import plan_cond as c
from pathways.lang.plan_base import Quantity
from tests.unit.environment import Known

F, U, T = Truth.FALSE, Truth.UNKNOWN, Truth.TRUE
NAMES = ("one", "two", "three", "four")
AND = {(F, F): F, (F, U): F, (F, T): F, (U, F): F, (U, U): U, (U, T): U, (T, F): F, (T, U): U, (T, T): T}
OR = {(F, F): F, (F, U): U, (F, T): T, (U, F): U, (U, U): U, (U, T): T, (T, F): T, (T, U): T, (T, T): T}
NOT = {F: T, U: U, T: F}


def leaf(name: str) -> c.Cond:
    return c.Is(of=c.FactRef(fact=name, type="yes_no"), word="yes")


def world(*values: Truth) -> Known:
    env = Known()
    env.facts = {name: value is T for name, value in zip(NAMES, values, strict=False) if value is not U}
    return env


A, B = leaf("one"), leaf("two")


@pytest.mark.parametrize(("a", "b"), AND)
def test_the_tables_and_de_morgan(a: Truth, b: Truth) -> None:
    env = world(a, b)
    both, either = c.And(parts=(A, B)), c.Or(parts=(A, B))
    assert truth(both, env) is AND[a, b]
    assert truth(either, env) is OR[a, b]
    assert truth(c.Not(of=A), env) is NOT[a]
    assert truth(c.Not(of=both), env) is truth(c.Or(parts=(c.Not(of=A), c.Not(of=B))), env)
    assert truth(c.Not(of=either), env) is truth(c.And(parts=(c.Not(of=A), c.Not(of=B))), env)


def refined(values: tuple[Truth, ...]) -> list[tuple[Truth, ...]]:
    """Every way in which all that is unknown may turn out."""
    return list(product(*((value,) if value is not U else (F, T) for value in values)))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_at_least_is_known_exactly_when_the_unknown_cannot_change_it(n: int) -> None:
    cond = c.AtLeast(n=n, of=tuple(map(leaf, NAMES)))
    for values in product((F, U, T), repeat=4):
        outcomes = {truth(cond, world(*one)) for one in refined(values)}
        assert truth(cond, world(*values)) is (outcomes.pop() if len(outcomes) == 1 else U)


HIGH = c.Compare(
    op=">",
    left=c.MeasureRef(measure="bp", component="systolic", unit="mm[Hg]"),
    right=c.Literal_(quantity=Quantity(value=Decimal(85), unit="mm[Hg]")),
)


def taken(*values: Truth) -> Known:
    env = Known()
    env.means = [Decimal(90 if value is T else 80) for value in values]
    return env


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 2), (3, 3), (4, 4), (1, 2), (2, 3), (2, 4), (3, 4)])
def test_a_streak_is_known_exactly_when_takes_to_come_cannot_change_it(n: int, m: int) -> None:
    """Takes that are not there yet are older ones that were not known: they may turn out either way."""
    cond = c.NOfM(of=HIGH, n=n, m=m, measure="bp")
    for here in range(m + 1):
        for values in product((F, T), repeat=here):
            outcomes = {truth(cond, taken(*older, *values)) for older in product((F, T), repeat=m - here)}
            assert truth(cond, taken(*values)) is (outcomes.pop() if len(outcomes) == 1 else U)
            if n == m:
                row = c.InARow(of=HIGH, times=n, measure="bp")
                assert truth(row, taken(*values)) is truth(cond, taken(*values))

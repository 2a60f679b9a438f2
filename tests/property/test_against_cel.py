"""The boolean and arithmetic core of conditions against those of others: CEL, with its absorbed errors as our unknown.

``CAREPATH_TEST_EXPRESSIONS=100000`` compares so many (under two minutes); ``make bench`` does it each time.
"""

from __future__ import annotations

import os
from collections import Counter

from bench.conditions import compared, in_cel
from bench.expressions import Given, Pair, examples
from pathways.decide.conditions import Truth, truth
from pathways.lang import plan_cond as c

EXPRESSIONS = int(os.environ.get("CAREPATH_TEST_EXPRESSIONS", "2000"))


def test_no_condition_differs_from_cel() -> None:
    answers: Counter[Truth] = Counter()
    written = 0
    for pair, ours, theirs, world in compared(examples(EXPRESSIONS, seed=4)):
        assert ours is theirs, (pair.phrase, pair.cel, world.known)
        answers[ours] += 1
        written += bool(pair.phrase)
    assert written >= EXPRESSIONS // 6
    assert min(answers[value] for value in Truth) > EXPRESSIONS // 6, "each of the three values is common"


def test_the_comparison_can_fail() -> None:
    """Both engines are asked, and a condition that is not the same is told apart."""
    wrong = other = 0
    for pair, world in examples(200, seed=5):
        turned = Pair(c.Not(of=pair.cond), pair.cel)
        value = truth(turned.cond, world)
        wrong += value is not in_cel(turned.cel, world)
        other += value is not Truth.UNKNOWN
    assert wrong == other > 50


def test_unknown_is_absorbed_and_never_taken_for_false() -> None:
    nothing = Given({})
    assert in_cel("pregnant", nothing) is in_cel("!pregnant", nothing) is Truth.UNKNOWN
    assert in_cel("pregnant && false", nothing) is Truth.FALSE
    assert in_cel("pregnant || true", nothing) is Truth.TRUE

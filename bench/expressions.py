"""Random conditions, each in our language and in CEL, and worlds to judge them in: for the comparison of both engines.

What is unknown to us is an undeclared variable there, and its errors are absorbed by ``&&`` and ``||`` as ours are
(``false && error`` is false). Numbers are whole, divisors powers of two: both engines calculate exactly. CEL divides a
double by zero to infinity; here that is unknown, so the divisor is asked first. All of it comes from the seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import combinations
from random import Random
from typing import Any, Final, Literal

from pathways.decide.conditions import FactValue, FieldValue, NothingDecided, Sample, StepEnd, TakeValues, Unknown
from pathways.lang import plan_cond as c
from pathways.lang.phrases import parse_condition, to_cond
from pathways.lang.phrases_names import Named
from pathways.lang.plan_base import Quantity

Op = Literal["<", "<=", "=", "!=", ">=", ">"]
PRESSURE: Final = "mm[Hg]"
NOW: Final = datetime(2026, 3, 2, 8, tzinfo=UTC)
OPS: Final[tuple[Op, ...]] = ("<", "<=", "=", "!=", ">=", ">")
NAMES: Final = {
    "bp.systolic": Named("measure", "bp", component="systolic", unit=PRESSURE, components=("systolic", "diastolic")),
    "bp.diastolic": Named("measure", "bp", component="diastolic", unit=PRESSURE, components=("systolic", "diastolic")),
    "week.systolic": Named("derived", "week", component="systolic", unit=PRESSURE),
    "high": Named("param", "high", unit=PRESSURE),
    "low": Named("param", "low", unit=PRESSURE),
    "few": Named("param", "few", unit="1"),
    "pills": Named("fact", "pills", type="count", unit="1"),
    "pregnant": Named("fact", "pregnant", type="yes_no"),
    "sex": Named("fact", "sex", type="sex", words=("female", "male")),
    "conditions": Named("fact", "conditions", type="codes"),
}
PRESSURES: Final = tuple(name for name, named in NAMES.items() if named.unit == PRESSURE)
COUNTS: Final = ("pills", "few")
CODE: Final = "I10"


@dataclass(frozen=True, slots=True)
class Pair:
    """One condition in both languages; ``phrase`` where an author could write it."""

    cond: c.Cond
    cel: str
    phrase: str = ""


class Given(NothingDecided):
    """A world: what is not in ``known`` is unknown. Implements ``conditions.Environment``."""

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known
        self.now = NOW
        self.zone = "UTC"
        self.memory: dict[str, datetime] = {}

    def measure(self, measure: str, component: str) -> Sample | Unknown:
        value = self.known.get(f"{measure}.{component}")
        return Unknown("no_reading") if value is None else Sample(value, NOW, "home")

    def derived(self, derived: str, component: str) -> Sample | Unknown:
        return self.measure(derived, component)

    def takes(self, measure: str, count: int) -> Sequence[TakeValues]:
        return []

    def fact(self, fact: str) -> FactValue | None:
        return self.known.get(fact)

    def param(self, param: str) -> Decimal | None:
        return self.known.get(param)

    def form_field(self, step: str, field: str) -> FieldValue | None:
        return None

    def last_end(self, step: str, phase: str | None, any_phase: bool) -> StepEnd | None:
        return None

    def ends(self, step: str, phase: str | None, count: int) -> Sequence[str]:
        return []

    def variables(self) -> dict[str, Any]:
        """The same for CEL: doubles, booleans, text, lists."""
        out: dict[str, Any] = {}
        for name, value in self.known.items():
            plain = float(value) if isinstance(value, Decimal) else sorted(value) if type(value) is frozenset else value
            out[variable(name)] = plain
        return out


class Names:
    """The names that phrases may use."""

    def lookup(self, name: str) -> Named | None:
        return NAMES.get(name)

    def is_phase(self, name: str) -> bool:
        return False

    def codes(self, fact: str, word: str) -> tuple[str, ...] | None:
        return (CODE,) if word == "hypertension" else None


def variable(name: str) -> str:
    """A name of ours as a variable of CEL."""
    return name.replace(".", "_")


def examples(number: int, seed: int) -> Iterator[tuple[Pair, Given]]:
    """So many conditions, every fifth read from an author's phrase, each with a world of its own."""
    rng = Random(seed)
    for index in range(number):
        written = index % 5 == 0
        yield phrase(rng) if written else tree(rng, 3), world(rng, divisors=(1, 2, 4) if written else (0, 1, 2, 4))


def world(rng: Random, divisors: Sequence[int]) -> Given:
    """Each thing is unknown in one of four worlds."""
    all_of_it: dict[str, Any] = {name: Decimal(rng.randint(80, 90)) for name in PRESSURES}
    all_of_it |= {"few": Decimal(rng.choice(divisors)), "pills": Decimal(rng.randint(0, 5))}
    all_of_it |= {"pregnant": rng.random() < 0.5, "sex": rng.choice(("female", "male"))}
    all_of_it["conditions"] = frozenset(rng.sample((CODE, "E11", "N18.6"), rng.randint(0, 2)))
    return Given({name: value for name, value in all_of_it.items() if rng.random() < 0.75})


# --------------------------------------------------------------------------- as trees


def tree(rng: Random, depth: int) -> Pair:
    """A condition of any shape, also such as phrases without brackets cannot say."""
    kind = rng.choice(("and", "or", "not", "at_least")) if depth and rng.random() < 0.75 else "test"
    if kind == "test":
        return _test(rng)
    if kind == "not":
        inner = tree(rng, depth - 1)
        return Pair(c.Not(of=inner.cond), f"!({inner.cel})")
    parts = [tree(rng, depth - 1) for _ in range(rng.randint(2, 3))]
    conds = tuple(part.cond for part in parts)
    if kind == "and":
        return Pair(c.And(parts=conds), " && ".join(f"({part.cel})" for part in parts))
    if kind == "or":
        return Pair(c.Or(parts=conds), " || ".join(f"({part.cel})" for part in parts))
    n = rng.randint(1, len(parts))
    ways = (" && ".join(f"({part.cel})" for part in chosen) for chosen in combinations(parts, n))
    return Pair(c.AtLeast(n=n, of=conds), " || ".join(f"({way})" for way in ways))


def _test(rng: Random) -> Pair:
    kind = rng.choice(("compare", "compare", "compare", "between", "yes", "sex", "any", "has"))
    if kind == "compare":
        (left, l_cel), (right, r_cel), op = _number(rng, 2), _number(rng, 2), rng.choice(OPS)
        return Pair(c.Compare(op=op, left=left, right=right), f"{l_cel} {_op(op)} {r_cel}")
    if kind == "between":
        (of, cel), (low, l_cel), (high, h_cel) = (_number(rng, 1) for _ in range(3))
        return Pair(c.Between(of=of, low=low, high=high), f"({cel} >= {l_cel} && {cel} <= {h_cel})")
    if kind == "has":
        return Pair(c.Has(fact="conditions", code="hypertension", codes=(CODE,)), f'"{CODE}" in conditions')
    if kind == "yes":
        word = rng.choice(("yes", "no"))
        fact = c.FactRef(fact="pregnant", type="yes_no")
        return Pair(c.Is(of=fact, word=word), "pregnant" if word == "yes" else "!pregnant")
    fact, word = c.FactRef(fact="sex", type="sex"), rng.choice(("female", "male"))
    if kind == "sex":
        return Pair(c.Is(of=fact, word=word), f'sex == "{word}"')
    return Pair(c.OneOf(of=fact, words=(word, "other")), f'sex in ["{word}", "other"]')


def _op(op: str) -> str:
    return "==" if op == "=" else op


def _number(rng: Random, depth: int) -> tuple[c.Value, str]:
    if not depth or rng.random() < 0.5:
        return _leaf(rng)
    op = rng.choice("+-*/")
    left, l_cel = _number(rng, depth - 1)
    if op == "/":
        by = c.ParamRef(param="few", unit="1")
        return c.Arith(op="/", left=left, right=by), f"(few == 0.0 ? double(1 / 0) : {l_cel} / few)"
    right, r_cel = _number(rng, depth - 1)
    return c.Arith(op=op, left=left, right=right), f"({l_cel} {op} {r_cel})"  # type: ignore[arg-type]


def _leaf(rng: Random) -> tuple[c.Value, str]:
    if rng.random() < 0.25:
        value = rng.randint(-90, 90)
        return c.Literal_(quantity=Quantity(value=Decimal(value), unit="1")), f"{value}.0"
    name = rng.choice((*PRESSURES, *COUNTS))
    named = NAMES[name]
    if named.kind == "measure":
        return c.MeasureRef(measure="bp", component=named.component or "", unit=PRESSURE), variable(name)
    if named.kind == "derived":
        return c.DerivedRef(derived="week", component="systolic", unit=PRESSURE), variable(name)
    if named.kind == "param":
        return c.ParamRef(param=name, unit=named.unit or "1"), variable(name)
    return c.FactRef(fact=name, type="count"), variable(name)


# --------------------------------------------------------------------------- as authors write them


def phrase(rng: Random) -> Pair:
    """A condition as an author writes it, and the same in CEL without a bracket to help: also the order of operators
    is compared (CEL's ``!`` binds tighter than ours, so what it denies stands in brackets)."""
    ours, theirs = [], []
    for _ in range(rng.randint(1, 3)):
        tests = [_words(rng) for _ in range(rng.randint(1, 3))]
        ours.append(" and ".join(test for test, _ in tests))
        theirs.append(" && ".join(test for _, test in tests))
    text = " or ".join(ours)
    parsed = parse_condition(text)
    if parsed.tree is None:
        raise ValueError(f"{text}: {parsed.error}")
    resolved = to_cond(parsed.tree, Names(), text)
    if resolved.value is None:
        raise ValueError(f"{text}: {resolved.problems}")
    return Pair(resolved.value, " || ".join(theirs), text)


def _words(rng: Random) -> tuple[str, str]:
    kind = rng.choice(("pressure", "pressure", "count", "yes", "sex", "has", "between"))
    if kind == "pressure":
        (left, l_cel), (right, r_cel), op = _sum(rng), _sum(rng), rng.choice(OPS)
        found = f"{left} {op} {right}", f"{l_cel} {_op(op)} {r_cel}"
    elif kind == "count":
        number, op = rng.randint(0, 5), rng.choice(OPS)
        found = f"pills {op} {number}", f"pills {_op(op)} {number}.0"
    elif kind == "between":
        found = "bp.systolic between low and high", "(bp_systolic >= low && bp_systolic <= high)"
    elif kind == "has":
        found = "conditions has hypertension", f'"{CODE}" in conditions'
    elif kind == "yes":
        found = "pregnant is yes", "pregnant"
    else:
        found = "sex is female", 'sex == "female"'
    return (f"not {found[0]}", f"!({found[1]})") if rng.random() < 0.25 else found


def _sum(rng: Random) -> tuple[str, str]:
    ours, theirs = "", ""
    for index in range(rng.randint(1, 3)):
        name, more = rng.choice(PRESSURES), rng.choice(("", "", " * few", " / few"))
        sign = rng.choice((" + ", " - ")) if index else ""
        ours += f"{sign}{name}{more}"
        theirs += f"{sign}{variable(name)}{more}"
    return ours, theirs

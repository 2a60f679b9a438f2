"""Checks of decision tables: no patient falls through, no row is idle, no two rows of `hits: one` are true at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from pathways.lang.check_base import all_steps, may_be_unknown, step_path
from pathways.lang.compile_actions import compile_form
from pathways.lang.compile_reader import Reader
from pathways.lang.decision_space import Space
from pathways.lang.decision_tests import FALSE, TRUE, Points, Test
from pathways.lang.diagnostics import Said
from pathways.lang.plan import Decision, FormField, Parameter, Plan, TaskBody
from pathways.lang.plan_base import parts_of
from pathways.lang.plan_cond import DecisionIs, FieldRef, MeasureRef, ParamRef
from pathways.lang.plan_decisions import table_of
from pathways.lang.plan_say import say_quantity
from pathways.lang.resolve import Scope
from pathways.lang.source import Path

MOST_VISITS = 40_000
"""So many tests are made for one table; a table that needs more is too much for people too."""
MOST_IN_ALL = 150_000
"""And so many for all tables of a document."""
MOST_VALUES = 16
"""So many sets of parameter values are looked at: each profile, and the ends of what may be adjusted."""


class _TooMuchError(Exception):
    """The table has more combinations than are looked at."""


def check_decisions(r: Reader, plan: Plan) -> None:
    """Every table covers every patient, and every row has its use."""
    budget = [MOST_IN_ALL]
    for path, decision in _tables(plan):
        _order(r, path, decision)
        fields = compile_form(r, (*path, "of"), decision.form or None, Scope(r.symbols))
        _unknown(r, path, decision, fields)
        try:
            _Proof(r, plan, path, decision, fields, budget).run()
        except _TooMuchError:
            if decision.hits == "one" or not _has_else(decision):
                r.say("decision_too_complex", path, key=True, name=decision.id)


def _tables(plan: Plan) -> Iterator[tuple[Path, Decision]]:
    """Every table: those under `decisions`, and those of steps."""
    for decision in plan.decisions.values():
        yield ("decisions", decision.id), decision
    for phase, step in all_steps(plan):
        if isinstance(step.body, TaskBody) and step.body.proposal is not None:
            yield step_path(phase, step.id), table_of(step.path, step.body.proposal)


def _order(r: Reader, path: Path, decision: Decision) -> None:
    always = [i for i, row in enumerate(decision.rows) if row.test == "else"]
    for index in range(always[0] + 1 if always else len(decision.rows), len(decision.rows)):
        r.say("row_after_else", _row_path(path, decision, index))


def _row_path(path: Path, decision: Decision, index: int) -> Path:
    return (*path, "rows", int(decision.rows[index].path.rsplit(".", 1)[1]))


def _has_else(decision: Decision) -> bool:
    return any(row.test == "else" for row in decision.rows)


def _unknown(r: Reader, path: Path, decision: Decision, fields: Sequence[FormField]) -> None:
    """A verdict on a form that cannot be told has an answer: nobody looks at that form again."""
    if (not decision.form and decision.id in r.spec.decisions) or decision.unknown_word is not None or decision.unknown:
        return
    if any(row.test != "else" and _may_be_unknown(row.test, decision, fields) for row in decision.rows):
        r.say("decision_without_unknown", path, key=True, name=decision.id)


def _may_be_unknown(cond: Any, decision: Decision, fields: Sequence[FormField]) -> bool:
    """As ``may_be_unknown``, but what the form must hold is known once it is completed."""
    needed = {one.id for one in fields if one.required and one.ask_if is None}
    brought = {measure for field, measure in decision.readings.items() if field in needed}
    left = [
        node
        for node in parts_of(cond)
        if not (isinstance(node, FieldRef) and not node.step and node.field in needed)
        and not (isinstance(node, MeasureRef) and node.measure in brought)
    ]
    return any(_leaf_unknown(node) for node in left)


def _leaf_unknown(node: Any) -> bool:
    kind = getattr(node, "kind", "")
    if kind in {"measure", "derived", "fact", "field", "has"}:
        return True
    return kind == "decision_is" and may_be_unknown(node)


# --------------------------------------------------------------------------- parameters


def _valuations(plan: Plan, decision: Decision) -> Iterator[tuple[dict[str, Decimal], tuple[str, str]]]:
    """Sets of parameter values with words for what is special about them: each profile, each row for patients, and the
    ends of what may be adjusted, one parameter at a time."""
    used = {node.param for row in _rows(plan, decision) for node in parts_of(row) if isinstance(node, ParamRef)}
    parameters = [plan.parameters[name] for name in sorted(used) if name in plan.parameters]
    usual = {p.id: value for p in parameters if (value := _usual(p, None)) is not None}
    seen: list[dict[str, Decimal]] = []
    for values, words in _variants(plan, parameters, usual):
        if values not in seen:
            seen.append(values)
            yield values, words
        if len(seen) >= MOST_VALUES:
            return


def _variants(
    plan: Plan, parameters: Sequence[Parameter], usual: dict[str, Decimal]
) -> Iterator[tuple[dict[str, Decimal], tuple[str, str]]]:
    yield usual, ("", "")
    for profile in plan.profiles:
        own = {p.id: value for p in parameters if (value := _usual(p, profile)) is not None}
        yield own, (f"profile {profile}", f"方案 {profile}")
    for parameter in parameters:
        ends = [row.value for row in parameter.by_patient]
        if parameter.adjustable is not None:
            ends += [parameter.adjustable.low, parameter.adjustable.high]
        for end in ends:
            said = f"{parameter.id} {say_quantity(end.value, end.unit)}"
            yield {**usual, parameter.id: end.value}, (said, said)


def _usual(parameter: Parameter, profile: str | None) -> Decimal | None:
    value = parameter.by_profile.get(profile) if profile is not None else parameter.value
    value = value or parameter.value or next(iter(parameter.by_profile.values()), None)
    return value.value.value if value is not None else None


def _rows(plan: Plan, decision: Decision) -> Iterator[Any]:
    """The conditions of a table and of the tables it builds on."""
    queue, seen = [decision], set[str]()
    while queue:
        one = queue.pop()
        if one.id in seen:
            continue
        seen.add(one.id)
        for row in one.rows:
            yield row.test
            named = [node.decision for node in parts_of(row.test) if isinstance(node, DecisionIs)]
            queue += [plan.decisions[name] for name in named if name in plan.decisions]


# --------------------------------------------------------------------------- the search


class _Proof:
    """Looks for a patient who falls through, for rows that nobody reaches, for two rows that are true at once."""

    def __init__(
        self, r: Reader, plan: Plan, path: Path, decision: Decision, fields: Sequence[FormField], budget: list[int]
    ) -> None:
        self.r, self.plan, self.decision, self.fields, self.budget = r, plan, decision, fields, budget
        self.path = path
        self.spent = 0

    def run(self) -> None:
        """Look under every set of parameter values."""
        count = sum(row.test != "else" for row in self.decision.rows)
        idle = set(range(count))
        for values, words in _valuations(self.plan, self.decision):
            space = Space(self.plan, values, self.decision.form, self.fields)
            tests = [space.test(row.test) for row in self.decision.rows if not isinstance(row.test, str)]
            if not _has_else(self.decision) and self._gap(space, tests, words):
                return
            if self.decision.hits == "one" and self._overlap(space, tests, words):
                return
            above = self.decision.hits != "all"
            idle -= {i for i in sorted(idle) if self._find(space, [tests[i]], tests[:i] if above else []) is not None}
            self.spent += space.visits
        for index in sorted(idle):
            self.r.say("decision_row_unreachable", _row_path(self.path, self.decision, index))

    def _gap(self, space: Space, tests: list[Test], words: tuple[str, str]) -> bool:
        found = self._find(space, [], tests)
        if found is not None:
            self.r.say("decision_gap", self.path, key=True, name=self.decision.id, example=_said(space, found, words))
        return found is not None

    def _overlap(self, space: Space, tests: list[Test], words: tuple[str, str]) -> bool:
        for second in range(len(tests)):
            for first in range(second):
                found = self._find(space, [tests[first], tests[second]], [])
                if found is None:
                    continue
                line = self.r.source.span(_row_path(self.path, self.decision, first)).line
                at = _row_path(self.path, self.decision, second)
                self.r.say("decision_overlap", at, first_line=line, example=_said(space, found, words))
                return True
        return False

    def _find(self, space: Space, true: Sequence[Test], false: Sequence[Test]) -> Points | None:
        """Points at which all of ``true`` and none of ``false`` hold; None where there are none."""
        points = Points()

        def spend() -> None:
            if space.visits + self.spent > MOST_VISITS or space.visits > self.budget[0]:
                self.budget[0] = max(0, self.budget[0] - space.visits)
                raise _TooMuchError

        def go() -> bool:
            spend()
            points.asked = None
            fits = _fits(points, true, false, space.limits)
            key = points.asked
            if fits is not None or key is None:
                return bool(fits)
            for point in space.inputs[key].points():
                points[key] = point
                if go():
                    return True
            del points[key]
            return False

        return points if go() else None


def _fits(
    points: Points, true: Sequence[Test], false: Sequence[Test], limits: Sequence[tuple[Test, Test]]
) -> bool | None:
    """Whether the points so far decide it; None while they do not."""
    open_ = False
    for tests, wanted in ((true, TRUE), (false, FALSE)):
        for test in tests:
            value = test(points)
            if value is None:
                open_ = True
            elif value != wanted:
                return False
    for if_, then in limits:
        premise = if_(points)
        if premise == FALSE:
            continue
        outcome = then(points)
        if premise == TRUE and outcome == FALSE:
            return False
        open_ = open_ or (outcome != TRUE and (premise is None or outcome is None))
    return None if open_ else True


def _said(space: Space, points: Points, words: tuple[str, str]) -> Said:
    """An example, in words: every input that mattered, with its value."""
    told = [(space.inputs[key], point) for key, point in points.items()]
    pairs = [one.said(point) for one, point in told if not (one.quiet and point is False)]
    special = [words] if words[0] else []
    said = [*pairs, *special] or [("any patient", "任何患者")]
    return Said(", ".join(en for en, _ in said), "、".join(zh for _, zh in said))

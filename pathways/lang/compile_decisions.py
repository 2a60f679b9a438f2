"""Decision tables: from the document to the plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from pathways.lang.catalogue import text_of
from pathways.lang.compile_actions import ENDS_ALLOW, compile_inline
from pathways.lang.compile_reader import Reader
from pathways.lang.diagnostics import Said
from pathways.lang.plan import Decision, DecisionRow, Rule
from pathways.lang.plan_base import Text, parts_of
from pathways.lang.plan_cond import AtLeast, Cond, DecisionIs, HeldFor
from pathways.lang.resolve import THROUGHOUT, Scope, form_of
from pathways.lang.source import Path
from pathways.lang.spec_decisions import DecisionRowSpec, DecisionSpec


def compile_decisions(r: Reader) -> dict[str, Decision]:
    """The decision tables, each with everything its rows look at."""
    made = {name: _decision(r, ("decisions", name), name, spec) for name, spec in r.spec.decisions.items()}
    _circles(r, made)
    return {name: one.model_copy(update={"inputs": _whole(one.inputs, made)}) for name, one in made.items()}


def widened(rules: tuple[Rule, ...], decisions: Mapping[str, Decision]) -> tuple[Rule, ...]:
    """Rules whose inputs hold what the decisions in their conditions look at."""
    if not decisions:
        return rules
    return tuple(rule.model_copy(update={"inputs": _whole(rule.inputs, decisions)}) for rule in rules)


def _decision(r: Reader, path: Path, name: str, spec: DecisionSpec) -> Decision:
    form = spec.of or ""
    fields = r.spec.forms.get(form, {}) if form and r.form(form, (*path, "of")) else {}
    places = tuple(_places(r, form)) if fields else ()
    if fields and not places:
        r.say("form_never_filled", (*path, "of"), name=form)
    scope = Scope(r.symbols, form=fields or None, everywhere=True)
    rows = tuple(_row(r, (*path, "rows", i), row, scope) for i, row in enumerate(spec.rows) if row.test != "unknown")
    for word in spec.words:
        r.one_of("unknown_decision_word", word, (*path, "words", word), spec.row_words(), key=True)
    unknown = spec.unknown
    told = next((row for row in spec.rows if row.test == "unknown"), None)
    if told is not None and unknown is not None and unknown.word is not None:
        r.say("decision_unknown_twice", (*path, "unknown", "is"), key=True)
    do = compile_inline(r, (*path, "unknown"), unknown, Scope(r.symbols), ENDS_ALLOW) if unknown is not None else ()
    if do and not form:
        r.say("decision_acts_without_form", (*path, "unknown"), key=True, name=name)
    if unknown is not None and not do and unknown.word is None:
        r.say("missing_key", (*path, "unknown"), key_="is", place=type(unknown).PLACE)
    return Decision(
        id=name,
        path=f"decisions.{name}",
        title=text_of(spec.title) if spec.title is not None else None,
        form=form,
        places=places,
        readings={field: one.measure for field, one in fields.items() if one.measure is not None},
        hits=spec.hits,
        rows=rows,
        words={word: text_of(words) for word, words in spec.words.items()},
        unknown_word=spec.unknown_word(),
        unknown_because=_because(told),
        unknown=do,
        inputs=r.inputs(*(row.test for row in rows)),
    )


def _because(row: DecisionRowSpec | None) -> Text | None:
    return text_of(row.because) if row is not None and row.because is not None else None


def _row(r: Reader, path: Path, row: DecisionRowSpec, scope: Scope) -> DecisionRow:
    if row.otherwise is None and row.test is None:
        r.say("row_without_test", path)
    test: Cond | Literal["else"] = "else"
    if row.otherwise is None and row.test is not None:
        test = r.condition(row.test, (*path, "if"), scope)
        timeless(r, (*path, "if"), test)
    return DecisionRow(path=r.dotted(path), test=test, word=row.word, because=_because(row))


def timeless(r: Reader, path: Path, test: Cond) -> None:
    """A table is looked at when it is asked: what must have held for a while is a rule's or a row's to say."""
    for node in parts_of(test):
        if isinstance(node, HeldFor) or (isinstance(node, AtLeast) and node.within is not None):
            r.say("not_in_release", path, what=Said("`for` and `within` in a decision", "决策中的 `for` 和 `within`"))


def _places(r: Reader, form: str) -> Iterator[str]:
    """Where the form is filled in: paths of steps, ids of tasks of actions."""
    for phase, name, step in r.symbols.all_steps():
        if form_of(step) == form:
            yield f"{THROUGHOUT if phase == THROUGHOUT else phase}.{name}"
    for task in r.symbols.tasks.values():
        if task.form == form:
            yield task.id


# --------------------------------------------------------------------------- decisions within decisions


def _named(decision: Decision) -> list[str]:
    tests = [node for row in decision.rows for node in parts_of(row.test) if isinstance(node, DecisionIs)]
    return [test.decision for test in tests if not test.previous]


def _circles(r: Reader, made: Mapping[str, Decision]) -> None:
    """A decision may build on others, and on what it came to before, and never on itself."""
    for name, decision in made.items():
        seen: set[str] = set()
        queue = _named(decision)
        while queue:
            other = queue.pop()
            if other == name:
                r.say("decision_circle", ("decisions", name), key=True, name=name)
                break
            if other not in seen and other in made:
                seen.add(other)
                queue += _named(made[other])


def _whole(inputs: tuple[str, ...], decisions: Mapping[str, Decision]) -> tuple[str, ...]:
    """Inputs with those of the decisions among them; a verdict on a form changes only with its form."""
    found = set(inputs)
    queue = [token[2:] for token in inputs if token.startswith("x:")]
    seen: set[str] = set()
    while queue:
        name = queue.pop()
        if name in seen or name not in decisions or decisions[name].form:
            continue
        seen.add(name)
        found |= set(decisions[name].inputs)
        queue += _named(decisions[name])
    return tuple(sorted(found))

"""The step `decide`: a decision table that is shown to a person, from the document to the plan."""

from __future__ import annotations

import re
from dataclasses import replace

from pathways.lang.catalogue import text_of
from pathways.lang.compile_actions import compile_task
from pathways.lang.compile_decisions import timeless
from pathways.lang.compile_reader import Reader
from pathways.lang.diagnostics import Said
from pathways.lang.plan import TaskBody
from pathways.lang.plan_cond import Cond
from pathways.lang.plan_tables import DecisionRow, Proposal
from pathways.lang.resolve import Scope
from pathways.lang.source import Path
from pathways.lang.spec_decisions import DecisionRowSpec
from pathways.lang.spec_steps import DecideStep

_AGAINST = re.compile(r"[a-z][a-z0-9_]*(?: and [a-z][a-z0-9_]*)*(?= needs reason$)")
_EACH = re.compile(r"(.*\S) as ([a-z][a-z0-9_]*)$")


def compile_decide(r: Reader, path: Path, spec: DecideStep, scope: Scope) -> TaskBody:
    """A task whose form is made when it opens: for each medicine, or once, what the table proposes and why."""
    task = compile_task(
        r, path, title=spec.decide, role=spec.role, due=spec.due, scope=scope, ladder=spec.escalate,
        on_leave=spec.on_leave,
    )  # fmt: skip
    fact, classes, each = _each(r, (*path, "for_each"), spec.for_each)
    inner = replace(scope, each=each)
    told = next((row for row in spec.rows if row.test == "unknown"), None)
    rows = [_row(r, (*path, "rows", i), row, inner) for i, row in enumerate(spec.rows) if row.test != "unknown"]
    for index, row in enumerate(spec.rows):
        r.one_of("unknown_decision_word", row.word, (*path, "rows", index, "is"), spec.words)
    proposal = Proposal(
        rows=tuple(rows),
        words={word: text_of(words) for word, words in spec.words.items()},
        hits=spec.hits,
        unknown_word=told.word if told is not None else None,
        unknown_because=text_of(told.because) if told is not None and told.because is not None else None,
        fact=fact,
        classes=classes,
        each=each,
        against=_against(r, (*path, "against"), spec),
    )
    return TaskBody(task=task, proposal=proposal)


def _each(r: Reader, path: Path, phrase: str | None) -> tuple[str, tuple[str, ...], str]:
    """``medicines where class is any of acei and mra as drug``: fact, classes, name."""
    if phrase is None:
        return "", (), ""
    match = _EACH.match(phrase)
    if match is None:
        why = Said("`as` and a name are missing at its end", "末尾缺少 `as` 和名称")
        r.say("bad_value", path, found=phrase, why=why)
        return "", (), ""
    fact, classes = r.selection(match[1], path)
    return fact, classes, match[2]


def _against(r: Reader, path: Path, spec: DecideStep) -> tuple[str, ...]:
    """``hold and stop needs reason``: the proposals that are overridden with a reason only."""
    if spec.against is None:
        return ()
    match = _AGAINST.match(spec.against)
    if match is None:
        why = Said("it is written as `hold needs reason`", "应写作 `hold needs reason`")
        r.say("bad_value", path, found=spec.against, why=why)
        return ()
    words = tuple(match[0].split(" and "))
    for word in words:
        r.one_of("unknown_decision_word", word, path, spec.words)
    return words


def _row(r: Reader, path: Path, row: DecisionRowSpec, scope: Scope) -> DecisionRow:
    because = text_of(row.because) if row.because is not None else None
    if row.otherwise is not None or row.test is None:
        if row.otherwise is None:
            r.say("row_without_test", path)
        return DecisionRow(path=r.dotted(path), test="else", word=row.word, because=because)
    test: Cond = r.condition(row.test, (*path, "if"), scope)
    timeless(r, (*path, "if"), test)
    return DecisionRow(path=r.dotted(path), test=test, word=row.word, because=because)

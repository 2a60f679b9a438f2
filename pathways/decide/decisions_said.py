"""Verdicts of decision tables in words: what they came to, why, and every row that was looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pathways.decide.conditions import Environment, Finding, Truth, Verdict, verdict
from pathways.decide.decisions_seen import Judged, evaluate
from pathways.decide.texts import made, text
from pathways.lang.plan import Decision, DecisionRow
from pathways.lang.plan_base import Text

if TYPE_CHECKING:
    from pathways.decide.case import Case


def reasons(decision: Decision, judged: Judged) -> Text | None:
    """Why, in the author's words: those of the rows that made it so, or of what is done when it is unknown."""
    found = [row.because for row in judged.acting if row.because is not None]
    unknown = any(value is Truth.UNKNOWN for _, value in judged.looked)
    if unknown and decision.unknown_because is not None:
        found.append(decision.unknown_because)
    if not found:
        return None
    return Text.model_construct(en="; ".join(t.en for t in found), zh="；".join(t.zh for t in found))


def title_of(decision: Decision) -> Text:
    """What people call a decision."""
    return decision.title or made(decision.id.replace("_", " "), decision.id.replace("_", " "))


def words_of(decision: Decision, judged: Judged) -> Text:
    """What it came to, as people read it."""
    said = [decision.word_text(word) for word in judged.words]
    if not said:
        return text("decided_unknown")
    return Text.model_construct(en=", ".join(t.en for t in said), zh="、".join(t.zh for t in said))


def finding(decision: Decision, judged: Judged, env: Environment) -> Finding:
    """The rows that were looked at, each with its values and the data behind them."""
    parts = [
        Finding(f"{row.word}: else", value) if isinstance(row.test, str) else _row(row, env)
        for row, value in judged.looked
    ]
    value = Truth.TRUE if judged.words else Truth.UNKNOWN
    left = ", ".join(judged.words)
    return Finding(decision.id, value, left=left or None, parts=tuple(parts), kind="decision")


def _row(row: DecisionRow, env: Environment) -> Finding:
    assert not isinstance(row.test, str)
    found = verdict(row.test, env).finding
    return Finding(f"{row.word}: {found.text}", found.value, parts=(found,), kind="row")


def standing(case: Case, decision: Decision) -> Verdict | None:
    """Why a decision over the data as they stand is what it is; None for one over a form, whose verdicts are kept."""
    if decision.form:
        return None
    found = finding(decision, evaluate(decision, case), case)
    return Verdict(found.value, found, case.now)

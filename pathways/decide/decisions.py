"""Decision tables judged: each completed form once, and what the data as they stand changed.

A decision over a form gives one verdict for each completed form, kept over the enrolment and never judged again. One
over the data as they stand is worked out whenever it is asked; what it changed to is kept for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pathways.decide.actions import Setting, perform
from pathways.decide.conditions import Environment, Truth, finding_to_json
from pathways.decide.decisions_said import finding, reasons, title_of, words_of
from pathways.decide.decisions_seen import Completed, FormEnvironment, Judged, evaluate
from pathways.decide.index import ALL
from pathways.decide.records import Series, instant_to_json
from pathways.decide.texts import text
from pathways.lang.plan import Decision
from pathways.lang.plan_base import Text

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any
KEEP = 12
"""Verdicts kept of a form, unless a streak of the pathway looks back further."""


# --------------------------------------------------------------------------- judging


def judge(case: Case, touched: set[str]) -> set[str]:
    """Judge what was completed, then what the data changed. Returns the tokens of decisions to be looked at."""
    new: set[str] = set()
    completed, case.completed = case.completed, []
    for done in completed:
        form = case.index.decided.get(done.place)
        if form is not None:
            new |= _judge_form(case, form, done)
    for decision, inputs in case.index.standing:
        if ALL in touched or not inputs.isdisjoint(touched | new):
            new.add(f"x:{decision.id}")
            _note_standing(case, decision)
    return new


def _judge_form(case: Case, form: str, done: Completed) -> set[str]:
    key = f"{case.id}|form.{form}"
    series = case.run.state.verdicts.get(key)
    if series is None:
        series = case.run.state.verdicts[key] = Series(key=key)
    series.count += 1
    entry: dict[str, Json] = {"n": series.count, "at": instant_to_json(done.at), "v": done.visit, "w": {}}
    series.entries = [*series.entries, entry][-max(KEEP, case.index.longest.get(form, 0) + 1) :]
    for decision in case.index.tables[form]:
        env = FormEnvironment(case, form, done, decision.readings)
        with case.filling(dict(done.form)):
            judged = evaluate(decision, env)
            entry["w"][decision.id] = list(judged.words)
            if judged.open:
                entry.setdefault("o", {})[decision.id] = list(judged.open)
            _tell(case, decision, judged, env, series.count)
    return {f"x:{decision.id}" for decision in case.index.tables[form]}


def _tell(case: Case, decision: Decision, judged: Judged, env: Environment, number: int) -> None:
    """Keep the verdict with its reasons, and do what is done when it could not be told."""
    words = _explain(case, decision, judged, env)
    key = case.key(decision.path, number)
    case.run.timeline(
        case,
        "decided",
        decision.path,
        words,
        key=key,
        weight=4,
        data={"words": list(judged.words), "row": judged.acting[0].path if judged.acting else ""},
    )
    if decision.unknown and any(v is Truth.UNKNOWN for _, v in judged.looked):
        perform(case, decision.unknown, Setting(key=key, place=decision.path, title=title_of(decision), bound=True))


def _note_standing(case: Case, decision: Decision) -> None:
    """Keep what a decision over the data as they stand changed to."""
    judged = evaluate(decision, case)
    key = f"{case.id}|data.{decision.id}"
    series = case.run.state.verdicts.get(key)
    before = series.entries[-1]["w"] if series is not None else None
    if before == list(judged.words):
        return
    if series is None:
        series = case.run.state.verdicts[key] = Series(key=key)
    series.count += 1
    series.entries = [{"at": instant_to_json(case.run.at), "w": list(judged.words)}]
    _explain(case, decision, judged, case)


def _explain(case: Case, decision: Decision, judged: Judged, env: Environment) -> Text:
    """Explain a verdict by the rows that were looked at; the words in which it is told."""
    said, why = words_of(decision, judged), reasons(decision, judged)
    values = {"name": title_of(decision), "word": said}
    words = text("decided", **values) if why is None else text("decided_why", why=why, **values)
    data = finding_to_json(finding(decision, judged, env))
    case.run.explain(case, decision.path, ", ".join(judged.words) or "unknown", words, data)
    return words

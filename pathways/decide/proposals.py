"""Proposals of a step ``decide``: what its table comes to when it opens, for each medicine, with reasons and data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pathways.decide.calendar import local_date
from pathways.decide.conditions import FactValue, Truth, finding_to_json, truth
from pathways.decide.conditions_within import Within
from pathways.decide.decisions_said import finding, reasons
from pathways.decide.decisions_seen import Judged, evaluate
from pathways.decide.facts import prescriptions
from pathways.decide.medicines import Prescription
from pathways.decide.proposal_form import chosen
from pathways.decide.reasons import grounds
from pathways.decide.texts import made, text
from pathways.lang.plan import Decision, MedicineFilter, Step, TaskBody
from pathways.lang.plan_decisions import table_of
from pathways.lang.plan_tables import Proposal

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.records import Task

Json = Any
MOST = 20
"""So many medicines are decided on in one task."""


class _OfMedicine(Within):
    """What the rows see of one medicine: its classes under the name that the step gives it."""

    __slots__ = ("_classes", "_name")

    def __init__(self, case: Case, name: str, medicine: Prescription) -> None:
        super().__init__(case)
        self._name, self._classes = name, frozenset(medicine.classes)

    def fact(self, fact: str) -> FactValue | None:
        """The classes of the medicine, else a fact."""
        return self._classes if fact == self._name else self._base.fact(fact)


def propose(case: Case, step: Step) -> list[Json]:
    """What the table of a step proposes now, for each medicine or once. Kept with the task and explained."""
    assert isinstance(step.body, TaskBody)
    proposal = step.body.proposal
    if proposal is None:
        return []
    table = table_of(step.path, proposal)
    if not proposal.each:
        return [_one(case, step, table, case, None)]
    return [
        _one(case, step, table, _OfMedicine(case, proposal.each, medicine), medicine)
        for medicine in _taken(case, proposal)[:MOST]
    ]


def _taken(case: Case, proposal: Proposal) -> list[Prescription]:
    """The prescriptions selected that are taken today."""
    today = local_date(case.now, case.zone)
    selected = prescriptions(case, MedicineFilter(fact=proposal.fact, classes=proposal.classes))
    return [one for one in selected if (one.stop is None or one.stop > today) and (one.start or today) <= today]


def _one(case: Case, step: Step, table: Decision, env: Any, medicine: Prescription | None) -> Json:
    judged = _whole(table, evaluate(table, env), env)
    word, why = next(iter(judged.words), ""), reasons(table, judged)
    lines = [
        (table.word_text(row.word), grounds(case, row.test, env))
        for row, _ in judged.looked
        if not isinstance(row.test, str)
    ]
    name = medicine.name if medicine is not None else ""
    said = table.word_text(word) if word else text("decided_unknown")
    about = made(f"{step.title.en} {name}".strip(), f"{step.title.zh} {name}".strip())
    words = text("proposed", name=about, word=said)
    case.run.explain(case, step.path, word or "unknown", words, finding_to_json(finding(table, judged, env)))
    return {
        "id": medicine.id if medicine is not None else "",
        "name": name,
        "word": word,
        "why": [why.en, why.zh] if why is not None else [],
        "grounds": [[f"{w.en}: {g.en}", f"{w.zh}：{g.zh}"] for w, g in lines],
    }


def _whole(table: Decision, judged: Judged, env: Any) -> Judged:
    """With the rows below that come to the same word as well: every reason for it is shown."""
    seen = {row.path for row, _ in judged.looked}
    more = [
        (row, Truth.TRUE)
        for row in table.rows
        if row.path not in seen and not isinstance(row.test, str) and row.word in judged.words
        if truth(row.test, env) is Truth.TRUE
    ]
    return Judged(judged.words, judged.open, (*judged.looked, *more))


def tell(case: Case, proposal: Proposal, task: Task, form: dict[str, Json], by: str) -> None:
    """Keep what was chosen beside what was proposed."""
    for number, (one, word, reason) in enumerate(chosen(task.proposal, form)):
        name = made(one["name"] or task.title[0], one["name"] or task.title[1])
        chose = proposal.words[word]
        offered = proposal.words.get(one["word"], text("decided_unknown"))
        values = {"name": name, "word": chose, "proposed": offered}
        words = text("chosen", **values)
        if word != one["word"]:
            words = text("chosen_why", why=reason, **values) if reason else text("chosen_otherwise", **values)
        data = {"proposed": one["word"], "chosen": word, "reason": reason, "by": by, "medicine": one["id"]}
        key = f"{task.key}:chosen:{number}"
        case.run.timeline(case, "chosen", task.source, words, key=key, weight=4, data=data)

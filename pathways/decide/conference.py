"""Conferences: several roles see one patient's case and sign it; a caseload is every such task on one agenda.

A conference is a task. What is its own is here: who has signed, what is shown, where it stands on its agenda.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pathways.decide.events import TaskVerb
from pathways.decide.records import Occurrence, Task
from pathways.decide.snapshots import snapshot
from pathways.lang.plan import Step, TaskBody
from pathways.lang.plan_base import Text
from pathways.lang.plan_conference import Conference, Rank
from pathways.lang.plan_say import role_words

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any
Wrong = tuple[str, dict[str, object]]


def conference_of(case: Case, task: Task) -> Conference | None:
    """The conference that a task is, None for any other task."""
    step = case.index.steps.get(task.source) if task.occurrence else None
    return step.body.conference if step is not None and isinstance(step.body, TaskBody) else None


def still_open(case: Case, step: Step, o: Occurrence) -> Task | None:
    """The task of an earlier occurrence that waits for signatures: a case is not put on the list twice."""
    for other in case.run.occurrences_of(case, step.path):
        if other.task and other.key != o.key:
            return case.run.state.tasks.get(other.task)
    return None


def look(case: Case, task: Task, conference: Conference) -> None:
    """Keep the data as they stand, unless somebody has signed what they saw."""
    if not task.signed:
        task.shown = snapshot(case, conference.show)
        task.rank = [_worst_first(case, one, task.shown) for one in conference.rank]


def _worst_first(case: Case, rank: Rank, shown: list[dict[str, Json]]) -> float | None:
    """A number that is less the further up the patient stands; None, what is not known, comes before all."""
    row = next(one for one in shown if one["name"] == rank.name)
    if "unknown" in row:
        return None
    if rank.way == "longest_since":
        return datetime.fromisoformat(row["at"]).timestamp() if row.get("at") else None
    if rank.component is not None:
        part = row["values"].get(rank.component)
        value = None if part is None else part["value"]
    else:
        value = case.fact(rank.name)
    if not isinstance(value, str | int | float | Decimal):
        return None
    number = float(value)
    return -number if rank.way == "highest" else number


# --------------------------------------------------------------------------- signing


def refused(task: Task, conference: Conference, body: TaskVerb) -> Wrong | None:
    """Why this person may not sign it, if so."""
    if body.role is None or body.role not in conference.roles:
        return "not_to_sign", {"roles": _named(conference.roles)}
    if body.role not in missing(task, conference):
        return "signed_already", {"role": role_words(body.role)}
    return None


def closes(task: Task, conference: Conference) -> bool:
    """Whether one more signature is enough."""
    return len(task.signed) + 1 >= conference.quorum


def missing(task: Task, conference: Conference) -> tuple[str, ...]:
    """The roles that have not signed."""
    signed = {one["role"] for one in task.signed}
    return tuple(role for role in conference.roles if role not in signed)


def not_closed(task: Task, conference: Conference, body: TaskVerb) -> Wrong | None:
    """Why it cannot be closed with this signature, if so."""
    wrong = refused(task, conference, body)
    if wrong is not None or closes(task, conference):
        return wrong
    left = [role for role in missing(task, conference) if role != body.role]
    return "signatures_missing", {"number": conference.quorum - len(task.signed) - 1, "roles": _named(left)}


def sign(case: Case, task: Task, body: TaskVerb) -> None:
    """Keep who signed, in which role, when, with what note."""
    task.signed.append({"role": body.role, "by": body.by, "at": case.run.at.isoformat(), "note": body.reason or ""})


def told(case: Case, task: Task) -> dict[str, Json] | None:
    """What the worklist shows of a conference: who has signed, who is missing, the data, the place on the agenda."""
    conference = conference_of(case, task)
    if conference is None:
        return None
    return {
        "roles": list(conference.roles),
        "quorum": conference.quorum,
        "signed": [dict(one) for one in task.signed],
        "missing": list(missing(task, conference)),
        "agenda": conference.agenda,
        "shown": list(task.shown),
        "rank": list(task.rank),
    }


def _named(roles: tuple[str, ...] | list[str]) -> Text:
    words = [role_words(role) for role in roles]
    return Text.model_construct(en=", ".join(w.en for w in words), zh="、".join(w.zh for w in words))

"""Conferences: from the document to the plan."""

from __future__ import annotations

import re
from typing import Final, Literal, cast

from pathways.lang.catalogue import TOTAL, text_of
from pathways.lang.compile_actions import compile_form
from pathways.lang.compile_handoffs import compile_sends
from pathways.lang.compile_reader import Reader
from pathways.lang.plan import TaskBody, TaskSpec
from pathways.lang.plan_base import Text
from pathways.lang.plan_conference import Conference, Rank
from pathways.lang.plan_handoffs import Sent
from pathways.lang.resolve import Scope
from pathways.lang.source import Path
from pathways.lang.spec_steps import ConferenceStep

CONFERENCE: Final = Text(en="Case conference", zh="病例讨论")
REVIEW: Final = Text(en="Caseload review", zh="病例清单讨论")
_QUORUM: Final = re.compile(r"([1-9][0-9]?) of ([1-9][0-9]?)")
_RANK: Final = re.compile(r"(highest|lowest|longest since) ([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?")
_NUMBERS: Final = frozenset({"age", "count", "quantity"})
_Way = Literal["highest", "lowest", "longest_since"]


def compile_conference(r: Reader, path: Path, spec: ConferenceStep, scope: Scope) -> tuple[TaskBody, Text]:
    """A task that several roles sign, and its title where the author gives none."""
    title = CONFERENCE if spec.agenda is None else REVIEW
    if spec.title is not None:
        title = text_of(spec.title)
    for index, role in enumerate(spec.conference):
        r.role(role, (*path, "conference", index))
        if role in spec.conference[:index]:
            r.say("conference_role_twice", (*path, "conference", index), name=role)
    if len(spec.conference) == 1 and spec.agenda is None:
        r.say("conference_alone", (*path, "conference"))
    if spec.escalate is not None:
        r.ladder(spec.escalate, (*path, "escalate"))
    if spec.rank is not None and spec.agenda is None:
        r.say("rank_without_agenda", (*path, "rank"), key=True)
    show = compile_sends(r, (*path, "show"), spec.show, scope, ends=True)
    conference = Conference(
        roles=tuple(spec.conference),
        quorum=_quorum(r, path, spec),
        show=show,
        agenda=spec.agenda,
        rank=_ranks(r, path, spec, show),
    )
    task = TaskSpec(
        title=title,
        role=spec.conference[0],
        due=r.duration(spec.due, (*path, "due")),
        form=compile_form(r, (*path, "form"), spec.form, scope),
        ladder=spec.escalate,
        on_leave=spec.on_leave,
    )
    return TaskBody(task=task, conference=conference), title


def _quorum(r: Reader, path: Path, spec: ConferenceStep) -> int:
    number = len(spec.conference)
    if spec.quorum is None:
        return number
    found = _QUORUM.fullmatch(" ".join(spec.quorum.split()))
    if found is None or int(found[2]) != number or int(found[1]) > number:
        r.say("quorum_not_of_roles", (*path, "quorum"), written=spec.quorum, number=str(number))
        return number
    return int(found[1])


def _ranks(r: Reader, path: Path, spec: ConferenceStep, show: tuple[Sent, ...]) -> tuple[Rank, ...]:
    found = [_rank(r, (*path, "rank", index), written, show) for index, written in enumerate(spec.rank or ())]
    return tuple(rank for rank in found if rank is not None)


def _rank(r: Reader, path: Path, written: str, show: tuple[Sent, ...]) -> Rank | None:
    """``highest phq9``: a value that is shown. What is ranked by its number has one."""
    said = _RANK.fullmatch(" ".join(written.split()))
    shown = None if said is None else next((one for one in show if one.name == said[2]), None)
    if said is None or shown is None:
        r.say("not_ranked", path, written=written, known=", ".join(f"`{one.name}`" for one in show) or "—")
        return None
    way, component = said[1].replace(" ", "_"), said[3]
    if way != "longest_since":
        parts = _components(r, shown)
        component = component or (TOTAL if TOTAL in parts else parts[0] if len(parts) == 1 else None)
        if component not in parts:
            known = ", ".join(f"`{shown.name}.{part}`" if part else f"`{shown.name}`" for part in parts) or "—"
            r.say("not_ranked", path, written=written, known=known)
            return None
    elif component is not None:
        r.say("not_ranked", path, written=written, known=f"`{shown.name}`")
        return None
    return Rank(way=cast("_Way", way), name=shown.name, component=component or None)


def _components(r: Reader, shown: Sent) -> list[str]:
    """The numbers of a datum by name; "" is one without a name of its own."""
    spec = r.spec
    if shown.kind == "fact":
        return [""] if spec.facts[shown.name].type in _NUMBERS else []
    if shown.kind == "derived":
        return list(r.symbols.components(spec.derived[shown.name].of))
    return list(r.symbols.components(shown.name)) if shown.kind == "measure" else []

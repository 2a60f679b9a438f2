"""Groups of steps: whose turn it is, when it is enough, and when the group has ended.

A group is a step of its own: its occurrence opens by its ``when`` and ends once. It remembers in ``items`` how each of
its doings ended (``done``, ``passed``: not needed or skipped, ``missed``: in vain, "" while it runs). A doing is named
by its member, after ``<round>/`` in a ``repeat`` and ``<medicine>/`` in a ``for_each``. See docs/reference/groups.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pathways.decide import handoffs
from pathways.decide.calendar import Slot
from pathways.decide.conditions import Truth
from pathways.decide.facts import prescriptions
from pathways.decide.occurrences import end, make, member_words, step_run
from pathways.decide.records import Occurrence
from pathways.decide.settling import settle
from pathways.lang.plan import GroupBody, HandoffBody, Step
from pathways.lang.plan_base import Duration, Text
from pathways.lang.plan_when import Turn

if TYPE_CHECKING:
    from pathways.decide.case import Case

RUNS, DONE, PASSED, MISSED = "", "done", "passed", "missed"
Lane = Sequence[str]
"""Doings that come one after the other."""


# --------------------------------------------------------------------------- looking


def look(case: Case) -> None:
    """Go on with every open group; end what is left of groups that have ended."""
    for path in case.index.groups:
        for o in case.run.occurrences_of(case, path):
            if o.state != "planned":
                _go_on(case, case.index.steps[path], o)
    for path in case.index.members:
        for o in case.run.occurrences_of(case, path):
            if o.group and o.group.partition(">")[0] not in case.run.state.occurrences:
                _drop(case, o)


def _go_on(case: Case, step: Step, o: Occurrence) -> None:
    body = step.body
    assert isinstance(body, GroupBody)
    lanes = _lanes(case, body, o)
    busy = any(_state(lane, o) == RUNS and any(one in o.items for one in lane) for lane in lanes)
    for lane in lanes:
        if _state(lane, o) != RUNS or (waiting := _waiting(lane, o)) is None:
            continue
        before = _before(case, step, o, waiting)
        if before != PASSED:
            if before == MISSED:
                o.items[waiting] = MISSED  # what it needs was in vain
            continue
        if _over(case, step):
            end(case, o, "cancelled", "not needed")
            return
        if not (body.one_at_a_time and busy):
            _open(case, step, o, waiting)
            busy = True
    _judge(case, step, o, [_state(lane, o) for lane in lanes])


def _before(case: Case, step: Step, o: Occurrence, key: str) -> str:
    """Whether what must come before a doing (``after``) has ended: ``passed``; ``missed`` in vain; "" not yet."""
    turn = case.index.steps[f"{_place(step)}.{key.rpartition('/')[2]}"].when.base
    told = [o.items.get(name, RUNS) for name in turn.after] if isinstance(turn, Turn) else []
    return MISSED if MISSED in told else RUNS if RUNS in told else PASSED


def _over(case: Case, step: Step) -> bool:
    """Whether nothing of the group opens any more: its phase is about to end."""
    return bool(case.index.phase_of[step.path]) and case.en.ending is not None


def _lanes(case: Case, body: GroupBody, o: Occurrence) -> list[Lane]:
    """The doings of a group, those that follow each other together."""
    if body.way == "in_order":
        return [body.members]
    if body.way == "repeat":
        number = next(iter(o.items), "1/").partition("/")[0]
        return [[f"{number}/{member}" for member in body.members]]
    if body.medicines is not None:
        present = [item.id for item in prescriptions(case, body.medicines)]
        begun = dict.fromkeys(key.rpartition("/")[0] for key in o.items)
        _stopped(case, body, o, [item for item in begun if item not in present])
        return [[f"{item}/{member}" for member in body.members] for item in dict.fromkeys((*begun, *present))]
    return [[member] for member in body.members]


def _stopped(case: Case, body: GroupBody, o: Occurrence, items: list[str]) -> None:
    """What runs or waits for a medicine that was stopped is not needed any more."""
    for key in [f"{item}/{member}" for item in items for member in body.members]:
        for found in _doings(case, o, key) if key in o.items else ():
            _drop(case, found)
        o.items[key] = o.items.get(key) or PASSED


def _doings(case: Case, o: Occurrence, key: str) -> list[Occurrence]:
    link = f"{o.key}>{key}"
    found = [x for path in case.index.members for x in case.run.occurrences_of(case, path)]
    return [x for x in found if x.group == link]


def _state(lane: Lane, o: Occurrence) -> str:
    """How a lane stands: it runs, or it came to something."""
    told = [o.items.get(key, RUNS) for key in lane]
    if MISSED in told:
        return MISSED
    if RUNS in told:
        return RUNS
    return DONE if DONE in told else PASSED


def _waiting(lane: Lane, o: Occurrence) -> str | None:
    """The next doing of a lane that has not been opened; None while one runs."""
    for key in lane:
        if key not in o.items:
            return key
        if o.items[key] == RUNS:
            return None
    return None


# --------------------------------------------------------------------------- ending


def _let_go(case: Case, o: Occurrence) -> None:
    """The group ends, and what runs of it goes on by itself."""
    for key in [key for key, how in o.items.items() if how == RUNS]:
        for found in _doings(case, o, key):
            found.group = ""


def _judge(case: Case, step: Step, o: Occurrence, states: list[str]) -> None:
    """End the group when it is clear what it came to."""
    body = step.body
    assert isinstance(body, GroupBody)
    done, over = states.count(DONE), RUNS not in states
    enough = body.enough or (1 if body.way == "one_of" else None)
    needless = body.way == "for_each" and body.until is not None and done > 0 and case.truth(body.until) is Truth.TRUE
    if (enough is not None and done >= enough) or needless:
        if body.rest == "keep":
            _let_go(case, o)
        end(case, o, "done")
    elif body.way == "all_of" and body.or_none and done == 0 and (PASSED in states or MISSED in states):
        end(case, o, "skipped", "none")
    elif over:
        _closed(case, step, o, states)


def _closed(case: Case, step: Step, o: Occurrence, states: list[str]) -> None:
    """Every lane has come to something."""
    body = step.body
    assert isinstance(body, GroupBody)
    done = DONE in states
    if body.way == "repeat" and MISSED not in states:
        _next_round(case, step, o)
    elif not done and (body.or_none or MISSED not in states):
        end(case, o, "skipped", "none")
    elif done and body.enough is None and (body.way == "any_of" or not _lacking(body, states)):
        end(case, o, "done")
    else:
        miss(case, step, o)


def _lacking(body: GroupBody, states: list[str]) -> bool:
    """Whether something was not done that had to be."""
    return MISSED in states or (body.or_none and PASSED in states)


def _next_round(case: Case, step: Step, o: Occurrence) -> None:
    body = step.body
    assert isinstance(body, GroupBody)
    number = int(next(iter(o.items)).partition("/")[0])
    assert body.until is not None
    if case.truth(body.until) is Truth.TRUE:
        case.run.explain_cond(case, step.path, body.until, step.title)
        end(case, o, "done")
    elif number >= body.rounds:
        miss(case, step, o, "rounds")
    else:
        o.items = {}
        _open(case, step, o, f"{number + 1}/{body.members[0]}", body.apart)


def miss(case: Case, step: Step, o: Occurrence, why: str = "") -> None:
    """The deadline of a group has come, or it cannot be done any more."""
    body = step.body
    assert isinstance(body, GroupBody)
    done = DONE in o.items.values()
    if body.way == "any_of" and done and body.enough is None:
        end(case, o, "done")
    elif body.or_none and not done:
        end(case, o, "skipped", "none")
    else:
        end(case, o, "missed", why, weight=3)
        if step.missed:
            case.follow.append((step.path, step.missed, o.key))


# --------------------------------------------------------------------------- members


def _open(
    case: Case, step: Step, o: Occurrence, key: str, apart: Duration | None = None, *, at_once: bool = False
) -> None:
    """The turn of a member has come."""
    item, _, name = key.rpartition("/")
    path = f"{_place(step)}.{name}"
    member, at = case.index.steps[path], case.run.at
    wait = member.when.base.wait if isinstance(member.when.base, Turn) else None
    for length in () if at_once else (apart, wait):
        at = at if length is None else case.after(at, length) or at
    other = bool(member.profiles) and case.run.site.profile not in member.profiles
    if other or member.required == "could":  # what staff may add is not waited for
        o.items[key] = PASSED
        case.touch("s:" + step.id)
        return
    o.items[key] = RUNS
    slot = Slot(number=1, due=at, opens=at, key=f"{o.slot}/{key}")
    body = member.body
    own = {item: RUNS} if item and isinstance(body, HandoffBody) and body.medicines is not None else {}
    made = make(case, member, slot, items=own, with_=item if own else "", group=f"{o.key}>{key}")
    if made is None:
        o.items[key] = PASSED


def take(case: Case, step: Step) -> bool:
    """Staff do a member of an open group before its turn; with ``one_at_a_time`` what runs waits again. True when it
    was one that waits."""
    for path in case.index.groups:
        group = case.index.steps[path]
        body = group.body
        assert isinstance(body, GroupBody)
        if step.id not in body.members or _place(group) != _place(step) or body.way in {"repeat", "for_each"}:
            continue
        for o in case.run.occurrences_of(case, path):
            if o.state == "planned" or step.id in o.items:
                continue
            for key in [key for key, how in o.items.items() if how == RUNS and body.one_at_a_time]:
                _put_back(case, o, key)
            _open(case, group, o, step.id, at_once=True)
            return True
    return False


def _place(step: Step) -> str:
    return step.path.rpartition(".")[0]


def _put_back(case: Case, o: Occurrence, key: str) -> None:
    """It waits for its turn again."""
    for found in _doings(case, o, key):
        found.group = ""
        memory = step_run(case, found.step)
        _drop(case, found)
        memory.generation += 1
    del o.items[key]


def _drop(case: Case, o: Occurrence) -> None:
    """End a doing, its task and its handoff: not needed any more."""
    state = case.run.state
    if o.handoff and o.handoff in state.handoffs:
        handoffs.cancel(case, state.handoffs[o.handoff], "not needed")
        o.group = ""
        return
    settle(case, o, "cancelled", "not needed")


def named(case: Case, o: Occurrence, title: Text) -> Text:
    """The title of a task inside a ``for_each``, with the medicine in place of its name."""
    parent = case.run.state.occurrences.get(o.group.partition(">")[0])
    if parent is None:
        return title
    body = case.index.steps[parent.step].body
    item = o.group.partition(">")[2].rpartition("/")[0]
    if not isinstance(body, GroupBody) or body.medicines is None:
        return named(case, replace(o, group=parent.group), title) if parent.group else title
    word = member_words(case, body.medicines.fact, item)
    mark = "{" + body.name + "}"
    return Text(en=title.en.replace(mark, word), zh=title.zh.replace(mark, word))

"""Groups of steps, and how a step is required: from the document to the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pathways.lang.catalogue import text_of
from pathways.lang.compile_reader import Reader
from pathways.lang.plan import GroupBody, MedicineFilter
from pathways.lang.plan_base import Text
from pathways.lang.plan_when import OnRequest, Turn, When
from pathways.lang.resolve import Scope
from pathways.lang.source import Path
from pathways.lang.spec_steps import (
    AllOfStep,
    AnyGroup,
    AnyOfStep,
    AnyStep,
    DoseStep,
    ForEachStep,
    GroupStep,
    InOrderStep,
    OneOfStep,
    RepeatStep,
)

Way = Literal["all_of", "any_of", "one_of", "in_order", "repeat", "for_each"]


@dataclass(frozen=True, slots=True)
class Inside:
    """The group a step stands in, and the members written before it."""

    name: str
    spec: GroupStep
    before: tuple[str, ...]


def insides(steps: Mapping[str, AnyStep]) -> dict[str, Inside]:
    """Where each member of a group stands."""
    return {
        member: Inside(name, step, tuple(step.members)[:number])
        for name, step in steps.items()
        if isinstance(step, GroupStep)
        for number, member in enumerate(step.members)
    }


def compile_when(r: Reader, path: Path, spec: AnyStep, scope: Scope, group: Inside | None) -> When:
    """When a step comes: by its phrase, when its turn in a group comes, or only when staff add it."""
    if group is not None and isinstance(spec, DoseStep):
        r.say("not_in_release", path, key=True, what="dose")
    if spec.after is not None and (group is None or not isinstance(group.spec, AllOfStep | AnyOfStep)):
        r.say("after_outside", (*path, "after"), key=True)
    if spec.required == "could" and group is None:
        if spec.when is not None:
            r.say("time_of_optional", (*path, "when"))
        return When(text="on request", base=OnRequest())
    if group is not None:
        wait = None if spec.when is None else r.remind(spec.when, (*path, "when"))
        before = group.before
        for index, name in enumerate(spec.after or ()):
            r.one_of("unknown_step", name, (*path, "after", index), before)
        turn = Turn(group=group.name, wait=wait, after=tuple(spec.after or ()))
        return When(text=spec.when or "in turn", base=turn)
    if spec.when is None:
        r.say("missing_key", path, key_="when", place=type(spec).PLACE)
        return When(text="", base=OnRequest())
    return r.when(spec.when, (*path, "when"), scope)


def compile_unless(r: Reader, path: Path, spec: AnyStep) -> dict[str, Text]:
    """The reasons for which a step may be skipped."""
    if spec.must_unless is not None and spec.required is not None:
        r.say("required_twice", (*path, "must_unless"), key=True, word=spec.required)
    return {name: text_of(words) for name, words in (spec.must_unless or {}).items()}


def compile_group(r: Reader, path: Path, spec: AnyGroup, scope: Scope) -> GroupBody:
    """A group, its members by id."""
    members = tuple(spec.members)
    match spec:
        case AllOfStep():
            return GroupBody(
                way="all_of",
                members=members,
                or_none=spec.or_none,
                enough=_enough(r, path, spec.enough, members),
                rest=spec.rest,
                one_at_a_time=spec.one_at_a_time,
            )
        case AnyOfStep():
            enough = _enough(r, path, spec.enough, members)
            return GroupBody(way="any_of", members=members, or_none=spec.or_none, enough=enough, rest=spec.rest)
        case OneOfStep():
            return GroupBody(way="one_of", members=members, or_none=spec.or_none)
        case InOrderStep():
            return GroupBody(way="in_order", members=members)
        case RepeatStep():
            return GroupBody(
                way="repeat",
                members=members,
                until=r.condition(spec.until, (*path, "until"), scope),
                rounds=r.count(spec.at_most, (*path, "at_most")),
                apart=None if spec.apart is None else r.duration(spec.apart, (*path, "apart")),
            )
        case ForEachStep():
            chosen, _, name = spec.for_each.rpartition(" as ")
            if not chosen or not name.isidentifier():
                r.say("for_each_without_as", (*path, "for_each"))
                chosen, name = spec.for_each, ""
            fact, classes = r.selection(chosen, (*path, "for_each"))
            return GroupBody(
                way="for_each",
                members=members,
                enough=spec.enough,
                rest=spec.rest,
                until=None if spec.until is None else r.condition(spec.until, (*path, "until"), scope),
                medicines=MedicineFilter(fact=fact, classes=classes, text=chosen),
                name=name,
            )


def _enough(r: Reader, path: Path, enough: int | None, members: tuple[str, ...]) -> int | None:
    if enough is not None and enough > len(members):
        r.say("more_than_there_are", (*path, "enough"), enough=enough, members=len(members))
    return enough


GROUP_TITLES = {
    "all_of": Text(en="All of these", zh="全部完成"),
    "any_of": Text(en="One or more of these", zh="至少完成一项"),
    "one_of": Text(en="One of these", zh="任选一项"),
    "in_order": Text(en="One after the other", zh="依次完成"),
    "repeat": Text(en="Again until it is enough", zh="重复直到满足条件"),
    "for_each": Text(en="For each medicine", zh="逐一针对每种药物"),
}

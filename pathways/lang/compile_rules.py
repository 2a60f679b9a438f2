"""Ladders, rules, ends, quotas, lifecycle and messages: from document to plan."""

from __future__ import annotations

import re
from typing import Any, Literal

from pathways.lang.catalogue import text_of
from pathways.lang.compile_actions import ENDS_ALLOW, RULE_ALLOW, STEP_ALLOW, compile_actions, compile_inline
from pathways.lang.compile_guide import compile_guide
from pathways.lang.compile_reader import Reader
from pathways.lang.compile_span import compile_span
from pathways.lang.plan import (
    AnchorRow,
    EndSpec,
    Ladder,
    LifecycleRow,
    Message,
    OpenTask,
    Quota,
    RepeatMeasurement,
    Rule,
    RuleUnknown,
    Rung,
    TaskSpec,
)
from pathways.lang.plan_base import WORKING_UNITS
from pathways.lang.resolve import Scope
from pathways.lang.source import Path
from pathways.lang.spec import RuleSpec, UnknownSpec

CHANNELS = ("app", "sms", "email", "call")
"""Channels a rung may name; the site says what each means there."""
PATIENT_SIDE = ("patient", "caregiver")
PLACEHOLDERS = ("emergency_number",)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_WATCH = ("invited", "active", "paused")


def compile_ladders(r: Reader) -> dict[str, Ladder]:
    """The escalation ladders."""
    ladders: dict[str, Ladder] = {}
    for name, rungs in r.spec.escalations.items():
        made: list[Rung] = []
        for index, rung in enumerate(rungs):
            at: Path = ("escalations", name, index)
            r.role(rung.tell, (*at, "tell"))
            for i, channel in enumerate(rung.by):
                known = ", ".join(f"`{c}`" for c in CHANNELS)
                if channel not in CHANNELS:
                    r.say("not_one_of", (*at, "by", i), key_="by", value=channel, known=known)
            made.append(
                Rung(
                    tell=rung.tell,
                    by=tuple(rung.by),
                    answer_within=r.duration(rung.answer_within, (*at, "answer_within")),
                    repeat=r.count(rung.repeat, (*at, "repeat")) if rung.repeat is not None else 0,
                    then=rung.then,
                    off_duty=rung.off_duty,
                )
            )
        ladders[name] = Ladder(id=name, path=f"escalations.{name}", rungs=tuple(made))
    return ladders


def compile_messages(r: Reader) -> dict[str, Message]:
    """The messages, with what may stand in braces."""
    made: dict[str, Message] = {}
    for name, spec in r.spec.messages.items():
        at: Path = ("messages", name)
        for index, to in enumerate(spec.to):
            if to not in PATIENT_SIDE:
                r.one_of("unknown_role", to, (*at, "to", index), (*PATIENT_SIDE, *(r.spec.roles or ())))
                r.symbols.mark("role", to)
        for language in ("en", "zh"):
            for match in _PLACEHOLDER.finditer(getattr(spec, language)):
                if match[1] not in PLACEHOLDERS:
                    span = r.source.span_within((*at, language), match.start(), match.end())
                    known = ", ".join(f"`{{{p}}}`" for p in PLACEHOLDERS)
                    r.say("unknown_placeholder", (*at, language), span=span, name=match[1], known=known)
        made[name] = Message(
            id=name,
            path=f"messages.{name}",
            to=tuple(spec.to),
            message_class=spec.kind,
            text=text_of(spec),
            topic=spec.topic,
            private=spec.private,
        )
    return made


def compile_ends(r: Reader) -> dict[str, EndSpec]:
    """The ways a run may come to its end."""
    return {
        name: EndSpec(
            id=name,
            path=f"ends.{name}",
            title=text_of(spec.title) if spec.title is not None else None,
            do=compile_inline(r, ("ends", name), spec, Scope(r.symbols), ENDS_ALLOW),
        )
        for name, spec in r.spec.ends.items()
    }


def compile_quotas(r: Reader) -> tuple[Quota, ...]:
    """How often something must have happened in a year."""
    made: list[Quota] = []
    for name, spec in r.spec.quotas.items():
        at: Path = ("quotas", name)
        behind = spec.behind
        steps, face_to_face = r.counted(spec.count, (*at, "count"), Scope(r.symbols))
        r.role(behind.role, (*at, "behind", "role"))
        if behind.escalate is not None:
            r.ladder(behind.escalate, (*at, "behind", "escalate"))
        made.append(
            Quota(
                id=name,
                path=f"quotas.{name}",
                steps=steps,
                face_to_face=face_to_face,
                at_least=spec.at_least,
                behind=OpenTask(
                    id=r.symbols.action_ids[(*at, "behind")],
                    path=f"quotas.{name}.behind",
                    task=TaskSpec(
                        title=text_of(behind.task),
                        role=behind.role,
                        due=r.duration(behind.due, (*at, "behind", "due")) if behind.due is not None else None,
                        ladder=behind.escalate,
                        on_leave="keep",
                    ),
                ),
                lead=r.duration(behind.lead, (*at, "behind", "lead")),
            )
        )
    return tuple(made)


_STOP: dict[str | None, Literal["none", "all_but_safety", "all"]] = {
    None: "none", "nothing": "none", "all but safety": "all_but_safety", "all": "all",
}  # fmt: skip


def compile_lifecycle(r: Reader) -> dict[str, LifecycleRow]:
    """What the verbs of staff do here."""
    made: dict[str, LifecycleRow] = {}
    for name, spec in r.spec.lifecycle.items():
        at: Path = ("lifecycle", name)
        if spec.go is not None:
            r.phase(spec.go, (*at, "go"))
        for index, fact in enumerate(spec.set or ()):
            r.fact(fact, (*at, "set", index))
        open_red: Literal["finish_with_a_person", "close"] | None = None
        if spec.open_red is not None:
            open_red = "close" if spec.open_red == "close" else "finish_with_a_person"
        made[name] = LifecycleRow(
            event=name,
            path=f"lifecycle.{name}",
            stop=_STOP[spec.stop],
            handoffs=spec.handoffs or "keep",
            sets=tuple(spec.set or ()),
            go=spec.go,
            do=compile_inline(r, at, spec, Scope(r.symbols), STEP_ALLOW),
            open_red=open_red,
        )
    return made


def compile_anchors(r: Reader) -> dict[str, AnchorRow]:
    """What follows when a moment changes: only facts that are dates or moments can."""
    known = [name for name, spec in r.spec.facts.items() if spec.type in ("date", "moment")]
    made: dict[str, AnchorRow] = {}
    for name, spec in r.spec.anchors.items():
        at: Path = ("anchors", name)
        r.one_of("unknown_anchor", name, at, known, key=True)
        made[name] = AnchorRow(
            name=name,
            path=f"anchors.{name}",
            corrected=spec.corrected or "re_plan",
            new=spec.new or "redo",
            removed=compile_actions(r, (*at, "removed"), spec.removed, Scope(r.symbols), RULE_ALLOW),
        )
    return made


# --------------------------------------------------------------------------- rules


def compile_rules(r: Reader) -> tuple[Rule, ...]:
    """What watches for trouble, in the order of the document."""
    return tuple(_rule(r, ("rules", name), name, spec) for name, spec in r.spec.rules.items())


def _rule(r: Reader, path: Path, name: str, spec: RuleSpec) -> Rule:
    for index, phase in enumerate(spec.phases or ()):
        r.phase(phase, (*path, "in", index))
    for index, profile in enumerate(spec.profiles or ()):
        r.profile(profile, (*path, "profiles", index))
    for index, other in enumerate(spec.instead_of or ()):
        r.one_of("unknown_rule", other, (*path, "instead_of", index), r.spec.rules)
    scope = Scope(r.symbols, among=tuple(p for p in spec.phases or () if p in r.spec.phases))
    cond = r.condition(spec.test, (*path, "if"), scope)
    settled = r.condition(spec.settled_when, (*path, "settled_when"), scope) if spec.settled_when is not None else None
    more: dict[str, Any] = {}
    if spec.settled_within is not None:
        more["settled_within"] = r.duration(spec.settled_within, (*path, "settled_within"))
    if spec.unknown is not None:
        more["unknown"] = _unknown(r, (*path, "unknown"), spec.unknown, scope)
    if spec.watch is not None:
        more["watch"] = tuple(_watch_word(r, (*path, "watch", i), word) for i, word in enumerate(spec.watch))
    do = compile_actions(r, (*path, "do"), spec.do, scope, RULE_ALLOW)
    if spec.do is None and spec.episode is None:
        r.say("missing_key", path, key_="do", place=RuleSpec.PLACE)
    return Rule(
        id=name,
        path=f"rules.{name}",
        title=text_of(spec.title) if spec.title is not None else None,
        cond=cond,
        level=spec.level,
        fires=spec.fires.replace(" ", "_"),  # type: ignore[arg-type]  # the same words, joined
        not_again_within=r.duration(spec.not_again_within, (*path, "not_again_within"))
        if spec.not_again_within is not None
        else None,
        in_phases=tuple(spec.phases or ()),
        during=None if spec.during is None else compile_span(r, spec.during, (*path, "during"), scope),
        repeat=_repeat(r, (*path, "repeat_measurement"), spec, scope),
        do=do,
        guide=compile_guide(r, (*path, "episode"), spec, scope, do),
        settled_when=settled,
        settled_by_task=spec.settled_by is not None,
        instead_of=tuple(spec.instead_of or ()),
        profiles=tuple(spec.profiles or ()),
        inputs=r.inputs(cond, settled, *(a.only_if for a in do)),
        **more,
    )


def _watch_word(r: Reader, path: Path, word: str) -> str:
    if word in _WATCH:
        return word
    prefix = "ended for "
    if word.startswith(prefix):
        length = r.duration(word[len(prefix) :], path, offset=len(prefix))
        if length.amount is not None and length.unit not in WORKING_UNITS:
            return f"{prefix}{length.amount} {length.unit}"
    known = ", ".join(f"`{w}`" for w in (*_WATCH, "ended for 30 days"))
    r.say("not_one_of", path, key_="watch", value=word, known=known)
    return word


def _unknown(r: Reader, path: Path, spec: UnknownSpec, scope: Scope) -> RuleUnknown:
    return RuleUnknown(
        not_met=spec.not_met,
        do=compile_inline(r, path, spec, scope, STEP_ALLOW),
        lasts=r.duration(spec.lasts, (*path, "lasts")) if spec.lasts is not None else None,
    )


def _repeat(r: Reader, path: Path, rule: RuleSpec, scope: Scope) -> RepeatMeasurement | None:
    spec = rule.repeat_measurement
    if spec is None:
        return None
    r.message(spec.say, (*path, "say"))
    after, within = r.duration_range(spec.within, (*path, "within"))
    return RepeatMeasurement(
        after=after,
        within=within,
        message=spec.say,
        no_repeat="settled" if spec.no_repeat == "counts as settled" else "confirmed",
        normal_repeat=compile_actions(r, (*path, "normal_repeat"), spec.normal_repeat, scope, STEP_ALLOW),
    )

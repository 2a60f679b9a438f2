"""A plan taken apart into what can differ for patients and staff: entries, each with what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pathways.lang.plan import (
    Action,
    AnchorRow,
    Counted,
    Decision,
    Derived,
    EndSpec,
    Evidence,
    Fact,
    Ladder,
    LifecycleRow,
    Measure,
    Message,
    Parameter,
    ParamValue,
    Phase,
    Plan,
    Quota,
    Row,
    Rule,
    Step,
)
from pathways.lang.plan_base import Text
from pathways.lang.plan_say import say_quantity
from pathways.lang.render_actions import action_words, span_words, target_words, ways_words
from pathways.lang.render_anchors import anchor_words
from pathways.lang.render_decisions import over_words
from pathways.lang.render_decisions import row_words as table_row_words
from pathways.lang.render_decisions import unknown_words as table_unknown_words
from pathways.lang.render_guide import guide_words
from pathways.lang.render_merge import merge_words
from pathways.lang.render_review import (
    counted_words,
    derived_words,
    event_words,
    leaving_words,
    quota_words,
    take_words,
)
from pathways.lang.render_review_course import what_words, when_words
from pathways.lang.render_review_watch import (
    during_words,
    fires_words,
    repeat_words,
    rule_title,
    settled_words,
    unknown_words,
)
from pathways.lang.render_stairs import steps_of
from pathways.lang.render_words import Names, kind_word

Said = Callable[[Names], "str | list[str]"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a plan.

    ``aspects``: what is said of it, by kind; a list is compared line by line. ``rest``: the parts of the plan it stands
    for, so that nothing of them can differ unsaid. ``where``: the phase it stands in. ``whole``: all aspects are of
    these parts.
    """

    section: str
    key: str
    title: Callable[[Names], str]
    aspects: dict[str, Said]
    rest: tuple[object, ...] = ()
    where: str = ""
    whole: bool = True


def entries(plan: Plan) -> Iterator[Entry]:
    """Everything of a plan that people could notice, in the order of the review page."""
    yield _pathway(plan)
    yield from map(_number, plan.parameters.values())
    yield from map(_source, plan.evidence.values())
    yield from map(_measure, plan.measures.values())
    yield from map(_derived, plan.derived.values())
    yield from map(_decision, plan.decisions.values())
    yield from map(_counted, plan.counted.values())
    yield from map(_fact, plan.facts.values())
    for step in plan.throughout:
        yield _step(step, "")
    for phase in plan.phases.values():
        yield _phase(phase)
        for step in phase.steps:
            yield _step(step, phase.id)
    yield from map(_rule, plan.rules)
    yield from map(_ladder, plan.ladders.values())
    yield from map(_message, plan.messages.values())
    yield from map(_end, plan.ends.values())
    yield from (_event(row) for row in plan.lifecycle.values() if row.event not in {"died", "withdrawn"})
    yield from map(_anchor, plan.anchors.values())
    yield from map(_quota, plan.quotas)
    yield from map(_codes, plan.code_lists, plan.code_lists.values())


def _text(text: Text) -> Callable[[Names], str]:
    return lambda n: n.text(text)


def _lines(actions: tuple[Action, ...]) -> Said:
    return lambda n: [action_words(n, action) for action in actions]


def _pathway(plan: Plan) -> Entry:
    eligibility = plan.eligibility
    return Entry(
        "pathway", "", lambda n: n.say("the pathway", "路径"),
        {
            "title": _text(plan.title),
            "owner": lambda n: plan.owner,
            "in": lambda n: "" if eligibility.include is None else n.cond(eligibility.include),
            "out": lambda n: [n.cond(one.cond) for one in eligibility.exclude],
            "out_later": _lines(eligibility.becomes_true),
            "consent": lambda n: [n.word(word) for word in plan.consent],
            "team": lambda n: [n.role(role) for role in plan.roles],
            "begins": lambda n: n.phase(plan.first_phase),
            "counted": lambda n: n.word(plan.counts_from),
            "once": lambda n: _once(n, plan),
            "profiles": lambda n: list(plan.profiles),
            "staff_end": lambda n: [n.word(word) for word in plan.ended_by_staff],
            "died": lambda n: leaving_words(n, "died"),
            "withdrawn": lambda n: leaving_words(n, "withdrawn"),
        },
        (eligibility, *(plan.lifecycle[event] for event in ("died", "withdrawn") if event in plan.lifecycle)),
        whole=False,
    )  # fmt: skip


def _once(names: Names, plan: Plan) -> str:
    return {
        "per_patient": names.say("per patient", "每位患者"),
        "no": names.say("no", "否"),
    }[plan.one_active]


# --------------------------------------------------------------------------- numbers


def _number(parameter: Parameter) -> Entry:
    return Entry(
        "number", parameter.id, lambda n: parameter.id.replace("_", " "),
        {
            "value": lambda n: number_lines(n, parameter),
            "adjustable": lambda n: _adjustable(n, parameter),
            "merge": lambda n: merge_words(parameter, n.language),
        },
        (parameter,),
    )  # fmt: skip


def _source(one: Evidence) -> Entry:
    return Entry(
        "source", one.id, lambda n: one.cite,
        {
            "cite": lambda n: one.cite if one.year is None else f"{one.cite}, {one.year}",
            "checked": lambda n: n.say("checked", "已核对") if one.checked else n.say("not checked", "未核对"),
        },
        (one,),
    )  # fmt: skip


def _measure(measure: Measure) -> Entry:
    return Entry("measure", measure.id, _text(measure.title), {"measured": _take(measure)}, (measure,))


def _derived(derived: Derived) -> Entry:
    return Entry(
        "computed", derived.id, lambda n: n.computed(derived), {"computed": lambda n: derived_words(n, derived)},
        (derived,),
    )  # fmt: skip


def _decision(decision: Decision) -> Entry:
    return Entry(
        "decision", decision.id, lambda n: n.decision(decision.id),
        {
            "title": lambda n: n.decision(decision.id),
            "computed": lambda n: over_words(n, decision),
            "rows": lambda n: [table_row_words(n, decision, row) for row in decision.rows],
            "unknown": lambda n: table_unknown_words(n, decision),
        },
        (decision,),
    )  # fmt: skip


def _counted(counted: Counted) -> Entry:
    return Entry(
        "computed", counted.id, lambda n: n.counted(counted), {"computed": lambda n: counted_words(n, counted)},
        (counted,),
    )  # fmt: skip


def _fact(fact: Fact) -> Entry:
    return Entry(
        "fact", fact.id, lambda n: n.word(fact.id),
        {
            "asked": lambda n: "" if fact.ask_again is None else n.when(fact.ask_again),
            "question": lambda n: "" if fact.ask_text is None else n.text(fact.ask_text),
            "only_if": lambda n: "" if fact.applies_if is None else n.cond(fact.applies_if),
        },
        (fact,),
    )  # fmt: skip


def number_lines(names: Names, parameter: Parameter) -> list[str]:
    """Every value with the profiles or patients it is for, and its citation."""
    values: dict[str, list[str]] = {}
    for profile, value in parameter.by_profile.items():
        values.setdefault(_value(names, value), []).append(profile)
    if parameter.value is not None:
        values.setdefault(_value(names, parameter.value), [])
    alone = len(values) == 1
    lines = [said if alone or not whom else f"{', '.join(whom)}: {said}" for said, whom in values.items()]
    for row in parameter.by_patient:
        lines.append(f"{names.cond(row.cond)}: {_value(names, ParamValue(value=row.value, cite=row.cite))}")
    return lines


def _value(names: Names, value: ParamValue) -> str:
    evidence = names.plan.evidence.get(value.cite)
    source = evidence.cite if evidence is not None else value.cite
    number = say_quantity(value.value.value, value.value.unit, names.language)
    return names.say(f"{number} ({source})", f"{number}（{source}）")


def _adjustable(names: Names, parameter: Parameter) -> str:
    bounds = parameter.adjustable
    if bounds is None:
        return ""
    low, high = (say_quantity(q.value, q.unit, names.language) for q in (bounds.low, bounds.high))
    by = names.say(", ", "、").join(names.role(role) for role in bounds.by)
    return names.say(f"{low} to {high}, by {by}", f"{low} 至 {high}，由{by}调整")


def _take(measure: Measure) -> Said:
    def said(names: Names) -> str:
        return take_words(names, measure)

    return said


# --------------------------------------------------------------------------- course


def _phase(phase: Phase) -> Entry:
    def at_latest(names: Names) -> str:
        return "" if phase.no_later_than is None else target_words(names, phase.no_later_than.target)

    return Entry(
        "phase", phase.id, _text(phase.title),
        {
            "title": _text(phase.title),
            "tier": lambda n: "" if phase.tier is None else n.word(phase.tier),
            "lasts": lambda n: span_words(n, phase),
            "at_latest": at_latest,
            "leave": lambda n: [row_words(n, row) for row in phase.leave],
            "at_end": lambda n: [row_words(n, row) for row in phase.at_end],
        },
        (phase,),
    )  # fmt: skip


def row_words(names: Names, row: Row) -> str:
    """A row in one line: what it waits for, what it does, where it leads."""
    does = ways_words(names, row)
    return names.say(f"{names.row(row)}: {'; '.join(does)}", f"{names.row(row)}：{'；'.join(does)}")


def _step(step: Step, phase: str) -> Entry:
    def on_leave(names: Names) -> str:
        kept = {"close": names.say("closed", "关闭"), "keep": names.say("kept", "保留")}
        return kept[step.on_leave]

    def if_past(names: Names) -> str:
        return {
            "now": names.say("done at once", "立即进行"),
            "skip": names.say("left out", "跳过"),
            "task": names.say("a task for a person", "转为人工任务"),
        }[step.if_past]

    return Entry(
        "step", step.id, _text(step.title),
        {
            "title": _text(step.title),
            "kind": lambda n: kind_word(step, n.language),
            "who": lambda n: n.doer(step),
            "when": lambda n: when_words(n, step),
            "what": lambda n: what_words(n, step),
            "on_leave": on_leave,
            "if_past": if_past,
        },
        (step,),
        where=phase,
    )  # fmt: skip


# --------------------------------------------------------------------------- safety, and the rest


def _rule(rule: Rule) -> Entry:
    return Entry(
        "rule", rule.id, lambda n: rule_title(n, rule),
        {
            "title": lambda n: rule_title(n, rule),
            "level": lambda n: n.word(rule.level),
            "if": lambda n: n.cond(rule.cond),
            "in": lambda n: [n.phase(phase) for phase in rule.in_phases],
            "during": lambda n: during_words(n, rule),
            "profiles": lambda n: list(rule.profiles),
            "watches": lambda n: [n.word(word) for word in rule.watch],
            "again": lambda n: "" if rule.repeat is None else repeat_words(n, rule.repeat),
            "true": _lines(rule.do),
            "guide": lambda n: [] if rule.guide is None else guide_words(n, rule.guide),
            "unknown": lambda n: unknown_words(n, rule),
            "acts": lambda n: fires_words(n, rule),
            "settled": lambda n: settled_words(n, rule),
        },
        (rule,),
    )  # fmt: skip


def _ladder(ladder: Ladder) -> Entry:
    def rungs(names: Names) -> list[str]:
        return [_rung(names, time, lines) for time, lines, _ in steps_of(names, ladder)]

    return Entry("ladder", ladder.id, lambda n: n.word(ladder.id), {"rungs": rungs}, (ladder,))


def _message(message: Message) -> Entry:
    return Entry(
        "message", message.id, lambda n: message.id.replace("_", " "),
        {
            "text": _text(message.text),
            "to": lambda n: [n.role(who) for who in message.to],
            "kind": lambda n: n.word(message.message_class),
            "topic": lambda n: message.topic or "",
            "private": lambda n: n.say("yes", "是") if message.private else n.say("no", "否"),
        },
        (message,),
    )  # fmt: skip


def _end(end: EndSpec) -> Entry:
    return Entry("end", end.id, lambda n: n.end(end.id), {"does": _lines(end.do)}, (end,))


def _event(row: LifecycleRow) -> Entry:
    return Entry("event", row.event, lambda n: n.word(row.event), {"does": lambda n: event_words(n, row)}, (row,))


def _anchor(row: AnchorRow) -> Entry:
    return Entry("event", row.name, lambda n: n.word(row.name), {"does": lambda n: anchor_words(n, row)}, (row,))


def _quota(quota: Quota) -> Entry:
    return Entry("quota", quota.id, lambda n: n.word(quota.id), {"owed": lambda n: quota_words(n, quota)}, (quota,))


def _codes(name: str, codes: tuple[str, ...]) -> Entry:
    return Entry("codes", name, lambda n: n.word(name), {"codes": lambda n: list(codes)}, whole=False)


def _rung(names: Names, time: str, lines: list[str]) -> str:
    return names.say(": ", "：").join([time, names.say(", ", "，").join(lines)])


"""Checks of rules, ladders, eligibility and messages."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from pathways.lang.check_base import all_steps, may_be_unknown, step_path
from pathways.lang.compile_reader import Reader
from pathways.lang.diagnostics import Said
from pathways.lang.plan import AskBody, Escalate, OpenTask, Plan, Rule, Say
from pathways.lang.plan_base import WORKING_UNITS, Duration, parts_of
from pathways.lang.plan_cond import (
    Always,
    And,
    Between,
    Compare,
    Cond,
    FactRef,
    Is,
    Literal_,
    MeasureRef,
    Not,
    OneOf,
    Or,
)
from pathways.lang.plan_say import say_cond
from pathways.lang.source import Path

CHANNEL_LIMITS = {"en": 459, "zh": 201}
"""Characters of the tightest channel, a short message in three parts: 153 each, 67 in Chinese."""


def check_rules(r: Reader, plan: Plan) -> None:
    """A rule says what it does when it cannot tell, and a red one reaches a person at any hour."""
    for rule in plan.rules:
        path: Path = ("rules", rule.id)
        _unknown(r, path, rule)
        _settled(r, path, rule)
        if rule.level == "red":
            _red(r, path, rule, plan)
        measures = {i for i in rule.inputs if i.startswith("m:")}
        if rule.repeat is not None and len(measures) != 1:
            r.say("repeat_measurement_not_alone", (*path, "repeat_measurement"), key=True)
    for message in plan.messages.values():
        for language, text in (("en", message.text.en), ("zh", message.text.zh)):
            if len(text) > CHANNEL_LIMITS[language]:
                limit = CHANNEL_LIMITS[language]
                at = ("messages", message.id, language)
                r.say("message_too_long", at, language=language, length=len(text), channel="sms", limit=limit)
    _eligible(r, plan)
    _self_harm(r, plan)


def _self_harm(r: Reader, plan: Plan) -> None:
    """An item on self-harm reaches a person on each answer, in every state a patient can be in."""
    for phase, step in all_steps(plan):
        kind = step.body.instrument if isinstance(step.body, AskBody) else None
        for item in kind.self_harm if kind is not None else ():
            if kind is not None and not any(_hears(rule, kind.measure, item) for rule in plan.rules):
                r.say("self_harm_without_ladder", (*step_path(phase, step.id), "ask"), name=kind.measure, item=item)


def _hears(rule: Rule, measure: str, item: str) -> bool:
    asks = any(isinstance(n, MeasureRef) and (n.measure, n.component) == (measure, item) for n in parts_of(rule.cond))
    always = {"invited", "active", "paused"} <= set(rule.watch) and any(w.startswith("ended") for w in rule.watch)
    calls = any(isinstance(action, Escalate) and action.only_if is None for action in rule.do)
    return asks and always and calls and rule.level == "red" and rule.fires == "each_answer"


def _unknown(r: Reader, path: Path, rule: Rule) -> None:
    says = rule.unknown.not_met is not None or bool(rule.unknown.do)
    open_ = may_be_unknown(rule.cond)
    if open_ and not says:
        r.say("rule_without_unknown", path, key=True)
    if not open_ and r.written((*path, "unknown")):
        r.say("unknown_without_need", (*path, "unknown"), key=True)
    if rule.unknown.lasts is not None and not rule.unknown.do:
        r.say("text_not_allowed", (*path, "unknown", "lasts"), key=True, key_="lasts", needs="task")
    if rule.unknown.not_met is not None and rule.unknown.do:
        r.say("two_action_kinds", (*path, "unknown", "not_met"), key=True, kinds="not_met, task")


def _settled(r: Reader, path: Path, rule: Rule) -> None:
    for key in ("settled_within", "settled_by"):
        if r.written((*path, key)) and rule.settled_when is None:
            r.say("text_not_allowed", (*path, key), key=True, key_=key, needs="settled_when")
    if rule.settled_by_task and not any(isinstance(a, OpenTask | Escalate) for a in rule.acts()):
        r.say("settled_by_no_task", (*path, "settled_by"), key=True)


# --------------------------------------------------------------------------- red


def _red(r: Reader, path: Path, rule: Rule, plan: Plan) -> None:
    ladders = [a.ladder for a in rule.acts() if isinstance(a, Escalate) and a.only_if is None]
    ladders += [a.task.ladder for a in rule.acts() if isinstance(a, OpenTask) and a.task.ladder is not None]
    if rule.guide is None and not any(isinstance(a, Escalate) and a.only_if is None for a in rule.do):
        r.say("red_without_ladder", (*path, "do"), key=True)
    for name in dict.fromkeys(ladders):
        _red_ladder(r, name, plan)
    for index, action in enumerate(rule.do):
        at = (*path, "do", index)
        if isinstance(action, OpenTask) and _working(action.task.due):
            r.say("red_working_time", (*at, "due"))
        if isinstance(action, Say):
            _red_message(r, (*at, "say"), action.message, plan)
    if rule.repeat is not None:
        _red_message(r, (*path, "repeat_measurement", "say"), rule.repeat.message, plan)


def _working(duration: Duration | None) -> bool:
    return duration is not None and duration.unit in WORKING_UNITS


def _red_message(r: Reader, at: Path, name: str, plan: Plan) -> None:
    message = plan.messages.get(name)
    if message is not None and message.message_class != "red":
        r.say("red_message_class", at, name=name, kind=message.message_class)


def _red_ladder(r: Reader, name: str, plan: Plan) -> None:
    ladder = plan.ladders.get(name)
    if ladder is None:
        return
    for index, rung in enumerate(ladder.rungs):
        at: Path = ("escalations", name, index)
        if _working(rung.answer_within):
            r.say("red_working_time", (*at, "answer_within"))
        if rung.off_duty == "wait":
            r.say("red_waits_off_duty", (*at, "off_duty"))
    last = ladder.rungs[-1]
    if last.then != "incident" or last.repeat < 1:
        r.say("red_ladder_no_incident", ("escalations", name, len(ladder.rungs) - 1), name=name)


# --------------------------------------------------------------------------- eligibility

_Bounds = tuple[Decimal | None, bool, Decimal | None, bool]


def _eligible(r: Reader, plan: Plan) -> None:
    """``include`` can be true, and no ``exclude`` is true whenever it is."""
    include = plan.eligibility.include
    ways = list(_ways(include)) if include is not None else [()]
    if include is not None and all(_contradicts(way) for way in ways):
        why = Said("`include` contradicts itself", "`include` 自相矛盾")
        r.say("never_eligible", ("eligibility", "include"), why=why)
        return
    for exclusion in plan.eligibility.exclude:
        at: Path = ("eligibility", "exclude", exclusion.id)
        implied = any(ways) and all(_implied(exclusion.cond, way) for way in ways)
        if implied or isinstance(exclusion.cond, Always):
            en, zh = say_cond(exclusion.cond, "en"), say_cond(exclusion.cond, "zh")
            why = Said(f"whoever is included is excluded by {en}", f"凡纳入者都被“{zh}”排除")
            r.say("never_eligible", at, why=why)


def _ways(cond: Cond) -> Iterator[tuple[Cond, ...]]:
    """The ways in which a condition can be true, each a list of tests that must all hold."""
    if isinstance(cond, Or):
        for part in cond.parts:
            yield from _ways(part)
    elif isinstance(cond, And):
        ways: list[tuple[Cond, ...]] = [()]
        for part in cond.parts:
            ways = [(*way, *more) for way in ways for more in _ways(part)][:256]
        yield from ways
    else:
        yield (cond,)


def _implied(cond: Cond, way: tuple[Cond, ...]) -> bool:
    """Whether a condition holds wherever all tests of ``way`` hold, word for word."""
    plain = {_plain(test) for test in way}
    return any(all(_plain(test) in plain for test in own) for own in _ways(cond))


def _plain(cond: Cond) -> str:
    return cond.model_copy(update={"text": ""}).model_dump_json() if hasattr(cond, "text") else cond.model_dump_json()


def _contradicts(way: tuple[Cond, ...]) -> bool:
    plain = {_plain(test) for test in way}
    if any(isinstance(test, Not) and _plain(test.of) in plain for test in way):
        return True
    return _no_word(way) or _no_number(way)


def _no_word(way: tuple[Cond, ...]) -> bool:
    allowed: dict[str, set[str]] = {}
    for test in way:
        if isinstance(test, Is | OneOf) and isinstance(test.of, FactRef):
            words = {test.word} if isinstance(test, Is) else set(test.words)
            allowed[test.of.fact] = allowed.get(test.of.fact, words) & words
    return any(not words for words in allowed.values())


def _no_number(way: tuple[Cond, ...]) -> bool:
    bounds: dict[str, _Bounds] = {}
    for fact, low, low_open, high, high_open in _intervals(way):
        a, a_open, b, b_open = bounds.get(fact, (None, False, None, False))
        if low is not None and (a is None or (low, low_open) > (a, a_open)):
            a, a_open = low, low_open
        if high is not None and (b is None or (high, not high_open) < (b, not b_open)):
            b, b_open = high, high_open
        bounds[fact] = (a, a_open, b, b_open)
    return any(
        a is not None and b is not None and (a > b or (a == b and (a_open or b_open)))
        for a, a_open, b, b_open in bounds.values()
    )


def _intervals(way: tuple[Cond, ...]) -> Iterator[tuple[str, Decimal | None, bool, Decimal | None, bool]]:
    """(fact, low, low is open, high, high is open) of every test of a fact against a number."""
    for test in way:
        if isinstance(test, Between) and isinstance(test.of, FactRef):
            low, high = _number(test.low), _number(test.high)
            yield test.of.fact, low, False, high, False
        if not isinstance(test, Compare):
            continue
        fact, number, op = test.left, _number(test.right), test.op
        if not isinstance(fact, FactRef):
            fact, number, op = test.right, _number(test.left), _TURNED[test.op]  # type: ignore[assignment]
        if not isinstance(fact, FactRef) or number is None or op == "!=":
            continue
        low = number if op in (">", ">=", "=") else None
        high = number if op in ("<", "<=", "=") else None
        yield fact.fact, low, op == ">", high, op == "<"


_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


def _number(value: object) -> Decimal | None:
    return value.quantity.value if isinstance(value, Literal_) and value.quantity is not None else None

"""What a handoff asks for, sends along and keeps, in people's words."""

from __future__ import annotations

from pathways.lang.catalogue import TOTAL
from pathways.lang.plan import HandoffBody, Outcome
from pathways.lang.plan_base import Text
from pathways.lang.plan_handoff_words import word_of
from pathways.lang.plan_handoffs import Order, Sent
from pathways.lang.render_words import Names, lower_first

CASES = {
    "claim": Text(en="claim", zh="理赔"),
    "preauthorisation": Text(en="prior authorisation", zh="预授权"),
    "eligibility": Text(en="check of cover", zh="资格核查"),
}
URGENCIES = {"routine": Text(en="routine", zh="常规"), "urgent": Text(en="urgent", zh="加急")}


def asked_words(names: Names, body: HandoffBody) -> list[str]:
    """The parts of a request: its case, urgency, order and the data that go along."""
    parts: list[str] = []
    if body.case is not None:
        parts.append(names.text(CASES[body.case]))
    if body.urgency is not None:
        parts.append(names.text(URGENCIES[body.urgency]))
    if body.order is not None:
        parts.append(_order(names, body.order))
    if body.sends:
        listed = sent_words(names, body.sends)
        parts.append(names.say(f"sent along: {listed}", f"随附：{listed}"))
    return parts


def _order(names: Names, order: Order) -> str:
    said = names.text(order.text) + (f" ({order.code})" if order.code else "")
    out = names.say(f"ordered: {said}", f"医嘱：{said}")
    if order.signed_by is None:
        return out
    role = names.role(order.signed_by)
    due = "" if order.due is None else names.length(order.due)
    out += names.say(f", signed by {role} within {due}", f"，由{role}在{due}内签署")
    if order.ladder is not None:
        ladder = names.word(order.ladder)
        out += names.say(f" (if late: ladder “{ladder}”)", f"（逾期：阶梯“{ladder}”）")
    return out


def sent_words(names: Names, sends: tuple[Sent, ...]) -> str:
    """Data by name."""
    return names.say(", ", "、").join(_sent(names, one) for one in sends)


def _sent(names: Names, one: Sent) -> str:
    plan = names.plan
    if one.kind == "measure":
        title = plan.measures[one.name].title
        return names.say(f"latest {lower_first(title.en)}", f"最近一次{title.zh}")
    if one.kind == "derived" and one.name in plan.counted:
        return names.counted(plan.counted[one.name])
    if one.kind == "derived":
        return names.derived(plan.derived[one.name], plan.measures[plan.derived[one.name].measure].components[0].name)
    if one.kind == "fact":
        return names.word(one.name)
    if one.kind == "decision":
        return names.decision(one.name)
    title_ = names.step(one.name, one.phase)
    if one.kind == "step":
        return names.say(f"how “{title_}” last ended", f"“{title_}”最近一次结果")
    return names.say(f"answers of “{title_}”", f"“{title_}”的回答")


def shown_words(names: Names, one: Sent, component: str | None) -> str:
    """One datum, or a component of it."""
    if component is None or component == TOTAL:
        return _sent(names, one)
    if one.kind == "measure":
        return names.measured(names.plan.measures[one.name].title, component)
    return names.derived(names.plan.derived[one.name], component)


def kept_words(names: Names, outcome: Outcome) -> str:
    """The values that are kept, by name; those that count a word say so."""
    said = []
    for name, kind in outcome.keep.items():
        counted = names.say(" (how often)", "（次数）") if kind == "times" else ""
        said.append(names.word(name) + counted)
    return names.say(" and ", "和").join(said)


def clock_words(names: Names, machine: str, word: str) -> str:
    """Said of a word after which the partner waits for us."""
    found = word_of(machine, word)
    if found is None or not found.stops_clock:
        return ""
    return names.say(" (its deadlines stand still)", "（期限暂停计时）")

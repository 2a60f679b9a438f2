"""Groups of steps said back to people: which of the members are done, in what order, and when it is enough."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pathways.lang.plan import GroupBody, Step
from pathways.lang.plan_base import Text
from pathways.lang.plan_cond import Cond
from pathways.lang.plan_say import chinese, say_cond, say_duration
from pathways.lang.render_words import Names

_WAYS: dict[str, Text] = {
    "all_of": Text(en="all of these", zh="以下全部"),
    "any_of": Text(en="one or more of these", zh="以下至少一项"),
    "one_of": Text(en="one of these, the others are then not needed", zh="以下任选一项，其余不再需要"),
    "in_order": Text(en="one after the other", zh="依次进行"),
    "repeat": Text(en="one after the other, again and again", zh="依次进行并重复"),
    "for_each": Text(en="for each one chosen", zh="对每一种所选药物"),
}


def group_words(names: Names, body: GroupBody) -> str:
    """A group in people's words."""
    return _said(body, names.say, names.step, names.cond, names.length)


def group_line(body: GroupBody, language: str) -> str:
    """A group with ids as written."""

    def say(en: str, zh: str) -> str:
        return zh if chinese(language) else en

    return _said(body, say, str, lambda c: say_cond(c, language), lambda d: say_duration(d, language))


def _said(
    body: GroupBody,
    say: Callable[[str, str], str],
    step: Callable[[str], str],
    cond: Callable[[Cond], str],
    length: Callable[..., str],
) -> str:
    way = _WAYS[body.way]
    said = say(way.en, way.zh)
    if body.medicines is not None:
        said += f" ({body.medicines.text or body.medicines.fact})" + say(f" as {body.name}", f"，称为 {body.name}")
    said += say(": ", "：") + say(", ", "、").join(step(member) for member in body.members)
    parts = [said]
    if body.or_none:
        parts.append(say("or none", "也可一项都不做"))
    if body.one_at_a_time:
        parts.append(say("one at a time, in any order", "每次一项，顺序不限"))
    if body.enough is not None:
        parts.append(say(f"{body.enough} of them are enough", f"完成 {body.enough} 项即可"))
    if body.rest == "keep":
        parts.append(say("the others go on", "其余继续"))
    if body.until is not None:
        parts.append(say(f"until {cond(body.until)}", f"直到 {cond(body.until)}"))
    if body.way == "repeat" or body.rounds != 1:
        parts.append(say(f"at most {body.rounds} times", f"至多 {body.rounds} 次"))
    if body.apart is not None:
        parts.append(say(f"{length(body.apart)} apart", f"间隔 {length(body.apart)}"))
    return say("; ", "；").join(parts)


def required_words(names: Names, step: Step) -> Iterator[str]:
    """Whether staff may skip or add a step."""
    if step.required == "must":
        yield names.say("may not be skipped", "不可跳过")
    elif step.required == "could":
        yield names.say("done only when staff add it", "仅当工作人员添加时进行")
    if step.must_unless:
        reasons = names.say(", ", "、").join(names.text(words) for words in step.must_unless.values())
        yield names.say(f"skipped only for: {reasons}", f"仅可因以下原因跳过：{reasons}")

"""The part of the review page on safety: rules with every branch, ladders with their times, messages as read."""

from __future__ import annotations

from pathways.lang.plan import Escalate, OpenTask, RepeatMeasurement, Rule
from pathways.lang.plan_span import span_words
from pathways.lang.render_actions import actions_words
from pathways.lang.render_guide import guide_words
from pathways.lang.render_markdown import Sheet
from pathways.lang.render_stairs import steps_of
from pathways.lang.render_words import Names, placeholders


def watch(sheet: Sheet) -> None:
    """Rules, ladders, messages."""
    names = sheet.names
    if names.plan.rules:
        sheet.head(names.say("Rules", "规则"))
        for rule in names.plan.rules:
            _rule(sheet, rule)
    if names.plan.ladders:
        sheet.head(names.say("Ladders: who is told until somebody answers", "升级阶梯：逐级通知直至有人应答"))
        for ladder in names.plan.ladders.values():
            sheet.head(names.word(ladder.id), 3)
            rows = [[time, names.say(", ", "，").join(lines)] for time, lines, _ in steps_of(names, ladder)]
            sheet.table([names.say("time", "时间"), names.say("who is told, and how", "通知对象与方式")], rows)
    if names.plan.messages:
        _messages(sheet)


def _rule(sheet: Sheet, rule: Rule) -> None:
    names = sheet.names
    say = names.say
    title, level = rule_title(names, rule), names.word(rule.level)
    sheet.head(say(f"{title[:1].upper()}{title[1:]} ({level})", f"{title}（{level}）"), 3)
    sheet.item(say("**If** ", "**如果** "), names.cond(rule.cond))
    if rule.in_phases:
        phases = say(" or ", "或").join(f"“{names.phase(phase)}”" for phase in rule.in_phases)
        sheet.item(say("watches in ", "适用阶段："), phases)
    if rule.during is not None:
        sheet.item(say("watches on ", "适用日期："), during_words(names, rule))
    if rule.profiles:
        sheet.item(say("for ", "适用："), ", ".join(rule.profiles))
    if rule.repeat is not None:
        sheet.item(say("**measured again** ", "**复测** "), repeat_words(names, rule.repeat))
    sheet.item(say("**true**: ", "**成立**："), actions_words(names, rule.do) or say("noted in the record", "记入记录"))
    for number, line in enumerate(guide_words(names, rule.guide) if rule.guide is not None else (), 1):
        sheet.item(say(f"**treat and repeat**, {number}: ", f"**处理并复测**，{number}："), line)
    sheet.item(say("**false**: ", "**不成立**："), say("nothing is done", "不处理"))
    sheet.item(say("**not known**: ", "**未知**："), unknown_words(names, rule))
    sheet.item(say("acts ", "触发："), fires_words(names, rule))
    if rule.settled_when is not None:
        sheet.item(say("settled when ", "缓解条件："), settled_words(names, rule))
    sheet.gap()


def rule_title(names: Names, rule: Rule) -> str:
    """What people call a rule: its title, else that of the first task it opens."""
    tasks = (action.task for action in rule.acts() if isinstance(action, OpenTask | Escalate))
    title = rule.title or next((task.title for task in tasks if task is not None), None)
    return names.text(title) if title is not None else names.word(rule.id)


def repeat_words(names: Names, repeat: RepeatMeasurement) -> str:
    """How a second measurement is asked for, and what it does."""
    say = names.say
    after, within = (names.length(length) for length in (repeat.after, repeat.within))
    none = {"confirmed": say("counts as confirmed", "视为确认"), "settled": say("counts as settled", "视为缓解")}
    asks = names.message(repeat.message)
    normal = actions_words(names, repeat.normal_repeat) or say("nothing is done", "不处理")
    return say(
        f"between {after} and {within} later (“{asks}”); no second reading {none[repeat.no_repeat]}; "
        f"a normal second reading: {normal}",
        f"{after}至 {within}后（“{asks}”）；未复测{none[repeat.no_repeat]}；复测正常：{normal}",
    )


def during_words(names: Names, rule: Rule) -> str:
    """The days on which a rule watches."""
    span = rule.during
    return "" if span is None else span_words(span, names.moment(span.of), names.language == "zh")


def settled_words(names: Names, rule: Rule) -> str:
    """When a rule's trouble is over."""
    if rule.settled_when is None:
        return ""
    within = names.length(rule.settled_within)
    settled = names.cond(rule.settled_when)
    return names.say(
        f"{settled}; if that is not so {within} after the task was completed, a further task is opened",
        f"{settled}；任务完成后 {within}仍未满足则再开任务",
    )


def unknown_words(names: Names, rule: Rule) -> str:
    """What a rule does when its condition is not known."""
    if rule.unknown.do:
        does = actions_words(names, rule.unknown.do)
        if rule.unknown.lasts is None:
            return does
        lasts = names.length(rule.unknown.lasts)
        return names.say(f"after {lasts}: {does}", f"持续 {lasts}后：{does}")
    if rule.unknown.not_met is not None:
        return names.say(f"nothing is done: {rule.unknown.not_met}", f"不处理：{rule.unknown.not_met}")
    return names.say("cannot be", "不会出现")


def fires_words(names: Names, rule: Rule) -> str:
    """How often a rule acts."""
    said = {
        "each_reading": names.say("on each reading", "每个读数"),
        "each_answer": names.say("on each answer", "每次回答"),
        "once_per_episode": names.say("once until it is over", "每次发作一次"),
    }[rule.fires]
    if rule.not_again_within is not None:
        length = names.length(rule.not_again_within)
        said += names.say(f", not again within {length}", f"，{length}内不重复")
    return said


def _messages(sheet: Sheet) -> None:
    names = sheet.names
    sheet.head(names.say("Messages, as they are read", "消息原文"))
    used = sorted({name for message in names.plan.messages.values() for name in placeholders(message.text)})
    if used:
        shown = ", ".join(f"{names.word(name)}: {names.example(name)}" for name in used)
        said = names.say(
            f"With example values; the site has its own ({shown}).",
            f"以示例值填写，实际以机构设置为准（{shown}）。",
        )
        sheet.line(sheet.safe(said))
    head = [names.say("to", "收件人"), names.say("kind", "类别"), names.say("text", "正文")]
    rows: list[list[str]] = []
    for message in names.plan.messages.values():
        kind = names.word(message.message_class)
        if message.private:
            kind += names.say(", private", "，私密")
        text = names.message(message.id)
        rows.append([names.say(", ", "、").join(names.role(who) for who in message.to), kind, text])
    sheet.table(head, rows)

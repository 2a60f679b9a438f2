"""Decision tables said back: on the page of a plan, on the review page, and between two versions."""

from __future__ import annotations

from collections.abc import Iterator

from pathways.lang.diagnostics import Language
from pathways.lang.plan import Decision, DecisionRow
from pathways.lang.plan_say import say_cond
from pathways.lang.render_actions import actions_words
from pathways.lang.render_markdown import Sheet
from pathways.lang.render_words import Names

_HITS = {
    "first": ("the first row that is true", "取第一个成立的行"),
    "all": ("every row that is true", "取所有成立的行"),
    "one": ("just one row is true", "恰有一行成立"),
}


def decision_lines(decision: Decision, language: Language) -> Iterator[tuple[int, str]]:
    """(depth, line) of a table for authors: names stay as they wrote them."""
    zh = language == "zh"
    over = (f"每份表单 {decision.form}" if zh else f"each {decision.form}") if decision.form else _data(zh)
    yield 1, f"{decision.id} ({over}; {_HITS[decision.hits][zh]})"
    for row in decision.rows:
        test = ("其他情况" if zh else "otherwise") if isinstance(row.test, str) else say_cond(row.test, language)
        because = f" [{row.because.in_language(language)}]" if row.because is not None else ""
        yield 2, f"- {test}: {row.word}{because}"
    if decision.unknown_word is not None:
        yield 2, f"- {'未知时' if zh else 'if unknown'}: {decision.unknown_word}"


def _data(zh: bool) -> str:
    return "当前数据" if zh else "the data as they stand"


def over_words(names: Names, decision: Decision) -> str:
    """What a decision judges, and how its rows are read."""
    over = names.say(_data(False), _data(True))
    if decision.form:
        over = names.say("each completed form", "每份完成的表单")
        steps = tuple(dict.fromkeys(names.step(place.rsplit(".", 1)[-1]) for place in decision.places))
        if steps:
            over += names.say(f" of “{'”, “'.join(steps)}”", f"（“{'”、“'.join(steps)}”）")
    en, zh = _HITS[decision.hits]
    return names.say(f"{over}; {en}", f"{over}；{zh}")


def row_words(names: Names, decision: Decision, row: DecisionRow) -> str:
    """A row: when, what it comes to, and why."""
    test = names.say("in every other case", "其他情况") if isinstance(row.test, str) else names.cond(row.test)
    word = names.decision_word(decision.id, row.word)
    why = "" if row.because is None else names.text(row.because)
    because = names.say(f" ({why})", f"（{why}）") if why else ""
    return names.say(f"{word}{because}: {test}", f"{word}{because}：{test}")


def unknown_words(names: Names, decision: Decision) -> str:
    """What it comes to, and what is done, when something is not known; "" for nothing."""
    said = [names.decision_word(decision.id, decision.unknown_word)] if decision.unknown_word is not None else []
    if decision.unknown:
        said.append(actions_words(names, decision.unknown))
    return names.say("; ", "；").join(said)


def decisions(sheet: Sheet) -> None:
    """The part of the review page on decision tables."""
    names, plan = sheet.names, sheet.names.plan
    if not plan.decisions:
        return
    sheet.head(names.say("Decisions", "决策"))
    for decision in plan.decisions.values():
        title = names.decision(decision.id)
        sheet.head(title[:1].upper() + title[1:], 3)
        sheet.item(names.say("Judges ", "判定对象："), over_words(names, decision))
        for row in decision.rows:
            sheet.item("", row_words(names, decision, row))
        unknown = unknown_words(names, decision)
        if unknown:
            sheet.item(names.say("When something of this is not known: ", "上述信息未知时："), unknown)
        sheet.gap()

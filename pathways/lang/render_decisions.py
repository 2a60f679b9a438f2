"""Decision tables said back: on the page of a plan, on the review page, and between two versions."""

from __future__ import annotations

from collections.abc import Iterator

from pathways.lang.diagnostics import Language
from pathways.lang.plan import Decision, DecisionRow, Step, TaskBody
from pathways.lang.plan_base import Text
from pathways.lang.plan_decisions import table_of
from pathways.lang.plan_say import say_cond
from pathways.lang.plan_tables import Proposal
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


def kind_of(step: Step) -> str:
    """The word with which authors write a step: a task may be a `decide` or a `conference`."""
    return step.body.word if isinstance(step.body, TaskBody) else step.body.kind


def proposal_lines(proposal: Proposal, language: Language) -> Iterator[str]:
    """The table of a step for authors."""
    zh = language == "zh"
    if proposal.each:
        classes = ", ".join(proposal.classes)
        yield f"{proposal.each}: {proposal.fact} {classes}".rstrip()
    yield f"{'可选' if zh else 'to choose'}: {', '.join(proposal.words)}"
    for _, line in list(decision_lines(table_of("", proposal), language))[1:]:
        yield line
    if proposal.against:
        words = ", ".join(proposal.against)
        yield f"不采纳须写明理由：{words}" if zh else f"a reason is needed against: {words}"


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
    why = _why(names, row.because)
    return names.say(f"{word}{why}: {test}", f"{word}{why}：{test}")


def _why(names: Names, because: Text | None) -> str:
    """A reason in brackets; nothing for none."""
    said = "" if because is None else names.text(because)
    return names.say(f" ({said})", f"（{said}）") if said else ""


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


def proposal_words(names: Names, proposal: Proposal) -> Iterator[str]:
    """What the table of a step proposes, what may be chosen, and what needs a reason."""
    say = names.say
    yield say(*_HITS[proposal.hits])
    if proposal.each:
        classes = names.words(proposal.classes) or say("every class", "所有类别")
        yield say(f"for each medicine ({classes})", f"逐一针对每种药物（{classes}）")
    for row in proposal.rows:
        test = say("in every other case", "其他情况") if isinstance(row.test, str) else names.cond(row.test)
        why = _why(names, row.because)
        word = _option(names, proposal, row.word)
        yield say(f"proposes “{word}”{why}: {test}", f"建议“{word}”{why}：{test}")
    if proposal.unknown_word is not None:
        why = _why(names, proposal.unknown_because)
        word = _option(names, proposal, proposal.unknown_word)
        yield say(f"not known: “{word}”{why}", f"未知时：“{word}”{why}")
    yield say("to choose: ", "可选：") + say(", ", "、").join(names.text(words) for words in proposal.words.values())
    if proposal.against:
        held = say(" or ", "或").join(_option(names, proposal, word) for word in proposal.against)
        yield say(f"otherwise than “{held}” needs a reason", f"不采纳“{held}”须写明理由")


def _option(names: Names, proposal: Proposal, word: str) -> str:
    found = proposal.words.get(word)
    return names.text(found) if found is not None else names.word(word)

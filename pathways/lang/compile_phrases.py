"""What the phrase modules say is wrong, as codes and texts of diagnostics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import islice

from pathways.lang.diagnostics import Param, Said, did_you_mean
from pathways.lang.phrases_cannot import cannot_be_said
from pathways.lang.phrases_engine import PhraseError, reserved_words
from pathways.lang.phrases_names import Problem
from pathways.lang.resolve import THROUGHOUT, Scope
from pathways.lang.units import DURATION_WORDS, WORDS, shown

_END = Said("the end", "结尾")
_NOTHING = Said("nothing more", "不应再有内容")
_KINDS: Mapping[str, Said] = {
    "<number>": Said("a number", "数"),
    "<name>": Said("a name", "名称"),
    "<duration>": Said("a length of time", "时长"),
    "<number with unit>": Said("a number with a unit", "带单位的数"),
    "<time as 20:00>": Said("a time such as 20:00", "时刻，例如 20:00"),
    "<date as 2026-03-02>": Said("a date such as 2026-03-02", "日期，例如 2026-03-02"),
    "<condition>": Said("a condition", "条件"),
    "<number> times": Said("a number of times", "次数"),
}
_WHY: Mapping[str, Said] = {
    "only_in_until": Said("days of pause count out only in `until` of a phase", "只有阶段的 `until` 可以不计暂停日"),
    "more_than_all": Said("it asks for more than there are", "要求的次数多于总次数"),
    "no_such_date": Said("the calendar has no such date", "日历中没有这一天"),
    "no_such_time": Said("a day has no such time", "一天中没有这个时刻"),
    "days_wanted": Said("whole days are wanted here", "此处应为整天数"),
    "twice": Said("it stands here twice", "重复出现"),
    "block_longer_than_cycle": Said("the stretch is longer than what repeats it", "时段长于其重复周期"),
    "minutes_or_hours_wanted": Said("minutes or hours, at most 12 h, are wanted", "此处应为不超过 12 小时的分钟或小时"),
    "times_of_hours": Said("what repeats by hours has no times of day", "按小时重复时不能再写时刻"),
    "inverted": Said("the smaller end stands first", "应先写较小的一端"),
    "too_deep": Said("it is nested too deep; split it into two rows", "嵌套过深，请拆成两行"),
    "whole_number": Said("a length of time is a whole number", "时长应为整数"),
    "working_time_is_no_quantity": Said("working time cannot be compared", "工作时间不能用于比较"),
}
Finding = tuple[str, dict[str, Param]]


def listed(words: list[Said]) -> Said:
    """``a, b or c`` in both languages."""
    if not words:
        return _NOTHING
    en, zh = [w.en for w in words], [w.zh for w in words]
    return Said(", ".join(en[:-1]) + " or " + en[-1] if len(en) > 1 else en[0], "、".join(zh))


def phrase_finding(error: PhraseError, text: str, what: Said, code: str) -> Finding:
    """The code and values for a phrase that could not be read; ``code`` is the one of its kind of phrase."""
    found = error.params.get("found", "")
    match error.code:
        case "empty":
            return "empty_value", {"key_": what}
        case "comma" | "bracket":
            return "comma_in_phrase", {}
        case "unknown_unit":
            return "unknown_unit", _unit_meant(found, text, error.offset, what)
        case "cannot_be_said":
            return cannot_be_said(error.params.get("what", ""))
        case "bad_value":
            return _bad_value(error, found)
        case _:
            expected = listed([_KINDS.get(word, Said(f"`{word}`", f"`{word}`")) for word in error.expected[:12]])
            at: Param = _END if error.code == "ended" else found
            words = [w for w in error.expected if w.isalpha()]
            near = _SIGNS.get(found) or (did_you_mean(found, words) if found else "")
            return code, {"text": text, "what": what, "at": at, "expected": expected, "suggestion": near}


_COUNTED = ("reading", "readings", "time", "times")
_WORKING = re.compile(r"working[ \t]+(\w+)")


def _unit_meant(found: str, text: str, offset: int, what: Said) -> dict[str, Param]:
    """The word after a number that is none, and which one was meant: of time, where the phrase speaks of time."""
    if found == "working" and (match := _WORKING.search(text, offset)) is not None:
        hours = [word for word in DURATION_WORDS if word.startswith("working")]
        return {"unit": f"working {match[1]}", "suggestion": did_you_mean(f"working {match[1]}", hours)}
    of_time = what.en in ("a length of time", "a time phrase", "a reminder", "a take")
    known = [*DURATION_WORDS, *_COUNTED, *(() if of_time else WORDS)]
    return {"unit": found, "suggestion": _ABBREVIATED.get(found) or did_you_mean(found, known)}


_ABBREVIATED = {
    "hr": "h", "hrs": "h", "mins": "min", "secs": "s", "d": "days", "wk": "weeks", "wks": "weeks", "mo": "months",
    "mos": "months", "yr": "years", "yrs": "years",
}  # fmt: skip
_SIGNS = {"≥": ">=", "≤": "<=", "==": "=", "≠": "!=", "<>": "!="}


def _bad_value(error: PhraseError, found: str) -> Finding:
    why = error.params.get("why", "")
    if why == "over_100_years":
        return "duration_out_of_range", {"text": found}
    if why == "count":
        least, most = error.params.get("least", "1"), error.params.get("most", "10000")
        reason = Said(f"a whole number from {least} to {most} is wanted here", f"此处应为 {least} 到 {most} 的整数")
        return "bad_value", {"found": found, "why": reason}
    return "bad_value", {"found": found, "why": _WHY.get(why, Said(why, why))}


_PLAIN_WORD = re.compile(r"(?<![\w.])[a-z_]{2,}(?![\w.])")


def slipped_word(text: str, names: frozenset[str]) -> tuple[int, int, str] | None:
    """The first word of a phrase that is neither a word of the language nor a name, and is near one that is.

    A grammar takes a misspelt word for a name and stumbles only at the next one; this is the one to show.

    Returns:
        Offset, length and the word that was meant.
    """
    words = reserved_words()
    for match in islice(_PLAIN_WORD.finditer(text), 40):
        word = match.group()
        if word in words or word in names or word in WORDS or word in DURATION_WORDS:
            continue
        near = did_you_mean(word, [*(w for w in words if len(w) > 2), *names])
        if near and near not in names:
            return match.start(), len(word), near
    return None


# --------------------------------------------------------------------------- names and units in phrases


def problem_finding(problem: Problem, scope: Scope | None) -> Finding:
    """The code and values for a phrase that was read and does not make sense."""
    params: dict[str, Param] = dict(problem.params)
    match problem.kind:
        case "unknown_name" | "not_a_step":
            return _unknown_name(problem, scope)
        case "unknown_word":
            words = list(problem.candidates)
            params |= {"known": _quoted(words), "suggestion": did_you_mean(problem.params["word"], words)}
            return "unknown_word", params
        case "unknown_list":
            return _unknown_list(problem, scope)
        case "needs_component":
            name = problem.params["name"]
            return "needs_component", {"name": name, "known": _quoted([f"{name}.{p}" for p in problem.candidates])}
        case "unit_mismatch":
            return "unit_mismatch", {side: _unit(problem.params[side]) for side in ("left", "right")}
        case "bare_number":
            return "bare_number", {"number": problem.params["number"], "unit": shown(problem.params["unit"])}
        case "cannot_be_said":
            return cannot_be_said(problem.params.get("what", ""))
        case "not_in_release":
            return "not_in_release", {"what": problem.params.get("text", "")}
        case "type_mismatch":
            params = {key: _TYPES.get(str(value), value) for key, value in params.items()}
            return "type_mismatch", {"found": "", "wanted": "", **params, "name": problem.params.get("name", "")}
        case _:
            return problem.kind, params


_TYPES: Mapping[str, Param] = {
    "measure": Said("a measured value", "测量值"),
    "derived": Said("a derived value", "派生值"),
    "param": Said("a parameter", "参数"),
    "fact": Said("a fact", "事实"),
    "step": Said("a step", "步骤"),
    "field": Said("a form field", "表单字段"),
    "anchor": Said("a moment", "时刻"),
    "decision": Said("a decision", "决策"),
    "many_of": Said("several words at once", "同时多个词"),
    "codes": Said("a set of codes", "编码集合"),
    "medicines": Said("the list of medicines", "用药清单"),
    "yes_no": Said("yes or no", "是或否"),
    "one_of": Said("one of several words", "若干词之一"),
    "sex": Said("a sex", "性别"),
    "text": Said("a text", "文本"),
    "date": Said("a date", "日期"),
    "moment": Said("a moment", "时刻"),
    "number": Said("a number", "数"),
    "quantity": Said("a number with a unit", "带单位的数"),
    "age": Said("an age", "年龄"),
    "word": Said("a word", "词"),
    "duration": Said("a length of time", "时长"),
}


def _unit(code: str) -> Param:
    return Said("a plain number", "无单位的数") if code in ("", "1") else shown(code)


def _quoted(words: list[str]) -> str:
    return ", ".join(f"`{w}`" for w in words) or "—"


def _unknown_list(problem: Problem, scope: Scope | None) -> Finding:
    word, fact = problem.params.get("word", ""), problem.params.get("name", "")
    if scope is None:
        return "unknown_list", {"name": word, "known": "—", "suggestion": ""}
    spec = scope.symbols.spec.facts.get(fact)
    if spec is not None and spec.type == "medicines":
        known = list(scope.symbols.catalogue.medicines)
        return "unknown_class", {"name": word, "known": _quoted(known), "suggestion": did_you_mean(word, known)}
    known = [*scope.symbols.spec.lists, *scope.symbols.catalogue.code_lists]
    return "unknown_list", {"name": word, "known": _quoted(known), "suggestion": did_you_mean(word, known)}


def _unknown_name(problem: Problem, scope: Scope | None) -> Finding:
    name = problem.params.get("name", "")
    if scope is None:
        return "unknown_name", {"name": name, "suggestion": ""}
    spec = scope.symbols.spec
    first, _, part = name.partition(".")
    if part and (first in spec.measures or first in spec.derived):
        measure = first if first in spec.measures else spec.derived[first].of
        parts = list(scope.symbols.components(measure))
        return "unknown_component", {
            "name": first,
            "part": part,
            "known": _quoted([f"{first}.{p}" for p in parts]),
            "suggestion": did_you_mean(name, [f"{first}.{p}" for p in parts]),
        }
    phases = [p for p in scope.symbols.phases_with(first) if p not in (scope.phase, THROUGHOUT)]
    if problem.kind == "not_a_step":
        return _no_step("not_a_step", name, scope)
    if not part and scope.attributes is None and len(phases) > 1 and not scope.among:
        return "ambiguous_step", {"name": name, "known": _quoted([f"{p}.{name}" for p in phases])}
    if scope.attributes is None and (phases or first in spec.phases):
        return _no_step("unknown_step", name, scope)
    return "unknown_name", {"name": name, "suggestion": _name_meant(name, scope)}


def _name_meant(name: str, scope: Scope) -> str:
    """The nearest name that may stand here; with a part after a point, of any step; else a word of the language."""
    known = [*scope.known(), *(step for _, step, _ in scope.symbols.all_steps())]
    first, point, part = name.partition(".")
    if not point:
        words = [] if name in reserved_words() else [w for w in reserved_words() if len(w) > 2]
        return did_you_mean(name, [*known, *words])
    step = did_you_mean(first, known)
    return did_you_mean(name, known) or (f"{step}.{part}" if step else "")


def _no_step(code: str, name: str, scope: Scope) -> Finding:
    steps = scope.steps()
    return code, {"name": name, "known": _quoted(steps[:20]), "suggestion": did_you_mean(name, steps)}

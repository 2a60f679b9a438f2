"""A first pathway from a few answers: what is measured when and for how long, who helps, what is dangerous.

What is made passes `carepath check`, and its scenario `carepath test`. Numbers are the author's and marked as not yet
compared with their source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pathways.lang.catalogue import catalogue
from pathways.lang.diagnostics import Diagnostic, Language, did_you_mean
from pathways.lang.load import load_pathway
from pathways.lang.source import Source

_ID: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff ./%+()-]*(:\d\d[A-Za-z0-9 ./%+:()-]*)?")
_ALARM: Final = re.compile(r"(above|below) (\S.*)")
FILE: Final = "pathway.yaml"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that is asked. ``example`` is taken where nothing is answered; "" may stay empty."""

    key: str
    en: str
    zh: str
    example: str

    def text(self, language: Language) -> str:
        """The question."""
        return self.zh if language == "zh" else self.en


QUESTIONS: Final = (
    Question("id", "A name for files (small letters, digits, _)", "文件名称（小写字母、数字、_）", "first_weeks"),
    Question("title_en", "What people call it, in English", "英文名称", "First weeks at home"),
    Question("title_zh", "What people call it, in Chinese", "中文名称", "居家头几周"),
    Question("owner", "Who answers for it", "由谁负责", "cardiology"),
    Question("measure", "What is measured", "测量什么", "blood_pressure"),
    Question("when", "When it is measured", "何时测量", "every day at morning and evening"),
    Question("days", "How many days it lasts", "持续多少天", "14"),
    Question("role", "Who calls when nothing is measured", "漏测时由谁联系", "nurse"),
    Question("alarm", "What needs somebody at once (`above 180 mmHg`)", "何值需立即处理（`above 180 mmHg`）", ""),
    Question("source", "Where that number is from", "该数值的来源", ""),
)
KEYS: Final = tuple(question.key for question in QUESTIONS)


def defaults() -> dict[str, str]:
    """The answers that are taken where nothing is answered."""
    return {question.key: question.example for question in QUESTIONS}


def wrong_answer(key: str, answers: Mapping[str, str], language: Language) -> str:
    """Why an answer cannot be taken; "" when it can. What stands in phrases is judged by the checker itself."""
    zh, value = language == "zh", answers[key]
    if key in {"id", "role"} and not _ID.fullmatch(value):
        return "须为小写字母、数字和 _，以字母开头" if zh else "small letters, digits and _ only, a letter first"
    if key == "measure" and value not in catalogue().measures:
        near, known = did_you_mean(value, catalogue().measures), ", ".join(catalogue().measures)
        hint = near or known
        return f"没有 {value}；可用：{hint}" if zh else f"there is no {value}; there is {hint}"
    if key == "days" and not (value.isdigit() and 1 <= int(value) <= 3650):
        return "须为 1 到 3650 的整数" if zh else "a whole number from 1 to 3650"
    if key == "source" and answers["alarm"] and not value.strip():
        return "数值须有来源" if zh else "a number needs a source"
    if key == "alarm" and value and not _ALARM.fullmatch(value):
        return "写作 `above 180 mmHg` 或 `below 50 /min`" if zh else "write `above 180 mmHg` or `below 50 /min`"
    if key in {"title_en", "title_zh", "owner"} and not value.strip():
        return "不能为空" if zh else "it cannot be empty"
    if key in {"when", "alarm"} and value:
        tried = {**defaults(), "measure": answers["measure"], "source": "?", key: value}
        _, found = checked(tried)
        return "" if not found else f"{found[0].message(language)} {found[0].hint(language)}"
    return ""


def checked(answers: Mapping[str, str]) -> tuple[Source, list[Diagnostic]]:
    """The pathway of some answers, with the errors that the checker finds in it."""
    loaded = load_pathway(pathway_text(answers), FILE)
    return loaded.source, [one for one in loaded.diagnostics if one.severity == "error"]


def _said(text: str) -> str:
    """A text as YAML."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def pathway_text(answers: Mapping[str, str]) -> str:
    """The pathway."""
    a = {key: _said(value) for key, value in answers.items()}
    measure = answers["measure"]
    alarm = _ALARM.fullmatch(answers["alarm"])
    roles = answers["role"] if answers["role"] == "duty" or alarm is None else f"{answers['role']}, duty"
    head = f"""\
carepath: 1
id: {a["id"]}
version: 0.1.0
title: {{en: {a["title_en"]}, zh: {a["title_zh"]}}}
owner: {a["owner"]}
counts_from: enrolment
consent: [care, device_data]
roles: [{roles}]
"""
    numbers = "" if alarm is None else f"""\
evidence:
  guideline: {{cite: {a["source"]}, checked: no}}  # compare the number with its source, then take `checked: no` away
parameters:
  alarm: {{value: {_said(alarm[2])}, cite: guideline}}
"""  # fmt: skip
    ladder = "" if alarm is None else f"""\
escalations:
  urgent:
    - {{tell: {answers["role"]}, by: [app, sms], answer_within: 15 min}}
    - {{tell: duty, by: [call], answer_within: 10 min, repeat: 3 times, then: incident}}
"""  # fmt: skip
    course = f"""\
measures:
  reading: {{use: {measure}}}
phases:
  at_home:
    title: {{en: At home, zh: 居家}}
    until: day {answers["days"]} of the phase
    steps:
      measure_it:
        measure: reading
        when: {a["when"]}
      call_patient:
        task: {{en: Call about missing measurements, zh: 电话了解漏测原因}}
        role: {answers["role"]}
        when: as soon as measure_it missed 3 times in a row
        due: 1 working day
    at_end:
      - {{else: true, end: finished}}
ends:
  finished: {{say: thanks}}
"""
    return head + numbers + ladder + course + _rules(answers, alarm) + _messages(alarm)


def _rules(answers: Mapping[str, str], alarm: re.Match[str] | None) -> str:
    if alarm is None:
        return ""
    components = catalogue().measures[answers["measure"]].components
    first = next(iter(components))
    name = "reading" if first == "value" else f"reading.{first}"
    sign = ">=" if alarm[1] == "above" else "<="
    return f"""\
rules:
  danger:
    if: {name} {sign} alarm
    level: red
    do: [{{say: help_comes}}, {{escalate: urgent, task: {{en: A dangerous reading, zh: 读数危险}}}}]
    unknown: {{not_met: each reading is judged by itself}}
"""


def _messages(alarm: re.Match[str] | None) -> str:
    thanks = '  thanks: {to: patient, class: care, en: "That was it. Thank you.", zh: "已完成，谢谢您。"}\n'
    if alarm is None:
        return "messages:\n" + thanks
    comes = (
        "  help_comes:\n    to: patient\n    class: red\n"
        '    en: "Your reading needs attention. Somebody will call. If you are unwell call {emergency_number}."\n'
        '    zh: "您的读数需要关注，我们会尽快联系您。如感不适，请立即拨打{emergency_number}。"\n'
    )
    return "messages:\n" + thanks + comes


def scenario_text(answers: Mapping[str, str]) -> str:
    """A first scenario: nothing is measured, and the pathway ends all the same."""
    return f"""\
pathway: {answers["id"]}
scenario: somebody who never measures still comes to the end
patient: {{zone: Asia/Shanghai}}
start: 2026-03-02 08:00
expect:
  - {{by: day {int(answers["days"]) + 2}, end: finished}}
  - {{by: day {int(answers["days"]) + 2}, message: thanks, to: patient}}
"""

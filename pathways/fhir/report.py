"""What a translation does not carry over: where it stands, what it is, why, and what to do. In English and Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

Json = Any

_WHY: Final[dict[str, tuple[str, str]]] = {
    "no_place": ("the language has no place for it", "本语言中没有对应的位置"),
    "foreign_condition": (
        "a condition in {language} is not computed; a person judges it",
        "{language} 条件不会被计算，由人员判断",
    ),
    "dynamic": ("values computed by {language} are not computed here", "{language} 动态取值不会被计算"),
    "other_clock": ("{detail}", "{detail}"),
    "one_language": ("there is a text in one language only; it stands for both", "只有一种语言的文本，两处均使用它"),
    "filled_in": ("FHIR says nothing; {detail} stands in", "FHIR 未说明，暂用 {detail}"),
    "not_found": ("what it names is not in the file: {detail}", "文件中没有它所指的内容：{detail}"),
    "comment": ("no number cites it yet; it stands in a comment", "尚无数值引用它，已写入注释"),
    "goal": ("a goal is text here until a rule compares it", "目标在有规则比较之前只是文字"),
    "choice": ("a person chooses; {detail}", "由人员选择；{detail}"),
    "cycle": ("the actions go round with no time passing", "这些动作循环往复且没有时间流逝"),
    "loop": ("the actions go round; they are repeated every {detail}", "这些动作循环，每 {detail} 重复一次"),
    "one_relation": ("a step has one time; only the first relation is kept", "步骤只有一个时间，只保留第一个关系"),
    "edge": ("a step knows when it was done, not when it began", "步骤只知道何时完成，不知道何时开始"),
    "not_fhir": ("FHIR has no element for it; other systems will not see it", "FHIR 没有对应元素，其他系统看不到它"),
    "shape": ("it has not the shape FHIR gives it", "其形状不符合 FHIR"),
}
_TODO: Final[dict[str, tuple[str, str]]] = {
    "no_place": ("Nothing, or write it into a title.", "无需处理，或写进标题。"),
    "foreign_condition": (
        "Write it as a condition of the pathway, then delete the fact `{name}`.",
        "请改写为路径的条件，然后删除事实 `{name}`。",
    ),
    "dynamic": ("Write the text or the rule out.", "请直接写出文本或规则。"),
    "other_clock": ("Check the `when` of `{name}`.", "请检查 `{name}` 的 `when`。"),
    "one_language": ("Translate it.", "请翻译。"),
    "filled_in": ("Decide, and write it down.", "请决定并写明。"),
    "not_found": ("Give the missing resource in the same Bundle.", "请在同一 Bundle 中提供该资源。"),
    "comment": ("Cite it with a parameter, under `evidence`.", "请在 `evidence` 下列出，并由参数引用。"),
    "goal": ("Write a cited parameter and a rule.", "请写成带出处的参数和规则。"),
    "choice": ("Replace the choice by a condition where there is one.", "若有条件，请以条件代替选择。"),
    "cycle": ("Give one of the actions a time.", "请为其中一个动作给出时间。"),
    "loop": ("Check that this is meant.", "请确认这是本意。"),
    "one_relation": ("Use `only_if` for the others.", "其余的请用 `only_if`。"),
    "edge": ("Check the `when` of `{name}`.", "请检查 `{name}` 的 `when`。"),
    "not_fhir": ("Nothing: it comes back when carepath reads the file.", "无需处理：carepath 读回时会恢复。"),
    "shape": ("Correct the resource.", "请更正该资源。"),
}


@dataclass(frozen=True, slots=True)
class NotCarried:
    """One entry of the report. ``code`` says why; ``path`` is the place in the resource (or the pathway)."""

    path: str
    what: str
    code: str
    detail: str = ""
    language: str = ""
    name: str = ""

    def why(self, language: str) -> str:
        """The reason in ``language``."""
        return self._said(_WHY, language)

    def todo(self, language: str) -> str:
        """What to do about it in ``language``."""
        return self._said(_TODO, language)

    def _said(self, texts: dict[str, tuple[str, str]], language: str) -> str:
        text = texts[self.code][language.startswith("zh")]
        return text.format(detail=self.detail, language=self.language, name=self.name)

    def to_json(self, language: str) -> dict[str, Json]:
        """The entry as JSON."""
        return {
            "path": self.path,
            "what": self.what,
            "code": self.code,
            "why": self.why(language),
            "todo": self.todo(language),
        }


class Report:
    """Entries in the order in which they were met; the same entry counts once."""

    def __init__(self) -> None:
        self.entries: list[NotCarried] = []

    def add(self, path: str, what: str, code: str, *, detail: str = "", language: str = "", name: str = "") -> None:
        """Say that something is not carried over."""
        entry = NotCarried(path, what[:200], code, detail, language, name)
        if entry not in self.entries:
            self.entries.append(entry)

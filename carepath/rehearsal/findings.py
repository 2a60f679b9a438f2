"""What can be wrong with a scenario: stable codes, texts in both languages, positions as in a pathway.

A finding has the shape of a pathway's diagnostic (``pathways.lang.diagnostics``), so terminals, editors and
JSON treat both alike; its codes are explained in docs/reference/scenarios.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pathways.lang.code import Code, error
from pathways.lang.diagnostics import Diagnostic, Language, Severity

DOCS_PAGE: Final = "docs/reference/scenarios.md"

_CODES = (
    error(
        "scenario_unknown_key",
        ("`{key_name}` is not a key here", "此处没有 `{key_name}` 这个键"),
        ("Known here: {known}.", "此处可用：{known}。"),
    ),
    error(
        "scenario_missing_key",
        ("`{key_name}` is missing", "缺少 `{key_name}`"),
        ("Add `{key_name}: …`.", "请添加 `{key_name}: …`。"),
    ),
    error(
        "scenario_wrong_value",
        ("`{value}` is not {wanted}", "`{value}` 不是{wanted}"),
        ("Write {wanted}, for example `{example}`.", "请写{wanted}，例如 `{example}`。"),
    ),
    error(
        "scenario_unknown_name",
        ("there is no {what} `{name}` in {where}", "{where} 中没有名为 `{name}` 的{what}"),
        ("Known: {known}.", "可用：{known}。"),
    ),
    error(
        "scenario_time_backwards",
        ("this line is at {this}, the line above at {above}: time goes backwards",
         "此行在 {this}，上一行在 {above}：时间倒退"),
        ("Put the lines in the order in which they happen; a reading that arrives later says `late: …`.",
         "请按发生的先后排列；晚到的读数用 `late: …`。"),
    ),
    error(
        "scenario_before_start",
        ("{this} is before the scenario starts ({start})", "{this} 早于场景开始（{start}）"),
        ("Move the start, or the line.", "请调整开始时间或这一行。"),
    ),
    error(
        "scenario_no_time",
        ("this line does not say when", "这一行没有说明时间"),
        ("Add {known}.", "请添加 {known}。"),
    ),
    error(
        "scenario_two_times",
        ("`{first}` and `{second}` cannot both say when", "`{first}` 与 `{second}` 不能同时说明时间"),
        ("Keep one of them.", "请只保留一个。"),
    ),
    error(
        "scenario_no_subject",
        ("this line does not say what", "这一行没有说明内容"),
        ("Add one of {known}.", "请添加以下之一：{known}。"),
    ),
    error(
        "scenario_two_subjects",
        ("`{first}` and `{second}` are two things in one line", "`{first}` 与 `{second}` 是一行里的两件事"),
        ("Write two lines.", "请写成两行。"),
    ),
    error(
        "scenario_no_pathway",
        ("the pathway `{name}` was not found near this scenario", "在该场景附近没有找到路径 `{name}`"),
        ("Put the scenario in the `scenarios` folder beside its pathway, or give the pathway too. Found: {known}.",
         "请把场景放在路径旁的 `scenarios` 文件夹，或同时给出路径。已找到：{known}。"),
    ),
    error(
        "scenario_no_site",
        ("the site `{name}` was not found", "没有找到站点 `{name}`"),
        ("Known sites: {known}.", "可用站点：{known}。"),
    ),
    error(
        "scenario_no_expectation",
        ("a scenario that expects nothing cannot fail", "没有期望的场景不可能失败"),
        ("Add a line under `expect`.", "请在 `expect` 下添加一行。"),
    ),
)

SCENARIO_CODES: Final[dict[str, Code]] = {code.id: code for code in _CODES}
"""Every code of a scenario; each has a heading in the reference page."""

_DID_YOU_MEAN: Final[dict[Language, str]] = {"en": "Did you mean `{suggestion}`?", "zh": "是否想写 `{suggestion}`？"}


@dataclass(frozen=True, slots=True)
class Finding(Diagnostic):
    """One thing that is wrong with a scenario."""

    @property
    def severity(self) -> Severity:
        """A scenario that cannot be read cannot be run: always an error."""
        return "error"

    @property
    def docs(self) -> str:
        """Where this code is explained, relative to the project."""
        return f"{DOCS_PAGE}#{self.code}"

    def message(self, language: Language = "en") -> str:
        """What is wrong, in one sentence."""
        return self._fill(SCENARIO_CODES[self.code].message(language), language)

    def hint(self, language: Language = "en") -> str:
        """What to do, in one sentence."""
        if self.params.get("suggestion"):
            return self._fill(_DID_YOU_MEAN[language], language)
        return self._fill(SCENARIO_CODES[self.code].hint(language), language)

"""Codes for what can be wrong with decision tables."""

from __future__ import annotations

from pathways.lang.code import Code, error

DECISION_CODES: tuple[Code, ...] = (
    error(
        "decision_gap",
        ("no row of `{name}` is true for: {example}", "`{name}` 中没有一行适用于：{example}"),
        (
            "Add a row for it, or `{{else: true, is: …}}` as the last row.",
            "请为其增加一行，或在最后一行写 `{{else: true, is: …}}`。",
        ),
    ),
    error(
        "decision_overlap",
        (
            "this row and the one in line {first_line} are both true for: {example}",
            "本行与第 {first_line} 行同时适用于：{example}",
        ),
        (
            "Change one of them, or write `hits: first` or `hits: all`.",
            "请修改其中一行，或写 `hits: first` 或 `hits: all`。",
        ),
    ),
    error(
        "decision_row_unreachable",
        ("no patient reaches this row", "没有患者会用到这一行"),
        (
            "Rows above it are true whenever it is, or it contradicts itself: move it up, change it, or delete it.",
            "凡其成立时上面的行已成立，或其自相矛盾：请上移、修改或删除。",
        ),
    ),
    error(
        "decision_too_complex",
        (
            "`{name}` has too many combinations to be sure that every patient is covered",
            "`{name}` 的组合过多，无法确认覆盖所有患者",
        ),
        (
            "Split it into smaller decisions, or use `hits: first` with `else` as the last row.",
            "请拆成几个较小的决策，或用 `hits: first` 并以 `else` 结尾。",
        ),
    ),
    error(
        "decision_without_unknown",
        (
            "`{name}` does not say what is done when something in the form is not known",
            "`{name}` 没有写明表单信息未知时怎么办",
        ),
        ("Add `unknown` with a task or a word under `is`.", "请加上 `unknown`，写任务或在 `is` 下写结果词。"),
    ),
    error(
        "form_never_filled",
        (
            "no step or task carries the form `{name}`: it is never completed",
            "没有步骤或任务使用表单 `{name}`，永远不会填写",
        ),
        ("Give a step `form: {name}` or `ask: {name}`.", "请在某个步骤写 `form: {name}` 或 `ask: {name}`。"),
    ),
    error(
        "decision_circle",
        ("`{name}` is decided by itself", "`{name}` 的判定依赖其自身"),
        ("Name another decision, or `previous {name}`.", "请改用其他决策，或 `previous {name}`。"),
    ),
    error(
        "decision_acts_without_form",
        ("`{name}` is over the data as they stand and does nothing by itself", "`{name}` 针对当前数据，本身不执行动作"),
        (
            "Give it `of` with a form, write only `is` under `unknown`, or let a rule do it.",
            "请用 `of` 指定表单，或在 `unknown` 下只写 `is`，或由规则执行。",
        ),
    ),
    error(
        "unknown_decision_word",
        ("no row comes to `{name}`", "没有一行的结果为 `{name}`"),
        ("Known words: {known}.", "可用的词：{known}。"),
    ),
    error(
        "decision_unknown_twice",
        ("a row says already what it comes to when it is not known", "已有一行写明未知时的结果"),
        ("Keep the row `if: unknown` or `is` here.", "请只保留 `if: unknown` 行或此处的 `is`。"),
    ),
    error(
        "no_series",
        ("`{name}` has no series to look back over", "`{name}` 没有可回看的记录序列"),
        (
            "`previous`, `of any phase`, `since` and `times in a row` look back over a decision with `of` and a form.",
            "`previous`、`of any phase`、`since` 与 `times in a row` 只能用于带 `of` 表单的决策。",
        ),
    ),
    error(
        "series_too_long",
        ("{number} completed forms are more than are kept", "{number} 份表单超出保存的数量"),
        ("Look back over at most {most}.", "最多回看 {most} 份。"),
    ),
)

"""Codes for rules that guide treat-and-repeat."""

from __future__ import annotations

from pathways.lang.code import Code, error

GUIDE_CODES: tuple[Code, ...] = (
    error(
        "episode_order",
        ("an `episode` wants {wanted} here", "`episode` 此处应为{wanted}"),
        (
            "In this order: `say`, `measure` with `within`, rows with `if`, a row `if: unknown` with `do`, a last row "
            "`else: true` with `repeat` and `afterwards`.",
            "顺序为：`say`、带 `within` 的 `measure`、若干 `if` 行、带 `do` 的 `if: unknown` 行，"
            "最后是带 `repeat` 和 `afterwards` 的 `else: true` 行。",
        ),
    ),
    error(
        "episode_without_settled",
        ("no row of the `episode` says that the trouble is over", "`episode` 没有一行表明问题已缓解"),
        (
            "Give a row `settled: yes`, such as `{{if: glucose >= safe, settled: yes}}`.",
            "请写一行 `settled: yes`，例如 `{{if: glucose >= safe, settled: yes}}`。",
        ),
    ),
    error(
        "episode_without_person",
        ("this way out of the `episode` reaches nobody", "`episode` 的这条出路没有人会收到"),
        (
            "Add {wanted} here without an `if` of its own, or in `do` of the rule.",
            "请在此处（或规则的 `do` 中）加上{wanted}，且不带自己的 `if`。",
        ),
    ),
    error(
        "episode_message_class",
        (
            "the `episode` says `{name}`, a message of class {kind}, which may be held back while a reading is awaited",
            "`episode` 发送的消息 `{name}` 属于 {kind} 类，等待复测期间可能被拦下",
        ),
        ("Give the message `class: red` and `to: patient`.", "请把消息设为 `class: red` 且 `to: patient`。"),
    ),
    error(
        "episode_never_judged",
        (
            "no row of the `episode` looks at `{name}`, which it asks for",
            "`episode` 要求测量 `{name}`，却没有一行使用它",
        ),
        ("Compare it in a row with `if`.", "请在某个 `if` 行中比较它。"),
    ),
)
"""What can be wrong with an `episode`."""

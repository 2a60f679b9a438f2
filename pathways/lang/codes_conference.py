"""Codes for what is wrong with a conference: its roles, its quorum, its agenda."""

from __future__ import annotations

from pathways.lang.code import Code, error

CONFERENCE_CODES: tuple[Code, ...] = (
    error(
        "conference_role_twice",
        ("`{name}` is named twice", "`{name}` 写了两次"),
        ("Name each role once: each signs once.", "每个角色写一次：各签署一次。"),
    ),
    error(
        "conference_alone",
        ("one role alone is no conference", "只有一个角色，不是讨论"),
        (
            "Name a second role, or write `task` with `role`.",
            "请再写一个角色，或改用 `task` 和 `role`。",
        ),
    ),
    error(
        "quorum_not_of_roles",
        ("`{written}` does not fit {number} roles", "`{written}` 与 {number} 个角色不符"),
        (
            "Write how many of them have to sign: `n of {number}`, n from 1 to {number}.",
            "请写需要几个角色签署：`n of {number}`，n 为 1 到 {number}。",
        ),
    ),
    error(
        "rank_without_agenda",
        ("it is ranked, but on no `agenda`", "写了排序，却没有 `agenda`"),
        ("Add `agenda` with the name of the list, or delete `rank`.", "请加上 `agenda`（清单名称），或删除 `rank`。"),
    ),
    error(
        "not_ranked",
        ("`{written}` is no rank", "`{written}` 不能用于排序"),
        (
            "Write `highest`, `lowest` or `longest since` and one of what is shown: {known}.",
            "请写 `highest`、`lowest` 或 `longest since`，再写 `show` 中的一项：{known}。",
        ),
    ),
    error(
        "not_shown",
        ("`{name}` is nothing that can be shown", "`{name}` 不是可以显示的内容"),
        (
            "Measures, derived values, facts, steps and decisions: {known}.",
            "测量、计算值、事实、步骤和决策：{known}。",
        ),
    ),
)

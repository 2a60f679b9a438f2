"""Codes of the step ``pathway``."""

from __future__ import annotations

from pathways.lang.code import Code, error

CALL_CODES: tuple[Code, ...] = (
    error(
        "call_unknown",
        ("there is no pathway `{name}` beside this one", "旁边没有路径 `{name}`"),
        (
            "Write the id of a pathway in this folder, in a folder beside it or in the library; there are: {known}.",
            "请写本文件夹、相邻文件夹或路径库中某路径的 id；现有：{known}。",
        ),
    ),
    error(
        "call_version",
        ("pathway `{name}` has no version {version}", "路径 `{name}` 没有 {version} 版本"),
        ("Write a version that there is: {known}.", "请写已有的版本：{known}。"),
    ),
    error(
        "call_circle",
        (
            "pathway `{name}` leads back to this one: it would call itself for ever",
            "路径 `{name}` 又回到本路径：会无限调用",
        ),
        ("Let one of the two not call the other.", "请让其中一个不再调用另一个。"),
    ),
    error(
        "call_has_errors",
        ("pathway `{name}` has errors of its own", "路径 `{name}` 本身有错误"),
        ("Run `carepath check` on it and mend it first.", "请先用 `carepath check` 检查并修改它。"),
    ),
    error(
        "call_name",
        ("pathway `{pathway}` has no {what} `{name}`", "路径 `{pathway}` 没有{what} `{name}`"),
        ("Write one that it has: {known}.", "请写它已有的：{known}。"),
    ),
    error(
        "call_type",
        ("`{name}` is {mine} here and {theirs} in `{pathway}`", "`{name}` 在此处为{mine}，在 `{pathway}` 中为{theirs}"),
        ("Give both the same type and unit.", "请使两处类型和单位一致。"),
    ),
    error(
        "call_fixed",
        ("pathway `{pathway}` lets nobody set `{name}`", "路径 `{pathway}` 不允许设置 `{name}`"),
        (
            "Give the parameter `adjustable` there, or leave it out here.",
            "请在那里为该参数写 `adjustable`，或在此处去掉它。",
        ),
    ),
    error(
        "call_out_of_bounds",
        (
            "`{own}` may be {value}, and pathway `{pathway}` allows `{name}` from {low} to {high}",
            "`{own}` 可能为 {value}，而路径 `{pathway}` 只允许 `{name}` 在 {low} 至 {high} 之间",
        ),
        ("Keep to its bounds, in every profile and row.", "请在每个方案配置和每一行都不超出范围。"),
    ),
    error(
        "call_consent",
        (
            "pathway `{pathway}` needs the consent `{name}`, which is not asked here",
            "路径 `{pathway}` 需要同意项 `{name}`，此处未征得",
        ),
        ("Add it to `consent`.", "请加入 `consent`。"),
    ),
)

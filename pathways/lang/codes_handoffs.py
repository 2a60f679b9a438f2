"""Codes for what is wrong with a handoff: its case, its order, what goes along, what is kept."""

from __future__ import annotations

from pathways.lang.code import Code, error

HANDOFF_CODES: tuple[Code, ...] = (
    error(
        "advice_without_expiry",
        ("this proposal waits for ever: it has no `expires`", "该建议没有失效时间：缺少 `expires`"),
        (
            "Add `expires`, for example `5 days`: undecided it is then not sent.",
            "请加上 `expires`，例如 `5 days`：逾期未决则不发送。",
        ),
    ),
    error(
        "advice_not_for_patient",
        (
            "the message `{name}` is no advice: it is not for the patient alone, or is red or of a dose",
            "消息 `{name}` 不能作为建议：并非仅发给患者，或为红色或服药类",
        ),
        ("Let it have `to: patient` and `class: care` or `info`.", "请写 `to: patient`，`class` 取 `care` 或 `info`。"),
    ),
    error(
        "advice_never_judged",
        ("`effect`, `judged` and `not_again` do not fit together", "`effect`、`judged` 与 `not_again` 不一致"),
        (
            "An `effect` needs `judged`, `judged` a row with `effect`, and `not_again` both.",
            "`effect` 需要 `judged`，`judged` 需要有 `effect` 的行，`not_again` 两者都需要。",
        ),
    ),
    error(
        "not_advice",
        ("`{name}` is no step `advise`", "`{name}` 不是 `advise` 步骤"),
        ("Name a step that proposes advice.", "请写一个提出建议的步骤。"),
    ),
    error(
        "handoff_without_case",
        ("it does not say what the insurer is asked for", "没有写明向保险方申请什么"),
        ("Add `case`, one of {known}.", "请加上 `case`，取 {known} 之一。"),
    ),
    error(
        "case_not_asked",
        ("a handoff to {kind} has no `case`", "{kind} 交接没有 `case`"),
        ("Delete it: only an insurer is asked for a case.", "请删除：只有保险交接才有 `case`。"),
    ),
    error(
        "kept_twice",
        ("`{name}` is kept as {kind} here and as {other} above", "`{name}` 此处保存为 {kind}，前面为 {other}"),
        ("Give it one type, or two names.", "请用同一类型，或用两个名称。"),
    ),
    error(
        "order_not_signed",
        ("nobody signs this order to a pharmacy", "这份给药房的医嘱没有人签署"),
        (
            "Add `signed_by` with a role and `due`: a prescription goes out only when a person has signed it.",
            "请加上 `signed_by`（角色）和 `due`：处方须由人签署后才发出。",
        ),
    ),
    error(
        "signature_only",
        ("`{key_}` is of the signature, and nobody signs this order", "`{key_}` 属于签署，而这份医嘱无人签署"),
        ("Add `signed_by`, or delete it.", "请加上 `signed_by`，或删除它。"),
    ),
    error(
        "not_sent",
        ("`{name}` is nothing that can be sent along", "`{name}` 不是可以随附的内容"),
        (
            "Measures, derived values, facts and steps with answers: {known}.",
            "测量、计算值、事实和有回答的步骤：{known}。",
        ),
    ),
    error(
        "bundle_without_supply",
        (
            "`bundle` needs a pharmacy, `for`, and a `when` that counts from the end of a supply",
            "`bundle` 需要药房交接、`for`，且 `when` 从药品用完之日算起",
        ),
        (
            "Write `when: 7 days before supply of the medicine ends`, or delete it.",
            "请写 `when: 7 days before supply of the medicine ends`，或删除它。",
        ),
    ),
)

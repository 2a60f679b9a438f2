"""Codes for what can be wrong with phrases, names, numbers, and the document as a whole."""

from __future__ import annotations

from pathways.lang.code import Code, error

MEANING_CODES: tuple[Code, ...] = (
    # ------------------------------------------------------------------ phrases
    error(
        "bad_time_phrase",
        ("this time phrase cannot be read from `{at}`", "时间短语从 `{at}` 起无法理解"),
        ("Expected here: {expected}.", "此处应为：{expected}。"),
    ),
    error(
        "bad_condition",
        ("this condition cannot be read from `{at}`", "条件从 `{at}` 起无法理解"),
        ("Expected here: {expected}.", "此处应为：{expected}。"),
    ),
    error(
        "bad_phrase",
        ("`{text}` cannot be read as {what} from `{at}`", "`{text}` 从 `{at}` 起不能理解为{what}"),
        ("Expected here: {expected}.", "此处应为：{expected}。"),
    ),
    error(
        "bad_value",
        ("`{found}` cannot stand here: {why}", "`{found}` 不能写在这里：{why}"),
        ("Change it.", "请改正。"),
    ),
    error(
        "phrase_cannot_say",
        ("this cannot be said so: {why}", "不能这样写：{why}"),
        ("Say it otherwise. {instead}", "请换一种写法。{instead}"),
    ),
    error(
        "comma_in_phrase",
        ("phrases hold no commas and no brackets", "短语中不能有逗号和括号"),
        ("Write `and` or `or` in its place.", "请改用 `and` 或 `or`。"),
    ),
    error(
        "duration_out_of_range",
        ("`{text}` is longer than a pathway may last", "`{text}` 超出允许的时长"),
        ("Durations are whole numbers up to 100 years.", "时长为整数，最长 100 年。"),
    ),
    error(
        "unknown_unit",
        ("`{unit}` is not a unit", "`{unit}` 不是单位"),
        ("Write a unit such as mmHg, kg, mmol/L or /min.", "请写 mmHg、kg、mmol/L、/min 等单位。"),
    ),
    # ------------------------------------------------------------------ names
    error(
        "unknown_name",
        ("nothing here is called `{name}`", "没有名为 `{name}` 的内容"),
        (
            "Names are defined under facts, parameters, measures, derived and steps.",
            "名称在 facts、parameters、measures、derived 和步骤中定义。",
        ),
    ),
    error(
        "unknown_phase",
        ("there is no phase `{name}`", "没有阶段 `{name}`"),
        ("Phases: {known}.", "阶段：{known}。"),
    ),
    error(
        "unknown_end",
        ("there is no end `{name}`", "没有终点 `{name}`"),
        ("Ends: {known}.", "终点：{known}。"),
    ),
    error(
        "end_for_phase",
        ("`{name}` is an end, and `go` leads to a phase", "`{name}` 是终点，而 `go` 通向阶段"),
        ("Write `end: {name}`.", "请写 `end: {name}`。"),
    ),
    error(
        "phase_for_end",
        ("`{name}` is a phase, and `end` leads to an end", "`{name}` 是阶段，而 `end` 通向终点"),
        ("Write `go: {name}`.", "请写 `go: {name}`。"),
    ),
    error(
        "unknown_role",
        ("there is no role `{name}`", "没有角色 `{name}`"),
        ("Roles: {known}.", "角色：{known}。"),
    ),
    error(
        "unknown_staff",
        ("`{name}` is neither a role of this pathway nor a profession", "`{name}` 既不是本路径的角色也不是职业"),
        ("Roles and professions: {known}.", "角色和职业：{known}。"),
    ),
    error(
        "unknown_message",
        ("there is no message `{name}`", "没有消息 `{name}`"),
        ("Write it under `messages` in both languages.", "请在 `messages` 中用两种语言写出它。"),
    ),
    error(
        "unknown_form",
        ("there is no form `{name}`", "没有表单 `{name}`"),
        ("Write its questions under `forms`. Forms: {known}.", "请在 `forms` 中写出它的问题。表单：{known}。"),
    ),
    error(
        "answers_of_no_choice",
        (
            "`answers` needs words to choose from, which `{kind}` has not",
            "`answers` 只能用于有选项的字段，`{kind}` 没有选项",
        ),
        ("Use it with `yes_no` or `one_of`.", "请与 `yes_no` 或 `one_of` 一起使用。"),
    ),
    error(
        "answer_twice",
        ("the reply `{value}` already stands for `{other}`", "回复 `{value}` 已代表 `{other}`"),
        ("Let each reply stand for one word only.", "每种回复只能代表一个词。"),
    ),
    error(
        "unknown_measure",
        ("there is no measure `{name}`", "没有测量项 `{name}`"),
        ("Measures: {known}.", "测量项：{known}。"),
    ),
    error(
        "unknown_catalogue_measure",
        ("the catalogue has no measure `{name}`", "目录中没有测量项 `{name}`"),
        ("It has: {known}.", "目录中有：{known}。"),
    ),
    error(
        "unknown_component",
        ("`{name}` has no part `{part}`", "`{name}` 没有分量 `{part}`"),
        ("It has: {known}.", "它有：{known}。"),
    ),
    error(
        "needs_component",
        ("`{name}` is several numbers", "`{name}` 由多个数组成"),
        ("Say which one: {known}.", "请指明其中之一：{known}。"),
    ),
    error(
        "unknown_education",
        ("the catalogue has no education item `{name}`", "目录中没有宣教内容 `{name}`"),
        ("It has: {known}.", "目录中有：{known}。"),
    ),
    error(
        "unknown_list",
        ("there is no code list `{name}`", "没有编码列表 `{name}`"),
        ("Write it under `lists`, or use one of: {known}.", "请写在 `lists` 中，或使用：{known}。"),
    ),
    error(
        "unknown_class",
        ("there is no class of medicines `{name}`", "没有药物类别 `{name}`"),
        ("The catalogue has: {known}.", "目录中有：{known}。"),
    ),
    error(
        "unknown_ladder",
        ("there is no ladder `{name}`", "没有升级阶梯 `{name}`"),
        ("Ladders under `escalations`: {known}.", "`escalations` 中有：{known}。"),
    ),
    error(
        "unknown_step",
        ("there is no step `{name}` here", "此处没有步骤 `{name}`"),
        ("Steps here: {known}.", "此处的步骤：{known}。"),
    ),
    error(
        "not_a_step",
        ("`{name}` is not a step", "`{name}` 不是步骤"),
        ("Steps here: {known}.", "此处的步骤：{known}。"),
    ),
    error(
        "ambiguous_step",
        ("`{name}` is a step of several phases", "多个阶段都有步骤 `{name}`"),
        ("Write the phase before it: {known}.", "请在前面写出阶段：{known}。"),
    ),
    error(
        "unknown_word",
        ("`{name}` is never `{word}`", "`{name}` 不会是 `{word}`"),
        ("It can be: {known}.", "可以是：{known}。"),
    ),
    error(
        "unknown_fact",
        ("there is no fact `{name}`", "没有事实 `{name}`"),
        ("Facts: {known}.", "事实：{known}。"),
    ),
    error(
        "unknown_evidence",
        ("there is no source `{name}` under `evidence`", "`evidence` 中没有来源 `{name}`"),
        ("Sources: {known}.", "来源：{known}。"),
    ),
    error(
        "unknown_profile",
        ("there is no profile `{name}`", "没有方案配置 `{name}`"),
        ("Profiles: {known}.", "方案配置：{known}。"),
    ),
    error(
        "unknown_handoff",
        ("`{name}` is not a kind of handoff", "`{name}` 不是一种交接"),
        ("Kinds: {known}.", "交接种类：{known}。"),
    ),
    error(
        "unknown_handoff_word",
        ("a handoff to a {kind} is never `{word}`", "{kind} 交接不会是 `{word}`"),
        ("Its words: {known}.", "可用的词：{known}。"),
    ),
    error(
        "unknown_rule",
        ("there is no rule `{name}`", "没有规则 `{name}`"),
        ("Rules: {known}.", "规则：{known}。"),
    ),
    error(
        "unknown_placeholder",
        ("`{{{name}}}` stands for nothing in a message", "消息中的 `{{{name}}}` 没有含义"),
        ("Messages may hold: {known}.", "消息中可用：{known}。"),
    ),
    error(
        "unknown_anchor",
        ("`{name}` is not a moment that days can be counted from", "`{name}` 不是可以起算的时刻"),
        ("Count from: {known}.", "可从以下时刻起算：{known}。"),
    ),
    error(
        "unknown_function",
        ("`{name}` is not a way to make one number of many", "`{name}` 不是汇总方法"),
        ("Ways: {known}.", "方法：{known}。"),
    ),
    error(
        "name_taken",
        ("the name `{name}` is already used in line {first_line}", "名称 `{name}` 已在第 {first_line} 行使用"),
        (
            "Facts, parameters, measures, derived values and steps share one namespace: choose another name.",
            "事实、参数、测量项、派生值和步骤共用一个命名空间：请换一个名称。",
        ),
    ),
    error(
        "reserved_word",
        ("`{name}` is a word of phrases", "`{name}` 是短语中的保留词"),
        ("Choose another name.", "请换一个名称。"),
    ),
    error(
        "same_as_in_a_circle",
        ("`{name}` takes its values from itself", "`{name}` 的取值绕回了自身"),
        ("Let one profile of the circle have values of its own.", "请让其中一个方案配置有自己的取值。"),
    ),
    # ------------------------------------------------------------------ types and numbers
    error(
        "unit_mismatch",
        ("{left} cannot be compared with {right}", "{left} 不能与 {right} 比较"),
        ("Compare values of one kind.", "只能比较同类的值。"),
    ),
    error(
        "type_mismatch",
        ("`{name}` is {found}, and {wanted} is needed here", "`{name}` 是{found}，此处需要{wanted}"),
        ("Use another name, or another word for it.", "请改用其他名称或写法。"),
    ),
    error(
        "bare_number",
        ("{number} stands next to a value in {unit} and has no unit", "{number} 与单位为 {unit} 的值相邻，却没有单位"),
        ("Make it a parameter with a unit and a citation.", "请写成带单位和引文的参数。"),
    ),
    error(
        "uncited_number",
        ("a clinical number needs a citation", "临床数值需要引文"),
        ("Add `cite:` with a source from `evidence`.", "请加上 `cite:` 并引用 `evidence` 中的来源。"),
    ),
    error(
        "literal_quantity",
        ("{literal} is a clinical number inside a condition", "条件中直接写了临床数值 {literal}"),
        (
            "Make it a parameter with a citation; only ages, durations and counts may stand here.",
            "请写成带引文的参数；此处只允许年龄、时长和次数。",
        ),
    ),
    error(
        "parameter_without_value",
        ("`{name}` has no value for the profile `{profile}`", "`{name}` 没有方案配置 `{profile}` 的取值"),
        (
            "Give it `value`, a row under `by_profile`, or let the profile be `same_as` another.",
            "请写 `value`，或在 `by_profile` 中写一行，或让该配置 `same_as` 另一个。",
        ),
    ),
    error(
        "outside_adjustable",
        ("{value} lies outside what may be set ({low} to {high})", "{value} 超出可调范围（{low} 至 {high}）"),
        ("Widen the range or mend the value.", "请放宽范围或改正取值。"),
    ),
    error(
        "range_inverted",
        ("the range ends before it begins: {low} to {high}", "范围的下限大于上限：{low} 至 {high}"),
        ("Write the smaller end first.", "请先写较小的一端。"),
    ),
    error(
        "fact_without_question",
        ("`{name}` is asked for, and nothing says how", "要询问 `{name}`，却没有写明怎样问"),
        ("Add `question: {{en: …, zh: …}}`.", "请加上 `question: {{en: …, zh: …}}`。"),
    ),
    error(
        "options_missing",
        ("`{name}` is one of several words and lists none", "`{name}` 是选项之一，却没有列出选项"),
        ("Add `options`.", "请加上 `options`。"),
    ),
    error(
        "key_for_other_type",
        ("`{key_}` means nothing for `{name}`, which is {type}", "`{name}` 的类型是 {type}，`{key_}` 没有意义"),
        ("Leave it out.", "请去掉它。"),
    ),
    error(
        "not_a_moment",
        ("`{name}` is not a moment", "`{name}` 不是时刻"),
        (
            "Count from enrolment, phase start, a step, or a fact of type date or moment.",
            "请从入组、阶段开始、某步骤、或日期/时刻类型的事实起算。",
        ),
    ),
    error(
        "not_a_duration",
        ("`{name}` is not a length of time", "`{name}` 不是时长"),
        ("Write a duration, or a parameter that holds one.", "请写时长，或存放时长的参数。"),
    ),
    error(
        "ambiguous_streak",
        ("`in a row` does not say which readings are counted", "`in a row` 没有说明数哪些读数"),
        ("Speak of one measure in this condition.", "请在该条件中只使用一个测量项。"),
    ),
    error(
        "text_not_allowed",
        ("`{key_}` is filled and `{needs}` is not", "写了 `{key_}` 却没有写 `{needs}`"),
        ("Add `{needs}`, or leave `{key_}` out.", "请补上 `{needs}`，或去掉 `{key_}`。"),
    ),
    error(
        "task_without_due",
        ("this task waits for ever: it has no `due`", "该任务没有期限：缺少 `due`"),
        ("Add `due`, for example `due: 1 working day`.", "请加上 `due`，例如 `due: 1 working day`。"),
    ),
    error(
        "rung_without_deadline",
        ("this rung waits for ever: it has no `answer_within`", "该级没有答复期限：缺少 `answer_within`"),
        ("Add `answer_within`.", "请加上 `answer_within`。"),
    ),
)

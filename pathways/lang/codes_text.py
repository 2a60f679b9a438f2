"""Codes for what can be wrong with the text and the shape of a document."""

from __future__ import annotations

from pathways.lang.code import Code, error

TEXT_CODES: tuple[Code, ...] = (
    # ------------------------------------------------------------------ the text itself
    error(
        "file_too_large",
        ("the file is larger than {limit} KiB", "文件超过 {limit} KiB"),
        ("Split the pathway, or move long texts to the catalogue.", "请拆分路径，或把长文本移到目录中。"),
    ),
    error(
        "not_utf8",
        ("the byte {byte} is not UTF-8", "字节 {byte} 不是 UTF-8"),
        ("Save the file with the encoding UTF-8.", "请以 UTF-8 编码保存文件。"),
    ),
    error(
        "invisible_character",
        ("the character {name} cannot be seen here", "此处有看不见的字符 {name}"),
        ("Delete it; a plain space is the only blank.", "请删除它；空白只能用普通空格。"),
    ),
    error(
        "empty_file",
        ("the file holds nothing", "文件是空的"),
        ("Start with `carepath: 1`.", "请从 `carepath: 1` 开始。"),
    ),
    error(
        "not_a_mapping",
        ("the file must hold keys and values", "文件应由键和值组成"),
        ("Start with `carepath: 1`.", "请从 `carepath: 1` 开始。"),
    ),
    error(
        "several_documents",
        ("a second document starts here", "这里开始了第二个文档"),
        ("One file is one pathway: delete the `---`.", "一个文件只写一个路径：请删除 `---`。"),
    ),
    error(
        "yaml_directive",
        ("YAML directives are not used", "不使用 YAML 指令"),
        ("Delete the line that starts with `%`.", "请删除以 `%` 开头的行。"),
    ),
    error(
        "yaml_anchor",
        ("the anchor `&{name}` is not allowed", "不允许使用锚点 `&{name}`"),
        (
            "Write the value out where it is needed, or quote a text that starts with `&`.",
            "请在需要处写出该值；以 `&` 开头的文本请加引号。",
        ),
    ),
    error(
        "yaml_alias",
        ("the alias `*{name}` is not allowed", "不允许使用别名 `*{name}`"),
        (
            "Write the value out where it is needed, or quote a text that starts with `*`.",
            "请在需要处写出该值；以 `*` 开头的文本请加引号。",
        ),
    ),
    error(
        "yaml_merge",
        ("the merge key `<<` is not allowed", "不允许使用合并键 `<<`"),
        ("Write the keys out where they are needed.", "请在需要处写出这些键。"),
    ),
    error(
        "yaml_tag",
        ("the tag `{tag}` is not allowed", "不允许使用标签 `{tag}`"),
        ("Delete it, or quote a text that starts with `!`.", "请删除它；以 `!` 开头的文本请加引号。"),
    ),
    error(
        "yaml_syntax",
        ("the text cannot be read from here: {problem}", "从此处起无法读取：{problem}"),
        (
            "Look at the quotation marks, colons and indentation of this line and the one before.",
            "请检查本行和上一行的引号、冒号和缩进。",
        ),
    ),
    error(
        "tab_indentation",
        ("a tab stands where only spaces may", "此处用了制表符，只能用空格"),
        ("Indent with spaces.", "请用空格缩进。"),
    ),
    error(
        "flow_not_closed",
        ("this does not fit inside the brackets that are open here", "括号内不能这样写"),
        (
            "Inside {{…}} a phrase holds no comma, bracket or colon: write `and`, or quote it; or close the bracket.",
            "在 {{…}} 内短语不能含逗号、括号或冒号：请写 `and` 或加引号；否则请补上括号。",
        ),
    ),
    error(
        "too_many_nodes",
        ("the file holds more than {limit} values", "文件中的值超过 {limit} 个"),
        ("Split the pathway.", "请拆分路径。"),
    ),
    error(
        "too_deep",
        ("values are nested more than {limit} deep", "嵌套超过 {limit} 层"),
        ("Nothing in a pathway needs that depth: look for a bracket too many.", "路径不需要这样深：请检查多余的括号。"),
    ),
    error(
        "text_too_long",
        ("this text is longer than {limit} bytes", "这段文本超过 {limit} 字节"),
        ("Shorten it, or move it to the catalogue.", "请缩短，或移到目录中。"),
    ),
    error(
        "number_too_long",
        ("a number has at most {limit} digits", "数字最多 {limit} 位"),
        ("Round it, or quote it if it is an identifier.", "请四舍五入；若是编号请加引号。"),
    ),
    error(
        "not_a_finite_number",
        ("`{text}` is not a number that can be compared", "`{text}` 不是可比较的数"),
        ("Write a number, or leave the key out.", "请写一个数，或去掉该键。"),
    ),
    error(
        "empty_key",
        ("a key is empty", "键是空的"),
        ("Write the key before the colon.", "请在冒号前写出键。"),
    ),
    error(
        "key_not_text",
        ("the key `{key_}` is not a word", "键 `{key_}` 不是单词"),
        (
            "Keys are words such as `phases`: write one, or put it in quotation marks.",
            "键应是 `phases` 这样的单词：请改写或加引号。",
        ),
    ),
    error(
        "duplicate_key",
        (
            "the key `{key_}` is already in line {first_line}, column {first_column}",
            "键 `{key_}` 已在第 {first_line} 行第 {first_column} 列出现",
        ),
        ("Keep one of the two.", "两处只保留一处。"),
    ),
    error(
        "no_value",
        ("`{key_}` has no value", "`{key_}` 没有值"),
        ("Write a value after it, or delete it.", "请写上值，或删除它。"),
    ),
    error(
        "comma_cut_phrase",
        ("a comma cut your phrase: `{key_}` stands alone", "逗号截断了短语：`{key_}` 单独成了一项"),
        (
            "Write `and` in place of the comma, or put the phrase in quotation marks.",
            "请用 `and` 代替逗号，或给短语加引号。",
        ),
    ),
    error(
        "too_many_problems",
        ("there are more than {limit} findings; the rest is not shown", "问题超过 {limit} 个，其余不再显示"),
        ("Mend these first.", "请先改正以上问题。"),
    ),
    # ------------------------------------------------------------------ the shape
    error(
        "unknown_kind_of_file",
        (
            "this is neither a pathway (`carepath: 1`) nor a site (`site: 1`)",
            "既不是路径（`carepath: 1`）也不是机构（`site: 1`）",
        ),
        ("Start the file with `carepath: 1`.", "请以 `carepath: 1` 开头。"),
    ),
    error(
        "unknown_language_version",
        ("version {value} of the language is not known", "不认识语言版本 {value}"),
        ("Write `1`, or use a newer carepath.", "请写 `1`，或使用更新的 carepath。"),
    ),
    error(
        "unknown_key",
        ("`{key_}` is not a key of {place}", "{place}没有键 `{key_}`"),
        ("Keys here: {known}.", "此处的键：{known}。"),
    ),
    error(
        "key_elsewhere",
        ("`{key_}` does not belong to {place}", "`{key_}` 不属于{place}"),
        ("It belongs to {home}; keys here: {known}.", "它属于{home}；此处的键：{known}。"),
    ),
    error(
        "not_in_release",
        ("`{what}` belongs to the language but not to this release", "`{what}` 属于本语言，但本版本尚不支持"),
        (
            "Leave it out, or wait for a release that has it: nothing is accepted and ignored.",
            "请去掉它，或等待支持它的版本：不会接受却忽略任何内容。",
        ),
    ),
    error(
        "missing_key",
        ("{place} needs the key `{key_}`", "{place}缺少键 `{key_}`"),
        ("Add `{key_}`.", "请补上 `{key_}`。"),
    ),
    error(
        "wrong_type",
        ("`{key_}` must be {expected}", "`{key_}` 应为{expected}"),
        ("You wrote {got}.", "这里写的是{got}。"),
    ),
    error(
        "not_one_of",
        ("`{value}` is not a word for `{key_}`", "`{value}` 不能用于 `{key_}`"),
        ("Words here: {known}.", "可用的词：{known}。"),
    ),
    error(
        "out_of_range",
        ("`{key_}` must lie between {low} and {high}", "`{key_}` 应在 {low} 到 {high} 之间"),
        ("Write a number in that range.", "请写该范围内的数。"),
    ),
    error(
        "empty_value",
        ("`{key_}` is empty", "`{key_}` 是空的"),
        ("Fill it, or leave the key out.", "请填写，或去掉该键。"),
    ),
    error(
        "bad_id",
        ("`{id}` is not an id", "`{id}` 不能用作标识"),
        (
            "Ids are small letters, digits and `_`, start with a letter, at most 64: for example `{example}`.",
            "标识由小写字母、数字和 `_` 组成，以字母开头，最多 64 个字符，例如 `{example}`。",
        ),
    ),
    error(
        "bad_version",
        ("`{value}` is not a version", "`{value}` 不是版本号"),
        ("A version is three numbers, such as 1.0.0.", "版本号由三个数组成，例如 1.0.0。"),
    ),
    error(
        "missing_translation",
        ("this text has no `{language}`", "这段文字缺少 `{language}`"),
        ("Every text that people read has `en` and `zh`.", "给人看的文字都要有 `en` 和 `zh`。"),
    ),
    error(
        "no_step_kind",
        ("this step does not say what it does", "该步骤没有说明做什么"),
        ("Add one of {known}.", "请写 {known} 之一。"),
    ),
    error(
        "two_step_kinds",
        ("this step is two things at once: {kinds}", "该步骤同时是两种：{kinds}"),
        ("Make two steps of it.", "请写成两个步骤。"),
    ),
    error(
        "no_action_kind",
        ("this action does not say what it does", "该动作没有说明做什么"),
        ("Add one of {known}.", "请写 {known} 之一。"),
    ),
    error(
        "two_action_kinds",
        ("this action is two things at once: {kinds}", "该动作同时是两种：{kinds}"),
        ("Make two actions of it.", "请写成两个动作。"),
    ),
    error(
        "two_targets",
        ("a row leads to one place: `go` and `end` stand together", "一行只能通向一处：`go` 和 `end` 同时出现"),
        ("Keep one of the two.", "两者只留其一。"),
    ),
    error(
        "row_without_test",
        ("this row has neither `if` nor `else`", "该行既没有 `if` 也没有 `else`"),
        ("Write `if: …`, or `else: true` in the last row.", "请写 `if: …`，最后一行写 `else: true`。"),
    ),
    error(
        "row_does_nothing",
        ("this row does nothing", "该行什么也不做"),
        ("Add `go`, `end` or `do`.", "请加 `go`、`end` 或 `do`。"),
    ),
    error(
        "field_without_type",
        ("a form field needs exactly one type", "表单字段应恰有一种类型"),
        ("Write one of {known}.", "请写 {known} 之一。"),
    ),
)

"""Codes for what is wrong with a document as a whole, against a site, and with a site itself."""

from __future__ import annotations

from pathways.lang.code import Code, error, warning

WHOLE_CODES: tuple[Code, ...] = (
    # ------------------------------------------------------------------ the course
    error(
        "unreachable_phase",
        ("no row leads to the phase `{name}`", "没有任何行通向阶段 `{name}`"),
        ("Lead a row there with `go: {name}`, or delete it.", "请用 `go: {name}` 通向它，或删除它。"),
    ),
    error(
        "unreachable_end",
        ("nothing leads to the end `{name}`", "没有任何内容通向终点 `{name}`"),
        ("Lead a row there with `end: {name}`, or delete it.", "请用 `end: {name}` 通向它，或删除它。"),
    ),
    error(
        "unreachable_step",
        (
            "`{name}` first comes {begins} after entry, and the phase lasts {lasts} at most",
            "`{name}` 最早在进入后 {begins} 出现，而本阶段最长 {lasts}",
        ),
        ("Let it come earlier, let the phase last longer, or delete it.", "请提前该步骤、延长阶段，或删除它。"),
    ),
    error(
        "no_way_on",
        ("the phase `{name}` has no end of its own", "阶段 `{name}` 没有结束的时候"),
        ("Give it `until` with `at_end`, or `no_later_than`.", "请写 `until` 和 `at_end`，或 `no_later_than`。"),
    ),
    error(
        "time_of_optional",
        ("a step that staff add has no time of its own", "由工作人员添加的步骤没有自己的时间"),
        ("Delete `when`, or delete `required: could`.", "请删除 `when`，或删除 `required: could`。"),
    ),
    error(
        "after_outside",
        ("`after` orders the members of a group `all_of` or `any_of`", "`after` 只用于 `all_of` 或 `any_of` 的成员"),
        ("Write it in `when`, such as `1 day after review`.", "请写在 `when` 中，例如 `1 day after review`。"),
    ),
    error(
        "required_twice",
        ("`must_unless` contradicts `required: {word}`", "`must_unless` 与 `required: {word}` 矛盾"),
        ("Keep one of them.", "请只保留其中一个。"),
    ),
    error(
        "for_each_without_as",
        ("`for_each` does not say what one of them is called", "`for_each` 没有写明其中每一个的名称"),
        (
            "Write `for_each: medicines where class is … as drug`.",
            "请写 `for_each: medicines where class is … as drug`。",
        ),
    ),
    error(
        "more_than_there_are",
        (
            "`enough: {enough}` can never be reached: the group has {members}",
            "`enough: {enough}` 永远达不到：该组只有 {members} 项",
        ),
        ("Write a smaller number, or delete it.", "请写较小的数，或删除它。"),
    ),
    error(
        "until_without_at_end",
        ("`until` is reached and nothing says what comes then", "到达 `until` 后没有写明去向"),
        ("Add `at_end` with `else` as its last row.", "请加上 `at_end`，最后一行写 `else`。"),
    ),
    error(
        "at_end_without_until",
        ("`at_end` is never looked at: the phase has no `until`", "`at_end` 永远不会执行：该阶段没有 `until`"),
        ("Add `until`, or move the rows to `leave`.", "请加上 `until`，或把这些行移到 `leave`。"),
    ),
    error(
        "at_end_without_else",
        ("the last row of `at_end` is not `else`", "`at_end` 的最后一行不是 `else`"),
        ("End it with `{{else: true, go: …}}`.", "请以 `{{else: true, go: …}}` 结尾。"),
    ),
    error(
        "at_end_leads_nowhere",
        ("a row of `at_end` must lead on", "`at_end` 的行必须有去向"),
        ("Add `go` or `end`.", "请加上 `go` 或 `end`。"),
    ),
    error(
        "else_in_leave",
        ("`else` in `leave` would leave the phase at once", "`leave` 中的 `else` 会立刻离开该阶段"),
        ("Write a condition, or move the row to `at_end`.", "请写条件，或移到 `at_end`。"),
    ),
    error(
        "row_after_else",
        ("this row is never reached: a row before it always acts", "该行永远不会执行：前面的行总会生效"),
        ("Move it up, or delete it.", "请上移，或删除它。"),
    ),
    error(
        "row_never_reached",
        ("this row says the same as the row in line {first_line}", "该行与第 {first_line} 行的条件相同"),
        ("Change its condition, or delete it.", "请改变条件，或删除它。"),
    ),
    error(
        "loop_without_time",
        ("the phases {loop} follow each other with no passing of time", "阶段 {loop} 之间不经过任何时间而循环"),
        (
            "Let one of them wait for a reading, a task or a day, or bound it with `up_to`.",
            "请让其中之一等待读数、任务或日期，或用 `up_to` 限制次数。",
        ),
    ),
    error(
        "up_to_without_afterwards",
        ("`up_to` bounds this way and nothing says what comes afterwards", "`up_to` 限制了次数，却没有写明之后怎样"),
        (
            "Add `afterwards: {{go: …}}` or `afterwards: {{end: …}}`.",
            "请加上 `afterwards: {{go: …}}` 或 `afterwards: {{end: …}}`。",
        ),
    ),
    error(
        "missing_route",
        (
            "`{step}` may end `{word}`, and the phase then waits until it times out",
            "`{step}` 可能以 `{word}` 结束，而本阶段只能干等",
        ),
        (
            "Say what happens on `{word}`: an action in the step, or a row of `leave`.",
            "请写明 `{word}` 时怎么办：在步骤中写动作，或在 `leave` 中写一行。",
        ),
    ),
    warning(
        "until_past",
        (
            "`until` is always past when `{name}` is entered, {days} after enrolment at the earliest",
            "`{name}` 最早在入组后 {days} 进入，此时 `until` 必已过去",
        ),
        (
            "The phase then goes to `at_end` at once: count from phase start if that is not meant.",
            "此时会立刻执行 `at_end`：若非本意，请从阶段开始起算。",
        ),
    ),
    error(
        "action_not_here",
        ("`{action}` has no meaning here", "`{action}` 在此处没有意义"),
        ("Here may stand: {known}.", "此处可用：{known}。"),
    ),
    error(
        "unused_name",
        ("`{name}` is never used", "`{name}` 从未使用"),
        ("Use it, or delete it.", "请使用它，或删除它。"),
    ),
    # ------------------------------------------------------------------ steps and handoffs
    error(
        "window_inverted",
        ("`{first}` comes after `{second}`", "`{first}` 晚于 `{second}`"),
        ("An occurrence is late before it is missed.", "应先逾期，后漏做。"),
    ),
    error(
        "window_overlap",
        (
            "the windows of two occurrences overlap: `{opens}` before the next is due, `{missed}` after this one",
            "前后两次的时间窗重叠：下一次提前 `{opens}` 开放，本次到期后 `{missed}` 才算漏",
        ),
        ("Shorten `missed_after` or `opens_before`.", "请缩短 `missed_after` 或 `opens_before`。"),
    ),
    error(
        "repeat_without_slots",
        (
            "the phrase speaks of the medicine's slots, and the step gives no dose",
            "短语提到药物的服用时点，但该步骤不是给药",
        ),
        ("Use it in a step `dose`, or name a time.", "请用于 `dose` 步骤，或写明时间。"),
    ),
    error(
        "medicine_needed",
        ("the phrase speaks of the medicine, and the step names none", "短语提到药物，但该步骤没有指明药物"),
        ("Add `for: medicines where class is …`.", "请加上 `for: medicines where class is …`。"),
    ),
    error(
        "handoff_without_deadline",
        ("this handoff waits for ever: it has no `deadlines`", "该交接没有期限：缺少 `deadlines`"),
        ("Add `deadlines`, for example `{{accepted: 2 days}}`.", "请加上 `deadlines`，例如 `{{accepted: 2 days}}`。"),
    ),
    error(
        "handoff_without_outcome",
        ("this handoff has no `outcomes`", "该交接缺少 `outcomes`"),
        ("Say what each answer of the partner does.", "请写明对方的每种答复怎样处理。"),
    ),
    error(
        "handoff_without_if_stopped",
        ("this handoff does not say what becomes of it when the phase is left", "没有写明离开阶段时该交接怎么办"),
        ("Add `if_stopped: cancel` or `if_stopped: keep`.", "请加上 `if_stopped: cancel` 或 `if_stopped: keep`。"),
    ),
    error(
        "handoff_without_route",
        ("nothing happens when this handoff ends `{word}`", "该交接以 `{word}` 结束时没有任何处理"),
        (
            "Add `{word}` to `outcomes` with a task, or a row of `leave` for it.",
            "请在 `outcomes` 中为 `{word}` 写任务，或在 `leave` 中写一行。",
        ),
    ),
    error(
        "quiz_without_questions",
        ("neither this quiz nor `{name}` in the catalogue has questions", "此测验和目录中的 `{name}` 都没有题目"),
        ("Write them under `questions`.", "请在 `questions` 下写题目。"),
    ),
    error(
        "bad_pass_mark",
        ("`{text}` is not a pass mark here", "`{text}` 不能作为此处的及格线"),
        (
            "Write so many of so many, such as `{example}`; of a quiz the second is the number of its questions.",
            "请写“几 of 几”，例如 `{example}`；测验的第二个数是题目数。",
        ),
    ),
    error(
        "bad_repeat",
        ("`{text}` does not say how it is repeated", "`{text}` 没有说明如何重复"),
        (
            "Write `weekly until passed`, `every 3 days until passed` or `weekly at most 3 times`.",
            "请写 `weekly until passed`、`every 3 days until passed` 或 `weekly at most 3 times`。",
        ),
    ),
    error(
        "nothing_to_pass",
        ("this lesson is never failed, so `not_passed` never acts", "此宣教不会不及格，`not_passed` 永不生效"),
        (
            "Add `tries` to `quiz`, or a `show_back` that is not repeated until passed.",
            "请给 `quiz` 加上 `tries`，或写一个不会一直重复的 `show_back`。",
        ),
    ),
    error(
        "levels_of_no_fact",
        ("`{name}` does not hold the levels of this exercise", "`{name}` 不能保存此锻炼的级别"),
        (
            "Under `facts`, give it `type: one_of` and `options: [{options}]`, in this order.",
            "请在 `facts` 中写 `type: one_of` 和 `options: [{options}]`，顺序相同。",
        ),
    ),
    error(
        "stopped_tells_nobody",
        ("when a session is stopped no person is told", "锻炼中止时没有通知任何人"),
        (
            "Add a task or a ladder without `if` to `stopped`.",
            "请在 `stopped` 中加入不带 `if` 的任务或阶梯。",
        ),
    ),
    error(
        "deadlines_out_of_order",
        ("`{first}` comes before `{second}`, and its deadline is later", "`{first}` 先于 `{second}`，期限却更晚"),
        ("Let deadlines grow in the order of the words.", "期限应按先后顺序递增。"),
    ),
    error(
        "outcome_as_circle",
        ("`as: {name}` leads back to itself", "`as: {name}` 绕回自身"),
        ("Let one of them have actions of its own.", "请让其中之一写出动作。"),
    ),
    # ------------------------------------------------------------------ rules, ladders, readings
    error(
        "rule_without_unknown",
        ("the rule does not say what happens when its condition is unknown", "规则没有写明条件未知时怎么办"),
        (
            "Add `unknown: {{task: …}}` or `unknown: {{not_met: why}}`.",
            "请加上 `unknown: {{task: …}}` 或 `unknown: {{not_met: 原因}}`。",
        ),
    ),
    error(
        "unknown_without_need",
        ("the condition of this rule is never unknown", "该规则的条件不会未知"),
        ("Delete `unknown`.", "请删除 `unknown`。"),
    ),
    error(
        "red_without_ladder",
        ("a red rule reaches nobody: it starts no ladder", "红色规则没有启动升级阶梯，无人会收到"),
        ("Add `{{escalate: …}}` to its `do`.", "请在 `do` 中加上 `{{escalate: …}}`。"),
    ),
    error(
        "self_harm_without_ladder",
        ("nobody is called when `{name}.{item}` tells of self-harm", "`{name}.{item}` 提示自伤时无人会收到"),
        (
            "Add a red rule on it that fires `each answer`, watches `[invited, active, paused, ended for 30 days]` and "
            "escalates.",
            "请加一条针对它的红色规则：`fires: each answer`，`watch: [invited, active, paused, ended for 30 days]`，"
            "并启动升级阶梯。",
        ),
    ),
    error(
        "red_ladder_no_incident",
        ("the ladder `{name}` of a red rule stops in silence", "红色规则的阶梯 `{name}` 最后无人答复也没有下文"),
        (
            "Let its last rung repeat and end in an incident: `repeat: 3 times, then: incident`.",
            "最后一级请写重复并上报：`repeat: 3 times, then: incident`。",
        ),
    ),
    error(
        "red_ladder_not_always",
        (
            "the ladder `{name}` of a red rule ends with `{role}`, which {site} does not staff at all hours",
            "红色规则的阶梯 `{name}` 以 `{role}` 结束，而{site}并非全天有人值守",
        ),
        ("End it with a role that is on duty day and night.", "最后一级请用全天值守的角色。"),
    ),
    error(
        "red_working_time",
        ("a deadline of a red rule counts working time", "红色规则的期限按工作时间计算"),
        ("Write clock time such as `15 min`.", "请写钟表时间，例如 `15 min`。"),
    ),
    error(
        "red_waits_off_duty",
        ("a rung of a red ladder waits while its role is off duty", "红色阶梯在角色下班时等待"),
        (
            "Delete `off_duty: wait`: a rung off duty is passed at once.",
            "请删除 `off_duty: wait`：下班的一级会立即跳过。",
        ),
    ),
    error(
        "red_message_class",
        ("a red rule says `{name}`, a message of class {kind}", "红色规则发送的消息 `{name}` 属于 {kind} 类"),
        (
            "Give the message `class: red`, else quiet hours may hold it back.",
            "请把消息设为 `class: red`，否则会被免打扰时段拦下。",
        ),
    ),
    error(
        "measure_without_silence",
        ("nobody notices when `{name}` stops coming", "`{name}` 不再上报时无人察觉"),
        (
            "Add a rule `if: {name} missed n times in a row`, or a step `as soon as {name} missed …`.",
            "请加规则 `if: {name} missed n times in a row`，或 `as soon as {name} missed …` 的步骤。",
        ),
    ),
    error(
        "derived_never_filled",
        (
            "`{name}` needs {needed} {what}, and the steps bring at most {most} in its window",
            "`{name}` 需要 {needed} {what}，而步骤在其窗口内最多提供 {most}",
        ),
        ("Ask for more readings, or need fewer.", "请增加测量，或降低要求。"),
    ),
    error(
        "derived_not_fed",
        ("no step asks for `{name}`", "没有步骤测量 `{name}`"),
        ("Add a step that measures it.", "请加一个测量它的步骤。"),
    ),
    error(
        "repeat_measurement_not_alone",
        ("`repeat_measurement` needs a rule about one measure", "`repeat_measurement` 需要针对一个测量项的规则"),
        ("Let the condition speak of one measure.", "请让条件只涉及一个测量项。"),
    ),
    error(
        "settled_by_no_task",
        (
            "`settled_by: the task` stands here and the rule opens no task",
            "写了 `settled_by: the task`，规则却没有任务",
        ),
        ("Add a task to `do`.", "请在 `do` 中加任务。"),
    ),
    error(
        "never_eligible",
        ("nobody can ever take part: {why}", "没有人能够入组：{why}"),
        ("Mend `include` or `exclude`.", "请改正 `include` 或 `exclude`。"),
    ),
    warning(
        "evidence_not_checked",
        ("nobody has compared the numbers of `{name}` with the source", "尚无人核对 `{name}` 的数值与原文"),
        ("Compare them, then delete `checked: no`.", "请核对后删除 `checked: no`。"),
    ),
    error(
        "message_too_long",
        (
            "the {language} text has {length} characters, and `{channel}` carries {limit}",
            "{language} 文本有 {length} 个字符，而 `{channel}` 最多 {limit}",
        ),
        ("Shorten it.", "请缩短。"),
    ),
    # ------------------------------------------------------------------ against a site
    warning(
        "site_needed",
        (
            "no site is given: who is on duty, caps and partners are not checked",
            "没有指定机构：未检查值班、上限和合作方",
        ),
        ("Give one with `--site FILE`.", "请用 `--site FILE` 指定。"),
    ),
    error(
        "role_not_at_site",
        ("{site} has no role `{name}`", "{site}没有角色 `{name}`"),
        ("It has: {known}.", "它有：{known}。"),
    ),
    error(
        "partner_not_at_site",
        ("{site} has no partner `{name}`", "{site}没有合作方 `{name}`"),
        ("It has: {known}.", "它有：{known}。"),
    ),
    error(
        "season_not_at_site",
        ("{site} has no season `{name}`, so this would never come", "{site}没有季节 `{name}`，此步骤永远不会到来"),
        ("It has: {known}.", "它有：{known}。"),
    ),
    error(
        "channel_not_at_site",
        ("{site} has no channel `{name}`", "{site}没有通道 `{name}`"),
        ("It has: {known}.", "它有：{known}。"),
    ),
    error(
        "profile_not_known",
        (
            "{site} works by the profile `{name}`, which this pathway does not have",
            "{site}采用方案配置 `{name}`，而本路径没有",
        ),
        ("Profiles: {known}.", "方案配置：{known}。"),
    ),
    error(
        "too_many_contacts",
        (
            "`{name}` sends {count} messages of class {kind} a day, and {site} allows {cap}",
            "`{name}` 每天发送 {count} 条 {kind} 类消息，而{site}最多允许 {cap} 条",
        ),
        ("Ask less often, or remind less.", "请减少次数或提醒。"),
    ),
    # ------------------------------------------------------------------ a site itself
    error(
        "unknown_zone",
        ("`{name}` is not a time zone", "`{name}` 不是时区"),
        ("Write a name such as Asia/Shanghai.", "请写 Asia/Shanghai 这样的名称。"),
    ),
    error(
        "bad_date",
        ("`{text}` is not a date", "`{text}` 不是日期"),
        ("Write it as 2026-10-01.", "请写成 2026-10-01。"),
    ),
    error(
        "bad_clock_time",
        ("`{text}` is not {what}", "`{text}` 不是{what}"),
        ("Write {example}.", "请写 {example}。"),
    ),
    error(
        "day_twice",
        ("{text} stands here twice", "{text} 重复出现"),
        ("Keep it once: a day is a holiday or a working day.", "只保留一次：一天只能是假日或工作日。"),
    ),
    error(
        "cover_in_a_circle",
        ("the cover of `{name}` leads back to it", "`{name}` 的代班绕回自身"),
        ("Let a role at all hours end the chain.", "请以全天值守的角色结束。"),
    ),
    error(
        "unknown_cover",
        (
            "`{name}` is covered by `{cover}`, which is no role of this site",
            "`{name}` 的代班 `{cover}` 不是本机构的角色",
        ),
        ("Roles: {known}.", "角色：{known}。"),
    ),
    error(
        "role_never_on_duty",
        ("nobody is ever on duty as `{name}`", "`{name}` 从来无人值班"),
        ("Give it `always: yes`, `hours` or `cover`.", "请写 `always: yes`、`hours` 或 `cover`。"),
    ),
    error(
        "cap_below_engine",
        (
            "the cap `{name}` is zero: no message of this class could ever be sent",
            "上限 `{name}` 为零：该类消息永远无法发送",
        ),
        ("Write at least 1.", "请至少写 1。"),
    ),
)

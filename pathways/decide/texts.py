"""Every text of the decider that people read, keyed, in English and Chinese.

Placeholders are filled with plain words or with ``Text`` values, each in its own language.
"""

from __future__ import annotations

import re
from functools import cache

from pathways.lang.plan_base import Text

TEXTS: dict[str, tuple[str, str]] = {
    # what happened
    "enrolled": ("Enrolled in {pathway}.", "已加入{pathway}。"),
    "waiting_consent": ("Waiting for consent: {what}.", "等待同意：{what}。"),
    "waiting_facts": ("Waiting for facts: {what}.", "等待补充信息：{what}。"),
    "excluded": ("Not eligible: {what}.", "不符合入组条件：{what}。"),
    "already_active": ("The patient is already on this pathway.", "患者已在此路径中。"),
    "active": ("{pathway} begins.", "{pathway}开始。"),
    "entered": ("{phase} begins.", "进入{phase}。"),
    "left": ("{phase} ends.", "{phase}结束。"),
    "left_why": ("{phase} ends: {why}.", "{phase}结束：{why}。"),
    "decided": ("{name}: {word}.", "{name}：{word}。"),
    "decided_why": ("{name}: {word} ({why}).", "{name}：{word}（{why}）。"),
    "decided_unknown": ("cannot be told", "无法判定"),
    "proposed": ("Proposed: {name}: {word}.", "建议：{name}：{word}。"),
    "chosen": ("{name}: {word}, as proposed.", "{name}：{word}，与建议一致。"),
    "chosen_otherwise": ("{name}: {word}; proposed was {proposed}.", "{name}：{word}；建议为{proposed}。"),
    "chosen_why": ("{name}: {word} ({why}); proposed was {proposed}.", "{name}：{word}（{why}）；建议为{proposed}。"),
    "why_else": ("no other row holds", "其他条件均不成立"),
    "why_unknown": ("it cannot be judged", "无法判断"),
    "why_not_known": ("{name} is not known, {why}", "{name}未知，{why}"),
    "why_is": ("{name}: {value}", "{name}：{value}"),
    "why_row": ("{what}, {times} times in a row", "{what}，连续{times}次"),
    "why_of": ("{what}, {n} of the last {m} times", "{what}，最近{m}次中{n}次"),
    "why_missed": ("{name} missed {times} times in a row", "{name}连续漏做{times}次"),
    "why_no_later": ("its deadline has come", "已到最后期限"),
    "why_rule": ("a rule leads on", "规则要求转入下一步"),
    "why_often": ("{why}; this way was taken {times} times already", "{why}；该路径已走过{times}次"),
    "at_end": ("{phase} has reached its end.", "{phase}到期。"),
    "no_later": ("{phase} has reached its deadline.", "{phase}到达最后期限。"),
    "loop_cut": (
        "The pathway goes round {phase} without time passing; it was stopped here for a person to look at.",
        "路径在{phase}循环而时间未推进，已停下等待人工处理。",
    ),
    "ended": ("{pathway} ends: {what}.", "{pathway}结束：{what}。"),
    "planned": ("{step} planned.", "已安排{step}。"),
    "planned_many": ("{step} planned: {count} times until {until}.", "已安排{step}：{count}次，至{until}。"),
    "opened": ("{step} is open.", "{step}已开始。"),
    "occurrence": ("{step}: {outcome}.", "{step}：{outcome}。"),
    "occurrence_why": ("{step}: {outcome} ({why}).", "{step}：{outcome}（{why}）。"),
    "booked": ("{step} booked.", "{step}已预约。"),
    "reading": ("Reading taken over: {values}.", "收到读数：{values}。"),
    "reading_refused": ("Reading not accepted: {why}.", "读数未采纳：{why}。"),
    "reading_removed": ("A reading entered in error was removed.", "已删除误录读数。"),
    "rule_fired": ("{rule}: found ({values}).", "{rule}：触发（{values}）。"),
    "rule_awaits": (
        "{rule}: one reading ({values}); a second is asked for.",
        "{rule}：首次读数（{values}），已请求复测。",
    ),
    "rule_confirmed": ("{rule}: confirmed ({why}).", "{rule}：已确认（{why}）。"),
    "rule_settled": ("{rule}: settled.", "{rule}：已缓解。"),
    "rule_closed": ("{rule}: closed with its task.", "{rule}：随任务完成而关闭。"),
    "rule_normal_second": ("{rule}: the second reading is normal.", "{rule}：复测正常。"),
    "rule_unknown": ("{rule}: cannot be judged.", "{rule}：无法判断。"),
    "rule_guides": (
        "{rule}: treat and measure again ({number} of {of}).",
        "{rule}：处理后复测（第{number}次，共{of}次）。",
    ),
    "rule_guide_settled": ("{rule}: well again after treatment.", "{rule}：处理后已恢复。"),
    "rule_guide_no_reading": ("{rule}: no reading came after treatment.", "{rule}：处理后未收到复测。"),
    "rule_guide_unknown": ("{rule}: the reading after treatment tells nothing.", "{rule}：处理后的读数无法判断。"),
    "rule_guide_found": ("{rule}: the reading after treatment needs a person.", "{rule}：处理后的读数需要人工处理。"),
    "rule_guide_in_vain": (
        "{rule}: not well again after {number} treatments.",
        "{rule}：处理{number}次后仍未恢复。",
    ),
    "rule_not_settled": ("Not settled after all: {rule}", "仍未缓解：{rule}"),
    "task_opened": ("Task for {role}: {title}.", "{role}任务：{title}。"),
    "target_merged": (
        "{parameter} is {value}, as {pathway} has it: {why}.",
        "{parameter}为{value}，取自{pathway}：{why}。",
    ),
    "target_own": (
        "{parameter} is {value} again, this pathway's own number.",
        "{parameter}恢复为{value}，即本路径自己的数值。",
    ),
    "target_lowest": ("of several pathways the lowest number holds", "多条路径中取最低值"),
    "target_highest": ("of several pathways the highest number holds", "多条路径中取最高值"),
    "target_mine": ("that pathway's number holds for all", "以该路径的数值为准"),
    "task_joined": ("One task answers for this too: {title}; see {other}.", "{title}已并入同一任务：{other}。"),
    "task_of": ("{title} ({pathway})", "{title}（{pathway}）"),
    "task_done": ("Task done: {title}.", "任务完成：{title}。"),
    "task_cancelled": ("Task cancelled: {title} ({why}).", "任务取消：{title}（{why}）。"),
    "task_claimed": ("Task claimed: {title}.", "任务已认领：{title}。"),
    "task_released": ("Task given back: {title}.", "任务已退回：{title}。"),
    "task_moved": ("Task passed to {role}: {title}.", "任务转给{role}：{title}。"),
    "task_attempt": ("Not reached ({number} of {most}): {title}.", "未联系上（第{number}次，共{most}次）：{title}。"),
    "no_attempts": ("This task has no attempts to count.", "此任务没有尝试次数。"),
    "task_snoozed": ("Task put off: {title}.", "任务延后：{title}。"),
    "task_late": ("Task late: {title}.", "任务逾期：{title}。"),
    "rung": ("{role} told: {title}.", "已通知{role}：{title}。"),
    "incident": ("Nobody answered: {title}.", "无人应答：{title}。"),
    "nobody": ("Nobody is on duty for: {title}.", "无人值班：{title}。"),
    "message": ("Message planned: “{what}”", "已安排消息：“{what}”"),
    "message_not_sent": ("Message not sent: {what} ({why}).", "消息未发送：{what}（{why}）。"),
    "handoff_started": ("{step}: asked.", "{step}：已发出请求。"),
    "handoff_word": ("{step}: {word}.", "{step}：{word}。"),
    "handoff_unread": (
        "{step}: part of the answer could not be read ({names}).",
        "{step}：部分答复内容无法识别（{names}）。",
    ),
    "handoff_late": ("{step}: no answer in time ({word}).", "{step}：逾期未答复（{word}）。"),
    "handoff_after": ("{step}: a late answer came ({word}).", "{step}：收到迟到的答复（{word}）。"),
    "handoff_cancel": ("{step}: asked to cancel.", "{step}：已请求取消。"),
    "fact_set": ("{fact} was changed.", "{fact}已更改。"),
    "parameter_set": ("{parameter} was changed to {value}.", "{parameter}已改为{value}。"),
    "verb": ("{verb}.", "{verb}。"),
    "level_up": ("{step}: up to the level “{level}”.", "{step}：升至级别“{level}”。"),
    "level_down": ("{step}: down to the level “{level}”.", "{step}：降至级别“{level}”。"),
    "quiz": ("{step}: {right} of {of} right.", "{step}：{of}题答对{right}题。"),
    "quota_behind": ("{quota}: {have} of {owed} done or booked.", "{quota}：已完成或预约{have}次，应为{owed}次。"),
    "window": ("{name}: {values} from {count} readings on {days} days.", "{name}：{values}（{days}天{count}次读数）。"),
    "window_unknown": ("{name}: not known ({why}; {count} readings).", "{name}：未知（{why}；{count}次读数）。"),
    "exclusion_true": ("A reason against this pathway has become true: {what}.", "出现排除条件：{what}。"),
    # tasks of our own
    "task_eligibility": ("Find out before the pathway can begin: {what}", "入组前需核实：{what}"),
    "task_fact": ("Ask again: {what}", "请再次核实：{what}"),
    "task_dose_times": ("When is {medicine} taken? ({step})", "{medicine}何时服用？（{step}）"),
    "task_dose_unknown": (
        "Which medicines are taken? The list is not known any more. ({step})",
        "用药清单未知，请核实。（{step}）",
    ),
    "taken_as_needed": ("{medicine} taken as needed.", "按需服用：{medicine}。"),
    "task_prescription": ("Needs a signed prescription: {step}", "需要已签名的处方：{step}"),
    "read_reply": ("Read the patient's reply: {reply}", "阅读患者回复：{reply}"),
    "task_past": ("Its time has passed: {step}", "已过时间：{step}"),
    "task_advice": ("Approve advice: {step}", "审核建议：{step}"),
    "advice_proposed": ("{step}: proposed to a clinician. {because}", "{step}：已提请临床人员审核。{because}"),
    "advice_judged": ("{step}: the advice {effect}.", "{step}：{effect}。"),
    "task_order": ("Sign the order: {step}, {order}", "签署医嘱：{step}，{order}"),
    "task_handoff_after": ("A late answer came after the end: {step}", "结束后收到答复：{step}"),
    "task_conflict": ("Two pathways disagree: {what}", "两个路径不一致：{what}"),
    # messages of our own
    "remind": ("Time for: {step}.", "请完成：{step}。"),
    "remind_dose": ("Time for your medicine: {medicines}.", "请按时服药：{medicines}。"),
    "teach": ("Please look at: {title}.", "请查看：{title}。"),
    "ask": ("Please answer: {step}.", "请回答：{step}。"),
    "exercise": ("Time to exercise: {step}.", "该锻炼了：{step}。"),
    "told": ("{title}. Please claim it.", "{title}。请认领。"),
    "told_late": ("Late: {title}. Please claim it.", "已逾期：{title}。请认领。"),
    # answers to commands
    "done": ("Done.", "已完成。"),
    "duplicate": ("This was already done.", "该操作已执行过。"),
    "no_task": ("There is no such open task.", "没有这个未完成的任务。"),
    "not_claimed": ("The task is not claimed.", "任务尚未认领。"),
    "claimed_by_other": ("Somebody else has claimed the task.", "任务已被他人认领。"),
    "red_no_snooze": ("A red task cannot be put off.", "红色任务不能延后。"),
    "needs_until": ("Putting off needs a later time.", "延后需要给出之后的时间。"),
    "for_several": ("It is for several roles: each of them signs it.", "此任务需多个角色共同处理：请各自签署。"),
    "nothing_to_sign": ("Only a conference is signed. Complete this task.", "只有讨论才需要签署。请直接完成此任务。"),
    "not_to_sign": (
        "It is signed by: {roles}. Say in which of these roles you act.",
        "签署角色：{roles}。请说明您的角色。",
    ),
    "signed_already": ("{role} has signed it already.", "{role}已签署。"),
    "signatures_missing": (
        "It needs {number} more to sign before it can be completed, of: {roles}.",
        "完成前还需{number}个角色签署：{roles}。",
    ),
    "form_by_the_last": ("The form is filled in with the last signature.", "表单由最后签署者填写。"),
    "task_signed": ("{role} signed: {title}.", "{role}已签署：{title}。"),
    "needs_reason": ("A reason is needed.", "需要说明原因。"),
    "needs_role": ("Passing on needs a role of this pathway: {roles}.", "转派需要本路径的角色：{roles}。"),
    "unknown_verb": ("There is no such action: {verb}.", "没有这个操作：{verb}。"),
    "form_missing": ("This field is needed: {field}.", "此项必填：{field}。"),
    "form_not_asked": ("This is not asked after the other answers: {field}.", "根据其他回答，此项不需填写：{field}。"),
    "form_unknown": ("There is no such field: {field}.", "没有此项：{field}。"),
    "form_wrong": ("This value does not fit: {field} ({expected}).", "此值不合要求：{field}（{expected}）。"),
    "is_dead": ("The patient is marked as dead.", "患者已登记死亡。"),
    "no_enrolment": ("There is no such enrolment.", "没有这个入组记录。"),
    "not_running": ("The pathway is not running.", "路径未在运行。"),
    "already_paused": ("The pathway is already paused.", "路径已暂停。"),
    "not_paused": ("The pathway is not paused.", "路径未暂停。"),
    "no_fact": ("There is no such fact: {fact}.", "没有这项信息：{fact}。"),
    "fact_wrong": ("This value does not fit {fact}.", "此值不适用于{fact}。"),
    "no_parameter": ("There is no such parameter: {parameter}.", "没有这个参数：{parameter}。"),
    "parameter_fixed": ("{parameter} cannot be changed for one patient.", "{parameter}不能为单个患者更改。"),
    "parameter_role": ("{parameter} may be changed by: {roles}.", "{parameter}只能由以下角色更改：{roles}。"),
    "parameter_unit": ("{parameter} is in {unit}.", "{parameter}的单位是{unit}。"),
    "parameter_range": (
        "{parameter} must be from {low} to {high} {unit}.",
        "{parameter}须在{low}到{high} {unit}之间。",
    ),
    "no_step": ("There is no such step now: {step}.", "目前没有这个步骤：{step}。"),
    "step_must": ("This step may not be skipped: {step}.", "此步骤不可跳过：{step}。"),
    "step_unless": (
        "This step may be skipped only for one of these reasons: {reasons}.",
        "此步骤仅可因以下原因之一跳过：{reasons}。",
    ),
    "no_occurrence": ("Nothing of this step is open: {step}.", "此步骤没有未完成的项目：{step}。"),
    "no_visit": ("There is no visit to record: {step}.", "没有可记录的就诊：{step}。"),
    "visit_mode": ("The visit must be one of: {modes}.", "就诊方式须为：{modes}。"),
    "visit_start": ("Booking needs a date and time.", "预约需要日期和时间。"),
    "no_end": ("Staff may end it with: {ends}.", "可由工作人员结束的原因：{ends}。"),
    "no_verb_here": ("This pathway says nothing about: {verb}.", "此路径未规定：{verb}。"),
    "no_reading": ("There is no such reading.", "没有这条读数。"),
    "needs_transfer": ("Say where the patient goes.", "请说明转往何处。"),
    "answer_wrong": ("This answer does not fit the step: {outcome}.", "此回答不适用于该步骤：{outcome}。"),
    "quiz_passed": ("Passed: {right} of {of} right.{told}", "已通过：{of}题答对{right}题。{told}"),
    "quiz_again": ("{right} of {of} right. Please try again.{told}", "{of}题答对{right}题，请再试一次。{told}"),
    "quiz_failed": (
        "{right} of {of} right. That was the last try; we will help you.{told}",
        "{of}题答对{right}题。答题次数已用完，我们会帮助您。{told}",
    ),
    # words
    "out_done": ("done", "已完成"),
    "out_done_late": ("done late", "迟完成"),
    "out_partly": ("partly done", "部分完成"),
    "out_missed": ("missed", "漏做"),
    "out_taken": ("taken", "已服"),
    "out_taken_late": ("taken late", "迟服"),
    "out_not_taken": ("not taken", "未服"),
    "out_read": ("read", "已读"),
    "out_passed": ("passed", "已通过"),
    "out_stopped": ("stopped", "已中止"),
    "out_sent": ("sent", "已发送"),
    "out_undelivered": ("not delivered", "未送达"),
    "out_skipped": ("skipped", "已跳过"),
    "out_cancelled": ("cancelled", "已取消"),
    "out_failed": ("failed", "失败"),
    "out_no_show": ("did not come", "未到"),
    "out_moved": ("moved", "已改期"),
    "out_silent": ("no answer", "无答复"),
    "hand_draft": ("not yet asked", "尚未发出请求"),
    "hand_requested": ("asked", "已发出请求"),
    "hand_created": ("asked", "已发出请求"),
    "hand_in_hand": ("being looked at", "处理中"),
    "hand_appointment_cancelled": ("appointment cancelled", "预约已取消"),
    "hand_cancellation_requested": ("asked to cancel", "已请求取消"),
    "hand_accepted": ("accepted", "已接受"),
    "hand_preparing": ("being prepared", "准备中"),
    "hand_partly": ("partly handed over", "部分交付"),
    "hand_handed_over": ("handed over", "已交付"),
    "hand_declined": ("declined", "已拒绝"),
    "hand_cancelled": ("cancelled", "已取消"),
    "hand_failed": ("failed", "未能完成"),
    "hand_scheduled": ("appointment made", "已预约"),
    "hand_unattended": ("patient did not come", "患者未到"),
    "hand_seen": ("patient was seen", "已就诊"),
    "hand_returned": ("answer came back", "已反馈"),
    "hand_received": ("received", "已收件"),
    "hand_information_wanted": ("papers wanted", "需补充材料"),
    "hand_approved": ("approved as asked", "按申请批准"),
    "hand_modified": ("approved otherwise than asked", "部分批准"),
    "hand_denied": ("denied", "未批准"),
    "hand_started": ("begun", "已开始"),
    "hand_session_done": ("session done", "完成一次训练"),
    "hand_session_missed": ("session missed", "错过一次训练"),
    "hand_visit_done": ("visit done", "完成一次上门"),
    "hand_visit_missed": ("visit missed", "错过一次上门"),
    "hand_completed": ("course completed", "疗程完成"),
    "hand_stopped": ("course stopped", "疗程中止"),
    "hand_no_slot": ("no place free", "暂无名额"),
    "hand_ordered": ("order taken", "已接单"),
    "hand_collected": ("specimen collected", "已采样"),
    "hand_unusable": ("specimen cannot be used", "标本不合格"),
    "hand_preliminary": ("first results are there", "已出初步结果"),
    "hand_resulted": ("results are there", "已出结果"),
    "end_ended_by_caller": ("ended with the pathway that called it", "随调用它的路径结束"),
    "end_not_eligible": ("not eligible", "不符合条件"),
    "out_already_running": ("already running", "已在运行"),
    "why_version": ("another version is running", "运行的是其他版本"),
    "adopted": ("{pathway}: adopted, with all its history.", "{pathway}：已接管，保留全部记录。"),
    "task_call_version": (
        "{pathway} runs in version {version}, version {wanted} is needed: decide whether to move it",
        "{pathway}运行的是 {version} 版，需要 {wanted} 版：请决定是否升级",
    ),
    "out_approved": ("approved", "已批准"),
    "out_edited": ("edited and sent", "修改后发送"),
    "out_refused": ("refused", "未采纳"),
    "out_expired": ("not decided in time", "逾期未决"),
    "effect_worked": ("worked", "建议有效"),
    "effect_nothing": ("did nothing", "建议无效"),
    "effect_unclear": ("cannot be judged", "效果不明"),
    "why_advice_open": ("a proposal is still open", "仍有待审核的建议"),
    "why_no_advice": ("nothing to propose", "没有可提出的建议"),
    "end_withdrawn": ("withdrawn", "已退出"),
    "end_died": ("died", "已去世"),
    "end_transferred": ("transferred", "已转出"),
    "why_quiz": ("quiz not passed", "测验未通过"),
    "why_show_back": ("to be shown again", "需再次演示"),
    "why_stop_rule": ("the stop rule", "达到中止标准"),
    "why_pain": ("pain", "疼痛"),
    "why_dizzy": ("dizzy", "头晕"),
    "why_breathless": ("breathless", "气促"),
    "why_chest_pain": ("chest pain", "胸痛"),
    "why_tired": ("tired", "疲劳"),
    "why_other": ("another reason", "其他原因"),
    "why_entered_in_error": ("entered in error", "误录"),
    "why_readmitted": ("readmitted", "再次入院"),
    "why_elsewhere": ("done elsewhere", "已在别处完成"),
    "why_not reached": ("not reached", "未能联系上"),
    "why_not needed": ("not needed", "不再需要"),
    "why_could not": ("could not", "无法完成"),
    "why_conference_open": ("still on the list", "仍在清单上"),
    "why_paused": ("paused", "已暂停"),
    "why_none": ("none was needed", "均不需要"),
    "why_rounds": ("as often as it may be repeated", "已达最多重复次数"),
    "why_guard": ("not called for", "不适用"),
    "why_past": ("its time has passed", "已过时间"),
    "why_left": ("the phase was left", "已离开阶段"),
    "why_ended": ("the pathway ended", "路径已结束"),
    "why_stopped": ("stopped", "已停止"),
    "why_no_medicine": ("no such medicine is prescribed", "没有相应处方"),
    "why_unsigned": ("no signed prescription", "无签名处方"),
    "why_opted_out": ("opted out", "已退订"),
    "why_no_consent": ("no consent", "未同意"),
    "why_silenced": ("nothing is sent any more", "不再发送"),
    "why_cap": ("enough messages that day", "当日消息已满"),
    "why_cap_week": ("enough messages that week", "本周消息已满"),
    "why_quiet": ("quiet hours", "免打扰时段"),
    "why_duplicate": ("the same was planned already", "已有相同消息"),
    "why_no_channel": ("no channel", "无可用渠道"),
    "why_no_repeat": ("no second reading came", "未收到复测"),
    "why_second": ("the second reading is as high", "复测仍异常"),
    "why_red": ("red passes quiet hours and caps", "红色消息不受限制"),
    "why_expired": ("too late to be of use", "已过有效期"),
    "why_implausible": ("implausible", "不合理"),
    "why_no_measure": ("no pathway uses it", "无路径使用"),
    "why_refused": ("declined", "已拒绝"),
    "pause": ("Paused", "已暂停"),
    "resume": ("Resumed", "已恢复"),
    "withdraw": ("Withdrawn", "已退出"),
    "died": ("Marked as dead", "已登记死亡"),
    "readmitted": ("Readmitted", "再次入院"),
    "discharged_again": ("Discharged again", "再次出院"),
    "contact_refused": ("Contact refused", "拒绝联系"),
    "words_to_read": ("Words of the patient to read", "待阅读的患者文字"),
    "transfer": ("Transferred", "已转出"),
    "end": ("Ended by staff", "由工作人员结束"),
    "skip_step": ("Step skipped", "已跳过步骤"),
    "do_step": ("Step to be done now", "立即执行步骤"),
    "entered_in_error": ("Entered in error", "误录更正"),
    "consent_changed": ("Wishes changed", "意愿已更改"),
    # receipts
    "message_delivered": ("Delivered: {what}.", "已送达：{what}。"),
    "message_read": ("Read: {what}.", "已读：{what}。"),
    "message_undelivered": ("Could not be delivered: {what}.", "未能送达：{what}。"),
    "message_unknown": ("Not known whether it was delivered: {what}.", "不确定是否送达：{what}。"),
    "task_undelivered": (
        "Reach the patient another way: {what} was not delivered",
        "消息未送达，请改用其他方式联系患者：{what}",
    ),
    "caregiver_dose": ("Please remind them of the medicines that are due now.", "请提醒您照护的人现在按时服药。"),
    # case sheet
    "sheet_none": ("No pathway is running.", "没有运行中的路径。"),
    "sheet_phase": ("{pathway}: {phase}, day {day}", "{pathway}：{phase}，第{day}天"),
    "sheet_invited": ("{pathway}: waiting to begin", "{pathway}：等待开始"),
    "sheet_paused": ("paused", "已暂停"),
    "sheet_wrong": ("Wrong: {what}", "异常：{what}"),
    "sheet_fine": ("Nothing is wrong.", "无异常。"),
    "sheet_nothing_next": ("Nothing is planned.", "暂无安排。"),
    "sheet_tasks": ("Open tasks: {what}", "未完成任务：{what}"),
    "sheet_no_tasks": ("No open tasks.", "无未完成任务。"),
    "sheet_ended": ("Ended: {what}", "已结束：{what}"),
    "flag_red": ("red flag", "红色警报"),
    "flag_amber": ("amber flag", "黄色警报"),
    "flag_no_data": ("no data", "无数据"),
    "flag_paused": ("paused", "已暂停"),
    "flag_overdue": ("overdue task", "任务逾期"),
    "next_phase_end": ("end of {phase}", "{phase}结束"),
    "next_opens": ("{step} can begin", "{step}可以开始"),
    "next_closes": ("last moment for {step}", "{step}的最后时限"),
    "next_planning": ("planning", "制定计划"),
    "next_repeat": ("second reading", "复测"),
    "next_rung": ("next person told", "通知下一位"),
    "next_late": ("task due: {title}", "任务到期：{title}"),
    "next_deadline": ("answer of the partner: {step}", "合作方答复：{step}"),
    "next_follow": ("look again: {rule}", "复查：{rule}"),
    "next_quota": ("visits of the year counted", "统计年度随访"),
    "next_fact": ("ask the patient: {what}", "询问患者：{what}"),
}


_END = re.compile(r"(?<=[.?!])\s|(?<=[。？！])")
_FILLED = re.compile(r"\{[^{}]*\}")


def text(key: str, /, **values: object) -> Text:
    """The text of ``key`` in both languages. Raises KeyError for a key there is not (programmer error)."""
    if not values:
        return _fixed(key)
    en, zh = TEXTS[key]
    return made(en.format(**_in(values, 0)), zh.format(**_in(values, 1)))


@cache
def _fixed(key: str) -> Text:
    en, zh = TEXTS[key]
    return Text(en=en, zh=zh)


def _in(values: dict[str, object], language: int) -> dict[str, object]:
    return {k: (v.zh if language else v.en) if isinstance(v, Text) else v for k, v in values.items()}


def word(kind: str, value: str) -> Text:
    """A coded word (``out_done``, ``why_paused``) for people; a word not known is shown as it is."""
    for key in (f"{kind}_{value}", f"hand_{value}"):
        if key in TEXTS:
            return text(key)
    return made(value.replace("_", " "), value)


def gist(words: Text) -> Text:
    """The first sentence of a message, for those who watch: what is filled in for each patient is left out."""
    en, zh = (_END.split(_FILLED.sub("…", said), maxsplit=1)[0] for said in (words.en, words.zh))
    return Text.model_construct(en=en, zh=zh)


def plain(value: str) -> Text:
    """A text that is the same in every language (names of codes, numbers)."""
    return made(value, value)


_LANGUAGES = frozenset(Text.model_fields)


def made(en: str, zh: str) -> Text:
    """``Text(en=…, zh=…)`` of words that are known to be text: without the checks, which cost four times as much."""
    new = Text.__new__(Text)
    object.__setattr__(new, "__dict__", {"en": en, "zh": zh})
    object.__setattr__(new, "__pydantic_fields_set__", set(_LANGUAGES))
    object.__setattr__(new, "__pydantic_extra__", None)
    object.__setattr__(new, "__pydantic_private__", None)
    return new

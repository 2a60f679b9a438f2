"""What rows, rules and ends do, in people's words. A kind that is not known here does not pass the type checker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from pathways.lang.plan import (
    Action,
    Advise,
    AskMeasure,
    End,
    Escalate,
    FormField,
    Go,
    OpenTask,
    Phase,
    PlanStep,
    Row,
    Rung,
    Say,
    SetFact,
    StepControl,
    Target,
    TaskSpec,
)
from pathways.lang.plan_base import Duration, Text
from pathways.lang.plan_say import say_quantity, unit_word
from pathways.lang.plan_steps import Attempts
from pathways.lang.render_words import Names


def action_words(names: Names, action: Action) -> str:
    """One action, with the condition it is bound to."""
    said = _action(names, action)
    if action.only_if is None:
        return said
    cond = names.cond(action.only_if)
    return names.say(f"{said} (only if {cond})", f"{said}（仅当{cond}）")


def _action(names: Names, action: Action) -> str:
    match action:
        case Say(message=message):
            return names.say(f"send “{names.message(message)}”", f"发送“{names.message(message)}”")
        case OpenTask(task=task):
            return task_words(names, task) + attempts_words(names, action.attempts)
        case Escalate(ladder=ladder, task=task):
            quoted = "" if task is None else f"“{names.text(task.title)}”"
            title = quoted and names.say(f" for {quoted}", f"：{quoted}")
            said = names.word(ladder)
            more = [] if task is None else _task_more(names, task)
            told = names.say(f"tell people up the ladder “{said}”{title}", f"按升级阶梯“{said}”逐级通知{title}")
            return names.say(", ", "，").join([told, *more])
        case PlanStep(step=step, at=at):
            return names.say(
                f"plan “{names.step(step)}” again on {names.moment(at)}",
                f"于{names.moment(at)}重新安排“{names.step(step)}”",
            )
        case Advise(step=step):
            return names.say(f"propose “{names.step(step)}” now", f"立即提出“{names.step(step)}”")
        case StepControl(kind=kind, step=step):
            zh = {"start": "开始", "stop": "停止", "hold": "暂停"}[kind]
            return names.say(f"{kind} “{names.step(step)}”", f"{zh}“{names.step(step)}”")
        case SetFact(fact=fact, word=word):
            to = names.say("now", "当前时间") if word is None else names.word(word)
            return names.say(f"note {names.word(fact)}: {to}", f"记录{names.word(fact)}：{to}")
        case AskMeasure(measure=measure):
            title = names.text(names.plan.measures[measure].title)
            return names.say(f"ask for a measurement now: {title}", f"请立即测量：{title}")
        case Go(phase=phase):
            return target_words(names, Target(go=phase))
        case End(end=end):
            return target_words(names, Target(end=end))
        case _ as never:
            assert_never(never)


def actions_words(names: Names, actions: Iterable[Action]) -> str:
    """Actions in a row."""
    return names.say("; ", "；").join(action_words(names, action) for action in actions)


def task_words(names: Names, task: TaskSpec) -> str:
    """A task: what, who, until when, what if not."""
    title, role = names.text(task.title), names.role(task.role)
    parts = [names.say(f"task for {role}: “{title}”", f"{role}任务：“{title}”")]
    if task.due is not None:
        due = names.length(task.due)
        parts.append(names.say(f"within {due}", f"{due}内完成"))
    if task.ladder is not None:
        said = names.word(task.ladder)
        parts.append(names.say(f"if late, up the ladder “{said}”", f"逾期则按升级阶梯“{said}”通知"))
    return names.say(", ", "，").join([*parts, *_task_more(names, task)])


def _task_more(names: Names, task: TaskSpec) -> list[str]:
    """What a task asks, and what becomes of it when the phase is left."""
    kept = [names.say("kept when the phase is left", "离开阶段后保留")] if task.on_leave == "keep" else []
    return [form_words(names, task.form), *kept] if task.form else kept


def attempts_words(names: Names, attempts: Attempts | None) -> str:
    """How often somebody is tried to be reached, and what is done when it was in vain."""
    if attempts is None:
        return ""
    apart = names.length(attempts.apart)
    said = names.say(
        f"; tried up to {attempts.at_most} times, {apart} apart", f"；最多尝试 {attempts.at_most} 次，间隔 {apart}"
    )
    if attempts.then:
        said += names.say("; then ", "；仍未成功则") + actions_words(names, attempts.then)
    return said


def form_words(names: Names, form: tuple[FormField, ...]) -> str:
    """The questions of a form with their possible answers."""
    return names.say("asks: ", "询问：") + names.say("; ", "；").join(_field(names, one) for one in form)


_SENT = {
    "photo": Text(en="photo", zh="照片"),
    "voice": Text(en="voice note", zh="语音"),
    "signature": Text(en="signature", zh="签名"),
}


def _field(names: Names, one: FormField) -> str:
    label = names.text(one.label) if one.label is not None else names.word(one.id)
    inside = " / ".join(names.text(text) for text in one.options.values())
    if not inside and one.low is not None and one.high is not None:
        low, high = (say_quantity(q.value, q.unit, names.language) for q in (one.low, one.high))
        inside = names.say(f"{low} to {high}", f"{low} 至 {high}")
    if not inside and one.unit is not None:
        inside = unit_word(one.unit, names.language)
    if not inside and one.type == "yes_no":
        inside = names.say("yes / no", "是 / 否")
    if not inside and one.type in _SENT:
        inside = names.text(_SENT[one.type])
    said = f"{label} ({inside})" if inside else label
    if not one.required:
        said += names.say(", optional", "，选填")
    for cond, en, zh in ((one.ask_if, "only if", "仅当"), (one.required_if, "needed if", "必填条件：")):
        if cond is not None:
            said += names.say(f", {en} {names.cond(cond)}", f"，{zh}{names.cond(cond)}")
    return said


def target_words(names: Names, target: Target) -> str:
    """Where a row leads."""
    if target.go is not None:
        return names.say(f"to “{names.phase(target.go)}”", f"进入“{names.phase(target.go)}”")
    return names.say(f"end: “{names.end(target.end or '')}”", f"结束：“{names.end(target.end or '')}”")


def limit_words(names: Names, row: Row) -> str:
    """``up to 1 time since “Steady”``; nothing for a row without a limit."""
    if row.up_to is None:
        return ""
    since_en = f" since “{names.phase(row.since)}”" if row.since else ""
    since_zh = f"自“{names.phase(row.since)}”起" if row.since else ""
    times = f"{row.up_to} time{'' if row.up_to == 1 else 's'}"
    return names.say(f"up to {times}{since_en}", f"{since_zh}至多 {row.up_to} 次")


def ways_words(names: Names, row: Row) -> list[str]:
    """What a row does and where it leads, part by part."""
    does = [actions_words(names, row.do)] if row.do else []
    if row.target is not None:
        limit = limit_words(names, row)
        does.append(target_words(names, row.target) + (names.say(", ", "，") + limit if limit else ""))
    if row.afterwards is not None:
        does.append(names.say("every further time ", "此后每次") + target_words(names, row.afterwards))
    return does


def span_words(names: Names, phase: Phase) -> str:
    """How long a phase lasts."""
    parts: list[str] = []
    if phase.until is not None:
        until = names.moment(phase.until)
        parts.append(names.say(f"until {until}", f"至{until}"))
        if phase.active_days_only:
            parts.append(names.say("days of pause do not count", "暂停日不计"))
    if phase.no_later_than is not None:
        after = names.length(phase.no_later_than.after)
        parts.append(names.say(f"at most {after}", f"最长 {after}"))
    return names.say(", ", "，").join(parts)


def rung_words(names: Names, rung: Rung) -> list[str]:
    """A rung: who, by which channels, how long is waited."""
    answer = names.length(rung.answer_within)
    said = [names.role(rung.tell), names.words(rung.by, "and", "和")]
    said.append(names.say(f"answers within {answer}", f"{answer}内答复"))
    if rung.repeat:
        said.append(names.say(f"told {rung.repeat} times more", f"再通知 {rung.repeat} 次"))
    if rung.off_duty == "wait":
        said.append(names.say("waits while off duty", "不在岗时等待"))
    return said


class Clock:
    """Time that passes up a ladder, said in the units of its rungs."""

    def __init__(self) -> None:
        self.sums: dict[str, int] = {}
        self.named: list[str] = []

    def add(self, length: Duration, times: int) -> None:
        """Let ``times`` waits of a length pass."""
        if length.amount is None:
            self.named.append(f"{times} × {length.param}")
        else:
            self.sums[length.unit] = self.sums.get(length.unit, 0) + length.amount * times

    def words(self, names: Names) -> str:
        """``at once``, ``after 45 minutes``."""
        if not self.sums and not self.named:
            return names.say("at once", "立即")
        lengths = [Duration.model_validate({"amount": amount, "unit": unit}) for unit, amount in self._whole()]
        parts = [names.length(length) for length in lengths]
        said = names.say(" and ", "加").join([*parts, *self.named])
        return names.say(f"after {said}", f"{said}后")

    def _whole(self) -> list[tuple[str, int]]:
        """90 minutes are said as they are; 120 are 2 hours."""
        whole: list[tuple[str, int]] = []
        for unit, amount in self.sums.items():
            bigger, per = {"s": ("min", 60), "min": ("h", 60)}.get(unit, (unit, 1))
            even = per > 1 and amount % per == 0
            whole.append((bigger, amount // per) if even else (unit, amount))
        return whole

"""A compiled plan as a page that people can read: every phrase spelled out, in English or Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, assert_never

from pathways.lang.diagnostics import Language
from pathways.lang.plan import (
    Action,
    Advise,
    AskBody,
    AskMeasure,
    Counted,
    DoseBody,
    End,
    Escalate,
    ExerciseBody,
    Go,
    GroupBody,
    Guide,
    HandoffBody,
    MeasureBody,
    OpenTask,
    Parameter,
    PathwayBody,
    Phase,
    Plan,
    PlanStep,
    Row,
    Rule,
    Say,
    SayBody,
    SetFact,
    Step,
    StepControl,
    Target,
    TaskBody,
    TaskSpec,
    TeachBody,
    VisitBody,
)
from pathways.lang.plan_advice import AdviseBody
from pathways.lang.plan_base import Duration
from pathways.lang.plan_say import say_cond, say_duration, say_quantity
from pathways.lang.plan_say_when import say_moment, say_when
from pathways.lang.plan_span import say_span
from pathways.lang.render_calls import call_words
from pathways.lang.render_conference import conference_line
from pathways.lang.render_decisions import decision_lines, kind_of, proposal_lines
from pathways.lang.render_groups import group_line
from pathways.lang.render_merge import merge_words
from pathways.lang.render_words import Names


class _Words(NamedTuple):
    en: str
    zh: str


_W: dict[str, _Words] = {
    "owner": _Words("owner", "负责"),
    "who": _Words("Who takes part", "入组对象"),
    "include": _Words("include", "纳入"),
    "exclude": _Words("exclude", "排除"),
    "numbers": _Words("Numbers", "数值"),
    "adjustable": _Words("adjustable {low} to {high} by {by}", "{by} 可在 {low} 至 {high} 内调整"),
    "derived": _Words("Values computed from readings", "由读数计算的值"),
    "throughout": _Words("Throughout", "贯穿全程"),
    "phase": _Words("Phase", "阶段"),
    "until": _Words("until", "直到"),
    "no_later": _Words("no later than {after} after entry", "最迟进入后 {after}"),
    "active": _Words(" (days of pause do not count)", "（暂停日不计）"),
    "when": _Words("when", "时间"),
    "opens": _Words("opens {d} before due", "到期前 {d} 开放"),
    "late": _Words("late {d} after due", "到期后 {d} 算逾期"),
    "missed": _Words("missed {d} after due", "到期后 {d} 算漏做"),
    "only_if": _Words("only if", "仅当"),
    "remind": _Words("remind", "提醒"),
    "at_due": _Words("at due", "到期时"),
    "later": _Words("{d} later", "{d} 后"),
    "leave": _Words("leave as soon as", "一旦满足即离开"),
    "at_end": _Words("at the end", "结束时"),
    "unknown": _Words("a row above is unknown", "上面有行未知"),
    "else": _Words("otherwise", "否则"),
    "go": _Words("go to {name}", "转到 {name}"),
    "end": _Words("end: {name}", "结束：{name}"),
    "up_to": _Words("at most {n} times{since}, then {target}", "最多 {n} 次{since}，之后{target}"),
    "since": _Words(" since the last entry of {name}", "（自上次进入 {name} 起）"),
    "say": _Words("send the message {name}", "发送消息 {name}"),
    "task": _Words("task for {role}: {title}", "{role} 的任务：{title}"),
    "due": _Words("due in {d}", "{d} 内完成"),
    "ladder": _Words("if late, ladder {name}", "逾期则启动阶梯 {name}"),
    "escalate": _Words("start the ladder {name}", "启动阶梯 {name}"),
    "plan": _Words("plan {name} again at {at}", "于 {at} 重新安排 {name}"),
    "ask": _Words("ask for {name}", "请测量 {name}"),
    "questions": _Words("asks: {names}", "询问：{names}"),
    "dose": _Words("reminds of {text}", "提醒服药：{text}"),
    "teach": _Words("shows {name}", "展示 {name}"),
    "quiz": _Words("quiz: {enough} of {of} to pass, tries: {tries}", "测验：{of}题中{enough}题通过，次数：{tries}"),
    "show_back": _Words("shown back to {role}: {enough} of {of} to pass", "向 {role} 演示：{of}分中{enough}分通过"),
    "any_number": _Words("any number", "不限"),
    "exercise": _Words("a session of {name}: {levels}", "按 {name} 锻炼：{levels}"),
    "progress": _Words("{word} a level after {n} in a row if {cond}", "连续 {n} 次满足即{word}一级：{cond}"),
    "raise": _Words("up", "升"),
    "lower": _Words("down", "降"),
    "stop_if": _Words("stopped if", "中止条件"),
    "set": _Words("set {name}", "设置 {name}"),
    "control": _Words("{kind} {name}", "{kind} {name}"),
    "with": _Words("with {role}: {modes}", "{role}：{modes}"),
    "partner": _Words("partner {name}, answers by {deadlines}", "合作方 {name}，期限 {deadlines}"),
    "on": _Words("on {word}", "若 {word}"),
    "decisions": _Words("Decisions", "决策"),
    "rules": _Words("Rules", "规则"),
    "ladders": _Words("Ladders", "升级阶梯"),
    "rung": _Words("{tell} by {by}, answer within {d}", "通过 {by} 通知 {tell}，{d} 内答复"),
    "repeat": _Words(", repeated {n} times", "，重复 {n} 次"),
    "incident": _Words(", then an incident", "，再无答复则上报事件"),
    "if_unknown": _Words("if unknown", "未知时"),
    "settled": _Words("settled when", "缓解条件"),
    "again": _Words("measure again within {a} to {b}", "{a} 至 {b} 内复测"),
    "treat": _Words("treat and repeat", "处理并复测"),
    "then_settled": _Words("settled", "已缓解"),
    "no_answer": _Words("no reading in time, or it tells nothing", "未按时复测或无法判断"),
    "in_vain": _Words("else again, {n} more at most; after that", "否则重复，最多再 {n} 次；之后"),
    "ends": _Words("Ends", "终点"),
    "in": _Words("in {phases}", "限于 {phases}"),
}


class _Page:
    def __init__(self, language: Language, plan: Plan) -> None:
        self.names = Names(plan, language)
        self.language: Language = language
        self.lines: list[str] = []

    def w(self, key: str, /, **values: object) -> str:
        """A phrase of the page."""
        words = _W[key]
        return (words.zh if self.language == "zh" else words.en).format(**values)

    def d(self, duration: Duration | None) -> str:
        """A length of time."""
        return say_duration(duration, self.language) if duration is not None else "—"

    def add(self, depth: int, line: str) -> None:
        self.lines.append("  " * depth + line)

    def head(self, line: str) -> None:
        self.lines += ["", line]


def plan_page(plan: Plan, language: Language = "en", profile: str | None = None) -> str:
    """The page: who, numbers, steps, phases with their rows, rules, ladders, ends."""
    page = _Page(language, plan)
    page.lines.append(f"{plan.id} {plan.version}: {plan.title.in_language(language)}")
    page.add(0, f"{page.w('owner')}: {plan.owner}   sha256: {plan.sha256}")
    _who(page, plan)
    _numbers(page, plan, profile)
    if plan.throughout:
        page.head(page.w("throughout"))
        for step in plan.throughout:
            _step(page, step)
    for phase in plan.phases.values():
        _phase(page, phase)
    if plan.decisions:
        page.head(page.w("decisions"))
        for decision in plan.decisions.values():
            for depth, line in decision_lines(decision, language):
                page.add(depth, line)
            _actions(page, 2, decision.unknown, page.w("if_unknown"))
    page.head(page.w("rules"))
    for rule in plan.rules:
        _rule(page, rule)
    page.head(page.w("ladders"))
    for ladder in plan.ladders.values():
        page.add(1, ladder.id)
        for rung in ladder.rungs:
            line = page.w("rung", tell=rung.tell, by=", ".join(rung.by), d=page.d(rung.answer_within))
            line += page.w("repeat", n=rung.repeat) if rung.repeat else ""
            page.add(2, "- " + line + (page.w("incident") if rung.then else ""))
    page.head(page.w("ends"))
    for end in plan.ends.values():
        page.add(1, end.id)
        _actions(page, 2, end.do)
    return "\n".join(page.lines) + "\n"


def _who(page: _Page, plan: Plan) -> None:
    page.head(page.w("who"))
    if plan.eligibility.include is not None:
        page.add(1, f"{page.w('include')}: {say_cond(plan.eligibility.include, page.language)}")
    for exclusion in plan.eligibility.exclude:
        page.add(1, f"{page.w('exclude')}: {say_cond(exclusion.cond, page.language)}")


def _numbers(page: _Page, plan: Plan, profile: str | None) -> None:
    page.head(page.w("numbers"))
    for parameter in plan.parameters.values():
        page.add(1, f"{parameter.id}: {'; '.join(_values(page, parameter, profile))}")
    for derived in plan.derived.values():
        needs = f"{derived.min_readings}/{derived.min_days}"
        page.add(1, f"{derived.id}: {derived.function}({derived.measure}), {page.d(derived.over)}, ≥ {needs}")
    for counted in plan.counted.values():
        page.add(1, _counted(page, counted))


def _counted(page: _Page, one: Counted) -> str:
    of = one.step if one.phase is None else f"{one.phase}.{one.step}"
    only = f" [{', '.join(one.classes)}]" if one.classes else ""
    days = page.d(Duration(amount=one.days, unit="day"))
    return f"{one.id}: {one.function}({of}{only}), {days}, ≥ {one.min_count}/{one.min_days}"


def _values(page: _Page, parameter: Parameter, profile: str | None) -> Iterator[str]:
    said: dict[str, list[str]] = {}
    shown = {profile: parameter.by_profile[profile]} if profile in parameter.by_profile else parameter.by_profile
    for name, value in shown.items():
        text = f"{say_quantity(value.value.value, value.value.unit, page.language)} [{value.cite}]"
        said.setdefault(text, []).append(str(name))
    if not said and parameter.value is not None:
        value = parameter.value
        said[f"{say_quantity(value.value.value, value.value.unit, page.language)} [{value.cite}]"] = []
    for text, names in said.items():
        yield text + (f" ({', '.join(names)})" if len(said) > 1 or profile else "")
    bounds = parameter.adjustable
    if bounds is not None:
        low = say_quantity(bounds.low.value, bounds.low.unit, page.language)
        high = say_quantity(bounds.high.value, bounds.high.unit, page.language)
        yield page.w("adjustable", low=low, high=high, by=", ".join(bounds.by))
    if parameter.merge is not None:
        yield merge_words(parameter, page.language)


# --------------------------------------------------------------------------- phases and steps


def _phase(page: _Page, phase: Phase) -> None:
    tier = f" [{phase.tier}]" if phase.tier else ""
    page.head(f"{page.w('phase')} {phase.id}: {phase.title.in_language(page.language)}{tier}")
    if phase.until is not None:
        active = page.w("active") if phase.active_days_only else ""
        page.add(1, f"{page.w('until')}: {say_moment(phase.until, page.language)}{active}")
    if phase.no_later_than is not None:
        deadline = phase.no_later_than
        target = _target(page, deadline.target)
        page.add(1, f"{page.w('no_later', after=page.d(deadline.after))}: {target}")
    for step in phase.steps:
        _step(page, step)
    _rows(page, page.w("leave"), phase.leave)
    _rows(page, page.w("at_end"), phase.at_end)


def _step(page: _Page, step: Step) -> None:
    page.add(1, f"{step.id}: {step.title.in_language(page.language)} ({kind_of(step)})")
    page.add(2, f"{page.w('when')}: {say_when(step.when, page.language)}")
    if step.only_if is not None:
        page.add(2, f"{page.w('only_if')}: {say_cond(step.only_if, page.language)}")
    window = step.window
    parts = [
        page.w(word, d=page.d(value))
        for word, value in (
            ("opens", window.opens_before),
            ("late", window.late_after),
            ("missed", window.missed_after),
        )
        if value is not None
    ]
    if parts:
        page.add(2, "; ".join(parts))
    if step.remind:
        said = [page.w("later", d=page.d(r.after)) if r.after.amount != 0 else page.w("at_due") for r in step.remind]
        page.add(2, f"{page.w('remind')}: {', '.join(said)}")
    _body(page, step)


def _body(page: _Page, step: Step) -> None:
    """What a step does. A kind that is not known here does not pass the type checker."""
    match step.body:
        case MeasureBody(measure=measure):
            page.add(2, page.w("ask", name=measure))
        case AskBody(form=form, instrument=instrument):
            asked = [field.id for field in form] if instrument is None else [instrument.measure]
            page.add(2, page.w("questions", names=", ".join(asked)))
        case DoseBody(medicines=medicines):
            page.add(2, page.w("dose", text=medicines.text or medicines.fact))
        case TeachBody() as body:
            _teach(page, body)
        case ExerciseBody() as body:
            _exercise(page, body)
        case GroupBody() as body:
            page.add(2, group_line(body, page.language))
        case SayBody(message=message):
            page.add(2, page.w("say", name=message))
        case TaskBody() as body:
            _person(page, body)
        case VisitBody() as body:
            page.add(2, page.w("with", role=body.with_role, modes=", ".join(body.modes)))
            _actions(page, 3, body.missed, page.w("on", word="missed"))
            _actions(page, 3, body.no_show, page.w("on", word="no_show"))
        case PathwayBody() | AdviseBody() | HandoffBody() as body:
            _with_others(page, body)
        case _ as never:
            assert_never(never)


def _person(page: _Page, body: TaskBody) -> None:
    page.add(2, _task(page, body.task))
    if body.proposal is not None:
        for line in proposal_lines(body.proposal, page.language):
            page.add(3, line)
    if body.conference is not None:
        page.add(3, conference_line(body.conference, page.language))


def _teach(page: _Page, body: TeachBody) -> None:
    page.add(2, page.w("teach", name=body.item))
    quiz, shown = body.quiz, body.show_back
    if quiz is not None:
        tries = quiz.tries or page.w("any_number")
        page.add(3, page.w("quiz", enough=quiz.enough, of=len(quiz.questions), tries=tries))
    if shown is not None:
        page.add(3, page.w("show_back", role=shown.task.role, enough=shown.enough, of=shown.of))
        page.add(3, _task(page, shown.task))
    _actions(page, 3, body.not_passed, page.w("on", word="not_passed"))


def _exercise(page: _Page, body: ExerciseBody) -> None:
    page.add(2, page.w("exercise", name=body.level, levels=", ".join(level.id for level in body.levels)))
    for word, rule in (("raise", body.up), ("lower", body.down)):
        if rule is not None:
            cond = say_cond(rule.cond, page.language)
            page.add(3, page.w("progress", word=page.w(word), n=rule.after, cond=cond))
    page.add(3, f"{page.w('stop_if')}: {say_cond(body.stop_if, page.language)}")
    _actions(page, 3, body.stopped, page.w("on", word="stopped"))


def _handoff(page: _Page, body: HandoffBody) -> None:
    deadlines = ", ".join(f"{word} {page.d(length)}" for word, length in body.deadlines.items())
    page.add(2, page.w("partner", name=body.partner, deadlines=deadlines))
    for line in _request(page, body):
        page.add(3, f"- {line}")
    for outcome in body.outcomes.values():
        _actions(page, 3, outcome.do, page.w("on", word=outcome.word))


def _with_others(page: _Page, body: PathwayBody | AdviseBody | HandoffBody) -> None:
    if isinstance(body, PathwayBody):
        page.add(2, call_words(page.names, body))
    elif isinstance(body, AdviseBody):
        _advice(page, body)
    else:
        _handoff(page, body)


def _advice(page: _Page, body: AdviseBody) -> None:
    """A proposal, as the author wrote it."""
    head = [f"role: {body.role}", f"due: {page.d(body.due)}", f"expires: {page.d(body.expires)}"]
    head += [] if body.ladder is None else [f"escalate: {body.ladder}"]
    head += [f"show: {', '.join(one.name for one in body.show)}"] if body.show else []
    head += [] if body.judged is None else [f"judged: {page.d(body.judged)}"]
    head += [] if body.rests is None else [f"not_again: {page.d(body.rests)}"]
    page.add(2, "; ".join(head))
    for row in body.rows:
        words = _W[row.test] if isinstance(row.test, str) else None
        test = say_cond(row.test, page.language) if not isinstance(row.test, str) else ""
        test = test if words is None else words.zh if page.language == "zh" else words.en
        effect = "" if row.effect is None else f" (effect: {say_cond(row.effect, page.language)})"
        page.add(3, f"- {test}: {row.advice}, {row.because.in_language(page.language)}{effect}")


def _request(page: _Page, body: HandoffBody) -> Iterator[str]:
    """What is asked for, as the author wrote it: the plan page speaks in names."""
    if body.case is not None:
        yield f"case: {body.case}"
    if body.urgency is not None:
        yield f"urgency: {body.urgency}"
    if body.order is not None:
        order = body.order
        said = order.text.zh if page.language == "zh" else order.text.en
        signed = "" if order.signed_by is None else f", signed_by: {order.signed_by}"
        due = "" if order.due is None else f", due: {page.d(order.due)}"
        yield f"order: {said}{'' if order.code is None else f' ({order.code})'}{signed}{due}"
    if body.sends:
        yield "sends: " + ", ".join(one.name if one.phase is None else f"{one.phase}.{one.name}" for one in body.sends)
    if body.bundle is not None:
        yield f"bundle: {page.d(body.bundle)}"
    for outcome in body.outcomes.values():
        if outcome.keep:
            yield f"keep ({outcome.word}): " + ", ".join(f"{name}: {kind}" for name, kind in outcome.keep.items())


def _rows(page: _Page, title: str, rows: tuple[Row, ...]) -> None:
    if rows:
        page.add(1, f"{title}:")
    for row in rows:
        page.add(2, f"- {row_test(row, page.language)}: {_row_does(page, row)}")
        _actions(page, 3, row.do)


def row_test(row: Row, language: Language) -> str:
    """What a row waits for, in words."""
    if isinstance(row.test, str):
        words = _W["unknown" if row.test == "unknown" else "else"]
        return words.zh if language == "zh" else words.en
    return say_cond(row.test, language)


def _row_does(page: _Page, row: Row) -> str:
    if row.target is None:
        return ""
    text = _target(page, row.target)
    if row.up_to is not None and row.afterwards is not None:
        since = page.w("since", name=row.since) if row.since else ""
        text += "; " + page.w("up_to", n=row.up_to, since=since, target=_target(page, row.afterwards))
    return text


def _target(page: _Page, target: Target) -> str:
    return page.w("go", name=target.go) if target.go is not None else page.w("end", name=target.end)


# --------------------------------------------------------------------------- actions and rules


def _actions(page: _Page, depth: int, actions: tuple[Action, ...], before: str = "") -> None:
    for action in actions:
        only = f" ({page.w('only_if')} {say_cond(action.only_if, page.language)})" if action.only_if is not None else ""
        lead = f"{before}: " if before else ""
        page.add(depth, f"- {lead}{_action(page, action)}{only}")


def _action(page: _Page, action: Action) -> str:
    match action:
        case Say():
            return page.w("say", name=action.message)
        case OpenTask():
            return _task(page, action.task)
        case Escalate():
            title = f": {action.task.title.in_language(page.language)}" if action.task is not None else ""
            return page.w("escalate", name=action.ladder) + title
        case PlanStep():
            return page.w("plan", name=action.step, at=say_moment(action.at, page.language))
        case Advise():
            return f"advise: {action.step}"
        case AskMeasure():
            return page.w("ask", name=action.measure)
        case SetFact():
            return page.w("set", name=action.fact)
        case StepControl():
            return page.w("control", kind=action.kind, name=action.step)
        case Go():
            return page.w("go", name=action.phase)
        case End():
            return page.w("end", name=action.end)


def _task(page: _Page, task: TaskSpec) -> str:
    parts = [page.w("task", role=task.role, title=task.title.in_language(page.language))]
    if task.due is not None:
        parts.append(page.w("due", d=page.d(task.due)))
    if task.ladder is not None:
        parts.append(page.w("ladder", name=task.ladder))
    return "; ".join(parts)


def _rule(page: _Page, rule: Rule) -> None:
    where = " " + page.w("in", phases=", ".join(rule.in_phases)) if rule.in_phases else ""
    where += "" if rule.during is None else f" ({say_span(rule.during, page.language)})"
    page.add(1, f"{rule.id} [{rule.level}]{where}: {say_cond(rule.cond, page.language)}")
    if rule.repeat is not None:
        page.add(2, page.w("again", a=page.d(rule.repeat.after), b=page.d(rule.repeat.within)))
    _actions(page, 2, rule.do)
    if rule.guide is not None:
        _guide(page, rule.guide)
    if rule.settled_when is not None:
        page.add(2, f"{page.w('settled')}: {say_cond(rule.settled_when, page.language)}")
    if rule.unknown.not_met is not None:
        page.add(2, f"{page.w('if_unknown')}: {rule.unknown.not_met}")
    _actions(page, 2, rule.unknown.do, page.w("if_unknown"))


def _guide(page: _Page, guide: Guide) -> None:
    page.add(2, page.w("treat") + ":")
    _actions(page, 3, guide.say)
    again = page.w("again", a=page.d(guide.after), b=page.d(guide.within))
    page.add(3, f"- {page.w('ask', name=guide.measure)}: {again}")
    for row in guide.rows:
        page.add(3, say_cond(row.cond, page.language) + (f": {page.w('then_settled')}" if row.settled else ":"))
        _actions(page, 4, row.do)
    page.add(3, page.w("no_answer") + ":")
    _actions(page, 4, guide.unknown)
    page.add(3, page.w("in_vain", n=guide.times) + ":")
    _actions(page, 4, guide.afterwards)

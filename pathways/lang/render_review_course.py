"""The part of the review page on the course: each phase with who does what when, and the ways out of it."""

from __future__ import annotations

from typing import assert_never

from pathways.lang.catalogue import catalogue
from pathways.lang.plan import (
    AskBody,
    DoseBody,
    ExerciseBody,
    GroupBody,
    HandoffBody,
    Instrument,
    MeasureBody,
    MedicineFilter,
    PathwayBody,
    Phase,
    Row,
    SayBody,
    Step,
    TaskBody,
    TeachBody,
    VisitBody,
)
from pathways.lang.plan_advice import AdviseBody
from pathways.lang.plan_base import Duration
from pathways.lang.render_actions import (
    actions_words,
    attempts_words,
    form_words,
    span_words,
    target_words,
    ways_words,
)
from pathways.lang.render_advice import advice_words
from pathways.lang.render_calls import call_words
from pathways.lang.render_conference import conference_words
from pathways.lang.render_decisions import proposal_words
from pathways.lang.render_exercise import exercise_words
from pathways.lang.render_groups import group_words, required_words
from pathways.lang.render_handoffs import asked_words, clock_words, kept_words
from pathways.lang.render_markdown import Sheet
from pathways.lang.render_teach import teach_words
from pathways.lang.render_words import Names, kind_word, lower_first


def course(sheet: Sheet) -> None:
    """Who does what when, phase by phase."""
    names = sheet.names
    if names.plan.throughout:
        sheet.head(names.say("In every phase", "贯穿全程"))
        _steps(sheet, names.plan.throughout)
    for phase in names.plan.phases.values():
        title = names.text(phase.title)
        sheet.head(names.say(f"Phase: {title}", f"阶段：{title}"))
        tier = names.word(phase.tier) if phase.tier else ""
        span = names.say("; ", "；").join(part for part in (tier, span_words(names, phase)) if part)
        if span:
            sheet.line(sheet.safe(span[:1].upper() + span[1:] + names.say(".", "。")))
        _steps(sheet, phase.steps)
        _ways(sheet, phase)


def _steps(sheet: Sheet, steps: tuple[Step, ...]) -> None:
    if not steps:
        return
    say = sheet.names.say
    head = [say("step", "步骤"), say("who", "由谁"), say("when", "何时"), say("what happens", "内容")]
    rows: list[list[str]] = []
    for step in steps:
        title, kind = sheet.names.text(step.title), kind_word(step, sheet.names.language)
        what = say(f"{title} ({kind})", f"{title}（{kind}）")
        rows.append([what, sheet.names.doer(step), when_words(sheet.names, step), what_words(sheet.names, step)])
    sheet.table(head, rows)


def when_words(names: Names, step: Step) -> str:
    """When a step is done: phrase, window, reminders, guard, what an outage does."""
    parts = [names.when(step.when)]
    window = step.window
    for length, en, zh in (
        (window.opens_before, "opens {} before", "提前 {}开放"),
        (window.late_after, "late {} after", "{}后为逾期"),
        (window.missed_after, "missed {} after", "{}后为漏做"),
    ):
        if length is not None:
            parts.append(names.say(en, zh).format(names.length(length)))
    if step.remind:
        said = [_later(names, one.after) for one in step.remind]
        parts.append(names.say("reminded ", "提醒：") + names.say(", ", "、").join(said))
    if step.only_if is not None:
        parts.append(names.say("only if ", "仅当") + names.cond(step.only_if))
    if step.first_time_only:
        parts.append(names.say("only the first time in this phase", "仅首次进入本阶段"))
    if step.safety:
        parts.append(names.say("also while paused", "暂停期间照常"))
    for cond, en, zh in (
        (step.drop_when, "no longer needed once ", "一旦成立即不再需要："),
        (step.satisfied_by, "counts as done once ", "一旦成立即视为完成："),
    ):
        if cond is not None:
            parts.append(names.say(en, zh) + names.cond(cond))
    if step.profiles:
        parts.append(names.say("only for ", "仅适用于") + ", ".join(step.profiles))
    parts.append({
        "now": names.say("done at once where its time has passed already", "时间已过则立即进行"),
        "skip": "",
        "task": names.say("a task for a person where its time has passed already", "时间已过则转为人工任务"),
    }[step.if_past])  # fmt: skip
    parts.append(_catch_up(names, step))
    return names.say("; ", "；").join(part for part in parts if part)


def _later(names: Names, after: Duration) -> str:
    if after.amount == 0:
        return names.say("when due", "到期时")
    length = names.length(after)
    return names.say(f"{length} later", f"{length}后")


def _catch_up(names: Names, step: Step) -> str:
    """What is done when the system was away at that time."""
    match step.catch_up:
        case "skip":
            return names.say("not made up after an outage", "系统中断后不补")
        case "within":
            length = names.length(step.catch_up_within) if step.catch_up_within is not None else ""
            return names.say(f"made up within {length} after an outage", f"系统中断后 {length}内补做")
        case "send":
            return ""
        case _ as never:
            assert_never(never)


def what_words(names: Names, step: Step) -> str:
    """What a step does, what is done when it is missed, and what becomes of it when the phase is left."""
    parts = [_body(names, step)]
    if step.missed:
        parts.append(names.say("missed: ", "漏做：") + actions_words(names, step.missed))
    parts.extend(required_words(names, step))
    if step.on_leave == "keep":
        parts.append(names.say("kept when the phase is left", "离开阶段后保留"))
    return names.say("; ", "；").join(part for part in parts if part)


def _person(names: Names, body: TaskBody) -> str:
    """A person's work: until when, what if not, what is asked, and what is proposed."""
    say, task = names.say, body.task
    due = "" if task.due is None else names.length(task.due)
    parts = [say(f"to be done within {due}", f"{due}内完成")] if due else []
    if task.ladder is not None:
        ladder = names.word(task.ladder)
        parts.append(say(f"if late: ladder “{ladder}”", f"逾期：阶梯“{ladder}”"))
    if task.form:
        parts.append(form_words(names, task.form))
    if body.proposal is not None:
        parts += proposal_words(names, body.proposal)
    return conference_words(names, body.conference) + say("; ", "；").join(parts) + attempts_words(names, body.attempts)


def _body(names: Names, step: Step) -> str:
    """What a step does. A kind that is not known here does not pass the type checker."""
    say, body = names.say, step.body
    match body:
        case MeasureBody(measure=measure):
            spec = names.plan.measures[measure]
            return names.text(spec.title) + say(", ", "，") + readings_words(names, spec.take.readings)
        case AskBody(form=form, instrument=instrument):
            return _instrument(names, instrument) if instrument is not None else form_words(names, form)
        case DoseBody(medicines=medicines):
            return say("reminded of ", "提醒服药：") + _medicines(names, medicines)
        case TeachBody():
            return teach_words(names, body)
        case ExerciseBody():
            return exercise_words(names, body)
        case GroupBody():
            return group_words(names, body)
        case SayBody(message=message):
            return say(f"sent: “{names.message(message)}”", f"发送：“{names.message(message)}”")
        case TaskBody():
            return _person(names, body)
        case VisitBody():
            return _visit(names, body)
        case PathwayBody() | AdviseBody() | HandoffBody():
            return _with_others(names, body)
        case _ as never:
            assert_never(never)


def _instrument(names: Names, instrument: Instrument) -> str:
    spec = names.plan.measures[instrument.measure]
    said = names.say(f"questionnaire {names.text(spec.title)}", f"问卷：{names.text(spec.title)}")
    said += names.say(
        f"; up to {instrument.may_be_missing} questions may be left out, else it has no score",
        f"；最多可漏答 {instrument.may_be_missing} 题，否则不计分",
    )
    if instrument.self_harm:
        said += names.say("; each answer on self-harm is judged at once", "；自伤条目的每次回答立即判断")
    return said


def readings_words(names: Names, count: int) -> str:
    """How many readings make one measurement."""
    return names.say(f"{count} reading{'' if count == 1 else 's'}", f"每次 {count} 个读数")


def _visit(names: Names, body: VisitBody) -> str:
    parts = [names.words(body.modes)]
    if body.form:
        parts.append(form_words(names, body.form))
    for word, actions in (("missed", body.missed), ("no_show", body.no_show)):
        if actions:
            parts.append(f"{names.word(word)}{names.say(': ', '：')}{actions_words(names, actions)}")
    return names.say("; ", "；").join(parts)


def _with_others(names: Names, body: PathwayBody | AdviseBody | HandoffBody) -> str:
    if isinstance(body, PathwayBody):
        return call_words(names, body)
    return advice_words(names, body) if isinstance(body, AdviseBody) else _handoff(names, body)


def _handoff(names: Names, body: HandoffBody) -> str:
    say = names.say
    parts = asked_words(names, body)
    if body.medicines is not None:
        parts.append(say("for ", "药品：") + _medicines(names, body.medicines))
    if body.bundle is not None:
        near = names.length(body.bundle)
        parts.append(say(f"one parcel for supplies that end within {near}", f"{near}内用完的药品合并为一次配送"))
    for deadline, length in body.deadlines.items():
        said = names.outcome(deadline, body.machine)
        within = names.length(length)
        parts.append(say(f"{said} within {within}", f"{within}内{said}"))
    for outcome in body.outcomes.values():
        does = actions_words(names, outcome.do)
        kept = kept_words(names, outcome)
        what = say("; ", "；").join(p for p in (does, say(f"kept: {kept}", f"保存：{kept}") if kept else "") if p)
        word = names.outcome(outcome.word, body.machine) + clock_words(names, body.machine, outcome.word)
        parts.append(word + say(": ", "：") + (what or say("goes on", "继续")))
    stopped = {"cancel": say("cancelled", "取消"), "keep": say("goes on", "继续")}[body.if_stopped]
    parts.append(say(f"when the phase is left: {stopped}", f"离开阶段时：{stopped}"))
    return say("; ", "；").join(parts)


def _medicines(names: Names, medicines: MedicineFilter) -> str:
    if not medicines.classes:
        return names.say("all medicines prescribed", "全部处方药")
    titles = [catalogue().medicines[one].title for one in medicines.classes if one in catalogue().medicines]
    said = names.say(" or ", "或").join(names.say(lower_first(title.en), title.zh) for title in titles)
    return names.say(f"prescribed {said}", f"处方中的{said}")


# --------------------------------------------------------------------------- ways out


def _ways(sheet: Sheet, phase: Phase) -> None:
    names = sheet.names
    say = names.say
    if phase.leave:
        en = "Looked at after everything that happens; the first that is true acts:"
        sheet.line(say(en, "每次有新情况即逐行判断，首个成立者生效："))
        _rows(sheet, phase.leave)
    if phase.no_later_than is not None:
        after = names.length(phase.no_later_than.after)
        target = target_words(names, phase.no_later_than.target)
        sheet.line(sheet.safe(say(f"At the latest {after} after entry: {target}.", f"最迟进入后 {after}：{target}。")))
    if phase.at_end:
        sheet.line(say("Looked at once, at the end of the phase:", "阶段到期时判断一次："))
        _rows(sheet, phase.at_end)


def _rows(sheet: Sheet, rows: tuple[Row, ...]) -> None:
    names = sheet.names
    for row in rows:
        test = names.row(row)
        sheet.item("", f"{test[:1].upper()}{test[1:]} → {names.say('; ', '；').join(ways_words(names, row))}")
    sheet.gap()

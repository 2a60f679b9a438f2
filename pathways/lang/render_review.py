"""The page of a pathway that a clinician reviews and signs: everything that will happen to a patient, in words.

Markdown, in English or Chinese, made from the compiled plan alone, so that what is signed (the plan's hash stands at
the end) is what runs. The parts are in ``render_review_course`` (phases, steps) and ``render_review_watch`` (rules,
ladders, messages).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from pathways.lang.catalogue import catalogue
from pathways.lang.diagnostics import Language
from pathways.lang.plan import Derived, LifecycleRow, Measure, Parameter, ParamValue, Plan, Quota
from pathways.lang.plan_base import Quantity
from pathways.lang.plan_counted import Counted
from pathways.lang.plan_say import say_quantity
from pathways.lang.render_actions import actions_words
from pathways.lang.render_anchors import anchor_words
from pathways.lang.render_decisions import decisions
from pathways.lang.render_markdown import Sheet
from pathways.lang.render_merge import merge_words
from pathways.lang.render_review_course import course, readings_words
from pathways.lang.render_review_watch import watch
from pathways.lang.render_words import Names


def review_page(plan: Plan, language: Language = "en", profile: str | None = None, picture: str | None = None) -> str:
    """The page.

    Args:
        plan: the compiled plan.
        language: "en" or "zh".
        profile: numbers of this profile only; None: of all.
        picture: where the drawing of the plan lies, seen from the page; None: none is shown.
    """
    sheet = Sheet(Names(plan, language, profile, mark=True))
    _head(sheet, picture)
    for part in PARTS:
        part(sheet)
    return sheet.page()


def _head(sheet: Sheet, picture: str | None) -> None:
    plan, say = sheet.names.plan, sheet.names.say
    sheet.line(f"# {sheet.safe(sheet.names.text(plan.title))}")
    sheet.line(
        say(
            f"For review and signature. Pathway `{plan.id}` {plan.version}, owned by {sheet.safe(plan.owner)}.",
            f"供审阅与签署。路径 `{plan.id}` {plan.version}，负责方：{sheet.safe(plan.owner)}。",
        )
    )
    if any(not one.checked for one in plan.evidence.values()):
        sheet.line(
            say(
                "**Numbers marked ⚠ have not been compared with their source: for rehearsal only until that is done.**",
                "**标有 ⚠ 的数值尚未与来源核对：核对并签署前仅供演练。**",
            )
        )
    names = sheet.names
    phases = [sheet.safe(names.text(phase.title)) for phase in plan.phases.values()]
    sheet.line(
        say(
            f"The pathway leads through {len(phases)} phase{'' if len(phases) == 1 else 's'}: {', '.join(phases)}. "
            f"Time is counted from {names.word(plan.counts_from)}.",
            f"路径共 {len(phases)} 个阶段：{'、'.join(phases)}。时间自{names.word(plan.counts_from)}起计。",
        )
    )
    if picture is not None:
        sheet.line(f"![{say('Drawing of the pathway', '路径图')}]({picture})")


def _who(sheet: Sheet) -> None:
    names, plan = sheet.names, sheet.names.plan
    say = names.say
    sheet.head(say("Who takes part", "入组对象"))
    include = plan.eligibility.include
    everybody = say("everybody enrolled", "所有入组者")
    sheet.item(say("In: ", "纳入："), names.cond(include) if include is not None else everybody)
    for exclusion in plan.eligibility.exclude:
        sheet.item(say("Not: ", "排除："), names.cond(exclusion.cond))
    if plan.eligibility.becomes_true:
        said = actions_words(names, plan.eligibility.becomes_true)
        sheet.item(say("When a reason against it becomes true later: ", "之后出现排除条件时："), said)
    sheet.item(
        say("When something of this is not known: ", "上述信息未知时："),
        say("the pathway waits and asks; nothing begins before it is known", "路径等待并询问，查明之前不开始"),
    )
    if plan.consent:
        sheet.item(say("Consent is needed to: ", "需同意："), names.words(plan.consent, "and", "和"))
    if plan.roles:
        sheet.item(say("Care team: ", "团队："), say(", ", "、").join(names.role(role) for role in plan.roles))
    for fact in plan.facts.values():
        if fact.ask_again is not None:
            label = names.word(fact.id) if fact.ask_text is None else f"“{names.text(fact.ask_text)}”"
            only = "" if fact.applies_if is None else say(", only if ", "，仅当") + names.cond(fact.applies_if)
            sheet.item(say("Asked again: ", "定期询问："), f"{label} {names.when(fact.ask_again)}{only}")
        if fact.not_older_than is not None:
            old = names.length(fact.not_older_than)
            said = say(f"{names.word(fact.id)} older than {old}", f"{names.word(fact.id)}超过 {old}")
            sheet.item(say("Counts as not known: ", "视为未知："), said)
    sheet.gap()


# --------------------------------------------------------------------------- numbers


def _numbers(sheet: Sheet) -> None:
    names, plan = sheet.names, sheet.names.plan
    say = names.say
    if not plan.parameters:
        return
    sheet.head(say("Numbers", "数值"))
    head = [say("number", "名称"), say("value", "数值"), say("for", "适用"), say("source", "来源")]
    sheet.table(
        [*head, say("may be changed", "可调整")],
        [row for parameter in plan.parameters.values() for row in _values(sheet, parameter)],
    )
    sheet.head(say("Sources", "来源"))
    for one in plan.evidence.values():
        year = f", {one.year}" if one.year else ""
        state = say("checked", "已核对") if one.checked else say("⚠ not yet checked", "⚠ 未核对")
        sheet.item(f"`{one.id}` ", f"{one.cite}{year}: {state}")
    sheet.gap()


def _values(sheet: Sheet, parameter: Parameter) -> Iterator[list[str]]:
    names = sheet.names
    shown = names.value_of(parameter) if names.profile is not None else None
    groups: dict[tuple[str, str], list[str]] = {}
    if shown is not None:
        groups[_said(sheet, shown)] = [names.profile or ""]
    else:
        for profile, value in parameter.by_profile.items():
            groups.setdefault(_said(sheet, value), []).append(profile)
        usual = None if parameter.value is None else _said(sheet, parameter.value)
        if usual is not None and usual not in groups:
            groups[usual] = [names.say("without a profile", "未指定方案")] if groups else []
    adjusted = names.say("; ", "；").join(
        filter(None, (_adjustable(sheet, parameter), merge_words(parameter, names.language)))
    )
    every = names.say("everybody", "所有人")
    for (number, source), profiles in groups.items():
        whom = every if len(groups) == 1 and names.profile is None else ", ".join(profiles)
        yield [f"`{parameter.id}`", number, whom, source, adjusted]
    for row in parameter.by_patient:
        number, source = _said(sheet, ParamValue(value=row.value, cite=row.cite))
        yield [f"`{parameter.id}`", number, names.cond(row.cond), source, adjusted]


def _said(sheet: Sheet, value: ParamValue) -> tuple[str, str]:
    """The value with its unit, and its citation; both marked where nobody compared them."""
    evidence = sheet.names.plan.evidence.get(value.cite)
    mark = " ⚠" if evidence is not None and not evidence.checked else ""
    return f"{_quantity(sheet, value.value)}{mark}", (evidence.cite if evidence is not None else value.cite) + mark


def _quantity(sheet: Sheet, quantity: Quantity) -> str:
    return say_quantity(quantity.value, quantity.unit, sheet.names.language)


def _adjustable(sheet: Sheet, parameter: Parameter) -> str:
    names, bounds = sheet.names, parameter.adjustable
    if bounds is None:
        return names.say("no", "否")
    low, high = _quantity(sheet, bounds.low), _quantity(sheet, bounds.high)
    by = names.say(", ", "、").join(names.role(role) for role in bounds.by)
    return names.say(f"{low} to {high}, by {by}", f"{low} 至 {high}，由{by}调整")


def _measured(sheet: Sheet) -> None:
    names, plan = sheet.names, sheet.names.plan
    say = names.say
    if not plan.measures and not plan.counted:
        return
    sheet.head(say("What is measured and computed", "测量与计算"))
    for measure in plan.measures.values():
        sheet.item(f"**{sheet.safe(names.text(measure.title))}** ", take_words(names, measure))
    for derived in plan.derived.values():
        sheet.item(f"`{derived.id}` ", derived_words(names, derived))
    for counted in plan.counted.values():
        sheet.item(f"`{counted.id}` ", counted_words(names, counted))
    sheet.gap()


def take_words(names: Names, measure: Measure) -> str:
    """How a measurement is taken, and which readings count."""
    said = [readings_words(names, measure.take.readings)]
    if measure.take.apart is not None:
        apart = names.length(measure.take.apart)
        said.append(names.say(f"{apart} apart", f"间隔 {apart}"))
    if measure.where is not None:
        said.append(names.say(f"only where {names.cond(measure.where)}", f"仅计{names.cond(measure.where)}"))
    if measure.sources:
        said.append(names.say("only from ", "仅来自") + names.words(measure.sources))
    if measure.only_if is not None:
        cond = names.cond(measure.only_if)
        said.append(names.say(f"asked for only if {cond}", f"仅当{cond}时测量"))
    if measure.not_older_than is not None:
        old = names.length(measure.not_older_than)
        said.append(names.say(f"older than {old} counts as not known", f"超过 {old}视为未知"))
    scored = measure.catalogue in catalogue().instruments
    for one in measure.components if not scored else [c for c in measure.components if c.name == "total"]:
        if one.low is not None and one.high is not None:
            low, high = (say_quantity(q.value, q.unit, names.language) for q in (one.low, one.high))
            name = names.measured(measure.title, one.name)
            said.append(names.say(f"{name} from {low} to {high} is plausible", f"{name} {low} 至 {high} 为合理范围"))
        if one.optional and not scored:
            name = names.measured(measure.title, one.name)
            said.append(names.say(f"{name} may be left out", f"{name}可缺省"))
    return names.say(", ", "，").join(said)


def derived_words(names: Names, derived: Derived) -> str:
    """How a value is computed, and when it is not known."""
    say = names.say
    parts = [names.computed(derived)]
    readings, days = derived.min_readings, derived.min_days
    if readings > 1 or days > 1:
        on = f"{readings} reading{'s' * (readings > 1)} on {days} day{'s' * (days > 1)}"
        zh = f"至少需 {days} 天内 {readings} 个读数，否则视为未知"
        parts.append(say(f"needs at least {on}, else it is not known", zh))
    if derived.where_words:
        words = say(", ", "、").join(names.words(words) for words in derived.where_words.values())
        parts.append(say(f"only readings taken {words}", f"仅计{words}读数"))
    if derived.leave_out_first_day:
        parts.append(say("the first day is left out", "首日不计"))
    if derived.since_phase_start:
        parts.append(say("only readings since the phase began", "仅计本阶段开始后的读数"))
    if derived.judge == "block_end":
        parts.append(say("judged when the planned block is over", "计划测量期结束后判定"))
    parts += _of_readings(names, derived)
    return say("; ", "；").join(parts)


def counted_words(names: Names, counted: Counted) -> str:
    """What is counted over the endings of a step, and when it is not known."""
    say = names.say
    parts = [
        names.counted(counted),
        say(
            f"needs at least {counted.min_count} on {counted.min_days} days, else it is not known",
            f"至少需 {counted.min_days} 天内 {counted.min_count} 次，否则视为未知",
        ),
    ]
    if counted.classes:
        words = names.words(counted.classes)
        parts.append(say(f"only {words}", f"仅计{words}"))
    if counted.since_phase_start:
        parts.append(say("only since the phase began", "仅计本阶段开始后"))
    return say("; ", "；").join(parts)


def _of_readings(names: Names, derived: Derived) -> Iterator[str]:
    """Bounds, baseline and newest readings of a computed value."""
    say = names.say
    if derived.bounds:
        bounds = say(" and ", "与").join(names.parameter(names.plan.parameters[one]) for one in derived.bounds)
        yield say(f"between {bounds}", f"介于 {bounds}")
    if derived.days is not None:
        days, anchor = derived.days, names.word(derived.days.anchor)
        yield say(
            f"of days {days.first} to {days.last} after {anchor}, computed once and kept",
            f"取{anchor}后第 {days.first} 至 {days.last} 天，计算一次后保留",
        )
    if derived.newest is not None:
        newest = derived.newest
        if newest.at_most is not None:
            yield say(f"only the newest {newest.at_most}", f"仅取最新 {newest.at_most} 个")
        if newest.until is not None:
            until = names.parameter(names.plan.parameters[newest.until])
            yield say(f"until their weights reach {until}", f"至权重合计达 {until}")
        for setting, weight in newest.weights.items():
            number = names.parameter(names.plan.parameters[weight])
            yield say(f"{names.word(setting)} weighs {number}", f"{names.word(setting)}权重 {number}")


# --------------------------------------------------------------------------- the end of it


def _over(sheet: Sheet) -> None:
    names, plan = sheet.names, sheet.names.plan
    say = names.say
    sheet.head(say("Ends, and what is sent then", "结束与之后的发送"))
    for end in plan.ends.values():
        does = actions_words(names, end.do) or say("nothing more", "无后续")
        sheet.item(f"**{sheet.safe(_capital(names.end(end.id)))}**: ", does)
    if plan.ended_by_staff:
        sheet.item(say("Staff may end it as: ", "工作人员可结束，原因："), names.words(plan.ended_by_staff))
    for event in ("died", "withdrawn"):
        sheet.item(f"**{sheet.safe(_capital(names.word(event)))}**: ", leaving_words(names, event))
    for row in plan.lifecycle.values():
        if row.event not in {"died", "withdrawn"}:
            sheet.item(f"**{sheet.safe(_capital(names.word(row.event)))}**: ", event_words(names, row))
    for anchor in plan.anchors.values():
        sheet.item(f"**{sheet.safe(_capital(names.word(anchor.name)))}**: ", anchor_words(names, anchor))
    paused = say(
        "nothing is asked but steps for safety; safety rules go on watching",
        "除安全步骤外不再询问；安全规则继续监测",
    )
    if "paused" not in plan.lifecycle:
        sheet.item(f"**{_capital(names.word('paused'))}**: ", paused)
    for quota in plan.quotas:
        sheet.item(f"**{sheet.safe(_capital(names.word(quota.id)))}**: ", quota_words(names, quota))
    sheet.gap()


def leaving_words(names: Names, event: str) -> str:
    """What is still done when a patient has died or withdraws."""
    say, row = names.say, names.plan.lifecycle.get(event)
    red = (row.open_red if row is not None else None) or ("close" if event == "died" else "finish_with_a_person")
    left = {
        "close": say("open red tasks are closed", "未完成的红色任务关闭"),
        "finish_with_a_person": say("an open red is finished by a person", "未完成的红色任务由人工完成"),
    }[red]
    said = [say("nothing more is sent, nothing more is asked", "不再发送任何消息，不再询问"), left]
    if row is not None and row.do:
        said.append(actions_words(names, row.do))
    return say("; ", "；").join(said)


def quota_words(names: Names, quota: Quota) -> str:
    """How many visits are owed, and what is done when they are not had."""
    steps = names.say(" or ", "或").join(_placed(names, step) for step in quota.steps)
    lead = names.length(quota.lead)
    face = names.say(" face to face", "（面对面）") if quota.face_to_face else ""
    said = names.say(
        f"{steps} at least {quota.at_least} times a calendar year{face}; {lead} before its end, if behind: ",
        f"{steps}每自然年至少 {quota.at_least} 次{face}；年末前 {lead}若不足：",
    )
    return said + actions_words(names, [quota.behind])


def event_words(names: Names, row: LifecycleRow) -> str:
    """What an event of staff does, but for what is told of deaths and withdrawals."""
    say = names.say
    parts: list[str] = []
    if row.stop != "none":
        parts.append({
            "all_but_safety": say("everything stops but steps for safety", "除安全步骤外全部停止"),
            "all": say("everything stops", "全部停止"),
        }[row.stop])  # fmt: skip
    if row.handoffs == "cancel":
        parts.append(say("running handoffs are cancelled", "进行中的转交取消"))
    if row.sets:
        parts.append(say(f"noted: {names.words(row.sets, 'and')}", f"记录：{names.words(row.sets, zh='和')}"))
    if row.go is not None:
        parts.append(say(f"to “{names.phase(row.go)}”", f"进入“{names.phase(row.go)}”"))
    if row.do:
        parts.append(actions_words(names, row.do))
    return say("; ", "；").join(parts) or say("noted in the record", "记入记录")


def _placed(names: Names, step: str) -> str:
    """A step with the phases it stands in."""
    title = f"“{names.step(step)}”"
    phases = [names.phase(p.id) for p in names.plan.phases.values() if any(one.id == step for one in p.steps)]
    if not phases:
        return title
    return names.say(f"{title} of “{'”, “'.join(phases)}”", f"“{'”、“'.join(phases)}”的{title}")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _signatures(sheet: Sheet) -> None:
    plan, say = sheet.names.plan, sheet.names.say
    sheet.head(say("Signatures", "签署"))
    sheet.line(
        say(
            "Two people sign. With the signature each confirms to have read this page, and that the plan with this "
            "hash may look after patients.",
            "由两人签署。签署即确认已阅读本页，并同意以下哈希值对应的计划用于患者。",
        )
    )
    sheet.line(f"`{plan.id}` {plan.version}, sha256 `{plan.sha256}`")
    sheet.table(
        [say("name", "姓名"), say("role", "角色"), say("date", "日期"), say("signature", "签名")],
        [["&nbsp;", "&nbsp;", "&nbsp;", "&nbsp;"]] * 2,
        raw=True,
    )


PARTS: Final[tuple[Callable[[Sheet], None], ...]] = (
    _who, _numbers, _measured, decisions, course, watch, _over, _signatures,
)  # fmt: skip
"""What stands on the page below its head, in its order; each speaks for itself."""

"""Guided treat-and-repeat in people's words."""

from __future__ import annotations

from pathways.lang.plan import Guide, GuideRow
from pathways.lang.render_actions import actions_words
from pathways.lang.render_words import Names


def guide_words(names: Names, guide: Guide) -> list[str]:
    """Line by line: what is said, what is awaited, and every way out."""
    say = names.say
    after, within = names.length(guide.after), names.length(guide.within)
    title = names.text(names.plan.measures[guide.measure].title)
    says = say(" and ", "并").join(f"“{names.message(action.message)}”" for action in guide.say)
    lines = [
        say(f"say {says}", f"发送{says}"),
        say(
            f"wait for {title} between {after} and {within} later{_asks(names, guide)}",
            f"等待 {after}至 {within}后的{title}{_asks(names, guide)}",
        ),
    ]
    lines += [_row(names, row) for row in guide.rows]
    unknown, afterwards = (actions_words(names, actions) for actions in (guide.unknown, guide.afterwards))
    times = f"{guide.times} time{'' if guide.times == 1 else 's'}"
    lines.append(say(f"no reading in time, or it tells nothing: {unknown}", f"未按时复测或无法判断：{unknown}"))
    lines.append(
        say(
            f"else the same again, {times} at most; after that: {afterwards}",
            f"否则重复，最多 {guide.times} 次；之后：{afterwards}",
        )
    )
    return lines


def _asks(names: Names, guide: Guide) -> str:
    if guide.message is None:
        return ""
    asks = names.message(guide.message)
    return names.say(f", asked for with “{asks}”", f"，届时发送“{asks}”")


def _row(names: Names, row: GuideRow) -> str:
    cond, does = names.cond(row.cond), actions_words(names, row.do)
    if not row.settled:
        return names.say(f"if {cond}: {does}", f"若{cond}：{does}")
    more = names.say("; ", "；") + does if does else ""
    return names.say(f"if {cond}: settled{more}", f"若{cond}：已缓解{more}")

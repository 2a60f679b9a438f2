"""What a phrase cannot say, why, and what is written instead. These are no gaps: the language has other words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pathways.lang.diagnostics import Param, Said


class _Cannot(NamedTuple):
    why: Said
    instead: Said


_CANNOT: Final[Mapping[str, _Cannot]] = {
    "block": _Cannot(
        Said("only a repeat can come in stretches", "只有重复的安排才能分时段"),
        Said(
            "Write the repeat first: `every day at 08:00 for 7 days every 4 weeks`; a single moment needs none.",
            "请先写重复：`every day at 08:00 for 7 days every 4 weeks`；单个时刻无需时段。",
        ),
    ),
    "block_units": _Cannot(
        Said("a stretch is whole days or weeks, in a cycle of days or longer", "时段为整天或整周，周期以天或更长计"),
        Said(
            "Write `every day for 7 days every 4 weeks`; for hours list times: `every day at 08:00 and 12:00`.",
            "请写 `every day for 7 days every 4 weeks`；一天中的若干小时请列出时刻：`every day at 08:00 and 12:00`。",
        ),
    ),
    "block_repeat": _Cannot(
        Said("inside a stretch the repeat is by hours, days or weeks", "时段内的重复以小时、天或周计"),
        Said(
            "Write the longer repeat as the cycle: `every day for 7 days every 3 months`.",
            "请把较长的重复写成周期：`every day for 7 days every 3 months`。",
        ),
    ),
    "weekdays_in_block": _Cannot(
        Said("weekdays would fall differently into each stretch", "星期会在每个时段中落在不同位置"),
        Said(
            "Let the cycle be whole weeks: `every week on mon and thu for 2 weeks every 4 weeks`.",
            "请让周期为整周：`every week on mon and thu for 2 weeks every 4 weeks`。",
        ),
    ),
    "weekdays_of_months": _Cannot(
        Said("which of the weekdays of the month is meant is not said", "没有说明是当月第几个星期几"),
        Said(
            "Write `every 4 weeks on mon`, or `on first mon of the month`.",
            "请写 `every 4 weeks on mon`，或 `on first mon of the month`。",
        ),
    ),
    "every_working_h": _Cannot(
        Said(
            "working hours are lengths of people's work and no grid of the patient's day",
            "工作小时是人员的工时，不是患者的日程",
        ),
        Said(
            "Write `every 2 h`, or times of the day: `every working day at 09:00 and 15:00`.",
            "请写 `every 2 h`，或写时刻：`every working day at 09:00 and 15:00`。",
        ),
    ),
    "at_start_and": _Cannot(
        Said(
            "only what repeats, or is counted in days, can also come at the start",
            "只有重复或按天计的安排才能同时在开始时进行",
        ),
        Said("Write a second step with `when: at phase start`.", "请另写一个 `when: at phase start` 的步骤。"),
    ),
    "where": _Cannot(
        Said("a selection names the words that count", "筛选只能写明计入的词"),
        Said(
            "List them: `where: setting is any of home and clinic`, several with `and` between them.",
            "请列出：`where: setting is any of home and clinic`，多个条件之间用 `and`。",
        ),
    ),
    "held_working": _Cannot(
        Said("a condition holds by the clock, also on days off", "条件按钟点持续，休息日也算"),
        Said("Write days or hours: `for 2 days`, `for 48 h`.", "请写天或小时：`for 2 days`、`for 48 h`。"),
    ),
    "streak": _Cannot(
        Said("a row is counted over the takes of one measure", "连续次数按同一测量项的测量计"),
        Said(
            "Say it of one measure, and join the others with `and`, or write two rules.",
            "请只针对一个测量项，其余用 `and` 连接，或写成两条规则。",
        ),
    ),
}


def cannot_be_said(what: str) -> tuple[str, dict[str, Param]]:
    """The code and values of a diagnostic for a phrase that has no meaning."""
    found = _CANNOT[what]
    return "phrase_cannot_say", {"why": found.why, "instead": found.instead}

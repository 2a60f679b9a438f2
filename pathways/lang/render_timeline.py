"""The steps of each phase on a line of days as a drawing: a row per step, its windows as bars, its phrase in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from pathways.lang.plan import HandoffBody, Phase, Step, TaskBody
from pathways.lang.render_actions import span_words
from pathways.lang.render_svg import Canvas
from pathways.lang.render_times import ENROLMENT, PHASE, Bar, Placed, horizon, place
from pathways.lang.render_words import Names, kind_word

LABEL = 250.0
SIZE = 12.0
BAR = 12.0
_TICKS = (1, 2, 7, 14, 28, 56, 91, 182, 364, 728)


@dataclass(frozen=True, slots=True)
class Scale:
    """Days to pixels."""

    low: float
    high: float
    left: float
    right: float

    def x(self, day: float) -> float:
        """Where a day stands; what lies outside stands at the rim."""
        day = min(max(day, self.low), self.high)
        return self.left + (day - self.low) / (self.high - self.low) * (self.right - self.left)

    @property
    def per_day(self) -> float:
        """Pixels of one day."""
        return (self.right - self.left) / (self.high - self.low)


def draw_timelines(canvas: Canvas, names: Names, top: float, margin: float) -> float:
    """Draw a line for what holds throughout and one for each phase; gives where the next thing may begin."""
    y = top
    plan = names.plan
    if plan.throughout:
        title = names.say("In every phase", "贯穿全程")
        y = _group(canvas, names, None, plan.throughout, title, top=y, margin=margin)
    for phase in plan.phases.values():
        span = span_words(names, phase)
        title = names.text(phase.title) + (names.say(f": {span}", f"：{span}") if span else "")
        y = _group(canvas, names, phase, phase.steps, title, top=y, margin=margin)
    return y


def _group(
    canvas: Canvas, names: Names, phase: Phase | None, steps: tuple[Step, ...], title: str, *, top: float, margin: float
) -> float:
    if not steps:
        return top
    canvas.group(f"time:{phase.id if phase is not None else 'throughout'}")
    y = canvas.block(margin, top, title, width=canvas.width - 2 * margin, size=14, look="strong") + 4
    placed = place(names.plan, phase, steps)
    for axis in dict.fromkeys(one.axis for one in placed):
        rows = [one for one in placed if one.axis == axis]
        y = _axis(canvas, names, phase, axis, rows, top=y, margin=margin)
    canvas.close()
    return y + 14


def _axis(
    canvas: Canvas,
    names: Names,
    phase: Phase | None,
    axis: str | None,
    rows: list[Placed],
    *,
    top: float,
    margin: float,
) -> float:
    """Draw the steps that are counted from the same moment."""
    left, right = margin + LABEL + 16, canvas.width - margin
    scale = None if axis is None else _scale(names, phase, axis, rows, left, right)
    y = top
    if axis is not None:
        y = canvas.block(margin, y, _counted_from(names, axis), width=LABEL, size=SIZE, look="quiet")
    if scale is not None:
        # Under the bars, so before them: how far down the rows go is measured on a sheet that is thrown away.
        bottom = y
        for one in rows:
            bottom = _row(Canvas(canvas.width), names, one, scale, y=bottom, left=left, right=right)
        _grid(canvas, names, scale, y, bottom)
    for one in rows:
        y = _row(canvas, names, one, scale, y=y, left=left, right=right)
    return y + 6


def _scale(names: Names, phase: Phase | None, axis: str, rows: list[Placed], left: float, right: float) -> Scale:
    """From the first opening to the end of the phase, else to the last bar; zero is always there, and one day."""
    bars = [bar for one in rows for bar in one.bars]
    known = horizon(names.plan, phase) if phase is not None and axis == PHASE else None
    high = known if known is not None else max([1.0, *(bar.last for bar in bars)])
    return Scale(min([0.0, *(bar.opens for bar in bars)]), max(high, 1.0), left, right)


def _counted_from(names: Names, axis: str) -> str:
    if axis == PHASE:
        return names.say("days from the start of the phase", "自阶段开始的天数")
    if axis == ENROLMENT:
        return names.say("days from enrolment", "自入组的天数")
    if axis == "supply_end":
        return names.say("days from the end of the supply", "自药物用完之日的天数")
    if axis.startswith("step:"):
        title = names.step(axis.removeprefix("step:"))
        return names.say(f"days from “{title}”", f"自“{title}”的天数")
    return names.say(f"days from {names.word(axis)}", f"自{names.word(axis)}的天数")


def _grid(canvas: Canvas, names: Names, scale: Scale, top: float, bottom: float) -> None:
    """The ticks: lines, with labels above the rows where there is room for each."""
    step = next((n for n in _TICKS if n * scale.per_day >= 62), _TICKS[-1])
    day = -(int(-scale.low) // step) * step
    while day <= scale.high + 1e-9:
        x = scale.x(day)
        canvas.path([(x, top), (x, bottom)], look="grid")
        room = x + 50 <= scale.right + 2
        if room:
            canvas.text(x + 3, top - 4, _tick(names, int(day), step), size=11, look="quiet")
        day += step


def _tick(names: Names, day: int, step: int) -> str:
    if step % 7 == 0 and day:
        return names.say(f"week {day // 7}", f"第 {day // 7} 周")
    return names.say(f"day {day}", f"第 {day} 天")


def _row(
    canvas: Canvas, names: Names, one: Placed, scale: Scale | None, *, y: float, left: float, right: float
) -> float:
    step, margin = one.step, left - LABEL - 16
    y += 4
    below = canvas.block(margin, y, names.text(step.title), width=LABEL, size=13, look="strong")
    who = f"{kind_word(step, names.language)}{names.say(', ', '，')}{names.doer(step)}"
    below = canvas.block(margin, below, who, width=LABEL, size=SIZE, look="quiet")
    if scale is None:
        at = canvas.block(left, y, _phrase(names, step), width=right - left, size=SIZE)
        return max(at, below) + 4
    at = canvas.block(left, y, _phrase(names, step), width=right - left, size=SIZE) + 3
    _bars(canvas, one, scale, at)
    return max(at + BAR, below) + 6


def _phrase(names: Names, step: Step) -> str:
    said = names.when(step.when)
    parts = [said[:1].upper() + said[1:]]
    window = step.window
    for length, en, zh in (
        (window.opens_before, "opens {} before", "提前 {}开放"),
        (window.late_after, "late after {}", "{}后为逾期"),
        (window.missed_after, "missed after {}", "{}后为漏做"),
    ):
        if length is not None:
            parts.append(names.say(en, zh).format(names.length(length)))
    if isinstance(step.body, TaskBody) and step.body.task.due is not None:
        due = names.length(step.body.task.due)
        parts.append(names.say(f"to be done within {due}", f"{due}内完成"))
    if isinstance(step.body, HandoffBody):
        for word, length in step.body.deadlines.items():
            said = names.outcome(word, step.body.machine)
            within = names.length(length)
            parts.append(names.say(f"{said} within {within}", f"{within}内{said}"))
    if step.only_if is not None:
        cond = names.cond(step.only_if)
        parts.append(names.say(f"only if {cond}", f"仅当{cond}"))
    return names.say("; ", "；").join(parts)


def _bars(canvas: Canvas, one: Placed, scale: Scale, y: float) -> None:
    middle = y + BAR / 2
    canvas.path([(scale.left, middle), (scale.right, middle)], look="axis")
    if one.everywhere:
        canvas.rect(scale.left, y + 3, scale.right - scale.left, BAR - 6, look="window", round_=2)
        return
    shown = [bar for bar in one.bars if scale.low - 1e-9 <= bar.due <= scale.high + 1e-9]
    crowded = any(b.due - a.due < 6 / scale.per_day for a, b in pairwise(shown))
    for opens, last in _joined(shown, 3 / scale.per_day):
        canvas.rect(scale.x(opens), y, max(2.0, scale.x(last) - scale.x(opens)), BAR, look="window", round_=2)
    if crowded:
        return
    for bar in shown:
        if bar.late is not None and bar.missed is not None and scale.x(bar.missed) - scale.x(bar.late) > 2:
            wide = scale.x(bar.missed) - scale.x(bar.late)
            canvas.rect(scale.x(bar.late), y, wide, BAR, look="late", round_=2)
        for mark in (bar.due, *bar.marks):
            canvas.rect(scale.x(mark) - 1.5, y - 1, 3, BAR + 2, look="mark", round_=1)


def _joined(bars: Iterable[Bar], gap: float) -> list[tuple[float, float]]:
    """Windows that lie so close that nobody could tell them apart, drawn as one."""
    spans: list[tuple[float, float]] = []
    for bar in sorted(bars, key=lambda one: one.opens):
        if spans and bar.opens - spans[-1][1] < gap:
            spans[-1] = (spans[-1][0], max(spans[-1][1], bar.last))
        else:
            spans.append((bar.opens, bar.last))
    return spans

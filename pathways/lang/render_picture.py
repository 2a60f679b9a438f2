"""A compiled plan as one picture (SVG): the map of its phases, the steps on lines of days, the ladders as stairs."""

from __future__ import annotations

from pathways.lang.diagnostics import Language
from pathways.lang.plan import Plan
from pathways.lang.render_map import draw_map
from pathways.lang.render_stairs import draw_stairs
from pathways.lang.render_svg import Canvas
from pathways.lang.render_timeline import draw_timelines
from pathways.lang.render_words import Names

WIDTH = 1000.0
MARGIN = 24.0


def picture(plan: Plan, language: Language = "en", profile: str | None = None) -> str:
    """The SVG document; the same plan gives the same bytes."""
    names = Names(plan, language, profile)
    canvas = Canvas(WIDTH)
    inner = WIDTH - 2 * MARGIN
    title = names.text(plan.title)
    y = canvas.block(MARGIN, MARGIN, title, width=inner, size=20, look="strong")
    note = f"{plan.id} {plan.version} · sha256 {plan.sha256[:16]}…" + (f" · {profile}" if profile else "")
    y = canvas.block(MARGIN, y, note, width=inner, size=12, look="quiet") + 14
    y = _heading(canvas, names.say("The way through", "路径图"), y)
    y = draw_map(canvas, names, y, MARGIN) + 6
    y = _heading(canvas, names.say("Steps in time", "时间安排"), y)
    y = _legend(canvas, names, y)
    y = draw_timelines(canvas, names, y, MARGIN) + 6
    if plan.ladders:
        y = _heading(canvas, names.say("Who is told when nobody answers", "无人应答时的升级阶梯"), y)
        draw_stairs(canvas, names, y, MARGIN)
    return canvas.svg(title, language)


def _heading(canvas: Canvas, text: str, y: float) -> float:
    return canvas.block(MARGIN, y, text, width=WIDTH - 2 * MARGIN, size=17, look="strong") + 8


def _legend(canvas: Canvas, names: Names, y: float) -> float:
    """What the colours of the bars mean."""
    x = MARGIN
    for look, text in (
        ("mark", names.say("due", "到期")),
        ("window", names.say("open", "开放")),
        ("late", names.say("late", "逾期")),
    ):
        canvas.rect(x, y, 3 if look == "mark" else 22, 12, look=look, round_=1)
        canvas.text(x + 30, y + 11, text, size=12, look="quiet")
        x += 120
    return y + 26

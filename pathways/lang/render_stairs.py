"""The ladders as a drawing: each a stair with the time at which each person is told."""

from __future__ import annotations

from pathways.lang.plan import Ladder
from pathways.lang.render_actions import Clock, rung_words
from pathways.lang.render_svg import LINE, Canvas, wrapped
from pathways.lang.render_words import Names

RISE = 20.0
SIZE = 12.0
PAD = 8.0
PER_STAIR = 6


def steps_of(names: Names, ladder: Ladder) -> list[tuple[str, list[str], bool]]:
    """Time, lines, and whether it is the incident, of every step of a ladder."""
    clock = Clock()
    made: list[tuple[str, list[str], bool]] = []
    for rung in ladder.rungs:
        made.append((clock.words(names), rung_words(names, rung), False))
        clock.add(rung.answer_within, rung.repeat + 1)
        if rung.then is not None:
            made.append((clock.words(names), [names.say("an incident is raised", "上报事件")], True))
    return made


def draw_stairs(canvas: Canvas, names: Names, top: float, margin: float) -> float:
    """Draw every ladder; gives where the next thing may begin."""
    y = top
    for ladder in names.plan.ladders.values():
        canvas.group(f"ladder:{ladder.id}")
        title = _sentence(names.word(ladder.id))
        y = canvas.block(margin, y, title, width=canvas.width - 2 * margin, size=14, look="strong")
        made = steps_of(names, ladder)
        for start in range(0, len(made), PER_STAIR):
            y = _stair(canvas, made[start : start + PER_STAIR], y + 6, margin) + 12
        canvas.close()
    return y


def _stair(canvas: Canvas, made: list[tuple[str, list[str], bool]], top: float, margin: float) -> float:
    width = min(200.0, (canvas.width - 2 * margin) / len(made))
    inner = width - 2 * PAD
    height = max(_text_height(time, lines, inner) for time, lines, _ in made) + 2 * PAD
    base = top + height + RISE * (len(made) - 1)
    for n, (time, lines, loud) in enumerate(made):
        x, y = margin + n * width, base - height - n * RISE
        canvas.rect(x, y, width, base - y, look="loud" if loud else "stair", round_=2)
        at = canvas.block(x + PAD, y + PAD, _sentence(time), width=inner, size=SIZE, look="strong")
        for line in lines:
            at = canvas.block(x + PAD, at, _sentence(line), width=inner, size=SIZE)
    return base


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _text_height(time: str, lines: list[str], inner: float) -> float:
    count = len(wrapped(time, SIZE, inner, strong=True)) + sum(len(wrapped(line, SIZE, inner)) for line in lines)
    return count * SIZE * LINE

"""A compiled plan as a Mermaid flowchart: phases with their steps in order of time, the rows that lead between them,
the ends, and the ladders with their times. Labels are in people's words.
"""

from __future__ import annotations

from collections.abc import Iterator

from pathways.lang.diagnostics import Language
from pathways.lang.plan import Plan, Step
from pathways.lang.render_map import Card, cards
from pathways.lang.render_stairs import steps_of
from pathways.lang.render_times import PHASE, Placed, place
from pathways.lang.render_words import Names

_CODES = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "`": "#96;", "\n": " ", "\r": " "}


def mermaid(plan: Plan, language: Language = "en", profile: str | None = None) -> str:
    """The text of a ``flowchart``."""
    names = Names(plan, language, profile)
    made = cards(names)
    nodes = {card.key: f"n{number}" for number, card in enumerate(made)}
    lines = ["flowchart TB", f"  start((( ))) --> {nodes[f'phase:{plan.first_phase}']}"]
    lines += [f"  {nodes[card.key]}{_box(card, _steps(names, card))}" for card in made]
    for card in made:
        for way in card.ways:
            if way.target is not None:
                lines.append(f'  {nodes[card.key]} -->|"{_safe(way.said)}"| {nodes[way.target]}')
    return "\n".join([*lines, *_ladders(names)]) + "\n"


def _box(card: Card, steps: list[str]) -> str:
    head = f"<b>{_safe(card.title)}</b>"
    own = [_safe(text) for text in (card.note, card.text) if text]
    own += [_safe(way.said) for way in card.ways if way.target is None]
    text = "<br/>".join([head, *own, *steps])
    return f'(["{text}"])' if card.key.startswith("end:") else f'["{text}"]'


def _steps(names: Names, card: Card) -> list[str]:
    """The steps of a phase, those that have a day first, in order."""
    kind, _, name = card.key.partition(":")
    if kind != "phase":
        return []
    phase = names.plan.phases[name]
    placed = sorted(place(names.plan, phase, phase.steps), key=_first)
    return [_safe(f"{n}. {_said(names, one.step)}") for n, one in enumerate(placed, 1)]


def _first(one: Placed) -> tuple[bool, float]:
    return (one.axis != PHASE or not one.bars, one.bars[0].due if one.bars else 0.0)


def _said(names: Names, step: Step) -> str:
    title, who, when = names.text(step.title), names.doer(step), names.when(step.when)
    return names.say(f"{title} ({who}): {when}", f"{title}（{who}）：{when}")


def _ladders(names: Names) -> Iterator[str]:
    for number, ladder in enumerate(names.plan.ladders.values()):
        title = names.word(ladder.id)
        yield f'  subgraph l{number}["{_safe(names.say(f"Ladder: {title}", f"升级阶梯：{title}"))}"]'
        yield "    direction LR"
        made = steps_of(names, ladder)
        for n, (time, said, _) in enumerate(made):
            text = "<br/>".join([f"<b>{_safe(time)}</b>", *(_safe(line) for line in said)])
            yield f'    l{number}s{n}["{text}"]'
        if len(made) > 1:
            yield "    " + " --> ".join(f"l{number}s{n}" for n in range(len(made)))
        yield "  end"


def _safe(text: str) -> str:
    """Text that cannot end a label, open a tag or start another statement."""
    return "".join(_CODES.get(char, char) for char in text)

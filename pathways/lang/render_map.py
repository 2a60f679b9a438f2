"""The map of a pathway as a drawing: a card for each phase and end, and a wire from each row to where it leads.

What a row says stands inside its card, so no label can lie on a wire or on another label. Ways on run down the right
side, ways back up the left; every target has a lane of its own, a knot says where a row joins it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pathways.lang.plan import End as EndAction
from pathways.lang.plan import EndSpec, Go, Phase, Row, Target
from pathways.lang.render_actions import actions_words, limit_words, span_words
from pathways.lang.render_svg import LINE, Canvas, wrapped
from pathways.lang.render_words import Names

LANE = 14.0
PAD = 12.0
SIZE = 13.0
GAP = 26.0


@dataclass(frozen=True, slots=True)
class Way:
    """A row of a card: what it waits for, what it does, and where it leads (None: nowhere)."""

    said: str
    target: str | None = None
    arrow: str = ""


@dataclass(slots=True)
class Card:
    """A phase, an end, or what holds in every phase."""

    key: str
    title: str
    note: str = ""
    look: str = "head"
    ways: list[Way] = field(default_factory=list)
    text: str = ""
    top: float = 0.0
    exits: list[tuple[float, str]] = field(default_factory=list)


def cards(names: Names) -> list[Card]:
    """The cards of a plan in the order in which they stand: phases, what holds in every phase, ends."""
    plan = names.plan
    made = [_phase(names, phase) for phase in plan.phases.values()]
    anywhere = _anywhere(names)
    if anywhere.ways:
        made.append(anywhere)
    return made + [_end(names, end) for end in plan.ends.values()]


def _phase(names: Names, phase: Phase) -> Card:
    tier = names.word(phase.tier) if phase.tier else ""
    note = names.say(", ", "，").join(part for part in (tier, span_words(names, phase)) if part)
    card = Card(f"phase:{phase.id}", names.text(phase.title), note, f"head {phase.tier or ''}".strip())
    for row in phase.leave:
        card.ways += _row(names, row)
    if phase.no_later_than is not None:
        after = names.length(phase.no_later_than.after)
        said = names.say(f"{after} after entry at the latest", f"最迟进入后 {after}")
        card.ways.append(_way(names, said, phase.no_later_than.target))
    for row in phase.at_end:
        card.ways += _row(names, row, names.say("At the end: ", "到期时："))
    return card


def _row(names: Names, row: Row, before: str = "") -> list[Way]:
    said = before + names.row(row)
    if row.do:
        said += names.say(": ", "：") + actions_words(names, row.do)
    if row.target is None:
        return [Way(_sentence(said))]
    limit = limit_words(names, row)
    ways = [_way(names, said + (names.say(f", {limit}", f"，{limit}") if limit else ""), row.target)]
    if row.afterwards is not None:
        ways.append(_way(names, names.say("every further time", "此后每次"), row.afterwards))
    return ways


def _way(names: Names, said: str, target: Target) -> Way:
    key = f"phase:{target.go}" if target.go is not None else f"end:{target.end}"
    title = names.phase(target.go) if target.go is not None else names.end(target.end or "")
    return Way(_sentence(said), key, f"→ {_sentence(title)}")


def _anywhere(names: Names) -> Card:
    """Rules and events that lead somewhere from every phase."""
    card = Card("anywhere", names.say("From every phase", "任何阶段"), look="head")
    for rule in names.plan.rules:
        for action in rule.do:
            if isinstance(action, Go | EndAction):
                target = Target(go=action.phase) if isinstance(action, Go) else Target(end=action.end)
                card.ways.append(_way(names, names.cond(rule.cond), target))
    for anchor in names.plan.anchors.values():
        for action in anchor.removed:
            if isinstance(action, Go | EndAction):
                target = Target(go=action.phase) if isinstance(action, Go) else Target(end=action.end)
                gone = names.say(f"{names.word(anchor.name)} taken back", f"撤销{names.word(anchor.name)}")
                card.ways.append(_way(names, gone, target))
    for row in names.plan.lifecycle.values():
        if row.go is not None:
            card.ways.append(_way(names, names.word(row.event), Target(go=row.go)))
    return card


def _end(names: Names, end: EndSpec) -> Card:
    text = actions_words(names, end.do) or names.say("nothing more is done", "无后续动作")
    return Card(f"end:{end.id}", _sentence(names.end(end.id)), names.say("end", "结束"), "end", text=_sentence(text))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


# --------------------------------------------------------------------------- drawing


def draw_map(canvas: Canvas, names: Names, top: float, margin: float) -> float:
    """Draw the map from ``top``; gives where the next thing may begin."""
    made = cards(names)
    order = {card.key: n for n, card in enumerate(made)}
    back = _lanes(made, order, forward=False)
    on = _lanes(made, order, forward=True)
    left = margin + 10 + LANE * len(back) + 8
    width = canvas.width - margin - 10 - LANE * len(on) - 8 - left
    y = top
    for card in made:
        canvas.group(card.key)
        y = _card(canvas, card, left, y, width) + GAP
        canvas.close()
    place = {card.key: card for card in made}
    for n, target in enumerate(on):
        _wires(canvas, made, place[target], left + width, left + width + 10 + LANE * (n + 1), forward=True, order=order)
    for n, target in enumerate(back):
        _wires(canvas, made, place[target], left, left - 10 - LANE * (n + 1), forward=False, order=order)
    return y


def _lanes(made: list[Card], order: dict[str, int], *, forward: bool) -> list[str]:
    """The targets that are reached going on (or back), the nearest lane first."""
    targets = {
        way.target
        for card in made
        for way in card.ways
        if way.target is not None and (order[way.target] > order[card.key]) is forward
    }
    return sorted(targets, key=order.__getitem__, reverse=not forward)


def _card(canvas: Canvas, card: Card, x: float, y: float, width: float) -> float:
    """Draw one card; notes where its ways leave. The box is drawn first, so its height is measured before."""
    card.top = y
    inner = width - 2 * PAD
    canvas.rect(x, y, width, _height(card, inner), look="card" if card.look != "end" else "end")
    head = _head_height(card, inner)
    canvas.rect(x, y, width, head, look=card.look)
    below = canvas.block(x + PAD, y + 7, card.title, width=inner, size=15, look="strong")
    if card.note:
        canvas.block(x + PAD, below, card.note, width=inner, size=12, look="quiet")
    y += head + 6
    if card.text:
        y = canvas.block(x + PAD, y, card.text, width=inner, size=SIZE)
    for way in card.ways:
        y = canvas.block(x + PAD, y, way.said, width=inner, size=SIZE)
        if way.target is not None:
            card.exits.append((y + SIZE * LINE / 2, way.target))
            y = canvas.block(x + PAD + 14, y, way.arrow, width=inner - 14, size=SIZE, look="strong")
        y += 6
    return y + 4


def _head_height(card: Card, inner: float) -> float:
    lines = len(wrapped(card.title, 15, inner, strong=True)) * 15 * LINE
    return 7 + lines + (len(wrapped(card.note, 12, inner)) * 12 * LINE if card.note else 0) + 6


def _height(card: Card, inner: float) -> float:
    total = _head_height(card, inner) + 10
    if card.text:
        total += len(wrapped(card.text, SIZE, inner)) * SIZE * LINE
    for way in card.ways:
        total += len(wrapped(way.said, SIZE, inner)) * SIZE * LINE + 6
        if way.target is not None:
            total += len(wrapped(way.arrow, SIZE, inner - 14, strong=True)) * SIZE * LINE
    return total


def _wires(
    canvas: Canvas, made: list[Card], target: Card, edge: float, lane: float, *, forward: bool, order: dict[str, int]
) -> None:
    """Every way to one target, along its lane."""
    goal = target.top + 17
    for card in made:
        if (order[target.key] > order[card.key]) is not forward:
            continue
        for y, key in card.exits:
            if key == target.key:
                canvas.path([(edge, y), (lane, y), (lane, goal), (edge, goal)], arrow=True)
                canvas.dot(lane, y)

"""A proposal of advice in people's words."""

from __future__ import annotations

from pathways.lang.plan_advice import AdviceRow, AdviseBody
from pathways.lang.render_handoffs import sent_words
from pathways.lang.render_words import Names


def advice_words(names: Names, body: AdviseBody) -> str:
    """Who decides, what is proposed when and why, and what becomes of it."""
    say = names.say
    role, due, expires = names.role(body.role), names.length(body.due), names.length(body.expires)
    parts = [
        say(
            f"{role} approves, edits or refuses within {due}; undecided after {expires} nothing is sent",
            f"由{role}在{due}内批准、修改或不采纳；{expires}后仍未决定则不发送",
        )
    ]
    if body.ladder is not None:
        ladder = names.word(body.ladder)
        parts.append(say(f"if late: ladder “{ladder}”", f"逾期：阶梯“{ladder}”"))
    if body.show:
        shown = sent_words(names, body.show)
        parts.append(say(f"shown with it: {shown}", f"同时显示：{shown}"))
    parts += [_row(names, row) for row in body.rows]
    if body.judged is not None:
        after = names.length(body.judged)
        parts.append(say(f"judged {after} after it was sent", f"发送{after}后评价效果"))
    if body.rests is not None:
        rests = names.length(body.rests)
        parts.append(say(f"if it did nothing, not again for {rests}", f"如无效，{rests}内不再提出"))
    return say("; ", "；").join(parts)


def _row(names: Names, row: AdviceRow) -> str:
    say = names.say
    if isinstance(row.test, str):
        test = say("unknown", "未知") if row.test == "unknown" else say("otherwise", "其他情况")
    else:
        test = names.cond(row.test)
    said = f"{test} → “{names.message(row.advice)} {names.text(row.because)}”"
    if row.effect is None:
        return said
    effect = names.cond(row.effect)
    return said + say(f" (meant to bring about: {effect})", f"（预期效果：{effect}）")

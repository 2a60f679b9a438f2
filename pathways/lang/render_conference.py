"""A conference in people's words: who signs, what is shown, where it stands on which agenda."""

from __future__ import annotations

from pathways.lang.plan_conference import Conference, Rank
from pathways.lang.plan_say import role_words
from pathways.lang.render_handoffs import sent_words, shown_words
from pathways.lang.render_words import Names


def conference_words(names: Names, held: Conference | None) -> str:
    """Who has to sign it and what they see; nothing for any other task."""
    if held is None:
        return ""
    say = names.say
    roles, number = who_signs(names, held), len(held.roles)
    if held.quorum == number:
        parts = [say(f"signed by {roles}", f"由{roles}签署")]
    else:
        parts = [say(f"signed by {held.quorum} of {number}: {roles}", f"由{roles}中{held.quorum}个角色签署")]
    if held.show:
        shown = sent_words(names, held.show)
        parts.append(say(f"shown with it: {shown}", f"同时显示：{shown}"))
    if held.agenda is not None:
        agenda = names.word(held.agenda)
        parts.append(say(f"on the agenda “{agenda}”", f"列入清单“{agenda}”"))
    if held.rank:
        ranks = say(", then ", "，其次").join(_rank(names, held, one) for one in held.rank)
        parts.append(say(f"first there: unknown, then {ranks}", f"排序：未知者在前，其次{ranks}"))
    return say("; ", "；").join(parts) + say("; ", "；")


def who_signs(names: Names, held: Conference) -> str:
    """The roles of a conference."""
    return names.say(", ", "、").join(names.role(role) for role in held.roles)


def _rank(names: Names, held: Conference, rank: Rank) -> str:
    shown = next(one for one in held.show if one.name == rank.name)
    what = shown_words(names, shown, rank.component)
    if rank.way == "longest_since":
        if shown.kind in {"step", "form"}:
            what = f"“{names.step(shown.name, shown.phase)}”"
        return names.say(f"longest since {what}", f"距{what}最久")
    return names.say(f"{rank.way} {what}", f"{what}{'最高' if rank.way == 'highest' else '最低'}")


def conference_line(held: Conference, language: str) -> str:
    """As the author wrote it: the plan page speaks in names."""
    words = [role_words(role).zh if language == "zh" else role for role in held.roles]
    parts = [f"conference: {', '.join(words)}", f"quorum: {held.quorum} of {len(held.roles)}"]
    parts += [f"show: {', '.join(one.name for one in held.show)}"] if held.show else []
    parts += [] if held.agenda is None else [f"agenda: {held.agenda}"]
    ranks = [f"{one.way.replace('_', ' ')} {one.name}" + (f".{one.component}" if one.component else "")
             for one in held.rank]  # fmt: skip
    parts += [f"rank: {', '.join(ranks)}"] if ranks else []
    return "; ".join(parts)

"""What follows when a moment that steps count from changes, in words."""

from __future__ import annotations

from pathways.lang.plan import AnchorRow
from pathways.lang.render_actions import actions_words
from pathways.lang.render_words import Names


def anchor_words(names: Names, row: AnchorRow) -> str:
    """What a correction, a new event and a removal of a moment lead to."""
    say = names.say
    redo = say("everything that counts from it is done again", "由其起算的全部重做")
    ahead = say("what is ahead is planned anew, what is done stays done", "重新安排尚未到期的内容，已完成的保持完成")
    said = {"redo": redo, "re_plan": ahead}
    parts = [
        say(f"corrected: {said[row.corrected]}", f"更正：{said[row.corrected]}"),
        say(f"happened again: {said[row.new]}", f"再次发生：{said[row.new]}"),
    ]
    gone = say("what was planned from it is cancelled", "由其起算的安排取消")
    if row.removed:
        gone += say(", then ", "，然后") + actions_words(names, row.removed)
    parts.append(say(f"taken back: {gone}", f"撤销：{gone}"))
    return say("; ", "；").join(parts)

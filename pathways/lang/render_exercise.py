"""What the review page says of an exercise: its levels, when the level changes, when a session is stopped."""

from __future__ import annotations

from pathways.lang.plan import ExerciseBody
from pathways.lang.plan_steps import Progress
from pathways.lang.render_actions import actions_words, form_words
from pathways.lang.render_words import Names


def exercise_words(names: Names, body: ExerciseBody) -> str:
    """Everything an exercise does."""
    say = names.say
    levels = say("; ", "；").join(
        f"{n}. {names.text(one.title)}{say(': ', '：')}{names.text(one.instructions)}"
        for n, one in enumerate(body.levels, 1)
    )
    parts = [say("levels: ", "级别：") + levels, form_words(names, body.form)]
    if body.up is not None:
        parts.append(say("a level up after ", "升一级：") + _progress(names, body.up))
    if body.down is not None:
        parts.append(say("a level down after ", "降一级：") + _progress(names, body.down))
    parts.append(say("stopped if ", "中止条件：") + names.cond(body.stop_if))
    parts.append(say("when stopped: ", "中止时：") + actions_words(names, body.stopped))
    return say("; ", "；").join(parts)


def _progress(names: Names, rule: Progress) -> str:
    times = names.say(
        f"{rule.after} session{'' if rule.after == 1 else 's'} in a row in which ", f"连续{rule.after}次锻炼满足"
    )
    return times + names.cond(rule.cond)

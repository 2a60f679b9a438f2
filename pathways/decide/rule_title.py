"""What a rule is called."""

from __future__ import annotations

from pathways.decide.texts import plain
from pathways.lang.plan import Escalate, OpenTask, Rule
from pathways.lang.plan_base import Text


def title(rule: Rule) -> Text:
    """What a rule is called: its title, else that of its first task, else its id."""
    if rule.title is not None:
        return rule.title
    for action in rule.acts():
        if isinstance(action, OpenTask | Escalate) and action.task is not None:
            return action.task.title
    return plain(rule.id)

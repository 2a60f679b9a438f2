"""What follows a lesson: questions, and a person who watches the patient do it."""

from __future__ import annotations

from pathways.lang.plan_base import Duration, Part, Text
from pathways.lang.plan_things import TaskSpec

RIGHT = "right"
"""The field of a lesson that holds how many answers of its quiz were right at the last try."""
MARK = "mark"
"""The field of a lesson, and of its task, that holds the mark a person gave."""


class Question(Part):
    """A question of a quiz. ``because`` is told when another answer than ``right`` was given."""

    id: str
    ask: Text
    options: dict[str, Text]
    right: str
    because: Text


class Quiz(Part):
    """Passed with ``enough`` right answers at one try. ``tries`` None: as many as there is time for."""

    questions: tuple[Question, ...]
    enough: int
    tries: int | None = None


class ShowBack(Part):
    """A person marks from 0 to ``of``; passed with ``enough``. Where it is not passed the lesson is planned again after
    ``repeat`` (None: not), at most ``at_most`` times (None: until it is passed)."""

    task: TaskSpec
    enough: int
    of: int
    repeat: Duration | None = None
    at_most: int | None = None

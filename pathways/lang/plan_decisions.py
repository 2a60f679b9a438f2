"""Decision tables of a compiled plan."""

from __future__ import annotations

from pathways.lang.plan_base import Part, Text
from pathways.lang.plan_steps import Action
from pathways.lang.plan_tables import DecisionRow, Hits, Proposal

__all__ = ["Decision", "DecisionRow", "Hits"]


class Decision(Part):
    """A decision table.

    ``form``: each completed form of this name is judged by itself, once, over the enrolment; "" judges the data as
    they stand whenever it is asked. ``places``: paths of steps and ids of tasks that carry the form.
    ``readings``: field of the form -> measure, where an answer is a reading.
    ``hits``: the first true row, all true rows (``else`` where no other is), or just one (no two rows can be true at
    once). ``words``: titles of the words.
    ``unknown_word``: what it comes to at the first row that is unknown (with ``all``: besides the rows that are true);
    ``unknown``: what is done then. ``inputs``: what its rows look at, decisions within them included.
    """

    id: str
    path: str
    title: Text | None = None
    form: str = ""
    places: tuple[str, ...] = ()
    readings: dict[str, str] = {}
    hits: Hits = "first"
    rows: tuple[DecisionRow, ...] = ()
    words: dict[str, Text] = {}
    unknown_word: str | None = None
    unknown_because: Text | None = None
    unknown: tuple[Action, ...] = ()
    inputs: tuple[str, ...] = ()

    def word_text(self, word: str) -> Text:
        """A word as people read it; without a title the word itself."""
        return self.words.get(word) or Text.model_construct(en=word.replace("_", " "), zh=word.replace("_", " "))


def table_of(path: str, proposal: Proposal) -> Decision:
    """The table of a step ``decide`` as a decision over the data as they stand."""
    return Decision(
        id=path,
        path=path,
        hits=proposal.hits,
        rows=proposal.rows,
        words=proposal.words,
        unknown_word=proposal.unknown_word,
        unknown_because=proposal.unknown_because,
    )

"""What a step ``decide`` asks of the person who decides: a choice (for each medicine), what is proposed, and why.

A proposal as the state keeps it: ``id`` and ``name`` of the medicine ("" where there is none), ``word`` proposed (""
where the table could not tell), ``why`` and ``grounds`` as [en, zh].
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pathways.lang.plan import FormField
from pathways.lang.plan_base import Text
from pathways.lang.plan_cond import FieldRef, Is, Not
from pathways.lang.plan_tables import Proposal

Json = Any
CHOICE, REASON, CHOICES = "choice", "reason", "choices"
_REASON = Text(en="Reason", zh="理由")
_CHOICE = Text(en="Decision", zh="决定")


def fields(proposal: Proposal, made: Sequence[Json]) -> tuple[FormField, ...]:
    """The questions: a choice and its reason, for each medicine that has a proposal."""
    return tuple(field for one in made for field in _of_one(proposal, one))


def _of_one(proposal: Proposal, one: Json) -> Iterator[FormField]:
    choice, reason = _named(one, CHOICE), _named(one, REASON)
    word = one.get("word", "")
    name = one.get("name", "")
    yield FormField(
        id=choice,
        type="one_of",
        label=Text(en=name, zh=name) if name else _CHOICE,
        options=proposal.words,
        proposed=word or None,
        because=_text(one["why"]) if one.get("why") else None,
        grounds=tuple(_text(line) for line in one.get("grounds", ())),
    )
    otherwise = Not(of=Is(of=FieldRef(step="", field=choice, type="one_of"), word=word))
    yield FormField(
        id=reason,
        type="text",
        label=_REASON,
        required=False,
        required_if=otherwise if word in proposal.against else None,
    )


def _named(one: Json, field: str) -> str:
    return f"{one['id']}.{field}" if one.get("id") else field


def _text(pair: Sequence[str]) -> Text:
    return Text(en=pair[0], zh=pair[1])


def chosen(made: Sequence[Json], form: dict[str, Json]) -> list[tuple[Json, str, str]]:
    """What was chosen: (proposal, word, reason) for each."""
    return [(one, str(form.get(_named(one, CHOICE), "")), str(form.get(_named(one, REASON), ""))) for one in made]


def completed(proposal: Proposal, made: Sequence[Json], form: dict[str, Json]) -> dict[str, Json]:
    """The form as it is kept: for several medicines with all that was chosen, which conditions can ask for."""
    if not proposal.each:
        return form
    words = {word for _, word, _ in chosen(made, form)}
    return {**form, CHOICES: [word for word in proposal.words if word in words]}

"""A proposal of advice that a clinician approves, in a compiled plan."""

from __future__ import annotations

from typing import Literal

from pathways.lang.plan_base import Duration, Part, Text
from pathways.lang.plan_cond import Cond, FieldRef, Is
from pathways.lang.plan_handoffs import Sent
from pathways.lang.plan_things import FormField


class AdviceRow(Part):
    """A row: when ``test`` holds the message ``advice`` is proposed, for the reason ``because``; ``effect`` is what it
    is to bring about."""

    path: str
    test: Cond | Literal["unknown", "else"]
    advice: str
    because: Text
    effect: Cond | None = None


class AdviseBody(Part):
    """Proposes the advice of the first row that holds to ``role``, who approves, edits or refuses it within ``due``
    (else ``ladder``); undecided it ends after ``expires``. ``show``: data shown with it. ``judged``: so long after it
    was sent the row's ``effect`` is looked at; advice that did nothing then rests for ``rests``."""

    kind: Literal["advise"] = "advise"
    rows: tuple[AdviceRow, ...]
    role: str
    due: Duration
    expires: Duration
    ladder: str | None = None
    show: tuple[Sent, ...] = ()
    judged: Duration | None = None
    rests: Duration | None = None


DECISION = "decision"
WORDING = "text"
ADVICE = "advice"
EFFECT = "effect"
EFFECTS = ("worked", "nothing", "unclear")
DECISIONS = {
    "approve": Text(en="Send it as proposed", zh="按建议发送"),
    "edit": Text(en="Send my wording", zh="按修改后的内容发送"),
    "refuse": Text(en="Do not send", zh="不发送"),
}
OUTCOMES = {"approve": "approved", "edit": "edited", "refuse": "refused"}


def decision_form(proposal: Text) -> tuple[FormField, ...]:
    """What a clinician is asked about a proposal: the decision, the wording where it is theirs, a note."""
    decided = FieldRef(step="", field=DECISION, type="one_of")
    return (
        FormField(id=DECISION, type="one_of", label=proposal, options=DECISIONS),
        FormField(
            id=WORDING,
            type="text",
            label=Text(en="Your wording, as the patient will read it", zh="您的措辞（患者将看到的内容）"),
            required=False,
            required_if=Is(of=decided, word="edit", text="decision is edit"),
        ),
        FormField(id="note", type="text", label=Text(en="Note", zh="备注"), required=False),
    )

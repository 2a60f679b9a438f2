"""Receipts: what became of a message, and what follows when an urgent one did not arrive.

The courier has tried every channel before it says "undelivered". What a pathway cannot do without then goes to people:
a red message to the caregivers who may have it and to the staff, a dose to the caregivers while it can still be taken,
and to the staff. Every other message is only noted; its step has said "sent" and ends once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pathways.decide.contact import CARE_USE, Wish, caregivers, reminded_of
from pathways.decide.events import Delivery
from pathways.decide.records import Occurrence, Send
from pathways.decide.tasks import Work, open_task
from pathways.decide.texts import plain, text
from pathways.lang.plan_base import Text

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

RANK = {"": 0, "sent": 1, "unknown": 1, "undelivered": 2, "delivered": 3, "read": 4}
"""A receipt that comes late or twice never takes back what a better one said."""
TOLD = frozenset({"delivered", "read", "undelivered", "unknown"})
URGENT = frozenset({"red", "dose"})


def delivery(run: Run, body: Delivery) -> None:
    """Remember a receipt with the message's place, tell it, and find another way when there was none.

    A message whose place is forgotten (`contact.KEEP`) changes nothing any more.
    """
    send = run.state.sends.get(body.message)
    if send is None or RANK.get(body.status, 0) <= RANK.get(send.sent, 0):
        return
    send.sent = body.status
    if body.status not in TOLD:
        return
    case = run.cases.get(send.enrolment)
    lost = body.status == "undelivered"
    words = text(f"message_{body.status}", what=_name(case, send))
    run.timeline(
        case,
        f"message_{body.status}",
        send.template,
        words,
        key=f"{send.key}:{body.status}",
        weight=6 if lost and send.cls in URGENT else 0,
    )
    if lost and case is not None and send.counted and send.cls in URGENT and run.state.patient.silenced != "died":
        _other_way(run, case, send)


def _other_way(run: Run, case: Case, send: Send) -> None:
    """The caregivers at once; a person of the staff, once while nobody has done it."""
    dose: Occurrence | None = None
    if send.cls == "dose":
        dose = reminded_of(run, send.key)
        if dose is None:
            return  # taken, missed or not needed any more: there is nothing left to remind of
    _ask_caregivers(run, case, send, dose)
    ident = f"undelivered.{send.template}"
    if any(task.id == ident and task.enrolment == case.id for task in run.state.tasks.values()):
        return
    message = case.plan.messages.get(send.template)
    source = message.path if message is not None else dose.step if dose is not None else send.template
    open_task(
        case,
        Work(
            key=f"{send.key}:undelivered",
            id=ident,
            source=source,
            title=text("task_undelivered", what=_name(case, send)),
            role=case.first_role,
            level="amber",
        ),
    )


def _ask_caregivers(run: Run, case: Case, send: Send, dose: Occurrence | None) -> None:
    message = case.plan.messages.get(send.template)
    wish = Wish(
        key=send.key,
        cls=send.cls,
        template=send.template,
        text=_words(case, send),
        wanted=run.floor,
        expires=(dose.missed if dose is not None else None) or run.floor + CARE_USE,
        topic=send.topic or None,
        private=message is not None and message.private,
        enrolment=case.id,
    )
    caregivers(run, case, wish)


def _name(case: Case | None, send: Send) -> Text:
    """What people call a message: a dose by its step, others by the author's id in words."""
    dose = reminded_of(case.run, send.key) if case is not None else None
    if case is not None and dose is not None:
        return case.index.steps[dose.step].title
    return plain(send.template.replace("_", " "))


def _words(case: Case, send: Send) -> Text:
    """The pathway's own words; of a dose none of the medicines' names."""
    message = case.plan.messages.get(send.template)
    return message.text if message is not None else text("caregiver_dose")

"""One parcel for several prescriptions: which go along, and how each of them ends."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pathways.decide.occurrences import end
from pathways.decide.records import HandoffRun, Occurrence
from pathways.lang.plan import HandoffBody, Step
from pathways.lang.plan_handoff_words import final_words

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any


def gather(case: Case, step: Step, first: Occurrence) -> list[Occurrence]:
    """The planned occurrences of other prescriptions whose supply ends so soon after that of ``first`` that they go
    into its parcel. They are asked for with it, so they are no longer planned on their own."""
    assert isinstance(step.body, HandoffBody)
    ends = _supply_end(first)
    if step.body.bundle is None or ends is None:
        return []
    last = ends + timedelta(days=step.body.bundle.amount or 0)
    found = []
    for o in case.run.occurrences_of(case, step.path):
        its = _supply_end(o)
        if o.key != first.key and o.state == "planned" and its is not None and its <= last:
            found.append(o)
    return sorted(found, key=lambda o: o.key)


def _supply_end(o: Occurrence) -> date | None:
    """The end of the supply that an occurrence is for (its ``with_`` is ``<prescription>@<date>``)."""
    _, at, day = o.with_.rpartition("@")
    return date.fromisoformat(day) if at else None


def given_out(handoff: HandoffRun, kept: dict[str, Json]) -> list[str]:
    """The prescriptions that were handed over: those the partner lists, without a list all that were asked for."""
    words = items(handoff, "", kept)
    return [one for one in handoff.for_ if words[one] not in {"declined", "failed", "cancelled"}]


def items(handoff: HandoffRun, word: str, kept: dict[str, Json]) -> dict[str, str]:
    """Each prescription's own word: as the partner says under ``items``; one that its list of ``medicines`` leaves out
    was declined; else the word of the parcel."""
    told = kept.get("items")
    told = told if isinstance(told, dict) else {}
    listed = kept.get("medicines")
    ids = {str(row.get("id")) for row in listed if isinstance(row, dict)} if isinstance(listed, list) else None
    known = final_words("pharmacy")
    out: dict[str, str] = {}
    for one in handoff.for_:
        said = told.get(one)
        if isinstance(said, str) and said in known:
            out[one] = said
        elif ids is not None and word in {"", "partly"}:
            out[one] = "handed_over" if one in ids else "declined"
        else:
            out[one] = word
    return out


def end_each(case: Case, handoff: HandoffRun, outcome: str) -> list[str]:
    """End every occurrence that the parcel is for, each as its own prescription went; the words that differ."""
    each = handoff.items or {}
    different: list[str] = []
    for o in case.run.occurrences_of(case, handoff.step):
        if o.handoff != handoff.key:
            continue
        o.items.update({one: each[one] for one in o.items if one in each})
        word = next((each[one] for one in o.items if one in each), outcome) if len(o.items) == 1 else outcome
        end(case, o, word, form=dict(handoff.kept), weight=4)
        if word != outcome and word not in different:
            different.append(word)
    return different

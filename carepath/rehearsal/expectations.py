"""Judges expectations against what happened, and says what happened instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from carepath.rehearsal.expected import is_state
from carepath.rehearsal.ledger import Happening, Holding, Ledger
from carepath.rehearsal.model import Expectation, Subject
from carepath.rehearsal.names import ANY, plain_id
from carepath.rehearsal.times import Clockwork
from pathways.lang.diagnostics import Span

NEAR = 8
"""So many happenings are shown around the moment of a failure."""
_LEVELS = frozenset({"red", "amber", "info", "no_data"})
_CONTAINS = frozenset({"says", "why", "title", "of"})


@dataclass(frozen=True, slots=True)
class Failure:
    """One unmet expectation (or line that could not be done). ``line``: the excerpt of the scenario; ``text``: what is
    wrong; ``near``: what happened around that time."""

    line: str
    text: str
    near: list[str]
    span: Span


def called(subject: Subject, name: str, also: str = "") -> bool:
    """Whether the author's place ``name`` (or the id ``also``) is what the subject names."""
    wanted = subject.name
    if wanted in {ANY, name, plain_id(also)}:
        return True
    place = plain_id(name)
    return place == wanted or place.endswith("." + wanted) or f".{wanted}." in f".{place}."


def matches(subject: Subject, words: dict[str, str]) -> bool:
    """Whether the filters of a subject are met by the words of a happening."""
    for key, wanted in subject.filters:
        got = words.get(key, "")
        if key in _CONTAINS:
            if wanted not in got:
                return False
        elif key == "is":
            if not _is(wanted, got):
                return False
        elif got != wanted:
            return False
    return True


def _is(wanted: str, got: str) -> bool:
    return wanted in got.split(", ") or got.startswith(wanted + "(") or (wanted == "known" and got in {"true", "false"})


def happened(subject: Subject, happening: Happening) -> bool:
    """Whether a happening is of the kind, and by the name, that a subject speaks of.

    Without a filter on ``is``, a message counts when it is sent, a task when it is opened or handed on.
    """
    if happening.kind != subject.kind or not called(subject, happening.name, happening.also):
        return False
    if subject.filter("is"):
        return True
    if subject.kind == "message":
        return happening.words["is"] == "sent"
    return subject.kind != "task" or happening.words["is"] in {"open", "claimed"}


def judge(expectation: Expectation, ledger: Ledger, works: Clockwork) -> Failure | None:
    """The failure of an expectation, None when it is met."""
    subject = expectation.subject
    if subject.kind == "open_tasks":
        return _open_tasks(expectation, ledger, works)
    if is_state(subject):
        found: list[datetime] = [h.start for h in _holdings(expectation, ledger)]
    else:
        found = _happenings(expectation, ledger)
    number = len(found)
    if expectation.mode == "never":
        if number == 0:
            return None
        text = f"it happened {_times(number)}: {_listed(found, works)}"
    elif expectation.low <= number and (expectation.high is None or number <= expectation.high):
        return None
    elif number == 0:
        text = "it did not happen" if expectation.mode == "in" else "it was not so"
    else:
        text = f"it happened {_times(number)}: {_listed(found, works)}"
    return Failure(expectation.text, text, _instead(expectation, ledger, works), expectation.span)


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _listed(found: list[datetime], works: Clockwork) -> str:
    shown = ", ".join(works.spoken(at) for at in found[:NEAR])
    return shown + (" …" if len(found) > NEAR else "")


def _inside(expectation: Expectation, at: datetime) -> bool:
    if at < expectation.start or (expectation.open_start and at == expectation.start):
        return False
    return at < expectation.end or (at == expectation.end and not expectation.open_end)


def _happenings(expectation: Expectation, ledger: Ledger) -> list[datetime]:
    subject = expectation.subject
    found: list[datetime] = []
    keys: set[tuple[str, str]] = set()
    for one in ledger.happenings:
        if not happened(subject, one) or not matches(subject, one.words):
            continue
        if not _inside(expectation, one.at):
            continue
        # One task that is handed from role to role is one task; one message sent is one message.
        identity = (one.key, one.words["is"] if subject.filter("is") else "")
        if subject.kind in {"task", "message", "step"} and one.key:
            if identity in keys:
                continue
            keys.add(identity)
        found.append(one.at)
    return found


def _holdings(expectation: Expectation, ledger: Ledger) -> list[Holding]:
    subject = expectation.subject
    holds = expectation.mode == "holds"
    out: list[Holding] = []
    for one in ledger.holdings:
        if one.kind != subject.kind or not _named(subject, one) or not _words(subject, one):
            continue
        if _holds_at(one, expectation.start) if holds else _overlaps(expectation, one):
            out.append(one)
    return out


def _holds_at(one: Holding, at: datetime) -> bool:
    return one.start <= at and (one.end is None or one.end > at)


def _named(subject: Subject, one: Holding) -> bool:
    if subject.kind == "flag" and subject.name in _LEVELS:
        return one.words.get("level") == subject.name
    return called(subject, one.name, one.also)


def _words(subject: Subject, one: Holding) -> bool:
    return all(one.words.get(key, "") == wanted for key, wanted in subject.filters)


def _overlaps(expectation: Expectation, one: Holding) -> bool:
    ended = one.end is not None and (one.end < expectation.start or (one.end == expectation.start != one.start))
    begun = one.start < expectation.end or (one.start == expectation.end and not expectation.open_end)
    return begun and not ended


def _open_tasks(expectation: Expectation, ledger: Ledger, works: Clockwork) -> Failure | None:
    at = expectation.start
    found = [h for h in ledger.holdings if h.kind == "task" and _holds_at(h, at)]
    keys = {h.words["key"]: h for h in found}
    if len(keys) == int(expectation.subject.name):
        return None
    shown = ", ".join(sorted(h.name for h in keys.values())) or "none"
    return Failure(expectation.text, f"{len(keys)} tasks were open: {shown}",
                   _instead(expectation, ledger, works), expectation.span)


# --------------------------------------------------------------------------- what happened instead


def _instead(expectation: Expectation, ledger: Ledger, works: Clockwork) -> list[str]:
    """The happenings of the same kind near the end of the stretch, else whatever happened around it."""
    at = expectation.start if expectation.mode == "holds" else expectation.end
    kind = expectation.subject.kind
    alike = [h for h in ledger.happenings if h.kind == kind]
    held = [h for h in ledger.holdings if h.kind == kind]
    lines = [_said(h, works) for h in _nearest(alike, at)] + [_held(h, works) for h in held[-NEAR:]]
    return lines or around(ledger, at, works)


def around(ledger: Ledger, at: datetime, works: Clockwork) -> list[str]:
    """What happened around an instant, one line each."""
    return [_said(h, works) for h in _nearest(ledger.happenings, at)]


def _nearest(found: Iterable[Happening], at: datetime) -> list[Happening]:
    ordered = sorted(found, key=lambda h: abs(h.at - at))
    return sorted(ordered[:NEAR], key=lambda h: h.at)


def _said(one: Happening, works: Clockwork) -> str:
    shown = ("is", "to", "role", "level", "why")
    words = " ".join(f"{key} {value}" for key in shown if (value := one.words.get(key)))
    return f"{works.spoken(one.at)} {one.kind} {one.name} {words}".rstrip()


def _held(one: Holding, works: Clockwork) -> str:
    until = works.spoken(one.end) if one.end is not None else "…"
    return f"{works.spoken(one.start)} to {until} {one.kind} {one.name}"

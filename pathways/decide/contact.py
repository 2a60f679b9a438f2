"""The contact governor: one per patient, over everything that any pathway sends.

A message asks for an instant and gets a place, or is refused with a reason. Red passes quiet hours and caps and the
reason is kept. Places are reserved when messages are planned, so that a week planned ahead obeys the caps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pathways.decide.calendar import local_date
from pathways.decide.calendar_zone import day_start
from pathways.decide.effects import CancelMessages, PlanMessage, Unless
from pathways.decide.records import Occurrence, Send
from pathways.decide.texts import gist, plain, text
from pathways.decide.worktime import next_allowed
from pathways.lang.plan_base import CLOCK_UNITS, Text

if TYPE_CHECKING:
    from pathways.decide.case import Case
    from pathways.decide.run import Run

SAME = timedelta(minutes=10)
"""Two equal messages this near to each other are one."""
KEEP = timedelta(days=8)
"""Places are remembered this long, for caps per week."""
CARE_USE = timedelta(days=3)
"""A care message that waits longer than this is of no use any more."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A message to the patient (or a caregiver): what it is and when it is wanted."""

    key: str
    cls: str
    template: str
    text: Text
    wanted: datetime
    expires: datetime
    unless: Unless | None = None
    topic: str | None = None
    private: bool = False
    enrolment: str = ""
    purpose: str = ""
    to: str = "patient"
    channels: tuple[str, ...] = ()
    same_as: str = ""
    moves: bool = True


def place(run: Run, case: Case | None, wish: Wish) -> bool:
    """Give a message its place and plan it, or say on the timeline why not."""
    if wish.key in run.state.sends:
        return True
    why = _forbidden(run, case, wish)
    if why:
        _refused(run, case, wish, why)
        return False
    twin = _twin(run, wish)
    if twin is not None:
        if wish.cls == "red":
            return True  # the same words to the same person: said once
        if not _asks_more(run, wish, twin):
            _refused(run, case, wish, "duplicate")
            return False
        run.cancel_messages([twin.key], "duplicate")
    channels = _channels(run, wish)
    if not channels:
        _refused(run, case, wish, "no_channel")
        return False
    due, why = _time(run, wish)
    if due is None:
        _refused(run, case, wish, why)
        return False
    bundle = None
    if wish.cls != "red" and wish.to == "patient":
        bundle = f"{run.state.journey}:b:{int(due.timestamp())}"
    run.state.sends[wish.key] = Send(
        key=wish.key,
        due=due,
        wanted=None if wish.wanted == due else wish.wanted,
        cls=wish.cls,
        enrolment=wish.enrolment,
        template=wish.template,
        topic=wish.topic or "",
        for_=wish.same_as,
        counted=wish.to == "patient",
    )
    run.emit(
        PlanMessage(
            key=wish.key,
            to=wish.to,
            channels=channels,
            message_class=wish.cls,
            template=wish.template,
            text=wish.text,
            due=due,
            expires=wish.expires,
            unless=wish.unless,
            topic=wish.topic,
            private=wish.private,
            bundle=bundle,
            enrolment=wish.enrolment or None,
            wants_receipt=wish.cls == "red",
            reason=why or None,
        )
    )
    return True


def _forbidden(run: Run, case: Case | None, wish: Wish) -> str:
    """Why this message may not be sent at all; "" when it may."""
    patient = run.state.patient
    if patient.silenced in {"withdrawn", "died"}:
        return "silenced"
    red = wish.cls == "red"
    if not red and patient.silenced:
        return "silenced"
    if not red and case is not None and "care" in case.plan.consent and "care" not in case.en.consent:
        return "no_consent"
    if not red and (patient.opt_out.get("all") or (wish.topic and patient.opt_out.get(wish.topic))):
        return "opted_out"
    return ""


def _twin(run: Run, wish: Wish) -> Send | None:
    """The same, planned for about the same time, by another pathway, say. Of red: another pathway's same words."""
    red = wish.cls == "red"
    for send in run.state.sends.values():
        if (not _same_words(run, wish, send)) if red else send.template != wish.template or send.for_ != wish.same_as:
            continue
        wanted = send.wanted or send.due
        if wanted is not None and abs(wanted - wish.wanted) <= SAME and send.counted == (wish.to == "patient"):
            return send
    return None


def _same_words(run: Run, wish: Wish, send: Send) -> bool:
    if send.cls != "red" or send.enrolment == wish.enrolment or send.enrolment not in run.cases:
        return False
    message = run.cases[send.enrolment].plan.messages.get(send.template)
    return message is not None and message.text == wish.text


def reminded_of(run: Run, key: str) -> Occurrence | None:
    """The occurrence, if it has not ended, that the message of this key reminds of."""
    return run.state.occurrences.get(key.rpartition(":r")[0])


def _asks_more(run: Run, wish: Wish, twin: Send) -> bool:
    """Two pathways ask for one measure in one slot: the one that wants more readings asks, the other keeps quiet."""
    if wish.unless is None or wish.unless.measure is None or twin.due is None or twin.due < run.at:
        return False
    asked = reminded_of(run, twin.key)
    if asked is None:
        return True
    case = run.cases[asked.enrolment]
    body = case.index.steps[asked.step].body
    return body.kind == "measure" and case.plan.measures[body.measure].take.readings < wish.unless.readings


def _channels(run: Run, wish: Wish) -> tuple[str, ...]:
    """The patient's order, else the site's; without those opted out of, unless red has no other way."""
    patient = run.state.patient
    wanted = at_site(run, wish.channels or tuple(patient.channels)) or run.site.patient_channels
    if wish.to != "patient":
        return wanted
    allowed = tuple(c for c in wanted if not patient.opt_out.get(c))
    return allowed or (wanted if wish.cls == "red" else ())


def at_site(run: Run, channels: tuple[str, ...]) -> tuple[str, ...]:
    """What channels named by a pathway or a person mean at the site, first choice first."""
    known = run.site.channels
    return tuple(dict.fromkeys(real for name in channels for real in known.get(name, (name,))))


def _time(run: Run, wish: Wish) -> tuple[datetime | None, str]:
    """The instant and the governor's words for it; None with the reason when there is none in time."""
    zone, site = run.state.patient.zone, run.site
    due = next_allowed(wish.wanted, site.quiet_hours, zone, site.calendar)
    if wish.cls == "red":
        return wish.wanted, "red" if due != wish.wanted else ""
    why = "quiet" if due != wish.wanted else ""
    due = _bundled(run, wish, due)
    for _ in range(8):
        if due > wish.expires:
            return None, why or "expired"
        over = _over_cap(run, wish, due)
        if not over:
            return due, why
        why = over
        if not wish.moves:
            return None, why
        tomorrow = day_start(local_date(due, zone) + timedelta(days=1), zone)
        due = next_allowed(max(tomorrow, _same_clock(wish.wanted, due, zone)), site.quiet_hours, zone, site.calendar)
    return None, why


def _same_clock(wanted: datetime, due: datetime, zone: str) -> datetime:
    """The wanted clock time on the local date after ``due``."""
    return wanted + timedelta(days=(local_date(due, zone) - local_date(wanted, zone)).days + 1)


def _bundled(run: Run, wish: Wish, due: datetime) -> datetime:
    """Near another message of the patient (the site's ``bundle_within``): go together with it."""
    within = run.site.bundle_within
    if within is None or within.unit not in CLOCK_UNITS or wish.to != "patient":
        return due
    size = timedelta(seconds=(within.amount or 0) * {"s": 1, "min": 60, "h": 3600}[within.unit])
    end = min(due + size, wish.expires)
    best: datetime | None = None
    for send in run.state.sends.values():
        if send.due is None or not due <= send.due <= end or send.cls == "red" or not send.counted:
            continue
        if best is None or send.due < best:
            best = send.due
    return best if best is not None else due


def _over_cap(run: Run, wish: Wish, due: datetime) -> str:
    caps = run.site.caps.get(wish.cls)
    if caps is None or wish.to != "patient" or (caps.per_day is None and caps.per_week is None):
        return ""
    today, tomorrow, monday, sunday = _edges(run, due)
    second = due.replace(microsecond=0)
    of_day: set[datetime] = set()
    of_week: set[datetime] = set()
    for send in run.state.sends.values():
        at = send.due
        if at is None or not monday <= at < sunday or send.cls != wish.cls or not send.counted:
            continue
        bundle = at.replace(microsecond=0) if at.microsecond else at  # what goes at one second is one message
        if bundle == second:
            return ""
        of_week.add(bundle)
        if today <= at < tomorrow:
            of_day.add(bundle)
    if caps.per_day is not None and len(of_day) >= caps.per_day:
        return "cap"
    if caps.per_week is not None and len(of_week) >= caps.per_week:
        return "cap_week"
    return ""


def _edges(run: Run, at: datetime) -> tuple[datetime, datetime, datetime, datetime]:
    """Where the local day of an instant begins and ends, and its week, which begins on Monday."""
    zone = run.state.patient.zone
    day = local_date(at, zone)
    key = ("edges", zone, day)
    found: tuple[datetime, datetime, datetime, datetime] | None = run.live.cache.get(key)
    if found is None:
        monday = day - timedelta(days=day.weekday())
        edges = (
            day_start(day, zone),
            day_start(day + timedelta(days=1), zone),
            day_start(monday, zone),
            day_start(monday + timedelta(days=7), zone),
        )
        found = run.live.remember(key, edges)
    return found


def _refused(run: Run, case: Case | None, wish: Wish, why: str) -> None:
    """Noted once for all messages of one kind that one piece of planning has no place for."""
    found = run.unsent.setdefault((case.id if case is not None else "", wish.template, why), [])
    found.append(wish.key)


# --------------------------------------------------------------------------- messages of a pathway


def say(
    case: Case,
    message: str,
    key: str,
    *,
    at: datetime | None = None,
    expires: datetime | None = None,
    words: Text | None = None,
) -> bool:
    """Send a message of the pathway now (or at ``at``), to everyone it is for. True if the patient's was placed.
    ``words``: what a clinician made of its text."""
    spec = case.plan.messages[message]
    run = case.run
    wanted = at or run.floor
    use = timedelta(days=7) if spec.message_class == "red" else CARE_USE
    wish = Wish(
        key=key,
        cls=spec.message_class,
        template=message,
        text=words or spec.text,
        wanted=wanted,
        expires=expires or wanted + use,
        topic=spec.topic,
        private=spec.private,
        enrolment=case.id,
        same_as=key if spec.message_class == "red" else case.id,
    )
    placed = False
    for to in spec.to:
        if to == "patient":
            known = key in run.state.sends  # two pathways with one red rule say it once
            placed = place(run, case, wish)
            if placed and not known:
                said = text("message", what=gist(spec.text))
                run.timeline(case, "message_planned", spec.path, said, key=f"{key}:planned", weight=1)
        elif to == "caregiver":
            caregivers(run, case, wish)
        else:
            tell(run, case, to, key=f"{key}:{to}", template=message, words=wish.text, channels=())
    return placed


def caregivers(run: Run, case: Case, wish: Wish) -> None:
    """Copies for caregivers who may have this topic, each once; never of a private message."""
    if wish.private:
        return
    for person in run.state.patient.caregivers:
        topics = person.get("topics") or ()
        if topics and wish.topic not in topics and wish.cls not in topics:
            continue
        copy = replace(
            wish,
            key=f"{wish.key}:cg:{person.get('id', '')}",
            to="caregiver",
            channels=tuple(person.get("channels") or ()),
            same_as=f"cg:{person.get('id', '')}",
        )
        place(run, case, copy)


def tell(
    run: Run, case: Case | None, role: str, *, key: str, template: str, words: Text, channels: tuple[str, ...]
) -> None:
    """A message to a role of the staff: at once, no caps."""
    run.emit(
        PlanMessage(
            key=key,
            to=f"role:{role}",
            channels=at_site(run, channels or ("app",)),
            message_class="staff",
            template=template,
            text=words,
            due=run.at,
            expires=run.at + timedelta(days=7),
            enrolment=case.id if case is not None else None,
        )
    )


def red_key(journey: str, rule: str, reading: str) -> str:
    """The key of the first message of a red rule for a reading."""
    return f"{journey}:red:{rule}:{reading}"


# --------------------------------------------------------------------------- changes


def forget_old(run: Run) -> None:
    """Places of the past that no cap asks for any more."""
    edge = run.at - KEEP
    for key in [k for k, s in run.state.sends.items() if s.due is not None and s.due < edge]:
        del run.state.sends[key]


def withdraw_pending(run: Run, reason: str, *, enrolment: str | None = None, keep: tuple[str, ...] = ()) -> None:
    """Take back everything that is still to be sent (of one enrolment, or all), but for these keys' prefixes."""
    gone = [
        key
        for key, send in run.state.sends.items()
        if send.due is not None
        and send.due >= run.at
        and (enrolment is None or send.enrolment == enrolment)
        and not (keep and key.startswith(keep))
    ]
    for key in gone:
        del run.state.sends[key]
    if gone:
        run.lost = True
        run.emit(CancelMessages(tuple(sorted(gone)), None, reason))


def recheck(run: Run) -> None:
    """Wishes changed: take back what may not be sent any more."""
    gone = []
    for key, send in run.state.sends.items():
        if send.due is None or send.due < run.at or send.cls == "red":
            continue
        case = run.cases.get(send.enrolment)
        topic = send.topic or None
        probe = Wish(
            key, send.cls, "", plain(""), send.due, send.due, topic=topic, enrolment=send.enrolment, same_as=key
        )
        if _forbidden(run, case, probe):
            gone.append(key)
    run.cancel_messages(sorted(gone), "opted_out")


def channels_for(run: Run, cls: str) -> tuple[str, ...]:
    """The channels a message of a class to the patient would go by."""
    probe = Wish("", cls, "", plain(""), run.at, run.at)
    return _channels(run, probe)

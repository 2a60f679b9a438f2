"""Occurrences: made, reminded of, ended exactly once. What each kind of step does is in ``steps``."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pathways.decide import counting, merge, windows
from pathways.decide.calendar import Slot, blocks, local_date
from pathways.decide.case import LETTERS
from pathways.decide.conditions import Unknown
from pathways.decide.contact import Wish, place
from pathways.decide.decisions_seen import Completed
from pathways.decide.effects import Unless
from pathways.decide.explain import reason_words
from pathways.decide.index import measure_of
from pathways.decide.records import Alarm, Occurrence, StepRun
from pathways.decide.texts import text, word
from pathways.lang.plan import (
    AskBody,
    Derived,
    DoseBody,
    ExerciseBody,
    HandoffBody,
    MeasureBody,
    Step,
    TaskBody,
    TeachBody,
    VisitBody,
)
from pathways.lang.plan_advice import AdviseBody
from pathways.lang.plan_base import Duration, Text
from pathways.lang.plan_handoff_words import ends_well
from pathways.lang.plan_when import Every

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any
DAY = timedelta(hours=24)
DONE = counting.DONE | {"approved", "edited"}
_SHOWN = (AskBody, DoseBody, ExerciseBody, TeachBody)
"""Bodies of steps that are shown to the patient by themselves."""
NOT_COUNTED = frozenset({"skipped", "cancelled", "undelivered"})
"""Endings that neither count nor break a streak, nor stand as what the step came to (but see ``GIVEN_UP``)."""
GIVEN_UP = frozenset({"", "could not", "not reached"})
"""Why a step is cancelled for good: a person or a partner gave it up. Then `<step> is cancelled`, and a row can go on;
what the pathway itself cancels as not needed leaves no such trace."""
TAIL = 32


def step_run(case: Case, path: str) -> StepRun:
    """The memory of a step, made or begun again for this visit of its phase."""
    key = f"{case.id}|{path}"
    visit = case.visit_of(path)
    found = case.run.state.steps.get(key)
    if found is None:
        found = case.run.state.steps[key] = StepRun(key=key, visit=visit)
    elif found.visit != visit:
        found.visit, found.planned_to, found.anchor, found.in_visit, found.latest = visit, None, "", 0, ""
        found.tail, found.outcome, found.at, found.done_at, found.due = "", "", None, None, None
        found.mode, found.form, found.why, found.armed = "", {}, "", True
        found.level, found.good, found.bad, found.shown = "", 0, 0, 0
    return found


# --------------------------------------------------------------------------- making


def make(
    case: Case, step: Step, slot: Slot, *, next_due: datetime | None = None, part: str = "", **more: Any
) -> Occurrence | None:
    """Make the occurrence of a slot; None when there is one of this key. ``part`` tells for-each members apart."""
    run = case.run
    slot = merge.one_date(case, step, slot)
    memory = step_run(case, step.path)
    visit = case.visit_of(step.path)
    suffix = f"~{memory.generation}" if memory.generation else ""
    key = case.key(step.path, visit, slot.key + (f"/{part}" if part else "") + suffix)
    if key in run.state.occurrences or slot.key + (f"/{part}" if part else "") in memory.early:
        return None
    memory.count += 1
    memory.in_visit += 1
    memory.due = slot.due
    occurrence = Occurrence(
        key=key,
        enrolment=case.id,
        step=step.path,
        visit=visit,
        number=memory.in_visit,
        slot=slot.key,
        due=slot.due,
        **more,
    )
    _window(case, step, occurrence, slot.opens, next_due)
    add(case, occurrence)
    for measure in case.index.brings[step.path]:
        if measure not in case.en.first_due:
            case.en.first_due[measure] = slot.due
            case.touch("m:" + measure)
    if step.id in case.index.leads:
        case.touch("s:" + step.id)  # another step comes so long before it
    run.note_planned(case, step, occurrence)
    plan_reminders(case, step, occurrence)
    return occurrence


def add(case: Case, occurrence: Occurrence) -> None:
    """Put an occurrence into the state, its index and the agenda."""
    case.run.state.occurrences[occurrence.key] = occurrence
    case.run.live.note(occurrence)


def _window(case: Case, step: Step, o: Occurrence, opens: datetime | None, next_due: datetime | None) -> None:
    """When it opens, is late, is missed. Defaults: opens when due; missed at the next due time or after 24 h."""
    assert o.due is not None
    window = step.window
    o.opens = opens or o.due
    if window.opens_before is not None:
        o.opens = case.after(o.due, window.opens_before, before=True) or o.due
    o.late = None if window.late_after is None else case.after(o.due, window.late_after)
    if isinstance(step.body, AdviseBody):
        o.missed = case.after(o.due, step.body.expires)
        return
    if isinstance(step.body, TaskBody | HandoffBody) or step.body.kind in {"say", "pathway"}:
        o.missed = None
        return
    if step.body.kind == "group" and window.missed_after is None:
        o.missed = None  # its members have deadlines of their own
        return
    if window.missed_after is not None:
        o.missed = case.after(o.due, window.missed_after)
    if o.missed is None:
        o.missed = o.due + DAY if next_due is None else min(next_due, o.due + DAY)


def move(case: Case, step: Step, o: Occurrence, due: datetime) -> None:
    """Give an occurrence another due instant (a booking)."""
    o.due = due
    _window(case, step, o, None, None)
    if o.state != "planned" and o.opens is not None and o.opens > case.run.at:
        o.state = "planned"
    elif o.state in {"due", "late"} and due > case.run.at:
        o.state = "open"
    step_run(case, step.path).due = due
    case.run.live.note(o)
    drop_reminders(case, o)
    plan_reminders(case, step, o)
    case.touch("s:" + step.id)


# --------------------------------------------------------------------------- reminders


def reminders_of(step: Step) -> tuple[Duration, ...]:
    """So long after due the patient is reminded. What must be shown or asked is shown when due."""
    if step.remind:
        return tuple(r.after for r in step.remind)
    return (Duration(amount=0, unit="min"),) if isinstance(step.body, _SHOWN) else ()


def shown_from(step: Step, o: Occurrence) -> datetime | None:
    """When the first message counts from: the due time; of what is shown by itself and may be done over a whole day, a
    season or between two moments (the phrase says so, no window does) the beginning of it."""
    if o.due is None or o.opens is None or step.remind or step.window.opens_before is not None:
        return o.due
    return o.opens if isinstance(step.body, _SHOWN) else o.due


def plan_reminders(case: Case, step: Step, o: Occurrence) -> None:
    """Plan the messages of an occurrence, each with the condition under which it is not sent."""
    times = reminders_of(step)
    begin = shown_from(step, o)
    if not times or begin is None or not wanted(case, step):
        return
    for number, after in enumerate(times):
        at = case.after(begin, after)
        if at is None or (at < case.run.at and number + 1 < len(times)):
            continue
        place(case.run, case, _wish(case, step, o, number, at))


def wanted(case: Case, step: Step) -> bool:
    """Whether the step is to be done as things stand: not paused, stopped, held or guarded away."""
    en = case.en
    if not step.safety and (en.status == "paused" or en.stopped):
        return False
    if step.id in en.hold or step.path in en.hold:
        return False
    if step.when.while_cond is not None and not case.allows(step.when.while_cond):
        return False
    measure = measure_of(step)
    return case.allows(step.only_if) and (not measure or case.allows(case.plan.measures[measure].only_if))


def _wish(case: Case, step: Step, o: Occurrence, number: int, at: datetime) -> Wish:
    body = step.body
    template, words, cls, same = "remind", _remind_words(step.title.en, step.title.zh), "care", f"{case.id}|{step.path}"
    unless = Unless(step=step.path, since=o.opens, before=o.missed)
    topic: str | None = None
    private = False
    if isinstance(body, MeasureBody):
        spec = case.plan.measures[body.measure]
        template, same = "remind_measure", spec.catalogue
        unless = Unless(measure=spec.catalogue, since=o.opens, before=o.missed, readings=spec.take.readings)
    elif isinstance(body, DoseBody):
        template, cls, same = "remind_dose", "dose", f"{case.id}|{step.path}|{o.slot}"
        names = ", ".join(_name(case, body, item) for item in o.items)
        words = text("remind_dose", medicines=names)
    elif isinstance(body, TeachBody):
        template, words, same = "teach", text("teach", title=body.title), f"teach|{body.item}"
    elif isinstance(body, ExerciseBody):
        template, words = "exercise", text("exercise", step=step.title)
    elif isinstance(body, AskBody):
        template, words = "ask", text("ask", step=step.title)
        if body.message is not None:
            message = case.plan.messages[body.message]
            template, words, topic, private = message.id, message.text, message.topic, message.private
            cls = message.message_class
    return Wish(
        key=f"{o.key}:r{number}",
        cls=cls,
        template=template,
        text=words,
        wanted=at,
        expires=_expires(case, step, o, at),
        unless=unless,
        topic=topic,
        private=private,
        enrolment=case.id,
        same_as=same,
        moves=isinstance(body, TeachBody | AskBody | ExerciseBody),
    )


def _name(case: Case, body: DoseBody, item: str) -> str:
    return member_words(case, body.medicines.fact, item)


def member_words(case: Case, fact: str, item: str) -> str:
    """What a prescription is called; its id while that is not known."""
    known = case.run.state.facts.get(f"{case.id}|{fact}")
    for row in known.value if known is not None and known.value else ():
        if row.get("id") == item:
            return str(row.get("name") or item)
    return item


def _expires(case: Case, step: Step, o: Occurrence, at: datetime) -> datetime:
    """A reminder is of no use after its occurrence is missed (``catch_up: skip``: once it is late).

    ``catch_up: within`` may end it sooner.
    """
    end = o.missed or at + DAY
    if step.catch_up == "skip" and o.late is not None:
        return max(at, o.late)
    if step.catch_up == "within" and step.catch_up_within is not None:
        sooner = case.after(at, step.catch_up_within)
        return end if sooner is None else min(end, sooner)
    return end


def drop_reminders(case: Case, o: Occurrence, *, lost: bool = False) -> None:
    """Take back the reminders of an occurrence that are still to be sent. ``lost``: though nothing has come."""
    sends, at = case.run.state.sends, case.run.at
    count = len(reminders_of(case.index.steps[o.step]))
    keys = [key for number in range(count) if (key := f"{o.key}:r{number}") in sends]
    keys = [key for key in keys if (due := sends[key].due) is not None and due >= at]
    case.run.lost = case.run.lost or (lost and bool(keys))
    case.run.cancel_messages(keys)


def sync_reminders(case: Case, step: Step) -> None:
    """What a guard, a wish or a setting changed: make the planned messages of a step fit again."""
    if not reminders_of(step):
        return
    for o in case.run.occurrences_of(case, step.path):
        if wanted(case, step):
            plan_reminders(case, step, o)
        else:
            drop_reminders(case, o, lost=True)


# --------------------------------------------------------------------------- ending


def end(
    case: Case,
    o: Occurrence,
    outcome: str,
    why: str = "",
    *,
    form: dict[str, Json] | None = None,
    mode: str = "",
    weight: int = 0,
) -> None:
    """End an occurrence, once and for ever, with its reason."""
    run = case.run
    run.flush()
    del run.state.occurrences[o.key]
    run.live.by_step[case.id, o.step].discard(o.key)
    step = case.index.steps[o.step]
    drop_reminders(case, o, lost=outcome in NOT_COUNTED)
    if o.child:
        from pathways.decide.calls import let_go  # it ends enrolments, whose occurrences end here

        let_go(case, step, o)
    if o.visit == case.visit_of(o.step):
        _remember(case, step, o, outcome, why, form or {}, mode)
    memory = run.state.steps[f"{case.id}|{o.step}"]
    if outcome != "cancelled" and o.due is not None and not o.extra and o.visit == memory.visit:
        slot = o.slot + (f"/{part}" if (part := _part(o)) else "")
        if o.due > run.at:
            memory.early = [*memory.early, slot][-8:]
        else:
            memory.latest = max(memory.latest, slot)
    memory.totals[outcome] = memory.totals.get(outcome, 0) + 1
    if step.body.kind != "dose":
        counting.ended(case, o, outcome)
    words = outcome_words(step.title, outcome, step.must_unless.get(why, why))
    data: dict[str, Json] = {"form": form} if form else {}
    if mode:
        data["mode"] = mode
    if o.items:
        data["items"] = dict(o.items)
    if isinstance(step.body, TeachBody):
        data["item"] = step.body.item
    run.timeline(
        case,
        "occurrence",
        o.step,
        words,
        key=f"{o.key}:end",
        weight=weight,
        occurrence=o.key,
        outcome=outcome,
        why=why or None,
        data=data,
    )
    case.touch("s:" + step.id)
    if o.step in case.index.decided and outcome in {"done", "done_late"}:
        case.completed.append(Completed(o.step, form or {}, run.at, o.visit or case.en.visit))
    if o.group:
        _tell_group(case, step, o, outcome, why)
    if o.block:
        settle_block(case, o.block)


def _tell_group(case: Case, step: Step, o: Occurrence, outcome: str, why: str) -> None:
    """Note with the group how one of its doings ended."""
    key, _, doing = o.group.partition(">")
    group = case.run.state.occurrences.get(key)
    if group is not None and doing in group.items:
        passed = outcome == "skipped" or (outcome == "cancelled" and why == "not needed")
        group.items[doing] = "done" if _good(step, outcome) else "passed" if passed else "missed"


def _good(step: Step, outcome: str) -> bool:
    """Whether an outcome means that the step was done."""
    if isinstance(step.body, HandoffBody) and ends_well(step.body.machine, outcome):
        return True
    return outcome in DONE or step.body.kind == "pathway"


def _part(o: Occurrence) -> str:
    """The for-each member of an occurrence (a handoff for one medicine)."""
    return next(iter(o.items), "") if o.with_ else ""


def outcome_words(title: Text, outcome: str, why: str | Text) -> Text:
    """How an occurrence ended, for people."""
    if why:
        return text(
            "occurrence_why",
            step=title,
            outcome=word("out", outcome),
            why=word("why", why) if isinstance(why, str) else why,
        )
    return _ended_words(title.en, title.zh, outcome)


@lru_cache(maxsize=2000)
def _ended_words(en: str, zh: str, outcome: str) -> Text:
    return text("occurrence", step=Text(en=en, zh=zh), outcome=word("out", outcome))


@lru_cache(maxsize=1000)
def _remind_words(en: str, zh: str) -> Text:
    return text("remind", step=Text(en=en, zh=zh))


def _remember(case: Case, step: Step, o: Occurrence, outcome: str, why: str, form: dict[str, Json], mode: str) -> None:
    memory = step_run(case, step.path)
    if outcome in NOT_COUNTED and not (outcome == "cancelled" and why in GIVEN_UP):
        if not memory.outcome:
            memory.why = why
        return
    letter = LETTERS.get(outcome)
    if letter is not None:
        memory.tail = (memory.tail + letter)[-TAIL:]
    at = case.run.at
    memory.outcome, memory.at, memory.mode, memory.form, memory.why = outcome, at, mode, form, why
    memory.any_outcome, memory.any_at, memory.any_mode, memory.any_form = outcome, at, mode, form
    if _good(step, outcome):
        memory.done_at = memory.any_done_at = at
    if isinstance(step.body, VisitBody) and outcome == "done":
        year = str(local_date(at, case.zone).year)
        kind = "face" if mode in FACE_TO_FACE else "far"
        memory.years[f"{year}:{kind}"] = memory.years.get(f"{year}:{kind}", 0) + 1


FACE_TO_FACE = frozenset({"clinic", "home"})


# --------------------------------------------------------------------------- planned blocks


def block_feeds(case: Case, step: Step) -> tuple[Derived, ...]:
    """Derived values that wait for the end of a planned block of this step."""
    if not isinstance(step.body, MeasureBody):
        return ()
    found = case.index.derived_of.get(step.body.measure, ())
    return tuple(d for d in found if d.judge == "block_end" and d.days is None)


def has_blocks(step: Step) -> bool:
    """Whether the schedule of a step has blocks of its own (else its phase is the block)."""
    base = step.when.base
    return step.when.during is not None or (isinstance(base, Every) and base.block is not None)


def plan_blocks(case: Case, step: Step, after: datetime, until: datetime) -> None:
    """Note when the planned blocks of a step close, and which occurrences belong to them."""
    if not has_blocks(step) or not block_feeds(case, step):
        return
    for block in blocks(step.when, case.context(step.path), after, until):
        key = f"{case.id}|block|{step.path}|{case.en.visit}|{int(block.opens.timestamp())}"
        alarm = case.run.state.alarms.get(key)
        if alarm is None:
            alarm = Alarm(
                key=key,
                enrolment=case.id,
                what="block",
                subject=step.path,
                at=block.closes,
                from_=block.opens,
                to=block.closes,
            )
            case.run.state.alarms[key] = alarm
        for o in case.run.occurrences_of(case, step.path):
            if o.due is not None and block.opens <= o.due < block.closes:
                o.block = key
        settle_block(case, key)


def settle_block(case: Case, key: str) -> None:
    """A block closes at its end, or when the last of its occurrences that is still open then has ended."""
    alarm = case.run.state.alarms.get(key)
    if alarm is None or alarm.to is None:
        return
    left = [o.missed for o in case.run.occurrences_of(case, alarm.subject) if o.block == key and o.missed is not None]
    alarm.at = max([alarm.to, *left]) if left else max(alarm.to, case.run.at)
    case.run.live.schedule("alarms", alarm)


def close_block(case: Case, alarm: Alarm) -> None:
    """The planned block of a step has closed: what waits for it is computed."""
    step = case.index.steps.get(alarm.subject)
    del case.run.state.alarms[alarm.key]
    if step is not None:
        close_feeds(case, step)


def close_feeds(case: Case, step: Step) -> None:
    """Freeze the derived values that waited for this step, and say what they came to."""
    for spec in block_feeds(case, step):
        windows.close(case, spec, case.run.at)
        window = case.run.state.derived[f"{case.id}|{spec.id}"]
        name = windows.name_of(case.plan, spec)
        if window.why:
            why = reason_words(Unknown(window.why))
            words = text("window_unknown", name=name, why=why, count=window.count)
        else:
            values = windows.values_text(case.plan.measures[spec.measure], window)
            words = text("window", name=name, values=values, count=window.count, days=window.days)
        shown = {k: str(round(v, 1)) for k, v in window.values.items()}
        case.run.timeline(
            case,
            "window",
            spec.path,
            words,
            key=case.key(spec.path, case.en.visit, int(case.run.at.timestamp()), "window"),
            weight=5,
            data={"values": shown, "count": window.count, "days": window.days, "why": window.why},
        )

"""Handoffs: closed loops with partners. Their deadlines and outcomes belong to the journey."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pathways.decide.calendar import local_date, occurrences
from pathways.decide.effects import CancelHandoff, StartHandoff
from pathways.decide.events import HandoffReport
from pathways.decide.facts import prescriptions, set_fact
from pathways.decide.handoff_parcels import end_each, gather, given_out, items
from pathways.decide.handoff_values import take
from pathways.decide.medicines import Prescription
from pathways.decide.occurrences import end, make, step_run
from pathways.decide.records import HandoffRun, Occurrence, Task
from pathways.decide.snapshots import snapshot
from pathways.decide.tasks import Work, open_task
from pathways.decide.texts import text, word
from pathways.lang.plan import HandoffBody, OpenTask, Step
from pathways.lang.plan_base import parts_of
from pathways.lang.plan_handoff_words import word_of
from pathways.lang.plan_when import SupplyEndMoment, When

if TYPE_CHECKING:
    from pathways.decide.case import Case

Json = Any
KEPT_HANDOFFS = 30
"""Ended handoffs remembered, for reports that come late."""
SUPPLIED = frozenset({"handed_over", "partly"})
ORDER = ":order"
"""Ends the key of the task in which an order is signed: the rest is the key of the occurrence."""


# --------------------------------------------------------------------------- planning


def _counts_from_supply(when: When) -> bool:
    return any(isinstance(node, SupplyEndMoment) for node in parts_of(when))


def by_supply(step: Step) -> bool:
    """Whether a handoff for medicines counts from the end of each one's supply; else it has a schedule of its own, and
    asks for all medicines together that are chosen when it begins."""
    return isinstance(step.body, HandoffBody) and step.body.medicines is not None and _counts_from_supply(step.when)


def plan_for_each(case: Case, step: Step) -> None:
    """One occurrence per prescription and end of its supply."""
    assert isinstance(step.body, HandoffBody) and step.body.medicines is not None
    run, memory = case.run, step_run(case, step.path)
    wanted: dict[str, tuple[Prescription, date]] = {}
    for item in prescriptions(case, step.body.medicines):
        ends = supply_end(item)
        if ends is not None and (item.stop is None or item.stop > ends):
            wanted[f"{item.id}@{ends.isoformat()}".replace(" ", "_")] = (item, ends)
    made = memory.anchor.split(" ") if memory.anchor else []
    for o in run.occurrences_of(case, step.path):
        if o.state == "planned" and o.with_ not in wanted:
            end(case, o, "cancelled", "not needed")
            made = [key for key in made if key != o.with_]
            memory.generation += 1
    for key in sorted(wanted):
        if key in made:
            continue
        made.append(key)
        item, ends = wanted[key]
        _plan_one(case, step, item, ends, key)
    memory.anchor = " ".join(made[-100:])


def _plan_one(case: Case, step: Step, item: Prescription, ends: date, key: str) -> None:
    run = case.run
    far = run.at + timedelta(days=4000)
    for slot in occurrences(step.when, case.context(step.path, supply_end=ends), run.at - timedelta(days=4000), far):
        due = max(slot.due, run.at)  # a supply that ends sooner than the pathway asks for is asked for at once
        opens = None if slot.opens is None else max(slot.opens, run.at)
        at = type(slot)(number=slot.number, due=due, opens=opens, key=slot.key)
        make(case, step, at, part=item.id, items={item.id: ""}, with_=key)


def supply_end(item: Prescription) -> date | None:
    """The local date on which the supply in hand ends."""
    if item.supply_from is None or item.supply_days is None:
        return None
    return item.supply_from + timedelta(days=item.supply_days)


# --------------------------------------------------------------------------- start


def start(case: Case, step: Step, o: Occurrence) -> None:
    """Ask the partner. A pharmacy needs prescriptions signed by a person; without one it is a person's task."""
    assert isinstance(step.body, HandoffBody)
    body = step.body
    if body.medicines is not None and not o.with_:
        o.items = {item.id: "" for item in prescriptions(case, body.medicines)}
        if not o.items:
            end(case, o, "skipped", "no_medicine")
            return
    if body.order is not None and body.order.signed_by is not None:
        _ask_to_sign(case, step, o)
    else:
        begin(case, step, o)


def _ask_to_sign(case: Case, step: Step, o: Occurrence) -> None:
    """An order goes out only when a person has signed it: completing the task is the signature."""
    assert isinstance(step.body, HandoffBody) and step.body.order is not None
    order = step.body.order
    assert order.signed_by is not None
    open_task(
        case,
        Work(
            key=o.key + ORDER,
            id=f"{step.id}.order",
            source=step.path,
            title=text("task_order", step=step.title, order=order.text),
            role=order.signed_by,
            due=order.due,
            ladder=order.ladder,
            bound=bool(case.index.phase_of[step.path]),
        ),
    )


def signed(case: Case, task: Task, by: str) -> None:
    """The task in which an order is signed was completed (``by`` a person) or given up (``by`` empty)."""
    o = case.run.state.occurrences.get(task.key.removesuffix(ORDER)) if task.key.endswith(ORDER) else None
    if o is None:
        return
    step = case.index.steps[o.step]
    if by:
        begin(case, step, o, signed_by=by)
    else:
        end(case, o, "failed", "unsigned", weight=4)
        assert isinstance(step.body, HandoffBody)
        failed = step.body.outcomes.get("failed")
        if failed is not None and failed.do:
            case.follow.append((f"{step.path}.failed", failed.do, f"{o.key}:unsigned"))


def begin(case: Case, step: Step, o: Occurrence, *, signed_by: str = "") -> None:
    """Send the request. A prescription that no person has signed is not sent: signing it is a person's task."""
    assert isinstance(step.body, HandoffBody)
    run, body = case.run, step.body
    parcel = [o, *gather(case, step, o)]
    for other in parcel[1:]:
        other.state = "due"
    names = [name for one in parcel for name in one.items]
    medicines = _medicines(case, body, names)
    prescribed = body.machine == "pharmacy" and not (signed_by and body.medicines is None)
    if prescribed and (not medicines or any(not m.get("signed_by") for m in medicines)):
        title = text("task_prescription", step=step.title)
        role = _role(case, body)
        open_task(
            case,
            Work(
                key=f"{o.key}:sign",
                id=f"{step.id}.prescription",
                source=step.path,
                title=title,
                role=role,
                level="amber",
            ),
        )
        for one in parcel:
            end(case, one, "failed", "unsigned", weight=4)
        return
    run.state.patient.handoffs += 1
    deadlines = {w: at for w, d in body.deadlines.items() if (at := case.after(run.floor, d)) is not None}
    handoff = HandoffRun(
        key=o.key,
        enrolment=case.id,
        number=run.state.patient.handoffs,
        step=step.path,
        visit=o.visit,
        occurrence=o.key,
        started=run.floor,
        deadlines=deadlines,
        for_=names,
    )
    run.state.handoffs[handoff.key] = handoff
    for one in parcel:
        one.handoff = handoff.key
    run.emit(
        StartHandoff(
            key=handoff.key,
            number=handoff.number,
            enrolment=case.id,
            machine=body.machine,
            partner=run.site.partners.get(body.partner, body.partner),
            title=step.title,
            request=_request(case, body, medicines, signed_by),
        )
    )
    run.timeline(
        case,
        "handoff_started",
        step.path,
        text("handoff_started", step=step.title),
        key=f"{o.key}:started",
        weight=4,
        data={"handoff": handoff.key, "number": handoff.number, "sends": [one.name for one in body.sends]},
    )
    run.live.schedule("handoffs", handoff)


def _request(case: Case, body: HandoffBody, medicines: list[dict[str, Json]], signed_by: str) -> dict[str, Json]:
    """The document that goes to the partner: what is asked, and the data that the pathway sends along, no others."""
    request: dict[str, Json] = {}
    if body.urgency:
        request["urgency"] = body.urgency
    if body.case:
        request["case"] = body.case
    if medicines:
        request["medicines"] = medicines
    if body.order is not None:
        order: dict[str, Json] = {"text": {"en": body.order.text.en, "zh": body.order.text.zh}}
        if body.order.code:
            order["code"] = body.order.code
        if signed_by:
            order |= {"signed_by": signed_by, "signed_at": case.run.at.isoformat()}
        request["order"] = order
    if body.sends:
        request["data"] = snapshot(case, body.sends)
    return request


def _medicines(case: Case, body: HandoffBody, names: list[str]) -> list[dict[str, Json]]:
    if body.medicines is None:
        return []
    known = case.run.state.facts.get(f"{case.id}|{body.medicines.fact}")
    rows = known.value if known is not None and known.value else []
    return [dict(row) for row in rows if row.get("id") in names]


def _role(case: Case, body: HandoffBody) -> str:
    """Who sees to a missing prescription: who would sort out a refusal, else the first role."""
    for outcome in (body.outcomes.get("declined"), *body.outcomes.values()):
        for action in outcome.do if outcome is not None else ():
            if isinstance(action, OpenTask):
                return action.task.role
    return case.first_role


# --------------------------------------------------------------------------- reports and deadlines


def report(case: Case, handoff: HandoffRun, body: HandoffReport) -> None:
    """The partner's word."""
    run = case.run
    step = case.index.steps[handoff.step]
    assert isinstance(step.body, HandoffBody)
    handoff.words = [*handoff.words, body.word][-20:]
    handoff.final = handoff.final or body.final
    said = word("hand", body.word)
    if handoff.state == "ended":
        _after_end(case, step, handoff, body)
        return
    words = text("handoff_word", step=step.title, word=said)
    run.timeline(
        case,
        "handoff_report",
        step.path,
        words,
        key=f"{handoff.key}:word:{len(handoff.words)}",
        weight=3,
        data={"handoff": handoff.key, "word": body.word, "final": body.final},
    )
    _clock(case, step.body, handoff, body.word)
    _satisfy(handoff, body.word)
    take(case, step, handoff, body)
    cancelling = handoff.state == "cancelling"
    outcome = step.body.outcomes.get(body.word)
    if body.word in SUPPLIED:
        supplied(case, step.body, handoff, body.kept)
    different: list[str] = []
    if body.final:
        if step.body.machine == "pharmacy" and len(handoff.for_) > 1:
            handoff.items = items(handoff, body.word, body.kept)
        different = finish(case, step, handoff, outcome.word if outcome is not None and outcome.word else body.word)
    asked = case.visit_of(step.path) == handoff.visit and not cancelling
    if outcome is not None and outcome.do and asked:
        again = f":{handoff.heard[body.word]}" if handoff.heard[body.word] > 1 else ""
        case.follow.append((f"{step.path}.{body.word}", outcome.do, f"{handoff.key}:{body.word}{again}"))
    for name in different if asked else ():
        other = step.body.outcomes.get(name)
        if other is not None and other.do:
            case.follow.append((f"{step.path}.{name}", other.do, f"{handoff.key}:{name}:item"))
    run.live.schedule("handoffs", handoff)


def _clock(case: Case, body: HandoffBody, handoff: HandoffRun, word: str) -> None:
    """While the partner waits for us its deadlines stand still; they move on by as long as it waited."""
    said = word_of(body.machine, word)
    stops = said is not None and said.stops_clock
    if handoff.stopped is not None and not stops:
        waited = case.run.at - handoff.stopped
        handoff.deadlines = {w: at + waited for w, at in handoff.deadlines.items()}
        handoff.stopped = None
    elif handoff.stopped is None and stops:
        handoff.stopped = case.run.at


def _satisfy(handoff: HandoffRun, reached: str) -> None:
    """A word that was reached satisfies its own deadline and every earlier one."""
    limit = handoff.deadlines.get(reached)
    if limit is not None:
        handoff.deadlines = {w: at for w, at in handoff.deadlines.items() if at > limit}


def _after_end(case: Case, step: Step, handoff: HandoffRun, body: HandoffReport) -> None:
    """A report after the end is recorded; it makes work only where it changes what people think happened."""
    assert isinstance(step.body, HandoffBody)
    words = text("handoff_after", step=step.title, word=word("hand", body.word))
    case.run.timeline(
        case,
        "handoff_report",
        step.path,
        words,
        key=f"{handoff.key}:word:{len(handoff.words)}",
        weight=2,
        data={"handoff": handoff.key, "word": body.word, "late": True},
    )
    if body.word in SUPPLIED:
        supplied(case, step.body, handoff, body.kept)
    if body.final and body.word not in {handoff.outcome, "cancelled"} and case.en.status in {"active", "paused"}:
        title = text("task_handoff_after", step=step.title)
        open_task(
            case,
            Work(
                key=f"{handoff.key}:after",
                id=f"{step.id}.after",
                source=step.path,
                title=title,
                role=_role(case, step.body),
            ),
        )


def supplied(case: Case, body: HandoffBody, handoff: HandoffRun, kept: dict[str, Json]) -> None:
    """The medicines were handed over: their supply begins anew where the old one ends."""
    if body.medicines is None:
        return
    known = case.run.state.facts.get(f"{case.id}|{body.medicines.fact}")
    if known is None or not known.value:
        return
    told: dict[str, Json] = kept["supply"] if isinstance(kept.get("supply"), dict) else kept
    today = local_date(case.run.at, case.zone)
    got = given_out(handoff, kept)
    rows = [_resupplied(row, told, today) if row.get("id") in got else row for row in known.value]
    set_fact(case, body.medicines.fact, rows, "partner", quiet=True)


def _resupplied(row: dict[str, Json], told: dict[str, Json], today: date) -> dict[str, Json]:
    supply = row.get("supply") or {}
    if not supply.get("from") or supply.get("days") is None:
        return row
    old_end = date.fromisoformat(supply["from"]) + timedelta(days=int(supply["days"]))
    begins = str(told.get("from") or max(old_end, today).isoformat())
    return {**row, "supply": {"from": begins, "days": int(told.get("days") or supply["days"])}}


def due(case: Case, handoff: HandoffRun) -> None:
    """A deadline has passed: it tells, and the last one also ends the handoff."""
    run = case.run
    step = case.index.steps[handoff.step]
    assert isinstance(step.body, HandoffBody)
    passed = sorted(w for w, at in handoff.deadlines.items() if at <= run.at)
    for name in passed:
        del handoff.deadlines[name]
    words = text("handoff_late", step=step.title, word=word("hand", passed[0]))
    run.timeline(
        case,
        "handoff_late",
        step.path,
        words,
        key=f"{handoff.key}:late:{passed[0]}",
        weight=5,
        data={"handoff": handoff.key},
    )
    silent = step.body.outcomes.get("silent")
    told = any(t.key.startswith(f"{handoff.key}:silent:") for t in run.state.tasks.values())
    told = told or handoff.state == "cancelling" or handoff.visit != case.visit_of(step.path)
    if not handoff.deadlines:
        finish(case, step, handoff, silent.word if silent is not None and silent.word else "silent")
    if silent is not None and silent.do and not told:
        case.follow.append((f"{step.path}.silent", silent.do, f"{handoff.key}:silent:{passed[0]}"))
    run.live.schedule("handoffs", handoff)


def finish(case: Case, step: Step, handoff: HandoffRun, outcome: str) -> list[str]:
    """The handoff has ended for the journey, whatever the partner still says. The words of single prescriptions of a
    parcel that ended otherwise than the whole."""
    handoff.state, handoff.outcome, handoff.ended = "ended", outcome, case.run.at
    handoff.deadlines, handoff.stopped = {}, None
    different = end_each(case, handoff, outcome)
    _bound(case)
    return different


def cancel(case: Case, handoff: HandoffRun, why: str) -> None:
    """Ask the partner to cancel: a request; the outcome waits for the report (or the last deadline)."""
    if handoff.state != "open":
        return
    handoff.state = "cancelling"
    step = case.index.steps[handoff.step]
    case.run.emit(CancelHandoff(key=handoff.key, number=handoff.number, why=why))
    words = text("handoff_cancel", step=step.title)
    case.run.timeline(case, "handoff_cancel", step.path, words, key=f"{handoff.key}:cancelled", weight=3, why=why)


def _bound(case: Case) -> None:
    """Forget the oldest ended handoffs."""
    ended: list[HandoffRun] = [h for h in case.run.state.handoffs.values() if h.state == "ended"]
    ended.sort(key=lambda h: (h.ended or datetime.max.replace(tzinfo=case.run.at.tzinfo), h.number))
    for old in ended[:-KEPT_HANDOFFS]:
        del case.run.state.handoffs[old.key]

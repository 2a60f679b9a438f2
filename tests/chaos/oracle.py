"""What must hold after any number of kills: findings as sentences, from records, partners, gateway and histories."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from activities.messaging.ports import opaque
from activities.records.ledger import Ledger, open_ledger
from activities.records.schema import (
    app_inbox,
    enrolment,
    handoff,
    incident,
    journey,
    occurrence_end,
    outbox,
    reading,
    task,
    tick,
    timeline,
)
from pathways.decide.records import instant_from_json
from tests.chaos.harness import Chaos, Told
from workflows.apply import apply

FAULTS = frozenset({"double_end", "ledger_mismatch", "loop_cut"})
MARGIN = timedelta(hours=1)
IN_HAND = timedelta(seconds=10)
"""Wall time for which a letter may be on its way."""


@dataclass
class Seen:
    """What is looked at. ``letters``: (key, class) of each letter the gateway took, repeats included."""

    chaos: Chaos
    told: Told
    ledger: Ledger
    letters: list[tuple[str, str]]

    def rows(self, query: Any) -> list[Any]:
        return list(self.ledger.store.read(lambda c: c.execute(query).all()))


Check = Callable[[Seen], Iterator[str]]


def findings(chaos: Chaos) -> tuple[list[str], list[str]]:
    """Names of the checks made, and everything that does not hold; nothing is good."""
    ledger = open_ledger(*chaos.where)
    try:
        found = asyncio.run(_halted(chaos, ledger))
        # The patients' clocks run on: what the records say is looked at when nobody writes any more.
        chaos.still()
        found += in_records(chaos)
        found += [f"histories: {text}" for text in asyncio.run(_histories(chaos, ledger))]
    finally:
        ledger.close()
    return ["halted", *(check.__name__[1:] for check in CHECKS), "histories"], found


def in_records(chaos: Chaos) -> list[str]:
    """What does not hold in the records, the gateway's ledger and the partners' ledgers, while nobody writes."""
    ledger = open_ledger(*chaos.where)
    try:
        with closing(sqlite3.connect(chaos.demo.letters)) as book:
            letters = list(book.execute("SELECT key, class FROM letters"))
        seen = Seen(chaos, chaos.told, ledger, letters)
        return [f"{check.__name__[1:]}: {text}" for check in CHECKS for text in check(seen)]
    finally:
        ledger.close()


# ------------------------------------------------------------------ ticks and occurrences


def _ticks(seen: Seen) -> Iterator[str]:
    """No gap in the ticks; the recorded deltas give the stored state; what was planned ended once or still stands."""
    ended: dict[str, set[str]] = defaultdict(set)
    for row in seen.rows(select(occurrence_end.c.journey, occurrence_end.c.occurrence)):
        if row.occurrence in ended[row.journey]:
            yield f"{row.occurrence} ended twice"
        ended[row.journey].add(row.occurrence)
    for person in seen.told.people:
        sealer = seen.ledger.keys(person.key)
        state: dict[str, Any] = {}
        planned: set[str] = set()
        expected = 0
        mine = select(tick).where(tick.c.journey == person.key).order_by(tick.c.epoch, tick.c.sequence)
        for row in seen.rows(mine):
            if (row.epoch, row.sequence) != (1, expected):
                yield f"{person.key}: tick 1.{expected} is missing, {row.epoch}.{row.sequence} stands there"
            expected = row.sequence + 1
            delta = sealer.open("tick.result", row.result_sealed)["delta"]
            planned |= {key for key, record in delta.get("occurrences", {}).items() if record is not None}
            state = apply(state, delta)
        kept = seen.rows(select(journey).where(journey.c.key == person.key))[0]
        stored = sealer.open("journey.state", kept.state_sealed)
        if state != stored:
            yield f"{person.key}: the recorded deltas do not give the stored state"
        if kept.sequence != expected:
            yield f"{person.key}: the journey stands at {kept.sequence}, its ticks at {expected}"
        standing = set(stored["occurrences"])
        if lost := planned - ended[person.key] - standing:
            yield f"{person.key}: {len(lost)} planned occurrences neither ended nor stand: {sorted(lost)[:3]}"
        if both := ended[person.key] & standing:
            yield f"{person.key}: {len(both)} occurrences ended and still stand: {sorted(both)[:3]}"
        if not planned:
            yield f"{person.key}: nothing was ever planned"
        yield from _overdue(person.key, stored)
        yield from _counted(seen, person.key, stored)


def _overdue(patient: str, state: dict[str, Any]) -> Iterator[str]:
    """An ended enrolment leaves nothing open; in a running one nothing outlives the instant at which it is missed."""
    clock = instant_from_json(state["clock"]["at"])
    for key, one in state["occurrences"].items():
        enrolment = state["enrolments"][one["enrolment"]]
        if enrolment.get("status") == "ended":
            yield f"{patient}: {key} stands, its enrolment has ended"
        missed = one.get("missed")
        if missed is not None and instant_from_json(missed) < clock - MARGIN and not enrolment.get("paused"):
            yield f"{patient}: {key} was to be missed at {instant_from_json(missed)}, it is {clock}"


def _counted(seen: Seen, patient: str, state: dict[str, Any]) -> Iterator[str]:
    """The counters in the state are the ends in the records, step by step."""
    ends: dict[str, Counter[str]] = defaultdict(Counter)
    query = (
        select(timeline.c.enrolment, timeline.c.path, occurrence_end.c.outcome)
        .join(
            occurrence_end,
            (occurrence_end.c.journey == timeline.c.journey) & (occurrence_end.c.occurrence == timeline.c.occurrence),
        )
        .where(timeline.c.journey == patient, timeline.c.outcome.is_not(None))
    )
    for row in seen.rows(query):
        ends[f"{row.enrolment}|{row.path}"][row.outcome] += 1
    for key, step in state["steps"].items():
        # "<medicine>:<outcome>" counts medicines of a dose, not doses.
        counted = {outcome: n for outcome, n in step.get("totals", {}).items() if ":" not in outcome}
        if counted != dict(ends.pop(key, {})):
            yield f"{patient}: {key}: the state counts {counted}, the records have other ends"
    for key in ends:
        if key.split("|")[0] in state["enrolments"]:
            yield f"{patient}: {key}: ends of a step the state does not know"


def _incidents(seen: Seen) -> Iterator[str]:
    """None that tells of a fault of ours."""
    for row in seen.rows(select(incident.c.key, incident.c.kind)):
        if row.kind in FAULTS:
            yield f"{row.kind}: {row.key}"


def _refusals(seen: Seen) -> Iterator[str]:
    """The API refused nothing that a patient may do, and broke at nothing."""
    yield from seen.told.refused[:10]


# ------------------------------------------------------------------ crises and messages


def _crises(seen: Seen) -> Iterator[str]:
    """Every planted crisis was stored, told to the patient, and a person took it or an incident says nobody did."""
    judged = 0
    for crisis in seen.told.crises:
        # Looked up as active, and ended before the reading was taken: the run was behind its clock. Nobody judges it.
        left = select(enrolment.c.id).where(enrolment.c.journey == crisis.patient, enrolment.c.closed < crisis.at)
        if seen.rows(left):
            continue
        judged += 1
        # The patient dates the reading by a clock read a moment ago; the journey may have been slowed since.
        patient, at = crisis.patient, crisis.at - timedelta(days=3)
        stored = select(reading.c.id).where(reading.c.journey == patient, reading.c.id == crisis.reading)
        if not seen.rows(stored):
            yield f"{patient}: the reading {crisis.reading} is not stored"
        taken = select(task.c.status, task.c.claimed_by).where(
            task.c.journey == patient, task.c.opened >= at, task.c.source.like("%crisis%")
        )
        alarms = select(incident.c.key).where(
            incident.c.journey == patient, incident.c.kind == "incident", incident.c.at >= at
        )
        if not any(r.status == "done" or r.claimed_by for r in seen.rows(taken)) and not seen.rows(alarms):
            yield f"{patient}: nobody was reached for the crisis at {crisis.at}"
        called = select(outbox.c.key).where(
            outbox.c.journey == patient,
            outbox.c.recipient.like("role:%"),
            outbox.c.status == "sent",
            outbox.c.due >= at,
        )
        if not seen.rows(called):
            yield f"{patient}: no person was called to the crisis at {crisis.at}"
        told = select(outbox.c.status).where(
            outbox.c.journey == patient,
            outbox.c.message_class == "red",
            outbox.c.recipient == "patient",
            outbox.c.due >= at,
        )
        if "sent" not in {row.status for row in seen.rows(told)}:
            yield f"{patient}: the patient was told nothing of the crisis at {crisis.at}"
    if judged < 3:
        yield f"only {judged} crises came while their patients were looked after"


def _messages(seen: Seen) -> Iterator[str]:
    """Each message is where its row says, once in the app."""
    letters = {key for key, _ in seen.letters}
    shown = {row.key for row in seen.rows(select(app_inbox.c.key))}
    assert seen.chaos.stopped is not None
    for row in seen.rows(select(outbox)):
        # What was in hand when everything was stopped is no sign of anything.
        if row.status == "sending" and row.claimed_at < seen.chaos.stopped - IN_HAND:
            yield f"hangs in sending: {row.key}"
        elif row.status == "sent" and row.channel == "app" and row.key not in shown:
            yield f"sent in the app and not there: {row.key}"
        elif row.status == "sent" and row.channel != "app" and row.provider_id not in letters:
            yield f"sent by {row.channel} and unknown to the gateway: {row.key}"


def _doses(seen: Seen) -> Iterator[str]:
    """At most one dose message a slot, and no dose letter twice or without a row that owns up to it."""
    slots: Counter[tuple[str, str]] = Counter()
    owned: set[str] = set()
    for row in seen.rows(select(outbox).where(outbox.c.message_class == "dose", outbox.c.provider_id.is_not(None))):
        # Until it is sent the row holds the delivery's own key, afterwards the gateway's name for it.
        owned |= {row.provider_id, opaque(row.provider_id)} if row.status in {"sent", "unknown"} else set()
    for row in seen.rows(select(outbox).where(outbox.c.message_class == "dose")):
        slots[(row.journey, row.due.isoformat())] += row.status in {"sent", "unknown"}
    for (patient, due), count in slots.items():
        if count > 1:
            yield f"{patient}: {count} dose messages for the slot at {due}"
    times = Counter(key for key, cls in seen.letters if cls == "dose")
    yield from (f"the letter {key} went out {count} times" for key, count in times.items() if count > 1)
    yield from (f"the letter {key} went out and no row says so" for key in times.keys() - owned)
    if not times:
        yield "the gateway saw none"


def _letters(seen: Seen) -> Iterator[str]:
    """A gateway that knows keys delivers each message once: every letter has its rows, no row has two letters."""
    keys = {key for key, _ in seen.letters}
    owned: set[str] = set()
    for row in seen.rows(select(outbox.c.key, outbox.c.provider_id)):
        names = {opaque(row.key)} | ({row.provider_id, opaque(row.provider_id)} if row.provider_id else set())
        mine = names & keys
        if len(mine) > 1:
            yield f"{row.key} went out under {len(mine)} keys"
        owned |= mine
    yield from (f"the letter {key} went out and no row knows of it" for key in sorted(keys - owned)[:10])


def _repeats(seen: Seen) -> Iterator[str]:
    """Red letters, and those to staff, are repeated no more often than something was killed."""
    times = Counter(key for key, cls in seen.letters if cls in {"red", "staff"})
    repeated, kills = sum(times.values()) - len(times), sum(seen.told.kills.values())
    if repeated > kills:
        yield f"{repeated} repeated red letters for {kills} kills"
    if not times:
        yield "the gateway saw none"


# ------------------------------------------------------------------ partners


def _partners(seen: Seen) -> Iterator[str]:
    """Each request at a partner is one of ours, once; each that we believe it has, it has; both tell one story."""
    ours = {row.business_id: row for row in seen.rows(select(handoff))}
    wanted: Counter[tuple[str, str]] = Counter()
    known: dict[str, list[str]] = {}
    for name in ("pharmacy", "clinic"):
        with closing(sqlite3.connect(seen.chaos.demo.options.home / "partners" / f"{name}.db")) as book:
            for identifier, request in book.execute("SELECT identifier, request FROM orders"):
                rows = book.execute("SELECT state FROM history WHERE identifier = ? ORDER BY version", (identifier,))
                known[identifier] = [row[0] for row in rows]
                wanted[(name, json.dumps(json.loads(request)["identifier"]))] += 1
    for identifier in known.keys() - ours.keys():
        yield f"has an order that is not ours: {identifier}"
    for (name, identifier), count in wanted.items():
        if count > 1:
            yield f"{name} made {identifier} {count} times"
    for identifier, row in ours.items():
        if identifier not in known:
            # Refused by the partner, or called off before it had arrived: one step, and ours alone.
            alone = row.version == 1 and row.state in {"cancelled", "failed"}
            if row.version > 0 and row.state != "requested" and not alone:
                yield f"does not know the order {identifier}, which stands at {row.state}"
        elif row.state not in {*known[identifier], "requested", "failed"}:
            yield f"the order {identifier} stands at {row.state} with us, the partner went {known[identifier]}"
    if not known:
        yield "no partner ever had an order"


CHECKS: tuple[Check, ...] = (_ticks, _incidents, _refusals, _crises, _messages, _doses, _letters, _repeats, _partners)


# ------------------------------------------------------------------ Temporal


async def _client(chaos: Chaos, ledger: Ledger) -> Any:
    from worker.client import connect
    from worker.settings import load_settings

    assert chaos.demo.temporal is not None
    return await connect(load_settings(temporal_address=chaos.demo.temporal.address), ledger.keyring, patience=20.0)


async def _halted(chaos: Chaos, ledger: Ledger) -> list[str]:
    """Every run answers, agrees with the ledger about where it stands, and none is halted."""
    from worker.client import Journeys

    journeys = Journeys(await _client(chaos, ledger), "carepath")
    found = []
    for person in chaos.told.people:
        view = await journeys.view(person.key, timeout=60.0)
        if view.halted:
            found.append(f"halted: {person.key}: {view.halted}")
    return found


async def _histories(chaos: Chaos, ledger: Ledger) -> list[str]:
    """Every run of patients and handoffs replays under the present code; none failed, each patient's is running."""
    from temporalio.client import WorkflowExecutionStatus, WorkflowHistory
    from temporalio.worker import Replayer

    from worker.codec import data_converter
    from worker.sandbox import workflow_runner
    from workflows.handoff import Handoff
    from workflows.patient import PatientJourney

    client = await _client(chaos, ledger)
    found: list[str] = []
    running: Counter[str] = Counter()
    histories: list[tuple[str, str]] = []
    fine = {
        WorkflowExecutionStatus.RUNNING,
        WorkflowExecutionStatus.COMPLETED,
        WorkflowExecutionStatus.CONTINUED_AS_NEW,
    }
    async for run in client.list_workflows("WorkflowType IN ('PatientJourney', 'Handoff')"):
        histories.append((run.id, run.run_id))
        if run.status not in fine:
            found.append(f"{run.id}: {run.status}")
        running[run.id] += run.status == WorkflowExecutionStatus.RUNNING
    found += [f"{p.key}: {running[p.key]} runs are running" for p in chaos.told.people if running[p.key] != 1]

    async def each() -> AsyncIterator[WorkflowHistory]:
        for id, run_id in histories:
            yield await client.get_workflow_handle(id, run_id=run_id).fetch_history()

    replayer = Replayer(
        workflows=[PatientJourney, Handoff],
        workflow_runner=workflow_runner(),
        data_converter=data_converter(ledger.keyring),
    )
    results = await replayer.replay_workflows(each(), raise_on_replay_failure=False)
    found += [f"{run_id}: does not replay: {failure}" for run_id, failure in results.replay_failures.items()]
    return found

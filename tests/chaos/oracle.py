"""What must hold after any number of kills, read from records, partners and histories; each finding is a sentence."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import select

from activities.records.ledger import Ledger, open_ledger
from activities.records.schema import app_inbox, handoff, incident, journey, occurrence_end, outbox, reading, task, tick
from tests.chaos.harness import Chaos, Told
from workflows.apply import apply

FAULTS = frozenset({"double_end", "ledger_mismatch", "loop_cut"})


def findings(chaos: Chaos) -> list[str]:
    """Everything that does not hold; empty is good."""
    told = chaos.told
    ledger = open_ledger(*chaos.ledger_url())
    try:
        found = asyncio.run(_histories(chaos, ledger))
        # The patients' clocks run on: what the records say is looked at when nobody writes any more.
        chaos.demo.parts.stop()
        found += [
            *_ticks_and_occurrences(ledger, told),
            *_incidents(ledger),
            *_crises(ledger, told),
            *_messages(ledger, told),
            *_partners(ledger, chaos.demo.options.home),
        ]
    finally:
        ledger.close()
    return found


def _rows(ledger: Ledger, query: Any) -> list[Any]:
    return list(ledger.store.read(lambda c: c.execute(query).all()))


def _ticks_and_occurrences(ledger: Ledger, told: Told) -> Iterator[str]:
    """No gap in the ticks; recorded deltas give the stored state; what was planned ended once or still stands."""
    ended: dict[str, Counter[str]] = {}
    for row in _rows(ledger, select(occurrence_end.c.journey, occurrence_end.c.occurrence)):
        ended.setdefault(row.journey, Counter())[row.occurrence] += 1
    for person in told.people:
        sealer = ledger.keys(person.key)
        state: dict[str, Any] = {}
        planned: set[str] = set()
        expected = 0
        mine = select(tick).where(tick.c.journey == person.key).order_by(tick.c.epoch, tick.c.sequence)
        for row in _rows(ledger, mine):
            if row.sequence != expected:
                yield f"{person.key}: tick {expected} is missing, {row.sequence} stands there"
            expected = row.sequence + 1
            delta = sealer.open("tick.result", row.result_sealed)["delta"]
            planned |= {key for key, record in delta.get("occurrences", {}).items() if record is not None}
            state = apply(state, delta)
        kept = _rows(ledger, select(journey).where(journey.c.key == person.key))[0]
        if state != sealer.open("journey.state", kept.state_sealed):
            yield f"{person.key}: the recorded deltas do not give the stored state"
        ends = ended.get(person.key, Counter())
        standing = set(state["occurrences"])
        if lost := planned - set(ends) - standing:
            yield f"{person.key}: {len(lost)} planned occurrences neither ended nor stand: {sorted(lost)[:3]}"
        if both := set(ends) & standing:
            yield f"{person.key}: {len(both)} occurrences ended and still stand: {sorted(both)[:3]}"
        if not planned:
            yield f"{person.key}: nothing was ever planned"


def _incidents(ledger: Ledger) -> Iterator[str]:
    for row in _rows(ledger, select(incident.c.key, incident.c.kind)):
        if row.kind in FAULTS:
            yield f"incident {row.kind}: {row.key}"


def _crises(ledger: Ledger, told: Told) -> Iterator[str]:
    """Every planted crisis was stored, and a person took it, or an incident says that nobody did."""
    for patient, first, at in told.crises:
        stored = select(reading.c.id).where(reading.c.journey == patient, reading.c.id == first)
        if not _rows(ledger, stored):
            yield f"{patient}: the crisis reading is not stored"
        taken = select(task.c.status, task.c.claimed_by).where(
            task.c.journey == patient, task.c.level == "red", task.c.opened >= at
        )
        alarms = select(incident.c.key).where(incident.c.journey == patient)
        reached = [row for row in _rows(ledger, taken) if row.status == "done" or row.claimed_by]
        if not reached and not _rows(ledger, alarms):
            yield f"{patient}: nobody was reached for the crisis at {at}"
    if not told.crises:
        yield "no crisis was planted"


def _messages(ledger: Ledger, told: Told) -> Iterator[str]:
    """Doses at most once a slot; what was sent in the app stands there once; nothing hangs in between."""
    doses: Counter[tuple[str, str]] = Counter()
    shown = {row.key for row in _rows(ledger, select(app_inbox.c.key))}
    for row in _rows(ledger, select(outbox)):
        if row.status == "sending":
            yield f"a message hangs in sending: {row.key}"
        if row.message_class == "dose" and row.status in {"sent", "unknown"}:
            doses[(row.journey, row.due.isoformat())] += 1
        if row.status == "sent" and row.channel == "app" and row.key not in shown and row.provider_id not in shown:
            yield f"sent in the app and not there: {row.key}"
    for (patient, due), count in doses.items():
        if count > 1:
            yield f"{patient}: {count} dose messages for the slot at {due}"


def _partners(ledger: Ledger, home: Path) -> Iterator[str]:
    """Each request that a partner knows is one of ours, once; each that we believe it has, it has."""
    ours = {row.business_id: row for row in _rows(ledger, select(handoff))}
    known: Counter[str] = Counter()
    for name in ("pharmacy", "clinic"):
        with sqlite3.connect(home / "partners" / f"{name}.db") as book:
            known.update(row[0] for row in book.execute("SELECT identifier FROM orders"))
    for identifier, count in known.items():
        if count > 1 or identifier not in ours:
            yield f"a partner has an order of ours {count} times, or one that is not ours: {identifier}"
    for identifier, row in ours.items():
        if row.version > 0 and identifier not in known:
            yield f"a partner does not know the order {identifier}, which stands at {row.state}"


async def _histories(chaos: Chaos, ledger: Ledger) -> list[str]:
    """No run is halted; every history replays under the present code."""
    from temporalio.client import WorkflowHistory
    from temporalio.worker import Replayer

    from worker.client import Journeys, connect
    from worker.codec import data_converter
    from worker.sandbox import workflow_runner
    from worker.settings import load_settings
    from workflows.handoff import Handoff
    from workflows.patient import PatientJourney

    assert chaos.demo.temporal is not None
    found: list[str] = []
    client = await connect(load_settings(temporal_address=chaos.demo.temporal.address), ledger.keyring, patience=20.0)
    journeys = Journeys(client, "carepath")
    histories: list[WorkflowHistory] = []
    for person in chaos.told.people:
        view = await journeys.view(person.key, timeout=20.0)
        if view.halted:
            found.append(f"{person.key}: halted with {view.halted}")
    async for run in client.list_workflows("WorkflowType IN ('PatientJourney', 'Handoff')"):
        histories.append(await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history())

    async def each() -> AsyncIterator[WorkflowHistory]:
        for history in histories:
            yield history

    replayer = Replayer(
        workflows=[PatientJourney, Handoff],
        workflow_runner=workflow_runner(),
        data_converter=data_converter(ledger.keyring),
    )
    results = await replayer.replay_workflows(each(), raise_on_replay_failure=False)
    found += [f"{run_id}: does not replay: {failure}" for run_id, failure in results.replay_failures.items()]
    if len(histories) < len(chaos.told.people):
        found.append(f"only {len(histories)} histories for {len(chaos.told.people)} patients")
    return found

"""What a patient cost in Temporal: events and bytes as the server counts them, actions derived from the events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ACTIONS: Final = frozenset(
    (
        "EVENT_TYPE_TIMER_STARTED",
        "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED",
        "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED",
        "EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED",
        "EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES",
        "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED",
        "EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED",
    )
)
"""Events that Temporal Cloud bills as one action each; a started child is billed twice, and markers of local
activities once per workflow task that has any (docs.temporal.io/evaluate/cloud/actions)."""
_CHILD: Final = "EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED"
_MARKER: Final = "EVENT_TYPE_MARKER_RECORDED"
_TASK: Final = "EVENT_TYPE_WORKFLOW_TASK_COMPLETED"


@dataclass
class Cost:
    """Counts over all runs of a patient, children included; ``size`` in bytes of history."""

    runs: int = 0
    events: int = 0
    actions: int = 0
    size: int = 0

    def add(self, names: list[str]) -> None:
        """Count the events of one run."""
        self.runs += 1
        self.events += len(names)
        marked = False
        for name in names:
            if name in ACTIONS or name == _CHILD:
                self.actions += 1
            elif name == _TASK:
                marked = False
            elif name == _MARKER and not marked:
                self.actions += 1
                marked = True


async def costs_of(address: str, home: Path, patients: list[str]) -> dict[str, Cost]:
    """Costs by patient key, read from the server."""
    import asyncio

    from temporalio.api.enums.v1 import EventType

    from activities.records.ledger import open_ledger
    from worker.client import connect
    from worker.settings import load_settings

    ledger = await asyncio.to_thread(open_ledger, f"sqlite:///{home / 'records.db'}", str(home / "keys.json"))
    try:
        client = await connect(load_settings(temporal_address=address), ledger.keyring, patience=10.0)
        out = {key: Cost() for key in patients}
        async for run in client.list_workflows("WorkflowType IN ('PatientJourney', 'Handoff')"):
            owner = run.id.partition(".")[0]
            if owner not in out:
                continue
            handle: Any = client.get_workflow_handle(run.id, run_id=run.run_id)
            events = [event async for event in handle.fetch_history_events()]
            out[owner].add([EventType.Name(event.event_type) for event in events])
            out[owner].size += sum(event.ByteSize() for event in events)
        return out
    finally:
        await asyncio.to_thread(ledger.close)

"""What a history costs: events, bytes, and the actions that Temporal Cloud would bill for it.

Actions as docs.temporal.io/evaluate/cloud/actions lists them: a start, a continue-as-new, a timer, a signal, an update
(refused or not), an upsert of search attributes, each try of an activity count one; a child two; all local activities
of one workflow task together one. Queries are counted by who asks them, not here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import History as HistoryProto
from temporalio.api.history.v1 import HistoryEvent

from bench.virtual.run import Run

_ONE: Final = {
    EventType.EVENT_TYPE_TIMER_STARTED: "timers",
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: "search attributes",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: "continued as new",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "updates",
    EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED: "signals",
}


@dataclass(slots=True)
class Counts:
    """Sums over runs. ``longest``: events of the longest run; ``kinds``: events by kind; ``actions_of``: by cause."""

    events: int = 0
    bytes: int = 0
    tasks: int = 0
    runs: int = 0
    executions: int = 0
    longest: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    actions_of: Counter[str] = field(default_factory=Counter)
    bytes_of: Counter[str] = field(default_factory=Counter)

    @property
    def actions(self) -> int:
        """All billed actions."""
        return self.actions_of.total()


def count(runs: Iterable[Run]) -> Counts:
    """Count runs, children and continued runs each as what they are."""
    out = Counts()
    for run in runs:
        events = run.history.events
        out.runs += 1
        out.executions += not run.started.continued_execution_run_id
        out.events += len(events)
        out.bytes += history_bytes(events)
        out.longest = max(out.longest, len(events))
        out.tasks += run.history.tasks
        _events(events, out)
        if run.refused_updates:
            out.actions_of["updates"] += run.refused_updates
    return out


def history_bytes(events: Sequence[HistoryEvent]) -> int:
    """Bytes of a history as one message."""
    return HistoryProto(events=events).ByteSize()


def _events(events: Sequence[HistoryEvent], out: Counts) -> None:
    task_with_local = 0
    for event in events:
        name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_").lower()
        out.kinds[name] += 1
        out.bytes_of[name] += event.ByteSize()
        if event.event_type in _ONE:
            out.actions_of[_ONE[event.event_type]] += 1
        elif event.event_type == EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
            # The child's own start is counted with its history: one here, one there.
            out.actions_of["children"] += 1
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            out.actions_of["activities"] += event.activity_task_started_event_attributes.attempt
        elif event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            done = event.marker_recorded_event_attributes.workflow_task_completed_event_id
            out.actions_of["local activities"] += done != task_with_local
            task_with_local = done
        elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
            out.actions_of["starts"] += not event.workflow_execution_started_event_attributes.continued_execution_run_id
        elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
            sender = event.workflow_execution_signaled_event_attributes.external_workflow_execution.workflow_id
            out.actions_of["signals"] += not sender

"""What happened to a patient of the demo, and why: three sentences, from the recorded timeline."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from carepath.demo.people import Person

Json = Any
_MEASURED = {"done", "done_late", "partly"}


def story(person: Person, record: Json, timeline: list[Json]) -> list[str]:
    """Three sentences: where the patient went, why, and what it took."""
    return [_way(person, record, timeline), _why(record, timeline), _work(record, timeline)]


def _way(person: Person, record: Json, timeline: list[Json]) -> str:
    phases = [row["text"].rstrip(".").removesuffix(" begins") for row in timeline if row["word"] == "phase_entered"]
    joined = datetime.fromisoformat(timeline[0]["at"]).date() if timeline else "?"
    now = (record["enrolments"] or [{}])[-1]
    end = f", ended as {now['ended']}" if now.get("ended") else ""
    way = " → ".join(phases) or "no phase"
    sex = "man" if person.habits.sex == "male" else "woman"
    return f"A {sex} of {person.habits.age} joined on {joined} and went {way}{end}."


def _why(record: Json, timeline: list[Json]) -> str:
    """The windows and rules that decided, last ones first."""
    reasons = [row["text"] for row in timeline if row["word"] in {"window", "rule_fired", "rule_unknown", "ended"}]
    if not reasons:
        return f"Nothing made it change course: {record['decided']}"
    return f"Why: {' '.join(reasons[-3:])}"


def _work(record: Json, timeline: list[Json]) -> str:
    outcomes = Counter(row["outcome"] for row in timeline if row.get("outcome") and ".measure" in row["path"])
    done = sum(outcomes[word] for word in _MEASURED)
    asked = done + outcomes["missed"]
    counts = record["counts"]
    return (
        f"It took {counts['messages_sent']} messages, {counts['tasks_closed']} tasks done by people, "
        f"{counts['handoffs']} requests to partners; {done} of {asked} measurements asked for were made."
    )

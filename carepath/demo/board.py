"""The live board of the demo: one row a patient, read over HTTP like any coordinator's worklist."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from carepath.demo.people import Person

Json = Any
_COLOURS: Final = {"red": "bold white on red", "amber": "black on yellow", "no_data": "cyan", "overdue": "magenta"}


@dataclass
class Board:
    """What is shown now: the last record of each patient, and what happened lately."""

    people: list[Person]
    days: int
    records: dict[str, Json] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def note(self, line: str) -> None:
        """Something worth saying; the last six stay on the board."""
        self.notes = [*self.notes, f"[{self.seconds:5.0f} s] {line}"][-6:]

    def share_done(self) -> float:
        """How much of the time of all patients has passed, from 0 to 1."""
        return sum(min(1.0, self.day(p) / self.days) for p in self.people) / len(self.people)

    def day(self, person: Person) -> float:
        """Patient days since this patient joined."""
        record = self.records.get(person.key)
        return 0.0 if record is None else float(record["day"])

    def show(self) -> RenderableType:
        """The board as it stands."""
        table = Table(expand=True, pad_edge=False, header_style="bold")
        for name in ("#", "day", "phase", "flags", "last reading", "open tasks", "sent", "handoffs", "decided last"):
            table.add_column(name, no_wrap=name != "decided last", overflow="ellipsis")
        for person in self.people:
            table.add_row(*self._row(person))
        bar = ProgressBar(total=1.0, completed=self.share_done(), width=None)
        notes = Text("\n".join(self.notes) or " ")
        return Group(Panel(table, title="carepath", border_style="blue"), bar, notes)

    def _row(self, person: Person) -> list[RenderableType]:
        record = self.records.get(person.key)
        number = str(person.number)
        if record is None:
            return [number, "", "joining", "", "", "", "", "", ""]
        enrolment = (record["enrolments"] or [{}])[-1]
        flags = Text(" ").join(Text(f" {f} ", style=_COLOURS.get(f, "")) for f in record["flags"])
        latest = record["latest"].get("blood_pressure")
        reading = (
            "" if latest is None else f"{latest['components'].get('systolic')}/{latest['components'].get('diastolic')}"
        )
        return [
            number,
            f"{self.day(person):.0f}",
            enrolment.get("phase_title") or enrolment.get("ended") or record["status"],
            flags,
            reading,
            str(len(record["tasks"])),
            str(record["counts"]["messages_sent"]),
            ", ".join(f"{h['machine']} {h['state']}" for h in record["handoffs"] if not h["final"])[:28],
            record["decided"],
        ]

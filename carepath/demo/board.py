"""The live board of the demo: one row a patient, read over HTTP like any coordinator's worklist."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from carepath.demo.people import Person
from pathways.decide.texts import word

Json = Any
_COLUMNS: Final = (
    ("#", 2),
    ("day", 3),
    ("phase", 21),
    ("flags", 8),
    ("last", 7),
    ("tasks", 5),
    ("sent", 4),
    ("partners", 18),
    ("decided last", None),
)
_LINE_EVERY: Final = 10.0
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
        """Something worth saying; the last six are on the board."""
        self.notes = [*self.notes, f"[{self.seconds:4.0f} s] {line}"]

    def share_done(self) -> float:
        """How much of the time of all patients has passed, from 0 to 1."""
        return sum(min(1.0, self.day(p) / self.days) for p in self.people) / len(self.people)

    def day(self, person: Person) -> float:
        """Patient days since this patient joined."""
        record = self.records.get(person.key)
        return 0.0 if record is None else float(record["day"])

    def show(self, *, notes: bool = True) -> RenderableType:
        """The board as it stands; ``notes``: with what happened lately under it."""
        table = Table(expand=True, pad_edge=False, header_style="bold")
        for name, width in _COLUMNS:
            table.add_column(name, no_wrap=True, overflow="ellipsis", width=width, ratio=None if width else 1)
        for person in self.people:
            table.add_row(*self._row(person))
        panel = Panel(table, title="carepath", border_style="blue")
        if not notes:
            return panel
        bar = ProgressBar(total=1.0, completed=self.share_done(), width=None)
        return Group(panel, bar, Text("\n".join(self.notes[-6:]) or " "))

    def line(self) -> str:
        """The board in one line, where there is no screen to draw on."""
        records = self.records.values()
        tasks = sum(len(r["tasks"]) for r in records)
        sent = sum(r["counts"]["messages_sent"] for r in records)
        readings = sum(r["counts"]["readings"] for r in records)
        flagged = sum(bool(r["flags"]) for r in records)
        return (
            f"[{self.seconds:4.0f} s] {self.share_done():4.0%} of the time, {readings} readings, {sent} messages, "
            f"{tasks} open tasks, {flagged} patients flagged"
        )

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
            phase_of(enrolment, record["status"]),
            flags,
            reading,
            str(len(record["tasks"])),
            str(record["counts"]["messages_sent"]),
            ", ".join(f"{h['machine']} {words_of(h['state'])}" for h in record["handoffs"] if not h["final"]),
            record["decided"],
        ]


class Screen:
    """Draws the board: live on a terminal, a line every few seconds where output goes to a file."""

    def __init__(self, console: Console, board: Board) -> None:
        self._console = console
        self._board = board
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._said = -_LINE_EVERY
        self._noted = 0

    def __enter__(self) -> Self:
        """Begin to draw."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        """The last state stays."""
        if self._live is not None:
            self._live.stop()
        else:
            self._tell()
            self._console.print(self._board.show(notes=False))

    def update(self) -> None:
        """Draw what the board holds now."""
        if self._live is not None:
            self._live.update(self._board.show(), refresh=True)
            return
        self._tell()
        if self._board.seconds - self._said >= _LINE_EVERY:
            self._said = self._board.seconds
            self._console.print(self._board.line(), highlight=False, markup=False)

    def _tell(self) -> None:
        """Print the notes that were not printed yet."""
        for note in self._board.notes[self._noted :]:
            self._console.print(note, highlight=False, markup=False, soft_wrap=True)
        self._noted = len(self._board.notes)


def phase_of(enrolment: Json, status: str) -> str:
    """Where an enrolment stands, in words: its phase, or how it ended."""
    if enrolment.get("ended"):
        return f"ended: {word('end', enrolment['ended']).en}"
    return str(enrolment.get("phase_title") or status)


def words_of(state: str) -> str:
    """The state of a request to a partner, in words."""
    return word("hand", state).en

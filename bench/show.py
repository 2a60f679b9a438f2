"""Tables on the screen, or the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable

Cell = str | int | float
Row = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """One table: a title, heads, rows."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Row]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"title": self.title, "heads": list(self.heads), "rows": [list(row) for row in self.rows]}


def show(tables: Sequence[Table], *, as_json: bool) -> None:
    """Print tables."""
    if as_json:
        print(json.dumps([table.to_json() for table in tables], ensure_ascii=False, indent=1), flush=True)
        return
    console = Console(width=None if Console().is_terminal else 140)
    for table in tables:
        drawn = RichTable(title=table.title, title_justify="left", title_style="bold")
        for index, head in enumerate(table.heads):
            drawn.add_column(head, justify="left" if index == 0 else "right")
        for row in table.rows:
            drawn.add_row(*(f"{cell:,}" if isinstance(cell, int | float) else cell for cell in row))
        console.print(drawn)

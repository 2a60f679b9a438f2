"""What a simulated population comes to, as tables for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

Json = Any
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_BARS = " ▁▂▃▄▅▆▇█"


def show(console: Console, figures: dict[str, Json]) -> None:
    """Print the figures; ``figures`` as ``figures.as_json`` makes them."""
    head = f"{figures['patients']} patients for {figures['days']} days, seed {figures['seed']}"
    console.print(f"{', '.join(figures['pathways'])} at site {figures['site']}: {head}")
    _section(console, "per patient and week", _flat(figures["per_patient_week"]))
    console.print("\ntasks by role; a bar is three hours of the day", style="bold")
    console.print(_roles(figures["per_role"]))
    rates = [(name, role["per_100_patients_and_week"]) for name, role in figures["per_role"].items()]
    _section(console, "tasks per 100 patients and week", rates)
    alarms = figures["alarms"]
    rows = [("alarms per patient-day", alarms["per_patient_day"])]
    rows += [(f"  {level}", value) for level, value in alarms["by_level"].items()]
    rows += [("share that needs a person", alarms["share_that_needs_a_person"])]
    _section(console, "alarms", rows)
    _section(console, "missed deadlines", _flat(figures["missed_deadlines"]))
    cut = "_per_patient_month"
    temporal = [(name.removesuffix(cut), value) for name, value in figures["temporal"].items() if name.endswith(cut)]
    _section(console, "Temporal, per patient and month", temporal)
    phases = [(f"phase {name}", n) for name, n in figures["phases_at_the_end"].items()]
    ends = [(f"end {name}", n) for name, n in figures["ends"].items()]
    _section(console, "where patients are at the end", phases + ends)


def _flat(figures: dict[str, Json]) -> list[tuple[str, Json]]:
    rows: list[tuple[str, Json]] = []
    for name, value in figures.items():
        if isinstance(value, dict):
            rows += [(f"{name.replace('_', ' ')}: {inner}", number) for inner, number in value.items()]
        else:
            rows.append((name.replace("_", " "), value))
    return rows


def _section(console: Console, title: str, rows: list[tuple[str, Json]]) -> None:
    console.print(f"\n{title}", style="bold")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, value in rows:
        table.add_row(name, f"{value:,}")
    console.print(table)


def _roles(roles: dict[str, Json]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("role", no_wrap=True)
    table.add_column("tasks", justify="right", no_wrap=True)
    for day in _DAYS:
        table.add_column(day, no_wrap=True, min_width=8)
    top = max((max(role["per_hour_of_week"]) for role in roles.values()), default=0)
    for name, role in roles.items():
        hours = role["per_hour_of_week"]
        days = ["".join(_bar(n, top) for n in _by_three(hours[day * 24 : day * 24 + 24])) for day in range(7)]
        table.add_row(name, f"{role['tasks']:,}", *days)
    return table


def _by_three(hours: list[int]) -> list[int]:
    return [max(hours[first : first + 3]) for first in range(0, 24, 3)]


def _bar(value: int, top: int) -> str:
    return _BARS[0 if value == 0 else max(1, round(value / top * (len(_BARS) - 1)))]

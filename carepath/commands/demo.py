"""`carepath demo`: the whole system on this machine, with real readings, in a few minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    stay: Annotated[bool, typer.Option("--stay", help="Stay up afterwards, until Ctrl-C.")] = False,
    days: Annotated[int, typer.Option(help="Patient days to live through.", min=1, max=366)] = 180,
    pace: Annotated[float, typer.Option(help="Patient days a second while nothing is urgent.", min=0.05)] = 0.8,
    patients: Annotated[int, typer.Option(help="How many of the twelve patients.", min=1, max=12)] = 12,
    home: Annotated[Path, typer.Option(help="Folder of the demo's own data.")] = Path(".carepath/demo"),
) -> None:
    """Run the whole system on embedded defaults and show what happens to each patient, and why.

    On a busy machine it runs slower than asked for and says so. Ctrl-C stops everything: exit code 130, or 0 once all
    has been told.
    """
    from carepath.demo.run import Options, run_demo

    options = Options(home=home.resolve(), days=days, pace=pace, patients=patients, stay=stay)
    raise typer.Exit(run_demo(options))

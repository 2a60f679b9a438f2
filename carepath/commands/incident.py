"""`carepath incident`: what no pathway can mend, and who takes it in hand."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from carepath.calling import Api, command_id, tell

app = typer.Typer(add_completion=False, no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


class Status(StrEnum):
    """Which incidents are listed."""

    OPEN = "open"
    TAKEN = "taken"
    ALL = "all"


@app.command("list")
def list_incidents(
    status: Annotated[Status, typer.Option(help="Which incidents.")] = Status.OPEN,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=500)] = 100,
    as_json: AsJson = False,
) -> None:
    """Incidents that wait for somebody, the newest first."""
    found = Api().get("incidents", status=status.value, limit=limit)
    lines = [
        f"{row['at'][:16].replace('T', ' ')}Z  {row['kind']:<18} {row['patient'] or '':<21} {row['text'] or ''}\n"
        f"{'':19}{row['id']}"
        for row in found["incidents"]
    ]
    tell(found, as_json, lines or ["No incident waits for anybody."])


@app.command()
def take(
    incident: Annotated[str, typer.Argument(help="The incident's id.")],
    as_json: AsJson = False,
) -> None:
    """Take an incident in hand: the watchdog is quiet about it from then on."""
    answer = Api().post("incidents", incident, "take", body={"id": command_id()})
    tell(answer, as_json, [f"{answer['kind']}: taken by {answer['taken_by']} at {answer['taken_at']}"])

"""`carepath task`: the worklist, and what people do with a task."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from carepath.calling import Api, command_id, json_argument, tell

app = typer.Typer(add_completion=False, no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="The task's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Role = Annotated[str | None, typer.Option(help="The role in which you act.")]


class Status(StrEnum):
    """Which tasks are listed."""

    OPEN = "open"
    CLOSED = "closed"
    ALL = "all"


@app.command("list")
def list_tasks(
    role: Annotated[str | None, typer.Option(help="Only of this role.")] = None,
    patient: Annotated[str | None, typer.Option(help="Only of this patient.")] = None,
    status: Annotated[Status, typer.Option(help="Which tasks.")] = Status.OPEN,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=500)] = 100,
    as_json: AsJson = False,
) -> None:
    """Open tasks, the most urgent first."""
    found = Api().get("tasks", role=role, patient=patient, status=status.value, limit=limit)
    lines = [
        f"{row['level']:<8} {row['role']:<10} {_minute(row.get('due')):<17} {row['title']}\n         {row['id']}"
        for row in found["tasks"]
    ]
    tell(found, as_json, lines or ["-"])


def _minute(at: str | None) -> str:
    return f"{at[:16].replace('T', ' ')}Z" if at else ""


def _verb(task: str, verb: str, body: dict[str, Any], as_json: bool) -> None:
    answer = Api().post("tasks", task, verb, body={"id": command_id(), **body})
    tell(answer, as_json, [answer.get("text") or answer["status"]])


@app.command()
def claim(task: Id, role: Role = None, as_json: AsJson = False) -> None:
    """Take a task."""
    _verb(task, "claim", {"role": role}, as_json)


@app.command()
def release(task: Id, role: Role = None, as_json: AsJson = False) -> None:
    """Give a claimed task back."""
    _verb(task, "release", {"role": role}, as_json)


@app.command()
def complete(
    task: Id,
    form: Annotated[str | None, typer.Option(help="The form's answers as JSON, or @file.")] = None,
    role: Role = None,
    as_json: AsJson = False,
) -> None:
    """Complete a task with its form."""
    _verb(task, "complete", {"role": role, "form": json_argument("--form", form)}, as_json)


@app.command()
def cancel(
    task: Id, reason: Annotated[str, typer.Option(help="Why.")], role: Role = None, as_json: AsJson = False
) -> None:
    """Cancel a task, with a reason."""
    _verb(task, "cancel", {"role": role, "reason": reason}, as_json)


@app.command()
def reassign(
    task: Id, to: Annotated[str, typer.Option(help="The role that takes over.")], as_json: AsJson = False
) -> None:
    """Give a task to another role."""
    _verb(task, "reassign", {"to_role": to}, as_json)


@app.command()
def snooze(
    task: Id, until: Annotated[str, typer.Option(help="ISO 8601 with offset.")], as_json: AsJson = False
) -> None:
    """Put a task off."""
    _verb(task, "snooze", {"until": until}, as_json)

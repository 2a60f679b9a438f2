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
    agenda: Annotated[str | None, typer.Option(help="Only this agenda, in its order: the worst first.")] = None,
    status: Annotated[Status, typer.Option(help="Which tasks.")] = Status.OPEN,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=500)] = 100,
    as_json: AsJson = False,
) -> None:
    """Open tasks, the most urgent first."""
    found = Api().get("tasks", role=role, patient=patient, agenda=agenda, status=status.value, limit=limit)
    lines = [
        f"{row['level']:<8} {row['role']:<10} {_minute(row.get('due')):<17} {row['title']}\n         {row['id']}"
        + "".join(f"\n         {line}" for line in _case(row))
        for row in found["tasks"]
    ]
    tell(found, as_json, lines or ["-"])


def _case(row: dict[str, Any]) -> list[str]:
    """What is shown of a conference: each value with its time, who has signed, who has not."""
    held = row.get("conference")
    if held is None:
        return []
    lines = [f"{one['name']}: {_value(one)}  {_minute(one.get('at'))}".rstrip() for one in held["shown"]]
    signed = ", ".join(one["role"] for one in held["signed"]) or "-"
    return [row["patient"], *lines, f"signed: {signed}; {held['quorum']} of {', '.join(held['roles'])}"]


def _value(one: dict[str, Any]) -> str:
    if "unknown" in one:
        return f"? ({one['unknown']})"
    if "values" in one:
        return ", ".join(f"{name} {part['value']} {part['unit']}" for name, part in one["values"].items())
    return str(one.get("value", one.get("answers", "")))


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
def sign(
    task: Id,
    note: Annotated[str | None, typer.Option(help="What you want to be known.")] = None,
    form: Annotated[str | None, typer.Option(help="With the last signature: the form as JSON, or @file.")] = None,
    role: Role = None,
    as_json: AsJson = False,
) -> None:
    """Sign a conference; the signature that is still needed closes it."""
    answers = {} if form is None else {"form": json_argument("--form", form)}
    _verb(task, "sign", {"role": role, "reason": note, **answers}, as_json)


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

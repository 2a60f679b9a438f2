"""`carepath patient`: shows a patient, the timeline, and why something was or was not done."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from carepath.calling import Api, tell

app = typer.Typer(add_completion=False, no_args_is_help=True)
Key = Annotated[str, typer.Argument(help="The patient's opaque key.")]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


@app.command()
def show(patient: Key, as_json: AsJson = False) -> None:
    """Where the patient stands: phases, flags, what is due, open tasks."""
    record = Api().get("patients", patient, "record")
    lines = [record.get("sheet", "")]
    lines += [f"  task  {task['level']:<8} {task['role']:<10} {task['title']}" for task in record.get("tasks", ())]
    lines += [f"  handoff  {one['machine']:<10} {one['state']}" for one in record.get("handoffs", ())]
    tell(record, as_json, lines)


@app.command()
def timeline(
    patient: Key,
    ahead: Annotated[int, typer.Option(help="Days ahead.", min=0, max=366)] = 14,
    limit: Annotated[int, typer.Option(help="Entries back.", min=1, max=1000)] = 50,
    as_json: AsJson = False,
) -> None:
    """What happened, and what comes next."""
    found = Api().get("patients", patient, "timeline", ahead=ahead, limit=limit)
    lines = [f"{_minute(row['at'])}  {row['word']:<20} {row['text']}" for row in found["timeline"]]
    lines.append("--")
    lines += [
        f"{_minute(row.get('due') or row.get('at'))}  {row.get('text', row.get('path', ''))}"
        for row in found["ahead"]
    ]
    tell(found, as_json, lines)


@app.command()
def why(
    patient: Key,
    path: Annotated[str, typer.Argument(help="A place in the pathway, for example rules.crisis.")] = "",
    as_json: AsJson = False,
) -> None:
    """Why, or why not: the recorded verdicts of a place in the pathway, and how it stands now."""
    found = Api().get("patients", patient, "why", path=path)
    lines = [f"{_minute(row['at'])}  {row['path']}: {row['value']}  {row['text']}" for row in found["recorded"]]
    now: Any = found.get("now")
    if now:
        lines.append(f"now: {now.get('value')}  {now.get('text', '')}")
    tell(found, as_json, lines)


def _minute(at: str | None) -> str:
    """An instant of the API (UTC) to the minute, with the sign of UTC: the case sheet speaks in local time."""
    return f"{at[:16].replace('T', ' ')}Z" if at else " " * 17

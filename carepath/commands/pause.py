"""`carepath pause`: pauses a patient's pathways (or one enrolment)."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer

from carepath.calling import Api, tell

app = typer.Typer(add_completion=False)


@app.command()
def pause(
    patient: Annotated[str, typer.Argument(help="The patient's opaque key.")],
    enrolment: Annotated[str | None, typer.Option(help="Only this enrolment.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    role: Annotated[str | None, typer.Option(help="The role in which you act.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Pause a patient. Steps without `safety: yes` are skipped until the patient is resumed."""
    args = {} if reason is None else {"reason": reason}
    body = {"id": f"cli-{uuid.uuid4().hex}", "verb": "pause", "enrolment": enrolment, "role": role, "args": args}
    answer = Api().post(f"patients/{patient}/commands", body)
    tell(answer, as_json, [answer.get("text") or answer["status"]])

"""`carepath withdraw`: withdraws a patient's pathways (or one enrolment)."""

from __future__ import annotations

from typing import Annotated

import typer

from carepath.calling import act_on_patient

app = typer.Typer(add_completion=False)


@app.command()
def withdraw(
    patient: Annotated[str, typer.Argument(help="The patient's opaque key.")],
    enrolment: Annotated[str | None, typer.Option(help="Only this enrolment.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    role: Annotated[str | None, typer.Option(help="The role in which you act.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Withdraw a patient. Nothing more is sent; an open red ends with a person."""
    act_on_patient(patient, "withdraw", enrolment=enrolment, reason=reason, role=role, as_json=as_json)

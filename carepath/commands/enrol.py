"""`carepath enrol`: registers a patient where needed, and enrols them in a pathway."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from carepath.calling import Api, json_argument, leave_wrong, tell
from worker.problems import language_of

app = typer.Typer(add_completion=False)


@app.command()
def enrol(
    pathway: Annotated[str, typer.Argument(help="Id of the pathway.")],
    patient: Annotated[
        str | None, typer.Option(help="Key of a registered patient; without it one is registered.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone of a new patient.")] = "UTC",
    language: Annotated[str, typer.Option(help="Language of a new patient.")] = "en",
    version: Annotated[str | None, typer.Option(help="Version; else the newest published.")] = None,
    facts: Annotated[str | None, typer.Option(help="Facts as JSON, or @file.")] = None,
    consent: Annotated[str, typer.Option(help="Purposes consented to, with commas.")] = "",
    rehearse: Annotated[float | None, typer.Option("--rehearse", help="Days per second of a rehearsal.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Enrol a patient in a pathway."""
    api = Api()
    known = json_argument("--facts", facts)
    key = patient or _registered(api, zone, language)
    body = {
        "patient": key,
        "pathway": pathway,
        "version": version,
        "facts": known,
        "consent": [word.strip() for word in consent.split(",") if word.strip()],
        "rehearsal": None if rehearse is None else {"days_per_second": rehearse},
    }
    answer = api.post("enrolments", body=body)
    line = f"{answer['patient']}  {answer['pathway']} {answer['version']}  {answer['enrolment']}  {answer['status']}"
    tell(answer, as_json, [line, *([answer["text"]] if "text" in answer else [])])
    if answer["status"] == "refused":
        leave_wrong()


def _registered(api: Api, zone: str, language: str) -> str:
    """A new patient's key, told at once: it is needed again should the enrolment be refused."""
    key: str = api.post("patients", body={"zone": zone, "language": language})["key"]
    said = "已登记患者" if language_of(os.environ) == "zh" else "registered the patient"
    sys.stderr.write(f"{said} {key}\n")
    return key

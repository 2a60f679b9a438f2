"""`carepath readings`: validates device documents, or sends them to the API as readings of a patient."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from activities.devices.documents import read_json
from activities.intake.refusals import Refusal
from carepath.calling import Api, tell
from worker.problems import WRONG_INPUT, Language, Problem, language_of

Json = Any
app = typer.Typer(add_completion=False, no_args_is_help=True)


class Format(StrEnum):
    """What a file holds."""

    openmhealth = "openmhealth"
    fhir = "fhir"


FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="One document, a JSON list of them, or one a line (.ndjson).")
]
FormatOption = Annotated[Format, typer.Option("--format", help="openmhealth or fhir.")]
SchemaOption = Annotated[str | None, typer.Option(help="Schema of bare Open mHealth bodies: NAMESPACE:NAME:VERSION.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


@app.command()
def check(
    file: FileArgument,
    format_: FormatOption,
    schema: SchemaOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge every document of a file; nothing is stored. Exit 1 if one is refused."""
    language = language_of(os.environ)
    _schema_is_named(schema)
    judge = _checker(format_, schema)
    accepted: list[Json] = []
    refused: list[Json] = []
    for index, document in enumerate(_documents(file)):
        found = document if isinstance(document, Refusal) else judge(document)
        if isinstance(found, Refusal):
            refused.append(_refused(index, found, language))
        else:
            accepted.append({"index": index, **found})
    _tell(accepted, refused, as_json)


@app.command(name="import")
def import_(
    file: FileArgument,
    format_: FormatOption,
    patient: Annotated[str, typer.Option(help="Key of the patient whose readings these are.")],
    schema: SchemaOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send every document of a file to the API as readings. The same file twice changes nothing."""
    api, language = Api(), language_of(os.environ)
    _schema_is_named(schema)
    accepted: list[Json] = []
    refused: list[Json] = []
    for index, document in enumerate(_documents(file)):
        if isinstance(document, Refusal):
            refused.append(_refused(index, document, language))
            continue
        try:
            answer = api.post("patients", patient, "readings", body=_wrapped(document, format_, schema))
        except Problem as problem:
            if problem.code != "E-REFUSED":
                raise
            facts = problem.facts
            refused.append({"index": index, "code": facts["refusal"], "reason": facts["reason"]})
            continue
        accepted += [{**row, "index": index} for row in answer["accepted"]]
        refused += [{**row, "index": index} for row in answer["refused"]]
    _tell(accepted, refused, as_json)


def _schema_is_named(schema: str | None) -> None:
    if schema is not None and (schema.count(":") != 2 or "" in schema.split(":")):
        example = "a schema is NAMESPACE:NAME:VERSION, such as omh:blood-pressure:4.0"
        raise typer.BadParameter(example, param_hint="--schema")


def _documents(file: Path) -> Sequence[Json | Refusal]:
    """The documents of a file, each as JSON or refused as none. Raises Problem when it cannot be read."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise Problem("E-FILE", file=str(file), reason=error.strerror or "") from error
    if file.suffix == ".ndjson":
        return [read_json(line) for line in raw.splitlines() if line.strip()]
    found = read_json(raw)
    return found if isinstance(found, list) else [found]


def _checker(format_: Format, schema: str | None) -> Callable[[Json], dict[str, Json] | Refusal]:
    if format_ is Format.fhir:
        return _check_fhir
    return lambda document: _check_openmhealth(document, schema)


def _check_openmhealth(document: Json, schema: str | None) -> dict[str, Json] | Refusal:
    """Valid by its schema; whether it is dated well enough to become a reading is for `import`."""
    from activities.devices.openmhealth import check_openmhealth

    found = check_openmhealth(document, schema)
    if found is not None:
        return found
    header = document.get("header") or {}
    named = header.get("schema_id")
    name = schema if named is None else f"{named['namespace']}:{named['name']}:{named['version']}"
    return {"id": header.get("id"), "schema": name}


def _check_fhir(document: Json) -> dict[str, Json] | Refusal:
    from activities.fhir.observation import read_fhir

    found = read_fhir(document, patient=None)
    for one in found:
        if isinstance(one, Refusal):
            return one
    return {"id": document.get("id"), "readings": len(found)}


def _wrapped(document: Json, format_: Format, schema: str | None) -> Json:
    """A bare Open mHealth body as the data point it would be, since the API takes documents that say what they are."""
    if format_ is Format.fhir or schema is None or not isinstance(document, dict) or "header" in document:
        return document
    from activities.devices.openmhealth import data_point

    return data_point(document, schema)


def _refused(index: int, why: Refusal, language: Language) -> dict[str, Json]:
    row: dict[str, Json] = {"index": index, "code": why.code, "reason": why.zh if language == "zh" else why.en}
    return row if why.field is None else {**row, "field": why.field}


def _tell(accepted: list[Json], refused: list[Json], as_json: bool) -> None:
    lines = [f"{row['index']}: ok {row.get('id') or ''}".rstrip() for row in accepted]
    lines += [f"{row['index']}: {row['code']}: {row['reason']}" for row in refused]
    tell({"accepted": accepted, "refused": refused}, as_json, lines)
    if refused:
        raise typer.Exit(WRONG_INPUT)

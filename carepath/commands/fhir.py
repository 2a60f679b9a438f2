"""`carepath fhir`: FHIR R4 definitions into pathways and back, with a report of everything that does not come over."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from carepath.commands.check import LanguageOption, PathArgument, bytes_of, chosen_language
from carepath.commands.expand import pathways_of, zone_argument
from carepath.places import pathway_path
from worker.problems import WRONG_INPUT, Language, Problem

if TYPE_CHECKING:
    from pathways.fhir.import_plan import Imported
    from pathways.fhir.report import NotCarried

app = typer.Typer(add_completion=False, no_args_is_help=True)
Json = Any
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
_MOST_BYTES = 16 * 1024 * 1024


@app.callback()
def _root() -> None:
    """FHIR R4 at the edge."""


@app.command(name="import")
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, help="A PlanDefinition and what it names, or a Bundle."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(file_okay=False, help="Write each pathway into this folder as <id>.yaml.")
    ] = None,
    pathway: Annotated[
        Path | None,
        typer.Option(
            parser=pathway_path, metavar="PATH", help="Make the beginning of a scenario for it of a patient's Bundle."
        ),
    ] = None,
    zone: Annotated[str, typer.Option(help="With --pathway: the patient's IANA zone.")] = "UTC",
    json_: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Make a draft of a pathway out of each PlanDefinition. Exit 1 when a draft has errors or there is none.

    With --pathway the file is a patient's record: its Observations and QuestionnaireResponses become the givens of a
    scenario.
    """
    from pathways.fhir.import_plan import import_plans
    from pathways.lang.load import pathways_near

    language = chosen_language(lang)
    if pathway is not None:
        _story(files, pathway, zone_argument(zone), out, as_json=json_)
        return
    beside = pathways_near(files[0] if out is None else out / "draft.yaml")
    found = import_plans([_resource(file) for file in files], beside)
    if not found:
        raise Problem("E-NO-DEFINITION", files=", ".join(map(str, files)))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for one in found:
            (out / f"{one.document['id']}.yaml").write_text(one.text, "utf-8")
    if json_:
        sys.stdout.write(json.dumps(_imported_json(found, language), ensure_ascii=False) + "\n")
    elif out is None:
        sys.stdout.write("---\n".join(one.text for one in found))
    for one in found:
        _tell_findings(one, language)
        _tell_report(one.not_carried, language)
    if any(one.loaded.plan is None for one in found):
        raise typer.Exit(WRONG_INPUT)


def _story(files: list[Path], pathway: Path, zone: str, out: Path | None, *, as_json: bool) -> None:
    """The beginning of a scenario out of the record of one patient."""
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    from carepath.commands.evaluate import record_of
    from pathways.fhir.givens import story_of
    from pathways.fhir.import_plan import as_yaml

    if len(files) != 1:
        raise typer.BadParameter("one Bundle of one patient is wanted", param_hint="FILE")
    (one, *others) = pathways_of(pathway, None, as_json)
    if others or one.plan is None:
        raise typer.BadParameter("one pathway is wanted", param_hint="--pathway")
    record = record_of(files[0], datetime.now(UTC), zone)
    story, left = story_of(record, one.plan, ZoneInfo(zone))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{one.plan.id}_story.yaml").write_text(as_yaml(story), "utf-8")
    if as_json:
        told = [{"path": entry.path, "why": entry.why} for entry in left]
        sys.stdout.write(json.dumps({"scenario": story, "left_out": told}, ensure_ascii=False) + "\n")
    elif out is None:
        sys.stdout.write(as_yaml(story))
    sys.stderr.writelines(f"left out: {entry.path}: {entry.why}\n" for entry in left)


@app.command()
def export(
    path: PathArgument,
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="Write the Bundle into this file.")] = None,
    patient: Annotated[
        str | None, typer.Option(help="Key of a patient: adds CarePlan, RequestGroup, Goals and Tasks for them.")
    ] = None,
    json_: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Say pathways in FHIR R4: a Bundle of PlanDefinitions and Questionnaires; and what FHIR has no element for."""
    from pathways.fhir.export import export_plan
    from pathways.fhir.export_care import bundle_of, care_of, questionnaires_of

    language = chosen_language(lang)
    resources: list[Json] = []
    entries: list[NotCarried] = []
    for one in pathways_of(path, None, json_):
        assert one.plan is not None
        found = export_plan(one.source.value, one.plan)
        resources += [found.definition, *questionnaires_of(found.definition)]
        resources += care_of(found.definition, patient) if patient is not None else []
        entries += found.not_carried
    bundle = bundle_of(resources)
    if out is not None:
        out.write_text(json.dumps(bundle, ensure_ascii=False, indent=1) + "\n", "utf-8")
    if json_:
        told = [entry.to_json(language) for entry in entries]
        sys.stdout.write(json.dumps({"bundle": bundle, "not_carried": told}, ensure_ascii=False) + "\n")
    elif out is None:
        sys.stdout.write(json.dumps(bundle, ensure_ascii=False, indent=1) + "\n")
    _tell_report(entries, language)


def _resource(file: Path) -> Json:
    """A resource as JSON with its decimals as floats. Raises Problem for what is none."""
    from activities.devices.documents import read_json
    from activities.intake.refusals import Refusal

    raw = bytes_of(file)
    if len(raw) > _MOST_BYTES:
        raise Problem("E-RESOURCE", file=str(file), reason=f"it is larger than {_MOST_BYTES // 1024 // 1024} MiB")
    found = read_json(raw)
    if isinstance(found, Refusal):
        raise Problem("E-RESOURCE", file=str(file), reason=found.en)
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise Problem("E-RESOURCE", file=str(file), reason="resourceType is missing")
    return found


def _imported_json(found: Sequence[Imported], language: Language) -> dict[str, Json]:
    from pathways.lang.render import as_json

    return {
        "pathways": [
            {
                "definition": one.definition,
                "id": one.document["id"],
                "yaml": one.text,
                **as_json(list(one.loaded.diagnostics), language),
                "not_carried": [entry.to_json(language) for entry in one.not_carried],
            }
            for one in found
        ]
    }


def _tell_findings(one: Imported, language: Language) -> None:
    from pathways.lang.render import as_text

    errors = [finding for finding in one.loaded.diagnostics if finding.severity == "error"]
    if errors:
        sources = {one.loaded.source.file: one.loaded.source}
        sys.stderr.write(as_text(errors, sources, language) + "\n")


def _tell_report(entries: Sequence[NotCarried], language: Language) -> None:
    head = {"en": "not carried over", "zh": "未带入"}[language]
    sys.stderr.write(f"{head}: {len(entries)}\n")
    for entry in entries:
        sys.stderr.write(f"  {entry.path}: {entry.what}\n      {entry.why(language)}  {entry.todo(language)}\n")

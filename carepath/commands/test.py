"""`carepath test`: runs the scenarios of pathways on the decider, in virtual time."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def test(
    paths: Annotated[list[Path], typer.Argument(help="Pathway files, scenario files, or folders of them.")],
    coverage: Annotated[bool, typer.Option("--coverage", help="Show what the scenarios reach.")] = False,
    site: Annotated[
        Path | None, typer.Option(help="Site of scenarios that state none (else CAREPATH_SITE, else no site).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")] = False,
) -> None:
    """Run scenarios; exit 1 when one fails or a file is wrong."""
    from rich.console import Console

    from carepath.rehearsal import report
    from carepath.rehearsal.session import rehearse
    from pathways.lang.render import as_text
    from worker.settings import load_settings

    session = rehearse(paths, site or load_settings().site)
    people = Console(stderr=as_json, highlight=False)
    for path in session.missing:
        sys.stderr.write(f"error E-FILE: {path} is not there; give a pathway, a scenario, or a folder of them\n")
    if session.missing:
        raise typer.Exit(2)
    if session.found:
        sources = {source.file: source for _, source in session.material.scenario_files}
        sys.stderr.write(as_text(session.found, sources) + "\n")
    if as_json:
        sys.stdout.write(json.dumps(report.as_json(session.results, session.coverage), ensure_ascii=False) + "\n")
    elif session.results:
        report.show(people, session.results)
        if coverage:
            report.show_coverage(people, session.coverage)
    if not session.results and not session.found:
        sys.stderr.write("error E-NO-SCENARIO: no scenario was found; put one into the folder `scenarios` "
                         "beside the pathway\n")  # fmt: skip
        raise typer.Exit(1)
    if not session.passed:
        raise typer.Exit(1)

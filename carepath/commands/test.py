"""`carepath test`: runs the scenarios of pathways on the decider, in virtual time."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from carepath.commands.check import JsonOption, LanguageOption, PathsArgument, SiteOption, chosen_language, print_text
from carepath.places import site_of
from worker.problems import WRONG_INPUT, Problem

app = typer.Typer(add_completion=False)

CoverageOption = Annotated[bool, typer.Option("--coverage", help="Show what of the pathways the scenarios reach.")]


@app.command()
def test(
    paths: PathsArgument,
    coverage: CoverageOption = False,
    site: SiteOption = None,
    json_: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Run scenarios. Exit code 1 when one fails or a file is wrong.

    PATHS are pathway files, scenario files, or folders of them. A scenario's own site wins over --site.
    """
    from rich.console import Console

    from carepath.rehearsal import report
    from carepath.rehearsal.session import rehearse
    from pathways.lang.render import as_text

    language = chosen_language(lang)
    session = rehearse(paths, site_of(site))
    found = as_text(session.found, session.sources, language)
    if not session.results and not session.found:
        raise Problem("E-NO-SCENARIO")
    if json_:
        sys.stdout.write(json.dumps(report.as_json(session, language), ensure_ascii=False) + "\n")
        sys.stderr.write(found and found + "\n")
    else:
        print_text(found)
        console = Console(highlight=False)
        report.show(console, session.results)
        if coverage:
            report.show_coverage(console, session.coverage)
    if not session.passed:
        raise typer.Exit(WRONG_INPUT)

"""`carepath test`: runs the scenarios of pathways on the decider, in virtual time."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from carepath.commands.check import JsonOption, LanguageOption, PathsArgument, SiteOption, chosen_language, print_text
from carepath.places import site_of
from worker.problems import WRONG_INPUT, Problem

app = typer.Typer(add_completion=False)

CoverageOption = Annotated[
    bool, typer.Option("--coverage", help="Show what of the pathways the scenarios reach, and fail below a floor.")
]
JunitOption = Annotated[
    Path | None, typer.Option("--junit", dir_okay=False, writable=True, help="Write a JUnit file as well.")
]
GithubOption = Annotated[
    bool, typer.Option("--github", help="Print annotations that GitHub shows beside the lines.")
]


@app.command()
def test(
    paths: PathsArgument,
    coverage: CoverageOption = False,
    junit: JunitOption = None,
    github: GithubOption = False,
    site: SiteOption = None,
    json_: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Run scenarios. Exit code 1 when one fails, a file is wrong, or (with --coverage) less is reached than asked for.

    PATHS are pathway files, scenario files, or folders of them. A scenario's own site wins over --site. How much must
    be reached stands in the file coverage.yaml beside the scenarios, such as `coverage: {at_least: 90 %}`.
    """
    from rich.console import Console

    from carepath.rehearsal import report, reports
    from carepath.rehearsal.floor import short_of
    from carepath.rehearsal.session import rehearse
    from pathways.lang.render import as_text

    language = chosen_language(lang)
    session = rehearse(paths, site_of(site))
    found = as_text(session.found, session.sources, language)
    if not session.results and not session.found:
        raise Problem("E-NO-SCENARIO")
    short = short_of(session.floors, session.coverage) if coverage else []
    if junit is not None:
        _write(junit, reports.junit(session, short, language))
    if github:
        # Where the answer is JSON, nothing else may stand on standard output; GitHub reads both.
        lines = "".join(f"{line}\n" for line in reports.github(session, short, language))
        (sys.stderr if json_ else sys.stdout).write(lines)
    if json_:
        sys.stdout.write(json.dumps(report.as_json(session, language, short), ensure_ascii=False) + "\n")
        sys.stderr.write(found and found + "\n")
    else:
        print_text(found)
        console = Console(highlight=False)
        report.show(console, session.results)
        if coverage:
            report.show_coverage(console, session.coverage, short, language)
    if not session.passed or short:
        raise typer.Exit(WRONG_INPUT)


def _write(file: Path, text: str) -> None:
    """Write a file; where that cannot be done the command was used wrongly."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise typer.BadParameter(f"{file} cannot be written: {reason}", param_hint="--junit") from error

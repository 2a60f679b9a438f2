"""Results of scenarios as JSON for programs and as a table for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from carepath.rehearsal.coverage import Coverage
from carepath.rehearsal.floor import Short
from carepath.rehearsal.reports import short_words
from carepath.rehearsal.runner import Result
from carepath.rehearsal.session import Session
from pathways.lang.diagnostics import Language
from pathways.lang.render import as_json as diagnostics_json

Json = Any
CONTEXT = 1
"""Lines of the scenario shown above and below the one that failed."""


def as_json(session: Session, language: Language = "en", short: Sequence[Short] = ()) -> dict[str, Json]:
    """``{"scenarios": [{name, passed, failures}], "coverage": {pathway: {kind: {reached, of, missing}}}, "below_floor":
    [{pathway, kind, share, at_least}]}``, shares from 0 to 1.

    What is wrong with the files is under ``diagnostics``, as `carepath check` prints it.
    """
    return {
        **diagnostics_json(session.found, language),
        "scenarios": [
            {
                "name": result.scenario.name,
                "file": result.scenario.file,
                "passed": result.passed,
                "failures": [
                    {
                        "line": failure.span.line,
                        "column": failure.span.column,
                        "expectation": failure.line,
                        "message": failure.text,
                        "near": failure.near,
                    }
                    for failure in result.failures
                ],
                **({"lives": result.lives} if result.lives else {}),
                **({"story": result.story} if result.story and not result.passed else {}),
            }
            for result in session.results
        ],
        "coverage": {name: one.to_json() for name, one in sorted(session.coverage.items())},
        "below_floor": [
            {"pathway": s.pathway, "kind": s.kind, "share": round(s.share, 4), "at_least": s.at_least} for s in short
        ],
    }


def show(console: Console, results: Sequence[Result]) -> None:
    """The table of scenarios, then each failure with its excerpt and what happened instead."""
    if not results:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("scenario", overflow="fold")
    table.add_column("expectations", justify="right")
    table.add_column("ticks", justify="right")
    for result in results:
        mark = "[green]passed[/]" if result.passed else "[red]FAILED[/]"
        met = len(result.scenario.expect) - sum(1 for f in result.failures)
        lives = f" [dim](for any patient, {result.lives} lives)[/]" if result.lives else ""
        table.add_row(mark, escape(result.scenario.name) + lives, f"{max(met, 0)}/{len(result.scenario.expect)}",
                      str(result.ticks))
    console.print(table)
    for result in results:
        if not result.passed:
            _failures(console, result)
    passed = sum(result.passed for result in results)
    console.print(f"{passed} of {len(results)} scenarios passed", style="green" if passed == len(results) else "red")


def _failures(console: Console, result: Result) -> None:
    console.print()
    console.print(f"[red]FAILED[/] {escape(result.scenario.name)}")
    for failure in result.failures:
        console.print(f"  {escape(result.scenario.file)}:{failure.span.line}", highlight=False)
        for number in range(max(1, failure.span.line - CONTEXT), failure.span.line + CONTEXT + 1):
            if number <= len(result.scenario.lines):
                mark = ">" if number == failure.span.line else " "
                line = result.scenario.lines[number - 1]
                console.print(f"  {mark} {number:4} | {escape(line)}", highlight=False)
        console.print(f"    {escape(failure.text)}", highlight=False)
        for line in failure.near:
            console.print(f"      {escape(line)}", style="dim", highlight=False)
    if result.story:
        console.print(f"  life {result.lives}, made as short as it goes, as a scenario:", highlight=False)
        for line in result.story.splitlines():
            console.print(f"    {escape(line)}", highlight=False, soft_wrap=True)


def show_coverage(
    console: Console, coverage: Mapping[str, Coverage], short: Sequence[Short] = (), language: Language = "en"
) -> None:
    """One table for each pathway: reached, of how many, and what is missing; then what is below its floor."""
    for name, one in sorted(coverage.items()):
        table = Table(title=f"coverage of {name}", box=None, pad_edge=False, title_justify="left")
        table.add_column("what")
        table.add_column("reached", justify="right")
        table.add_column("missing", overflow="fold")
        for part in one.parts():
            reached = f"{len(part.all & part.reached)}/{len(part.all)}"
            table.add_row(part.name, reached, escape(", ".join(part.missing)))
        console.print()
        console.print(table)
    for below in short:
        console.print(f"[red]FAILED[/] {escape(short_words(below, language))}", highlight=False)

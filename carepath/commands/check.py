"""`carepath check`: parse, validate, resolve and check pathways and sites."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from carepath.places import pathway_path, site_of, site_path
from pathways.lang.diagnostics import Diagnostic, Language, has_errors
from pathways.lang.load import documents, kind_of, load_any, load_site, pathways_near
from pathways.lang.plan import Plan
from pathways.lang.render import as_json, as_text
from pathways.lang.site_plan import Site
from pathways.lang.source import Source
from worker.problems import WRONG_INPUT, Problem, language_of

app = typer.Typer(add_completion=False)

PathsArgument = Annotated[
    list[Path],
    typer.Argument(
        help="Pathway or site files, folders of them, or names of pathways.",
        parser=pathway_path,
        metavar="PATH",
        show_default=False,
    ),
]
PathArgument = Annotated[
    Path,
    typer.Argument(
        help="A pathway file, a folder, or the name of a pathway.",
        parser=pathway_path,
        metavar="PATH",
        show_default=False,
    ),
]
SiteOption = Annotated[
    Path | None,
    typer.Option(
        "--site", parser=site_path, metavar="FILE", help="The site's file, or its name (default: CAREPATH_SITE)."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")]
LanguageOption = Annotated[str | None, typer.Option("--lang", "--language", help="Language of the texts: zh or en.")]


def chosen_language(wanted: str | None) -> Language:
    """The language asked for, else the one of the environment."""
    if wanted is None:
        return language_of(os.environ)
    if wanted in ("zh", "en"):
        return "zh" if wanted == "zh" else "en"
    raise typer.BadParameter("the language is zh or en", param_hint="--lang")


class Findings:
    """What was found in all files of one run, in the order of the files."""

    def __init__(self) -> None:
        self.all: list[Diagnostic] = []
        self.sources: dict[str, Source] = {}

    def add(self, source: Source, found: tuple[Diagnostic, ...]) -> None:
        """Add the findings of one file."""
        self.all.extend(found)
        self.sources[source.file] = source

    @property
    def wrong(self) -> bool:
        """Whether there is an error."""
        return has_errors(self.all)

    def text(self, language: Language) -> str:
        """For people."""
        return as_text(self.all, self.sources, language)


def bytes_of(file: Path) -> bytes:
    """The bytes of a file. Raises Problem for one that is there and cannot be read."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise Problem("E-FILE", file=str(file), reason=error.strerror or type(error).__name__) from error


def plans_of(path: Path, findings: Findings) -> list[Plan | None]:
    """The pathways of a file or folder, None for one that does not compile: what is wrong is among the findings."""
    plans: list[Plan | None] = []
    for file in documents(path):
        loaded = load_any(bytes_of(file), str(file), None, pathways_near(file))
        if kind_of(loaded.source.value) == "site":
            continue
        # Warnings are for `check`: here only what keeps the pathway from compiling is told.
        findings.add(loaded.source, tuple(found for found in loaded.diagnostics if found.severity == "error"))
        plans.append(getattr(loaded, "plan", None))
    return plans


def read_site(path: Path | None, findings: Findings) -> Site | None:
    """The site of a run; what is wrong with it is among the findings."""
    path = site_of(path)
    if path is None:
        return None
    loaded = load_site(bytes_of(path), str(path))
    findings.add(loaded.source, loaded.diagnostics)
    return loaded.site


def print_text(text: str, *, to_err: bool = False) -> None:
    """Print findings, with colour where the terminal has it; never wrapped, so that carets stay in place."""
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True, highlight=False, stderr=to_err)
    for line in text.splitlines():
        style = "bold red" if ": error[" in line or ": 错误[" in line else ""
        style = style or ("yellow" if ": warning[" in line or ": 警告[" in line else "")
        style = style or ("cyan" if line.lstrip().startswith("|") or line.strip().startswith("^") else "")
        console.print(Text(line, style=style))


@app.command()
def check(
    paths: PathsArgument, site: SiteOption = None, json_: JsonOption = False, lang: LanguageOption = None
) -> None:
    """Parse, validate, resolve and check pathways and sites. Exit code 1 when there is an error."""
    language = chosen_language(lang)
    findings = Findings()
    compiled_site = read_site(site, findings)
    site_is_wrong = findings.wrong
    asked = 0
    seen = {Path(file).resolve() for file in findings.sources}
    for path in paths:
        for file in documents(path):
            asked += 1
            if file.resolve() in seen:
                continue
            seen.add(file.resolve())
            loaded = load_any(bytes_of(file), str(file), compiled_site, pathways_near(file))
            # Of a site that is wrong itself nobody needs to hear that it is missing.
            told = [d for d in loaded.diagnostics if not (site_is_wrong and d.code == "site_needed")]
            findings.add(loaded.source, tuple(told))
    if not asked:
        raise typer.BadParameter("there is no pathway and no site in it", param_hint="PATH")
    if json_:
        sys.stdout.write(json.dumps(as_json(findings.all, language), ensure_ascii=False, indent=2) + "\n")
    if findings.all:
        print_text(findings.text(language), to_err=json_)
    print_text(summary(findings.all, len(seen), language), to_err=json_)
    if findings.wrong:
        raise typer.Exit(WRONG_INPUT)


def summary(found: list[Diagnostic], files: int, language: Language) -> str:
    """One line: how many files, errors and warnings."""
    errors = sum(d.severity == "error" for d in found)
    warnings = len(found) - errors
    if language == "zh":
        return f"{files} 个文件，{errors} 个错误，{warnings} 个警告"
    plural = [
        f"{n} {word}{'' if n == 1 else 's'}" for n, word in ((files, "file"), (errors, "error"), (warnings, "warning"))
    ]
    return ", ".join(plural)

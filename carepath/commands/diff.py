"""`carepath diff`: what changes for patients and staff between two versions of a pathway, in words."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from carepath.commands.check import Findings, JsonOption, LanguageOption, chosen_language, plans_of, print_text
from carepath.places import pathway_path
from pathways.lang.diagnostics import Language
from pathways.lang.plan import Plan
from pathways.lang.render import as_json
from pathways.lang.render_diff import SECTIONS, Change, differences
from worker.problems import WRONG_INPUT

app = typer.Typer(add_completion=False)

BeforeArgument = Annotated[
    Path, typer.Argument(metavar="A", help="The older pathway: a file, a folder, or a name.", parser=pathway_path)
]
AfterArgument = Annotated[
    Path, typer.Argument(metavar="B", help="The newer pathway: a file, a folder, or a name.", parser=pathway_path)
]
ProfileOption = Annotated[str | None, typer.Option(help="Compare the numbers of one profile only.")]
ExitOption = Annotated[bool, typer.Option("--exit-code", help="Exit code 1 when something changes, for scripts.")]


@app.command()
def diff(
    before: BeforeArgument,
    after: AfterArgument,
    profile: ProfileOption = None,
    exit_code: ExitOption = False,
    json_: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Say what changes for patients and staff from pathway A to pathway B.

    Comments, layout, other names for the same thing and the version number change nothing. Exit code 0 whether or not
    something changes, 1 when A or B does not compile; with --exit-code also 1 when something changes.
    """
    language = chosen_language(lang)
    findings = Findings()
    plans = [_plan(path, findings) for path in (before, after)]
    if findings.wrong or None in plans:
        if json_:
            sys.stdout.write(json.dumps(as_json(findings.all, language), ensure_ascii=False, indent=2) + "\n")
        print_text(findings.text(language), to_err=json_)
        raise typer.Exit(WRONG_INPUT)
    old, new = (plan for plan in plans if plan is not None)
    for plan in (old, new):
        if profile is not None and profile not in plan.profiles:
            raise typer.BadParameter(f"{plan.id} {plan.version} has no profile {profile}", param_hint="--profile")
    changes = differences(old, new, language, profile)
    if json_:
        head = {"from": _named(old), "to": _named(new), "same": not changes}
        said = {**head, "changes": [change.as_json() for change in changes]}
        sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(page(old, new, changes, language))
    if changes and exit_code:
        raise typer.Exit(1)


def _plan(path: Path, findings: Findings) -> Plan | None:
    plans = plans_of(path, findings)
    if len(plans) != 1:
        raise typer.BadParameter(f"one pathway is wanted, {len(plans)} are there: {path}", param_hint="A B")
    return plans[0]


def _named(plan: Plan) -> dict[str, str]:
    return {"id": plan.id, "version": plan.version, "sha256": plan.sha256}


def page(old: Plan, new: Plan, changes: tuple[Change, ...], language: Language) -> str:
    """The changes for people, section by section."""
    lines = [f"{old.id} {old.version} → {new.id} {new.version}"]
    if not changes:
        lines.append("对患者和工作人员没有变化。" if language == "zh" else "Nothing changes for patients or staff.")
    for section, title in SECTIONS.items():
        inside = [change for change in changes if change.section == section]
        if inside:
            lines += ["", title.in_language(language), *(f"  - {change.said}" for change in inside)]
    return "\n".join(lines) + "\n"

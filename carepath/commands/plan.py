"""`carepath plan`: the compiled plan of a pathway, as a page, as JSON or as a diagram."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from carepath.commands.check import (
    Findings,
    JsonOption,
    LanguageOption,
    PathArgument,
    SiteOption,
    bytes_of,
    chosen_language,
    print_text,
    read_site,
)
from pathways.lang.diagnostics import Language, did_you_mean, has_errors
from pathways.lang.load import documents, kind_of, load_any, pathways_near
from pathways.lang.plan import Plan
from pathways.lang.render import as_json
from pathways.lang.render_diagram import mermaid
from pathways.lang.render_picture import picture
from pathways.lang.render_plan import plan_page
from pathways.lang.render_review import review_page
from worker.problems import WRONG_INPUT

app = typer.Typer(add_completion=False)


class Diagram(StrEnum):
    """Kinds of diagram."""

    MERMAID = "mermaid"
    SVG = "svg"


ProfileOption = Annotated[str | None, typer.Option(help="Show the numbers of one profile only.")]
DiagramOption = Annotated[
    Diagram | None, typer.Option(help="Print a drawing instead: the ways, the steps in time, the ladders.")
]
ReviewOption = Annotated[
    bool, typer.Option("--review", help="Print the page to review and sign instead: everything in words, as Markdown.")
]


@app.command()
def plan(
    path: PathArgument,
    site: SiteOption = None,
    profile: ProfileOption = None,
    diagram: DiagramOption = None,
    review: ReviewOption = False,
    json_: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Show the compiled plan of a pathway: every phrase spelled out. Exit code 1 when it does not compile."""
    language = chosen_language(lang)
    findings = Findings()
    compiled_site = read_site(site, findings)
    compiled: list[Plan] = []
    for file in documents(path):
        loaded = load_any(bytes_of(file), str(file), compiled_site, pathways_near(file))
        if kind_of(loaded.source.value) == "site":
            continue
        findings.add(loaded.source, loaded.diagnostics)
        compiled_plan = getattr(loaded, "plan", None)
        if compiled_plan is not None:
            compiled.append(compiled_plan)
    _stop_at_errors(findings, language, json_=json_)
    if len(compiled) != 1:
        raise typer.BadParameter(f"one pathway is wanted, {len(compiled)} are there", param_hint="PATH")
    if diagram is not None and review:
        raise typer.BadParameter("--diagram and --review are two things: ask for one", param_hint="--review")
    _known_profile(compiled[0], profile)
    if diagram is not None or review:
        _draw(compiled[0], language, profile, diagram, json_=json_)
    else:
        _show(compiled[0], language, profile, json_=json_)


def _stop_at_errors(findings: Findings, language: Language, *, json_: bool) -> None:
    """Tell what is wrong, and leave; warnings are for `check`."""
    if not has_errors(findings.all):
        return
    if json_:
        sys.stdout.write(json.dumps(as_json(findings.all, language), ensure_ascii=False, indent=2) + "\n")
    print_text(findings.text(language), to_err=json_)
    raise typer.Exit(WRONG_INPUT)


def _known_profile(made: Plan, profile: str | None) -> None:
    if profile is not None and profile not in made.profiles:
        near = did_you_mean(profile, made.profiles)
        hint = f"; did you mean {near}?" if near else f"; there are {', '.join(made.profiles) or 'none'}"
        raise typer.BadParameter(f"there is no profile {profile}{hint}", param_hint="--profile")


def _draw(made: Plan, language: Language, profile: str | None, diagram: Diagram | None, *, json_: bool) -> None:
    """Print a drawing, or (without one) the page for review."""
    draw = review_page if diagram is None else mermaid if diagram is Diagram.MERMAID else picture
    text = draw(made, language, profile)
    key = "review" if diagram is None else diagram.value
    sys.stdout.write(json.dumps({key: text}, ensure_ascii=False) + "\n" if json_ else text)


def _show(made: Plan, language: Language, profile: str | None, *, json_: bool) -> None:
    if json_:
        sys.stdout.write(json.dumps(plan_json(made, profile), ensure_ascii=False, indent=2) + "\n")
    else:
        print_text(plan_page(made, language, profile))


def plan_json(made: Plan, profile: str | None) -> dict[str, Any]:
    """The plan as JSON. With a profile every parameter has the value of that profile only; the hash stays that of
    the whole plan, which is what is signed."""
    data = made.model_dump(mode="json")
    if profile is None:
        return data
    for parameter in data["parameters"].values():
        parameter["value"] = parameter["by_profile"].get(profile, parameter["value"])
        parameter["by_profile"] = {profile: parameter["value"]}
    data["profiles"] = [profile]
    return data

"""The README beside each pathway of the library: what it is for, its phases, steps, rules, numbers, scenarios."""

from collections.abc import Iterator
from pathlib import Path

from pathways.lang.diagnostics import Language
from pathways.lang.load import load_pathway, pathways_near
from pathways.lang.plan import HandoffBody, ParamValue, Plan, Rule, Step, TaskBody, VisitBody
from pathways.lang.plan_say import say_cond, say_duration, say_quantity
from pathways.lang.render_diagram import mermaid
from pathways.lang.render_picture import picture
from pathways.lang.render_review import review_page
from pathways.lang.source import read_source

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "pathways" / "library"
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def library_pages() -> dict[Path, str]:
    """File -> text of every README of the library, and of the pages for review with their drawings."""
    return {path: text for file in sorted(LIBRARY.glob("*/pathway.yaml")) for path, text in pages_of(file).items()}


def pages_of(file: Path) -> dict[Path, str]:
    """The pages of one pathway. Raises ValueError when it does not compile."""
    plan = load_pathway(file.read_bytes(), file.name, None, pathways_near(file)).plan
    if plan is None:
        raise ValueError(f"{file.parent.name} does not compile: run `carepath check`")
    pages = {file.parent / "README.md": readme(file, plan)}
    for language in LANGUAGES:
        drawing = f"picture.{language}.svg"
        note = "<!-- Made by `make docs` from pathway.yaml. Do not edit. -->\n\n"
        pages[file.parent / f"review.{language}.md"] = note + review_page(plan, language, picture=drawing)
        pages[file.parent / drawing] = picture(plan, language)
    return pages


def readme(file: Path, plan: Plan) -> str:
    """The README of one pathway."""
    parts = [
        _head(plan), _who(plan), _way(plan), _phases(plan), _rules(plan), _numbers(plan), _notes(file.parent),
        _scenarios(file.parent),
    ]  # fmt: skip
    return "\n".join(line for part in parts for line in part)


def _head(plan: Plan) -> Iterator[str]:
    yield "<!-- Made by `make docs` from pathway.yaml and the scenarios. Do not edit. -->\n"
    yield f"# {plan.title.en} · {plan.title.zh}\n"
    profiles = ", ".join(plan.profiles) or "none"
    yield f"`{plan.id}` version {plan.version}, owned by {plan.owner}. Profiles: {profiles}.\n"
    yield "To review and sign: [English](review.en.md), [中文](review.zh.md).\n"
    if any(not e.checked for e in plan.evidence.values()):
        yield "**Numbers marked \\* were not yet compared with their source: for rehearsal only until signed.**\n"


def _who(plan: Plan) -> Iterator[str]:
    yield "## Who it is for\n"
    if plan.eligibility.include is not None:
        yield f"- included: {say_cond(plan.eligibility.include)}"
    for exclusion in plan.eligibility.exclude:
        yield f"- not, as `{exclusion.id}`: {say_cond(exclusion.cond)}"
    if plan.consent:
        yield f"- consent to: {', '.join(plan.consent)}"
    yield f"- roles: {', '.join(plan.roles)}; who staffs them and when is the site's\n"


def _way(plan: Plan) -> Iterator[str]:
    yield "## The way through\n"
    yield "```mermaid"
    yield mermaid(plan).strip("\n")
    yield "```\n"


def _phases(plan: Plan) -> Iterator[str]:
    yield "## Steps\n"
    yield from _steps("In every phase", plan.throughout)
    for phase in plan.phases.values():
        bounds = [f"tier {phase.tier}"] if phase.tier else []
        bounds += [f"until {phase.until_text}"] if phase.until_text else []
        bounds += [f"no later than {say_duration(phase.no_later_than.after)}"] if phase.no_later_than else []
        note = f" ({', '.join(bounds)})" if bounds else ""
        yield from _steps(f"{phase.title.en} · {phase.title.zh}, `{phase.id}`{note}", phase.steps)


def _steps(title: str, steps: tuple[Step, ...]) -> Iterator[str]:
    if not steps:
        return
    yield f"### {title}\n"
    yield "| step | what | who | when |"
    yield "|---|---|---|---|"
    for step in steps:
        what = f"{step.body.kind}: {step.title.en} · {step.title.zh}"
        yield f"| `{step.id}` | {what} | {_doer(step)} | {step.when.text} |"
    yield ""


def _doer(step: Step) -> str:
    match step.body:
        case TaskBody():
            return step.body.task.role
        case VisitBody():
            return f"patient and {step.body.with_role}"
        case HandoffBody():
            return step.body.partner
        case _:
            return "patient"


def _rules(plan: Plan) -> Iterator[str]:
    yield "## Rules\n"
    yield "| rule | level | when | unknown |"
    yield "|---|---|---|---|"
    for rule in plan.rules:
        yield f"| `{rule.id}` | {rule.level} | {say_cond(rule.cond)} | {_unknown(rule)} |"
    yield ""


def _unknown(rule: Rule) -> str:
    if rule.unknown.do:
        return "acts: " + ", ".join(action.kind for action in rule.unknown.do)
    return rule.unknown.not_met or "cannot be unknown"


def _numbers(plan: Plan) -> Iterator[str]:
    yield "## Numbers\n"
    profiles = [name for name in plan.profiles if any(name in p.by_profile for p in plan.parameters.values())]
    yield f"| number | {' | '.join(profiles or ['value'])} | may be adjusted |"
    yield "|---|" + "---|" * (len(profiles or [1]) + 1)
    for parameter in plan.parameters.values():
        values = [parameter.by_profile.get(name, parameter.value) for name in profiles] or [parameter.value]
        shown = " | ".join(_value(plan, value) for value in values)
        yield f"| `{parameter.id}` | {shown} | {_adjusted(plan, parameter.id)} |"
    yield ""
    yield "## Sources\n"
    for evidence in plan.evidence.values():
        year = f", {evidence.year}" if evidence.year else ""
        checked = "" if evidence.checked else " \\*not yet checked"
        yield f"- `{evidence.id}`: {evidence.cite}{year}{checked}"
    yield ""


def _value(plan: Plan, value: ParamValue | None) -> str:
    if value is None:
        return "—"
    known = plan.evidence.get(value.cite)
    mark = "" if known is None or known.checked else "\\*"
    return f"{say_quantity(value.value.value, value.value.unit)}{mark} ({value.cite})"


def _adjusted(plan: Plan, name: str) -> str:
    bounds = plan.parameters[name].adjustable
    if bounds is None:
        return "no"
    low, high = say_quantity(bounds.low.value, bounds.low.unit), say_quantity(bounds.high.value, bounds.high.unit)
    return f"{low} to {high}, by {', '.join(bounds.by)}"


def _notes(folder: Path) -> Iterator[str]:
    """What the authors say of it in words of their own: `notes.md` beside the pathway, where there is one."""
    notes = folder / "notes.md"
    if notes.exists():
        yield notes.read_text("utf-8").strip() + "\n"


def _scenarios(folder: Path) -> Iterator[str]:
    files = sorted(file for file in (folder / "scenarios").glob("*.yaml") if file.name != "coverage.yaml")
    yield f"## Scenarios ({len(files)})\n"
    yield "`carepath test` runs them; each is a story that must come out so.\n"
    for file in files:
        source, _ = read_source(file.read_bytes(), file.name)
        yield f"- [{source.value['scenario']}](scenarios/{file.name})"
    yield ""

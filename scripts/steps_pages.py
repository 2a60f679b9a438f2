"""A reference page for each kind of step: keys, outcome words, and an example that tests run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, get_args

from pydantic.fields import FieldInfo

from carepath.rehearsal.names import steps_of
from pathways.lang.load import load_pathway, pathways_near
from pathways.lang.plan import Plan
from pathways.lang.plan_handoff_words import HANDOFF_WORDS
from pathways.lang.render_decisions import kind_of
from pathways.lang.render_vocabulary import KINDS, WORDS
from pathways.lang.resolve import ANY_STEP_WORDS, STEP_WORDS
from pathways.lang.schema_hints import HINTS
from pathways.lang.spec_base import Node
from pathways.lang.spec_steps import STEP_KINDS, AnySingle, AskingStep, StepNode

FOLDER: Final = "steps"
EXAMPLES: Final = Path(__file__).resolve().parent.parent / "docs" / "reference" / FOLDER / "examples"
"""``<kind>.yaml`` is a whole small pathway, ``<kind>.scenario.yaml`` a story about it."""


def steps_pages() -> dict[str, str]:
    """File name below docs/reference -> text."""
    pages = {f"{FOLDER}/{kind}.md": _page(kind, model) for kind, model in step_models().items()}
    return {"steps.md": _index(), **pages}


def step_models() -> dict[str, type[StepNode]]:
    """Kind -> the model that authors' steps of this kind are read with, in the order of the language."""
    models = {}
    for model in get_args(AnySingle):
        (kind,) = [kind for kind in STEP_KINDS if kind in model.known_keys()]
        models[kind] = model
    return {kind: models[kind] for kind in STEP_KINDS}


def _index() -> str:
    lines = [
        "# Steps\n",
        "A step is something that happens to a patient, planned by its `when`. The key that names its kind says what "
        "it does. Several that belong together are [a group](groups.md).\n",
        "| kind | what it does | in Chinese |\n|---|---|---|",
    ]
    for kind, model in step_models().items():
        lines.append(f"| [`{kind}`]({FOLDER}/{kind}.md) | {_meaning(model)} | {KINDS[kind].zh} |")
    lines += ["\n## Keys of every step\n", _table(StepNode, StepNode.known_keys())]
    lines += [
        "\nSteps that wait for somebody may have two more:\n",
        _table(AskingStep, [key for key in AskingStep.known_keys() if key not in StepNode.known_keys()]),
        "\nEvery occurrence ends exactly once: by a word of its kind, or as "
        + ", ".join(f"`{word}`" for word in ANY_STEP_WORDS)
        + ". What happens first when several things happen: [the order of things](order.md).\n",
    ]
    return "\n".join(lines)


def _page(kind: str, model: type[StepNode]) -> str:
    common = AskingStep if issubclass(model, AskingStep) else StepNode
    own = [key for key in model.known_keys() if key not in common.known_keys()]
    lines = [f"# Step `{kind}`\n", _meaning(model) + "\n", "## How it ends\n", _endings(kind, model)]
    lines += ["\n## Its keys\n", _table(model, own), f"\nBesides, [the keys of every step](../steps.md#{_ANCHOR}).\n"]
    lines += _example(kind)
    return "\n".join(lines)


_ANCHOR: Final = "keys-of-every-step"


def _meaning(model: type[Node]) -> str:
    return " ".join((model.__doc__ or "").split())


def _endings(kind: str, model: type[Any]) -> str:
    if kind == "pathway":
        return "An end of the called pathway, or a reason of staff (`ended_by_staff`), or " + _words(STEP_WORDS[model])
    if kind != "handoff":
        return _words(STEP_WORDS[model])
    return "\n\n".join(
        f"To `{machine}`: " + ", ".join(f"`{word.name}` ({word.text.en}; {word.text.zh})" for word in words) + "."
        for machine, words in HANDOFF_WORDS.items()
    )


def _words(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}` ({WORDS[word].en}; {WORDS[word].zh})" for word in words) + "."


def _table(model: type[Node], keys: list[str]) -> str:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    lines = ["| key | | means | for example |\n|---|---|---|---|"]
    for key in keys:
        hint = HINTS[key]
        examples = "; ".join(f"`{example}`" for example in hint.examples[:3])
        lines.append(f"| `{key}` | {_need(fields[key])} | {_cell(hint.text)} | {_cell(examples)} |")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _need(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    if field.default in (None, "") or field.default is False or field.default == []:
        return ""
    return f"else `{field.default}`" if isinstance(field.default, str) else ""


def _example(kind: str) -> list[str]:
    if not (EXAMPLES / f"{kind}.scenario.yaml").exists():
        raise SystemExit(
            f"[docs] write docs/reference/{FOLDER}/examples/{kind}.yaml, a whole small pathway with such a step, and "
            f"{kind}.scenario.yaml beside it, a story about it"
        )
    text = (EXAMPLES / f"{kind}.yaml").read_text("utf-8")
    story = (EXAMPLES / f"{kind}.scenario.yaml").read_text("utf-8")
    plan = load_pathway(text, f"{kind}.yaml", None, pathways_near(EXAMPLES / f"{kind}.yaml")).plan
    assert plan is not None, f"docs/reference/{FOLDER}/examples/{kind}.yaml has errors: run carepath check on it"
    return [
        "## An example\n",
        f"From [{kind}.yaml](examples/{kind}.yaml), a whole pathway:\n",
        "```yaml",
        _excerpt(text, kind, plan),
        "```\n",
        f"And [what comes of it](examples/{kind}.scenario.yaml), as `carepath test` runs it:\n",
        "```yaml",
        story.rstrip(),
        "```\n",
    ]


def _excerpt(text: str, kind: str, plan: Plan) -> str:
    """The lines of the first step of the kind, without the indentation they have in the document."""
    lines = text.splitlines()
    name = next(step.id for step in steps_of(plan) if kind_of(step) == kind)
    first = next(n for n, line in enumerate(lines) if line.startswith(f"      {name}:"))
    indent = len(lines[first]) - len(lines[first].lstrip())
    last = first + 1
    while last < len(lines) and (not lines[last].strip() or len(lines[last]) - len(lines[last].lstrip()) > indent):
        last += 1
    return "\n".join(line[indent:] for line in lines[first:last])

"""`carepath new`: a first pathway from a few answers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from carepath.commands.check import LanguageOption, bytes_of, chosen_language, print_text
from carepath.scaffold import KEYS, QUESTIONS, checked, defaults, pathway_text, scenario_text, wrong_answer
from pathways.lang.diagnostics import Language, did_you_mean
from pathways.lang.render import as_text
from pathways.lang.source import read_source
from worker.problems import WRONG_INPUT

app = typer.Typer(add_completion=False)

FolderArgument = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="A folder that is not there yet; the pathway goes into it.")
]
AnswersOption = Annotated[
    Path | None,
    typer.Option("--answers", exists=True, dir_okay=False, help="A file with the answers; nothing is asked then."),
]


@app.command()
def new(folder: FolderArgument, answers: AnswersOption = None, lang: LanguageOption = None) -> None:
    """Begin a pathway: asks a few questions and writes a pathway that passes `carepath check`, with a scenario.

    An empty answer takes what stands in brackets. With --answers FILE, a YAML mapping of the same names, nothing is
    asked: id title_en title_zh owner measure when days role alarm source.
    """
    language = chosen_language(lang)
    if folder.exists():
        raise typer.BadParameter(f"{folder} is there already", param_hint="FOLDER")
    given = _asked(language) if answers is None else _read(answers, language)
    source, found = checked(given)
    if found:
        print_text(as_text(found, {source.file: source}, language))
        raise typer.Exit(WRONG_INPUT)
    try:
        (folder / "scenarios").mkdir(parents=True)
        (folder / "pathway.yaml").write_text(pathway_text(given), "utf-8")
        (folder / "scenarios" / "never_measures.yaml").write_text(scenario_text(given), "utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{folder} cannot be written: {error.strerror}", param_hint="FOLDER") from error
    made = folder / "pathway.yaml"
    if language == "zh":
        print_text(f"已写入 {made}\n接下来：carepath check {folder}，carepath test {folder}")
    else:
        print_text(f"written: {made}\nnext: carepath check {folder}, carepath test {folder}")


def _asked(language: Language) -> dict[str, str]:
    """The answers at a prompt; an answer that cannot be taken is asked for again."""
    given = defaults()
    for question in QUESTIONS:
        if question.key == "source" and not given["alarm"]:
            continue
        while True:
            sys.stdout.write(f"{question.text(language)} [{question.example}]: ")
            sys.stdout.flush()
            line = sys.stdin.readline()
            if not line:
                sys.stdout.write("\n")
                raise typer.BadParameter(f"there is no answer for {question.key}", param_hint="--answers")
            given[question.key] = line.strip() or question.example
            wrong = wrong_answer(question.key, given, language)
            if not wrong:
                break
            sys.stdout.write(f"  {wrong}\n")
    return given


def _read(file: Path, language: Language) -> dict[str, str]:
    """The answers of a file; all that is wrong with them is told at once."""
    source, problems = read_source(bytes_of(file), str(file))
    if problems:
        print_text(as_text(problems, {source.file: source}, language))
        raise typer.Exit(WRONG_INPUT)
    value: dict[str, Any] = source.value
    wrong = []
    for key in value:
        if key not in KEYS:
            near = did_you_mean(key, KEYS)
            wrong.append(f"{key}: " + (f"did you mean {near}?" if near else f"there is {', '.join(KEYS)}"))
    given = {**defaults(), **{key: str(answer) for key, answer in value.items() if key in KEYS}}
    wrong += [f"{key}: {why}" for key in KEYS if (why := wrong_answer(key, given, language))]
    if wrong:
        print_text("\n".join(wrong))
        raise typer.Exit(WRONG_INPUT)
    return given

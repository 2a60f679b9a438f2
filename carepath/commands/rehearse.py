"""`carepath rehearse`: walk one patient through a pathway at a prompt; no system runs, nothing is sent."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from carepath.commands.check import (
    Findings,
    LanguageOption,
    SiteOption,
    bytes_of,
    chosen_language,
    plans_of,
    print_text,
    read_site,
)
from carepath.rehearsal.find import site_files
from carepath.rehearsal.rehearse import Life, Stage, Told, head_of, is_line, next_minute, since, stage_of
from carepath.rehearsal.runner import Result
from pathways.lang.diagnostics import Language
from pathways.lang.load import load_site
from pathways.lang.site_plan import NO_SITE, Site
from pathways.lang.source import Source, read_source
from worker.problems import WRONG_INPUT

app = typer.Typer(add_completion=False)

_SAYS: dict[str, tuple[str, str]] = {
    "help": (
        "next              go to the next thing that happens by itself\n"
        "day 3 08:00       go there; also 08:00, 2 days, +10 min. The patient is silent until then\n"
        "reading: {{…}}      something is done now: any line of a scenario without its time, such as\n"
        "                  reading: {{bp: 128/78 mmHg}}   done: review, by: gp   dose: all   verb: pause, by: nurse\n"
        "show              how the patient stands; `why` the timeline so far; `lines` what was done\n"
        "undo              take the last command back\n"
        "save FILE         write this life as a scenario\n"
        "quit              leave",
        "next              跳到下一件自动发生的事\n"
        "day 3 08:00       跳到该时刻；也可写 08:00、2 days、+10 min。期间患者保持沉默\n"
        "reading: {{…}}      现在做某事：场景中的任意一行，不写时间，例如\n"
        "                  reading: {{bp: 128/78 mmHg}}   done: review, by: gp   dose: all   verb: pause, by: nurse\n"
        "show              患者现状；`why` 迄今的时间线；`lines` 已做的事\n"
        "undo              撤销上一条命令\n"
        "save FILE         将这段经历存为场景\n"
        "quit              离开",
    ),
    "unknown": ("I do not know `{what}`; `help` tells what there is.", "不认识 `{what}`；输入 `help` 查看可用命令。"),
    "nothing_undo": ("There is nothing to take back.", "没有可撤销的命令。"),
    "undone": ("Taken back; it is {at}.", "已撤销；现在是 {at}。"),
    "nothing_next": ("Nothing happens by itself any more.", "之后不会再自动发生任何事。"),
    "quiet": ("Nothing new.", "没有新的事情。"),
    "saved": (
        "Written: {file}. Say under `expect` what must come of it.",
        "已写入 {file}。请在 `expect` 中写明应有的结果。",
    ),
    "not_saved": ("{file} cannot be written: {why}", "无法写入 {file}：{why}"),
    "exists": ("{file} is there already.", "{file} 已存在。"),
}


PathArgument = Annotated[
    Path, typer.Argument(metavar="PATH", help="A pathway file, or a folder with one.", exists=True)
]
PatientOption = Annotated[
    Path,
    typer.Option("--patient", exists=True, dir_okay=False, help="A file with `patient`, `start`, and `site` if any."),
]


@app.command()
def rehearse(path: PathArgument, patient: PatientOption, site: SiteOption = None, lang: LanguageOption = None) -> None:
    """Walk one patient through at a prompt: jump in time, answer, go silent, take back. `help` tells the commands.

    The patient's file is the head of a scenario: `patient: {age: 67 years, sex: male}` and `start: 2026-03-02 08:00`,
    also `site`. A life can be saved as a scenario. Commands may come from a pipe, one a line.
    """
    language = chosen_language(lang)
    findings = Findings()
    source, problems = read_source(bytes_of(patient), str(patient))
    findings.add(source, tuple(problems))
    plans = plans_of(path, findings)
    if len(plans) != 1:
        raise typer.BadParameter(f"one pathway is wanted, {len(plans)} are there", param_hint="PATH")
    plan, place = plans[0], _site(site, source, findings)
    if findings.wrong or plan is None or place is None:
        print_text(findings.text(language))
        raise typer.Exit(WRONG_INPUT)
    value: dict[str, Any] = source.value
    try:
        stage = stage_of(plan, place, str(value.get("start")), value.get("patient") or {}, language)
    except ValueError as error:
        raise typer.BadParameter("it needs `start: 2026-03-02 08:00`", param_hint="--patient") from error
    start = stage.moment_of_start(str(value["start"]))
    life = Life(head_of(source, plan), start, start)
    told = stage.play(life)
    if told.result is None:
        sys.stdout.write("\n".join(told.wrong) + "\n")
        raise typer.Exit(WRONG_INPUT)
    _Prompt(stage, language, [(life, told.result)]).run()


def _site(given: Path | None, source: Source, findings: Findings) -> Site | None:
    """The site of the patient's file, else the one given, else none: everybody on duty, no quiet hours."""
    named = source.value.get("site") if isinstance(source.value, dict) else None
    if named is None:
        site = read_site(given, findings)
        return NO_SITE if site is None and not findings.wrong else site
    file = site_files().get(str(named), Path(source.file).parent / str(named))
    if not file.is_file():
        raise typer.BadParameter(f"there is no site {named}", param_hint="--patient")
    loaded = load_site(bytes_of(file), str(file))
    findings.add(loaded.source, loaded.diagnostics)
    return loaded.site


@dataclass(slots=True)
class _Prompt:
    """The prompt: a stack of lives with what came of each; the last is now."""

    stage: Stage
    language: Language
    lives: list[tuple[Life, Result]] = field(default_factory=list)

    def run(self) -> None:
        """Read commands until there are no more."""
        self.show_new(None)
        self.show()
        while (line := self.read()) is not None:
            words = line.strip()
            if words in {"quit", "exit"}:
                return
            if words:
                self.command(words)

    def read(self) -> str | None:
        """One command; None at the end of the input."""
        sys.stdout.write(f"{self.stage.written(self.lives[-1][0].now)}> ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line:
            sys.stdout.write("\n")
            return None
        return line

    def say(self, key: str, **values: object) -> None:
        """A text of the prompt."""
        sys.stdout.write(_SAYS[key][self.language == "zh"].format(**values) + "\n")

    def command(self, words: str) -> None:
        """Do what one command says."""
        life, result = self.lives[-1]
        verb, _, rest = words.partition(" ")
        if verb in {"help", "?"}:
            self.say("help")
        elif verb == "undo":
            self.undo()
        elif verb == "show":
            self.show()
        elif verb == "why":
            self.show_new(None)
        elif verb == "lines":
            sys.stdout.write("".join(f"  {line}\n" for line in life.lines))
        elif verb == "save" and rest:
            self.save(Path(rest.strip()))
        elif verb == "next":
            if result.upcoming is None:
                self.say("nothing_next")
            else:
                self.take(self.stage.wait(life, max(next_minute(result.upcoming), life.now + timedelta(minutes=1))))
        elif is_line(words):
            self.take(self.stage.do(life, words))
        elif (until := self.stage.moment(life, words)) is not None:
            self.take(self.stage.wait(life, until))
        else:
            self.say("unknown", what=words)

    def take(self, told: Told) -> None:
        """Take over what came of a command; what could not be done leaves everything as it was."""
        if told.result is None or told.wrong:
            sys.stdout.write("".join(f"{line}\n" for line in told.wrong))
            return
        before = self.lives[-1][1]
        self.lives.append((told.life, told.result))
        self.show_new(before)

    def undo(self) -> None:
        """Back to the life before."""
        if len(self.lives) == 1:
            self.say("nothing_undo")
            return
        self.lives.pop()
        self.say("undone", at=self.stage.written(self.lives[-1][0].now))

    def show(self) -> None:
        """How the patient stands."""
        shown = self.lives[-1][1].show
        if shown is not None:
            sys.stdout.write(shown.sheet.in_language(self.language).rstrip() + "\n")

    def show_new(self, before: Result | None) -> None:
        """What came onto the timeline."""
        new = since(self.lives[-1][1], before)
        if not new:
            self.say("quiet")
        for line in new:
            sys.stdout.write(f"  {self.stage.written(line.at)}  {line.text.in_language(self.language)}\n")

    def save(self, file: Path) -> None:
        """Write the life as a scenario."""
        if file.exists():
            self.say("exists", file=file)
            return
        try:
            file.write_text(self.stage.text(self.lives[-1][0], file.stem.replace("_", " ")), "utf-8")
        except OSError as error:
            self.say("not_saved", file=file, why=error.strerror or type(error).__name__)
            return
        self.say("saved", file=file)

"""`carepath check`: how long it takes to start and to run, and how compiling grows with the size of a pathway."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Final

from activities.records.registry import plan_text
from bench.decide import ROOT, environment
from bench.pure import SITE
from bench.show import Row, Table
from carepath.rehearsal.session import rehearse
from pathways.lang.load import load_pathway, load_site

PATHWAY: Final = "pathways/library/hypertension_home/pathway.yaml"
COMMANDS: Final = (
    ("carepath --help", ("--help",)),
    ("carepath check, one pathway", ("check", PATHWAY)),
    ("carepath check, one pathway at a site", ("check", PATHWAY, "--site", "pathways/sites/example_cn.yaml")),
)

_HEAD: Final = """\
carepath: 1
id: bench_size
version: 1.0.0
title: {en: Made to measure, zh: 性能测试}
owner: bench
evidence: {bench: {cite: Made up to measure software}}
facts:
  age: {type: age}
parameters:
  goal_systolic: {value: 135 mmHg, cite: bench}
eligibility: {include: age >= 18 years}
consent: [care, device_data]
counts_from: enrolment
measures:
  bp: {use: blood_pressure}
roles: [nurse, gp]
escalations:
  overdue:
    - {tell: nurse, by: [app], answer_within: 1 working day}
    - {tell: gp, by: [app], answer_within: 1 working day, then: incident}
"""

_PHASE: Final = """\
  part_{n}:
    title: {{en: Part {n}, zh: 第{n}部分}}
    until: day 28 of the phase
    steps:
      pressure_{n}:
        measure: bp
        when: every day at morning and evening
        window: {{opens_before: 1 h, late_after: 2 h, missed_after: 5 h}}
        remind: [at due, 2 h later]
      questions_{n}:
        title: {{en: How are you, zh: 近况问卷}}
        ask:
          well_being: {{scale: 0 to 10}}
          dizzy: {{yes_no: {{en: Dizziness, zh: 头晕}}}}
        when: every week at 10:00
        window: {{missed_after: 3 days}}
        remind: [at due]
      review_{n}:
        task: {{en: Review, zh: 复核}}
        role: nurse
        when: every 2 weeks at 18:00
        only_if: pressure_{n} missed 3 times in a row or bp.systolic >= goal_systolic 2 times in a row
        due: 48 h
        escalate: overdue
    at_end:
      - {{else: true, {on}}}
"""

_RULE: Final = """\
  high_{n}:
    if: bp.systolic >= goal_systolic 3 times in a row and questions_{n}.well_being < 4
    level: amber
    do: [{{say: advice_{n}}}, {{task: {{en: Over goal, zh: 高于目标}}, role: nurse, due: 4 h}}]
    unknown: {{not_met: each reading is judged by itself}}
  silent_{n}:
    if: pressure_{n} missed 6 times in a row
    level: no_data
    do: [{{task: {{en: No readings, zh: 无测量数据}}, role: nurse, due: 1 working day}}]
"""

_MESSAGE: Final = """\
  advice_{n}: {{to: patient, class: care, en: "Rest and measure again tomorrow.", zh: "请休息，明天再测。"}}
"""


def pathway_of(parts: int) -> str:
    """A pathway of so many phases, each with three steps, two rules and a message of its own."""
    numbers = range(1, parts + 1)
    phases = "".join(
        _PHASE.format(n=n, on=f"go: part_{n + 1}" if n < parts else "end: finished") for n in numbers
    )
    rules = "".join(_RULE.format(n=n) for n in numbers)
    messages = "".join(_MESSAGE.format(n=n) for n in numbers)
    return (
        f"{_HEAD}phases:\n{phases}ends:\n  finished: {{say: well_done}}\nrules:\n{rules}messages:\n{messages}"
        '  well_done: {to: patient, class: care, en: "Well done.", zh: "做得很好。"}\n'
    )


def figures(times: int, sizes: tuple[int, ...]) -> list[Table]:
    """The tables."""
    return [_commands(times), _scenarios(), _sizes(sizes)]


def _scenarios() -> Table:
    """What the scenarios of the library take, read and run in one process."""
    begin = time.process_time()
    session = rehearse([ROOT / "pathways" / "library"])
    taken = time.process_time() - begin
    if not session.passed:
        raise RuntimeError("the scenarios of the library do not pass")
    count = len(session.results)
    rows: list[Row] = [(count, round(taken, 2), round(taken / count * 100, 2), sum(r.ticks for r in session.results))]
    return Table("Scenarios of the library", ("scenarios", "CPU s", "CPU s for 100", "ticks"), rows)


def _commands(times: int) -> Table:
    rows: list[Row] = []
    for name, arguments in COMMANDS:
        walls, cpus = zip(*(_once(arguments) for _ in range(times)), strict=True)
        rows.append((name, round(statistics.median(walls), 3), round(min(walls), 3), round(statistics.median(cpus), 3)))
    return Table(f"Commands, {times} times each, warm", ("", "median s", "best s", "CPU s"), rows)


def _once(arguments: tuple[str, ...]) -> tuple[float, float]:
    before = os.times()
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "carepath", *arguments], cwd=ROOT, env=environment(), capture_output=True, check=False
    )
    taken = time.perf_counter() - begin
    after = os.times()
    if done.returncode:
        raise RuntimeError(f"carepath {' '.join(arguments)}: {done.stderr.decode()[-400:]}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return taken, used


def _sizes(sizes: tuple[int, ...]) -> Table:
    place = load_site(Path(SITE).read_bytes(), "site.yaml").site
    rows: list[Row] = []
    for parts in sizes:
        text = pathway_of(parts)
        taken: list[float] = []
        plan = None
        for _ in range(3):
            begin = time.process_time()
            loaded = load_pathway(text, "made.yaml", place)
            taken.append(time.process_time() - begin)
            plan = loaded.plan
            if plan is None:
                raise ValueError([(d.code, d.span.line, d.params) for d in loaded.diagnostics][:5])
        assert plan is not None
        packed = plan_text(plan).encode()
        rows.append(
            (parts, len(text.splitlines()), round(len(text.encode()) / 1024, 1), round(taken[0] * 1e3, 1),
             round(min(taken) * 1e3, 1),
             round(min(taken) * 1e6 / len(text.splitlines())), round(len(packed) / 1024, 1),
             round(len(zlib.compress(packed)) / 1024, 1))
        )  # fmt: skip
    heads = ("phases", "lines", "KB", "ms of CPU, first", "best of 3", "µs a line", "plan KB", "packed KB")
    return Table("Text to plan, checked at a site", heads, rows)

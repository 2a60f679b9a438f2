"""Events, actions, bytes and replay of half a year: carepath and a naive workflow, the same lives, in one run."""

from __future__ import annotations

import ast
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from temporalio.worker import WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from bench import naive
from bench.life import Life, live
from bench.lives import Result, live_through
from bench.ours import WORKFLOWS, Ours
from bench.show import Row, Table
from bench.theirs import Theirs
from bench.virtual.count import Counts, count
from bench.virtual.replay import ReplayCost, replay_cost
from worker.sandbox import workflow_runner

GENERIC_LINES: Final = 176 + 29
"""The same workload on a generic YAML engine on Temporal (Zigflow 0.13), counted once by hand; it is not run here."""
TARGETS: Final = {"events": 700, "actions": 280, "kilobytes": 160, "ratio": 0.2, "replay": 0.3}


@dataclass(frozen=True, slots=True)
class Side:
    """One system over all lives: means a patient, and the worst replay."""

    name: str
    results: list[Result]
    replay: ReplayCost
    by_type: dict[str, Counts]

    def mean(self, what: Callable[[Counts], float]) -> float:
        """The mean over patients."""
        return statistics.mean(what(result.counts) for result in self.results)

    def figures(self) -> dict[str, float]:
        """Means a patient."""
        return {
            "events": self.mean(lambda c: c.events),
            "actions": self.mean(lambda c: c.actions),
            "kilobytes": self.mean(lambda c: c.bytes / 1024),
            "executions": self.mean(lambda c: c.executions),
            "runs": self.mean(lambda c: c.runs),
            "workflow_tasks": self.mean(lambda c: c.tasks),
            "longest_run_events": max(result.counts.longest for result in self.results),
            "replay_median_s": self.replay.median,
            "replay_p95_s": self.replay.p95,
        }


async def measure(
    system: Ours | Theirs,
    lives: Sequence[Life],
    workflows: Sequence[type],
    runner: WorkflowRunner,
    times: int,
    name: str,
) -> Side:
    """Live the lives and replay the longest run of all."""
    try:
        results = await live_through(system, lives)
        longest = max((r.longest for r in results), key=lambda run: len(run.history.events))
        cost = await replay_cost(longest, workflows, system.converter, runner, times=times)
    finally:
        system.close()
    by_type: dict[str, Counts] = {}
    for kind in sorted({run.type for run in system.world.runs}):
        by_type[kind] = count(run for run in system.world.runs if run.type == kind)
    return Side(name, results, cost, by_type)


async def both(patients: int, seed: int, times: int) -> tuple[Side, Side]:
    """carepath and the naive workflow over the same lives."""
    lives = [live(seed, number) for number in range(patients)]
    with tempfile.TemporaryDirectory() as folder:
        ours = await measure(
            Ours(Path(folder), lives[0].start), lives, WORKFLOWS, workflow_runner(), times, "carepath"
        )
    with tempfile.TemporaryDirectory() as folder:
        theirs = await measure(
            Theirs(Path(folder), lives[0].start), lives, naive.WORKFLOWS, SandboxedWorkflowRunner(), times, "naive"
        )
    return ours, theirs


def tables(ours: Side, theirs: Side) -> list[Table]:
    """What is printed."""
    return [_summary(ours, theirs), _written(), _split(ours), _where(ours, theirs)]


def _summary(ours: Side, theirs: Side) -> Table:
    a, b = ours.figures(), theirs.figures()
    rows: list[Row] = []
    aims = {"events": TARGETS["events"], "actions": TARGETS["actions"], "kilobytes": TARGETS["kilobytes"],
            "replay_p95_s": TARGETS["replay"]}  # fmt: skip
    for name in a:
        aim = aims.get(name)
        met = "" if aim is None else "met" if a[name] <= aim else "missed"
        digits = 3 if name.endswith("_s") else 1
        rows.append(
            (name, round(a[name], digits), round(b[name], digits), round(a[name] / b[name], 3), aim or "", met)
        )
    ratio = a["events"] / b["events"]
    met = "met" if ratio <= TARGETS["ratio"] else "missed"
    rows.append(("events, share of naive", round(ratio, 3), 1, "", TARGETS["ratio"], met))
    return Table(
        f"Half a year of one patient, {len(ours.results)} seeded patients, payloads sealed, children included",
        ("mean a patient", "carepath", "naive", "ratio", "aim", ""),
        rows,
    )


def _written() -> Table:
    """What somebody has to write for this workload. Ours is a clinical team's, in two languages, with its sources."""
    here = Path(__file__).parent
    rows: list[Row] = [
        ("carepath", "YAML", lines_in((here / "workload" / "pathway.yaml").read_text("utf-8"))),
        ("naive", "Python", lines_of_code((here / "naive.py").read_text("utf-8"))),
        ("generic engine", "YAML and Python", GENERIC_LINES),
    ]
    return Table("Lines an author writes, without blank lines and comments", ("system", "language", "lines"), rows)


def lines_in(text: str) -> int:
    """Lines of YAML that say something."""
    return sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.splitlines())


def lines_of_code(text: str) -> int:
    """Lines of Python on which a statement stands, docstrings left out."""
    tree = ast.parse(text)
    said = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for line in range(node.lineno, _head(node) + 1)
    }
    return len(said)


def _head(node: ast.stmt) -> int:
    """The last line of a statement; of one that holds others, of its head."""
    body = getattr(node, "body", None)
    return body[0].lineno - 1 if isinstance(body, list) and body else node.end_lineno or node.lineno


def _split(ours: Side) -> Table:
    patients = len(ours.results)
    rows: list[Row] = [
        (name, round(c.events / patients, 1), round(c.actions / patients, 1), round(c.bytes / patients / 1024, 1),
         round(c.tasks / patients, 1))
        for name, c in ours.by_type.items()
    ]  # fmt: skip
    return Table("carepath by workflow, a patient", ("workflow", "events", "actions", "KB", "tasks"), rows)


def _where(ours: Side, theirs: Side) -> Table:
    def per(side: Side, what: Callable[[Counts], Counter[str]]) -> dict[str, float]:
        total: Counter[str] = Counter()
        for result in side.results:
            total.update(what(result.counts))
        return {name: number / len(side.results) for name, number in total.items()}

    kinds_a, kinds_b = per(ours, lambda c: c.kinds), per(theirs, lambda c: c.kinds)
    bytes_a, bytes_b = per(ours, lambda c: c.bytes_of), per(theirs, lambda c: c.bytes_of)
    rows: list[Row] = [
        (name, round(kinds_a.get(name, 0), 1), round(bytes_a.get(name, 0) / 1024, 1),
         round(kinds_b.get(name, 0), 1), round(bytes_b.get(name, 0) / 1024, 1))
        for name in sorted(set(kinds_a) | set(kinds_b), key=lambda n: -bytes_a.get(n, 0))
    ]  # fmt: skip
    return Table("Where events and bytes are, a patient", ("event", "carepath", "KB", "naive", "KB"), rows)

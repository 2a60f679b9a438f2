"""The decider by itself: time an event, size of the state, a patient, a population."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench.life import live
from bench.pure import Followed, Follower, compiled, variant
from bench.show import Row, Table
from pathways.lang.plan import Plan
from pathways.lang.site_plan import Site

ROOT: Final = Path(__file__).resolve().parent.parent
YEAR: Final = 365


def figures(patients: int, seed: int, lives: int) -> list[Table]:
    """All measurements of the decider."""
    plan, site = compiled()
    return [_small(plan, site, seed, lives), _population(patients, seed)]


def _small(plan: Plan, site: Site, seed: int, lives: int) -> Table:
    three_plans = [plan, variant(site, suffix="_b"), variant(site, suffix="_c")]
    one, three = _timed([plan], site, seed, lives), _timed(three_plans, site, seed, lives)
    bare, bare_three = (_timed(p, site, seed, lives, words=False) for p in ([plan], three_plans))
    rows: list[Row] = [
        ("one event, one pathway (median)", _median(bare), "µs of CPU", 100),
        ("one event, three pathways (median)", _median(bare_three), "µs of CPU", 200),
        ("with a case sheet for it alone, one pathway (median)", _median(one), "µs of CPU", ""),
        ("with a case sheet for it alone, three pathways (median)", _median(three), "µs of CPU", ""),
        ("one event, one pathway (p99)", _p99(one), "µs of CPU", ""),
        ("what falls due and planning a week, one pathway (median)", _median_due(one), "µs of CPU", ""),
        ("what falls due and planning a week, three pathways (median)", _median_due(three), "µs of CPU", ""),
        ("state after a year, without plans", round(_year_state(site, seed) / 1024, 1), "KB of JSON", 64),
        ("a patient of 180 days (median)", round(_whole(plan, site, seed, lives), 1), "ms of CPU", 80),
    ]
    return Table(f"The decider alone, {lives} seeded lives", ("", "measured", "", "aim"), rows)


def _timed(plans: Sequence[Plan], site: Site, seed: int, lives: int, *, words: bool = True) -> list[Followed]:
    return [Follower(plans, site, live(seed, n), eager=True, words=words).follow() for n in range(lives)]


def _median(found: list[Followed]) -> float:
    return round(statistics.median(x for one in found for x in one.micros), 1)


def _p99(found: list[Followed]) -> float:
    values = sorted(x for one in found for x in one.micros)
    return round(values[int(len(values) * 0.99)], 1)


def _median_due(found: list[Followed]) -> float:
    return round(statistics.median(x for one in found for x in one.due_micros), 1)


def _year_state(site: Site, seed: int) -> int:
    followed = Follower([variant(site, days=YEAR + 30)], site, live(seed, 0, YEAR)).follow()
    return len(json.dumps(followed.state.to_json(), ensure_ascii=False, separators=(",", ":")).encode())


def _whole(plan: Plan, site: Site, seed: int, lives: int) -> float:
    taken: list[float] = []
    for number in range(lives):
        one = live(seed, number)
        begin = time.process_time()
        Follower([plan], site, one).follow()
        taken.append((time.process_time() - begin) * 1e3)
    return statistics.median(taken)


def _population(patients: int, seed: int) -> Table:
    """`carepath simulate` over the hypertension pathway on two processes, and the memory of all of them."""
    command = [
        sys.executable, "-m", "carepath", "simulate", str(ROOT / "pathways/library/hypertension_home/pathway.yaml"),
        "--site", str(ROOT / "pathways/sites/example_cn.yaml"), "--patients", str(patients), "--days", "180",
        "--seed", str(seed), "--processes", "2", "--json",
    ]  # fmt: skip
    before, begin = os.times(), time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=environment(), text=True) as process:
        peak = 0
        while True:
            peak = max(peak, tree_memory(process.pid))
            try:
                said, _ = process.communicate(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                continue
    taken, after = time.perf_counter() - begin, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    if process.returncode:
        raise RuntimeError(f"carepath simulate ended with {process.returncode}")
    told = json.loads(said)
    rows: list[Row] = [
        (f"{patients} patients of 180 days, 2 processes", round(taken, 1), "s", round(60 * patients / 1000, 1)),
        ("CPU of all processes, a patient", round(used * 1e3 / patients), "ms", 120),
        ("memory of all processes at its highest", round(peak / 2**20), "MB", 1024),
        *((f"forecast: {n}", v, "", "") for n, v in sorted(told["temporal"].items()) if n.endswith("_month")),
    ]
    return Table("A simulated population (hypertension_home)", ("", "measured", "", "aim"), rows)


def environment() -> dict[str, str]:
    """The environment of processes under measurement: time zones from the locked package."""
    return {**os.environ, "PYTHONTZPATH": ""}


def tree_memory(root: int) -> int:
    """Bytes of memory of a process and all below it, shared pages counted once (PSS)."""
    total = 0
    for pid in (root, *_below(root)):
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:
            continue  # it ended meanwhile
    return total


def _below(pid: int) -> list[int]:
    try:
        text = "".join(
            path.read_text(encoding="ascii") for path in Path(f"/proc/{pid}/task").glob("*/children")
        )
    except OSError:
        return []
    children = [int(one) for one in text.split()]
    return [*children, *(low for child in children for low in _below(child))]

"""`python -m bench [part ...] [--quick] [--json]`: measures, asserts nothing on time; see PARTS."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.show import Table, show

PARTS: Final = ("counts", "decide", "conditions", "check", "hostile", "expand", "fleet")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured. ``fleet``: patients; ``population``: simulated patients."""

    counted: int
    replays: int
    lives: int
    population: int
    starts: int
    lines: tuple[int, ...]
    years: tuple[int, ...]
    fleet: int
    expressions: int


FULL: Final = Sizes(12, 20, 10, 1000, 7, (1, 5, 10, 20, 40, 80), (1, 10, 100), 1000, 100_000)
QUICK: Final = Sizes(3, 5, 2, 40, 3, (1, 10, 40), (1, 10), 60, 2000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are asked for, all by default."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="small sizes: to see that it runs")
    parser.add_argument("--json", action="store_true", help="one JSON list of tables a part")
    parser.add_argument("--seed", type=int, default=1, help="seed of all lives")
    parser.add_argument("--patients", type=int, help="patients of the fleet and of the counts")
    given = parser.parse_args(arguments)
    unknown = [part for part in given.parts if part not in PARTS]
    if unknown:
        parser.error(f"unknown part {unknown[0]!r}: there are {', '.join(PARTS)}")
    # As in workers: zones from the locked package only.
    os.environ["PYTHONTZPATH"] = ""
    zoneinfo.reset_tzpath(())
    logging.basicConfig(level=logging.ERROR)
    sizes = QUICK if given.quick else FULL
    for part in given.parts or PARTS:
        begin = time.perf_counter()
        show(_run(part, sizes, given.seed, given.patients), as_json=given.json)
        print(f"{part}: {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)
    return 0


def _run(part: str, sizes: Sizes, seed: int, patients: int | None) -> list[Table]:
    if part == "counts":
        from bench.counts import both, tables

        return tables(*asyncio.run(both(patients or sizes.counted, seed, sizes.replays)))
    if part == "decide":
        from bench import decide

        return decide.figures(sizes.population, seed, sizes.lives)
    if part == "conditions":
        from bench import conditions

        return conditions.figures(sizes.expressions, seed)
    if part == "check":
        from bench import check

        return check.figures(sizes.starts, sizes.lines)
    if part == "hostile":
        from bench import hostile

        return hostile.figures()
    if part == "expand":
        from bench import expand

        return expand.figures(sizes.years)
    from bench import fleet

    return asyncio.run(fleet.figures(patients or sizes.fleet, seed))


if __name__ == "__main__":
    sys.exit(main())

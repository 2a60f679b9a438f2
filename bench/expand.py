"""`carepath expand`: how fast a daily pathway becomes occurrences, and what the first ones of an endless one cost."""

from __future__ import annotations

import time
import tracemalloc
from collections import deque
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from bench.show import Row, Table
from carepath.expansion.facts import Given
from carepath.expansion.output import row_of
from carepath.expansion.walk import Expansion
from pathways.decide.calendar import add_to_instant
from pathways.lang.load import load_pathway
from pathways.lang.site_plan import NO_SITE

ZONE: Final = "Europe/Berlin"
YEAR: Final = 365
_TEXT: Final = """\
carepath: 1
id: daily
version: 1.0.0
title: {en: Made to measure, zh: 性能测试}
owner: bench
counts_from: enrolment
phases:
  steady:
    title: {en: Steady, zh: 稳定}
    until: 100 years after enrolment
    steps:
      greet: {say: hello, when: every day at morning}
    at_end: [{else: true, end: over}]
ends: {over: {}}
messages:
  hello: {to: patient, class: care, en: Good morning., zh: 早上好。}
"""


def figures(years: tuple[int, ...]) -> list[Table]:
    """Whole expansions of so many years, and the first ten occurrences of a hundred."""
    rows: list[Row] = [_whole(number) for number in years]
    return [
        Table("One daily step, rows as JSON", ("years", "occurrences", "CPU s", "peak KiB"), rows),
        Table("The first ten of 100 years", ("", "CPU ms"), [("ten occurrences", round(_first(10) * 1000, 2))]),
    ]


def _walk(years: int) -> Expansion:
    plan = load_pathway(_TEXT, "daily.yaml").plan
    assert plan is not None
    start = datetime(2026, 3, 2, tzinfo=UTC)
    return Expansion(plan, NO_SITE, Given(), ZONE, start, add_to_instant(start, years * YEAR, "day", ZONE), None)


def _whole(years: int) -> Row:
    walk = _walk(years)
    begin = time.process_time()
    number = 0
    for planned in walk.run():
        row_of(planned, ZONE)
        number += 1
    taken = time.process_time() - begin
    tracemalloc.start()
    deque(_walk(years).run(), maxlen=0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return years, number, round(taken, 3), peak // 1024


def _first(number: int) -> float:
    walk = _walk(100)
    begin = time.process_time()
    deque(islice(walk.run(), number), maxlen=0)
    return time.process_time() - begin

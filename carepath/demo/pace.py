"""How fast the demo may run on this machine: so fast that what is measured in time also arrives in time.

At 0.8 days a second a window of five hours lasts a quarter of a second. Where the API needs longer than that to store
a reading, half of everything would be missed because the machine is slow, and the summary would be nonsense.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from math import floor
from typing import Final

SLACK_DAYS: Final = 2 / 24
"""What the latest measurements of the cast leave of their window of five hours: two hours."""
MARGIN: Final = 1.5
"""Answers take so many times longer once everybody lives than they took before."""
LONGEST: Final = 480.0
"""The demo takes no longer than these seconds for the sake of a slow machine."""
ROUNDS: Final = 6


@dataclass(frozen=True)
class Pace:
    """``days`` a second; ``slowed``: less than asked for; ``enough``: slow enough for this machine."""

    days: float
    slowed: bool
    enough: bool


def pace_for(latency: float, wanted: float, days: int) -> Pace:
    """The pace at which an answer that took ``latency`` seconds will come within the slack; never over ``wanted``,
    and never so slow that ``days`` take longer than the demo may."""
    fits = SLACK_DAYS / (MARGIN * max(latency, 1e-3))
    slowest = min(wanted, days / LONGEST)
    # Rounded down: rounded up it would be a little faster than what fits.
    chosen = floor(max(slowest, min(wanted, fits)) * 1000) / 1000
    return Pace(chosen, chosen < wanted, fits >= chosen)


async def latency_of(calls: Sequence[Callable[[], Awaitable[object]]], rounds: int = ROUNDS) -> float:
    """Seconds that nine of ten calls take at most when all are made at once, as the patients of the demo do: their
    mornings fall together."""
    taken: list[float] = []

    async def timed(call: Callable[[], Awaitable[object]]) -> None:
        begun = time.monotonic()
        await call()
        taken.append(time.monotonic() - begun)

    for _ in range(rounds):
        await asyncio.gather(*(timed(call) for call in calls))
    return sorted(taken)[int(len(taken) * 0.9)]
